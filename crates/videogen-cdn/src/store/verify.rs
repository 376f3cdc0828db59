//! Reads everything in a store, and finds what is not as it was.

use std::collections::HashMap;

use camino::{Utf8Path, Utf8PathBuf};
use tokio_util::sync::CancellationToken;

use super::asset_store::AssetStore;
use super::content::{Content, entries};
use super::error::AssetStoreError;
use super::hash;
use super::layout::parse_content;
use super::lease::is_at;
use super::record::Record;
use crate::registry::{AssetId, Sha256Digest};

/// What [`AssetStore::verify`] found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AssetStoreReport {
    /// How many files were read.
    pub files: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Files whose bytes are not those that they were, or that cannot be read.
    pub damaged: Vec<DamagedFile>,
    /// Assets that are not installed any more, because their record or a file of theirs is damaged or missing; in the order
    /// of their ids.
    pub broken: Vec<AssetId>,
}

impl AssetStoreReport {
    /// Whether everything is as it was.
    pub fn is_clean(&self) -> bool {
        self.damaged.is_empty() && self.broken.is_empty()
    }
}

/// A file whose bytes are not those that it was kept for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DamagedFile {
    /// Where it was.
    pub path: Utf8PathBuf,
    /// Where it is now, so that somebody can look at it; `None` when only its name was removed.
    pub aside: Option<Utf8PathBuf>,
    /// The digest that it should have.
    pub expected: Sha256Digest,
    /// The digest that it has; `None` when it cannot be read.
    pub saw: Option<Sha256Digest>,
}

/// What reading a file has shown.
enum Read {
    Whole(u64),
    Damaged(Option<std::fs::File>, Option<Sha256Digest>),
    Gone,
}

impl AssetStore {
    /// Reads every content and every installed file. A damaged content is set aside under a name of its own, and the assets
    /// that have it are taken down: fetching them again fetches only what is damaged. An asset whose record cannot be read is
    /// set aside where its files are links to contents. Others can use the store meanwhile.
    ///
    /// # Errors
    /// [`AssetStoreError::Cancelled`] when the token fires; when the store cannot be locked or listed, or something damaged not
    /// be set aside.
    pub fn verify(&self, cancel: &CancellationToken) -> Result<AssetStoreReport, AssetStoreError> {
        let mut report = AssetStoreReport::default();
        for entry in self.shard_entries()? {
            let entry = entry?;
            if let Some(digest) = parse_content(entry.path()) {
                self.verify_content(entry.path(), &digest, &mut report, cancel)?;
            }
        }
        for (dir, record) in self.records()? {
            self.verify_asset(&dir, &record, &mut report, cancel)?;
        }
        for (_, dir) in self.asset_dirs()? {
            self.verify_record(&dir, &mut report)?;
        }
        report.broken.sort();
        Ok(report)
    }

    /// Sets an asset aside whose record cannot be read. A directory in which nothing is one of the contents is somebody's,
    /// whatever it has in the place of a record.
    fn verify_record(
        &self,
        dir: &Utf8Path,
        report: &mut AssetStoreReport,
    ) -> Result<(), AssetStoreError> {
        let id = dir.file_name().and_then(|name| AssetId::new(name).ok());
        let Some(id) = id.filter(|_| Record::read(dir).is_err()) else {
            return Ok(());
        };
        let contents = self.contents()?;
        let is_ours = entries(dir)?.any(|entry| is_one_of(entry.path(), &contents));
        let _held = self.hold()?;
        // Another process may have installed it again meanwhile.
        if is_ours && Record::read(dir).is_err() {
            self.disk.set_aside(dir)?;
            report.broken.push(id);
        }
        Ok(())
    }

