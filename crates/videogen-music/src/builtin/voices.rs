//! The instruments: what one note of each sounds like, written into a loop.

use videogen_types::{Rng, Seed};

use super::dsp::{Loop, RATE, Svf, Wavetable, decay, exp2, frequency, phase_step, silence, sine};
use super::effects::Stop;

/// One note of a part.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Note {
    /// First sample, counted from the beginning of the loop; may be negative or past the end (it wraps).
    pub(super) at: i64,
    /// Samples until a sustained note is let go. Struck notes ring out by themselves.
    pub(super) held: usize,
    /// MIDI pitch.
    pub(super) pitch: u8,
    /// Loudness, 0 to 1.
    pub(super) velocity: f32,
    /// −1 left … 1 right.
    pub(super) pan: f32,
}

/// An instrument.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Instrument {
    /// Sounds as long as a note is held.
    Sustained(Sustained),
    /// Struck or plucked: sounds once and dies away.
    Struck(Struck),
    /// Wind: noise that swells with each note, whose pitch is where it is loudest.
    Wind,
}

/// A sustained sound: three copies of a wavetable a little out of tune with each other, spread left to right.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Sustained {
    /// Amplitudes of the harmonics; the highest note times their number must stay below half the sample rate.
    pub(super) harmonics: &'static [f32],
    /// Seconds to full level.
    pub(super) attack: f32,
    /// Seconds to silence.
    pub(super) release: f32,
    /// Distance of the outer copies in cents.
    pub(super) detune: f64,
    /// Pan of the outer copies, 0 to 1.
    pub(super) width: f32,
    /// Depth of a 5 Hz vibrato in cents.
    pub(super) vibrato: f64,
}

/// A struck sound: partials that die away each at its own pace, and a short thump of noise.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Struck {
    pub(super) partials: &'static [Partial],
    /// Seconds to full level.
    pub(super) attack: f32,
    /// Level of the noise.
    pub(super) thump: f32,
    /// Cutoff of the noise in Hz.
    pub(super) thump_tone: f64,
}

/// One partial: frequency ratio, amplitude, seconds to fall by 60 dB at middle C, and how much of the amplitude comes
/// only with force (0 to 1).
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Partial(
    pub(super) f64,
    pub(super) f32,
    pub(super) f64,
    pub(super) f32,
);

/// Plays `notes` into `sound`, over what is there. `seed` decides phases and noise. `None` when stopped.
pub(super) fn play(
    instrument: Instrument,
    notes: &[Note],
    sound: &mut Loop,
    seed: Seed,
    stop: Stop<'_>,
) -> Option<()> {
    let mut rng = seed.rng();
    match instrument {
        Instrument::Sustained(voice) => {
            let table = Wavetable::new(voice.harmonics);
            for note in notes {
                if stop() {
                    return None;
                }
                sustain(sound, &voice, &table, note, &mut rng);
            }
        }
        Instrument::Struck(voice) => {
            let table = Wavetable::new(&[1.0]);
            let mut pitches: Vec<u8> = notes.iter().map(|note| note.pitch).collect();
            pitches.sort_unstable();
            pitches.dedup();
            for pitch in pitches {
                // Each pitch is computed once and laid down wherever it is struck.
                let strike = Strike::new(&voice, &table, pitch, &mut rng);
                for note in notes.iter().filter(|note| note.pitch == pitch) {
                    if stop() {
                        return None;
                    }
                    strike.lay(sound, note);
                }
            }
        }
        Instrument::Wind => {
            for note in notes {
                if stop() {
                    return None;
                }
                blow(sound, note, &mut rng);
            }
        }
    }
    Some(())
}

/// Level per channel of a pan position, equal power, 1 in the centre.
fn pan_gains(pan: f32) -> (f32, f32) {
    let pan = pan.clamp(-1.0, 1.0);
    ((1.0 - pan).sqrt(), (1.0 + pan).sqrt())
}

/// Half a cosine from 0 to 1.
fn rise(x: f64) -> f64 {
    0.5 - 0.5 * sine(0.25 + 0.5 * x.clamp(0.0, 1.0))
}

