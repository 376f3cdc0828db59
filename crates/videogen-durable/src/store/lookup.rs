//! Finding an entry: everything is opened once and judged through its handle, and what cannot be trusted is a miss.

use std::fs::File;
use std::io::{self, Read, Seek};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::SystemTime;

use camino::{Utf8Path, Utf8PathBuf};

use super::disk;
use super::entry::{Entry, MOST_BYTES};
use super::key::{Digest, Key};
use super::memory::Known;
use super::{Store, StoreError, Stored, layout, room};
use crate::effects::Effect;

/// How much of a content is checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Depth {
    /// That it has its size, and was not written to since it was stored. If it may have been, all of it.
    Size,
    /// All of it.
    Digest,
}

/// An entry that can be trusted.
#[derive(Debug)]
pub(super) struct Whole {
    pub(super) known: Known,
    pub(super) path: Utf8PathBuf,
    /// The content, at its beginning.
    pub(super) content: File,
    pub(super) sidecar: File,
}

impl Whole {
    pub(super) fn stored(self) -> Stored {
        Stored {
            path: self.path,
            digest: self.known.entry.content,
            is_kept: true,
        }
    }
}

/// Why there is no entry to be had.
#[derive(Debug)]
pub(super) enum Fault {
    /// There is none.
    Absent,
    /// There is one that cannot be trusted.
    Bad(&'static str),
    /// It could not be judged: no descriptors, a disk error. It stays.
    Unreadable(Utf8PathBuf, io::Error),
}

impl Fault {
    /// What it means that `path` cannot be opened.
    fn unopened(path: &Utf8Path, error: io::Error, reason: &'static str) -> Self {
        match error.kind() {
            // A directory, a pipe, a symbolic link; permissions that are not ours.
            io::ErrorKind::NotFound
            | io::ErrorKind::InvalidInput
            | io::ErrorKind::PermissionDenied => Self::Bad(reason),
            _ => Self::Unreadable(path.to_owned(), error),
        }
    }
}

impl Store {
    /// The entry, counted as a hit or a miss, and marked as used. What is bad is removed.
    pub(super) fn find(&self, key: &Key, depth: Depth) -> Option<Whole> {
        match self.inspect(key, depth) {
            Ok(whole) => {
                self.hit(key, &whole.sidecar);
                Some(whole)
            }
            Err(fault) => {
                self.miss(key, depth, fault);
                None
            }
        }
    }

    /// Counts and marks a use of what `sidecar` describes.
    pub(super) fn hit(&self, key: &Key, sidecar: &File) {
        self.hits.fetch_add(1, Ordering::Relaxed);
        self.mark(key, sidecar);
    }

    /// Counts a miss. What is still bad once the store is locked is logged and removed.
    pub(super) fn miss(&self, key: &Key, depth: Depth, fault: Fault) {
        self.misses.fetch_add(1, Ordering::Relaxed);
        self.settle(key, depth, fault);
    }

    /// Deals with a fault; whether there was one: what looked bad may have been in the middle of a change.
    pub(super) fn settle(&self, key: &Key, depth: Depth, fault: Fault) -> bool {
        match fault {
            Fault::Absent => false,
            Fault::Unreadable(path, error) => {
                tracing::warn!(%key, %path, %error, "a cache entry cannot be read now");
                true
            }
            Fault::Bad(reason) => self.discard(key, depth).unwrap_or_else(|error| {
                tracing::warn!(%key, reason, %error, "a bad cache entry cannot be removed");
                true
            }),
        }
    }

    /// Removes the entry if it is bad, and says whether it was. It is judged again, because another process may have removed it in the middle of
    /// the first look, or put a good one.
    fn discard(&self, key: &Key, depth: Depth) -> Result<bool, StoreError> {
        let mut held = self.lock.hold()?;
        let Err(Fault::Bad(reason)) = self.inspect(key, depth) else {
            return Ok(false);
        };
        tracing::warn!(%key, reason, "a cache entry is not trusted and removed");
        self.remove_files(&mut held, key)?;
        Ok(true)
    }

    /// Looks without counting or marking.
    pub(super) fn inspect(&self, key: &Key, depth: Depth) -> Result<Whole, Fault> {
        let (known, sidecar) = self.open_sidecar(key)?;
        let (path, content) = self.open_content(&known.entry, depth)?;
        Ok(Whole {
            known,
            path,
            content,
            sidecar,
        })
    }

    /// What the sidecar says, proven.
    pub(super) fn open_sidecar(&self, key: &Key) -> Result<(Known, File), Fault> {
        let path = layout::sidecar(&self.dir, key);
        let mut file = match disk::open_regular(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Err(Fault::Absent),
            Err(error) => {
                return Err(Fault::unopened(
                    &path,
                    error,
                    "its sidecar cannot be opened",
                ));
            }
        };
        let mut raw = Vec::with_capacity(1024);
        Read::by_ref(&mut file)
            .take(MOST_BYTES + 1)
            .read_to_end(&mut raw)
            .map_err(|e| Fault::Unreadable(path, e))?;
        if let Some(known) = self.memory.get(key).filter(|known| *known.raw == *raw) {
            return Ok((known, file));
        }
        if raw.len() as u64 > MOST_BYTES {
            return Err(Fault::Bad("its sidecar is too long"));
        }
        let entry = Entry::prove(&raw, key, &self.secret).map_err(Fault::Bad)?;
        let known = Known {
            raw: raw.into(),
            entry: Arc::new(entry),
            content: None,
        };
        self.memory.keep(known.clone());
        Ok((known, file))
    }

    /// The content of `entry`, checked.
    pub(super) fn open_content(
        &self,
        entry: &Entry,
        depth: Depth,
    ) -> Result<(Utf8PathBuf, File), Fault> {
        let path = layout::content(&self.dir, &entry.key, &entry.extension);
        let mut file = disk::open_regular(&path)
            .map_err(|e| Fault::unopened(&path, e, "its content cannot be opened"))?;
        let metadata = match file.metadata() {
            Ok(metadata) => metadata,
            Err(error) => return Err(Fault::Unreadable(path, error)),
        };
        if metadata.len() != entry.content.size() {
            return Err(Fault::Bad("its content has another size"));
        }
        if depth == Depth::Digest || disk::modified(&metadata) != entry.modified {
            let digest = Digest::of_reader(&mut file).and_then(|d| file.rewind().map(|()| d));
            match digest {
                Ok(digest) if digest == entry.content => {}
                Ok(_) => return Err(Fault::Bad("its content has another digest")),
                Err(error) => return Err(Fault::Unreadable(path, error)),
            }
        }
        Ok((path, file))
    }

    /// Marks a use: the time of the sidecar, set by us, because access times are switched off on many systems. A store
    /// that cannot be written to can still be read.
    pub(super) fn mark(&self, key: &Key, sidecar: &File) {
        let path = layout::sidecar(&self.dir, key);
        let marked = self
            .disk
            .0
            .before(Effect::Write(&path))
            .and_then(|()| sidecar.set_modified(self.stamp()));
        if let Err(error) = marked {
            tracing::debug!(%path, %error, "cannot mark a use");
        }
    }

    /// A stamp later than every one before it.
    pub(super) fn stamp(&self) -> SystemTime {
        let now = disk::nanos(SystemTime::now());
        let next = |newest| room::stamp(newest, now);
        let previous = self
            .newest
            .update(Ordering::Relaxed, Ordering::Relaxed, next);
        disk::time(next(previous))
    }
}
