//! Effects over a loop: chorus, echo, moving filter, reverb, equaliser. Each leaves the loop seamless.
//!
//! An effect with memory must arrive at the first sample in the state the last one leaves it in. So each runs over the
//! end of the loop once to fill its memory, and then over the whole loop for the result. Everything that moves inside
//! an effect moves a whole number of periods per loop.

use super::dsp::{BLOCK, Bands, Loop, RATE, Svf, decay, exp2, sine};

/// How long the memory of an effect is filled before the loop begins. The longest reverb here falls by 60 dB in 5 s;
/// after 12 s what is missing is 144 dB down, below the resolution of 24-bit sound.
const WARM_UP: usize = 12 * RATE as usize;

/// Asked now and then during long work; `true` means give up.
pub(super) type Stop<'a> = &'a (dyn Fn() -> bool + Sync);

/// Runs `effect(index, left, right)` round the loop as described above. `None` when stopped.
fn circulate(
    sound: &mut Loop,
    stop: Stop<'_>,
    mut effect: impl FnMut(usize, f32, f32) -> (f32, f32),
) -> Option<()> {
    let len = sound.len();
    for block in (len.saturating_sub(WARM_UP)..len).step_by(BLOCK) {
        if stop() {
            return None;
        }
        for i in block..len.min(block + BLOCK) {
            effect(i, sound.left[i], sound.right[i]);
        }
    }
    for block in (0..len).step_by(BLOCK) {
        if stop() {
            return None;
        }
        for i in block..len.min(block + BLOCK) {
            (sound.left[i], sound.right[i]) = effect(i, sound.left[i], sound.right[i]);
        }
    }
    Some(())
}

/// A delay line with fractional reads.
struct Delay {
    memory: Vec<f32>,
    head: usize,
}

impl Delay {
    fn new(len: usize) -> Self {
        Self {
            memory: vec![0.0; len.max(2)],
            head: 0,
        }
    }

    /// The oldest sample; [`Delay::push`] then replaces it.
    #[inline]
    fn oldest(&self) -> f32 {
        self.memory[self.head]
    }

    #[inline]
    fn push(&mut self, x: f32) {
        self.memory[self.head] = x;
        self.head += 1;
        if self.head == self.memory.len() {
            self.head = 0;
        }
    }

    /// The sample `delay` pushes ago (1.0 is the latest), interpolated.
    #[inline]
    fn tap(&self, delay: f32) -> f32 {
        let whole = delay as usize;
        let fraction = delay - whole as f32;
        let at = |back: usize| {
            let i = self.head + self.memory.len() - back;
            self.memory[if i >= self.memory.len() {
                i - self.memory.len()
            } else {
                i
            }]
        };
        let (a, b) = (at(whole), at(whole + 1));
        a + (b - a) * fraction
    }
}

/// Periods that fit a whole number of times into the loop and last about `seconds`.
fn cycles(len: usize, seconds: f64) -> f64 {
    (len as f64 / f64::from(RATE) / seconds).round().max(1.0)
}

/// Chorus: to each channel a copy 11 to 17 ms old whose age sways slowly, left and right a quarter period apart.
/// `wet` (0 to 1) is the level of the copy. The copies are added in phase, so the mono sum keeps its body.
pub(super) fn chorus(sound: &mut Loop, wet: f32, stop: Stop<'_>) -> Option<()> {
    let turns_per_sample = cycles(sound.len(), 5.3) / sound.len() as f64;
    let mut lines = [Delay::new(1024), Delay::new(1024)];
    let mut ages = [[0.0_f32; 2]; 2];
    let keep = 1.0 / (1.0 + wet * wet).sqrt();
    circulate(sound, stop, move |i, left, right| {
        // The sway is slow: straight lines of 64 samples are indistinguishable from it.
        let part = i % 64;
        if part == 0 || ages[0][0] == 0.0 {
            for (channel, age) in ages.iter_mut().enumerate() {
                *age = [i - part, i - part + 64].map(|j| {
                    let sway = sine(j as f64 * turns_per_sample + 0.25 * channel as f64);
                    ((0.014 + 0.003 * sway) * f64::from(RATE)) as f32
                });
            }
        }
        let along = part as f32 / 64.0;
        let mut out = [left, right];
        for ((x, line), age) in out.iter_mut().zip(&mut lines).zip(&ages) {
            line.push(*x);
            *x = (*x + wet * line.tap(age[0] + (age[1] - age[0]) * along)) * keep;
        }
        (out[0], out[1])
    })
}

