//! Keys, chords and voice leading: which pitches may sound together and how they move.

/// A church mode: the seven-note scale everything in one bed is drawn from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    Ionian,
    Dorian,
    Phrygian,
    Lydian,
    Mixolydian,
    Aeolian,
}

impl Mode {
    /// Semitones of the seven degrees above the tonic.
    pub(super) const fn semitones(self) -> [u8; 7] {
        match self {
            Self::Ionian => [0, 2, 4, 5, 7, 9, 11],
            Self::Dorian => [0, 2, 3, 5, 7, 9, 10],
            Self::Phrygian => [0, 1, 3, 5, 7, 8, 10],
            Self::Lydian => [0, 2, 4, 6, 7, 9, 11],
            Self::Mixolydian => [0, 2, 4, 5, 7, 9, 10],
            Self::Aeolian => [0, 2, 3, 5, 7, 8, 10],
        }
    }

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Ionian => "ionian",
            Self::Dorian => "dorian",
            Self::Phrygian => "phrygian",
            Self::Lydian => "lydian",
            Self::Mixolydian => "mixolydian",
            Self::Aeolian => "aeolian",
        }
    }

    /// Degrees (0-based) of the mode's pentatonic: major 1 2 3 5 6 or minor 1 3 4 5 7, which have no semitone inside.
    const fn pentatonic(self) -> [usize; 5] {
        match self {
            Self::Ionian | Self::Lydian | Self::Mixolydian => [0, 1, 2, 4, 5],
            Self::Dorian | Self::Phrygian | Self::Aeolian => [0, 2, 3, 4, 6],
        }
    }
}

/// Which degrees above its root a chord is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    Triad,
    Seventh,
    AddNinth,
    SusSecond,
    SusFourth,
    /// Root and fifth only.
    Fifth,
}

/// A chord inside a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Chord {
    /// Scale degree of the root, 0-based.
    pub(super) root: usize,
    pub(super) shape: Shape,
}

impl Chord {
    /// Scale degrees of the members, root first.
    fn degrees(self) -> impl Iterator<Item = usize> {
        let steps: &[usize] = match self.shape {
            Shape::Triad => &[0, 2, 4],
            Shape::Seventh => &[0, 2, 4, 6],
            Shape::AddNinth => &[0, 2, 4, 1],
            Shape::SusSecond => &[0, 1, 4],
            Shape::SusFourth => &[0, 3, 4],
            Shape::Fifth => &[0, 4],
        };
        steps.iter().map(move |step| (self.root + step) % 7)
    }
}

/// A tonic and a mode.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Key {
    /// Pitch class of the tonic, 0 = C … 11 = B.
    pub(super) tonic: u8,
    pub(super) mode: Mode,
}

impl Key {
    /// "D dorian".
    pub(super) fn name(self) -> String {
        const NAMES: [&str; 12] = [
            "C", "Db", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B",
        ];
        format!(
            "{} {}",
            NAMES[usize::from(self.tonic % 12)],
            self.mode.name()
        )
    }

    /// Pitch class of a degree (0-based).
    fn class(self, degree: usize) -> u8 {
        (self.tonic + self.mode.semitones()[degree % 7]) % 12
    }

    /// Pitch classes of a chord's members, root first.
    pub(super) fn classes(self, chord: Chord) -> Vec<u8> {
        chord.degrees().map(|degree| self.class(degree)).collect()
    }

    /// Pitch classes a melody may pass through over `chord` without grinding against it: the pentatonic and the chord,
    /// without those a semitone above a chord member (the "avoid notes" of jazz theory).
    pub(super) fn passing(self, chord: Chord) -> Vec<u8> {
        let members = self.classes(chord);
        let mut classes = members.clone();
        for degree in self.mode.pentatonic() {
            let class = self.class(degree);
            let grinds = members.iter().any(|member| (member + 1) % 12 == class);
            if !grinds && !classes.contains(&class) {
                classes.push(class);
            }
        }
        classes
    }

    /// Whether a MIDI pitch belongs to the scale.
    #[cfg(test)]
    pub(super) fn contains(self, pitch: u8) -> bool {
        (0..7).any(|degree| self.class(degree) == pitch % 12)
    }
}

/// All pitches of the given classes in `low..=high`, ascending.
pub(super) fn ladder(classes: &[u8], low: u8, high: u8) -> Vec<u8> {
    (low..=high)
        .filter(|pitch| classes.contains(&(pitch % 12)))
        .collect()
}

/// The lowest pitch of a class at or above `low`.
pub(super) fn at_or_above(class: u8, low: u8) -> u8 {
    low + (class + 12 - low % 12) % 12
}

/// Four voices, lowest first (MIDI pitches).
pub(super) type Voicing = [u8; 4];

