//! The true peak: how high the wave between the samples reaches.

use std::f64::consts::PI;
use std::ops::ControlFlow;

use super::sink::SampleSink;
use super::{StereoAudio, to_db};
use crate::wide;

/// Points looked at per sample; ITU-R BS.1770-5, annex 2, asks for at least four at 48 kHz.
const PHASES: usize = 4;
/// Samples on either side that a point between two samples is interpolated from. Twelve is the double of what
/// BS.1770 uses, as the limiter must not see less than the meter.
const REACH: usize = 12;
/// Samples a point between two samples is interpolated from.
const TAPS: usize = 2 * REACH;
/// How many times the highest sample within reach a point between samples can be, at most: the largest sum of absolute
/// coefficients of one phase is 2.307.
const MOST_OVER: f32 = 2.31;
/// Gaps between samples that are looked at or passed over together.
const RUN: usize = 64;
/// Gaps that are interpolated at once; a few vector registers of sums.
const LANES: usize = 16;

/// Finds the true peak around every sample of sound that comes in pieces. The pieces' lengths do not matter.
#[derive(Debug)]
pub(super) struct TruePeaks {
    filters: [[f32; TAPS]; PHASES - 1],
    /// Samples whose gaps are not all known, and as many before them as the filters reach.
    kept: StereoAudio,
    /// What the gap before the next sample showed.
    before: f32,
    /// The higher of both channels, sample by sample; and the highest point of each gap. Kept to be used again.
    levels: Vec<f32>,
    gaps: Vec<f32>,
}

impl TruePeaks {
    pub(super) fn new() -> Self {
        // Silence before the first sample, so that it has its neighbours.
        Self {
            filters: filters(),
            kept: StereoAudio::silent(REACH - 1),
            before: 0.0,
            levels: Vec::new(),
            gaps: Vec::new(),
        }
    }

    /// Takes the next samples and appends to `peaks` what has become known, twelve samples late: for each sample, the
    /// highest absolute value of both channels from the sample before to the sample after, as every point between two
    /// samples counts for both. Where nothing can exceed `relevant`, the sample stands for the points around it.
    pub(super) fn push(&mut self, block: [&[f32]; 2], relevant: f32, peaks: &mut Vec<f32>) {
        let StereoAudio { left, right } = &mut self.kept;
        left.extend_from_slice(block[0]);
        right.extend_from_slice(block[1]);
        self.levels.clear();
        self.levels.extend(left.iter().map(|sample| sample.abs()));
        wide::run(|| {
            for (level, right) in self.levels.iter_mut().zip(&*right) {
                *level = level.max(right.abs());
            }
        });

        // Gap g lies between the samples g + REACH - 1 and g + REACH of those kept.
        let known = left.len().saturating_sub(TAPS - 1);
        self.gaps.clear();
        self.gaps.resize(known, 0.0);
        for (run, gaps) in self.gaps.chunks_mut(RUN).enumerate() {
            let around = run * RUN..run * RUN + gaps.len() + TAPS - 1;
            let highest = highest(&self.levels[around.clone()]);
            if highest * MOST_OVER > relevant {
                let (left, right) = (&left[around.clone()], &right[around]);
                between(&self.filters, left, gaps);
                // A voice without music is the same in both.
                if left != right {
                    between(&self.filters, right, gaps);
                }
            }
        }
        let start = peaks.len();
        peaks.extend_from_slice(&self.levels[REACH - 1..][..known]);
        let peaks = &mut peaks[start..];
        raise(peaks, &self.gaps);
        if let ([first, rest @ ..], Some(last)) = (peaks, self.gaps.last()) {
            raise(rest, &self.gaps);
            *first = first.max(std::mem::replace(&mut self.before, *last));
        }
        left.drain(..known);
        right.drain(..known);
    }

    /// The peaks of the last samples, with silence after them.
    pub(super) fn finish(&mut self, relevant: f32, peaks: &mut Vec<f32>) {
        self.push([&[0.0; REACH]; 2], relevant, peaks);
    }
}