fn sustain(sound: &mut Loop, voice: &Sustained, table: &Wavetable, note: &Note, rng: &mut Rng) {
    /// Samples between two values of the envelope; straight lines between them.
    const STEP: usize = 64;
    let rate = f64::from(RATE);
    let (attack, release) = (
        f64::from(voice.attack) * rate,
        f64::from(voice.release) * rate,
    );
    let level = |i: usize| {
        let i = i as f64;
        let fall = 1.0 - rise((i - note.held as f64) / release);
        // Squared, the release begins gently and ends like a decay rather than a fade.
        rise(i / attack) * fall * fall
    };
    let total = note.held + release as usize;
    let mut phases = [0.0_f32; 3].map(|_| rng.next_u64() as u32);
    let wobble = f64::from(rng.unit());
    let copies = [-1.0_f64, 0.0, 1.0].map(|side| {
        let (left, right) = pan_gains(note.pan + side as f32 * voice.width);
        (
            side * voice.detune,
            left * note.velocity * 0.577,
            right * note.velocity * 0.577,
        )
    });
    let mut at = sound.wrap(note.at);
    let mut envelope = 0.0;
    for block in (0..total).step_by(STEP) {
        let count = STEP.min(total - block);
        let target = level(block + count) as f32;
        let slope = (target - envelope) / count as f32;
        let vibrato = voice.vibrato * sine(block as f64 / rate * 5.1 + wobble);
        let steps = copies.map(|(cents, ..)| {
            phase_step(frequency(f64::from(note.pitch) + (cents + vibrato) / 100.0))
        });
        for _ in 0..count {
            envelope += slope;
            let (mut left, mut right) = (0.0, 0.0);
            for ((phase, step), (_, to_left, to_right)) in phases.iter_mut().zip(steps).zip(copies)
            {
                let x = table.at(*phase);
                *phase = phase.wrapping_add(step);
                left += x * to_left;
                right += x * to_right;
            }
            sound.left[at] += left * envelope;
            sound.right[at] += right * envelope;
            at += 1;
            if at == sound.len() {
                at = 0;
            }
        }
    }
}

/// A struck note of one pitch: what always sounds, and what force adds.
struct Strike {
    body: Vec<f32>,
    edge: Vec<f32>,
}

impl Strike {
    fn new(voice: &Struck, table: &Wavetable, pitch: u8, rng: &mut Rng) -> Self {
        let rate = f64::from(RATE);
        let hertz = frequency(f64::from(pitch));
        // Higher strings and bars ring shorter: half as long two octaves up.
        let scale = exp2((60.0 - f64::from(pitch)) / 24.0);
        let longest = voice
            .partials
            .iter()
            .fold(0.0, |longest: f64, partial| longest.max(partial.2));
        let len = (longest * scale * rate * 1.2) as usize;
        let (mut body, mut edge) = (silence(len), silence(len));
        let total: f32 = voice.partials.iter().map(|partial| partial.1).sum();
        for Partial(ratio, amplitude, seconds, force) in voice.partials {
            let step = phase_step(hertz * ratio);
            if hertz * ratio > 0.4 * rate {
                continue;
            }
            let seconds = seconds * scale;
            let fade = decay(seconds);
            let mut level = amplitude / total;
            let mut phase = 0_u32;
            // 1.2 times the 60 dB time is −72 dB: nothing is heard to end there.
            let audible = ((seconds * rate * 1.2) as usize).min(len);
            for (body, edge) in body[..audible].iter_mut().zip(&mut edge) {
                let x = table.at(phase) * level;
                *body += x * (1.0 - force);
                *edge += x * force;
                phase = phase.wrapping_add(step);
                level *= fade;
            }
        }
        let mut tone = Svf::new(voice.thump_tone, 0.7);
        let fade = decay(0.09);
        let mut level = voice.thump;
        for body in body.iter_mut().take(RATE as usize / 8) {
            *body += tone.next(rng.between(-1.0, 1.0)).low * level;
            level *= fade;
        }
        let attack = f64::from(voice.attack) * rate;
        let end = (0.05 * rate).min(len as f64);
        for (i, (body, edge)) in body.iter_mut().zip(&mut edge).enumerate() {
            let from_end = (len - i) as f64;
            if (i as f64) < attack || from_end < end {
                let gain = (rise(i as f64 / attack) * rise(from_end / end)) as f32;
                *body *= gain;
                *edge *= gain;
            }
        }
        Self { body, edge }
    }

    fn lay(&self, sound: &mut Loop, note: &Note) {
        let (left, right) = pan_gains(note.pan);
        let (left, right) = (left * note.velocity, right * note.velocity);
        let mut at = sound.wrap(note.at);
        for (body, edge) in self.body.iter().zip(&self.edge) {
            let x = body + edge * note.velocity;
            sound.left[at] += x * left;
            sound.right[at] += x * right;
            at += 1;
            if at == sound.len() {
                at = 0;
            }
        }
    }
}

