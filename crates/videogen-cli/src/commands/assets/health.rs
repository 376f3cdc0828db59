//! What is known of mirrors, for people and for programs.

use serde::Serialize;
use videogen_cdn::{Asset, HealthSnapshot, HostSnapshot, MirrorHealth};
use videogen_text::byte_size;

use super::depot::Depot;
use crate::output;
use crate::report::words::{count, seconds};
use crate::wrap::shorten;

/// Everything, as programs read it.
#[derive(Serialize)]
struct Shown<'a> {
    #[serde(flatten)]
    mirrors: &'a HealthSnapshot,
    assets: Vec<BestSource<'a>>,
}

/// The mirror that is asked first for an asset.
#[derive(Debug, Serialize)]
struct BestSource<'a> {
    asset: &'a str,
    kind: &'a str,
    /// The best mirror of its largest file.
    best: Option<String>,
    /// Its score, in bytes a second.
    score: Option<f64>,
    /// Mirrors of that file.
    sources: usize,
    /// Those that are not asked now.
    blocked: usize,
}

/// Shows what is known of mirrors.
pub(super) fn show(depot: &Depot, json: bool) {
    let health = depot.health();
    let snapshot = health.snapshot();
    let assets = depot.registry().assets().map(|asset| best(asset, &health));
    if json {
        output::json(&Shown {
            mirrors: &snapshot,
            assets: assets.collect(),
        });
        return;
    }
    let totals = &snapshot.totals;
    if totals.hosts == 0 {
        output::line("nothing is known of mirrors yet: nothing was fetched");
        return;
    }
    let name = snapshot
        .hosts
        .iter()
        .map(|host| console::measure_text_width(&host.host));
    let name = name.max().unwrap_or_default().min(40);
    for host in &snapshot.hosts {
        let line = line(host, name);
        output::line(&output::width().map_or(line.clone(), |width| shorten(&line, width)));
    }
    for dead in &snapshot.dead_urls {
        let line = format!("dead for {}: {}", seconds(dead.dead_s), dead.url);
        output::line(&line);
    }
    output::line(&format!(
        "{}, {} blocked; {} answered, {} failed, {} gone; {}",
        count(totals.hosts as u32, "host"),
        totals.blocked,
        count(totals.successes as u32, "request"),
        totals.failures,
        count(snapshot.dead_urls.len() as u32, "URL"),
        byte_size(totals.bytes)
    ));
}

fn line(host: &HostSnapshot, name: usize) -> String {
    let state = match (host.blocked_s, &host.last_failure) {
        (Some(left), why) => {
            let why = why
                .as_deref()
                .map_or_else(String::new, |why| format!(" ({why})"));
            format!("blocked for {}{why}", seconds(left))
        }
        (None, _) => "ok".to_owned(),
    };
    let speed = host
        .bytes_per_second
        .map(|speed| format!("{}/s", byte_size(speed as u64)));
    // Who has not answered yet is thought of as most are, which nobody has measured.
    let success = if host.successes + host.failures > 0 {
        format!("{:.0} %", host.success * 100.0)
    } else {
        "-".to_owned()
    };
    format!(
        "{:<name$} {:>11} {success:>6}  {state}",
        shorten(&host.host, name),
        speed.as_deref().unwrap_or("-"),
    )
}

/// The mirror that is asked first, of the file that takes longest.
fn best<'a>(asset: &'a Asset, health: &MirrorHealth) -> BestSource<'a> {
    let largest = asset.files.iter().max_by_key(|file| file.size);
    let mirrors = largest.map_or(&[][..], |file| &file.mirrors);
    let ranked = health.rank(mirrors);
    let is_asked = |admission: &videogen_net::Admission| {
        !matches!(admission, videogen_net::Admission::Blocked(_))
    };
    let first = ranked.first();
    BestSource {
        asset: asset.id.as_str(),
        kind: asset.kind.name(),
        best: first.map(|first| {
            videogen_net::RedactedUrl::of_text(mirrors[first.index].url.as_str()).to_string()
        }),
        score: first.map(|first| first.score),
        sources: mirrors.len(),
        blocked: ranked
            .iter()
            .filter(|one| one.is_dead_url || !is_asked(&one.admission))
            .count(),
    }
}
