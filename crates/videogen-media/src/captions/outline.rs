//! Outlines, shadows and rounded boxes from coverage masks.

/// Larger than any squared distance inside a frame.
const FAR: f32 = 1e12;

/// A mask of coverage, one byte a pixel: 0 is outside, 255 inside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Mask {
    pub(crate) width: usize,
    pub(crate) height: usize,
    pub(crate) data: Vec<u8>,
}

impl Mask {
    pub(crate) fn new(width: usize, height: usize) -> Self {
        Self {
            width,
            height,
            data: vec![0; width * height],
        }
    }

    /// The mask grown by `radius` pixels in every direction, with round corners and smooth edges.
    ///
    /// The exact Euclidean distance transform of Felzenszwalb and Huttenlocher (Theory of Computing 8, 2012), seeded
    /// with the distance of the edge inside partly covered pixels, which keeps the grown edge as smooth as the
    /// original one.
    pub(crate) fn grown(&self, radius: f32) -> Self {
        let (width, height) = (self.width, self.height);
        let mut squared: Vec<f32> = self
            .data
            .iter()
            .map(|&coverage| match coverage {
                0 => FAR,
                // The edge runs through the pixel, `0.5 - coverage` outside its centre.
                partial => (0.5 - f32::from(partial) / 255.0).max(0.0).powi(2),
            })
            .collect();
        let mut envelope = Envelope::new(width.max(height));
        let mut column = vec![0.0; height];
        for x in 0..width {
            for (y, value) in column.iter_mut().enumerate() {
                *value = squared[y * width + x];
            }
            if column.iter().all(|&value| value >= FAR) {
                continue;
            }
            envelope.transform(&mut column);
            for (y, value) in column.iter().enumerate() {
                squared[y * width + x] = *value;
            }
        }
        let mut grown = Self::new(width, height);
        // Beyond this the pixel is clear, within the other it is full; only the band between needs a square root.
        let (clear, full) = ((radius + 0.5).powi(2), (radius - 0.5).max(0.0).powi(2));
        for (row, out) in squared
            .chunks_exact_mut(width.max(1))
            .zip(grown.data.chunks_exact_mut(width.max(1)))
        {
            if row.iter().all(|&value| value >= clear) {
                continue;
            }
            envelope.transform(row);
            for (value, out) in row.iter().zip(out) {
                *out = if *value >= clear {
                    0
                } else if *value <= full {
                    255
                } else {
                    ((radius + 0.5 - value.sqrt()).clamp(0.0, 1.0) * 255.0 + 0.5) as u8
                };
            }
        }
        // Where the radius is under half a pixel the mask itself is the larger of the two.
        for (out, &own) in grown.data.iter_mut().zip(&self.data) {
            *out = (*out).max(own);
        }
        grown
    }

    /// The mask moved down by `drop` pixels and smeared by three box blurs, which is close to a Gaussian blur with a
    /// standard deviation of `length / 2`.
    pub(crate) fn blurred(&self, length: f32, drop: i32) -> Self {
        let mut out = Self::new(self.width, self.height);
        for (y, row) in out.data.chunks_exact_mut(self.width.max(1)).enumerate() {
            let Some(from) = (y as i32)
                .checked_sub(drop)
                .filter(|&from| from >= 0 && (from as usize) < self.height)
            else {
                continue;
            };
            let from = from as usize * self.width;
            row.copy_from_slice(&self.data[from..from + self.width]);
        }
        let half = (length / 2.0).round() as usize;
        if half == 0 {
            return out;
        }
        for _ in 0..3 {
            blur_rows(&mut out, half);
            blur_columns(&mut out, half);
        }
        out
    }

