//! How fast bytes come now: an exponential moving average; pure.

use std::time::Duration;

/// How far back the average looks, in seconds.
const MEMORY: f64 = 1.5;
/// The shortest time that is a sample.
const SAMPLE: Duration = Duration::from_millis(100);

/// The speed of something that moves bytes. Moments count from any fixed one.
#[derive(Debug, Clone, Default)]
pub(super) struct Rate {
    average: Option<f64>,
    since: Option<Duration>,
    bytes: u64,
}

impl Rate {
    /// A rate that is expected to be `speed` bytes a second.
    pub(super) fn expecting(speed: Option<f64>) -> Self {
        Self {
            average: speed,
            since: None,
            bytes: 0,
        }
    }

    /// It begins to move, or to be waited for.
    pub(super) fn begin(&mut self, now: Duration) {
        self.since = Some(now);
        self.bytes = 0;
    }

    /// It moves no more, and nobody expects it to.
    pub(super) fn pause(&mut self, now: Duration) {
        self.sample(now);
        self.since = None;
        self.bytes = 0;
    }

    /// Counts bytes.
    pub(super) fn add(&mut self, bytes: u64) {
        self.bytes += bytes;
    }

    /// Returns the speed in bytes a second, once something was seen.
    pub(super) fn at(&mut self, now: Duration) -> Option<f64> {
        self.sample(now);
        self.average
    }

    fn sample(&mut self, now: Duration) {
        let Some(since) = self.since else { return };
        let took = now.saturating_sub(since);
        if took < SAMPLE {
            return;
        }
        let seen = self.bytes as f64 / took.as_secs_f64();
        let weight = 1.0 - (-took.as_secs_f64() / MEMORY).exp();
        self.average = Some(self.average.map_or(seen, |old| old + (seen - old) * weight));
        self.since = Some(now);
        self.bytes = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    #[test]
    fn it_follows_the_speed_and_falls_when_nothing_comes() {
        let mut rate = Rate::default();
        assert_eq!(rate.at(ms(5000)), None, "nobody began");
        rate.begin(ms(5000));
        for i in 1..=40 {
            rate.add(100_000);
            rate.at(ms(5000 + i * 100));
        }
        let speed = rate.at(ms(9000)).expect("seen");
        assert!((speed - 1e6).abs() < 1e4, "{speed}");
        let fallen = rate.at(ms(15_000)).expect("seen");
        assert!(fallen < 0.05 * speed, "{fallen}");
        rate.pause(ms(15_000));
        assert_eq!(rate.at(ms(60_000)), Some(fallen), "a pause is no silence");
    }
}
