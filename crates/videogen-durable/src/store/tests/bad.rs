//! Entries that must not be trusted: each is a miss, is removed, and can be put again.

use std::time::{Duration, SystemTime};

use super::*;

fn sidecar(store: &Store, n: u64) -> Utf8PathBuf {
    layout::sidecar(store.dir(), &key(n))
}

fn content(store: &Store, n: u64) -> Utf8PathBuf {
    layout::content(store.dir(), &key(n), ABOUT.extension)
}

/// Replaces part of a file.
fn swap(path: &Utf8Path, from: &str, to: &str) {
    let text = fs::read_to_string(path).expect("read");
    assert!(text.contains(from), "{text}");
    fs::write(path, text.replace(from, to)).expect("written");
}

#[test]
fn every_kind_of_damage_is_a_miss_that_heals() {
    type Damage = (&'static str, fn(&Store));
    let damages: [Damage; 12] = [
        ("size changed in the sidecar", |s| {
            swap(&sidecar(s, 1), "\"size\": 7", "\"size\": 8");
        }),
        ("stage changed in the sidecar", |s| {
            swap(&sidecar(s, 1), "\"test\"", "\"tost\"");
        }),
        ("empty sidecar", |s| {
            fs::write(sidecar(s, 1), "").expect("written");
        }),
        ("no signature", |s| {
            swap(&sidecar(s, 1), "\"hmac\"", "\"hmic\"");
        }),
        ("an unsigned field", |s| {
            swap(&sidecar(s, 1), "{\n  \"entry\"", "{\"x\":0,\"entry\"");
        }),
        ("long sidecar", |s| {
            fs::write(sidecar(s, 1), vec![b' '; 1 << 20]).expect("written");
        }),
        ("another's sidecar", |s| {
            put(s, &key(2), b"content");
            fs::copy(sidecar(s, 2), sidecar(s, 1)).expect("copied");
        }),
        ("content gone", |s| {
            fs::remove_file(content(s, 1)).expect("removed");
        }),
        ("content cut", |s| {
            fs::write(content(s, 1), "conten").expect("written");
        }),
        ("content replaced by one of its size", |s| {
            // A coarse clock may give both writes one time; a real change comes later than its tick.
            fs::write(content(s, 1), "CONTENT").expect("written");
            let file = fs::File::options()
                .write(true)
                .open(content(s, 1))
                .expect("opened");
            file.set_modified(SystemTime::now() + Duration::from_secs(1))
                .expect("set");
        }),
        ("sidecar is a link", |s| {
            let elsewhere = s.dir().join("elsewhere");
            fs::rename(sidecar(s, 1), &elsewhere).expect("renamed");
            #[cfg(unix)]
            std::os::unix::fs::symlink(&elsewhere, sidecar(s, 1)).expect("linked");
        }),
        ("content is a link", |s| {
            let elsewhere = s.dir().join("elsewhere");
            fs::rename(content(s, 1), &elsewhere).expect("renamed");
            #[cfg(unix)]
            std::os::unix::fs::symlink(&elsewhere, content(s, 1)).expect("linked");
        }),
    ];
    for (what, damage) in damages {
        for reopen in [false, true] {
            let dir = temp();
            let mut store = open(dir.path());
            put(&store, &key(1), b"content");
            damage(&store);
            if reopen {
                drop(store);
                store = open(dir.path());
            }
            assert_eq!(store.get(&key(1)), None, "{what}");
            assert!(
                !sidecar(&store, 1).exists() && !content(&store, 1).exists(),
                "{what}"
            );
            assert_eq!(
                read(&put(&store, &key(1), b"content")),
                b"content",
                "{what}"
            );
            assert!(store.get_verified(&key(1)).is_some(), "{what}");
        }
    }
}

#[test]
fn a_change_that_sets_the_time_back_is_found_by_reading() {
    let dir = temp();
    let store = open(dir.path());
    put(&store, &key(1), b"content");
    put(&store, &key(2), b"content");
    put(&store, &key(3), b"right");
    for n in [1, 2] {
        let time = content(&store, n)
            .metadata()
            .and_then(|m| m.modified())
            .expect("read");
        fs::write(content(&store, n), "CONTENT").expect("written");
        let file = fs::File::options()
            .write(true)
            .open(content(&store, n))
            .expect("opened");
        file.set_modified(time).expect("set");
        assert!(
            store.get(&key(n)).is_some(),
            "documented: only size and time are looked at"
        );
    }
    assert_eq!(store.get_verified(&key(1)), None);
    let report = store.verify().expect("verified");
    assert_eq!((report.checked, report.bad, report.bytes), (2, 1, 5));
    assert_eq!(store.verify().expect("verified").bad, 0);
    assert_eq!(files(dir.path()).len(), 2);
}

#[test]
fn a_time_that_changed_alone_costs_a_read_only() {
    let dir = temp();
    let store = open(dir.path());
    put(&store, &key(1), b"content");
    let file = fs::File::options()
        .write(true)
        .open(content(&store, 1))
        .expect("opened");
    file.set_modified(SystemTime::UNIX_EPOCH).expect("set");
    assert!(store.get(&key(1)).is_some());
}

#[test]
fn another_key_of_the_store_makes_every_entry_a_miss() {
    let dir = temp();
    put(&open(dir.path()), &key(1), b"x");
    let secret = dir.path().join("hmac.key");
    assert_eq!(fs::metadata(&secret).expect("there").len(), 32);
    fs::write(&secret, [1; 32]).expect("written");
    assert_eq!(open(dir.path()).get(&key(1)), None);
    fs::write(&secret, "short").expect("written");
    let store = open(dir.path());
    assert_eq!(fs::metadata(&secret).expect("there").len(), 32);
    put(&store, &key(1), b"x");
}

#[test]
#[cfg(unix)]
fn the_secret_is_its_owners_alone() {
    use std::fs::Permissions;
    use std::os::unix::fs::PermissionsExt;
    let dir = temp();
    put(&open(dir.path()), &key(1), b"x");
    let secret = dir.path().join("hmac.key");
    let mode = || fs::metadata(&secret).expect("there").permissions().mode() & 0o777;
    let before = fs::read(&secret).expect("read");
    assert_eq!(mode(), 0o600);
    assert!(open(dir.path()).get(&key(1)).is_some());
    // Once others could read it they could have signed anything.
    fs::set_permissions(&secret, Permissions::from_mode(0o644)).expect("set");
    assert_eq!(open(dir.path()).get(&key(1)), None);
    assert_eq!(mode(), 0o600);
    assert_ne!(fs::read(&secret).expect("read"), before);
}

#[test]
fn hmac_is_that_of_rfc_4231() {
    use hmac::{Hmac, KeyInit, Mac};
    let mut mac = Hmac::<sha2::Sha256>::new_from_slice(b"Jefe").expect("any length");
    mac.update(b"what do ya want for nothing?");
    let tag: [u8; 32] = mac.finalize().into_bytes().into();
    // Test case 2.
    assert_eq!(
        hex::Hex(tag).to_string(),
        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
    );
}

/// E1: descriptors of the store, however many tests run beside this one.
#[test]
#[cfg(target_os = "linux")]
fn descriptors_stay_as_they_are_over_ten_thousand_validations() {
    let dir = temp();
    let store = open(dir.path());
    let descriptors = || {
        let all = fs::read_dir("/proc/self/fd").expect("listed").flatten();
        all.filter_map(|e| fs::read_link(e.path()).ok())
            .filter(|path| path.starts_with(dir.path()))
            .count()
    };
    put(&store, &key(0), b"content");
    put(&store, &key(1), b"content");
    let good = fs::read(sidecar(&store, 1)).expect("read");
    let before = descriptors();
    for round in 0..2_500 {
        assert!(store.get(&key(0)).is_some() && store.get_verified(&key(0)).is_some());
        assert_eq!(store.get(&key(9)), None);
        // A wrong size and a wrong signature in turn.
        fs::write(sidecar(&store, 1), &good[round % 2..]).expect("written");
        fs::write(content(&store, 1), "conten").expect("written");
        assert_eq!(store.get(&key(1)), None);
    }
    assert_eq!(descriptors(), before);
    let stats = store.stats().expect("counted");
    assert_eq!((stats.hits, stats.misses), (5_000, 5_000));
}

#[test]
#[cfg(target_os = "linux")]
fn a_pipe_in_the_store_does_not_hang() {
    let dir = temp();
    let store = open(dir.path());
    put(&store, &key(1), b"content");
    fs::remove_file(sidecar(&store, 1)).expect("removed");
    let path = sidecar(&store, 1);
    rustix::fs::mknodat(
        rustix::fs::CWD,
        path.as_std_path(),
        rustix::fs::FileType::Fifo,
        0o600.into(),
        0,
    )
    .expect("made");
    assert_eq!(store.get(&key(1)), None);
    put(&store, &key(1), b"content");
}

#[test]
fn a_place_that_cannot_be_a_store_is_a_typed_error() {
    let dir = temp();
    let file = dir.path().join("file");
    fs::write(&file, "x").expect("written");
    for path in [file.clone(), file.join("below")] {
        let error =
            Store::open(&path, StoreLimits::default(), Arc::new(RealEffects)).expect_err("a file");
        assert!(
            matches!(error, StoreError::Io { .. } | StoreError::Denied { .. }),
            "{error:?}"
        );
        assert!(std::error::Error::source(&error).is_some());
    }
}
