//! The store's changes to the disk, each announced before it happens, and its way to open a file.

use std::fs::{self, File};
use std::io;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use camino::Utf8Path;

use super::StoreError;
use crate::atomic;
use crate::effects::{Effect, Effects};

/// Where changes are announced.
#[derive(Debug, Clone)]
pub(super) struct Disk(pub(super) Arc<dyn Effects>);

impl Disk {
    /// A directory for its owner only; whether it was not there before. Its parents are made as well.
    pub(super) fn make_dir(&self, path: &Utf8Path) -> Result<bool, StoreError> {
        let is_new = !path.is_dir();
        if is_new {
            self.0
                .before(Effect::Write(path))
                .map_err(|e| StoreError::io("making", path, e))?;
        }
        crate::create_private_dir_all(path).map_err(|e| StoreError::io("making", path, e))?;
        Ok(is_new)
    }

    /// A new file for its owner only.
    pub(super) fn create(&self, path: &Utf8Path) -> Result<File, StoreError> {
        self.0
            .before(Effect::Write(path))
            .and_then(|()| crate::create_private(path))
            .map_err(|e| StoreError::io("creating", path, e))
    }

    /// A second name for a file.
    pub(super) fn link(&self, from: &Utf8Path, to: &Utf8Path) -> io::Result<()> {
        self.0.before(Effect::Write(to))?;
        fs::hard_link(from, to)
    }

    /// Flushes a file.
    pub(super) fn sync(&self, file: &File, path: &Utf8Path) -> Result<(), StoreError> {
        self.0
            .before(Effect::Sync(path))
            .and_then(|()| file.sync_all())
            .map_err(|e| StoreError::io("flushing", path, e))
    }

    /// Flushes the names in a directory.
    pub(super) fn sync_dir(&self, path: &Utf8Path) -> Result<(), StoreError> {
        atomic::sync_dir(&*self.0, path)
            .map_err(|error| StoreError::io("flushing", path, error.source))
    }

    /// Gives a file its final name.
    pub(super) fn rename(&self, from: &Utf8Path, to: &Utf8Path) -> Result<(), StoreError> {
        self.0
            .before(Effect::Rename(to))
            .and_then(|()| fs::rename(from, to))
            .map_err(|e| StoreError::io("naming", to, e))
    }

    /// Renames what has the name of a file of the store and cannot be it, and logs that.
    pub(super) fn clear_way(&self, path: &Utf8Path, why: &str) -> Result<(), StoreError> {
        match atomic::set_aside(&*self.0, path) {
            Ok(aside) => {
                tracing::warn!(
                    "{path} is not used, because {why}: it is kept as {aside} and made anew, and what is in the cache is made again when it is needed"
                );
                Ok(())
            }
            Err(source) => Err(StoreError::Unusable {
                path: path.to_owned(),
                why: why.to_owned(),
                source,
            }),
        }
    }

    /// Makes way for a file or directory of the store where something of another kind has its name.
    pub(super) fn clear_way_for(&self, path: &Utf8Path, is_dir: bool) -> Result<(), StoreError> {
        match path.symlink_metadata() {
            Ok(found) if is_dir && !found.is_dir() => self.clear_way(path, "it is no directory"),
            Ok(found) if !is_dir && !found.is_file() => {
                self.clear_way(path, "it is no file of its own")
            }
            _ => Ok(()),
        }
    }

    /// Removes a file, if it is there.
    pub(super) fn remove(&self, path: &Utf8Path) -> Result<(), StoreError> {
        match self
            .0
            .before(Effect::Remove(path))
            .and_then(|()| fs::remove_file(path))
        {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                Err(StoreError::io("removing", path, error))
            }
            _ => Ok(()),
        }
    }
}

/// Opens a regular file for reading. Nothing else: a link could lead out of the store, and opening a pipe would wait for
/// its other end.
pub(super) fn open_regular(path: &Utf8Path) -> io::Result<File> {
    crate::open_own(path)
}

/// Nanoseconds since 1970; 0 before, the largest number after 2554.
pub(super) fn nanos(time: SystemTime) -> u64 {
    time.duration_since(UNIX_EPOCH)
        .map_or(0, |d| u64::try_from(d.as_nanos()).unwrap_or(u64::MAX))
}

/// The reverse of [`nanos`].
pub(super) fn time(nanos: u64) -> SystemTime {
    UNIX_EPOCH + Duration::from_nanos(nanos)
}

/// When a file was last written to, as [`nanos`]; 0 where that is not known.
pub(super) fn modified(metadata: &fs::Metadata) -> u64 {
    metadata.modified().map_or(0, nanos)
}
