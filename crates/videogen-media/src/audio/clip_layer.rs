//! The sound of clips in a mix: repeated as their frames are, faded at its edges, at its level and lowered under speech.

use std::f64::consts::FRAC_PI_2;
use std::io;
use std::ops::Range;

use super::clip_sounds::{ClipSounds, Part, Source};
use super::duck::Ducking;
use super::{MixSettings, SAMPLE_RATE, StereoAudio, from_db, samples_in};

/// How long the sound goes out, and comes in, where a clip begins again, in seconds; at most a quarter of the clip. No
/// click is heard then.
const SEAM: f64 = 0.03;

/// The sound of clips at its level, lowered under speech.
#[derive(Debug)]
pub(super) struct ClipLayer {
    sounds: ClipSounds,
    gain: f32,
    /// Nothing without speech.
    ducking: Option<Ducking>,
    /// The samples that are being added and the gain of each of them; kept to be used again.
    block: StereoAudio,
    gains: Vec<f32>,
}

impl ClipLayer {
    /// `beside_lufs` is how loud that is which it is heard beside: the voice, or the music where nobody speaks.
    pub(super) fn under(
        beside_lufs: Option<f64>,
        speech: Vec<Range<usize>>,
        sounds: ClipSounds,
        settings: &MixSettings,
    ) -> Self {
        // What is heard beside it gets to the target with all of the mix; a volume is meant as if it were there already.
        let level_db = beside_lufs.map_or(0.0, |lufs| lufs - settings.target_lufs);
        let ducking = (!speech.is_empty()).then(|| Ducking::new(speech, settings.duck_db));
        Self {
            gain: (sounds.volume * from_db(level_db)) as f32,
            sounds,
            ducking,
            block: StereoAudio::default(),
            gains: Vec::new(),
        }
    }

    /// Adds the samples from number `start` on.
    pub(super) fn add_to(&mut self, mixed: &mut StereoAudio, start: usize) -> io::Result<()> {
        let end = start + mixed.len();
        for index in 0..self.sounds.parts.len() {
            let part = self.sounds.parts[index];
            let (from, to) = (part.start.max(start), part.end.min(end));
            if from >= to {
                continue;
            }
            let (source, at) = (self.sounds.sources[part.source], from - part.start);
            self.block.resize(to - from);
            self.sounds.read(source, at, &mut self.block)?;
            self.gains.resize(to - from, 1.0);
            match &self.ducking {
                Some(ducking) => ducking.read(from, &mut self.gains),
                None => self.gains.fill(1.0),
            }
            part.fade(source, at, &mut self.gains);
            let place = from - start..to - start;
            for (mixed, heard) in [
                (&mut mixed.left[place.clone()], &self.block.left),
                (&mut mixed.right[place], &self.block.right),
            ] {
                for ((mixed, heard), gain) in mixed.iter_mut().zip(heard).zip(&self.gains) {
                    *mixed += heard * (gain * self.gain);
                }
            }
        }
        Ok(())
    }
}

impl ClipSounds {
    /// Fills `block` with what is heard of `source` from sample `at` on, counted from when the clip was begun first.
    fn read(&mut self, source: Source, at: usize, block: &mut StereoAudio) -> io::Result<()> {
        let length = block.len();
        block.left.fill(0.0);
        block.right.fill(0.0);
        let mut done = 0;
        while done < length {
            let within = (at + done) % source.period;
            let run = (source.period - within).min(length - done);
            let from = within.max(source.delay);
            let to = (within + run).min(source.delay + source.length);
            if from < to {
                let place = done + from - within..done + to - within;
                let first = source.at + from - source.delay;
                self.left.read(first, &mut block.left[place.clone()])?;
                self.right.read(first, &mut block.right[place])?;
            }
            done += run;
        }
        Ok(())
    }
}

