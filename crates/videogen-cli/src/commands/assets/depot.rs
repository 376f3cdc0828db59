//! Everything that can be fetched and what was: the registries, the store and the mirrors of this user, as the settings say.

use std::sync::Arc;

use camino::{Utf8Path, Utf8PathBuf};
use videogen_cdn::{
    Asset, AssetId, AssetKind, AssetSource, AssetStore, AssetStoreError, AssetStoreLimits,
    Downloads, InstalledAsset, LicenceConsent, LockEntry, LockFile, MirrorHealth, Permission,
    Registry, RegistryError,
};
use videogen_durable::read_regular;
use videogen_net::{ClientOptions, HttpClient, NetworkAccess, TrafficMeter};
use videogen_types::Hint;

use super::voice_key;
use super::wanted::{Standing, Wanted};
use crate::commands::Context;
use crate::commands::places::Places;
use crate::render_error::Failure;
use crate::settings::Settings;
use crate::{exit_code, hint};

/// The user's own registry, beside the configuration file.
const OWN_REGISTRY: &str = "registry.toml";
/// The file of what files were when they were first fetched.
const LOCK_FILE: &str = "assets.lock";
/// The file of the licences that were accepted.
const LICENCES: &str = "licences.json";
/// The file of what is known of mirrors.
const HEALTH: &str = "health.json";
/// The most bytes of a registry that are looked through for hosts; a larger one is refused when it is read.
const MOST_BYTES: u64 = 16 << 20;

/// What can be fetched, and what was.
#[derive(Debug)]
pub(crate) struct Depot {
    downloads: Arc<Downloads>,
    /// What was accepted before.
    licences: LicenceConsent,
    /// What is counted of the requests.
    traffic: TrafficMeter,
    /// Where it is noted what was accepted, and what is known of mirrors.
    state: Utf8PathBuf,
    /// The directory of a ComfyUI on this machine.
    comfyui: Option<Utf8PathBuf>,
}

impl Depot {
    /// Opens the store, and reads the registries: the built-in one, the user's, and the one that was named.
    ///
    /// # Errors
    /// A registry is wrong or not there; the store cannot be used.
    pub(crate) fn open(settings: &Settings, context: &Context) -> Result<Self, Failure> {
        Self::open_within(settings, settings.assets_limits(), context)
    }

    /// As [`Depot::open`], with assets that no registry has.
    ///
    /// # Errors
    /// As [`Depot::open`].
    pub(crate) fn with_assets(
        settings: &Settings,
        assets: Vec<Asset>,
        context: &Context,
    ) -> Result<Self, Failure> {
        let registry = registry(settings, context)?.overlaid_by(assets.into_iter().collect());
        Self::of(settings, registry, settings.assets_limits(), context)
    }

    /// As [`Depot::open`], with a store that may hold so much.
    ///
    /// # Errors
    /// As [`Depot::open`].
    pub(crate) fn open_within(
        settings: &Settings,
        limits: AssetStoreLimits,
        context: &Context,
    ) -> Result<Self, Failure> {
        Self::of(settings, registry(settings, context)?, limits, context)
    }

    fn of(
        settings: &Settings,
        registry: Registry,
        limits: AssetStoreLimits,
        context: &Context,
    ) -> Result<Self, Failure> {
        let places = Places::of(context)?;
        let wishes = settings.downloads();
        let registry = wishes.mirrors_of(registry);
        let state = places.downloads_dir();
        videogen_durable::create_private_dir_all(&state).map_err(|e| {
            let failed = Failure::machine(format!("making {state} failed")).caused_by(&e);
            failed.hint("check the permissions there, and whether the disk can be written to")
        })?;
        let traffic = TrafficMeter::default();
        let policy = wishes.network.downloads();
        let policy = settings.mirror_hosts().admit(policy, &registry);
        let client = HttpClient::new(ClientOptions::new(policy).traffic(traffic.clone()))
            .map_err(|e| Failure::machine("requests cannot be made").caused_by(&e))?;
        let licences = LicenceConsent::read(&state.join(LICENCES));
        let licences = licences.unwrap_or_else(|error| {
            // Most of what is fetched asks for no yes. A yes that is to be written down says what is wrong.
            let failed = failure("licences", &error, error.help());
            context.warn(&format!(
                "no licence counts as accepted: {}",
                failed.one_line()
            ));
            LicenceConsent::default()
        });
        let downloads = Downloads::builder(&places.assets_dir(settings))
            .registry(registry)
            .consent(licences.clone())
            .health(wishes.health(&state.join(HEALTH)))
            .lock_file(&state.join(LOCK_FILE))
            .options(wishes.options())
            .limits(limits)
            .offline(wishes.network == NetworkAccess::Offline)
            .open(client)
            .map_err(|error| failure("store", &error, error.help()))?;
        Ok(Self {
            downloads: Arc::new(downloads),
            licences,
            traffic,
            state,
            comfyui: settings.comfyui_directory(),
        })
    }

