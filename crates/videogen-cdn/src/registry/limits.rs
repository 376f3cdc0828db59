//! How much of everything a registry may have.

/// The most bytes of a registry: the catalogue of all of Piper's voices has 71 KB, so this is a hundred such catalogues.
pub(super) const MOST_REGISTRY_BYTES: u64 = 8 << 20;
/// The most bytes of an address: what browsers and servers have taken for decades (RFC 9110 asks for 8,000 of servers, but no
/// mirror has such paths), and an address is a line of messages and logs.
pub(super) const MOST_URL_BYTES: usize = 2_048;
/// The most mirrors of one file. Debian, whose list of mirrors is among the longest, has about 400 in all, and no download uses
/// more than a handful.
pub(super) const MOST_MIRRORS: usize = 64;
/// The most files in all.
pub(super) const MOST_FILES: usize = 100_000;
/// The most bytes of memory that all addresses may take: a shorthand of many roots multiplies what the file has.
pub(super) const MOST_ADDRESS_BYTES: usize = 128 << 20;
/// What an address takes beside its own bytes: the structs that it is in.
pub(super) const ADDRESS_OVERHEAD: usize = 160;
/// The most tags of an asset.
pub(super) const MOST_TAGS: usize = 50;
/// The most characters of a title, an author or a tag: each is a part of one line.
pub(super) const MOST_TEXT: usize = 300;
/// The most bytes of a path: an address is longer.
pub(super) const MOST_PATH: usize = MOST_URL_BYTES;
/// Characters of an address that a message shows.
pub(super) const SHOWN: usize = 100;
