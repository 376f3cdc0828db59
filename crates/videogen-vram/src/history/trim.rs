//! Keeps the list of outcomes within its bounds.

use std::collections::BTreeMap;

use super::fold::class;
use super::{PaintOutcome, PaintVerdict};

/// The most outcomes of one card, family, way and class of sizes that ended alike: more change no correction. What failed is
/// not pushed out by what went well after it.
const PER_KEY: usize = 16;
/// The most outcomes altogether.
pub(super) const ALTOGETHER: usize = 1024;

/// The newest outcomes, by position: at most 16 of a kind that ended alike and 1024 altogether. Times in the future become `now`, so that
/// what a wrong clock wrote fades from now on.
pub(super) fn trim(outcomes: Vec<PaintOutcome>, now: u64) -> Vec<PaintOutcome> {
    let mut counts: BTreeMap<_, usize> = BTreeMap::new();
    let mut kept: Vec<PaintOutcome> = outcomes
        .into_iter()
        .rev()
        .filter(|outcome| {
            let key = (
                outcome.gpu.clone(),
                outcome.family.clone(),
                outcome.strategy,
                class(outcome.size),
                matches!(outcome.verdict, PaintVerdict::OutOfMemory { .. }),
            );
            let count = counts.entry(key).or_default();
            *count += 1;
            *count <= PER_KEY
        })
        .take(ALTOGETHER)
        .map(|outcome| PaintOutcome {
            at: outcome.at.min(now),
            ..outcome.cleaned()
        })
        .collect();
    kept.reverse();
    kept
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::plan::PaintStrategy;
    use crate::units::{Bytes, Size};

    fn outcome(kind: usize, at: u64) -> PaintOutcome {
        PaintOutcome {
            at,
            gpu: format!("card{kind}"),
            family: "sd15".into(),
            strategy: PaintStrategy::Direct,
            size: Size::new(512, 512),
            predicted: Bytes::ZERO,
            budget: Bytes::ZERO,
            phases: Vec::new(),
            verdict: PaintVerdict::Ok { peak: None },
        }
    }

    #[test]
    fn one_busy_card_does_not_push_the_others_out() {
        let mut all = vec![outcome(0, 1)];
        all.extend((0..5000).map(|at| outcome(1, at)));
        let kept = trim(all, u64::MAX);
        assert_eq!(kept.len(), 1 + PER_KEY);
        assert_eq!(kept[0].gpu, "card0");
        assert_eq!(kept.last().unwrap().at, 4999);
    }

    proptest! {
        #[test]
        fn the_newest_of_each_kind_stay_in_order(
            kinds in prop::collection::vec(0usize..200, 0..3000),
            now in 0u64..4000,
        ) {
            let all: Vec<_> = kinds.iter().enumerate().map(|(i, kind)| outcome(*kind, i as u64)).collect();
            let kept = trim(all.clone(), u64::MAX);
            prop_assert!(kept.len() <= ALTOGETHER);
            prop_assert!(kept.is_sorted_by_key(|outcome| outcome.at));
            prop_assert_eq!(kept.last(), all.last());
            prop_assert_eq!(trim(kept.clone(), u64::MAX), kept);
            prop_assert!(trim(all, now).iter().all(|outcome| outcome.at <= now));
        }
    }
}
