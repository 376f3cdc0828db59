//! One writer at a time: between threads by a mutex, between processes by a lock on a file, which dies with its process.

use std::ops::{Deref, DerefMut};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::{FileLock, LockError};
use camino::{Utf8Path, Utf8PathBuf};

use super::StoreError;
use super::disk::Disk;
use super::room::Amount;
use crate::effects::Effect;

/// What the holder of the lock knows of the store's size.
#[derive(Debug, Default)]
pub(super) struct Tally {
    /// At the last survey, and what this store added and removed since.
    pub(super) held: Amount,
    /// Bytes put since the last survey. Other processes put as well, unseen, so the next survey is due before this is much.
    pub(super) unsurveyed: u64,
}

#[derive(Debug)]
struct State {
    /// The file with the lock on it.
    file: FileLock,
    tally: Tally,
}

/// The lock of a store.
#[derive(Debug)]
pub(super) struct Lock {
    dir: Utf8PathBuf,
    wait: Duration,
    state: Mutex<State>,
}

impl Lock {
    /// The lock of the store in `dir`, which is made if it is not there.
    pub(super) fn open(dir: &Utf8Path, wait: Duration, disk: &Disk) -> Result<Self, StoreError> {
        let path = dir.join("lock");
        let file = disk
            .0
            .before(Effect::Write(&path))
            .map_err(|source| StoreError::io("opening", &path, source))
            .and_then(|()| FileLock::open(&path).map_err(|error| failed("opening", error)))?;
        Ok(Self {
            dir: dir.to_owned(),
            wait,
            state: Mutex::new(State {
                file,
                tally: Tally::default(),
            }),
        })
    }

    /// Waits for the lock, at most as long as the limits say.
    pub(super) fn hold(&self) -> Result<Held<'_>, StoreError> {
        // A panic while it was held leaves a tally that the next survey corrects.
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        match state.file.lock_within(self.wait) {
            Ok(()) => Ok(Held(state)),
            Err(LockError::Held { holder, .. }) => Err(StoreError::Busy {
                path: self.dir.clone(),
                holder,
            }),
            // Without locks two processes could mix their halves of an entry: then no store at all.
            Err(error) => Err(failed("locking", error)),
        }
    }
}

fn failed(action: &'static str, error: LockError) -> StoreError {
    match error {
        LockError::Io { path, source } => StoreError::io(action, &path, source),
        error => StoreError::io(action, Utf8Path::new("lock"), std::io::Error::other(error)),
    }
}

/// The lock, held.
#[derive(Debug)]
pub(super) struct Held<'a>(MutexGuard<'a, State>);

impl Deref for Held<'_> {
    type Target = Tally;

    fn deref(&self) -> &Tally {
        &self.0.tally
    }
}

impl DerefMut for Held<'_> {
    fn deref_mut(&mut self) -> &mut Tally {
        &mut self.0.tally
    }
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        if let Err(error) = self.0.file.unlock() {
            tracing::warn!(%error, "cannot unlock the cache");
        }
    }
}