    fn verify_content(
        &self,
        path: &Utf8Path,
        expected: &Sha256Digest,
        report: &mut AssetStoreReport,
        cancel: &CancellationToken,
    ) -> Result<(), AssetStoreError> {
        match self.read(path, expected, cancel)? {
            Read::Gone => return Ok(()),
            Read::Whole(bytes) => {
                report.files += 1;
                report.bytes += bytes;
                return Ok(());
            }
            Read::Damaged(file, saw) => {
                let _held = self.hold()?;
                report.files += 1;
                report.bytes += path.symlink_metadata().map_or(0, |found| found.len());
                // Another process may have fetched it again meanwhile.
                if file.is_none_or(|file| is_at(&file, path)) {
                    report.damaged.push(DamagedFile {
                        path: path.to_owned(),
                        aside: Some(self.disk.set_aside(path)?),
                        expected: *expected,
                        saw,
                    });
                }
            }
        }
        Ok(())
    }

    fn verify_asset(
        &self,
        dir: &Utf8Path,
        record: &Record,
        report: &mut AssetStoreReport,
        cancel: &CancellationToken,
    ) -> Result<(), AssetStoreError> {
        let mut damaged = HashMap::new();
        let mut is_broken = false;
        for file in &record.files {
            let path = dir.join(&file.name);
            if same_file(&path, &self.layout.content(&file.sha256)) {
                // It was read as a content.
                continue;
            }
            match self.read(&path, &file.sha256, cancel)? {
                Read::Whole(bytes) => {
                    report.files += 1;
                    report.bytes += bytes;
                }
                Read::Gone => is_broken = true,
                Read::Damaged(_, saw) => {
                    is_broken = true;
                    damaged.insert(path, (file.sha256, saw));
                }
            }
        }
        let _held = self.hold()?;
        // Removed or installed again meanwhile.
        if !is_broken || self.record(dir).as_ref() != Some(record) {
            return Ok(());
        }
        report.files += damaged.len() as u64;
        for (path, (expected, saw)) in damaged {
            // A link to a content that was just set aside is known.
            if report.damaged.iter().any(|d| {
                d.aside
                    .as_ref()
                    .is_some_and(|aside| same_file(aside, &path))
            }) {
                report.files -= 1;
                continue;
            }
            report.damaged.push(DamagedFile {
                path,
                aside: None,
                expected,
                saw,
            });
        }
        self.take_down(record.kind, &record.id)?;
        report.broken.push(record.id.clone());
        Ok(())
    }

    /// Reads a file that should have the digest, and dates it if it has.
    fn read(
        &self,
        path: &Utf8Path,
        expected: &Sha256Digest,
        cancel: &CancellationToken,
    ) -> Result<Read, AssetStoreError> {
        let mut file = match videogen_durable::open_own(path) {
            Ok(file) => file,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Read::Gone),
            Err(error) => {
                tracing::warn!(%path, %error, "a file in the store of assets cannot be opened");
                return Ok(Read::Damaged(None, None));
            }
        };
        match hash::digest_of(&mut file, Some(cancel)) {
            Ok((saw, size)) if saw == *expected => {
                if file.metadata().and_then(|found| found.modified()).ok()
                    != Some(super::disk::verified_at())
                {
                    self.disk.trust_again(&file, path);
                }
                Ok(Read::Whole(size))
            }
            Ok((saw, _)) => Ok(Read::Damaged(Some(file), Some(saw))),
            Err(_) if cancel.is_cancelled() => Err(AssetStoreError::Cancelled),
            Err(error) => {
                tracing::warn!(%path, %error, "a file in the store of assets cannot be read");
                Ok(Read::Damaged(Some(file), None))
            }
        }
    }
}

/// Whether it is another name of a content.
pub(super) fn is_one_of(path: &Utf8Path, contents: &[Content]) -> bool {
    contents
        .iter()
        .any(|content| same_file(path, &content.path))
}

/// Whether two names are those of one file.
pub(super) fn same_file(one: &Utf8Path, other: &Utf8Path) -> bool {
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        match (one.symlink_metadata(), other.symlink_metadata()) {
            (Ok(one), Ok(other)) => (one.dev(), one.ino()) == (other.dev(), other.ino()),
            _ => false,
        }
    }
    // Then files are read twice.
    #[cfg(not(unix))]
    {
        let _ = (one, other);
        false
    }
}
