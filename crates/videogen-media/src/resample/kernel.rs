//! The filter: Keys' cubic, rounded to the small whole numbers that vector instructions multiply by.

use std::sync::LazyLock;

use crate::yuv::Plane;

/// Fractions of a sample that are told apart: a 128th, so positions are exact to a 256th of a sample.
const PHASES: usize = 128;

/// What four weights sum to: the most that signed bytes can hold.
const ONE: i32 = 128;

/// Fractional bits of a position: over the longest side an error of less than a millionth of a sample.
const FRACTION: u32 = 32;

/// Keys' cubic convolution kernel with a = -1/2 (Keys 1981, "Cubic convolution interpolation for digital image
/// processing"), at the fraction `t` in `0.0..1.0` between the second and the third tap.
pub(super) fn cubic(t: f64) -> [f64; 4] {
    let (t2, t3) = (t * t, t * t * t);
    [
        -0.5 * t3 + t2 - 0.5 * t,
        1.5 * t3 - 2.5 * t2 + 1.0,
        -1.5 * t3 + 2.0 * t2 + 0.5 * t,
        0.5 * t3 - 0.5 * t2,
    ]
}

/// The weights for every phase.
static WEIGHTS: LazyLock<[[i8; 4]; PHASES]> =
    LazyLock::new(|| std::array::from_fn(|phase| rounded(phase as f64 / PHASES as f64)));

/// The kernel at `t` in 128ths. Among the roundings that keep the sum (brightness) and come closest in the first moment
/// (position), the one nearest to the kernel.
fn rounded(t: f64) -> [i8; 4] {
    let ideal = cubic(t).map(|w| w * f64::from(ONE));
    let mut best: Option<((i64, f64), [i8; 4])> = None;
    for outer in 0..9 {
        let first = ideal[0].round() as i32 + outer % 3 - 1;
        let last = ideal[3].round() as i32 + outer / 3 - 1;
        for step in -2..=2 {
            let third = ideal[2].round() as i32 + step;
            let weights = [first, ONE - first - third - last, third, last];
            let Ok(weights) = weights
                .map(i8::try_from)
                .into_iter()
                .collect::<Result<Vec<_>, _>>()
            else {
                continue;
            };
            let weights: [i8; 4] = weights.try_into().expect("four went in");
            let moment = f64::from(third + 2 * last - first) - t * f64::from(ONE);
            let distance = ideal
                .iter()
                .zip(weights)
                .map(|(ideal, w)| (ideal - f64::from(w)).powi(2))
                .sum::<f64>();
            // The moment in thousandths, so that equal ones compare as equal.
            let key = ((moment.abs() * 1000.0).round() as i64, distance);
            if best.is_none_or(|(known, _)| key < known) {
                best = Some((key, weights));
            }
        }
    }
    best.expect("one of the roundings fits into bytes").1
}

/// Where one output column reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Column {
    /// Index of the first of four samples in a row with border copies.
    pub(super) first: u32,
    /// Their weights; they sum to 128.
    pub(super) weights: [i8; 4],
}

/// Where one output row reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Row {
    /// The four source rows; at the borders the outermost one is read again.
    pub(super) rows: [u32; 4],
    /// Their weights; they sum to 128.
    pub(super) weights: [i8; 4],
}

/// The sample before each output sample and the phase between it and the next.
///
/// Output sample `i` of `output` lies at `start + (i + siting) * length / output - siting`. `siting` is where a sample
/// lies inside its cell: 0.5 for luma and for chroma down, 0.25 for left-sited chroma across (its cell is two luma
/// columns wide and it lies on the first one's centre).
fn positions(
    (start, length): (f64, f64),
    output: usize,
    siting: f64,
) -> impl Iterator<Item = (i64, usize)> {
    let fixed = |value: f64| (value * f64::from(1u32 << 31) * 2.0).round() as i64;
    let step = length / output as f64;
    let unit = FRACTION - PHASES.trailing_zeros();
    // To the nearest phase.
    let first = fixed(start + siting * step - siting) + (1 << (unit - 1));
    let step = fixed(step);
    (0..output as i64).map(move |i| {
        let at = (first + i * step) >> unit;
        (at >> PHASES.trailing_zeros(), at as usize & (PHASES - 1))
    })
}

/// Samples from the first that a column is made of, to the end of what is read for it: vector code takes sixteen.
pub(super) const REACH: usize = Plane::AFTER;

/// The columns that bring `length` samples from `start` to `output` samples of a row of `source` samples.
pub(super) fn columns(
    window: (f64, f64),
    source: usize,
    output: usize,
    siting: f64,
) -> Vec<Column> {
    let weights = &*WEIGHTS;
    positions(window, output, siting)
        .map(move |(sample, phase)| Column {
            first: (sample.clamp(-1, source as i64 - 1) + Plane::BEFORE as i64 - 1) as u32,
            weights: weights[phase],
        })
        .collect()
}

/// The rows that bring `length` rows from `start` to `output` rows.
pub(super) fn rows(window: (f64, f64), source: usize, output: usize) -> Vec<Row> {
    let last = source as i64 - 1;
    let weights = &*WEIGHTS;
    positions(window, output, 0.5)
        .map(|(row, phase)| Row {
            rows: std::array::from_fn(|k| (row - 1 + k as i64).clamp(0, last) as u32),
            weights: weights[phase],
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounding_keeps_brightness_and_position() {
        for (phase, weights) in WEIGHTS.iter().enumerate() {
            let w = weights.map(i32::from);
            assert_eq!(w.iter().sum::<i32>(), ONE, "phase {phase}");
            let moment = w[2] + 2 * w[3] - w[0];
            assert_eq!(moment, phase as i32, "phase {phase}: {w:?}");
            let ideal = cubic(phase as f64 / PHASES as f64);
            for (w, ideal) in w.iter().zip(ideal) {
                let error = f64::from(*w) - ideal * f64::from(ONE);
                assert!(error.abs() <= 2.0, "phase {phase}: off by {error:.2}");
            }
        }
    }

    #[test]
    fn columns_stay_inside_the_border_copies() {
        for (start, length, source, output) in [
            (0.0, 40.0, 40, 64),
            (0.0, 77.0, 77, 64),
            (3.7, 36.3, 40, 30),
        ] {
            for siting in [0.25, 0.5] {
                for column in columns((start, length), source, output, siting) {
                    let end = column.first as usize + REACH;
                    assert!(end <= Plane::BEFORE + source + Plane::AFTER, "{column:?}");
                }
            }
        }
    }
}
