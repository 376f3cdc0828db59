//! From outcomes to corrections: what to believe, how much, and for how long.

use std::collections::BTreeMap;

use super::{PaintOutcome, PaintVerdict};
use crate::plan::{MemoryCorrection, MemoryCorrections, PaintPhase, PaintStrategy, PhaseFootprint};
use crate::units::{Bytes, Size};

/// An out-of-memory answer counts half after that long: drivers, servers and what else runs change within weeks.
const HALF_LIFE: f64 = 14.0 * 86_400.0;
/// What one out-of-memory answer lowers the budget to, at most …
const MILDEST: f64 = 0.8;
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
/// The same of a phase, of which more is known: a picture that is painted up to the decode and then lost costs minutes.
const OUTLIVED_AS_PHASE: f64 = 0.97;
/// With at least that weight an out-of-memory answer is certain to come again for the same work.
const CERTAIN: f64 = 0.5;
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
/// - An out-of-memory answer is learnt for the phase in which it came, whatever the way: it lowers what that phase of its
///   family may plan with, around its size and above, to a little below the share that failed, between 0.5 and 0.8.
///   Several multiply, down to 0.25; what went well afterwards raises it to the share that went well. The same work with as
///   little memory is not planned again. Where the phase is not known, the way is what is learnt.
/// - It counts half after 14 days, a quarter after a success that used as much of what there was, a little less after one
///   that used less; successes count where the size was as large.
/// - A measured peak counts for its exact size: the largest of the last five successes within 90 days. A peak that is
///   more than was free is not believed.
///
/// Times in the future are taken for now. Total, and the same for the same input.
pub fn fold_outcomes(outcomes: &[PaintOutcome], gpu: &str, now: u64) -> MemoryCorrections {
    let mut families: BTreeMap<&str, Vec<&PaintOutcome>> = BTreeMap::new();
    for outcome in outcomes.iter().filter(|outcome| outcome.gpu == gpu) {
        families
            .entry(outcome.family.as_str())
            .or_default()
            .push(outcome);
    }
    let mut corrections = Vec::new();
    for (family, outcomes) in families {
        let family = || family.to_owned();
        let failures = failures(&outcomes, now);
        corrections.extend(factors(&failures, &outcomes).into_iter().map(
            |(subject, size, budget_factor)| match subject {
                Subject::Phase(phase) => MemoryCorrection::Phase {
                    family: family(),
                    phase,
                    size,
                    budget_factor,
                },
                Subject::Strategy(strategy) => MemoryCorrection::Strategy {
                    family: family(),
                    strategy,
                    size,
                    budget_factor,
                },
            },
        ));
        let certain = failures.iter().filter(|failure| failure.weight >= CERTAIN);
        corrections.extend(certain.filter_map(|failure| failure.at).map(|at| {
            MemoryCorrection::RanOut {
                family: family(),
                at,
            }
        }));
        corrections.extend(peaks(&outcomes, now).into_iter().map(
            |(strategy, size, measured_peak)| MemoryCorrection::Peak {
                family: family(),
                strategy,
                size,
                measured_peak,
            },
        ));
    }
    MemoryCorrections(corrections)
}

/// What an out-of-memory answer is learnt for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Subject {
    Phase(PaintPhase),
    Strategy(PaintStrategy),
}

/// An out-of-memory answer that still counts.
struct Failure {
    /// Which of the outcomes it is.
    index: usize,
    subject: Subject,
    /// Of the work, as far as that is known, or of the output.
    size: Size,
    /// The part of what there was that it was predicted to take.
    share: f64,
    weight: f64,
    at: Option<PhaseFootprint>,
}

fn failures(outcomes: &[&PaintOutcome], now: u64) -> Vec<Failure> {
    let failure = |(index, failed): (usize, &&PaintOutcome)| {
        let PaintVerdict::OutOfMemory { phase, at } = &failed.verdict else {
            return None;
        };
        let subject = at
            .map(|at| at.phase)
            .or_else(|| PaintPhase::of_node(phase))
            .map_or(Subject::Strategy(failed.strategy), Subject::Phase);
        let mut failure = Failure {
            index,
            subject,
            size: at.map_or(failed.size, |at| at.size),
            share: at.map_or_else(|| failed.share(), |at| at.share()),
            weight: 0.0,
            at: *at,
        };
        failure.weight = weight(&failure, failed, &outcomes[index + 1..], now);
        (failure.weight >= FORGOTTEN).then_some(failure)
    };
    outcomes.iter().enumerate().filter_map(failure).collect()
}

