//! Speeds and delays. Lower bounds are exact; a busy machine may take longer than any upper one.

use std::thread::ScopedJoinHandle;
use std::time::{Duration, Instant};

use testkit::mirror::{MirrorFault, MockMirror};

use super::client::{SIZE, content, mirror, range, until_silent, whole};

fn timed(mirror: &MockMirror) -> Duration {
    let begun = Instant::now();
    assert_eq!(whole(mirror).body, content());
    begun.elapsed()
}

#[test]
fn each_connection_has_the_speed_by_itself() {
    // 100,000 bytes take half a second, alone and beside three others.
    let mirror = mirror().speed(200_000).start_blocking();
    let four = || {
        let begun = Instant::now();
        let taken: Vec<Duration> = std::thread::scope(|scope| {
            let running: Vec<_> = (0..4).map(|_| scope.spawn(|| timed(&mirror))).collect();
            let ended = running.into_iter().map(ScopedJoinHandle::join);
            ended.map(Result::unwrap).collect()
        });
        assert!(
            taken
                .iter()
                .all(|taken| *taken >= Duration::from_millis(490)),
            "{taken:?}"
        );
        begun.elapsed()
    };
    // One after the other they would take two seconds, always; a busy machine does not give five chances in vain.
    assert!((0..5).any(|_| four() < Duration::from_millis(1900)));
    assert_eq!(mirror.peak_connections(), 4);
}

#[test]
fn a_mirror_falls_to_a_crawl() {
    let mirror = mirror()
        .fault(MirrorFault::SlowAfter(0.999, 500))
        .start_blocking();
    // The last hundred bytes take a fifth of a second.
    assert!(timed(&mirror) >= Duration::from_millis(190));
    mirror.set_fault(MirrorFault::SlowAfterTotal(SIZE as u64 + 99_900, 500));
    assert!(timed(&mirror) >= Duration::from_millis(190));
    // It stays so: a whole file would take 200 s, ten bytes take 20 ms.
    let begun = Instant::now();
    assert_eq!(range(&mirror, "0-99").body.len(), 100);
    assert!(begun.elapsed() >= Duration::from_millis(190));
}

#[test]
fn slowloris_sends_a_byte_now_and_then() {
    let mirror = mirror()
        .fault(MirrorFault::Slowloris(1_000))
        .start_blocking();
    let begun = Instant::now();
    let reply = range(&mirror, "0-99");
    let bytes = (reply.head.len() + 4 + 100) as u64;
    assert!(
        begun.elapsed() >= Duration::from_millis(bytes - 10),
        "{:?}",
        begun.elapsed()
    );
}

#[test]
fn answers_are_late() {
    let late = Duration::from_millis(200);
    let mirror = mirror()
        .latency(late / 2)
        .fault(MirrorFault::HeadAfter(late / 2))
        .start_blocking();
    assert!(timed(&mirror) >= late);
    mirror.set_fault(MirrorFault::BodyAfter(Duration::from_mins(10)));
    // The head is there.
    let reply = until_silent(&mirror, "");
    assert_eq!((reply.status, reply.body.len()), (200, 0));
}
