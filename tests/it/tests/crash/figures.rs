//! What a long batch costs, and how well its stages overlap.

use std::time::Instant;

use serde_json::Value;

use super::place::{EXTENSIONS, Place};

/// A thousand take a minute and a half in a debug build: they are run by hand.
const MANY: usize = 300;

fn number(value: &Value) -> f64 {
    value
        .as_f64()
        .unwrap_or_else(|| panic!("{value} is a number"))
}

fn many(videos: usize) {
    let place = Place::new();
    let ran = place.run(videos, &[]);
    assert_eq!(ran.code, Some(0), "{}", ran.errors);
    let per_video = |field: &str| number(&ran.report[field]) / videos as f64;
    let flat = |field: &str| {
        let pair = &ran.report["flat"][field];
        (number(&pair[0]), number(&pair[1]))
    };
    let peak_mib = number(&ran.report["peak_rss_kib"]) / 1024.0;
    println!(
        "{videos} videos in {:.1} s: {:.1} ms of CPU without the {:.1} of the fakes, {:.2} flushes of the journal and {:.1} effects a video; {peak_mib:.1} \
         MiB at most; descriptors {:?}, threads {:?}, tasks {:?} (most in the first hundred, most after)",
        number(&ran.report["summary"]["elapsed_s"]),
        (per_video("cpu_s") - per_video("fakes_cpu_s")) * 1000.0,
        per_video("fakes_cpu_s") * 1000.0,
        per_video("journal_syncs"),
        per_video("effects"),
        flat("descriptors"),
        flat("threads"),
        flat("tasks"),
    );
    assert!(per_video("journal_syncs") <= 12.0);
    assert!(peak_mib <= 64.0, "{peak_mib} MiB");
    // How many videos are at the same point differs by moment, but not with their number.
    for (what, most) in [("descriptors", 8.0), ("threads", 8.0), ("tasks", 2.0)] {
        let (early, late) = flat(what);
        assert!(late <= early + most, "{what}: {early}, then {late}");
    }
    assert_eq!(place.files().len(), videos * EXTENSIONS.len());
    let left = |name: &str| place.at(name).read_dir_utf8().unwrap().count();
    assert_eq!(left("out"), videos * EXTENSIONS.len(), "scratch is empty");
    assert_eq!(left("work"), 0);
}

#[test]
fn a_long_batch_holds_no_more_than_a_short_one() {
    many(MANY);
}

#[test]
#[ignore = "takes minutes; run by hand"]
fn a_batch_of_a_thousand_holds_no_more_than_a_short_one() {
    many(1000);
}

#[test]
fn a_finished_batch_is_refused_at_once() {
    const VIDEOS: usize = 100;
    let place = Place::new();
    assert_eq!(place.run(VIDEOS, &[]).code, Some(0));
    let started = Instant::now();
    let ran = place.run(VIDEOS, &["--resume"]);
    let took = started.elapsed().as_secs_f64();
    assert_eq!(ran.report["refused"], "batch_finished");
    println!(
        "refused in {:.1} ms, {:.1} ms with the start of the process",
        number(&ran.report["open_s"]) * 1000.0,
        took * 1000.0
    );
}

/// By hand: how fast it is says as much of the machine as of the program.
#[test]
#[ignore = "a timing"]
fn stages_of_different_videos_overlap() {
    const VIDEOS: usize = 20;
    let place = Place::new();
    let ran = place.run(VIDEOS, &["--times", "0,30,100,80"]);
    assert_eq!(ran.code, Some(0), "{}", ran.errors);
    let busiest = number(&ran.report["painting_s"]);
    let took = number(&ran.report["summary"]["elapsed_s"]);
    let ratio = took / busiest;
    println!("{took:.2} s for {busiest:.2} s of painting: {ratio:.3}");
}
