//! What a run delivered, in numbers.

use std::collections::BTreeMap;
use std::time::Duration;

use camino::Utf8PathBuf;
use serde::Serialize;
use videogen_net::Traffic;

use crate::batch::{Batch, Progress};
use crate::event::{Degradation, Stage};
use crate::failure::FailureKind;
use crate::guard::Peaks;
use crate::plan::Plan;

/// The outcome of a run of one or many videos.
#[derive(Debug, Clone, PartialEq, Serialize)]
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
    #[serde(skip_serializing_if = "Option::is_none")]
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

/// What was exchanged with one server. See [`Traffic`] for what exactly is counted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
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

impl From<Traffic> for NetworkFigures {
    fn from(traffic: Traffic) -> Self {
        Self {
            requests: traffic.requests,
            retries: traffic.retries,
            failures: traffic.failures,
            sent_bytes: traffic.sent_bytes,
            received_bytes: traffic.received_bytes,
            bytes_per_second: traffic.bytes_per_second(),
        }
    }
}

/// What was exchanged with each server since `before`, which [`videogen_net::traffic`] gave. It is of this process, so runs
/// at the same time see each other's.
fn network_since(before: &BTreeMap<String, Traffic>) -> BTreeMap<String, NetworkFigures> {
    let now = videogen_net::traffic().into_iter();
    let added = now.map(|(server, traffic)| {
        let before = before.get(&server).copied().unwrap_or_default();
        (server, traffic.since(&before))
    });
    added
        .filter(|(_, traffic)| traffic.requests > 0)
        .map(|(server, traffic)| (server, traffic.into()))
        .collect()
}

impl Summary {
    /// Of a run of these plans, before anything is done.
    pub(crate) fn of(plans: &[(u32, Plan)], batch: Option<&Batch>) -> Self {
        let delivered_before = batch.map_or(0, |batch| {
            let progress = batch.progress();
            let delivered = progress
                .iter()
                .filter(|progress| matches!(progress, Progress::Delivered(_)));
            delivered.count() as u32
        });
        Self {
            total: u32::try_from(plans.len()).unwrap_or(u32::MAX),
            succeeded: 0,
            failed: 0,
            not_done: 0,
            success_rate: 0.0,
            output_dir: plans
                .first()
                .map(|(_, plan)| plan.brief.output_dir.clone())
                .unwrap_or_default(),
            batch: batch.map(|batch| batch.name().to_owned()),
            delivered_before,
            retries: 0,
            errors: BTreeMap::new(),
            cache_hits: 0,
            cache_misses: 0,
            cache_hit_rate: 0.0,
            videos: Vec::new(),
            stage_seconds: BTreeMap::new(),
            degradations: Vec::new(),
            peak_rss_bytes: None,
            peak_vram_bytes: None,
            network: BTreeMap::new(),
            elapsed_s: 0.0,
        }
    }

    /// Adds what one video took.
    pub(crate) fn count(
        &mut self,
        seconds: &BTreeMap<Stage, f64>,
        degradations: Vec<Degradation>,
        retries: u32,
        failures: &BTreeMap<FailureKind, u32>,
        peaks: &Peaks,
    ) {
        for (stage, seconds) in seconds {
            *self
                .stage_seconds
                .entry(stage.name().to_owned())
                .or_default() += seconds;
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

    /// Adds the failure that a video ended with.
    pub(crate) fn count_failure(&mut self, kind: FailureKind) {
        *self.errors.entry(kind).or_default() += 1;
    }

    /// Adds what is known at the end.
    pub(crate) fn finish(
        &mut self,
        found: u32,
        made: u32,
        peak_rss_bytes: Option<u64>,
        traffic_before: &BTreeMap<String, Traffic>,
        elapsed: Duration,
    ) {
        self.success_rate = rate(self.succeeded, self.total);
        (self.cache_hits, self.cache_misses) = (found, made);
        self.cache_hit_rate = rate(found, found.saturating_add(made));
        self.peak_rss_bytes = peak_rss_bytes;
        self.network = network_since(traffic_before);
        self.elapsed_s = elapsed.as_secs_f64();
    }
}

/// `part / whole` without a division by zero.
fn rate(part: u32, whole: u32) -> f64 {
    if whole == 0 {
        0.0
    } else {
        f64::from(part) / f64::from(whole)
    }
}
