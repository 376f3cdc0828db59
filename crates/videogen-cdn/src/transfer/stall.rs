//! Whether a source has become too slow to keep, judged against itself and the others; pure.

use std::collections::VecDeque;
use std::time::Duration;

/// Parts of a window in which bytes are counted, so that a fall is noticed wherever in a window it begins.
const PARTS: u32 = 5;
/// How much a good window counts in a source's own average.
const WEIGHT: f64 = 0.2;

/// When a source is too slow.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct StallRules {
    /// How long bytes are counted.
    pub(super) window: Duration,
    /// Bytes a second below which any source is too slow.
    pub(super) floor: f64,
    /// The part of its own usual speed, and of the best other source's, below which a source is too slow.
    pub(super) share: f64,
}

impl Default for StallRules {
    /// 5 s, 8 KiB/s, 10 %: research/net.md 1.2, 6.
    fn default() -> Self {
        Self {
            window: Duration::from_secs(5),
            floor: 8.0 * 1024.0,
            share: 0.1,
        }
    }
}

/// How a source does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Pace {
    /// Well enough.
    Fine,
    /// Bytes come, but too slowly for two windows.
    Slow,
    /// Nothing has come for almost two windows.
    Frozen,
}

/// Watches one source. Only the time that it lets us wait counts: what we hold back ourselves is not its fault.
#[derive(Debug, Clone)]
pub(super) struct StallWatch {
    rules: StallRules,
    /// What it usually does, in bytes a second.
    usual: Option<f64>,
    /// Bytes and seconds of the parts of two windows, the newest last.
    parts: VecDeque<(u64, f64)>,
    bytes: u64,
    waited: Duration,
    silent: Duration,
    /// Parts since `usual` was brought up to date.
    since_usual: u32,
}

impl StallWatch {
    /// Watches a source that is expected to give `usual` bytes a second.
    pub(super) fn new(rules: StallRules, usual: Option<f64>) -> Self {
        Self {
            rules,
            usual,
            parts: VecDeque::new(),
            bytes: 0,
            waited: Duration::ZERO,
            silent: Duration::ZERO,
            since_usual: 0,
        }
    }

    /// Returns how long the source may be waited for until it has to be judged again.
    pub(super) fn patience(&self) -> Duration {
        self.part().saturating_sub(self.waited)
    }

    /// Returns how long nothing has come.
    pub(super) fn silent(&self) -> Duration {
        self.silent
    }

    fn part(&self) -> Duration {
        self.rules.window / PARTS
    }

    /// Counts `bytes` that were waited for `waited` long, and judges; `best` is the speed of the best other source.
    pub(super) fn observe(&mut self, bytes: u64, waited: Duration, best: Option<f64>) -> Pace {
        self.bytes += bytes;
        self.waited += waited;
        self.silent = if bytes == 0 {
            self.silent + waited
        } else {
            Duration::ZERO
        };
        if self.waited < self.part() {
            return Pace::Fine;
        }
        self.parts
            .push_back((self.bytes, self.waited.as_secs_f64()));
        (self.bytes, self.waited) = (0, Duration::ZERO);
        if self.parts.len() > 2 * PARTS as usize {
            self.parts.pop_front();
        }
        // One part less than two windows: the next source needs time to begin.
        if self.silent + self.part() >= 2 * self.rules.window {
            return Pace::Frozen;
        }
        self.judge(best)
    }

