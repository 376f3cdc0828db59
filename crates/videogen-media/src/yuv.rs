//! 8-bit planar 4:2:0 frames in BT.709 limited range, and the one conversion from sRGB pixels to them.

use rayon::prelude::*;

use crate::wide;

/// One plane of 8-bit samples. Every row is stored with copies of its border samples on both sides, so that a filter may
/// read beyond the ends of a row without looking where it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Plane {
    width: usize,
    height: usize,
    samples: Vec<u8>,
}

impl Plane {
    /// Copies of the first sample before each row: a kernel of four taps starts at most two samples early.
    pub(crate) const BEFORE: usize = 2;
    /// Copies of the last sample after each row: vector code reads sixteen samples at once.
    pub(crate) const AFTER: usize = 16;

    fn blank(width: usize, height: usize) -> Self {
        Self {
            width,
            height,
            samples: vec![0; (Self::BEFORE + width + Self::AFTER) * height],
        }
    }

    /// The samples of one padded row.
    fn inside(row: &mut [u8]) -> &mut [u8] {
        let end = row.len() - Self::AFTER;
        &mut row[Self::BEFORE..end]
    }

    /// Fills in the border copies of one padded row.
    fn pad(row: &mut [u8]) {
        let end = row.len() - Self::AFTER;
        let (first, last) = (row[Self::BEFORE], row[end - 1]);
        row[..Self::BEFORE].fill(first);
        row[end..].fill(last);
    }

    /// Samples in a row, border copies not counted.
    pub(crate) fn width(&self) -> usize {
        self.width
    }

    /// Rows.
    pub(crate) fn height(&self) -> usize {
        self.height
    }

    /// Samples from the start of one row to the start of the next.
    fn stride(&self) -> usize {
        Self::BEFORE + self.width + Self::AFTER
    }

    /// All samples, border copies included, and the number from one row to the next. The first sample of a row is at
    /// index [`Plane::BEFORE`] of it.
    pub(crate) fn padded(&self) -> (&[u8], usize) {
        (&self.samples, self.stride())
    }

    /// Row `y` with its border copies: its first sample is at index [`Plane::BEFORE`].
    pub(crate) fn padded_row(&self, y: usize) -> &[u8] {
        &self.samples[y * self.stride()..][..self.stride()]
    }

    /// Row `y`.
    pub(crate) fn row(&self, y: usize) -> &[u8] {
        &self.padded_row(y)[Self::BEFORE..][..self.width]
    }

    /// A plane of these samples.
    pub(crate) fn of(width: usize, height: usize, samples: &[u8]) -> Self {
        let mut plane = Self::blank(width, height);
        let stride = plane.stride();
        for (row, samples) in plane
            .samples
            .chunks_exact_mut(stride)
            .zip(samples.chunks_exact(width))
        {
            Self::inside(row).copy_from_slice(samples);
            Self::pad(row);
        }
        plane
    }
}

/// One picture in planar YUV 4:2:0, BT.709, limited range, chroma sited left (as H.264 assumes by default).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Planes {
    pub(crate) y: Plane,
    pub(crate) cb: Plane,
    pub(crate) cr: Plane,
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

/// Fractional bits of the whole-number weights below.
const BITS: u32 = 16;

const fn fixed(weight: f32) -> i32 {
    let scaled = weight * (1 << BITS) as f32;
    (if scaled < 0.0 {
        scaled - 0.5
    } else {
        scaled + 0.5
    }) as i32
}

/// Weights of R', G' and B' in limited-range luma.
const LUMA: [i32; 3] = {
    let scale = 219.0 / 255.0;
    [fixed(KR * scale), fixed(KG * scale), fixed(KB * scale)]
};
/// … in the blue difference. They sum to zero, so that grey has no colour.
const BLUE: [i32; 3] = {
    let scale = 224.0 / 255.0 / (2.0 * (1.0 - KB));
    let (red, green) = (fixed(-KR * scale), fixed(-KG * scale));
    [red, green, -red - green]
};
/// … and in the red one.
const RED: [i32; 3] = {
    let scale = 224.0 / 255.0 / (2.0 * (1.0 - KR));
    let (green, blue) = (fixed(-KG * scale), fixed(-KB * scale));
    [-green - blue, green, blue]
};

