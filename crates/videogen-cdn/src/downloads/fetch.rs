//! Fetches one asset.

use std::collections::HashSet;
use std::io::Read as _;
use std::sync::Arc;
use std::time::Duration;

use camino::Utf8Path;
use tokio_util::sync::CancellationToken;
use url::Url;
use videogen_types::Observer;

use super::progress::Part;
use super::source::{Downloads, find};
use crate::registry::{
    Asset, AssetFile, AssetId, LockEntry, LockFile, LockFileError, Permission, Sha256Digest,
};
use crate::source::Installed;
use crate::source_error::SourceError;
use crate::store::{AssetStore, AssetStoreError, Begun, FileKey, Incoming};
use crate::transfer::{DownloadError, DownloadRequest, Downloaded};

/// Between two looks at whether another process has fetched a file.
const LOOK_AGAIN: Duration = Duration::from_millis(200);

/// A file that is to be fetched, as far as its room goes.
#[derive(Debug)]
struct Coming {
    asset: AssetId,
    name: String,
    sha256: Option<Sha256Digest>,
    size: u64,
}

impl Coming {
    fn key(&self) -> FileKey<'_> {
        match &self.sha256 {
            Some(sha256) => FileKey::Digest(sha256),
            None => FileKey::Unknown {
                asset: &self.asset,
                name: &self.name,
            },
        }
    }

    /// How many bytes more than now it will take in the store.
    fn bytes_in(&self, store: &AssetStore) -> u64 {
        let is_here = self
            .sha256
            .is_some_and(|sha256| store.has(&sha256).is_some());
        if is_here {
            return 0;
        }
        self.size.saturating_sub(store.begun_bytes(&self.key()))
    }
}

/// A file with what it has to be.
struct Wanted<'a> {
    asset: &'a Asset,
    file: &'a AssetFile,
    /// What it was when it was first fetched, where no digest is published.
    before: Option<LockEntry>,
}

impl Wanted<'_> {
    fn sha256(&self) -> Option<Sha256Digest> {
        let before = self.before.as_ref().map(|entry| entry.sha256);
        self.file.sha256.or(before)
    }

    fn size(&self) -> Option<u64> {
        let before = self.before.as_ref().map(|entry| entry.size);
        self.file.size.or(before)
    }

    fn coming(&self) -> Coming {
        Coming {
            asset: self.asset.id.clone(),
            name: self.file.name.clone(),
            sha256: self.sha256(),
            size: self.size().unwrap_or(0),
        }
    }
}

impl Downloads {
    /// Does as the module says.
    pub(super) async fn fetch_one(
        &self,
        id: &AssetId,
        part: &Part<'_>,
        cancel: &CancellationToken,
    ) -> Result<Installed, SourceError> {
        let asset = self.registry.get(id.as_str());
        let asset = asset.ok_or_else(|| SourceError::Unknown {
            id: id.to_string(),
            nearest: self.registry.nearest(id.as_str()),
        })?;
        self.check_licence(asset)?;
        if cancel.is_cancelled() {
            return Err(SourceError::Cancelled);
        }
        let owned = asset.clone();
        let found = self.blocking(move |store| Ok(find(store, &owned))).await?;
        if let Some(found) = found {
            part.has(self.size(id).unwrap_or(0));
            return Ok(self.keep(asset, found));
        }
        let result = self.bring(asset, part, cancel).await;
        self.save_health().await;
        result
    }

    /// What a licence asks for comes before everything that costs something.
    fn check_licence(&self, asset: &Asset) -> Result<(), SourceError> {
        let (id, licence) = (asset.id.clone(), asset.licence.clone());
        match self.permission(asset) {
            Permission::Granted => Ok(()),
            Permission::Asks(duties) => Err(SourceError::NotAccepted {
                id,
                licence,
                duties: Box::new(duties),
            }),
            Permission::Refused { reason } => Err(SourceError::Forbidden {
                id,
                licence,
                reason,
            }),
        }
    }

    /// Fetches what is missing of an asset, and installs it.
    async fn bring(
        &self,
        asset: &Asset,
        part: &Part<'_>,
        cancel: &CancellationToken,
    ) -> Result<Installed, SourceError> {
        let wanted = self.wanted(asset).await?;
        self.make_room(&wanted).await?;
        let mut digests = Vec::new();
        let mut base = 0;
        for (index, wanted) in wanted.iter().enumerate() {
            let part = part.file(base, index, asset.files.len());
            let (digest, size) = self.bring_file(wanted, &part, cancel).await?;
            base += size;
            part.has(base);
            digests.push(digest);
        }
        let owned = asset.clone();
        // Until it is in use, who makes room for another one may take it.
        let _placing = self.placing.lock().await;
        let found = self
            .blocking(move |store| {
                store.install(&owned, &digests)?;
                let found = find(store, &owned).ok_or_else(|| {
                    // Somebody removed it this very moment.
                    AssetStoreError::NotInstalled {
                        id: owned.id.clone(),
                    }
                })?;
                // What had no known size may have brought it over its limit. That is for the next one to tell.
                if let Err(error) = store.make_room(0) {
                    tracing::warn!(%error, "the store of assets holds more than it should");
                }
                Ok(found)
            })
            .await?;
        Ok(self.keep(asset, found))
    }

