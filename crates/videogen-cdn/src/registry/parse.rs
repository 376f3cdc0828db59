//! Registries as TOML.
//!
//! ```toml
//! # Roots that several files share: a path is appended to each.
//! [base.mine]
//! mirrors = ["https://example.org/files/", { url = "https://mirror.example.net/", kind = "copy", priority = 40 }]
//!
//! [[asset]]
//! id = "my-song"
//! kind = "music"                              # voice, music, font, model
//! title = "My song, by me"
//! licence = "CC-BY-4.0"                       # SPDX; LicenseRef-… with licence_url; or "unknown"
//! attribution = { title = "My song", author = "Me", source = "https://example.org" }
//! tags = ["nature"]
//! base = "mine"                               # optional, with path = "…" for all files of the asset
//! explicit = false                            # true: never fetched as one of many
//!
//! [[asset.file]]
//! name = "my-song.mp3"
//! path = "2026/my-song.mp3"                   # below the base; the asset's path and the name where it is not there
//! size = 1234567                              # optional, as are the digests
//! sha256 = "…"
//! md5 = "…"                                   # or sha1
//! mirrors = ["https://elsewhere.example.org/my-song.mp3"]
//! ```

use std::collections::{BTreeMap, HashMap, HashSet};
use std::ops::Range;

use toml::Spanned;
use toml::de::DeValue;
use url::Url;
use videogen_text::{nearest, shown};

use super::asset::{Asset, AssetFile, AssetId, AssetKind, Attribution, Mirror};
use super::digest::{CrossCheck, Sha256Digest};
use super::error::{RegistryError, RegistryProblem};
use super::licence::Licence;
use super::limits::{
    ADDRESS_OVERHEAD, MOST_ADDRESS_BYTES, MOST_FILES, MOST_MIRRORS, MOST_REGISTRY_BYTES, MOST_TAGS,
    SHOWN,
};
use super::parse_mirrors::mirrors;
use super::reader::{Node, Source};
use super::rules::{self, RegistryRules, UrlUse};

/// Parses a registry. `file` is its name for messages.
pub(super) fn parse(
    text: &str,
    file: &str,
    rules: &RegistryRules,
) -> Result<BTreeMap<AssetId, Asset>, RegistryError> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let source = Source { file, text };
    if text.len() as u64 > MOST_REGISTRY_BYTES {
        return Err(source.error(&(0..0), None, RegistryProblem::TooLarge));
    }
    let document = source.parse()?;
    let root = Node {
        source,
        table: document.get_ref(),
        at: 0,
        asset: None,
    };
    root.only(&["version", "base", "asset"])?;
    if let Some((version, at)) = root.number("version")?.filter(|(version, _)| *version != 1) {
        let version = version.to_string();
        return Err(root.error(&at, RegistryProblem::Version { version }));
    }
    let mut parser = Parser {
        rules,
        bases: HashMap::new(),
        files: 0,
        address_bytes: 0,
    };
    parser.bases(root)?;
    let mut assets = BTreeMap::new();
    let mut places = HashMap::new();
    for node in root.tables("asset")? {
        let (asset, at) = parser.asset(node?)?;
        if let Some(first) = places.insert(asset.id.clone(), at.start) {
            let problem = RegistryProblem::DuplicateAsset {
                first: source.line(first),
            };
            return Err(source.error(&at, Some(asset.id.as_str()), problem));
        }
        assets.insert(asset.id.clone(), asset);
    }
    Ok(assets)
}

struct Parser<'r> {
    rules: &'r RegistryRules,
    /// Roots by the name of their base.
    bases: HashMap<String, Vec<Mirror>>,
    /// Files so far.
    files: usize,
    /// What the addresses so far take.
    address_bytes: usize,
}

/// Where the files of an asset lie if they do not say otherwise.
struct Place<'p> {
    roots: &'p [Mirror],
    path: Option<&'p str>,
}

