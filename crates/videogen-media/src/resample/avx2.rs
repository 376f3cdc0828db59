//! The two passes with AVX2, eight and sixteen samples at a time. Results equal the portable ones bit for bit.

use std::arch::x86_64::{
    __m128i, __m256i, _MM_HINT_T0, _mm_adds_epi16, _mm_packus_epi16, _mm_prefetch,
    _mm256_adds_epi16, _mm256_broadcastsi128_si256, _mm256_castsi256_si128,
    _mm256_extracti128_si256, _mm256_maddubs_epi16, _mm256_mulhrs_epi16, _mm256_set1_epi16,
    _mm256_shuffle_epi8, _mm256_srai_epi16,
};

use super::kernel::Column;
use super::portable;

/// Output samples of one block.
pub(super) const BLOCK: usize = 8;

/// Columns in blocks of eight, whose 32 taps lie within sixteen samples.
#[derive(Debug, Clone)]
pub(super) struct Blocks {
    /// Index of the first of the sixteen samples of each block.
    bases: Vec<u32>,
    /// For the lower half of a register the first two samples of each column, for the upper half the other two; and
    /// their weights.
    taps: Vec<[__m256i; 2]>,
}

impl Blocks {
    /// The blocks of `columns`, or nothing where eight columns reach over more than sixteen samples. The last block may
    /// repeat the last column.
    pub(super) fn new(columns: &[Column]) -> Option<Self> {
        let count = columns.len().div_ceil(BLOCK);
        let mut blocks = Self {
            bases: Vec::with_capacity(count),
            taps: Vec::with_capacity(count),
        };
        for chunk in columns.chunks(BLOCK) {
            let base = chunk[0].first;
            let (mut shuffle, mut weights) = ([0u8; 32], [0i8; 32]);
            for i in 0..BLOCK {
                let column = chunk[i.min(chunk.len() - 1)];
                let offset = column.first - base;
                if offset > 12 {
                    return None;
                }
                let offset = offset as u8;
                for half in 0..2 {
                    let at = half * 16 + i * 2;
                    let tap = half * 2;
                    shuffle[at] = offset + tap as u8;
                    shuffle[at + 1] = offset + tap as u8 + 1;
                    weights[at] = column.weights[tap];
                    weights[at + 1] = column.weights[tap + 1];
                }
            }
            blocks.bases.push(base);
            blocks
                .taps
                .push([bytemuck::cast(shuffle), bytemuck::cast(weights)]);
        }
        Some(blocks)
    }
}

/// As [`portable::across`] for two rows at once, which share the loads of taps and weights. `out` holds a whole number
/// of blocks for each.
#[target_feature(enable = "avx2")]
pub(super) fn across(lines: [&[u8]; 2], blocks: &Blocks, out: [&mut [i16]; 2]) {
    let [a, b] = lines;
    let [out_a, out_b] = out;
    let out = out_a
        .chunks_exact_mut(BLOCK)
        .zip(out_b.chunks_exact_mut(BLOCK));
    for ((&base, taps), (out_a, out_b)) in blocks.bases.iter().zip(&blocks.taps).zip(out) {
        let base = base as usize;
        out_a.copy_from_slice(&block(&a[base..base + 16], taps));
        out_b.copy_from_slice(&block(&b[base..base + 16], taps));
    }
}

/// One block of one row.
#[target_feature(enable = "avx2")]
#[inline]
fn block(samples: &[u8], [shuffle, weights]: &[__m256i; 2]) -> [i16; 8] {
    let samples: [u8; 16] = samples.try_into().expect("sixteen were taken");
    let samples = _mm256_broadcastsi128_si256(bytemuck::cast::<_, __m128i>(samples));
    let pairs = _mm256_maddubs_epi16(_mm256_shuffle_epi8(samples, *shuffle), *weights);
    bytemuck::cast(_mm_adds_epi16(
        _mm256_castsi256_si128(pairs),
        _mm256_extracti128_si256::<1>(pairs),
    ))
}

/// As [`portable::down`].
#[target_feature(enable = "avx2")]
pub(super) fn down(rows: [&[i16]; 4], weights: [i16; 4], out: &mut [u8]) {
    let width = out.len();
    if width < STEP {
        return portable::down(rows, weights, out);
    }
    let weights = [
        _mm256_set1_epi16(weights[0]),
        _mm256_set1_epi16(weights[1]),
        _mm256_set1_epi16(weights[2]),
        _mm256_set1_epi16(weights[3]),
    ];
    let [a, b, c, d] = rows;
    // Zipped rather than indexed: one check of the lengths for the whole row.
    let lines = a
        .as_chunks::<STEP>()
        .0
        .iter()
        .zip(b.as_chunks::<STEP>().0)
        .zip(c.as_chunks::<STEP>().0)
        .zip(d.as_chunks::<STEP>().0);
    for (out, (((a, b), c), d)) in out.as_chunks_mut::<STEP>().0.iter_mut().zip(lines) {
        *out = sixteen([a, b, c, d], weights);
    }
    // What is left is made again together with its neighbours.
    if !width.is_multiple_of(STEP) {
        let at = width - STEP;
        let [a, b, c, d] = [end(a, width), end(b, width), end(c, width), end(d, width)];
        out[at..].copy_from_slice(&sixteen([a, b, c, d], weights));
    }
}

/// Has `row` fetched from memory while something else is done.
pub(super) fn fetch(row: &[u8]) {
    /// Bytes that come at a time.
    const LINE: usize = 64;
    for line in row.chunks(LINE) {
        #[expect(unsafe_code, reason = "the instruction takes an address")]
        // SAFETY: SSE is part of every x86-64; the address is that of a sample.
        unsafe {
            _mm_prefetch::<_MM_HINT_T0>(line.as_ptr().cast());
        }
    }
}

/// Samples that go through [`down`] at once.
const STEP: usize = 16;

/// The last sixteen of the first `width` samples.
#[inline]
fn end(row: &[i16], width: usize) -> &[i16; STEP] {
    row[..width].last_chunk().expect("there are sixteen")
}

/// Sixteen samples of one output row.
#[target_feature(enable = "avx2")]
#[inline]
fn sixteen([a, b, c, d]: [&[i16; STEP]; 4], weights: [__m256i; 4]) -> [u8; STEP] {
    let first = _mm256_adds_epi16(scaled(a, weights[0]), scaled(b, weights[1]));
    let second = _mm256_adds_epi16(scaled(c, weights[2]), scaled(d, weights[3]));
    let half = _mm256_set1_epi16(1 << 6);
    let sum = _mm256_adds_epi16(_mm256_adds_epi16(first, second), half);
    let sum = _mm256_srai_epi16::<7>(sum);
    bytemuck::cast(_mm_packus_epi16(
        _mm256_castsi256_si128(sum),
        _mm256_extracti128_si256::<1>(sum),
    ))
}

#[target_feature(enable = "avx2")]
#[inline]
fn scaled(samples: &[i16; STEP], weight: __m256i) -> __m256i {
    _mm256_mulhrs_epi16(bytemuck::cast(*samples), weight)
}
