//! What assets there are: a registry, and several on top of each other.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use camino::Utf8Path;
use videogen_durable::{open_regular, read_regular};
use videogen_text::nearest;

use super::asset::{Asset, AssetId, AssetKind};
use super::error::{RegistryError, RegistryProblem};
use super::limits::MOST_REGISTRY_BYTES;
use super::parse::parse;
use super::rules::RegistryRules;

/// Names that [`Registry::nearest`] returns at most.
const MOST_NEAREST: usize = 5;

/// What this crate knows of itself, and a name for messages.
const BUILT_IN: [(&str, &str); 4] = [
    ("data/voices.toml", include_str!("../../data/voices.toml")),
    ("data/music.toml", include_str!("../../data/music.toml")),
    ("data/fonts.toml", include_str!("../../data/fonts.toml")),
    ("data/models.toml", include_str!("../../data/models.toml")),
];

/// Assets by their ids.
///
/// ```
/// use videogen_cdn::{Registry, RegistryRules};
///
/// let mine = r#"
///     [[asset]]
///     id = "my-song"
///     kind = "music"
///     title = "My song"
///     licence = "CC0-1.0"
///     file = [{ name = "my-song.mp3", mirrors = ["https://example.org/my-song.mp3"] }]
/// "#;
/// let mine = Registry::parse(mine, "mine.toml", &RegistryRules::default())?;
/// let all = Registry::built_in().clone().overlaid_by(mine);
/// assert!(all.get("my-song").is_some() && all.get("en_US-bryce-medium").is_some());
/// # Ok::<(), videogen_cdn::RegistryError>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Registry(BTreeMap<AssetId, Asset>);

impl Registry {
    /// Returns the assets that come with this program. They are parsed when they are first asked for, in a few milliseconds.
    pub fn built_in() -> &'static Self {
        static PARSED: LazyLock<Registry> = LazyLock::new(|| {
            let rules = RegistryRules::default();
            BUILT_IN
                .iter()
                .map(|(file, text)| {
                    Registry::parse(text, file, &rules).expect("a test parses what is built in")
                })
                .fold(Registry::default(), Registry::overlaid_by)
        });
        &PARSED
    }

    /// Parses a registry. `file` is its name for messages.
    ///
    /// # Errors
    /// [`RegistryError::Content`] for the first thing that is wrong with it.
    pub fn parse(text: &str, file: &str, rules: &RegistryRules) -> Result<Self, RegistryError> {
        parse(text, file, rules).map(Self)
    }

    /// Reads and parses the registry in a file that a person named. Blocks on the disk.
    ///
    /// # Errors
    /// [`RegistryError`]. A named pipe or a device is an error at once.
    pub fn read(path: &Utf8Path, rules: &RegistryRules) -> Result<Self, RegistryError> {
        let failed = |source| RegistryError::Read {
            path: path.to_owned(),
            source,
        };
        let content = |problem| RegistryError::Content {
            file: path.to_string(),
            line: 1,
            asset: None,
            problem,
        };
        let size = open_regular(path).and_then(|file| file.metadata());
        if size.map_err(failed)?.len() > MOST_REGISTRY_BYTES {
            return Err(content(RegistryProblem::TooLarge));
        }
        let bytes = read_regular(path, MOST_REGISTRY_BYTES).map_err(failed)?;
        let text = String::from_utf8(bytes).map_err(|_| {
            let message = "it is not UTF-8".to_owned();
            content(RegistryProblem::NotToml { message })
        })?;
        Self::parse(&text, path.as_str(), rules)
    }

    /// Returns both: where an asset is in `later`, too, it replaces the one here wholly. Built in, then the user's, then the one
    /// that was named for this run.
    #[must_use]
    pub fn overlaid_by(mut self, later: Self) -> Self {
        self.0.extend(later.0);
        self
    }

    /// Returns the asset of this id.
    pub fn get(&self, id: &str) -> Option<&Asset> {
        self.0.get(id)
    }

    /// Returns all assets in the order of their ids.
    pub fn assets(&self) -> impl Iterator<Item = &Asset> {
        self.0.values()
    }

    /// Returns the assets of a kind in the order of their ids.
    pub fn of_kind(&self, kind: AssetKind) -> impl Iterator<Item = &Asset> {
        self.assets().filter(move |asset| asset.kind == kind)
    }

    /// Returns the number of assets.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns ids that `id` may have been meant as, best first: what it is a misspelling of, then what has it, or something
    /// like it, as one of its parts, as `en_US-bryce-medium` has `bryce`.
    pub fn nearest(&self, id: &str) -> Vec<String> {
        let ids: Vec<&str> = self.0.keys().map(AssetId::as_str).collect();
        let mut near = nearest(id, &ids, MOST_NEAREST);
        let wanted = id.to_lowercase();
        let parts = |id: &'_ str| -> Vec<String> {
            let parts = id.split(['-', '_', '.']).map(str::to_lowercase);
            parts.filter(|part| part.len() > 2).collect()
        };
        let has_it = |id: &&str| parts(id).contains(&wanted);
        let has_its_like = |id: &&str| {
            let parts = parts(id);
            let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
            !nearest(&wanted, &parts, 1).is_empty()
        };
        if !wanted.is_empty() {
            near.extend(ids.iter().copied().filter(has_it));
            if near.is_empty() {
                near.extend(ids.iter().copied().filter(has_its_like));
            }
        }
        let mut seen = Vec::with_capacity(MOST_NEAREST);
        for id in near {
            if seen.len() < MOST_NEAREST && !seen.iter().any(|other| other == id) {
                seen.push(id.to_owned());
            }
        }
        seen
    }
}

impl FromIterator<Asset> for Registry {
    /// Collects assets; of two with the same id the later one stays.
    fn from_iter<I: IntoIterator<Item = Asset>>(assets: I) -> Self {
        let with_id = |asset: Asset| (asset.id.clone(), asset);
        Self(assets.into_iter().map(with_id).collect())
    }
}
