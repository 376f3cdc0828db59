//! Why an asset could not be had.

use videogen_types::{FailureKind, Hint};

use crate::registry::{AssetId, Licence, LicenceDuties, LockFileError};
use crate::store::AssetStoreError;
use crate::transfer::DownloadError;

/// Why an asset could not be had. Messages read after "failed to …:"; [`SourceError::help`] has the next action.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SourceError {
    /// Nothing has that name.
    #[error("there is no asset {id}")]
    Unknown {
        /// The name.
        id: String,
        /// Names most like it, best first.
        nearest: Vec<String>,
    },
    /// Its licence asks for a yes of the user, and there was none. Nothing was requested.
    #[error("the licence of {id} ({}) has to be accepted first", licence.id())]
    NotAccepted {
        /// The asset.
        id: AssetId,
        /// Its licence.
        licence: Licence,
        /// What it asks for.
        duties: Box<LicenceDuties>,
    },
    /// Its licence does not allow what it would be used for. Nothing was requested.
    #[error("{id} cannot be used: {reason}")]
    Forbidden {
        /// The asset.
        id: AssetId,
        /// Its licence.
        licence: Licence,
        /// Why, as a sentence.
        reason: &'static str,
    },
    /// It is not here, and no request may be made.
    #[error("{id} is not here, and nothing is fetched offline")]
    Offline {
        /// The asset.
        id: AssetId,
    },
    /// A file could not be fetched.
    #[error("fetching {name} of {id} failed")]
    Download {
        /// The asset.
        id: AssetId,
        /// The file.
        name: String,
        /// Why.
        #[source]
        source: Box<DownloadError>,
    },
    /// No mirror has the file any more that was trusted when it was first fetched.
    #[error("{name} of {id} is not what it was when it was first fetched, or cannot be had")]
    Changed {
        /// The asset.
        id: AssetId,
        /// The file.
        name: String,
        /// What came of the mirrors.
        #[source]
        source: Box<DownloadError>,
    },
    /// The file of what was fetched first cannot be used, or says that a file has changed.
    #[error(transparent)]
    Lock(Box<LockFileError>),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] AssetStoreError),
    /// Another source failed, in its own words.
    #[error(transparent)]
    Other(Box<dyn std::error::Error + Send + Sync>),
    /// It was cancelled.
    #[error("cancelled")]
    Cancelled,
}

impl SourceError {
    /// Returns the next action for a person, when there is one.
    pub fn help(&self) -> Option<Hint> {
        match self {
            Self::Unknown { nearest, .. } if nearest.is_empty() => {
                Some("list what there is and pick one of it".into())
            }
            Self::Unknown { nearest, .. } => {
                Some(format!("did you mean {}?", nearest.join(", ")).into())
            }
            Self::NotAccepted { .. } => Some("read the licence and accept it, or choose another one".into()),
            Self::Forbidden { .. } => Some("choose another one".into()),
            Self::Offline { .. } => Some("fetch it once while requests are allowed; then it is here".into()),
            Self::Download { source, .. } => source.help(),
            Self::Changed { id, .. } => Some(
                format!(
                    "ask the publisher whether the file was changed; if so, remove {id} from the lock file and fetch it again"
                )
                .into(),
            ),
            Self::Lock(source) => source.help(),
            Self::Store(source) => source.help(),
            Self::Other(_) | Self::Cancelled => None,
        }
    }

    /// Whether the same call may succeed when it is simply made again.
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::Download { source, .. } | Self::Changed { source, .. } => source.is_retryable(),
            Self::Store(source) => source.is_retryable(),
            _ => false,
        }
    }

    /// Whether this is the answer to the caller's own cancellation.
    pub fn is_cancelled(&self) -> bool {
        matches!(self, Self::Cancelled)
    }

    /// Returns what kind of failure it is.
    pub fn failure_kind(&self) -> FailureKind {
        match self {
            Self::Unknown { .. } => FailureKind::BadInput,
            Self::NotAccepted { .. } | Self::Forbidden { .. } | Self::Offline { .. } => {
                FailureKind::Refused
            }
            Self::Download { source, .. } => source.failure_kind(),
            Self::Changed { .. } => FailureKind::BadOutput,
            Self::Lock(source) if matches!(**source, LockFileError::Changed { .. }) => {
                FailureKind::BadOutput
            }
            Self::Lock(_) | Self::Store(_) => FailureKind::Disk,
            Self::Other(_) => FailureKind::Other,
            Self::Cancelled => FailureKind::Cancelled,
        }
    }

    /// Wraps why a file could not be fetched; a cancelled download is a cancelled call.
    pub(crate) fn download(id: &AssetId, name: &str, source: DownloadError) -> Self {
        if source.is_cancelled() {
            return Self::Cancelled;
        }
        Self::Download {
            id: id.clone(),
            name: name.to_owned(),
            source: Box::new(source),
        }
    }
}

impl From<LockFileError> for SourceError {
    fn from(error: LockFileError) -> Self {
        Self::Lock(Box::new(error))
    }
}
