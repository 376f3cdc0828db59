//! The noise of a voice: normally distributed numbers that are the same for the same words.

use videogen_types::{Rng, Seed};

/// The generator for what is said with `ids`.
pub(super) fn source(ids: &[i32]) -> Rng {
    let said = ids
        .iter()
        .fold(Seed(0), |seed, id| seed.derive("", *id as u64));
    said.derive("voice", 0).rng()
}

/// Draws `count` numbers of mean 0 and variance 1 (Box and Muller 1958). They are computed with 64 bits and kept with 32, so
/// that the last bit of a machine's logarithm does not show.
pub(super) fn normal(rng: &mut Rng, count: usize) -> Vec<f32> {
    let mut numbers = Vec::with_capacity(count + 1);
    while numbers.len() < count {
        // In (0, 1] and [0, 1), with all the bits a double has.
        let unit = |bits: u64| (bits >> 11) as f64 / (1_u64 << 53) as f64;
        let radius = (-2.0 * (1.0 - unit(rng.next_u64())).ln()).sqrt();
        let (sine, cosine) = (std::f64::consts::TAU * unit(rng.next_u64())).sin_cos();
        numbers.extend([(radius * cosine) as f32, (radius * sine) as f32]);
    }
    numbers.truncate(count);
    numbers
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_normal() {
        let numbers = normal(&mut source(&[1, 2]), 100_001);
        assert_eq!(numbers.len(), 100_001);
        let count = numbers.len() as f64;
        let moment = |power: i32| {
            let powers = numbers.iter().map(|x| f64::from(*x).powi(power));
            powers.sum::<f64>() / count
        };
        // Standard errors: 0.003, 0.0045, 0.012, 0.03.
        assert!(moment(1).abs() < 0.015, "{}", moment(1));
        assert!((moment(2) - 1.0).abs() < 0.02, "{}", moment(2));
        assert!(moment(3).abs() < 0.06, "{}", moment(3));
        assert!((moment(4) - 3.0).abs() < 0.15, "{}", moment(4));
        assert!(numbers.iter().all(|x| x.is_finite()));
    }

    #[test]
    fn the_same_words_have_the_same_noise_and_others_another() {
        let first = |ids: &[i32]| normal(&mut source(ids), 3);
        assert_eq!(first(&[1, 2, 3]), first(&[1, 2, 3]));
        assert_ne!(first(&[1, 2, 3]), first(&[1, 3, 2]));
        // To the bit, on every machine: old narrations go on sounding as they did.
        let bits: Vec<u32> = first(&[1, 0, 2]).iter().map(|x| x.to_bits()).collect();
        assert_eq!(bits, [3_194_380_421, 3_206_153_334, 3_224_999_785]);
    }
}
