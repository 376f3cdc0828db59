//! What lies on a mirror: bytes that are held in memory, or a pattern of any size that is not.

use std::fmt;
use std::hash::{DefaultHasher, Hash, Hasher};

use bytes::Bytes;

use crate::Chance;

/// A block of a pattern, and the distance of the bytes that [`MirrorFault::FlipByteEachMib`] flips.
///
/// [`MirrorFault::FlipByteEachMib`]: super::MirrorFault::FlipByteEachMib
pub(crate) const BLOCK: u64 = 1 << 20;

/// The content of a file on a mirror. Cheap to clone: several mirrors share its memory.
#[derive(Clone)]
pub struct Content(Kind);

#[derive(Clone)]
enum Kind {
    Held(Bytes),
    Pattern { block: Bytes, size: u64, seed: u64 },
}

impl Content {
    /// Returns bytes that look random and of which no two MiB are the same; takes 1 MiB of memory at any size.
    pub fn pattern(size: u64, seed: u64) -> Self {
        let mut chance = Chance::new(seed);
        let block: Vec<u8> = (0..BLOCK / 8)
            .flat_map(|_| chance.next().to_le_bytes())
            .collect();
        Self(Kind::Pattern {
            block: block.into(),
            size,
            seed,
        })
    }

    /// Its size in bytes.
    pub fn size(&self) -> u64 {
        match &self.0 {
            Kind::Held(bytes) => bytes.len() as u64,
            Kind::Pattern { size, .. } => *size,
        }
    }

    /// Returns the whole of it, in memory.
    pub fn bytes(&self) -> Bytes {
        self.range(0, self.size())
    }

    /// Returns `length` bytes from `from` on; fewer at its end.
    pub fn range(&self, from: u64, length: u64) -> Bytes {
        if let Kind::Held(_) = self.0 {
            return self.chunk(from, usize::try_from(length).expect("it fits into memory"));
        }
        let end = from.saturating_add(length).min(self.size());
        let mut all = Vec::with_capacity(end.saturating_sub(from) as usize);
        while from + (all.len() as u64) < end {
            let at = from + all.len() as u64;
            all.extend_from_slice(&self.chunk(at, (end - at) as usize));
        }
        all.into()
    }

    /// Some bytes from `from` on, at most `most`, without a copy where that is possible; none at its end only.
    pub(crate) fn chunk(&self, from: u64, most: usize) -> Bytes {
        let left = self.size().saturating_sub(from);
        let most = left.min(most as u64) as usize;
        if most == 0 {
            return Bytes::new();
        }
        match &self.0 {
            Kind::Held(bytes) => bytes.slice(from as usize..from as usize + most),
            Kind::Pattern { block, .. } => {
                let start = (from % BLOCK) as usize;
                let end = (start + most).min(BLOCK as usize);
                if start >= 8 {
                    return block.slice(start..end);
                }
                // Each block begins with its number, so that no two are the same.
                let mut copy = block[start..end].to_vec();
                let number = (from / BLOCK).to_le_bytes();
                for (byte, digit) in copy.iter_mut().zip(&number[start..]) {
                    *byte = *digit;
                }
                copy.into()
            }
        }
    }

    /// A strong validator, without its quotes: the same for the same bytes.
    pub(crate) fn tag(&self) -> String {
        let mut hasher = DefaultHasher::new();
        match &self.0 {
            Kind::Held(bytes) => bytes.hash(&mut hasher),
            Kind::Pattern { size, seed, .. } => (size, seed).hash(&mut hasher),
        }
        format!("{:016x}", hasher.finish())
    }
}

impl From<Bytes> for Content {
    fn from(bytes: Bytes) -> Self {
        Self(Kind::Held(bytes))
    }
}

impl From<Vec<u8>> for Content {
    fn from(bytes: Vec<u8>) -> Self {
        Bytes::from(bytes).into()
    }
}

impl From<&'static [u8]> for Content {
    fn from(bytes: &'static [u8]) -> Self {
        Bytes::from_static(bytes).into()
    }
}

impl From<&'static str> for Content {
    fn from(text: &'static str) -> Self {
        text.as_bytes().into()
    }
}

impl fmt::Debug for Content {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Content({} bytes)", self.size())
    }
}

/// Where the bytes lie that are flipped when one is flipped in each `every`-th MiB of `size` bytes: in the middle of the
/// first MiB and of each `every`-th after it.
pub(crate) fn flipped(size: u64, every: u64) -> impl Iterator<Item = u64> {
    let step = (BLOCK * every.max(1)) as usize;
    (0..size)
        .step_by(step)
        .map(move |start| start + (size - start).min(BLOCK) / 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_reads_the_same_in_any_pieces() {
        let pattern = Content::pattern(3 * BLOCK + 5, 1);
        let whole = pattern.bytes();
        assert_eq!(whole.len() as u64, pattern.size());
        for (from, length) in [(0, 3), (5, 9), (BLOCK - 1, 4), (3 * BLOCK + 2, 99)] {
            let end = (from + length).min(pattern.size()) as usize;
            assert_eq!(pattern.range(from, length), whole[from as usize..end]);
        }
        let block = |n: usize| &whole[n << 20..(n + 1) << 20];
        assert_ne!(block(0), block(1));
        assert_ne!(
            Content::pattern(99, 1).bytes(),
            Content::pattern(99, 2).bytes()
        );
    }

    #[test]
    fn flipped_bytes_lie_in_every_nth_mebibyte() {
        let flipped = |size, every| flipped(size, every).collect::<Vec<_>>();
        assert_eq!(flipped(10, 1), [5]);
        assert_eq!(
            flipped(2 * BLOCK + 10, 1),
            [BLOCK / 2, BLOCK * 3 / 2, 2 * BLOCK + 5]
        );
        assert_eq!(flipped(3 * BLOCK, 2), [BLOCK / 2, BLOCK * 5 / 2]);
        assert!(flipped(0, 1).is_empty());
    }

    #[test]
    fn tags_tell_contents_apart() {
        assert_eq!(Content::from("a").tag(), Content::from("a").tag());
        assert_ne!(Content::from("a").tag(), Content::from("b").tag());
        assert_ne!(Content::pattern(9, 1).tag(), Content::pattern(9, 2).tag());
    }
}
