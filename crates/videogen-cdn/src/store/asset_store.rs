//! The store itself: where it is, how much it may hold, and its lock.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

use camino::{Utf8Path, Utf8PathBuf};
use videogen_durable::{Effect, Effects, FileLock, RealEffects};

use super::disk::Disk;
use super::error::{AssetStoreError, WAIT};
use super::layout::{Layout, STAGING};

/// How much a store may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AssetStoreLimits {
    /// Bytes of everything that was fetched. Default 16 GiB: two checkpoints of SDXL (6.9 GB each), or all the rest that is
    /// in the registry.
    pub bytes: u64,
}

impl Default for AssetStoreLimits {
    fn default() -> Self {
        Self { bytes: 16 << 30 }
    }
}

/// A directory of assets, see the module. Threads share it by reference; processes may use the same directory.
///
/// Everything here blocks on the disk: a caller in async code uses a thread that may wait.
#[derive(Debug)]
pub struct AssetStore {
    pub(super) layout: Layout,
    pub(super) limits: AssetStoreLimits,
    pub(super) disk: Disk,
    /// What is damaged and was told: every look at the store finds it again.
    told: Mutex<BTreeSet<Utf8PathBuf>>,
}

impl AssetStore {
    /// Opens the store in `dir`, which is made if it is not there, and removes what a killed process left half made. A
    /// directory that cannot be written to is no error as long as nothing is to be written: what is installed in it is
    /// found.
    ///
    /// # Errors
    /// [`AssetStoreError::Io`] when the directory is not there and cannot be made, or belongs to another user.
    pub fn open(dir: &Utf8Path, limits: AssetStoreLimits) -> Result<Self, AssetStoreError> {
        Self::open_with(dir, limits, Arc::new(RealEffects))
    }

    /// As [`AssetStore::open`], with every lasting change announced to `effects`.
    ///
    /// # Errors
    /// As [`AssetStore::open`].
    pub fn open_with(
        dir: &Utf8Path,
        limits: AssetStoreLimits,
        effects: Arc<dyn Effects>,
    ) -> Result<Self, AssetStoreError> {
        let failed = |e| AssetStoreError::io("making", dir)(e);
        if !dir.is_dir() {
            effects.before(Effect::Write(dir)).map_err(failed)?;
        }
        videogen_durable::create_private_dir_all(dir).map_err(failed)?;
        let store = Self {
            layout: Layout(dir.to_owned()),
            limits,
            disk: Disk(effects),
            told: Mutex::default(),
        };
        store.sweep();
        Ok(store)
    }

    /// Removes the directories in which killed processes put assets together.
    pub(super) fn sweep(&self) {
        let swept = videogen_durable::sweep(&self.layout.tmp(), STAGING);
        for path in &swept.removed {
            tracing::info!(%path, "removed what an interrupted run had left");
        }
        for (path, left) in &swept.left {
            tracing::debug!(%path, %left, "left alone");
        }
    }

    /// Whether nobody was told of this path yet; from now on somebody was.
    pub(super) fn is_news(&self, path: &Utf8Path) -> bool {
        // A set is whole whoever panics.
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        told.insert(path.to_owned())
    }

    /// Returns its directory.
    pub fn dir(&self) -> &Utf8Path {
        &self.layout.0
    }

    /// Returns how much it may hold.
    pub const fn limits(&self) -> AssetStoreLimits {
        self.limits
    }

    /// Waits for the lock of the store, so that nothing in it gets or loses a name but by who has it.
    pub(super) fn hold(&self) -> Result<FileLock, AssetStoreError> {
        let path = self.layout.lock();
        self.clear_way_for_lock(&path)?;
        let lock = FileLock::open(&path).map_err(AssetStoreError::lock)?;
        lock.lock_within(WAIT).map_err(AssetStoreError::lock)?;
        Ok(lock)
    }

    /// Nobody can hold a lock that is no file.
    fn clear_way_for_lock(&self, path: &Utf8Path) -> Result<(), AssetStoreError> {
        match path.symlink_metadata() {
            Ok(found) if found.is_file() => Ok(()),
            Ok(_) => self.disk.set_aside(path).map(drop),
            Err(_) => self
                .disk
                .0
                .before(Effect::Write(path))
                .map_err(AssetStoreError::io("making", path)),
        }
    }

    /// Makes the directories on the way to `path`, which is below that of the store.
    pub(super) fn make_dirs(&self, path: &Utf8Path) -> Result<(), AssetStoreError> {
        let below = path.strip_prefix(self.dir()).unwrap_or(path);
        let mut dir: Utf8PathBuf = self.dir().to_owned();
        for part in below.components() {
            dir.push(part);
            self.disk.make_dir(&dir)?;
        }
        Ok(())
    }
}
