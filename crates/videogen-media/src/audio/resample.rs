//! Changes the sample rate of one channel without changing its length or its timing.
//!
//! A polyphase windowed-sinc filter. Between two fixed rates the position of every output sample between two input
//! samples is a fraction with a small denominator, so it is known exactly, and any part can be made by itself; a
//! streaming resampler would have to be corrected for a delay that is not a whole number of samples.

use std::f64::consts::PI;
use std::ops::Range;

use crate::Error;

/// The sample rates that are accepted, in Hz: telephone speech to the highest of studio equipment.
pub(crate) const RATES: std::ops::RangeInclusive<u32> = 8_000..=192_000;
/// Zero crossings of the sinc on either side. With [`KAISER_BETA`], what lies below 91 % of the lower rate's limit is
/// kept and what lies above the limit is removed.
const CROSSINGS: f64 = 72.0;
/// Shape of the Kaiser window: 100 dB of attenuation (J. F. Kaiser 1974: β = 0.1102·(A − 8.7)).
const KAISER_BETA: f64 = 10.06;
/// Width of the transition of that filter as a part of the rate: (A − 8) / (2.285 · 2π · 2 · [`CROSSINGS`]).
const TRANSITION: f64 = 0.0445;
/// Up to so many positions between samples the filter is tabulated; rates without a common divisor have more, and
/// there it is calculated for each sample.
const MOST_PHASES: u64 = 1024;

/// Changes the sample rate of a mono signal from `from` to `to` Hz, with 100 dB of attenuation for what the new rate
/// cannot hold. The result has exactly `round(len · to / from)` samples, and what happened at a time still happens then.
///
/// # Errors
/// [`Error::InvalidValue`] for a rate outside 8000..=192000 Hz.
pub fn resample_audio(samples: &[f32], from: u32, to: u32) -> Result<Vec<f32>, Error> {
    let converter = Converter::new(from, to)?;
    let mut output = vec![0.0; converter.length(samples.len())];
    converter.fill(samples, 0, &mut output);
    Ok(output)
}

/// Changes one rate to another, for any part of any signal.
#[derive(Debug)]
pub(super) struct Converter {
    from: u32,
    to: u32,
    /// Output sample n lies at n · step / phases input samples.
    phases: u64,
    step: u64,
    filter: Filter,
    /// The weights for each phase, unless there are too many.
    table: Vec<Vec<f32>>,
}

impl Converter {
    /// # Errors
    /// [`Error::InvalidValue`] for a rate out of [`RATES`].
    pub(super) fn new(from: u32, to: u32) -> Result<Self, Error> {
        for rate in [from, to] {
            if !RATES.contains(&rate) {
                return Err(Error::InvalidValue {
                    what: "sample rate",
                    value: format!("{rate} Hz"),
                    allowed: format!("{} to {} Hz", RATES.start(), RATES.end()),
                });
            }
        }
        let divisor = gcd(from, to);
        let (phases, step) = (u64::from(to / divisor), u64::from(from / divisor));
        let filter = Filter::between(from, to);
        let tabulated = if from == to || phases > MOST_PHASES {
            0
        } else {
            phases
        };
        let taps = |phase| filter.taps(phase as f64 / phases as f64);
        Ok(Self {
            from,
            to,
            phases,
            step,
            table: (0..tabulated).map(taps).collect(),
            filter,
        })
    }

    /// The samples that the output samples of `range`, which is not empty, are made of. The end may lie behind the last.
    pub(super) fn sources(&self, range: Range<usize>) -> Range<usize> {
        if self.from == self.to {
            return range;
        }
        let at = |index: usize| (index as u64 * self.step / self.phases) as usize;
        let reach = self.filter.reach;
        at(range.start).saturating_sub(reach)..at(range.end - 1) + reach
    }

    /// How many samples come out of `length`.
    pub(super) fn length(&self, length: usize) -> usize {
        let (from, to) = (u64::from(self.from), u64::from(self.to));
        ((length as u64 * to + from / 2) / from) as usize
    }

    /// Fills `output` with the samples from number `start` on of what `samples` becomes; behind its end with silence.
    pub(super) fn fill(&self, samples: &[f32], start: usize, output: &mut [f32]) {
        self.fill_from(0, [samples], start, [output]);
    }

