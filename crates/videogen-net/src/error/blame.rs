//! Whose fault a failure is, which is what retries, breakers and pools go by.

use std::time::Duration;

use crate::address::Refusal;
use crate::error::{Error, Phase};

impl Error {
    /// Whose fault it is, which is what retries and endpoint pools go by.
    pub fn blame(&self) -> Blame {
        match self {
            Self::Dns { .. }
            | Self::Connect { .. }
            | Self::Timeout {
                phase: Phase::Connect,
                ..
            } => Blame::Down,
            Self::Timeout {
                is_moving: true, ..
            } => Blame::Slow,
            Self::Timeout { .. } | Self::Lost { .. } | Self::Truncated { .. } => Blame::Fault,
            Self::Status(status) => match status.status {
                429 => Blame::Busy,
                503 if status.retry_after.is_some() => Blame::Busy,
                408 | 500..=599 => Blame::Fault,
                _ => Blame::Request,
            },
            // Offline no server is asked, whichever it is.
            Self::Blocked {
                reason: Refusal::Offline,
                ..
            }
            | Self::Setup { .. }
            | Self::InvalidUrl { .. }
            | Self::InvalidRequest { .. }
            | Self::Write { .. } => Blame::Request,
            // What is not the service does not become it by waiting; the next endpoint may be.
            Self::Tls { .. }
            | Self::Protocol { .. }
            | Self::UnexpectedContent { .. }
            | Self::Json { .. }
            | Self::InvalidText { .. }
            | Self::Range { .. }
            | Self::TooLarge { .. }
            | Self::Redirect { .. }
            | Self::Blocked { .. } => Blame::Wrong,
            Self::NoEndpoint { .. } => Blame::Busy,
            Self::Cancelled { .. } => Blame::Cancelled,
        }
    }
}

/// Whose fault a failure is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Blame {
    /// The server is not there: asking it again soon is pointless, asking another is not.
    Down,
    /// The server, or the way to it, failed this time.
    Fault,
    /// The server wants to be left alone for a while.
    Busy,
    /// The answer was still coming when its time was over. The server is fine: going on where it stopped, or giving it
    /// more time, helps.
    Slow,
    /// What answers is not what was expected. Asking it again is pointless, asking another is not.
    Wrong,
    /// The content of an answer, from a server that works: a model that wrote nonsense, for example. The server is fine,
    /// asking it the same again is pointless, another one may do better.
    Answer,
    /// The request: it fails wherever it is sent. The server is fine.
    Request,
    /// Nobody: the caller wanted it so.
    Cancelled,
}

impl Blame {
    /// Whether the same request to the same server may succeed a little later.
    pub fn is_retryable(self) -> bool {
        matches!(self, Self::Down | Self::Fault | Self::Busy | Self::Slow)
    }

    /// Whether it speaks against the server: it was not there, failed, or is something else.
    pub fn is_servers_fault(self) -> bool {
        matches!(self, Self::Down | Self::Fault | Self::Busy | Self::Wrong)
    }

    /// Whether another server may do better.
    pub fn is_worth_another(self) -> bool {
        self.is_retryable() || matches!(self, Self::Wrong | Self::Answer)
    }
}

/// An error that knows whose fault it is. Crates that wrap [`Error`] implement it on theirs.
pub trait Blamed {
    /// Whose fault it is.
    fn blame(&self) -> Blame;
    /// When the server wants to be asked again.
    fn retry_after(&self) -> Option<Duration> {
        None
    }
}

impl Blamed for Error {
    fn blame(&self) -> Blame {
        Self::blame(self)
    }

    fn retry_after(&self) -> Option<Duration> {
        Self::retry_after(self)
    }
}
