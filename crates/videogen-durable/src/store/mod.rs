//! What a stage has made is kept under the hash of everything that influenced it. The same mechanism is resuming after a
//! crash, caching between runs, and redoing one scene: only keys that changed are misses.
//!
//! # Files
//! Each entry is a content and a signed sidecar beside it, see `layout.rs`. There is no index: a file that lists all
//! entries would have to be rewritten or repaired after a crash, and processes would have to take turns for it. What is
//! in the store is what the directory says.
//!
//! # Order of a put
//! Content and sidecar are written and flushed under `tmp/`. Then, under the lock: room is made, the sidecar gets its
//! name, the content gets its name, and their directory is flushed once. A sidecar without its content is not trusted, so
//! the end of a process leaves no entry or a whole one, and what it leaves is signed: it is removed when the store is
//! opened next. A content without a sidecar is not the store's and is never touched. Who comes
//! first wins: a whole entry is never replaced, so content and sidecar are always of the same put.
//!
//! # Trust
//! A sidecar carries an HMAC-SHA256 under a key that only the owner can read. An entry whose signature, size or form is
//! wrong is logged, removed, and a miss; reading never fails.
//!
//! # Age
//! A use sets the modification time of the sidecar, never to less than one microsecond after the newest there is. The
//! order of uses survives a clock that is set back; no age in days is ever computed, so a jump evicts nothing.

mod demolish;
mod disk;
mod entry;
mod error;
mod hex;
mod key;
mod layout;
mod lock;
mod lookup;
mod memory;
mod pin;
mod room;
mod secret;
mod session;
#[cfg(test)]
mod tests;
mod types;
mod upkeep;

use std::io::{self, Read};
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::{SystemTime, UNIX_EPOCH};

use camino::{Utf8Path, Utf8PathBuf};

pub use self::demolish::demolish;
pub use self::error::StoreError;
pub use self::hex::NotHex;
pub use self::key::{Digest, Key, KeyBuilder, normalised};
pub use self::pin::Pin;
pub use self::types::{About, Freed, StoreLimits, StoreStats, Stored, VerifyReport};

use self::disk::Disk;
use self::entry::Entry;
use self::lock::Lock;
use self::lookup::{Depth, Fault, Whole};
use self::memory::{Known, Memory, SMALL};
use self::pin::Pins;
use self::room::Amount;
use self::secret::Secret;
use self::session::{Session, Temp};
use crate::effects::Effects;

/// The largest content that [`Store::get_bytes`] reads into memory: 16 MiB. Larger ones are for programs that take paths.
pub const MOST_BYTES_IN_MEMORY: u64 = 16 * 1024 * 1024;

/// A directory of outputs, see the module. Threads share it by reference; processes may use the same directory.
///
/// Everything here blocks: a caller in async code uses a thread that may wait.
#[derive(Debug)]
pub struct Store {
    dir: Utf8PathBuf,
    limits: StoreLimits,
    disk: Disk,
    lock: Lock,
    session: Session,
    secret: Secret,
    memory: Memory,
    pins: Pins,
    /// The newest stamp of a use.
    newest: AtomicU64,
    hits: AtomicU64,
    misses: AtomicU64,
}

impl Store {
    /// Opens the store in `dir`, which is made if it is not there, and removes what a crash left, and the longest unused
    /// if it holds more than `limits` allow.
    ///
    /// # Errors
    /// When the directory cannot be made, written to or locked, or another process holds the lock for too long. The
    /// caller goes on without a cache.
    pub fn open(
        dir: &Utf8Path,
        limits: StoreLimits,
        effects: Arc<dyn Effects>,
    ) -> Result<Self, StoreError> {
        let disk = Disk(effects);
        disk.make_dir(dir)?;
        // Nobody can hold a lock that is no file.
        disk.clear_way_for(&dir.join("lock"), false)?;
        let lock = Lock::open(dir, limits.wait, &disk)?;
        let held = lock.hold()?;
        disk.clear_way_for(&dir.join("tmp"), true)?;
        let session = Session::open(&dir.join("tmp"), &disk)?;
        let secret = Secret::load_or_make(dir, &disk, &session)?;
        drop(held);
        let store = Self {
            dir: dir.to_owned(),
            limits,
            disk,
            lock,
            session,
            secret,
            memory: Memory::new(limits.memory),
            pins: Pins::default(),
            newest: AtomicU64::new(0),
            hits: AtomicU64::new(0),
            misses: AtomicU64::new(0),
        };
        {
            let mut held = store.lock.hold()?;
            store.survey(&mut held)?;
            // It may have been larger before.
            if !held.held.fits(store.limit()) {
                store.make_room(&mut held, 0)?;
            }
        }
        Ok(store)
    }