/// Measures the highest true peak of sound that comes in pieces.
#[derive(Debug)]
pub(super) struct PeakMeter {
    peaks: TruePeaks,
    known: Vec<f32>,
    highest: f32,
}

impl PeakMeter {
    pub(super) fn new() -> Self {
        Self {
            peaks: TruePeaks::new(),
            known: Vec::new(),
            highest: 0.0,
        }
    }

    pub(super) fn push(&mut self, block: &StereoAudio) {
        self.push_both([&block.left, &block.right]);
    }

    fn push_both(&mut self, block: [&[f32]; 2]) {
        self.known.clear();
        // Only what can exceed the highest so far is of interest.
        self.peaks.push(block, self.highest, &mut self.known);
        self.highest = self.highest.max(highest(&self.known));
    }

    /// The highest true peak of both channels in dBTP; nothing if every sample was zero.
    pub(super) fn finish(mut self) -> Option<f64> {
        self.known.clear();
        self.peaks.finish(self.highest, &mut self.known);
        let highest = self.highest.max(highest(&self.known));
        (highest > 0.0).then(|| to_db(f64::from(highest)))
    }
}

impl SampleSink for PeakMeter {
    fn take(&mut self, left: &[f32], right: &[f32]) -> ControlFlow<()> {
        self.push_both([left, right]);
        ControlFlow::Continue(())
    }
}

/// Raises each of `values` to the one of `others` at its place.
fn raise(values: &mut [f32], others: &[f32]) {
    wide::run(|| {
        for (value, other) in values.iter_mut().zip(others) {
            *value = value.max(*other);
        }
    });
}

/// The highest of values that are not negative.
fn highest(values: &[f32]) -> f32 {
    // Comparing bits instead of numbers would be no faster: this becomes vector instructions as it is.
    values
        .iter()
        .fold(0.0, |most, value| if *value > most { *value } else { most })
}

/// Raises each of `gaps` to the highest absolute value of the points in it. The samples `around` are those that the
/// first gap needs and one more for each further gap.
fn between(filters: &[[f32; TAPS]; PHASES - 1], around: &[f32], gaps: &mut [f32]) {
    let mut chunks = gaps.chunks_exact_mut(LANES);
    let mut at = 0;
    for gaps in &mut chunks {
        for filter in filters {
            // Sample by sample for all gaps, in the order a single gap is summed in below: the same bits.
            let mut sums = [0.0_f32; LANES];
            for (tap, samples) in filter.iter().zip(around[at..].windows(LANES)) {
                for (sum, sample) in sums.iter_mut().zip(samples) {
                    *sum += tap * sample;
                }
            }
            for (gap, sum) in gaps.iter_mut().zip(sums) {
                *gap = gap.max(sum.abs());
            }
        }
        at += LANES;
    }
    for gap in chunks.into_remainder() {
        for filter in filters {
            let products = filter
                .iter()
                .zip(&around[at..])
                .map(|(tap, sample)| tap * sample);
            *gap = gap.max(products.fold(0.0, |sum, product| sum + product).abs());
        }
        at += 1;
    }
}