/// Of black in limited-range luma, and of grey in both differences, for each step of coverage.
const BLACK: i32 = fixed(16.0 / 255.0);
const GREY: i32 = fixed(128.0 / 255.0);

fn weighed(weights: [i32; 3], [r, g, b]: [i32; 3]) -> i32 {
    weights[0] * r + weights[1] * g + weights[2] * b
}

/// Limited-range luma times coverage of a pixel of R'G'B' times coverage and that coverage.
#[inline]
pub(crate) fn covered_luma(pixel: [u8; 4]) -> u8 {
    let [r, g, b, cover] = pixel.map(i32::from);
    let sum = weighed(LUMA, [r, g, b]) + BLACK * cover;
    ((sum + (1 << (BITS - 1))) >> BITS) as u8
}

/// As [`covered_luma`] both differences, of the sum of four pixels.
#[inline]
pub(crate) fn covered_chroma([r, g, b, cover]: [i32; 4]) -> (u8, u8) {
    let difference = |weights| {
        let sum = weighed(weights, [r, g, b]) + GREY * cover;
        ((sum + (1 << (BITS + 1))) >> (BITS + 2)).clamp(0, 255) as u8
    };
    (difference(BLUE), difference(RED))
}

fn luma_row(pixels: &[u8], out: &mut [u8]) {
    for (out, p) in out.iter_mut().zip(pixels.chunks_exact(3)) {
        let sum = weighed(LUMA, [p[0], p[1], p[2]].map(i32::from));
        *out = (16 + ((sum + (1 << (BITS - 1))) >> BITS)) as u8;
    }
}

/// Left-sited chroma lies on the even luma column: a 1-2-1 filter across, the mean of two rows down.
fn chroma_row(upper: &[u8], lower: &[u8], cb: &mut [u8], cr: &mut [u8]) {
    let column: Vec<u16> = upper
        .iter()
        .zip(lower)
        .map(|(a, b)| u16::from(*a) + u16::from(*b))
        .collect();
    let mut left = [column[0], column[1], column[2]];
    for ((cb, cr), pair) in cb.iter_mut().zip(cr).zip(column.chunks_exact(6)) {
        let right = [pair[3], pair[4], pair[5]];
        // Eighths.
        let mean: [i32; 3] = std::array::from_fn(|c| {
            i32::from(left[c]) + 2 * i32::from(pair[c]) + i32::from(right[c])
        });
        let difference = |weights| {
            let sum = weighed(weights, mean);
            (128 + ((sum + (1 << (BITS + 2))) >> (BITS + 3))) as u8
        };
        (*cb, *cr) = (difference(BLUE), difference(RED));
        left = right;
    }
}

/// What one step of limited-range luma is in R'G'B', and one of each difference in red, green and blue.
const STEP: i32 = fixed(255.0 / 219.0);
const RED_OF_CR: i32 = fixed(COLOURS[0][1]);
const BLUE_OF_CB: i32 = fixed(COLOURS[2][0]);
const GREEN_OF_CR: i32 = fixed(COLOURS[1][1]);
const GREEN_OF_CB: i32 = fixed(COLOURS[1][0]);

/// One row of R'G'B' of its luma and of the differences of every second pixel.
fn rgb_row(luma: &[u8], cb: &[u8], cr: &[u8], out: &mut [u8]) {
    for (((out, luma), cb), cr) in out
        .chunks_exact_mut(6)
        .zip(luma.chunks_exact(2))
        .zip(cb)
        .zip(cr)
    {
        let (cb, cr) = (i32::from(*cb) - 128, i32::from(*cr) - 128);
        let colour = [
            RED_OF_CR * cr,
            GREEN_OF_CR * cr + GREEN_OF_CB * cb,
            BLUE_OF_CB * cb,
        ];
        for (out, luma) in out.chunks_exact_mut(3).zip(luma) {
            let luma = (i32::from(*luma) - 16) * STEP + (1 << (BITS - 1));
            for (out, colour) in out.iter_mut().zip(colour) {
                *out = ((luma + colour) >> BITS).clamp(0, 255) as u8;
            }
        }
    }
}

