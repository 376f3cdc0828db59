//! What happened, in order, in a file that survives the end of the process at any moment.
//!
//! A directory holds `journal.jsonl` (the records), `lock` and `holder` (who is writing) and, after an interrupted
//! write, `journal.torn` (what was cut off). State is a fold over the records.
//!
//! # Format
//!
//! UTF-8, one record a line, each line ended by one line feed:
//!
//! ```text
//! {"seq":1,"at":1700000000000,"prev":"0000000000000000","sum":"5e8d0ad0df685680","v":1,"body":{"n":1}}
//! ```
//!
//! - `seq`: 1 in the first line, then one more in each.
//! - `at`: when it was written, in Unix milliseconds. Clocks are set, so it may go backwards; nothing depends on it.
//! - `prev`: the first 16 hexadecimal digits of the SHA-256 of the line before, without its line feed; 16 zeros in the
//!   first line.
//! - `sum`: the same of this line without its line feed and without the 25 bytes `"sum":"…",`.
//! - `v`: the format, 1. Every future format keeps to one JSON object with a number `v` in each line.
//! - `body`: the caller's record, as `serde_json` writes it.
//!
//! Members stand in this order without white space. A line that differs in any byte is no record, so equality of bytes is
//! all there is to check. The sums find accidents and careless edits, not an attacker, who can compute them.
//!
//! # Promises
//!
//! - A record whose [`Journal::commit`] returned is there after any crash and power cut. One that was only appended is
//!   there after a crash of the process, not of the machine. What [`Journal::open`] returned is on disk.
//! - Only the last line can be incomplete. It is cut off, kept in `journal.torn`, and logged. Anything else that is wrong
//!   is refused and nothing is changed: to skip a line would be to forget work silently.
//! - A failed flush ends the journal for this process, because the kernel may have dropped what it could not write.

use std::fs::File;
use std::io::{self, Read, Write};
use std::marker::PhantomData;
use std::sync::Arc;

use crate::{open_own, read_own};
use camino::{Utf8Path, Utf8PathBuf};
use serde::Serialize;
use serde::de::{DeserializeOwned, IgnoredAny};

use crate::atomic::{self, WriteStep};
use crate::clock::unix_millis;
use crate::effects::{Effect, Effects};
use line::{LONGEST, Tag};
use lock::Lock;

mod error;
mod line;
mod lock;
mod scan;
#[cfg(test)]
mod tests;
mod torn;

pub use error::JournalError;

/// The file of a journal with its records.
pub const JOURNAL_FILE: &str = "journal.jsonl";
const TORN: &str = "journal.torn";
const LOCK: &str = "lock";
const HOLDER: &str = "holder";
/// What the files of a journal are called.
/// The file of a journal with its records.
pub const JOURNAL_FILES: [&str; 4] = [JOURNAL_FILE, TORN, LOCK, HOLDER];

/// A record and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Entry<R> {
    /// Counted from 1.
    pub seq: u64,
    /// When it was written, in Unix milliseconds. May go backwards.
    pub at: u64,
    /// The record.
    pub body: R,
}

/// A journal that is open for writing, by this process alone. All calls block on the disk.
#[derive(Debug)]
pub struct Journal<R> {
    path: Utf8PathBuf,
    effects: Arc<dyn Effects>,
    file: File,
    end: End,
    /// Why nothing more is written.
    poison: Option<String>,
    _lock: Lock,
    records: PhantomData<fn(R) -> R>,
}

/// Where the next line goes.
#[derive(Debug, Clone, Copy)]
struct End {
    /// Bytes before it.
    size: u64,
    /// Number of the last record.
    seq: u64,
    /// Of the last line.
    tag: Tag,
}

impl End {
    const START: Self = Self {
        size: 0,
        seq: 0,
        tag: Tag::NONE,
    };
}

/// Who is writing the journal in `dir`: nothing if nobody is, otherwise the process. Changes nothing.
pub fn journal_holder(dir: &Utf8Path) -> Option<u32> {
    lock::holder(dir)
}

/// Reads the journal in `dir` without locking or changing it, for listings. A torn end is left out: it may be a write in
/// progress.
///
/// # Errors
/// [`JournalError::Missing`], [`JournalError::Empty`], [`JournalError::Damaged`], [`JournalError::Newer`], [`JournalError::Io`].
pub fn read_journal<R: DeserializeOwned>(dir: &Utf8Path) -> Result<Vec<Entry<R>>, JournalError> {
    let path = dir.join(JOURNAL_FILE);
    let file = open_own(&path).map_err(|e| opening(&path, e))?;
    // Not beyond what is there now, or a line could be seen half written and then followed by another.
    let size = file.metadata().map_err(|e| opening(&path, e))?.len();
    Ok(scan::scan(&path, file.take(size))?.entries)
}

