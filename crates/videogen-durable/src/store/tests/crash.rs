//! A crash, or an error, at every single change: afterwards an entry is there as a whole or not at all.

use std::io;
use std::sync::Mutex;

use super::*;
use crate::effects::{Effect, Effects};

/// Refuses the change number `at`, and those after it if the process is to be as good as dead.
#[derive(Debug)]
struct Failing {
    at: usize,
    is_crash: bool,
    kind: io::ErrorKind,
    seen: Mutex<usize>,
}

impl Effects for Failing {
    fn before(&self, _: Effect<'_>) -> io::Result<()> {
        let mut seen = self.seen.lock().expect("not poisoned");
        *seen += 1;
        let fails = if self.is_crash {
            *seen >= self.at
        } else {
            *seen == self.at
        };
        if fails { Err(self.kind.into()) } else { Ok(()) }
    }
}

/// Everything a run does; how many changes that were.
fn run(dir: &Utf8Path, at: usize, is_crash: bool, kind: io::ErrorKind) -> usize {
    let effects = Arc::new(Failing {
        at,
        is_crash,
        kind,
        seen: Mutex::new(0),
    });
    let limits = StoreLimits {
        bytes: 2_500,
        ..StoreLimits::default()
    };
    if let Ok(store) = Store::open(
        &dir.join("store"),
        limits,
        Arc::clone(&effects) as Arc<dyn Effects>,
    ) {
        // Errors are what this is about; what must hold is checked afterwards.
        let _ = store.put_file(&key(1), &ABOUT, &dir.join("from"));
        let _ = store.put_bytes(&key(2), &ABOUT, &[2; 1_000]);
        let _ = store.get(&key(1));
        let _ = store.get_bytes(&key(2));
        let _ = store.take_to(&key(1), &dir.join("taken"));
        // Evicts one.
        let _ = store.put_bytes(&key(3), &ABOUT, &[3; 1_000]);
        let _ = store.put_bytes(&key(3), &ABOUT, &[4; 1_000]);
        let _ = store.prune(500);
        let _ = store.put_bytes(&key(4), &ABOUT, &[4; 100]);
    }
    *effects.seen.lock().expect("not poisoned")
}

fn contents() -> [Vec<u8>; 5] {
    [
        vec![0; 10],
        vec![1; 1_000],
        vec![2; 1_000],
        vec![3; 1_000],
        vec![4; 100],
    ]
}

fn check(dir: &Utf8Path, what: &str) {
    let root = dir.join("store");
    let store = open(&root);
    assert_eq!(
        fs::read(dir.join("from")).expect("never lost"),
        vec![1; 1_000],
        "{what}"
    );
    let mut whole = 0;
    for (n, bytes) in contents().iter().enumerate() {
        if let Some(stored) = store.get_verified(&key(n as u64)) {
            assert_eq!(stored.digest, Digest::of(bytes), "{what}");
            whole += 1;
        }
    }
    assert_eq!(
        files(&root).len(),
        2 * whole,
        "{what}: nothing half is left"
    );
    let sessions = root.join("tmp").read_dir_utf8().expect("listed").count();
    assert_eq!(sessions, 1, "{what}: only ours");
    let report = store.verify().expect("verified");
    assert_eq!((report.checked, report.bad), (whole as u64, 0), "{what}");
    if let Ok(taken) = fs::read(dir.join("taken")) {
        assert_eq!(taken, vec![1; 1_000], "{what}");
    }
    for (n, bytes) in contents().iter().enumerate() {
        put(&store, &key(n as u64), bytes);
    }
    assert_eq!(store.verify().expect("verified").checked, 5, "{what}");
}

#[test]
fn a_crash_or_an_error_at_any_change_leaves_whole_entries_only() {
    for (is_crash, kind) in [
        (true, io::ErrorKind::Other),
        (false, io::ErrorKind::StorageFull),
        (false, io::ErrorKind::PermissionDenied),
    ] {
        // Until nothing was refused any more.
        let changes = (1..1_000).find(|&at| {
            let dir = temp();
            fs::write(dir.path().join("from"), [1; 1_000]).expect("written");
            // An entry from an earlier run, which must survive or be evicted as a whole.
            put(&open(&dir.path().join("store")), &key(0), &[0; 10]);
            let reached = run(dir.path(), at, is_crash, kind);
            check(
                dir.path(),
                &format!("crash {is_crash}, {kind:?}, change {at}"),
            );
            reached < at
        });
        assert!(changes > Some(50), "{changes:?}: a run has many changes");
    }
}

