//! The arrangement of each genre: which instruments play what, how loud, and through which effects.

use videogen_types::{Genre, Rng, Seed};

use super::dsp::RATE;
use super::instruments as sound;
use super::phrases::{Arc, Broken, Step, Tune, arpeggio, bass, melody, pad, pulse, swells};
use super::plan::Plan;
use super::score::{Part, Role, Score};
use super::voices::Instrument;

// Figures of broken chords; 9 rests.
const ROLLING: &[&[usize]] = &[
    &[0, 2, 1, 3, 2, 4, 3, 1],
    &[0, 1, 2, 3, 4, 3, 2, 1],
    &[0, 2, 4, 2, 1, 3, 4, 3],
];
const SEQUENCED: &[&[usize]] = &[
    &[0, 9, 2, 1, 9, 3, 2, 9, 4, 9, 2, 3, 9, 1, 2, 9],
    &[0, 2, 9, 3, 9, 2, 4, 9, 0, 2, 9, 3, 5, 9, 4, 2],
    &[0, 9, 9, 3, 2, 9, 4, 9, 9, 3, 2, 9, 1, 9, 3, 9],
];
const LEFT_HAND: &[&[usize]] = &[
    &[0, 1, 2, 3, 2, 1],
    &[0, 2, 3, 2, 4, 2],
    &[0, 1, 3, 2, 3, 1],
];
const LEFT_HAND_OF_FOUR: &[&[usize]] = &[
    &[0, 1, 2, 3, 4, 3, 2, 1],
    &[0, 2, 3, 2, 4, 2, 3, 2],
    &[0, 1, 3, 9, 2, 3, 9, 1],
];
const LIGHT: &[&[usize]] = &[
    &[0, 9, 2, 9, 3, 9, 2, 1],
    &[0, 9, 9, 2, 9, 3, 9, 1],
    &[9, 1, 2, 9, 9, 3, 2, 9],
];

/// Writes the score of a plan.
pub(super) fn arrange(genre: Genre, plan: &Plan, seed: Seed) -> Score {
    let rng = &mut seed.derive("music.score", 0).rng();
    match genre {
        Genre::Motivational => motivational(plan, rng),
        Genre::Emotional => emotional(plan, rng),
        Genre::Tech => tech(plan, rng),
        Genre::Nature => nature(plan, rng),
        Genre::History => history(plan, rng),
        Genre::Mystery => mystery(plan, rng),
        Genre::General => general(plan, rng),
    }
}

fn motivational(plan: &Plan, rng: &mut Rng) -> Score {
    let broken = Broken {
        per_beat: 2,
        range: (60, 86),
        figures: ROLLING,
        arc: Arc::Build,
        width: 0.35,
    };
    let beats = [(0.0, 0.9), (1.0, 0.55), (2.0, 0.8), (3.0, 0.55)];
    let lead = arpeggio(plan, rng, &broken);
    let beat = pulse(plan, 31, &beats, Arc::Build);
    let whole = plan.len() as f64 / f64::from(RATE);
    Score {
        parts: vec![
            Part::new(Role::Pad, sound::BRIGHT, pad(plan), 0.16, 0.5)
                .chorus(0.6)
                .sweep(1350.0, 1.2, whole, 0.6),
            Part::new(Role::Bass, sound::BASS, held_bass(plan, 34), 0.14, 0.1),
            Part::new(Role::Lead, sound::PLUCK, lead, 0.26, 0.5).echo(0.75, 0.35, 0.35),
            Part::new(Role::Beat, sound::HEARTBEAT, beat, 0.24, 0.05),
        ],
        room: (2.4, 3800.0, 0.5),
        top: 11500.0,
    }
}

fn emotional(plan: &Plan, rng: &mut Rng) -> Score {
    let left = Broken {
        per_beat: 2,
        range: (43, 69),
        figures: if plan.metre == 3 {
            LEFT_HAND
        } else {
            LEFT_HAND_OF_FOUR
        },
        arc: Arc::Breathe,
        width: 0.2,
    };
    let right = Tune {
        range: (67, 81),
        rhythms: &[
            &[0.0, 2.0],
            &[0.0, 1.5, 2.0],
            &[0.0, 1.0, 2.0, 3.5],
            &[0.0, 2.0, 3.0],
        ],
        sings: [true, true, true, false],
    };
    let left = arpeggio(plan, rng, &left);
    let right = melody(plan, rng, &right);
    Score {
        parts: vec![
            Part::new(Role::Pad, sound::STRINGS, pad(plan), 0.09, 0.7)
                .chorus(0.4)
                .sweep(1050.0, 0.9, 12.0, 0.6),
            Part::new(Role::Bass, sound::BASS, held_bass(plan, 34), 0.08, 0.1),
            Part::new(Role::Lead, sound::FELT, left, 0.26, 0.45).loose(0.016),
            Part::new(Role::Lead, sound::FELT, right, 0.36, 0.55).loose(0.018),
        ],
        room: (2.8, 3200.0, 0.5),
        top: 10500.0,
    }
}

