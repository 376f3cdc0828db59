//! A source of assets for the tests of other crates: what it has is in memory, and what it fetches is real files.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use camino::{Utf8Path, Utf8PathBuf};
use sha2::{Digest, Sha256};
use tokio_util::sync::CancellationToken;

use crate::observer::FetchObserver;
use crate::registry::{Asset, AssetFile, AssetId, AssetKind, Licence, Sha256Digest};
use crate::source::{AssetSource, BoxFuture, Installed};
use crate::source_error::SourceError;

/// Has assets in memory and "fetches" them into a directory, `DIR/ASSET/NAME`. It counts what is fetched, and fails when it is
/// told to.
#[derive(Debug)]
pub struct FakeAssetSource {
    dir: Utf8PathBuf,
    assets: BTreeMap<AssetId, (Asset, Vec<Bytes>)>,
    state: Mutex<HashMap<AssetId, State>>,
    pause: Duration,
}

#[derive(Debug, Default, Clone, Copy)]
struct State {
    fetches: usize,
    failures_left: usize,
}

impl FakeAssetSource {
    /// Returns a source without assets that puts what it fetches into `dir`, which must be there.
    pub fn new(dir: &Utf8Path) -> Self {
        Self {
            dir: dir.to_owned(),
            assets: BTreeMap::new(),
            state: Mutex::default(),
            pause: Duration::ZERO,
        }
    }

    /// Adds an asset that needs no credits, with these files, the small ones first.
    ///
    /// # Panics
    /// When `id` is no id.
    #[must_use]
    pub fn with(self, id: &str, kind: AssetKind, tags: &[&str], files: &[(&str, &[u8])]) -> Self {
        let asset = Asset {
            id: AssetId::new(id).expect("the id of a test"),
            kind,
            title: id.to_owned(),
            licence: Licence::new("CC0-1.0"),
            attribution: None,
            tags: tags.iter().map(|tag| (*tag).to_owned()).collect(),
            explicit: false,
            files: files
                .iter()
                .map(|(name, bytes)| AssetFile {
                    name: (*name).to_owned(),
                    size: Some(bytes.len() as u64),
                    sha256: Some(Sha256Digest::new(Sha256::digest(bytes).into())),
                    cross_check: None,
                    mirrors: Vec::new(),
                })
                .collect(),
        };
        let contents = files.iter().map(|(_, bytes)| Bytes::copy_from_slice(bytes));
        let contents = contents.collect();
        self.with_asset(asset, contents)
    }

    /// Adds an asset with the contents of its files, in their order.
    ///
    /// # Panics
    /// When there are not as many contents as files.
    #[must_use]
    pub fn with_asset(mut self, asset: Asset, contents: Vec<Bytes>) -> Self {
        assert_eq!(asset.files.len(), contents.len(), "a content for each file");
        self.assets.insert(asset.id.clone(), (asset, contents));
        self
    }

    /// Fails the next `times` fetches of an asset with [`SourceError::Other`]; `usize::MAX` for always.
    ///
    /// # Panics
    /// When `id` is no id.
    #[must_use]
    pub fn failing(self, id: &str, times: usize) -> Self {
        let id = AssetId::new(id).expect("the id of a test");
        self.state().entry(id).or_default().failures_left = times;
        self
    }

    /// Waits so long in each fetch, so that it can be cancelled.
    #[must_use]
    pub fn pausing(mut self, pause: Duration) -> Self {
        self.pause = pause;
        self
    }

    /// Returns how often an asset was fetched, in vain or not. What is here already is not fetched.
    pub fn fetches(&self, id: &str) -> usize {
        let id = AssetId::new(id).ok();
        id.and_then(|id| self.state().get(&id).copied())
            .map_or(0, |state| state.fetches)
    }

    fn state(&self) -> std::sync::MutexGuard<'_, HashMap<AssetId, State>> {
        // Counts are changed by one statement each, so a panic elsewhere leaves them right.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes a fetch. Whether it is one that fails.
    fn note(&self, id: &AssetId) -> bool {
        let mut states = self.state();
        let state = states.entry(id.clone()).or_default();
        state.fetches += 1;
        let fails = state.failures_left > 0;
        state.failures_left = state.failures_left.saturating_sub(1);
        fails
    }

    fn write(&self, asset: &Asset, contents: &[Bytes]) -> Result<(), SourceError> {
        let failed = |error: std::io::Error| SourceError::Other(error.into());
        let dir = self.dir.join(asset.id.as_str());
        videogen_durable::create_missing_dirs(&dir).map_err(failed)?;
        for (file, content) in asset.files.iter().zip(contents) {
            videogen_durable::write_private(&dir.join(&file.name), content).map_err(failed)?;
        }
        Ok(())
    }
}

