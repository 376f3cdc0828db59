//! Telling what happens while assets are fetched: to a person at a terminal, as plain lines, or as lines of JSON.
//!
//! Whoever fetches tells it directly: neither the screen nor standard output makes anybody wait once they are detached.

mod human;
mod json;
mod plain;
mod watch;

pub(crate) use human::HumanFetch;
pub(crate) use json::JsonFetch;
pub(crate) use plain::PlainFetch;
pub(crate) use watch::Watch;

use std::fmt;

use videogen_text::byte_size;
use videogen_types::FetchEvent;

use super::words::{count, seconds};

/// Shows events to somebody. Called from several threads.
pub(crate) trait FetchReport: Send + Sync {
    /// Shows one event.
    fn event(&self, event: &FetchEvent);
}

impl fmt::Debug for dyn FetchReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FetchReport")
    }
}

/// How far an asset is, in words: `30.4 of 63.2 MB`, `5.1 MB/s`, `6 s left`, as much of it as fits.
pub(super) fn progress(
    received: u64,
    size: Option<u64>,
    per_second: f64,
    eta: Option<f64>,
) -> Vec<String> {
    let here = match size {
        Some(size) => part_of(received, size),
        None => byte_size(received),
    };
    let mut parts = vec![here];
    if per_second >= 1.0 {
        parts.push(format!("{}/s", byte_size(per_second as u64)));
        parts.extend(eta.map(|eta| format!("{} left", seconds(eta))));
    }
    parts
}

/// `30.4 of 63.2 MB`: the unit is told once where both have the same.
fn part_of(received: u64, size: u64) -> String {
    let (here, of) = (byte_size(received.min(size)), byte_size(size));
    match (here.split_once(' '), of.split_once(' ')) {
        (Some((number, unit)), Some((_, other))) if unit == other => format!("{number} of {of}"),
        _ => format!("{here} of {of}"),
    }
}

/// What became of everything, in one line.
pub(super) fn outcome(event: &FetchEvent) -> Option<String> {
    let FetchEvent::FetchFinished {
        installed,
        reused,
        failed,
        not_done,
        bytes: came,
        seconds: took,
    } = event
    else {
        return None;
    };
    let mut parts = Vec::new();
    if *installed > 0 {
        parts.push(format!("{installed} fetched"));
    }
    if *reused > 0 {
        parts.push(format!("{reused} here already"));
    }
    if *failed > 0 {
        parts.push(format!("{failed} failed"));
    }
    if *not_done > 0 {
        parts.push(format!("{not_done} not done"));
    }
    if parts.is_empty() {
        parts.push(count(0, "asset"));
    }
    let came = if *came > 0 {
        format!("; {} in {}", byte_size(*came), seconds(*took))
    } else {
        String::new()
    };
    Some(format!("{}{came}", parts.join(", ")))
}

#[cfg(test)]
mod tests;
