//! How long first bytes take, over all downloads: who is later than 19 of 20 is hedged against.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// Samples that are kept.
const KEPT: usize = 200;
/// Fewer say nothing about the slowest of twenty.
const ENOUGH: usize = 40;
/// What is later than this part of them is late (Dean and Barroso, "The Tail at Scale", 2013).
const LATE: f64 = 0.95;
/// No hedge begins sooner: it would be more than one request in twenty when all are about as fast.
const SOONEST: Duration = Duration::from_millis(50);

/// What was seen lately.
#[derive(Debug, Default)]
pub(super) struct FirstBytes(Mutex<VecDeque<Duration>>);

impl FirstBytes {
    pub(super) fn add(&self, after: Duration) {
        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if seen.len() == KEPT {
            seen.pop_front();
        }
        seen.push_back(after);
    }

    /// How long to wait for a first byte until another mirror is asked, too: what 19 of 20 need, and `unknown` while too
    /// few were seen.
    pub(super) fn patience(&self, unknown: Duration) -> Duration {
        let seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if seen.len() < ENOUGH {
            return unknown;
        }
        let mut sorted: Vec<Duration> = seen.iter().copied().collect();
        sorted.sort_unstable();
        let at = (sorted.len() as f64 * LATE) as usize;
        sorted[at.min(sorted.len() - 1)].max(SOONEST)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_in_twenty_is_late_once_enough_were_seen() {
        let unknown = Duration::from_millis(500);
        let seen = FirstBytes::default();
        for ms in 1..40 {
            seen.add(Duration::from_millis(ms * 10));
        }
        assert_eq!(seen.patience(unknown), unknown);
        for ms in 40..=100 {
            seen.add(Duration::from_millis(ms * 10));
        }
        assert_eq!(seen.patience(unknown), Duration::from_millis(960));
        for _ in 0..1000 {
            seen.add(Duration::from_millis(1));
        }
        assert_eq!(seen.patience(unknown), SOONEST);
    }
}
