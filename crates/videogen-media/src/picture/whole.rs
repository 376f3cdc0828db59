//! A picture shown whole: on a blurred and darkened copy of itself that fills the frame.

use image::imageops::{self, FilterType};
use image::{GenericImageView, RgbImage};

use super::{Crop, Decoded, Prepared, exact_area, on_ground, prepared_picture_size};
use crate::FrameSize;
use crate::interest::Interest;
use crate::shrink::shrink;
use crate::soften::soften;
use crate::yuv::{Plane, Planes};

/// How much larger the frame is than a picture that fits into it: the nearest move leaves the picture some room still.
const ROOM: f64 = 1.07;
/// How far the ground is blurred, as a fraction of its shorter side: letters in it cannot be read, however large.
const BLUR: f32 = 0.06;
/// The ground is made of a copy so many times smaller than the frame: what is blurred needs no pixels.
const REDUCED: u32 = 2;

/// Brings a picture into a frame without cutting it, with the ground around it that a move comes by. What can be seen
/// through stands on the light or dark that shows it, and so does the copy around it.
pub(crate) fn prepare_whole(picture: Decoded, size: FrameSize) -> Prepared {
    let rgb = on_ground(picture.image);
    let (width, height) = prepared_picture_size(size);
    let ground = soften(&small_cover(&rgb, size), BLUR, (width, height));
    let ground = Planes::from_rgb(width as usize, height as usize, &ground);
    let (across, down) = fitting(rgb.dimensions(), (width, height));
    let whole = scaled(rgb, (across, down));
    let middle = |outer: u32, inner: u32| ((outer - inner) / 4 * 2) as usize;
    let (left, top) = (middle(width, across), middle(height, down));
    let planes = Planes {
        y: pasted(&ground.y, &whole.y, (left, top)),
        cb: pasted(&ground.cb, &whole.cb, (left / 2, top / 2)),
        cr: pasted(&ground.cr, &whole.cr, (left / 2, top / 2)),
    };
    Prepared {
        area: exact_area((planes.y.width(), planes.y.height()), size),
        planes,
        interest: Interest { x: 0.5, y: 0.5 },
    }
}

/// A small copy of the middle of a picture, of the frame's aspect.
fn small_cover(rgb: &RgbImage, size: FrameSize) -> RgbImage {
    let frame = (size.width(), size.height());
    let middle = Interest { x: 0.5, y: 0.5 };
    let crop = Crop::covering(rgb.dimensions(), frame, middle);
    let part = rgb.view(crop.left, crop.top, crop.width, crop.height);
    imageops::thumbnail(
        &*part,
        (frame.0 / REDUCED).max(2),
        (frame.1 / REDUCED).max(2),
    )
}

/// The even size of a picture of size `source` in a frame, with room around it.
fn fitting(source: (u32, u32), frame: (u32, u32)) -> (u32, u32) {
    let ratio = |source: u32, frame: u32| f64::from(frame) / ROOM / f64::from(source);
    let scale = ratio(source.0, frame.0).min(ratio(source.1, frame.1));
    let side = |source: u32, frame: u32| {
        let even = ((f64::from(source) * scale / 2.0).floor() as u32 * 2).max(4);
        // A whole number of chroma samples is left on both sides.
        even - (frame - even) % 4
    };
    (side(source.0, frame.0), side(source.1, frame.1))
}

/// The whole picture at an even size.
fn scaled(rgb: RgbImage, (width, height): (u32, u32)) -> Planes {
    if width > rgb.width() || height > rgb.height() {
        let rgb = imageops::resize(&rgb, width, height, FilterType::CatmullRom);
        return Planes::from_rgb(width as usize, height as usize, &rgb);
    }
    let rgb = with_even_sides(rgb);
    let planes = Planes::from_rgb(rgb.width() as usize, rgb.height() as usize, &rgb);
    drop(rgb);
    shrink(&planes, width as usize, height as usize)
}

/// The picture with its last column and row twice where their number is odd.
fn with_even_sides(rgb: RgbImage) -> RgbImage {
    let (width, height) = rgb.dimensions();
    if width.is_multiple_of(2) && height.is_multiple_of(2) {
        return rgb;
    }
    RgbImage::from_fn(
        width.next_multiple_of(2),
        height.next_multiple_of(2),
        |x, y| *rgb.get_pixel(x.min(width - 1), y.min(height - 1)),
    )
}

