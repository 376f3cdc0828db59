//! Counts what a run delivers.

use std::collections::BTreeMap;
use std::time::Duration;

use videogen_net::Traffic;
use videogen_types::{Degradation, FailureKind, NetworkFigures, Peaks, Stage, Summary};

use crate::batch::{Batch, Progress};
use crate::video_plan::VideoPlan;

fn figures(traffic: Traffic) -> NetworkFigures {
    NetworkFigures {
        requests: traffic.requests,
        retries: traffic.retries,
        failures: traffic.failures,
        sent_bytes: traffic.sent_bytes,
        received_bytes: traffic.received_bytes,
        bytes_per_second: traffic.bytes_per_second(),
    }
}

/// What was exchanged with each server between `before` and `now`. Runs of one studio at the same time see each other's.
fn network_since(
    before: &BTreeMap<String, Traffic>,
    now: BTreeMap<String, Traffic>,
) -> BTreeMap<String, NetworkFigures> {
    let added = now.into_iter().map(|(server, traffic)| {
        let before = before.get(&server).copied().unwrap_or_default();
        (server, traffic.since(&before))
    });
    added
        .filter(|(_, traffic)| traffic.requests > 0)
        .map(|(server, traffic)| (server, figures(traffic)))
        .collect()
}

/// Of a run of these plans, before anything is done.
pub(crate) fn begun(plans: &[(u32, VideoPlan)], batch: Option<&Batch>) -> Summary {
    let delivered_before = batch.map_or(0, |batch| {
        let progress = batch.progress();
        let delivered = progress
            .iter()
            .filter(|progress| matches!(progress, Progress::Delivered(_)));
        delivered.count() as u32
    });
    Summary {
        total: u32::try_from(plans.len()).unwrap_or(u32::MAX),
        output_dir: plans
            .first()
            .map(|(_, plan)| plan.brief.output_dir.clone())
            .unwrap_or_default(),
        batch: batch.map(|batch| batch.name().to_owned()),
        delivered_before,
        ..Summary::default()
    }
}

/// Adds what one video took.
pub(crate) fn count_video(
    summary: &mut Summary,
    seconds: &BTreeMap<Stage, f64>,
    degradations: Vec<Degradation>,
    retries: u32,
    failures: &BTreeMap<FailureKind, u32>,
    peaks: &Peaks,
) {
    for (stage, seconds) in seconds {
        *summary
            .stage_seconds
            .entry(stage.name().to_owned())
            .or_default() += seconds;
    }
    for degradation in degradations {
        if !summary.degradations.contains(&degradation) {
            summary.degradations.push(degradation);
        }
    }
    summary.retries += retries;
    for (kind, count) in failures {
        *summary.errors.entry(*kind).or_default() += count;
    }
    // `None` is less than any value.
    summary.peak_vram_bytes = summary.peak_vram_bytes.max(peaks.vram_used);
}

/// Adds the failure that a video ended with.
pub(crate) fn count_failure(summary: &mut Summary, kind: FailureKind) {
    *summary.errors.entry(kind).or_default() += 1;
}

/// Adds what is known at the end.
pub(crate) fn finish(
    summary: &mut Summary,
    found: u32,
    made: u32,
    peak_rss_bytes: Option<u64>,
    traffic: (&BTreeMap<String, Traffic>, BTreeMap<String, Traffic>),
    elapsed: Duration,
) {
    summary.success_rate = rate(summary.succeeded, summary.total);
    (summary.cache_hits, summary.cache_misses) = (found, made);
    summary.cache_hit_rate = rate(found, found.saturating_add(made));
    summary.peak_rss_bytes = peak_rss_bytes;
    summary.network = network_since(traffic.0, traffic.1);
    summary.elapsed_s = elapsed.as_secs_f64();
}

/// `part / whole` without a division by zero.
fn rate(part: u32, whole: u32) -> f64 {
    if whole == 0 {
        0.0
    } else {
        f64::from(part) / f64::from(whole)
    }
}
