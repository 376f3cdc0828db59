//! Makes planes smaller before a move resamples them: a kernel of four taps would alias on pictures much larger than
//! the frame.

use std::f64::consts::PI;
use std::ops::Range;

use rayon::prelude::*;

use crate::yuv::{Plane, Planes};

/// Lobes of the Lanczos window on each side: the usual choice between sharpness and ringing (Turkowski 1990, "Filters
/// for common resampling tasks").
const LOBES: f64 = 3.0;
/// Fractional bits of a weight.
const WEIGHT_BITS: u32 = 14;
/// Fractional bits of a row filtered across: overshoot included it fits into 16 bits.
const ROW_BITS: u32 = 6;
/// Output rows made together; neighbours share source rows.
const BAND: usize = 64;

/// `planes` at `width * height`, both even and not larger than they are.
pub(crate) fn shrink(planes: &Planes, width: usize, height: usize) -> Planes {
    let plane = |plane: &Plane, width: usize, height: usize, siting: f64| {
        let columns = taps(plane.width(), width, siting);
        let rows = taps(plane.height(), height, 0.5);
        let mut samples = vec![0; width * height];
        samples
            .par_chunks_mut(width * BAND)
            .zip(rows.par_chunks(BAND))
            .for_each(|(out, rows)| band(plane, &columns, rows, out));
        Plane::of(width, height, &samples)
    };
    Planes {
        y: plane(&planes.y, width, height, 0.5),
        // Left-sited chroma lies at a quarter of its cell, which is two luma columns wide.
        cb: plane(&planes.cb, width / 2, height / 2, 0.25),
        cr: plane(&planes.cr, width / 2, height / 2, 0.25),
    }
}

/// Where one output sample reads, and the weights of what it reads; they sum to `1 << WEIGHT_BITS`.
struct Taps {
    range: Range<usize>,
    weights: Vec<i16>,
}

fn taps(source: usize, output: usize, siting: f64) -> Vec<Taps> {
    let step = source as f64 / output as f64;
    let reach = LOBES * step;
    (0..output)
        .map(|i| {
            let centre = (i as f64 + siting) * step - siting;
            let first = (centre - reach).ceil().max(0.0) as usize;
            let last = ((centre + reach).floor() as usize).min(source - 1);
            let ideal: Vec<f64> = (first..=last)
                .map(|at| lanczos((at as f64 - centre) / step))
                .collect();
            let sum: f64 = ideal.iter().sum();
            let one = f64::from(1 << WEIGHT_BITS);
            let mut weights: Vec<i16> = ideal
                .iter()
                .map(|w| (w / sum * one).round() as i16)
                .collect();
            // Rounding must not change the brightness: the middle takes what is missing.
            let missing = (1 << WEIGHT_BITS) - weights.iter().map(|&w| i32::from(w)).sum::<i32>();
            let middle = weights.len() / 2;
            weights[middle] += missing as i16;
            Taps {
                range: first..last + 1,
                weights,
            }
        })
        .collect()
}

fn lanczos(x: f64) -> f64 {
    if x.abs() < 1e-9 {
        1.0
    } else if x.abs() >= LOBES {
        0.0
    } else {
        let x = x * PI;
        x.sin() / x * (x / LOBES).sin() / (x / LOBES)
    }
}

