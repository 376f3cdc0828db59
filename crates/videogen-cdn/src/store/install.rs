//! Assets: contents under names, as a whole or not at all.

use std::io;

use camino::Utf8Path;
use videogen_durable::{Effect, ScratchDir};

use super::asset_store::AssetStore;
use super::content::Condition;
use super::error::AssetStoreError;
use super::layout::{KINDS, RECORD, STAGING};
use super::record::{InstalledAsset, Record, RecordedFile};
use crate::plain_name;
use crate::registry::{Asset, AssetId, AssetKind, Sha256Digest};

impl AssetStore {
    /// Installs an asset of contents that are here: `digests` are those of its files, in their order. Its directory appears
    /// as a whole; one of the same name is replaced. Installed already, it is only used.
    ///
    /// # Errors
    /// [`AssetStoreError::BadName`], [`AssetStoreError::Missing`] for a content that is not here or was changed, and
    /// whatever the disk says; the asset is then installed as before, or not at all.
    ///
    /// # Panics
    /// When there are not as many digests as files.
    pub fn install(
        &self,
        asset: &Asset,
        digests: &[Sha256Digest],
    ) -> Result<InstalledAsset, AssetStoreError> {
        assert_eq!(asset.files.len(), digests.len(), "a digest for each file");
        check_names(asset)?;
        if let Some(installed) = self.same(asset, digests) {
            return Ok(installed);
        }
        let tmp = self.layout.tmp();
        self.make_dirs(&tmp)?;
        let scratch = self
            .disk
            .0
            .before(Effect::Write(&tmp))
            .and_then(|()| ScratchDir::create(&tmp, STAGING))
            .map_err(AssetStoreError::io("making a directory in", &tmp))?;
        let stage = scratch.path().join(asset.id.as_str());
        let record = self.put_together(asset, digests, &stage)?;
        let kind = self.layout.kind(asset.kind);
        self.make_dirs(&kind)?;
        let to = self.layout.asset(asset.kind, &asset.id);
        {
            let _held = self.hold()?;
            // Somebody was faster, and uses it perhaps.
            if let Some(installed) = self.same(asset, digests) {
                return Ok(installed);
            }
            for kind in KINDS {
                self.take_down(kind, &asset.id)?;
            }
            if to.symlink_metadata().is_ok() {
                self.disk.set_aside(&to)?;
            }
            self.disk
                .rename(&stage, &to)
                .map_err(AssetStoreError::io("naming", &to))?;
        }
        self.disk.sync_dir(&kind)?;
        Ok(record.installed(&to, self.is_pinned(&asset.id)))
    }

    /// Returns the asset if it is installed just so, and notes that it is used.
    fn same(&self, asset: &Asset, digests: &[Sha256Digest]) -> Option<InstalledAsset> {
        let installed = self.installed(&asset.id)?;
        is_same(&installed, asset, digests).then(|| {
            self.touch(&installed.dir);
            installed
        })
    }

    /// Makes the directory of an asset at `stage`, flushed.
    fn put_together(
        &self,
        asset: &Asset,
        digests: &[Sha256Digest],
        stage: &Utf8Path,
    ) -> Result<Record, AssetStoreError> {
        self.disk.make_dir(stage)?;
        let mut files = Vec::new();
        for (file, digest) in asset.files.iter().zip(digests) {
            let from = self
                .has(digest)
                .ok_or(AssetStoreError::Missing { sha256: *digest })?;
            let (size, copied) = self.give_name(&from, &stage.join(&file.name), digest)?;
            files.push(RecordedFile {
                name: file.name.clone(),
                size,
                sha256: *digest,
                copied,
            });
        }
        let record = Record::new(asset, files);
        videogen_durable::write_atomically(
            &*self.disk.0,
            &stage.join(RECORD),
            &record.to_bytes()?,
        )?;
        self.disk.sync_dir(stage)?;
        Ok(record)
    }