impl Part {
    /// Lowers the `gains` of its samples from number `at` on, at its edges, where the sound of the clip begins and ends, and
    /// where the clip begins again.
    fn fade(&self, source: Source, at: usize, gains: &mut [f32]) {
        let (length, period) = (self.end - self.start, source.period);
        let seam = samples_in(SEAM, SAMPLE_RATE).min(period.min(source.length) / 4);
        let sound = source.delay..source.delay + source.length;
        for (index, gain) in (at..length).zip(gains) {
            let (turn, within) = (index / period, index % period);
            *gain *= rise(index, self.fades.0) * rise(length - 1 - index, self.fades.1);
            if sound.start > 0 {
                *gain *= rise(within.saturating_sub(sound.start), seam);
            } else if turn > 0 {
                *gain *= rise(within, seam);
            }
            if sound.end < period {
                *gain *= rise(sound.end.saturating_sub(within + 1), seam);
            } else if (index - within).saturating_add(period) < length {
                *gain *= rise(period - 1 - within, seam);
            }
        }
    }
}

/// How loud a sound is `index` samples from its edge where it comes in within `of` samples. Equal power: of two clips that
/// are crossfaded, the powers add.
fn rise(index: usize, of: usize) -> f32 {
    if index >= of {
        return 1.0;
    }
    (FRAC_PI_2 * (index as f64 + 0.5) / of as f64).sin() as f32
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::tests::noise;
    use super::*;

    fn part(start: usize, end: usize, fades: (usize, usize)) -> Part {
        Part {
            source: 0,
            start,
            end,
            fades,
        }
    }

    /// All of `length` samples of a layer, added in blocks of `block`.
    fn added(
        sounds: ClipSounds,
        speech: &[Range<usize>],
        (length, block): (usize, usize),
    ) -> StereoAudio {
        let settings = MixSettings::default();
        let target = Some(settings.target_lufs);
        let mut layer = ClipLayer::under(target, speech.to_vec(), sounds, &settings);
        let mut all = StereoAudio::default();
        while all.len() < length {
            let mut mixed = StereoAudio::silent(block.min(length - all.len()));
            layer.add_to(&mut mixed, all.len()).unwrap();
            all.left.extend(mixed.left);
            all.right.extend(mixed.right);
        }
        all
    }

    /// A sound that is the same all the time, a different one on each channel.
    fn steady(length: usize) -> StereoAudio {
        StereoAudio {
            left: vec![0.4; length],
            right: vec![-0.2; length],
        }
    }

    #[test]
    fn a_clip_is_heard_where_it_is_shown_and_nowhere_else() {
        let sounds = ClipSounds::of_samples(
            &steady(40_000),
            (0, 50_000),
            &[part(10_000, 40_000, (0, 0))],
            0.5,
        );
        let heard = added(sounds, &[], (60_000, 4_800));
        let silent = |samples: &[f32]| samples.iter().all(|sample| *sample == 0.0);
        assert!(silent(&heard.left[..10_000]) && silent(&heard.left[40_000..]));
        let near = |samples: &[f32], level: f32| samples.iter().all(|s| (s - level).abs() < 1e-6);
        assert!(near(&heard.left[10_000..40_000], 0.2));
        assert!(near(&heard.right[10_000..40_000], -0.1));
    }

    #[test]
    fn a_clip_that_begins_again_is_heard_again_and_silence_stays_where_it_was() {
        // 0.1 s of silence, 0.3 s of sound, 0.1 s of silence, and again.
        let of = |part| ClipSounds::of_samples(&steady(14_400), (4_800, 24_000), &[part], 1.0);
        let heard = added(of(part(0, 60_000, (0, 0))), &[], (60_000, 7_000)).left;
        for turn in 0..2 {
            let at = |index: usize| heard[turn * 24_000 + index];
            assert!(at(2_400) == 0.0 && at(21_600) == 0.0, "turn {turn}");
            assert!((at(12_000) - 0.4).abs() < 1e-6, "turn {turn}");
        }
    }

    #[test]
    fn no_edge_and_no_seam_is_a_step() {
        let parts = [
            part(1_000, 70_000, (9_600, 28_800)),
            part(41_200, 90_000, (28_800, 9_600)),
        ];
        // Begins again every half second.
        let sounds = ClipSounds::of_samples(&steady(24_000), (0, 24_000), &parts, 1.0);
        let heard = added(sounds, &[], (95_000, 4_800)).left;
        let steps = heard.windows(2).map(|pair| (pair[1] - pair[0]).abs());
        let highest = steps.fold(0.0, f32::max);
        assert!(highest < 0.002, "{highest}");
        // The same sound in both clips: at most √2 as loud where they are crossfaded.
        assert!(heard.iter().all(|sample| *sample < 0.4 * 1.415));
        assert!(heard[60_000] > 0.39, "{}", heard[60_000]);
    }

    #[test]
    fn sound_that_is_cut_in_the_middle_of_a_wave_does_not_click() {
        let parts = [part(0, 90_000, (9_600, 9_600))];
        let ramp: Vec<f32> = (0..24_000).map(|n| 0.4 - n as f32 / 30_000.0).collect();
        let ramp = StereoAudio {
            left: ramp.clone(),
            right: ramp,
        };
        // It begins again at once; it begins after the frames and ends before them; there is none.
        for (sound, delay, period) in [
            (&ramp, 0, 24_000),
            (&steady(20_000), 2_000, 24_000),
            (&ramp, 0, 30_000),
            (&steady(0), 0, 24_000),
        ] {
            let sounds = ClipSounds::of_samples(sound, (delay, period), &parts, 1.0);
            let heard = added(sounds, &[], (95_000, 4_800)).left;
            let steps = heard.windows(2).map(|pair| (pair[1] - pair[0]).abs());
            let highest = steps.fold(0.0, f32::max);
            assert!(highest < 0.002, "{delay} of {period}: {highest}");
            let loudest = heard
                .iter()
                .fold(0.0_f32, |most, sample| most.max(sample.abs()));
            assert_eq!(loudest > 0.3, !sound.is_empty(), "{loudest}");
        }
    }

    #[test]
    fn the_voice_lowers_it_as_it_does_music() {
        let speech = 48_000..96_000;
        let parts = [part(0, 200_000, (0, 0))];
        let sounds = ClipSounds::of_samples(&steady(200_000), (0, 200_000), &parts, 1.0);
        let heard = added(sounds, std::slice::from_ref(&speech), (200_000, 4_800)).left;
        let low = 0.4 * from_db(-MixSettings::default().duck_db) as f32;
        assert!((heard[40_000] - 0.4).abs() < 1e-6);
        assert!(heard[speech].iter().all(|s| (s - low).abs() < 1e-6));
        assert!((heard[150_000] - 0.4).abs() < 1e-6);
    }

    #[test]
    fn a_volume_is_meant_beside_a_voice_at_the_target() {
        let settings = MixSettings::default();
        let gain = |beside| {
            let sounds = ClipSounds::of_samples(&steady(10), (0, 10), &[], 0.5);
            ClipLayer::under(beside, Vec::new(), sounds, &settings).gain
        };
        assert!((gain(Some(settings.target_lufs)) - 0.5).abs() < 1e-6);
        // A voice that will be raised by 6 dB takes the clip with it.
        let quiet = gain(Some(settings.target_lufs - 6.0));
        assert!((f64::from(quiet) - 0.5 * from_db(-6.0)).abs() < 1e-6);
        assert!((gain(None) - 0.5).abs() < 1e-6);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]
        #[test]
        fn the_length_of_a_block_changes_nothing(
            block in 1_usize..9_000, length in 1_usize..6_000, delay in 0_usize..500, period in 300_usize..7_000,
            starts in prop::collection::vec((0_usize..15_000, 1_usize..9_000), 1..4),
        ) {
            let parts: Vec<Part> = starts
                .iter()
                .map(|(start, length)| part(*start, start + length, (length / 3, length / 2)))
                .collect();
            let sounds = || ClipSounds::of_samples(&noise(9, 0.3, length), (delay, period), &parts, 1.0);
            let speech = 6_000..11_000;
            let speech = std::slice::from_ref(&speech);
            let whole = added(sounds(), speech, (20_000, 20_000));
            prop_assert!(added(sounds(), speech, (20_000, block)) == whole);
        }
    }
}
