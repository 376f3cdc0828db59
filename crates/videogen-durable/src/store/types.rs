//! The values that go into the store's functions and come out of them.

use std::collections::BTreeMap;
use std::time::Duration;

use camino::Utf8PathBuf;

use super::key::Digest;
use super::room::Amount;

/// How much a store may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StoreLimits {
    /// Bytes of all contents; when it is reached, a sixteenth is made free. Default 3 GiB: 290 pictures of 1440×2560 even if none could be compressed, which is about
    /// fifty videos of six scenes; and little beside the disks of today. Sidecars, below 1 KiB each, do not count.
    pub bytes: u64,
    /// Entries. Default 50,000: bounds what many small contents take in sidecars and directory blocks.
    pub entries: u64,
    /// Bytes of memory for sidecars and small contents. Default 4 MiB, a sixteenth of the orchestrator's 64.
    pub memory: u64,
    /// How long to wait for another process that changes the store. Default 10 s; it takes milliseconds, unless that
    /// process is stopped.
    pub wait: Duration,
}

impl Default for StoreLimits {
    fn default() -> Self {
        Self {
            bytes: 3 * 1024 * 1024 * 1024,
            entries: 50_000,
            memory: 4 * 1024 * 1024,
            wait: Duration::from_secs(10),
        }
    }
}

/// What is put. Only `extension` is used; the rest is for people who look into the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct About<'a> {
    /// One to eight of `a-z0-9`, without a dot: programs choose by it what to do with the file.
    pub extension: &'a str,
    /// The stage that made it; [`StoreStats`] counts by it. Cut after 200 characters.
    pub stage: &'a str,
    /// Anything, as "scene 3". Cut after 200 characters.
    pub label: &'a str,
}

impl<'a> About<'a> {
    /// Without a label.
    pub const fn new(extension: &'a str, stage: &'a str) -> Self {
        Self {
            extension,
            stage,
            label: "",
        }
    }
}

/// An entry's content.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Stored {
    /// Where it is. Must only be read: the entry is lost if anything writes to it. Pin the key before asking for the
    /// entry, and the store does not evict it while it is used.
    pub path: Utf8PathBuf,
    /// Its size and SHA-256.
    pub digest: Digest,
    /// Whether it is in the store. If not, `path` is the file that was to be put.
    pub is_kept: bool,
}

impl Stored {
    /// Its size in bytes.
    pub const fn size(&self) -> u64 {
        self.digest.size()
    }
}

/// What was removed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Freed {
    /// Entries.
    pub entries: u64,
    /// Bytes of their contents.
    pub bytes: u64,
}

impl From<Amount> for Freed {
    fn from(amount: Amount) -> Self {
        Self {
            entries: amount.entries,
            bytes: amount.bytes,
        }
    }
}

/// What [`Store::verify`](super::Store::verify) found.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct VerifyReport {
    /// Entries that were looked at.
    pub checked: u64,
    /// Those that were wrong, and are removed; and those that could not be read.
    pub bad: u64,
    /// Bytes of the good ones.
    pub bytes: u64,
}

/// What [`Store::stats`](super::Store::stats) counts.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct StoreStats {
    /// Entries.
    pub entries: u64,
    /// Bytes of their contents.
    pub bytes: u64,
    /// Bytes that there may be.
    pub limit: u64,
    /// Entries and bytes of each stage.
    pub by_stage: BTreeMap<String, (u64, u64)>,
    /// Entries that were asked for and there, since this store was opened.
    pub hits: u64,
    /// Entries that were asked for and not there, since this store was opened.
    pub misses: u64,
}