    /// Gives a content a name: a link, or a copy where there are none. Returns its size, and whether it is a copy.
    fn give_name(
        &self,
        from: &Utf8Path,
        to: &Utf8Path,
        digest: &Sha256Digest,
    ) -> Result<(u64, bool), AssetStoreError> {
        match self.disk.link(from, to) {
            Ok(()) => {
                let found = to
                    .symlink_metadata()
                    .map_err(AssetStoreError::io("reading", to))?;
                Ok((found.len(), false))
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                Err(AssetStoreError::Missing { sha256: *digest })
            }
            // A file system without links, or with too many of this file.
            Err(error) => {
                tracing::debug!(path = %to, %error, "copied, because it cannot be linked");
                Ok((self.disk.copy(from, to, digest)?, true))
            }
        }
    }

    /// Returns the asset if it is installed, whole: all of its files are there, verified, and were not written to since.
    pub fn installed(&self, id: &AssetId) -> Option<InstalledAsset> {
        KINDS.iter().find_map(|kind| {
            let dir = self.layout.asset(*kind, id);
            let record = self.record(&dir)?;
            (record.kind == *kind && self.is_whole(&record, &dir))
                .then(|| record.installed(&dir, self.is_pinned(id)))
        })
    }

    /// Returns the record in the directory of an asset, if there is one that can be used.
    pub(super) fn record(&self, dir: &Utf8Path) -> Option<Record> {
        match Record::read(dir) {
            Ok(record) => record,
            Err(error) => {
                if self.is_news(dir) {
                    tracing::warn!(%dir, %error, "the record of an asset cannot be used: it counts as not installed");
                }
                None
            }
        }
    }

    pub(super) fn is_whole(&self, record: &Record, dir: &Utf8Path) -> bool {
        record.files.iter().all(|file| {
            let path = dir.join(&file.name);
            match self.condition(&path, &file.sha256, Some(file.size)) {
                Condition::Whole(_) => true,
                Condition::Absent | Condition::Damaged => {
                    if self.is_news(&path) {
                        tracing::warn!(%path, "an installed file is missing or was changed: its asset counts as not installed");
                    }
                    false
                }
            }
        })
    }

    /// Returns the installed assets, in the order of their ids.
    ///
    /// # Errors
    /// When a directory of the store cannot be listed.
    pub fn list(&self) -> Result<Vec<InstalledAsset>, AssetStoreError> {
        let mut assets: Vec<InstalledAsset> = self
            .records()?
            .into_iter()
            .filter(|(dir, record)| self.is_whole(record, dir))
            .map(|(dir, record)| record.installed(&dir, self.is_pinned(&record.id)))
            .collect();
        assets.sort_by(|one, other| one.id.cmp(&other.id));
        Ok(assets)
    }

    /// Removes an installed asset, its pin, and those of its contents that no other asset has. What a person put beside its
    /// files stays. Returns the bytes that became free; 0 when it was not installed.
    ///
    /// # Errors
    /// [`AssetStoreError::InUse`]; whatever the disk says, with the asset not installed any more or as before.
    pub fn remove(&self, id: &AssetId) -> Result<u64, AssetStoreError> {
        let _held = self.hold()?;
        let mut freed = 0;
        for kind in KINDS {
            let dir = self.layout.asset(kind, id);
            let Some(record) = self.record(&dir) else {
                continue;
            };
            let Some(_unused) = Self::unused(&dir) else {
                return Err(AssetStoreError::InUse { id: id.clone() });
            };
            self.take_down(kind, id)?;
            freed += copied_bytes(&record);
            freed += self.remove_unused(&record)?;
        }
        self.unpin(id)?;
        Ok(freed)
    }

