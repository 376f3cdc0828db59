//! What the parts play, in bars and beats: pad, bass, arpeggio, melody, pulse and swells over a plan's harmony.

use videogen_types::Rng;

use super::plan::Plan;
use super::theory::{at_or_above, ladder};

/// One note in musical time.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Step {
    pub(super) bar: usize,
    /// Beats after the bar line; may run past the bar.
    pub(super) beat: f32,
    /// Length in beats.
    pub(super) beats: f32,
    /// MIDI pitch.
    pub(super) pitch: u8,
    /// 0 to 1.
    pub(super) velocity: f32,
    /// −1 left … 1 right.
    pub(super) pan: f32,
}

/// Whether a beat carries the harmony: the first of the bar, and the third of four.
pub(super) fn is_strong(metre: usize, beat: f32) -> bool {
    let quarters = (beat * 4.0) as usize;
    quarters == 0 || (metre == 4 && quarters == 8)
}

/// The plan's chords in four voices. A voice that stays where it is holds on instead of starting again.
pub(super) fn pad(plan: &Plan) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    for voice in 0..4 {
        let mut open: Option<usize> = None;
        for (bar, voicing) in plan.voicings.iter().enumerate() {
            match open {
                Some(last) if steps[last].pitch == voicing[voice] => {
                    steps[last].beats += plan.metre as f32;
                }
                _ => {
                    open = Some(steps.len());
                    steps.push(Step {
                        bar,
                        beat: 0.0,
                        beats: plan.metre as f32,
                        pitch: voicing[voice],
                        // The outer voices carry the sound, the top one a little less than the bottom.
                        velocity: [0.9, 0.75, 0.75, 0.7][voice],
                        pan: [0.0, -0.25, 0.25, 0.0][voice],
                    });
                }
            }
        }
    }
    steps
}

/// The root of each chord, at or above `low`, on the given beats of the bar (onset and length). A single onset per bar
/// is held as long as the root stays.
pub(super) fn bass(plan: &Plan, low: u8, rhythm: &[(f32, f32)]) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    for (bar, chord) in plan.chords.iter().enumerate() {
        let pitch = at_or_above(plan.key.classes(*chord)[0], low);
        for (beat, beats) in rhythm {
            let step = Step {
                bar,
                beat: *beat,
                beats: *beats,
                pitch,
                velocity: 0.8,
                pan: 0.0,
            };
            match steps.last_mut() {
                Some(last) if rhythm.len() == 1 && last.pitch == pitch => last.beats += beats,
                _ => steps.push(step),
            }
        }
    }
    steps
}

/// How loud a part is along the loop.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Arc {
    /// Grows to the last bars, then steps back to meet the beginning.
    Build,
    /// Rises to the middle and falls again.
    Breathe,
}

impl Arc {
    fn at(self, progress: f32) -> f32 {
        match self {
            Self::Build if progress < 0.8 => 0.5 + 0.5 * progress / 0.8,
            Self::Build => 1.0 - 0.5 * (progress - 0.8) / 0.2,
            Self::Breathe => 0.65 + 0.35 * (1.0 - (2.0 * progress - 1.0).abs()),
        }
    }
}

/// A broken chord.
#[derive(Debug, Clone, Copy)]
pub(super) struct Broken {
    /// Notes per beat.
    pub(super) per_beat: usize,
    /// Lowest and highest pitch.
    pub(super) range: (u8, u8),
    /// Figures to choose from: rungs of the chord's ladder from the bottom, one after the other; 9 rests.
    pub(super) figures: &'static [&'static [usize]],
    pub(super) arc: Arc,
    /// Pan of the widest notes.
    pub(super) width: f32,
}

/// In [`Broken::figures`], a rest.
const REST: usize = 9;

/// Breaks every chord by a figure the seed picks, one for each half of the loop at most.
pub(super) fn arpeggio(plan: &Plan, rng: &mut Rng, broken: &Broken) -> Vec<Step> {
    let figures = [*rng.pick(broken.figures), *rng.pick(broken.figures)];
    let mut steps = Vec::new();
    for (bar, chord) in plan.chords.iter().enumerate() {
        let rungs = ladder(&plan.key.classes(*chord), broken.range.0, broken.range.1);
        let figure = figures[bar * 2 / plan.bars()];
        for i in 0..plan.metre * broken.per_beat {
            let rung = figure[i % figure.len()];
            if rung == REST || rungs.is_empty() {
                continue;
            }
            // A ladder too short for the figure turns back at its top.
            let top = rungs.len() - 1;
            let pitch = rungs[if rung <= top {
                rung
            } else {
                (2 * top).saturating_sub(rung)
            }];
            let accent = if i == 0 {
                1.0
            } else if i % broken.per_beat == 0 {
                0.85
            } else {
                0.7
            };
            steps.push(Step {
                bar,
                beat: i as f32 / broken.per_beat as f32,
                beats: 1.0 / broken.per_beat as f32,
                pitch,
                velocity: accent * broken.arc.at(plan.progress(bar)) * rng.between(0.88, 1.0),
                pan: broken.width * (rung as f32 / 3.0 - 1.0).clamp(-1.0, 1.0),
            });
        }
    }
    steps
}

