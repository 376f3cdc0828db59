//! What licences the user said yes to.

use std::collections::BTreeSet;
use std::io;
use std::time::Duration;

use camino::{Utf8Path, Utf8PathBuf};
use serde::{Deserialize, Serialize};
use videogen_durable::{
    FileLock, LockError, RealEffects, WriteError, read_own_to_string, write_atomically,
};
use videogen_types::Hint;

use super::asset::Asset;
use super::licence::LicenceDuties;

/// The version of the file that this program writes.
const VERSION: u32 = 1;
/// The most bytes of the file: a yes takes a hundred.
const MOST_BYTES: u64 = 1 << 20;
/// How long another process may take to write a file of a few lines.
const LOCK_WAIT: Duration = Duration::from_secs(10);

/// What may be done with an asset.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Permission {
    /// It may be fetched and used. What the licence asks for beside that, credits, can be done without asking.
    Granted,
    /// The user has to say yes first, to this.
    Asks(LicenceDuties),
    /// Nobody can allow it.
    Refused {
        /// Why, as a sentence.
        reason: &'static str,
    },
}

/// What the user said yes to: licences, and assets whose licence is unknown.
///
/// A yes to a licence holds for every asset of that licence, in that version. A yes to an unknown licence holds for the one asset
/// only. Nothing allows a licence that forbids derivatives: putting a work into a video is one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LicenceConsent(BTreeSet<Yes>);

/// One yes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
struct Yes {
    licence: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    asset: Option<String>,
}

/// The file as it is written.
#[derive(Debug, Serialize, Deserialize)]
struct Written {
    version: u32,
    #[serde(default)]
    accepted: Vec<Yes>,
}

/// What was said yes to could not be read or remembered.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConsentError {
    /// The file cannot be read.
    #[error("reading {path} failed")]
    Read {
        /// The file.
        path: Utf8PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// The file is not what this program writes.
    #[error("{path} is not a list of accepted licences: {reason}")]
    Content {
        /// The file.
        path: Utf8PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// Another process is writing it.
    #[error(transparent)]
    Lock(#[from] LockError),
    /// The file cannot be written.
    #[error(transparent)]
    Write(#[from] WriteError),
}

impl ConsentError {
    /// Returns the next action for a person, when there is one.
    pub fn help(&self) -> Option<Hint> {
        match self {
            Self::Content { path, .. } => {
                Some(format!("remove {path}; what you accept is asked for again").into())
            }
            Self::Read { .. } | Self::Lock(_) | Self::Write(_) => None,
        }
    }
}

impl LicenceConsent {
    /// Reads what was said yes to before; nothing where there is no file. Blocks on the disk.
    ///
    /// # Errors
    /// [`ConsentError::Read`], [`ConsentError::Content`].
    pub fn read(path: &Utf8Path) -> Result<Self, ConsentError> {
        let text = match read_own_to_string(path, MOST_BYTES) {
            Ok(text) => text,
            Err(source) if source.kind() == io::ErrorKind::NotFound => return Ok(Self::default()),
            Err(source) => {
                let path = path.to_owned();
                return Err(ConsentError::Read { path, source });
            }
        };
        let wrong = |reason: String| ConsentError::Content {
            path: path.to_owned(),
            reason,
        };
        let written: Written =
            serde_json::from_str(&text).map_err(|error| wrong(error.to_string()))?;
        if written.version != VERSION {
            let version = written.version;
            return Err(wrong(format!("it is of version {version}, not {VERSION}")));
        }
        Ok(Self(written.accepted.into_iter().collect()))
    }

    /// Returns what may be done with an asset.
    pub fn permits(&self, asset: &Asset) -> Permission {
        let duties = asset.licence.duties();
        if duties.no_derivatives {
            return Permission::Refused {
                reason: "its licence forbids to change the work, and putting it into a video changes it",
            };
        }
        if !duties.asks() || self.0.contains(&yes(asset)) {
            Permission::Granted
        } else {
            Permission::Asks(duties)
        }
    }

    /// Notes a yes to the licence of this asset. Nothing is written before [`LicenceConsent::save`]: a yes for one run only is
    /// not saved.
    pub fn accept(&mut self, asset: &Asset) {
        if let Permission::Asks(_) = self.permits(asset) {
            self.0.insert(yes(asset));
        }
    }

    /// Adds what is said yes to here to what the file has, under a lock, and writes it atomically. Its directory must be there.
    /// Blocks on the disk, and 10 s at most for another process.
    ///
    /// # Errors
    /// [`ConsentError`]. A file that is not this program's is not written over.
    pub fn save(&self, path: &Utf8Path) -> Result<(), ConsentError> {
        let lock = FileLock::open(&Utf8PathBuf::from(format!("{path}.lock")))?;
        lock.lock_within(LOCK_WAIT)?;
        let before = Self::read(path)?;
        let all: BTreeSet<Yes> = before.0.union(&self.0).cloned().collect();
        let written = Written {
            version: VERSION,
            accepted: all.into_iter().collect(),
        };
        let mut json = serde_json::to_vec_pretty(&written).expect("texts and a number are JSON");
        json.push(b'\n');
        write_atomically(&RealEffects, path, &json)?;
        Ok(())
    }
}

fn yes(asset: &Asset) -> Yes {
    let is_unknown = asset.licence.duties().is_unknown;
    Yes {
        licence: asset.licence.id().to_owned(),
        asset: is_unknown.then(|| asset.id.as_str().to_owned()),
    }
}
