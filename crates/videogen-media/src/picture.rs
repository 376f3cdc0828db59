//! Pictures: checked before anything is decoded, judged by what they show, then brought to the size a shot needs.

mod boxes;
mod colour;
mod decode;
mod flaw;
mod foreign;
mod ground;
mod metadata;
mod tiff;
mod whole;

use std::io::{self, BufWriter, Write};

use camino::Utf8Path;
use image::codecs::png::{CompressionType, FilterType as PngFilter, PngEncoder};
use image::imageops::{self, FilterType};
use image::metadata::Orientation;
use image::{ExtendedColorType, ImageDecoder, ImageEncoder, RgbImage};
use videogen_types::FrameSize;

use crate::Error;
use crate::error::TOO_SMALL;
use crate::interest::{Interest, interest};
use crate::motion::MAX_ZOOM;
use crate::resample::Window;
use crate::shrink::shrink;
use crate::yuv::Planes;
use decode::{broken, reader};

pub(crate) use colour::{ColourTag, Colours};
pub(crate) use decode::{
    Decoded, animation_tag, decode, decode_converted, in_srgb, jpeg_facts, read,
};
pub(crate) use flaw::inspect_shown;
pub use flaw::{PictureFlaw, PictureStats, inspect_picture};
pub(crate) use foreign::{ForeignFormat, ForeignReader};
pub(crate) use ground::Ground;
pub(crate) use metadata::{Alpha, PictureMetadata};
pub(crate) use whole::prepare_whole;

use ground::{on_black, on_ground};

/// The largest picture file that is read.
pub const MAX_PICTURE_BYTES: u64 = 64 << 20;
/// The longest side that is decoded.
pub const MAX_PICTURE_SIDE: u32 = 16_384;
/// The largest area that is decoded: 64 million pixels, 192 MiB of RGB.
pub const MAX_PICTURE_PIXELS: u64 = 64_000_000;
/// The shortest side that is worth showing.
pub const MIN_PICTURE_SIDE: u32 = 16;

/// What is known of a picture file without decoding its pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PictureInfo {
    /// Stored width in pixels (before EXIF orientation).
    pub width: u32,
    /// Stored height in pixels.
    pub height: u32,
}

/// Checks that `path` is a PNG, JPEG or WebP file of acceptable size. Reads the header only: a decompression bomb is
/// refused here, before memory is taken for it.
///
/// # Errors
/// One of the `Input…` errors, naming the file and what is wrong with it.
pub fn check_picture(path: &Utf8Path) -> Result<PictureInfo, Error> {
    let bytes = read(path)?;
    let reader = reader(path, &bytes)?;
    let (width, height) = reader
        .into_dimensions()
        .map_err(|source| broken(path, &source))?;
    let pixels = u64::from(width) * u64::from(height);
    if width > MAX_PICTURE_SIDE || height > MAX_PICTURE_SIDE || pixels > MAX_PICTURE_PIXELS {
        return Err(Error::PictureTooLarge {
            path: path.to_owned(),
            found: format!("{width}x{height} pixels"),
            most: MAX_PICTURE_PIXELS,
        });
    }
    if width < MIN_PICTURE_SIDE || height < MIN_PICTURE_SIDE {
        return Err(Error::InputBroken {
            path: path.to_owned(),
            reason: format!(
                "{width}x{height} pixels {TOO_SMALL}; {MIN_PICTURE_SIDE} a side is the least"
            ),
        });
    }
    Ok(PictureInfo { width, height })
}

/// Decodes `path` wholly: [`check_picture`], then every pixel. For use before work starts, so that a truncated file is
/// found then.
///
/// # Errors
/// As [`check_picture`], and [`Error::InputBroken`] when the pixels cannot be decoded.
pub fn check_picture_pixels(path: &Utf8Path) -> Result<PictureInfo, Error> {
    let info = check_picture(path)?;
    decode(path)?;
    Ok(info)
}

/// Width and height of a picture as it is shown: turned as its EXIF orientation says. Reads the header only.
///
/// # Errors
/// As [`check_picture`].
pub fn oriented_picture_size(path: &Utf8Path) -> Result<(u32, u32), Error> {
    check_picture(path)?;
    let bytes = read(path)?;
    let mut decoder = reader(path, &bytes)?
        .into_decoder()
        .map_err(|source| broken(path, &source))?;
    let (width, height) = decoder.dimensions();
    let orientation = decoder
        .orientation()
        .map_err(|source| broken(path, &source))?;
    let is_turned = matches!(
        orientation,
        Orientation::Rotate90
            | Orientation::Rotate270
            | Orientation::Rotate90FlipH
            | Orientation::Rotate270FlipH
    );
    Ok(if is_turned {
        (height, width)
    } else {
        (width, height)
    })
}

