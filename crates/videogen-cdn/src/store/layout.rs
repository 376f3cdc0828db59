//! Which file is where, and what a name in the store says.

use camino::{Utf8Path, Utf8PathBuf};

use crate::registry::{AssetId, AssetKind, Sha256Digest};

/// The record of an installed asset, in its directory.
pub(super) const RECORD: &str = ".asset.json";
/// What the claims of who fetches end with.
const CLAIM: &str = ".claim";
/// What the directories begin with in which assets are put together.
pub(super) const STAGING: &str = "install-";

/// The folders of installed assets.
pub(super) const KINDS: [AssetKind; 4] = [
    AssetKind::Voice,
    AssetKind::Music,
    AssetKind::Font,
    AssetKind::Model,
];

/// The paths below the directory of a store.
#[derive(Debug, Clone)]
pub(super) struct Layout(pub(super) Utf8PathBuf);

impl Layout {
    pub(super) fn lock(&self) -> Utf8PathBuf {
        self.0.join("lock")
    }

    pub(super) fn contents(&self) -> Utf8PathBuf {
        self.0.join("sha256")
    }

    pub(super) fn shard(&self, digest: &Sha256Digest) -> Utf8PathBuf {
        self.contents()
            .join(format!("{:02x}", digest.as_bytes()[0]))
    }

    pub(super) fn content(&self, digest: &Sha256Digest) -> Utf8PathBuf {
        self.shard(digest).join(digest.to_string())
    }

    pub(super) fn incoming(&self) -> Utf8PathBuf {
        self.0.join("incoming")
    }

    pub(super) fn kind(&self, kind: AssetKind) -> Utf8PathBuf {
        self.0.join(folder(kind))
    }

    pub(super) fn asset(&self, kind: AssetKind, id: &AssetId) -> Utf8PathBuf {
        self.kind(kind).join(id.as_str())
    }

    pub(super) fn pins(&self) -> Utf8PathBuf {
        self.0.join("pins")
    }

    pub(super) fn pin(&self, id: &AssetId) -> Utf8PathBuf {
        self.pins().join(id.as_str())
    }

    pub(super) fn tmp(&self) -> Utf8PathBuf {
        self.0.join("tmp")
    }
}

/// The folder of a kind: its name in registries.
pub(super) fn folder(kind: AssetKind) -> &'static str {
    match kind {
        AssetKind::Voice => "voice",
        AssetKind::Music => "music",
        AssetKind::Font => "font",
        AssetKind::Model => "model",
    }
}

/// Returns the digest of the content whose path this is, if it is in its place.
pub(super) fn parse_content(path: &Utf8Path) -> Option<Sha256Digest> {
    let name = path.file_name()?;
    let digest: Sha256Digest = name.parse().ok()?;
    let in_place = digest.to_string() == name
        && path
            .parent()
            .is_some_and(|shard| shard.ends_with(&name[..2]));
    in_place.then_some(digest)
}

/// The file that is locked by who fetches to `path`.
pub(super) fn claim_of(path: &Utf8Path) -> Utf8PathBuf {
    Utf8PathBuf::from(format!("{path}{CLAIM}"))
}
