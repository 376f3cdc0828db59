//! Mirrors with a real file, real threads and two memories on one file.

use std::sync::Barrier;
use std::sync::atomic::AtomicUsize;
use std::time::Duration;

use serde_json::{Value, json};
use videogen_net::{Admission, Blame, CircuitState};

use super::*;
use crate::registry::MirrorKind;

fn mirror(url: &str) -> Mirror {
    Mirror {
        url: Url::parse(url).unwrap(),
        kind: MirrorKind::Copy,
        priority: 50,
    }
}

fn fail(health: &MirrorHealth, mirror: &Mirror, times: usize) {
    for _ in 0..times {
        health.lease(mirror).fail(Blame::Fault, None);
    }
}

fn dir() -> (camino_tempfile::Utf8TempDir, Utf8PathBuf) {
    let dir = camino_tempfile::tempdir().unwrap();
    let path = dir.path().join("assets/health.json");
    (dir, path)
}

/// Changes the file as a clock, or somebody, may have done.
fn edit(path: &Utf8Path, change: impl FnOnce(&mut Value)) {
    let mut value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    change(&mut value);
    std::fs::write(path, value.to_string()).unwrap();
}

/// Ends all blocks that are in the file.
fn end_blocks(path: &Utf8Path) {
    edit(path, |file| {
        for host in file["hosts"].as_object_mut().unwrap().values_mut() {
            host["breaker"]["open_until_ms"] = json!(1);
        }
    });
}

#[test]
fn a_second_run_knows_what_the_first_one_saw() {
    let (_dir, path) = dir();
    let (dead, good) = (
        mirror("https://dead.example/x"),
        mirror("https://good.example/x"),
    );
    let gone = mirror("https://good.example/gone?token=abc");
    let health = MirrorHealth::open(&path);
    fail(&health, &dead, 3);
    let mut lease = health.lease(&good);
    lease.first_byte(Duration::from_millis(100));
    lease.received(2_000_000, Duration::from_secs(1));
    lease.succeed();
    health.lease(&gone).gone();
    health.save().unwrap();

    let text = std::fs::read_to_string(&path).unwrap();
    assert!(!text.contains("abc"), "{text}");
    let health = MirrorHealth::open(&path);
    let ranked = health.rank(&[gone.clone(), dead.clone(), good.clone()]);
    let order: Vec<usize> = ranked.iter().map(|mirror| mirror.index).collect();
    assert_eq!(order, [2, 1, 0]);
    assert!(
        matches!(ranked[1].admission, Admission::Blocked(left) if left <= Duration::from_secs(72))
    );
    let speed = ranked[0].bytes_per_second.unwrap();
    assert!((speed / 2e6 - 1.0).abs() < 0.01, "{speed}");
    assert!(ranked[2].is_dead_url);
    let snapshot = health.snapshot();
    assert_eq!(snapshot.totals.successes, 1);
    assert_eq!(snapshot.totals.failures, 3);
    assert_eq!(snapshot.totals.bytes, 2_000_000);
    // A failure more, in this run: it does not begin to count from nothing.
    end_blocks(&path);
    let health = MirrorHealth::open(&path);
    fail(&health, &dead, 1);
    let lease = health.lease(&dead);
    assert!(
        matches!(lease.admission(), Admission::Blocked(left) if left > Duration::from_secs(90))
    );
}

#[test]
fn two_memories_on_one_file_that_save_in_turns_lose_nothing() {
    let (_dir, path) = dir();
    let (one, two) = (MirrorHealth::open(&path), MirrorHealth::open(&path));
    let at = |n: usize| mirror(&format!("https://h{n}.example/x"));
    let both = mirror("https://both.example/x");
    for turn in 0..6 {
        let health = if turn % 2 == 0 { &one } else { &two };
        health.lease(&at(turn)).succeed();
        health.lease(&both).succeed();
        fail(health, &both, 1);
        health
            .lease(&mirror(&format!("https://both.example/{turn}")))
            .gone();
        health.save().unwrap();
    }
    one.save().unwrap();
    two.save().unwrap();
    for health in [&one, &two, &MirrorHealth::open(&path)] {
        let snapshot = health.snapshot();
        assert_eq!(snapshot.totals.hosts, 7);
        assert_eq!(
            snapshot.totals.successes, 12,
            "each once, whoever counted it"
        );
        assert_eq!(snapshot.totals.failures, 6);
        assert_eq!(snapshot.totals.dead_urls, 6);
    }
    // What the one finds out, the other one knows after its next save.
    one.lease(&both).wrong_bytes();
    one.save().unwrap();
    assert_eq!(two.lease(&both).admission(), Admission::Free);
    two.save().unwrap();
    assert!(matches!(
        two.lease(&both).admission(),
        Admission::Blocked(_)
    ));
}

