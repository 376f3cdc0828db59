//! Which batches there are, and what became of them.

use std::sync::Arc;

use camino::Utf8PathBuf;
use serde::Serialize;
use videogen_text::nearest;

use super::job::{BatchJob, JobProgress};
use super::record::{Record, State, fold};
use super::{BatchError, Batches, REMEMBERED};
use crate::{Journal, JournalError};

/// The most directories that are looked at for batches. Those that are finished are forgotten at 200.
const MOST_LISTED: usize = 5_000;
/// A day, in milliseconds: clocks of machines that share a disk differ by less.
const DAY_MS: u64 = 24 * 60 * 60 * 1000;

/// A batch as a list shows it. The names in its JSON are published.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct ListedBatch {
    /// Its name.
    pub name: String,
    /// When it was begun, in Unix milliseconds.
    pub created_ms: u64,
    /// How many jobs it has.
    #[serde(rename = "videos")]
    pub jobs: usize,
    /// How many of them are done.
    pub delivered: usize,
    /// How many were not done when they were tried last.
    pub failed: usize,
    /// Where the files of its first job go.
    pub output_dir: Utf8PathBuf,
    /// What became of it.
    #[serde(flatten)]
    pub condition: BatchCondition,
}

/// What became of a batch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "state", rename_all = "snake_case")]
#[non_exhaustive]
pub enum BatchCondition {
    /// A process works on it.
    Running {
        /// Its id.
        pid: u32,
    },
    /// It can be resumed.
    Interrupted,
    /// All is delivered.
    Finished,
    /// Its journal cannot be read.
    Damaged {
        /// Why.
        reason: String,
    },
}

impl<J: BatchJob> Batches<J> {
    /// Returns all batches, oldest first. Changes nothing.
    ///
    /// # Errors
    /// [`BatchError::Io`] when the directory cannot be read; none is an empty list.
    pub fn list(&self) -> Result<Vec<ListedBatch>, BatchError> {
        let mut list: Vec<ListedBatch> = self
            .names()?
            .into_iter()
            .filter_map(|name| self.listed(name))
            .collect();
        list.sort_by(|a, b| (a.created_ms, &a.name).cmp(&(b.created_ms, &b.name)));
        Ok(list)
    }

    /// Returns the outcomes of the jobs of a batch that are done, in its order. Changes nothing.
    ///
    /// # Errors
    /// [`BatchError::Unknown`]; [`BatchError::Journal`] when the journal cannot be read.
    pub fn delivered(&self, name: &str) -> Result<Vec<J::Outcome>, BatchError> {
        let name = self.known(name)?;
        let entries = crate::read_journal::<Record<J>>(&self.root.join(&name));
        let entries = entries.map_err(|source| BatchError::Journal { name, source })?;
        let state = fold(entries.into_iter().map(|entry| entry.body));
        let progress = state.ok().flatten().map(|state| state.progress);
        let delivered = progress
            .into_iter()
            .flatten()
            .filter_map(|progress| match progress {
                JobProgress::Delivered(delivered) => Some(delivered),
                _ => None,
            });
        Ok(delivered.collect())
    }

    /// Returns where the journal of a batch is, and what is reported about it.
    pub fn dir_of(&self, batch: &ListedBatch) -> Utf8PathBuf {
        self.root.join(&batch.name)
    }

    /// Returns what is answered when there is no batch of this name.
    pub fn no_batch(&self, name: &str) -> BatchError {
        self.unknown(name)
    }

    /// Removes a batch from the list, with what was kept for its jobs. The files of those that are done stay.
    ///
    /// One that a process of another machine has claimed is looked at first, for 15 s at most.
    ///
    /// # Errors
    /// [`BatchError::Unknown`], [`BatchError::Running`], [`BatchError::Alive`].
    pub fn forget(&self, name: &str) -> Result<(), BatchError> {
        let name = self.known(name)?;
        let dir = self.root.join(&name);
        self.not_alive_elsewhere(&name, &dir, &self.here(), &|what| {
            tracing::info!("{what}");
        })?;
        // Held while it is removed, so that nobody goes on with it meanwhile. A damaged one can be forgotten, too.
        let held = Journal::<Record<J>>::open(&dir, Arc::clone(&self.effects));
        if let Err(JournalError::Held { pid, .. }) = held {
            return Err(BatchError::Running { name, pid });
        }
        self.remove_work(&self.work.join(&name));
        self.remove_journal(&dir);
        Ok(())
    }

