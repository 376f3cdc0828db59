//! The process ends before its n-th effect, for every n, and all that it kept until then is no good, as a version may have
//! left it that kept before it looked: whoever goes on finds that out, and makes it again.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use it::poison::{entries, poison};

use super::place::{NO_BATCH, Place, Reference};

const VIDEOS: usize = 2;

/// More than the cores of a small machine: half of the time is waiting for the disk.
const AT_ONCE: usize = 4;

/// Every third effect: a store is what it was before for most of those between.
const EVERY: u64 = 3;

/// One process that ends before effect `n`, and one that goes on with what is bad. `None` when there was no effect `n`;
/// otherwise how much was bad, and what is broken.
fn crash(n: u64, reference: &Reference) -> Option<(usize, Vec<String>)> {
    let place = Place::new();
    let mut broken = Vec::new();
    let crashed = place.run(VIDEOS, &["--crash-at", &n.to_string()]);
    if crashed.code == Some(0) {
        return None;
    }
    let mut poisoned = 0;
    let stores = place.at("work");
    for store in stores.read_dir_utf8().into_iter().flatten().flatten() {
        // Before it is made, there is nothing to be found in it.
        if !entries(store.path()).is_empty() {
            poisoned += poison(store.path(), &["voice", "picture", "render"]);
        }
    }
    let resumed = place.run(VIDEOS, &["--resume"]);
    let ended = match resumed.code {
        Some(NO_BATCH) => place.run(VIDEOS, &[]),
        _ => resumed,
    };
    if ended.code != Some(0) {
        broken.push(format!("it cannot be resumed: {ended:?}"));
    }
    place.check_end(reference, &mut broken);
    let struck = place.struck();
    let told = |what| format!("n = {n}, {struck}, {poisoned} poisoned: {what}");
    Some((poisoned, broken.into_iter().map(told).collect()))
}

#[test]
fn a_poisoned_store_is_healed_after_a_crash_at_any_effect() {
    let reference = Place::reference(VIDEOS);
    let (next, end) = (AtomicU64::new(0), AtomicU64::new(u64::MAX));
    let (broken, poisoned) = (Mutex::new(Vec::new()), AtomicUsize::new(0));
    std::thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                loop {
                    let n = 1 + EVERY * next.fetch_add(1, Ordering::Relaxed);
                    if n > end.load(Ordering::Relaxed) {
                        break;
                    }
                    match crash(n, &reference) {
                        Some((bad, more)) => {
                            poisoned.fetch_add(bad, Ordering::Relaxed);
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
        "{} entries were poisoned before {} effects",
        poisoned.load(Ordering::Relaxed),
        end - 1
    );
    assert!(end > reference.effects / 2, "the sweep ended early");
    assert!(poisoned.into_inner() > 20, "there was something to heal");
    assert!(
        broken.is_empty(),
        "{} violations:\n{}",
        broken.len(),
        broken.join("\n")
    );
}
