//! Tells how far a download is, a few times a second.

use std::time::Duration;

use tokio::time::Instant;

use super::rate::Rate;
use super::shared::Shared;
use crate::observer::FetchObserver;

/// Between two tellings: five a second.
const EVERY: Duration = Duration::from_millis(200);

/// What was told last.
#[derive(Debug)]
pub(super) struct Progress {
    begun: Instant,
    told: Option<Instant>,
    here: u64,
    received: u64,
    rate: Rate,
    fraction: f32,
}

impl Progress {
    pub(super) fn new(here: u64) -> Self {
        Self {
            begun: Instant::now(),
            told: None,
            here,
            received: 0,
            rate: Rate::default(),
            fraction: 0.0,
        }
    }

    /// Tells it if it is time, or the end; returns whether there is more than the last time.
    pub(super) fn tell(
        &mut self,
        shared: &Shared,
        observer: &dyn FetchObserver,
        is_end: bool,
    ) -> bool {
        let (here, of) = (shared.here(), shared.size());
        // It is less after it was begun anew.
        let has_moved = here != self.here;
        self.here = here;
        self.count(shared.received());
        let is_time = self.told.is_none_or(|at| at.elapsed() >= EVERY);
        if !is_time && !is_end {
            return has_moved;
        }
        self.told = Some(Instant::now());
        let per_second = self.rate.at(self.begun.elapsed()).unwrap_or(0.0);
        observer.bytes(here, of, per_second);
        if let Some(of) = of
            && of > 0
        {
            let fraction = here as f32 / of as f32;
            if fraction > self.fraction || is_end {
                self.fraction = fraction;
                observer.progress(fraction.min(1.0));
            }
        }
        has_moved
    }

    /// Counts what has come, which is brought to the disk in batches later: the speed of those would swing. The time until
    /// something comes says nothing about the speed.
    fn count(&mut self, received: u64) {
        if self.received == 0 && received > 0 {
            self.rate.begin(self.begun.elapsed());
        } else {
            self.rate.add(received - self.received);
        }
        self.received = received;
    }
}
