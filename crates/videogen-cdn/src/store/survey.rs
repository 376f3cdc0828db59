//! What is in a store, and how much room it takes.

use std::collections::{BTreeMap, HashSet};
use std::time::SystemTime;

use camino::Utf8PathBuf;
use videogen_durable::FileLock;

use super::asset_store::AssetStore;
use super::content::{Content, entries};
use super::error::AssetStoreError;
use super::install::copied_bytes;
use super::layout::{KINDS, claim_of};
use super::record::Record;
use crate::registry::{AssetKind, Sha256Digest};
use crate::transfer::PartPaths;

/// How much room a store takes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct AssetStoreUsage {
    /// How many assets are installed.
    pub assets: u64,
    /// Bytes of their files; what several have counts once.
    pub asset_bytes: u64,
    /// Bytes of contents that no asset has.
    pub loose_bytes: u64,
    /// Bytes of what is being fetched, or was not fetched to its end.
    pub incoming_bytes: u64,
    /// How many bytes the store may hold.
    pub limit: u64,
}

impl AssetStoreUsage {
    /// Returns all bytes.
    pub const fn bytes(&self) -> u64 {
        self.asset_bytes + self.loose_bytes + self.incoming_bytes
    }
}

/// A file that is being fetched, with what is kept beside it.
#[derive(Debug, Clone)]
pub(super) struct Half {
    pub(super) path: Utf8PathBuf,
    pub(super) files: Vec<Utf8PathBuf>,
    pub(super) bytes: u64,
    /// When it was last written to.
    pub(super) written: SystemTime,
    /// Whether nothing is to be gone on with: the content is here, or only the claim of a killed process is left.
    pub(super) is_left_over: bool,
}

impl Half {
    /// Whether somebody fetches it now.
    pub(super) fn is_worked_on(&self) -> bool {
        let claim = claim_of(&self.path);
        // Nobody holds a claim that is not there, and none is made for a look.
        claim.is_file()
            && FileLock::open(&claim)
                .and_then(|lock| lock.try_lock())
                .is_err()
    }
}

impl AssetStore {
    /// Returns how much room the store takes.
    ///
    /// # Errors
    /// When a directory of the store cannot be listed.
    pub fn usage(&self) -> Result<AssetStoreUsage, AssetStoreError> {
        let records = self.records()?;
        let used: HashSet<Sha256Digest> = records
            .iter()
            .flat_map(|(_, record)| record.files.iter().map(|file| file.sha256))
            .collect();
        let (used, loose): (Vec<Content>, Vec<Content>) = self
            .contents()?
            .into_iter()
            .partition(|content| used.contains(&content.digest));
        let bytes =
            |contents: &[Content]| contents.iter().map(|content| content.bytes).sum::<u64>();
        let copies: u64 = records.iter().map(|(_, record)| copied_bytes(record)).sum();
        Ok(AssetStoreUsage {
            assets: records.len() as u64,
            asset_bytes: bytes(&used) + copies,
            loose_bytes: bytes(&loose),
            incoming_bytes: self.halves()?.iter().map(|half| half.bytes).sum(),
            limit: self.limits.bytes,
        })
    }

    /// Returns the directories of installed assets with their records, whether their files are whole or not.
    pub(super) fn records(&self) -> Result<Vec<(Utf8PathBuf, Record)>, AssetStoreError> {
        let mut records = Vec::new();
        for (kind, dir) in self.asset_dirs()? {
            if let Some(record) = self.record(&dir)
                && record.kind == kind
            {
                records.push((dir, record));
            }
        }
        Ok(records)
    }

    /// Returns where assets can be, each with the kind that its place is for.
    pub(super) fn asset_dirs(&self) -> Result<Vec<(AssetKind, Utf8PathBuf)>, AssetStoreError> {
        let mut dirs = Vec::new();
        for kind in KINDS {
            // What was set aside is nobody's asset.
            let dirs_of_kind = entries(&self.layout.kind(kind))?
                .filter(|entry| videogen_durable::name_before_aside(entry.file_name()).is_none())
                .map(|entry| (kind, entry.into_path()));
            dirs.extend(dirs_of_kind);
        }
        Ok(dirs)
    }

    /// Returns what is being fetched, or was not fetched to its end.
    pub(super) fn halves(&self) -> Result<Vec<Half>, AssetStoreError> {
        let dir = self.layout.incoming();
        let mut halves: BTreeMap<String, Half> = BTreeMap::new();
        for entry in entries(&dir)? {
            let name = entry.file_name();
            let stem = name.trim_start_matches('.').split('.').next();
            let stem = stem.unwrap_or_default();
            let digest = stem.strip_prefix("new-").unwrap_or(stem);
            let Ok(found) = entry.path().symlink_metadata() else {
                continue;
            };
            // Anything else is not ours.
            if digest.parse::<Sha256Digest>().is_err() || !found.is_file() {
                continue;
            }
            let half = halves.entry(stem.to_owned()).or_insert_with(|| Half {
                path: dir.join(stem),
                files: Vec::new(),
                bytes: 0,
                written: SystemTime::UNIX_EPOCH,
                is_left_over: stem
                    .parse()
                    .is_ok_and(|digest| self.layout.content(&digest).is_file()),
            });
            half.bytes += found.len();
            half.written = half
                .written
                .max(found.modified().unwrap_or(SystemTime::now()));
            half.files.push(entry.into_path());
        }
        for half in halves.values_mut() {
            // Without a note of what of it is whole nobody goes on with a part.
            let is_noted = half.files.contains(&PartPaths::of(&half.path).note);
            let is_whole = half.files.contains(&half.path);
            half.is_left_over |= !is_noted && !is_whole;
        }
        Ok(halves.into_values().collect())
    }
}
