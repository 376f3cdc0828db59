//! Assets as data: what there is, where it lies, and what its licence asks for.
//!
//! | module | what it does |
//! |---|---|
//! | `address` | an asset of a single file at an address that a person named |
//! | `asset` | what an asset is |
//! | `catalogue` | [`Registry`]: assets by their ids, built in, read, and on top of each other |
//! | `consent` | what licences the user said yes to |
//! | `credit` | how an asset is credited |
//! | `digest` | digests as registries write them |
//! | `error` | what can be wrong with a registry |
//! | `licence` | what a licence asks for |
//! | `limits` | how much of everything a registry may have |
//! | `lock` | what a file was when it was first fetched |
//! | `parse`, `parse_mirrors`, `reader` | registries as TOML |
//! | `rules` | what addresses, paths, names and texts may be |

mod address;
mod asset;
mod catalogue;
mod consent;
mod credit;
mod digest;
mod error;
mod licence;
mod limits;
mod lock;
mod parse;
mod parse_mirrors;
mod reader;
mod rules;

pub use asset::{Asset, AssetFile, AssetId, AssetKind, Attribution, Mirror, MirrorKind};
pub use catalogue::Registry;
pub use consent::{ConsentError, LicenceConsent, Permission};
pub use credit::{credit_line, credit_tag};
pub use digest::{CrossCheck, Sha256Digest};
pub use error::{RegistryError, RegistryProblem, UrlProblem};
pub use licence::{Licence, LicenceDuties};
pub use lock::{LockEntry, LockFile, LockFileError, Locked};
pub use rules::RegistryRules;