/// Cuts the picture of `path` to the aspect of a frame, as a picture of the user is cut: the largest part, around what stands
/// out in it. Where that is smaller than the frame it is made as large by Lanczos interpolation. In the file's place, as PNG;
/// transparency becomes black. The size of the part that was kept.
///
/// # Errors
/// As [`check_picture_pixels`]; [`Error::Io`] when it cannot be written.
pub fn crop_picture(path: &Utf8Path, frame: FrameSize) -> Result<(u32, u32), Error> {
    let whole = on_black(decode(path)?.image);
    let source = whole.dimensions();
    let (width, height) = (frame.width(), frame.height());
    let place = interest(source.0 as usize, source.1 as usize, &whole);
    let crop = Crop::covering(source, (width, height), place);
    let part = imageops::crop_imm(&whole, crop.left, crop.top, crop.width, crop.height).to_image();
    drop(whole);
    let part = if crop.width < width || crop.height < height {
        imageops::resize(&part, width, height, FilterType::Lanczos3)
    } else {
        part
    };
    let failed = |source| Error::Io {
        action: "writing",
        path: path.to_owned(),
        source,
    };
    let file = videogen_durable::replace_private(path).map_err(failed)?;
    let mut file = BufWriter::new(file);
    // The file lives for seconds: speed before size.
    PngEncoder::new_with_quality(&mut file, CompressionType::Fast, PngFilter::Sub)
        .write_image(&part, part.width(), part.height(), ExtendedColorType::Rgb8)
        .map_err(|error| failed(io::Error::other(error)))?;
    file.flush().map_err(failed)?;
    Ok((crop.width, crop.height))
}

/// The size of picture that suits a frame of `size` best: [`MAX_ZOOM`] times as large, both sides even. Larger ones are
/// made smaller, smaller ones are taken as they are.
pub fn prepared_picture_size(size: FrameSize) -> (u32, u32) {
    let side = |n: u32| ((f64::from(n) * MAX_ZOOM / 2.0).round() * 2.0) as u32;
    (side(size.width()), side(size.height()))
}

/// Source samples to a frame's pixel up to which a picture is taken as it is: the four taps a move resamples with reach
/// over 1.5 (measured, `docs/measurements.md`).
const LARGEST_STEP: f64 = 1.3;

/// A picture as a shot needs it.
#[derive(Debug)]
pub(crate) struct Prepared {
    pub(crate) planes: Planes,
    /// The part of it that has exactly the frame's aspect: what zoom 1 shows.
    pub(crate) area: Window,
    /// What stands out in that part.
    pub(crate) interest: Interest,
}

/// Loads `path`, crops it to the frame's aspect around what stands out in it, and makes it smaller if it is much larger
/// than the frame. What can be seen through stands on the ground that shows it.
pub(crate) fn prepare(path: &Utf8Path, size: FrameSize) -> Result<Prepared, Error> {
    Ok(prepare_decoded(decode(path)?, size))
}

/// As [`prepare`], for a picture that is decoded.
pub(crate) fn prepare_decoded(picture: Decoded, size: FrameSize) -> Prepared {
    let rgb = on_ground(picture.image);
    let place = interest(rgb.width() as usize, rgb.height() as usize, &rgb);
    prepare_around(rgb, place, size)
}

/// As [`prepare_decoded`], around the middle: for what changes, and must not be cropped elsewhere each time.
pub(crate) fn prepare_middle(picture: Decoded, size: FrameSize) -> Prepared {
    prepare_around(on_ground(picture.image), Interest { x: 0.5, y: 0.5 }, size)
}

fn prepare_around(rgb: RgbImage, place: Interest, size: FrameSize) -> Prepared {
    let source = rgb.dimensions();
    let crop = Crop::covering(source, (size.width(), size.height()), place);
    let rgb = if (crop.width, crop.height) == source {
        rgb
    } else {
        imageops::crop_imm(&rgb, crop.left, crop.top, crop.width, crop.height).to_image()
    };
    let mut planes = Planes::from_rgb(crop.width as usize, crop.height as usize, &rgb);
    drop(rgb);
    if f64::from(crop.width) > f64::from(size.width()) * LARGEST_STEP {
        let (width, height) = prepared_picture_size(size);
        planes = shrink(&planes, width as usize, height as usize);
    }
    Prepared {
        area: exact_area((planes.y.width(), planes.y.height()), size),
        planes,
        interest: crop.inside(place, source),
    }
}

