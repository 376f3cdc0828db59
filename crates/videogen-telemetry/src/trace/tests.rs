use proptest::prelude::*;
use serde_json::Value;
use videogen_durable::RealEffects;

use super::*;

fn at(trace: &Trace, ms: u64) -> Instant {
    trace.started + Duration::from_millis(ms)
}

/// A complete event: thread, name, ts, dur, video.
type Written = (u64, String, u64, u64, u64);

/// The file as JSON, the names of its threads, and its complete events.
fn written(trace: &Trace) -> (Value, Vec<String>, Vec<Written>) {
    let dir = camino_tempfile::tempdir().expect("a temporary directory");
    let path = dir.path().join("trace.json");
    trace.write(&RealEffects, &path).expect("written");
    let text = std::fs::read_to_string(&path).expect("there");
    let json: Value = serde_json::from_str(&text).expect("JSON");
    let events = json["traceEvents"].as_array().expect("a list").clone();
    let number = |event: &Value, key: &str| event[key].as_u64().expect("a number");
    let threads = events
        .iter()
        .filter(|e| e["ph"] == "M" && e["name"] == "thread_name")
        .enumerate()
        .map(|(i, e)| {
            assert_eq!(number(e, "tid"), i as u64 + 1);
            e["args"]["name"].as_str().expect("text").to_owned()
        })
        .collect();
    let complete = events
        .iter()
        .filter(|e| e["ph"] == "X")
        .map(|e| {
            assert_eq!(number(e, "pid"), u64::from(PID));
            (
                number(e, "tid"),
                e["name"].as_str().expect("text").to_owned(),
                number(e, "ts"),
                number(e, "dur"),
                number(&e["args"], "video"),
            )
        })
        .collect();
    (json, threads, complete)
}

#[test]
fn spans_become_complete_events_in_named_lanes() {
    let trace = Trace::new();
    let (gpu, cpu) = (trace.lane("gpu"), trace.lane("cpu \"4\""));
    assert_eq!(trace.lane("gpu"), gpu);
    trace.record(cpu, "render", 7, at(&trace, 5), at(&trace, 9));
    trace.record(gpu, "picture", 8, at(&trace, 1), at(&trace, 4));
    let (json, threads, events) = written(&trace);
    assert_eq!(threads, ["gpu", "cpu \"4\""]);
    assert_eq!(
        events,
        [
            (1, "picture".into(), 1000, 3000, 8),
            (2, "render".into(), 5000, 4000, 7)
        ]
    );
    assert_eq!(json["otherData"]["dropped_spans"], 0);
    assert_eq!(json["displayTimeUnit"], "ms");
    assert_eq!(json["traceEvents"][0]["args"]["name"], "videogen");
}

#[test]
fn an_empty_trace_is_a_file_too() {
    let (_, threads, events) = written(&Trace::default());
    assert!(threads.is_empty() && events.is_empty());
}

#[test]
fn the_oldest_go_first_and_are_counted() {
    let trace = Trace::keeping(3);
    let lane = trace.lane("gpu");
    for video in 0..10 {
        let time = at(&trace, u64::from(video));
        trace.record(lane, "picture", video, time, time);
    }
    assert_eq!((trace.len(), trace.dropped()), (3, 7));
    let (json, _, events) = written(&trace);
    let videos: Vec<u64> = events.iter().map(|e| e.4).collect();
    assert_eq!(videos, [7, 8, 9]);
    assert_eq!(json["otherData"]["dropped_spans"], 7);
    let none = Trace::keeping(0);
    none.record(lane, "picture", 1, none.started, none.started);
    assert!(none.is_empty() && none.dropped() == 1);
}

#[test]
fn names_and_lanes_are_bounded() {
    let trace = Trace::new();
    let lanes: Vec<Lane> = (0..1000).map(|i| trace.lane(&i.to_string())).collect();
    assert_eq!(lanes[999], Lane(MOST_LANES - 1));
    let long = "é".repeat(1000);
    assert_eq!(trace.lane(&long), lanes[999]);
    trace.record(lanes[0], long, 1, trace.started, trace.started);
    let (_, _, events) = written(&trace);
    assert_eq!(events[0].1, "é".repeat(64));
}