impl Parser<'_> {
    fn bases(&mut self, root: Node<'_, '_>) -> Result<(), RegistryError> {
        let Some(bases) = root.table("base")? else {
            return Ok(());
        };
        for (name, value) in bases.table {
            let Some(table) = value.get_ref().as_table() else {
                let problem = RegistryProblem::WrongType {
                    key: format!("base.{}", shown(name.get_ref(), SHOWN)),
                    expected: "a table",
                    found: value.get_ref().type_str(),
                };
                return Err(root.error(&value.span(), problem));
            };
            let node = Node {
                table,
                at: name.span().start,
                ..root
            };
            node.only(&["mirrors"])?;
            let roots = mirrors(node, UrlUse::Root, self.rules)?;
            if roots.is_empty() {
                return Err(node.error_here(RegistryProblem::MissingKey { key: "mirrors" }));
            }
            self.bases
                .insert(name.get_ref().clone().into_owned(), roots);
        }
        Ok(())
    }

    fn asset(&mut self, node: Node<'_, '_>) -> Result<(Asset, Range<usize>), RegistryError> {
        let (id, at) = node.required("id")?;
        let bad_id = |reason| node.error(&at, RegistryProblem::BadValue { key: "id", reason });
        let checked = AssetId::new(id).map_err(bad_id)?;
        let node = Node {
            asset: Some(id),
            ..node
        };
        node.only(&[
            "id",
            "kind",
            "title",
            "licence",
            "licence_url",
            "attribution",
            "tags",
            "base",
            "path",
            "explicit",
            "file",
        ])?;
        let missing = |key| node.error_here(RegistryProblem::MissingKey { key });
        let kind = node.checked("kind", kind)?.ok_or_else(|| missing("kind"))?;
        let title = node
            .checked("title", text)?
            .ok_or_else(|| missing("title"))?;
        let licence = self.licence(node)?;
        let attribution = self.attribution(node)?;
        if licence.duties().credit && attribution.is_none() {
            let licence = licence.id().to_owned();
            return Err(node.error_here(RegistryProblem::NoAttribution { licence }));
        }
        let asset = Asset {
            id: checked,
            kind,
            title,
            licence,
            attribution,
            tags: tags(node)?,
            explicit: node.flag("explicit")?,
            files: self.files(node)?,
        };
        Ok((asset, at))
    }

    fn licence(&self, node: Node<'_, '_>) -> Result<Licence, RegistryError> {
        let bare = |id: &str| {
            let is_word = |c: char| c.is_ascii_alphanumeric() || "-+._".contains(c);
            if id.is_empty() || id.len() > SHOWN || !id.chars().all(is_word) {
                return Err(format!(
                    "{:?} is not an identifier of SPDX: letters, digits and - + . only",
                    shown(id, SHOWN)
                ));
            }
            Ok(Licence::new(id))
        };
        let missing = || node.error_here(RegistryProblem::MissingKey { key: "licence" });
        let licence = node.checked("licence", bare)?.ok_or_else(missing)?;
        match node.text("licence_url")? {
            None => Ok(licence),
            Some((url, at)) => {
                rules::url(url, UrlUse::Link, self.rules)
                    .map_err(|problem| node.error(&at, problem))?;
                Ok(licence.with_text(url))
            }
        }
    }

    fn attribution(&self, node: Node<'_, '_>) -> Result<Option<Attribution>, RegistryError> {
        let Some(node) = node.table("attribution")? else {
            return Ok(None);
        };
        node.only(&["title", "author", "source"])?;
        let missing = |key| node.error_here(RegistryProblem::MissingKey { key });
        let title = node
            .checked("title", text)?
            .ok_or_else(|| missing("title"))?;
        let author = node
            .checked("author", text)?
            .ok_or_else(|| missing("author"))?;
        let source = node.text("source")?;
        if let Some((url, at)) = &source {
            rules::url(url, UrlUse::Link, self.rules).map_err(|problem| node.error(at, problem))?;
        }
        Ok(Some(Attribution {
            title,
            author,
            source: source.map(|(url, _)| url.to_owned()),
        }))
    }

    fn files(&mut self, node: Node<'_, '_>) -> Result<Vec<AssetFile>, RegistryError> {
        let base = node.text("base")?;
        let roots = match &base {
            None => Vec::new(),
            Some((name, at)) => self
                .roots(name)
                .map_err(|problem| node.error(at, problem))?,
        };
        let place = Place {
            roots: &roots,
            path: node.checked("path", path)?,
        };
        let mut files: Vec<AssetFile> = Vec::new();
        let mut names = HashSet::new();
        for file in node.tables("file")? {
            let file_node = file?;
            let file = self.file(file_node, &place)?;
            if !names.insert(file.name.to_lowercase()) {
                let name = file.name;
                return Err(file_node.error_here(RegistryProblem::DuplicateFile { name }));
            }
            self.files += 1;
            let bytes = |mirror: &Mirror| mirror.url.as_str().len() + ADDRESS_OVERHEAD;
            self.address_bytes += file.mirrors.iter().map(bytes).sum::<usize>();
            if self.files > MOST_FILES || self.address_bytes > MOST_ADDRESS_BYTES {
                return Err(file_node.error_here(RegistryProblem::TooMuch));
            }
            files.push(file);
        }
        if files.is_empty() {
            return Err(node.error_here(RegistryProblem::MissingKey { key: "file" }));
        }
        // What is small is there at once, and tells whether the rest is worth fetching.
        files.sort_by_key(|file| file.size.unwrap_or(u64::MAX));
        Ok(files)
    }

    fn roots(&self, name: &str) -> Result<Vec<Mirror>, RegistryProblem> {
        self.bases.get(name).cloned().ok_or_else(|| {
            let known: Vec<&str> = self.bases.keys().map(String::as_str).collect();
            let near = nearest(name, &known, 2);
            RegistryProblem::UnknownBase {
                name: shown(name, SHOWN).into_owned(),
                nearest: near.into_iter().map(str::to_owned).collect(),
            }
        })
    }

    fn file(&mut self, node: Node<'_, '_>, place: &Place<'_>) -> Result<AssetFile, RegistryError> {
        node.only(&["name", "path", "size", "sha256", "md5", "sha1", "mirrors"])?;
        let name = |name: &str| rules::check_name(name).map(|()| name.to_owned());
        let missing = |key| node.error_here(RegistryProblem::MissingKey { key });
        let name = node.checked("name", name)?.ok_or_else(|| missing("name"))?;
        let size = match node.number("size")? {
            None => None,
            Some((size, at)) => {
                let size = u64::try_from(size).ok().filter(|size| *size > 0);
                let reason = || "a size is the number of bytes, 1 or more".to_owned();
                let problem = || RegistryProblem::BadValue {
                    key: "size",
                    reason: reason(),
                };
                Some(size.ok_or_else(|| node.error(&at, problem()))?)
            }
        };
        let sha256 = node.checked("sha256", str::parse::<Sha256Digest>)?;
        let md5 = node.checked("md5", CrossCheck::md5)?;
        let sha1 = node.checked("sha1", CrossCheck::sha1)?;
        if md5.is_some() && sha1.is_some() {
            let reason = "give `md5` or `sha1`, not both".to_owned();
            return Err(node.error_here(RegistryProblem::BadValue { key: "md5", reason }));
        }
        let mirrors = self.all_mirrors(node, &name, place)?;
        Ok(AssetFile {
            name,
            size,
            sha256,
            cross_check: md5.or(sha1),
            mirrors,
        })
    }

    fn all_mirrors(
        &mut self,
        node: Node<'_, '_>,
        name: &str,
        place: &Place<'_>,
    ) -> Result<Vec<Mirror>, RegistryError> {
        let own_path = node.checked("path", path)?;
        let appended = match (own_path, place.path) {
            (Some(path), _) => path.to_owned(),
            (None, Some(directory)) => format!("{directory}/{name}"),
            (None, None) => name.to_owned(),
        };
        let mut all = Vec::with_capacity(place.roots.len());
        for root in place.roots {
            let url =
                rules::joined(&root.url, &appended).map_err(|problem| node.error_here(problem))?;
            all.push(Mirror {
                url,
                ..root.clone()
            });
        }
        all.extend(mirrors(node, UrlUse::File, self.rules)?);
        if all.is_empty() {
            let name = name.to_owned();
            return Err(node.error_here(RegistryProblem::NoMirrors { name }));
        }
        let count = all.len();
        if count > MOST_MIRRORS {
            return Err(node.error_here(RegistryProblem::TooManyMirrors { count }));
        }
        let mut seen: HashSet<&Url> = HashSet::new();
        if let Some(twice) = all.iter().find(|mirror| !seen.insert(&mirror.url)) {
            let url = shown(twice.url.as_str(), SHOWN).into_owned();
            return Err(node.error_here(RegistryProblem::DuplicateMirror { url }));
        }
        Ok(all)
    }
}