/// The largest window with the frame's aspect, in the middle of a picture that has nearly that.
fn exact_area((width, height): (usize, usize), size: FrameSize) -> Window {
    let (width, height) = (width as f64, height as f64);
    let (across, down) = (f64::from(size.width()), f64::from(size.height()));
    let scale = (width / across).min(height / down);
    Window {
        left: (width - across * scale) / 2.0,
        top: (height - down * scale) / 2.0,
        width: across * scale,
        height: down * scale,
    }
}

/// The part of a picture that is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Crop {
    left: u32,
    top: u32,
    width: u32,
    height: u32,
}

impl Crop {
    /// The largest part of `source` with even sides that has the aspect of `frame`, to the pixel, and `place` as near to
    /// its middle as it can be.
    fn covering(source: (u32, u32), frame: (u32, u32), place: Interest) -> Self {
        let ratio = |source: u32, frame: u32| f64::from(source) / f64::from(frame);
        let scale = ratio(source.0, frame.0).min(ratio(source.1, frame.1));
        let side = |frame: u32, there: u32| {
            let even = ((f64::from(frame) * scale / 2.0).round() * 2.0) as u32;
            even.clamp(2, there & !1)
        };
        let (width, height) = (side(frame.0, source.0), side(frame.1, source.1));
        let start = |place: f64, kept: u32, there: u32| {
            let start = place * f64::from(there) - f64::from(kept) / 2.0;
            (start.round() as u32).min(there - kept)
        };
        Self {
            left: start(place.x, width, source.0),
            top: start(place.y, height, source.1),
            width,
            height,
        }
    }

