//! The frame of one bed: key, tempo, metre, length and harmony, chosen by genre and seed.

use videogen_types::{Genre, Seed};

use super::dsp::RATE;
use super::progressions::progressions;
use super::theory::{Chord, Key, Voicing, lead_voices};

/// The frame of one bed.
#[derive(Debug, Clone)]
pub(super) struct Plan {
    pub(super) key: Key,
    pub(super) bpm: usize,
    /// Beats in a bar.
    pub(super) metre: usize,
    /// Samples in a beat: a whole number, so the loop is one too.
    pub(super) beat: usize,
    /// The chord of each bar.
    pub(super) chords: Vec<Chord>,
    /// The pad's setting of each bar's chord.
    pub(super) voicings: Vec<Voicing>,
}

/// What a genre leaves to the seed.
struct Frame {
    /// Slowest and fastest tempo in beats a minute.
    tempo: (usize, usize),
    /// Metres to choose from.
    metres: &'static [usize],
    /// Whether sixteen bars may go round the chords twice instead of once at half the pace.
    brisk: bool,
    /// Lowest and highest pitch of the pad.
    pad: (u8, u8),
}

const fn frame(genre: Genre) -> Frame {
    match genre {
        Genre::Motivational => Frame {
            tempo: (92, 108),
            metres: &[4],
            brisk: true,
            pad: (52, 74),
        },
        Genre::Emotional => Frame {
            tempo: (60, 74),
            metres: &[4, 4, 3],
            brisk: false,
            pad: (50, 72),
        },
        Genre::Tech => Frame {
            tempo: (98, 116),
            metres: &[4],
            brisk: true,
            pad: (50, 72),
        },
        Genre::Nature => Frame {
            tempo: (64, 80),
            metres: &[4, 4, 3],
            brisk: false,
            pad: (54, 76),
        },
        Genre::History => Frame {
            tempo: (62, 78),
            metres: &[4, 3],
            brisk: false,
            pad: (44, 69),
        },
        Genre::Mystery => Frame {
            tempo: (60, 70),
            metres: &[4],
            brisk: false,
            pad: (48, 73),
        },
        Genre::General => Frame {
            tempo: (76, 92),
            metres: &[4],
            brisk: true,
            pad: (51, 73),
        },
    }
}

impl Plan {
    pub(super) fn new(genre: Genre, seed: Seed) -> Self {
        let frame = frame(genre);
        let mut rng = seed.derive(genre.name(), 0).derive("music.plan", 0).rng();
        let (mode, chords) = rng.pick(progressions(genre));
        let key = Key {
            tonic: rng.below(12) as u8,
            mode: *mode,
        };
        let bpm = frame.tempo.0 + rng.below(frame.tempo.1 - frame.tempo.0 + 1);
        let metre = *rng.pick(frame.metres);
        // Eight bars, or sixteen where eight would last less than 24 s and come round too often.
        let bars = if chords.len() * metre * 60 >= 24 * bpm {
            chords.len()
        } else {
            2 * chords.len()
        };
        let twice = frame.brisk && rng.below(2) == 0;
        let led = lead_voices(key, chords, frame.pad.0, frame.pad.1);
        let slots: Vec<usize> = (0..bars)
            .map(|bar| {
                if twice {
                    bar % chords.len()
                } else {
                    bar * chords.len() / bars
                }
            })
            .collect();
        Self {
            key,
            bpm,
            metre,
            beat: (RATE as usize * 60 + bpm / 2) / bpm,
            chords: slots.iter().map(|slot| chords[*slot]).collect(),
            voicings: slots.iter().map(|slot| led[*slot]).collect(),
        }
    }

    /// Bars in the loop.
    pub(super) fn bars(&self) -> usize {
        self.chords.len()
    }

    /// Samples in the loop.
    pub(super) fn len(&self) -> usize {
        self.bars() * self.metre * self.beat
    }

    /// How far through the loop a bar is, 0 to 1.
    pub(super) fn progress(&self, bar: usize) -> f32 {
        bar as f32 / self.bars() as f32
    }
}

#[cfg(test)]
mod tests {
    use super::super::theory::beats_harshly;
    use super::*;

    #[test]
    fn every_progression_can_be_led_smoothly_in_every_key() {
        for genre in Genre::ALL {
            let (low, high) = frame(genre).pad;
            for (mode, chords) in progressions(genre) {
                for tonic in 0..12 {
                    let key = Key { tonic, mode: *mode };
                    let led = lead_voices(key, chords, low, high);
                    assert_eq!(led.len(), chords.len(), "{genre} {} {chords:?}", key.name());
                    for (i, (voicing, chord)) in led.iter().zip(chords).enumerate() {
                        let classes = key.classes(*chord);
                        assert!(
                            voicing.iter().all(|p| classes.contains(&(p % 12))),
                            "{genre} {chord:?}"
                        );
                        assert!(
                            classes.iter().all(|c| voicing.iter().any(|p| p % 12 == *c)),
                            "{genre} {chord:?}"
                        );
                        assert!(
                            voicing.is_sorted() && !beats_harshly(*voicing),
                            "{genre} {voicing:?}"
                        );
                        let next = &led[(i + 1) % led.len()];
                        let steps: u32 = voicing
                            .iter()
                            .zip(next)
                            .map(|(a, b)| u32::from(a.abs_diff(*b)))
                            .sum();
                        assert!(
                            steps <= 20,
                            "{genre} {}: {voicing:?} to {next:?}",
                            key.name()
                        );
                    }
                }
            }
        }
    }

    #[test]
    fn loops_last_between_24_and_48_seconds() {
        for genre in Genre::ALL {
            for seed in 0..200 {
                let plan = Plan::new(genre, Seed(seed));
                let seconds = plan.len() as f64 / f64::from(RATE);
                assert!(
                    (23.9..=48.6).contains(&seconds),
                    "{genre} {seed}: {seconds} s"
                );
                assert!(matches!(plan.bars(), 8 | 16), "{genre} {seed}");
                assert_eq!(
                    plan.chords.last().unwrap().root,
                    0,
                    "{genre} {seed} does not come home"
                );
            }
        }
    }
}
