//! What can go wrong when a card is asked, a file is read or a lease is taken, and what to do about it.

use std::time::Duration;

use camino::Utf8PathBuf;
use videogen_types::Hint;

/// Every failure of this crate. Messages read after "failed to …:"; [`Error::help`] has the next action.
///
/// Planning itself does not fail: whatever does not fit becomes a plan with reasons.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A text that is no amount of memory.
    #[error(transparent)]
    Bytes(#[from] crate::ParseBytesError),
    /// A value that is not allowed: of a forecast.
    #[error(transparent)]
    Value(#[from] videogen_types::InvalidValue),
    /// Bytes that are no safetensors header.
    #[error("this is no safetensors header: {problem}")]
    Header {
        /// What is wrong with it.
        problem: String,
    },
    /// Nobody knows a model family of that name.
    #[error("there is no model family {name:?}")]
    UnknownFamily {
        /// The name that was given, shortened.
        name: String,
        /// The names most like it, best first.
        nearest: Vec<&'static str>,
    },
    /// A driver or its program answered, but not with a usable reading.
    #[error("{probe} gave no usable reading: {problem}")]
    Probe {
        /// The probe: `nvml`, `nvidia-smi`, `sysfs`.
        probe: &'static str,
        /// What is wrong with the answer.
        problem: String,
    },
    /// Something did not happen in time.
    #[error("{what} took longer than {} s", after.as_secs_f32())]
    TimedOut {
        /// What was waited for.
        what: String,
        /// How long it was waited for.
        after: Duration,
    },
    /// A program could not be started or died.
    #[error("running {program} failed")]
    Process {
        /// The program.
        program: &'static str,
        /// What happened to the child.
        #[source]
        source: Box<videogen_process::Error>,
    },
    /// Somebody else has the lease of the card, and kept it as long as the caller would wait.
    #[error("the graphics card {card} is in use{}{}", holder_text(.holder.as_deref()), waited_text(*.waited))]
    CardBusy {
        /// The name of the lease.
        card: String,
        /// Who has it, as far as is known.
        holder: Option<Box<crate::holder::LeaseHolder>>,
        /// How long it was waited for; zero when it was only tried.
        waited: Duration,
    },
    /// The caller's token fired.
    #[error("it was cancelled")]
    Cancelled,
    /// A file of ours could not be written or read.
    #[error("{action} {path} failed")]
    Io {
        /// "writing", "reading", "locking" …
        action: &'static str,
        /// The file or directory.
        path: Utf8PathBuf,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
}

/// ` by <who>`, or nothing.
fn holder_text(holder: Option<&crate::holder::LeaseHolder>) -> String {
    holder.map(|h| format!(" by {h}")).unwrap_or_default()
}

/// `; it was waited for 30 s`, or nothing.
fn waited_text(waited: Duration) -> String {
    if waited.is_zero() {
        return String::new();
    }
    format!("; it was waited for {:.0} s", waited.as_secs_f64())
}

impl Error {
    /// The next action for a person, when there is one.
    pub fn help(&self) -> Option<Hint> {
        match self {
            Self::Value(error) => error.help(),
            Self::Bytes(_) => Some("write the amount like 6GiB or 6144MiB".into()),
            Self::Header { .. } => Some(
                "give a .safetensors file that was downloaded whole, or name the family".into(),
            ),
            Self::UnknownFamily { nearest, .. } if nearest.is_empty() => {
                Some("name a family such as sd15, sdxl or flux1_dev".into())
            }
            Self::UnknownFamily { nearest, .. } => {
                Some(format!("did you mean {}?", nearest.join(", ")).into())
            }
            Self::Probe { .. } => {
                Some("run nvidia-smi by hand; if it fails too, the driver needs attention".into())
            }
            Self::TimedOut { .. } => {
                Some("see what else uses the graphics card, and try again".into())
            }
            Self::Process { source, .. } => source.help().map(Hint::from),
            Self::CardBusy { .. } => {
                Some("wait until the other run is done, or paint on another card".into())
            }
            Self::Io { .. } => {
                Some("check the free space and the permissions of the directory".into())
            }
            Self::Cancelled => None,
        }
    }

    /// Whether the same request may succeed when it is simply made again.
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::TimedOut { .. } | Self::CardBusy { .. } => true,
            Self::Process { source, .. } => source.is_retryable(),
            Self::Io { source, .. } => matches!(
                source.kind(),
                std::io::ErrorKind::Interrupted
                    | std::io::ErrorKind::TimedOut
                    | std::io::ErrorKind::WouldBlock
            ),
            _ => false,
        }
    }

    /// Whether this is the answer to the caller's own cancellation.
    pub fn is_cancelled(&self) -> bool {
        matches!(self, Self::Cancelled)
    }
}
