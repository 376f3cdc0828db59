//! Puts a source of assets together.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, RwLock};

use camino::{Utf8Path, Utf8PathBuf};
use videogen_net::HttpClient;

use super::source::Downloads;
use crate::health::MirrorHealth;
use crate::registry::{LicenceConsent, Registry};
use crate::source_error::SourceError;
use crate::store::{AssetStore, AssetStoreLimits};
use crate::transfer::{DownloadOptions, Downloader};

/// How many assets are fetched at a time by default. Each uses several mirrors already.
const AT_ONCE: usize = 3;

/// What a [`Downloads`] is made of. Everything but the directory has a default.
#[derive(Debug, Clone)]
#[must_use]
pub struct DownloadsBuilder {
    dir: Utf8PathBuf,
    lock_file: Utf8PathBuf,
    registry: Option<Registry>,
    consent: LicenceConsent,
    health: Option<MirrorHealth>,
    options: DownloadOptions,
    limits: AssetStoreLimits,
    is_offline: bool,
    at_once: usize,
}

impl Downloads {
    /// Returns a builder of a source that keeps everything in `dir`.
    pub fn builder(dir: &Utf8Path) -> DownloadsBuilder {
        DownloadsBuilder::new(dir)
    }
}

impl DownloadsBuilder {
    fn new(dir: &Utf8Path) -> Self {
        Self {
            dir: dir.to_owned(),
            lock_file: dir.join("assets.lock"),
            registry: None,
            consent: LicenceConsent::default(),
            health: None,
            options: DownloadOptions::default(),
            limits: AssetStoreLimits::default(),
            is_offline: false,
            at_once: AT_ONCE,
        }
    }

    /// Sets what there is; default is what is built in.
    pub fn registry(mut self, registry: Registry) -> Self {
        self.registry = Some(registry);
        self
    }

    /// Sets which licences were accepted; none by default.
    pub fn consent(mut self, consent: LicenceConsent) -> Self {
        self.consent = consent;
        self
    }

    /// Sets where it is kept what files without a published digest were the first time; default is `assets.lock` in the
    /// directory.
    pub fn lock_file(mut self, path: &Utf8Path) -> Self {
        path.clone_into(&mut self.lock_file);
        self
    }

    /// Sets what is known of mirrors; by default that is read from `health.json` in the directory.
    pub fn health(mut self, health: MirrorHealth) -> Self {
        self.health = Some(health);
        self
    }

    /// Sets how downloads are made.
    pub fn options(mut self, options: DownloadOptions) -> Self {
        self.options = options;
        self
    }

    /// Sets how much the store may hold.
    pub fn limits(mut self, limits: AssetStoreLimits) -> Self {
        self.limits = limits;
        self
    }

    /// Sets that no request is made: what is here is had, and anything else is [`SourceError::Offline`].
    pub fn offline(mut self, is_offline: bool) -> Self {
        self.is_offline = is_offline;
        self
    }

    /// Sets how many assets are fetched at a time, at least 1; default 3.
    pub fn at_once(mut self, assets: usize) -> Self {
        self.at_once = assets.max(1);
        self
    }

    /// Opens the store and puts the source together. `client` makes the requests; its policy says which addresses may be
    /// contacted. Blocks on the disk.
    ///
    /// # Errors
    /// [`SourceError::Store`] when the directory cannot be used.
    pub fn open(self, client: HttpClient) -> Result<Downloads, SourceError> {
        let store = AssetStore::open(&self.dir, self.limits)?;
        let health = self
            .health
            .unwrap_or_else(|| MirrorHealth::open(&self.dir.join("health.json")));
        Ok(Downloads {
            registry: self
                .registry
                .unwrap_or_else(|| Registry::built_in().clone()),
            consent: RwLock::new(self.consent),
            downloader: Downloader::new(client, health.clone(), self.options),
            health,
            store: Arc::new(store),
            lock_file: self.lock_file,
            is_offline: self.is_offline,
            at_once: self.at_once,
            leases: Mutex::new(HashMap::new()),
            placing: tokio::sync::Mutex::default(),
        })
    }
}
