//! What is known of one host, and what it learns from each end; pure.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use url::Url;
use videogen_net::{Admission, Blame, Breaker, BreakerPolicy, Outcome};

use super::ema::Ema;

/// Speeds that are believed, in bytes a second.
pub(super) const SPEEDS: std::ops::RangeInclusive<f64> = 1.0..=1e12;
/// Times to the first byte that are believed, in seconds.
pub(super) const FIRST_BYTES: std::ops::RangeInclusive<f64> = 0.001..=3600.0;

/// Returns when a host is blocked, and for how long: 3 failures; 1, 2, 4 … 32 minutes, ±20 %.
pub(super) fn policy() -> BreakerPolicy {
    BreakerPolicy::default()
}

/// Returns the host of an address as it is remembered: `https://example.org`, with the port where it is not the usual one.
pub(super) fn origin(url: &Url) -> String {
    url.origin().ascii_serialization()
}

/// How a use of a mirror ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ending {
    /// It gave what was asked for.
    Success,
    /// It failed.
    Failure {
        blame: Blame,
        retry_after: Option<Duration>,
    },
    /// It answered, and has nothing under that address.
    Gone,
    /// It gave other bytes than it should have.
    WrongBytes,
    /// Nothing was learnt.
    Abandoned,
}

/// Why a host failed last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Problem {
    Down,
    Fault,
    Busy,
    Wrong,
    WrongBytes,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Down => "it was not there",
            Self::Fault => "it failed in the middle, or was silent for too long",
            Self::Busy => "it wanted to be left alone",
            Self::Wrong => "it answered with something else",
            Self::WrongBytes => "it gave wrong bytes",
        })
    }
}

/// How often things happened.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Counts {
    pub(super) successes: u64,
    pub(super) failures: u64,
    pub(super) bytes: u64,
}

impl Counts {
    /// Returns both together.
    pub(super) fn plus(self, other: Self) -> Self {
        Self {
            successes: self.successes.saturating_add(other.successes),
            failures: self.failures.saturating_add(other.failures),
            bytes: self.bytes.saturating_add(other.bytes),
        }
    }

    /// Returns what is left of it without `other`.
    pub(super) fn minus(self, other: Self) -> Self {
        Self {
            successes: self.successes.saturating_sub(other.successes),
            failures: self.failures.saturating_sub(other.failures),
            bytes: self.bytes.saturating_sub(other.bytes),
        }
    }

    /// Returns the larger one of each: the same things, counted up to different times.
    pub(super) fn most(self, other: Self) -> Self {
        Self {
            successes: self.successes.max(other.successes),
            failures: self.failures.max(other.failures),
            bytes: self.bytes.max(other.bytes),
        }
    }
}

/// When and why a host failed last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) struct LastFailure {
    /// In milliseconds.
    pub(super) at: u64,
    pub(super) why: Problem,
}

/// What was seen of a host, apart from its breaker. Times are milliseconds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Seen {
    /// 1 for a success, 0 for a failure.
    pub(super) success: Ema,
    /// Bytes a second, of one connection.
    pub(super) speed: Ema,
    /// Seconds to the first byte.
    pub(super) first_byte: Ema,
    /// As known to all processes.
    pub(super) counts: Counts,
    pub(super) last_success: Option<u64>,
    pub(super) last_failure: Option<LastFailure>,
}

/// What is known of one host.
#[derive(Debug, Clone, Default)]
pub(super) struct Host {
    pub(super) seen: Seen,
    /// What was counted by this process and is in no file yet.
    pub(super) fresh: Counts,
    pub(super) breaker: Breaker,
    /// When the breaker learnt something last, in milliseconds.
    pub(super) breaker_at: u64,
}

impl Host {
    /// Returns whether it may be asked.
    pub(super) fn admission(&self, now: u64) -> Admission {
        self.breaker.admission(Duration::from_millis(now))
    }

    /// Begins a use, and returns whether it is the one probe that finds out whether the block is to end. What is asked
    /// inside a block, or while somebody else finds out, is none.
    pub(super) fn begin(&mut self, now: u64) -> bool {
        self.admission(now) == Admission::Probe && self.breaker.begin()
    }

    /// Learns how long the first byte took.
    pub(super) fn first_byte(&mut self, after: Duration, now: u64) {
        let seconds = after
            .as_secs_f64()
            .clamp(*FIRST_BYTES.start(), *FIRST_BYTES.end());
        self.seen.first_byte.add(seconds, now);
    }

    /// Learns that bytes came; a `sample` is how many came in what time.
    pub(super) fn received(&mut self, bytes: u64, sample: Option<(u64, Duration)>, now: u64) {
        self.fresh.bytes = self.fresh.bytes.saturating_add(bytes);
        if let Some((bytes, during)) = sample {
            self.speed(bytes, during, now);
        }
    }

