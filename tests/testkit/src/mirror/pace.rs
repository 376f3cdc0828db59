//! When the next bytes are due on a connection that is no faster than it is told to be.

use std::time::{Duration, Instant};

/// Written at once at most: large enough to cost little, small enough to look like a line and not like bursts.
const LARGEST: u64 = 64 << 10;
/// Chunks a second of slow connections.
const CHUNKS: u64 = 20;
/// What a reader that pauses gets at once afterwards, at most; it has lost the rest, as it has on a real line. That the
/// machine was late is made good whole: a busy one does not make a mirror slower.
const CATCH_UP: Duration = Duration::from_millis(250);

/// A bucket of tokens that starts empty and is emptied by each chunk.
#[derive(Debug)]
pub(crate) struct Pace {
    /// Bytes a second; `None`: no limit.
    speed: Option<u64>,
    /// When a connection that was never late would have begun.
    start: Instant,
    sent: u64,
}

impl Pace {
    pub(crate) fn new(speed: Option<u64>, now: Instant) -> Self {
        Self {
            speed,
            start: now,
            sent: 0,
        }
    }

    /// How much to write at once.
    pub(crate) fn chunk(&self) -> u64 {
        match self.speed {
            None => 4 * LARGEST,
            Some(speed) => (speed / CHUNKS).clamp(1, LARGEST),
        }
    }

    /// When the last byte of a chunk of this size may go; counts it as gone. `blocked` is how long the reader did not take
    /// the chunk before.
    pub(crate) fn due(&mut self, bytes: u64, now: Instant, blocked: Duration) -> Instant {
        let Some(speed) = self.speed else {
            return now;
        };
        self.sent += bytes;
        // No speed: never.
        let seconds = self.sent as f64 / speed as f64;
        let due = self.start
            + Duration::try_from_secs_f64(seconds)
                .unwrap_or(Duration::MAX)
                .min(Duration::from_secs(1 << 30));
        let late = now.saturating_duration_since(due);
        self.start += late.saturating_sub(CATCH_UP).min(blocked);
        due
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Seconds that so many bytes take when each chunk is late by some time, and the reader blocks for some.
    fn seconds(speed: u64, bytes: u64, late: Duration, blocked: Duration) -> f64 {
        let start = Instant::now();
        let mut pace = Pace::new(Some(speed), start);
        let (mut now, mut left) = (start, bytes);
        while left > 0 {
            let chunk = pace.chunk().min(left);
            now = now.max(pace.due(chunk, now, blocked)) + late + blocked;
            left -= chunk;
        }
        (now - start).as_secs_f64()
    }

    const NONE: Duration = Duration::ZERO;

    #[test]
    fn a_connection_has_its_speed_to_a_thousandth() {
        for speed in [1, 20, 1_000, 500_000, 10_000_000, 20_000_000] {
            let taken = seconds(speed, 10 * speed, NONE, NONE);
            assert!((9.99..10.01).contains(&taken), "{speed}: {taken}");
        }
    }

    #[test]
    fn a_late_machine_is_made_good_and_a_reader_that_pauses_is_not() {
        let late = seconds(1_000_000, 10_000_000, Duration::from_millis(40), NONE);
        assert!((9.9..10.1).contains(&late), "{late}");
        // 200 chunks, each of which the reader takes a second for.
        let paused = seconds(1_000_000, 10_000_000, NONE, Duration::from_secs(1));
        assert!(paused > 195.0, "{paused}");
    }

    #[test]
    fn a_pause_of_the_reader_saves_little() {
        let start = Instant::now();
        let mut pace = Pace::new(Some(1_000_000), start);
        let pause = Duration::from_mins(1);
        let later = start + pause;
        pace.due(50_000, later, pause);
        // A quarter of a second's worth is due at once, no more.
        let mut at_once = 0;
        while pace.due(50_000, later, NONE) <= later {
            at_once += 50_000;
        }
        assert!(at_once <= 300_000, "{at_once}");
    }
}
