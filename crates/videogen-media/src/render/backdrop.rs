//! The ground that a line of text at the end stands on: a picture darkened and blurred.

use camino::Utf8Path;
use image::imageops::{self, FilterType};
use image::{Rgb32FImage, RgbImage};

use super::still::write_png;
use crate::compose::paint_window;
use crate::picture::prepared_picture_size;
use crate::yuv::Planes;
use crate::{Error, FrameSize, picture};

/// How far the blur reaches, as a fraction of the shorter side: shapes and colours are known again, details are gone.
const BLUR: f32 = 0.018;
/// Blurred at a fraction of its size, as what is gone needs no pixels.
const REDUCED: u32 = 4;
/// Mean brightness that is aimed at, of 1: white letters stand out from it, and it is no hole after the last scene.
const MEAN: f32 = 0.22;
/// The least and the most of the picture's light that is kept: dark ones are darkened, too, so that the cut is seen.
const KEPT: (f32, f32) = (0.25, 0.75);
/// Light that is added everywhere, slightly blue: the check of a finished video takes less for black.
const LIFT: [f32; 3] = [0.042, 0.045, 0.056];

/// Writes `picture` to `output` as PNG, darkened and blurred, at the size a shot of a video of `size` takes.
///
/// # Errors
/// The `Input…` errors of the picture, [`Error::Io`] when the file cannot be written.
pub fn write_backdrop(picture: &Utf8Path, size: FrameSize, output: &Utf8Path) -> Result<(), Error> {
    let prepared = picture::prepare(picture, size)?;
    let mut frame = vec![0; size.frame_bytes()];
    paint_window(size, &mut frame, &prepared.planes, prepared.area);
    drop(prepared);
    let (width, height) = (size.width(), size.height());
    let rgb = Planes::to_rgb(&frame, width as usize, height as usize);
    let rgb = RgbImage::from_raw(width, height, rgb).expect("three bytes a pixel");
    let backdrop = soften(&rgb, prepared_picture_size(size));
    write_png(&backdrop, output)
}

/// The picture darkened, blurred and brought to a size.
fn soften(picture: &RgbImage, (width, height): (u32, u32)) -> RgbImage {
    let floats = Rgb32FImage::from_fn(picture.width(), picture.height(), |x, y| {
        image::Rgb(picture.get_pixel(x, y).0.map(|c| f32::from(c) / 255.0))
    });
    let reduced = |side: u32| (side / REDUCED).max(2);
    let (across, down) = (reduced(picture.width()), reduced(picture.height()));
    let small = imageops::resize(&floats, across, down, FilterType::Triangle);
    drop(floats);
    let sigma = (BLUR * across.min(down) as f32).max(0.5);
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
            let soft = soften(&stripes, (154, 230));
            assert_eq!(soft.dimensions(), (154, 230));
            let mean = mean(&soft);
            // 7.5 is what 3 % of full luma is: `verify_video` takes that for black.
            assert!((9.0..90.0).contains(&mean), "{mean} of {level}");
            let row: Vec<u8> = (20..130).map(|x| soft.get_pixel(x, 100)[1]).collect();
            let (least, most) = (row.iter().min(), row.iter().max());
            assert!(most.expect("some") - least.expect("some") <= 2, "{row:?}");
        }
    }

    #[test]
    fn it_is_written_at_the_size_a_shot_takes() {
        let dir = camino_tempfile::tempdir().expect("a temporary directory");
        let (from, to) = (dir.path().join("a.png"), dir.path().join("b.png"));
        RgbImage::from_pixel(300, 100, image::Rgb([250, 40, 10]))
            .save(&from)
            .expect("written");
        let size = FrameSize::new(64, 96).expect("even");
        write_backdrop(&from, size, &to).expect("made");
        let made = image::open(&to).expect("a picture").into_rgb8();
        assert_eq!(made.dimensions(), prepared_picture_size(size));
        let pixel = made.get_pixel(30, 40);
        assert!(pixel[0] > pixel[1] && pixel[0] > pixel[2], "{pixel:?}");
        assert!(write_backdrop(&dir.path().join("none.png"), size, &to).is_err());
    }
}