impl<R: Serialize + DeserializeOwned> Journal<R> {
    /// Begins a journal in `dir`, which must exist, with `first`. Returns when it is on disk. One whose first record was
    /// never completed ([`JournalError::Empty`]) is replaced.
    ///
    /// # Errors
    /// [`JournalError::Exists`] if there is one, whole or damaged; [`JournalError::Held`], [`JournalError::Record`], [`JournalError::TooLong`],
    /// [`JournalError::Io`].
    pub fn create(
        dir: &Utf8Path,
        effects: Arc<dyn Effects>,
        first: &R,
    ) -> Result<Self, JournalError> {
        let path = dir.join(JOURNAL_FILE);
        let (bytes, end) = encode_all(&path, std::slice::from_ref(first))?;
        let lock = Lock::take(dir, Arc::clone(&effects))?;
        atomic::sweep_temporaries(&*effects, &path);
        match open_own(&path) {
            Err(e) if e.kind() == io::ErrorKind::NotFound => {
                atomic::write_new(&*effects, &path, &bytes)?;
            }
            Err(e) => return Err(JournalError::io("reading", &path, e)),
            Ok(file) => match scan::scan::<IgnoredAny>(&path, file) {
                Err(JournalError::Empty { .. }) => {
                    // At most one line, or it would not be called empty.
                    let fragment = read_own(&path, LONGEST as u64)
                        .map_err(|e| JournalError::io("reading", &path, e))?;
                    if !fragment.is_empty() {
                        torn::keep(&*effects, dir, &fragment)?;
                    }
                    atomic::write_atomically(&*effects, &path, &bytes)?;
                }
                Err(error @ JournalError::Io { .. }) => return Err(error),
                _ => return Err(JournalError::Exists { path }),
            },
        }
        Self::new(path, effects, lock, end)
    }

    /// Opens the journal in `dir`. A torn end is cut off, kept in `journal.torn` and logged; everything returned is on
    /// disk.
    ///
    /// # Errors
    /// [`JournalError::Missing`], [`JournalError::Empty`], [`JournalError::Held`], [`JournalError::Damaged`], [`JournalError::Newer`]: nothing was changed.
    /// [`JournalError::Io`].
    pub fn open(
        dir: &Utf8Path,
        effects: Arc<dyn Effects>,
    ) -> Result<(Self, Vec<Entry<R>>), JournalError> {
        let path = dir.join(JOURNAL_FILE);
        // Before the lock, so that looking for a journal leaves nothing where there is none.
        open_own(&path).map_err(|e| opening(&path, e))?;
        let lock = Lock::take(dir, Arc::clone(&effects))?;
        atomic::sweep_temporaries(&*effects, &path);
        let file = open_own(&path).map_err(|e| opening(&path, e))?;
        let scan = scan::scan::<R>(&path, file)?;
        if let Some(fragment) = scan.torn {
            tracing::warn!(
                %path,
                records = scan.entries.len(),
                bytes = fragment.len(),
                "the last record was interrupted; it is cut off and kept in {TORN}"
            );
            atomic::sweep_temporaries(&*effects, &dir.join(TORN));
            torn::keep(&*effects, dir, &fragment)?;
            atomic::truncate(&*effects, &path, scan.good)?;
        }
        let end = End {
            size: scan.good,
            seq: scan.entries.len() as u64,
            tag: scan.tag,
        };
        let journal = Self::new(path, effects, lock, end)?;
        // The last process may have ended before it had flushed what was read here, or the name of the file.
        journal
            .flush()
            .map_err(|e| JournalError::io("flushing", &journal.path, e))?;
        atomic::sync_dir(&*journal.effects, dir)?;
        Ok((journal, scan.entries))
    }

    fn new(
        path: Utf8PathBuf,
        effects: Arc<dyn Effects>,
        lock: Lock,
        end: End,
    ) -> Result<Self, JournalError> {
        let file = append_to(&path).map_err(|e| opening(&path, e))?;
        Ok(Self {
            path,
            effects,
            file,
            end,
            poison: None,
            _lock: lock,
            records: PhantomData,
        })
    }

    /// Adds `record`. It survives the end of the process at once, and a power cut after the next [`Journal::sync`] or
    /// [`Journal::commit`].
    ///
    /// # Errors
    /// [`JournalError::Record`], [`JournalError::TooLong`], [`JournalError::Io`]: the record is not there and the journal goes on, so that
    /// after a full disk the same call may work. [`JournalError::Poisoned`].
    pub fn append(&mut self, record: &R) -> Result<(), JournalError> {
        self.usable()?;
        let (line, end) = encode(&self.path, self.end, record)?;
        let writing = |e| JournalError::io("writing", &self.path, e);
        // Where the lock does not reach, as between machines that share a disk, this is where a second writer is noticed.
        let size = self.file.metadata().map_err(writing)?.len();
        if size != self.end.size {
            self.poison = Some(format!(
                "another process has written to it: it has {size} bytes and should have {}",
                self.end.size
            ));
            return self.usable();
        }
        self.effects
            .before(Effect::Write(&self.path))
            .map_err(writing)?;
        // One system call, unless the disk fills up in the middle.
        if let Err(error) = self.file.write_all(&line) {
            // What is there of the line would spoil the next one.
            let cut = atomic::truncate(&*self.effects, &self.path, self.end.size);
            let error = writing(error);
            if let Err(e) = cut {
                self.poison = Some(format!(
                    "a half-written record could not be removed: {}",
                    e.source
                ));
            }
            return Err(error);
        }
        self.end = end;
        Ok(())
    }

