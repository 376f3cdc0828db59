//! What keeps the store in its limits and in order: surveys, eviction, and the commands of `videogen cache`.

use std::collections::BTreeMap;
use std::sync::atomic::Ordering;
use std::time::SystemTime;

use super::disk;
use super::key::Key;
use super::layout::{self, Found};
use super::lock::Held;
use super::lookup::{Depth, Fault};
use super::room::{self, Amount, Used};
use super::{Freed, Store, StoreError, StoreStats, VerifyReport};
use crate::effects::Effect;

/// A store looks at the disk again after putting this part of its limit, to see what other processes have put. So n
/// processes together hold at most n/16 of the limit too much, until the next look of any of them. When something has to
/// go, this part of the limit is left free, so that a full store does not look at every put.
const PART: u64 = 16;

/// How far ahead of the clock a stamp may be, in nanoseconds: a day. Clocks are set by hours, and uses push stamps ahead by
/// microseconds.
const AHEAD: u64 = 24 * 60 * 60 * 1_000_000_000;

impl Store {
    /// What is in the store, by names. Sidecars without a content are removed: they are from a crash, because whoever puts
    /// holds the lock that we hold. A content without a sidecar is none of ours: no crash leaves one, and many a program
    /// names files by digests.
    pub(super) fn survey(&self, held: &mut Held<'_>) -> Result<BTreeMap<Key, Found>, StoreError> {
        let mut found = layout::walk(&self.dir)?;
        found.retain(|_, found| found.used.is_some());
        let halves: Vec<Key> = found
            .iter()
            .filter(|(_, f)| f.contents.entries == 0)
            .map(|(key, _)| *key)
            .collect();
        for key in halves {
            tracing::debug!(%key, "removing half a cache entry");
            if let Err(error) = self.remove_files(held, &key) {
                tracing::warn!(%key, %error, "half a cache entry cannot be removed");
            }
            found.remove(&key);
        }
        self.heal_stamps(&mut found);
        held.held = found
            .values()
            .map(|f| Amount::one(f.contents.bytes))
            .fold(Amount::default(), Amount::plus);
        held.unsurveyed = 0;
        Ok(found)
    }

    /// Takes the newest stamp over. Those of a clock that was far ahead are brought back to now, in their order: left as
    /// they are, they would outlive everything used since, and where a file system cannot express the time after them
    /// every use would look the same.
    fn heal_stamps(&self, found: &mut BTreeMap<Key, Found>) {
        let now = disk::nanos(SystemTime::now());
        let stamps = found.values().filter_map(|f| f.used);
        let newest = stamps.max().unwrap_or(0);
        // What this process gave itself may be newer than what is left of it on disk.
        let known = self.newest.fetch_max(newest, Ordering::Relaxed).max(newest);
        if known <= now.saturating_add(AHEAD) {
            return;
        }
        let mut ahead: Vec<(u64, Key)> = found
            .iter()
            .filter_map(|(key, f)| Some((f.used.filter(|used| *used > now)?, *key)))
            .collect();
        ahead.sort_by_key(|(used, _)| *used);
        let mut next = now;
        for (_, key) in ahead {
            next = room::stamp(next, now);
            let path = layout::sidecar(&self.dir, &key);
            let set = self
                .disk
                .0
                .before(Effect::Write(&path))
                .and_then(|()| disk::open_regular(&path))
                .and_then(|sidecar| sidecar.set_modified(disk::time(next)));
            match set {
                Ok(()) => {
                    if let Some(found) = found.get_mut(&key) {
                        found.used = Some(next);
                    }
                }
                Err(error) => tracing::debug!(%path, %error, "its time is in the future and stays"),
            }
        }
        tracing::info!(dir = %self.dir, "uses of the cache were dated in the future: dated now");
        self.newest.store(next, Ordering::Relaxed);
    }

    pub(super) fn limit(&self) -> Amount {
        Amount {
            bytes: self.limits.bytes,
            entries: self.limits.entries,
        }
    }

    /// Removes the longest unused until a content of `size` bytes fits; nothing, if it cannot.
    pub(super) fn make_room(&self, held: &mut Held<'_>, size: u64) -> Result<bool, StoreError> {
        let incoming = Amount::one(size);
        let limit = self.limit();
        let is_fresh = held.unsurveyed.saturating_add(size) <= limit.bytes / PART;
        if is_fresh && held.held.plus(incoming).fits(limit) {
            return Ok(true);
        }
        let goal = limit.minus(Amount {
            bytes: limit.bytes / PART,
            entries: limit.entries / PART,
        });
        let (fits, _) = self.evict(held, incoming, limit, goal)?;
        Ok(fits)
    }

