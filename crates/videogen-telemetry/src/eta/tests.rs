use proptest::prelude::*;

use super::*;

/// Stages called by their seconds for a unit, which never vary.
fn steady() -> History {
    let mut history = History::new();
    for seconds in 0..=20u32 {
        for _ in 0..2 {
            history.record(&seconds.to_string(), "", 1.0, f64::from(seconds));
        }
    }
    history
}

fn left<'a>(resource: &'a str, order: u32, stage: &'a str, units: f64) -> StageLeft<'a> {
    StageLeft {
        resource,
        order,
        stage,
        class: "",
        units,
    }
}

fn seconds(videos: &[Vec<StageLeft<'_>>]) -> f64 {
    let eta = predict_finish(videos, &steady()).expect("all stages are known");
    assert!(eta.spread.abs() < 1e-9, "nothing varies: {eta:?}");
    eta.seconds
}

fn close(a: f64, b: f64) -> bool {
    (a - b).abs() < 1e-6
}

#[test]
fn nothing_left_is_no_time() {
    assert_eq!(predict_finish(&[], &History::new()), Some(Eta::default()));
    assert_eq!(
        predict_finish(&[Vec::new()], &History::new()),
        Some(Eta::default())
    );
}

#[test]
fn a_stage_nobody_knows_is_no_prediction() {
    let video = vec![left("gpu", 1, "5", 1.0), left("cpu", 2, "unheard of", 1.0)];
    assert_eq!(predict_finish(&[video], &steady()), None);
}

#[test]
fn the_busiest_resource_decides_and_what_is_around_it_is_added() {
    // Script 1 s, then picture 10 s beside voice 4 s, then render 3 s.
    let video = || {
        vec![
            left("llm", 0, "1", 1.0),
            left("gpu", 1, "10", 1.0),
            left("cpu", 1, "4", 1.0),
            left("encoder", 2, "3", 1.0),
        ]
    };
    assert!(close(seconds(&[video()]), 14.0), "one video: its way");
    let batch: Vec<_> = (0..50).map(|_| video()).collect();
    assert!(close(seconds(&batch), 1.0 + 500.0 + 3.0));
}

#[test]
fn a_video_that_is_nearly_done_shortens_the_tail() {
    let batch = [
        vec![left("gpu", 1, "10", 1.0), left("encoder", 2, "3", 1.0)],
        vec![left("encoder", 2, "3", 0.5)],
    ];
    assert!(close(seconds(&batch), 13.0));
    let busy_encoder = [
        vec![left("gpu", 1, "2", 1.0), left("encoder", 2, "9", 1.0)],
        vec![left("encoder", 2, "9", 1.0)],
    ];
    assert!(
        close(seconds(&busy_encoder), 18.0),
        "it begins with the one that is painted"
    );
}

#[test]
fn one_resource_does_one_thing_at_a_time_even_at_the_same_place() {
    let video = || {
        vec![
            left("cpu", 1, "4", 1.0),
            left("cpu", 1, "3", 1.0),
            left("cpu", 2, "2", 1.0),
        ]
    };
    assert!(close(seconds(&[video()]), 9.0));
    assert!(close(seconds(&[video(), video()]), 18.0));
}

#[test]
fn what_varies_has_a_spread() {
    let mut history = History::new();
    for s in [8.0, 10.0, 12.0] {
        history.record("picture", "high", 1.0, s);
    }
    let video = StageLeft {
        resource: "gpu",
        order: 1,
        stage: "picture",
        class: "high",
        units: 10.0,
    };
    let eta = predict_finish(&[vec![video], vec![video]], &history).expect("known");
    assert!(
        close(eta.seconds, 200.0) && close(eta.spread, 32.0),
        "{eta:?}"
    );
    assert!(close(eta.earliest(), 168.0) && close(eta.latest(), 232.0));
}

#[test]
fn the_earliest_is_not_in_the_past() {
    let eta = Eta {
        seconds: 3.0,
        spread: 9.0,
    };
    assert!(close(eta.earliest(), 0.0));
}

const RESOURCES: [&str; 3] = ["gpu", "cpu", "encoder"];
const STAGES: [&str; 21] = [
    "0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "12", "13", "14", "15", "16",
    "17", "18", "19", "20",
];

fn any_batch() -> impl Strategy<Value = Vec<Vec<StageLeft<'static>>>> {
    let stage = (0..3usize, 0u32..4, 0..21usize, 0.0f64..5.0).prop_map(
        |(resource, order, stage, units)| left(RESOURCES[resource], order, STAGES[stage], units),
    );
    prop::collection::vec(prop::collection::vec(stage, 0..6), 0..6)
}

fn work(stage: &StageLeft<'_>) -> f64 {
    stage.stage.parse::<f64>().expect("a number") * stage.units
}

proptest! {
    #[test]
    fn never_before_any_resource_is_done_and_never_after_one_by_one(batch in any_batch()) {
        let eta = seconds(&batch);
        let all = || batch.iter().flatten();
        for resource in RESOURCES {
            let total: f64 = all().filter(|s| s.resource == resource).map(work).sum();
            prop_assert!(eta >= total - 1e-6);
        }
        let one_by_one: f64 = all().map(work).sum();
        prop_assert!(eta <= one_by_one + 1e-6);
    }

    #[test]
    fn another_stage_behind_all_others_is_never_sooner(batch in any_batch(), stage in 0..21usize) {
        let before = seconds(&batch);
        let mut more = batch;
        // At the end of every video: a stage for one video alone can shorten the least way to a resource.
        for video in &mut more {
            video.push(left("disk", 9, STAGES[stage], 1.0));
        }
        prop_assert!(seconds(&more) >= before - 1e-6);
    }

    #[test]
    fn never_negative_never_nan_whatever_was_recorded(
        records in prop::collection::vec((any::<f64>(), any::<f64>()), 2..20),
        units in prop::collection::vec(any::<f64>(), 1..5),
    ) {
        let mut history = History::new();
        for (units, seconds) in records {
            history.record("1", "", units, seconds);
        }
        let video: Vec<_> = units.iter().map(|&units| left("gpu", 1, "1", units)).collect();
        if let Some(eta) = predict_finish(&[video], &history) {
            prop_assert!(eta.seconds >= 0.0 && eta.seconds <= MOST_SECONDS);
            prop_assert!(eta.spread >= 0.0 && eta.spread <= MOST_SECONDS);
            prop_assert!(eta.earliest() >= 0.0 && eta.latest().is_finite());
        }
    }
}
