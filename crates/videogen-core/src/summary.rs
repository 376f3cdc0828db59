//! What a run delivered, in numbers.

use std::collections::BTreeMap;

use camino::Utf8PathBuf;
use serde::Serialize;

use crate::event::Degradation;

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
    /// The videos that were delivered, in order.
    pub videos: Vec<Utf8PathBuf>,
    /// Seconds spent in each stage, over all videos.
    pub stage_seconds: BTreeMap<String, f64>,
    /// Every step down a ladder, once.
    pub degradations: Vec<Degradation>,
    /// The most memory this process held, where the platform tells.
    pub peak_rss_bytes: Option<u64>,
    /// The time it all took.
    pub elapsed_s: f64,
}

impl Summary {
    /// `succeeded / total` without a division by zero.
    pub(crate) fn rate(succeeded: u32, total: u32) -> f64 {
        if total == 0 {
            0.0
        } else {
            f64::from(succeeded) / f64::from(total)
        }
    }
}
