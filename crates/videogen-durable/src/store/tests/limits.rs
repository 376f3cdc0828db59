//! H2: the store keeps its limits, the longest unused go first, and nothing that is pinned.

use std::time::{Duration, SystemTime};

use proptest::prelude::*;

use super::*;

fn limits(bytes: u64) -> StoreLimits {
    StoreLimits {
        bytes,
        ..StoreLimits::default()
    }
}

fn held(store: &Store) -> u64 {
    store.stats().expect("counted").bytes
}

#[derive(Debug, Clone)]
enum Step {
    Put(u64, usize),
    Get(u64),
    Pin(u64),
    Unpin,
    Prune(u64),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        5 => (0..12u64, 0..400usize).prop_map(|(n, size)| Step::Put(n, size)),
        2 => (0..12u64).prop_map(Step::Get),
        1 => (0..12u64).prop_map(Step::Pin),
        1 => Just(Step::Unpin),
        1 => (0..1_000u64).prop_map(Step::Prune),
    ]
}

proptest! {
    // Each step flushes files.
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn the_limit_holds_and_the_pinned_stay(steps in prop::collection::vec(step(), 1..30), entries in 1..8u64) {
        let dir = temp();
        let limits = StoreLimits { bytes: 1_000, entries, ..StoreLimits::default() };
        let store = open_with(dir.path(), limits);
        let mut pins: Vec<Pin> = Vec::new();
        for step in steps {
            let pinned: Vec<Key> = pins.iter().map(|p| *p.key()).filter(|k| store.get(k).is_some()).collect();
            match step {
                Step::Put(n, size) => {
                    let bytes = vec![n as u8; size];
                    if let Some(stored) = store.put_bytes(&key(n), &ABOUT, &bytes).expect("put") {
                        prop_assert!(store.get_verified(&key(n)) == Some(stored), "what was just put is there");
                    }
                }
                Step::Get(n) => drop(store.get(&key(n))),
                Step::Pin(n) => pins.push(store.pin(&key(n))),
                Step::Unpin => drop(pins.pop()),
                Step::Prune(bytes) => {
                    store.prune(bytes).expect("pruned");
                    let pinned: u64 = pinned.iter().filter_map(|k| store.get(k)).map(|s| s.size()).sum();
                    prop_assert!(held(&store) <= bytes.max(pinned));
                }
            }
            let stats = store.stats().expect("counted");
            prop_assert!(stats.bytes <= limits.bytes && stats.entries <= limits.entries);
            prop_assert!(pinned.iter().all(|k| store.get(k).is_some()));
        }
    }
}

#[test]
fn the_longest_unused_goes_first() {
    let dir = temp();
    let store = open_with(dir.path(), limits(320));
    for n in 0..3 {
        put(&store, &key(n), &[0; 100]);
    }
    // A hit in memory is a use as well.
    assert!(store.get_bytes(&key(0)).is_some());
    put(&store, &key(3), &[0; 100]);
    let left: Vec<u64> = (0..4).filter(|&n| store.get(&key(n)).is_some()).collect();
    assert_eq!(left, [0, 2, 3]);
    let freed = store.prune(100).expect("pruned");
    assert_eq!((freed.entries, freed.bytes), (2, 200));
    assert!(store.get(&key(3)).is_some());
}

#[test]
fn what_is_too_large_is_not_kept_and_evicts_nothing() {
    let dir = temp();
    let store = open_with(&dir.path().join("store"), limits(300));
    put(&store, &key(1), &[0; 200]);
    let from = dir.path().join("from");
    fs::write(&from, [1; 301]).expect("written");
    let stored = store.put_file(&key(2), &ABOUT, &from).expect("no error");
    assert_eq!(
        (stored.is_kept, &stored.path, stored.size()),
        (false, &from, 301)
    );
    assert_eq!(stored.digest, Digest::of(&[1; 301]));
    assert_eq!(
        store
            .put_bytes(&key(2), &ABOUT, &[1; 301])
            .expect("no error"),
        None
    );
    // Nor what would fit only without the pinned one.
    let pin = store.pin(&key(1));
    fs::write(&from, [1; 101]).expect("written");
    assert!(
        !store
            .put_file(&key(2), &ABOUT, &from)
            .expect("no error")
            .is_kept
    );
    assert!(store.get(&key(1)).is_some());
    drop(pin);
    assert!(store.put_file(&key(2), &ABOUT, &from).expect("put").is_kept);
    assert_eq!(store.get(&key(1)), None);
    assert!(from.exists());
}

