//! How many videos of a run are being made: what they hold of the machine comes back.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How long after its end a video may still be closing files and ending threads.
const ENDING: Duration = Duration::from_secs(5);

/// Counts the videos that are being made, and for a moment those that were.
#[derive(Debug, Default)]
pub(super) struct VideosInProgress(Mutex<Inside>);

#[derive(Debug, Default)]
struct Inside {
    now: u64,
    ended: Option<Instant>,
}

/// A video in the making, until it is dropped.
#[derive(Debug)]
pub(super) struct One<'a>(&'a VideosInProgress);

impl VideosInProgress {
    fn inside(&self) -> std::sync::MutexGuard<'_, Inside> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts one more, until what is returned is dropped.
    pub(super) fn one(&self) -> One<'_> {
        self.inside().now += 1;
        One(self)
    }

    /// Returns how many there are; one, if the last ended a moment ago.
    pub(super) fn count(&self) -> u64 {
        let inside = self.inside();
        let is_ending = inside.ended.is_some_and(|at| at.elapsed() < ENDING);
        inside.now.max(u64::from(is_ending))
    }
}

impl Drop for One<'_> {
    fn drop(&mut self) {
        let mut inside = self.0.inside();
        inside.now -= 1;
        inside.ended = Some(Instant::now());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_that_has_just_ended_counts_for_a_moment() {
        let making = VideosInProgress::default();
        assert_eq!(making.count(), 0, "nothing was begun");
        let (first, second) = (making.one(), making.one());
        assert_eq!(making.count(), 2);
        drop((first, second));
        assert_eq!(making.count(), 1, "it may still be closing files");
        making.inside().ended = Instant::now().checked_sub(ENDING);
        assert_eq!(making.count(), 0);
    }
}
