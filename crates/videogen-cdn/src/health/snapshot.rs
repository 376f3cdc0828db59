//! Everything that is known of mirrors, to be shown.

use std::time::Duration;

use serde::Serialize;
use videogen_net::{Admission, BlockReason, CircuitState, RedactedUrl};

use super::clock::Shift;
use super::host::Host;
use super::known::Known;
use super::records::AddressRecord;
use super::score::{Prior, score, success};

/// The priority of a mirror where the registry says nothing of it.
const USUAL_PRIORITY: u8 = 50;

/// Everything that is known of mirrors.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct HealthSnapshot {
    /// All of it in numbers.
    pub totals: HealthTotals,
    /// The hosts, by their score, the highest first.
    pub hosts: Vec<HostSnapshot>,
    /// Addresses that are dead, the one that is dead for the longest time first.
    pub dead_urls: Vec<DeadUrlSnapshot>,
}

/// How many and how much.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct HealthTotals {
    /// Hosts that are known.
    pub hosts: usize,
    /// Hosts that are blocked.
    pub blocked: usize,
    /// Hosts whose block is over, and of which it is not known how they are.
    pub half_open: usize,
    /// Addresses that are dead.
    pub dead_urls: usize,
    /// Uses that succeeded.
    pub successes: u64,
    /// Uses that failed by fault of their host.
    pub failures: u64,
    /// Bytes that came.
    pub bytes: u64,
}

/// What is known of one host. Times are Unix milliseconds.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct HostSnapshot {
    /// The host, as `https://example.org`.
    pub host: String,
    /// Its score with the usual priority, in bytes a second; see [`RankedMirror::score`](crate::RankedMirror::score).
    pub score: f64,
    /// The share of its uses that succeed, as a moving average, 0..=1.
    pub success: f64,
    /// How fast one connection to it is, as a moving average.
    pub bytes_per_second: Option<f64>,
    /// Seconds to its first byte, as a moving average.
    pub first_byte_s: Option<f64>,
    /// Whether it is asked.
    pub state: CircuitState,
    /// Seconds until it may be asked again, when it is blocked.
    pub blocked_s: Option<f64>,
    /// Why it is blocked.
    pub blocked_for: Option<BlockReason>,
    /// Blocks that were not made up for by successes.
    pub strikes: u32,
    /// Uses that succeeded.
    pub successes: u64,
    /// Uses that failed by its fault.
    pub failures: u64,
    /// Bytes that came from it.
    pub bytes: u64,
    /// When it succeeded last.
    pub last_success_ms: Option<u64>,
    /// When it failed last.
    pub last_failure_ms: Option<u64>,
    /// Why it failed last, in words.
    pub last_failure: Option<String>,
}

/// An address that is dead.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct DeadUrlSnapshot {
    /// As it may be printed.
    pub url: RedactedUrl,
    /// Seconds until it is asked again.
    pub dead_s: f64,
}

/// Returns everything that is known; `shift` reads times of this run as times of day.
pub(super) fn snapshot(known: &Known, shift: Shift) -> HealthSnapshot {
    let now = shift.from;
    let prior = known.prior();
    let mut totals = HealthTotals::default();
    let mut hosts: Vec<HostSnapshot> = known
        .hosts
        .iter()
        .map(|(name, host)| of_host(name, host, prior, shift))
        .collect();
    for host in &hosts {
        totals.hosts += 1;
        totals.blocked += usize::from(host.state == CircuitState::Open);
        totals.half_open += usize::from(host.state == CircuitState::HalfOpen);
        totals.successes = totals.successes.saturating_add(host.successes);
        totals.failures = totals.failures.saturating_add(host.failures);
        totals.bytes = totals.bytes.saturating_add(host.bytes);
    }
    hosts.sort_by(|a, b| b.score.total_cmp(&a.score));
    let mut dead_urls: Vec<DeadUrlSnapshot> = known
        .addresses
        .values()
        .filter_map(|address| of_address(address, now))
        .collect();
    dead_urls.sort_by(|a, b| b.dead_s.total_cmp(&a.dead_s));
    totals.dead_urls = dead_urls.len();
    HealthSnapshot {
        totals,
        hosts,
        dead_urls,
    }
}

fn of_host(name: &str, host: &Host, prior: Prior, shift: Shift) -> HostSnapshot {
    let now = shift.from;
    let admission = host.admission(now);
    let seen = &host.seen;
    let speed = seen.speed.toward_by_factor(prior.speed, now);
    let first_byte = seen.first_byte.toward_by_factor(prior.first_byte, now);
    let counts = host.counts();
    let left = match admission {
        Admission::Blocked(until) => Some(until.saturating_sub(Duration::from_millis(now))),
        _ => None,
    };
    HostSnapshot {
        host: name.to_owned(),
        score: score(seen, USUAL_PRIORITY, prior, now),
        success: success(seen, now),
        bytes_per_second: seen.speed.value().map(|_| speed),
        first_byte_s: seen.first_byte.value().map(|_| first_byte),
        state: admission.into(),
        blocked_s: left.map(|left| left.as_secs_f64()),
        blocked_for: left.and_then(|_| host.breaker.reason()),
        strikes: host.breaker.strikes(),
        successes: counts.successes,
        failures: counts.failures,
        bytes: counts.bytes,
        last_success_ms: seen.last_success.map(|at| shift.past(at)),
        last_failure_ms: seen.last_failure.map(|last| shift.past(last.at)),
        last_failure: seen.last_failure.map(|last| last.why.to_string()),
    }
}

fn of_address(address: &AddressRecord, now: u64) -> Option<DeadUrlSnapshot> {
    let until = address.dead_until(now)?;
    Some(DeadUrlSnapshot {
        url: RedactedUrl::of_text(&address.shown),
        dead_s: Duration::from_millis(until.saturating_sub(now)).as_secs_f64(),
    })
}
