//! The tries and the time that everything done for one purpose shares.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use tokio::time::Instant;

use crate::client::wait::later;

/// Tries and time. Clones share both, so that a retry inside a retry adds up instead of multiplying.
#[derive(Debug, Clone)]
pub struct Budget {
    tries: Arc<AtomicU32>,
    until: Instant,
    total: Duration,
}

impl Budget {
    /// `total` from now on, and so many tries.
    pub fn new(total: Duration, tries: u32) -> Self {
        Self {
            tries: Arc::new(AtomicU32::new(tries)),
            until: later(Instant::now(), total),
            total,
        }
    }

    /// The same tries with at most `total` from now on, for a part of the work.
    #[must_use]
    pub fn within(&self, total: Duration) -> Self {
        let until = later(Instant::now(), total).min(self.until);
        Self {
            tries: Arc::clone(&self.tries),
            until,
            total: total.min(self.total),
        }
    }

    /// When it is over.
    pub fn until(&self) -> Instant {
        self.until
    }

    /// The time it began with.
    pub fn total(&self) -> Duration {
        self.total
    }

    /// The time that is left.
    pub fn time_left(&self) -> Duration {
        self.until.saturating_duration_since(Instant::now())
    }

    /// The tries that are left.
    pub fn tries_left(&self) -> u32 {
        self.tries.load(Ordering::Relaxed)
    }

    /// Takes one try out of it; `false` when none is left, or no time.
    pub fn begin_try(&self) -> bool {
        !self.time_left().is_zero()
            && self
                .tries
                .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| {
                    left.checked_sub(1)
                })
                .is_ok()
    }
}