    /// Adds a rectangle with rounded corners; coordinates are in pixels of the mask, fractions give smooth edges.
    pub(crate) fn add_rounded(&mut self, rect: [f32; 4], radius: f32) {
        let [x0, y0, x1, y1] = rect;
        let radius = radius.min((x1 - x0) / 2.0).min((y1 - y0) / 2.0).max(0.0);
        let (centre, half) = (
            (f32::midpoint(x0, x1), f32::midpoint(y0, y1)),
            ((x1 - x0) / 2.0 - radius, (y1 - y0) / 2.0 - radius),
        );
        let rows = (y0 - 1.0).max(0.0) as usize..((y1 + 2.0).max(0.0) as usize).min(self.height);
        let columns = (x0 - 1.0).max(0.0) as usize..((x1 + 2.0).max(0.0) as usize).min(self.width);
        for y in rows {
            for x in columns.clone() {
                // Signed distance from the rounded rectangle, negative inside.
                let (dx, dy) = (
                    (x as f32 + 0.5 - centre.0).abs() - half.0,
                    (y as f32 + 0.5 - centre.1).abs() - half.1,
                );
                let distance = dx.max(0.0).hypot(dy.max(0.0)) + dx.max(dy).min(0.0) - radius;
                let coverage = ((0.5 - distance).clamp(0.0, 1.0) * 255.0 + 0.5) as u8;
                let pixel = &mut self.data[y * self.width + x];
                *pixel = (*pixel).max(coverage);
            }
        }
    }
}

/// The lower envelope of parabolas: one dimension of the distance transform, with its memory.
struct Envelope {
    values: Vec<f32>,
    vertices: Vec<usize>,
    starts: Vec<f32>,
}

impl Envelope {
    fn new(length: usize) -> Self {
        Self {
            values: vec![0.0; length],
            vertices: vec![0; length],
            starts: vec![0.0; length + 1],
        }
    }

    /// Replaces each value `f[i]` by the least `f[j] + (i - j)²`.
    fn transform(&mut self, f: &mut [f32]) {
        self.values[..f.len()].copy_from_slice(f);
        let values = &self.values[..f.len()];
        let mut parabolas = 0_usize;
        for (q, &value) in values.iter().enumerate() {
            if value >= FAR {
                continue;
            }
            let start = loop {
                let Some(last) = parabolas.checked_sub(1) else {
                    break f32::NEG_INFINITY;
                };
                let v = self.vertices[last];
                let (q, vf) = (q as f32, v as f32);
                let crossing = ((value + q * q) - (values[v] + vf * vf)) / (2.0 * (q - vf));
                if crossing > self.starts[last] {
                    break crossing;
                }
                parabolas = last;
            };
            self.vertices[parabolas] = q;
            self.starts[parabolas] = start;
            parabolas += 1;
        }
        if parabolas == 0 {
            return;
        }
        let mut k = 0;
        for (q, out) in f.iter_mut().enumerate() {
            while k + 1 < parabolas && self.starts[k + 1] < q as f32 {
                k += 1;
            }
            let v = self.vertices[k];
            *out = (q as f32 - v as f32).powi(2) + values[v];
        }
    }
}

/// The mean over `2 * half + 1` pixels of each row; outside of the mask is clear.
fn blur_rows(mask: &mut Mask, half: usize) {
    let width = mask.width;
    let scale = reciprocal(half);
    let mut source = vec![0; width];
    for row in mask.data.chunks_exact_mut(width.max(1)) {
        if row.iter().all(|&value| value == 0) {
            continue;
        }
        source.copy_from_slice(row);
        let mut sum: u32 = source[..half.min(width)]
            .iter()
            .map(|&value| u32::from(value))
            .sum();
        for (x, out) in row.iter_mut().enumerate() {
            sum += source.get(x + half).map_or(0, |&value| u32::from(value));
            *out = ((sum * scale) >> 16) as u8;
            sum -= x.checked_sub(half).map_or(0, |x| u32::from(source[x]));
        }
    }
}

