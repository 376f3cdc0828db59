//! The process ends before its n-th effect, for every n.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use super::place::{NO_BATCH, Place, Reference, Work};

const VIDEOS: usize = 3;

/// More than the cores of a small machine: half of the time is waiting for the disk.
const AT_ONCE: usize = 4;

const SIGABRT: i32 = 6;

/// One process that ends before effect `n`, and those that go on. `None` when there was no effect `n`.
fn crash(n: u64, reference: &Reference) -> Option<Vec<String>> {
    let place = Place::new();
    let mut broken = Vec::new();
    let crashed = place.run(VIDEOS, &["--crash-at", &n.to_string()]);
    if crashed.code == Some(0) {
        return None;
    }
    if crashed.signal != Some(SIGABRT) {
        broken.push(format!("it did not end as it was told to: {crashed:?}"));
    }
    place.check_calls(crashed.id, &BTreeSet::new(), &mut broken);
    place.check_middle(reference, &mut broken);
    let kept = place.kept(reference);
    let before = place.calls(None);

    let resumed = place.run(VIDEOS, &["--resume"]);
    let ended = match resumed.code {
        // It was never accepted: then nothing was begun, and a new run makes it.
        Some(NO_BATCH) => {
            if !before.is_empty() || !place.files().is_empty() {
                broken.push(format!("there is no batch, but there was work: {before:?}"));
            }
            place.run(VIDEOS, &[])
        }
        _ => resumed,
    };
    if ended.code != Some(0) {
        broken.push(format!("it cannot be resumed: {ended:?}"));
    }
    place.check_calls(ended.id, &kept, &mut broken);
    check_repeated(&place.calls(None), &mut broken);
    place.check_end(reference, &mut broken);
    let struck = place.struck();
    Some(
        broken
            .into_iter()
            .map(|what| format!("n = {n}, {struck}: {what}"))
            .collect(),
    )
}

/// What was in flight when the process ended may be made once more. Two scenes are spoken at a time, one picture is
/// painted while another one is put into the store, and one video is rendered, so that no more than these can be.
fn check_repeated(calls: &[Work], broken: &mut Vec<String>) {
    let mut times: BTreeMap<&Work, usize> = BTreeMap::new();
    for work in calls {
        *times.entry(work).or_default() += 1;
    }
    let mut repeated: BTreeMap<&str, usize> = BTreeMap::new();
    for (work, times) in times {
        if times > 2 {
            broken.push(format!("{work:?} was made {times} times"));
        }
        *repeated.entry(&work.0).or_default() += times - 1;
    }
    for (what, most) in [("voice", 2), ("picture", 2), ("render", 1)] {
        let repeated = repeated.get(what).copied().unwrap_or_default();
        if repeated > most {
            broken.push(format!("{repeated} times {what} was made again"));
        }
    }
}

#[test]
fn a_batch_survives_a_crash_before_each_of_its_effects() {
    let reference = Place::reference(VIDEOS);
    let (next, end) = (AtomicU64::new(1), AtomicU64::new(u64::MAX));
    let broken = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                loop {
                    let n = next.fetch_add(1, Ordering::Relaxed);
                    if n > end.load(Ordering::Relaxed) {
                        break;
                    }
                    match crash(n, &reference) {
                        Some(more) => broken.lock().unwrap().extend(more),
                        None => {
                            end.fetch_min(n, Ordering::Relaxed);
                        }
                    }
                }
            });
        }
    });
    let (end, broken) = (end.into_inner(), broken.into_inner().unwrap());
    println!("{} effects, {} without a crash", end - 1, reference.effects);
    assert!(
        end > reference.effects / 2,
        "the sweep ended early, after {end} effects"
    );
    assert!(
        broken.is_empty(),
        "{} violations:\n{}",
        broken.len(),
        broken.join("\n")
    );
}
