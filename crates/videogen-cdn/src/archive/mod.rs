//! Unpacks `.tar` and `.tar.gz`, of which nothing is believed: only regular files and directories, under names that are names
//! everywhere, into a new directory that appears as a whole.
//!
//! | what is tried | what answers |
//! |---|---|
//! | links, also to be written through (CVE-2026-34446, CVE-2026-34447), devices, pipes | no entry of that kind is unpacked, so there is none to follow |
//! | `..`, `/etc`, `C:`, `\\host`, NUL, `CON`, hidden files | each part of a path has to be a plain name |
//! | names that differ only in case or composition | one of them is refused, on every system |
//! | two sizes of one file, in the header and in an extension (CVE-2025-62518, CVE-2026-33055) | refused |
//! | extensions that are malformed, or skipped by some readers (astral-tokio-tar ≤ 0.5.6) | refused |
//! | another archive behind the end of the first | refused |
//! | few bytes that become many | bounds for bytes, files and the ratio, in the stream itself |
//!
//! The crate `tar` finds the headers and checks their sums. Its interpretation of extensions is not used, nor what it
//! unpacks: where readers disagree, the disagreement is the attack. Modes, owners and times of an archive are not taken
//! over.
//!
//! `.zip` is not read: nothing in the registry is packed that way, and the format has two tables of contents that can
//! contradict each other.

mod bounds;
mod error;
mod extract;
mod member;
mod pax;
#[cfg(test)]
mod tests;
mod walk;

pub use bounds::ArchiveLimits;
pub use error::{ArchiveError, MemberProblem};
pub use extract::{Extracted, extract_archive, extract_member};
