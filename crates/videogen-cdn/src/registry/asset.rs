//! An asset: something that can be fetched as a whole.

use std::borrow::Borrow;
use std::fmt;

use serde::{Deserialize, Serialize};
use url::Url;

use super::digest::{CrossCheck, Sha256Digest};
use super::licence::Licence;

/// The name of an asset in a registry: letters and digits of any script, `-`, `_` and `.`, 1 to 100 bytes of them, not beginning
/// with a dot. Keys of Piper's catalogue are such names, `pt_PT-tugão-medium` too.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct AssetId(String);

impl AssetId {
    /// The id, if it can be one.
    ///
    /// # Errors
    /// A sentence that says what is wrong with it.
    pub fn new(text: &str) -> Result<Self, String> {
        let fits = |c: char| c.is_alphanumeric() || "-_.".contains(c);
        if text.is_empty() || text.len() > 100 || text.starts_with('.') || !text.chars().all(fits) {
            return Err(format!(
                "{:?} is not the id of an asset: letters, digits, - _ and . only, 1 to 100 bytes, not beginning with a dot",
                videogen_text::shown(text, 100)
            ));
        }
        Ok(Self(text.to_owned()))
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for AssetId {
    type Error = String;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::new(&text)
    }
}

impl From<AssetId> for String {
    fn from(id: AssetId) -> Self {
        id.0
    }
}

impl Borrow<str> for AssetId {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for AssetId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl AssetKind {
    /// Every kind, in the order they are listed to people.
    pub const ALL: [Self; 4] = [Self::Voice, Self::Music, Self::Font, Self::Model];

    /// Returns the name it has in registries.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Voice => "voice",
            Self::Music => "music",
            Self::Font => "font",
            Self::Model => "model",
        }
    }
}

impl fmt::Display for AssetKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// What an asset is used for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum AssetKind {
    /// A voice of Piper: a model and its settings.
    Voice,
    /// A piece of music.
    Music,
    /// A font for captions.
    Font,
    /// A model of ComfyUI.
    Model,
}

/// Who made an asset, as a credit names it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Attribution {
    /// The title of the work.
    pub title: String,
    /// Who made it.
    pub author: String,
    /// Where it comes from.
    pub source: Option<String>,
}

/// Something that can be fetched, as a whole or not at all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asset {
    /// Its name in the registry.
    pub id: AssetId,
    /// What it is used for.
    pub kind: AssetKind,
    /// In a few words, for people.
    pub title: String,
    /// What it may be used for.
    pub licence: Licence,
    /// Who is to be credited; always there where the licence asks for credits.
    pub attribution: Option<Attribution>,
    /// Genres that the piece of music suits, by the names of settings; languages of a voice, as `en_US`; scripts of a font,
    /// as `Arab`; the folder of ComfyUI that a model belongs in.
    pub tags: Vec<String>,
    /// Whether it is only fetched when somebody asks for it by its id, never as a part of "everything that is missing".
    pub explicit: bool,
    /// Its files, the small ones first.
    pub files: Vec<AssetFile>,
}

impl Asset {
    /// Returns the sum of its files' sizes in bytes, if all of them are known.
    pub fn size(&self) -> Option<u64> {
        self.files
            .iter()
            .try_fold(0_u64, |sum, file| sum.checked_add(file.size?))
    }
}

/// One file of an asset.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AssetFile {
    /// The name it gets, without a directory.
    pub name: String,
    /// Its size in bytes, where that is published.
    pub size: Option<u64>,
    /// Its digest, where that is published; otherwise the first download is trusted and locked.
    pub sha256: Option<Sha256Digest>,
    /// A weaker digest of the publisher.
    pub cross_check: Option<CrossCheck>,
    /// Where it lies, in the registry's order.
    pub mirrors: Vec<Mirror>,
}

/// One place where a file lies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mirror {
    /// The address; `https` unless the host is allowed otherwise.
    pub url: Url,
    /// What stands there.
    pub kind: MirrorKind,
    /// 0..=100: how gladly it is asked while nothing is known of it; 50 is usual.
    pub priority: u8,
}

impl Mirror {
    /// The priority of a mirror that says nothing of it.
    pub const USUAL_PRIORITY: u8 = 50;
    /// The highest priority.
    pub const HIGHEST_PRIORITY: u8 = 100;
}

/// What stands at the address of a mirror.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum MirrorKind {
    /// The publisher's own copy.
    #[default]
    Origin,
    /// Somebody's copy of it.
    Copy,
}
