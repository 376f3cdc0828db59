//! Downloads that finish: one file from many mirrors at once, resumed after anything, checked by its digest, kept with its
//! licence; and a memory of which mirror failed.
//!
//! | folder | what it does | effects |
//! |---|---|---|
//! | `registry` | assets as data: kind, files, size, digest, licence, attribution, mirrors | none |
//! | `health` | which mirror to ask, from what was seen of each | one file |
//! | `transfer` | one file from several mirrors: pieces, stalls, hand-overs, blame | network, files |
//! | `store` | what was fetched, by content; installed assets, pins, room | files |
//! | `archive` | unpacks `.tar` and `.tar.gz`, of which nothing is believed | files |
//! | `downloads` | [`Downloads`]: all of these as one source of assets | – |
//! | `source` | [`AssetSource`]: the seam that other crates know | – |
#![doc = include_str!("../README.md")]
#![deny(missing_docs)]

mod archive;
mod downloads;
#[cfg(any(test, feature = "test-util"))]
mod fake;
mod health;
mod name_new;
mod observer;
mod plain_name;
mod registry;
mod source;
mod source_error;
mod store;
mod transfer;

pub use archive::{
    ArchiveError, ArchiveLimits, Extracted, MemberProblem, extract_archive, extract_member,
};
pub use downloads::{Downloads, DownloadsBuilder};
#[cfg(any(test, feature = "test-util"))]
pub use fake::FakeAssetSource;
pub use health::{
    DeadUrlSnapshot, HealthFileError, HealthSnapshot, HealthTotals, HostSnapshot, MirrorHealth,
    MirrorLease, RankedMirror,
};
pub use observer::FetchObserver;
pub use registry::{
    Asset, AssetFile, AssetId, AssetKind, Attribution, ConsentError, CrossCheck, Licence,
    LicenceConsent, LicenceDuties, LockEntry, LockFile, LockFileError, Locked, Mirror, MirrorKind,
    Permission, Registry, RegistryError, RegistryProblem, RegistryRules, Sha256Digest, UrlProblem,
    credit_line, credit_tag,
};
pub use source::{AssetSource, BoxFuture, Installed};
pub use source_error::SourceError;
pub use store::{
    AssetLease, AssetStore, AssetStoreError, AssetStoreLimits, AssetStoreReport, AssetStoreUsage,
    AssetsFreed, Begun, DamagedFile, FileKey, Incoming, InstalledAsset, InstalledFile, Placed,
    PlacedAs,
};
pub use transfer::{
    DownloadError, DownloadOptions, DownloadRequest, Downloaded, Downloader, MirrorFailure,
    SourceUse, is_part_name,
};
