//! Who fetches a file: one process, and one task of it, at a time.

use camino::{Utf8Path, Utf8PathBuf};
use sha2::{Digest, Sha256};
use videogen_durable::{FileLock, LockError};

use super::asset_store::AssetStore;
use super::disk::Disk;
use super::error::AssetStoreError;
use super::layout::claim_of;
use crate::registry::{AssetId, Sha256Digest};
use crate::transfer::PartPaths;

/// Which file is to be fetched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileKey<'a> {
    /// The one with this digest.
    Digest(&'a Sha256Digest),
    /// The one that an asset has under this name, where no digest is known.
    Unknown {
        /// The asset.
        asset: &'a AssetId,
        /// The name.
        name: &'a str,
    },
}

impl FileKey<'_> {
    /// The name of what is being fetched. Two keys never have the same.
    fn name(&self) -> String {
        match self {
            Self::Digest(digest) => digest.to_string(),
            Self::Unknown { asset, name } => {
                let mut hash = Sha256::new();
                hash.update(asset.as_str());
                hash.update([0]);
                hash.update(name);
                format!("new-{}", Sha256Digest::new(hash.finalize().into()))
            }
        }
    }
}

/// What [`AssetStore::begin`] found.
#[derive(Debug)]
pub enum Begun {
    /// The content is in the store.
    Here(Utf8PathBuf),
    /// It is the caller's to fetch.
    Yours(Incoming),
    /// Somebody else fetches it: ask again later.
    Busy {
        /// The process, where it left its number.
        holder: Option<u32>,
    },
}

/// A place in the store for a file that is being fetched, which nobody else has while this lives. What is in it stays when
/// this is dropped, so that the next attempt goes on from there.
#[derive(Debug)]
pub struct Incoming {
    path: Utf8PathBuf,
    claim: FileLock,
    disk: Disk,
}

impl Incoming {
    /// Returns where the file is to be written: a name that nothing has, or what an earlier attempt left. The transfer may
    /// keep files beside it that are named as this one with a dot and something after it, hidden or not.
    pub fn path(&self) -> &Utf8Path {
        &self.path
    }

    /// Lets go of the place after the file was taken in, and removes what the transfer left beside it.
    pub fn done(self) {
        let (Some(dir), Some(name)) = (self.path.parent(), self.path.file_name()) else {
            return;
        };
        let beside = format!("{name}.");
        for entry in dir.read_dir_utf8().into_iter().flatten().flatten() {
            let is_file = entry.file_type().is_ok_and(|kind| kind.is_file());
            if is_file
                && entry
                    .file_name()
                    .trim_start_matches('.')
                    .starts_with(&beside)
                && entry.path() != self.claim.path()
            {
                self.remove(entry.path());
            }
        }
    }

    /// Removes what came after a failure, if nobody could go on with it: there is no note of what of it is whole.
    pub(crate) fn discard_unless_noted(&self) {
        let beside = PartPaths::of(&self.path);
        if beside.note.symlink_metadata().is_err() {
            self.remove(&beside.part);
        }
    }

    fn remove(&self, path: &Utf8Path) {
        if let Err(error) = self.disk.remove(path) {
            tracing::debug!(%path, %error, "left for the next time that room is made");
        }
    }
}

impl Drop for Incoming {
    fn drop(&mut self) {
        // While it is locked: who has opened it finds that it is not in its place any more.
        self.remove(self.claim.path());
    }
}

impl AssetStore {
    /// Returns the content if it is here, or the right to fetch it. Waits for nobody.
    ///
    /// # Errors
    /// [`AssetStoreError::Io`] when the store cannot be written to.
    pub fn begin(&self, key: &FileKey<'_>) -> Result<Begun, AssetStoreError> {
        // Before anything is written: a store that is read-only has what it has.
        if let Some(path) = self.here(key) {
            return Ok(Begun::Here(path));
        }
        let dir = self.layout.incoming();
        self.make_dirs(&dir)?;
        let path = dir.join(key.name());
        let claim = claim_of(&path);
        self.disk
            .0
            .before(videogen_durable::Effect::Write(&claim))
            .map_err(AssetStoreError::io("making", &claim))?;
        let lock = FileLock::open(&claim).map_err(AssetStoreError::lock)?;
        match lock.try_lock() {
            Ok(()) if lock.is_in_place() => {}
            // Its holder ended between the two calls.
            Ok(()) => return Ok(Begun::Busy { holder: None }),
            Err(LockError::Held { holder, .. }) => return Ok(Begun::Busy { holder }),
            Err(error) => return Err(AssetStoreError::lock(error)),
        }
        // It may have come while we opened the claim.
        match self.here(key).or_else(|| self.take_in(key, &path)) {
            Some(path) => Ok(Begun::Here(path)),
            None => Ok(Begun::Yours(Incoming {
                path,
                claim: lock,
                disk: self.disk.clone(),
            })),
        }
    }

    /// Returns how many bytes a file takes already that is being fetched, or was not fetched to its end.
    pub(crate) fn begun_bytes(&self, key: &FileKey<'_>) -> u64 {
        let path = self.layout.incoming().join(key.name());
        let part = PartPaths::of(&path).part;
        let sizes = [path, part].map(|path| path.symlink_metadata().map_or(0, |found| found.len()));
        sizes.iter().sum()
    }

    /// Takes in what an earlier process has fetched to its end, and was killed then.
    fn take_in(&self, key: &FileKey<'_>, path: &Utf8Path) -> Option<Utf8PathBuf> {
        let FileKey::Digest(digest) = key else {
            return None;
        };
        if !path.symlink_metadata().is_ok_and(|found| found.is_file()) {
            return None;
        }
        let read = videogen_durable::open_own(path)
            .and_then(|mut file| super::hash::digest_of(&mut file, None));
        match read {
            Ok((saw, _)) if saw == **digest => self.adopt(path, digest).ok(),
            _ => None,
        }
    }

    fn here(&self, key: &FileKey<'_>) -> Option<Utf8PathBuf> {
        match key {
            FileKey::Digest(digest) => self.has(digest),
            FileKey::Unknown { .. } => None,
        }
    }
}
