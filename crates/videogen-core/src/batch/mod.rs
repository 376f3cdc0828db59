//! Batches: what was asked for and how far it is, in a journal that survives the end of the process at any moment.
//!
//! A batch is a directory named by the time it was begun. Its journal says what the videos are to be and which were
//! delivered; what the stages of a video have made is in the batch's [`videogen_durable::Store`], under the hash of everything
//! that influenced it. Resuming is making the same batch again: whatever is there already is not made twice.

mod begin;
mod claim;
mod list;
mod machine;
mod record;
mod remove;
mod settle;

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use camino::{Utf8Path, Utf8PathBuf};
use claim::Claim;

pub use crate::batch_error::BatchError;
pub(crate) use crate::publish::Delivered;
pub use list::{Condition, Listed};
use machine::{Kinship, Machine};
pub(crate) use record::Named;
pub use record::Progress;
use record::{Record, State, fold};

use crate::brief::Brief;
use crate::scratch::{self, Telling};
use videogen_durable::Effects;
use videogen_durable::{Journal, JournalError};
use videogen_types::Stage;

/// Finished batches that are remembered. The newest stay; a journal has some KiB.
const REMEMBERED: usize = 200;

/// All batches of a user on this machine.
#[derive(Debug, Clone)]
pub struct Batches {
    root: Utf8PathBuf,
    work: Utf8PathBuf,
    effects: Arc<dyn Effects>,
}

/// A batch that this process is making. Nobody else can, until it is dropped.
#[derive(Debug)]
pub struct Batch {
    name: String,
    dir: Utf8PathBuf,
    work: Utf8PathBuf,
    effects: Arc<dyn Effects>,
    /// Before the journal, whose lock guards it: they are dropped in this order.
    _claim: Claim,
    inside: Mutex<Inside>,
}

#[derive(Debug)]
struct Inside {
    journal: Journal<Record>,
    state: State,
}

impl Batches {
    /// The batches whose journals are in `root`, and what their stages make in `work`. Both are created when needed.
    pub fn new(root: Utf8PathBuf, work: Utf8PathBuf, effects: Arc<dyn Effects>) -> Self {
        Self {
            root,
            work,
            effects,
        }
    }

    /// Opens a batch to go on with it: the one of this name, or the newest that is not finished.
    ///
    /// Videos whose files were just getting their names when the process ended are looked at: they are delivered, or the
    /// files that have their names already lose them.
    ///
    /// # Errors
    /// Every kind of [`BatchError`]; nothing is changed then.
    pub fn resume(&self, name: Option<&str>) -> Result<Batch, BatchError> {
        self.resume_with(name, false, &|_| ())
    }