    /// The directory.
    pub fn dir(&self) -> &Utf8Path {
        &self.dir
    }

    /// Puts a file. `from` stays where it is, but must not be written to any more: where the file system allows it the
    /// store has it as a hard link, at no cost in space.
    ///
    /// If there is a whole entry for `key` already, that one is kept and returned. A file that does not fit into the
    /// limits, or only if pinned entries went, is not kept: that is no error.
    ///
    /// # Errors
    /// [`StoreError`], with nothing put. `from` is there as before, and the caller goes on with it.
    pub fn put_file(
        &self,
        key: &Key,
        about: &About<'_>,
        from: &Utf8Path,
    ) -> Result<Stored, StoreError> {
        entry::check_extension(about.extension)?;
        let reading = |e| StoreError::io("reading", from, e);
        let mut source =
            crate::open_regular(from).map_err(|error| match crate::NotAFile::in_error(&error) {
                Some(_) => StoreError::NotAFile {
                    path: from.to_owned(),
                },
                None => reading(error),
            })?;
        let size = source.metadata().map_err(reading)?.len();
        let not_kept = |digest| Stored {
            path: from.to_owned(),
            digest,
            is_kept: false,
        };
        if size > self.limits.bytes {
            return Digest::of_reader(&mut source)
                .map(not_kept)
                .map_err(reading);
        }
        let temp = self.session.take_in(from, source)?;
        let digest = temp.digest;
        Ok(self
            .commit(key, about, temp, None)?
            .unwrap_or_else(|| not_kept(digest)))
    }

    /// Puts bytes. `None` if they are not kept, because they do not fit into the limits, or only if pinned entries went.
    ///
    /// # Errors
    /// As [`Store::put_file`].
    pub fn put_bytes(
        &self,
        key: &Key,
        about: &About<'_>,
        bytes: &[u8],
    ) -> Result<Option<Stored>, StoreError> {
        entry::check_extension(about.extension)?;
        if bytes.len() as u64 > self.limits.bytes {
            return Ok(None);
        }
        let small = (bytes.len() as u64 <= SMALL).then_some(bytes);
        self.commit(key, about, self.session.write(bytes)?, small)
    }

    /// Makes a flushed content an entry. `None` if there is no room.
    fn commit(
        &self,
        key: &Key,
        about: &About<'_>,
        content: Temp<'_>,
        small: Option<&[u8]>,
    ) -> Result<Option<Stored>, StoreError> {
        let created = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .map_or(0, |d| d.as_secs());
        let entry = Entry::new(key, about, content.digest, content.modified, created);
        let raw = entry.sign(&self.secret);
        let sidecar = self.session.write(&raw)?;
        let known = Known {
            raw: raw.into(),
            entry: Arc::new(entry),
            content: small.map(Arc::from),
        };

        let mut held = self.lock.hold()?;
        match self.inspect(key, Depth::Digest) {
            Ok(whole) => {
                self.mark(key, &whole.sidecar);
                return Ok(Some(whole.stored()));
            }
            Err(Fault::Unreadable(path, error)) => {
                return Err(StoreError::io("reading", &path, error));
            }
            Err(Fault::Bad(reason)) => {
                tracing::warn!(%key, reason, "a cache entry is not trusted and replaced");
            }
            Err(Fault::Absent) => {}
        }
        // Without a sidecar there may be a content still, perhaps of another extension.
        self.remove_files(&mut held, key)?;
        let digest = known.entry.content;
        if !self.make_room(&mut held, digest.size())? {
            return Ok(None);
        }
        let path = layout::content(&self.dir, key, about.extension);
        held.held = held.held.plus(Amount::one(digest.size()));
        held.unsurveyed = held.unsurveyed.saturating_add(digest.size());
        if let Err(error) = self.give_names(key, &path, content, sidecar) {
            // Whatever half is there now; if that fails too, the next survey finds it.
            if let Err(error) = self.remove_files(&mut held, key) {
                tracing::debug!(%key, %error, "half a cache entry is left for the next survey");
            }
            return Err(error);
        }
        self.memory.keep(known);
        Ok(Some(Stored {
            path,
            digest,
            is_kept: true,
        }))
    }

