//! The two passes with AVX2, 32 samples at a time. Results equal the portable ones bit for bit.

use std::arch::x86_64::{
    __m256i, _MM_HINT_T0, _mm_prefetch, _mm256_adds_epi16, _mm256_maddubs_epi16,
    _mm256_mulhrs_epi16, _mm256_packus_epi16, _mm256_set1_epi16, _mm256_shuffle_epi8,
    _mm256_unpackhi_epi8, _mm256_unpacklo_epi8,
};

use super::kernel::{Column, REACH};

/// Samples that are made at once.
const GROUP: usize = 32;

/// Columns that read from the same sixteen samples.
const BLOCK: usize = 8;

/// Columns in groups of 32, which are four blocks of eight. The last group may make again what the one before it made.
#[derive(Debug)]
pub(super) struct Groups(Vec<Group>);

/// 32 columns. Blocks 0 and 2 go through one register, 1 and 3 through another: packing two registers to bytes puts
/// their halves in turns.
#[derive(Debug)]
struct Group {
    /// Index of the first of the sixteen samples of each block.
    bases: [u32; 4],
    /// The first column.
    at: u32,
    first: Pair,
    second: Pair,
}

/// Two blocks, one in each half of a register: which samples go to which column, and their weights, for the first two
/// taps of each column and for the other two.
#[derive(Debug)]
struct Pair([(__m256i, __m256i); 2]);

impl Groups {
    /// The groups of `columns`, the first of which reads from index 0, or nothing where there are too few, where they reach
    /// over too little, or where eight of them reach over more than sixteen samples.
    pub(super) fn new(columns: &[Column]) -> Option<Self> {
        let last = columns.len().checked_sub(GROUP)?;
        if (columns.last()?.first as usize) < GROUP - REACH {
            return None;
        }
        (0..columns.len())
            .step_by(GROUP)
            .map(|at| Group::new(columns, at.min(last)))
            .collect::<Option<_>>()
            .map(Self)
    }
}

impl Group {
    fn new(columns: &[Column], at: usize) -> Option<Self> {
        let (blocks, _) = columns[at..][..GROUP].as_chunks::<BLOCK>();
        let blocks: &[[Column; BLOCK]; 4] = blocks.try_into().expect("four times eight are 32");
        Some(Self {
            bases: blocks.map(|block| block[0].first),
            at: at as u32,
            first: Pair::new([&blocks[0], &blocks[2]])?,
            second: Pair::new([&blocks[1], &blocks[3]])?,
        })
    }

    /// What the columns read, block by block in the order of the registers.
    #[expect(
        clippy::inline_always,
        reason = "otherwise it is called for every 32 samples, and they pass through memory"
    )]
    #[inline(always)]
    fn read(&self, line: &[u8]) -> [[u8; 16]; 4] {
        let [a, b, c, d] = self.bases;
        [
            sixteen(line, a),
            sixteen(line, c),
            sixteen(line, b),
            sixteen(line, d),
        ]
    }

    /// 32 samples of what was read.
    #[target_feature(enable = "avx2")]
    #[inline]
    fn of(&self, samples: [[u8; 16]; 4]) -> [u8; GROUP] {
        let [first, second]: [__m256i; 2] = bytemuck::cast(samples);
        bytemuck::cast(_mm256_packus_epi16(
            self.first.of(first),
            self.second.of(second),
        ))
    }
}

impl Pair {
    fn new(blocks: [&[Column; BLOCK]; 2]) -> Option<Self> {
        let (mut shuffles, mut weights) = ([[0u8; 32]; 2], [[0i8; 32]; 2]);
        for (half, block) in blocks.into_iter().enumerate() {
            for (i, column) in block.iter().enumerate() {
                let offset = column.first - block[0].first;
                if offset > 12 {
                    return None;
                }
                let to = half * 16 + i * 2;
                for taps in 0..2 {
                    let from = offset as u8 + taps as u8 * 2;
                    shuffles[taps][to..to + 2].copy_from_slice(&[from, from + 1]);
                    weights[taps][to..to + 2].copy_from_slice(&column.weights[taps * 2..][..2]);
                }
            }
        }
        Some(Self(std::array::from_fn(|taps| {
            (
                bytemuck::cast(shuffles[taps]),
                bytemuck::cast(weights[taps]),
            )
        })))
    }

    /// Sixteen samples, in 16 bits each.
    #[target_feature(enable = "avx2")]
    #[inline]
    fn of(&self, samples: __m256i) -> __m256i {
        let [upper, lower] = self.0;
        rounded(
            _mm256_maddubs_epi16(_mm256_shuffle_epi8(samples, upper.0), upper.1),
            _mm256_maddubs_epi16(_mm256_shuffle_epi8(samples, lower.0), lower.1),
        )
    }
}

