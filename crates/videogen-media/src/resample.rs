//! Sub-pixel accurate resampling of one plane: a window of the source, at any fractional position, onto a frame.
//!
//! FFmpeg's `zoompan` rounds its window to whole pixels, which shakes by 0.6 px rms (`docs/measurements.md`); here the
//! position is exact and the filter is a 4-tap Catmull-Rom cubic, applied across and then down.

/// The window of the source that becomes the whole output, in source pixels. May be fractional; lies inside the source.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Window {
    pub(crate) left: f64,
    pub(crate) top: f64,
    pub(crate) width: f64,
    pub(crate) height: f64,
}

/// Where one output sample reads: the first of four source samples, and their weights (they sum to `1 << 14`).
#[derive(Debug, Clone, Copy)]
struct Tap {
    first: usize,
    weights: [i16; 4],
}

const WEIGHT_BITS: u32 = 14;

/// Keys' cubic convolution kernel with a = -1/2 (Keys 1981, "Cubic convolution interpolation for digital image
/// processing"), at the fraction `t` in `0.0..1.0` between the second and the third tap.
fn cubic(t: f64) -> [f64; 4] {
    let (t2, t3) = (t * t, t * t * t);
    [
        -0.5 * t3 + t2 - 0.5 * t,
        1.5 * t3 - 2.5 * t2 + 1.0,
        -1.5 * t3 + 2.0 * t2 + 0.5 * t,
        0.5 * t3 - 0.5 * t2,
    ]
}

/// The taps of a whole axis. `siting` is where a sample lies inside its cell: 0.5 for luma and for chroma down,
/// 0.25 for left-sited chroma across (its cell is two luma columns wide and it lies on the first one's centre).
fn taps(start: f64, length: f64, source: usize, output: usize, siting: f64) -> Vec<Tap> {
    let step = length / output as f64;
    (0..output)
        .map(|i| {
            let position = start + (i as f64 + siting) * step - siting;
            let floor = position.floor();
            let kernel = cubic(position - floor);
            // At the border the taps that would lie outside give their weight to the border sample.
            let limit = source as isize - 1;
            let base = (floor as isize - 1).clamp(0, (limit - 3).max(0));
            let mut weights = [0.0; 4];
            for (k, w) in kernel.iter().enumerate() {
                let index = (floor as isize - 1 + k as isize).clamp(0, limit);
                weights[(index - base).clamp(0, 3) as usize] += w;
            }
            let mut fixed = weights.map(|w| (w * f64::from(1 << WEIGHT_BITS)).round() as i16);
            // Rounding must not change the brightness: the largest weight takes what is missing.
            let missing = (1 << WEIGHT_BITS) - fixed.iter().map(|&w| i32::from(w)).sum::<i32>();
            let largest = (0..4)
                .max_by_key(|&k| fixed[k])
                .expect("there are four weights");
            fixed[largest] += missing as i16;
            Tap {
                first: base as usize,
                weights: fixed,
            }
        })
        .collect()
}

/// Resamples `window` of a plane into `out` (`out_width * out_height` bytes). The source has at least 4 samples a side.
pub(crate) fn resample_plane(
    (source, source_width, source_height): (&[u8], usize, usize),
    (out, out_width, out_height): (&mut [u8], usize, usize),
    window: Window,
    siting_x: f64,
) {
    assert!(
        source_width >= 4 && source_height >= 4,
        "the kernel has four taps"
    );
    let columns = taps(window.left, window.width, source_width, out_width, siting_x);
    let rows = taps(window.top, window.height, source_height, out_height, 0.5);

    // The last four source rows, filtered across, with 6 fractional bits: row r lives in slot r % 4.
    let mut ring = vec![0i16; out_width * 4];
    let mut filled: Option<(usize, usize)> = None;
    for (row, tap) in out.chunks_exact_mut(out_width).zip(&rows) {
        let wanted = (tap.first, tap.first + 3);
        for r in wanted.0..=wanted.1 {
            if filled.is_some_and(|(low, high)| (low..=high).contains(&r)) {
                continue;
            }
            let line = &source[r * source_width..][..source_width];
            filter_across(
                line,
                &columns,
                &mut ring[(r % 4) * out_width..][..out_width],
            );
        }
        filled = Some(wanted);
        let (a, rest) = ring.split_at(out_width);
        let (b, rest) = rest.split_at(out_width);
        let (c, d) = rest.split_at(out_width);
        // Slot s holds the row of the window whose number is s modulo 4; its weight is turned to match.
        let mut weights = [0i16; 4];
        for k in 0..4 {
            weights[(tap.first + k) % 4] = tap.weights[k];
        }
        blend_down([a, b, c, d], weights, row);
    }
}

fn filter_across(line: &[u8], columns: &[Tap], out: &mut [i16]) {
    for (value, tap) in out.iter_mut().zip(columns) {
        let s: &[u8; 4] = line[tap.first..tap.first + 4]
            .try_into()
            .expect("a tap stays inside the row");
        let sum = i32::from(s[0]) * i32::from(tap.weights[0])
            + i32::from(s[1]) * i32::from(tap.weights[1])
            + i32::from(s[2]) * i32::from(tap.weights[2])
            + i32::from(s[3]) * i32::from(tap.weights[3]);
        *value = ((sum + (1 << 7)) >> (WEIGHT_BITS - 6)) as i16;
    }
}

/// 6 + 14 fractional bits less the 16 that a high-half multiplication drops leave 4; written so that compilers emit
/// packed 16-bit multiplications.
fn blend_down(rows: [&[i16]; 4], weights: [i16; 4], out: &mut [u8]) {
    let high = |a: i16, b: i16| ((i32::from(a) * i32::from(b)) >> 16) as i16;
    let [a, b, c, d] = rows;
    for i in 0..out.len() {
        // Each product is rounded down, half a unit on average: two units for four, and half of 16 to round to nearest.
        let sum = high(a[i], weights[0])
            + high(b[i], weights[1])
            + high(c[i], weights[2])
            + high(d[i], weights[3]);
        out[i] = ((sum + 2 + 8) >> 4).clamp(0, 255) as u8;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(source: &[u8], size: (usize, usize), out: (usize, usize), window: Window) -> Vec<u8> {
        let mut frame = vec![0; out.0 * out.1];
        resample_plane(
            (source, size.0, size.1),
            (&mut frame, out.0, out.1),
            window,
            0.5,
        );
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
        assert!(worst <= 1, "off by {worst}");
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
                    out.iter().all(|v| v.abs_diff(level) <= 1),
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
                error_x.abs() < 0.02 && error_y.abs() < 0.02,
                "step {step}: {error_x:.4}, {error_y:.4}"
            );
        }
    }
}
