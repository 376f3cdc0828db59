//! Assets in use.

use std::fs::{File, TryLockError};
use std::time::{Duration, SystemTime};

use camino::Utf8Path;
use videogen_durable::Effect;

use super::asset_store::AssetStore;
use super::layout::RECORD;
use super::record::InstalledAsset;
use crate::registry::AssetId;

/// How often a lease is tried for. A look at whether somebody uses it takes a moment; a removal ends with the asset gone.
const TRIES: usize = 100;
/// Between two attempts.
const PAUSE: Duration = Duration::from_millis(10);

/// Keeps an installed asset from being removed by any process, for as long as it lives.
#[derive(Debug)]
#[must_use = "the asset may be removed when this is dropped"]
pub struct AssetLease {
    asset: InstalledAsset,
    record: File,
}

impl AssetLease {
    /// Returns the asset.
    pub const fn asset(&self) -> &InstalledAsset {
        &self.asset
    }
}

impl Drop for AssetLease {
    fn drop(&mut self) {
        // Closing is not enough: a child that another thread is starting has a copy of the file until it runs its program.
        if let Err(error) = self.record.unlock() {
            tracing::debug!(id = %self.asset.id, %error, "cannot unlock the record of an asset");
        }
    }
}

impl AssetStore {
    /// Uses an installed asset: it counts as used now, and stays while the lease lives. `None` if it is not installed, whole.
    ///
    /// Where the file system cannot lock, others may remove it; then it is fetched again.
    pub fn lease(&self, id: &AssetId) -> Option<AssetLease> {
        for _ in 0..TRIES {
            let path = self.installed(id)?.dir.join(RECORD);
            let record = videogen_durable::open_own(&path).ok()?;
            if let Err(error) = record.try_lock_shared() {
                match error {
                    // By who looks whether it may go.
                    TryLockError::WouldBlock => {
                        std::thread::sleep(PAUSE);
                        continue;
                    }
                    TryLockError::Error(error) => {
                        tracing::debug!(%path, %error, "this file system cannot lock");
                    }
                }
            }
            // Who removes it locks it before, so what is here now stays. Another may have taken its place before that.
            let Some(asset) = self.installed(id) else {
                continue;
            };
            if asset.dir.join(RECORD) == path && is_at(&record, &path) {
                self.touch(&asset.dir);
                return Some(AssetLease { asset, record });
            }
        }
        None
    }

    /// Notes that the asset in `dir` is used now.
    pub(super) fn touch(&self, dir: &Utf8Path) {
        let path = dir.join(RECORD);
        let noted = self
            .disk
            .0
            .before(Effect::Write(&path))
            .and_then(|()| videogen_durable::open_own(&path))
            .and_then(|record| record.set_modified(SystemTime::now()));
        if let Err(error) = noted {
            tracing::debug!(%path, %error, "cannot note that an asset is used");
        }
    }

    /// Returns the right to remove the asset in `dir`, which nobody can begin to use while it lives; `None` while somebody uses
    /// it. Under the lock of the store.
    pub(super) fn unused(dir: &Utf8Path) -> Option<Unused> {
        let Ok(record) = videogen_durable::open_own(&dir.join(RECORD)) else {
            return Some(Unused(None));
        };
        match record.try_lock() {
            Ok(()) => Some(Unused(Some(record))),
            Err(TryLockError::WouldBlock) => None,
            // Without locks nothing can tell.
            Err(TryLockError::Error(_)) => Some(Unused(None)),
        }
    }
}

/// The record of an asset that nobody uses, locked.
#[derive(Debug)]
pub(super) struct Unused(Option<File>);

impl Drop for Unused {
    fn drop(&mut self) {
        if let Some(Err(error)) = self.0.as_ref().map(File::unlock) {
            tracing::debug!(%error, "cannot unlock the record of an asset");
        }
    }
}

/// Whether the open file is the one that has the name.
pub(super) fn is_at(file: &File, path: &Utf8Path) -> bool {
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        match (file.metadata(), path.symlink_metadata()) {
            (Ok(ours), Ok(there)) => ours.dev() == there.dev() && ours.ino() == there.ino(),
            _ => false,
        }
    }
    #[cfg(not(unix))]
    {
        let _ = file;
        path.is_file()
    }
}
