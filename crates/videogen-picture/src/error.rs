//! Why a picture was not painted.

use camino::Utf8PathBuf;
use videogen_types::{FailureKind, Hint, Part, Setting};

/// The error of every function of this crate that paints.
///
/// The message is lower-case and reads after "failed to …"; [`Error::help`] names the next action.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A workflow of the user cannot be used.
    #[error("the workflow {path} cannot be used: {reason}")]
    Workflow {
        /// The file.
        path: Utf8PathBuf,
        /// What is wrong with it.
        reason: String,
        /// What to do about it, where that is more than to name another.
        hint: Option<Hint>,
    },
    /// A painter that was asked for by name did not paint the picture, and no other was accepted in its place.
    #[error("{by}, which was asked for by name, did not make {what}: {reason}")]
    NotDelivered {
        /// What is missing, as "the picture of scene 2".
        what: String,
        /// The part of the video it belongs to.
        part: Part,
        /// Who was to make it.
        by: String,
        /// Who would have painted in its place.
        fallback: String,
        /// Why it did not come about.
        reason: String,
        /// What kind of failure the last one was.
        cause: FailureKind,
    },
    /// What a painter made is no good, that of the built-in one included.
    #[error("{what} cannot be used: {reason}")]
    Unfit {
        /// What was made, as "the picture of scene 2".
        what: String,
        /// What is wrong with it, as "it is black".
        reason: String,
    },
    /// A painter failed in a way of its own: for painters of other crates.
    #[error("{by} did not paint: {reason}")]
    Failed {
        /// The id of the painter.
        by: String,
        /// What went wrong, in a few words.
        reason: String,
        /// What to do about it, where somebody can do something.
        hint: Option<Hint>,
        /// What kind of failure it is, for those who count.
        kind: FailureKind,
    },
    /// A picture could not be read or written as one.
    #[cfg(feature = "comfyui")]
    #[error(transparent)]
    Media(#[from] videogen_media::Error),
    /// A file could not be read or written.
    #[error("{action} {path} failed")]
    Io {
        /// "reading", "writing" …
        action: &'static str,
        /// The file.
        path: Utf8PathBuf,
        /// What the operating system said.
        #[source]
        source: std::io::Error,
    },
    /// The caller's token fired.
    #[error("cancelled")]
    Cancelled,
}

impl Error {
    /// Returns whether it is only that somebody cancelled.
    pub fn is_cancelled(&self) -> bool {
        match self {
            Self::Cancelled => true,
            #[cfg(feature = "comfyui")]
            Self::Media(error) => error.is_cancelled(),
            _ => false,
        }
    }

    /// Returns whether the same request may work a moment later.
    pub fn is_retryable(&self) -> bool {
        match self {
            #[cfg(feature = "comfyui")]
            Self::Media(error) => error.is_retryable(),
            _ => false,
        }
    }

    /// Returns the next action, where there is one to take.
    pub fn help(&self) -> Option<Hint> {
        match self {
            Self::Workflow { hint, .. } => Some(hint.clone().unwrap_or_else(|| {
                Hint::from("name a workflow that ComfyUI has exported in API format")
                    .with(Setting::Workflow)
                    .words(", or leave it out")
            })),
            Self::NotDelivered { part, fallback, .. } => Some(part.remedy(fallback)),
            Self::Failed { hint, .. } => hint.clone(),
            #[cfg(feature = "comfyui")]
            Self::Media(error) => error.help(),
            _ => None,
        }
    }

    /// Returns what kind of failure it is, for those who count.
    pub fn failure_kind(&self) -> FailureKind {
        match self {
            Self::Workflow { .. } => FailureKind::BadInput,
            Self::NotDelivered { cause, .. } => *cause,
            Self::Failed { kind, .. } => *kind,
            Self::Unfit { .. } => FailureKind::BadOutput,
            #[cfg(feature = "comfyui")]
            Self::Media(_) => FailureKind::BadOutput,
            Self::Io { .. } => FailureKind::Disk,
            Self::Cancelled => FailureKind::Cancelled,
        }
    }

    /// Returns a stable name for events.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Workflow { .. } => "bad_workflow",
            Self::NotDelivered { .. } => "not_delivered",
            Self::Failed { .. } => "painter",
            Self::Unfit { .. } => "unfit",
            #[cfg(feature = "comfyui")]
            Self::Media(_) => "media",
            Self::Io { .. } => "io",
            Self::Cancelled => "cancelled",
        }
    }
}
