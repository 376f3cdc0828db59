//! What can be wrong with a store, and what a person can do about it.

use std::io;
use std::time::Duration;

use camino::{Utf8Path, Utf8PathBuf};
use videogen_durable::{LockError, Shortage, WriteError};
use videogen_types::{Hint, Setting};

use crate::registry::{AssetId, Sha256Digest};

/// The store of assets could not do what was asked of it. Nothing that was in it before is lost.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AssetStoreError {
    /// A file or directory could not be used.
    #[error("{action} {path} failed")]
    Io {
        /// What was to be done: "reading", "naming" …
        action: &'static str,
        /// With which file.
        path: Utf8PathBuf,
        /// What the operating system said.
        #[source]
        source: io::Error,
    },
    /// Another process is changing the store, and did not end within the time that is waited.
    #[error("the store of assets is busy")]
    Busy {
        /// Who has the lock.
        #[source]
        source: LockError,
    },
    /// A content is not there.
    #[error("the store has no file with the digest {sha256}")]
    Missing {
        /// Its digest.
        sha256: Sha256Digest,
    },
    /// The bytes of a file are not those that its digest promises.
    #[error("{path} has the digest {saw}, not {expected}")]
    Mismatch {
        /// The file.
        path: Utf8PathBuf,
        /// The digest that it should have.
        expected: Sha256Digest,
        /// The digest that it has.
        saw: Sha256Digest,
    },
    /// No such asset is installed, whole.
    #[error("{id} is not installed")]
    NotInstalled {
        /// The asset.
        id: AssetId,
    },
    /// Somebody uses the asset.
    #[error("{id} is in use")]
    InUse {
        /// The asset.
        id: AssetId,
    },
    /// A name is more than a name, or two files of an asset could be one.
    #[error("{name:?} cannot be the name of a file: {problem}")]
    BadName {
        /// The name.
        name: String,
        /// What is wrong with it.
        problem: String,
    },
    /// Another file has the name that a file was to get.
    #[error("{path} is another file")]
    NameTaken {
        /// The file in the way, which was left as it is.
        path: Utf8PathBuf,
    },
    /// It does not fit.
    #[error(
        "the store of assets may hold {} MB: {} MB more do not fit beside the {} MB that are pinned, in use or new",
        limit / 1_000_000, bytes.div_ceil(1_000_000), held.div_ceil(1_000_000)
    )]
    NoRoom {
        /// The bytes that room was asked for.
        bytes: u64,
        /// The limit of the store, in bytes.
        limit: u64,
        /// What has to stay, in bytes.
        held: u64,
    },
    /// The caller's token fired.
    #[error("cancelled")]
    Cancelled,
}

impl AssetStoreError {
    /// Returns what there is not enough of to write on, where that is the reason.
    pub fn shortage(&self) -> Option<Shortage> {
        match self {
            Self::Io { source, .. } => Shortage::of(source),
            _ => None,
        }
    }

    /// Returns the next action for a person, when there is one.
    pub fn help(&self) -> Option<Hint> {
        if let Some(shortage) = self.shortage() {
            return Some(shortage.help().into());
        }
        Some(match self {
            Self::Io { source, .. } if is_read_only(source) => {
                Hint::from("make that directory writable, or choose another ")
                    .term(Setting::AssetsDir)
            }
            Self::Io { .. } => {
                "check the permissions of that directory, and the health of its disk".into()
            }
            Self::Busy { .. } => "wait for the other process, or end it".into(),
            Self::Missing { .. } | Self::NotInstalled { .. } => "fetch it again".into(),
            Self::Mismatch { .. } => {
                "fetch the file again; if it happens again, check the disk and the memory".into()
            }
            Self::InUse { .. } => "wait for the processes that use it".into(),
            Self::BadName { .. } => "correct the registry that names it".into(),
            Self::NameTaken { path } => format!("move {path} away if it is not needed").into(),
            Self::NoRoom { .. } => Hint::from("choose a higher ").term(Setting::AssetsLimit),
            Self::Cancelled => return None,
        })
    }

    /// Whether the same call may succeed when it is simply made again.
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::Busy {
                source: LockError::Held { .. },
            }
            | Self::InUse { .. }
            | Self::Missing { .. } => true,
            Self::Io { source, .. } => {
                matches!(
                    source.kind(),
                    io::ErrorKind::Interrupted
                        | io::ErrorKind::TimedOut
                        | io::ErrorKind::WouldBlock
                )
            }
            _ => false,
        }
    }

    /// Whether this is the answer to the caller's own cancellation.
    pub fn is_cancelled(&self) -> bool {
        matches!(self, Self::Cancelled)
    }

    pub(super) fn io(action: &'static str, path: &Utf8Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Io {
            action,
            path,
            source,
        }
    }

    pub(super) fn lock(source: LockError) -> Self {
        match source {
            LockError::Io { path, source } => Self::Io {
                action: "locking",
                path,
                source,
            },
            held => Self::Busy { source: held },
        }
    }
}

impl From<WriteError> for AssetStoreError {
    fn from(error: WriteError) -> Self {
        Self::Io {
            action: error.step.action(),
            path: error.path,
            source: error.source,
        }
    }
}

fn is_read_only(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ReadOnlyFilesystem | io::ErrorKind::PermissionDenied
    )
}

/// How long one process waits for another that changes the store. Changes are renames and removals; copies are made
/// before.
pub(super) const WAIT: Duration = Duration::from_secs(20);
