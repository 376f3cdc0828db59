//! What a run tells about itself: a trace of its stages, counters, how long things take here, when it will be done, a log.
//!
//! Nothing here can fail a video: everything is bounded in memory and on disk, and a file that cannot be written is an
//! `io::Result` for the caller to report. Nothing is printed.
//!
//! | module | what it does | effects |
//! |---|---|---|
//! | `recorder` | takes events down: the state of a run for whoever looks, at its end trace, figures, durations | writes files |
//! | `trace` | spans of stages, as a browser's trace viewer reads them | none |
//! | `metrics` | counters and durations of a run | none |
//! | `histogram` | durations in few bytes | none |
//! | `history` | how long stages took on this machine | reads and writes a file |
//! | `eta` | when what is left will be done, from the history | none |
//! | `log` | a log file that is rotated before it grows | writes files |

#![deny(missing_docs)]

/// Compiles the example of the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

mod eta;
mod histogram;
mod history;
mod log;
mod metrics;
mod recorder;
mod trace;

use std::io::{self, Write};

use camino::Utf8Path;
use videogen_durable::Effects;

pub use eta::{Eta, StageLeft, predict_finish};
pub use history::{History, Loaded, Range};
pub use log::RotatingLog;
pub use metrics::{METRICS_VERSION, Metrics, Snapshot, StageFigures};
pub use recorder::{Recorder, STATUS_VERSION, Status, TELEMETRY_FILES, Working};
pub use trace::{Lane, MOST_SPANS, OpenSpan, Trace};

/// Writes what `fill` writes to `path`, whole or not at all.
fn write_whole(
    effects: &dyn Effects,
    path: &Utf8Path,
    fill: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> io::Result<()> {
    let mut bytes = Vec::new();
    fill(&mut bytes)?;
    videogen_durable::write_atomically(effects, path, &bytes).map_err(|error| error.source)
}

/// Seconds above which a duration is nonsense: thirty years.
const MOST_SECONDS: f64 = 1e9;

/// `name`, cut to at most 128 bytes at a character: names come from outside, and what is kept has a bound.
fn bounded(name: &str) -> &str {
    &name[..name.floor_char_boundary(128)]
}
