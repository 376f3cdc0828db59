//! Stores that somebody or something has changed.

use std::io;
use std::sync::Arc;

use tokio_util::sync::CancellationToken;
use videogen_durable::FailingEffects;

use super::*;

fn verify(store: &AssetStore) -> super::super::AssetStoreReport {
    store.verify(&CancellationToken::new()).expect("verified")
}

#[test]
fn flipped_bits_are_found_named_and_set_aside_and_only_that_file_is_fetched_again() {
    let dir = tempdir();
    let store = open(dir.path());
    install_bryce(&store);
    install(&store, "ryan", &[("ryan.onnx", b"other")]);
    assert_eq!((verify(&store).files, verify(&store).bytes), (3, 12));
    let bad = content(&store, b"model");
    flip_bits(&bad);
    // The date says that nobody wrote to it: only reading finds it.
    assert!(store.installed(&id("bryce")).is_some());
    let report = verify(&store);
    assert_eq!(report.damaged.len(), 1, "{report:?}");
    let found = &report.damaged[0];
    assert_eq!((&found.path, found.expected), (&bad, digest(b"model")));
    assert_eq!(found.saw, Some(digest(b"lodel")));
    assert_eq!(
        read(found.aside.as_ref().expect("kept to be looked at")),
        b"lodel"
    );
    assert_eq!(report.broken, [id("bryce")]);
    assert!(store.installed(&id("bryce")).is_none() && store.installed(&id("ryan")).is_some());
    assert!(matches!(
        store.begin(&FileKey::Digest(&digest(b"{}"))),
        Ok(Begun::Here(_))
    ));
    install_bryce(&store);
    assert!(verify(&store).is_clean());
    // It was kept to be looked at, not for ever.
    let freed = store.gc().expect("collected");
    assert_eq!((freed.files, freed.bytes), (1, 5));
    assert!(!found.aside.as_ref().expect("kept").exists());
    assert!(store.installed(&id("bryce")).is_some());
}

#[test]
fn an_asset_whose_record_cannot_be_read_is_named_and_set_aside_with_its_files() {
    let dir = tempdir();
    let store = open(dir.path());
    install_bryce(&store);
    let voice = store.dir().join("voice/bryce");
    fs::write(voice.join(".asset.json"), b"{\"id\": ").expect("written");
    let report = verify(&store);
    assert_eq!(report.broken, [id("bryce")]);
    assert!(report.damaged.is_empty() && !voice.exists(), "{report:?}");
    assert!(verify(&store).is_clean());
    install_bryce(&store);
    assert!(verify(&store).is_clean());
    let would = store.would_free().expect("looked at");
    assert_eq!((would.files, would.bytes), (3, 0));
    assert_eq!(store.gc().expect("collected"), would);
    assert!(!store.dir().join("voice/bryce.bad").exists());
    assert!(store.installed(&id("bryce")).is_some());
}

#[test]
fn a_part_that_nobody_can_go_on_with_goes_at_once() {
    let dir = tempdir();
    let store = open(dir.path());
    let incoming = store.dir().join("incoming");
    let part = |digest: &Sha256Digest| incoming.join(format!(".new-{digest}.part"));
    let (alone, noted) = (part(&digest(b"a")), part(&digest(b"b")));
    fs::create_dir_all(&incoming).expect("made");
    fs::write(&alone, b"half").expect("written");
    fs::write(&noted, b"half").expect("written");
    fs::write(format!("{noted}.json"), b"{}").expect("written");
    store.gc().expect("collected");
    assert!(!alone.exists() && noted.exists());
}

