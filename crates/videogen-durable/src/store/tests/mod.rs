//! The store as its callers see it.

mod bad;
mod crash;
mod keys;
mod limits;

use std::fs;
use std::sync::Arc;

use camino::{Utf8Path, Utf8PathBuf};
use camino_tempfile::Utf8TempDir;

use super::*;
use crate::effects::RealEffects;

const ABOUT: About<'static> = About {
    extension: "bin",
    stage: "test",
    label: "a label",
};

fn key(number: u64) -> Key {
    KeyBuilder::new("test", 1).number("n", number).finish()
}

fn open(dir: &Utf8Path) -> Store {
    open_with(dir, StoreLimits::default())
}

fn open_with(dir: &Utf8Path, limits: StoreLimits) -> Store {
    Store::open(dir, limits, Arc::new(RealEffects)).expect("opened")
}

/// In memory where there is such a place: these tests flush thousands of times.
fn temp() -> Utf8TempDir {
    camino_tempfile::tempdir_in("/dev/shm")
        .or_else(|_| camino_tempfile::tempdir())
        .expect("a temporary directory")
}

fn read(stored: &Stored) -> Vec<u8> {
    fs::read(&stored.path).expect("read")
}

fn put(store: &Store, key: &Key, bytes: &[u8]) -> Stored {
    store
        .put_bytes(key, &ABOUT, bytes)
        .expect("put")
        .expect("kept")
}

/// All files of entries, without the store's own.
fn files(dir: &Utf8Path) -> Vec<Utf8PathBuf> {
    let mut files = Vec::new();
    for shard in dir.read_dir_utf8().expect("listed").flatten() {
        if shard.file_name().len() == 2 {
            let entries = shard.path().read_dir_utf8().expect("listed");
            files.extend(entries.flatten().map(camino::Utf8DirEntry::into_path));
        }
    }
    files.sort();
    files
}

#[test]
fn a_store_is_shared_between_threads() {
    fn shared<T: Send + Sync>() {}
    shared::<Store>();
    shared::<Pin>();
    shared::<StoreError>();
}

#[test]
fn what_is_put_is_found_by_another_run() {
    let dir = temp();
    let from = dir.path().join("from.bin");
    fs::write(&from, "hello").expect("written");
    let root = dir.path().join("store");
    let store = open(&root);
    assert_eq!(store.get(&key(1)), None);
    let stored = store.put_file(&key(1), &ABOUT, &from).expect("put");
    assert!(stored.is_kept && stored.path.starts_with(&root));
    assert_eq!((stored.size(), stored.digest), (5, Digest::of(b"hello")));
    assert_eq!(fs::read(&from).expect("still there"), b"hello");
    put(&store, &key(2), b"small");
    drop(store);
    fs::remove_file(&from).expect("removed");

    let store = open(&root);
    assert_eq!(store.get(&key(1)), Some(stored.clone()));
    assert_eq!(store.get_verified(&key(1)), Some(stored.clone()));
    assert_eq!(read(&stored), b"hello");
    assert_eq!(store.get_bytes(&key(2)).as_deref(), Some(&b"small"[..]));
    let stats = store.stats().expect("counted");
    assert_eq!(
        (stats.entries, stats.bytes, stats.hits, stats.misses),
        (2, 10, 3, 0)
    );
    assert_eq!(stats.by_stage["test"], (2, 10));
    assert!(store.remove(&key(1)).expect("removed") && !store.remove(&key(1)).expect("none"));
    assert_eq!(store.get(&key(1)), None);
    let freed = store.clear().expect("cleared");
    assert_eq!((freed.entries, freed.bytes), (1, 5));
    assert_eq!(files(&root), Vec::<Utf8PathBuf>::new());
}

#[test]
fn a_json_content_is_not_taken_for_a_sidecar() {
    let dir = temp();
    let store = open(dir.path());
    let about = About::new("json", "script");
    store
        .put_bytes(&key(1), &about, b"{}")
        .expect("put")
        .expect("kept");
    assert_eq!(read(&store.get(&key(1)).expect("there")), b"{}");
    assert_eq!(files(dir.path()).len(), 2);
}

#[test]
fn extensions_never_become_paths() {
    let dir = temp();
    let store = open(dir.path());
    for extension in ["", "a/b", "..", "entry.json", "PNG", "ninechars", "é"] {
        let error = store
            .put_bytes(&key(1), &About::new(extension, "s"), b"")
            .expect_err(extension);
        assert!(matches!(error, StoreError::Extension { .. }));
    }
    assert!(files(dir.path()).is_empty());
}

#[test]
fn who_comes_first_wins() {
    let dir = temp();
    let store = open(dir.path());
    put(&store, &key(1), b"first");
    assert_eq!(put(&store, &key(1), b"other").digest, Digest::of(b"first"));
    let wav = About::new("wav", "test");
    let stored = store
        .put_bytes(&key(1), &wav, b"third")
        .expect("put")
        .expect("kept");
    assert_eq!(
        (stored.path.extension(), read(&stored)),
        (Some("bin"), b"first".to_vec())
    );
    assert_eq!(files(dir.path()).len(), 2);
}

