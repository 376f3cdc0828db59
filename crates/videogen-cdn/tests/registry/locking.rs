//! Trust on first use.

use std::thread;

use proptest::prelude::*;
use videogen_cdn::{AssetId, LockEntry, LockFile, LockFileError, Locked, Sha256Digest};

fn id(text: &str) -> AssetId {
    AssetId::new(text).expect("an id")
}

fn entry(byte: u8, size: u64) -> LockEntry {
    LockEntry {
        sha256: Sha256Digest::new([byte; 32]),
        size,
        first_seen: 1_764_450_000,
        mirror: "files.freemusicarchive.org".into(),
    }
}

#[test]
fn the_first_one_is_trusted_and_another_one_is_refused_with_both_digests() {
    let mut lock = LockFile::default();
    let song = id("song");
    assert_eq!(
        lock.check(&song, "a.mp3", entry(1, 9).sha256, 9),
        Locked::New
    );
    lock.record(&song, "a.mp3", entry(1, 9)).unwrap();
    assert_eq!(
        lock.check(&song, "a.mp3", entry(1, 9).sha256, 9),
        Locked::Same
    );
    // The same bytes from elsewhere, later: what was seen first stays.
    let elsewhere = LockEntry {
        first_seen: 2_000_000_000,
        mirror: "elsewhere".into(),
        ..entry(1, 9)
    };
    lock.record(&song, "a.mp3", elsewhere).unwrap();
    assert_eq!(lock.entry(&song, "a.mp3"), Some(&entry(1, 9)));
    let before = lock.clone();
    let error = lock.record(&song, "a.mp3", entry(2, 9)).unwrap_err();
    assert_eq!(lock, before);
    let message = error.to_string();
    for part in [
        "01010101",
        "02020202",
        "a.mp3",
        "song",
        "files.freemusicarchive.org",
    ] {
        assert!(message.contains(part), "{message}");
    }
    assert!(
        error
            .help()
            .unwrap()
            .to_string()
            .contains("from the lock file")
    );
    // A file of another size cannot have the same digest; who says so is not believed.
    assert!(matches!(
        lock.check(&song, "a.mp3", entry(1, 9).sha256, 8),
        Locked::Changed { .. }
    ));
    assert_eq!(lock.forget(&song), 1);
    lock.record(&song, "a.mp3", entry(2, 9)).unwrap();
}

#[test]
fn processes_that_lock_at_the_same_time_all_have_their_say() {
    let dir = camino_tempfile::tempdir().unwrap();
    let path = dir.path().join("assets.lock");
    let lock_one = |at: u8| {
        let song = id(&format!("song-{at}"));
        LockFile::update(&path, |lock| lock.record(&song, "a.mp3", entry(at, 1))).unwrap();
    };
    thread::scope(|scope| {
        for at in 0..8 {
            scope.spawn(move || lock_one(at));
        }
    });
    let lock = LockFile::read(&path).unwrap();
    assert_eq!(lock.entries().count(), 8);
    let text = std::fs::read_to_string(&path).unwrap();
    assert_eq!(text, lock.to_toml());
    assert_eq!(text.lines().count(), 12, "a line for each file:\n{text}");
    // What fails changes nothing.
    let error = LockFile::update(&path, |lock| {
        lock.record(&id("new"), "b.mp3", entry(9, 9))?;
        lock.record(&id("song-1"), "a.mp3", entry(9, 9))
    });
    assert!(matches!(error, Err(LockFileError::Changed { .. })));
    assert_eq!(std::fs::read_to_string(&path).unwrap(), text);
}

#[test]
fn a_file_that_is_no_lock_file_is_not_written_over() {
    let dir = camino_tempfile::tempdir().unwrap();
    let path = dir.path().join("assets.lock");
    let line = "{ asset = \"a\", name = \"b\", sha256 = \"SHA\", size = 1, first_seen = 1, mirror = \"m\" }";
    let line = line.replace("SHA", &"0".repeat(64));
    for text in [
        "x".to_owned(),
        "version = 2".into(),
        "file = []".into(),
        format!("version = 1\nfile = [{line}, {line}]"),
        format!(
            "version = 1\nfile = [{}]",
            line.replace("size = 1", "size = -1")
        ),
        format!(
            "version = 1\nfile = [{}]",
            line.replace("asset = \"a\"", "asset = \"../a\"")
        ),
        format!("version = 1\nfile = [{}]", line.replace("0000", "zzzz")),
    ] {
        std::fs::write(&path, &text).unwrap();
        let error =
            LockFile::update(&path, |lock| lock.record(&id("a"), "c", entry(1, 1))).unwrap_err();
        assert!(
            matches!(error, LockFileError::Content { .. }) && error.help().is_some(),
            "{text}: {error}"
        );
        assert_eq!(std::fs::read_to_string(&path).unwrap(), text);
    }
    std::fs::write(&path, format!("version = 1\nfile = [{line}]")).unwrap();
    assert_eq!(LockFile::read(&path).unwrap().entries().count(), 1);
}

proptest! {
    #[test]
    fn it_comes_back_as_it_was_written(
        files in proptest::collection::vec(
            ("[a-zã][a-z0-9._-]{0,9}", "[^\u{0}]{1,12}", any::<u8>(), 0..=i64::MAX as u64, "\\PC{0,12}"), 0..8,
        ),
    ) {
        let mut lock = LockFile::default();
        for (asset, name, byte, size, mirror) in files {
            let entry = LockEntry { mirror, ..entry(byte, size) };
            drop(lock.record(&id(&asset), &name, entry));
        }
        prop_assert_eq!(LockFile::parse(&lock.to_toml()), Ok(lock));
    }
}
