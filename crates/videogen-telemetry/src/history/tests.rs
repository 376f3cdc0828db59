use std::fs;

use proptest::prelude::*;
use videogen_durable::{FailingEffects, RealEffects};

use super::*;

fn close(a: f64, b: f64) -> bool {
    (a - b).abs() <= 1e-9 * (1.0 + a.abs().max(b.abs()))
}

#[test]
fn two_durations_are_enough_and_one_is_not() {
    let mut history = History::new();
    assert_eq!(history.predict("render", "high", 1.0), None);
    history.record("render", "high", 10.0, 20.0);
    assert_eq!(history.predict("render", "high", 1.0), None);
    history.record("render", "high", 5.0, 20.0);
    let range = history
        .predict("render", "high", 100.0)
        .expect("two are enough");
    assert!(
        close(range.low, 220.0) && close(range.mid, 300.0) && close(range.high, 380.0),
        "{range:?}"
    );
    assert_eq!(
        history.predict("render", "ultra", 1.0),
        None,
        "another class"
    );
    assert_eq!(history.predict("voice", "high", 1.0), None, "another stage");
    let nothing = history
        .predict("render", "high", 0.0)
        .expect("no work takes no time");
    assert!(close(nothing.high, 0.0));
}

#[test]
fn only_the_last_durations_count() {
    let mut history = History::new();
    for _ in 0..100 {
        history.record("render", "high", 1.0, 9.0);
    }
    for _ in 0..KEPT {
        history.record("render", "high", 1.0, 1.0);
    }
    let range = history.predict("render", "high", 1.0).expect("known");
    assert!(close(range.high, 1.0), "{range:?}");
}

#[test]
fn nonsense_is_not_recorded_and_not_predicted() {
    let mut history = History::new();
    for (units, seconds) in [
        (0.0, 1.0),
        (-1.0, -1.0),
        (f64::NAN, 1.0),
        (1.0, f64::NAN),
        (1.0, -1.0),
        (1.0, f64::INFINITY),
        (f64::INFINITY, 1.0),
        (f64::MIN_POSITIVE, f64::MAX),
    ] {
        history.record("a", "b", units, seconds);
    }
    assert_eq!(history, History::new());
    history.record("a", "b", 1.0, 1.0);
    history.record("a", "b", 1.0, 1.0);
    for units in [f64::NAN, -1.0, f64::INFINITY] {
        assert_eq!(history.predict("a", "b", units), None);
    }
}

#[test]
fn the_pair_that_was_longest_unused_goes_first() {
    let mut history = History::new();
    for i in 0..MOST_ENTRIES {
        history.record("render", &i.to_string(), 1.0, 1.0);
        history.record("render", &i.to_string(), 1.0, 1.0);
    }
    history.record("render", "0", 1.0, 1.0);
    history.record("render", "new", 1.0, 1.0);
    assert_eq!(history.entries.len(), MOST_ENTRIES);
    assert!(history.predict("render", "0", 1.0).is_some());
    assert!(history.predict("render", "1", 1.0).is_none());
}

#[test]
fn a_full_history_survives_the_file_and_stays_small() {
    let dir = camino_tempfile::tempdir().expect("a temporary directory");
    let path = dir.path().join("durations.json");
    let mut history = History::new();
    for i in 0..MOST_ENTRIES {
        let class = format!("{i:x>200}\u{1}");
        for j in 0..KEPT {
            history.record(
                &"\u{1}".repeat(200),
                &class[150..],
                3.0,
                0.1 + 1e-15 * j as f64,
            );
        }
    }
    history.save(&RealEffects, &path).expect("written");
    assert!(fs::metadata(&path).expect("there").len() < MOST_BYTES);
    let loaded = History::load(&path);
    assert_eq!(loaded.warning, None);
    assert_eq!(loaded.history, history, "to the last bit");
}