fn tech(plan: &Plan, rng: &mut Rng) -> Score {
    let broken = Broken {
        per_beat: 4,
        range: (57, 84),
        figures: SEQUENCED,
        arc: Arc::Breathe,
        width: 0.4,
    };
    let roots = [(0.0, 0.4), (0.75, 0.3), (1.5, 0.4), (2.5, 0.4), (3.25, 0.3)];
    let beats = [(0.0, 0.9), (1.0, 0.5), (2.0, 0.8), (3.0, 0.5), (3.5, 0.35)];
    let low = bass(plan, 34, &roots);
    let lead = arpeggio(plan, rng, &broken);
    let beat = pulse(plan, 31, &beats, Arc::Breathe);
    Score {
        parts: vec![
            Part::new(Role::Pad, sound::SAW, pad(plan), 0.16, 0.4)
                .chorus(0.5)
                .sweep(570.0, 2.1, 14.0, 0.9),
            Part::new(Role::Bass, sound::PULSE_BASS, low, 0.16, 0.02),
            Part::new(Role::Lead, sound::PLUCK, lead, 0.2, 0.3)
                .echo(0.75, 0.5, 0.45)
                .loose(0.003),
            Part::new(Role::Beat, sound::HEARTBEAT, beat, 0.2, 0.02).loose(0.001),
        ],
        room: (1.9, 4200.0, 0.4),
        top: 12000.0,
    }
}

fn nature(plan: &Plan, rng: &mut Rng) -> Score {
    let tune = Tune {
        range: (67, 86),
        rhythms: &[
            &[0.0, 1.0, 2.0],
            &[0.0, 0.5, 2.0, 2.5],
            &[0.0, 1.5, 2.5],
            &[0.0, 2.0],
        ],
        sings: [true, true, false, true],
    };
    let lead = melody(plan, rng, &tune);
    let wind = swells(plan, rng, 64);
    Score {
        parts: vec![
            Part::new(Role::Pad, sound::AIRY, pad(plan), 0.15, 0.8)
                .chorus(0.7)
                .sweep(1650.0, 1.3, 17.0, 0.6),
            Part::new(Role::Bass, sound::BASS, held_bass(plan, 38), 0.07, 0.2),
            Part::new(Role::Lead, sound::KALIMBA, lead, 0.34, 0.6)
                .echo(1.5, 0.4, 0.4)
                .loose(0.02),
            Part::new(Role::Air, Instrument::Wind, wind, 0.06, 0.3),
        ],
        room: (3.4, 3600.0, 0.55),
        top: 11500.0,
    }
}

fn history(plan: &Plan, rng: &mut Rng) -> Score {
    let tune = Tune {
        range: (60, 76),
        rhythms: &[
            &[0.0, 1.0, 1.5, 2.0],
            &[0.0, 2.0, 2.5],
            &[0.0, 1.0, 2.0],
            &[0.0, 1.5, 2.0, 3.0],
        ],
        sings: [false, true, true, true],
    };
    let beats: &[(f32, f32)] = if plan.metre == 3 {
        &[(0.0, 0.9), (1.5, 0.4), (2.0, 0.55)]
    } else {
        &[(0.0, 0.9), (1.5, 0.4), (2.0, 0.6), (3.5, 0.35)]
    };
    let lead = melody(plan, rng, &tune);
    let beat = pulse(plan, 36, beats, Arc::Breathe);
    Score {
        parts: vec![
            Part::new(Role::Pad, sound::STRINGS, pad(plan), 0.13, 0.6)
                .chorus(0.35)
                .sweep(900.0, 0.9, 15.0, 0.6),
            Part::new(Role::Bass, sound::BASS, held_bass(plan, 33), 0.1, 0.2),
            Part::new(Role::Lead, sound::LUTE, lead, 0.3, 0.5).loose(0.018),
            Part::new(Role::Beat, sound::FRAME_DRUM, beat, 0.22, 0.4).loose(0.008),
        ],
        room: (2.8, 2800.0, 0.5),
        top: 10000.0,
    }
}

