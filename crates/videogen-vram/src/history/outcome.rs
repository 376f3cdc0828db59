//! What one run did, as it is kept.

use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};

use crate::plan::Way;
use crate::units::{Bytes, Size};

/// Longest names that are kept, in characters.
const LONGEST: usize = 120;

/// How a run ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Verdict {
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
    },
}

/// What one run did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outcome {
    /// When it ended, in seconds since 1970 by the clock of then. The order of outcomes is their order in the list, not
    /// this.
    pub at: u64,
    /// The card, as [`GpuReading::key`](crate::GpuReading::key) names it.
    pub gpu: String,
    /// The model family.
    pub family: String,
    /// The way that was gone.
    pub way: Way,
    /// The size of the output.
    pub size: Size,
    /// The peak that was predicted. 0 when nothing was.
    pub predicted: Bytes,
    /// The memory the plan was made for, before any correction. 0 when it is not known.
    pub budget: Bytes,
    /// How it ended.
    pub verdict: Verdict,
}

impl Outcome {
    /// The same with names that fit the file: cut at 120 characters, without control characters.
    pub(super) fn cleaned(mut self) -> Self {
        for name in [&mut self.gpu, &mut self.family] {
            clean(name);
        }
        if let Verdict::OutOfMemory { phase } = &mut self.verdict {
            clean(phase);
        }
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
