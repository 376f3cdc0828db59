//! What was fetched before: trust on first use for files whose publisher gives no digest, as a lock file of Cargo does for
//! versions.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io;
use std::time::Duration;

use camino::{Utf8Path, Utf8PathBuf};
use serde::Deserialize;
use videogen_durable::{
    FileLock, LockError, RealEffects, WriteError, read_own_to_string, write_atomically,
};
use videogen_text::shown;
use videogen_types::Hint;

use super::asset::AssetId;
use super::digest::Sha256Digest;

/// The version of the file that this program writes.
const VERSION: u32 = 1;
/// The most bytes of the file: an entry takes 250, so these are 60,000 files.
const MOST_BYTES: u64 = 16 << 20;
/// How long another process may take to write the file.
const LOCK_WAIT: Duration = Duration::from_secs(10);
/// What the file says of itself.
const HEAD: &str =
    "# What every file was when it was first fetched. A file that is another one now is refused.\n";

/// What a file was when it was first fetched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LockEntry {
    /// The digest of the whole file.
    pub sha256: Sha256Digest,
    /// Its size in bytes.
    pub size: u64,
    /// When it was first fetched, in seconds of Unix time.
    pub first_seen: u64,
    /// The host it came from; empty where nobody knows that any more.
    pub mirror: String,
}

/// What a file is, compared with what it was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Locked {
    /// It was never fetched before.
    New,
    /// It is the same.
    Same,
    /// It is another file.
    Changed {
        /// What it was.
        before: LockEntry,
    },
}

/// What files were when they were first fetched, by asset and name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LockFile(BTreeMap<(AssetId, String), LockEntry>);

