//! How often a program that ends by itself is started again. Pure: times are told to it.

use std::collections::VecDeque;
use std::time::Duration;

/// So many starts within [`WINDOW`] are a program that does not run; one that ends now and then may do so all night.
const MOST: usize = 4;
const WINDOW: Duration = Duration::from_mins(10);
/// Before a second start in a row; doubled with each further one.
const FIRST_PAUSE: Duration = Duration::from_secs(1);

/// The starts of a program that is kept running.
#[derive(Debug, Default)]
pub(super) struct Restarts(VecDeque<Duration>);

impl Restarts {
    /// It has ended at `now`: how long to wait before it is started again; `None` when it is not.
    pub(super) fn next(&mut self, now: Duration) -> Option<Duration> {
        while self
            .0
            .front()
            .is_some_and(|at| now.saturating_sub(*at) >= WINDOW)
        {
            self.0.pop_front();
        }
        if self.0.len() >= MOST {
            return None;
        }
        let before = u32::try_from(self.0.len()).unwrap_or(u32::MAX);
        self.0.push_back(now);
        Some(match before {
            0 => Duration::ZERO,
            before => FIRST_PAUSE.saturating_mul(1 << (before - 1).min(8)),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_start_is_at_once_and_many_in_a_row_are_too_many() {
        let mut restarts = Restarts::default();
        let s = Duration::from_secs;
        let pauses: Vec<_> = (0..5).map(|at| restarts.next(s(at))).collect();
        let wanted = [Some(s(0)), Some(s(1)), Some(s(2)), Some(s(4)), None];
        assert_eq!(pauses, wanted);
        // One that ran for a while is a new one.
        assert_eq!(restarts.next(s(700)), Some(s(0)));
    }

    #[test]
    fn one_that_ends_every_hour_is_started_again_all_night() {
        let mut restarts = Restarts::default();
        for hour in 0..100 {
            assert_eq!(
                restarts.next(Duration::from_hours(hour)),
                Some(Duration::ZERO)
            );
        }
    }
}