#[test]
fn many_threads_save_at_once_and_everything_is_counted_once() {
    let (_dir, path) = dir();
    let (one, two) = (MirrorHealth::open(&path), MirrorHealth::open(&path));
    let here = mirror("https://here.example/x");
    std::thread::scope(|scope| {
        for n in 0..8 {
            let health = if n % 2 == 0 { one.clone() } else { two.clone() };
            let (here, own) = (&here, mirror(&format!("https://h{n}.example/")));
            scope.spawn(move || {
                for _ in 0..5 {
                    health.lease(here).succeed();
                    health.lease(&own).succeed();
                    health.save().unwrap();
                }
            });
        }
    });
    let totals = MirrorHealth::open(&path).snapshot().totals;
    assert_eq!((totals.hosts, totals.successes), (9, 80));
}

#[test]
fn one_thread_of_many_is_the_probe_and_the_next_one_follows_its_end() {
    let (_dir, path) = dir();
    let here = mirror("https://here.example/x");
    let health = MirrorHealth::open(&path);
    fail(&health, &here, 3);
    health.save().unwrap();
    end_blocks(&path);
    let health = MirrorHealth::open(&path);
    assert_eq!(
        health.rank(std::slice::from_ref(&here))[0].admission,
        Admission::Probe
    );
    for round in 0..20 {
        let (probes, barrier) = (AtomicUsize::new(0), Barrier::new(8));
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    let lease = health.lease(&here);
                    probes.fetch_add(usize::from(lease.is_probe()), Ordering::Relaxed);
                    barrier.wait();
                    // Nobody ends before all have begun; then all give up.
                    drop(lease);
                });
            }
        });
        assert_eq!(probes.into_inner(), 1, "round {round}");
    }
    let probe = health.lease(&here);
    let other = health.lease(&here);
    assert_eq!(
        (probe.admission(), probe.is_probe()),
        (Admission::Probe, true)
    );
    assert_eq!(
        (other.admission(), other.is_probe()),
        (Admission::Probing, false)
    );
    assert_eq!(health.snapshot().totals.half_open, 1);
    probe.succeed();
    assert_eq!(health.lease(&here).admission(), Admission::Free);
    assert_eq!(health.snapshot().hosts[0].state, CircuitState::Closed);
}

#[test]
fn what_is_no_memory_counts_as_empty_and_is_replaced() {
    for content in [
        &b"\xff\xfe\0garbage"[..],
        br#"{"format":"videogen-cdn-health","version":99,"hosts":{"https://a.example":{}}}"#,
        b"",
    ] {
        let (_dir, path) = dir();
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, content).unwrap();
        let health = MirrorHealth::open(&path);
        assert_eq!(health.snapshot().totals.hosts, 0);
        assert!(health.shared.has_warned.load(Ordering::Relaxed));
        health.lease(&mirror("https://here.example/")).succeed();
        health.save().unwrap();
        let health = MirrorHealth::open(&path);
        assert_eq!(health.snapshot().totals.hosts, 1);
        assert!(!health.shared.has_warned.load(Ordering::Relaxed));
    }
    let (_dir, path) = dir();
    assert!(
        !MirrorHealth::open(&path)
            .shared
            .has_warned
            .load(Ordering::Relaxed)
    );
}

#[test]
fn a_save_that_fails_loses_nothing() {
    let (_dir, path) = dir();
    let health = MirrorHealth::open(&path);
    let here = mirror("https://here.example/");
    health.lease(&here).succeed();
    // A directory has the name of the file.
    std::fs::create_dir_all(&path).unwrap();
    let error = health.save().unwrap_err();
    assert!(matches!(error, HealthFileError::Write(_)), "{error}");
    std::fs::remove_dir(&path).unwrap();
    health.save().unwrap();
    health.save().unwrap();
    let totals = MirrorHealth::open(&path).snapshot().totals;
    assert_eq!((totals.hosts, totals.successes), (1, 1));
}

