//! Contents: files by their digests.

use std::fs;
use std::io;

use camino::{Utf8DirEntry, Utf8Path, Utf8PathBuf};

use super::asset_store::AssetStore;
use super::disk::verified_at;
use super::error::AssetStoreError;
use super::hash;
use crate::registry::Sha256Digest;

/// What is known of a file that should have a digest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Condition {
    /// It is not there, or is no file of ours.
    Absent,
    /// It has the digest: it was verified, and was not written to since, or it was read just now.
    Whole(u64),
    /// It has another one.
    Damaged,
}

impl AssetStore {
    /// Returns where the content with this digest is, if it is there.
    ///
    /// A file that was not written to since it was verified is trusted at the price of a `stat`; one that may have been is
    /// read.
    pub fn has(&self, digest: &Sha256Digest) -> Option<Utf8PathBuf> {
        let path = self.layout.content(digest);
        match self.condition(&path, digest, None) {
            Condition::Whole(_) => Some(path),
            Condition::Absent => None,
            Condition::Damaged => {
                tracing::warn!(%path, "a fetched file was changed, and is fetched again");
                None
            }
        }
    }

    /// Looks at the file at `path`, which should have the digest, and the size where that is known.
    pub(super) fn condition(
        &self,
        path: &Utf8Path,
        digest: &Sha256Digest,
        size: Option<u64>,
    ) -> Condition {
        let Ok(found) = path.symlink_metadata() else {
            return Condition::Absent;
        };
        if !found.is_file() {
            return Condition::Absent;
        }
        if size.is_some_and(|size| size != found.len()) {
            return Condition::Damaged;
        }
        if found.modified().is_ok_and(|time| time == verified_at()) {
            return Condition::Whole(found.len());
        }
        let read = videogen_durable::open_own(path).and_then(|mut file| {
            let (saw, size) = hash::digest_of(&mut file, None)?;
            Ok((file, saw, size))
        });
        match read {
            Ok((file, saw, size)) if saw == *digest => {
                self.disk.trust_again(&file, path);
                Condition::Whole(size)
            }
            Ok(_) => Condition::Damaged,
            Err(error) => {
                tracing::warn!(%path, %error, "a file in the store of assets cannot be read");
                Condition::Absent
            }
        }
    }

    /// Takes a file in that has this digest: the caller has verified it and nobody writes to it any more. The file is moved,
    /// or copied, verified again and removed where the store is on another disk. Where the store has the content already,
    /// the file is only removed. Returns where the content is.
    ///
    /// It stays as long as there is room, see the module; [`AssetStore::install`] makes it part of an asset.
    ///
    /// # Errors
    /// [`AssetStoreError`], with the file where it was.
    pub fn adopt(
        &self,
        path: &Utf8Path,
        digest: &Sha256Digest,
    ) -> Result<Utf8PathBuf, AssetStoreError> {
        let to = self.layout.content(digest);
        if self.has(digest).is_some() {
            self.disk.remove(path)?;
            return Ok(to);
        }
        self.make_dirs(&self.layout.shard(digest))?;
        let file =
            videogen_durable::open_own(path).map_err(AssetStoreError::io("reading", path))?;
        self.disk.seal(&file, path)?;
        drop(file);
        let held = self.hold()?;
        // A damaged one, or something that is no file.
        if to.symlink_metadata().is_ok() && self.has(digest).is_none() {
            self.disk.set_aside(&to)?;
        }
        match self.disk.rename(path, &to) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::CrossesDevices => {
                drop(held);
                self.adopt_from_afar(path, &to, digest)?;
            }
            Err(error) => return Err(AssetStoreError::io("naming", &to)(error)),
        }
        self.disk.sync_dir(&self.layout.shard(digest))?;
        Ok(to)
    }

    /// Copies it beside what is being fetched first, because that may take minutes.
    fn adopt_from_afar(
        &self,
        path: &Utf8Path,
        to: &Utf8Path,
        digest: &Sha256Digest,
    ) -> Result<(), AssetStoreError> {
        let incoming = self.layout.incoming();
        self.make_dirs(&incoming)?;
        let copy = incoming.join(format!("{digest}.copy-{}", std::process::id()));
        // Of a process that had our number and was killed.
        self.disk.remove(&copy)?;
        self.disk.copy(path, &copy, digest)?;
        let held = self.hold()?;
        self.disk
            .rename(&copy, to)
            .map_err(AssetStoreError::io("naming", to))?;
        drop(held);
        self.disk.remove(path)
    }

    /// Returns the sizes and places of all contents, in no order, with when each came. What is not one of ours is not seen.
    pub(super) fn contents(&self) -> Result<Vec<Content>, AssetStoreError> {
        let mut found = Vec::new();
        for entry in self.shard_entries()? {
            let entry = entry?;
            let (Some(digest), Ok(metadata)) =
                (super::layout::parse_content(entry.path()), entry.metadata())
            else {
                continue;
            };
            if metadata.is_file() {
                found.push(Content {
                    digest,
                    bytes: metadata.len(),
                    came: came(&metadata),
                    path: entry.into_path(),
                });
            }
        }
        Ok(found)
    }

    /// Returns all that is in the directories of contents, whatever its name, in no order. Each directory is listed when its
    /// turn comes.
    pub(super) fn shard_entries(
        &self,
    ) -> Result<impl Iterator<Item = Result<Utf8DirEntry, AssetStoreError>> + use<>, AssetStoreError>
    {
        let shards = entries(&self.layout.contents())?;
        // A link could lead anywhere.
        let shards = shards.filter(|shard| shard.file_type().is_ok_and(|kind| kind.is_dir()));
        Ok(shards.flat_map(|shard| {
            let (found, failed) = match entries(shard.path()) {
                Ok(found) => (Some(found), None),
                Err(error) => (None, Some(Err(error))),
            };
            found.into_iter().flatten().map(Ok).chain(failed)
        }))
    }
}

/// A content, as a listing shows it.
#[derive(Debug, Clone)]
pub(super) struct Content {
    pub(super) digest: Sha256Digest,
    pub(super) bytes: u64,
    /// When it got its name here, or its last one.
    pub(super) came: std::time::SystemTime,
    pub(super) path: Utf8PathBuf,
}

/// When the file last got or lost a name. Its time of modification says that it was verified, and nothing else.
fn came(metadata: &fs::Metadata) -> std::time::SystemTime {
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        let seconds = u64::try_from(metadata.ctime()).unwrap_or(0);
        std::time::SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(seconds)
    }
    #[cfg(not(unix))]
    {
        metadata
            .created()
            .unwrap_or(std::time::SystemTime::UNIX_EPOCH)
    }
}

/// The entries of a directory; none when it is not there. What cannot be read, or has a name that is no text, is left out.
pub(super) fn entries(
    dir: &Utf8Path,
) -> Result<impl Iterator<Item = Utf8DirEntry> + use<>, AssetStoreError> {
    match dir.read_dir_utf8() {
        Ok(entries) => Ok(Some(entries.flatten()).into_iter().flatten()),
        Err(error)
            if matches!(
                error.kind(),
                io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
            ) =>
        {
            Ok(None.into_iter().flatten())
        }
        Err(error) => Err(AssetStoreError::io("reading", dir)(error)),
    }
}