/// Ping-pong echo: repeats every `delay` samples, crossing sides and growing darker. `level` is that of the first
/// repeat, `feedback` (below 1) the ratio of each to the one before.
pub(super) fn ping_pong(
    sound: &mut Loop,
    delay: usize,
    level: f32,
    feedback: f32,
    stop: Stop<'_>,
) -> Option<()> {
    let mut lines = [Delay::new(delay), Delay::new(delay)];
    let mut tone = [Svf::new(2400.0, 0.6); 2];
    circulate(sound, stop, move |_, left, right| {
        let (a, b) = (lines[0].oldest(), lines[1].oldest());
        let into = tone[0]
            .next((left + right) * 0.5 * level + b * feedback)
            .low;
        lines[0].push(into);
        let into = tone[1].next(a * feedback).low;
        lines[1].push(into);
        // Not hard to the sides: in headphones a fully one-sided echo pulls at the ear.
        (left + 0.85 * a + 0.25 * b, right + 0.25 * a + 0.85 * b)
    })
}

/// Low-pass of resonance `q` whose cutoff sways from `low` Hz up by `octaves` and back about once in `seconds`.
pub(super) fn sweep(
    sound: &mut Loop,
    low: f64,
    octaves: f64,
    seconds: f64,
    q: f64,
    stop: Stop<'_>,
) -> Option<()> {
    let turns_per_sample = cycles(sound.len(), seconds) / sound.len() as f64;
    let mut filters = [Svf::new(low, q); 2];
    circulate(sound, stop, move |i, left, right| {
        if i % 32 == 0 {
            for (channel, filter) in filters.iter_mut().enumerate() {
                // The channels lag a little behind one another, which widens the motion without thinning the mono sum.
                let sway =
                    0.5 - 0.5 * sine(i as f64 * turns_per_sample + 0.25 - 0.06 * channel as f64);
                filter.tune(low * exp2(octaves * sway));
            }
        }
        (filters[0].next(left).low, filters[1].next(right).low)
    })
}

/// The lengths of the reverb's delay lines in samples: primes from 24 to 67 ms, so that echoes do not coincide.
const ROOM: [usize; 8] = [1153, 1361, 1559, 1823, 2069, 2389, 2777, 3203];

/// Turns the sound into its reverberation alone: an eight-line feedback delay network with a Hadamard matrix
/// (J.-M. Jot, "Digital delay networks for designing artificial reverberators", AES 1991) behind two all-pass
/// diffusers per channel. `seconds` is the time to fall by 60 dB, `bright` the cutoff in Hz of the air's damping.
pub(super) fn reverberate(
    sound: &mut Loop,
    seconds: f64,
    bright: f64,
    stop: Stop<'_>,
) -> Option<()> {
    let mut lines = ROOM.map(Delay::new);
    let gains = ROOM.map(|len| {
        let per_sample = f64::from(decay(seconds));
        (0..len).fold(1.0, |gain, _| gain * per_sample) as f32
    });
    let keep = exp2(-bright / f64::from(RATE) * 2.0 * std::f64::consts::PI / std::f64::consts::LN_2)
        as f32;
    let mut damped = [0.0_f32; 8];
    let mut diffusers = [[225, 556], [241, 579]].map(|lens| lens.map(Delay::new));
    circulate(sound, stop, move |_, left, right| {
        let mut input = [left, right];
        for (x, chain) in input.iter_mut().zip(&mut diffusers) {
            for line in chain {
                let old = line.oldest();
                let new = *x + 0.6 * old;
                line.push(new);
                *x = old - 0.6 * new;
            }
        }
        let mut state = [0.0_f32; 8];
        for i in 0..8 {
            damped[i] += (1.0 - keep) * (lines[i].oldest() - damped[i]);
            state[i] = damped[i] * gains[i];
        }
        let out = (
            state[0] + state[2] - state[4] + state[6],
            state[1] + state[3] - state[5] + state[7],
        );
        // Hadamard by butterflies, scaled to keep the power.
        for span in [1, 2, 4] {
            for i in (0..8).filter(|i| i & span == 0) {
                (state[i], state[i + span]) =
                    (state[i] + state[i + span], state[i] - state[i + span]);
            }
        }
        for i in 0..8 {
            lines[i].push(state[i] * 0.353_553_4 + input[i % 2] * 0.35);
        }
        out
    })
}

/// The final equaliser: nothing below hearing, a dip where the voice is understood, a soft top.
pub(super) fn make_room_for_speech(sound: &mut Loop, top: f64, stop: Stop<'_>) -> Option<()> {
    let mut rumble = [Svf::new(38.0, 0.707); 2];
    // −4.5 dB around 2 kHz, an octave and a half to each side: the consonants. Bell after Simper: k = 1 / (q·a).
    let a = exp2(-4.5 / 40.0 * std::f64::consts::LOG2_10);
    let depth = ((a * a - 1.0) / (0.6 * a)) as f32;
    let mut presence = [Svf::new(2000.0, 0.6 * a); 2];
    let mut air = [Svf::new(top, 0.6); 2];
    circulate(sound, stop, move |_, left, right| {
        let mut out = [left, right];
        for (channel, x) in out.iter_mut().enumerate() {
            let Bands { high, .. } = rumble[channel].next(*x);
            let dipped = high + depth * presence[channel].next(high).band;
            *x = air[channel].next(dipped).low;
        }
        (out[0], out[1])
    })
}