    /// Removes those contents of an asset that is not installed any more which no other has. Under the lock.
    fn remove_unused(&self, record: &Record) -> Result<u64, AssetStoreError> {
        let used: std::collections::HashSet<Sha256Digest> = self
            .records()?
            .iter()
            .flat_map(|(_, other)| other.files.iter().map(|file| file.sha256))
            .collect();
        let mut freed = 0;
        for file in &record.files {
            let path = self.layout.content(&file.sha256);
            if !used.contains(&file.sha256) && path.symlink_metadata().is_ok_and(|f| f.is_file()) {
                self.disk.remove(&path)?;
                freed += file.size;
            }
        }
        Ok(freed)
    }

    /// Removes what the record of an asset names, the record last, and then the directory if nothing else is in it. Nothing
    /// happens where there is no record: then it is not ours. Under the lock.
    pub(super) fn take_down(&self, kind: AssetKind, id: &AssetId) -> Result<(), AssetStoreError> {
        let dir = self.layout.asset(kind, id);
        let Some(record) = self.record(&dir) else {
            return Ok(());
        };
        for file in &record.files {
            let path = dir.join(&file.name);
            if path.symlink_metadata().is_ok_and(|found| !found.is_dir()) {
                self.disk.remove(&path)?;
            }
        }
        self.disk.remove(&dir.join(RECORD))?;
        if let Err(error) = self.disk.remove_empty_dir(&dir) {
            tracing::info!(%dir, %error, "the directory of an asset stays, because something else is in it");
        }
        Ok(())
    }

    /// Lets an asset stay when room is needed, whether it is installed already or not.
    ///
    /// # Errors
    /// When the store cannot be written to.
    pub fn pin(&self, id: &AssetId) -> Result<(), AssetStoreError> {
        self.make_dirs(&self.layout.pins())?;
        let path = self.layout.pin(id);
        if self.is_pinned(id) {
            return Ok(());
        }
        Ok(videogen_durable::write_atomically(
            &*self.disk.0,
            &path,
            b"",
        )?)
    }

    /// Lets an asset go when room is needed.
    ///
    /// # Errors
    /// When the store cannot be written to.
    pub fn unpin(&self, id: &AssetId) -> Result<(), AssetStoreError> {
        if self.is_pinned(id) {
            self.disk.remove(&self.layout.pin(id))?;
        }
        Ok(())
    }

    pub(super) fn is_pinned(&self, id: &AssetId) -> bool {
        let path = self.layout.pin(id);
        path.symlink_metadata().is_ok_and(|found| found.is_file())
    }
}

/// The bytes of the files that are not links to contents.
pub(super) fn copied_bytes(record: &Record) -> u64 {
    let copies = record.files.iter().filter(|file| file.copied);
    copies.map(|file| file.size).sum()
}

fn is_same(installed: &InstalledAsset, asset: &Asset, digests: &[Sha256Digest]) -> bool {
    let named = asset.files.iter().map(|file| Some(file.name.as_str()));
    installed.kind == asset.kind
        && installed.licence == asset.licence
        && installed.attribution == asset.attribution
        && installed.title == asset.title
        && installed
            .files
            .iter()
            .map(|file| file.path.file_name())
            .eq(named)
        && installed
            .files
            .iter()
            .map(|f| f.sha256)
            .eq(digests.iter().copied())
}

/// The names become files: they are names on every system, and no two can be one file.
fn check_names(asset: &Asset) -> Result<(), AssetStoreError> {
    let bad = |name: &str, problem: String| AssetStoreError::BadName {
        name: name.to_owned(),
        problem,
    };
    plain_name::check(asset.id.as_str())
        .map_err(|problem| bad(asset.id.as_str(), problem.to_string()))?;
    let mut seen = std::collections::HashSet::new();
    for file in &asset.files {
        plain_name::check(&file.name).map_err(|problem| bad(&file.name, problem.to_string()))?;
        if !seen.insert(plain_name::folded(&file.name)) {
            return Err(bad(
                &file.name,
                "another file of the asset has it".to_owned(),
            ));
        }
    }
    Ok(())
}