    /// Returns the batch, if it exists.
    fn listed(&self, name: String) -> Option<ListedBatch> {
        let dir = self.root.join(&name);
        let mut listed = ListedBatch {
            name,
            created_ms: 0,
            jobs: 0,
            delivered: 0,
            failed: 0,
            output_dir: Utf8PathBuf::new(),
            condition: BatchCondition::Interrupted,
        };
        let damaged = |reason: String| BatchCondition::Damaged { reason };
        match crate::read_journal::<Record<J>>(&dir) {
            Ok(entries) => {
                listed.created_ms = entries.first().map_or(0, |entry| entry.at);
                match fold(entries.into_iter().map(|entry| entry.body)) {
                    Ok(state) => listed.fill(&state?),
                    Err(reason) => listed.condition = damaged(reason),
                }
            }
            // Its process ended before there was anything to resume.
            Err(JournalError::Missing { .. } | JournalError::Empty { .. }) => return None,
            Err(error) => listed.condition = damaged(videogen_text::chain(&error)),
        }
        if let Some(pid) = crate::journal_holder(&dir) {
            listed.condition = BatchCondition::Running { pid };
        }
        Some(listed)
    }

    pub(super) fn names(&self) -> Result<Vec<String>, BatchError> {
        let entries = match self.root.read_dir_utf8() {
            Ok(entries) => entries,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(source) => {
                return Err(BatchError::Io {
                    action: "reading",
                    path: self.root.clone(),
                    source,
                });
            }
        };
        let mut names: Vec<String> = entries
            .flatten()
            .filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()))
            .map(|entry| entry.file_name().to_owned())
            .collect();
        if names.len() > MOST_LISTED {
            // Names are times: the newest are the last ones.
            names.sort_unstable();
            let all = names.len();
            names.drain(..all - MOST_LISTED);
            tracing::warn!(root = %self.root, all, "only the newest {MOST_LISTED} directories are looked at");
        }
        Ok(names)
    }

    /// Returns `name`, if it is that of a batch: never a path.
    pub(super) fn known(&self, name: &str) -> Result<String, BatchError> {
        let names = self.names()?;
        if names.iter().any(|known| known == name) {
            return Ok(name.to_owned());
        }
        Err(self.unknown(name))
    }

    pub(super) fn unknown(&self, name: &str) -> BatchError {
        let mut names = self.names().unwrap_or_default();
        names.sort_by(|a, b| b.cmp(a));
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let mut near = nearest(name, &names, 3);
        if near.is_empty() {
            near = names.into_iter().take(3).collect();
        }
        BatchError::Unknown {
            name: name.to_owned(),
            near: near.into_iter().map(str::to_owned).collect(),
        }
    }

    /// Returns the newest batch that nobody works on and that can be resumed.
    ///
    /// # Errors
    /// As [`Batches::list`].
    pub fn interrupted(&self) -> Result<Option<ListedBatch>, BatchError> {
        let open = |batch: &ListedBatch| batch.condition == BatchCondition::Interrupted;
        Ok(self.by_time()?.into_iter().rfind(open))
    }

    /// Returns all batches, the newest last.
    fn by_time(&self) -> Result<Vec<ListedBatch>, BatchError> {
        let mut list = self.list()?;
        // What was begun while the clock was wrong is not the newest until that time comes.
        let soon = crate::unix_millis().saturating_add(DAY_MS);
        list.sort_by_key(|batch| batch.created_ms <= soon);
        Ok(list)
    }

    /// Returns the newest batch that is not finished; one that somebody works on only if there is no other.
    pub(super) fn newest_open(&self) -> Result<String, BatchError> {
        let list = self.by_time()?;
        let newest = |wanted: fn(&BatchCondition) -> bool| {
            let mut newest_first = list.iter().rev();
            newest_first.find(|batch| wanted(&batch.condition))
        };
        newest(|condition| matches!(condition, BatchCondition::Interrupted))
            .or_else(|| newest(|condition| matches!(condition, BatchCondition::Running { .. })))
            .map(|batch| batch.name.clone())
            .ok_or(BatchError::None)
    }

    /// Forgets the oldest finished batches.
    pub(super) fn forget_old(&self, own: &str) {
        let Ok(list) = self.list() else { return };
        let finished: Vec<&ListedBatch> = list
            .iter()
            .filter(|batch| batch.condition == BatchCondition::Finished && batch.name != own)
            .collect();
        let surplus = finished.len().saturating_sub(REMEMBERED);
        for batch in &finished[..surplus] {
            self.remove_journal(&self.root.join(&batch.name));
        }
    }
}

impl ListedBatch {
    fn fill<J: BatchJob>(&mut self, state: &State<J>) {
        let count = |wanted: fn(&JobProgress<J::Outcome>) -> bool| {
            state.progress.iter().filter(|p| wanted(p)).count()
        };
        self.jobs = state.jobs.len();
        self.delivered = count(|p| matches!(p, JobProgress::Delivered(_)));
        self.failed = count(|p| matches!(p, JobProgress::Failed { .. }));
        if let Some(job) = state.jobs.first() {
            self.output_dir = job.output_dir().to_owned();
        }
        if state.finished {
            self.condition = BatchCondition::Finished;
        }
    }
}
