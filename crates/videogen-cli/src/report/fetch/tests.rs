use std::sync::{Arc, Mutex};
use std::time::Instant;

use videogen_cdn::FetchObserver as _;

use super::*;

/// A report that keeps what it is told.
#[derive(Default)]
struct Kept(Mutex<Vec<FetchEvent>>);

impl FetchReport for Kept {
    fn event(&self, event: &FetchEvent) {
        self.0.lock().expect("not poisoned").push(event.clone());
    }
}

fn received(kept: &Kept) -> Vec<u64> {
    let events = kept.0.lock().expect("not poisoned");
    let received = events.iter().filter_map(|event| match event {
        FetchEvent::AssetProgress { received, .. } => Some(*received),
        _ => None,
    });
    received.collect()
}

#[test]
fn progress_never_falls_and_comes_ten_times_a_second_at_most() {
    let kept = Arc::new(Kept::default());
    let watch = Watch::new("a", Arc::clone(&kept) as _);
    let since = Instant::now();
    // Some of what came was wrong.
    for here in (50..600).chain([300, 610]) {
        watch.bytes(here, Some(1000), 100.0);
    }
    let told = received(&kept);
    let most = since.elapsed().as_millis() / 100 + 1;
    assert!(
        told.len() as u128 <= most,
        "{told:?} in {most} tenths of a second"
    );
    assert!(told.is_sorted(), "{told:?}");
    // The end is always told.
    watch.bytes(1000, Some(1000), 100.0);
    assert_eq!(received(&kept).last(), Some(&1000));
}

fn progressed(received: u64) -> FetchEvent {
    FetchEvent::AssetProgress {
        asset: "en_US-bryce-medium".into(),
        received,
        size: Some(63_206_182),
        bytes_per_second: 5_140_000.0,
        eta_s: Some(6.4),
    }
}

fn finished(installed: u32, reused: u32, failed: u32, not_done: u32) -> FetchEvent {
    FetchEvent::FetchFinished {
        installed,
        reused,
        failed,
        not_done,
        bytes: u64::from(installed) * 63_206_182,
        seconds: 12.4,
    }
}

#[test]
fn plain_lines_are_few() {
    let lines = Arc::new(Mutex::new(Vec::new()));
    let keep = Arc::clone(&lines);
    let plain = PlainFetch::new(move |line: &str| {
        keep.lock().expect("not poisoned").push(line.to_owned());
    });
    for percent in 0..=100 {
        plain.event(&progressed((63_206_182_u64 * percent).div_ceil(100)));
    }
    plain.event(&FetchEvent::AssetInstalled {
        asset: "en_US-bryce-medium".into(),
        files: Vec::new(),
        reused: false,
        credit: None,
        seconds: 12.4,
    });
    plain.event(&FetchEvent::AssetFailed {
        asset: "b".into(),
        message: "no\nmirror".into(),
        hint: Some("try again".into()),
    });
    plain.event(&finished(1, 1, 1, 0));
    let lines = lines.lock().expect("not poisoned");
    assert_eq!(
        *lines,
        [
            "en_US-bryce-medium: 25 %, 15.8 of 63.2 MB, 5.1 MB/s, 6.4 s left",
            "en_US-bryce-medium: 50 %, 31.6 of 63.2 MB, 5.1 MB/s, 6.4 s left",
            "en_US-bryce-medium: 75 %, 47.4 of 63.2 MB, 5.1 MB/s, 6.4 s left",
            "en_US-bryce-medium: here (12 s)",
            "error: b: no mirror",
            "hint: try again",
            "1 fetched, 1 here already, 1 failed; 63.2 MB in 12 s",
        ]
    );
}

#[test]
fn the_outcome_says_what_there_is_to_say() {
    let line = |event| outcome(&event).expect("it is the end");
    assert_eq!(line(finished(0, 2, 0, 0)), "2 here already");
    assert_eq!(line(finished(0, 0, 0, 1)), "1 not done");
    assert_eq!(line(finished(0, 0, 0, 0)), "0 assets");
    assert_eq!(outcome(&progressed(1)), None);
}

#[test]
fn a_size_is_told_with_its_unit_once() {
    let of = |received, size, speed, eta| progress(received, size, speed, eta).join(", ");
    assert_eq!(of(500, Some(6_938_078_334), 0.0, None), "500 B of 6.94 GB");
    assert_eq!(of(4_500_000, None, 2e6, None), "4.5 MB, 2.0 MB/s");
    // A mirror that sends more than it may is not believed.
    assert_eq!(of(2000, Some(1000), 0.0, None), "1.0 of 1.0 kB");
}
