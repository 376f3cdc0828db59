//! What was fetched, by content; and the assets that are made of it.
//!
//! # Files
//! ```text
//! lock                        held for the moment of a change
//! sha256/ab/<digest>          a content; `ab` is how its digest begins
//! incoming/<digest>           what is being fetched, with whatever the transfer keeps beside it
//! incoming/<digest>.claim     locked by who fetches it
//! voice/<asset>/<name>        an installed asset: its files under their names, which are links to contents
//! voice/<asset>/.asset.json   which files they are; its time is that of the last use, its lock says that it is in use
//! pins/<asset>                an asset that stays
//! tmp/                        assets that are being put together
//! ```
//! The folders of the other kinds are `music`, `font` and `model`.
//!
//! # Why not videogen-durable's `Store`
//! That one keeps what a program has made itself, under the hash of what influenced it, and signs its entries because nothing
//! else says what their bytes have to be. Here the digest of the content is known from elsewhere and is the key, so a
//! signature would add nothing. Contents have gigabytes and come in over days, which needs a place for half of one that
//! survives; and several contents make one thing, with names that other programs read. What is shared is what both stand
//! on: locks, atomic files, scratch directories and the seam of effects.
//!
//! # Trust
//! A content is verified before it gets its name here, and then dated to a fixed moment, as the Nix store does. Whoever
//! writes to it afterwards gives it another date, so what has that date is trusted at the price of a `stat`, and anything
//! else is read. Against somebody who sets times back, and against disks that lose bits, there is [`AssetStore::verify`].
//!
//! # Order
//! An asset is put together in a directory of its own, flushed, and renamed: it is installed as a whole or not at all. It is
//! taken down by the names in its record, the record last; what a person has put beside them stays.
//!
//! # Room
//! Above the limit, contents that no asset has go first, then the longest unused assets. What is pinned or in use stays,
//! even if that is more than the limit. Contents that came within the last day stay too: the rest of their asset may be on
//! its way.

mod asset_store;
mod claim;
mod content;
mod disk;
mod error;
mod evict;
mod gc;
mod hash;
mod install;
mod layout;
mod lease;
mod place;
mod record;
mod survey;
#[cfg(test)]
mod tests;
mod verify;

pub use asset_store::{AssetStore, AssetStoreLimits};
pub use claim::{Begun, FileKey, Incoming};
pub use error::AssetStoreError;
pub use gc::AssetsFreed;
pub use lease::AssetLease;
pub use place::{Placed, PlacedAs};
pub use record::{InstalledAsset, InstalledFile};
pub use survey::AssetStoreUsage;
pub use verify::{AssetStoreReport, DamagedFile};
