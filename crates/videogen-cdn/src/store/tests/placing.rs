//! Files in the folder of another program.

use super::*;
use crate::store::PlacedAs;

fn model(store: &AssetStore) -> AssetId {
    let mut asset = voice("upscaler", &["4x.pth"]);
    asset.kind = AssetKind::Model;
    let digest = fetch(store, b"weights").expect("fetched");
    store.install(&asset, &[digest]).expect("installed").id
}

#[test]
fn a_model_is_placed_once_and_readable_by_the_other_program() {
    let dir = tempdir();
    let store = open(dir.path());
    let model = model(&store);
    let into = dir.path().join("comfy/models");
    let error = store.place(&model, &into).expect_err("no such directory");
    assert!(error.to_string().contains("4x.pth"), "{error}");
    fs::create_dir_all(&into).expect("made");
    let placed = store.place(&model, &into).expect("placed");
    assert_eq!((placed.len(), placed[0].how), (1, PlacedAs::Link));
    assert_eq!(read(&into.join("4x.pth")), b"weights");
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        fs::write(into.join("new"), "").expect("written");
        let mode = |name: &str| fs::metadata(into.join(name)).expect("there").mode() & 0o777;
        assert_eq!(mode("4x.pth"), mode("new") & 0o444);
        fs::remove_file(into.join("new")).expect("removed");
    }
    assert_eq!(
        store.place(&model, &into).expect("there")[0].how,
        PlacedAs::Before
    );
    assert_eq!(tree(&into), ["4x.pth"]);
    assert!(store.installed(&model).is_some());
    // It is the other program's now.
    store.remove(&model).expect("removed");
    assert_eq!(read(&into.join("4x.pth")), b"weights");
    let error = store.place(&model, &into).expect_err("gone");
    assert!(
        matches!(error, AssetStoreError::NotInstalled { .. }),
        "{error}"
    );
}

#[test]
fn another_file_of_that_name_is_never_replaced() {
    let dir = tempdir();
    let store = open(dir.path());
    let model = model(&store);
    let into = dir.path().join("models");
    fs::create_dir(&into).expect("made");
    for bytes in [&b"of a person"[..], b"weighty"] {
        fs::write(into.join("4x.pth"), bytes).expect("written");
        let error = store.place(&model, &into).expect_err("taken");
        assert!(
            matches!(error, AssetStoreError::NameTaken { .. }),
            "{error}"
        );
        assert!(error.help().is_some());
        assert_eq!(read(&into.join("4x.pth")), bytes);
    }
    // A copy of the same bytes is the same.
    fs::write(into.join("4x.pth"), b"weights").expect("written");
    assert_eq!(
        store.place(&model, &into).expect("there")[0].how,
        PlacedAs::Before
    );
    fs::remove_file(into.join("4x.pth")).expect("removed");
    fs::create_dir(into.join("4x.pth")).expect("made");
    store.place(&model, &into).expect_err("a directory");
}

#[cfg(target_os = "linux")]
#[test]
fn a_folder_on_another_disk_gets_a_copy() {
    use std::os::unix::fs::MetadataExt;
    let Ok(far) = camino_tempfile::tempdir_in("/dev/shm") else {
        return;
    };
    let dir = tempdir();
    let store = open(dir.path());
    let model = model(&store);
    let device = |path: &Utf8Path| fs::metadata(path).expect("there").dev();
    let how = if device(far.path()) == device(dir.path()) {
        PlacedAs::Link
    } else {
        PlacedAs::Copy
    };
    assert_eq!(store.place(&model, far.path()).expect("placed")[0].how, how);
    assert_eq!(read(&far.path().join("4x.pth")), b"weights");
    assert_eq!(
        store.place(&model, far.path()).expect("there")[0].how,
        PlacedAs::Before
    );
    assert_eq!(tree(far.path()), ["4x.pth"]);
}
