//! The chord progressions of each genre.

use videogen_types::Genre;

use super::theory::{Chord, Mode, Shape};

/// Chords in a progression.
pub(super) const LENGTH: usize = 8;

/// A mode and eight chords in it, the last one on the tonic: the loop comes home before it begins again.
pub(super) type Progression = (Mode, [Chord; LENGTH]);

// Chords by the number of their root, 1 to 7, as in roman-numeral analysis; the mode decides major or minor.
const fn on(number: usize, shape: Shape) -> Chord {
    Chord {
        root: number - 1,
        shape,
    }
}
const fn t(number: usize) -> Chord {
    on(number, Shape::Triad)
}
const fn s(number: usize) -> Chord {
    on(number, Shape::Seventh)
}
const fn n(number: usize) -> Chord {
    on(number, Shape::AddNinth)
}
const fn sus2(number: usize) -> Chord {
    on(number, Shape::SusSecond)
}
const fn sus4(number: usize) -> Chord {
    on(number, Shape::SusFourth)
}
const fn p(number: usize) -> Chord {
    on(number, Shape::Fifth)
}

/// The progressions of a genre: what its harmony moves like.
pub(super) const fn progressions(genre: Genre) -> &'static [Progression] {
    match genre {
        Genre::Motivational => MOTIVATIONAL,
        Genre::Emotional => EMOTIONAL,
        Genre::Tech => TECH,
        Genre::Nature => NATURE,
        Genre::History => HISTORY,
        Genre::Mystery => MYSTERY,
        Genre::General => GENERAL,
    }
}

const MOTIVATIONAL: &[Progression] = &[
    (
        Mode::Ionian,
        [n(1), t(5), t(6), n(4), t(1), t(5), n(4), n(1)],
    ),
    (
        Mode::Ionian,
        [t(6), n(4), t(1), t(5), t(6), n(4), sus4(5), n(1)],
    ),
    (
        Mode::Ionian,
        [n(1), n(4), t(6), t(5), t(1), n(4), sus4(5), t(1)],
    ),
    (
        Mode::Ionian,
        [t(1), t(3), n(4), sus4(5), t(6), n(4), t(5), n(1)],
    ),
    (
        Mode::Ionian,
        [n(4), t(1), t(5), t(6), n(4), s(2), sus4(5), t(1)],
    ),
    (
        Mode::Ionian,
        [n(1), t(6), s(2), sus4(5), t(1), n(4), t(5), n(1)],
    ),
    (
        Mode::Mixolydian,
        [t(1), n(7), n(4), t(1), n(1), n(7), n(4), t(1)],
    ),
];

const EMOTIONAL: &[Progression] = &[
    (
        Mode::Ionian,
        [s(6), n(4), t(1), t(5), t(6), n(4), sus4(5), n(1)],
    ),
    (
        Mode::Ionian,
        [n(1), t(3), s(6), n(4), s(2), t(4), sus4(5), t(1)],
    ),
    (
        Mode::Aeolian,
        [t(1), n(6), t(3), t(7), t(1), s(4), sus4(7), n(1)],
    ),
    (
        Mode::Aeolian,
        [n(1), t(7), s(6), t(7), t(1), n(6), s(4), t(1)],
    ),
    (
        Mode::Ionian,
        [s(1), s(6), s(4), t(5), t(1), t(3), n(4), n(1)],
    ),
    (
        Mode::Ionian,
        [t(1), t(5), t(6), t(3), n(4), t(1), sus4(5), n(1)],
    ),
    (
        Mode::Aeolian,
        [t(1), s(4), t(7), t(3), s(6), s(4), t(5), n(1)],
    ),
    (
        Mode::Ionian,
        [s(4), t(3), s(6), t(1), n(4), s(2), sus4(5), t(1)],
    ),
];

const TECH: &[Progression] = &[
    (
        Mode::Dorian,
        [s(1), t(4), s(1), n(7), t(1), n(4), n(7), n(1)],
    ),
    (
        Mode::Aeolian,
        [n(1), n(6), t(7), s(1), t(1), t(3), sus4(7), n(1)],
    ),
    (
        Mode::Dorian,
        [s(1), n(4), s(1), t(3), n(7), n(4), sus4(1), n(1)],
    ),
    (
        Mode::Aeolian,
        [n(6), t(7), s(1), t(3), n(6), t(7), s(4), n(1)],
    ),
    (
        Mode::Mixolydian,
        [sus2(1), n(7), s(2), n(4), t(1), n(7), n(4), sus2(1)],
    ),
    (
        Mode::Dorian,
        [s(1), s(2), t(3), s(2), s(1), s(2), n(7), n(1)],
    ),
    (
        Mode::Aeolian,
        [n(1), s(5), s(6), s(4), t(1), s(5), t(7), n(1)],
    ),
];

