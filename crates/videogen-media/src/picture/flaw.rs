//! Whether a picture shows anything: black, of one colour, or noise, as painters whose arithmetic overflowed make them.

use std::fmt;

use camino::Utf8Path;
use image::RgbImage;

use super::ground::{Ground, chosen, on_black};
use super::{Decoded, decode};
use crate::Error;

/// Cells along the shorter side that a picture is reduced to: grain averages out, and a star still counts.
const CELLS: usize = 128;
/// A cell darker than this is dark, of 255: what the check of a finished video takes for black (3 % of full luma).
const DARK: f32 = 7.65;
/// A picture is black when this part of it is dark, as in the check of a finished video, and nothing stands out. What is
/// left of numbers that overflowed half precision is 0 everywhere.
const BLACK_AREA: f64 = 0.98;
/// A pixel stands out from a picture when a channel of it differs from the middle by more than this, of 255.
const OUTSTANDING: f32 = 40.0;
/// Something is to be seen where this part of the pixels stands out: a night sky has 300 stars of one pixel in 720x1280,
/// three times as many.
const LEAST_SEEN: f64 = 1e-4;
/// The part of the cells that may be brighter than what counts as the brightest, and darker than the darkest.
const OUTLIERS: f64 = 0.002;
/// A picture is of one colour when its channels span no more than this between their extremes, and nothing stands out. A
/// grey that a decoder makes of nothing, or a sheet as JPEG, spans some 3.
const FLAT_SPAN: u8 = 8;
/// From this span on a picture that moves is seen to move, by the check of a finished video, too.
const LIVELY_SPAN: u8 = 40;
/// A picture of which this part is dark may make a scene that the check of a finished video takes for black: it is
/// cropped, and a move shows a part of it.
const DARK_AREA: f64 = 0.75;
/// Neighbours that agree less than this (correlation, 1 is the same) are noise.
const NOISE_CORRELATION: f64 = 0.2;
/// Half of the strength that random bytes have (a deviation of 74 of 255): grain has less.
const NOISE_STRENGTH: f64 = 37.0;
/// The part of its variance that lies in large shapes, at most. Of random bytes it is a 256th; a picture has shapes.
const NOISE_SHAPES: f64 = 0.02;
/// Noise is looked for in the pixels and in blocks of 2, 4 and 8, of which latents are made.
const NOISE_SCALES: [usize; 4] = [1, 2, 4, 8];
/// Sides of the least picture of which it can be said, in blocks.
const NOISE_LEAST: usize = 64;
/// Sides of the large shapes, in blocks.
const SHAPE: usize = 16;

/// What is wrong with a picture that decodes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum PictureFlaw {
    /// It is black all over.
    Black,
    /// It has one colour, this one in red, green and blue.
    Flat([u8; 3]),
    /// It is noise without a shape in it.
    Noise,
}

impl fmt::Display for PictureFlaw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Black => write!(f, "it is black"),
            Self::Flat([r, g, b]) => {
                write!(f, "it is of one colour, #{r:02x}{g:02x}{b:02x}, all over")
            }
            Self::Noise => write!(f, "it is noise, with nothing to be seen in it"),
        }
    }
}

/// What a picture shows, in a few figures.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct PictureStats {
    /// Width in pixels, as it is shown.
    pub width: u32,
    /// Height in pixels, as it is shown.
    pub height: u32,
    /// The part of it that is as dark as black, `0.0..=1.0`.
    pub dark: f64,
    /// How far its colours span, of 255: the widest channel without its extremes.
    pub span: u8,
    /// How sharp it is: the variance of the Laplacian of its green channel, as autofocus measures it (Pech-Pacheco et al.,
    /// 2000). A picture and the same one enlarged can be compared by it, pictures of different things hardly.
    pub sharpness: f64,
    /// What is wrong with it, if anything.
    pub flaw: Option<PictureFlaw>,
}

impl PictureStats {
    /// Whether a scene of it may be dark enough to be taken for a black one.
    pub fn is_dark(&self) -> bool {
        self.dark >= DARK_AREA
    }

    /// Whether a camera move over it can be seen.
    pub fn is_lively(&self) -> bool {
        self.span >= LIVELY_SPAN
    }

