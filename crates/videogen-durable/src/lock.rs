//! A lock between processes. It is the operating system's, so it ends with its process, however that ends; the file under
//! it stays, because removing it would let two processes lock two files.

use std::fs::{File, TryLockError};
use std::io::{self, Read, Seek, Write};
use std::time::{Duration, Instant};

use camino::{Utf8Path, Utf8PathBuf};

use crate::open::open_own;
use crate::private::open_private;

/// Between two attempts at first.
const FIRST_PAUSE: Duration = Duration::from_millis(2);
/// Between two attempts in the long run.
const LONGEST_PAUSE: Duration = Duration::from_millis(100);
/// The most bytes of a lock file that are read: a process number and a line end.
const LONGEST_NOTE: u64 = 32;

/// A lock was not had.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LockError {
    /// Another process has it, or another handle of this one.
    #[error("{path} is locked{}", by(*.holder))]
    Held {
        /// The lock's file.
        path: Utf8PathBuf,
        /// The process that has it, where it left its number.
        holder: Option<u32>,
        /// How long it was waited for.
        waited: Duration,
    },
    /// The file could not be opened, or the file system cannot lock it.
    #[error("locking {path} failed")]
    Io {
        /// The lock's file.
        path: Utf8PathBuf,
        /// What the operating system said, or [`crate::NotAFile`].
        source: io::Error,
    },
}

fn by(holder: Option<u32>) -> String {
    holder.map_or_else(String::new, |pid| format!(" by process {pid}"))
}

/// A file that processes lock in turn. Open, but not locked, until [`FileLock::try_lock`] succeeds; unlocked when it is
/// dropped.
#[derive(Debug)]
pub struct FileLock {
    path: Utf8PathBuf,
    file: File,
}

impl FileLock {
    /// Opens the file of the lock, made for its owner only where it is missing. Its directory must be there. Returns at
    /// once whatever has the name: a pipe, a link or a file of another user is an error.
    ///
    /// # Errors
    /// [`LockError::Io`].
    pub fn open(path: &Utf8Path) -> Result<Self, LockError> {
        match open_private(path) {
            Ok(file) => Ok(Self {
                path: path.to_owned(),
                file,
            }),
            Err(source) => Err(LockError::Io {
                path: path.to_owned(),
                source,
            }),
        }
    }

    /// Returns the path that it was opened at.
    pub fn path(&self) -> &Utf8Path {
        &self.path
    }

    /// Returns the open file under the lock.
    pub fn as_file(&self) -> &File {
        &self.file
    }

    /// Locks it if nobody has.
    ///
    /// # Errors
    /// [`LockError::Held`], [`LockError::Io`].
    pub fn try_lock(&self) -> Result<(), LockError> {
        match self.file.try_lock() {
            Ok(()) => {
                self.leave_note();
                Ok(())
            }
            Err(TryLockError::WouldBlock) => Err(LockError::Held {
                path: self.path.clone(),
                holder: holder(&self.path),
                waited: Duration::ZERO,
            }),
            Err(TryLockError::Error(source)) => Err(LockError::Io {
                path: self.path.clone(),
                source,
            }),
        }
    }

    /// Locks it, waiting for who has it, `wait` at most. Blocks the thread. Waiters are not served in order.
    ///
    /// # Errors
    /// As [`FileLock::try_lock`].
    pub fn lock_within(&self, wait: Duration) -> Result<(), LockError> {
        let begin = Instant::now();
        let mut pause = FIRST_PAUSE;
        loop {
            let held = match self.try_lock() {
                Err(LockError::Held { path, holder, .. }) => (path, holder),
                other => return other,
            };
            let left = wait.saturating_sub(begin.elapsed());
            if left.is_zero() {
                return Err(LockError::Held {
                    path: held.0,
                    holder: held.1,
                    waited: begin.elapsed(),
                });
            }
            std::thread::sleep(pause.min(left));
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    /// Unlocks it; the next one can have it.
    ///
    /// # Errors
    /// What the operating system says. The lock ends with the process in any case.
    pub fn unlock(&self) -> io::Result<()> {
        self.file.unlock()
    }

    /// Whether the file under the lock's path is still this one. Who tidies a directory may remove it between opening and
    /// locking; then the next process would lock another file.
    pub fn is_in_place(&self) -> bool {
        #[cfg(unix)]
        {
            use std::os::unix::fs::MetadataExt;
            match (self.file.metadata(), self.path.symlink_metadata()) {
                (Ok(ours), Ok(there)) => ours.dev() == there.dev() && ours.ino() == there.ino(),
                _ => false,
            }
        }
        // Windows does not let anybody remove a file that is open.
        #[cfg(not(unix))]
        true
    }

    /// Writes who has it into the file, for messages of others. On Windows nobody could read it while it is locked.
    fn leave_note(&self) {
        if cfg!(windows) {
            return;
        }
        let mut file = &self.file;
        let note = format!("{:<15}\n", std::process::id());
        let written = file.rewind().and_then(|()| file.write_all(note.as_bytes()));
        if let Err(error) = written {
            tracing::debug!(path = %self.path, %error, "cannot note who has the lock");
        }
    }
}

impl Drop for FileLock {
    fn drop(&mut self) {
        // Closing is not enough: a child that another thread is starting has a copy of the file until it runs its
        // program, and the lock would live as long.
        if let Err(error) = self.file.unlock() {
            tracing::debug!(path = %self.path, %error, "cannot unlock");
        }
    }
}

/// Reads who locked the file last.
fn holder(path: &Utf8Path) -> Option<u32> {
    let mut note = String::new();
    let read = open_own(path)
        .ok()?
        .take(LONGEST_NOTE)
        .read_to_string(&mut note);
    read.ok()?;
    note.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_at_a_time_and_the_wait_is_bounded_and_names_the_holder() {
        let dir = camino_tempfile::tempdir().expect("a temporary directory");
        let path = dir.path().join("lock");
        let first = FileLock::open(&path).expect("made");
        first.try_lock().expect("free");
        let second = FileLock::open(&path).expect("there");
        let wait = Duration::from_millis(20);
        match second.lock_within(wait).expect_err("held") {
            LockError::Held { holder, waited, .. } => {
                assert!(waited >= wait);
                assert!(cfg!(windows) || holder == Some(std::process::id()));
            }
            other @ LockError::Io { .. } => panic!("{other}"),
        }
        first.unlock().expect("unlocked");
        second.try_lock().expect("free");
        drop(second);
        first.lock_within(Duration::ZERO).expect("free");
        assert!(first.is_in_place());
    }

    #[cfg(unix)]
    #[test]
    fn a_pipe_as_lock_is_an_error_at_once() {
        use rustix::fs::{CWD, FileType, Mode, mknodat};
        let dir = camino_tempfile::tempdir().expect("a temporary directory");
        let path = dir.path().join("lock");
        let mode = Mode::RUSR | Mode::WUSR;
        mknodat(CWD, path.as_std_path(), FileType::Fifo, mode, 0).expect("made");
        let error = FileLock::open(&path).expect_err("refused");
        assert!(matches!(error, LockError::Io { .. }), "{error}");
    }

    #[cfg(unix)]
    #[test]
    fn a_removed_file_is_noticed() {
        let dir = camino_tempfile::tempdir().expect("a temporary directory");
        let path = dir.path().join("lock");
        let lock = FileLock::open(&path).expect("made");
        lock.try_lock().expect("free");
        std::fs::remove_file(&path).expect("removed");
        assert!(!lock.is_in_place());
    }
}
