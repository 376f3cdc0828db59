//! Arithmetic of sound: the loop buffer, wavetables, filters, and functions that give the same bits on every machine.
//!
//! `sin`, `exp` and their kin come from the platform's mathematics library and differ in the last bit from one to the
//! next; the ones here use only operations IEEE 754 rounds exactly, so a seed gives the same samples everywhere.

use std::f64::consts::{LN_2, PI};

/// Samples per second of everything in this module.
pub(super) const RATE: u32 = 48_000;

/// Samples between two looks at `stop`: 0.34 s of sound, a few milliseconds of work.
pub(super) const BLOCK: usize = 16_384;

/// Samples of silence that are written one by one. `vec![0.0; len]` would be memory as the system hands it out: what is
/// read there before it is written costs two faults a page, and the second interrupts the other processors.
pub(super) fn silence(len: usize) -> Vec<f32> {
    std::iter::repeat_n(0.0, len).collect()
}

/// Two channels of one loop. Positions wrap: what is written past the end lands at the beginning.
#[derive(Debug, Clone)]
pub(super) struct Loop {
    pub(super) left: Vec<f32>,
    pub(super) right: Vec<f32>,
}

impl Loop {
    pub(super) fn silent(len: usize) -> Self {
        Self {
            left: silence(len),
            right: silence(len),
        }
    }

    /// Silence again, in the same memory.
    pub(super) fn clear(&mut self) {
        self.left.fill(0.0);
        self.right.fill(0.0);
    }

    pub(super) fn len(&self) -> usize {
        self.left.len()
    }

    /// The index of a position that may lie before the beginning or past the end.
    pub(super) fn wrap(&self, at: i64) -> usize {
        at.rem_euclid(self.len() as i64) as usize
    }

    /// Adds `gain` times another loop of the same length.
    pub(super) fn add(&mut self, other: &Self, gain: f32) {
        for (to, from) in [
            (&mut self.left, &other.left),
            (&mut self.right, &other.right),
        ] {
            for (a, b) in to.iter_mut().zip(from) {
                *a += b * gain;
            }
        }
    }
}

/// sin(2π·`turns`), error below 1e-9.
pub(super) fn sine(turns: f64) -> f64 {
    let x = turns - (turns + 0.5).floor();
    // Into the first quarter turn, where the series is short.
    let x = if x > 0.25 {
        0.5 - x
    } else if x < -0.25 {
        -0.5 - x
    } else {
        x
    };
    let y = 2.0 * PI * x;
    let y2 = y * y;
    let mut term = y;
    let mut sum = y;
    for k in [6.0, 20.0, 42.0, 72.0, 110.0, 156.0, 210.0] {
        term *= -y2 / k;
        sum += term;
    }
    sum
}

/// 2^`x`, relative error below 1e-12, for |`x`| < 1000.
pub(super) fn exp2(x: f64) -> f64 {
    let whole = x.round();
    let y = (x - whole) * LN_2;
    let mut term = 1.0;
    let mut sum = 1.0;
    for k in 1..12 {
        term *= y / f64::from(k);
        sum += term;
    }
    sum * f64::from_bits(((1023 + whole as i64) as u64) << 52)
}

/// Frequency in Hz of a MIDI pitch, A4 = 69 = 440 Hz, equal temperament.
pub(super) fn frequency(pitch: f64) -> f64 {
    440.0 * exp2((pitch - 69.0) / 12.0)
}

/// The factor per sample that makes a level fall by 60 dB in `seconds`.
pub(super) fn decay(seconds: f64) -> f32 {
    // 60 dB is a factor of 1000 = 2^9.9658.
    exp2(-9.965_784_284_662_087 / (seconds * f64::from(RATE))) as f32
}

const TABLE_BITS: u32 = 11;
const TABLE_LEN: usize = 1 << TABLE_BITS;

/// One period of a sound, read with linear interpolation. Built from a fixed number of harmonics, it is band-limited as
/// long as its highest harmonic stays below half the sample rate.
#[derive(Debug)]
pub(super) struct Wavetable(Vec<f32>);

impl Wavetable {
    /// From the amplitudes of the harmonics 1, 2, 3, …; the result has the power of a sine of amplitude 1.
    pub(super) fn new(harmonics: &[f32]) -> Self {
        let sine: Vec<f32> = (0..TABLE_LEN)
            .map(|i| sine(i as f64 / TABLE_LEN as f64) as f32)
            .collect();
        let power: f32 = harmonics.iter().map(|a| a * a).sum();
        let scale = 1.0 / power.sqrt();
        let table = (0..=TABLE_LEN)
            .map(|i| {
                let partials = harmonics.iter().enumerate().map(|(k, amplitude)| {
                    let n = k + 1;
                    // Schroeder phases (πn²/N) keep the crest of the sum low.
                    let phase = n * n * TABLE_LEN / (2 * harmonics.len());
                    amplitude * sine[(n * i + phase) % TABLE_LEN]
                });
                partials.sum::<f32>() * scale
            })
            .collect();
        Self(table)
    }