    /// Measures packed 8-bit RGB of `width * height` pixels, one at least.
    fn of(width: usize, height: usize, rgb: &[u8]) -> Self {
        let side = (width.min(height) / CELLS).max(1);
        let cells = reduced(width, height, side, rgb);
        let luma = |p: &[f32; 3]| 0.2126 * p[0] + 0.7152 * p[1] + 0.0722 * p[2];
        let lumas: Vec<f32> = cells.iter().map(luma).collect();
        let dark = lumas.iter().filter(|luma| **luma < DARK).count() as f64 / cells.len() as f64;
        let outliers = (cells.len() as f64 * OUTLIERS) as usize;
        let extremes = |values: &mut Vec<f32>| {
            values.sort_unstable_by(f32::total_cmp);
            let last = values.len() - 1;
            (
                values[outliers.min(last)],
                values[last - outliers.min(last)],
            )
        };
        drop(lumas);
        let channels: [(f32, f32); 3] = std::array::from_fn(|channel| {
            let mut values: Vec<f32> = cells.iter().map(|cell| cell[channel]).collect();
            extremes(&mut values)
        });
        let span = channels.iter().map(|(least, most)| most - least);
        let span = span.fold(0.0, f32::max).round() as u8;
        let middle = channels.map(|(least, most)| f32::midpoint(least, most));
        let (is_black, is_flat) = (dark >= BLACK_AREA, span <= FLAT_SPAN);
        let flaw = if (is_black || is_flat) && outstanding(middle, rgb) < LEAST_SEEN {
            Some(if is_black {
                PictureFlaw::Black
            } else {
                PictureFlaw::Flat(middle.map(|value| value.round() as u8))
            })
        } else if is_noise(width, height, rgb) {
            Some(PictureFlaw::Noise)
        } else {
            None
        };
        Self {
            width: width as u32,
            height: height as u32,
            dark,
            span,
            sharpness: sharpness(width, height, rgb),
            flaw,
        }
    }
}

/// Decodes `path` wholly, as [`super::check_picture_pixels`] does, and measures what it shows. Transparency counts as
/// black.
///
/// # Errors
/// As [`super::check_picture_pixels`].
pub fn inspect_picture(path: &Utf8Path) -> Result<PictureStats, Error> {
    super::check_picture(path)?;
    Ok(inspect(&on_black(decode(path)?.image)))
}

/// Measures a picture as it is shown, on the ground that shows it, and says which that is.
pub(crate) fn inspect_shown(picture: Decoded) -> (PictureStats, Ground) {
    let (rgb, ground) = chosen(picture.image);
    (inspect(&rgb), ground)
}

fn inspect(rgb: &RgbImage) -> PictureStats {
    PictureStats::of(rgb.width() as usize, rgb.height() as usize, rgb)
}

/// The variance of the Laplacian of the green channel; 0 where a picture has no inner pixel.
fn sharpness(width: usize, height: usize, rgb: &[u8]) -> f64 {
    if width < 3 || height < 3 {
        return 0.0;
    }
    let stride = width * 3;
    let (mut sum, mut squares) = (0i64, 0i64);
    for y in 1..height - 1 {
        let above = &rgb[(y - 1) * stride..y * stride];
        let row = &rgb[y * stride..(y + 1) * stride];
        let below = &rgb[(y + 1) * stride..(y + 2) * stride];
        for at in (4..stride - 3).step_by(3) {
            let green = |row: &[u8], at: usize| i64::from(row[at]);
            let around =
                green(above, at) + green(below, at) + green(row, at - 3) + green(row, at + 3);
            let laplacian = around - 4 * green(row, at);
            sum += laplacian;
            squares += laplacian * laplacian;
        }
    }
    let count = ((width - 2) * (height - 2)) as f64;
    let mean = sum as f64 / count;
    squares as f64 / count - mean * mean
}

/// The part of the pixels that stand out from a picture of this colour.
fn outstanding(middle: [f32; 3], rgb: &[u8]) -> f64 {
    let stands_out = |pixel: &&[u8]| {
        let mut channels = pixel.iter().zip(middle);
        channels.any(|(value, middle)| (f32::from(*value) - middle).abs() > OUTSTANDING)
    };
    let pixels = rgb.chunks_exact(3);
    let all = pixels.len();
    pixels.filter(stands_out).count() as f64 / all as f64
}

