//! Why a journal cannot be read or written.

use std::io;

use crate::Shortage;
use camino::{Utf8Path, Utf8PathBuf};
use videogen_types::Hint;

use super::line;
use crate::atomic;

/// The error of this module. Nothing on disk was changed unless a variant says otherwise.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum JournalError {
    /// The operating system refused something.
    #[error("{action} {path} failed")]
    Io {
        /// "reading", "writing" …
        action: &'static str,
        /// The file.
        path: Utf8PathBuf,
        /// What the operating system said.
        #[source]
        source: io::Error,
    },
    /// No journal was ever begun there.
    #[error("there is no journal {path}")]
    Missing {
        /// Where it would be.
        path: Utf8PathBuf,
    },
    /// A journal was begun there already.
    #[error("there is a journal {path} already")]
    Exists {
        /// The file.
        path: Utf8PathBuf,
    },
    /// The first record was never completed: what it stands for never began. `Journal::create` begins anew.
    #[error("the journal {path} has no complete first record")]
    Empty {
        /// The file.
        path: Utf8PathBuf,
    },
    /// Another process (or another part of this one) has it open.
    #[error("the journal {path} is in use by {}", holder(*pid))]
    Held {
        /// The file.
        path: Utf8PathBuf,
        /// Its process, where that is known.
        pid: Option<u32>,
    },
    /// A line is not what was written, and it is not a torn end.
    #[error("the journal {path} is damaged in line {line}: {reason}")]
    Damaged {
        /// The file.
        path: Utf8PathBuf,
        /// Counted from 1.
        line: u64,
        /// What is wrong with it.
        reason: String,
    },
    /// A newer program wrote it.
    #[error(
        "the journal {path} has format {version}; the newest known here is {}",
        line::VERSION
    )]
    Newer {
        /// The file.
        path: Utf8PathBuf,
        /// The format of the line that is newer.
        version: u64,
    },
    /// A record does not fit in a line.
    #[error(
        "a record takes {bytes} bytes in the journal {path}, and {} are allowed",
        line::LONGEST
    )]
    TooLong {
        /// The file.
        path: Utf8PathBuf,
        /// The length of the line.
        bytes: usize,
    },
    /// A record would not come back as it was: it is refused now rather than when it is needed.
    #[error("a record for the journal {path} cannot be written as JSON and read again")]
    Record {
        /// The file.
        path: Utf8PathBuf,
        /// What JSON does not have.
        #[source]
        source: serde_json::Error,
    },
    /// A journal without records cannot be told from one that never began.
    #[error("the journal {path} needs a first record")]
    NoFirstRecord {
        /// The file.
        path: Utf8PathBuf,
    },
    /// The disk failed an earlier call, so that nobody knows what it holds. Opening the journal again tells.
    #[error("the journal {path} takes no more records, because {reason}")]
    Poisoned {
        /// The file.
        path: Utf8PathBuf,
        /// The earlier failure.
        reason: String,
    },
}

fn holder(pid: Option<u32>) -> String {
    pid.map_or_else(
        || "another process".to_owned(),
        |pid| format!("process {pid}"),
    )
}

impl JournalError {
    pub(super) fn io(action: &'static str, path: &Utf8Path, source: io::Error) -> Self {
        Self::Io {
            action,
            path: path.to_owned(),
            source,
        }
    }

    /// Whether the same call may work a moment later. Never after a failed flush: the kernel may have dropped the bytes,
    /// and the next flush would succeed without them.
    pub fn is_retryable(&self) -> bool {
        matches!(self, Self::Held { .. })
    }

    /// The next action.
    pub fn help(&self) -> Option<Hint> {
        match self {
            Self::Held { pid: Some(pid), .. } => {
                Some(format!("wait until process {pid} has finished, or stop it").into())
            }
            Self::Held { pid: None, .. } => {
                Some("wait until the other one has finished, or stop it".into())
            }
            Self::Damaged { path, .. } => Some(format!(
                "nothing was changed; bring {path} back from a backup, or move it away to begin anew"
            ).into()),
            Self::Newer { .. } => Some("use the version that wrote it, or a newer one".into()),
            Self::Poisoned { .. } => Some(
                "check the disk, then start again: every record that was committed is kept".into(),
            ),
            Self::Io { path, source, .. }
                if matches!(
                    source.kind(),
                    io::ErrorKind::IsADirectory
                        | io::ErrorKind::NotADirectory
                        | io::ErrorKind::InvalidInput
                        | io::ErrorKind::InvalidData
                ) =>
            {
                Some(format!(
                    "nothing was changed; {path} is no journal: move it away to begin anew"
                ).into())
            }
            Self::Io { source, .. } => Shortage::of(source).map(|shortage| {
                let first = shortage.help();
                format!("{first}, then start again: every record that was committed is kept").into()
            }),
            _ => None,
        }
    }
}

impl From<atomic::WriteError> for JournalError {
    fn from(error: atomic::WriteError) -> Self {
        Self::Io {
            action: error.step.action(),
            path: error.path,
            source: error.source,
        }
    }
}
