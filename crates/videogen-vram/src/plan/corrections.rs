//! What earlier runs taught, as the planner takes it: plain values without clock or disk.

use serde::{Deserialize, Serialize};

use crate::plan::Way;
use crate::units::{Bytes, Size};

/// What was learnt about one way of painting one size with one model family on one card.
///
/// The history store makes these from outcomes (decay already applied) for the card at hand; the planner only reads
/// them. Absurd values (NaN, negative, 0, thousands) are read as "nothing was learnt".
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Correction {
    /// Family name as in [`crate::model::Family::name`], for example `sd15`.
    pub family: String,
    /// The way that was tried.
    pub way: Way,
    /// Output size it was tried at. A correction counts for this size and for all sizes with at least as many pixels
    /// when it says "too much" (a factor below 1), and for this size alone otherwise.
    pub size: Size,
    /// The part of the budget this way may plan with, 1.0 when nothing went wrong. An out-of-memory answer lowers it
    /// (say to 0.85), decay brings it back to 1. The planner takes 0.25..=1.0 and ignores the rest.
    pub budget_factor: f64,
    /// The largest peak that was measured in runs that ended well. Where it is above the prediction, the prediction is
    /// raised to it; it never lowers one. 0 is no measurement.
    pub measured_peak: Bytes,
}

/// Everything learnt about the card at hand. Empty when nothing is known, which changes no plan.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Corrections(pub Vec<Correction>);

impl Corrections {
    /// Nothing learnt.
    pub const NONE: Self = Self(Vec::new());

    /// The part of the budget that `way` may plan with for this family and size: 0.25..=1.0.
    pub fn budget_factor(&self, family: &str, way: Way, size: Size) -> f64 {
        self.matching(family, way)
            .filter(|c| c.size.area() <= size.area())
            .map(|c| c.budget_factor)
            .filter(|factor| (0.0..=1.0).contains(factor))
            .fold(1.0, f64::min)
            .max(0.25)
    }

    /// The largest peak measured for exactly this size; 0 when there is none.
    pub fn measured_peak(&self, family: &str, way: Way, size: Size) -> Bytes {
        self.matching(family, way)
            .filter(|c| c.size == size)
            .map(|c| c.measured_peak)
            .max()
            .unwrap_or_default()
    }

    fn matching<'a>(&'a self, family: &'a str, way: Way) -> impl Iterator<Item = &'a Correction> {
        self.0
            .iter()
            .filter(move |c| c.way == way && c.family == family)
    }
}