/// The interpolation filters for the points 1/4, 2/4 and 3/4 between two samples: a sinc under a Hann window. Scaled
/// to pass a constant unchanged.
fn filters() -> [[f32; TAPS]; PHASES - 1] {
    std::array::from_fn(|phase| {
        let offset = (phase + 1) as f64 / PHASES as f64;
        let taps: [f64; TAPS] = std::array::from_fn(|tap| {
            let x = tap as f64 - (REACH as f64 - 1.0) - offset;
            let window = 0.5 * (1.0 + (PI * x / REACH as f64).cos());
            window * (PI * x).sin() / (PI * x)
        });
        let sum: f64 = taps.iter().sum();
        taps.map(|tap| (tap / sum) as f32)
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::tests::{between_samples, noise, pieces};
    use super::*;

    /// All peaks of `sound`, pushed in pieces of these lengths.
    fn peaks(sound: &StereoAudio, lengths: &[usize], relevant: f32) -> Vec<f32> {
        let (mut meter, mut peaks) = (TruePeaks::new(), Vec::new());
        for piece in pieces(sound, lengths) {
            meter.push([&piece.left, &piece.right], relevant, &mut peaks);
        }
        meter.finish(relevant, &mut peaks);
        peaks
    }

    fn measured(sound: &StereoAudio, lengths: &[usize]) -> Option<f64> {
        let mut meter = PeakMeter::new();
        for piece in pieces(sound, lengths) {
            meter.push(&piece);
        }
        meter.finish()
    }

    /// What the library's meter says.
    fn reference(sound: &StereoAudio) -> f64 {
        let mut meter = ebur128::EbuR128::new(2, 48_000, ebur128::Mode::TRUE_PEAK).unwrap();
        meter
            .add_frames_planar_f32(&[&sound.left, &sound.right])
            .unwrap();
        to_db(meter.true_peak(0).unwrap().max(meter.true_peak(1).unwrap()))
    }

    #[test]
    fn peaks_between_samples_are_seen() {
        let tone = between_samples(1.0, 4800);
        assert!((to_db(f64::from(highest(&tone.left))) + 3.0).abs() < 0.1);
        let peaks = peaks(&tone, &[4800], 0.0);
        assert_eq!(peaks.len(), 4800);
        assert!(to_db(f64::from(peaks[2400])).abs() < 0.1, "{}", peaks[2400]);
    }

    #[test]
    fn the_shortcut_for_quiet_parts_is_justified() {
        let largest = filters()
            .iter()
            .map(|filter| filter.iter().map(|tap| tap.abs()).sum::<f32>())
            .fold(0.0, f32::max);
        // Not by more than a little: a loose bound costs time.
        assert!(
            largest < MOST_OVER && largest > MOST_OVER * 0.9,
            "{largest}"
        );
    }

    #[test]
    fn silence_has_no_peak() {
        assert_eq!(measured(&StereoAudio::default(), &[0]), None);
        assert_eq!(measured(&StereoAudio::silent(500), &[500]), None);
    }

    #[test]
    fn a_single_sample_is_its_own_peak() {
        for at in [0, 250, 499] {
            let mut sound = StereoAudio::silent(500);
            sound.right[at] = -0.5;
            let peaks = peaks(&sound, &[500], 0.0);
            assert!((peaks[at] - 0.5).abs() < 1e-6, "{at}: {}", peaks[at]);
        }
    }

    #[test]
    fn another_meter_agrees() {
        // Below the highest frequencies, where filters of different lengths differ.
        let tone = |i: usize, hertz: f64| (2.0 * PI * hertz * i as f64 / 48_000.0 + hertz).sin();
        let sample = |i| [997.0, 3170.0, 9907.0].map(|hertz| tone(i, hertz) as f32);
        let channel: Vec<f32> = (0..48_000).map(|i| sample(i).iter().sum()).collect();
        let sound = StereoAudio {
            left: channel.clone(),
            right: channel,
        };
        let (ours, other) = (measured(&sound, &[48_000]).unwrap(), reference(&sound));
        assert!((ours - other).abs() < 0.1, "{ours} {other}");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]
        #[test]
        fn how_the_sound_is_cut_changes_nothing(seed: u32, lengths in prop::collection::vec(0_usize..700, 1..8)) {
            let sound = noise(seed, 1.0, 3000);
            let whole = peaks(&sound, &[3000], 0.3);
            prop_assert_eq!(whole.len(), 3000);
            prop_assert_eq!(&peaks(&sound, &lengths, 0.3), &whole);
            let most = to_db(f64::from(highest(&whole)));
            prop_assert_eq!(measured(&sound, &lengths), Some(most));
        }
    }
}