impl AssetSource for FakeAssetSource {
    fn assets(&self, kind: AssetKind) -> Vec<Asset> {
        let assets = self.assets.values().map(|(asset, _)| asset);
        assets.filter(|asset| asset.kind == kind).cloned().collect()
    }

    fn installed(&self, id: &AssetId) -> Option<Installed> {
        let (asset, contents) = self.assets.get(id)?;
        let dir = self.dir.join(id.as_str());
        let files: Vec<Utf8PathBuf> = asset.files.iter().map(|f| dir.join(&f.name)).collect();
        let is_here = files.iter().zip(contents).all(|(path, content)| {
            videogen_durable::read_own(path, content.len() as u64)
                .is_ok_and(|found| found == *content)
        });
        is_here.then(|| Installed {
            asset: asset.clone(),
            files,
        })
    }

    fn forget<'a>(&'a self, id: &'a AssetId) -> BoxFuture<'a, Result<(), SourceError>> {
        Box::pin(async move {
            let here = self.installed(id).map(|here| here.files);
            let removed = here
                .into_iter()
                .flatten()
                .try_for_each(std::fs::remove_file);
            removed.map_err(|error| SourceError::Other(error.into()))
        })
    }

    fn fetch<'a>(
        &'a self,
        id: &'a AssetId,
        observer: &'a dyn FetchObserver,
        cancel: &'a CancellationToken,
    ) -> BoxFuture<'a, Result<Installed, SourceError>> {
        Box::pin(async move {
            let Some((asset, contents)) = self.assets.get(id) else {
                let names: Vec<&str> = self.assets.keys().map(AssetId::as_str).collect();
                let nearest = videogen_text::nearest(id.as_str(), &names, 3);
                return Err(SourceError::Unknown {
                    id: id.to_string(),
                    nearest: nearest.into_iter().map(str::to_owned).collect(),
                });
            };
            if let Some(installed) = self.installed(id) {
                return Ok(installed);
            }
            let fails = self.note(id);
            let total: usize = contents.iter().map(Bytes::len).sum();
            observer.bytes(0, Some(total as u64), 0.0);
            tokio::select! {
                biased;
                () = cancel.cancelled() => return Err(SourceError::Cancelled),
                () = tokio::time::sleep(self.pause) => {}
            }
            if fails {
                return Err(SourceError::Other(
                    "no mirror of the test delivers it".into(),
                ));
            }
            self.write(asset, contents)?;
            observer.bytes(total as u64, Some(total as u64), total as f64);
            observer.progress(1.0);
            self.installed(id)
                .ok_or_else(|| SourceError::Other("what was just written is gone".into()))
        })
    }
}

#[cfg(test)]
mod tests {
    use videogen_types::Unobserved;

    use super::*;

    #[tokio::test]
    async fn it_has_what_it_was_given_counts_and_fails_when_it_is_told_to() {
        let dir = camino_tempfile::tempdir().expect("a temporary directory");
        let files: &[(&str, &[u8])] = &[("v.json", b"{}"), ("v.onnx", b"model")];
        let source = FakeAssetSource::new(dir.path())
            .with("v", AssetKind::Voice, &["en_US"], files)
            .with("m", AssetKind::Music, &[], &[("m.mp3", b"music")])
            .failing("v", 1);
        let (v, cancel) = (AssetId::new("v").expect("an id"), CancellationToken::new());
        assert_eq!(source.assets(AssetKind::Voice).len(), 1);
        assert_eq!(source.installed(&v), None);
        let error = source.fetch(&v, &Unobserved, &cancel).await;
        assert!(matches!(error, Err(SourceError::Other(_))), "{error:?}");
        let installed = source
            .fetch(&v, &Unobserved, &cancel)
            .await
            .expect("fetched");
        assert_eq!(std::fs::read(&installed.files[1]).expect("there"), b"model");
        assert_eq!(
            source.fetch(&v, &Unobserved, &cancel).await.expect("here"),
            installed
        );
        assert_eq!((source.fetches("v"), source.fetches("m")), (2, 0));
        std::fs::write(&installed.files[0], "changed").expect("written");
        assert_eq!(source.installed(&v), None);
        let absent = AssetId::new("w").expect("an id");
        let error = source.fetch(&absent, &Unobserved, &cancel).await;
        assert!(
            matches!(error, Err(SourceError::Unknown { .. })),
            "{error:?}"
        );
        cancel.cancel();
        let error = source.fetch(&v, &Unobserved, &cancel).await;
        assert!(error.is_err_and(|error| error.is_cancelled()));
    }
}
