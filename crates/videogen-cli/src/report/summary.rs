//! The summary at the end of a run.

use videogen_types::{NetworkFigures, Stage, Summary};

use super::words::{count, degradation, seconds};

/// Stages in the order they are worked on, to list their times in.
const STAGES: [Stage; 8] = [
    Stage::Preflight,
    Stage::Script,
    Stage::Voice,
    Stage::Picture,
    Stage::Music,
    Stage::Render,
    Stage::Verify,
    Stage::Publish,
];

/// The lines of the summary: a name and what there is to say. A single video gets the short form; its degradations were
/// shown when they happened.
pub(crate) fn lines(summary: &Summary) -> Vec<(&'static str, String)> {
    let mut lines = Vec::new();
    let percent = (summary.success_rate * 100.0).round();
    let mut result = vec![format!(
        "{} of {} ({percent:.0} %) in {}",
        summary.succeeded,
        count(summary.total, "video"),
        seconds(summary.elapsed_s)
    )];
    if summary.failed > 0 {
        result.push(format!("{} failed", summary.failed));
    }
    if summary.delivered_before > 0 {
        result.push(format!("{} were there", summary.delivered_before));
    }
    if summary.not_done > 0 {
        result.push(format!("{} not made", summary.not_done));
    }
    lines.push(("made", result.join(", ")));

    let times: Vec<String> = STAGES
        .iter()
        .filter_map(|stage| {
            summary
                .stage_seconds
                .get(stage.name())
                .map(|time| (stage, *time))
        })
        // What took no time to speak of is not worth reading.
        .filter(|(_, time)| *time >= 0.05)
        .map(|(stage, time)| format!("{} {}", stage.name(), seconds(time)))
        .collect();
    if !times.is_empty() {
        lines.push(("time", times.join(", ")));
    }
    match (summary.total, summary.degradations.len()) {
        (_, 0) => {}
        (1, n) => lines.push((
            "degraded",
            format!("{}, named above", count(n as u32, "step")),
        )),
        _ => lines.extend(
            summary
                .degradations
                .iter()
                .map(|step| ("degraded", degradation(step))),
        ),
    }
    if summary.retries > 0 {
        lines.push(("retries", summary.retries.to_string()));
    }
    if summary.cache_hits > 0 {
        let rate = (summary.cache_hit_rate * 100.0).round();
        let all = summary.cache_hits + summary.cache_misses;
        let hits = summary.cache_hits;
        lines.push(("reused", format!("{hits} of {all} parts ({rate:.0} %)")));
    }
    if let Some(bytes) = summary.peak_rss_bytes {
        lines.push((
            "memory",
            format!("{} MiB at most", bytes.div_ceil(1024 * 1024)),
        ));
    }
    if let Some(bytes) = summary.peak_vram_bytes {
        let mib = bytes.div_ceil(1024 * 1024);
        lines.push(("graphics", format!("{mib} MiB at most")));
    }
    lines.extend(
        summary
            .network
            .iter()
            .map(|(server, figures)| ("network", network(server, figures))),
    );
    lines.push(("folder", summary.output_dir.to_string()));
    lines
}

/// What was exchanged with a server: "http://127.0.0.1:8188: 41 requests, 12.3 MB at 45.0 MB/s, 2 failed, 1 retried".
fn network(server: &str, figures: &NetworkFigures) -> String {
    let megabytes = |bytes: f64| format!("{:.1} MB", bytes / 1e6);
    let requests = u32::try_from(figures.requests).unwrap_or(u32::MAX);
    let came = megabytes(figures.received_bytes as f64);
    let mut parts = vec![
        count(requests, "request"),
        match figures.bytes_per_second {
            Some(speed) => format!("{came} at {}/s", megabytes(speed)),
            None => came,
        },
    ];
    for (number, what) in [(figures.failures, "failed"), (figures.retries, "retried")] {
        if number > 0 {
            parts.push(format!("{number} {what}"));
        }
    }
    format!("{server}: {}", parts.join(", "))
}
