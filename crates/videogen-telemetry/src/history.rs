//! How long stages take on this machine, remembered from run to run.

use std::io;

use camino::Utf8Path;
use serde::{Deserialize, Serialize};
use videogen_durable::Effects;

use super::write_whole;
use super::{MOST_SECONDS, bounded};

/// Version of the file. Another one is not read.
const VERSION: u32 = 1;
/// Durations that are kept of each stage and class: enough for quantiles, few enough to follow a new graphics card.
const KEPT: usize = 32;
/// Pairs of stage and class; a new one replaces the one that was longest without a new duration.
const MOST_ENTRIES: usize = 256;
/// A file of ours stays below this, and nothing larger is read.
const MOST_BYTES: u64 = 1 << 20;
/// Durations without which nothing is predicted.
const FEWEST: usize = 2;

/// Durations for each unit of work, by stage and class. A class says what the work is like (`ultra 9:16`), a unit is what
/// its time is proportional to: a frame, a picture, a second of speech.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct History {
    /// The one with the newest duration last.
    entries: Vec<Entry>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Entry {
    stage: String,
    class: String,
    /// Oldest first; finite and not negative.
    seconds_per_unit: Vec<f64>,
}

#[derive(Serialize, Deserialize)]
struct Document<E> {
    version: u32,
    entries: E,
}

/// A prediction in seconds: `low <= mid <= high`, all finite and not negative.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Range {
    /// One time in ten it takes less.
    pub low: f64,
    /// As often less as more.
    pub mid: f64,
    /// One time in ten it takes more.
    pub high: f64,
}

/// A history that was read from a file.
#[derive(Debug, Clone, PartialEq)]
pub struct Loaded {
    /// What was read; empty when the file is missing or cannot be used.
    pub history: History,
    /// Why the file could not be used, in words. A missing file is no reason to warn.
    pub warning: Option<String>,
}

impl History {
    /// A history of nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds that `units` of `stage` in `class` (128 bytes of each name) took `seconds`. What is not a duration (negative,
    /// NaN, without units) is left out.
    pub fn record(&mut self, stage: &str, class: &str, units: f64, seconds: f64) {
        let per_unit = seconds / units;
        if !is_amount(units) || units <= 0.0 || !is_amount(seconds) || !is_amount(per_unit) {
            return;
        }
        let (stage, class) = (bounded(stage), bounded(class));
        let mut entry = match self.position(stage, class) {
            Some(index) => self.entries.remove(index),
            None => Entry {
                stage: stage.to_owned(),
                class: class.to_owned(),
                seconds_per_unit: Vec::new(),
            },
        };
        entry.seconds_per_unit.push(per_unit);
        entry.bound();
        self.entries.push(entry);
        self.bound();
    }

    /// How long `units` of `stage` in `class` will take. `None` with fewer than two durations to go by, and for units
    /// that are negative or not a number.
    ///
    /// The 10 %, 50 % and 90 % quantiles of the durations for a unit (between two neighbours in proportion), times the units.
    pub fn predict(&self, stage: &str, class: &str, units: f64) -> Option<Range> {
        if !is_amount(units) {
            return None;
        }
        let entry = &self.entries[self.position(bounded(stage), bounded(class))?];
        if entry.seconds_per_unit.len() < FEWEST {
            return None;
        }
        let mut sorted = entry.seconds_per_unit.clone();
        sorted.sort_by(f64::total_cmp);
        let seconds = |share| (quantile(&sorted, share) * units).min(MOST_SECONDS);
        Some(Range {
            low: seconds(0.1),
            mid: seconds(0.5),
            high: seconds(0.9),
        })
    }

    fn position(&self, stage: &str, class: &str) -> Option<usize> {
        self.entries
            .iter()
            .position(|entry| entry.stage == stage && entry.class == class)
    }

    fn bound(&mut self) {
        let surplus = self.entries.len().saturating_sub(MOST_ENTRIES);
        self.entries.drain(..surplus);
    }

    /// The history in `text`, or what is wrong with it. Values that no history of ours has are left out.
    fn parse(text: &str) -> Result<Self, String> {
        // The version first: another one may have other fields.
        let document: Document<serde_json::Value> =
            serde_json::from_str(text).map_err(|e| e.to_string())?;
        if document.version != VERSION {
            return Err(format!("it is of version {}", document.version));
        }
        let entries: Vec<Entry> =
            serde_json::from_value(document.entries).map_err(|e| e.to_string())?;
        let mut history = Self::new();
        for mut entry in entries {
            entry.seconds_per_unit.retain(|&seconds| is_amount(seconds));
            entry.bound();
            let fits = bounded(&entry.stage) == entry.stage && bounded(&entry.class) == entry.class;
            if fits && history.position(&entry.stage, &entry.class).is_none() {
                history.entries.push(entry);
            }
            // In every round, so that a long list costs no more than a short one.
            history.bound();
        }
        Ok(history)
    }

    /// Reads the file at `path`. Blocks. A damaged file is a history of nothing and a warning; the next
    /// [`History::save`] replaces it.
    pub fn load(path: &Utf8Path) -> Loaded {
        let text = match read(path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Loaded {
                    history: Self::new(),
                    warning: None,
                };
            }
            Err(error) => return Loaded::anew(path, &error.to_string()),
        };
        match Self::parse(&text) {
            Ok(history) => Loaded {
                history,
                warning: None,
            },
            Err(reason) => Loaded::anew(path, &reason),
        }
    }

    /// Replaces the file at `path`, whole or not at all. Blocks. Of two processes that save, the later one counts: what
    /// is lost is a few durations.
    ///
    /// # Errors
    /// What the operating system says.
    pub fn save(&self, effects: &dyn Effects, path: &Utf8Path) -> io::Result<()> {
        let document = Document {
            version: VERSION,
            entries: &self.entries,
        };
        write_whole(effects, path, |out| {
            serde_json::to_writer(&mut *out, &document)?;
            out.write_all(b"\n")
        })
    }
}

impl Entry {
    fn bound(&mut self) {
        let surplus = self.seconds_per_unit.len().saturating_sub(KEPT);
        self.seconds_per_unit.drain(..surplus);
    }
}

impl Loaded {
    fn anew(path: &Utf8Path, reason: &str) -> Self {
        Self {
            history: History::new(),
            warning: Some(format!(
                "the record of earlier durations in {path} cannot be used and starts anew: {reason}"
            )),
        }
    }
}

/// The file's text, which has [`MOST_BYTES`] at most.
fn read(path: &Utf8Path) -> io::Result<String> {
    videogen_durable::read_own_to_string(path, MOST_BYTES)
}

/// Whether `value` can be a number of seconds or units.
fn is_amount(value: f64) -> bool {
    value.is_finite() && value >= 0.0
}

/// The quantile at `share` (0 to 1) of `sorted`, which is not empty.
fn quantile(sorted: &[f64], share: f64) -> f64 {
    let position = share * (sorted.len() - 1) as f64;
    let below = position.floor() as usize;
    let above = (below + 1).min(sorted.len() - 1);
    let part = position - below as f64;
    // As a weighted mean: the difference of two huge numbers would overflow where the mean does not.
    sorted[below] * (1.0 - part) + sorted[above] * part
}

#[cfg(test)]
mod tests;
