//! How much more than predicted a phase is taken to need, and what is not tried again.

use super::{MemoryCorrections, PaintPhase, PhaseFootprint};
use crate::units::{Bytes, Size};

/// How much is made of what went wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Care {
    /// What was learnt counts, and a step down is one that is likely to help.
    Full,
    /// Only what is known for certain: what ran out of memory is not tried again with as little.
    Least,
}

impl Care {
    /// The part of what ran out of memory that may be tried.
    const fn part(self) -> f64 {
        match self {
            Self::Full => 0.8,
            Self::Least => 0.95,
        }
    }
}

/// A budget this many times larger is another card's, or that of a day on which nobody else uses the card.
const SAME_BUDGET: f64 = 1.05;

/// What counts against the phases of one way.
#[derive(Debug, Clone, Copy)]
pub(super) struct Strain<'a> {
    pub family: &'static str,
    pub history: &'a MemoryCorrections,
    /// Where memory ran out for this picture.
    pub failed: &'a [PhaseFootprint],
    /// What was learnt of the way as a whole: 0.25..=1.0.
    pub strategy_factor: f64,
    pub budget: Bytes,
    pub care: Care,
}

impl Strain<'_> {
    /// How many times what is predicted a phase is taken to compute with: at least 1.
    pub(super) fn times(&self, phase: PaintPhase, size: Size) -> f64 {
        if self.care == Care::Least || self.history.0.is_empty() {
            return 1.0;
        }
        let learnt = self.history.phase_factor(self.family, phase, size);
        1.0 / learnt.min(self.strategy_factor)
    }

    /// Whether work on `size` with `least` bytes is known to run out of memory.
    pub(super) fn forbids(&self, phase: PaintPhase, size: Size, least: f64) -> bool {
        let is_as_much = |spot: &PhaseFootprint| !spot.is_above(self.care.part(), size, least);
        let most = |spot: &PhaseFootprint| spot.budget.as_f64() * SAME_BUDGET;
        let mut now = self.failed.iter().filter(|spot| spot.phase == phase);
        let mut before = self.history.ran_out(self.family, phase);
        now.any(is_as_much)
            || before.any(|spot| self.budget.as_f64() <= most(spot) && is_as_much(spot))
    }
}
