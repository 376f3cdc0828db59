//! Sub-pixel accurate resampling of one plane: a window of the source, at any fractional position, onto a frame.
//!
//! FFmpeg's `zoompan` rounds its window to whole pixels, which shakes by 0.6 px rms (`docs/measurements.md`); here the
//! position is exact to a 256th of a sample and the filter is a 4-tap Catmull-Rom cubic, applied down and then across:
//! what lies between the passes is bytes, of which vector code takes twice as many as of anything finer.
//! The arithmetic is the same on every processor, so the same window gives the same bytes everywhere.

#[cfg(target_arch = "x86_64")]
mod avx2;
mod kernel;
mod portable;

use std::ops::Range;

use kernel::{Column, Row};

use crate::wide;
use crate::yuv::Plane;

/// The window of the source that becomes the whole output, in source pixels. May be fractional; lies inside the source.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Window {
    pub(crate) left: f64,
    pub(crate) top: f64,
    pub(crate) width: f64,
    pub(crate) height: f64,
}

/// How the samples of a frame's plane are made from a window of a source plane. Made once for planes of one shape.
#[derive(Debug)]
pub(crate) struct Resampler {
    rows: Vec<Row>,
    across: Across,
    /// Where in a row of the source, border copies included, the columns read.
    span: Range<usize>,
    width: usize,
}

/// The pass across a row, in the form the processor takes it.
#[derive(Debug)]
enum Across {
    Portable(Vec<Column>),
    #[cfg(target_arch = "x86_64")]
    Avx2(avx2::Groups),
}

impl Across {
    fn new(columns: Vec<Column>) -> Self {
        #[cfg(target_arch = "x86_64")]
        if is_x86_feature_detected!("avx2")
            && let Some(groups) = avx2::Groups::new(&columns)
        {
            return Self::Avx2(groups);
        }
        Self::Portable(columns)
    }
}

/// Mixes samples into others: `weight` 0 leaves them, 256, the most, replaces them.
pub(crate) fn mix(below: &mut [u8], above: &[u8], weight: u16) {
    wide::run(|| {
        for (below, &above) in below.iter_mut().zip(above) {
            let sum = u16::from(*below) * (256 - weight) + u16::from(above) * weight;
            *below = ((sum + 128) >> 8) as u8;
        }
    });
}

/// How many rows before they are needed those of the source are fetched: a picture is larger than the caches that are
/// near. Where two rows are passed at once, the processor's own prefetching has to find the other one.
#[cfg(target_arch = "x86_64")]
const AHEAD: usize = 3;

impl Resampler {
    /// From `window` of a plane of `source` samples (across, down) to `output` samples. `siting` is where a sample lies
    /// inside its cell across: 0.5 for luma, 0.25 for left-sited chroma.
    pub(crate) fn new(
        window: Window,
        source: (usize, usize),
        output: (usize, usize),
        siting: f64,
    ) -> Self {
        Self::passing(window, source, output, siting, Across::new)
    }

    /// As [`Resampler::new`], with the pass across a row that `across` makes of the columns.
    fn passing(
        window: Window,
        source: (usize, usize),
        output: (usize, usize),
        siting: f64,
        across: impl FnOnce(Vec<Column>) -> Across,
    ) -> Self {
        let mut columns = kernel::columns((window.left, window.width), source.0, output.0, siting);
        let first = columns.first().map_or(0, |column| column.first);
        for column in &mut columns {
            column.first -= first;
        }
        let reach = columns.last().map_or(0, |column| column.first as usize) + kernel::REACH;
        Self {
            rows: kernel::rows((window.top, window.height), source.1, output.1),
            across: across(columns),
            span: first as usize..first as usize + reach,
            width: output.0,
        }
    }

    /// Fills `out`, whose rows follow one another without gaps, from `source`.
    pub(crate) fn run(&self, source: &Plane, out: &mut [u8]) {
        let (mut upper, mut lower) = (self.line(), self.line());
        for (rows, out) in self.pairs(out) {
            self.make(source, rows, [&mut upper, &mut lower], out);
        }
    }