    /// [`Converter::fill`] for equally long channels at once: the weights, which are more than the nearest cache holds, are
    /// read once for all of them. `samples` begin with number `first` of the signal, and reach over those of
    /// [`Converter::sources`] that there are.
    pub(super) fn fill_from<const N: usize>(
        &self,
        first: usize,
        samples: [&[f32]; N],
        start: usize,
        mut output: [&mut [f32]; N],
    ) {
        if self.from == self.to {
            for (samples, output) in samples.into_iter().zip(output) {
                let rest = samples.get(start - first..).unwrap_or_default();
                let (copied, behind) = output.split_at_mut(rest.len().min(output.len()));
                copied.copy_from_slice(&rest[..copied.len()]);
                behind.fill(0.0);
            }
            return;
        }
        let position = start as u64 * self.step;
        let (mut whole, mut phase) = ((position / self.phases) as usize, position % self.phases);
        let (step, rest) = ((self.step / self.phases) as usize, self.step % self.phases);
        let reach = self.filter.reach;
        let mut edges = [(); N].map(|()| vec![0.0; 2 * reach]);
        for index in 0..output.first().map_or(0, |output| output.len()) {
            let calculated;
            let taps = match self.table.get(phase as usize) {
                Some(taps) => taps,
                None => {
                    calculated = self.filter.taps(phase as f64 / self.phases as f64);
                    &calculated
                }
            };
            for ((samples, edge), output) in samples.iter().zip(&mut edges).zip(&mut output) {
                let around = match whole.checked_sub(first + reach) {
                    Some(from) if from + 2 * reach <= samples.len() => {
                        &samples[from..from + 2 * reach]
                    }
                    _ => {
                        // Silence on both sides of the signal.
                        let at =
                            |tap: usize| samples.get((whole + tap).checked_sub(first + reach)?);
                        for (tap, sample) in edge.iter_mut().enumerate() {
                            *sample = at(tap).copied().unwrap_or(0.0);
                        }
                        &*edge
                    }
                };
                output[index] = dot(taps, around);
            }
            whole += step;
            phase += rest;
            if phase >= self.phases {
                phase -= self.phases;
                whole += 1;
            }
        }
    }
}

/// A low-pass for changing one rate to another.
#[derive(Debug)]
struct Filter {
    /// Cut-off frequency in cycles per input sample.
    cutoff: f64,
    /// Half the width of the window, in input samples.
    width: f64,
    /// Number of input samples on either side of a position that count.
    reach: usize,
}

impl Filter {
    fn between(from: u32, to: u32) -> Self {
        // The lower of both rates, in cycles per input sample.
        let rate = (f64::from(to) / f64::from(from)).min(1.0);
        let width = CROSSINGS / rate;
        Self {
            cutoff: rate * (0.5 - TRANSITION / 2.0),
            width,
            reach: width.ceil() as usize,
        }
    }

    /// The weights for a position `offset` (0..1) behind input sample i of the samples i-reach ..= i+reach-1. Scaled to
    /// pass a constant unchanged.
    fn taps(&self, offset: f64) -> Vec<f32> {
        let tap = |index: usize| {
            let x = index as f64 - self.reach as f64 - offset;
            let sinc = if x == 0.0 {
                2.0 * self.cutoff
            } else {
                (2.0 * PI * self.cutoff * x).sin() / (PI * x)
            };
            sinc * kaiser(x / self.width)
        };
        let taps: Vec<f64> = (0..2 * self.reach).map(tap).collect();
        let sum: f64 = taps.iter().sum();
        taps.iter().map(|tap| (tap / sum) as f32).collect()
    }
}

/// The Kaiser window at `x`, from −1 to 1; 0 outside. Not divided by its maximum, which the caller's scaling removes.
fn kaiser(x: f64) -> f64 {
    let inside = 1.0 - x * x;
    if inside <= 0.0 {
        0.0
    } else {
        bessel_i0(KAISER_BETA * inside.sqrt())
    }
}