#[test]
fn a_damaged_file_starts_anew_with_a_warning() {
    let dir = camino_tempfile::tempdir().expect("a temporary directory");
    let path = dir.path().join("durations.json");
    assert_eq!(
        History::load(&path).warning,
        None,
        "a missing file is usual"
    );
    let huge = "x".repeat(MOST_BYTES as usize + 1);
    for text in [
        "",
        "{",
        "\0\0\0\0",
        "[]",
        r#"{"version":2,"entries":{"new":"form"}}"#,
        r#"{"version":1,"entries":[{"stage":1}]}"#,
        r#"{"version":1,"entries":[{"stage":"a","class":"b","seconds_per_unit":[1e999]}]}"#,
        &huge,
    ] {
        fs::write(&path, text).expect("written");
        let loaded = History::load(&path);
        assert_eq!(loaded.history, History::new());
        let warning = loaded.warning.expect("a warning");
        assert!(
            warning.contains("durations.json") && warning.contains("starts anew"),
            "{warning}"
        );
    }
    fs::write(&path, b"\xff\xfe").expect("written");
    assert!(History::load(&path).warning.is_some());
    assert!(History::load(dir.path()).warning.is_some(), "a directory");

    let mut history = History::new();
    history.record("a", "b", 1.0, 2.0);
    history
        .save(&RealEffects, &path)
        .expect("written over the damaged one");
    assert_eq!(History::load(&path).history, history);
}

#[test]
fn foreign_values_in_a_sound_file_are_left_out() {
    let dir = camino_tempfile::tempdir().expect("a temporary directory");
    let path = dir.path().join("durations.json");
    let many: Vec<String> = (0..100).map(|i| format!("{i}")).collect();
    let text = format!(
        r#"{{"version":1,"entries":[
            {{"stage":"a","class":"b","seconds_per_unit":[-1,2.5,{}]}},
            {{"stage":"a","class":"b","seconds_per_unit":[7]}},
            {{"stage":"{}","class":"b","seconds_per_unit":[7]}}
        ]}}"#,
        many.join(","),
        "x".repeat(500)
    );
    fs::write(&path, text).expect("written");
    let loaded = History::load(&path);
    assert_eq!(loaded.warning, None);
    assert_eq!(loaded.history.entries.len(), 1);
    let kept = &loaded.history.entries[0].seconds_per_unit;
    assert_eq!((kept.len(), kept[0] as usize), (KEPT, 100 - KEPT));
}

#[test]
fn a_failed_save_leaves_the_old_file() {
    let dir = camino_tempfile::tempdir().expect("a temporary directory");
    let path = dir.path().join("durations.json");
    let mut history = History::new();
    history.record("a", "b", 1.0, 2.0);
    history.save(&RealEffects, &path).expect("written");
    let old = history.clone();
    history.record("a", "b", 1.0, 3.0);
    for n in 0..3 {
        assert!(
            history
                .save(
                    &FailingEffects::from(n, std::io::ErrorKind::StorageFull),
                    &path
                )
                .is_err()
        );
        assert_eq!(History::load(&path).history, old);
    }
}

proptest! {
    #[test]
    fn predictions_are_ordered_finite_and_never_negative(
        records in prop::collection::vec((any::<f64>(), any::<f64>()), 0..60), units in any::<f64>(),
    ) {
        let mut history = History::new();
        for (units, seconds) in records {
            history.record("a", "b", units, seconds);
        }
        if let Some(range) = history.predict("a", "b", units) {
            prop_assert!(range.low >= 0.0 && range.low <= range.mid && range.mid <= range.high, "{range:?}");
            prop_assert!(range.high <= MOST_SECONDS);
        }
    }

    #[test]
    fn predictions_lie_within_what_was_seen_and_grow_with_the_work(
        seconds in prop::collection::vec(0.01f64..100.0, 2..40), units in 0.0f64..1000.0, more in 0.0f64..100.0,
    ) {
        let mut history = History::new();
        for &s in &seconds {
            history.record("a", "b", 1.0, s);
        }
        let last = &seconds[seconds.len().saturating_sub(KEPT)..];
        let (least, most) = last.iter().fold((f64::MAX, 0.0f64), |(l, m), &s| (l.min(s), m.max(s)));
        let range = history.predict("a", "b", units).expect("known");
        prop_assert!(range.low >= least * units * (1.0 - 1e-12) && range.high <= most * units * (1.0 + 1e-12));
        let larger = history.predict("a", "b", units + more).expect("known");
        prop_assert!(larger.low >= range.low && larger.mid >= range.mid && larger.high >= range.high);
    }

    #[test]
    fn any_text_is_parsed_or_refused(text in ".{0,200}") {
        let _ = History::parse(&text);
    }
}
