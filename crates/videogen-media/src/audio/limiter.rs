//! A look-ahead limiter that keeps the true peak, not only the samples, under a ceiling.

use std::f64::consts::PI;

use super::{SAMPLE_RATE, Stereo};

/// Points looked at per sample; ITU-R BS.1770-5, annex 2, asks for at least four at 48 kHz.
const PHASES: usize = 4;
/// Samples on either side that a point between two samples is interpolated from. Twelve is the double of what
/// BS.1770 uses, as the limiter must not see less than the meter.
const REACH: usize = 12;
/// How far ahead the gain begins to fall, and over how long it is smoothed: 5 ms.
const LOOK_AHEAD: usize = SAMPLE_RATE as usize / 200;
/// Time constant of the return to full gain, in seconds: short enough not to be heard as a hole after a plosive, long
/// enough not to distort low tones.
const RELEASE: f64 = 0.1;
/// With everything this far below the ceiling no point between samples can reach it: the largest sum of absolute
/// coefficients of one phase is below 3.
const SAFE: f32 = 1.0 / 3.0;

/// Lowers `samples` in place wherever their true peak exceeds `ceiling` (a factor of full scale). Returns whether it had to.
/// Both channels get the same gain, so that the picture of the stage stays still.
pub(super) fn limit(samples: &mut Stereo, ceiling: f32) -> bool {
    let length = samples.len();
    let peaks = true_peaks(
        &samples.left[..length],
        &samples.right[..length],
        ceiling * SAFE,
    );
    if peaks.iter().all(|peak| *peak <= ceiling) {
        return false;
    }
    let wanted: Vec<f32> = peaks
        .iter()
        .map(|peak| if *peak > ceiling { ceiling / peak } else { 1.0 })
        .collect();
    let gains = smooth(&wanted);
    for channel in [&mut samples.left, &mut samples.right] {
        for (sample, gain) in channel.iter_mut().zip(&gains) {
            *sample *= gain;
        }
    }
    true
}

/// For each sample, the highest absolute value of both channels from the point half-way to the sample before to the
/// one half-way to the sample after and beyond: every point between two samples counts for both. Where nothing within
/// reach exceeds `relevant`, the sample values stand for the points between.
fn true_peaks(left: &[f32], right: &[f32], relevant: f32) -> Vec<f32> {
    let filters = filters();
    let mut peaks: Vec<f32> = left
        .iter()
        .zip(right)
        .map(|(left, right)| left.abs().max(right.abs()))
        .collect();
    let sample_peaks = peaks.clone();
    for channel in [left, right] {
        // Silence on both sides, so that every sample has its neighbours.
        let mut padded = vec![0.0; REACH];
        padded.extend_from_slice(channel);
        padded.resize(channel.len() + 2 * REACH, 0.0);
        for (block_index, block) in sample_peaks.chunks(64).enumerate() {
            let start = block_index * 64;
            let near =
                start.saturating_sub(REACH)..(start + block.len() + REACH).min(sample_peaks.len());
            if sample_peaks[near].iter().all(|peak| *peak <= relevant) {
                continue;
            }
            for i in start..start + block.len() {
                // The samples i-REACH+1 ..= i+REACH, around the gap between i and i+1.
                let around = &padded[i + 1..=i + 2 * REACH];
                let between = filters
                    .iter()
                    .map(|filter| dot(filter, around).abs())
                    .fold(0.0, f32::max);
                peaks[i] = peaks[i].max(between);
                if let Some(next) = peaks.get_mut(i + 1) {
                    *next = next.max(between);
                }
            }
        }
    }
    peaks
}

/// The interpolation filters for the points 1/4, 2/4 and 3/4 between two samples: a sinc under a Hann window. Scaled
/// to pass a constant unchanged.
fn filters() -> [[f32; 2 * REACH]; PHASES - 1] {
    std::array::from_fn(|phase| {
        let offset = (phase + 1) as f64 / PHASES as f64;
        let taps: [f64; 2 * REACH] = std::array::from_fn(|tap| {
            let x = tap as f64 - (REACH as f64 - 1.0) - offset;
            let window = 0.5 * (1.0 + (PI * x / REACH as f64).cos());
            window * (PI * x).sin() / (PI * x)
        });
        let sum: f64 = taps.iter().sum();
        taps.map(|tap| (tap / sum) as f32)
    })
}

/// The sum of products.
fn dot(a: &[f32; 2 * REACH], b: &[f32]) -> f32 {
    // Four sums, so that the compiler can use vector registers without changing the order of one sum.
    let mut sums = [0.0; 4];
    for (a, b) in a.chunks_exact(4).zip(b.chunks_exact(4)) {
        for ((sum, a), b) in sums.iter_mut().zip(a).zip(b) {
            *sum += a * b;
        }
    }
    sums[0] + sums[1] + sums[2] + sums[3]
}

