//! Scratch directories: one for each video, inside the output directory so that publishing copies nothing. Removed on
//! success, error, panic and cancellation by `Drop`; what a `kill -9` leaves is swept when the next video starts, see
//! [`videogen_durable::sweep_and_log`].

use std::io;
use std::sync::Arc;

use camino::{Utf8Path, Utf8PathBuf};
use videogen_durable::{ScratchDir, SweepNotice, sweep_and_log};
use videogen_types::Stage;

use crate::{Error, ErrorKind};

/// What the directories are called, before a process number and random digits.
pub(crate) const PREFIX: &str = ".videogen-";

/// A directory of our own.
#[derive(Debug)]
pub(crate) struct Scratch {
    directory: Arc<ScratchDir>,
}

impl Scratch {
    /// Makes a new one in `parent`.
    pub(crate) fn new(parent: &Utf8Path) -> Result<Self, Error> {
        let directory = ScratchDir::create(parent, PREFIX)
            .map_err(|source| failed("creating a scratch directory in", parent, source))?;
        Ok(Self {
            directory: Arc::new(directory),
        })
    }

    /// Makes it again where it has vanished, as when somebody tidies the temporary directory. `true` when it had: what
    /// was in it is gone.
    ///
    /// # Errors
    /// It cannot be made.
    pub(crate) fn ensure(&self) -> Result<bool, Error> {
        let path = self.directory.path();
        let failed = |source| failed("making again", path, source);
        // What tidies the temporary directory may take the directories above as well.
        let parent = path.parent().unwrap_or(path);
        std::fs::create_dir_all(parent).map_err(failed)?;
        let had_vanished = self.directory.ensure().map_err(failed)?;
        if had_vanished {
            tracing::warn!(%path, "the scratch directory was removed while it was in use, and is made again");
        }
        Ok(had_vanished)
    }

    /// Returns the directory itself, which is there as long as this or that is.
    pub(crate) fn shared(&self) -> Arc<ScratchDir> {
        Arc::clone(&self.directory)
    }

    /// Whether it is in `parent`, from where a rename brings its files there.
    pub(crate) fn is_in(&self, parent: &Utf8Path) -> bool {
        self.directory.path().parent() == Some(parent)
    }

    /// A path inside it.
    pub(crate) fn path(&self, name: &str) -> Utf8PathBuf {
        self.directory.path().join(name)
    }
}

/// Removes the scratch directories in `parent` whose process is gone, and logs it.
pub(crate) fn sweep(parent: &Utf8Path, notice: SweepNotice) {
    sweep_and_log(parent, PREFIX, "videogen", notice);
}

pub(crate) fn failed(action: &'static str, path: &Utf8Path, source: io::Error) -> Error {
    Error::new(
        Stage::Publish,
        ErrorKind::Io {
            action,
            path: path.to_owned(),
            source,
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn a_scratch_directory_goes_with_its_owner_and_comes_back() {
        let parent = camino_tempfile::tempdir().expect("a temporary directory");
        let scratch = Scratch::new(parent.path()).expect("made");
        fs::write(scratch.path("x"), "x").expect("written");
        assert!(scratch.is_in(parent.path()) && !scratch.ensure().expect("there"));
        videogen_durable::remove_tree(&scratch.path("")).expect("removed");
        assert!(scratch.ensure().expect("made again"));
        fs::write(scratch.path("x"), "x").expect("written");
        drop(scratch);
        assert_eq!(fs::read_dir(parent.path()).expect("there").count(), 0);
    }
}
