//! A video that is not complete does not have the name of one.

use camino::{Utf8Path, Utf8PathBuf};

use crate::Error;

/// The video while it is being written. Dropped, it is removed.
pub(super) struct Partial<'a> {
    pub(super) path: Utf8PathBuf,
    output: &'a Utf8Path,
}

impl<'a> Partial<'a> {
    pub(super) fn beside(output: &'a Utf8Path) -> Self {
        let name = output.file_name().unwrap_or("video");
        Self {
            path: output.with_file_name(format!(".{name}.partial")),
            output,
        }
    }

    /// Gives it the name it was made for.
    pub(super) fn finish(self) -> Result<(), Error> {
        std::fs::rename(&self.path, self.output).map_err(|source| Error::Io {
            action: "writing",
            path: self.output.to_owned(),
            source,
        })
    }

    /// The error with the name the caller knows.
    pub(super) fn named(&self, error: Error) -> Error {
        match error {
            Error::Io {
                action,
                path,
                source,
            } if path == self.path => Error::Io {
                action,
                path: self.output.to_owned(),
                source,
            },
            other => other,
        }
    }
}

impl Drop for Partial<'_> {
    fn drop(&mut self) {
        // Renamed or never made: then there is nothing to remove.
        let _ = std::fs::remove_file(&self.path);
    }
}