    /// The value at a phase: the whole range of `u32` is one period.
    #[inline]
    pub(super) fn at(&self, phase: u32) -> f32 {
        let index = (phase >> (32 - TABLE_BITS)) as usize;
        let fraction = (phase << TABLE_BITS) as f32 * (1.0 / 4_294_967_296.0);
        let (a, b) = (self.0[index], self.0[index + 1]);
        a + (b - a) * fraction
    }
}

/// Phase steps per sample of a frequency in Hz, for [`Wavetable::at`].
pub(super) fn phase_step(hertz: f64) -> u32 {
    (hertz / f64::from(RATE) * 4_294_967_296.0) as u32
}

/// Second-order state-variable filter with trapezoidal integrators: stable while its cutoff moves.
/// Source: A. Simper, "Solving the continuous SVF equations using trapezoidal integration", Cytomic, 2013.
#[derive(Debug, Clone, Copy)]
pub(super) struct Svf {
    k: f32,
    a1: f32,
    a2: f32,
    a3: f32,
    ic1: f32,
    ic2: f32,
}

/// What [`Svf::next`] lets through.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Bands {
    pub(super) low: f32,
    pub(super) band: f32,
    pub(super) high: f32,
}

impl Svf {
    /// `hertz` is the cutoff or centre, `q` the resonance (0.707 is flat).
    pub(super) fn new(hertz: f64, q: f64) -> Self {
        let mut svf = Self {
            k: (1.0 / q) as f32,
            a1: 0.0,
            a2: 0.0,
            a3: 0.0,
            ic1: 0.0,
            ic2: 0.0,
        };
        svf.tune(hertz);
        svf
    }

    /// Moves the cutoff without a click.
    pub(super) fn tune(&mut self, hertz: f64) {
        let half_turn = hertz / f64::from(RATE) * 0.5;
        let g = (sine(half_turn) / sine(half_turn + 0.25)) as f32;
        self.a1 = 1.0 / (1.0 + g * (g + self.k));
        self.a2 = g * self.a1;
        self.a3 = g * self.a2;
    }

    /// One sample in, its bands out.
    #[inline]
    pub(super) fn next(&mut self, x: f32) -> Bands {
        let v3 = x - self.ic2;
        let v1 = self.a1 * self.ic1 + self.a2 * v3;
        let v2 = self.ic2 + self.a2 * self.ic1 + self.a3 * v3;
        self.ic1 = 2.0 * v1 - self.ic1;
        self.ic2 = 2.0 * v2 - self.ic2;
        Bands {
            low: v2,
            band: v1,
            high: x - self.k * v1 - v2,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sine_and_exp2_agree_with_the_library() {
        for i in -4000..4000 {
            let x = f64::from(i) * 0.001_37;
            assert!((sine(x) - (x * 2.0 * PI).sin()).abs() < 1e-9, "sine({x})");
            assert!((exp2(x) / x.exp2() - 1.0).abs() < 1e-12, "exp2({x})");
        }
        assert!((frequency(60.0) - 261.625_565).abs() < 1e-5);
        let fallen = (0..RATE).fold(1.0_f64, |level, _| level * f64::from(decay(1.0)));
        assert!((fallen - 0.001).abs() < 1e-4, "{fallen}");
    }

    #[test]
    fn a_wavetable_of_one_harmonic_is_a_sine_of_its_frequency() {
        let table = Wavetable::new(&[1.0]);
        let step = phase_step(440.0);
        // Schroeder's phase of a single harmonic is half a turn.
        for i in 0..2000_u32 {
            let expected = -sine(f64::from(i) * 440.0 / f64::from(RATE));
            assert!(
                (f64::from(table.at(step.wrapping_mul(i))) - expected).abs() < 1e-4,
                "{i}"
            );
        }
    }

    #[test]
    fn the_filter_passes_below_and_stops_above_its_cutoff() {
        let level = |hertz: f64| {
            let mut filter = Svf::new(1000.0, 0.707);
            let out = (0..9600).map(|i| {
                filter
                    .next(sine(f64::from(i) * hertz / f64::from(RATE)) as f32)
                    .low
            });
            out.skip(4800).fold(0.0_f32, |peak, x| peak.max(x.abs()))
        };
        assert!((level(100.0) - 1.0).abs() < 0.02);
        assert!((level(1000.0) - 0.707).abs() < 0.02);
        assert!(level(10_000.0) < 0.02);
    }
}