    fn judge(&mut self, best: Option<f64>) -> Pace {
        let window = PARTS as usize;
        if self.parts.len() < window {
            return Pace::Fine;
        }
        let speed = |parts: &mut dyn Iterator<Item = &(u64, f64)>| {
            let (bytes, seconds) = parts.fold((0, 0.0), |(b, s), part| (b + part.0, s + part.1));
            bytes as f64 / seconds
        };
        let newest = speed(&mut self.parts.iter().rev().take(window));
        let least = [self.usual, best]
            .into_iter()
            .flatten()
            .map(|speed| speed * self.rules.share)
            .fold(self.rules.floor, f64::max);
        self.since_usual += 1;
        if newest >= least {
            // Once a window, so that a fall does not become usual while it happens.
            if self.since_usual < PARTS {
                return Pace::Fine;
            }
            self.since_usual = 0;
            self.usual = Some(
                self.usual
                    .map_or(newest, |old| old + (newest - old) * WEIGHT),
            );
            return Pace::Fine;
        }
        if self.parts.len() < 2 * window {
            return Pace::Fine;
        }
        let before = speed(&mut self.parts.iter().take(window));
        if before < least {
            Pace::Slow
        } else {
            Pace::Fine
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Lets `speed(t)` bytes come in every tenth of a second, and returns when it is given up.
    fn given_up(
        best: Option<f64>,
        usual: Option<f64>,
        speed: impl Fn(f64) -> f64,
    ) -> Option<(f64, Pace)> {
        let mut watch = StallWatch::new(StallRules::default(), usual);
        for tick in 0..1200 {
            let t = f64::from(tick) / 10.0;
            let pace = watch.observe((speed(t) / 10.0) as u64, Duration::from_millis(100), best);
            if pace != Pace::Fine {
                return Some((t + 0.1, pace));
            }
        }
        None
    }

    #[test]
    fn who_freezes_is_given_up_within_ten_seconds_and_who_crawls_within_eleven() {
        for begin in [0.3, 5.0, 7.4, 22.9] {
            let frozen = given_up(None, None, |t| if t < begin { 1e6 } else { 0.0 });
            let (at, pace) = frozen.expect("given up");
            assert_eq!(pace, Pace::Frozen);
            assert!(at - begin <= 10.0, "{}", at - begin);
            let slow = given_up(None, None, |t| if t < begin { 1e7 } else { 1000.0 });
            let (at, pace) = slow.expect("given up");
            assert_eq!(pace, Pace::Slow);
            assert!(at - begin <= 11.01, "{}", at - begin);
        }
    }

    #[test]
    fn a_tenth_of_the_best_or_of_itself_is_enough_and_less_is_not() {
        assert_eq!(given_up(Some(1e6), None, |_| 1.1e5), None);
        let slow = given_up(Some(1e6), None, |_| 0.9e5).expect("given up");
        assert_eq!(slow.1, Pace::Slow);
        assert_eq!(given_up(None, None, |_| 9000.0), None);
        assert!(given_up(None, None, |_| 8000.0).is_some());
        let own = |t| if t < 30.0 { 1e6 } else { 0.5e5 };
        assert!(given_up(None, None, own).is_some());
        assert!(given_up(None, Some(1e6), |_| 0.9e5).is_some());
    }

    #[test]
    fn one_bad_window_is_forgiven() {
        let dips = |t: f64| if t % 12.0 > 7.0 { 100.0 } else { 1e6 };
        assert_eq!(given_up(None, None, dips), None);
    }

    #[test]
    fn time_that_we_hold_it_back_does_not_count() {
        let mut watch = StallWatch::new(StallRules::default(), None);
        for _ in 0..100_000 {
            // It comes at once whenever we ask, which is seldom.
            let pace = watch.observe(1000, Duration::from_micros(100), Some(1e7));
            assert_eq!(pace, Pace::Fine);
        }
    }

    proptest! {
        #[test]
        fn it_is_looked_at_again_within_a_part(waits in proptest::collection::vec((0_u64..5000, 0_u64..900), 0..300)) {
            let mut watch = StallWatch::new(StallRules::default(), None);
            for (bytes, ms) in waits {
                prop_assert!(watch.patience() <= Duration::from_secs(1));
                prop_assert!(watch.patience() > Duration::ZERO);
                watch.observe(bytes, Duration::from_millis(ms), None);
                prop_assert!(watch.parts.len() <= 10);
            }
        }
    }
}