    /// What can be fetched.
    pub(crate) fn registry(&self) -> &Registry {
        self.downloads.registry()
    }

    /// What was fetched.
    pub(crate) fn store(&self) -> &AssetStore {
        self.downloads.store()
    }

    /// Where fonts are.
    pub(crate) fn fonts_dir(&self) -> Utf8PathBuf {
        self.store().dir().join(AssetKind::Font.name())
    }

    /// Where it is noted what files were when they were first fetched.
    pub(crate) fn lock_file(&self) -> Utf8PathBuf {
        self.state.join(LOCK_FILE)
    }

    /// What fetches, behind the seam.
    pub(crate) fn source(&self) -> Arc<dyn AssetSource> {
        Arc::clone(&self.downloads) as _
    }

    /// What fetches.
    pub(crate) fn downloads(&self) -> Arc<Downloads> {
        Arc::clone(&self.downloads)
    }

    /// The directory of a ComfyUI on this machine.
    pub(crate) fn comfyui(&self) -> Option<&Utf8Path> {
        self.comfyui.as_deref()
    }

    /// Notes the digests of those files of assets that the registry has none for; what is noted already stays. Returns how many
    /// files it is. Blocks on the disk.
    ///
    /// # Errors
    /// A file is not what it was when it was first fetched, or the note cannot be written.
    pub(crate) fn lock(&self, ids: &[AssetId]) -> Result<u32, Failure> {
        let first_seen = videogen_durable::unix_millis() / 1000;
        let mut entries = Vec::new();
        for id in ids {
            let (Some(asset), Some(here)) =
                (self.registry().get(id.as_str()), self.store().installed(id))
            else {
                continue;
            };
            for (file, here) in asset.files.iter().zip(&here.files) {
                let entry = LockEntry {
                    sha256: here.sha256,
                    size: here.size,
                    first_seen,
                    // Whoever delivered it was noted when it came.
                    mirror: String::new(),
                };
                if file.sha256.is_none() {
                    entries.push((id, &file.name, entry));
                }
            }
        }
        let count = entries.len() as u32;
        let noted = LockFile::update(&self.lock_file(), |lock| {
            let mut entries = entries.into_iter();
            entries.try_for_each(|(id, name, entry)| lock.record(id, name, entry))
        });
        noted.map_err(|error| failure("lock_file", &error, error.help()))?;
        Ok(count)
    }

    /// What is counted of the requests.
    pub(crate) fn traffic(&self) -> &TrafficMeter {
        &self.traffic
    }

    /// What is known of mirrors.
    pub(crate) fn health(&self) -> MirrorHealth {
        self.downloads.health().clone()
    }

    /// The assets of these names, each as it stands; of `kind` only, where one is given.
    ///
    /// # Errors
    /// One of the names is unknown.
    pub(crate) fn wanted(
        &self,
        names: &[String],
        kind: Option<AssetKind>,
    ) -> Result<Vec<Wanted>, Failure> {
        let mut wanted: Vec<Wanted> = Vec::new();
        for name in names {
            let voices = self.registry().of_kind(AssetKind::Voice);
            let found = self.registry().get(name.trim());
            let found = found.or_else(|| voice_key::called(voices, name.trim()));
            let found = found.filter(|asset| kind.is_none_or(|kind| kind == asset.kind));
            let asset = found.ok_or_else(|| self.unknown(name, kind))?;
            if !wanted.iter().any(|other| other.asset.id == asset.id) {
                wanted.push(Wanted::new(asset, self));
            }
        }
        Ok(wanted)
    }

