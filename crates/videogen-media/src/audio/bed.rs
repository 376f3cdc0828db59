//! Music as long as the video: cut, looped or repeated with crossfades, and faded at both ends.

use std::f64::consts::FRAC_PI_2;

use super::{SAMPLE_RATE, StereoAudio, samples_in};

/// How long two repetitions overlap, in seconds; at most a quarter of the music.
const CROSSFADE: f64 = 2.0;
/// How long the music takes to come in at the beginning, in seconds.
const FADE_IN: f64 = 0.5;
/// How long it takes to go out at the end, in seconds.
const FADE_OUT: f64 = 1.5;

/// Music to lie under the narration.
#[derive(Debug, Clone, PartialEq)]
pub struct MusicBed {
    /// The samples.
    pub samples: StereoAudio,
    /// Whether its end leads into its beginning, so that it can be repeated as it is. Otherwise repetitions are
    /// crossfaded over 2 s.
    pub seamless: bool,
}

impl MusicBed {
    /// The music as long as `length` samples, not faded.
    pub(super) fn filling(&self, length: usize) -> Filling<'_> {
        let available = self.samples.len();
        let overlap = if self.seamless || available >= length {
            0
        } else {
            samples_in(CROSSFADE, SAMPLE_RATE).min(available / 4)
        };
        Filling {
            left: &self.samples.left[..available],
            right: &self.samples.right[..available],
            overlap,
        }
    }
}

/// Music without end: each repetition begins `overlap` samples before the one before it ends.
#[derive(Debug)]
pub(super) struct Filling<'a> {
    left: &'a [f32],
    right: &'a [f32],
    overlap: usize,
}

impl Filling<'_> {
    /// Fills both channels with the samples from number `start` on.
    pub(super) fn read(&self, start: usize, block: &mut StereoAudio) {
        repeat(self.left, self.overlap, start, &mut block.left);
        repeat(self.right, self.overlap, start, &mut block.right);
    }
}

/// One channel of [`Filling::read`]. Equal power: the two parts are different music, so their powers add.
fn repeat(source: &[f32], overlap: usize, start: usize, output: &mut [f32]) {
    let period = source.len() - overlap;
    let mut done = 0;
    while done < output.len() {
        let (turn, at) = ((start + done) / period, (start + done) % period);
        let run = (period - at).min(output.len() - done);
        let part = &mut output[done..done + run];
        part.copy_from_slice(&source[at..at + run]);
        // The first turn has none before it.
        let overlap = if turn == 0 { 0 } else { overlap };
        for (at, sample) in (at..overlap).zip(part) {
            let angle = FRAC_PI_2 * (at as f64 + 0.5) / overlap as f64;
            let ending = f64::from(source[at + period]);
            *sample = (f64::from(*sample) * angle.sin() + ending * angle.cos()) as f32;
        }
        done += run;
    }
}

/// Fades music of `length` samples in and out by lowering the `gains` of those from number `start` on; both fades are
/// shortened to a quarter of music that is very short.
pub(super) fn fade(length: usize, start: usize, gains: &mut [f32]) {
    let fade_in = samples_in(FADE_IN, SAMPLE_RATE).min(length / 4);
    let fade_out = samples_in(FADE_OUT, SAMPLE_RATE).min(length / 4);
    let gain =
        |i: usize, of: usize| (FRAC_PI_2 * (i as f64 + 0.5) / of as f64).sin().powi(2) as f32;
    for (i, level) in (start..fade_in).zip(&mut *gains) {
        *level *= gain(i, fade_in);
    }
    let end = start + gains.len();
    for i in start.max(length - fade_out)..end {
        gains[i - start] *= gain(length - 1 - i, fade_out);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn bed(samples: Vec<f32>, seamless: bool) -> MusicBed {
        MusicBed {
            samples: StereoAudio {
                left: samples.clone(),
                right: samples,
            },
            seamless,
        }
    }

    /// All of `length` samples of a bed of these, read in parts of `part`.
    fn filled(samples: Vec<f32>, seamless: bool, length: usize, part: usize) -> Vec<f32> {
        let bed = bed(samples, seamless);
        let filling = bed.filling(length);
        let mut all = Vec::new();
        while all.len() < length {
            let mut block = StereoAudio::silent(part.min(length - all.len()));
            filling.read(all.len(), &mut block);
            assert_eq!(block.left, block.right);
            all.extend(block.left);
        }
        all
    }

    #[test]
    fn a_loop_wraps_to_the_sample() {
        let filled = filled(vec![1.0, 2.0, 3.0], true, 8, 8);
        assert_eq!(filled, [1.0, 2.0, 3.0, 1.0, 2.0, 3.0, 1.0, 2.0]);
    }

    #[test]
    fn a_longer_track_is_only_cut() {
        let filled = filled(vec![1.0, 2.0, 3.0, 4.0], false, 3, 3);
        assert_eq!(filled, [1.0, 2.0, 3.0]);
    }

    #[test]
    fn joins_of_a_track_neither_jump_nor_gap() {
        // Ramps from 0 to 1: a hard join would jump by 1.
        let ramp: Vec<f32> = (0..480_000).map(|i| i as f32 / 480_000.0).collect();
        let filled = filled(ramp, false, 1_500_000, 4800);
        let jump = filled
            .windows(2)
            .map(|pair| (pair[1] - pair[0]).abs())
            .fold(0.0, f32::max);
        assert!(jump < 1e-4, "{jump}");
        assert!((filled[384_000 + 96_000] - 0.2).abs() < 1e-6);
    }

    #[test]
    fn fades_begin_and_end_at_nothing() {
        let mut gains = vec![1.0; 480_000];
        fade(480_000, 0, &mut gains);
        assert!(gains[0] < 1e-6 && gains[479_999] < 1e-6);
        assert!(
            gains[24_000..480_000 - 72_000]
                .iter()
                .all(|gain| *gain > 1.0 - 1e-6)
        );
        assert!(gains[480_000 - 36_000] < 0.52);
    }

    proptest! {
        #[test]
        fn the_level_holds_at_any_length(available in 1_usize..50, length in 0_usize..400, part in 1_usize..400, seamless: bool) {
            let whole = filled(vec![0.5; available], seamless, length, length.max(1));
            // Equal power: at most √2 of the level where two repetitions overlap.
            prop_assert!(whole.iter().all(|sample| (0.49..0.71).contains(sample)));
            prop_assert_eq!(filled(vec![0.5; available], seamless, length, part), whole);
        }

        #[test]
        fn fades_of_a_part_are_part_of_all(length in 1_usize..200_000, start in 0_usize..200_000, part in 0_usize..9000) {
            let mut whole = vec![1.0; length];
            fade(length, 0, &mut whole);
            let start = start.min(length);
            let mut gains = vec![1.0; part.min(length - start)];
            fade(length, start, &mut gains);
            prop_assert_eq!(&gains, &whole[start..start + gains.len()]);
        }
    }
}
