//! Kinds of failures, as they are counted: one short list for whatever made the video.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What kind of failure something is, whoever failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum FailureKind {
    /// Memory of a graphics card or of a machine ran out.
    OutOfMemory,
    /// It took longer than it may.
    Timeout,
    /// A server cannot be reached, broke off, or says that it is at fault or busy.
    Network,
    /// A server or a machine lacks the model, the voice or the font that is needed.
    MissingModel,
    /// What was given cannot be used: a value, a file, a workflow.
    BadInput,
    /// What was made, or answered, is no good.
    BadOutput,
    /// A program is missing, or failed.
    Program,
    /// A disk is full, or a file cannot be written or read.
    Disk,
    /// The machine lacks something else: descriptors, processes, a free card.
    Resources,
    /// Somebody else stopped it.
    Interrupted,
    /// A lesser way was not accepted.
    Refused,
    /// The user ended it.
    Cancelled,
    /// Anything else.
    Other,
}

impl FailureKind {
    /// Its name in events, summaries and metrics.
    pub const fn name(self) -> &'static str {
        match self {
            Self::OutOfMemory => "out_of_memory",
            Self::Timeout => "timeout",
            Self::Network => "network",
            Self::MissingModel => "missing_model",
            Self::BadInput => "bad_input",
            Self::BadOutput => "bad_output",
            Self::Program => "program",
            Self::Disk => "disk",
            Self::Resources => "resources",
            Self::Interrupted => "interrupted",
            Self::Refused => "refused",
            Self::Cancelled => "cancelled",
            Self::Other => "other",
        }
    }
}

impl fmt::Display for FailureKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