#[test]
fn a_symbolic_link_is_followed_and_a_directory_refused() {
    let dir = temp();
    let store = open(&dir.path().join("store"));
    let real = dir.path().join("real");
    fs::write(&real, "x").expect("written");
    #[cfg(unix)]
    {
        let link = dir.path().join("link");
        std::os::unix::fs::symlink(&real, &link).expect("linked");
        let stored = store.put_file(&key(1), &ABOUT, &link).expect("put");
        assert!(stored.path.symlink_metadata().expect("there").is_file());
        assert_eq!(read(&stored), b"x");
    }
    let error = store
        .put_file(&key(2), &ABOUT, dir.path())
        .expect_err("a directory");
    assert!(matches!(error, StoreError::NotAFile { .. }), "{error:?}");
    let error = store
        .put_file(&key(2), &ABOUT, &dir.path().join("none"))
        .expect_err("nothing");
    assert!(matches!(error, StoreError::Io { .. }), "{error:?}");
}

#[test]
fn a_file_of_another_file_system_is_copied() {
    // Where there is no /dev/shm this is the same as the other tests.
    let other = camino_tempfile::tempdir().expect("a temporary directory");
    let dir = temp();
    let store = open(dir.path());
    let from = other.path().join("from");
    fs::write(&from, vec![7; 200_000]).expect("written");
    let stored = store.put_file(&key(1), &ABOUT, &from).expect("put");
    assert_eq!(stored.digest, Digest::of_file(&from).expect("read"));
    let to = other.path().join("to");
    assert_eq!(
        store.take_to(&key(1), &to).expect("taken").map(|s| s.path),
        Some(to.clone())
    );
    assert_eq!(Digest::of_file(&to).expect("read"), stored.digest);
    assert!(!other.path().join("to.part").exists());
}

#[test]
fn taking_never_replaces() {
    let dir = temp();
    let store = open(&dir.path().join("store"));
    put(&store, &key(1), b"x");
    let to = dir.path().join("to");
    assert_eq!(store.take_to(&key(2), &to).expect("a miss"), None);
    assert!(!to.exists());
    store.take_to(&key(1), &to).expect("taken").expect("there");
    assert_eq!(fs::read(&to).expect("read"), b"x");
    assert!(matches!(
        store.take_to(&key(1), &to),
        Err(StoreError::Io { .. })
    ));
}

#[test]
fn threads_and_stores_may_put_the_same_key() {
    let dir = temp();
    let stores = [open(dir.path()), open(dir.path())];
    std::thread::scope(|scope| {
        for thread in 0..8u8 {
            let store = &stores[usize::from(thread % 2)];
            scope.spawn(move || {
                for number in 0..6 {
                    // Of one size, so that only digests tell them apart.
                    let stored = put(store, &key(number), &[thread; 100]);
                    assert_eq!(Digest::of(&read(&stored)), stored.digest);
                    assert_eq!(store.get_verified(&key(number)), Some(stored));
                }
            });
        }
    });
    let report = stores[0].verify().expect("verified");
    assert_eq!((report.checked, report.bad, report.bytes), (6, 0, 600));
    assert_eq!(files(dir.path()).len(), 12);
}

#[test]
fn small_contents_are_remembered_within_the_limit() {
    let dir = temp();
    let memory = 200_000;
    let store = open_with(
        dir.path(),
        StoreLimits {
            memory,
            ..StoreLimits::default()
        },
    );
    for number in 0..30 {
        put(&store, &key(number), &vec![number as u8; 30_000]);
        assert_eq!(store.get_bytes(&key(number)).expect("there").len(), 30_000);
    }
    assert!((1..=memory).contains(&store.memory.weight()));
    // Forgotten ones are read again.
    for number in 0..30 {
        assert_eq!(
            store.get_bytes(&key(number)).expect("there")[0],
            number as u8
        );
    }
    put(&store, &key(99), &vec![1; 100_000]);
    assert_eq!(store.get_bytes(&key(99)).expect("there").len(), 100_000);
}

#[test]
fn another_store_that_holds_the_lock_is_waited_for_but_not_for_ever() {
    let dir = temp();
    let first = open(dir.path());
    let wait = std::time::Duration::from_millis(50);
    let second = open_with(
        dir.path(),
        StoreLimits {
            wait,
            ..StoreLimits::default()
        },
    );
    put(&first, &key(1), b"x");
    let held = first.lock.hold().expect("held");
    assert!(second.get(&key(1)).is_some(), "reading needs no lock");
    let error = second.put_bytes(&key(2), &ABOUT, b"y").expect_err("held");
    assert!(matches!(error, StoreError::Busy { .. }) && error.is_retryable());
    drop(held);
    put(&second, &key(2), b"y");
}