    fn give_names(
        &self,
        key: &Key,
        path: &Utf8Path,
        content: Temp<'_>,
        sidecar: Temp<'_>,
    ) -> Result<(), StoreError> {
        let shard = layout::shard(&self.dir, key);
        if self.disk.make_dir(&shard)? {
            self.disk.sync_dir(&self.dir)?;
        }
        // This order, because a sidecar is provably ours and a content is not.
        self.mark(key, &sidecar.file);
        sidecar.name(&layout::sidecar(&self.dir, key))?;
        content.name(path)?;
        self.disk.sync_dir(&shard)
    }

    /// The entry of `key`, if there is one and it can be trusted: its sidecar is signed by this store, its content has
    /// its size and was not written to since. The content is read only if it may have been; use
    /// [`get_verified`](Self::get_verified) against somebody who can write here and sets times back.
    pub fn get(&self, key: &Key) -> Option<Stored> {
        self.find(key, Depth::Size).map(Whole::stored)
    }

    /// As [`get`](Self::get), and the whole content has been read and has its digest.
    pub fn get_verified(&self, key: &Key) -> Option<Stored> {
        self.find(key, Depth::Digest).map(Whole::stored)
    }

    /// The content of `key`'s entry, verified. Small ones (64 KiB) are remembered in memory. One of more than
    /// [`MOST_BYTES_IN_MEMORY`] is `None`, without being a miss: it is for [`get`](Self::get).
    pub fn get_bytes(&self, key: &Key) -> Option<Arc<[u8]>> {
        let depth = Depth::Digest;
        let (known, sidecar) = match self.open_sidecar(key) {
            Ok(found) => found,
            Err(fault) => {
                self.miss(key, depth, fault);
                return None;
            }
        };
        if let Some(content) = known.content {
            self.hit(key, &sidecar);
            return Some(content);
        }
        if known.entry.content.size() > MOST_BYTES_IN_MEMORY {
            tracing::warn!(%key, size = known.entry.content.size(), "a cache entry is too large for memory");
            return None;
        }
        match self.read_content(&known.entry) {
            Ok(content) => {
                self.hit(key, &sidecar);
                if content.len() as u64 <= SMALL {
                    self.memory.keep(Known {
                        content: Some(Arc::clone(&content)),
                        ..known
                    });
                }
                Some(content)
            }
            Err(fault) => {
                self.miss(key, depth, fault);
                None
            }
        }
    }

    fn read_content(&self, entry: &Entry) -> Result<Arc<[u8]>, Fault> {
        // The size is checked when it is opened and the digest here, on the very bytes that are returned.
        let (path, mut file) = self.open_content(entry, Depth::Size)?;
        let mut bytes = Vec::with_capacity(entry.content.size() as usize);
        Read::by_ref(&mut file)
            .take(entry.content.size() + 1)
            .read_to_end(&mut bytes)
            .map_err(|e| Fault::Unreadable(path, e))?;
        if Digest::of(&bytes) == entry.content {
            Ok(bytes.into())
        } else {
            Err(Fault::Bad("its content has another digest"))
        }
    }

    /// Gives `key`'s content the name `to` as well: as a hard link where that can be, which must not be written to, else
    /// as a copy. `None` if there is no entry. A copy gets its name when it is whole, but is not flushed.
    ///
    /// # Errors
    /// When `to` exists or cannot be made.
    pub fn take_to(&self, key: &Key, to: &Utf8Path) -> Result<Option<Stored>, StoreError> {
        let Some(mut whole) = self.find(key, Depth::Size) else {
            return Ok(None);
        };
        match self.disk.link(&whole.path, to) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                return Err(StoreError::io("naming", to, error));
            }
            // Another file system, one without links; or the entry was evicted, and its handle still has the content.
            Err(_) => {
                let part = Utf8PathBuf::from(format!("{to}.part"));
                let mut file = self.disk.create(&part)?;
                let copied = Digest::of_copy(&mut whole.content, &mut file)
                    .map_err(|e| StoreError::io("copying to", to, e))
                    .and_then(|_| self.disk.rename(&part, to));
                if let Err(error) = copied {
                    if let Err(error) = self.disk.remove(&part) {
                        tracing::debug!(path = %part, %error, "cannot remove half a copy");
                    }
                    return Err(error);
                }
            }
        }
        Ok(Some(Stored {
            path: to.to_owned(),
            ..whole.stored()
        }))
    }

    /// Keeps `key`'s entry from being evicted, whether it is there already or not. Pin first, then [`get`](Self::get) or
    /// put.
    pub fn pin(&self, key: &Key) -> Pin {
        self.pins.pin(key)
    }
}
