//! One fetches, and all have it.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use super::*;

#[test]
fn a_file_is_fetched_by_one_at_a_time_and_gone_on_with_by_the_next() {
    let dir = tempdir();
    let (one, other) = (open(dir.path()), open(dir.path()));
    let wanted = digest(b"model");
    let key = FileKey::Digest(&wanted);
    let Ok(Begun::Yours(incoming)) = one.begin(&key) else {
        panic!("nobody has it");
    };
    fs::write(incoming.path(), b"mo").expect("written");
    match other.begin(&key).expect("asked") {
        Begun::Busy { holder } => assert_eq!(holder, Some(std::process::id())),
        begun => panic!("{begun:?}"),
    }
    let path = incoming.path().to_owned();
    drop(incoming);
    let Ok(Begun::Yours(again)) = other.begin(&key) else {
        panic!("the first has given up");
    };
    assert_eq!(again.path(), path);
    assert_eq!(read(&path), b"mo");
    fs::write(again.path(), b"model").expect("written");
    other.adopt(again.path(), &wanted).expect("adopted");
    // Before the claim is let go.
    assert!(matches!(one.begin(&key), Ok(Begun::Here(_))));
    // As the transfer names them.
    for beside in ["part", "part.json", "lock"] {
        let name = format!(".{wanted}.{beside}");
        fs::write(path.with_file_name(name), "x").expect("written");
    }
    again.done();
    assert!(tree(&one.dir().join("incoming")).is_empty());
}

#[test]
fn what_a_killed_process_had_fetched_to_its_end_is_taken_in() {
    let dir = tempdir();
    let store = open(dir.path());
    let wanted = digest(b"model");
    for (bytes, is_whole) in [(&b"mODEL"[..], false), (b"model", true)] {
        let Ok(Begun::Yours(incoming)) = store.begin(&FileKey::Digest(&wanted)) else {
            panic!("nobody has it");
        };
        fs::write(incoming.path(), bytes).expect("written");
        drop(incoming);
        let begun = store.begin(&FileKey::Digest(&wanted)).expect("asked");
        assert_eq!(matches!(begun, Begun::Here(_)), is_whole, "{begun:?}");
    }
}

#[test]
fn files_without_a_digest_have_places_of_their_own() {
    let dir = tempdir();
    let store = open(dir.path());
    let (a, b) = (id("a"), id("b"));
    let begin = |asset, name| store.begin(&FileKey::Unknown { asset, name });
    let Ok(Begun::Yours(first)) = begin(&a, "x") else {
        panic!("nobody has it");
    };
    let Ok(Begun::Yours(second)) = begin(&b, "x") else {
        panic!("another asset");
    };
    let Ok(Begun::Yours(third)) = begin(&a, "y") else {
        panic!("another file");
    };
    assert!(first.path() != second.path() && first.path() != third.path());
    assert!(matches!(begin(&a, "x"), Ok(Begun::Busy { .. })));
    fs::write(first.path(), b"found").expect("written");
    let path = store
        .adopt(first.path(), &digest(b"found"))
        .expect("adopted");
    assert_eq!(read(&path), b"found");
}

#[test]
fn of_many_that_want_a_voice_one_fetches_and_all_have_it() {
    let dir = tempdir();
    let wanted = digest(b"model");
    let fetched = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                let store = open(dir.path());
                loop {
                    match store.begin(&FileKey::Digest(&wanted)).expect("asked") {
                        Begun::Here(_) => break,
                        Begun::Busy { .. } => std::thread::sleep(Duration::from_millis(2)),
                        Begun::Yours(incoming) => {
                            fetched.fetch_add(1, Ordering::Relaxed);
                            fs::write(incoming.path(), b"model").expect("written");
                            store.adopt(incoming.path(), &wanted).expect("adopted");
                        }
                    }
                }
                let asset = voice("bryce", &["bryce.onnx"]);
                let installed = store.install(&asset, &[wanted]).expect("installed");
                assert_eq!(read(&installed.files[0].path), b"model");
            });
        }
    });
    assert_eq!(fetched.load(Ordering::Relaxed), 1);
    let store = open(dir.path());
    assert_eq!(store.list().expect("listed").len(), 1);
    assert!(tree(&store.dir().join("tmp")).is_empty());
}