    fn unknown(&self, name: &str, kind: Option<AssetKind>) -> Failure {
        let what = match kind {
            Some(kind) => kind.name(),
            None => "asset",
        };
        let name = videogen_text::shown(name, 100);
        let near = self.registry().nearest(&name);
        let near = near.into_iter().filter(|id| {
            let asset = self.registry().get(id);
            asset.is_some_and(|asset| kind.is_none_or(|kind| kind == asset.kind))
        });
        let near: Vec<String> = near.map(|id| format!("`{id}`")).collect();
        let list = match kind {
            Some(AssetKind::Voice) => "videogen voices list",
            _ => "videogen assets list",
        };
        Failure {
            kind: "unknown_asset",
            ..Failure::usage(format!("there is no {what} `{name}`"))
        }
        .hint(match near.as_slice() {
            [] => format!("`{list}` has what there is"),
            near => format!("did you mean {}? `{list}` has all", near.join(", ")),
        })
    }

    /// Takes the licence of this for accepted, for this run.
    pub(crate) fn accept_for_now(&self, asset: &Asset) {
        self.downloads.accept(asset);
    }

    /// Remembers a yes to the licences of these.
    ///
    /// # Errors
    /// It cannot be written.
    pub(crate) fn remember(&self, accepted: &[Asset]) -> Result<(), Failure> {
        if accepted.is_empty() {
            return Ok(());
        }
        let mut licences = self.licences.clone();
        for asset in accepted {
            licences.accept(asset);
            self.downloads.accept(asset);
        }
        let saved = licences.save(&self.state.join(LICENCES));
        saved.map_err(|error| failure("licences", &error, error.help()))
    }
}

impl Standing for Depot {
    fn is_here(&self, id: &AssetId) -> bool {
        let installed = self.store().installed(id);
        let asset = self.registry().get(id.as_str());
        installed
            .zip(asset)
            .is_some_and(|(here, asset)| is_same(&here, asset))
    }

    fn permission(&self, asset: &Asset) -> Permission {
        self.downloads.permission(asset)
    }
}

/// Whether what is here is what the registry says now.
fn is_same(here: &InstalledAsset, asset: &Asset) -> bool {
    let files = here.files.iter().zip(&asset.files);
    here.kind == asset.kind
        && here.files.len() == asset.files.len()
        && files.into_iter().all(|(here, file)| {
            here.path.file_name() == Some(file.name.as_str())
                && file.sha256.is_none_or(|sha256| sha256 == here.sha256)
        })
}

/// The built-in registry, the user's own over it, and the one that was named over both.
///
/// # Errors
/// One of them is wrong, or the one that was named is not there.
pub(crate) fn registry(settings: &Settings, context: &Context) -> Result<Registry, Failure> {
    let mut all = Registry::built_in().clone();
    let config = context.around.config_path(context.config.as_deref())?;
    let own = config.and_then(|(path, _)| Some(path.parent()?.join(OWN_REGISTRY)));
    let own = own.filter(|path| path.exists());
    for path in own.into_iter().chain(settings.registry_file()) {
        let text = read_regular(&path, MOST_BYTES).unwrap_or_default();
        let rules = settings
            .mirror_hosts()
            .rules(&String::from_utf8_lossy(&text));
        let read = Registry::read(&path, &rules).map_err(|error| unreadable(&error))?;
        all = all.overlaid_by(read);
    }
    Ok(all)
}

fn unreadable(error: &RegistryError) -> Failure {
    Failure {
        code: exit_code::USAGE,
        ..failure("registry", error, error.help())
    }
}

/// What is wrong with the store.
pub(crate) fn store_failure(error: &AssetStoreError) -> Failure {
    if error.is_cancelled() {
        return Failure::interrupted();
    }
    failure("store", error, error.help())
}

/// What keeps something from being fetched.
pub(super) fn failure(
    kind: &'static str,
    error: &dyn std::error::Error,
    help: Option<Hint>,
) -> Failure {
    Failure {
        causes: crate::render_error::sources(error),
        hint: help.map(|help| hint::text(&help)),
        kind,
        code: exit_code::PREFLIGHT,
        ..Failure::usage(error.to_string())
    }
}
