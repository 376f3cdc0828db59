//! What is known of mirrors, for all downloads of a process: the effects around what is pure.

use std::num::NonZeroU32;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use camino::{Utf8Path, Utf8PathBuf};
use url::Url;
use videogen_net::RateLimits;

use super::clock::RunClock;
use super::file::{self, Changing, HealthFileError};
use super::host::{Ending, Host, origin};
use super::known::{Fresh, Known};
use super::lease::MirrorLease;
use super::rank::{RankedMirror, from_now};
use super::records::{Records, longest_block};
use super::snapshot::{HealthSnapshot, snapshot};
use crate::registry::Mirror;

/// What is known of mirrors: how fast each host is, how often it succeeds, and which are left alone for a while. Clones are
/// handles of the same, shared by all downloads of a process.
///
/// A host is a scheme, a name and a port. All that was seen of it is half forgotten in a day.
#[derive(Debug, Clone)]
pub struct MirrorHealth {
    shared: Arc<Shared>,
    limits: Option<RateLimits>,
}

#[derive(Debug)]
struct Shared {
    known: Mutex<Known>,
    clock: RunClock,
    path: Option<Utf8PathBuf>,
    /// Whether somebody was told that the file is of no use.
    has_warned: AtomicBool,
}

impl MirrorHealth {
    /// Returns a memory that ends with the process.
    pub fn in_memory() -> Self {
        Self::new(None)
    }

    /// Reads what earlier runs saw, from the file that [`MirrorHealth::save`] writes. A file that cannot be used counts as
    /// empty, with one warning in the log, and is replaced by the next save. Blocks on the disk.
    ///
    /// Whatever the clock has done meanwhile, no block lasts longer than 32 minutes from now, and nothing is forgotten at
    /// once.
    pub fn open(path: &Utf8Path) -> Self {
        let health = Self::new(Some(path.to_owned()));
        let records = health.read(path);
        let shift = health.shared.clock.wall_to_run();
        let records = records.moved(shift, longest_block());
        health.lock().learn(records, &Fresh::new(), shift.to);
        health
    }

    fn new(path: Option<Utf8PathBuf>) -> Self {
        Self {
            shared: Arc::new(Shared {
                known: Mutex::default(),
                clock: RunClock::start(),
                path,
                has_warned: AtomicBool::new(false),
            }),
            limits: None,
        }
    }

    /// Sets how many requests a minute a host gets from this process, evenly spaced; [`MirrorLease::turn`] waits for that.
    /// Clones that are made of the result share the count.
    #[must_use]
    pub fn limited_per_minute(mut self, requests: NonZeroU32) -> Self {
        self.limits = Some(RateLimits::per_minute(requests));
        self
    }

    /// Ranks mirrors, best first.
    ///
    /// Those that may be asked come first, by their score; of hosts alike the one with the higher priority. Among them are
    /// those that were never tried, with what the known ones have in common; one in twelve times such a one comes first, so
    /// that it is tried. Then come hosts that have only failed within the last day. Last come those that are blocked, and
    /// addresses that are dead, the one that is nearest to its release first: when all are, the first one is asked.
    pub fn rank(&self, mirrors: &[Mirror]) -> Vec<RankedMirror> {
        let now = self.shared.clock.now();
        self.lock().rank(mirrors, now, random())
    }

    /// Admits one use of a mirror. Where the block of its host is over, the first use is the probe that finds out how it is;
    /// others see [`Admission::Probing`](videogen_net::Admission::Probing) in [`MirrorLease::admission`] and had better ask
    /// another mirror.
    pub fn lease(&self, mirror: &Mirror) -> MirrorLease {
        let host = origin(&mirror.url);
        let now = self.shared.clock.now();
        let (admission, is_probe) = self.lock().begin(&host, now);
        let limit = self.limits.as_ref().map(|limits| limits.of(&host));
        let begun = (from_now(admission, now), is_probe);
        MirrorLease::new(self.clone(), mirror.clone(), host, begun, limit)
    }

    /// Returns everything that is known, to be shown.
    pub fn snapshot(&self) -> HealthSnapshot {
        let shift = self.shared.clock.wall_to_run().back();
        snapshot(&self.lock(), shift)
    }

    /// Merges what is known with what other processes wrote meanwhile, under a lock, and writes it atomically; this process
    /// knows what they know then. Nothing happens to one that is [in memory](MirrorHealth::in_memory). Blocks on the disk,
    /// and 5 s at most on another process.
    ///
    /// # Errors
    /// [`HealthFileError`]. What is known stays known, and the next save tells it all.
    pub fn save(&self) -> Result<(), HealthFileError> {
        let Some(path) = &self.shared.path else {
            return Ok(());
        };
        let changing = Changing::begin(path)?;
        let shift = self.shared.clock.wall_to_run();
        let found = self.read(path).moved(shift, longest_block());
        let (all, fresh) = self.lock().for_file(found);
        changing.write(&all.clone().moved(shift.back(), u64::MAX))?;
        self.lock().learn(all, &fresh, shift.to);
        Ok(())
    }

    /// Reads the file; what is of no use counts as empty.
    fn read(&self, path: &Utf8Path) -> Records {
        file::read(path).unwrap_or_else(|why| {
            if !self.shared.has_warned.swap(true, Ordering::Relaxed) {
                tracing::warn!("what is known of mirrors, in {path}, is not used: {why}");
            }
            Records::default()
        })
    }

    /// Returns how fast one connection to a host is thought to be.
    pub(super) fn speed(&self, host: &str) -> Option<f64> {
        self.lock().speed(host, self.shared.clock.now())
    }

    /// Has a host told something.
    pub(super) fn tell(&self, host: &str, what: impl FnOnce(&mut Host, u64)) {
        let now = self.shared.clock.now();
        what(self.lock().host(host, now), now);
    }

    /// Learns how a use of a mirror ended.
    pub(super) fn end(&self, url: &Url, probe: bool, ending: Ending) {
        let now = self.shared.clock.now();
        self.lock().end(url, probe, ending, now, random());
    }

    fn lock(&self) -> MutexGuard<'_, Known> {
        // No code that could panic runs in the middle of a change.
        self.shared
            .known
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

/// Returns a number of 0..1.
fn random() -> f64 {
    // Without randomness there is no jitter, and no exploring, which is no reason to fail.
    getrandom::u64().map_or(0.5, |bits| (bits >> 11) as f64 / (1_u64 << 53) as f64)
}

#[cfg(test)]
mod tests;
