//! What earlier runs taught, as the planner takes it: plain values without clock or disk.

use serde::{Deserialize, Serialize};

use super::{PaintPhase, PaintStrategy, PhaseFootprint};
use crate::units::{Bytes, Size};

/// One thing that was learnt about a model family on one card.
///
/// The history store makes these from outcomes (decay already applied) for the card at hand; the planner only reads
/// them. Absurd values (NaN, negative, 0, thousands) are read as "nothing was learnt". Families are named as by
/// [`crate::Family::name`], for example `sd15`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum MemoryCorrection {
    /// A phase took more than was predicted, whatever the strategy it was a part of.
    Phase {
        /// The family.
        family: String,
        /// The phase.
        phase: PaintPhase,
        /// The smallest size it worked on. It counts from a quarter of that many pixels up: a formula that is wrong for a
        /// size is so for the sizes around it.
        size: Size,
        /// The part of what weights leave free that the phase may plan with, 1.0 when nothing went wrong. The planner
        /// takes 0.25..=1.0 and ignores the rest.
        budget_factor: f64,
    },
    /// Memory ran out just there. The same is not planned again while no more memory is there than was then.
    RanOut {
        /// The family.
        family: String,
        /// Where.
        at: PhaseFootprint,
    },
    /// A strategy ran out of memory, and it is not known in which phase.
    #[serde(rename = "way")]
    Strategy {
        /// The family.
        family: String,
        /// The strategy.
        #[serde(rename = "way")]
        strategy: PaintStrategy,
        /// The size of the output. It counts for sizes with at least as many pixels.
        size: Size,
        /// As for a phase.
        budget_factor: f64,
    },
    /// What runs that ended well were measured to take. Where it is above the prediction, the prediction is raised to
    /// it; it never lowers one.
    Peak {
        /// The family.
        family: String,
        /// The strategy.
        #[serde(rename = "way")]
        strategy: PaintStrategy,
        /// The size of the output. It counts for this size alone.
        size: Size,
        /// The largest peak.
        measured_peak: Bytes,
    },
}

/// Everything learnt about the card at hand. Empty when nothing is known, which changes no plan.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct MemoryCorrections(pub Vec<MemoryCorrection>);

/// The least factor that is believed.
const LEAST: f64 = 0.25;

impl MemoryCorrections {
    /// Nothing learnt.
    pub const NONE: Self = Self(Vec::new());

    /// The part of what weights leave free that `phase` may plan with for this family when it works on `size`:
    /// 0.25..=1.0.
    pub fn phase_factor(&self, family: &str, phase: PaintPhase, size: Size) -> f64 {
        let factors = self.0.iter().filter_map(|correction| match correction {
            MemoryCorrection::Phase {
                family: of,
                phase: at,
                size: from,
                budget_factor,
            } if of == family && *at == phase && from.area().get() / 4 <= size.area().get() => {
                Some(*budget_factor)
            }
            _ => None,
        });
        least_of(factors)
    }

    /// The part of the budget that `strategy` may plan with for this family and output: 0.25..=1.0.
    pub fn strategy_factor(&self, family: &str, strategy: PaintStrategy, output: Size) -> f64 {
        let factors = self.0.iter().filter_map(|correction| match correction {
            MemoryCorrection::Strategy {
                family: of,
                strategy: by,
                size,
                budget_factor,
            } if of == family && *by == strategy && size.area() <= output.area() => {
                Some(*budget_factor)
            }
            _ => None,
        });
        least_of(factors)
    }

    /// Where memory ran out with this family, in `phase`.
    pub fn ran_out(
        &self,
        family: &str,
        phase: PaintPhase,
    ) -> impl Iterator<Item = &PhaseFootprint> {
        self.0
            .iter()
            .filter_map(move |correction| match correction {
                MemoryCorrection::RanOut { family: of, at }
                    if of == family && at.phase == phase =>
                {
                    Some(at)
                }
                _ => None,
            })
    }

    /// The largest peak measured for exactly this output; 0 when there is none.
    pub fn measured_peak(&self, family: &str, strategy: PaintStrategy, output: Size) -> Bytes {
        let peaks = self.0.iter().filter_map(|correction| match correction {
            MemoryCorrection::Peak {
                family: of,
                strategy: by,
                size,
                measured_peak,
            } if of == family && *by == strategy && *size == output => Some(*measured_peak),
            _ => None,
        });
        peaks.max().unwrap_or_default()
    }
}

fn least_of(factors: impl Iterator<Item = f64>) -> f64 {
    factors
        .filter(|factor| (0.0..=1.0).contains(factor))
        .fold(1.0, f64::min)
        .max(LEAST)
}
