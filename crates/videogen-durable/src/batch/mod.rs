//! Batches: what was asked for and how far it is, in a journal that survives the end of the process at any moment.
//!
//! A batch is a directory named by the time it was begun. Its journal says what its jobs are and which are done; what was
//! made for a job is in the batch's [`crate::Store`], under the hash of everything that influenced it. Resuming is doing the
//! same batch again: whatever is there already is not made twice.

mod begin;
mod claim;
mod error;
mod job;
mod list;
mod machine;
mod record;
mod remove;
mod settle;

use std::collections::BTreeSet;
use std::marker::PhantomData;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use camino::{Utf8Path, Utf8PathBuf};
use claim::Claim;
pub use error::BatchError;
pub use job::{AnnouncedFile, BatchJob, BatchProgram, JobProgress};
pub use list::{BatchCondition, ListedBatch};
use machine::{Kinship, Machine};
use record::{Record, State, fold};

use crate::scratch_log::{SweepNotice, sweep_and_log};
use crate::{Effects, Journal, JournalError};

/// Finished batches that are remembered. The newest stay; a journal has some KiB.
const REMEMBERED: usize = 200;

/// All batches of a user on this machine.
#[derive(Debug, Clone)]
pub struct Batches<J> {
    root: Utf8PathBuf,
    work: Utf8PathBuf,
    program: BatchProgram,
    effects: Arc<dyn Effects>,
    jobs: PhantomData<fn() -> J>,
}

/// A batch that this process works on. Nobody else can, until it is dropped.
#[derive(Debug)]
pub struct Batch<J: BatchJob> {
    name: String,
    dir: Utf8PathBuf,
    work: Utf8PathBuf,
    program: BatchProgram,
    effects: Arc<dyn Effects>,
    /// Before the journal, whose lock guards it: they are dropped in this order.
    _claim: Claim,
    inside: Mutex<Inside<J>>,
}

#[derive(Debug)]
struct Inside<J: BatchJob> {
    journal: Journal<Record<J>>,
    state: State<J>,
}

impl<J: BatchJob> Batches<J> {
    /// Returns the batches of `program` whose journals are in `root`, and what is kept for their jobs in `work`. Both are
    /// created when needed.
    pub fn new(
        root: Utf8PathBuf,
        work: Utf8PathBuf,
        program: BatchProgram,
        effects: Arc<dyn Effects>,
    ) -> Self {
        Self {
            root,
            work,
            program,
            effects,
            jobs: PhantomData,
        }
    }

    /// Opens a batch to go on with it: the one of this name, or the newest that is not finished.
    ///
    /// Jobs whose files were just getting their names when the process ended are looked at: they are done, or the files that
    /// have their names already lose them.
    ///
    /// # Errors
    /// Every kind of [`BatchError`]; nothing is changed then.
    pub fn resume(&self, name: Option<&str>) -> Result<Batch<J>, BatchError> {
        self.resume_with(name, false, &|_| ())
    }