/// For each subject and class of sizes: the smallest size that ran out of memory, and what is left of the budget from there
/// on.
fn factors(failures: &[Failure], outcomes: &[&PaintOutcome]) -> Vec<(Subject, Size, f64)> {
    let mut classes: BTreeMap<(Subject, u32), (Size, f64, usize)> = BTreeMap::new();
    for failure in failures {
        let alone = (failure.share * BELOW).clamp(HARSHEST, MILDEST);
        let (size, factor, last) = classes
            .entry((failure.subject, class(failure.size)))
            .or_insert((failure.size, 1.0, failure.index));
        *factor *= alone.powf(failure.weight);
        *last = failure.index;
        if failure.size.area() < size.area() {
            *size = failure.size;
        }
    }
    let raised = |((subject, class), (size, factor, last)): (_, (Size, f64, usize))| {
        let went_well = went_well(subject, class, &outcomes[last + 1..]);
        (subject, size, factor.max(went_well).clamp(FLOOR, 1.0))
    };
    classes.into_iter().map(raised).collect()
}

/// The largest share with which a phase went well, of the sizes for which failures of this class count.
fn went_well(subject: Subject, class: u32, outcomes: &[&PaintOutcome]) -> f64 {
    let Subject::Phase(phase) = subject else {
        return 0.0;
    };
    let least = (1_u64 << class.min(63)) / 4;
    let spots = outcomes.iter().flat_map(|outcome| successes(outcome));
    spots
        .filter(|spot| spot.phase == phase && spot.size.area().get() >= least)
        .map(PhaseFootprint::share)
        .fold(0.0, f64::max)
        // What fitted to the last bit still does.
        * (1.0 + 1e-6)
}

/// The phases of an outcome that ended well.
fn successes(outcome: &PaintOutcome) -> &[PhaseFootprint] {
    match outcome.verdict {
        PaintVerdict::Ok { .. } => &outcome.phases,
        PaintVerdict::OutOfMemory { .. } => &[],
    }
}

/// How much an out-of-memory answer still counts, given what happened `afterwards`: 0..=1.
fn weight(failure: &Failure, failed: &PaintOutcome, afterwards: &[&PaintOutcome], now: u64) -> f64 {
    let age = now.saturating_sub(failed.at) as f64;
    let fresh = 0.5_f64.powf(age / HALF_LIFE);
    let comparable = |later: &&PaintOutcome| {
        if !matches!(later.verdict, PaintVerdict::Ok { .. }) {
            return None;
        }
        if let (Subject::Phase(phase), false) = (failure.subject, later.phases.is_empty()) {
            let as_large = |spot: &&PhaseFootprint| {
                spot.phase == phase && spot.size.area() >= failure.size.area()
            };
            let shares = later
                .phases
                .iter()
                .filter(as_large)
                .map(PhaseFootprint::share);
            return shares
                .reduce(f64::max)
                .map(|share| (share, OUTLIVED_AS_PHASE));
        }
        let same = later.strategy == failed.strategy && later.size.area() >= failed.size.area();
        same.then(|| (later.share(), OUTLIVED))
    };
    afterwards
        .iter()
        .filter_map(comparable)
        .fold(fresh, |weight, (share, outlived)| {
            weight
                * if share >= failure.share {
                    CONTRADICTED
                } else {
                    outlived
                }
        })
}

/// For each way and size, the largest believable peak of the latest successes.
fn peaks(outcomes: &[&PaintOutcome], now: u64) -> Vec<(PaintStrategy, Size, Bytes)> {
    let mut sizes: BTreeMap<(PaintStrategy, Size), (usize, Bytes)> = BTreeMap::new();
    for outcome in outcomes.iter().rev() {
        let PaintVerdict::Ok { peak: Some(peak) } = outcome.verdict else {
            continue;
        };
        if now.saturating_sub(outcome.at) > PEAK_AGE || !believable(peak, outcome.budget) {
            continue;
        }
        let (taken, largest) = sizes.entry((outcome.strategy, outcome.size)).or_default();
        if *taken < PEAKS {
            *taken += 1;
            *largest = peak.max(*largest);
        }
    }
    sizes
        .into_iter()
        .map(|((strategy, size), (_, peak))| (strategy, size, peak))
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