/// One swell of wind over the time the note is held: noise through a band-pass that opens and closes with it.
fn blow(sound: &mut Loop, note: &Note, rng: &mut Rng) {
    let centre = frequency(f64::from(note.pitch));
    let mut filters = [Svf::new(centre, 0.9); 2];
    let mut at = sound.wrap(note.at);
    for i in 0..note.held {
        let along = i as f64 / note.held as f64;
        let swell = rise(1.0 - (2.0 * along - 1.0).abs());
        if i % 64 == 0 {
            for filter in &mut filters {
                filter.tune(centre * exp2(swell - 0.5));
            }
        }
        // Half the noise is common to both sides: wide, but there in mono.
        let common = rng.between(-1.0, 1.0);
        let gain = note.velocity * swell as f32;
        let (left, right) = pan_gains(note.pan * (1.0 - 2.0 * along as f32));
        let bands = filters
            .each_mut()
            .map(|filter| filter.next(common + rng.between(-1.0, 1.0)).band);
        sound.left[at] += bands[0] * gain * left;
        sound.right[at] += bands[1] * gain * right;
        at += 1;
        if at == sound.len() {
            at = 0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAIN: Sustained = Sustained {
        harmonics: &[1.0, 0.5],
        attack: 0.2,
        release: 0.5,
        detune: 6.0,
        width: 0.4,
        vibrato: 0.0,
    };
    const CHIME: Struck = Struck {
        partials: &[Partial(1.0, 1.0, 1.0, 0.0), Partial(3.0, 0.3, 0.5, 0.8)],
        attack: 0.003,
        thump: 0.05,
        thump_tone: 800.0,
    };

    fn played(instrument: Instrument, note: Note, len: usize, seed: u64) -> Loop {
        let mut sound = Loop::silent(len);
        play(instrument, &[note], &mut sound, Seed(seed), &|| false).unwrap();
        sound
    }

    #[test]
    fn a_note_across_the_seam_is_the_same_note_wrapped() {
        let len = 3 * RATE as usize;
        let note = Note {
            at: 1000,
            held: 30_000,
            pitch: 60,
            velocity: 0.8,
            pan: 0.2,
        };
        let wrapped = Note {
            at: 1000 - 20_000,
            ..note
        };
        for instrument in [
            Instrument::Sustained(PLAIN),
            Instrument::Struck(CHIME),
            Instrument::Wind,
        ] {
            let a = played(instrument, note, len, 1);
            let b = played(instrument, wrapped, len, 1);
            assert!(
                a.left.iter().any(|x| x.abs() > 0.01),
                "{instrument:?} is silent"
            );
            for i in 0..len {
                let j = (i + len - 20_000) % len;
                assert!(
                    (a.left[i] - b.left[j]).abs() < 1e-6,
                    "{instrument:?} left at {i}"
                );
                assert!(
                    (a.right[i] - b.right[j]).abs() < 1e-6,
                    "{instrument:?} right at {i}"
                );
            }
        }
    }

    #[test]
    fn notes_begin_and_end_in_silence() {
        let len = 4 * RATE as usize;
        let note = Note {
            at: 0,
            held: 40_000,
            pitch: 57,
            velocity: 1.0,
            pan: 0.0,
        };
        for instrument in [
            Instrument::Sustained(PLAIN),
            Instrument::Struck(CHIME),
            Instrument::Wind,
        ] {
            let sound = played(instrument, note, len, 2);
            assert!(sound.left[0].abs() < 1e-3, "{instrument:?}");
            assert!(
                sound.left[len - 100..].iter().all(|x| *x == 0.0),
                "{instrument:?} does not end"
            );
        }
    }

    #[test]
    fn force_makes_a_struck_note_brighter() {
        let bright = |velocity: f32| {
            let note = Note {
                at: 0,
                held: 0,
                pitch: 60,
                velocity,
                pan: 0.0,
            };
            let sound = played(Instrument::Struck(CHIME), note, RATE as usize * 2, 3);
            let power = |x: &mut dyn Iterator<Item = f32>| x.map(|x| x * x).sum::<f32>();
            let high = power(&mut sound.left.windows(2).map(|w| w[1] - w[0]));
            high / power(&mut sound.left.iter().copied())
        };
        assert!(bright(1.0) > bright(0.2) * 1.1);
    }
}
