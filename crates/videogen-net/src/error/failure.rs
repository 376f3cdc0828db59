//! What kind of failure an error is, for those who count.

use videogen_types::FailureKind;

use super::Error;

impl Error {
    /// Returns what kind of failure it is.
    pub fn failure_kind(&self) -> FailureKind {
        match self {
            Self::Timeout { .. } => FailureKind::Timeout,
            Self::Write { .. } => FailureKind::Disk,
            Self::Cancelled { .. } => FailureKind::Cancelled,
            Self::InvalidUrl { .. } | Self::InvalidRequest { .. } => FailureKind::BadInput,
            Self::UnexpectedContent { .. }
            | Self::Json { .. }
            | Self::InvalidText { .. }
            | Self::TooLarge { .. } => FailureKind::BadOutput,
            _ => FailureKind::Network,
        }
    }
}