/// A melody.
#[derive(Debug, Clone, Copy)]
pub(super) struct Tune {
    /// Lowest and highest pitch.
    pub(super) range: (u8, u8),
    /// Rhythms to choose from: onsets in beats.
    pub(super) rhythms: &'static [&'static [f32]],
    /// Of four bars, which sing.
    pub(super) sings: [bool; 4],
}

/// A tune from one rhythm and one contour, bent to each chord: chord tones on strong beats, the nearest quiet scale
/// tones between them, and the tonic in the last bar it sings.
pub(super) fn melody(plan: &Plan, rng: &mut Rng, tune: &Tune) -> Vec<Step> {
    let rhythms = [*rng.pick(tune.rhythms), *rng.pick(tune.rhythms)];
    let contour: Vec<i32> = (0..8).map(|_| rng.below(5) as i32 - 2).collect();
    let centre = i32::midpoint(i32::from(tune.range.0), i32::from(tune.range.1));
    let mut last = centre;
    let mut steps: Vec<Step> = Vec::new();
    for (bar, chord) in plan.chords.iter().enumerate() {
        let home = bar + 1 == plan.bars();
        if !tune.sings[bar % 4] && !home {
            continue;
        }
        let strong = ladder(&plan.key.classes(*chord), tune.range.0, tune.range.1);
        let weak = ladder(&plan.key.passing(*chord), tune.range.0, tune.range.1);
        let onsets: &[f32] = if home { &[0.0] } else { rhythms[bar / 2 % 2] };
        for (i, beat) in onsets
            .iter()
            .enumerate()
            .filter(|(_, beat)| **beat < plan.metre as f32)
        {
            let step = contour[(i + bar % 2 * 4) % contour.len()];
            // Towards the contour, with a pull back to the middle of the range.
            let wanted = last + 2 * step + (centre - last) / 4;
            let tones = if is_strong(plan.metre, *beat) {
                &strong
            } else {
                &weak
            };
            let tonic = [plan.key.tonic];
            let home_tones = ladder(&tonic, tune.range.0, tune.range.1);
            let tones = if home && !home_tones.is_empty() {
                &home_tones
            } else {
                tones
            };
            let Some(pitch) = tones
                .iter()
                .copied()
                .min_by_key(|p| ((i32::from(*p) - wanted).abs(), *p))
            else {
                continue;
            };
            last = i32::from(pitch);
            let next = onsets.get(i + 1).copied().unwrap_or(plan.metre as f32);
            steps.push(Step {
                bar,
                beat: *beat,
                beats: next - beat,
                pitch,
                velocity: if is_strong(plan.metre, *beat) {
                    0.85
                } else {
                    0.65
                } * rng.between(0.88, 1.0),
                pan: rng.between(-0.3, 0.3),
            });
        }
    }
    steps
}

/// A drum on the tonic: onsets in beats and their force, with the loop's arc.
pub(super) fn pulse(plan: &Plan, low: u8, rhythm: &[(f32, f32)], arc: Arc) -> Vec<Step> {
    let pitch = at_or_above(plan.key.tonic, low);
    let bars = 0..plan.bars();
    bars.flat_map(|bar| {
        let force = arc.at(plan.progress(bar));
        let hits = rhythm.iter().filter(|(beat, _)| *beat < plan.metre as f32);
        hits.map(move |(beat, velocity)| Step {
            bar,
            beat: *beat,
            beats: 1.0,
            pitch,
            velocity: velocity * force,
            pan: 0.0,
        })
    })
    .collect()
}

/// Overlapping swells of wind, two bars or so each, so that one rises while another falls.
pub(super) fn swells(plan: &Plan, rng: &mut Rng, low: u8) -> Vec<Step> {
    let pitch = at_or_above(plan.key.tonic, low);
    (0..plan.bars())
        .step_by(2)
        .map(|bar| Step {
            bar,
            beat: rng.between(0.0, 1.5),
            beats: plan.metre as f32 * rng.between(2.0, 3.2),
            pitch: if rng.below(2) == 0 {
                pitch
            } else {
                at_or_above((pitch + 7) % 12, low)
            },
            velocity: rng.between(0.5, 1.0),
            pan: rng.between(-0.5, 0.5),
        })
        .collect()
}