fn mystery(plan: &Plan, rng: &mut Rng) -> Score {
    let tune = Tune {
        range: (69, 86),
        rhythms: &[&[0.0, 2.5], &[0.0], &[1.0, 2.0], &[0.5, 2.0]],
        sings: [true, false, true, false],
    };
    let lead = melody(plan, rng, &tune);
    let wind = swells(plan, rng, 55);
    Score {
        parts: vec![
            Part::new(Role::Pad, sound::HOLLOW, pad(plan), 0.15, 0.8)
                .chorus(0.8)
                .sweep(750.0, 1.6, 19.0, 0.8),
            Part::new(Role::Bass, sound::BASS, held_bass(plan, 33), 0.11, 0.3),
            Part::new(Role::Lead, sound::BELL, lead, 0.3, 1.0)
                .echo(1.5, 0.45, 0.5)
                .loose(0.03),
            Part::new(Role::Air, Instrument::Wind, wind, 0.05, 0.5),
        ],
        room: (4.6, 2600.0, 0.65),
        top: 10000.0,
    }
}

fn general(plan: &Plan, rng: &mut Rng) -> Score {
    let broken = Broken {
        per_beat: 2,
        range: (58, 82),
        figures: LIGHT,
        arc: Arc::Breathe,
        width: 0.35,
    };
    let lead = arpeggio(plan, rng, &broken);
    Score {
        parts: vec![
            Part::new(Role::Pad, sound::WARM, pad(plan), 0.16, 0.5)
                .chorus(0.55)
                .sweep(1500.0, 1.0, 16.0, 0.6),
            Part::new(Role::Bass, sound::BASS, held_bass(plan, 34), 0.1, 0.1),
            Part::new(Role::Lead, sound::PLUCK, lead, 0.24, 0.55).echo(1.5, 0.3, 0.3),
        ],
        room: (2.4, 3500.0, 0.5),
        top: 11000.0,
    }
}

/// The roots of the chords, each held as long as it stays.
fn held_bass(plan: &Plan, low: u8) -> Vec<Step> {
    bass(plan, low, &[(0.0, plan.metre as f32)])
}

#[cfg(test)]
mod tests {
    use super::super::phrases::is_strong;
    use super::super::theory::at_or_above;
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn the_score_keeps_to_its_key_and_its_chords(genre in prop::sample::select(&Genre::ALL[..]), seed: u64) {
            let plan = Plan::new(genre, Seed(seed));
            let score = arrange(genre, &plan, Seed(seed));
            for part in &score.parts {
                prop_assert!(!part.steps.is_empty(), "{:?} is silent", part.role);
                for step in &part.steps {
                    let chord = plan.key.classes(plan.chords[step.bar]);
                    let context = format!("{:?} {step:?} over {chord:?} in {}", part.role, plan.key.name());
                    // Drums and wind are tuned to the tonic or its fifth rather than to the chord.
                    if matches!(part.role, Role::Beat | Role::Air) {
                        prop_assert!([0, 7].contains(&((step.pitch + 12 - plan.key.tonic) % 12)), "{}", context);
                        continue;
                    }
                    prop_assert!(plan.key.contains(step.pitch), "{}", context);
                    if part.role == Role::Bass {
                        prop_assert_eq!(step.pitch % 12, chord[0], "{}", context);
                    }
                    if part.role == Role::Pad || is_strong(plan.metre, step.beat) {
                        prop_assert!(chord.contains(&(step.pitch % 12)), "{}", context);
                    }
                    prop_assert!((0.0..=1.0).contains(&step.velocity), "{}", context);
                }
            }
        }

        #[test]
        fn held_pad_notes_belong_to_every_chord_they_sound_over(
            genre in prop::sample::select(&Genre::ALL[..]),
            seed: u64,
        ) {
            let plan = Plan::new(genre, Seed(seed));
            for step in pad(&plan) {
                for bar in step.bar..step.bar + step.beats as usize / plan.metre {
                    prop_assert!(plan.key.classes(plan.chords[bar]).contains(&(step.pitch % 12)), "{:?}", step);
                }
            }
        }

        #[test]
        fn the_tune_comes_home(seed: u64) {
            let plan = Plan::new(Genre::Nature, Seed(seed));
            let score = arrange(Genre::Nature, &plan, Seed(seed));
            let lead = score.parts.iter().find(|part| part.role == Role::Lead).unwrap();
            let last = lead.steps.last().unwrap();
            prop_assert_eq!((last.bar, last.pitch % 12), (plan.bars() - 1, at_or_above(plan.key.tonic, 0) % 12));
        }
    }
}
