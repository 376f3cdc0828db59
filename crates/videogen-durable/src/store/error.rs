//! Why something could not be put into the store. Reading never fails: what cannot be used is a miss.

use std::io;

use crate::Shortage;
use camino::{Utf8Path, Utf8PathBuf};
use videogen_types::{Command, Hint};

/// The error of the store. None of them needs to stop a video: it can be made without a cache.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// A file could not be read or written.
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
    /// The disk or the quota is used up.
    #[error("{action} {path} failed: there is no space left")]
    Full {
        /// "writing" …
        action: &'static str,
        /// The file.
        path: Utf8PathBuf,
        /// What the operating system said.
        #[source]
        source: io::Error,
    },
    /// The directory may not be written to.
    #[error("{action} {path} failed: it is not allowed")]
    Denied {
        /// "writing" …
        action: &'static str,
        /// The file.
        path: Utf8PathBuf,
        /// What the operating system said.
        #[source]
        source: io::Error,
    },
    /// What has the name of a file of the store cannot be it, and cannot be moved out of the way.
    #[error("{path} cannot be used, because {why}, and it cannot be renamed")]
    Unusable {
        /// The file.
        path: Utf8PathBuf,
        /// What is wrong with it.
        why: String,
        /// What the operating system said to the renaming.
        #[source]
        source: io::Error,
    },
    /// Another process holds the store's lock for longer than [`super::StoreLimits::wait`].
    #[error("the cache {path} is held by another process{}", numbered(*.holder))]
    Busy {
        /// The directory of the store.
        path: Utf8PathBuf,
        /// The process, where it left its number.
        holder: Option<u32>,
    },
    /// An extension that could become a path or be taken for a file of the store's own.
    #[error("{extension:?} is not an extension: one to eight of a-z and 0-9")]
    Extension {
        /// What was given.
        extension: String,
    },
    /// What is to be stored is a directory, a device …
    #[error("{path} is not a regular file")]
    NotAFile {
        /// The file.
        path: Utf8PathBuf,
    },
    /// Somebody wrote to the file while it was read.
    #[error("{path} changed while it was being stored")]
    Changed {
        /// The file.
        path: Utf8PathBuf,
    },
}

impl StoreError {
    /// The variant that fits `source`.
    pub(super) fn io(action: &'static str, path: &Utf8Path, source: io::Error) -> Self {
        let path = path.to_owned();
        if Shortage::of(&source).is_some() {
            return Self::Full {
                action,
                path,
                source,
            };
        }
        match source.kind() {
            io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => Self::Denied {
                action,
                path,
                source,
            },
            _ => Self::Io {
                action,
                path,
                source,
            },
        }
    }

    /// Whether the same request may work a moment later.
    pub const fn is_retryable(&self) -> bool {
        matches!(self, Self::Busy { .. } | Self::Changed { .. })
    }

    /// Returns the next action.
    pub fn help(&self) -> Option<Hint> {
        match self {
            Self::Full { source, .. } => Some(match Shortage::of(source) {
                Some(Shortage::FileSize) => Shortage::FileSize.help().into(),
                _ => Hint::from("free some space, or make the cache smaller").aside(
                    ": ",
                    Command::CachePrune,
                    "",
                ),
            }),
            Self::Denied { .. } => {
                Some("make the cache directory writable, or choose another one".into())
            }
            Self::Busy { .. } => Some("wait for the other run, or see whether it hangs".into()),
            Self::Unusable { path, .. } => Some(remedy(path).into()),
            Self::Io { path, source, .. } if is_in_the_way(source) => Some(remedy(path).into()),
            Self::Io { .. }
            | Self::Extension { .. }
            | Self::NotAFile { .. }
            | Self::Changed { .. } => None,
        }
    }
}

fn numbered(holder: Option<u32>) -> String {
    holder.map_or_else(String::new, |pid| format!(" ({pid})"))
}

/// Whether something else has the name of a file or directory of the store.
fn is_in_the_way(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::AlreadyExists
            | io::ErrorKind::IsADirectory
            | io::ErrorKind::NotADirectory
            | io::ErrorKind::InvalidData
            | io::ErrorKind::InvalidInput
    )
}

fn remedy(path: &Utf8Path) -> String {
    format!("move {path} away and try again: what is in the cache can all be made again")
}
