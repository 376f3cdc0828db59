//! Lowers music while somebody speaks: finds where speech is and makes a gain curve around it.

use std::ops::Range;

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

/// Sums that are kept apart: one after the other, each addition would wait for the last.
const SUMS: usize = 8;

/// Finds speech in a voice that comes in pieces, whose lengths do not matter.
#[derive(Debug, Default)]
pub(super) struct SpeechFinder {
    /// The mean power of each whole block so far.
    powers: Vec<f64>,
    /// Sums of squares of the block that is not whole yet, sample n in sum n % [`SUMS`], and its number of samples.
    sums: [f64; SUMS],
    count: usize,
}

impl SpeechFinder {
    /// Takes the next samples of the voice.
    pub(super) fn push(&mut self, voice: &[f32]) {
        let mut rest = voice;
        while !rest.is_empty() {
            let (part, later) = rest.split_at(rest.len().min(BLOCK - self.count));
            // Up to where the first sum is next, and from there on all at once.
            let ahead = part
                .len()
                .min(self.count.next_multiple_of(SUMS) - self.count);
            let (ahead, groups) = part.split_at(ahead);
            let (groups, behind) = groups.as_chunks::<SUMS>();
            self.add(ahead);
            for group in groups {
                for (sum, sample) in self.sums.iter_mut().zip(group) {
                    *sum += f64::from(*sample).powi(2);
                }
            }
            self.count += groups.len() * SUMS;
            self.add(behind);
            if self.count == BLOCK {
                self.end_block();
            }
            rest = later;
        }
    }

    /// Adds samples of the same block, one by one.
    fn add(&mut self, samples: &[f32]) {
        for sample in samples {
            self.sums[self.count % SUMS] += f64::from(*sample).powi(2);
            self.count += 1;
        }
    }

    fn end_block(&mut self) {
        self.powers
            .push(self.sums.iter().sum::<f64>() / self.count as f64);
        (self.sums, self.count) = ([0.0; SUMS], 0);
    }

    /// The parts with speech, as ranges of samples in ascending order without overlap; pauses within a sentence
    /// included.
    pub(super) fn parts(mut self) -> Vec<Range<usize>> {
        let length = self.powers.len() * BLOCK + self.count;
        if self.count > 0 {
            self.end_block();
        }
        let loudest = self.powers.iter().copied().fold(0.0, f64::max);
        // Power ratios: the square of sample ratios.
        let threshold =
            (loudest * from_db(BELOW_LOUDEST_DB).powi(2)).max(from_db(FLOOR_DBFS).powi(2));
        let hold = (HOLD * f64::from(SAMPLE_RATE)) as usize;
        let mut parts: Vec<Range<usize>> = Vec::new();
        for (index, _) in self
            .powers
            .iter()
            .enumerate()
            .filter(|(_, power)| **power > threshold)
        {
            let block = index * BLOCK..((index + 1) * BLOCK).min(length);
            match parts.last_mut() {
                Some(last) if block.start - last.end < hold => last.end = block.end,
                _ => parts.push(block),
            }
        }
        parts
    }
}

/// The gain of music around speech: `10^(-depth_db/20)` throughout each part of speech, reached by a smooth curve in
/// decibels that starts 80 ms before it, and back at 1 0.6 s after it.
#[derive(Debug)]
pub(super) struct Ducking {
    speech: Vec<Range<usize>>,
    down: f32,
    /// The gain so many samples before speech, and behind it. All parts have the same curves.
    before: Vec<f32>,
    behind: Vec<f32>,
}

impl Ducking {
    pub(super) fn new(speech: Vec<Range<usize>>, depth_db: f64) -> Self {
        let curve = |seconds: f64| {
            let length = (seconds * f64::from(SAMPLE_RATE)) as usize;
            let gain = |i: usize| {
                let down = 1.0 - i as f64 / length as f64;
                // Smoothstep: no corner at either end of the movement.
                let smooth = down * down * (3.0 - 2.0 * down);
                from_db(-depth_db * smooth) as f32
            };
            (0..length).map(gain).collect()
        };
        Self {
            speech,
            down: from_db(-depth_db) as f32,
            before: curve(ATTACK),
            behind: curve(RELEASE),
        }
    }

    /// Fills `gains` with those of the samples from number `start` on. Where two parts reach, the lower gain counts.
    pub(super) fn read(&self, start: usize, gains: &mut [f32]) {
        gains.fill(1.0);
        let end = start + gains.len();
        // In ascending order, so those that reach this far are next to each other.
        let first = self
            .speech
            .partition_point(|part| part.end + self.behind.len() <= start);
        for part in self.speech[first..]
            .iter()
            .take_while(|part| part.start < end + self.before.len())
        {
            let from = part.start.saturating_sub(self.before.len() - 1).max(start);
            for i in from..(part.end + self.behind.len()).min(end) {
                let gain = if i < part.start {
                    self.before[part.start - i]
                } else if i < part.end {
                    self.down
                } else {
                    self.behind[i - part.end]
                };
                let lowest = &mut gains[i - start];
                *lowest = lowest.min(gain);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn speech(voice: &[f32]) -> Vec<Range<usize>> {
        let mut finder = SpeechFinder::default();
        finder.push(voice);
        finder.parts()
    }

    fn gains(speech: &[Range<usize>], length: usize, depth_db: f64) -> Vec<f32> {
        let mut gains = vec![0.0; length];
        Ducking::new(speech.to_vec(), depth_db).read(0, &mut gains);
        gains
    }

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
        #![proptest_config(ProptestConfig::with_cases(48))]
        #[test]
        fn how_the_voice_is_cut_changes_nothing(lengths in prop::collection::vec(1_usize..20_000, 1..20)) {
            let voice = voice(5, &[(0.7, 1.5), (2.8, 3.0), (4.5, 5.0)]);
            let mut finder = SpeechFinder::default();
            let mut rest = &voice[..];
            for length in lengths {
                let (piece, after) = rest.split_at(length.min(rest.len()));
                finder.push(piece);
                rest = after;
            }
            finder.push(rest);
            prop_assert_eq!(finder.parts(), speech(&voice));
        }

        #[test]
        fn gains_of_a_part_are_part_of_all(starts in prop::collection::btree_set(0_usize..20, 0..5), start in 0_usize..200_000, length in 0_usize..5000) {
            let parts: Vec<_> = starts.into_iter().map(|at| at * 10_000..at * 10_000 + 9_000).collect();
            let whole = gains(&parts, 205_000, 12.0);
            let mut part = vec![0.0; length];
            Ducking::new(parts, 12.0).read(start, &mut part);
            prop_assert_eq!(&part, &whole[start..start + length]);
        }

        #[test]
        fn gains_stay_between_down_and_open_without_steps(starts in prop::collection::btree_set(0_usize..20, 0..4), depth in 0.0_f64..30.0) {
            let parts: Vec<_> = starts.into_iter().map(|at| at * 10_000..at * 10_000 + 9_000).collect();
            let gains = gains(&parts, 150_000, depth);
            prop_assert_eq!(gains.len(), 150_000);
            let low = from_db(-depth) as f32 - 1e-6;
            prop_assert!(gains.iter().all(|gain| (low..=1.0).contains(gain)));
            prop_assert!(gains.windows(2).all(|pair| (pair[1] - pair[0]).abs() < 0.002));
        }
    }
}