    /// Mixes what [`Resampler::run`] would give into `out`: `weight` 0 leaves it, 256 replaces it.
    pub(crate) fn mix(&self, source: &Plane, out: &mut [u8], weight: u16) {
        let weight = weight.min(256);
        let (mut upper, mut lower) = (self.line(), self.line());
        let mut made = vec![0; 2 * self.width];
        for (rows, out) in self.pairs(out) {
            let made = &mut made[..out.len()];
            self.make(source, rows, [&mut upper, &mut lower], made);
            mix(out, made, weight);
        }
    }

    /// Room for what lies between the passes over a row.
    fn line(&self) -> Vec<u8> {
        vec![0; self.span.len()]
    }

    /// The rows of a plane by twos, and a last one alone where they are odd.
    fn pairs<'a>(&self, out: &'a mut [u8]) -> impl Iterator<Item = (&[Row], &'a mut [u8])> {
        self.rows.chunks(2).zip(out.chunks_mut(2 * self.width))
    }

    /// Makes one row or two.
    fn make(&self, source: &Plane, rows: &[Row], [upper, lower]: [&mut [u8]; 2], out: &mut [u8]) {
        match (rows, out.split_at_mut(self.width)) {
            ([first, second], (above, below)) => {
                self.filter_down(source, first, upper);
                self.filter_down(source, second, lower);
                self.filter_two_across([upper, lower], [above, below]);
            }
            (rows, (out, _)) => {
                for row in rows {
                    self.filter_down(source, row, upper);
                    self.filter_across(upper, out);
                }
            }
        }
    }

    fn filter_down(&self, source: &Plane, row: &Row, out: &mut [u8]) {
        let read = |r: usize| &source.padded_row(r)[self.span.clone()];
        let [a, b, c, d] = row.rows;
        let rows = [
            read(a as usize),
            read(b as usize),
            read(c as usize),
            read(d as usize),
        ];
        match &self.across {
            Across::Portable(_) => portable::down(rows, row.weights, out),
            #[cfg(target_arch = "x86_64")]
            Across::Avx2(_) => {
                let ahead = read((d as usize + AHEAD).min(source.height() - 1));
                #[expect(unsafe_code, reason = "calls a function compiled for AVX2")]
                // SAFETY: groups are made only where AVX2 was detected.
                unsafe {
                    avx2::down(rows, row.weights, ahead, out);
                }
            }
        }
    }

    fn filter_across(&self, line: &[u8], out: &mut [u8]) {
        match &self.across {
            Across::Portable(columns) => portable::across(line, columns, out),
            #[cfg(target_arch = "x86_64")]
            #[expect(unsafe_code, reason = "calls a function compiled for AVX2")]
            // SAFETY: groups are made only where AVX2 was detected.
            Across::Avx2(groups) => unsafe { avx2::across(line, groups, out) },
        }
    }

    fn filter_two_across(&self, lines: [&[u8]; 2], out: [&mut [u8]; 2]) {
        match &self.across {
            Across::Portable(_) => {
                for (line, out) in lines.into_iter().zip(out) {
                    self.filter_across(line, out);
                }
            }
            #[cfg(target_arch = "x86_64")]
            #[expect(unsafe_code, reason = "calls a function compiled for AVX2")]
            // SAFETY: groups are made only where AVX2 was detected.
            Across::Avx2(groups) => unsafe { avx2::across_two(lines, groups, out) },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn run(source: &[u8], size: (usize, usize), out: (usize, usize), window: Window) -> Vec<u8> {
        let mut frame = vec![0; out.0 * out.1];
        Resampler::new(window, size, out, 0.5).run(&Plane::of(size.0, size.1, source), &mut frame);
        frame
    }

    #[test]
    fn the_whole_picture_at_its_own_size_is_itself() {
        let source: Vec<u8> = (0..64 * 48).map(|i| (i * 7 % 251) as u8).collect();
        let whole = Window {
            left: 0.0,
            top: 0.0,
            width: 64.0,
            height: 48.0,
        };
        let same = run(&source, (64, 48), (64, 48), whole);
        let worst = source
            .iter()
            .zip(&same)
            .map(|(a, b)| a.abs_diff(*b))
            .max()
            .expect("not empty");
        // The largest weight is 127 of 128: hard edges lose a 128th of their step to each side, in both passes.
        assert!(worst <= 4, "off by {worst}");
    }

    #[test]
    fn a_flat_plane_stays_flat_at_every_position() {
        for level in [0u8, 16, 128, 235, 255] {
            let source = vec![level; 40 * 40];
            for k in 0..20 {
                let offset = f64::from(k) * 0.37;
                let window = Window {
                    left: offset,
                    top: offset / 2.0,
                    width: 31.3,
                    height: 29.1,
                };
                let out = run(&source, (40, 40), (32, 32), window);
                assert!(
                    out.iter().all(|&v| v == level),
                    "level {level} became {:?}",
                    &out[..4]
                );
            }
        }
    }

    /// The centroid of a Gaussian dot follows the window exactly: this is what "does not shake" means.
    #[test]
    fn a_dot_moves_by_exactly_what_the_window_moves() {
        let (w, h) = (120usize, 80usize);
        let source: Vec<u8> = (0..w * h)
            .map(|i| {
                let (x, y) = ((i % w) as f64 + 0.5 - 60.0, (i / w) as f64 + 0.5 - 40.0);
                (16.0 + 200.0 * (-(x * x + y * y) / 18.0).exp()).round() as u8
            })
            .collect();
        for step in 0..40 {
            let left = 10.0 + f64::from(step) * 0.173;
            let top = 8.0 + f64::from(step) * 0.059;
            let out = run(
                &source,
                (w, h),
                (100, 64),
                Window {
                    left,
                    top,
                    width: 100.0,
                    height: 64.0,
                },
            );
            let (mut mass, mut sum_x, mut sum_y) = (0.0, 0.0, 0.0);
            for (i, &v) in out.iter().enumerate() {
                let weight = (f64::from(v) - 16.0).max(0.0);
                mass += weight;
                sum_x += weight * ((i % 100) as f64 + 0.5);
                sum_y += weight * ((i / 100) as f64 + 0.5);
            }
            let error_x = sum_x / mass - (60.0 - left);
            let error_y = sum_y / mass - (40.0 - top);
            assert!(
                error_x.abs() < 0.025 && error_y.abs() < 0.025,
                "step {step}: {error_x:.4}, {error_y:.4}"
            );
        }
    }

    #[test]
    #[cfg(target_arch = "x86_64")]
    fn frames_of_usual_width_are_made_by_vector_code() {
        let whole = Window {
            left: 0.0,
            top: 0.0,
            width: 64.0,
            height: 8.0,
        };
        let by = Resampler::new(whole, (64, 8), (64, 8), 0.5).across;
        assert_eq!(
            matches!(by, Across::Avx2(_)),
            is_x86_feature_detected!("avx2")
        );
    }

    proptest! {
        /// A machine without AVX2 makes the same video as one with it.
        #[test]
        fn vector_code_equals_plain_code(
            seed in any::<u64>(), width in 8usize..90, height in 4usize..20, across in 4usize..90, zoom in 1.0f64..1.5,
            x in 0.0f64..1.0, y in 0.0f64..1.0, chroma in any::<bool>(),
        ) {
            let mut state = seed | 1;
            let source: Vec<u8> = (0..width * height)
                .map(|_| {
                    state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
                    // Extremes are as likely as all else: they are where sums overflow.
                    match state >> 61 { 0 => 0, 1 => 255, _ => (state >> 33) as u8 }
                })
                .collect();
            let source = Plane::of(width, height, &source);
            let (w, h) = (width as f64 / zoom, height as f64 / zoom);
            let window = Window { left: x * (width as f64 - w), top: y * (height as f64 - h), width: w, height: h };
            let siting = if chroma { 0.25 } else { 0.5 };
            let output = (across, 7);
            let fast = Resampler::new(window, (width, height), output, siting);
            let plain = Resampler::passing(window, (width, height), output, siting, Across::Portable);
            let (mut a, mut b) = (vec![0; across * 7], vec![0; across * 7]);
            fast.run(&source, &mut a);
            plain.run(&source, &mut b);
            prop_assert_eq!(&a, &b);
            let mut mixed = vec![7; across * 7];
            fast.mix(&source, &mut mixed, 256);
            prop_assert_eq!(mixed, a);
        }
    }
}