/// A lock file could not be used, or a file is not what it was.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LockFileError {
    /// A file is not what it was when it was first fetched.
    #[error(
        "{name} of {asset} is not what it was: first fetched from {} it had {} bytes and SHA-256 {}, now it has {size} and {sha256}",
        before.mirror, before.size, before.sha256
    )]
    Changed {
        /// The asset.
        asset: AssetId,
        /// The file.
        name: String,
        /// What it was.
        before: Box<LockEntry>,
        /// Its digest now.
        sha256: Sha256Digest,
        /// Its size now, in bytes.
        size: u64,
    },
    /// The lock file cannot be read.
    #[error("reading {path} failed")]
    Read {
        /// The lock file.
        path: Utf8PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// It is not what this program writes.
    #[error("{path} is not a lock file of assets: {reason}")]
    Content {
        /// The lock file.
        path: Utf8PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// Another process is writing it.
    #[error(transparent)]
    Lock(#[from] LockError),
    /// It cannot be written.
    #[error(transparent)]
    Write(#[from] WriteError),
}

impl LockFileError {
    /// Returns the next action for a person, when there is one.
    pub fn help(&self) -> Option<Hint> {
        match self {
            Self::Changed { asset, .. } => Some(
                format!(
                    "ask the publisher whether the file was changed; if so, remove {asset} from the lock file and fetch it \
                     again; if not, somebody else changed it: do not use it"
                )
                .into(),
            ),
            Self::Content { path, .. } => Some(
                format!("restore {path} from a backup, or remove it: every file is then trusted anew").into(),
            ),
            Self::Read { .. } | Self::Lock(_) | Self::Write(_) => None,
        }
    }
}

/// The file as it is read.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    version: u32,
    #[serde(default)]
    file: Vec<WrittenEntry>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenEntry {
    asset: AssetId,
    name: String,
    sha256: Sha256Digest,
    size: u64,
    first_seen: u64,
    mirror: String,
}

impl LockFile {
    /// Parses the text of a lock file.
    ///
    /// # Errors
    /// A sentence that says what is wrong with it.
    pub fn parse(text: &str) -> Result<Self, String> {
        let one_line = |error: toml::de::Error| {
            let message = error.message().lines().next().unwrap_or_default();
            let before = error.span().and_then(|at| text.get(..at.start));
            let line = before.map_or(1, |before| before.matches('\n').count() + 1);
            format!("line {line}: {}", shown(message, 200))
        };
        let written: Written = toml::from_str(text).map_err(one_line)?;
        if written.version != VERSION {
            return Err(format!(
                "it is of version {}, not {VERSION}",
                written.version
            ));
        }
        let mut entries = BTreeMap::new();
        for entry in written.file {
            let WrittenEntry {
                asset,
                name,
                sha256,
                size,
                first_seen,
                mirror,
            } = entry;
            let value = LockEntry {
                sha256,
                size,
                first_seen,
                mirror,
            };
            let key = (asset, name);
            if entries.contains_key(&key) {
                let name = shown(&key.1, 100);
                return Err(format!("{name:?} of {} is there twice", key.0));
            }
            entries.insert(key, value);
        }
        Ok(Self(entries))
    }

    /// Reads a lock file; it is empty where there is none. Blocks on the disk.
    ///
    /// # Errors
    /// [`LockFileError::Read`], [`LockFileError::Content`].
    pub fn read(path: &Utf8Path) -> Result<Self, LockFileError> {
        match read_own_to_string(path, MOST_BYTES) {
            Ok(text) => Self::parse(&text).map_err(|reason| LockFileError::Content {
                path: path.to_owned(),
                reason,
            }),
            Err(source) if source.kind() == io::ErrorKind::NotFound => Ok(Self::default()),
            Err(source) => Err(LockFileError::Read {
                path: path.to_owned(),
                source,
            }),
        }
    }

    /// Returns the text of the file: sorted, one line for each file, so that versions of it can be compared and merged.
    pub fn to_toml(&self) -> String {
        let mut text = format!("{HEAD}version = {VERSION}\nfile = [\n");
        for ((asset, name), entry) in &self.0 {
            let quoted = |text: &str| toml::Value::from(text).to_string();
            let LockEntry {
                sha256,
                size,
                first_seen,
                mirror,
            } = entry;
            let (asset, name, mirror) = (quoted(asset.as_str()), quoted(name), quoted(mirror));
            let written = writeln!(
                text,
                "  {{ asset = {asset}, name = {name}, sha256 = \"{sha256}\", size = {size}, first_seen = {first_seen}, mirror = {mirror} }},"
            );
            written.expect("a String takes everything");
        }
        text.push_str("]\n");
        text
    }

    /// Returns what a file was when it was first fetched: what the next download of it has to be.
    pub fn entry(&self, asset: &AssetId, name: &str) -> Option<&LockEntry> {
        self.0.get(&(asset.clone(), name.to_owned()))
    }

    /// Returns everything that is locked, in the order of assets and names.
    pub fn entries(&self) -> impl Iterator<Item = (&AssetId, &str, &LockEntry)> {
        let entries = self.0.iter();
        entries.map(|((asset, name), entry)| (asset, name.as_str(), entry))
    }

    /// Compares a file with what it was.
    pub fn check(&self, asset: &AssetId, name: &str, sha256: Sha256Digest, size: u64) -> Locked {
        match self.entry(asset, name) {
            None => Locked::New,
            Some(before) if before.sha256 == sha256 && before.size == size => Locked::Same,
            Some(before) => Locked::Changed {
                before: before.clone(),
            },
        }
    }

    /// Locks a file that was fetched. What is locked already stays as it is, with its first mirror and time.
    ///
    /// # Errors
    /// [`LockFileError::Changed`] where it is another file than before; nothing is changed then.
    pub fn record(
        &mut self,
        asset: &AssetId,
        name: &str,
        entry: LockEntry,
    ) -> Result<(), LockFileError> {
        match self.check(asset, name, entry.sha256, entry.size) {
            Locked::Same => Ok(()),
            Locked::New => {
                self.0.insert((asset.clone(), name.to_owned()), entry);
                Ok(())
            }
            Locked::Changed { before } => Err(LockFileError::Changed {
                asset: asset.clone(),
                name: name.to_owned(),
                before: Box::new(before),
                sha256: entry.sha256,
                size: entry.size,
            }),
        }
    }

    /// Forgets all files of an asset, and returns how many there were: the next download of them is trusted again.
    pub fn forget(&mut self, asset: &AssetId) -> usize {
        let before = self.0.len();
        self.0.retain(|(other, _), _| other != asset);
        before - self.0.len()
    }

    /// Reads the lock file at `path`, changes it and writes it atomically, under a lock, so that processes that do this at the
    /// same time all have their say. Its directory must be there. Nothing is written where nothing changed, or where `change`
    /// fails. Blocks on the disk, and 10 s at most for another process.
    ///
    /// # Errors
    /// [`LockFileError`], and what `change` returns.
    pub fn update<T>(
        path: &Utf8Path,
        change: impl FnOnce(&mut Self) -> Result<T, LockFileError>,
    ) -> Result<T, LockFileError> {
        let lock = FileLock::open(&Utf8PathBuf::from(format!("{path}.lock")))?;
        lock.lock_within(LOCK_WAIT)?;
        let mut file = Self::read(path)?;
        let before = file.clone();
        let result = change(&mut file)?;
        if file != before {
            write_atomically(&RealEffects, path, file.to_toml().as_bytes())?;
        }
        Ok(result)
    }
}
