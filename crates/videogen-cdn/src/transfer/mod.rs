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
//! | `part` | the bytes that are here, and the note on them | files |
//! | `hold` | one process at a time fetches a file | files |
//! | `sink` | brings what is received to the disk | files |
//! | `verify` | digests what arrives | files |
//! | `shared` | what the workers of one download share | memory, files |
//! | `source` | one mirror at work | network |
//! | `probe` | compares what several mirrors say | network |
//! | `fetch` | joins all that | – |

mod answer;
mod bandwidth;
mod blame;
mod error;
mod fetch;
mod first_bytes;
mod hold;
mod options;
mod part;
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

pub use error::{DownloadError, MirrorFailure};
pub use fetch::Downloader;
pub use options::{DownloadOptions, DownloadRequest, Downloaded, SourceUse};
pub use part::is_part_name;