/// The modified Bessel function of the first kind and order zero, by its power series (Abramowitz and Stegun, 9.6.10).
fn bessel_i0(x: f64) -> f64 {
    let quarter = x * x / 4.0;
    let (mut term, mut sum, mut k) = (1.0, 1.0, 1.0);
    while term > sum * 1e-12 {
        term *= quarter / (k * k);
        sum += term;
        k += 1.0;
    }
    sum
}

/// Sums of products that are kept apart, so that vector registers hold them without changing the order of any one sum.
const SUMS: usize = 16;

/// The sum of products of two equally long slices.
fn dot(a: &[f32], b: &[f32]) -> f32 {
    let ((a, rest_a), (b, rest_b)) = (a.as_chunks::<SUMS>(), b.as_chunks::<SUMS>());
    let rest: f32 = rest_a.iter().zip(rest_b).map(|(a, b)| a * b).sum();
    products(a, b) + rest
}

fn products(a: &[[f32; SUMS]], b: &[[f32; SUMS]]) -> f32 {
    #[cfg(target_arch = "x86_64")]
    if is_x86_feature_detected!("avx") {
        #[expect(unsafe_code, reason = "calls a function compiled for AVX")]
        // SAFETY: AVX was detected.
        return unsafe { products_avx(a, b) };
    }
    products_plain(a, b)
}

fn products_plain(a: &[[f32; SUMS]], b: &[[f32; SUMS]]) -> f32 {
    let mut sums = [0.0; SUMS];
    for (a, b) in a.iter().zip(b) {
        for ((sum, a), b) in sums.iter_mut().zip(a).zip(b) {
            *sum += a * b;
        }
    }
    // By halves: as many additions in a row would take as long as the products.
    let eight: [f32; 8] = std::array::from_fn(|i| sums[i] + sums[i + 8]);
    let four: [f32; 4] = std::array::from_fn(|i| eight[i] + eight[i + 4]);
    (four[0] + four[1]) + (four[2] + four[3])
}

/// The same sums in two registers; left to itself, the compiler shuffles them. Products are not fused with sums, so the bits
/// are the same.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx")]
fn products_avx(a: &[[f32; SUMS]], b: &[[f32; SUMS]]) -> f32 {
    use std::arch::x86_64::{
        __m256, _mm_add_ps, _mm256_add_ps, _mm256_castps256_ps128, _mm256_extractf128_ps,
        _mm256_mul_ps, _mm256_setzero_ps,
    };

    let mut sums = [_mm256_setzero_ps(); 2];
    for (a, b) in a.iter().zip(b) {
        let (a, b): ([__m256; 2], [__m256; 2]) = (bytemuck::cast(*a), bytemuck::cast(*b));
        for ((sum, a), b) in sums.iter_mut().zip(a).zip(b) {
            *sum = _mm256_add_ps(*sum, _mm256_mul_ps(a, b));
        }
    }
    let eight = _mm256_add_ps(sums[0], sums[1]);
    let four: [f32; 4] = bytemuck::cast(_mm_add_ps(
        _mm256_castps256_ps128(eight),
        _mm256_extractf128_ps::<1>(eight),
    ));
    (four[0] + four[1]) + (four[2] + four[3])
}

/// The greatest common divisor of two positive numbers.
fn gcd(a: u32, b: u32) -> u32 {
    if b == 0 { a } else { gcd(b, a % b) }
}

#[cfg(test)]
mod tests {
    use std::f64::consts::TAU;

    use proptest::prelude::*;

    use super::*;

    /// A sine of `hertz` at `rate`, `length` samples.
    fn sine(hertz: f64, rate: u32, length: usize) -> Vec<f32> {
        (0..length)
            .map(|i| (0.5 * (TAU * hertz * i as f64 / f64::from(rate)).sin()) as f32)
            .collect()
    }

    /// The power of the inner three quarters; at the ends the filter sees silence.
    fn power(samples: &[f32]) -> f64 {
        samples[samples.len() / 8..samples.len() * 7 / 8]
            .iter()
            .map(|sample| f64::from(*sample).powi(2))
            .sum()
    }

