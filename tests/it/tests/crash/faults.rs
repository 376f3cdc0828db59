//! The disk refuses the n-th effect, for every n.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use super::place::{NO_BATCH, Place, Reference};

const ENOSPC: i32 = 28;
const EIO: i32 = 5;

/// As in the sweep of crashes.
const AT_ONCE: usize = 4;

/// One process that is refused effect `n`, and one that goes on. `None` when there was no effect `n`.
fn refuse(n: u64, errno: i32, reference: &Reference) -> Option<(bool, Vec<String>)> {
    let place = Place::new();
    let mut broken = Vec::new();
    let ran = place.run(1, &["--fail-at", &format!("{n}:{errno}")]);
    if !place.at("struck").exists() {
        return None;
    }
    if ran.errors.contains("panicked") {
        broken.push(format!("it panicked: {}", ran.errors));
    }
    let delivered = match ran.code {
        Some(0) => true,
        Some(4) => {
            let kind = &ran.report["failures"][0]["kind"];
            if kind.as_str().is_none_or(str::is_empty) {
                broken.push(format!("a failure without a kind: {}", ran.report));
            }
            false
        }
        Some(5) if ran.report["refused"].is_string() => false,
        _ => {
            broken.push(format!("neither delivered nor a typed failure: {ran:?}"));
            false
        }
    };
    if delivered {
        place.check_delivered(reference, &mut broken);
        if !broken.is_empty() {
            let steps = ran.report["summary"]["degradations"].to_string();
            // A speaker that cannot begin has failed: the ladder goes on to the next one, which is told.
            if place.struck().starts_with("Work(\"speech") && steps.contains("\"to\":\"silent\"") {
                return Some((true, Vec::new()));
            }
            // One line says more than the names of all files.
            let what = format!("another video was delivered; steps down: {steps}");
            return Some((true, vec![told(n, errno, &place, &what)]));
        }
    }
    place.check_middle(reference, &mut broken);

    let resumed = place.run(1, &["--resume"]);
    let resumed = match resumed.code {
        Some(NO_BATCH) if delivered => {
            broken.push("it was delivered, and there is no batch".into());
            resumed
        }
        Some(NO_BATCH) => place.run(1, &[]),
        _ => resumed,
    };
    if resumed.code != Some(0) {
        broken.push(format!("it cannot be resumed: {resumed:?}"));
    }
    place.check_delivered(reference, &mut broken);
    let named = |what: &String| told(n, errno, &place, what);
    Some((delivered, broken.iter().map(named).collect()))
}

fn told(n: u64, errno: i32, place: &Place, what: &str) -> String {
    format!("n = {n}, error {errno}, {}: {what}", place.struck())
}

#[test]
fn a_disk_that_refuses_any_effect_costs_at_most_one_run() {
    let reference = Place::reference(1);
    let mut all = Vec::new();
    for errno in [ENOSPC, EIO] {
        let (next, end) = (AtomicU64::new(1), AtomicU64::new(u64::MAX));
        let delivered = AtomicU64::new(0);
        let broken = Mutex::new(Vec::new());
        std::thread::scope(|scope| {
            for _ in 0..AT_ONCE {
                scope.spawn(|| {
                    loop {
                        let n = next.fetch_add(1, Ordering::Relaxed);
                        if n > end.load(Ordering::Relaxed) {
                            break;
                        }
                        match refuse(n, errno, &reference) {
                            Some((all_the_same, more)) => {
                                delivered.fetch_add(u64::from(all_the_same), Ordering::Relaxed);
                                broken.lock().unwrap().extend(more);
                            }
                            None => {
                                end.fetch_min(n, Ordering::Relaxed);
                            }
                        }
                    }
                });
            }
        });
        let (end, broken) = (end.into_inner(), broken.into_inner().unwrap());
        println!(
            "error {errno} at each of {} effects: delivered all the same {} times",
            end - 1,
            delivered.into_inner()
        );
        assert!(end > reference.effects / 2, "the sweep ended early");
        all.extend(broken);
    }
    assert!(
        all.is_empty(),
        "{} violations:\n{}",
        all.len(),
        all.join("\n")
    );
}