    /// Learns how fast bytes came.
    pub(super) fn speed(&mut self, bytes: u64, during: Duration, now: u64) {
        let seconds = during.as_secs_f64().max(0.001);
        let speed = (bytes as f64 / seconds).clamp(*SPEEDS.start(), *SPEEDS.end());
        self.seen.speed.add(speed, now);
    }

    /// Learns how a use ended: as the `probe` when [`Host::begin`] said so. `random` is 0..1.
    pub(super) fn end(&mut self, probe: bool, ending: Ending, now: u64, random: f64) {
        let at = Duration::from_millis(now);
        let outcome = match ending {
            Ending::Success => {
                self.seen.success.add(1.0, now);
                self.seen.last_success = Some(now);
                self.fresh.successes = self.fresh.successes.saturating_add(1);
                Outcome::Success
            }
            Ending::Failure { blame, retry_after } => self.failure(blame, retry_after, now),
            // It answered, and truly.
            Ending::Gone => failure(Blame::Request, None),
            Ending::Abandoned => Outcome::Abandoned,
            Ending::WrongBytes => {
                self.failed(Problem::WrongBytes, now);
                self.breaker.block_longest(at, &policy(), random);
                self.breaker_at = now;
                return;
            }
        };
        if outcome != Outcome::Abandoned {
            self.breaker_at = now;
        }
        self.breaker.end(probe, outcome, at, &policy(), random);
    }

    /// Learns from a failure, and returns what its breaker is to learn.
    fn failure(&mut self, blame: Blame, retry_after: Option<Duration>, now: u64) -> Outcome {
        let (problem, blame) = match blame {
            // The caller, its disk or its settings: it would have failed with any mirror.
            Blame::Cancelled | Blame::Request => return Outcome::Abandoned,
            // It works. That it is slow is known from the samples of its speed.
            Blame::Slow => return failure(blame, None),
            Blame::Busy => (Problem::Busy, Blame::Busy),
            // Not blocked at once, as a service is: of two failures in three seconds one is often the own network's.
            Blame::Down => (Problem::Down, Blame::Fault),
            Blame::Wrong | Blame::Answer => (Problem::Wrong, Blame::Fault),
            _ => (Problem::Fault, Blame::Fault),
        };
        self.failed(problem, now);
        // Whoever names a time is left alone until then, whatever else is wrong with it.
        let blame = if retry_after.is_some() {
            Blame::Busy
        } else {
            blame
        };
        failure(blame, retry_after)
    }

    fn failed(&mut self, why: Problem, now: u64) {
        self.seen.success.add(0.0, now);
        self.seen.last_failure = Some(LastFailure { at: now, why });
        self.fresh.failures = self.fresh.failures.saturating_add(1);
    }

    /// Returns how often things happened, in all.
    pub(super) fn counts(&self) -> Counts {
        self.seen.counts.plus(self.fresh)
    }

    /// Returns when it was heard of last, in milliseconds.
    pub(super) fn heard_at(&self) -> u64 {
        self.seen.heard_at().max(self.breaker_at)
    }
}

impl Seen {
    /// Returns when it was heard of last, in milliseconds.
    pub(super) fn heard_at(&self) -> u64 {
        let averages = [self.success, self.speed, self.first_byte];
        averages.iter().map(Ema::at).max().unwrap_or(0)
    }
}