    /// Opens a batch as [`Batches::resume`] does; with `here`, a batch of another machine as well, which is this one's from then on.
    ///
    /// A batch that another machine may be working on, because it was begun there and its process has left its claim, is
    /// looked at for 15 s, which `told` hears, and blocks for as long: if anything of it moves, it is not touched.
    ///
    /// # Errors
    /// As [`Batches::resume`].
    pub fn resume_with(
        &self,
        name: Option<&str>,
        here: bool,
        told: &dyn Fn(&str),
    ) -> Result<Batch<J>, BatchError> {
        let name = match name {
            Some(name) => self.known(name)?,
            None => self.newest_open()?,
        };
        let dir = self.root.join(&name);
        let failed = |source| match source {
            JournalError::Held { pid, .. } => BatchError::Running {
                name: name.clone(),
                pid,
            },
            source => BatchError::Journal {
                name: name.clone(),
                source,
            },
        };
        // Read before it is opened: what is refused is not changed, not even a torn end is cut.
        let records = crate::read_journal::<Record<J>>(&dir).map_err(failed)?;
        let state = self.state(&name, records.into_iter().map(|entry| entry.body))?;
        let this = self.here();
        let kinship = this.kinship(&state.machine);
        if kinship == Kinship::Other && !here {
            return Err(BatchError::Elsewhere {
                name,
                host: state.machine.host,
                here: this.host,
            });
        }
        let finished = |name, jobs| {
            let noun = J::NOUN;
            Err(BatchError::Finished { name, jobs, noun })
        };
        if state.finished && !self.work.join(&name).exists() {
            return finished(name, state.jobs.len());
        }
        if kinship != Kinship::Same {
            self.not_alive_elsewhere(&name, &dir, &this, told)?;
        }
        let (mut journal, entries) =
            Journal::open(&dir, Arc::clone(&self.effects)).map_err(failed)?;
        if kinship != Kinship::Same {
            journal
                .commit(&Record::Moved { machine: this })
                .map_err(failed)?;
        }
        let state = self.state(&name, entries.into_iter().map(|entry| entry.body))?;
        let batch = self.opened(name.clone(), dir, journal, state);
        batch.settle()?;
        let jobs = batch.jobs();
        let directories: BTreeSet<_> = jobs.iter().map(BatchJob::output_dir).collect();
        for directory in directories {
            let BatchProgram {
                name,
                scratch_prefix,
                ..
            } = self.program;
            sweep_and_log(directory, scratch_prefix, name, SweepNotice::Again);
        }
        if batch.inside().state.is_done() {
            // Its process ended after the last delivery, before it had tidied up.
            batch.finish()?;
            return finished(name, jobs.len());
        }
        Ok(batch)
    }

    fn opened(
        &self,
        name: String,
        dir: Utf8PathBuf,
        journal: Journal<Record<J>>,
        state: State<J>,
    ) -> Batch<J> {
        self.sweep(&name);
        Batch {
            work: self.work.join(&name),
            name,
            _claim: Claim::take(&dir, &self.program.host, Arc::clone(&self.effects)),
            dir,
            program: self.program.clone(),
            effects: Arc::clone(&self.effects),
            inside: Mutex::new(Inside { journal, state }),
        }
    }

    fn state(
        &self,
        name: &str,
        records: impl Iterator<Item = Record<J>>,
    ) -> Result<State<J>, BatchError> {
        match fold(records) {
            Ok(Some(state)) => Ok(state),
            // Its process ended before it was accepted.
            Ok(None) => Err(self.unknown(name)),
            Err(reason) => Err(BatchError::Contradiction {
                name: name.to_owned(),
                reason,
            }),
        }
    }

    /// Removes what was kept for batches that are finished or gone. Never of one that can be resumed, or is
    /// being made.
    fn sweep(&self, own: &str) {
        let Ok(entries) = self.work.read_dir_utf8() else {
            return;
        };
        for entry in entries.flatten() {
            let name = entry.file_name();
            if name != own && remove::is_batch_name(name) && self.is_over(name) {
                self.remove_work(entry.path());
            }
        }
    }

    /// Says whether nobody will go on with the batch of this name.
    fn is_over(&self, name: &str) -> bool {
        match crate::read_journal::<Record<J>>(&self.root.join(name)) {
            Ok(entries) => fold(entries.into_iter().map(|entry| entry.body))
                .is_ok_and(|state| state.is_some_and(|state| state.is_done())),
            Err(JournalError::Missing { .. }) => true,
            Err(_) => false,
        }
    }

    /// Makes sure that no other machine is working on the batch in `dir`, as far as can be seen from here.
    ///
    /// # Errors
    /// [`BatchError::Alive`].
    fn not_alive_elsewhere(
        &self,
        name: &str,
        dir: &Utf8Path,
        this: &Machine,
        told: &dyn Fn(&str),
    ) -> Result<(), BatchError> {
        let Some(maker) = claim::read(dir) else {
            // Whoever made it has ended, and has tidied up.
            return Ok(());
        };
        if this.shares_locks_with(&maker.machine) {
            // The lock of the journal tells.
            return Ok(());
        }
        let (host, seconds) = (maker.machine.host, claim::STILL.as_secs());
        told(&format!(
            "looking for {seconds} s whether the machine {host} is still making the batch {name}"
        ));
        if claim::is_alive(dir, self.program.reports, claim::STILL) {
            return Err(BatchError::Alive {
                name: name.to_owned(),
                host,
                pid: maker.pid,
            });
        }
        Ok(())
    }