/// Mean square of the loop as the ear weighs it: K-weighting of ITU-R BS.1770-4, both channels summed, ungated (a bed
/// has no silence to gate). Loudness in LUFS is −0.691 + 10·log10 of it.
pub(super) fn weighted_power(sound: &Loop, stop: Stop<'_>) -> Option<f64> {
    // BS.1770-4, tables 1 and 2, for 48 kHz: b0 b1 b2 a1 a2.
    const STAGES: [[f64; 5]; 2] = [
        [
            1.535_124_859_586_97,
            -2.691_696_189_406_38,
            1.198_392_810_852_85,
            -1.690_659_293_182_41,
            0.732_480_774_215_85,
        ],
        [1.0, -2.0, 1.0, -1.990_047_454_833_98, 0.990_072_250_366_21],
    ];
    let mut sum = 0.0;
    for channel in [&sound.left, &sound.right] {
        let mut memory = [[0.0_f64; 2]; 2];
        for block in channel.chunks(BLOCK) {
            if stop() {
                return None;
            }
            for sample in block {
                let mut x = f64::from(*sample);
                for ([b0, b1, b2, a1, a2], [z1, z2]) in STAGES.iter().zip(&mut memory) {
                    let y = b0 * x + *z1;
                    *z1 = b1 * x - a1 * y + *z2;
                    *z2 = b2 * x - a2 * y;
                    x = y;
                }
                sum += x * x;
            }
        }
    }
    Some(sum / sound.len() as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    const LEN: usize = 14 * RATE as usize;

    fn impulse(at: usize) -> Loop {
        let mut sound = Loop::silent(LEN);
        sound.left[at] = 1.0;
        sound.right[(at + 100) % LEN] = 0.5;
        sound
    }

    type Effect = fn(&mut Loop) -> Option<()>;

    #[test]
    fn effects_do_not_know_where_the_loop_begins() {
        let effects: [(&str, Effect); 3] = [
            ("reverb", |sound| reverberate(sound, 4.0, 3000.0, &|| false)),
            ("echo", |sound| {
                ping_pong(sound, 20_000, 0.5, 0.5, &|| false)
            }),
            ("equaliser", |sound| {
                make_room_for_speech(sound, 8000.0, &|| false)
            }),
        ];
        let shift = LEN - 3000;
        for (name, effect) in effects {
            let (mut early, mut late) = (impulse(0), impulse(shift));
            effect(&mut early).unwrap();
            effect(&mut late).unwrap();
            let power: f32 = early.left.iter().map(|x| x * x).sum();
            assert!(power > 0.01, "{name} is silent");
            for i in 0..LEN {
                let j = (i + shift) % LEN;
                assert!(
                    (early.left[i] - late.left[j]).abs() < 1e-5,
                    "{name} left at {i}"
                );
                assert!(
                    (early.right[i] - late.right[j]).abs() < 1e-5,
                    "{name} right at {i}"
                );
            }
        }
    }

    #[test]
    fn moving_effects_keep_a_steady_tone_seamless() {
        // 440 Hz fits the loop a whole number of times, so any step at the seam is the effect's.
        let tone: Vec<f32> = (0..LEN)
            .map(|i| sine(i as f64 * 440.0 / f64::from(RATE)) as f32)
            .collect();
        let effects: [(&str, Effect); 2] = [
            ("chorus", |sound| chorus(sound, 0.7, &|| false)),
            ("sweep", |sound| {
                sweep(sound, 300.0, 2.5, 9.0, 0.8, &|| false)
            }),
        ];
        for (name, effect) in effects {
            let mut sound = Loop {
                left: tone.clone(),
                right: tone.clone(),
            };
            effect(&mut sound).unwrap();
            for channel in [&sound.left, &sound.right] {
                let bend = |i: usize| {
                    (channel[i % LEN] - 2.0 * channel[(i + 1) % LEN] + channel[(i + 2) % LEN]).abs()
                };
                let usual = (LEN - 4000..LEN - 2000).map(bend).fold(0.0, f32::max);
                let seam = (LEN - 2..LEN).map(bend).fold(0.0, f32::max);
                assert!(
                    seam <= usual * 1.1,
                    "{name}: {seam} at the seam, {usual} before it"
                );
            }
        }
    }

    #[test]
    fn the_loudness_of_the_reference_tone_is_right() {
        // BS.1770-4: a 0 dBFS sine of 997 Hz in one channel reads −3.01 LUFS.
        let left = (0..LEN)
            .map(|i| sine(i as f64 * 997.0 / f64::from(RATE)) as f32)
            .collect();
        let sound = Loop {
            left,
            right: vec![0.0; LEN],
        };
        let loudness = -0.691 + 10.0 * weighted_power(&sound, &|| false).unwrap().log10();
        assert!((loudness + 3.01).abs() < 0.02, "{loudness}");
    }

    #[test]
    fn effects_stop_when_told() {
        let mut sound = impulse(0);
        assert!(reverberate(&mut sound, 2.0, 3000.0, &|| true).is_none());
        assert!(weighted_power(&sound, &|| true).is_none());
    }
}
