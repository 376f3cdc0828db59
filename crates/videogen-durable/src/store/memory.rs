//! What the store remembers in memory, bounded by bytes: proven sidecars, and contents so small that a file is too much.

use std::sync::Arc;

use moka::sync::Cache;

use super::entry::Entry;
use super::key::Key;

/// The largest content that is remembered: scripts and word lists, not pictures.
pub(super) const SMALL: u64 = 64 * 1024;
/// About what an entry costs besides its bytes: three allocations and moka's own bookkeeping.
const OVERHEAD: usize = 512;

/// A sidecar that has been proven, and its content if that is small and was asked for.
#[derive(Debug, Clone)]
pub(super) struct Known {
    /// The sidecar's bytes: as long as the file has the same, nothing needs to be proven again.
    pub(super) raw: Arc<[u8]>,
    pub(super) entry: Arc<Entry>,
    /// Bytes that have been checked against the entry's digest.
    pub(super) content: Option<Arc<[u8]>>,
}

/// The memory. What it forgets is read again.
#[derive(Debug)]
pub(super) struct Memory(Cache<Key, Known>);

impl Memory {
    /// One of at most `bytes`, give or take a few entries for a moment: moka evicts in batches.
    pub(super) fn new(bytes: u64) -> Self {
        let weigh = |_: &Key, known: &Known| {
            let content = known.content.as_ref().map_or(0, |c| c.len());
            // The entry's strings are as long as the sidecar at most.
            u32::try_from(OVERHEAD + 2 * known.raw.len() + content).unwrap_or(u32::MAX)
        };
        Self(Cache::builder().max_capacity(bytes).weigher(weigh).build())
    }

    pub(super) fn get(&self, key: &Key) -> Option<Known> {
        self.0.get(key)
    }

    pub(super) fn keep(&self, known: Known) {
        self.0.insert(known.entry.key, known);
    }

    pub(super) fn forget(&self, key: &Key) {
        self.0.invalidate(key);
    }

    /// Bytes in memory once moka has caught up.
    #[cfg(test)]
    pub(super) fn weight(&self) -> u64 {
        self.0.run_pending_tasks();
        self.0.weighted_size()
    }
}
