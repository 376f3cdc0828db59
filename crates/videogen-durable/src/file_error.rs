//! The error of whatever does one thing with one file.

use std::io;

use camino::{Utf8Path, Utf8PathBuf};

/// A file or directory could not be used.
#[derive(Debug, thiserror::Error)]
#[error("{action} {path} failed")]
#[non_exhaustive]
pub struct FileError {
    /// What was to be done: "reading", "publishing" …
    pub action: &'static str,
    /// With which file.
    pub path: Utf8PathBuf,
    /// What the operating system said.
    #[source]
    pub source: io::Error,
}

impl FileError {
    /// Returns the error of an `action` with `path`.
    pub(crate) fn new(action: &'static str, path: &Utf8Path, source: io::Error) -> Self {
        Self {
            action,
            path: path.to_owned(),
            source,
        }
    }
}
