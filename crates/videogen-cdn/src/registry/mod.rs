//! Assets as data: what there is, where it lies, and what its licence asks for.

mod asset;
mod digest;
mod licence;

pub use asset::{Asset, AssetFile, AssetId, AssetKind, Attribution, Mirror, MirrorKind};
pub use digest::{CrossCheck, Sha256Digest};
pub use licence::Licence;