/// Means of blocks of `side` pixels; what is left over at the edges is left out.
fn reduced(width: usize, height: usize, side: usize, rgb: &[u8]) -> Vec<[f32; 3]> {
    let columns = width / side;
    let mut sums = vec![[0u32; 3]; columns];
    let mut cells = Vec::with_capacity(columns * (height / side));
    let area = (side * side) as f32;
    for band in rgb.chunks_exact(width * 3 * side) {
        sums.fill([0; 3]);
        for row in band.chunks_exact(width * 3) {
            for (sum, block) in sums.iter_mut().zip(row.chunks_exact(side * 3)) {
                for pixel in block.chunks_exact(3) {
                    for (sum, value) in sum.iter_mut().zip(pixel) {
                        *sum += u32::from(*value);
                    }
                }
            }
        }
        cells.extend(sums.iter().map(|sum| sum.map(|sum| sum as f32 / area)));
    }
    cells
}

/// Whether it is white noise, of pixels or of blocks of them.
fn is_noise(width: usize, height: usize, rgb: &[u8]) -> bool {
    NOISE_SCALES.into_iter().any(|scale| {
        let (columns, rows) = (width / scale, height / scale);
        if columns.min(rows) < NOISE_LEAST {
            return false;
        }
        // A window of the middle says it, whatever the size; green is the most of what is seen.
        let across = columns.min(8 * NOISE_LEAST);
        let down = rows.min(8 * NOISE_LEAST);
        let (left, top) = ((columns - across) / 2, (rows - down) / 2);
        let block = |x: usize, y: usize| {
            let mut sum = 0u32;
            for row in y * scale..(y + 1) * scale {
                for column in x * scale..(x + 1) * scale {
                    sum += u32::from(rgb[(row * width + column) * 3 + 1]);
                }
            }
            f64::from(sum) / (scale * scale) as f64
        };
        let mut green = Vec::with_capacity(across * down);
        for y in top..top + down {
            green.extend((left..left + across).map(|x| block(x, y)));
        }
        looks_random(across, &green)
    })
}

/// Whether values in rows of `across` are strong, unlike their neighbours, and the same on the whole everywhere.
fn looks_random(across: usize, values: &[f64]) -> bool {
    let count = values.len() as f64;
    let mean = values.iter().sum::<f64>() / count;
    let variance = values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / count;
    if variance < NOISE_STRENGTH.powi(2) {
        return false;
    }
    let agreement = |pairs: &mut dyn Iterator<Item = (f64, f64)>| {
        let (mut sum, mut count) = (0.0, 0.0);
        for (a, b) in pairs {
            sum += (a - mean) * (b - mean);
            count += 1.0;
        }
        sum / count / variance
    };
    let rows = || values.chunks_exact(across);
    let mut beside = rows().flat_map(|row| row.windows(2).map(|pair| (pair[0], pair[1])));
    if agreement(&mut beside).abs() > NOISE_CORRELATION {
        return false;
    }
    let mut below = values.iter().zip(&values[across..]).map(|(a, b)| (*a, *b));
    if agreement(&mut below).abs() > NOISE_CORRELATION {
        return false;
    }
    let shapes: Vec<f64> = values
        .chunks_exact(across * SHAPE)
        .flat_map(|band| {
            (0..across / SHAPE).map(move |shape| {
                let rows = band.chunks_exact(across);
                let sum: f64 = rows
                    .flat_map(|row| &row[shape * SHAPE..(shape + 1) * SHAPE])
                    .sum();
                sum / (SHAPE * SHAPE) as f64
            })
        })
        .collect();
    let spread = shapes.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / shapes.len() as f64;
    spread < NOISE_SHAPES * variance
}

#[cfg(test)]
mod tests {
    use image::Rgb;
    use proptest::prelude::*;

    use super::*;

    fn flaw(picture: &RgbImage) -> Option<PictureFlaw> {
        let (width, height) = picture.dimensions();
        PictureStats::of(width as usize, height as usize, picture).flaw
    }

    /// A random byte of a place.
    fn random(x: u32, y: u32, channel: u32) -> u8 {
        let mut hash = x.wrapping_mul(0x85eb_ca6b) ^ y.wrapping_mul(0xc2b2_ae35) ^ (channel << 20);
        for _ in 0..3 {
            hash ^= hash >> 15;
            hash = hash.wrapping_mul(0x85eb_ca6b);
            hash ^= hash >> 13;
        }
        (hash >> 11) as u8
    }

    fn noise(side: u32, strength: f32) -> RgbImage {
        RgbImage::from_fn(300, 400, |x, y| {
            Rgb(std::array::from_fn(|c| {
                let value = f32::from(random(x / side, y / side, c as u32)) - 127.5;
                (127.5 + strength * value) as u8
            }))
        })
    }

