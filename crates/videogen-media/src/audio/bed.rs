//! Music as long as the video: cut, looped or repeated with crossfades, and faded at both ends.

use std::f64::consts::FRAC_PI_2;

use super::{SAMPLE_RATE, Stereo, samples_in};

/// How long two repetitions overlap, in seconds; at most a quarter of the music.
const CROSSFADE: f64 = 2.0;
/// How long the music takes to come in at the beginning, in seconds.
const FADE_IN: f64 = 0.5;
/// How long it takes to go out at the end, in seconds.
const FADE_OUT: f64 = 1.5;

/// Music to lie under the narration.
#[derive(Debug, Clone, PartialEq)]
pub struct Bed {
    /// The samples.
    pub samples: Stereo,
    /// Whether its end leads into its beginning, so that it can be repeated as it is. Otherwise repetitions are
    /// crossfaded over 2 s.
    pub seamless: bool,
}

impl Bed {
    /// The music at exactly `length` samples, not faded.
    pub(super) fn filled(&self, length: usize) -> Stereo {
        let available = self.samples.len();
        let overlap = if self.seamless || available >= length {
            0
        } else {
            samples_in(CROSSFADE, SAMPLE_RATE).min(available / 4)
        };
        Stereo {
            left: repeat(&self.samples.left[..available], length, overlap),
            right: repeat(&self.samples.right[..available], length, overlap),
        }
    }
}

/// `length` samples of `source` repeated, each repetition beginning `overlap` samples before the one before it ends.
/// Equal power: the two parts are different music, so their powers add.
fn repeat(source: &[f32], length: usize, overlap: usize) -> Vec<f32> {
    let Some(period) = source
        .len()
        .checked_sub(overlap)
        .filter(|period| *period > 0)
    else {
        return vec![0.0; length];
    };
    let sample = |i: usize| {
        let (turn, at) = (i / period, i % period);
        if turn == 0 || at >= overlap {
            return source[at];
        }
        let angle = FRAC_PI_2 * (at as f64 + 0.5) / overlap as f64;
        (f64::from(source[at]) * angle.sin() + f64::from(source[at + period]) * angle.cos()) as f32
    };
    (0..length).map(sample).collect()
}

/// Fades music in and out in place; both fades are shortened to a quarter of music that is very short.
pub(super) fn fade(samples: &mut Stereo) {
    let length = samples.len();
    let fade_in = samples_in(FADE_IN, SAMPLE_RATE).min(length / 4);
    let fade_out = samples_in(FADE_OUT, SAMPLE_RATE).min(length / 4);
    for channel in [&mut samples.left, &mut samples.right] {
        let gain =
            |i: usize, of: usize| (FRAC_PI_2 * (i as f64 + 0.5) / of as f64).sin().powi(2) as f32;
        for (i, sample) in channel.iter_mut().take(fade_in).enumerate() {
            *sample *= gain(i, fade_in);
        }
        for (i, sample) in channel[..length]
            .iter_mut()
            .rev()
            .take(fade_out)
            .enumerate()
        {
            *sample *= gain(i, fade_out);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn bed(samples: Vec<f32>, seamless: bool) -> Bed {
        Bed {
            samples: Stereo {
                left: samples.clone(),
                right: samples,
            },
            seamless,
        }
    }

    #[test]
    fn a_loop_wraps_to_the_sample() {
        let filled = bed(vec![1.0, 2.0, 3.0], true).filled(8);
        assert_eq!(filled.left, [1.0, 2.0, 3.0, 1.0, 2.0, 3.0, 1.0, 2.0]);
    }

    #[test]
    fn a_longer_track_is_only_cut() {
        let filled = bed(vec![1.0, 2.0, 3.0, 4.0], false).filled(3);
        assert_eq!(filled.right, [1.0, 2.0, 3.0]);
    }

    #[test]
    fn joins_of_a_track_neither_jump_nor_gap() {
        // Ramps from 0 to 1: a hard join would jump by 1.
        let ramp: Vec<f32> = (0..480_000).map(|i| i as f32 / 480_000.0).collect();
        let filled = bed(ramp, false).filled(1_500_000);
        let jump = filled
            .left
            .windows(2)
            .map(|pair| (pair[1] - pair[0]).abs())
            .fold(0.0, f32::max);
        assert!(jump < 1e-4, "{jump}");
        assert!((filled.left[384_000 + 96_000] - 0.2).abs() < 1e-6);
    }

    #[test]
    fn fades_begin_and_end_at_nothing() {
        let mut music = Stereo {
            left: vec![1.0; 480_000],
            right: vec![1.0; 480_000],
        };
        fade(&mut music);
        assert!(music.left[0] < 1e-6 && music.left[479_999] < 1e-6);
        assert!(
            music.left[24_000..480_000 - 72_000]
                .iter()
                .all(|sample| *sample > 1.0 - 1e-6)
        );
        assert!(music.right[480_000 - 36_000] < 0.52);
    }

    proptest! {
        #[test]
        fn any_length_is_met(available in 1_usize..50, length in 0_usize..400, seamless: bool) {
            let filled = bed(vec![0.5; available], seamless).filled(length);
            prop_assert_eq!(filled.len(), length);
            // Equal power: at most √2 of the level where two repetitions overlap.
            prop_assert!(filled.left.iter().all(|sample| (0.49..0.71).contains(sample)));
        }
    }
}
