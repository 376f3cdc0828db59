//! Downloads that finish: one file from many mirrors at once, resumed after anything, checked by its digest, kept with its
//! licence; and a memory of which mirror failed.
//!
//! | folder | what it does | effects |
//! |---|---|---|
//! | `registry` | assets as data: kind, files, size, digest, licence, attribution, mirrors | none |
//! | `health` | which mirror to ask, from what was seen of each | one file |
//! | `transfer` | one file from several mirrors: pieces, stalls, hand-overs, blame | network, files |
//! | `store` | what was fetched, by content; installed assets, pins, room | files |
//! | `source` | [`AssetSource`]: the seam that other crates know | – |
#![deny(missing_docs)]

mod archive;
mod health;
mod name_new;
mod plain_name;
mod registry;
mod source;
mod store;
mod transfer;

pub use archive::{
    ArchiveError, ArchiveLimits, Extracted, MemberProblem, extract_archive, extract_member,
};
pub use health::{
    DeadUrlSnapshot, HealthFileError, HealthSnapshot, HealthTotals, HostSnapshot, MirrorHealth,
    MirrorLease, RankedMirror,
};
pub use registry::{
    Asset, AssetFile, AssetId, AssetKind, Attribution, ConsentError, CrossCheck, Licence,
    LicenceConsent, LicenceDuties, LockEntry, LockFile, LockFileError, Locked, Mirror, MirrorKind,
    Permission, Registry, RegistryError, RegistryProblem, RegistryRules, Sha256Digest, UrlProblem,
    credit_line, credit_tag,
};
pub use source::{AssetSource, BoxFuture, FetchObserver, Installed, SourceError};
pub use store::{
    AssetLease, AssetStore, AssetStoreError, AssetStoreLimits, AssetStoreReport, AssetStoreUsage,
    AssetsFreed, Begun, DamagedFile, FileKey, Incoming, InstalledAsset, InstalledFile, Placed,
    PlacedAs,
};
