//! Counts what a run delivers.

use std::collections::BTreeMap;
use std::time::Duration;

use videogen_net::{Traffic, network_since};
use videogen_types::Summary;

use crate::batch::{Batch, Progress};
use crate::video_plan::VideoPlan;

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