#[test]
fn times_that_run_backwards_are_no_panic() {
    let trace = Trace::new();
    let lane = trace.lane("gpu");
    let before = trace.started.checked_sub(Duration::from_millis(1));
    trace.record(lane, "a", 1, at(&trace, 9), at(&trace, 3));
    trace.record(lane, "b", 1, before.unwrap_or(trace.started), at(&trace, 2));
    let (_, _, events) = written(&trace);
    assert_eq!(events[0].2, 0);
    assert_eq!((events[1].2, events[1].3), (9000, 0));
}

#[test]
fn a_span_ends_with_its_scope_even_in_a_panic() {
    let trace = Trace::new();
    let lane = trace.lane("gpu");
    let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        let _span = trace.begin(lane, "picture", 2);
        panic!("on purpose");
    }));
    assert!(panicked.is_err());
    let (_, _, events) = written(&trace);
    assert_eq!((events[0].1.as_str(), events[0].4), ("picture", 2));
}

#[test]
fn what_overlaps_gets_rows_and_what_is_inside_stays() {
    let trace = Trace::new();
    let lane = trace.lane("voice");
    let add = |name: &'static str, start, end| {
        trace.record(lane, name, 1, at(&trace, start), at(&trace, end));
    };
    add("inner", 2, 4);
    add("outer", 0, 10);
    add("crossing", 5, 15);
    add("after", 10, 12);
    let (_, threads, events) = written(&trace);
    assert_eq!(threads, ["voice", "voice 2"]);
    let tids: Vec<(&str, u64)> = events.iter().map(|e| (e.1.as_str(), e.0)).collect();
    assert_eq!(
        tids,
        [("outer", 1), ("inner", 1), ("crossing", 2), ("after", 1)]
    );
}

#[test]
fn threads_record_at_the_same_time() {
    let trace = Trace::keeping(500);
    let lane = trace.lane("gpu");
    std::thread::scope(|scope| {
        for video in 0..8 {
            let trace = &trace;
            scope.spawn(move || {
                for _ in 0..100 {
                    drop(trace.begin(lane, "picture", video));
                }
            });
        }
    });
    assert_eq!(trace.len() as u64 + trace.dropped(), 800);
    assert_eq!(trace.len(), 500);
}

#[test]
fn a_full_trace_is_written() {
    let trace = Trace::new();
    let lane = trace.lane("gpu");
    for i in 0..MOST_SPANS as u64 {
        // All of them overlap, the worst case for the rows.
        trace.record(lane, "picture", 1, at(&trace, i), at(&trace, i + 1_000_000));
    }
    let (_, threads, events) = written(&trace);
    assert_eq!((threads.len(), events.len()), (MOST_ROWS, MOST_SPANS));
}

proptest! {
    #[test]
    fn every_row_is_a_stack_of_calls(spans in prop::collection::vec((0usize..3, 0u64..50, 0u64..20), 0..40)) {
        let trace = Trace::new();
        for (lane, start, length) in &spans {
            let lane = trace.lane(&format!("lane {lane}"));
            trace.record(lane, "x", 1, at(&trace, *start), at(&trace, start + length));
        }
        let (_, threads, events) = written(&trace);
        prop_assert_eq!(events.len(), spans.len());
        for (i, a) in events.iter().enumerate() {
            prop_assert!(a.0 >= 1 && a.0 <= threads.len() as u64);
            for b in &events[i + 1..] {
                if a.0 == b.0 {
                    let (a, b) = ((a.2, a.2 + a.3), (b.2, b.2 + b.3));
                    let apart = a.1 <= b.0 || b.1 <= a.0;
                    let inside = (a.0 <= b.0 && b.1 <= a.1) || (b.0 <= a.0 && a.1 <= b.1);
                    prop_assert!(apart || inside, "{a:?} and {b:?}");
                }
            }
        }
    }
}
