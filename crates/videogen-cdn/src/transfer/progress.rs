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
    rate: Rate,
    fraction: f32,
}

impl Progress {
    pub(super) fn new(here: u64) -> Self {
        let mut rate = Rate::default();
        rate.begin(Duration::ZERO);
        Self {
            begun: Instant::now(),
            told: None,
            here,
            rate,
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
        self.rate.add(here.saturating_sub(self.here));
        self.here = here;
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
}
