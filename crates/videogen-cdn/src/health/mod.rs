//! Which mirror to ask, from what was seen of each.
//!
//! | file | what it does | effects |
//! |---|---|---|
//! | `host` | learns from each use of a host: averages, breaker | none |
//! | `ema` | a moving average that is half forgotten in a day | none |
//! | `score`, `rank` | how gladly a host is asked, and in which order | none |
//! | `known` | all hosts, and addresses that are dead | none |
//! | `records` | what is kept in a file: cleaned, bounded, merged | none |
//! | `clock` | times of files by a clock that only goes forth | reads clocks |
//! | `file` | reads and writes the file, under a lock | one file |
//! | `mirror_health`, `lease` | what others use | locks a mutex, random numbers |

mod clock;
mod ema;
mod file;
mod host;
mod known;
mod lease;
mod mirror_health;
mod rank;
mod records;
mod score;
mod snapshot;

pub use file::HealthFileError;
pub use lease::MirrorLease;
pub use mirror_health::MirrorHealth;
pub use rank::RankedMirror;
pub use snapshot::{DeadUrlSnapshot, HealthSnapshot, HealthTotals, HostSnapshot};