    /// As [`Batches::resume`]; with `here`, a batch of another machine as well, which is this one's from then on.
    ///
    /// A batch that another machine may be making, because it was begun there and its process has left its claim, is
    /// looked at for 15 s, which `told` hears, and blocks for as long: if anything of it moves, it is not touched.
    ///
    /// # Errors
    /// As [`Batches::resume`].
    pub fn resume_with(
        &self,
        name: Option<&str>,
        here: bool,
        told: &dyn Fn(&str),
    ) -> Result<Batch, BatchError> {
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
        let records = videogen_durable::read_journal::<Record>(&dir).map_err(failed)?;
        let state = self.state(&name, records.into_iter().map(|entry| entry.body))?;
        let this = Machine::here();
        let kinship = this.kinship(&state.machine);
        if kinship == Kinship::Other && !here {
            return Err(BatchError::Elsewhere {
                name,
                host: state.machine.host,
                here: this.host,
            });
        }
        let finished = |name, videos| Err(BatchError::Finished { name, videos });
        if state.finished && !self.work.join(&name).exists() {
            return finished(name, state.briefs.len());
        }
        if kinship != Kinship::Same {
            not_alive_elsewhere(&name, &dir, &this, told)?;
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
        let briefs = batch.briefs();
        let directories: BTreeSet<_> = briefs.iter().map(|brief| &brief.output_dir).collect();
        for directory in directories {
            scratch::sweep(directory, Telling::Again);
        }
        if batch.inside().state.is_done() {
            // Its process ended after the last delivery, before it had tidied up.
            batch.finish()?;
            return finished(name, briefs.len());
        }
        Ok(batch)
    }

    fn opened(
        &self,
        name: String,
        dir: Utf8PathBuf,
        journal: Journal<Record>,
        state: State,
    ) -> Batch {
        self.sweep(&name);
        Batch {
            work: self.work.join(&name),
            name,
            _claim: Claim::take(&dir, Arc::clone(&self.effects)),
            dir,
            effects: Arc::clone(&self.effects),
            inside: Mutex::new(Inside { journal, state }),
        }
    }

    fn state(
        &self,
        name: &str,
        records: impl Iterator<Item = Record>,
    ) -> Result<State, BatchError> {
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

    /// Removes what the stages of batches have made that are finished or gone. Never of one that can be resumed, or is
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

    /// Whether nobody will go on with the batch of this name.
    fn is_over(&self, name: &str) -> bool {
        match videogen_durable::read_journal::<Record>(&self.root.join(name)) {
            Ok(entries) => fold(entries.into_iter().map(|entry| entry.body))
                .is_ok_and(|state| state.is_some_and(|state| state.is_done())),
            Err(JournalError::Missing { .. }) => true,
            Err(_) => false,
        }
    }
}

impl State {
    /// Whether every video is delivered.
    fn is_done(&self) -> bool {
        self.progress
            .iter()
            .all(|progress| matches!(progress, Progress::Delivered(_)))
    }
}

impl Batch {
    /// Its name, which [`Batches::resume`] takes.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Where its journal is, and what is reported about it.
    pub fn dir(&self) -> &Utf8Path {
        &self.dir
    }

    /// What its videos are to be, in order.
    pub fn briefs(&self) -> Vec<Brief> {
        self.inside().state.briefs.clone()
    }

    /// How far each video is.
    pub fn progress(&self) -> Vec<Progress> {
        self.inside().state.progress.clone()
    }

    /// Where its stages keep what they make.
    pub(crate) fn work(&self) -> &Utf8Path {
        &self.work
    }

    pub(crate) fn effects(&self) -> &Arc<dyn Effects> {
        &self.effects
    }

    fn inside(&self) -> MutexGuard<'_, Inside> {
        // The state is changed after the journal and by single statements: a panic leaves nothing half done.
        self.inside.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn failed(&self, source: JournalError) -> BatchError {
        BatchError::Journal {
            name: self.name.clone(),
            source,
        }
    }

    /// Records that the files of a video are about to get their names.
    pub(crate) fn publishing(
        &self,
        video: u32,
        directory: &Utf8Path,
        files: Vec<Named>,
    ) -> Result<(), BatchError> {
        let record = Record::Publishing {
            video,
            directory: directory.to_owned(),
            files,
        };
        let written = self.inside().journal.commit(&record);
        written.map_err(|e| self.failed(e))
    }

    /// Records that a video is in place.
    pub(crate) fn delivered(&self, video: u32, delivered: &Delivered) -> Result<(), BatchError> {
        let record = Record::Delivered {
            video,
            delivered: delivered.clone(),
        };
        let mut inside = self.inside();
        let written = inside.journal.commit(&record);
        if written.is_ok()
            && let Some(progress) = inside.state.progress.get_mut(video as usize - 1)
        {
            *progress = Progress::Delivered(delivered.clone());
        }
        drop(inside);
        written.map_err(|e| self.failed(e))
    }

    /// Records that a video was not made. Not flushed: a later run finds out by itself.
    pub(crate) fn record_failure(
        &self,
        video: u32,
        stage: Stage,
        kind: &str,
        message: String,
    ) -> Result<(), BatchError> {
        let record = Record::Failed {
            video,
            stage,
            kind: kind.to_owned(),
            message,
        };
        let written = self.inside().journal.append(&record);
        written.map_err(|e| self.failed(e))
    }

    /// Ends the batch if all is done: what its stages have made is removed.
    pub(crate) fn finish(&self) -> Result<(), BatchError> {
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
        remove::remove_work(&*self.effects, &self.work);
        Ok(())
    }
}

/// Makes sure that no other machine is making the batch in `dir`, as far as can be seen from here.
///
/// # Errors
/// [`BatchError::Alive`].
fn not_alive_elsewhere(
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
    if claim::is_alive(dir, claim::STILL) {
        return Err(BatchError::Alive {
            name: name.to_owned(),
            host,
            pid: maker.pid,
        });
    }
    Ok(())
}

#[cfg(test)]
mod tests;