#[test]
fn what_was_written_to_is_noticed_without_being_asked() {
    let dir = tempdir();
    let store = open(dir.path());
    for bytes in [&b"mODEL"[..], b"mod", b"", b"model and more"] {
        let bryce = install_bryce(&store);
        overwrite(&bryce.files[1].path, bytes);
        assert_eq!(store.installed(&id("bryce")), None, "{bytes:?}");
        assert_eq!(store.has(&digest(b"model")), None);
        assert!(store.lease(&id("bryce")).is_none());
    }
    let bryce = install_bryce(&store);
    // The same bytes under another date are the same.
    overwrite(&bryce.files[1].path, b"model");
    assert!(store.installed(&id("bryce")).is_some());
    fs::remove_file(&bryce.files[0].path).expect("removed");
    assert_eq!(store.installed(&id("bryce")), None);
    // The content is here: nothing has to be fetched.
    let names = ["bryce.onnx.json", "bryce.onnx"];
    store
        .install(&voice("bryce", &names), &[digest(b"{}"), digest(b"model")])
        .expect("installed");
}

#[test]
fn verifying_can_be_cancelled() {
    let dir = tempdir();
    let store = open(dir.path());
    install_bryce(&store);
    let cancel = CancellationToken::new();
    cancel.cancel();
    assert!(store.verify(&cancel).expect_err("cancelled").is_cancelled());
    assert!(store.installed(&id("bryce")).is_some());
}

#[test]
fn garbage_is_left_alone_and_in_nobodys_way() {
    let dir = tempdir();
    let store = open(dir.path());
    install_bryce(&store);
    let garbage = [
        "sha256/notes",
        "sha256/ab/notes.txt",
        "sha256/zz",
        "incoming/readme.txt",
        "voice/readme",
        "voice/mine/a.onnx",
        "voice/forged/.asset.json",
        "voice/empty/.asset.json",
        "tmp/x",
        "pins/x/y",
    ];
    for path in garbage {
        let path = store.dir().join(path);
        fs::create_dir_all(path.parent().expect("below")).expect("made");
        fs::write(path, "x").expect("written");
    }
    // Under the name of another asset, with the paths of a thief.
    let forged = fs::read_to_string(store.dir().join("voice/bryce/.asset.json")).expect("read");
    let forged = forged.replace("bryce.onnx.json", "../../secret");
    fs::write(store.dir().join("voice/forged/.asset.json"), forged).expect("written");
    fs::write(store.dir().join("voice/empty/.asset.json"), "").expect("written");
    let before = tree(store.dir());
    let store = open(dir.path());
    assert_eq!(store.list().expect("listed").len(), 1);
    assert!(verify(&store).is_clean());
    store.gc().expect("tidied");
    assert_eq!(store.usage().expect("counted").bytes(), 7);
    store.remove(&id("forged")).expect("nothing of ours");
    assert_eq!(tree(store.dir()), before);
}

#[test]
fn what_stands_where_a_directory_has_to_is_set_aside() {
    let dir = tempdir();
    let store = open(dir.path());
    for name in ["sha256", "incoming", "tmp", "voice"] {
        fs::write(store.dir().join(name), "in the way").expect("written");
    }
    fs::create_dir(store.dir().join("lock")).expect("made");
    install_bryce(&store);
    for name in ["sha256.bad", "incoming.bad", "tmp.bad", "voice.bad"] {
        assert_eq!(read(&store.dir().join(name)), b"in the way", "{name}");
    }
    assert!(store.dir().join("lock.bad").is_dir());
}

