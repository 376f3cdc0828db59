//! The file: what is written is read, by many at once, and what is not ours is set aside.

use camino_tempfile::Utf8TempDir;
use proptest::prelude::*;

use super::*;
use crate::history::PaintVerdict;
use crate::plan::{PaintPhase, PaintStrategy};
use crate::units::{Bytes, Size};

fn history() -> (Utf8TempDir, PaintHistory) {
    let dir = camino_tempfile::tempdir().unwrap();
    let history = PaintHistory::new(dir.path().join("cache/history.json"));
    (dir, history)
}

fn outcome(gpu: &str, width: u32) -> PaintOutcome {
    PaintOutcome {
        at: 1_700_000_000,
        gpu: gpu.into(),
        family: "sd15".into(),
        strategy: PaintStrategy::TwoPassLatent,
        size: Size::new(width, 512),
        predicted: Bytes::from_gib(5),
        budget: Bytes::from_gib(6),
        phases: Vec::new(),
        verdict: PaintVerdict::OutOfMemory {
            phase: "KSampler".into(),
            at: None,
        },
    }
}

const NOW: u64 = 1_700_000_100;

fn now() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(NOW)
}

#[test]
fn without_a_file_nothing_is_known_and_nothing_is_made() {
    let (dir, history) = history();
    assert_eq!(history.load(), LoadedHistory::default());
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
}

#[test]
fn what_is_recorded_is_read_back_in_order() {
    let (_dir, history) = history();
    let (one, two) = (outcome("a", 512), outcome("b", 640));
    assert_eq!(
        history.record(std::slice::from_ref(&one), now()).unwrap(),
        None
    );
    assert_eq!(
        history.record(std::slice::from_ref(&two), now()).unwrap(),
        None
    );
    assert_eq!(history.load().outcomes, [one, two]);
    let (corrections, warning) = history.corrections("a", now());
    assert_eq!(warning, None);
    let factor = corrections.phase_factor("sd15", PaintPhase::Sampling, Size::new(512, 512));
    assert!(factor < 0.9, "{factor}");
}

#[test]
fn a_corrupt_or_foreign_file_is_set_aside_with_one_warning() {
    let good = serde_json::to_string(&Written {
        format: FORMAT,
        version: VERSION,
        outcomes: &[outcome("a", 512)],
    })
    .unwrap();
    let newer = good.replace("\"version\":1", "\"version\":2");
    let other = good.replace(FORMAT, "another-history");
    let cut = &good[..good.len() / 2];
    let huge = "x".repeat(usize::try_from(LARGEST).unwrap() + 1);
    let deep = "[".repeat(100_000);
    for bad in [
        "", "{}", "null", "[1,2]", "\0\0\0\0", &newer, &other, cut, &huge, &deep,
    ] {
        let (_dir, history) = history();
        fs::create_dir_all(durable::parent(history.path())).unwrap();
        fs::write(history.path(), bad).unwrap();
        let warning = history.load().warning.expect("a warning");
        assert!(warning.contains("history.json.bad"), "{warning}");
        assert_eq!(history.load(), LoadedHistory::default(), "once");
        let aside = fs::read_to_string(beside(history.path(), ".bad")).unwrap();
        assert!(aside == bad, "kept as it was");
        history.record(&[outcome("a", 512)], now()).unwrap();
        assert_eq!(history.load().outcomes.len(), 1);
    }
}

#[test]
fn recording_over_a_bad_file_keeps_it_aside_too() {
    let (_dir, history) = history();
    fs::create_dir_all(durable::parent(history.path())).unwrap();
    fs::write(history.path(), b"\xff\xfe").unwrap();
    let warning = history.record(&[outcome("a", 512)], now()).unwrap();
    assert!(warning.is_some());
    assert_eq!(history.load().outcomes.len(), 1);
    assert_eq!(
        fs::read(beside(history.path(), ".bad")).unwrap(),
        b"\xff\xfe"
    );
}