/// Pixels from which waking other threads costs less than what they take over: a millisecond of work.
const WORTH_SHARING: usize = 1 << 18;

/// Weights of the colours in the luma of JPEG: JFIF 1.02 takes them, and full range, from Rec. ITU-R BT.601.
const JFIF: [f32; 3] = [0.299, 0.587, 0.114];
/// What one step of each of our differences is in the luma, and in each difference, of JPEG.
const JFIF_LUMA: [i32; 2] = [jfif_luma(0), jfif_luma(1)];
const JFIF_BLUE: [i32; 2] = [jfif_difference(2, 0), jfif_difference(2, 1)];
const JFIF_RED: [i32; 2] = [jfif_difference(0, 0), jfif_difference(0, 1)];
/// What one step of the blue and of the red difference is in red, green and blue.
const COLOURS: [[f32; 2]; 3] = [
    [0.0, 2.0 * (1.0 - KR) * 255.0 / 224.0],
    [
        -2.0 * (1.0 - KB) * KB / KG * 255.0 / 224.0,
        -2.0 * (1.0 - KR) * KR / KG * 255.0 / 224.0,
    ],
    [2.0 * (1.0 - KB) * 255.0 / 224.0, 0.0],
];

/// … of our difference `of` in the luma of JPEG, unrounded.
const fn in_jfif_luma(of: usize) -> f32 {
    JFIF[0] * COLOURS[0][of] + JFIF[1] * COLOURS[1][of] + JFIF[2] * COLOURS[2][of]
}

const fn jfif_luma(of: usize) -> i32 {
    fixed(in_jfif_luma(of))
}

/// … in JPEG's difference of `colour`.
const fn jfif_difference(colour: usize, of: usize) -> i32 {
    fixed((COLOURS[colour][of] - in_jfif_luma(of)) / (2.0 * (1.0 - JFIF[colour])))
}

/// Pairs of pixels that are made at once.
const PAIRS: usize = 16;

/// One row of an I420 frame as the full-range luma and differences of a JPEG, one of each for every pixel. Nothing is lost
/// on a way over R'G'B', and a reader clips what lies outside of it.
pub(crate) fn jfif_row(luma: &[u8], cb: &[u8], cr: &[u8], out: [&mut [u8]; 3]) {
    let [out_luma, out_blue, out_red] = out;
    let mut ours = luma
        .chunks(2 * PAIRS)
        .zip(cb.chunks(PAIRS).zip(cr.chunks(PAIRS)));
    let mut theirs = out_luma
        .chunks_mut(2 * PAIRS)
        .zip(out_blue.chunks_mut(2 * PAIRS))
        .zip(out_red.chunks_mut(2 * PAIRS));
    wide::run(|| {
        for ((luma, (cb, cr)), ((out_luma, out_blue), out_red)) in
            ours.by_ref().zip(theirs.by_ref())
        {
            let (mut y, mut blue, mut red) = ([0; 2 * PAIRS], [128; PAIRS], [128; PAIRS]);
            y[..luma.len()].copy_from_slice(luma);
            blue[..cb.len()].copy_from_slice(cb);
            red[..cr.len()].copy_from_slice(cr);
            let [y, blue, red] = jfif_block(&y, &blue, &red);
            out_luma.copy_from_slice(&y[..out_luma.len()]);
            out_blue.copy_from_slice(&blue[..out_blue.len()]);
            out_red.copy_from_slice(&red[..out_red.len()]);
        }
    });
}

