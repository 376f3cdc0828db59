//! 8-bit planar 4:2:0 frames in BT.709 limited range, and the one conversion from sRGB pixels to them.

use rayon::prelude::*;

/// One picture in planar YUV 4:2:0, BT.709, limited range, chroma sited left (as H.264 assumes by default).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Planes {
    pub(crate) width: usize,
    pub(crate) height: usize,
    pub(crate) y: Vec<u8>,
    pub(crate) cb: Vec<u8>,
    pub(crate) cr: Vec<u8>,
}

/// Rec. ITU-R BT.709-6, item 3.2: the weights of R', G' and B' in luma.
const KR: f32 = 0.2126;
const KB: f32 = 0.0722;
const KG: f32 = 1.0 - KR - KB;

/// Luma of an R'G'B' triple in `0..=255`, without the offset of limited range: `0..=219`.
pub(crate) fn luma(r: f32, g: f32, b: f32) -> f32 {
    (KR * r + KG * g + KB * b) * (219.0 / 255.0)
}

/// Blue and red colour difference of an R'G'B' triple in `0..=255`, around zero: `-112..=112`.
pub(crate) fn chroma(r: f32, g: f32, b: f32) -> (f32, f32) {
    let y = KR * r + KG * g + KB * b;
    let scale = 224.0 / 255.0;
    (
        (b - y) / (2.0 * (1.0 - KB)) * scale,
        (r - y) / (2.0 * (1.0 - KR)) * scale,
    )
}

impl Planes {
    /// Converts packed 8-bit R'G'B'. `rgb` holds `width * height * 3` bytes and both sides are even.
    pub(crate) fn from_rgb(width: usize, height: usize, rgb: &[u8]) -> Self {
        assert_eq!(
            rgb.len(),
            width * height * 3,
            "packed RGB of the stated size"
        );
        assert!(
            width.is_multiple_of(2) && height.is_multiple_of(2),
            "4:2:0 needs even sides"
        );
        let mut y = vec![0; width * height];
        y.par_chunks_mut(width)
            .zip(rgb.par_chunks(width * 3))
            .for_each(|(row, pixels)| {
                for (out, p) in row.iter_mut().zip(pixels.chunks_exact(3)) {
                    let value = 16.5 + luma(f32::from(p[0]), f32::from(p[1]), f32::from(p[2]));
                    *out = value as u8;
                }
            });
        let (half_width, half_height) = (width / 2, height / 2);
        let mut cb = vec![0; half_width * half_height];
        let mut cr = vec![0; half_width * half_height];
        cb.par_chunks_mut(half_width)
            .zip(cr.par_chunks_mut(half_width))
            .enumerate()
            .for_each(|(row, (cb, cr))| {
                let upper = &rgb[row * 2 * width * 3..][..width * 3];
                let lower = &rgb[(row * 2 + 1) * width * 3..][..width * 3];
                // Left-sited chroma lies on the even luma column: a 1-2-1 filter across, the mean of two rows down.
                let at =
                    |x: usize, c: usize| f32::from(upper[x * 3 + c]) + f32::from(lower[x * 3 + c]);
                for x in 0..half_width {
                    let centre = x * 2;
                    let left = centre.saturating_sub(1);
                    let right = (centre + 1).min(width - 1);
                    let mean = |c| (at(left, c) + 2.0 * at(centre, c) + at(right, c)) / 8.0;
                    let (blue, red) = chroma(mean(0), mean(1), mean(2));
                    cb[x] = (128.5 + blue) as u8;
                    cr[x] = (128.5 + red) as u8;
                }
            });
        Self {
            width,
            height,
            y,
            cb,
            cr,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flat(rgb: [u8; 3]) -> (u8, u8, u8) {
        let planes = Planes::from_rgb(4, 4, &rgb.repeat(16));
        (planes.y[5], planes.cb[1], planes.cr[1])
    }

    #[test]
    fn the_corners_of_the_cube_are_bt709_limited_range() {
        // Reference: 8-bit BT.709 colour bars (SMPTE RP 219 levels rounded to 8 bits).
        assert_eq!(flat([255, 255, 255]), (235, 128, 128));
        assert_eq!(flat([0, 0, 0]), (16, 128, 128));
        assert_eq!(flat([255, 0, 0]), (63, 102, 240));
        assert_eq!(flat([0, 255, 0]), (173, 42, 26));
        assert_eq!(flat([0, 0, 255]), (32, 240, 118));
    }
}