    /// Brings the store and `incoming` within `goal` if they are not within `limit`; whether they are now. Nothing is
    /// removed for something incoming that will not fit even so.
    fn evict(
        &self,
        held: &mut Held<'_>,
        incoming: Amount,
        limit: Amount,
        goal: Amount,
    ) -> Result<(bool, Freed), StoreError> {
        let found = self.survey(held)?;
        // Held to the end: what is pinned from now on is found to be gone, not pulled away.
        let pins = self.pins.lock();
        let entries: Vec<Used> = found
            .iter()
            .map(|(key, f)| Used {
                stamp: f.used.unwrap_or(0),
                bytes: f.contents.bytes,
                pinned: pins.contains_key(key),
            })
            .collect();
        let choice = room::choose(&entries, incoming, limit, goal);
        let mut freed = Amount::default();
        if choice.fits || incoming == Amount::default() {
            let keys: Vec<&Key> = found.keys().collect();
            for index in choice.victims {
                freed = freed.plus(self.remove_files(held, keys[index])?);
            }
        }
        drop(pins);
        Ok((choice.fits, Freed::from(freed)))
    }

    /// Removes every file of `key`; what that freed. The sidecar goes last: a crash leaves what is known to be ours, and no
    /// entry. Directories are not flushed, because what a power cut brings back is whole, or half and then removed.
    pub(super) fn remove_files(
        &self,
        held: &mut Held<'_>,
        key: &Key,
    ) -> Result<Amount, StoreError> {
        self.memory.forget(key);
        let contents = layout::contents(&self.dir, key)?;
        let mut freed = Amount::default();
        for (path, size) in contents {
            self.disk.remove(&path)?;
            freed = freed.plus(Amount {
                bytes: size,
                entries: 0,
            });
            freed.entries = 1;
        }
        let sidecar = layout::sidecar(&self.dir, key);
        if sidecar.symlink_metadata().is_ok() {
            self.disk.remove(&sidecar)?;
        }
        held.held = held.held.minus(freed);
        Ok(freed)
    }

    /// Removes the longest unused entries until at most `to_bytes` are held. Pinned ones stay, even if that is more.
    ///
    /// # Errors
    /// When the store cannot be locked, read, or an entry not removed.
    pub fn prune(&self, to_bytes: u64) -> Result<Freed, StoreError> {
        let mut held = self.lock.hold()?;
        let limit = Amount {
            bytes: to_bytes,
            entries: u64::MAX,
        };
        let (_, freed) = self.evict(&mut held, Amount::default(), limit, limit)?;
        Ok(freed)
    }

    /// Removes every entry that is not pinned.
    ///
    /// # Errors
    /// As [`Store::prune`].
    pub fn clear(&self) -> Result<Freed, StoreError> {
        let mut held = self.lock.hold()?;
        let none = Amount::default();
        let (_, freed) = self.evict(&mut held, none, none, none)?;
        Ok(freed)
    }

    /// Removes an entry, pinned or not; whether there was one.
    ///
    /// # Errors
    /// As [`Store::prune`].
    pub fn remove(&self, key: &Key) -> Result<bool, StoreError> {
        let mut held = self.lock.hold()?;
        Ok(self.remove_files(&mut held, key)?.entries > 0)
    }

    /// Reads every content and compares it with its digest. Bad entries are removed, also pinned ones. Others can use the
    /// store meanwhile.
    ///
    /// # Errors
    /// When the store cannot be locked or listed. That an entry cannot be read is in the report.
    pub fn verify(&self) -> Result<VerifyReport, StoreError> {
        let keys: Vec<Key> = {
            let mut held = self.lock.hold()?;
            self.survey(&mut held)?.into_keys().collect()
        };
        let mut report = VerifyReport::default();
        for key in keys {
            match self.inspect(&key, Depth::Digest) {
                Ok(whole) => {
                    report.checked += 1;
                    report.bytes += whole.known.entry.content.size();
                }
                // Evicted since it was listed.
                Err(Fault::Absent) => {}
                Err(fault) => {
                    if self.settle(&key, Depth::Digest, fault) {
                        report.checked += 1;
                        report.bad += 1;
                    }
                }
            }
        }
        Ok(report)
    }

    /// How full the store is, and how useful it was since it was opened. Entries whose size or signature is wrong are not
    /// counted, and not removed either.
    ///
    /// # Errors
    /// When the directory cannot be listed.
    pub fn stats(&self) -> Result<StoreStats, StoreError> {
        let mut stats = StoreStats {
            entries: 0,
            bytes: 0,
            limit: self.limits.bytes,
            by_stage: BTreeMap::new(),
            hits: self.hits.load(Ordering::Relaxed),
            misses: self.misses.load(Ordering::Relaxed),
        };
        for (key, found) in layout::walk(&self.dir)? {
            let Ok((known, _)) = self.open_sidecar(&key) else {
                continue;
            };
            let size = known.entry.content.size();
            if found.contents.bytes != size {
                continue;
            }
            stats.entries += 1;
            stats.bytes += size;
            let stage = stats.by_stage.entry(known.entry.stage.clone()).or_default();
            stage.0 += 1;
            stage.1 += size;
        }
        Ok(stats)
    }
}