/// As [`super::portable::across`] for two rows at once, which share the loads of taps and weights. What follows them in
/// memory is fetched meanwhile: in a plane these are the next two.
#[target_feature(enable = "avx2")]
pub(super) fn across_two(lines: [&[u8]; 2], groups: &Groups, out: [&mut [u8]; 2]) {
    let ([upper, lower], [out_upper, out_lower]) = (lines, out);
    // A frame is larger than the caches that are near, and storing to what is not there waits for it.
    let next = out_upper.len() + out_lower.len();
    let (next_upper, next_lower) = (
        out_upper.as_ptr().wrapping_add(next),
        out_lower.as_ptr().wrapping_add(next),
    );
    for group in &groups.0 {
        _mm_prefetch::<_MM_HINT_T0>(next_upper.wrapping_add(group.at as usize).cast());
        _mm_prefetch::<_MM_HINT_T0>(next_lower.wrapping_add(group.at as usize).cast());
        // Both before either is stored, so that the taps stay in registers.
        let (upper, lower) = (group.of(group.read(upper)), group.of(group.read(lower)));
        out_upper[group.at as usize..][..GROUP].copy_from_slice(&upper);
        out_lower[group.at as usize..][..GROUP].copy_from_slice(&lower);
    }
}

/// As [`super::portable::across`].
#[target_feature(enable = "avx2")]
pub(super) fn across(line: &[u8], groups: &Groups, out: &mut [u8]) {
    for group in &groups.0 {
        out[group.at as usize..][..GROUP].copy_from_slice(&group.of(group.read(line)));
    }
}

/// As [`super::portable::down`], for at least 32 samples. Has `ahead`, as long as `out`, fetched from memory meanwhile.
#[target_feature(enable = "avx2")]
pub(super) fn down(rows: [&[u8]; 4], [a, b, c, d]: [i8; 4], ahead: &[u8], out: &mut [u8]) {
    let weights = [
        _mm256_set1_epi16(i16::from_le_bytes([a as u8, b as u8])),
        _mm256_set1_epi16(i16::from_le_bytes([c as u8, d as u8])),
    ];
    let width = out.len();
    let [a, b, c, d] = rows;
    let (a, b, c, d) = (&a[..width], &b[..width], &c[..width], &d[..width]);
    // Zipped rather than indexed: one check of the lengths for the whole row.
    let chunks = (a.as_chunks().0.iter())
        .zip(b.as_chunks().0)
        .zip(c.as_chunks().0)
        .zip(d.as_chunks().0)
        .zip(ahead.as_chunks::<GROUP>().0);
    for (out, ((((a, b), c), d), ahead)) in out.as_chunks_mut().0.iter_mut().zip(chunks) {
        _mm_prefetch::<_MM_HINT_T0>(ahead.as_ptr().cast());
        *out = thirty_two([a, b, c, d], weights);
    }
    // What is left is made again together with its neighbours.
    if !width.is_multiple_of(GROUP) {
        let rows = [last(a), last(b), last(c), last(d)];
        *out.last_chunk_mut().expect("there are 32") = thirty_two(rows, weights);
    }
}

#[inline]
fn last(row: &[u8]) -> &[u8; GROUP] {
    row.last_chunk().expect("there are 32")
}

/// 32 samples of one row.
#[target_feature(enable = "avx2")]
#[inline]
fn thirty_two([a, b, c, d]: [&[u8; GROUP]; 4], [upper, lower]: [__m256i; 2]) -> [u8; GROUP] {
    let (a, b): (__m256i, __m256i) = (bytemuck::cast(*a), bytemuck::cast(*b));
    let (c, d): (__m256i, __m256i) = (bytemuck::cast(*c), bytemuck::cast(*d));
    let left = rounded(
        _mm256_maddubs_epi16(_mm256_unpacklo_epi8(a, b), upper),
        _mm256_maddubs_epi16(_mm256_unpacklo_epi8(c, d), lower),
    );
    let right = rounded(
        _mm256_maddubs_epi16(_mm256_unpackhi_epi8(a, b), upper),
        _mm256_maddubs_epi16(_mm256_unpackhi_epi8(c, d), lower),
    );
    bytemuck::cast(_mm256_packus_epi16(left, right))
}

/// The sums of two taps each, in 128ths, as whole numbers.
#[target_feature(enable = "avx2")]
#[inline]
fn rounded(first: __m256i, second: __m256i) -> __m256i {
    // The high half of a product by 256, rounded: 7 bits fall away.
    _mm256_mulhrs_epi16(_mm256_adds_epi16(first, second), _mm256_set1_epi16(256))
}

#[inline]
fn sixteen(line: &[u8], at: u32) -> [u8; 16] {
    let at = at as usize;
    let samples = &line[at..at + 16];
    samples.try_into().expect("sixteen were taken")
}