    /// Adds `record` and returns when it and everything before it are on disk.
    ///
    /// # Errors
    /// As [`Journal::append`] and [`Journal::sync`].
    pub fn commit(&mut self, record: &R) -> Result<(), JournalError> {
        self.append(record)?;
        self.sync()
    }

    /// Returns when everything added is on disk.
    ///
    /// # Errors
    /// [`JournalError::Io`]: whether the last records are there is unknown, and the journal takes no more.
    /// [`JournalError::Poisoned`].
    pub fn sync(&mut self) -> Result<(), JournalError> {
        self.usable()?;
        self.flush().map_err(|e| {
            self.poison = Some(format!("it could not be flushed to disk: {e}"));
            JournalError::io("flushing", &self.path, e)
        })
    }

    /// Replaces everything by `records`, in one step and on disk, and goes on from there. Numbers and times begin anew.
    ///
    /// # Errors
    /// [`JournalError::NoFirstRecord`] without records, [`JournalError::Record`], [`JournalError::TooLong`]: nothing changed.
    /// [`JournalError::Io`]: the journal holds the old records or the new ones, whole; if flushing failed it takes no more.
    /// [`JournalError::Poisoned`].
    pub fn rewrite(&mut self, records: &[R]) -> Result<(), JournalError> {
        self.usable()?;
        let (bytes, end) = encode_all(&self.path, records)?;
        if let Err(error) = atomic::write_atomically(&*self.effects, &self.path, &bytes) {
            if matches!(error.step, WriteStep::Sync | WriteStep::SyncDirectory) {
                self.poison = Some(format!("it could not be flushed to disk: {}", error.source));
            }
            return Err(error.into());
        }
        // The open file is the old one, which has no name any more.
        self.file = append_to(&self.path).map_err(|e| {
            self.poison = Some(format!(
                "it could not be opened after it was rewritten: {e}"
            ));
            opening(&self.path, e)
        })?;
        self.end = end;
        Ok(())
    }

    /// The file.
    pub fn path(&self) -> &Utf8Path {
        &self.path
    }

    /// Its size in bytes, to decide when to [`Journal::rewrite`] it.
    pub fn size(&self) -> u64 {
        self.end.size
    }

    fn usable(&self) -> Result<(), JournalError> {
        match &self.poison {
            None => Ok(()),
            Some(reason) => Err(JournalError::Poisoned {
                path: self.path.clone(),
                reason: reason.clone(),
            }),
        }
    }

    fn flush(&self) -> io::Result<()> {
        self.effects.before(Effect::Sync(&self.path))?;
        self.file.sync_data()
    }
}

fn append_to(path: &Utf8Path) -> io::Result<File> {
    crate::append_private(path)
}

fn opening(path: &Utf8Path, source: io::Error) -> JournalError {
    if source.kind() == io::ErrorKind::NotFound {
        return JournalError::Missing {
            path: path.to_owned(),
        };
    }
    JournalError::io("opening", path, source)
}

/// A line for `record` after `end`, and where the next one goes.
fn encode<R: Serialize + DeserializeOwned>(
    path: &Utf8Path,
    end: End,
    record: &R,
) -> Result<(Vec<u8>, End), JournalError> {
    let refused = |source| JournalError::Record {
        path: path.to_owned(),
        source,
    };
    let body = serde_json::to_string(record).map_err(refused)?;
    // JSON has no NaN, for one, and writes null: better to learn that now than from a journal that cannot be opened.
    serde_json::from_str::<R>(&body).map_err(refused)?;
    if body.contains('\n') {
        return Err(refused(serde::ser::Error::custom(
            "it has line feeds outside text",
        )));
    }
    let (line, tag) = line::encode(end.seq + 1, unix_millis(), end.tag, &body);
    if line.len() > LONGEST {
        return Err(JournalError::TooLong {
            path: path.to_owned(),
            bytes: line.len(),
        });
    }
    let end = End {
        size: end.size + line.len() as u64,
        seq: end.seq + 1,
        tag,
    };
    Ok((line, end))
}

/// A whole journal of `records`.
fn encode_all<R: Serialize + DeserializeOwned>(
    path: &Utf8Path,
    records: &[R],
) -> Result<(Vec<u8>, End), JournalError> {
    if records.is_empty() {
        return Err(JournalError::NoFirstRecord {
            path: path.to_owned(),
        });
    }
    let mut bytes = Vec::new();
    let mut end = End::START;
    for record in records {
        let (line, next) = encode(path, end, record)?;
        bytes.extend_from_slice(&line);
        end = next;
    }
    Ok((bytes, end))
}
