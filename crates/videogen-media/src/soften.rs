//! A picture made dark and soft, for what stands in front of it.

use image::imageops::{self, FilterType};
use image::{Rgb32FImage, RgbImage};

/// Blurred at a fraction of its size, as what is gone needs no pixels.
const REDUCED: u32 = 4;
/// Mean brightness that is aimed at, of 1: white letters stand out from it, and it is no hole after the last scene.
const MEAN: f32 = 0.22;
/// The least and the most of the picture's light that is kept: dark ones are darkened, too, so that the cut is seen.
const KEPT: (f32, f32) = (0.25, 0.75);
/// Light that is added everywhere, slightly blue: the check of a finished video takes less for black.
const LIFT: [f32; 3] = [0.042, 0.045, 0.056];

/// The picture darkened, blurred as far as `blur` of its shorter side, and brought to a size.
pub(crate) fn soften(picture: &RgbImage, blur: f32, (width, height): (u32, u32)) -> RgbImage {
    let floats = Rgb32FImage::from_fn(picture.width(), picture.height(), |x, y| {
        image::Rgb(picture.get_pixel(x, y).0.map(|c| f32::from(c) / 255.0))
    });
    let reduced = |side: u32| (side / REDUCED).max(2);
    let (across, down) = (reduced(picture.width()), reduced(picture.height()));
    let small = imageops::resize(&floats, across, down, FilterType::Triangle);
    drop(floats);
    let sigma = (blur * across.min(down) as f32).max(0.5);
    let small = imageops::blur(&small, sigma);
    let sum: f32 = small.pixels().map(|p| (p[0] + p[1] + p[2]) / 3.0).sum();
    let mean = sum / (across * down) as f32;
    let kept = (MEAN / mean.max(1e-3)).clamp(KEPT.0, KEPT.1);
    let large = imageops::resize(&small, width, height, FilterType::CatmullRom);
    RgbImage::from_fn(width, height, |x, y| {
        let pixel = large.get_pixel(x, y).0;
        let noise = dither(x, y);
        image::Rgb(std::array::from_fn(|c| {
            let value = LIFT[c] + pixel[c] * kept * (1.0 - LIFT[c]);
            (value * 255.0 + noise).round().clamp(0.0, 255.0) as u8
        }))
    })
}

/// Noise of one step of brightness, -0.5..0.5, the same each time: without it slow gradients become bands.
fn dither(x: u32, y: u32) -> f32 {
    // Multipliers of Murmur3's finaliser, which spread neighbours over the whole range.
    let mut hash = x.wrapping_mul(0x85eb_ca6b) ^ y.wrapping_mul(0xc2b2_ae35);
    hash ^= hash >> 15;
    hash = hash.wrapping_mul(0x85eb_ca6b);
    hash ^= hash >> 13;
    (hash & 0xffff) as f32 / 65_536.0 - 0.5
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mean(picture: &RgbImage) -> f64 {
        let sum: u64 = picture.iter().map(|&v| u64::from(v)).sum();
        sum as f64 / picture.len() as f64
    }

    #[test]
    fn it_is_dark_soft_and_never_black() {
        for level in [0u8, 20, 90, 200, 255] {
            // Stripes of one pixel: nothing of them may be left.
            let stripes = RgbImage::from_fn(128, 192, |x, _| {
                image::Rgb([if x % 2 == 0 { level } else { level / 2 }; 3])
            });
            let soft = soften(&stripes, 0.018, (154, 230));
            assert_eq!(soft.dimensions(), (154, 230));
            let mean = mean(&soft);
            // 7.5 is what 3 % of full luma is: `verify_video` takes that for black.
            assert!((9.0..90.0).contains(&mean), "{mean} of {level}");
            let row: Vec<u8> = (20..130).map(|x| soft.get_pixel(x, 100)[1]).collect();
            let (least, most) = (row.iter().min(), row.iter().max());
            assert!(most.expect("some") - least.expect("some") <= 2, "{row:?}");
        }
    }
}