#[cfg(unix)]
#[test]
fn planted_links_lead_nowhere() {
    use std::os::unix::fs::symlink;
    let dir = tempdir();
    let theirs = dir.path().join("theirs");
    fs::create_dir(&theirs).expect("made");
    let store = open(dir.path());
    let link = |name: &str, to: &Utf8Path| {
        let path = store.dir().join(name);
        fs::create_dir_all(path.parent().expect("below")).expect("made");
        symlink(to, path).expect("linked");
    };
    // Directories that are links: nothing is made behind them.
    link("sha256", &theirs);
    link("voice", &theirs);
    link("tmp", &theirs);
    install_bryce(&store);
    assert!(tree(&theirs).is_empty(), "{:?}", tree(&theirs));
    // A content and an asset that are links: not ours, and not followed when they are replaced.
    fs::write(theirs.join("diary"), "dear diary").expect("written");
    let other = digest(b"other").to_string();
    link(
        &format!("sha256/{}/{other}", &other[..2]),
        &theirs.join("diary"),
    );
    link("voice/ryan", &theirs);
    assert_eq!(store.has(&digest(b"other")), None);
    install(&store, "ryan", &[("ryan.onnx", b"other")]);
    assert_eq!(tree(&theirs), ["diary"]);
    assert_eq!(read(&theirs.join("diary")), b"dear diary");
    // An installed file that became a link to the very same bytes.
    let file = store.dir().join("voice/ryan/ryan.onnx");
    fs::remove_file(&file).expect("removed");
    symlink(content(&store, b"other"), &file).expect("linked");
    assert_eq!(store.installed(&id("ryan")), None);
    // A lock that is a link.
    fs::remove_file(store.dir().join("lock")).expect("removed");
    link("lock", &theirs.join("lock"));
    install(&store, "amy", &[("amy.onnx", b"third")]);
    assert!(!theirs.join("lock").exists());
}

#[test]
fn a_store_that_cannot_be_written_to_has_what_it_has() {
    let dir = tempdir();
    install_bryce(&open(dir.path()));
    let effects = Arc::new(FailingEffects::from(0, io::ErrorKind::ReadOnlyFilesystem));
    let store = AssetStore::open_with(
        &dir.path().join("assets"),
        AssetStoreLimits::default(),
        effects,
    )
    .expect("opened");
    assert!(store.installed(&id("bryce")).is_some());
    assert!(store.lease(&id("bryce")).is_some());
    assert!(matches!(
        store.begin(&FileKey::Digest(&digest(b"model"))),
        Ok(Begun::Here(_))
    ));
    assert_eq!(store.list().expect("listed").len(), 1);
    let error = store
        .begin(&FileKey::Digest(&digest(b"other")))
        .expect_err("cannot be written to");
    assert!(
        error
            .help()
            .is_some_and(|help| help.to_string().contains("writable")),
        "{error}"
    );
    assert!(!error.is_retryable());
}

#[test]
fn a_directory_that_cannot_be_made_is_an_error_that_names_it() {
    let dir = tempdir();
    fs::write(dir.path().join("assets"), "a file").expect("written");
    let error = AssetStore::open(&dir.path().join("assets"), AssetStoreLimits::default())
        .expect_err("a file");
    assert!(error.to_string().contains("assets"), "{error}");
}

/// `/dev/shm` is memory, and the temporary directory usually is not. Where they are one file system there is nothing to
/// test.
#[cfg(target_os = "linux")]
#[test]
fn a_file_from_another_disk_is_copied_verified_and_removed() {
    let Ok(far) = camino_tempfile::tempdir_in("/dev/shm") else {
        return;
    };
    let dir = tempdir();
    let store = open(dir.path());
    let path = far.path().join("part");
    fs::write(&path, b"model").expect("written");
    let to = store.adopt(&path, &digest(b"model")).expect("adopted");
    assert_eq!(read(&to), b"model");
    assert!(!path.exists());
    assert!(tree(&store.dir().join("incoming")).is_empty());
    assert_eq!(
        fs::metadata(&to).expect("there").modified().ok(),
        Some(super::super::disk::verified_at())
    );
    // What was verified elsewhere and has changed on the way is not taken in.
    if std::os::unix::fs::MetadataExt::dev(&fs::metadata(far.path()).expect("there"))
        != std::os::unix::fs::MetadataExt::dev(&fs::metadata(dir.path()).expect("there"))
    {
        fs::write(&path, b"lodel").expect("written");
        let error = store
            .adopt(&path, &digest(b"other"))
            .expect_err("another digest");
        assert!(
            matches!(error, AssetStoreError::Mismatch { saw, .. } if saw == digest(b"lodel")),
            "{error}"
        );
        assert!(path.exists() && store.has(&digest(b"other")).is_none());
        assert!(tree(&store.dir().join("incoming")).is_empty());
    }
}
