//! The file that mirrors are remembered in: read whatever stands there, written whole, changed under a lock.

use std::io;
use std::time::Duration;

use camino::{Utf8Path, Utf8PathBuf};
use videogen_durable::{
    FileLock, LockError, RealEffects, WriteError, create_missing_dirs, read_own, sweep_temporaries,
    write_atomically,
};

use super::records::Records;

/// The most bytes that are read: 512 hosts and 2,048 addresses with the longest names are less.
const LARGEST: u64 = 4 << 20;
/// How long a writer waits for another. It holds the lock for a few flushes: milliseconds, seconds on a poor disk.
const PATIENCE: Duration = Duration::from_secs(5);

/// What was learnt of mirrors could not be kept. It is still known to this process, and the next time tells it all.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HealthFileError {
    /// The directory of the file could not be made.
    #[error("making {path} failed")]
    Directory {
        /// The directory.
        path: Utf8PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// Another process has the file's lock for longer than 5 s, or it cannot be locked.
    #[error(transparent)]
    Lock(#[from] LockError),
    /// The file was not written.
    #[error(transparent)]
    Write(#[from] WriteError),
    /// What is known cannot be written as JSON, which does not happen.
    #[error("wording {path} failed")]
    Format {
        /// The file.
        path: Utf8PathBuf,
        /// What is wrong.
        source: serde_json::Error,
    },
}

/// Reads the file. One that is not there has nothing in it.
///
/// # Errors
/// A few words that say why what is there is of no use.
pub(super) fn read(path: &Utf8Path) -> Result<Records, String> {
    match read_own(path, LARGEST) {
        Ok(bytes) => Records::parse(&bytes),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Records::default()),
        Err(error) => Err(format!("it cannot be read: {error}")),
    }
}

/// The right to change the file, until it is dropped.
#[derive(Debug)]
pub(super) struct Changing<'a> {
    path: &'a Utf8Path,
    _lock: FileLock,
}

impl<'a> Changing<'a> {
    /// Waits for whoever else changes the file, 5 s at most.
    pub(super) fn begin(path: &'a Utf8Path) -> Result<Self, HealthFileError> {
        // A bare name is in the current directory.
        let parent = path.parent().filter(|parent| !parent.as_str().is_empty());
        if let Some(dir) = parent {
            create_missing_dirs(dir).map_err(|source| HealthFileError::Directory {
                path: dir.to_owned(),
                source,
            })?;
        }
        let lock = FileLock::open(Utf8Path::new(&format!("{path}.lock")))?;
        lock.lock_within(PATIENCE)?;
        Ok(Self { path, _lock: lock })
    }

    /// Replaces what is in the file, and returns when that is on disk.
    pub(super) fn write(&self, records: &Records) -> Result<(), HealthFileError> {
        let bytes = records
            .to_bytes()
            .map_err(|source| HealthFileError::Format {
                path: self.path.to_owned(),
                source,
            })?;
        sweep_temporaries(&RealEffects, self.path);
        Ok(write_atomically(&RealEffects, self.path, &bytes)?)
    }
}