#[test]
fn an_outcome_that_is_not_understood_costs_no_other() {
    let good = serde_json::to_value(outcome("a", 512)).unwrap();
    let mut unknown_strategy = good.clone();
    unknown_strategy["way"] = "telepathy".into();
    let mut negative = good.clone();
    negative["predicted"] = (-1).into();
    let mut not_a_number = good.clone();
    not_a_number["budget"] = "NaN".into();
    let file = serde_json::json!({
        "format": FORMAT, "version": VERSION,
        "outcomes": [unknown_strategy, good, negative, not_a_number, null, 7, {}],
    });
    let (_dir, history) = history();
    fs::create_dir_all(durable::parent(history.path())).unwrap();
    fs::write(history.path(), file.to_string()).unwrap();
    let loaded = history.load();
    assert_eq!(loaded.outcomes, [outcome("a", 512)]);
    assert!(loaded.warning.unwrap().starts_with("6 of 7"));
    // The next write leaves them out for good.
    history.record(&[], now()).unwrap();
    assert_eq!(history.load().warning, None);
}

#[test]
fn what_is_no_file_is_left_alone() {
    let (_dir, history) = history();
    fs::create_dir_all(history.path()).unwrap();
    assert!(history.load().warning.unwrap().contains("a directory"));
    let error = history.record(&[outcome("a", 512)], now()).unwrap_err();
    assert!(error.to_string().contains("history.json"), "{error}");
    assert!(history.path().is_dir());
}

#[test]
fn times_of_a_wrong_clock_are_put_right_when_written() {
    let (_dir, history) = history();
    let mut future = outcome("a", 512);
    future.at = u64::MAX;
    history.record(&[future], now()).unwrap();
    assert_eq!(history.load().outcomes[0].at, NOW);
    history
        .record(&[], SystemTime::UNIX_EPOCH - Duration::from_secs(9))
        .unwrap();
    assert_eq!(history.load().outcomes[0].at, 0);
}

#[test]
fn names_and_numbers_are_bounded() {
    let (_dir, history) = history();
    let mut long = outcome(&"\u{1}é".repeat(100_000), 512);
    long.family = "x".repeat(1_000_000);
    let many: Vec<_> = (0..3000)
        .map(|i| PaintOutcome {
            gpu: format!("{i}{}", "\u{e000}".repeat(200)),
            family: "\\".repeat(500),
            ..long.clone()
        })
        .chain([long.clone()])
        .collect();
    history.record(&many, now()).unwrap();
    let size = fs::metadata(history.path()).unwrap().len();
    assert!(size < LARGEST, "{size}");
    assert_eq!(history.load().warning, None);
    assert_eq!(history.load().outcomes.len(), 1024);
}

#[test]
fn many_writers_lose_nothing_and_readers_see_whole_files() {
    let (_dir, history) = history();
    std::thread::scope(|scope| {
        for writer in 0..4u32 {
            let history = &history;
            scope.spawn(move || {
                for i in 0..12u32 {
                    let one = outcome(&format!("{writer}"), 512 + i);
                    history.record(&[one], now()).unwrap();
                    assert_eq!(history.load().warning, None);
                }
            });
        }
    });
    let outcomes = history.load().outcomes;
    assert_eq!(outcomes.len(), 48);
    for writer in 0..4u32 {
        let widths: Vec<_> = outcomes
            .iter()
            .filter(|o| o.gpu == writer.to_string())
            .map(|o| o.size.width)
            .collect();
        assert_eq!(widths, (512..524).collect::<Vec<_>>(), "each in its order");
    }
}

#[test]
fn what_a_killed_writer_left_is_swept() {
    let (_dir, history) = history();
    history.record(&[outcome("a", 512)], now()).unwrap();
    let left = history.path().with_file_name(".history.json.abcdef.tmp");
    fs::write(&left, b"{\"for").unwrap();
    history.record(&[outcome("a", 512)], now()).unwrap();
    assert!(!left.exists());
    assert_eq!(history.load().outcomes.len(), 2);
}

proptest! {
    #[test]
    fn any_bytes_are_a_history_or_none(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = parse(&bytes);
    }

    #[test]
    fn a_damaged_history_is_a_history_or_none(at in 0usize..400, byte in any::<u8>(), cut in 0usize..800) {
        let mut good = serde_json::to_vec(&Written {
            format: FORMAT,
            version: VERSION,
            outcomes: &[outcome("a", 512), outcome("b", 640)],
        }).unwrap();
        let at = at % good.len();
        good[at] = byte;
        good.truncate(cut);
        if let Content::Good(loaded) = parse(&good) {
            prop_assert!(loaded.outcomes.len() <= 2);
        }
    }
}