    #[test]
    fn a_tone_stays_the_same_tone_at_the_same_time() {
        for from in [
            8_000, 11_025, 16_000, 22_050, 24_000, 32_000, 44_100, 88_200, 96_000, 192_000, 47_999,
        ] {
            for hertz in [100.0, 1000.0, 3600.0] {
                let output =
                    resample_audio(&sine(hertz, from, from as usize), from, 48_000).unwrap();
                assert_eq!(output.len(), 48_000, "{from}");
                let expected = sine(hertz, 48_000, output.len());
                let error: Vec<f32> = output.iter().zip(&expected).map(|(a, b)| a - b).collect();
                let error = 10.0 * (power(&error) / power(&expected)).log10();
                assert!(error < -90.0, "{hertz} Hz at {from} Hz: {error:.1} dB");
            }
        }
    }

    #[test]
    fn what_the_new_rate_cannot_hold_is_removed() {
        for (from, hertz) in [(96_000, 24_500.0), (96_000, 40_000.0), (192_000, 30_000.0)] {
            let input = sine(hertz, from, from as usize / 2);
            let output = resample_audio(&input, from, 48_000).unwrap();
            let left =
                10.0 * (power(&output) / 24_000.0 / (power(&input) / input.len() as f64)).log10();
            assert!(left < -90.0, "{hertz} Hz at {from} Hz: {left:.1} dB");
        }
    }

    #[test]
    fn an_impulse_stays_at_its_time() {
        for (from, at) in [
            (24_000, 1000),
            (22_050, 2205),
            (44_100, 441),
            (24_000, 0),
            (24_000, 4999),
        ] {
            let mut input = vec![0.0; 5000];
            input[at] = 1.0;
            let output = resample_audio(&input, from, 48_000).unwrap();
            let peak = (0..output.len())
                .max_by(|a, b| output[*a].total_cmp(&output[*b]))
                .unwrap();
            assert_eq!(peak, at * 48_000 / from as usize, "{from}");
        }
    }

    #[test]
    fn rates_out_of_range_are_refused() {
        assert!(matches!(
            resample_audio(&[0.0], 7_999, 48_000),
            Err(Error::InvalidValue { .. })
        ));
        assert!(matches!(
            resample_audio(&[0.0], 0, 48_000),
            Err(Error::InvalidValue { .. })
        ));
    }

    #[cfg(target_arch = "x86_64")]
    #[test]
    fn wide_registers_give_the_same_bits() {
        let noise = |seed: u32| -> Vec<[f32; SUMS]> {
            let sample = |i: u32| (f64::from(i * 37 + seed) * 0.61).sin() as f32;
            (0..9)
                .map(|n| std::array::from_fn(|i| sample(n * 16 + i as u32)))
                .collect()
        };
        let (a, b) = (noise(1), noise(2));
        assert_eq!(products(&a, &b).to_bits(), products_plain(&a, &b).to_bits());
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]
        #[test]
        fn the_length_is_exact(length in 0_usize..2000, from in 8_000_u32..=192_000) {
            let output = resample_audio(&vec![0.25; length], from, 48_000).unwrap();
            prop_assert_eq!(output.len(), (length as f64 * 48_000.0 / f64::from(from)).round() as usize);
        }

        #[test]
        fn any_part_can_be_made_by_itself(length in 0_usize..1500, from in prop::sample::select(vec![8_000_u32, 22_050, 24_000, 47_999, 48_000, 192_000]), start in 0_usize..3000, part in 0_usize..500) {
            let samples: Vec<f32> = (0..length).map(|i| (i as f32 * 0.37).sin()).collect();
            let mut whole = resample_audio(&samples, from, 48_000).unwrap();
            let converter = Converter::new(from, 48_000).unwrap();
            prop_assert_eq!(whole.len(), converter.length(length));
            let mut output = vec![7.0; part];
            let end = whole.len().clamp(start, start + part);
            converter.fill(&samples, start, &mut output[..end - start]);
            whole.resize(whole.len().max(end), 0.0);
            prop_assert_eq!(&output[..end - start], &whole[start..end]);
        }

        #[test]
        fn the_same_rate_changes_nothing(samples in prop::collection::vec(-1.0_f32..1.0, 0..100), rate in 8_000_u32..=192_000) {
            prop_assert_eq!(resample_audio(&samples, rate, rate).unwrap(), samples);
        }
    }
}
