//! What is installed, as the record in its directory says.

use std::io;
use std::time::SystemTime;

use camino::{Utf8Path, Utf8PathBuf};
use serde::{Deserialize, Serialize};

use super::error::AssetStoreError;
use super::layout::RECORD;
use crate::registry::{Asset, AssetId, AssetKind, Attribution, Licence, Sha256Digest};

/// The version of records. One of another version is that of an asset that is not installed: its contents are here, so
/// installing it again costs nothing.
const VERSION: u32 = 1;

/// The most bytes of a record: hundreds of files.
const MOST_BYTES: u64 = 256 * 1024;

/// The record of an installed asset.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Record {
    version: u32,
    pub(super) id: AssetId,
    pub(super) kind: AssetKind,
    title: String,
    licence: Licence,
    attribution: Option<Attribution>,
    pub(super) files: Vec<RecordedFile>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct RecordedFile {
    pub(super) name: String,
    pub(super) size: u64,
    pub(super) sha256: Sha256Digest,
    /// Whether it is a file of its own, because the file system has no links.
    pub(super) copied: bool,
}

impl Record {
    pub(super) fn new(asset: &Asset, files: Vec<RecordedFile>) -> Self {
        Self {
            version: VERSION,
            id: asset.id.clone(),
            kind: asset.kind,
            title: asset.title.clone(),
            licence: asset.licence.clone(),
            attribution: asset.attribution.clone(),
            files,
        }
    }

    pub(super) fn to_bytes(&self) -> Result<Vec<u8>, AssetStoreError> {
        let mut bytes = serde_json::to_vec_pretty(self).map_err(|error| {
            AssetStoreError::io("describing", Utf8Path::new(self.id.as_str()))(error.into())
        })?;
        bytes.push(b'\n');
        Ok(bytes)
    }

    /// Reads the record in the directory of an asset; names in it are names. `None` if there is none, or one that is not ours.
    ///
    /// # Errors
    /// It is there and cannot be read or understood.
    pub(super) fn read(dir: &Utf8Path) -> io::Result<Option<Self>> {
        // A link in the place of the directory leads to somebody else's.
        if !dir.symlink_metadata().is_ok_and(|found| found.is_dir()) {
            return Ok(None);
        }
        let bytes = match videogen_durable::read_own(&dir.join(RECORD), MOST_BYTES) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            read => read?,
        };
        let record: Self = serde_json::from_slice(&bytes)?;
        let is_ours = record.version == VERSION
            && dir.file_name() == Some(record.id.as_str())
            && record
                .files
                .iter()
                .all(|file| crate::plain_name::check(&file.name).is_ok());
        Ok(is_ours.then_some(record))
    }

    pub(super) fn installed(&self, dir: &Utf8Path, is_pinned: bool) -> InstalledAsset {
        InstalledAsset {
            id: self.id.clone(),
            kind: self.kind,
            title: self.title.clone(),
            licence: self.licence.clone(),
            attribution: self.attribution.clone(),
            dir: dir.to_owned(),
            files: self
                .files
                .iter()
                .map(|file| InstalledFile {
                    path: dir.join(&file.name),
                    size: file.size,
                    sha256: file.sha256,
                })
                .collect(),
            is_pinned,
            last_used: last_used(dir),
        }
    }
}

/// When the asset in this directory was last used.
pub(super) fn last_used(dir: &Utf8Path) -> SystemTime {
    dir.join(RECORD)
        .symlink_metadata()
        .and_then(|found| found.modified())
        .unwrap_or(SystemTime::UNIX_EPOCH)
}

/// An asset in a store, whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InstalledAsset {
    /// Its name in the registry.
    pub id: AssetId,
    /// What it is used for.
    pub kind: AssetKind,
    /// In a few words, for people.
    pub title: String,
    /// What it may be used for, as it was when it was installed.
    pub licence: Licence,
    /// Who is to be credited.
    pub attribution: Option<Attribution>,
    /// Its directory.
    pub dir: Utf8PathBuf,
    /// Its files, in the asset's order.
    pub files: Vec<InstalledFile>,
    /// Whether it stays when room is needed.
    pub is_pinned: bool,
    /// When it was last used.
    pub last_used: SystemTime,
}

/// A file of an installed asset. It must not be written to: it may have other names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InstalledFile {
    /// Where it is.
    pub path: Utf8PathBuf,
    /// Its size in bytes.
    pub size: u64,
    /// Its digest.
    pub sha256: Sha256Digest,
}

impl InstalledAsset {
    /// Returns the bytes of its files.
    pub fn bytes(&self) -> u64 {
        self.files.iter().map(|file| file.size).sum()
    }
}