/// [`jfif_row`] for some pairs.
#[inline(always)]
fn jfif_block(luma: &[u8; 2 * PAIRS], cb: &[u8; PAIRS], cr: &[u8; PAIRS]) -> [[u8; 2 * PAIRS]; 3] {
    const HALF: i32 = 1 << (BITS - 1);
    let byte = |value: i32| (value >> BITS).clamp(0, 255) as u8;
    let difference = |sample: u8| i32::from(sample) - 128;
    let sum = |[of_cb, of_cr]: [i32; 2], i: usize| {
        of_cb * difference(cb[i]) + of_cr * difference(cr[i]) + HALF
    };
    let colour: [i32; PAIRS] = std::array::from_fn(|i| sum(JFIF_LUMA, i));
    let blue: [u8; PAIRS] = std::array::from_fn(|i| byte(sum(JFIF_BLUE, i) + (128 << BITS)));
    let red: [u8; PAIRS] = std::array::from_fn(|i| byte(sum(JFIF_RED, i) + (128 << BITS)));
    [
        std::array::from_fn(|i| byte((i32::from(luma[i]) - 16) * STEP + colour[i / 2])),
        std::array::from_fn(|i| blue[i / 2]),
        std::array::from_fn(|i| red[i / 2]),
    ]
}

impl Planes {
    /// Packed 8-bit R'G'B' of an I420 frame of `width * height`, both even.
    pub(crate) fn to_rgb(frame: &[u8], width: usize, height: usize) -> Vec<u8> {
        let (y, chroma) = frame.split_at(width * height);
        let (cb, cr) = chroma.split_at(width * height / 4);
        let mut rgb = vec![0; width * height * 3];
        for (row, (out, y)) in rgb
            .chunks_exact_mut(width * 3)
            .zip(y.chunks_exact(width))
            .enumerate()
        {
            let half = row / 2 * (width / 2)..(row / 2 + 1) * (width / 2);
            rgb_row(y, &cb[half.clone()], &cr[half], out);
        }
        rgb
    }

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
        let mut y = Plane::blank(width, height);
        let mut cb = Plane::blank(width / 2, height / 2);
        let mut cr = Plane::blank(width / 2, height / 2);
        let (stride, half_stride) = (y.stride(), cb.stride());
        let pair = |y: &mut [u8], cb: &mut [u8], cr: &mut [u8], pixels: &[u8]| {
            let (upper, lower) = pixels.split_at(width * 3);
            let (above, below) = y.split_at_mut(stride);
            luma_row(upper, Plane::inside(above));
            luma_row(lower, Plane::inside(below));
            chroma_row(upper, lower, Plane::inside(cb), Plane::inside(cr));
            for row in [above, below, cb, cr] {
                Plane::pad(row);
            }
        };
        if width * height < WORTH_SHARING {
            let (cb, cr) = (&mut cb.samples, &mut cr.samples);
            y.samples
                .chunks_mut(stride * 2)
                .zip(cb.chunks_mut(half_stride))
                .zip(cr.chunks_mut(half_stride))
                .zip(rgb.chunks(width * 6))
                .for_each(|(((y, cb), cr), pixels)| pair(y, cb, cr, pixels));
        } else {
            y.samples
                .par_chunks_mut(stride * 2)
                .zip(cb.samples.par_chunks_mut(half_stride))
                .zip(cr.samples.par_chunks_mut(half_stride))
                .zip(rgb.par_chunks(width * 6))
                .for_each(|(((y, cb), cr), pixels)| pair(y, cb, cr, pixels));
        }
        Self { y, cb, cr }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flat(rgb: [u8; 3]) -> (u8, u8, u8) {
        let planes = Planes::from_rgb(4, 4, &rgb.repeat(16));
        (planes.y.row(1)[1], planes.cb.row(0)[1], planes.cr.row(0)[1])
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

    #[test]
    fn there_and_back_again() {
        for rgb in [[200, 30, 90], [0, 0, 0], [255, 255, 255], [12, 180, 240]] {
            let (y, cb, cr) = flat(rgb);
            let frame = [vec![y; 16], vec![cb; 4], vec![cr; 4]].concat();
            for (found, exact) in Planes::to_rgb(&frame, 4, 4).iter().zip(rgb.repeat(16)) {
                assert!(found.abs_diff(exact) <= 2, "{rgb:?}: {found} for {exact}");
            }
        }
    }

    /// Three samples, of all sizes as `i` grows.
    fn sample(i: u32) -> [u8; 3] {
        [37, 101, 13].map(|factor| (i * factor % 256) as u8)
    }

    #[test]
    fn a_reader_of_a_jpeg_sees_the_colours_of_the_frame() {
        for i in 0..4096u32 {
            let rgb = sample(i);
            let (y, cb, cr) = flat(rgb);
            let mut out = [[0; 4]; 3];
            let [luma, blue, red] = &mut out;
            jfif_row(&[y; 4], &[cb; 2], &[cr; 2], [luma, blue, red]);
            let [luma, blue, red] = out.map(|samples| f32::from(samples[3]));
            let (blue, red) = (blue - 128.0, red - 128.0);
            // JFIF 1.02, “Conversion to and from RGB”.
            let seen = [
                luma + 1.402 * red,
                luma - 0.34414 * blue - 0.71414 * red,
                luma + 1.772 * blue,
            ];
            for (seen, exact) in seen.iter().zip(rgb) {
                let off = (seen - f32::from(exact)).abs();
                assert!(off < 3.0, "{rgb:?}: {seen} for {exact}");
            }
        }
    }

    #[test]
    fn whole_numbers_come_back_as_the_formulas_say() {
        for i in 0..4096u32 {
            let [y, cb, cr] = sample(i);
            let frame = [vec![y; 16], vec![cb; 4], vec![cr; 4]].concat();
            let difference = |sample: u8| (f32::from(sample) - 128.0) * (255.0 / 224.0);
            let luma = (f32::from(y) - 16.0) * (255.0 / 219.0);
            let red = luma + 2.0 * (1.0 - KR) * difference(cr);
            let blue = luma + 2.0 * (1.0 - KB) * difference(cb);
            let green = (luma - KR * red - KB * blue) / KG;
            let found = Planes::to_rgb(&frame, 4, 4);
            for (found, exact) in found.iter().zip([red, green, blue].repeat(16)) {
                let exact = exact.clamp(0.0, 255.0);
                assert!(
                    (f32::from(*found) - exact).abs() < 0.51,
                    "{y} {cb} {cr}: {found} for {exact}"
                );
            }
        }
    }

    #[test]
    fn coverage_takes_its_part_of_every_plane() {
        for i in 0..4096u32 {
            let alpha = (i * 53 % 256) as u8;
            let [r, g, b] = sample(i).map(|v| (u32::from(v) * u32::from(alpha) / 255) as u8);
            let [red, green, blue, cover] = [r, g, b, alpha].map(f32::from);
            let exact_luma = luma(red, green, blue) + 16.0 * cover / 255.0;
            let found = covered_luma([r, g, b, alpha]);
            assert!((f32::from(found) - exact_luma).abs() < 0.51, "{i}: {found}");
            let (to_blue, to_red) = chroma(red, green, blue);
            let grey = 128.0 * cover / 255.0;
            let found = covered_chroma([r, g, b, alpha].map(|v| i32::from(v) * 4));
            for (found, exact) in [(found.0, grey + to_blue), (found.1, grey + to_red)] {
                assert!((f32::from(found) - exact).abs() < 0.51, "{i}: {found}");
            }
        }
        assert_eq!(covered_luma([255, 255, 255, 255]), 235);
        // What is brighter than its coverage allows is cut off, and does not turn over.
        assert_eq!(covered_chroma([0, 0, 1020, 0]), (112, 0));
    }

    #[test]
    fn whole_numbers_give_what_the_formulas_give() {
        for i in 0..4096u32 {
            let rgb = sample(i);
            let [r, g, b] = rgb.map(f32::from);
            let (blue, red) = chroma(r, g, b);
            let exact = (16.0 + luma(r, g, b), 128.0 + blue, 128.0 + red);
            let found = flat(rgb);
            for (found, exact) in [(found.0, exact.0), (found.1, exact.1), (found.2, exact.2)] {
                assert!(
                    (f32::from(found) - exact).abs() < 0.502,
                    "{rgb:?}: {found} for {exact}"
                );
            }
        }
    }
}
