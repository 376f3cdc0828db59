//! One writer for a journal. The lock is the operating system's, so it ends with its process, however that ends.

use std::fs::{self, TryLockError};
use std::sync::Arc;

use crate::{FileLock, LockError, open_own, read_own_to_string};
use camino::{Utf8Path, Utf8PathBuf};

use super::{HOLDER, JOURNAL_FILE, JournalError, LOCK};
use crate::atomic;
use crate::effects::{Effect, Effects};

/// Holds the lock of a directory until it is dropped.
#[derive(Debug)]
pub(super) struct Lock {
    holder: Utf8PathBuf,
    effects: Arc<dyn Effects>,
    /// The file stays: removing it would let two processes lock two files.
    file: FileLock,
}

/// The most bytes of the note of who has the lock that are read.
const LONGEST_NOTE: u64 = 64;

impl Lock {
    /// Takes it, or says who has it.
    ///
    /// # Errors
    /// [`JournalError::Held`], [`JournalError::Io`].
    pub(super) fn take(dir: &Utf8Path, effects: Arc<dyn Effects>) -> Result<Self, JournalError> {
        let path = dir.join(LOCK);
        let holder = dir.join(HOLDER);
        let locking = |e| JournalError::io("locking", &path, e);
        effects.before(Effect::Write(&path)).map_err(locking)?;
        let opened = FileLock::open(&path).and_then(|lock| lock.try_lock().map(|()| lock));
        let file = match opened {
            Ok(lock) => lock,
            Err(LockError::Held { holder: noted, .. }) => {
                return Err(JournalError::Held {
                    path: dir.join(JOURNAL_FILE),
                    pid: read_pid(&holder).or(noted),
                });
            }
            Err(LockError::Io { source, .. }) => return Err(locking(source)),
        };
        let lock = Self {
            holder,
            effects,
            file,
        };
        // A file of its own: on Windows nobody can read one that is locked.
        atomic::sweep_temporaries(&*lock.effects, &lock.holder);
        let pid = format!("{}\n", std::process::id());
        atomic::write_unsynced(&*lock.effects, &lock.holder, pid.as_bytes())?;
        Ok(lock)
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        let removed = self
            .effects
            .before(Effect::Remove(&self.holder))
            .and_then(|()| fs::remove_file(&self.holder));
        if let Err(error) = removed {
            tracing::debug!(path = %self.holder, %error, "cannot remove the note of who has the journal");
        }
        // Closing is not enough: a child that another thread is starting has a copy of the file until it runs its
        // program, and the lock would live as long.
        if let Err(error) = self.file.unlock() {
            tracing::warn!(path = %self.holder, %error, "cannot unlock the journal");
        }
    }
}

/// Who has the journal in `dir`: nothing if nobody has, otherwise the process. Changes nothing.
pub(super) fn holder(dir: &Utf8Path) -> Option<u32> {
    // Who has the lock leaves a note. Without one the lock is not even touched: trying it would be in the way of a process
    // that is just taking it.
    let pid = read_pid(&dir.join(HOLDER))?;
    let file = open_own(&dir.join(LOCK)).ok()?;
    match file.try_lock_shared() {
        Err(TryLockError::WouldBlock) => Some(pid),
        _ => None,
    }
}

fn read_pid(holder: &Utf8Path) -> Option<u32> {
    let note = read_own_to_string(holder, LONGEST_NOTE).ok()?;
    note.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::effects::RealEffects;

    #[test]
    fn a_copy_of_the_file_in_a_starting_child_does_not_keep_the_lock() {
        let dir = camino_tempfile::tempdir().expect("a temporary directory");
        let take = || Lock::take(dir.path(), Arc::new(RealEffects));
        let lock = take().expect("free");
        let copy = lock.file.as_file().try_clone().expect("copied");
        assert!(matches!(take(), Err(JournalError::Held { .. })));
        drop(lock);
        drop(take().expect("free again"));
        drop(copy);
    }
}