    /// Looks up what files without a published digest were before.
    async fn wanted<'a>(&self, asset: &'a Asset) -> Result<Vec<Wanted<'a>>, SourceError> {
        let lock = if asset.files.iter().all(|file| file.sha256.is_some()) {
            LockFile::default()
        } else {
            let path = self.lock_file.clone();
            on_disk(move || Ok(LockFile::read(&path)?)).await?
        };
        let wanted = asset.files.iter().map(|file| Wanted {
            asset,
            file,
            before: match file.sha256 {
                Some(_) => None,
                None => lock.entry(&asset.id, &file.name).cloned(),
            },
        });
        Ok(wanted.collect())
    }

    async fn make_room(&self, wanted: &[Wanted<'_>]) -> Result<(), SourceError> {
        let coming: Vec<Coming> = wanted.iter().map(Wanted::coming).collect();
        let _placing = self.placing.lock().await;
        self.blocking(move |store| {
            store.make_room(coming.iter().map(|file| file.bytes_in(store)).sum())?;
            Ok(())
        })
        .await
    }

    /// Finds out whether what is missing of these assets fits into the store beside what has to stay there, for who fetches
    /// several one by one: each fits alone, perhaps. What has no known size counts nothing.
    ///
    /// # Errors
    /// [`AssetStoreError::NoRoom`](crate::AssetStoreError::NoRoom), and what keeps the store from being looked at.
    pub async fn check_room(&self, ids: &[AssetId]) -> Result<(), SourceError> {
        let mut coming = Vec::new();
        for asset in ids.iter().filter_map(|id| self.registry.get(id.as_str())) {
            coming.extend(self.wanted(asset).await?.iter().map(Wanted::coming));
        }
        // What several assets have takes room once.
        let mut seen = HashSet::new();
        coming.retain(|file| file.sha256.is_none_or(|sha256| seen.insert(sha256)));
        self.blocking(move |store| {
            store.check_room(coming.iter().map(|file| file.bytes_in(store)).sum())?;
            Ok(())
        })
        .await
    }

    /// Returns the digest and size of a file that is in the store afterwards.
    async fn bring_file(
        &self,
        wanted: &Wanted<'_>,
        part: &Part<'_>,
        cancel: &CancellationToken,
    ) -> Result<(Sha256Digest, u64), SourceError> {
        let mut is_told = false;
        loop {
            let (coming, is_offline) = (wanted.coming(), self.is_offline);
            let sha256 = coming.sha256;
            let begun = self
                .blocking(move |store| {
                    match sha256.and_then(|sha256| store.has(&sha256)) {
                        Some(path) => Ok(Begun::Here(path)),
                        // Not even a claim is made.
                        None if is_offline => Err(SourceError::Offline { id: coming.asset }),
                        None => Ok(store.begin(&coming.key())?),
                    }
                })
                .await?;
            match (begun, sha256) {
                (Begun::Here(path), Some(sha256)) => {
                    let found = path.symlink_metadata();
                    let size = found.map_or(wanted.size().unwrap_or(0), |found| found.len());
                    return Ok((sha256, size));
                }
                // Only what has a digest can be here.
                (Begun::Here(_), None) => {}
                (Begun::Yours(incoming), _) => {
                    return self.download(wanted, incoming, part, cancel).await;
                }
                (Begun::Busy { holder }, _) => {
                    if !is_told {
                        let who = holder.map_or_else(String::new, |pid| format!(" ({pid})"));
                        part.activity(&format!(
                            "another process{who} fetches {}",
                            wanted.file.name
                        ));
                        is_told = true;
                    }
                }
            }
            tokio::select! {
                () = cancel.cancelled() => return Err(SourceError::Cancelled),
                () = tokio::time::sleep(LOOK_AGAIN) => {}
            }
        }
    }

    async fn download(
        &self,
        wanted: &Wanted<'_>,
        incoming: Incoming,
        part: &Part<'_>,
        cancel: &CancellationToken,
    ) -> Result<(Sha256Digest, u64), SourceError> {
        let (asset, file) = (wanted.asset, wanted.file);
        let request = DownloadRequest {
            name: &file.name,
            size: wanted.size(),
            sha256: wanted.sha256(),
            cross_check: file.cross_check.as_ref(),
            mirrors: &file.mirrors,
            target: incoming.path(),
        };
        let downloaded = self.downloader.fetch(&request, part, cancel).await;
        let downloaded = downloaded.map_err(|error| {
            incoming.discard_unless_noted();
            why(wanted, error)
        })?;
        if wanted.sha256().is_none() {
            let (path, name) = (incoming.path().to_owned(), file.name.clone());
            on_disk(move || Ok(look_at(&path, &name)))
                .await?
                .map_err(|error| SourceError::download(&asset.id, &file.name, error))?;
        }
        if file.sha256.is_none() {
            self.lock(asset, file, &downloaded).await?;
        }
        let (sha256, size) = (downloaded.sha256, downloaded.size);
        self.blocking(move |store| {
            store.adopt(incoming.path(), &sha256)?;
            incoming.done();
            Ok(())
        })
        .await?;
        Ok((sha256, size))
    }

    /// Does as the seam says.
    pub(super) async fn forget_one(&self, id: &AssetId) -> Result<(), SourceError> {
        self.release(id);
        let (owned, path) = (id.clone(), self.lock_file.clone());
        self.blocking(move |store| {
            store.remove(&owned)?;
            LockFile::update(&path, |lock| {
                lock.forget(&owned);
                Ok::<(), LockFileError>(())
            })?;
            Ok(())
        })
        .await
    }

    /// Writes down what a file without a published digest is, or finds that it was another one.
    async fn lock(
        &self,
        asset: &Asset,
        file: &AssetFile,
        downloaded: &Downloaded,
    ) -> Result<(), SourceError> {
        let host = |url: &str| Url::parse(url).ok()?.host_str().map(str::to_owned);
        let source = downloaded.sources.first();
        let entry = LockEntry {
            sha256: downloaded.sha256,
            size: downloaded.size,
            first_seen: videogen_durable::unix_millis() / 1000,
            mirror: source
                .and_then(|source| host(&source.url))
                .unwrap_or_default(),
        };
        let (path, id, name) = (self.lock_file.clone(), asset.id.clone(), file.name.clone());
        on_disk(move || {
            let record = |lock: &mut LockFile| -> Result<(), LockFileError> {
                lock.record(&id, &name, entry)
            };
            Ok(LockFile::update(&path, record)?)
        })
        .await
    }

    /// What was seen of the mirrors helps the next run; without it that begins anew.
    async fn save_health(&self) {
        let health = self.health.clone();
        let saved = tokio::task::spawn_blocking(move || health.save()).await;
        match saved {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::warn!(%error, "what was seen of mirrors is not remembered"),
            Err(error) => tracing::warn!(%error, "what was seen of mirrors is not remembered"),
        }
    }

    /// Runs something with the store on a thread that may wait.
    async fn blocking<T: Send + 'static>(
        &self,
        run: impl FnOnce(&AssetStore) -> Result<T, SourceError> + Send + 'static,
    ) -> Result<T, SourceError> {
        let store = Arc::clone(&self.store);
        on_disk(move || run(&store)).await
    }
}

