//! The file outcomes are kept in: read without a lock, written whole under one, set aside when it is not ours.

use std::fs;
use std::io;
use std::time::{Duration, SystemTime};

use camino::{Utf8Path, Utf8PathBuf};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use videogen_durable::{FileLock, LockError, create_missing_dirs, read_own};

use super::outcome::seconds;
use super::trim::trim;
use super::{PaintOutcome, fold_outcomes};
use crate::Error;
use crate::durable::{self, Wait, beside, io_error};
use crate::plan::MemoryCorrections;

/// What a file of ours says it is.
const FORMAT: &str = "videogen-vram-history";
/// The version of the format that is written and read.
const VERSION: u32 = 1;
/// The most bytes that are read. 1024 outcomes with the longest names, all of it escapes, are less.
const LARGEST: u64 = 4 << 20;
/// How long a writer waits for another. It holds the lock for a few flushes: milliseconds, seconds on a poor disk.
const PATIENCE: Duration = Duration::from_secs(5);

/// A file of outcomes. Several processes may read and write it at once: a writer adds to what is there under a lock and
/// replaces the file whole, so nothing is lost and nobody ever sees half a file.
///
/// The file is bounded: at most 1024 outcomes, 16 of a kind, the oldest go first. All methods block; in async code call
/// them from a thread for blocking work.
#[derive(Debug, Clone)]
pub struct PaintHistory {
    path: Utf8PathBuf,
}

/// What was in the file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LoadedHistory {
    /// In the order they happened. Empty when there is no file or it cannot be used.
    pub outcomes: Vec<PaintOutcome>,
    /// Why the file was not used, or not all of it, as one line for people.
    pub warning: Option<String>,
}

#[derive(Serialize)]
struct Written<'a> {
    format: &'static str,
    version: u32,
    outcomes: &'a [PaintOutcome],
}

#[derive(Deserialize)]
struct Found {
    format: String,
    version: u32,
    /// One by one, so that one that is not understood costs no other.
    outcomes: Vec<Value>,
}

/// What is at the path.
enum Content {
    Nothing,
    Good(LoadedHistory),
    /// Not a history: to be set aside.
    Foreign(String),
    /// It could not be read: to be left alone.
    Unreadable(io::Error),
}

impl PaintHistory {
    /// A history in the file `path`. Nothing is read or made yet. A lock file `path.lock` appears beside it, and
    /// `path.bad` when there was something else in its place.
    pub fn new(path: impl Into<Utf8PathBuf>) -> Self {
        Self { path: path.into() }
    }

    /// The file.
    pub fn path(&self) -> &Utf8Path {
        &self.path
    }

    /// Reads the outcomes. Never fails: without a usable file nothing was learnt. A file that is no history is renamed to
    /// `path.bad` (an earlier one is replaced), so that the warning comes once.
    pub fn load(&self) -> LoadedHistory {
        match read(&self.path) {
            Content::Nothing => LoadedHistory::default(),
            Content::Good(loaded) => loaded,
            Content::Unreadable(error) => self.unused(&format!("it cannot be read: {error}")),
            Content::Foreign(_) => match self.lock() {
                // Under the lock: another process may have put a good one in its place meanwhile.
                Ok(_lock) => self.load_or_set_aside(),
                Err(error) => self.unused(&format!("it is no history, and {error}")),
            },
        }
    }

    /// The corrections for the card `gpu`, as [`GpuReading::key`](crate::GpuReading::key) names it, and the warning of
    /// [`PaintHistory::load`].
    pub fn corrections(&self, gpu: &str, now: SystemTime) -> (MemoryCorrections, Option<String>) {
        let loaded = self.load();
        (
            fold_outcomes(&loaded.outcomes, gpu, seconds(now)),
            loaded.warning,
        )
    }