/// Every four-voice setting of a chord in `low..=high`: complete, open at the bottom, never wider than a tenth between
/// neighbours, and without the two intervals that beat harshly in a sustained pad, the minor second and minor ninth.
fn voicings(classes: &[u8], low: u8, high: u8) -> Vec<Voicing> {
    let pitches = ladder(classes, low, high);
    let mut found = Vec::new();
    let fits = |below: u8, above: u8| {
        let gap = above - below;
        gap >= if below < 52 { 4 } else { 2 } && gap <= 12
    };
    for (i, &a) in pitches.iter().enumerate() {
        for (j, &b) in pitches
            .iter()
            .enumerate()
            .skip(i + 1)
            .filter(|&(_, &b)| fits(a, b))
        {
            for (k, &c) in pitches
                .iter()
                .enumerate()
                .skip(j + 1)
                .filter(|&(_, &c)| fits(b, c))
            {
                for &d in pitches.iter().skip(k + 1).filter(|&&d| fits(c, d)) {
                    let voicing = [a, b, c, d];
                    let complete = classes
                        .iter()
                        .all(|class| voicing.iter().any(|p| p % 12 == *class));
                    if complete && !beats_harshly(voicing) {
                        found.push(voicing);
                    }
                }
            }
        }
    }
    found
}

/// Whether two voices form a minor second or ninth.
pub(super) fn beats_harshly(voicing: Voicing) -> bool {
    voicing.iter().enumerate().any(|(i, low)| {
        voicing[i + 1..]
            .iter()
            .any(|high| matches!(high - low, 1 | 13))
    })
}

/// How far apart two voicings are: the sum of squared steps, so that one leap costs more than many steps.
fn motion(from: Voicing, to: Voicing) -> u32 {
    from.iter()
        .zip(to)
        .map(|(a, b)| u32::from(a.abs_diff(b)).pow(2))
        .sum()
}

/// Sets each chord in four voices so that the voices move as little as possible, including from the last chord back to
/// the first: a shortest path round the circle of chords (Viterbi), tried from the few most central first voicings.
pub(super) fn lead_voices(key: Key, chords: &[Chord], low: u8, high: u8) -> Vec<Voicing> {
    let centre = (i32::from(low) + i32::from(high)) * 2;
    let drift =
        |v: &Voicing| (v.iter().map(|p| i32::from(*p)).sum::<i32>() - centre).unsigned_abs();
    let settings: Vec<Vec<Voicing>> = chords
        .iter()
        .map(|c| voicings(&key.classes(*c), low, high))
        .collect();
    let Some(first) = settings.first() else {
        return Vec::new();
    };
    let mut starts = first.clone();
    starts.sort_by_key(|v| (drift(v), *v));
    starts.truncate(4);

    let mut best: Option<(u32, Vec<Voicing>)> = None;
    for start in starts {
        // cost and predecessor of every voicing of every chord, the first chord pinned to `start`
        let mut costs = vec![0];
        let mut layer = vec![start];
        let mut parents: Vec<Vec<usize>> = Vec::new();
        for setting in &settings[1..] {
            let (next, from) = setting
                .iter()
                .map(|to| {
                    let reach = costs
                        .iter()
                        .zip(&layer)
                        .enumerate()
                        .map(|(i, (cost, v))| (cost + motion(*v, *to), i));
                    let (cost, parent) = reach
                        .min()
                        .expect("every chord of the tables can be set (tested)");
                    (cost + drift(to), parent)
                })
                .unzip();
            parents.push(from);
            costs = next;
            layer.clone_from(setting);
        }
        let close = costs
            .iter()
            .zip(&layer)
            .enumerate()
            .map(|(i, (cost, v))| (cost + motion(*v, start), i));
        let Some((cost, mut at)) = close.min() else {
            continue;
        };
        if best.as_ref().is_none_or(|(least, _)| cost < *least) {
            let mut path = Vec::with_capacity(chords.len());
            for (setting, from) in settings[1..].iter().zip(&parents).rev() {
                path.push(setting[at]);
                at = from[at];
            }
            path.push(start);
            path.reverse();
            best = Some((cost, path));
        }
    }
    best.map(|(_, path)| path).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passing_notes_never_sit_a_semitone_above_the_chord() {
        let key = Key {
            tonic: 0,
            mode: Mode::Ionian,
        };
        let dominant = Chord {
            root: 4,
            shape: Shape::Triad,
        };
        // Over G major, C grinds against B; D, G, A, E, B remain.
        let mut classes = key.passing(dominant);
        classes.sort_unstable();
        assert_eq!(classes, [2, 4, 7, 9, 11]);
    }

    #[test]
    fn the_lowest_pitch_of_a_class_is_found() {
        assert_eq!(at_or_above(0, 34), 36);
        assert_eq!(at_or_above(10, 34), 34);
        assert_eq!(at_or_above(9, 34), 45);
    }
}
