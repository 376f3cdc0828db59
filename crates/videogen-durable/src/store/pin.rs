//! Entries that must stay while they are used.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::key::Key;

/// How often each key is pinned.
#[derive(Debug, Clone, Default)]
pub(super) struct Pins(Arc<Mutex<HashMap<Key, u32>>>);

impl Pins {
    /// Nothing is pinned or let go while the guard lives. Taken after the store's lock, never before.
    pub(super) fn lock(&self) -> MutexGuard<'_, HashMap<Key, u32>> {
        // Counts are changed by one statement each, so a panic elsewhere leaves them right.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn pin(&self, key: &Key) -> Pin {
        *self.lock().entry(*key).or_default() += 1;
        Pin {
            key: *key,
            pins: self.clone(),
        }
    }
}

/// Keeps an entry from being evicted by the store it came from, for as long as it lives. Other processes do not see it.
#[derive(Debug)]
#[must_use = "the entry is let go when this is dropped"]
pub struct Pin {
    key: Key,
    pins: Pins,
}

impl Pin {
    /// What is pinned.
    pub const fn key(&self) -> &Key {
        &self.key
    }
}

impl Drop for Pin {
    fn drop(&mut self) {
        let mut pins = self.pins.lock();
        if let Some(count) = pins.get_mut(&self.key) {
            *count -= 1;
            if *count == 0 {
                pins.remove(&self.key);
            }
        }
    }
}
