//! Medians, ratios of pairs, and curves between points.

/// The middle of some numbers, and how far they reach.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Spread {
    pub(crate) median: f64,
    pub(crate) min: f64,
    pub(crate) max: f64,
}

impl Spread {
    /// Of one number or more; [`None`] of none.
    pub(crate) fn of(values: impl IntoIterator<Item = f64>) -> Option<Self> {
        let mut values: Vec<f64> = values.into_iter().collect();
        values.sort_by(f64::total_cmp);
        let (min, max) = (*values.first()?, *values.last()?);
        let middle = values.len() / 2;
        let median = if values.len().is_multiple_of(2) {
            f64::midpoint(values[middle - 1], values[middle])
        } else {
            values[middle]
        };
        Some(Self { median, min, max })
    }

    /// Of `a[i] / b[i]`: two runs made one after the other share the machine's mood, so their ratio says more than
    /// the ratio of two medians.
    pub(crate) fn of_ratios(a: &[f64], b: &[f64]) -> Option<Self> {
        Self::of(a.iter().zip(b).map(|(a, b)| a / b))
    }
}

/// The `fraction` quantile, `0.0..=1.0`, by the nearest rank.
pub(crate) fn quantile(values: &[f64], fraction: f64) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let last = sorted.len().checked_sub(1)?;
    sorted
        .get((fraction * last as f64).round() as usize)
        .copied()
}

/// The mean; [`None`] of nothing.
pub(crate) fn mean(values: &[f64]) -> Option<f64> {
    (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
}

/// `y` at `x` on the straight line through the two of `points` (x, y) that are nearest to `x`, and whether `x` lies
/// outside of all points. [`None`] with fewer than two points or with the same `x` twice.
pub(crate) fn interpolate(points: &[(f64, f64)], x: f64) -> Option<(f64, bool)> {
    let mut sorted = points.to_vec();
    sorted.sort_by(|a, b| a.0.total_cmp(&b.0));
    let upper = sorted
        .partition_point(|point| point.0 < x)
        .clamp(1, sorted.len().checked_sub(1)?.max(1));
    let (a, b) = (*sorted.get(upper - 1)?, *sorted.get(upper)?);
    let outside = x < sorted[0].0 || x > sorted[sorted.len() - 1].0;
    (b.0 > a.0).then(|| (a.1 + (b.1 - a.1) * (x - a.0) / (b.0 - a.0), outside))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_the_middle_of_an_odd_and_of_an_even_number() {
        let odd = Spread::of([3.0, 1.0, 2.0]).unwrap();
        assert_eq!((odd.median, odd.min, odd.max), (2.0, 1.0, 3.0));
        let even = Spread::of([4.0, 1.0, 2.0, 3.0]).unwrap();
        assert_eq!(
            even,
            Spread {
                median: 2.5,
                min: 1.0,
                max: 4.0
            }
        );
        assert_eq!(Spread::of([]), None);
    }

    #[test]
    fn ratios_are_taken_pair_by_pair() {
        // Twice as busy in the second pair: the ratio stays.
        let ratios = Spread::of_ratios(&[1.1, 2.2, 1.1], &[1.0, 2.0, 1.0]).unwrap();
        assert!((ratios.min - 1.1).abs() < 1e-9 && (ratios.max - 1.1).abs() < 1e-9);
    }

    #[test]
    fn a_quantile_is_one_of_the_values() {
        let values: Vec<f64> = (0..=100).rev().map(f64::from).collect();
        assert_eq!(quantile(&values, 0.05), Some(5.0));
        assert_eq!(quantile(&values, 1.0), Some(100.0));
        assert_eq!(quantile(&[], 0.5), None);
    }

    #[test]
    fn between_two_points_lies_the_line_and_outside_it_is_said() {
        let points = [(3.0, 30.0), (1.0, 10.0), (2.0, 20.0)];
        assert_eq!(interpolate(&points, 1.5), Some((15.0, false)));
        assert_eq!(interpolate(&points, 3.0), Some((30.0, false)));
        assert_eq!(interpolate(&points, 4.0), Some((40.0, true)));
        assert_eq!(interpolate(&points, 0.0), Some((0.0, true)));
        assert_eq!(interpolate(&points[..1], 1.0), None);
        assert_eq!(interpolate(&[], 1.0), None);
    }
}