#[test]
fn the_first_opening_may_crash_anywhere_too() {
    // The rest is as in the other test.
    for at in 1..20 {
        let dir = temp();
        fs::write(dir.path().join("from"), [1; 1_000]).expect("written");
        run(dir.path(), at, true, io::ErrorKind::Other);
        check(dir.path(), &format!("change {at}"));
    }
}

#[test]
fn a_full_disk_and_a_forbidden_one_have_their_own_errors() {
    for at in 1.. {
        for (kind, is_right) in [
            (
                io::ErrorKind::StorageFull,
                (|e| matches!(e, StoreError::Full { .. })) as fn(&StoreError) -> bool,
            ),
            (io::ErrorKind::ReadOnlyFilesystem, |e| {
                matches!(e, StoreError::Denied { .. })
            }),
        ] {
            let dir = temp();
            let effects = Failing {
                at,
                is_crash: true,
                kind,
                seen: Mutex::new(0),
            };
            let put = Store::open(dir.path(), StoreLimits::default(), Arc::new(effects))
                .and_then(|store| store.put_bytes(&key(1), &ABOUT, b"x"));
            match put {
                Ok(stored) => {
                    assert!(stored.is_some() && at > 10, "{at}");
                    return;
                }
                Err(error) => assert!(
                    is_right(&error) && error.help().is_some(),
                    "{at}: {error:?}"
                ),
            }
        }
    }
}

/// Writes down what happens.
#[derive(Debug, Default)]
struct Recorder(Mutex<Vec<String>>);

impl Effects for Recorder {
    fn before(&self, effect: Effect<'_>) -> io::Result<()> {
        let (what, path) = match effect {
            Effect::Write(path) => ("write", path),
            Effect::Sync(path) => ("sync", path),
            Effect::Rename(path) => ("rename", path),
            Effect::Remove(path) => ("remove", path),
            Effect::Work(_) => unreachable!("a store does no outside work"),
        };
        let kind = match (path.extension(), path.file_name()) {
            (Some("tmp"), _) => "temp",
            (Some("json"), _) => "sidecar",
            (Some("bin"), _) => "content",
            (None, Some(name)) if name.len() == 2 => "shard",
            _ => "other",
        };
        self.0
            .lock()
            .expect("not poisoned")
            .push(format!("{what} {kind}"));
        Ok(())
    }
}

/// What a power cut may do depends on the order of flushes and names, which no test on a living system sees.
#[test]
fn names_are_given_to_flushed_files_and_flushed_in_order() {
    let dir = temp();
    let recorder = Arc::new(Recorder::default());
    let store = Store::open(
        dir.path(),
        StoreLimits::default(),
        Arc::clone(&recorder) as Arc<dyn Effects>,
    )
    .expect("opened");
    recorder.0.lock().expect("not poisoned").clear();
    put(&store, &key(1), b"x");
    let seen = recorder.0.lock().expect("not poisoned").join(", ");
    assert_eq!(
        seen,
        "write temp, sync temp, write temp, sync temp, write shard, sync other, write sidecar, \
         rename sidecar, rename content, sync shard"
    );
}

#[test]
fn what_an_open_store_is_writing_is_not_swept() {
    let dir = temp();
    let store = open(dir.path());
    let temp = store.session.write(b"x").expect("written");
    let tmp = dir.path().join("tmp");
    let killed = crate::ScratchDir::create(&tmp, session::PREFIX).expect("made");
    let dead = killed.path().to_owned();
    fs::write(dead.join("0.tmp"), "half").expect("written");
    killed.leave();
    // Of somebody who had a `tmp` there before us.
    let mine = tmp.join("mine");
    fs::create_dir(&mine).expect("made");
    fs::write(mine.join("lock"), "").expect("written");
    fs::write(mine.join("0.tmp"), "diary").expect("written");
    drop(open(dir.path()));
    assert!(!dead.exists());
    assert_eq!(fs::read(mine.join("0.tmp")).expect("there"), b"diary");
    fs::remove_file(mine.join("lock")).expect("removed");
    fs::remove_file(mine.join("0.tmp")).expect("removed");
    fs::remove_dir(mine).expect("removed");
    temp.name(&dir.path().join("x")).expect("still there");
    drop(store);
    assert_eq!(
        dir.path()
            .join("tmp")
            .read_dir_utf8()
            .expect("listed")
            .count(),
        0
    );
}