/// The same down the columns, a whole row at a time, which is how memory lies.
fn blur_columns(mask: &mut Mask, half: usize) {
    let (width, height) = (mask.width, mask.height);
    let scale = reciprocal(half);
    let source = mask.data.clone();
    let mut sums = vec![0_u32; width];
    let row = |y: usize| &source[y * width..(y + 1) * width];
    for y in 0..half.min(height) {
        sums.iter_mut()
            .zip(row(y))
            .for_each(|(sum, &value)| *sum += u32::from(value));
    }
    for y in 0..height {
        if y + half < height {
            sums.iter_mut()
                .zip(row(y + half))
                .for_each(|(sum, &value)| *sum += u32::from(value));
        }
        let out = &mut mask.data[y * width..(y + 1) * width];
        out.iter_mut()
            .zip(&sums)
            .for_each(|(out, &sum)| *out = ((sum * scale) >> 16) as u8);
        if let Some(y) = y.checked_sub(half) {
            sums.iter_mut()
                .zip(row(y))
                .for_each(|(sum, &value)| *sum -= u32::from(value));
        }
    }
}

/// `1 / (2 * half + 1)` in 1/65536, rounded up so that a full window stays 255: `255 * n * ceil(65536 / n)` is below
/// `256 << 16` for every n up to 257, and fits in 32 bits.
const fn reciprocal(half: usize) -> u32 {
    65_536_u32.div_ceil(2 * half as u32 + 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_dot_grows_to_a_disc() {
        let mut mask = Mask::new(41, 41);
        mask.data[20 * 41 + 20] = 255;
        let grown = mask.grown(10.0);
        for y in 0..41_i32 {
            for x in 0..41_i32 {
                let distance = f64::from((x - 20).pow(2) + (y - 20).pow(2)).sqrt();
                let expected = (10.5 - distance).clamp(0.0, 1.0) * 255.0;
                let found = f64::from(grown.data[(y * 41 + x) as usize]);
                assert!(
                    (expected - found).abs() <= 1.0,
                    "{x} {y}: {found}, expected {expected}"
                );
            }
        }
    }

    #[test]
    fn a_smooth_edge_stays_where_it_is_between_pixels() {
        // A vertical edge at x = 10.25: one quarter of pixel 10 is covered.
        let mut mask = Mask::new(40, 9);
        for row in mask.data.chunks_exact_mut(40) {
            row[..10].fill(255);
            row[10] = 64;
        }
        let grown = mask.grown(5.0);
        let covered: f32 = grown.data[4 * 40..5 * 40]
            .iter()
            .map(|&v| f32::from(v) / 255.0)
            .sum();
        assert!((covered - 15.25).abs() < 0.3, "{covered}");
    }

    #[test]
    fn a_blur_keeps_the_middle_of_a_large_area_full_and_the_far_outside_clear() {
        let mut mask = Mask::new(120, 120);
        mask.add_rounded([30.0, 30.0, 90.0, 90.0], 4.0);
        let blurred = mask.blurred(9.0, 0);
        assert_eq!(blurred.data[60 * 120 + 60], 255);
        assert_eq!(blurred.data[2 * 120 + 2], 0);
        let edge = blurred.data[60 * 120 + 30];
        assert!((100..160).contains(&edge), "{edge}");
    }

    #[test]
    fn a_rounded_box_has_the_area_of_one() {
        let mut mask = Mask::new(100, 60);
        mask.add_rounded([10.0, 10.5, 90.0, 50.5], 10.0);
        let area: f32 = mask.data.iter().map(|&v| f32::from(v) / 255.0).sum();
        let expected = 80.0 * 40.0 - (4.0 - std::f32::consts::PI) * 100.0;
        assert!((area - expected).abs() < 6.0, "{area}, expected {expected}");
    }

    proptest! {
        #[test]
        fn growing_never_loses_coverage_and_blurring_never_overflows(
            width in 1_usize..40, height in 1_usize..30, seed: u64, radius in 0.0_f32..12.0, length in 0.0_f32..20.0, drop in -9..9_i32,
        ) {
            let mut mask = Mask::new(width, height);
            let mut state = seed | 1;
            for value in &mut mask.data {
                state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
                *value = if state >> 60 == 0 { (state >> 40) as u8 } else { 0 };
            }
            let grown = mask.grown(radius);
            prop_assert!(grown.data.iter().zip(&mask.data).all(|(grown, own)| grown >= own));
            let most = grown.data.iter().max().copied();
            prop_assert!(grown.blurred(length, drop).data.iter().max().copied() <= most);
        }
    }
}
