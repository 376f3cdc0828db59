//! The sidecar: what the store knows about a content, signed so that only this store can have said it.

use hmac::{Hmac, KeyInit, Mac};
use serde::{Deserialize, Serialize};
use sha2::Sha256;

use super::hex::Hex;
use super::key::{Digest, Key, KeyBuilder};
use super::secret::Secret;
use super::{About, StoreError};

/// The largest sidecar that is read. Ours are below 2 KiB.
pub(super) const MOST_BYTES: u64 = 16 * 1024;
/// Stage and label are for people; longer ones are cut.
const MOST_CHARS: usize = 200;

/// What is said of a content.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
// A field that the signature does not cover is refused.
#[serde(deny_unknown_fields)]
pub(super) struct Entry {
    pub(super) key: Key,
    pub(super) extension: String,
    pub(super) content: Digest,
    /// When the content was last written to, in nanoseconds since 1970: tells of a change that leaves the size as it was.
    pub(super) modified: u64,
    pub(super) stage: String,
    pub(super) label: String,
    /// When it was put here, in seconds since 1970.
    pub(super) created: u64,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Signed {
    entry: Entry,
    hmac: Hex,
}

impl Entry {
    pub(super) fn new(
        key: &Key,
        about: &About<'_>,
        content: Digest,
        modified: u64,
        created: u64,
    ) -> Self {
        let cut = |text: &str| text.chars().take(MOST_CHARS).collect();
        Self {
            key: *key,
            extension: about.extension.to_owned(),
            content,
            modified,
            stage: cut(about.stage),
            label: cut(about.label),
            created,
        }
    }

    /// The bytes of its sidecar.
    pub(super) fn sign(&self, secret: &Secret) -> Vec<u8> {
        let signed = Signed {
            hmac: Hex(self.mac(secret).finalize().into_bytes().into()),
            entry: self.clone(),
        };
        let mut raw =
            serde_json::to_vec_pretty(&signed).expect("strings and numbers are always JSON");
        raw.push(b'\n');
        raw
    }

    /// What a sidecar says of `key`, or why it is not believed.
    pub(super) fn prove(raw: &[u8], key: &Key, secret: &Secret) -> Result<Self, &'static str> {
        let Signed { entry, hmac } =
            serde_json::from_slice(raw).map_err(|_| "its sidecar is damaged")?;
        // In constant time.
        entry
            .mac(secret)
            .verify_slice(&hmac.0)
            .map_err(|_| "its signature is wrong")?;
        if entry.key == *key {
            Ok(entry)
        } else {
            Err("its sidecar belongs to another entry")
        }
    }

    /// HMAC-SHA256 of the fields' key: the encoding of keys is unambiguous, which JSON is not.
    fn mac(&self, secret: &Secret) -> Hmac<Sha256> {
        let message = KeyBuilder::new("store entry", 1)
            .key("key", &self.key)
            .text("extension", &self.extension)
            .digest("content", &self.content)
            .number("modified", self.modified)
            .text("stage", &self.stage)
            .text("label", &self.label)
            .number("created", self.created)
            .finish();
        let mut mac = Hmac::<Sha256>::new_from_slice(secret.bytes())
            .expect("HMAC takes keys of every length");
        mac.update(message.as_bytes());
        mac
    }
}

/// Refuses an extension that could become a path or the name of a sidecar.
pub(super) fn check_extension(extension: &str) -> Result<(), StoreError> {
    if is_extension(extension) {
        return Ok(());
    }
    Err(StoreError::Extension {
        extension: extension.to_owned(),
    })
}

pub(super) fn is_extension(extension: &str) -> bool {
    (1..=8).contains(&extension.len())
        && extension
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
}