#[test]
fn pins_count() {
    let dir = temp();
    let store = open(dir.path());
    put(&store, &key(1), b"x");
    let (first, second) = (store.pin(&key(1)), store.pin(&key(1)));
    drop(first);
    assert_eq!(store.clear().expect("cleared").entries, 0);
    drop(second);
    assert_eq!(store.clear().expect("cleared").entries, 1);
}

#[test]
fn a_clock_that_jumps_a_day_changes_neither_order_nor_number() {
    const DAY: Duration = Duration::from_hours(24);
    for past in [
        SystemTime::now() + DAY,
        SystemTime::now() - DAY,
        SystemTime::UNIX_EPOCH - DAY,
    ] {
        let dir = temp();
        let store = open_with(dir.path(), limits(320));
        for n in 0..3 {
            put(&store, &key(n), &[0; 100]);
            let sidecar = fs::File::options()
                .write(true)
                .open(layout::sidecar(store.dir(), &key(n)));
            sidecar
                .and_then(|f| f.set_modified(past + Duration::from_secs(n)))
                .expect("set");
        }
        drop(store);
        let store = open_with(dir.path(), limits(320));
        assert!(store.get(&key(0)).is_some());
        put(&store, &key(3), &[0; 100]);
        let left: Vec<u64> = (0..4).filter(|&n| store.get(&key(n)).is_some()).collect();
        let oldest_are_level = past < SystemTime::UNIX_EPOCH;
        assert!(
            left == [0, 2, 3] || (oldest_are_level && left.len() == 3),
            "{left:?}"
        );
    }
}

#[test]
fn what_other_stores_put_is_noticed() {
    let dir = temp();
    let stores: Vec<Store> = (0..4)
        .map(|_| open_with(dir.path(), limits(16_000)))
        .collect();
    for n in 0..200 {
        put(&stores[n as usize % 4], &key(n), &[0; 400]);
        assert!(held(&stores[0]) <= 16_000 + 4 * 1_000);
    }
}

#[test]
fn strangers_are_left_alone() {
    let dir = temp();
    let store = open(dir.path());
    put(&store, &key(1), b"x");
    let shard = layout::shard(dir.path(), &key(1));
    let stranger = shard.join("holiday.png");
    fs::write(&stranger, "x").expect("written");
    fs::create_dir(shard.join(format!("{}.d", key(1)))).expect("made");
    // As programs name them that keep files under their digests.
    let digest = layout::content(dir.path(), &key(7), "jpg");
    fs::create_dir_all(digest.parent().expect("below")).expect("made");
    fs::write(&digest, "x").expect("written");
    assert_eq!(store.clear().expect("cleared").entries, 1);
    assert_eq!(store.prune(0).expect("pruned").entries, 0);
    assert_eq!(store.verify().expect("verified").checked, 0);
    drop(store);
    open(dir.path());
    assert!(stranger.exists() && digest.exists());
}

#[test]
fn a_lower_limit_holds_from_the_moment_it_is_opened() {
    let dir = temp();
    let store = open_with(dir.path(), limits(10_000));
    for n in 0..8 {
        let put = store.put_bytes(&key(n), &ABOUT, &vec![n as u8; 1_000]);
        assert!(put.expect("put").is_some());
    }
    drop(store);
    let store = open_with(dir.path(), limits(4_000));
    assert!(held(&store) <= 4_000, "{}", held(&store));
    assert!(store.get(&key(7)).is_some(), "the newest stays");
    assert!(store.get(&key(0)).is_none(), "the oldest went");
}