fn kind(text: &str) -> Result<AssetKind, String> {
    let found = AssetKind::ALL.into_iter().find(|kind| kind.name() == text);
    found.ok_or_else(|| {
        let names = AssetKind::ALL.map(AssetKind::name).join(", ");
        format!("{:?} is none of {names}", shown(text, SHOWN))
    })
}

fn text(text: &str) -> Result<String, String> {
    rules::check_text(text).map(|()| text.to_owned())
}

fn path(path: &str) -> Result<&str, String> {
    rules::check_path(path).map(|()| path)
}

fn tags(node: Node<'_, '_>) -> Result<Vec<String>, RegistryError> {
    let items = node.list("tags")?;
    if items.len() > MOST_TAGS {
        let reason = format!("an asset has {MOST_TAGS} tags at most");
        return Err(node.error_here(RegistryProblem::BadValue {
            key: "tags",
            reason,
        }));
    }
    let tag = |item: &Spanned<DeValue<'_>>| {
        let problem = match item.get_ref().as_str().map(text) {
            Some(Ok(tag)) => return Ok(tag),
            Some(Err(reason)) => RegistryProblem::BadValue {
                key: "tags",
                reason,
            },
            None => RegistryProblem::WrongType {
                key: "tags".into(),
                expected: "a list of text in quotes",
                found: item.get_ref().type_str(),
            },
        };
        Err(node.error(&item.span(), problem))
    };
    items.iter().map(tag).collect()
}
