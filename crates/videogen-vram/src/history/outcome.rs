//! What one run did, as it is kept.

use std::time::{Duration, SystemTime};

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

use crate::plan::{PaintPlan, PaintStrategy, PhaseFootprint};
use crate::units::{Bytes, Size};

/// Longest names that are kept, in characters.
const LONGEST: usize = 120;

/// How a run ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum PaintVerdict {
    /// It ended well.
    Ok {
        /// The most memory it had, where that was measured: of the run alone, not of others on the card.
        #[serde(default)]
        peak: Option<Bytes>,
    },
    /// It ran out of memory.
    OutOfMemory {
        /// Where: the phase or the class of the node. For people.
        #[serde(default)]
        phase: String,
        /// Where, as far as it is a phase of the plan. Outcomes of old versions do not have it.
        #[serde(
            default,
            skip_serializing_if = "Option::is_none",
            deserialize_with = "footprint_if_known"
        )]
        at: Option<PhaseFootprint>,
    },
}

/// What one run did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PaintOutcome {
    /// When it ended, in seconds since 1970 by the clock of then. The order of outcomes is their order in the list, not
    /// this.
    pub at: u64,
    /// The card, as [`GpuReading::key`](crate::GpuReading::key) names it.
    pub gpu: String,
    /// The model family.
    pub family: String,
    /// The strategy that was used.
    #[serde(rename = "way")]
    pub strategy: PaintStrategy,
    /// The size of the output.
    pub size: Size,
    /// The peak that was predicted. 0 when nothing was.
    pub predicted: Bytes,
    /// The memory the plan was made for, before any correction. 0 when it is not known.
    pub budget: Bytes,
    /// The phases it went through, in order, when it ended well. Outcomes of old versions do not have them.
    #[serde(
        default,
        skip_serializing_if = "Vec::is_empty",
        deserialize_with = "known_footprints"
    )]
    pub phases: Vec<PhaseFootprint>,
    /// How it ended.
    pub verdict: PaintVerdict,
}

/// The most phases that are kept of a run: those of more than two refining passes.
const PHASES: usize = 12;

/// What a newer version calls a phase this one may not know: then it is as if nothing were said.
fn footprint_if_known<'de, D: Deserializer<'de>>(
    found: D,
) -> Result<Option<PhaseFootprint>, D::Error> {
    let found = Value::deserialize(found)?;
    Ok(serde_json::from_value(found).ok())
}

fn known_footprints<'de, D: Deserializer<'de>>(found: D) -> Result<Vec<PhaseFootprint>, D::Error> {
    let found = Vec::<Value>::deserialize(found)?;
    let known = |spot| serde_json::from_value(spot).ok();
    Ok(found.into_iter().take(PHASES).filter_map(known).collect())
}

impl PaintOutcome {
    /// How a run of `plan` ended on the card `gpu`.
    pub fn of(plan: &PaintPlan, gpu: String, at: SystemTime, verdict: PaintVerdict) -> Self {
        let ended_well = matches!(verdict, PaintVerdict::Ok { .. });
        Self {
            at: seconds(at),
            gpu,
            family: plan.family.name().to_owned(),
            strategy: plan.strategy,
            size: plan.output,
            predicted: plan.predicted_peak_bytes,
            budget: plan.budget_bytes,
            phases: plan
                .footprints()
                .filter(|_| ended_well)
                .take(PHASES)
                .collect(),
            verdict,
        }
    }

    /// The same with names that fit the file: cut at 120 characters, without control characters.
    pub(super) fn cleaned(mut self) -> Self {
        for name in [&mut self.gpu, &mut self.family] {
            clean(name);
        }
        if let PaintVerdict::OutOfMemory { phase, .. } = &mut self.verdict {
            clean(phase);
        }
        self.phases.truncate(PHASES);
        self
    }

    /// Which part of the budget the plan would have used; 1 when it is not known.
    pub(super) fn share(&self) -> f64 {
        let share = self.predicted.as_f64() / self.budget.as_f64();
        // Also NaN and infinity, from a budget of 0.
        if share > 0.0 && share < 1.0 {
            share
        } else {
            1.0
        }
    }
}

/// Seconds since 1970; 0 for a clock before that.
pub(super) fn seconds(now: SystemTime) -> u64 {
    now.duration_since(SystemTime::UNIX_EPOCH)
        .unwrap_or(Duration::ZERO)
        .as_secs()
}

fn clean(name: &mut String) {
    if name.len() > LONGEST || name.contains(char::is_control) {
        *name = name
            .chars()
            .filter(|c| !c.is_control())
            .take(LONGEST)
            .collect();
    }
}
