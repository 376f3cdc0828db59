//! Counters of a run, read as one consistent snapshot.

use std::collections::BTreeMap;
use std::io;
use std::sync::{Mutex, MutexGuard, PoisonError};

use camino::Utf8Path;
use serde::Serialize;
use videogen_durable::Effects;
use videogen_types::{NetworkFigures, Peaks};

use super::histogram::Histogram;
use super::write_whole;
use super::{MOST_SECONDS, bounded};

/// Version of the exported file; changes when a field changes its meaning or goes away.
pub const METRICS_VERSION: u32 = 2;

/// Names that are told apart, of stages and of errors; all further ones are counted under [`OTHER`].
const MOST_NAMES: usize = 128;
const OTHER: &str = "other";

/// Counts what happens, from any thread. Everything is behind one lock, which is held for a few additions only, so a
/// snapshot never shows half of an update.
#[derive(Debug, Default)]
pub struct Metrics {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    videos_finished: u64,
    videos_failed: u64,
    errors: BTreeMap<String, u64>,
    stages: BTreeMap<String, Stage>,
    bytes_written: u64,
    peaks: Peaks,
    network: BTreeMap<String, NetworkFigures>,
}

#[derive(Debug)]
struct Stage {
    durations: Histogram,
    sum: f64,
    last: f64,
}

impl Default for Stage {
    fn default() -> Self {
        Self {
            durations: Histogram::new(),
            sum: 0.0,
            last: 0.0,
        }
    }
}

/// All counters at one moment.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Snapshot {
    /// [`METRICS_VERSION`].
    pub version: u32,
    /// Videos that were published.
    pub videos_finished: u64,
    /// Videos that were not made.
    pub videos_failed: u64,
    /// Errors by kind, those that a retry or another rung made good included.
    pub errors: BTreeMap<String, u64>,
    /// Durations by stage.
    pub stages: BTreeMap<String, StageFigures>,
    /// Bytes of finished files.
    pub bytes_written: u64,
    /// The highest readings.
    pub peaks: Peaks,
    /// What was exchanged with each server, by its address.
    pub network: BTreeMap<String, NetworkFigures>,
}

/// How long a stage took.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
#[non_exhaustive]
pub struct StageFigures {
    /// How often it ran.
    pub count: u64,
    /// Seconds of all runs.
    pub sum_s: f64,
    /// Seconds of the longest.
    pub max_s: f64,
    /// Seconds of the last.
    pub last_s: f64,
    /// Seconds that half of the runs did not exceed, within 35 %.
    pub p50_s: f64,
    /// Seconds that 95 % of the runs did not exceed, within 35 %.
    pub p95_s: f64,
}

impl Metrics {
    /// Counters at zero.
    pub fn new() -> Self {
        Self::default()
    }

    /// Counts an error of `kind` (128 bytes of it).
    pub fn error(&self, kind: &str) {
        add(&mut self.state().errors, kind, |count| *count += 1);
    }

    /// Counts a run of `stage` (128 bytes of it) of `seconds` that wrote `bytes`. Negative seconds and NaN are 0, and
    /// nothing takes longer than thirty years.
    pub fn stage(&self, stage: &str, seconds: f64, bytes: u64) {
        // `clamp` lets a NaN pass.
        let seconds = if seconds.is_nan() {
            0.0
        } else {
            seconds.clamp(0.0, MOST_SECONDS)
        };
        let mut state = self.state();
        state.bytes_written = state.bytes_written.saturating_add(bytes);
        add(&mut state.stages, stage, |stage| {
            stage.durations.add(seconds);
            stage.sum += seconds;
            stage.last = seconds;
        });
    }

    /// Counts bytes of finished files.
    pub fn bytes(&self, bytes: u64) {
        let mut state = self.state();
        state.bytes_written = state.bytes_written.saturating_add(bytes);
    }

    /// Counts a published video.
    pub fn video_finished(&self) {
        self.state().videos_finished += 1;
    }

    /// Counts a video that was not made, and the error of `kind` that was the reason.
    pub fn video_failed(&self, kind: &str) {
        let mut state = self.state();
        state.videos_failed += 1;
        add(&mut state.errors, kind, |count| *count += 1);
    }

    /// Takes the peaks of a video into the peaks.
    pub fn peaks(&self, peaks: &Peaks) {
        self.state().peaks.merge(peaks);
    }

    /// Sets what was exchanged with each server.
    pub fn network(&self, figures: &BTreeMap<String, NetworkFigures>) {
        self.state().network.clone_from(figures);
    }

    /// All counters at this moment.
    pub fn snapshot(&self) -> Snapshot {
        let state = self.state();
        let figures = |stage: &Stage| StageFigures {
            count: stage.durations.total(),
            sum_s: stage.sum,
            max_s: stage.durations.most(),
            last_s: stage.last,
            p50_s: stage.durations.quantile(0.5),
            p95_s: stage.durations.quantile(0.95),
        };
        Snapshot {
            version: METRICS_VERSION,
            videos_finished: state.videos_finished,
            videos_failed: state.videos_failed,
            errors: state.errors.clone(),
            stages: state
                .stages
                .iter()
                .map(|(name, stage)| (name.clone(), figures(stage)))
                .collect(),
            bytes_written: state.bytes_written,
            peaks: state.peaks,
            network: state.network.clone(),
        }
    }

    /// Writes a snapshot to `path` as JSON, whole or not at all. Blocks; counting goes on meanwhile.
    ///
    /// # Errors
    /// What the operating system says.
    pub fn export(&self, effects: &dyn Effects, path: &Utf8Path) -> io::Result<()> {
        let snapshot = self.snapshot();
        write_whole(effects, path, |out| {
            serde_json::to_writer_pretty(&mut *out, &snapshot)?;
            out.write_all(b"\n")
        })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // No update panics half way, so what a panicking thread leaves is whole.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Updates the entry called `name`, or that of all names for which there is no room.
fn add<T: Default>(entries: &mut BTreeMap<String, T>, name: &str, update: impl FnOnce(&mut T)) {
    let mut name = bounded(name);
    if entries.len() >= MOST_NAMES && !entries.contains_key(name) {
        name = OTHER;
    }
    match entries.get_mut(name) {
        Some(entry) => update(entry),
        None => update(entries.entry(name.to_owned()).or_default()),
    }
}

#[cfg(test)]
mod tests;