#[test]
fn a_clock_that_was_years_ahead_blocks_for_half_an_hour_at_most() {
    let (_dir, path) = dir();
    let here = mirror("https://here.example/");
    let health = MirrorHealth::open(&path);
    fail(&health, &here, 3);
    health.lease(&here).gone();
    health.save().unwrap();
    edit(&path, |file| {
        let host = &mut file["hosts"]["https://here.example"];
        host["breaker"]["open_until_ms"] = json!(u64::MAX);
        host["breaker_at"] = json!(u64::MAX);
        host["seen"]["success"]["at"] = json!(u64::MAX);
        for address in file["addresses"].as_object_mut().unwrap().values_mut() {
            address["at"] = json!(u64::MAX);
        }
    });
    let health = MirrorHealth::open(&path);
    let ranked = health.rank(std::slice::from_ref(&here));
    assert!(
        matches!(ranked[0].admission, Admission::Blocked(left) if left <= Duration::from_mins(32))
    );
    let snapshot = health.snapshot();
    assert!(snapshot.dead_urls[0].dead_s <= 24.0 * 3600.0);
    assert!(snapshot.hosts[0].success < 0.1);
    health.save().unwrap();
    let text = std::fs::read_to_string(&path).unwrap();
    assert!(!text.contains("18446744073709551615"), "{text}");
}

#[tokio::test(start_paused = true)]
async fn blocks_end_with_the_time_of_the_run() {
    let health = MirrorHealth::in_memory();
    let here = mirror("https://here.example/");
    health.lease(&here).wrong_bytes();
    let snapshot = health.snapshot();
    assert_eq!(snapshot.totals.blocked, 1);
    let host = &snapshot.hosts[0];
    assert_eq!(host.last_failure.as_deref(), Some("it gave wrong bytes"));
    let left = host.blocked_s.unwrap();
    assert!((0.8..=1.2).contains(&(left / 1920.0)), "{left}");
    tokio::time::advance(Duration::from_secs_f64(left - 1.0)).await;
    assert!(matches!(
        health.lease(&here).admission(),
        Admission::Blocked(_)
    ));
    tokio::time::advance(Duration::from_secs(2)).await;
    assert!(health.lease(&here).is_probe());
}

#[test]
fn samples_of_the_speed_do_not_depend_on_how_they_are_told() {
    let here = mirror("https://here.example/");
    let health = MirrorHealth::in_memory();
    let mut lease = health.lease(&here);
    assert_eq!(lease.expected_speed(), None);
    for _ in 0..1000 {
        lease.received(1000, Duration::from_millis(1));
    }
    let speed = lease.expected_speed().unwrap();
    assert!((speed / 1e6 - 1.0).abs() < 1e-6, "{speed}");
    lease.succeed();
    // A whole small file is a sample, a few bytes are none.
    let small = mirror("https://small.example/");
    let mut lease = health.lease(&small);
    lease.received(100_000, Duration::from_millis(50));
    lease.succeed();
    assert!((health.speed("https://small.example").unwrap() / 2e6 - 1.0).abs() < 1e-6);
    let tiny = mirror("https://tiny.example/");
    let mut lease = health.lease(&tiny);
    lease.received(100, Duration::from_millis(50));
    lease.succeed();
    assert_eq!(health.speed("https://tiny.example"), None);
    // Silence is a sample.
    let silent = mirror("https://silent.example/");
    let mut lease = health.lease(&silent);
    lease.received(0, Duration::from_secs(5));
    assert!(lease.expected_speed().unwrap() < 2.0);
    drop(lease);
    let all = health.snapshot();
    assert_eq!(all.totals.bytes, 1_100_100);
    serde_json::to_string(&all).unwrap();
}

#[tokio::test(start_paused = true)]
async fn each_host_gets_so_many_requests_a_minute() {
    let health = MirrorHealth::in_memory().limited_per_minute(NonZeroU32::new(6).unwrap());
    let (a, b) = (mirror("https://a.example/1"), mirror("https://b.example/1"));
    let began = tokio::time::Instant::now();
    for _ in 0..3 {
        health.lease(&a).turn(|| ()).await;
        health.clone().lease(&b).turn(|| ()).await;
    }
    let took = began.elapsed();
    assert!(
        (Duration::from_secs(20)..Duration::from_secs(21)).contains(&took),
        "{took:?}"
    );
    let unlimited = MirrorHealth::in_memory();
    unlimited.lease(&a).turn(|| panic!("no limit")).await;
}
