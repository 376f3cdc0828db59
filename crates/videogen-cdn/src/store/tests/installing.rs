//! Assets are whole or not there, and what is here is not fetched again.

use super::*;

#[test]
fn an_asset_is_installed_as_a_whole_and_found_by_the_next_process() {
    let dir = tempdir();
    let store = open(dir.path());
    assert_eq!(store.installed(&id("bryce")), None);
    let bryce = install_bryce(&store);
    let paths: Vec<_> = bryce.files.iter().map(|file| file.path.as_str()).collect();
    let at = |name: &str| store.dir().join("voice/bryce").join(name).into_string();
    assert_eq!(paths, [at("bryce.onnx.json"), at("bryce.onnx")]);
    assert_eq!(read(&bryce.files[1].path), b"model");
    assert_eq!((bryce.bytes(), bryce.is_pinned), (7, false));
    let found = open(dir.path()).installed(&id("bryce"));
    assert_eq!(found.as_ref(), Some(&bryce));
    assert_eq!(open(dir.path()).list().expect("listed"), [bryce]);
    // Nothing but contents, names, the record and the lock.
    assert_eq!(
        tree(store.dir()).len(),
        2 + 2 + 1 + 1,
        "{:?}",
        tree(store.dir())
    );
}

#[test]
fn a_file_that_is_here_is_not_begun_again() {
    let dir = tempdir();
    let store = open(dir.path());
    let model = fetch(&store, b"model").expect("fetched");
    assert!(matches!(
        store.begin(&FileKey::Digest(&model)),
        Ok(Begun::Here(_))
    ));
    // Half an asset is none.
    let whole = voice("bryce", &["bryce.onnx.json", "bryce.onnx"]);
    let error = store
        .install(&whole, &[digest(b"{}"), model])
        .expect_err("half of it is missing");
    assert!(
        matches!(error, AssetStoreError::Missing { sha256 } if sha256 == digest(b"{}")),
        "{error}"
    );
    assert_eq!(store.installed(&id("bryce")), None);
    assert!(tree(&store.dir().join("tmp")).is_empty());
}

#[cfg(unix)]
#[test]
fn names_are_links_and_nobody_may_write_through_them() {
    use std::os::unix::fs::MetadataExt;
    let dir = tempdir();
    let store = open(dir.path());
    let bryce = install_bryce(&store);
    let of = |path: &Utf8Path| fs::metadata(path).expect("there");
    let (name, content) = (of(&bryce.files[1].path), of(&content(&store, b"model")));
    assert_eq!(name.ino(), content.ino());
    assert_eq!(name.mode() & 0o777, 0o400);
    assert_eq!(of(store.dir()).mode() & 0o777, 0o700);
}

#[test]
fn another_edition_replaces_it_and_the_same_one_does_not() {
    let dir = tempdir();
    let store = open(dir.path());
    let first = install_bryce(&store);
    let record = store.dir().join("voice/bryce/.asset.json");
    let before = read(&record);
    assert_eq!(install_bryce(&store).files, first.files);
    let second = install(&store, "bryce", &[("bryce.onnx", b"newer")]);
    assert_eq!(second.files.len(), 1);
    assert_ne!(read(&record), before);
    assert_eq!(
        tree(&store.dir().join("voice")),
        ["bryce/.asset.json", "bryce/bryce.onnx"]
    );
    assert_eq!(store.installed(&id("bryce")), Some(second));
    // As a piece of music it is no voice any more.
    let mut other = voice("bryce", &["bryce.onnx"]);
    other.kind = AssetKind::Music;
    store
        .install(&other, &[digest(b"newer")])
        .expect("installed");
    assert!(tree(&store.dir().join("voice")).is_empty());
    assert_eq!(store.list().expect("listed").len(), 1);
}

#[test]
fn what_is_removed_takes_only_what_is_its_own() {
    let dir = tempdir();
    let store = open(dir.path());
    install(&store, "one", &[("shared", b"shared"), ("own", b"own")]);
    install(&store, "two", &[("shared", b"shared")]);
    store.pin(&id("one")).expect("pinned");
    fs::write(store.dir().join("voice/one/notes.txt"), "a person's").expect("written");
    assert_eq!(store.remove(&id("one")).expect("removed"), 3);
    assert!(content(&store, b"shared").exists() && !content(&store, b"own").exists());
    assert_eq!(tree(&store.dir().join("voice/one")), ["notes.txt"]);
    assert!(tree(&store.dir().join("pins")).is_empty());
    assert!(store.installed(&id("two")).is_some() && store.installed(&id("one")).is_none());
    assert_eq!(store.remove(&id("one")).expect("nothing"), 0);
    // The directory that was left is no obstacle, and nothing of a person is lost.
    install(&store, "one", &[("own", b"own")]);
    assert_eq!(tree(&store.dir().join("voice/one.bad")), ["notes.txt"]);
}

#[test]
fn what_is_in_use_is_not_removed_by_any_process() {
    let dir = tempdir();
    let store = open(dir.path());
    install_bryce(&store);
    let lease = store.lease(&id("bryce")).expect("installed");
    let other = open(dir.path());
    let second = other.lease(&id("bryce")).expect("several may use it");
    drop(lease);
    let error = store.remove(&id("bryce")).expect_err("in use");
    assert!(
        matches!(error, AssetStoreError::InUse { .. }) && error.is_retryable(),
        "{error}"
    );
    assert_eq!(read(&second.asset().files[1].path), b"model");
    drop(second);
    assert_eq!(store.remove(&id("bryce")).expect("removed"), 7);
    assert!(store.lease(&id("bryce")).is_none());
}

#[test]
fn names_that_are_more_than_names_are_refused() {
    let dir = tempdir();
    let store = open(dir.path());
    let bytes = fetch(&store, b"x").expect("fetched");
    for names in [
        &["../x"][..],
        &["/etc/x"],
        &[".asset.json"],
        &["a", "A"],
        &["nul"],
        &["a\0"],
    ] {
        let error = store
            .install(&voice("v", names), &vec![bytes; names.len()])
            .expect_err("refused");
        assert!(
            matches!(error, AssetStoreError::BadName { .. }),
            "{names:?}: {error}"
        );
        assert!(error.help().is_some());
    }
    let error = store
        .install(&voice("con", &["a"]), &[bytes])
        .expect_err("refused");
    assert!(matches!(error, AssetStoreError::BadName { .. }), "{error}");
    assert!(store.list().expect("listed").is_empty());
}

#[test]
fn two_files_of_an_asset_may_have_the_same_bytes() {
    let dir = tempdir();
    let store = open(dir.path());
    let twins = install(&store, "twins", &[("a", b"same"), ("b", b"same")]);
    assert_eq!(read(&twins.files[1].path), b"same");
    let usage = store.usage().expect("counted");
    assert_eq!((usage.assets, usage.asset_bytes, usage.bytes()), (1, 4, 4));
    assert_eq!(store.remove(&id("twins")).expect("removed"), 4);
}
