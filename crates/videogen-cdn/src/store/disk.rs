//! The lasting changes of a store, each announced before it is made.

use std::fs::{self, File};
use std::io;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use camino::Utf8Path;
use videogen_durable::{Effect, Effects};

use super::error::AssetStoreError;
use super::hash;
use crate::registry::Sha256Digest;

type Result<T> = std::result::Result<T, AssetStoreError>;

/// The time that verified files are given: the first second of 2000, which every file system can keep.
pub(super) fn verified_at() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_hours(262_968)
}

#[derive(Debug, Clone)]
pub(super) struct Disk(pub(super) Arc<dyn Effects>);

impl Disk {
    /// Makes a directory below one that is there. Something else that has its name is set aside: it may be somebody's, and
    /// a link could lead anywhere.
    pub(super) fn make_dir(&self, path: &Utf8Path) -> Result<()> {
        match path.symlink_metadata() {
            Ok(found) if found.is_dir() => return Ok(()),
            Ok(_) => self.set_aside(path).map(drop)?,
            Err(_) => {}
        }
        let made = self
            .0
            .before(Effect::Write(path))
            .and_then(|()| videogen_durable::create_private_dir(path));
        match made {
            // Another process was faster.
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
            Err(error) => Err(AssetStoreError::io("making", path)(error)),
            Ok(()) => match path.parent() {
                Some(parent) => Ok(videogen_durable::sync_dir(&*self.0, parent)?),
                None => Ok(()),
            },
        }
    }

    pub(super) fn set_aside(&self, path: &Utf8Path) -> Result<camino::Utf8PathBuf> {
        let aside = videogen_durable::set_aside(&*self.0, path)
            .map_err(AssetStoreError::io("setting aside", path))?;
        tracing::warn!(%path, %aside, "something was in the way of the store of assets, or damaged: set aside");
        Ok(aside)
    }

    pub(super) fn sync_dir(&self, path: &Utf8Path) -> Result<()> {
        Ok(videogen_durable::sync_dir(&*self.0, path)?)
    }

    /// Gives a file or directory its name; replaces a file that has it.
    pub(super) fn rename(&self, from: &Utf8Path, to: &Utf8Path) -> io::Result<()> {
        self.0.before(Effect::Rename(to))?;
        fs::rename(from, to)
    }

    /// Removes a file; gone already is no error.
    pub(super) fn remove(&self, path: &Utf8Path) -> Result<()> {
        let removed = self
            .0
            .before(Effect::Remove(path))
            .and_then(|()| fs::remove_file(path));
        match removed {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                Err(AssetStoreError::io("removing", path)(error))
            }
            _ => Ok(()),
        }
    }

    /// Removes a directory if nothing is in it.
    pub(super) fn remove_empty_dir(&self, path: &Utf8Path) -> io::Result<()> {
        self.0.before(Effect::Remove(path))?;
        match fs::remove_dir(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            other => other,
        }
    }

    /// Gives a file another name, which must be free.
    pub(super) fn link(&self, from: &Utf8Path, to: &Utf8Path) -> io::Result<()> {
        self.0.before(Effect::Write(to))?;
        fs::hard_link(from, to)
    }

    /// Copies a file that is ours to `to`, which must be free, checks its digest on the way, and flushes it. Returns its
    /// size. What is half there after an error is removed.
    pub(super) fn copy(
        &self,
        from: &Utf8Path,
        to: &Utf8Path,
        expected: &Sha256Digest,
    ) -> Result<u64> {
        let mut reader =
            videogen_durable::open_own(from).map_err(AssetStoreError::io("reading", from))?;
        let copied = self.copy_open(&mut reader, from, to, expected);
        if copied.is_err()
            && let Err(error) = self.remove(to)
        {
            tracing::debug!(path = %to, %error, "cannot remove half a copy");
        }
        copied
    }

    fn copy_open(
        &self,
        reader: &mut File,
        from: &Utf8Path,
        to: &Utf8Path,
        expected: &Sha256Digest,
    ) -> Result<u64> {
        let mut writer = self
            .0
            .before(Effect::Write(to))
            .and_then(|()| videogen_durable::create_private(to))
            .map_err(AssetStoreError::io("making", to))?;
        let (saw, size) = self
            .0
            .before(Effect::Write(to))
            .and_then(|()| hash::copy(reader, &mut writer, None))
            .map_err(AssetStoreError::io("copying to", to))?;
        if saw != *expected {
            return Err(AssetStoreError::Mismatch {
                path: from.to_owned(),
                expected: *expected,
                saw,
            });
        }
        self.seal(&writer, to)?;
        Ok(size)
    }

    /// Gives a file that turned out to be right its date back.
    pub(super) fn trust_again(&self, file: &File, path: &Utf8Path) {
        let dated = self
            .0
            .before(Effect::Write(path))
            .and_then(|()| file.set_modified(verified_at()));
        if let Err(error) = dated {
            tracing::debug!(%path, %error, "cannot be dated, so it is read each time");
        }
    }

    /// Makes a verified file one that is trusted: nobody may write to it, it has the date, and it is on disk.
    pub(super) fn seal(&self, file: &File, path: &Utf8Path) -> Result<()> {
        self.0
            .before(Effect::Sync(path))
            .and_then(|()| {
                protect(file);
                file.set_modified(verified_at())?;
                file.sync_all()
            })
            .map_err(AssetStoreError::io("flushing", path))
    }
}

/// Takes the right to write away, so that who opens one of a file's names by mistake does not change all. A file system
/// without modes is no error.
fn protect(file: &File) {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        if let Err(error) = file.set_permissions(fs::Permissions::from_mode(0o400)) {
            tracing::debug!(%error, "this file system keeps no modes");
        }
    }
    // Windows does not let anybody remove a file that is read-only.
    #[cfg(not(unix))]
    let _ = file;
}