/// Looks at a file of which nobody knows anything. Whatever it is, it is not empty, and no page for people: those come with
/// other types as well.
fn look_at(path: &Utf8Path, name: &str) -> Result<(), DownloadError> {
    let failed = DownloadError::file("reading", path);
    let mut head = Vec::new();
    let opened = videogen_durable::open_regular(path);
    let read = opened.and_then(|file| file.take(512).read_to_end(&mut head));
    read.map_err(failed)?;
    let text = String::from_utf8_lossy(&head)
        .trim_start()
        .to_ascii_lowercase();
    let is_page = ["<!doctype html", "<html"]
        .iter()
        .any(|begin| text.starts_with(begin));
    let found = match () {
        () if head.is_empty() => "nothing",
        () if is_page => "a page for people",
        () => return Ok(()),
    };
    if let Err(error) = std::fs::remove_file(path) {
        tracing::debug!(%path, %error, "left for the next time that room is made");
    }
    Err(DownloadError::NotTheFile {
        name: name.to_owned(),
        found,
    })
}

/// A file that is another one than the first time is no failure of the network.
fn why(wanted: &Wanted<'_>, error: DownloadError) -> SourceError {
    let is_other = match &error {
        DownloadError::WrongDigest { .. } => true,
        DownloadError::Exhausted { tried, .. } => tried
            .iter()
            .any(|failure| failure.blame == videogen_net::Blame::Wrong),
        _ => false,
    };
    if wanted.before.is_some() && is_other {
        return SourceError::Changed {
            id: wanted.asset.id.clone(),
            name: wanted.file.name.clone(),
            source: Box::new(error),
        };
    }
    SourceError::download(&wanted.asset.id, &wanted.file.name, error)
}

/// Runs something on a thread that may wait for the disk.
async fn on_disk<T: Send + 'static>(
    run: impl FnOnce() -> Result<T, SourceError> + Send + 'static,
) -> Result<T, SourceError> {
    match tokio::task::spawn_blocking(run).await {
        Ok(result) => result,
        // A panic, or the end of the runtime.
        Err(error) => Err(SourceError::Other(error.into())),
    }
}
