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

/// Compiles the examples of the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

mod health;
mod registry;
mod source;
mod store;
mod transfer;

pub use health::{
    DeadUrlSnapshot, HealthFileError, HealthSnapshot, HealthTotals, HostSnapshot, MirrorHealth,
    MirrorLease, RankedMirror,
};
pub use registry::{
    Asset, AssetFile, AssetId, AssetKind, Attribution, CrossCheck, Licence, Mirror, MirrorKind,
    Sha256Digest,
};
pub use source::{AssetSource, BoxFuture, FetchObserver, Installed, SourceError};
pub use transfer::{
    DownloadError, DownloadOptions, DownloadRequest, Downloaded, Downloader, MirrorFailure,
    SourceUse, is_part_name,
};
