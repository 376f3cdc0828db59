//! Time that only goes forth: that of this run, and how times of files are read by it.

use tokio::time::Instant;
use videogen_durable::unix_millis;

/// The latest time that is believed, in Unix milliseconds: the year 37,000. Sums with it do not overflow.
const LATEST: u64 = 1 << 50;

/// Tells Unix milliseconds as they were when the run began, and goes on from there whatever happens to the wall clock.
#[derive(Debug)]
pub(super) struct RunClock {
    base: u64,
    began: Instant,
}

impl RunClock {
    /// Starts with what the wall clock says.
    pub(super) fn start() -> Self {
        Self {
            base: wall_millis(),
            began: Instant::now(),
        }
    }

    /// Returns the time of this run, in milliseconds.
    pub(super) fn now(&self) -> u64 {
        let since = u64::try_from(self.began.elapsed().as_millis()).unwrap_or(LATEST);
        self.base.saturating_add(since)
    }

    /// Reads times of files by this clock.
    pub(super) fn wall_to_run(&self) -> Shift {
        Shift {
            from: wall_millis(),
            to: self.now(),
        }
    }
}

/// Returns what the wall clock says, in Unix milliseconds.
pub(super) fn wall_millis() -> u64 {
    unix_millis().min(LATEST)
}

/// The same moment by two clocks, in milliseconds: times of the one are read by the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Shift {
    /// Now, by the clock that the times are of.
    pub(super) from: u64,
    /// Now, by the other clock.
    pub(super) to: u64,
}

impl Shift {
    /// Returns the way back.
    pub(super) fn back(self) -> Self {
        Self {
            from: self.to,
            to: self.from,
        }
    }

    /// Reads the time of something that has happened. One in the future counts as now.
    pub(super) fn past(self, at: u64) -> u64 {
        let age = self.from - at.min(self.from);
        self.to.saturating_sub(age)
    }

    /// Reads the end of something, which is at most `longest` milliseconds from now.
    pub(super) fn end(self, at: u64, longest: u64) -> u64 {
        if at > self.from {
            self.to.saturating_add((at - self.from).min(longest))
        } else {
            self.past(at)
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn whatever_the_clocks_say_the_past_is_past_and_an_end_is_near(
            at: u64,
            from in 0..=LATEST,
            to in 0..=LATEST,
            longest in 0_u64..10_000_000,
        ) {
            let shift = Shift { from, to };
            prop_assert!(shift.past(at) <= to);
            prop_assert!(shift.end(at, longest) <= to + longest);
            // What lies ahead by the one clock does so by the other.
            prop_assert_eq!(shift.end(at, longest) > to, at > from && longest > 0);
        }

        #[test]
        fn there_and_back_is_the_same(
            age in 0_u64..1_000_000,
            from in 1_000_000..=LATEST,
            to in 1_000_000..=LATEST,
        ) {
            let shift = Shift { from, to };
            prop_assert_eq!(shift.back().past(shift.past(from - age)), from - age);
            prop_assert_eq!(shift.back().end(shift.end(from + age, u64::MAX), u64::MAX), from + age);
        }
    }
}