/// Makes some neighbouring output rows.
fn band(source: &Plane, columns: &[Taps], rows: &[Taps], out: &mut [u8]) {
    let width = columns.len();
    let (Some(first), Some(last)) = (rows.first(), rows.last()) else {
        return;
    };
    let needed = first.range.start..last.range.end;
    let mut filtered = vec![0i16; needed.len() * width];
    for (line, y) in filtered.chunks_exact_mut(width).zip(needed.clone()) {
        let row = source.row(y);
        for (out, taps) in line.iter_mut().zip(columns) {
            let sum: i32 = row[taps.range.clone()]
                .iter()
                .zip(&taps.weights)
                .map(|(&sample, &weight)| i32::from(sample) * i32::from(weight))
                .sum();
            *out = (sum >> (WEIGHT_BITS - ROW_BITS)) as i16;
        }
    }
    let mut sums = vec![0i32; width];
    for (out, taps) in out.chunks_exact_mut(width).zip(rows) {
        sums.fill(1 << (WEIGHT_BITS + ROW_BITS - 1));
        for (y, &weight) in taps.range.clone().zip(&taps.weights) {
            let line = &filtered[(y - needed.start) * width..][..width];
            for (sum, &value) in sums.iter_mut().zip(line) {
                *sum += i32::from(value) * i32::from(weight);
            }
        }
        for (out, sum) in out.iter_mut().zip(&sums) {
            *out = (sum >> (WEIGHT_BITS + ROW_BITS)).clamp(0, 255) as u8;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grey(width: usize, height: usize, level: impl Fn(f64, f64) -> f64) -> Planes {
        let rgb: Vec<u8> = (0..width * height)
            .flat_map(|i| {
                let (x, y) = ((i % width) as f64 + 0.5, (i / width) as f64 + 0.5);
                [level(x, y).round() as u8; 3]
            })
            .collect();
        Planes::from_rgb(width, height, &rgb)
    }

    #[test]
    fn flat_stays_flat() {
        for level in [0.0, 128.0, 255.0] {
            let planes = grey(200, 120, |_, _| level);
            let small = shrink(&planes, 62, 38);
            let expected = planes.y.row(0)[0];
            for y in 0..38 {
                assert!(small.y.row(y).iter().all(|&v| v.abs_diff(expected) <= 1));
            }
            assert!(small.cb.row(3).iter().all(|&v| v.abs_diff(128) <= 1));
        }
    }

    /// A wave the small picture can hold keeps its place and its height; one it cannot hold goes grey.
    #[test]
    fn what_fits_is_kept_and_what_does_not_is_not_aliased() {
        let wave = |period: f64| {
            shrink(
                &grey(320, 64, |x, _| {
                    128.0 + 100.0 * (x / period * 2.0 * PI).sin()
                }),
                100,
                20,
            )
        };
        let kept = wave(32.0);
        for (x, &found) in kept.y.row(10).iter().enumerate().skip(8).take(84) {
            let at = (x as f64 + 0.5) * 3.2;
            let exact = 128.0 + 100.0 * (at / 32.0 * 2.0 * PI).sin();
            let exact = 16.0 + exact * 219.0 / 255.0;
            assert!(
                (f64::from(found) - exact).abs() < 3.0,
                "{x}: {found} for {exact:.1}"
            );
        }
        let gone = wave(3.9);
        let middle = &gone.y.row(10)[10..90];
        assert!(middle.iter().all(|v| v.abs_diff(126) < 12), "{middle:?}");
    }

    /// Colour stays where the light is: a red edge is in the same place in luma and in chroma.
    #[test]
    fn chroma_keeps_its_place() {
        let (width, height) = (320, 32);
        let rgb: Vec<u8> = (0..width * height)
            .flat_map(|i| {
                if i % width < 160 {
                    [200, 30, 30]
                } else {
                    [30, 30, 30]
                }
            })
            .collect();
        let small = shrink(&Planes::from_rgb(width, height, &rgb), 100, 10);
        // Where a step from `high` to `low` is crossed, in samples.
        let crossing = |row: &[u8], low: f64, high: f64| {
            let lit = |&v: &u8| (f64::from(v) - low) / (high - low);
            row.iter().map(lit).sum::<f64>()
        };
        let luma = small.y.row(5);
        let edge = crossing(luma, f64::from(luma[99]), f64::from(luma[0]));
        let chroma = small.cr.row(2);
        let colour_edge = crossing(chroma, f64::from(chroma[49]), f64::from(chroma[0]));
        // Chroma sample k lies at luma position 2k + 0.5; a sum counts cells, which are centred at 2k + 1.
        assert!(
            (colour_edge * 2.0 - 0.5 - edge).abs() < 0.3,
            "{edge} {colour_edge}"
        );
    }
}
