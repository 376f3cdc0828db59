//! An exponential moving average that knows how old it is; pure.

use std::ops::RangeInclusive;

use serde::{Deserialize, Serialize};

/// How much a new sample counts: 0.7 old, 0.3 new (failure catalogue, E17A).
const NEW: f64 = 0.3;
/// What is so old counts half, in milliseconds: 24 h.
const HALF_LIFE: f64 = 24.0 * 3_600_000.0;
/// Nothing counts for less than what is so old, in milliseconds: 72 h. A clock that jumps by years does not forget.
const OLDEST: u64 = 72 * 3_600_000;
/// The most samples that are counted; beyond the first few the count changes nothing but how fast it is forgotten.
const MOST: f64 = 16.0;

/// A moving average. The first samples count alike, as aria2 has it: the n-th one has the weight 1/n, but never less than 0.3.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Ema {
    value: f64,
    /// How many samples are in it; fewer the older they are. 0 while there is none.
    count: f64,
    /// When the last sample was added, in milliseconds.
    at: u64,
}

impl Ema {
    /// Adds a sample, which is finite. What is there counts for less the older it is.
    pub(super) fn add(&mut self, sample: f64, now: u64) {
        let count = self.count * self.weight(now);
        let share = NEW.max(1.0 / (count + 1.0));
        self.value += (sample - self.value) * share;
        self.count = (count + 1.0).min(MOST);
        self.at = now;
    }

    /// Returns the average as it was after the last sample; `None` while there is none.
    pub(super) fn value(&self) -> Option<f64> {
        (self.count > 0.0).then_some(self.value)
    }

    /// Returns how much it is to be believed, 0..=1: half for each 24 h since the last sample, 0 without any.
    pub(super) fn weight(&self, now: u64) -> f64 {
        if self.count > 0.0 {
            let age = now.saturating_sub(self.at).min(OLDEST);
            0.5_f64.powf(age as f64 / HALF_LIFE)
        } else {
            0.0
        }
    }

    /// Returns the average, which goes toward `prior` with its age.
    pub(super) fn toward(&self, prior: f64, now: u64) -> f64 {
        prior + (self.value - prior) * self.weight(now)
    }

    /// Returns the average of something that spans magnitudes, which goes toward `prior` with its age by the same factor
    /// in the same time. Both are above 0.
    pub(super) fn toward_by_factor(&self, prior: f64, now: u64) -> f64 {
        let weight = self.weight(now);
        if weight > 0.0 {
            (prior.ln() + (self.value.ln() - prior.ln()) * weight).exp()
        } else {
            prior
        }
    }

    /// Returns when the last sample was added, in milliseconds; 0 without any.
    pub(super) fn at(&self) -> u64 {
        self.at
    }

    /// Returns the one with the newer sample.
    pub(super) fn newer(self, other: Self) -> Self {
        let order = (self.count > 0.0)
            .cmp(&(other.count > 0.0))
            .then(self.at.cmp(&other.at))
            .then(self.count.total_cmp(&other.count))
            .then(self.value.total_cmp(&other.value));
        if order.is_lt() { other } else { self }
    }

    /// Returns it with the time of its last sample changed.
    pub(super) fn moved(self, time: impl Fn(u64) -> u64) -> Self {
        let at = if self.count > 0.0 { time(self.at) } else { 0 };
        Self { at, ..self }
    }

    /// Returns it as it can be, whatever stood in a file: with a value in `range`, or none.
    pub(super) fn cleaned(self, range: RangeInclusive<f64>) -> Self {
        let is_usable = self.value.is_finite() && self.count.is_finite() && self.count > 0.0;
        if !is_usable {
            return Self::default();
        }
        Self {
            value: self.value.clamp(*range.start(), *range.end()),
            count: self.count.min(MOST),
            at: self.at,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const DAY: u64 = 24 * 3_600_000;

    fn of(samples: &[f64], at: u64) -> Ema {
        let mut ema = Ema::default();
        for sample in samples {
            ema.add(*sample, at);
        }
        ema
    }

    #[test]
    fn the_first_samples_count_alike_and_later_ones_three_tenths() {
        assert_eq!(Ema::default().value(), None);
        assert_eq!(of(&[8.0], 5).value(), Some(8.0));
        assert_eq!(of(&[8.0, 4.0], 5).value(), Some(6.0));
        let third = of(&[8.0, 4.0, 3.0], 5).value().unwrap();
        assert!((third - 5.0).abs() < 1e-9, "{third}");
        let fourth = of(&[8.0, 4.0, 3.0, 15.0], 5).value().unwrap();
        assert!((fourth - (0.7 * 5.0 + 0.3 * 15.0)).abs() < 1e-9, "{fourth}");
    }

    #[test]
    fn it_goes_half_the_way_to_the_prior_each_day_and_never_all_of_it() {
        let ema = of(&[100.0], DAY);
        assert!((ema.toward(0.0, DAY) - 100.0).abs() < 1e-9);
        assert!((ema.toward(0.0, 2 * DAY) - 50.0).abs() < 1e-9);
        assert!((ema.toward_by_factor(1.0, 2 * DAY) - 10.0).abs() < 1e-9);
        // A clock that jumps back, and one that jumps forth by years.
        assert!((ema.toward(0.0, 0) - 100.0).abs() < 1e-9);
        assert!((ema.toward(0.0, 10_000 * DAY) - 12.5).abs() < 1e-9);
        assert!((Ema::default().toward(7.0, DAY) - 7.0).abs() < 1e-9);
        assert!((Ema::default().toward_by_factor(7.0, DAY) - 7.0).abs() < 1e-9);
    }

    #[test]
    fn after_a_long_time_a_new_sample_is_worth_more_than_all_before() {
        let mut ema = of(&[100.0; 10], 0);
        ema.add(0.0, 3 * DAY);
        let value = ema.value().unwrap();
        assert!(value < 60.0, "{value}");
    }

    proptest! {
        #[test]
        fn it_stays_between_its_samples(samples in prop::collection::vec((0.0_f64..1e9, 0_u64..DAY), 1..40)) {
            let mut ema = Ema::default();
            let mut now = 0;
            for (sample, later) in &samples {
                now += later;
                ema.add(*sample, now);
            }
            let least = samples.iter().map(|s| s.0).fold(f64::INFINITY, f64::min);
            let most = samples.iter().map(|s| s.0).fold(0.0, f64::max);
            let value = ema.value().unwrap();
            prop_assert!(value >= least - 1e-6 && value <= most + 1e-6);
        }

        #[test]
        fn what_stood_in_a_file_becomes_usable(value: f64, count: f64, at: u64, now: u64) {
            let ema = Ema { value, count, at }.cleaned(1.0..=1e12);
            if let Some(value) = ema.value() {
                prop_assert!((1.0..=1e12).contains(&value));
            }
            let value = ema.toward_by_factor(1e6, now);
            prop_assert!(value.is_finite() && value > 0.9, "{}", value);
            prop_assert!(ema.newer(Ema::default()) == ema && Ema::default().newer(ema) == ema);
        }
    }
}
