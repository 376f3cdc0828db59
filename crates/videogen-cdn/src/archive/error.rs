//! Why an archive is not unpacked.

use std::io;

use camino::{Utf8Path, Utf8PathBuf};
use videogen_durable::Shortage;
use videogen_types::Hint;

/// An archive was not unpacked. Nothing of it is left.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ArchiveError {
    /// A file or directory could not be used.
    #[error("{action} {path} failed")]
    Io {
        /// What was to be done.
        action: &'static str,
        /// With which file.
        path: Utf8PathBuf,
        /// What the operating system said.
        #[source]
        source: io::Error,
    },
    /// It is cut off or damaged, or no archive of a kind that is read.
    #[error("{path} is no whole tar archive: {detail}")]
    Damaged {
        /// The archive.
        path: Utf8PathBuf,
        /// What is wrong with it.
        detail: String,
    },
    /// Something in it is not unpacked, so nothing is.
    #[error("{path} is refused because of {member:?}: {problem}")]
    Refused {
        /// The archive.
        path: Utf8PathBuf,
        /// The member, made readable.
        member: String,
        /// What is wrong with it.
        problem: MemberProblem,
    },
    /// It holds more than was allowed.
    #[error("{path} is refused: {limit}")]
    TooMuch {
        /// The archive.
        path: Utf8PathBuf,
        /// Which bound, in words.
        limit: String,
    },
    /// It has no member of that name.
    #[error("{path} has no file {member:?}")]
    NoMember {
        /// The archive.
        path: Utf8PathBuf,
        /// The name that was asked for.
        member: String,
    },
    /// Something has the name that was to be made.
    #[error("{path} exists")]
    Taken {
        /// The name.
        path: Utf8PathBuf,
    },
    /// The caller's token fired.
    #[error("cancelled")]
    Cancelled,
}

/// What is wrong with a member of an archive.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MemberProblem {
    /// It is a symbolic or a hard link.
    #[error("it is a link")]
    Link,
    /// It is a device, a pipe, a sparse file, or of a kind that is not known.
    #[error("it is no regular file and no directory")]
    Special,
    /// Its path begins at the root.
    #[error("its path is absolute")]
    Absolute,
    /// Its path leads out.
    #[error("its path leads out of the archive")]
    Parent,
    /// A part of its path is no plain name.
    #[error("a part of its path is no plain name: {0}")]
    Name(String),
    /// Its path has more parts than any that is needed.
    #[error("its path has more than {0} parts")]
    Deep(usize),
    /// Another member has its path, or one that some file systems take for the same.
    #[error("another member has the same path")]
    Duplicate,
    /// The header and an extension give different sizes.
    #[error("it has two sizes")]
    TwoSizes,
    /// An extension is malformed, or would change what is unpacked.
    #[error("an extension before it is not understood: {0}")]
    Extension(&'static str),
}

impl ArchiveError {
    /// Returns the next action for a person, when there is one.
    pub fn help(&self) -> Option<Hint> {
        match self {
            Self::Io { source, .. } => Some(match Shortage::of(source) {
                Some(shortage) => shortage.help().into(),
                None => {
                    "check the permissions of that directory, and the health of its disk".into()
                }
            }),
            Self::Damaged { .. } => Some("fetch it again".into()),
            Self::Refused { .. } | Self::TooMuch { .. } => {
                Some("do not use this archive; tell whoever publishes it".into())
            }
            Self::NoMember { .. } => Some("correct the registry that names it".into()),
            Self::Taken { path } => Some(format!("move {path} away if it is not needed").into()),
            Self::Cancelled => None,
        }
    }

    pub(super) fn io(action: &'static str, path: &Utf8Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Io {
            action,
            path,
            source,
        }
    }
}
