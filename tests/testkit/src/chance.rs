//! Numbers that look random and are the same in every run.

use std::time::Duration;

/// SplitMix64, begun with a number: the same faults in every run, as far as a machine repeats itself.
#[derive(Debug, Clone)]
pub struct Chance(u64);

impl Chance {
    /// Begins with `seed`.
    pub const fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `limit`.
    ///
    /// # Panics
    /// When `limit` is 0.
    pub fn below(&mut self, limit: u64) -> u64 {
        self.next() % limit
    }

    /// An index into something of this length.
    ///
    /// # Panics
    /// When the length is 0.
    pub fn index(&mut self, length: usize) -> usize {
        usize::try_from(self.below(length as u64)).expect("it is below a usize")
    }

    /// One of `all`.
    ///
    /// # Panics
    /// When there is none.
    pub fn one_of<'a, T>(&mut self, all: &'a [T]) -> &'a T {
        &all[self.index(all.len())]
    }

    /// A moment before `end`.
    pub fn moment(&mut self, end: Duration) -> Duration {
        end.mul_f64(self.next() as f64 / u64::MAX as f64)
    }
}
