//! Where an open store writes before files get their names: a scratch directory of its own below `tmp/`. So a later run
//! can tell what a `kill -9` left from what another run is using, and from what is not the store's at all, without trusting
//! clocks or process numbers.

use std::fs::File;
use std::io::{Seek, Write};
use std::sync::atomic::{AtomicU64, Ordering};

use crate::ScratchDir;
use camino::{Utf8Path, Utf8PathBuf};

use super::StoreError;
use super::disk::{self, Disk};
use super::key::Digest;
use crate::effects::Effect;

/// What the directories are called, before a process number and random digits.
pub(super) const PREFIX: &str = "session-";

/// The directory; removed with the store.
#[derive(Debug)]
pub(super) struct Session {
    /// There until it is dropped.
    dir: Option<ScratchDir>,
    path: Utf8PathBuf,
    disk: Disk,
    next: AtomicU64,
}

impl Session {
    /// Makes one below `tmp` and removes those whose process is gone.
    pub(super) fn open(tmp: &Utf8Path, disk: &Disk) -> Result<Self, StoreError> {
        disk.make_dir(tmp)?;
        sweep(tmp, disk)?;
        let dir = disk
            .0
            .before(Effect::Write(tmp))
            .and_then(|()| ScratchDir::create(tmp, PREFIX))
            .map_err(|e| StoreError::io("making a directory in", tmp, e))?;
        Ok(Self {
            path: dir.path().to_owned(),
            dir: Some(dir),
            disk: disk.clone(),
            next: AtomicU64::new(0),
        })
    }

    fn next_path(&self) -> Utf8PathBuf {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        self.path.join(format!("{number}.tmp"))
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
        let Some(dir) = self.dir.take() else { return };
        if let Err(error) = self.disk.0.before(Effect::Remove(&self.path)) {
            tracing::debug!(path = %self.path, %error, "left for the next run to remove");
            dir.leave();
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
    disk.0
        .before(Effect::Remove(tmp))
        .map_err(|e| StoreError::io("tidying", tmp, e))?;
    let swept = crate::sweep(tmp, PREFIX);
    for path in swept.removed {
        tracing::info!(?path, "removed what an interrupted run had left");
    }
    for (path, left) in swept.left {
        let why = videogen_text::chain(&left);
        tracing::info!(?path, why, "left alone");
    }
    Ok(())
}
