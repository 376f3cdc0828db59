//! Lowers music while somebody speaks: finds where speech is and makes a gain curve around it.

use super::{SAMPLE_RATE, from_db};

/// Length of the blocks whose power decides whether somebody speaks: 10 ms.
const BLOCK: usize = SAMPLE_RATE as usize / 100;
/// Speech is what lies above this far below the loudest block; quieter is breath and room.
const BELOW_LOUDEST_DB: f64 = -35.0;
/// … and above this in any case, in dB of full scale; below it a recording is silence.
const FLOOR_DBFS: f64 = -60.0;
/// Pauses shorter than this, in seconds, are those within a sentence: the music stays down.
const HOLD: f64 = 0.35;
/// How long the music takes to go down, in seconds. It starts that much before the first word.
const ATTACK: f64 = 0.08;
/// How long it takes to come back, in seconds.
const RELEASE: f64 = 0.6;

/// The parts with speech, as ranges of samples in ascending order without overlap; pauses within a sentence included.
pub(super) fn speech(voice: &[f32]) -> Vec<std::ops::Range<usize>> {
    let power = |block: &[f32]| {
        block.iter().map(|s| f64::from(*s).powi(2)).sum::<f64>() / block.len() as f64
    };
    let powers: Vec<f64> = voice.chunks(BLOCK).map(power).collect();
    let loudest = powers.iter().copied().fold(0.0, f64::max);
    // Power ratios: the square of sample ratios.
    let threshold = (loudest * from_db(BELOW_LOUDEST_DB).powi(2)).max(from_db(FLOOR_DBFS).powi(2));
    let hold = (HOLD * f64::from(SAMPLE_RATE)) as usize;
    let mut parts: Vec<std::ops::Range<usize>> = Vec::new();
    for (index, _) in powers
        .iter()
        .enumerate()
        .filter(|(_, power)| **power > threshold)
    {
        let block = index * BLOCK..((index + 1) * BLOCK).min(voice.len());
        match parts.last_mut() {
            Some(last) if block.start - last.end < hold => last.end = block.end,
            _ => parts.push(block),
        }
    }
    parts
}

/// The gain for each of `length` samples: `10^(-depth_db/20)` throughout each part of speech, reached by a smooth
/// curve in decibels that starts 80 ms before it, and back at 1 0.6 s after it.
pub(super) fn gains(speech: &[std::ops::Range<usize>], length: usize, depth_db: f64) -> Vec<f32> {
    let (attack, release) = (
        ATTACK * f64::from(SAMPLE_RATE),
        RELEASE * f64::from(SAMPLE_RATE),
    );
    // 0 is fully open, 1 fully down. Where two parts reach, the lower gain counts.
    let mut depth = vec![0.0_f32; length];
    for part in speech {
        let from = part.start.saturating_sub(attack as usize).min(length);
        let to = (part.end + release as usize).min(length);
        for (i, depth) in depth.iter_mut().enumerate().take(to).skip(from) {
            let down = if i < part.start {
                1.0 - (part.start - i) as f64 / attack
            } else if i < part.end {
                1.0
            } else {
                1.0 - (i - part.end) as f64 / release
            };
            // Smoothstep: no corner at either end of the movement.
            let smooth = down * down * (3.0 - 2.0 * down);
            *depth = depth.max(smooth as f32);
        }
    }
    // Nearly all samples are at either end; powers are taken for the movements only.
    let down = from_db(-depth_db) as f32;
    let gain = |depth: &f32| match *depth {
        0.0 => 1.0,
        1.0 => down,
        between => from_db(-depth_db * f64::from(between)) as f32,
    };
    depth.iter().map(gain).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Noise-like samples in `parts` of an otherwise silent second-based timeline.
    fn voice(seconds: usize, parts: &[(f64, f64)]) -> Vec<f32> {
        let mut samples = vec![0.0; seconds * 48_000];
        for (from, to) in parts {
            let part = (from * 48_000.0) as usize..(to * 48_000.0) as usize;
            for (i, sample) in samples[part].iter_mut().enumerate() {
                *sample = if i * 7919 % 13 < 6 { 0.2 } else { -0.2 };
            }
        }
        samples
    }

    fn is_one(gain: f32) -> bool {
        (gain - 1.0).abs() < 1e-6
    }

    #[test]
    fn short_pauses_belong_to_the_sentence() {
        let parts = speech(&voice(5, &[(1.0, 1.5), (1.8, 2.0), (3.0, 3.5)]));
        assert_eq!(parts, [48_000..96_000, 144_000..168_000]);
    }

    #[test]
    fn silence_and_faint_noise_are_not_speech() {
        assert!(speech(&[]).is_empty());
        assert!(speech(&vec![0.0; 48_000]).is_empty());
        assert!(speech(&vec![0.0005; 48_000]).is_empty());
    }

    #[test]
    fn the_music_is_down_when_the_word_starts_and_back_afterwards() {
        let part = 48_000..96_000;
        let gains = gains(std::slice::from_ref(&part), 200_000, 12.0);
        let low = from_db(-12.0) as f32;
        assert!(gains[..48_000 - 3840].iter().all(|gain| is_one(*gain)));
        assert!(
            gains[48_000..96_000]
                .iter()
                .all(|gain| (gain - low).abs() < 1e-6)
        );
        assert!(gains[96_000 + 28_800..].iter().all(|gain| is_one(*gain)));
    }

    proptest! {
        #[test]
        fn gains_stay_between_down_and_open_without_steps(starts in prop::collection::vec(0_usize..200_000, 0..4), depth in 0.0_f64..30.0) {
            let parts: Vec<_> = starts.into_iter().map(|start| start..start + 9_000).collect();
            let gains = gains(&parts, 150_000, depth);
            prop_assert_eq!(gains.len(), 150_000);
            let low = from_db(-depth) as f32 - 1e-6;
            prop_assert!(gains.iter().all(|gain| (low..=1.0).contains(gain)));
            prop_assert!(gains.windows(2).all(|pair| (pair[1] - pair[0]).abs() < 0.002));
        }
    }
}
