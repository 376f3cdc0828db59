use std::sync::atomic::{AtomicBool, Ordering};

use videogen_durable::{FailingEffects, RealEffects};

use super::*;

fn close(a: f64, b: f64) -> bool {
    (a - b).abs() < 1e-9
}

#[test]
fn counts_add_up() {
    let metrics = Metrics::new();
    metrics.error("timeout");
    metrics.video_failed("timeout");
    metrics.video_failed("disk_full");
    metrics.video_finished();
    for seconds in [1.0, 4.0, 2.0] {
        metrics.stage("render", seconds, 10);
    }
    metrics.peaks(&Peaks {
        rss: Some(7),
        descriptors: Some(30),
        ..Peaks::default()
    });
    metrics.peaks(&Peaks {
        children: Some(5),
        ..Peaks::default()
    });
    let snapshot = metrics.snapshot();
    assert_eq!(
        snapshot.errors,
        BTreeMap::from([("disk_full".into(), 1), ("timeout".into(), 2)])
    );
    assert_eq!((snapshot.videos_finished, snapshot.videos_failed), (1, 2));
    let render = snapshot.stages["render"];
    assert_eq!(render.count, 3);
    assert!(close(render.sum_s, 7.0) && close(render.max_s, 4.0) && close(render.last_s, 2.0));
    assert!(
        (1.4..=2.7).contains(&render.p50_s) && (2.9..=4.0).contains(&render.p95_s),
        "{render:?}"
    );
    assert_eq!(snapshot.bytes_written, 30);
    assert_eq!(
        (
            snapshot.peaks.rss,
            snapshot.peaks.descriptors,
            snapshot.peaks.children
        ),
        (Some(7), Some(30), Some(5))
    );
}

#[test]
fn nonsense_is_no_nonsense_in_the_snapshot() {
    let metrics = Metrics::new();
    for seconds in [f64::NAN, -5.0, f64::NEG_INFINITY, f64::INFINITY] {
        metrics.stage("render", seconds, u64::MAX);
    }
    let snapshot = metrics.snapshot();
    let render = snapshot.stages["render"];
    assert!(close(render.sum_s, MOST_SECONDS) && close(render.max_s, MOST_SECONDS));
    assert!(render.p50_s.is_finite() && render.p95_s.is_finite());
    assert_eq!(snapshot.bytes_written, u64::MAX);
}

#[test]
fn names_are_bounded() {
    let metrics = Metrics::new();
    for i in 0..1000 {
        metrics.error(&i.to_string());
        metrics.stage(&i.to_string(), 1.0, 0);
    }
    metrics.error(&"x".repeat(10_000));
    let snapshot = metrics.snapshot();
    assert_eq!(snapshot.errors.len(), MOST_NAMES + 1);
    assert_eq!(snapshot.errors.values().sum::<u64>(), 1001, "none is lost");
    assert_eq!(snapshot.stages.len(), MOST_NAMES + 1);
    assert_eq!(snapshot.stages[OTHER].count, 1000 - MOST_NAMES as u64);
}

#[test]
fn an_export_is_the_snapshot_and_whole_or_not_there() {
    let dir = camino_tempfile::tempdir().expect("a temporary directory");
    let path = dir.path().join("metrics.json");
    let metrics = Metrics::new();
    metrics.stage("render", 1.5, 3);
    assert!(
        metrics
            .export(
                &FailingEffects::from(2, std::io::ErrorKind::StorageFull),
                &path
            )
            .is_err()
    );
    assert!(!path.exists());
    metrics.export(&RealEffects, &path).expect("written");
    let text = std::fs::read_to_string(&path).expect("there");
    let json: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!(
        json,
        serde_json::to_value(metrics.snapshot()).expect("plain values")
    );
    assert_eq!(json["version"], METRICS_VERSION);
    assert_eq!(json["stages"]["render"]["count"], 1);
}

#[test]
fn snapshots_are_consistent_while_threads_count() {
    const THREADS: u64 = 6;
    const EACH: u64 = 3000;
    let metrics = Metrics::new();
    let done = AtomicBool::new(false);
    // Whole seconds and equal bytes: sums are exact, and every update changes all of them together.
    let check = |snapshot: &Snapshot| {
        let runs: u64 = snapshot.stages.values().map(|stage| stage.count).sum();
        for stage in snapshot.stages.values() {
            assert!(close(stage.sum_s, 2.0 * stage.count as f64), "{stage:?}");
            assert!(close(stage.p50_s, 2.0) && close(stage.max_s, 2.0));
        }
        assert_eq!(snapshot.bytes_written, 5 * runs);
        assert_eq!(
            snapshot.videos_failed,
            snapshot.errors.values().sum::<u64>()
        );
        runs
    };
    std::thread::scope(|scope| {
        let writers: Vec<_> = (0..THREADS)
            .map(|thread| {
                let metrics = &metrics;
                scope.spawn(move || {
                    for i in 0..EACH {
                        metrics.stage(["voice", "render"][(i % 2) as usize], 2.0, 5);
                        metrics.video_failed(["timeout", "io"][(thread % 2) as usize]);
                    }
                })
            })
            .collect();
        let reader = scope.spawn(|| {
            let mut last = 0;
            while !done.load(Ordering::Acquire) {
                let runs = check(&metrics.snapshot());
                assert!(runs >= last, "counts never fall");
                last = runs;
            }
        });
        for writer in writers {
            writer.join().expect("no panic");
        }
        done.store(true, Ordering::Release);
        reader.join().expect("every snapshot was consistent");
    });
    assert_eq!(check(&metrics.snapshot()), THREADS * EACH);
}