const NATURE: &[Progression] = &[
    (
        Mode::Lydian,
        [n(1), t(2), t(1), t(5), s(6), t(2), t(5), n(1)],
    ),
    (
        Mode::Ionian,
        [n(1), n(4), t(1), n(4), s(6), s(2), n(4), n(1)],
    ),
    (
        Mode::Ionian,
        [n(1), s(3), n(4), t(1), s(6), sus4(5), n(4), n(1)],
    ),
    (
        Mode::Mixolydian,
        [n(1), n(7), t(1), n(4), sus2(1), s(5), n(4), n(1)],
    ),
    (
        Mode::Ionian,
        [s(4), t(1), s(2), s(6), n(4), t(1), sus4(5), n(1)],
    ),
    (
        Mode::Ionian,
        [sus2(1), s(2), n(4), t(1), s(6), t(3), n(4), n(1)],
    ),
    (
        Mode::Lydian,
        [n(1), s(6), t(2), t(1), s(3), s(6), t(2), n(1)],
    ),
];

// Modal, hollow, mostly without sevenths; the fifth follows the passamezzo antico, the sixth the early folia.
const HISTORY: &[Progression] = &[
    (
        Mode::Dorian,
        [p(1), t(7), t(1), t(4), t(3), t(7), t(4), p(1)],
    ),
    (
        Mode::Aeolian,
        [p(1), t(7), t(6), t(7), t(1), t(6), sus4(7), p(1)],
    ),
    (
        Mode::Dorian,
        [p(1), t(3), t(7), p(1), t(1), t(4), p(7), p(1)],
    ),
    (
        Mode::Aeolian,
        [p(1), t(5), t(6), t(3), t(4), p(7), t(5), p(1)],
    ),
    (
        Mode::Aeolian,
        [t(1), t(7), p(1), t(5), t(3), t(7), t(5), p(1)],
    ),
    (
        Mode::Dorian,
        [p(1), t(5), t(1), p(7), t(3), t(7), sus4(5), p(1)],
    ),
    (
        Mode::Dorian,
        [p(1), sus2(1), t(4), p(7), t(3), t(4), t(5), p(1)],
    ),
];

const MYSTERY: &[Progression] = &[
    (
        Mode::Phrygian,
        [p(1), s(2), t(1), s(7), s(6), t(2), s(7), p(1)],
    ),
    (
        Mode::Lydian,
        [s(1), t(2), n(1), t(7), s(6), t(2), s(3), n(1)],
    ),
    (
        Mode::Aeolian,
        [n(1), s(6), t(1), s(4), s(6), s(4), s(5), n(1)],
    ),
    (
        Mode::Phrygian,
        [t(1), t(2), t(3), s(2), s(4), s(2), t(7), p(1)],
    ),
    (
        Mode::Lydian,
        [s(1), t(2), s(1), s(3), t(2), t(7), t(2), n(1)],
    ),
    (
        Mode::Phrygian,
        [p(1), s(6), t(7), s(2), t(1), s(6), s(2), p(1)],
    ),
    (
        Mode::Dorian,
        [n(1), s(2), s(1), t(4), n(7), t(4), s(2), n(1)],
    ),
];

const GENERAL: &[Progression] = &[
    (
        Mode::Ionian,
        [n(1), s(6), n(4), t(5), t(1), s(6), sus4(5), n(1)],
    ),
    (
        Mode::Ionian,
        [t(1), n(4), s(2), t(5), s(6), n(4), sus4(5), n(1)],
    ),
    (
        Mode::Ionian,
        [s(1), s(4), s(3), s(6), s(2), n(4), sus4(5), n(1)],
    ),
    (
        Mode::Mixolydian,
        [n(1), n(7), n(4), t(1), t(1), s(5), n(4), n(1)],
    ),
    (
        Mode::Dorian,
        [s(1), n(4), s(1), t(4), t(3), n(7), n(4), n(1)],
    ),
    (
        Mode::Ionian,
        [s(4), t(5), s(3), s(6), n(4), sus4(5), s(2), n(1)],
    ),
    (
        Mode::Ionian,
        [n(1), t(5), s(2), n(4), t(1), t(5), n(4), t(1)],
    ),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_genre_has_six_different_progressions_that_come_home() {
        for genre in Genre::ALL {
            let all = progressions(genre);
            assert!(all.len() >= 6, "{genre}");
            for (i, (mode, chords)) in all.iter().enumerate() {
                assert_eq!(
                    chords[LENGTH - 1].root,
                    0,
                    "{genre} {i} does not end on the tonic"
                );
                assert!(
                    !all[..i].contains(&(*mode, *chords)),
                    "{genre} {i} is there twice"
                );
            }
        }
    }

    #[test]
    fn every_chord_stands_on_a_perfect_fifth() {
        for genre in Genre::ALL {
            for (mode, chords) in progressions(genre) {
                let scale = mode.semitones();
                let above = |chord: &Chord, step: usize| {
                    (12 + scale[(chord.root + step) % 7] - scale[chord.root]) % 12
                };
                for chord in chords {
                    assert_eq!(
                        above(chord, 4),
                        7,
                        "{genre} {mode:?} {chord:?} is diminished"
                    );
                    if matches!(chord.shape, Shape::AddNinth | Shape::SusSecond) {
                        assert_eq!(
                            above(chord, 1),
                            2,
                            "{genre} {mode:?} {chord:?} has a minor ninth"
                        );
                    }
                    if chord.shape == Shape::SusFourth {
                        assert_eq!(
                            above(chord, 3),
                            5,
                            "{genre} {mode:?} {chord:?} has an augmented fourth"
                        );
                    }
                }
            }
        }
    }
}
