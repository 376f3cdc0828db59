//! The intervals between tries. The only place that uses `backoff`, and of it only the arithmetic of its intervals: it
//! is unmaintained, its clock cannot be replaced, and its own retry loop knows neither `Retry-After` nor cancellation.
//! Any other iterator of durations can take its place here.

use std::time::Duration;

use backoff::ExponentialBackoff;
use backoff::backoff::Backoff;

/// Growing intervals with jitter, without an end.
#[derive(Debug)]
pub(crate) struct Schedule(ExponentialBackoff);

impl Schedule {
    /// Begins at `first`, grows by `factor` up to `longest`, each taken from ±`jitter` around it.
    pub(crate) fn new(first: Duration, factor: f64, longest: Duration, jitter: f64) -> Self {
        Self(ExponentialBackoff {
            current_interval: first,
            initial_interval: first,
            multiplier: factor,
            max_interval: longest,
            randomization_factor: jitter,
            max_elapsed_time: None,
            ..ExponentialBackoff::default()
        })
    }
}

impl Iterator for Schedule {
    type Item = Duration;

    fn next(&mut self) -> Option<Duration> {
        self.0.next_backoff()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn intervals_grow_to_the_longest_and_stay_inside_the_jitter(
            first in 1_u64..2000,
            factor in 1.0_f64..4.0,
            extra in 0_u64..60_000,
            jitter in 0.0_f64..=1.0,
        ) {
            let longest = first + extra;
            let schedule = Schedule::new(Duration::from_millis(first), factor, Duration::from_millis(longest), jitter);
            let mut centre = first as f64 / 1000.0;
            for interval in schedule.take(20) {
                let interval = interval.as_secs_f64();
                let slack = 1e-6 * (1.0 + centre);
                prop_assert!(interval >= centre * (1.0 - jitter) - slack, "{interval} around {centre}");
                prop_assert!(interval <= centre * (1.0 + jitter) + slack, "{interval} around {centre}");
                centre = (centre * factor).min(longest as f64 / 1000.0);
            }
        }
    }
}
