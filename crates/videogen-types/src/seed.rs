//! Seeds: where every choice of the built-in writer, painter and composer comes from.

/// The seed of a video or of one part of it. Same seed, same inputs, same bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub struct Seed(pub u64);

impl Seed {
    /// A seed for one part (`label`, `index`) that is independent of every other part's.
    #[must_use]
    pub fn derive(self, label: &str, index: u64) -> Self {
        let mut state = self.0 ^ 0x9e37_79b9_7f4a_7c15;
        for byte in label.bytes() {
            state = mix(state ^ u64::from(byte));
        }
        Self(mix(state ^ mix(index)))
    }

    /// A generator that starts here.
    #[must_use]
    pub fn rng(self) -> Rng {
        Rng(self.0)
    }
}

/// SplitMix64 (Steele, Lea, Flood 2014; the constants of `java.util.SplittableRandom`). Kept here rather than taken
/// from a crate because the stream must never change with a dependency: old seeds must go on giving the same video.
#[derive(Debug, Clone)]
pub struct Rng(u64);

impl Rng {
    /// The next 64 bits.
    pub fn next_u64(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        mix(self.0)
    }

    /// A float in `0.0..1.0` with 24 random bits.
    pub fn unit(&mut self) -> f32 {
        (self.next_u64() >> 40) as f32 / (1u32 << 24) as f32
    }

    /// A float in `low..high`.
    pub fn between(&mut self, low: f32, high: f32) -> f32 {
        low + (high - low) * self.unit()
    }

    /// An index below `len`; 0 when `len` is 0.
    pub fn below(&mut self, len: usize) -> usize {
        // Multiply-shift (Lemire 2019) without the rejection step: the bias is below 2^-32 for the lengths used here.
        ((u128::from(self.next_u64()) * len as u128) >> 64) as usize
    }

    /// One of `items`. `items` is never empty.
    pub fn pick<'a, T>(&mut self, items: &'a [T]) -> &'a T {
        &items[self.below(items.len())]
    }

    /// Fisher–Yates.
    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for i in (1..items.len()).rev() {
            items.swap(i, self.below(i + 1));
        }
    }
}

const fn mix(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_stream_is_splitmix64() {
        // Reference values of SplitMix64 for seed 1234567 (Rosetta Code, "Pseudo-random numbers/Splitmix64").
        let mut rng = Seed(1_234_567).rng();
        let got: Vec<u64> = (0..5).map(|_| rng.next_u64()).collect();
        let want = [
            6_457_827_717_110_365_317,
            3_203_168_211_198_807_973,
            9_817_491_932_198_370_423,
            4_593_380_528_125_082_431,
            16_408_922_859_458_223_821,
        ];
        assert_eq!(got, want);
    }

    #[test]
    fn parts_are_independent_of_each_other() {
        let seed = Seed(7);
        assert_ne!(seed.derive("picture", 0), seed.derive("picture", 1));
        assert_ne!(seed.derive("picture", 0), seed.derive("music", 0));
        assert_eq!(seed.derive("picture", 3), Seed(7).derive("picture", 3));
    }
}
