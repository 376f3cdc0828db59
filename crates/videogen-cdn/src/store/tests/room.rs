//! The limit of a store.

use std::time::{Duration, SystemTime};

use super::*;

/// Dates the last use of a voice so many hours back.
fn used_hours_ago(store: &AssetStore, name: &str, hours: u64) {
    let record = store.dir().join(format!("voice/{name}/.asset.json"));
    let file = fs::File::open(record).expect("opened");
    file.set_modified(SystemTime::now() - Duration::from_hours(hours))
        .expect("dated");
}

fn fill(store: &AssetStore) {
    for (name, hours) in [("a", 3), ("b", 2), ("c", 1)] {
        install(
            store,
            name,
            &[
                ("own", name.repeat(4 * KIB).as_bytes()),
                ("shared", b"shared"),
            ],
        );
        used_hours_ago(store, name, hours);
    }
}

fn installed(store: &AssetStore) -> Vec<String> {
    let assets = store.list().expect("listed");
    assets.iter().map(|asset| asset.id.to_string()).collect()
}

/// Removes what has to go, which is what the store said before.
fn gc(store: &AssetStore) -> crate::AssetsFreed {
    let would = store.would_free().expect("looked at");
    assert_eq!(would, store.would_free().expect("a look changes nothing"));
    let freed = store.gc().expect("tidied");
    assert_eq!(would, freed);
    freed
}

#[test]
fn under_the_limit_nothing_installed_goes() {
    let dir = tempdir();
    let store = open(dir.path());
    fill(&store);
    let freed = gc(&store);
    assert_eq!((freed.bytes, installed(&store).len()), (0, 3));
    assert_eq!(store.make_room(1 << 20).expect("there is room").files, 0);
}

#[test]
fn the_longest_unused_goes_and_a_use_counts() {
    let dir = tempdir();
    let store = limited(dir.path(), 9 * KIB);
    fill(&store);
    drop(store.lease(&id("a")).expect("installed"));
    let freed = gc(&store);
    assert_eq!(freed.assets, [id("b")]);
    assert_eq!((freed.bytes, freed.files), (4 * KIB as u64, 1));
    assert_eq!(installed(&store), ["a", "c"]);
    assert!(content(&store, b"shared").exists());
    let freed = store.make_room(8 * KIB as u64).expect("fits");
    assert_eq!(freed.assets, [id("c"), id("a")]);
    assert!(installed(&store).is_empty());
}

#[test]
fn what_is_pinned_or_in_use_stays_even_above_the_limit() {
    let dir = tempdir();
    let store = limited(dir.path(), KIB);
    fill(&store);
    store.pin(&id("a")).expect("pinned");
    store.pin(&id("a")).expect("pinned twice");
    let lease = open(dir.path()).lease(&id("b")).expect("installed");
    assert_eq!(gc(&store).assets, [id("c")]);
    assert_eq!(installed(&store), ["a", "b"]);
    assert!(
        store
            .installed(&id("a"))
            .is_some_and(|asset| asset.is_pinned)
    );
    store.unpin(&id("a")).expect("unpinned");
    drop(lease);
    assert_eq!(gc(&store).assets, [id("a"), id("b")]);
    assert_eq!(store.usage().expect("counted").bytes(), 0);
}

#[test]
fn for_what_can_never_fit_nothing_goes() {
    let dir = tempdir();
    let store = limited(dir.path(), 13 * KIB);
    fill(&store);
    let error = store
        .make_room(14 * KIB as u64)
        .expect_err("more than the limit");
    assert!(
        matches!(error, AssetStoreError::NoRoom { .. }) && error.help().is_some(),
        "{error}"
    );
    store.pin(&id("a")).expect("pinned");
    store
        .make_room(10 * KIB as u64)
        .expect_err("more than is not pinned");
    assert_eq!(installed(&store).len(), 3);
}

#[test]
fn what_is_new_or_being_fetched_stays_and_what_was_forgotten_goes() {
    let dir = tempdir();
    let store = limited(dir.path(), KIB);
    // Half of an asset, whose rest is on its way.
    fetch(&store, &[1; 2 * KIB]).expect("fetched");
    let begin = |bytes: &[u8]| match store.begin(&FileKey::Digest(&digest(bytes))) {
        Ok(Begun::Yours(incoming)) => incoming,
        other => panic!("{other:?}"),
    };
    let dated = |path: &Utf8Path, days: u64| {
        let note = format!(".{}.part.json", path.file_name().expect("a name"));
        for path in [path.to_owned(), path.with_file_name(note)] {
            fs::write(&path, [2; 2 * KIB]).expect("written");
            let file = fs::OpenOptions::new()
                .write(true)
                .open(&path)
                .expect("opened");
            file.set_modified(SystemTime::now() - Duration::from_hours(days * 24))
                .expect("dated");
        }
    };
    let (worked_on, new, older, forgotten) = (begin(b"1"), begin(b"2"), begin(b"3"), begin(b"4"));
    for (incoming, days) in [(&worked_on, 30), (&new, 0), (&older, 3), (&forgotten, 8)] {
        dated(incoming.path(), days);
    }
    let paths =
        [worked_on.path(), new.path(), older.path(), forgotten.path()].map(Utf8Path::to_owned);
    drop((new, older, forgotten));
    let roomy = open(dir.path());
    assert_eq!(gc(&roomy).bytes, 4 * KIB as u64);
    assert_eq!(
        paths.each_ref().map(|path| path.exists()),
        [true, true, true, false]
    );
    assert_eq!(gc(&store).bytes, 4 * KIB as u64);
    assert_eq!(
        paths.each_ref().map(|path| path.exists()),
        [true, true, false, false]
    );
    assert!(content(&store, &[1; 2 * KIB]).exists());
    drop(worked_on);
}