/// A gain curve without steps that is nowhere above `wanted`: falls from [`LOOK_AHEAD`] samples before a peak on,
/// returns exponentially.
fn smooth(wanted: &[f32]) -> Vec<f32> {
    let length = wanted.len();
    // The lowest wanted gain of the next LOOK_AHEAD samples, by a queue of candidates in rising order …
    let mut lowest = vec![1.0_f32; length];
    let mut queue = std::collections::VecDeque::new();
    for i in (0..length).rev() {
        while queue
            .back()
            .is_some_and(|j: &usize| wanted[*j] >= wanted[i])
        {
            queue.pop_back();
        }
        queue.push_back(i);
        while queue.front().is_some_and(|j| *j >= i + LOOK_AHEAD) {
            queue.pop_front();
        }
        lowest[i] = queue.front().map_or(1.0, |j| wanted[*j]);
    }
    // … recovering slowly from each of them …
    let recovery = 1.0 - (-1.0 / (RELEASE * f64::from(SAMPLE_RATE))).exp();
    let mut gain = 1.0_f64;
    for lowest in &mut lowest {
        gain = f64::from(*lowest).min(gain + (1.0 - gain) * recovery);
        *lowest = gain as f32;
    }
    // … and the mean of the last LOOK_AHEAD of those. Each of the samples i-LOOK_AHEAD+1 ..= i has looked as far as i,
    // so none of them, and thus not their mean, is above what sample i wants.
    let mut sum = LOOK_AHEAD as f64 * f64::from(lowest.first().copied().unwrap_or(1.0));
    let mut means = Vec::with_capacity(length);
    for i in 0..length {
        let leaving = i.checked_sub(LOOK_AHEAD).map_or(lowest[0], |j| lowest[j]);
        sum += f64::from(lowest[i]) - f64::from(leaving);
        means.push((sum / LOOK_AHEAD as f64).min(1.0) as f32);
    }
    means
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::loudness::measure;
    use super::super::{from_db, to_db};
    use super::*;

    /// A sine whose peaks lie between the samples: a quarter of the rate, shifted by 45 degrees. Its samples are 3 dB
    /// below its true peak.
    fn between(level: f64, length: usize) -> Stereo {
        let sample = |i: usize| (level * (PI / 2.0 * i as f64 + PI / 4.0).sin()) as f32;
        let channel: Vec<f32> = (0..length).map(sample).collect();
        Stereo {
            left: channel.clone(),
            right: channel,
        }
    }

    #[test]
    fn peaks_between_samples_are_seen() {
        let tone = between(1.0, 4800);
        let peaks = true_peaks(&tone.left, &tone.right, 0.1);
        assert!(
            (to_db(f64::from(
                tone.left.iter().fold(0.0_f32, |p, s| p.max(s.abs()))
            )) + 3.0)
                .abs()
                < 0.1
        );
        assert!(to_db(f64::from(peaks[2400])).abs() < 0.1, "{}", peaks[2400]);
    }

    #[test]
    fn the_shortcut_for_quiet_parts_is_justified() {
        let largest = filters()
            .iter()
            .map(|filter| filter.iter().map(|tap| tap.abs()).sum::<f32>())
            .fold(0.0, f32::max);
        assert!(largest < 1.0 / SAFE, "{largest}");
    }

    #[test]
    fn what_is_under_the_ceiling_is_untouched() {
        let mut tone = between(0.5, 9600);
        let before = tone.clone();
        assert!(!limit(&mut tone, 0.6));
        assert_eq!(tone, before);
    }

    #[test]
    fn a_burst_is_lowered_and_the_rest_is_not() {
        let mut music = between(0.3, 96_000);
        for i in 48_000..48_500 {
            music.left[i] *= 6.0;
        }
        let before = music.clone();
        assert!(limit(&mut music, from_db(-1.5) as f32));
        let peak = measure(&music, true).dbtp.unwrap();
        assert!(peak < -1.4, "{peak}");
        assert_eq!(music.left[..47_000], before.left[..47_000]);
        assert!((music.right[95_000] - before.right[95_000]).abs() < 0.02);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]
        #[test]
        fn the_gain_is_never_above_what_is_wanted(dips in prop::collection::vec((0_usize..5000, 0.05_f32..1.0), 0..20)) {
            let mut wanted = vec![1.0_f32; 5000];
            for (at, gain) in dips {
                wanted[at] = gain;
            }
            let gains = smooth(&wanted);
            prop_assert_eq!(gains.len(), wanted.len());
            for (i, (gain, wanted)) in gains.iter().zip(&wanted).enumerate() {
                prop_assert!(*gain <= *wanted + 1e-5 && *gain > 0.0, "{} {} {}", i, gain, wanted);
            }
            let step = gains.windows(2).map(|pair| (pair[1] - pair[0]).abs()).fold(0.0, f32::max);
            prop_assert!(step <= 1.01 / LOOK_AHEAD as f32, "{}", step);
        }

        #[test]
        fn noise_ends_under_the_ceiling(seed in any::<u32>(), level in 0.5_f32..8.0) {
            let mut state = seed | 1;
            let mut noise = || {
                state ^= state << 13;
                state ^= state >> 17;
                state ^= state << 5;
                level * (state as f32 / u32::MAX as f32 - 0.5)
            };
            let left: Vec<f32> = (0..20_000).map(|_| noise()).collect();
            let right: Vec<f32> = (0..20_000).map(|_| noise()).collect();
            let mut samples = Stereo { left, right };
            limit(&mut samples, 0.8);
            // White noise at full scale is the worst case for interpolation; real sound stays within hundredths of a dB.
            let peak = measure(&samples, true).dbtp.unwrap();
            prop_assert!(peak < to_db(0.8) + 0.6, "{}", peak);
        }
    }
}
