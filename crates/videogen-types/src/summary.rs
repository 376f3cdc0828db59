//! What a run delivered, in numbers.

use std::collections::BTreeMap;

use camino::Utf8PathBuf;
use serde::{Deserialize, Serialize};

use crate::failure::FailureKind;
use crate::resources::Peaks;
use crate::stage::{Degradation, Stage};

/// The outcome of a run of one or many videos.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Summary {
    /// Videos asked for.
    pub total: u32,
    /// Videos delivered.
    pub succeeded: u32,
    /// Videos that failed.
    pub failed: u32,
    /// Videos not started or stopped because the run was interrupted.
    pub not_done: u32,
    /// `succeeded / total`, 0 for nothing.
    pub success_rate: f64,
    /// Where the files are.
    pub output_dir: Utf8PathBuf,
    /// Name of the batch, for `videogen resume`, where there is one.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub batch: Option<String>,
    /// Videos of the batch that an earlier run had delivered.
    pub delivered_before: u32,
    /// How often a stage was tried again after a failure.
    pub retries: u32,
    /// Failures by their kind, those included that another try or a lesser way made good.
    pub errors: BTreeMap<FailureKind, u32>,
    /// Outputs of stages that were found and not made again.
    pub cache_hits: u32,
    /// Outputs that were made.
    pub cache_misses: u32,
    /// `cache_hits / (cache_hits + cache_misses)`, 0 for nothing.
    pub cache_hit_rate: f64,
    /// The videos that were delivered, in order.
    pub videos: Vec<Utf8PathBuf>,
    /// Seconds spent in each stage, over all videos.
    pub stage_seconds: BTreeMap<String, f64>,
    /// Every step down a ladder, once.
    pub degradations: Vec<Degradation>,
    /// The most memory this process held, where the platform tells.
    pub peak_rss_bytes: Option<u64>,
    /// The most graphics memory in use, by all programs, where there is a graphics card that is looked at.
    pub peak_vram_bytes: Option<u64>,
    /// What was exchanged with each server from the first stage on, by its address.
    pub network: BTreeMap<String, NetworkFigures>,
    /// The time it all took.
    pub elapsed_s: f64,
}

/// What was exchanged with one server.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct NetworkFigures {
    /// Requests, retries included.
    pub requests: u64,
    /// Requests that were sent again after they had failed, at this server or another.
    pub retries: u64,
    /// Requests without a whole answer, or with one that says that the server is at fault or busy.
    pub failures: u64,
    /// Bytes that were sent.
    pub sent_bytes: u64,
    /// Bytes that came.
    pub received_bytes: u64,
    /// How many came in a second; nothing where too few came to tell.
    pub bytes_per_second: Option<f64>,
}

impl Summary {
    /// Adds what one video took: seconds by stage, steps down, how often a stage was tried again, what was tried in vain, and
    /// the highest readings meanwhile.
    pub fn add_video(
        &mut self,
        seconds: &BTreeMap<Stage, f64>,
        degradations: Vec<Degradation>,
        retries: u32,
        failures: &BTreeMap<FailureKind, u32>,
        peaks: &Peaks,
    ) {
        for (stage, seconds) in seconds {
            let all = self.stage_seconds.entry(stage.name().to_owned());
            *all.or_default() += seconds;
        }
        for degradation in degradations {
            if !self.degradations.contains(&degradation) {
                self.degradations.push(degradation);
            }
        }
        self.retries += retries;
        for (kind, count) in failures {
            *self.errors.entry(*kind).or_default() += count;
        }
        // `None` is less than any value.
        self.peak_vram_bytes = self.peak_vram_bytes.max(peaks.vram_used);
    }
}
