//! One file from several mirrors at once: pieces, stalls, hand-overs, blame.
//!
//! | module | what it does | effects |
//! |---|---|---|
//! | `spans` | which bytes are here, and who supplied them | none |
//! | `pieces` | who fetches which bytes next: ranges, work stealing, the hedge | none |
//! | `roster` | which mirror is used next, and when one is tried again | none |
//! | `stall` | whether a mirror has become too slow | none |
//! | `rate` | how fast bytes come | none |
//! | `first_bytes` | when a first byte is late | memory |
//! | `blame` | who delivered wrong bytes | none |
//! | `answer` | what an answer is, by its head | none |
//! | `bandwidth` | a limit that all downloads share | memory |
//! | `paths` | where a download has its things | none |
//! | `part` | the bytes that are here, and the note on them | files |
//! | `hold` | one process at a time fetches a file | files |
//! | `sink` | brings what is received to the disk | files |
//! | `verify` | digests what arrives | files |
//! | `shared` | what the workers of one download share | memory, files |
//! | `source` | one mirror at work | network |
//! | `probe` | compares what several mirrors say | network |
//! | `fetch` | one download: mirrors side by side, and the verdict on what came | – |
//! | `downloader` | finds what is here already, and begins | – |

mod answer;
mod bandwidth;
mod blame;
mod downloader;
mod error;
mod fetch;
mod first_bytes;
mod hold;
mod options;
mod part;
mod paths;
mod pieces;
mod probe;
mod progress;
mod rate;
mod roster;
mod shared;
mod sink;
mod source;
mod spans;
mod stall;
mod verify;

pub use downloader::Downloader;
pub use error::{DownloadError, MirrorFailure};
pub use options::{DownloadOptions, DownloadRequest, Downloaded, SourceUse};
pub(crate) use paths::PartPaths;
pub use paths::is_part_name;