fn failure(blame: Blame, retry_after: Option<Duration>) -> Outcome {
    Outcome::Failure { blame, retry_after }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const MINUTE: u64 = 60_000;

    fn fails(host: &mut Host, blame: Blame, retry_after: Option<u64>, now: u64) {
        let probe = host.begin(now);
        let ending = Ending::Failure {
            blame,
            retry_after: retry_after.map(Duration::from_secs),
        };
        host.end(probe, ending, now, 0.5);
    }

    fn blocked_until(host: &Host, now: u64) -> Option<u64> {
        match host.admission(now) {
            Admission::Blocked(until) => Some(until.as_millis() as u64),
            _ => None,
        }
    }

    #[test]
    fn hosts_are_told_apart_by_scheme_name_and_port_and_by_nothing_else() {
        let of = |url: &str| origin(&Url::parse(url).unwrap());
        assert_eq!(
            of("https://joe:secret@Example.org:443/a?b"),
            "https://example.org"
        );
        assert_eq!(of("https://example.org:8443/"), "https://example.org:8443");
        assert_eq!(of("http://[::1]:80/"), "http://[::1]");
    }

    #[test]
    fn three_failures_in_a_row_block_whatever_they_are() {
        for blame in [Blame::Down, Blame::Fault, Blame::Wrong, Blame::Answer] {
            let mut host = Host::default();
            fails(&mut host, blame, None, 0);
            fails(&mut host, blame, None, 0);
            assert_eq!(host.admission(0), Admission::Free, "{blame:?}");
            host.end(false, Ending::Success, 0, 0.5);
            fails(&mut host, blame, None, 0);
            fails(&mut host, blame, None, 0);
            assert_eq!(host.admission(0), Admission::Free, "{blame:?}");
            fails(&mut host, blame, None, 0);
            assert_eq!(blocked_until(&host, 0), Some(MINUTE), "{blame:?}");
        }
    }

    #[test]
    fn blocks_double_up_to_32_minutes_and_a_success_takes_one_strike() {
        let mut host = Host::default();
        let mut now = 0;
        fails(&mut host, Blame::Fault, None, now);
        fails(&mut host, Blame::Fault, None, now);
        for minutes in [1, 2, 4, 8, 16, 32, 32] {
            fails(&mut host, Blame::Fault, None, now);
            let until = blocked_until(&host, now).unwrap();
            assert_eq!(until - now, minutes * MINUTE);
            now = until;
        }
        let probe = host.begin(now);
        assert!(probe);
        host.end(probe, Ending::Success, now, 0.5);
        assert_eq!(host.breaker.strikes(), 6);
    }

    #[test]
    fn a_host_that_names_a_time_is_left_alone_until_then_within_reason() {
        let mut host = Host::default();
        fails(&mut host, Blame::Busy, Some(7), 0);
        assert_eq!(blocked_until(&host, 0), Some(7_000));
        assert_eq!(host.breaker.strikes(), 0);
        let mut host = Host::default();
        fails(&mut host, Blame::Fault, Some(1_000_000), 0);
        assert_eq!(blocked_until(&host, 0), Some(32 * MINUTE));
    }

    #[test]
    fn what_is_not_the_hosts_fault_is_not_held_against_it() {
        let mut host = Host::default();
        for blame in [Blame::Request, Blame::Cancelled, Blame::Slow] {
            for _ in 0..5 {
                fails(&mut host, blame, None, 0);
            }
        }
        for _ in 0..5 {
            host.end(false, Ending::Gone, 0, 0.5);
            host.end(false, Ending::Abandoned, 0, 0.5);
        }
        assert_eq!(host.admission(0), Admission::Free);
        assert_eq!(host.seen.success.value(), None);
        assert_eq!(host.counts(), Counts::default());
    }

    #[test]
    fn wrong_bytes_block_for_32_minutes_at_once_and_older_successes_do_not_help() {
        let mut host = Host::default();
        host.end(false, Ending::WrongBytes, 5, 0.5);
        host.end(false, Ending::Success, 6, 0.5);
        assert_eq!(blocked_until(&host, 6), Some(5 + 32 * MINUTE));
        assert_eq!(
            host.seen.last_failure.unwrap().why.to_string(),
            "it gave wrong bytes"
        );
    }

    #[test]
    fn one_probe_at_a_time_and_asking_inside_a_block_is_none() {
        let mut host = Host::default();
        for _ in 0..3 {
            fails(&mut host, Blame::Fault, None, 0);
        }
        assert!(!host.begin(1));
        assert!(host.begin(MINUTE));
        assert!(!host.begin(MINUTE));
        assert_eq!(host.admission(MINUTE), Admission::Probing);
        host.end(true, Ending::Abandoned, MINUTE, 0.5);
        assert!(host.begin(MINUTE));
    }

    proptest! {
        #[test]
        fn every_host_comes_back(ends in prop::collection::vec((0_u8..8, 0_u64..5_000_000, 0.0_f64..1.0), 1..60)) {
            let mut host = Host::default();
            let mut now = 0;
            for (end, later, random) in ends {
                now += later;
                let probe = host.begin(now);
                let fail = |blame, after| Ending::Failure { blame, retry_after: after };
                let ending = match end {
                    0 => Ending::Success,
                    1 => Ending::Gone,
                    2 => Ending::WrongBytes,
                    3 => Ending::Abandoned,
                    4 => fail(Blame::Busy, Some(Duration::from_secs(u64::MAX))),
                    5 => fail(Blame::Down, None),
                    6 => fail(Blame::Wrong, Some(Duration::from_mins(1))),
                    _ => fail(Blame::Fault, None),
                };
                host.end(probe, ending, now, random);
                // 32 minutes and a fifth.
                let longest = 32 * MINUTE * 6 / 5;
                prop_assert!(!matches!(host.admission(now + longest), Admission::Blocked(_)));
                prop_assert!(host.admission(now) != Admission::Probing, "a probe has ended");
            }
        }
    }
}