    /// Where a place of the whole picture is in this part.
    fn inside(self, place: Interest, source: (u32, u32)) -> Interest {
        let at = |place: f64, there: u32, start: u32, kept: u32| {
            ((place * f64::from(there) - f64::from(start)) / f64::from(kept)).clamp(0.0, 1.0)
        };
        Interest {
            x: at(place.x, source.0, self.left, self.width),
            y: at(place.y, source.1, self.top, self.height),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use camino_tempfile::tempdir;
    use image::{DynamicImage, ImageFormat};

    use super::*;

    fn size() -> FrameSize {
        FrameSize::new(64, 96).expect("even")
    }

    fn write(bytes: &[u8]) -> (camino_tempfile::Utf8TempDir, camino::Utf8PathBuf) {
        let dir = tempdir().expect("a temporary directory");
        let path = dir.path().join("x.png");
        std::fs::write(&path, bytes).expect("written");
        (dir, path)
    }

    fn encode(image: &DynamicImage, format: ImageFormat) -> Vec<u8> {
        let mut bytes = Cursor::new(Vec::new());
        image.write_to(&mut bytes, format).expect("encoded");
        bytes.into_inner()
    }

    #[test]
    fn every_kind_of_picture_is_brought_to_the_frames_aspect() {
        let rgb = DynamicImage::new_rgb8(200, 100);
        let kinds = [
            encode(&rgb, ImageFormat::Png),
            encode(&rgb, ImageFormat::Jpeg),
            encode(&rgb, ImageFormat::WebP),
            encode(&DynamicImage::new_rgba8(30, 300), ImageFormat::Png),
            encode(&DynamicImage::new_luma16(50, 50), ImageFormat::Png),
            encode(&DynamicImage::new_rgba16(17, 16), ImageFormat::Png),
            encode(&DynamicImage::new_luma8(901, 333), ImageFormat::Png),
        ];
        for bytes in kinds {
            let (_dir, path) = write(&bytes);
            check_picture_pixels(&path).expect("accepted");
            let Prepared { planes, area, .. } = prepare(&path, size()).expect("prepared");
            assert!(
                (area.width / area.height - 64.0 / 96.0).abs() < 1e-9,
                "{area:?}"
            );
            let (width, height) = (planes.y.width() as f64, planes.y.height() as f64);
            assert!(area.left >= 0.0 && area.left + area.width <= width + 1e-9);
            assert!(area.top >= 0.0 && area.top + area.height <= height + 1e-9);
            // Little is cut off beyond what the aspect asks for, and nothing is left too large.
            assert!(
                width - area.width < 3.0 && height - area.height < 3.0,
                "{area:?}"
            );
            assert!(area.width <= 64.0 * LARGEST_STEP + 2.0, "{area:?}");
        }
    }

    #[test]
    fn a_picture_covers_a_frame_in_its_place() {
        let frame = |width, height| FrameSize::new(width, height).expect("even");
        let half = RgbImage::from_fn(40, 60, |x, _| image::Rgb([if x < 20 { 0 } else { 200 }; 3]));
        let (_dir, path) = write(&encode(&DynamicImage::ImageRgb8(half), ImageFormat::Jpeg));
        assert_eq!(oriented_picture_size(&path).expect("a size"), (40, 60));
        assert_eq!(
            crop_picture(&path, frame(100, 150)).expect("covered"),
            (40, 60)
        );
        let large = decode(&path).expect("a picture").image.into_rgb8();
        assert_eq!(large.dimensions(), (100, 150));
        assert!(large.get_pixel(20, 75)[0] < 20 && large.get_pixel(80, 75)[0] > 180);

        // SDXL's own 9:16 is a little wider than 9:16.
        let wide = DynamicImage::new_rgb8(768, 1344);
        let (_dir, path) = write(&encode(&wide, ImageFormat::Png));
        assert_eq!(
            crop_picture(&path, frame(720, 1280)).expect("covered"),
            (756, 1344)
        );
        assert_eq!(oriented_picture_size(&path).expect("a size"), (756, 1344));
        assert_eq!(
            crop_picture(&path, frame(1080, 1920)).expect("covered"),
            (756, 1344)
        );
        assert_eq!(oriented_picture_size(&path).expect("a size"), (1080, 1920));
    }

    #[test]
    fn the_middle_of_a_wide_picture_is_kept() {
        let mut wide = RgbImage::from_pixel(400, 100, image::Rgb([255, 0, 0]));
        for x in 170..230 {
            for y in 0..100 {
                wide.put_pixel(x, y, image::Rgb([255, 255, 255]));
            }
        }
        let (_dir, path) = write(&encode(&DynamicImage::ImageRgb8(wide), ImageFormat::Png));
        let planes = prepare(&path, size()).expect("prepared").planes;
        assert_eq!(planes.y.row(50)[planes.y.width() / 2], 235);
    }

    #[test]
    fn a_crop_keeps_what_stands_out() {
        let place = |x| Interest { x, y: 0.5 };
        let cut = |x| Crop::covering((400, 100), (90, 160), place(x)).left;
        assert_eq!((cut(0.0), cut(0.5), cut(1.0)), (0, 172, 344));
        let crop = Crop::covering((400, 100), (90, 160), place(0.1));
        assert_eq!(
            (crop.left, crop.top, crop.width, crop.height),
            (12, 0, 56, 100)
        );
        assert!((crop.inside(place(0.1), (400, 100)).x - 0.5).abs() < 0.01);
    }

    #[test]
    fn what_is_not_a_picture_is_refused_by_name() {
        let cases: [(&[u8], &str); 4] = [
            (b"", "is empty"),
            (
                b"<!DOCTYPE html><html><body>404</body></html>",
                "an HTML page",
            ),
            (
                b"#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd",
                "an HLS playlist",
            ),
            (b"\x89PNG\r\n\x1a\nrubbish", "cannot be decoded"),
        ];
        for (bytes, expected) in cases {
            let (_dir, path) = write(bytes);
            let message = check_picture_pixels(&path)
                .expect_err("refused")
                .to_string();
            assert!(message.contains(expected), "{message}");
        }
    }

    #[test]
    fn a_bomb_is_refused_by_its_header() {
        // 50,000 x 50,000 pixels of nothing: 7.5 GB decoded.
        let mut bytes = encode(&DynamicImage::new_luma8(16, 16), ImageFormat::Png);
        bytes[16..20].copy_from_slice(&50_000u32.to_be_bytes());
        bytes[20..24].copy_from_slice(&50_000u32.to_be_bytes());
        let (_dir, path) = write(&bytes);
        assert!(check_picture(&path).is_err());
    }

    #[test]
    fn a_truncated_picture_is_found_before_work_starts() {
        let noise = RgbImage::from_fn(64, 64, |x, y| {
            image::Rgb([(x * 31 % 256) as u8, (y * 17 % 256) as u8, 9])
        });
        let noise = DynamicImage::ImageRgb8(noise);
        for format in [ImageFormat::Png, ImageFormat::Jpeg, ImageFormat::WebP] {
            let whole = encode(&noise, format);
            for part in [0.5, 0.9] {
                let (_dir, path) = write(&whole[..(whole.len() as f64 * part) as usize]);
                assert!(check_picture_pixels(&path).is_err(), "{part} of {format:?}");
            }
        }
        let png = encode(&noise, ImageFormat::Png);
        let (_dir, path) = write(&png[..png.len() / 2]);
        assert!(check_picture(&path).is_ok(), "its header is whole");
    }
}