    /// Adds outcomes and returns when they are on disk, with the warning of [`PaintHistory::load`]. Times in the future
    /// become `now`.
    ///
    /// # Errors
    /// [`Error::TimedOut`] when another process keeps the lock for 5 s; [`Error::Io`] when the file cannot be read,
    /// written or locked. What was there before is untouched then.
    pub fn record(
        &self,
        outcomes: &[PaintOutcome],
        now: SystemTime,
    ) -> Result<Option<String>, Error> {
        let dir = durable::parent(&self.path);
        create_missing_dirs(dir).map_err(|e| io_error("making", dir, e))?;
        let _lock = self.lock()?;
        durable::sweep(&self.path);
        // What cannot be read is not overwritten: it may be good.
        if let Content::Unreadable(error) = read(&self.path) {
            return Err(io_error("reading", &self.path, error));
        }
        let LoadedHistory {
            outcomes: mut all,
            warning,
        } = self.load_or_set_aside();
        all.extend_from_slice(outcomes);
        let all = trim(all, seconds(now));
        let written = Written {
            format: FORMAT,
            version: VERSION,
            outcomes: &all,
        };
        let mut bytes =
            serde_json::to_vec(&written).map_err(|e| io_error("writing", &self.path, e.into()))?;
        bytes.push(b'\n');
        durable::write(&self.path, &bytes, Wait::ForDisk)?;
        Ok(warning)
    }

    /// Only under the lock.
    fn load_or_set_aside(&self) -> LoadedHistory {
        let why = match read(&self.path) {
            Content::Nothing => return LoadedHistory::default(),
            Content::Good(loaded) => return loaded,
            Content::Unreadable(error) => {
                return self.unused(&format!("it cannot be read: {error}"));
            }
            Content::Foreign(why) => why,
        };
        let aside = beside(&self.path, ".bad");
        match fs::rename(&self.path, &aside) {
            Ok(()) => self.unused(&format!("{why}; it is kept as {aside}")),
            Err(error) => self.unused(&format!("{why}, and it cannot be set aside: {error}")),
        }
    }

    fn unused(&self, why: &str) -> LoadedHistory {
        let warning = format!("the history {} is not used: {why}", self.path);
        tracing::warn!("{warning}");
        LoadedHistory {
            outcomes: Vec::new(),
            warning: Some(warning),
        }
    }

    fn lock(&self) -> Result<FileLock, Error> {
        let path = beside(&self.path, ".lock");
        let lock = FileLock::open(&path).and_then(|l| l.lock_within(PATIENCE).map(|()| l));
        lock.map_err(|error| match error {
            LockError::Held { holder, .. } => {
                let number = holder.map_or_else(String::new, |pid| format!(" ({pid})"));
                Error::TimedOut {
                    what: format!("another process{number} that writes {}", self.path),
                    after: PATIENCE,
                }
            }
            LockError::Io { path, source } => io_error("locking", &path, source),
            error => io_error("locking", &path, io::Error::other(error)),
        })
    }
}

fn read(path: &Utf8Path) -> Content {
    match read_own(path, LARGEST) {
        Ok(bytes) => parse(&bytes),
        Err(e) if e.kind() == io::ErrorKind::NotFound => Content::Nothing,
        Err(e) if e.kind() == io::ErrorKind::FileTooLarge => {
            Content::Foreign("it is larger than any history".into())
        }
        // A pipe, a directory, a link, another user's: nobody's mistake to rename.
        Err(e) => Content::Unreadable(e),
    }
}

/// What the bytes of a file mean.
fn parse(bytes: &[u8]) -> Content {
    let found: Found = match serde_json::from_slice(bytes) {
        Ok(found) => found,
        Err(error) => return Content::Foreign(format!("it is no history ({error})")),
    };
    if found.format != FORMAT || found.version != VERSION {
        return Content::Foreign("it is of another program or version".into());
    }
    let count = found.outcomes.len();
    let outcomes: Vec<PaintOutcome> = found
        .outcomes
        .into_iter()
        .filter_map(|outcome| serde_json::from_value::<PaintOutcome>(outcome).ok())
        .map(PaintOutcome::cleaned)
        .collect();
    let lost = count - outcomes.len();
    let warning = (lost > 0).then(|| {
        format!("{lost} of {count} outcomes in the history are not understood and left out")
    });
    Content::Good(LoadedHistory { outcomes, warning })
}

#[cfg(test)]
mod tests;
