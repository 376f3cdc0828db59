//! Where an open store writes before files get their names: a directory of its own below `tmp/`, with a lock that dies
//! with its process. So a later run can tell what a `kill -9` left from what another run is using, without trusting
//! clocks or process numbers.

use std::fs::{File, TryLockError};
use std::io::{self, Seek, Write};
use std::sync::atomic::{AtomicU64, Ordering};

use camino::{Utf8Path, Utf8PathBuf};

use super::StoreError;
use super::disk::{self, Disk};
use super::key::Digest;

const LOCK: &str = "lock";

/// The directory; removed with the store.
#[derive(Debug)]
pub(super) struct Session {
    dir: Utf8PathBuf,
    disk: Disk,
    next: AtomicU64,
    _lock: File,
}

impl Session {
    /// Makes one below `tmp` and removes those whose process is gone. The store is locked meanwhile, so that no
    /// directory is seen between its making and its locking.
    pub(super) fn open(tmp: &Utf8Path, disk: &Disk) -> Result<Self, StoreError> {
        disk.make_dir(tmp)?;
        sweep(tmp, disk)?;
        let mut random = [0; 8];
        getrandom::fill(&mut random)
            .map_err(|e| StoreError::io("finding a random name in", tmp, e.into()))?;
        let dir = tmp.join(format!("{:016x}", u64::from_le_bytes(random)));
        disk.make_dir(&dir)?;
        let path = dir.join(LOCK);
        let lock = disk.create(&path)?;
        lock.try_lock()
            .map_err(|e| StoreError::io("locking", &path, e.into()))?;
        Ok(Self {
            dir,
            disk: disk.clone(),
            next: AtomicU64::new(0),
            _lock: lock,
        })
    }

    fn next_path(&self) -> Utf8PathBuf {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        self.dir.join(format!("{number}.tmp"))
    }

    fn temp(&self, path: Utf8PathBuf, file: File) -> Temp<'_> {
        Temp {
            disk: &self.disk,
            path,
            file,
            digest: Digest::of(b""),
            modified: 0,
            is_named: false,
        }
    }

    /// `bytes` as a file, flushed.
    pub(super) fn write(&self, bytes: &[u8]) -> Result<Temp<'_>, StoreError> {
        let path = self.next_path();
        let mut temp = self.temp(path.clone(), self.disk.create(&path)?);
        temp.file
            .write_all(bytes)
            .map_err(|e| StoreError::io("writing", &path, e))?;
        temp.finish(Digest::of(bytes))
    }

    /// The file `from`, open as `source`, under a name of ours, flushed: as a hard link where that can be, which costs
    /// no space, else as a copy.
    pub(super) fn take_in(
        &self,
        from: &Utf8Path,
        mut source: File,
    ) -> Result<Temp<'_>, StoreError> {
        let path = self.next_path();
        if let Some(mut temp) = self.link(from, &path)? {
            let before = temp.state()?;
            let digest = Digest::of_reader(&mut temp.file)
                .map_err(|e| StoreError::io("reading", from, e))?;
            if before != temp.state()? || before.0 != digest.size() {
                return Err(StoreError::Changed {
                    path: from.to_owned(),
                });
            }
            return temp.finish(digest);
        }
        let mut temp = self.temp(path.clone(), self.disk.create(&path)?);
        source
            .rewind()
            .map_err(|e| StoreError::io("reading", from, e))?;
        let digest = Digest::of_copy(&mut source, &mut temp.file)
            .map_err(|e| StoreError::io("copying", from, e))?;
        temp.finish(digest)
    }

    /// `None` where there can be no link: another file system, one without links, somebody else's file, a symbolic link.
    fn link(&self, from: &Utf8Path, path: &Utf8Path) -> Result<Option<Temp<'_>>, StoreError> {
        if self.disk.link(from, path).is_err() {
            return Ok(None);
        }
        match disk::open_regular(path) {
            Ok(file) => Ok(Some(self.temp(path.to_owned(), file))),
            // A link to a symbolic link, which is not the file that was meant.
            Err(_) => self.disk.remove(path).map(|()| None),
        }
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        if let Err(error) = self.disk.remove_dir(&self.dir) {
            tracing::debug!(path = %self.dir, %error, "left for the next run to remove");
        }
    }
}

/// A flushed file that has no final name yet; removed if it gets none.
#[derive(Debug)]
pub(super) struct Temp<'a> {
    disk: &'a Disk,
    path: Utf8PathBuf,
    pub(super) file: File,
    pub(super) digest: Digest,
    /// When it was last written to: [`disk::nanos`].
    pub(super) modified: u64,
    is_named: bool,
}

impl Temp<'_> {
    /// Size and time.
    fn state(&self) -> Result<(u64, u64), StoreError> {
        let metadata = self
            .file
            .metadata()
            .map_err(|e| StoreError::io("reading", &self.path, e))?;
        Ok((metadata.len(), disk::modified(&metadata)))
    }

    /// Flushes it, when it is all written.
    fn finish(mut self, digest: Digest) -> Result<Self, StoreError> {
        self.disk.sync(&self.file, &self.path)?;
        self.digest = digest;
        self.modified = self.state()?.1;
        Ok(self)
    }

    /// Gives it its final name. The directory is not flushed yet.
    pub(super) fn name(mut self, to: &Utf8Path) -> Result<(), StoreError> {
        self.disk.rename(&self.path, to)?;
        self.is_named = true;
        Ok(())
    }
}

impl Drop for Temp<'_> {
    fn drop(&mut self) {
        if !self.is_named
            && let Err(error) = self.disk.remove(&self.path)
        {
            tracing::debug!(path = %self.path, %error, "left for the next run to remove");
        }
    }
}

fn sweep(tmp: &Utf8Path, disk: &Disk) -> Result<(), StoreError> {
    let entries = tmp
        .read_dir_utf8()
        .map_err(|e| StoreError::io("reading", tmp, e))?;
    for entry in entries.flatten() {
        if entry.file_type().is_ok_and(|t| t.is_dir()) && is_abandoned(entry.path()) {
            disk.remove_dir(entry.path())?;
            tracing::info!(path = %entry.path(), "removed what an interrupted run had left");
        }
    }
    Ok(())
}

fn is_abandoned(dir: &Utf8Path) -> bool {
    match disk::open_regular(&dir.join(LOCK)) {
        Ok(lock) => !matches!(lock.try_lock(), Err(TryLockError::WouldBlock)),
        Err(error) => error.kind() == io::ErrorKind::NotFound,
    }
}
