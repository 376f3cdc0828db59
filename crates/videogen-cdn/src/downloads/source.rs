//! The source itself.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use camino::Utf8PathBuf;
use futures_util::StreamExt;
use tokio_util::sync::CancellationToken;

use super::progress::Totals;
use crate::health::MirrorHealth;
use crate::observer::FetchObserver;
use crate::registry::{Asset, AssetId, AssetKind, LicenceConsent, Permission, Registry};
use crate::source::{AssetSource, BoxFuture, Installed};
use crate::source_error::SourceError;
use crate::store::{AssetLease, AssetStore, InstalledAsset};
use crate::transfer::Downloader;

/// The assets of a registry: those in a store, and the others from their mirrors.
///
/// What it returns stays in the store as long as it lives, whatever other processes need room for. Dropping a fetch is
/// cancelling it: what has come stays, and the next one goes on from there.
#[derive(Debug)]
pub struct Downloads {
    pub(super) registry: Registry,
    pub(super) consent: RwLock<LicenceConsent>,
    pub(super) downloader: Downloader,
    pub(super) health: MirrorHealth,
    pub(super) store: Arc<AssetStore>,
    pub(super) lock_file: Utf8PathBuf,
    pub(super) is_offline: bool,
    pub(super) at_once: usize,
    /// What was returned, so that nobody removes it.
    pub(super) leases: Mutex<HashMap<AssetId, AssetLease>>,
    /// Held while room is made and while an asset is placed, until it is in use.
    pub(super) placing: tokio::sync::Mutex<()>,
}

impl Downloads {
    /// Returns the store.
    pub const fn store(&self) -> &Arc<AssetStore> {
        &self.store
    }

    /// Returns what is known of mirrors.
    pub const fn health(&self) -> &MirrorHealth {
        &self.health
    }

    /// Returns what there is.
    pub const fn registry(&self) -> &Registry {
        &self.registry
    }

    /// Returns what may be done with an asset.
    pub fn permission(&self, asset: &Asset) -> Permission {
        // A yes is noted by one statement, so a panic elsewhere leaves the list right.
        let consent = self.consent.read().unwrap_or_else(PoisonError::into_inner);
        consent.permits(asset)
    }

    /// Notes that the user said yes to the licence of this asset, for as long as this lives.
    pub fn accept(&self, asset: &Asset) {
        let mut consent = self.consent.write().unwrap_or_else(PoisonError::into_inner);
        consent.accept(asset);
    }

    /// Lets go of an asset that was returned, so that it can be removed.
    pub fn release(&self, id: &AssetId) {
        self.leases().remove(id);
    }

    /// Fetches several assets, a few at a time, and returns what came of each, in their order. The observer hears the
    /// progress of all together. One that fails ends none of the others.
    pub async fn fetch_all(
        &self,
        ids: &[AssetId],
        observer: &dyn FetchObserver,
        cancel: &CancellationToken,
    ) -> Vec<Result<Installed, SourceError>> {
        let sizes = ids.iter().map(|id| self.size(id));
        let totals = Totals::new(observer, sizes);
        let fetches = ids.iter().enumerate().map(|(index, id)| {
            let part = totals.part(index);
            async move {
                let result = self.fetch_one(id, &part, cancel).await;
                part.end();
                result
            }
        });
        futures_util::stream::iter(fetches)
            .buffered(self.at_once)
            .collect()
            .await
    }

    /// The bytes of an asset, where they are known of all of its files.
    pub(super) fn size(&self, id: &AssetId) -> Option<u64> {
        let asset = self.registry.get(id.as_str())?;
        asset.files.iter().map(|file| file.size).sum()
    }

    pub(super) fn leases(&self) -> std::sync::MutexGuard<'_, HashMap<AssetId, AssetLease>> {
        // Each change is one statement.
        self.leases.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps an asset in use that was found.
    pub(super) fn keep(&self, asset: &Asset, found: Found) -> Installed {
        if let Some(lease) = found.lease {
            self.leases().insert(asset.id.clone(), lease);
        }
        Installed {
            asset: asset.clone(),
            files: found
                .installed
                .files
                .into_iter()
                .map(|file| file.path)
                .collect(),
        }
    }
}

/// An asset that is in the store.
pub(super) struct Found {
    installed: InstalledAsset,
    lease: Option<AssetLease>,
}

/// Looks for an asset in the store. `None` if it is not what the registry says now. Blocks on the disk.
pub(super) fn find(store: &AssetStore, asset: &Asset) -> Option<Found> {
    let is_right = |installed: &InstalledAsset| {
        installed.kind == asset.kind
            && installed.files.len() == asset.files.len()
            && installed
                .files
                .iter()
                .zip(&asset.files)
                .all(|(here, file)| {
                    here.path.file_name() == Some(&*file.name)
                        && file.sha256.is_none_or(|sha256| sha256 == here.sha256)
                })
    };
    let lease = store.lease(&asset.id);
    let installed = match &lease {
        Some(lease) => lease.asset().clone(),
        // Where no lease is to be had, it can be used even so.
        None => store.installed(&asset.id)?,
    };
    is_right(&installed).then_some(Found { installed, lease })
}

impl AssetSource for Downloads {
    fn assets(&self, kind: AssetKind) -> Vec<Asset> {
        self.registry.of_kind(kind).cloned().collect()
    }

    fn installed(&self, id: &AssetId) -> Option<Installed> {
        let asset = self.registry.get(id.as_str())?;
        Some(self.keep(asset, find(&self.store, asset)?))
    }

    fn fetch<'a>(
        &'a self,
        id: &'a AssetId,
        observer: &'a dyn FetchObserver,
        cancel: &'a CancellationToken,
    ) -> BoxFuture<'a, Result<Installed, SourceError>> {
        Box::pin(async move {
            let totals = Totals::new(observer, std::iter::once(self.size(id)));
            self.fetch_one(id, &totals.part(0), cancel).await
        })
    }

    fn forget<'a>(&'a self, id: &'a AssetId) -> BoxFuture<'a, Result<(), SourceError>> {
        Box::pin(self.forget_one(id))
    }
}