    /// Returns this machine.
    fn here(&self) -> Machine {
        Machine::here(&self.program.host)
    }
}

impl<J: BatchJob> State<J> {
    /// Says whether every job is done.
    fn is_done(&self) -> bool {
        self.progress
            .iter()
            .all(|progress| matches!(progress, JobProgress::Delivered(_)))
    }
}

impl<J: BatchJob> Batch<J> {
    /// Returns whether its outputs were kept under keys of another version when it was begun: what of them is not found again
    /// is made again.
    pub fn has_other_keys(&self) -> bool {
        self.inside().state.output_keys != self.program.output_keys
    }

    /// Returns its name, which [`Batches::resume`] takes.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns where its journal is, and what is reported about it.
    pub fn dir(&self) -> &Utf8Path {
        &self.dir
    }

    /// Returns its jobs, in order.
    pub fn jobs(&self) -> Vec<J> {
        self.inside().state.jobs.clone()
    }

    /// Returns how far each job is, in the same order.
    pub fn progress(&self) -> Vec<JobProgress<J::Outcome>> {
        self.inside().state.progress.clone()
    }

    /// Returns the directory for what is kept for its jobs: that of a [`crate::Store`]. It goes when all are done.
    pub fn work(&self) -> &Utf8Path {
        &self.work
    }

    /// Returns who is told of every lasting change.
    pub fn effects(&self) -> &Arc<dyn Effects> {
        &self.effects
    }

    fn inside(&self) -> MutexGuard<'_, Inside<J>> {
        // The state is changed after the journal and by single statements: a panic leaves nothing half done.
        self.inside.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn failed(&self, source: JournalError) -> BatchError {
        BatchError::Journal {
            name: self.name.clone(),
            source,
        }
    }

    /// Records that the files of the job `number`, which counts from 1, are about to get their names in `directory`, in this
    /// order. When this returns, it is on disk.
    ///
    /// # Errors
    /// [`BatchError::Journal`]; then no name is to be given.
    pub fn publishing(
        &self,
        number: u32,
        directory: &Utf8Path,
        files: Vec<AnnouncedFile>,
    ) -> Result<(), BatchError> {
        let record = Record::Publishing {
            number,
            directory: directory.to_owned(),
            files,
        };
        let written = self.inside().journal.commit(&record);
        written.map_err(|e| self.failed(e))
    }

    /// Records that a job is done. When this returns, it is on disk.
    ///
    /// # Errors
    /// [`BatchError::Journal`]. If its files were announced, a later run finds them all the same.
    pub fn delivered(&self, number: u32, delivered: &J::Outcome) -> Result<(), BatchError> {
        let record = Record::Delivered {
            number,
            delivered: delivered.clone(),
        };
        let mut inside = self.inside();
        let written = inside.journal.commit(&record);
        if written.is_ok()
            && let Some(progress) = inside
                .state
                .progress
                .get_mut((number as usize).wrapping_sub(1))
        {
            *progress = JobProgress::Delivered(delivered.clone());
        }
        drop(inside);
        written.map_err(|e| self.failed(e))
    }

    /// Records that a job was not done: in which step, the name of the kind of failure, and what happened. Not flushed: a
    /// later run finds out by itself.
    ///
    /// # Errors
    /// [`BatchError::Journal`].
    pub fn record_failure(
        &self,
        number: u32,
        stage: &str,
        kind: &str,
        message: String,
    ) -> Result<(), BatchError> {
        let record = Record::Failed {
            number,
            stage: stage.to_owned(),
            kind: kind.to_owned(),
            message,
        };
        let written = self.inside().journal.append(&record);
        written.map_err(|e| self.failed(e))
    }

    /// Ends the batch if all is done: what was kept for its jobs is removed.
    ///
    /// # Errors
    /// [`BatchError::Journal`].
    pub fn finish(&self) -> Result<(), BatchError> {
        {
            let mut inside = self.inside();
            if !inside.state.is_done() {
                return Ok(());
            }
            inside
                .journal
                .commit(&Record::Finished)
                .map_err(|e| self.failed(e))?;
            inside.state.finished = true;
        }
        // What cannot be removed is swept by the next batch.
        remove::remove_work(&*self.effects, &self.program, &self.work);
        Ok(())
    }
}

#[cfg(test)]
mod tests;
