//! Coverage masks: letters grown to outlines, and rounded boxes.

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
    /// A dilation by a disc with a soft rim (grey-scale morphology, Serra 1982). Coverage tells where in a pixel its
    /// edge is, and what it grows to ends as far from there: the grown edge is as smooth as the original one. Whole rows
    /// are worked on at a time; the cost of a pixel is in proportion to the radius, not to its square.
    pub(crate) fn grown(&self, radius: f32) -> Self {
        let disc = Disc::new(radius.max(0.0));
        let (width, reach) = (self.width, disc.rows.len() - 1);
        let mut grown = self.clone();
        let mut brush = Brush::new(width, reach);
        for (y, row) in self.data.chunks_exact(width.max(1)).enumerate() {
            let Some(inked) = inked(row) else { continue };
            let touched = inked.start.saturating_sub(reach)..(inked.end + reach).min(width);
            brush.load(row);
            // From the top of the disc to its middle it only gets wider.
            for (dy, slice) in disc.rows.iter().enumerate().rev() {
                let stroke = brush.stroke(slice, touched.clone());
                for y in [y.checked_sub(dy), y.checked_add(dy)] {
                    if let Some(y) = y.filter(|&y| y < self.height) {
                        let out = &mut grown.data[y * width..(y + 1) * width][touched.clone()];
                        for (out, &value) in out.iter_mut().zip(stroke) {
                            *out = (*out).max(value);
                        }
                    }
                }
            }
        }
        grown
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
            let dy = (y as f32 + 0.5 - centre.1).abs() - half.1;
            for x in columns.clone() {
                // Signed distance from the rounded rectangle, negative inside.
                let dx = (x as f32 + 0.5 - centre.0).abs() - half.0;
                let outside = if dx > 0.0 && dy > 0.0 {
                    (dx * dx + dy * dy).sqrt()
                } else {
                    dx.max(dy)
                };
                let coverage = ((0.5 - outside + radius).clamp(0.0, 1.0) * 255.0 + 0.5) as u8;
                let pixel = &mut self.data[y * self.width + x];
                *pixel = (*pixel).max(coverage);
            }
        }
    }
}

/// The part of a row outside of which it is clear, give or take a few pixels; [`None`] when all of it is.
pub(crate) fn inked(row: &[u8]) -> Option<std::ops::Range<usize>> {
    // Looked at in pieces, which is several times as fast as one by one.
    const PIECE: usize = 32;
    let inked = |piece: &[u8]| piece.iter().fold(0, |any, value| any | value) != 0;
    let before = row.chunks(PIECE).position(inked)?;
    let after = row.rchunks(PIECE).position(inked)?;
    Some(before * PIECE..row.len() - after * PIECE)
}

/// A disc, cut into rows from its middle outwards; the lower half is like the upper one.
struct Disc {
    rows: Vec<Slice>,
}

/// A row of a disc.
struct Slice {
    /// Up to this distance from its middle every inked pixel, however little of it, makes the grown one full.
    full: Option<usize>,
    /// Distances from its middle where the rim is, and what it adds to the coverage of a pixel, in 1/255.
    rim: Vec<(usize, i16)>,
}

impl Disc {
    fn new(radius: f32) -> Self {
        let reach = (radius + 1.0).ceil() as usize;
        let slice = |dy: usize| {
            let mut slice = Slice {
                full: None,
                rim: Vec::new(),
            };
            for dx in 0..=reach {
                // The edge is as far beyond the middle of a pixel as its coverage is over a half, and the edge that it
                // grows to covers another pixel likewise: the halves cancel.
                let add = radius - ((dx * dx + dy * dy) as f32).sqrt();
                if add >= 1.0 {
                    slice.full = Some(dx);
                } else if add > -1.0 {
                    slice.rim.push((dx, (add * 255.0).round() as i16));
                }
            }
            slice
        };
        Self {
            rows: (0..=reach).map(slice).collect(),
        }
    }
}

/// One row of a mask while it is grown, with room for the disc at both ends.
struct Brush {
    reach: usize,
    row: Vec<u8>,
    /// 255 wherever the row is not clear.
    inked: Vec<u8>,
    /// `inked`, grown by `by` pixels to both sides.
    wide: Vec<u8>,
    by: usize,
    spare: Vec<u8>,
    stroke: Vec<u8>,
}

impl Brush {
    fn new(width: usize, reach: usize) -> Self {
        let row = vec![0; width + 2 * reach];
        Self {
            reach,
            inked: row.clone(),
            wide: row.clone(),
            by: 0,
            spare: row.clone(),
            stroke: row.clone(),
            row,
        }
    }

    fn load(&mut self, row: &[u8]) {
        let own = self.reach..self.reach + row.len();
        self.row[own.clone()].copy_from_slice(row);
        for (inked, &value) in self.inked[own].iter_mut().zip(row) {
            *inked = if value == 0 { 0 } else { 255 };
        }
        self.wide.copy_from_slice(&self.inked);
        self.by = 0;
    }

    /// What the loaded row adds to another one, `touched` of it. The slices come in order of width.
    fn stroke(&mut self, slice: &Slice, touched: std::ops::Range<usize>) -> &[u8] {
        let length = touched.len();
        let at = |offset: usize| touched.start + offset..touched.start + offset + length;
        let stroke = &mut self.stroke[..length];
        match slice.full {
            Some(full) => {
                while self.by < full {
                    let inner = self.wide.windows(3).map(|w| w[0].max(w[1]).max(w[2]));
                    for (out, value) in self.spare[1..].iter_mut().zip(inner) {
                        *out = value;
                    }
                    std::mem::swap(&mut self.wide, &mut self.spare);
                    self.by += 1;
                }
                stroke.copy_from_slice(&self.wide[at(self.reach)]);
            }
            None => stroke.fill(0),
        }
        for &(dx, add) in &slice.rim {
            for offset in [self.reach - dx, self.reach + dx] {
                let row = &self.row[at(offset)];
                if add < 0 {
                    let less = add.unsigned_abs() as u8;
                    for (out, &value) in stroke.iter_mut().zip(row) {
                        *out = (*out).max(value.saturating_sub(less));
                    }
                } else {
                    let more = add as u8;
                    let inked = &self.inked[at(offset)];
                    for ((out, &value), &inked) in stroke.iter_mut().zip(row).zip(inked) {
                        *out = (*out).max(value.saturating_add(more) & inked);
                    }
                }
            }
        }
        stroke
    }
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
                // A pixel is half a pixel large in each direction already.
                let expected = (11.0 - distance).clamp(0.0, 1.0) * 255.0;
                let found = f64::from(grown.data[(y * 41 + x) as usize]);
                assert!(
                    (expected - found).abs() <= 1.0,
                    "{x} {y}: {found}, expected {expected}"
                );
            }
        }
    }

    #[test]
    fn an_edge_moves_by_the_radius_wherever_in_a_pixel_it_is() {
        for (coverage, radius) in [(0, 5.0), (64, 5.0), (128, 4.53), (200, 1.3), (255, 0.4)] {
            let mut mask = Mask::new(40, 9);
            for row in mask.data.chunks_exact_mut(40) {
                row[..10].fill(255);
                row[10] = coverage;
            }
            let grown = mask.grown(radius);
            let covered: f32 = grown.data[4 * 40..5 * 40]
                .iter()
                .map(|&v| f32::from(v) / 255.0)
                .sum();
            let expected = 10.0 + f32::from(coverage) / 255.0 + radius;
            assert!(
                (covered - expected).abs() < 0.02,
                "{covered}, not {expected}"
            );
        }
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
