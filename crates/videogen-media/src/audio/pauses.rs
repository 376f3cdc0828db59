//! The pauses of a recording: where it can be cut into scenes.

use std::ops::Range;

use super::SAMPLE_RATE;

/// Divides `samples`, one channel at [`SAMPLE_RATE`], in the proportion of `weights`, each cut in the quietest 50 ms within
/// 1.5 s of its place. There is a range for each weight, and they cover all samples.
pub fn cut_at_pauses(samples: &[f32], weights: &[usize]) -> Vec<Range<usize>> {
    let rate = SAMPLE_RATE as usize;
    let window = rate / 20;
    let total: usize = weights.iter().sum();
    let mut ranges = Vec::with_capacity(weights.len());
    let (mut start, mut seen) = (0, 0);
    for (index, weight) in weights.iter().enumerate() {
        seen += weight;
        let wanted = samples.len() * seen / total;
        let end = if index + 1 == weights.len() {
            samples.len()
        } else {
            let low = wanted.saturating_sub(rate * 3 / 2).max(start + window);
            let high = (wanted + rate * 3 / 2).min(samples.len());
            let energy = |at: usize| {
                samples[at..(at + window).min(samples.len())]
                    .iter()
                    .map(|s| s * s)
                    .sum::<f32>()
            };
            let quietest = (low..high)
                .step_by(window / 2)
                .min_by(|&a, &b| energy(a).total_cmp(&energy(b)));
            quietest
                .map_or(wanted, |at| (at + window / 2).min(samples.len()))
                .max(start)
        };
        ranges.push(start..end);
        start = end;
    }
    ranges
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn recordings_are_cut_where_it_is_quiet() {
        let rate = SAMPLE_RATE as usize;
        // Two seconds of sound, a pause around 2.2 s, three more seconds of sound.
        let samples: Vec<f32> = (0..rate * 5)
            .map(|i| {
                if (rate * 2..rate * 24 / 10).contains(&i) {
                    0.0
                } else {
                    (i as f32 * 0.05).sin()
                }
            })
            .collect();
        let ranges = cut_at_pauses(&samples, &[5, 5]);
        let seconds = ranges[0].end as f64 / rate as f64;
        assert!((2.0..2.4).contains(&seconds), "cut at {seconds}");
        assert_eq!((ranges[0].start, ranges[1].end), (0, samples.len()));
        assert_eq!(ranges[0].end, ranges[1].start);
    }

    #[test]
    fn very_short_recordings_are_divided_without_a_panic() {
        for length in [0, 1, 100, 5000] {
            let ranges = cut_at_pauses(&vec![0.5; length], &[1, 2, 3]);
            assert_eq!(ranges.last().map(|r| r.end), Some(length));
        }
    }
}