/// A plane with another one in it.
fn pasted(ground: &Plane, top: &Plane, (left, above): (usize, usize)) -> Plane {
    let (width, height) = (ground.width(), ground.height());
    let mut samples = Vec::with_capacity(width * height);
    for y in 0..height {
        samples.extend_from_slice(ground.row(y));
        if (above..above + top.height()).contains(&y) {
            let row = samples.len() - width;
            samples[row + left..][..top.width()].copy_from_slice(top.row(y - above));
        }
    }
    Plane::of(width, height, &samples)
}

#[cfg(test)]
mod tests {
    use image::{DynamicImage, Rgb, Rgba, RgbaImage};
    use proptest::prelude::*;

    use super::*;
    use crate::motion::Motion;
    use crate::picture::Colours;

    fn prepared(picture: RgbImage, size: FrameSize) -> Prepared {
        let decoded = Decoded {
            image: DynamicImage::ImageRgb8(picture),
            colours: Colours::Stored,
        };
        prepare_whole(decoded, size)
    }

    #[test]
    fn a_wide_picture_in_a_tall_frame_keeps_its_edges_on_a_dark_ground() {
        let size = FrameSize::new(180, 320).expect("even");
        // White with a red column at each end.
        let slide = RgbImage::from_fn(320, 180, |x, _| {
            if (8..312).contains(&x) {
                Rgb([255; 3])
            } else {
                Rgb([255, 0, 0])
            }
        });
        let whole = prepared(slide, size);
        let row = whole.planes.y.row(whole.planes.y.height() / 2);
        let white = |v: &&u8| **v > 220;
        assert!(row.iter().filter(white).count() > 180, "{row:?}");
        let reds = whole.planes.cr.row(whole.planes.cr.height() / 2);
        let red: Vec<usize> = (0..reds.len()).filter(|x| reds[*x] > 180).collect();
        let (first, last) = (red[0], red[red.len() - 1]);
        assert!(first < 6 && last > reds.len() - 7, "{red:?}");
        let above = whole.planes.y.row(whole.planes.y.height() / 8);
        assert!(above.iter().all(|v| (20..130).contains(v)), "{above:?}");
    }

    #[test]
    fn a_dark_drawing_on_nothing_is_seen() {
        let size = FrameSize::new(180, 320).expect("even");
        let inside = |x: u32, y: u32| x.abs_diff(80) < 30 && y.abs_diff(45) < 20;
        let logo = RgbaImage::from_fn(160, 90, |x, y| {
            Rgba([0, 0, 0, if inside(x, y) { 255 } else { 0 }])
        });
        let decoded = Decoded {
            image: DynamicImage::ImageRgba8(logo),
            colours: Colours::Stored,
        };
        let planes = prepare_whole(decoded, size).planes;
        let row = planes.y.row(planes.y.height() / 2);
        let (edge, middle) = (row[row.len() / 8], row[row.len() / 2]);
        assert!(edge > 220 && middle < 30, "{edge} {middle}");
    }

    proptest! {
        #[test]
        fn no_move_cuts_anything(
            source in (16u32..3000, 16u32..3000), frame in (128u32..400, 128u32..400), index in 0usize..2, fraction in 0.0f64..=1.0,
        ) {
            let size = FrameSize::new(frame.0 * 2, frame.1 * 2).expect("even");
            let canvas = prepared_picture_size(size);
            let (across, down) = fitting(source, canvas);
            let middle = |outer: u32, inner: u32| f64::from((outer - inner) / 4 * 2);
            let (left, top) = (middle(canvas.0, across), middle(canvas.1, down));
            let area = exact_area((canvas.0 as usize, canvas.1 as usize), size);
            let window = Motion::of_whole(index).window(fraction, area);
            prop_assert!(window.left <= left && window.top <= top);
            prop_assert!(window.left + window.width >= left + f64::from(across));
            prop_assert!(window.top + window.height >= top + f64::from(down));
        }
    }
}
