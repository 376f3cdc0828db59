//! A process that ends, and a disk that is full, at every change in turn.

use std::io;
use std::sync::Arc;

use videogen_durable::{FailingEffects, Shortage};

use super::*;

fn with(dir: &Utf8Path, effects: Arc<FailingEffects>) -> Result<AssetStore, AssetStoreError> {
    AssetStore::open_with(&dir.join("assets"), AssetStoreLimits::default(), effects)
}

/// The asset is whole or not there, everything under a digest has it, and the next process installs it and leaves nothing.
fn check(dir: &Utf8Path, n: usize) {
    let store = open(dir);
    for asset in store.list().expect("listed") {
        for file in &asset.files {
            assert_eq!(digest(&read(&file.path)), file.sha256, "effect {n}");
        }
    }
    let report = store
        .verify(&tokio_util::sync::CancellationToken::new())
        .expect("verified");
    assert!(report.damaged.is_empty(), "effect {n}: {report:?}");
    install_bryce(&store);
    store.gc().expect("tidied");
    let names = tree(store.dir());
    assert_eq!(names.len(), 6, "effect {n}: {names:?}");
    assert!(store.installed(&id("bryce")).is_some());
}

#[test]
fn whatever_a_full_disk_refuses_is_told_and_the_next_attempt_has_room() {
    for n in 0.. {
        let dir = tempdir();
        let effects = Arc::new(FailingEffects::once(n, io::ErrorKind::StorageFull));
        let result =
            with(dir.path(), effects.clone()).and_then(|store| try_install(&store, "bryce", BRYCE));
        if let Err(error) = &result {
            assert_eq!(
                error.shortage(),
                Some(Shortage::Disk),
                "effect {n}: {error}"
            );
            assert!(
                error
                    .help()
                    .is_some_and(|help| help.to_string().contains("free some space"))
            );
        }
        check(dir.path(), n);
        if effects.seen() <= n {
            result.expect("nothing was refused");
            assert!(n > 20, "only {n} changes were announced");
            return;
        }
    }
}

#[test]
fn a_process_that_ends_anywhere_leaves_a_whole_asset_or_none() {
    for n in 0.. {
        let dir = tempdir();
        let effects = Arc::new(FailingEffects::from(n, io::ErrorKind::Other));
        let result =
            with(dir.path(), effects.clone()).and_then(|store| try_install(&store, "bryce", BRYCE));
        check(dir.path(), n);
        if effects.seen() <= n {
            result.expect("it did not end");
            return;
        }
    }
}

#[test]
fn a_process_that_ends_while_it_removes_leaves_no_half_of_an_asset() {
    for n in 0.. {
        let dir = tempdir();
        install_bryce(&open(dir.path()));
        let effects = Arc::new(FailingEffects::from(n, io::ErrorKind::Other));
        let removed =
            with(dir.path(), effects.clone()).and_then(|store| store.remove(&id("bryce")));
        check(dir.path(), n);
        if effects.seen() <= n {
            removed.expect("it did not end");
            return;
        }
    }
}

#[test]
fn what_a_killed_process_put_together_is_swept_and_what_a_living_one_does_is_not() {
    use videogen_durable::ScratchDir;
    let dir = tempdir();
    let store = open(dir.path());
    install_bryce(&store);
    let tmp = store.dir().join("tmp");
    let living = ScratchDir::create(&tmp, "install-").expect("made");
    let dead = ScratchDir::create(&tmp, "install-").expect("made");
    let left = dead.path().to_owned();
    fs::write(left.join("half"), "x").expect("written");
    dead.leave();
    fs::write(tmp.join("install-notes"), "a person's").expect("written");
    open(dir.path());
    assert!(!left.exists() && living.path().exists() && tmp.join("install-notes").exists());
}
