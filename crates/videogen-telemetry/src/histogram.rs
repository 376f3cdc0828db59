//! Quantiles of any number of durations in constant memory.

/// The end of the first bucket, in seconds.
const FIRST: f64 = 1e-3;
const BUCKETS: usize = 64;
/// Buckets from [`FIRST`] to 10⁵ s, eight decades; one bucket is 35 % wider than the one before it.
const INNER: f64 = 62.0;
const DECADES: f64 = 8.0;

/// Counts of durations in 64 buckets of equal width on a logarithmic scale: below 1 ms, up to a day, above.
#[derive(Debug, Clone)]
pub(super) struct Histogram {
    counts: [u64; BUCKETS],
    total: u64,
    least: f64,
    most: f64,
}

impl Histogram {
    pub(super) const fn new() -> Self {
        Self {
            counts: [0; BUCKETS],
            total: 0,
            least: f64::INFINITY,
            most: 0.0,
        }
    }

    /// Adds `seconds`, finite and not negative.
    pub(super) fn add(&mut self, seconds: f64) {
        self.counts[bucket(seconds)] += 1;
        self.total += 1;
        self.least = self.least.min(seconds);
        self.most = self.most.max(seconds);
    }

    pub(super) const fn total(&self) -> u64 {
        self.total
    }

    /// The longest; 0 without any.
    pub(super) const fn most(&self) -> f64 {
        self.most
    }

    /// The duration that `share` (0 to 1) of all durations do not exceed, off by at most the width of a bucket; 0 without
    /// any. Never outside of what was added.
    pub(super) fn quantile(&self, share: f64) -> f64 {
        if self.total == 0 {
            return 0.0;
        }
        let rank = ((share * self.total as f64).ceil() as u64).clamp(1, self.total);
        let mut seen = 0;
        let index = self
            .counts
            .iter()
            .position(|count| {
                seen += count;
                seen >= rank
            })
            .expect("the counts add up to the total");
        middle(index).clamp(self.least, self.most)
    }
}

fn bucket(seconds: f64) -> usize {
    if seconds < FIRST {
        return 0;
    }
    let inner = (seconds / FIRST).log10() * INNER / DECADES;
    (inner as usize).min(BUCKETS - 2) + 1
}

/// The middle of bucket `index` on the logarithmic scale.
fn middle(index: usize) -> f64 {
    FIRST * 10f64.powf((index as f64 - 0.5) * DECADES / INNER)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_ends_have_buckets() {
        assert_eq!(bucket(0.0), 0);
        assert_eq!(bucket(FIRST), 1);
        assert_eq!(bucket(99_000.0), BUCKETS - 2);
        assert_eq!(bucket(101_000.0), BUCKETS - 1);
        assert_eq!(bucket(f64::MAX), BUCKETS - 1);
    }

    #[test]
    fn nothing_and_one() {
        let mut histogram = Histogram::new();
        assert!(histogram.quantile(0.5).abs() < f64::EPSILON);
        histogram.add(3.0);
        for share in [0.0, 0.5, 1.0] {
            assert!((histogram.quantile(share) - 3.0).abs() < f64::EPSILON);
        }
    }

    proptest! {
        #[test]
        fn quantiles_are_off_by_a_bucket_at_most(
            mut seconds in prop::collection::vec(prop_oneof![0.002f64..1.0, 1.0f64..9e4], 1..200), share in 0.0f64..1.0,
        ) {
            let mut histogram = Histogram::new();
            for &s in &seconds {
                histogram.add(s);
            }
            seconds.sort_by(f64::total_cmp);
            let rank = ((share * seconds.len() as f64).ceil() as usize).clamp(1, seconds.len());
            let exact = seconds[rank - 1];
            let ratio = histogram.quantile(share) / exact;
            let width = 10f64.powf(DECADES / INNER);
            prop_assert!(ratio <= width && ratio >= 1.0 / width, "{ratio}");
        }

        #[test]
        fn quantiles_rise_and_stay_within(seconds in prop::collection::vec(0.0f64..1e9, 1..50)) {
            let mut histogram = Histogram::new();
            for &s in &seconds {
                histogram.add(s);
            }
            let quantiles: Vec<f64> = (0..=10).map(|i| histogram.quantile(f64::from(i) / 10.0)).collect();
            prop_assert!(quantiles.is_sorted());
            let (least, most) = (histogram.least, histogram.most());
            prop_assert!(quantiles.iter().all(|&q| q >= least && q <= most));
            prop_assert_eq!(histogram.total(), seconds.len() as u64);
        }
    }
}
