//! Effects that are counted, and one of which ends the process or fails.

use std::io;
use std::sync::atomic::{AtomicU64, Ordering};

use camino::Utf8PathBuf;
use videogen_durable::{Effect, Effects};

/// What happens in the place of an effect.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Strike {
    /// The process ends, as by a signal.
    Abort,
    /// The operating system refuses with this number.
    Error(i32),
}

/// Counts effects from 1.
#[derive(Debug)]
pub(crate) struct Striking {
    seen: AtomicU64,
    journal_syncs: AtomicU64,
    strike: Option<(u64, Strike)>,
    /// Gets the effect that was struck.
    note: Utf8PathBuf,
}

impl Striking {
    pub(crate) fn new(note: Utf8PathBuf, strike: Option<(u64, Strike)>) -> Self {
        Self {
            seen: AtomicU64::new(0),
            journal_syncs: AtomicU64::new(0),
            strike,
            note,
        }
    }

    /// How many there were.
    pub(crate) fn seen(&self) -> u64 {
        self.seen.load(Ordering::Relaxed)
    }

    /// How many of them flushed a journal.
    pub(crate) fn journal_syncs(&self) -> u64 {
        self.journal_syncs.load(Ordering::Relaxed)
    }
}

impl Effects for Striking {
    fn before(&self, effect: Effect<'_>) -> io::Result<()> {
        let number = self.seen.fetch_add(1, Ordering::Relaxed) + 1;
        if let Effect::Sync(path) = effect
            && path.file_name() == Some("journal.jsonl")
        {
            self.journal_syncs.fetch_add(1, Ordering::Relaxed);
        }
        match self.strike {
            Some((at, strike)) if at == number => {
                std::fs::write(&self.note, format!("{effect:?}")).expect("a note can be left");
                match strike {
                    Strike::Abort => std::process::abort(),
                    Strike::Error(number) => Err(io::Error::from_raw_os_error(number)),
                }
            }
            _ => Ok(()),
        }
    }
}
