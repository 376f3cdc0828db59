//! How gladly a host is asked, as a number; pure.

use super::host::{Host, Seen};

/// What a host is thought to give while no speed is known of any, in bytes a second.
const UNKNOWN_SPEED: f64 = 1_048_576.0;
/// What the first byte is thought to take while that is known of no host, in seconds.
const UNKNOWN_FIRST_BYTE: f64 = 0.3;
/// How often a host of which nothing is known is thought to succeed: a little less than one that always did.
const UNKNOWN_SUCCESS: f64 = 0.8;
/// No host is worth nothing: among hosts that fail the faster one comes first.
const LEAST_SUCCESS: f64 = 0.01;
/// How many times more gladly the highest priority is asked than the usual one while nothing is known, and the usual one
/// than the lowest.
const PRIORITY: f64 = 4.0;
/// How much of that, as a part of its exponent, is left where all is known.
const PRIORITY_LEFT: f64 = 0.25;

/// What is thought of a host of which nothing is known: what the others have in common.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Prior {
    /// Bytes a second.
    pub(super) speed: f64,
    /// Seconds.
    pub(super) first_byte: f64,
}

impl Prior {
    /// Returns the mean, by factors, of what is known of `hosts`.
    pub(super) fn of<'a>(hosts: impl Iterator<Item = &'a Host> + Clone) -> Self {
        let speeds = hosts.clone().filter_map(|host| host.seen.speed.value());
        let first_bytes = hosts.filter_map(|host| host.seen.first_byte.value());
        Self {
            speed: mean_by_factor(speeds).unwrap_or(UNKNOWN_SPEED),
            first_byte: mean_by_factor(first_bytes).unwrap_or(UNKNOWN_FIRST_BYTE),
        }
    }
}

fn mean_by_factor(values: impl Iterator<Item = f64>) -> Option<f64> {
    let (sum, count) = values.fold((0.0, 0.0), |(sum, count), value| {
        (sum + value.ln(), count + 1.0)
    });
    (count > 0.0).then(|| (sum / count).exp())
}

/// Returns the score of a host, in bytes a second: what it may be hoped to give, times a factor of the registry's
/// `priority` (0..=100), which matters most while nothing is known of the host.
pub(super) fn score(seen: &Seen, priority: u8, prior: Prior, now: u64) -> f64 {
    let speed = seen.speed.toward_by_factor(prior.speed, now);
    let first_byte = seen.first_byte.toward_by_factor(prior.first_byte, now);
    let success = seen.success.toward(UNKNOWN_SUCCESS, now);
    let known = seen.success.weight(now);
    let liking = (f64::from(priority.min(100)) - 50.0) / 50.0;
    let factor = PRIORITY.powf(liking * (1.0 - known * (1.0 - PRIORITY_LEFT)));
    speed * success.max(LEAST_SUCCESS) / (1.0 + first_byte) * factor
}

/// Returns the share of uses that succeed, 0..=1, as it is thought now.
pub(super) fn success(seen: &Seen, now: u64) -> f64 {
    seen.success.toward(UNKNOWN_SUCCESS, now)
}

/// Whether the host was tried within the last 24 h.
pub(super) fn is_tried(seen: &Seen, now: u64) -> bool {
    seen.success.weight(now) >= 0.5
}

/// Whether the host has never succeeded, and has failed within the last 24 h.
pub(super) fn has_only_failed(host: &Host, now: u64) -> bool {
    let counts = host.counts();
    counts.successes == 0 && counts.failures > 0 && is_tried(&host.seen, now)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use proptest::prelude::*;
    use videogen_net::Blame;

    use super::super::host::Ending;
    use super::*;

    const DAY: u64 = 24 * 3_600_000;
    const PRIOR: Prior = Prior {
        speed: 1e6,
        first_byte: 0.3,
    };

    fn host(speed: u64, successes: u32, failures: u32) -> Host {
        let mut host = Host::default();
        host.speed(speed, Duration::from_secs(1), 0);
        for _ in 0..successes {
            host.end(false, Ending::Success, 0, 0.5);
        }
        for _ in 0..failures {
            let ending = Ending::Failure {
                blame: Blame::Fault,
                retry_after: None,
            };
            host.end(false, ending, 0, 0.5);
        }
        host
    }

    fn of(host: &Host, priority: u8, now: u64) -> f64 {
        score(&host.seen, priority, PRIOR, now)
    }

    #[test]
    fn faster_surer_and_sooner_is_better() {
        let usual = host(1_000_000, 3, 0);
        assert!(of(&host(2_000_000, 3, 0), 50, 0) > of(&usual, 50, 0));
        assert!(of(&host(1_000_000, 3, 1), 50, 0) < of(&usual, 50, 0));
        let mut late = usual.clone();
        late.first_byte(Duration::from_secs(3), 0);
        let ratio = of(&usual, 50, 0) / of(&late, 50, 0);
        assert!((ratio - 4.0 / 1.3).abs() < 1e-6, "{ratio}");
    }

    #[test]
    fn priority_matters_most_while_nothing_is_known() {
        let unknown = Host::default();
        let ratio = of(&unknown, 100, 0) / of(&unknown, 50, 0);
        assert!((ratio - 4.0).abs() < 1e-9, "{ratio}");
        let known = host(1_000_000, 3, 0);
        let ratio = of(&known, 100, 0) / of(&known, 50, 0);
        assert!((ratio - 4.0_f64.powf(0.25)).abs() < 1e-9, "{ratio}");
        assert!(of(&known, 255, 0) <= of(&known, 100, 0));
    }

    #[test]
    fn what_is_known_is_half_forgotten_in_a_day() {
        let fast = host(100_000_000, 5, 0);
        let fresh = of(&fast, 50, 0);
        let later = of(&fast, 50, DAY);
        let unknown = of(&Host::default(), 50, DAY);
        assert!(fresh > later && later > unknown);
        // Half of the way by factors for the speed, half of the way for the success.
        let expected = 1e7 * 0.9 / 1.3;
        assert!((later / expected - 1.0).abs() < 1e-6, "{later}");
    }

    #[test]
    fn the_prior_is_what_the_others_have_in_common() {
        let hosts = [host(100, 1, 0), host(10_000, 1, 0), Host::default()];
        let prior = Prior::of(hosts.iter());
        assert!((prior.speed - 1000.0).abs() < 1e-6, "{prior:?}");
        assert!((prior.first_byte - UNKNOWN_FIRST_BYTE).abs() < 1e-9);
        assert!((Prior::of([].iter()).speed - UNKNOWN_SPEED).abs() < 1e-9);
    }

    proptest! {
        #[test]
        fn a_score_is_a_number_above_nothing(
            speed: u64,
            during in 0_u64..1 << 40,
            successes in 0_u32..5,
            failures in 0_u32..5,
            priority: u8,
            now: u64,
        ) {
            let mut host = host(1, successes, failures);
            host.speed(speed, Duration::from_millis(during), 0);
            host.first_byte(Duration::from_millis(during), 0);
            let score = of(&host, priority, now);
            prop_assert!(score.is_finite() && score > 0.0);
        }
    }
}
