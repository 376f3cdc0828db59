//! From outcomes to corrections: what to believe, how much, and for how long.

use std::collections::BTreeMap;

use super::{Outcome, Verdict};
use crate::plan::{Correction, Corrections, Way};
use crate::units::{Bytes, Size};

/// An out-of-memory answer counts half after that long: drivers, servers and what else runs change within weeks.
const HALF_LIFE: f64 = 14.0 * 86_400.0;
/// What one out-of-memory answer lowers the budget to, at most …
const MILDEST: f64 = 0.85;
/// … and at least: the second of its kind may lower it further, one alone may not.
const HARSHEST: f64 = 0.5;
/// The least that is left, however often it went wrong: what the planner still takes.
const FLOOR: f64 = 0.25;
/// How far below the share that failed the budget is put, so that the same plan is not made again.
const BELOW: f64 = 0.95;
/// What is left of an out-of-memory answer's weight after a success with at least the same share of the budget: that
/// answer was somebody else's memory.
const CONTRADICTED: f64 = 0.25;
/// The same after a success with a smaller share: no contradiction, but in the end the way is worth another try.
const OUTLIVED: f64 = 0.9;
/// Below this an out-of-memory answer counts no more.
const FORGOTTEN: f64 = 0.02;
/// Of how many of the latest successes the largest peak is taken.
const PEAKS: usize = 5;
/// After that long a measured peak counts no more: 90 days.
const PEAK_AGE: u64 = 90 * 86_400;
/// More memory than any card has. A peak beyond it was not measured.
const ABSURD: Bytes = Bytes::from_gib(4096);

/// The corrections for the card `gpu` at `now`, in seconds since 1970. `outcomes` are in the order they happened.
///
/// - An out-of-memory answer lowers the budget of its family and way, for its size and above, to a little below the share
///   that failed, between 0.5 and 0.85. Several multiply, down to 0.25.
/// - It counts half after 14 days, a quarter after a success that used as much of its budget, nine tenths after one that
///   used less; successes count where the output was as large.
/// - A measured peak counts for its exact size: the largest of the last five successes within 90 days. A peak that is
///   more than was free is not believed.
///
/// Times in the future are taken for now. Total, and the same for the same input.
pub fn fold(outcomes: &[Outcome], gpu: &str, now: u64) -> Corrections {
    let mut groups: BTreeMap<(&str, Way), Vec<&Outcome>> = BTreeMap::new();
    for outcome in outcomes.iter().filter(|outcome| outcome.gpu == gpu) {
        groups
            .entry((outcome.family.as_str(), outcome.way))
            .or_default()
            .push(outcome);
    }
    let mut corrections = Vec::new();
    for ((family, way), outcomes) in groups {
        let correction = |size, budget_factor, measured_peak| Correction {
            family: family.to_owned(),
            way,
            size,
            budget_factor,
            measured_peak,
        };
        let factors = factors(&outcomes, now);
        let peaks = peaks(&outcomes, now);
        corrections.extend(
            factors
                .into_iter()
                .map(|(size, factor)| correction(size, factor, Bytes::ZERO)),
        );
        corrections.extend(
            peaks
                .into_iter()
                .map(|(size, peak)| correction(size, 1.0, peak)),
        );
    }
    Corrections(corrections)
}

/// For each class of sizes: the smallest size that ran out of memory, and what is left of the budget from there on.
fn factors(outcomes: &[&Outcome], now: u64) -> Vec<(Size, f64)> {
    let mut classes: BTreeMap<u32, (Size, f64)> = BTreeMap::new();
    for (i, failed) in outcomes.iter().enumerate() {
        if !matches!(failed.verdict, Verdict::OutOfMemory { .. }) {
            continue;
        }
        let weight = weight(failed, &outcomes[i + 1..], now);
        if weight < FORGOTTEN {
            continue;
        }
        let alone = (failed.share() * BELOW).clamp(HARSHEST, MILDEST);
        let (size, factor) = classes
            .entry(class(failed.size))
            .or_insert((failed.size, 1.0));
        *factor *= alone.powf(weight);
        if failed.size.area() < size.area() {
            *size = failed.size;
        }
    }
    classes
        .into_values()
        .map(|(size, factor)| (size, factor.clamp(FLOOR, 1.0)))
        .collect()
}

/// How much an out-of-memory answer still counts, given what happened `afterwards`: 0..=1.
fn weight(failed: &Outcome, afterwards: &[&Outcome], now: u64) -> f64 {
    let age = now.saturating_sub(failed.at) as f64;
    let fresh = 0.5_f64.powf(age / HALF_LIFE);
    afterwards
        .iter()
        .filter(|later| matches!(later.verdict, Verdict::Ok { .. }))
        .filter(|later| later.size.area() >= failed.size.area())
        .fold(fresh, |weight, later| {
            weight
                * if later.share() >= failed.share() {
                    CONTRADICTED
                } else {
                    OUTLIVED
                }
        })
}

/// For each size, the largest believable peak of the latest successes.
fn peaks(outcomes: &[&Outcome], now: u64) -> Vec<(Size, Bytes)> {
    let mut sizes: BTreeMap<(u32, u32), (usize, Bytes)> = BTreeMap::new();
    for outcome in outcomes.iter().rev() {
        let Verdict::Ok { peak: Some(peak) } = outcome.verdict else {
            continue;
        };
        if now.saturating_sub(outcome.at) > PEAK_AGE || !believable(peak, outcome.budget) {
            continue;
        }
        let key = (outcome.size.width, outcome.size.height);
        let (taken, largest) = sizes.entry(key).or_default();
        if *taken < PEAKS {
            *taken += 1;
            *largest = peak.max(*largest);
        }
    }
    sizes
        .into_iter()
        .map(|((width, height), (_, peak))| (Size::new(width, height), peak))
        .collect()
}

/// A run that ended well cannot have had much more than was free: a budget is what was free less a reserve of at most
/// a gigabyte or so. Larger peaks are somebody else's memory.
fn believable(peak: Bytes, budget: Bytes) -> bool {
    let most = if budget == Bytes::ZERO {
        ABSURD
    } else {
        budget
            .plus(Bytes::new(budget.get() / 4))
            .plus(Bytes::from_gib(1))
    };
    peak > Bytes::ZERO && peak <= most.min(ABSURD)
}

/// Sizes whose areas are within a factor of two learn together.
pub(super) fn class(size: Size) -> u32 {
    size.area().get().checked_ilog2().unwrap_or(0)
}

#[cfg(test)]
mod tests;