    #[test]
    fn what_overflowed_arithmetic_makes_is_found() {
        assert_eq!(flaw(&RgbImage::new(512, 768)), Some(PictureFlaw::Black));
        let nearly = RgbImage::from_fn(512, 768, |x, y| Rgb([random(x, y, 0) / 32; 3]));
        assert_eq!(flaw(&nearly), Some(PictureFlaw::Black));
        let grey = RgbImage::from_fn(512, 768, |x, y| Rgb([127 + random(x, y, 0) % 3; 3]));
        assert_eq!(flaw(&grey), Some(PictureFlaw::Flat([128, 128, 128])));
        let white = RgbImage::from_pixel(64, 64, Rgb([255; 3]));
        assert_eq!(flaw(&white), Some(PictureFlaw::Flat([255; 3])));
        let green = RgbImage::from_pixel(512, 768, Rgb([0, 135, 0]));
        assert_eq!(flaw(&green), Some(PictureFlaw::Flat([0, 135, 0])));
        for side in [1, 2, 4] {
            assert_eq!(flaw(&noise(side, 1.0)), Some(PictureFlaw::Noise), "{side}");
        }
        let saturated = RgbImage::from_fn(600, 600, |x, y| {
            Rgb(std::array::from_fn(|c| {
                if random(x, y, c as u32) > 127 { 255 } else { 0 }
            }))
        });
        assert_eq!(flaw(&saturated), Some(PictureFlaw::Noise));
    }

    #[test]
    fn a_picture_is_less_sharp_when_it_was_enlarged() {
        use image::imageops::{FilterType, resize};
        let of = |picture: &RgbImage| {
            let (width, height) = picture.dimensions();
            PictureStats::of(width as usize, height as usize, picture).sharpness
        };
        let whole = noise(3, 0.5);
        let (width, height) = whole.dimensions();
        let small = resize(&whole, width / 3, height / 3, FilterType::Lanczos3);
        let stretched = resize(&small, width, height, FilterType::Lanczos3);
        assert!(
            of(&stretched) < 0.5 * of(&whole),
            "{} {}",
            of(&stretched),
            of(&whole)
        );
        assert!(of(&RgbImage::from_pixel(64, 64, Rgb([9; 3]))).abs() < 1e-9);
        assert!(of(&RgbImage::new(2, 9)).abs() < 1e-9);
    }

    #[test]
    fn dark_plain_and_grainy_pictures_are_pictures() {
        // Stars of one pixel on black.
        let mut stars = RgbImage::new(512, 768);
        for star in 0..100 {
            let (x, y) = (random(star, 1, 0), random(star, 2, 0));
            stars.put_pixel(u32::from(x) * 2, u32::from(y) * 3, Rgb([255; 3]));
        }
        assert_eq!(flaw(&stars), None);
        let look = PictureStats::of(512, 768, &stars);
        assert!(look.is_dark(), "{look:?}");
        // A lit window in the night.
        let window = RgbImage::from_fn(512, 768, |x, y| {
            let lit = (250..280).contains(&x) && (300..340).contains(&y);
            Rgb(if lit { [200, 160, 60] } else { [4, 4, 9] })
        });
        assert_eq!(flaw(&window), None);
        // A pale sky, a sheet with a fine line.
        let sky = RgbImage::from_fn(512, 768, |_, y| Rgb([210 + (y / 40) as u8, 220, 230]));
        assert_eq!(flaw(&sky), None);
        let sheet = RgbImage::from_fn(512, 768, |x, _| Rgb([if x == 100 { 90 } else { 250 }; 3]));
        assert_eq!(flaw(&sheet), None);
        // Grain over shapes, a halftone, a chess board of pixels.
        let grain = RgbImage::from_fn(512, 768, |x, y| {
            Rgb([(random(x, y, 0) / 3).saturating_add((x / 4) as u8); 3])
        });
        assert_eq!(flaw(&grain), None);
        assert_eq!(flaw(&noise(1, 0.3)), None, "film grain");
        let board = RgbImage::from_fn(512, 768, |x, y| Rgb([((x + y) % 2 * 255) as u8; 3]));
        assert_eq!(flaw(&board), None);
        // Large blocks of random colours, as abstract art has them.
        assert_eq!(flaw(&noise(16, 1.0)), None);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]
        #[test]
        fn every_size_is_measured(width in 1usize..90, height in 1usize..90, seed in any::<u32>()) {
            let rgb: Vec<u8> = (0..width * height * 3).map(|i| random(i as u32, seed, 0)).collect();
            let look = PictureStats::of(width, height, &rgb);
            prop_assert!((0.0..=1.0).contains(&look.dark));
        }
    }
}
