//! A breaker as a value that outlives the process.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{BlockReason, Breaker, BreakerPolicy, State};

/// The most strikes that are taken from a value. So many successes make up for them, and no block is longer for more.
const MOST_STRIKES: u32 = 32;

/// What a [`Breaker`] knows, as a value to be kept. Times are milliseconds, counted from the moment that the breaker's
/// times are counted from: one that other processes know, such as the Unix epoch, where they are to read it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct BreakerSnapshot {
    /// Blocks that were not made up for by successes.
    pub strikes: u32,
    /// Failures in a row while it is not blocked.
    pub failures: u32,
    /// When its block ends or ended, while nobody has found out since how the server is; 0 when somebody is finding out.
    /// `None` while it is not blocked.
    pub open_until_ms: Option<u64>,
    /// Why it is blocked; [`BlockReason::Failures`] while it is not.
    pub reason: BlockReason,
}

impl Breaker {
    /// Returns what it knows. A probe that is under way is not part of it: only this process waits for its end.
    pub fn snapshot(&self) -> BreakerSnapshot {
        let strikes = self.strikes;
        match self.state {
            State::Closed { failures } => BreakerSnapshot {
                strikes,
                failures,
                ..BreakerSnapshot::default()
            },
            State::Open { until, reason } => BreakerSnapshot {
                strikes,
                open_until_ms: Some(u64::try_from(until.as_millis()).unwrap_or(u64::MAX)),
                reason,
                ..BreakerSnapshot::default()
            },
            State::HalfOpen => BreakerSnapshot {
                strikes,
                open_until_ms: Some(0),
                ..BreakerSnapshot::default()
            },
        }
    }

    /// Returns the breaker that knows `snapshot`, which need not be trusted: a block ends [`BreakerPolicy::longest_block`]
    /// after `now` at the latest, failures of before do not block without one more, and strikes are bounded.
    pub fn restore(snapshot: BreakerSnapshot, now: Duration, policy: &BreakerPolicy) -> Self {
        let state = match snapshot.open_until_ms {
            None => State::Closed {
                failures: snapshot.failures.min(policy.failures.saturating_sub(1)),
            },
            Some(until) => State::Open {
                until: Duration::from_millis(until).min(now + policy.longest_block),
                reason: snapshot.reason,
            },
        };
        Self {
            state,
            strikes: snapshot.strikes.min(MOST_STRIKES),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::{Admission, Outcome};
    use super::*;
    use crate::error::Blame;

    const FAULT: Outcome = Outcome::Failure {
        blame: Blame::Fault,
        retry_after: None,
    };

    fn restored(breaker: &Breaker, now: Duration) -> Breaker {
        let text = serde_json::to_string(&breaker.snapshot()).unwrap();
        let snapshot = serde_json::from_str(&text).unwrap();
        Breaker::restore(snapshot, now, &BreakerPolicy::default())
    }

    fn fail(breaker: &mut Breaker, now: Duration) {
        let probe = breaker.begin();
        breaker.end(probe, FAULT, now, &BreakerPolicy::default(), 0.5);
    }

    #[test]
    fn failures_blocks_and_strikes_are_remembered() {
        let now = Duration::from_secs(1_000_000);
        let mut breaker = Breaker::new();
        fail(&mut breaker, now);
        fail(&mut breaker, now);
        let mut breaker = restored(&breaker, now);
        assert_eq!(breaker.admission(now), Admission::Free);
        fail(&mut breaker, now);
        let until = now + Duration::from_mins(1);
        let mut breaker = restored(&breaker, now);
        assert_eq!(breaker.admission(now), Admission::Blocked(until));
        assert_eq!(breaker.strikes(), 1);
        // Somebody finds out, and the process ends: another one may.
        assert!(breaker.begin());
        let breaker = restored(&breaker, until);
        assert_eq!(breaker.admission(until), Admission::Probe);
        assert_eq!(breaker.strikes(), 1);
    }

    #[test]
    fn why_it_is_blocked_is_remembered() {
        let mut breaker = Breaker::new();
        breaker.block_longest(Duration::ZERO, &BreakerPolicy::default(), 0.0);
        let breaker = restored(&breaker, Duration::ZERO);
        assert_eq!(breaker.reason(), Some(BlockReason::WrongContent));
        assert!(!breaker.is_wanted());
    }

    proptest! {
        #[test]
        fn no_value_blocks_for_longer_than_the_longest_block(
            strikes: u32,
            failures: u32,
            open_until_ms: Option<u64>,
            now in 0_u64..1 << 50,
        ) {
            let snapshot = BreakerSnapshot { strikes, failures, open_until_ms, reason: BlockReason::Wanted };
            let now = Duration::from_millis(now);
            let policy = BreakerPolicy::default();
            let mut breaker = Breaker::restore(snapshot, now, &policy);
            if let Admission::Blocked(until) = breaker.admission(now) {
                prop_assert!(until <= now + policy.longest_block);
            }
            for _ in 0..=MOST_STRIKES {
                let probe = breaker.begin();
                breaker.end(probe, Outcome::Success, now, &policy, 0.5);
            }
            prop_assert_eq!(breaker.strikes(), 0);
            prop_assert_eq!(breaker.admission(now), Admission::Free);
        }
    }
}
