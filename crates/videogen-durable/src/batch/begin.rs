//! The beginning of a batch: it exists with all it needs to be resumed, or not at all.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use camino::{Utf8Path, Utf8PathBuf};

use super::job::{BatchJob, JobProgress};
use super::record::{Record, State, fold};
use super::{Batch, BatchError, Batches, remove};
use crate::{
    Effect, FileLock, Journal, JournalError, LockError, create_private_dir, create_private_dir_all,
};

/// Held while a batch is begun: what is not accepted and not begun by its holder was begun by a process that is dead.
const LOCK: &str = "lock";
/// How long it is waited for. It is held for the milliseconds in which a batch is begun, and while old ones are forgotten.
const PATIENCE: Duration = Duration::from_secs(30);

impl<J: BatchJob> Batches<J> {
    /// Begins a batch of `jobs`. When this returns, it can be resumed.
    ///
    /// # Errors
    /// [`BatchError::Io`], [`BatchError::Durable`], [`BatchError::Journal`]; then there is no batch.
    pub fn create(&self, jobs: &[J]) -> Result<Batch<J>, BatchError> {
        create_private_dir_all(&self.root).map_err(|e| creating(&self.root, e))?;
        let beginning = self.lock()?;
        self.sweep_unaccepted();
        let dir = self.new_dir()?;
        let name = dir.file_name().unwrap_or_default().to_owned();
        let begun = self.begin(&name, &dir, jobs);
        if begun.is_err() {
            // Its last line may be there, though nobody knows whether it lasts: it must not be found later.
            self.remove_journal(&dir);
        }
        drop(beginning);
        let (journal, state) = begun?;
        self.forget_old(&name);
        Ok(self.opened(name, dir, journal, state))
    }

    /// Writes the journal of a new batch.
    fn begin(
        &self,
        name: &str,
        dir: &Utf8Path,
        jobs: &[J],
    ) -> Result<(Journal<Record<J>>, State<J>), BatchError> {
        let state = State {
            batch: name.to_owned(),
            version: self.program.version.to_owned(),
            output_keys: self.program.output_keys,
            machine: self.here(),
            jobs: jobs.to_vec(),
            progress: vec![JobProgress::Open; jobs.len()],
            unsettled: vec![None; jobs.len()],
            finished: false,
        };
        let failed = |source| BatchError::Journal {
            name: name.to_owned(),
            source,
        };
        let first = Record::Created {
            batch: name.to_owned(),
            version: state.version.clone(),
            machine: state.machine.clone(),
            jobs: u32::try_from(jobs.len()).unwrap_or(u32::MAX),
            output_keys: state.output_keys,
        };
        let mut journal =
            Journal::create(dir, Arc::clone(&self.effects), &first).map_err(failed)?;
        for (number, job) in (1..).zip(jobs) {
            let job = Box::new(job.clone());
            journal
                .append(&Record::Job { number, job })
                .map_err(failed)?;
        }
        journal.commit(&Record::Accepted).map_err(failed)?;
        // The journal's own name is on disk; that of its directory is not yet.
        crate::sync_dir(&*self.effects, &self.root)?;
        Ok((journal, state))
    }

    /// Takes the lock, when nobody else has it any more: for the milliseconds in which a batch is begun.
    fn lock(&self) -> Result<FileLock, BatchError> {
        let path = self.root.join(LOCK);
        self.effects
            .before(Effect::Write(&path))
            .map_err(|e| creating(&path, e))?;
        let lock = FileLock::open(&path).map_err(|error| match error {
            LockError::Io { source, .. } => creating(&path, source),
            error => creating(&path, io::Error::other(error)),
        })?;
        match lock.lock_within(PATIENCE) {
            Ok(()) => Ok(lock),
            // A file system without locks. The journal, which nobody can do without, will say so.
            Err(LockError::Io { source, .. }) if source.kind() == io::ErrorKind::Unsupported => {
                Ok(lock)
            }
            Err(LockError::Io { source, .. }) => Err(locking(path, source)),
            // Its message names who has it.
            Err(error) => Err(locking(
                path,
                io::Error::new(io::ErrorKind::WouldBlock, error),
            )),
        }
    }

    /// Removes batches whose process ended before they were accepted. The lock is held.
    fn sweep_unaccepted(&self) {
        for name in self.names().unwrap_or_default() {
            let dir = self.root.join(&name);
            let is_unaccepted = match crate::read_journal::<Record<J>>(&dir) {
                Ok(entries) => fold(entries.into_iter().map(|entry| entry.body)) == Ok(None),
                Err(JournalError::Missing { .. } | JournalError::Empty { .. }) => true,
                Err(_) => false,
            };
            if is_unaccepted
                && remove::is_batch_name(&name)
                && is_begun_only(&dir, self.program.reports)
            {
                self.remove_journal(&dir);
            }
        }
    }

    /// Makes a directory for a new batch, named by the time: 20261125-193000, with a number behind it if that is taken.
    fn new_dir(&self) -> Result<Utf8PathBuf, BatchError> {
        const MOST: u32 = 10_000;
        let stem = (self.program.local_time)();
        for n in 1..MOST {
            let name = if n == 1 {
                stem.clone()
            } else {
                format!("{stem}-{n}")
            };
            let dir = self.root.join(name);
            self.effects
                .before(Effect::Write(&dir))
                .map_err(|e| creating(&dir, e))?;
            match create_private_dir(&dir) {
                Ok(()) => return Ok(dir),
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(creating(&dir, error)),
            }
        }
        Err(creating(&self.root, io::ErrorKind::AlreadyExists.into()))
    }
}

fn locking(path: Utf8PathBuf, source: io::Error) -> BatchError {
    BatchError::Io {
        action: "locking",
        path,
        source,
    }
}

fn creating(path: &Utf8Path, source: io::Error) -> BatchError {
    BatchError::Io {
        action: "creating",
        path: path.to_owned(),
        source,
    }
}

/// Says whether a directory has nothing in it but what the beginning of a batch leaves.
fn is_begun_only(dir: &Utf8Path, reports: &[&str]) -> bool {
    let Ok(mut entries) = dir.read_dir_utf8() else {
        return false;
    };
    entries.all(|entry| entry.is_ok_and(|entry| remove::is_ours(entry.file_name(), reports)))
}
