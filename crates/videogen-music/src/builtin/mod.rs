//! The built-in music bed: a seamless loop in the genre's mood, composed and synthesised from a seed.
//!
//! The last rung of the music ladder that sounds. Needs no files and no network, and is own work: nothing to credit.
//! `plan` chooses key, tempo and chords, `arrange` writes the parts, `voices` plays them, `effects` gives them a room.

mod arrange;
mod dsp;
mod effects;
mod instruments;
mod phrases;
mod plan;
mod progressions;
mod score;
mod theory;
mod voices;

use arrange::arrange;
use dsp::{Loop, RATE};
use effects::Stop;
use plan::Plan;
use score::Part;
use videogen_types::{Genre, Seed};
use voices::Note;

/// A stereo loop: playing it again from its first sample right after its last is inaudible, because everything that
/// rings on past the end has already been mixed into the beginning.
#[derive(Debug, Clone, PartialEq)]
pub struct Bed {
    /// Samples per second, 48 000.
    pub sample_rate: u32,
    /// The left channel, within ±0.9.
    pub left: Vec<f32>,
    /// The right channel, as long as the left.
    pub right: Vec<f32>,
}

/// Mean square at which [`compose`] hands a bed over: −18 LUFS, that is 10^((−18 + 0.691) / 10).
const TARGET_POWER: f64 = 0.018_582_3;

/// The highest sample [`compose`] lets through.
const PEAK: f32 = 0.89;

/// Composes and synthesises a bed: 24 to 48 s, 8 or 16 bars, about −18 LUFS (quieter only where peaks would pass 0.9).
///
/// The same `genre` and `seed` give the same samples on every machine. Takes about half
/// a second of one core and, while it runs, some 55 MB: three loops of at most 18 MB.
///
/// `stop` is asked every few milliseconds; once it answers `true` the result is `None`.
pub fn compose(genre: Genre, seed: Seed, stop: &(dyn Fn() -> bool + Sync)) -> Option<Bed> {
    let plan = Plan::new(genre, seed);
    let score = arrange(genre, &plan, seed);
    let mut mix = Loop::silent(plan.len());
    let mut room = Loop::silent(plan.len());
    // One part at a time: each takes as much memory as the whole, and a bed is never what a video waits for.
    let mut sound = Loop::silent(plan.len());
    for (index, part) in (0..).zip(&score.parts) {
        sound.clear();
        let seed = seed.derive("music.part", index);
        perform(part, &plan, seed, &mut sound, stop)?;
        mix.add(&sound, part.level);
        room.add(&sound, part.level * part.send);
    }
    drop(sound);
    let (seconds, bright, level) = score.room;
    effects::reverberate(&mut room, seconds, bright, stop)?;
    mix.add(&room, level);
    drop(room);
    effects::make_room_for_speech(&mut mix, score.top, stop)?;
    finish(mix, stop)
}

/// What [`compose`] would play, for people: "synthesised bed, D dorian, 72 bpm".
pub fn describe(genre: Genre, seed: Seed) -> String {
    let plan = Plan::new(genre, seed);
    format!("synthesised bed, {}, {} bpm", plan.key.name(), plan.bpm)
}

/// Plays one part through its own effects, into a silent `sound`.
fn perform(part: &Part, plan: &Plan, seed: Seed, sound: &mut Loop, stop: Stop<'_>) -> Option<()> {
    let mut rng = seed.derive("timing", 0).rng();
    let notes: Vec<Note> = part
        .steps
        .iter()
        .map(|step| {
            let beats = (step.bar * plan.metre) as f32 + step.beat;
            let nudge = rng.between(-part.looseness, part.looseness) - part.role.early();
            Note {
                at: (f64::from(beats) * plan.beat as f64).round() as i64
                    + (nudge * RATE as f32) as i64,
                held: (step.beats * plan.beat as f32) as usize,
                pitch: step.pitch,
                velocity: step.velocity,
                pan: step.pan,
            }
        })
        .collect();
    let seed = seed.derive("sound", 0);
    voices::play(part.instrument, &notes, sound, seed, stop)?;
    if let Some((low, octaves, seconds, q)) = part.sweep {
        effects::sweep(sound, low, octaves, seconds, q, stop)?;
    }
    if let Some(wet) = part.chorus {
        effects::chorus(sound, wet, stop)?;
    }
    if let Some((beats, level, feedback)) = part.echo {
        let gap = (beats * plan.beat as f32) as usize;
        effects::ping_pong(sound, gap, level, feedback, stop)?;
    }
    Some(())
}

/// Centres the loop on zero and brings it to its loudness, as far as its peak allows.
fn finish(mut mix: Loop, stop: Stop<'_>) -> Option<Bed> {
    for channel in [&mut mix.left, &mut mix.right] {
        let mean = channel.iter().map(|x| f64::from(*x)).sum::<f64>() / channel.len() as f64;
        for x in channel {
            *x -= mean as f32;
        }
    }
    let power = effects::weighted_power(&mix, stop)?;
    let peak = mix
        .left
        .iter()
        .chain(&mix.right)
        .fold(f32::MIN_POSITIVE, |peak, x| peak.max(x.abs()));
    let gain = ((TARGET_POWER / power.max(1e-12)).sqrt() as f32).min(PEAK / peak);
    for x in mix.left.iter_mut().chain(&mut mix.right) {
        *x *= gain;
    }
    Some(Bed {
        sample_rate: RATE,
        left: mix.left,
        right: mix.right,
    })
}

#[cfg(test)]
mod tests;
