#![allow(missing_docs, dead_code)]
use std::sync::Mutex;

use camino::Utf8PathBuf;
use tokio_util::sync::CancellationToken;
use videogen_cdn::*;
use videogen_net::AddressPolicy;

#[derive(Debug, Default, Clone)]
pub(crate) struct DownloadOptions;

#[derive(Debug)]
pub(crate) struct DownloadsConfig {
    pub(crate) store_dir: Utf8PathBuf,
    pub(crate) state_dir: Utf8PathBuf,
    pub(crate) registry: Registry,
    pub(crate) options: DownloadOptions,
    pub(crate) limits: AssetStoreLimits,
    pub(crate) policy: AddressPolicy,
}

#[derive(Debug)]
pub(crate) struct Downloads {
    store: AssetStore,
    state: Utf8PathBuf,
    registry: Registry,
    health: MirrorHealth,
    consent: Mutex<LicenceConsent>,
}

impl Downloads {
    pub(crate) fn new(config: DownloadsConfig) -> Result<Self, AssetStoreError> {
        Ok(Self {
            store: AssetStore::open(&config.store_dir, config.limits)?,
            health: MirrorHealth::open(&config.state_dir.join("health.json")),
            consent: Mutex::new(
                LicenceConsent::read(&config.state_dir.join("licences.json")).unwrap_or_default(),
            ),
            state: config.state_dir,
            registry: config.registry,
        })
    }

    pub(crate) fn mirror_health(&self) -> &MirrorHealth {
        &self.health
    }

    pub(crate) fn permission(&self, asset: &Asset) -> Permission {
        self.consent.lock().unwrap().permits(asset)
    }

    pub(crate) fn accept(&self, asset: &Asset) -> Result<(), ConsentError> {
        let mut consent = self.consent.lock().unwrap();
        consent.accept(asset);
        consent.save(&self.state.join("licences.json"))
    }
}

impl AssetSource for Downloads {
    fn assets(&self, kind: AssetKind) -> Vec<Asset> {
        self.registry.of_kind(kind).cloned().collect()
    }

    fn installed(&self, id: &AssetId) -> Option<Installed> {
        let found = self.store.installed(id)?;
        Some(Installed {
            asset: self.registry.get(id.as_str())?.clone(),
            files: found.files.into_iter().map(|file| file.path).collect(),
        })
    }

    fn fetch<'a>(
        &'a self,
        _: &'a AssetId,
        _: &'a dyn FetchObserver,
        cancel: &'a CancellationToken,
    ) -> BoxFuture<'a, Result<Installed, SourceError>> {
        Box::pin(async move {
            cancel.cancelled().await;
            Err(SourceError::Cancelled)
        })
    }
}
