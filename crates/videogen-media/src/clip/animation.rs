//! Animated WebP and PNG: their frames are decoded here, as FFmpeg has no decoder for the one, and each is shown for exactly
//! the time that the file says.

use std::io::{BufReader, Cursor, Read, Seek};

use camino::Utf8Path;
use image::codecs::png::PngDecoder;
use image::codecs::webp::WebPDecoder;
use image::{
    AnimationDecoder, DynamicImage, Frames, ImageDecoder, ImageResult, Limits, RgbImage, RgbaImage,
};
use videogen_types::FitChoice;

use super::ground::SampledFrames;
use super::{CLIP_CHECKED_SECONDS, ClipInfo, DARK_AREA};
use crate::compose::paint_window;
use crate::error::TOO_SMALL;
use crate::picture::{
    ColourTag, Colours, Decoded, Ground, MAX_PICTURE_SIDE, MIN_PICTURE_SIDE, animation_tag,
    in_srgb, prepare_middle, prepare_whole, read,
};
use crate::{Error, FrameRate, FrameSize};

/// The most pixels of a frame: two of them, and what is made of them, are in memory.
const MOST_PIXELS: u64 = 16_000_000;
/// Memory of a decoder, in bytes.
const DECODER_BYTES: u64 = 256 << 20;
/// A frame of less, in milliseconds, is shown for [`USUAL`] of them, as browsers do: what is meant is "as fast as it goes".
const LEAST: f64 = 11.0;
const USUAL: f64 = 100.0;
/// A frame is black when this part of its pixels is darker than [`BLACK`], of 255, as in the check of a finished video.
const BLACK_AREA: f64 = 0.98;
const BLACK: u32 = 8;
/// A pixel is dark below this luma, of 255: that of [`super::DARK_LUMA`].
const DARK: u32 = 19;
/// Chunks of a PNG before its data that are looked at; more is not a picture.
const MOST_CHUNKS: usize = 4096;

/// What an animation is kept as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum AnimationFormat {
    Png,
    WebP,
}

impl AnimationFormat {
    /// The format of a file that begins with `head`, where it is one with several frames; `rest` is what follows.
    pub(super) fn of(head: &[u8], file: &mut (impl Read + Seek)) -> Option<Self> {
        if head.starts_with(b"RIFF") && head.get(8..16) == Some(b"WEBPVP8X") {
            // WebP container specification, "Extended File Format": the bit A.
            return (head.get(20)? & 2 != 0).then_some(Self::WebP);
        }
        let is_png = head.starts_with(b"\x89PNG\r\n\x1a\n");
        (is_png && is_animated_png(file)).then_some(Self::Png)
    }

    fn name(self) -> &'static str {
        match self {
            Self::Png => "apng",
            Self::WebP => "webp",
        }
    }
}

/// Whether a PNG says before its data that it has more than one frame (acTL; PNG specification, third edition, 11.3.6.1).
fn is_animated_png(file: &mut (impl Read + Seek)) -> bool {
    if file.seek(std::io::SeekFrom::Start(8)).is_err() {
        return false;
    }
    let mut file = BufReader::new(file);
    for _ in 0..MOST_CHUNKS {
        let mut begin = [0; 12];
        if file.read_exact(&mut begin[..8]).is_err() {
            return false;
        }
        let [l3, l2, l1, l0, kind @ .., _, _, _, _] = begin;
        let mut rest = i64::from(u32::from_be_bytes([l3, l2, l1, l0])) + 4;
        match &kind {
            b"IDAT" | b"IEND" => return false,
            b"acTL" => {
                if file.read_exact(&mut begin[8..]).is_err() {
                    return false;
                }
                rest -= 4;
                if begin[8..] > [0, 0, 0, 1][..] {
                    return true;
                }
            }
            _ => {}
        }
        if file.seek_relative(rest).is_err() {
            return false;
        }
    }
    false
}

/// An animation that was found good.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Animation {
    format: AnimationFormat,
    tag: ColourTag,
    ground: Ground,
}

impl Animation {
    /// Decodes its first seconds. Blocks.
    ///
    /// # Errors
    /// The `Input…` and `Picture…` errors.
    pub(super) fn open(
        path: &Utf8Path,
        format: AnimationFormat,
    ) -> Result<(Self, ClipInfo), Error> {
        let bytes = read(path)?;
        let tag = animation_tag(&bytes);
        let mut info = ClipInfo {
            codec: format.name().to_owned(),
            width: 0,
            height: 0,
            seconds: 0.0,
            sound: false,
            black: 0.0,
            dark: 0.0,
            remark: None,
        };
        // The ground is known at the end only.
        let (mut sampled, mut dark) = (SampledFrames::default(), [Darkness::default(); 2]);
        for frame in frames(path, format, bytes)? {
            let (picture, seconds) = frame?;
            (info.width, info.height) = picture.dimensions();
            let picture = rgba(picture, &tag);
            sampled.look(&picture, info.seconds);
            for (dark, ground) in dark.iter_mut().zip([Ground::Dark, Ground::Light]) {
                dark.look(&ground.under(&picture), seconds);
            }
            info.seconds += seconds;
            if info.seconds >= CLIP_CHECKED_SECONDS {
                break;
            }
        }
        if info.width == 0 {
            return Err(broken(path, "there is no frame in it"));
        }
        let ground = sampled.ground();
        let [on_dark, on_light] = dark;
        let dark = match ground {
            Ground::Dark => on_dark,
            Ground::Light => on_light,
        };
        info.seconds = info.seconds.min(CLIP_CHECKED_SECONDS);
        info.black = dark.black.min(info.seconds);
        info.dark = dark.dark.min(info.seconds);
        let animation = Self {
            format,
            tag,
            ground,
        };
        Ok((animation, info))
    }

    /// What lies under what can be seen through.
    pub(super) fn ground(&self) -> Ground {
        self.ground
    }

    /// Hands the frames of a video of this size and rate over, from the first of the animation to its last: `take` gets the
    /// number of each and, where it is wanted, the frame; it says whether it goes on.
    ///
    /// # Errors
    /// The `Input…` errors: it cannot be decoded any more.
    pub(super) fn play(
        &self,
        path: &Utf8Path,
        (size, rate, fit): (FrameSize, FrameRate, FitChoice),
        mut take: impl FnMut(Vec<u8>, u64) -> bool,
    ) -> Result<(), Error> {
        let (mut until, mut shown) = (0.0, 0);
        for frame in frames(path, self.format, read(path)?)? {
            let (picture, seconds) = frame?;
            until += seconds;
            // Those whose middle lies in its time; one at least of the whole.
            let end = ((until * rate.per_second() - 0.5).ceil() as u64).max(u64::from(shown == 0));
            if end <= shown {
                continue;
            }
            // The same ground under all of it.
            let on_ground = Decoded {
                image: self.ground.under(&rgba(picture, &self.tag)).into(),
                colours: Colours::Stored,
            };
            if !take(at_size(on_ground, size, fit), end - shown) {
                return Ok(());
            }
            shown = end;
        }
        Ok(())
    }
}

/// A frame as a video has it: planar 8-bit 4:2:0.
fn at_size(picture: Decoded, size: FrameSize, fit: FitChoice) -> Vec<u8> {
    let prepared = match fit {
        FitChoice::Cover => prepare_middle(picture, size),
        FitChoice::Contain => prepare_whole(picture, size),
    };
    let mut frame = vec![0; size.frame_bytes()];
    paint_window(size, &mut frame, &prepared.planes, prepared.area);
    frame
}

fn broken(path: &Utf8Path, reason: impl Into<String>) -> Error {
    Error::InputBroken {
        path: path.to_owned(),
        reason: reason.into(),
    }
}

/// The frames of an animation, each with its time in seconds.
fn frames(
    path: &Utf8Path,
    format: AnimationFormat,
    bytes: Vec<u8>,
) -> Result<impl Iterator<Item = Result<(RgbaImage, f64), Error>>, Error> {
    let undecodable = |error: image::ImageError| {
        broken(path, format!("the animation cannot be decoded: {error}"))
    };
    let frames = match format {
        AnimationFormat::WebP => {
            let mut decoder = WebPDecoder::new(Cursor::new(bytes)).map_err(undecodable)?;
            check(path, decoder.dimensions())?;
            // Without one it clears nothing where a frame asks for it; what the file names is for viewers that have no
            // ground of their own (WebP container specification, "ANIM").
            let nothing = image::Rgba([0; 4]);
            decoder.set_background_color(nothing).map_err(undecodable)?;
            decoder.into_frames()
        }
        AnimationFormat::Png => png_frames(path, bytes)?.map_err(undecodable)?,
    };
    let path = path.to_owned();
    Ok(frames.map(move |frame| {
        let frame = frame
            .map_err(|error| broken(&path, format!("the animation cannot be decoded: {error}")))?;
        let (numerator, denominator) = frame.delay().numer_denom_ms();
        let milliseconds = f64::from(numerator) / f64::from(denominator.max(1));
        let milliseconds = if milliseconds < LEAST {
            USUAL
        } else {
            milliseconds
        };
        Ok((frame.into_buffer(), milliseconds / 1000.0))
    }))
}

fn png_frames(path: &Utf8Path, bytes: Vec<u8>) -> Result<ImageResult<Frames<'static>>, Error> {
    let mut limits = Limits::default();
    limits.max_alloc = Some(DECODER_BYTES);
    let decoder = match PngDecoder::with_limits(Cursor::new(bytes), limits) {
        Ok(decoder) => decoder,
        Err(error) => return Ok(Err(error)),
    };
    check(path, decoder.dimensions())?;
    Ok(decoder.apng().map(AnimationDecoder::into_frames))
}

/// Refuses sizes that are not decoded.
fn check(path: &Utf8Path, (width, height): (u32, u32)) -> Result<(), Error> {
    let pixels = u64::from(width) * u64::from(height);
    if width.max(height) > MAX_PICTURE_SIDE || pixels > MOST_PIXELS {
        return Err(Error::PictureTooLarge {
            path: path.to_owned(),
            found: format!("frames of {width}x{height} pixels"),
            most: MOST_PIXELS,
        });
    }
    if width.min(height) < MIN_PICTURE_SIDE {
        return Err(broken(path, format!("{width}x{height} pixels {TOO_SMALL}")));
    }
    Ok(())
}

/// A frame in sRGB.
fn rgba(picture: RgbaImage, tag: &ColourTag) -> RgbaImage {
    in_srgb(DynamicImage::ImageRgba8(picture), tag)
        .image
        .into_rgba8()
}

/// How long an animation is black, in seconds, and how long its middle is dark.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
struct Darkness {
    black: f64,
    dark: f64,
}

impl Darkness {
    /// Takes a frame that is shown for so many seconds.
    fn look(&mut self, picture: &RgbImage, seconds: f64) {
        let (width, height) = picture.dimensions();
        let is_black = part_below(BLACK, picture, (0, 0)) >= BLACK_AREA;
        // What is shown of it at least, whichever way a video is cropped to it.
        let edge = |side: u32, other: u32| (side - side.min((other * 9 / 16).max(1))) / 2;
        let edges = (edge(width, height), edge(height, width));
        let is_dark = is_black || part_below(DARK, picture, edges) >= f64::from(DARK_AREA) / 100.0;
        self.black += if is_black { seconds } else { 0.0 };
        self.dark += if is_dark { seconds } else { 0.0 };
    }
}

/// The part of the pixels that are darker than `luma`, but for those at the edges.
fn part_below(luma: u32, picture: &RgbImage, (across, down): (u32, u32)) -> f64 {
    let (width, height) = picture.dimensions();
    // Rec. ITU-R BT.709, in whole numbers.
    let of = |p: &image::Rgb<u8>| {
        (54 * u32::from(p[0]) + 183 * u32::from(p[1]) + 19 * u32::from(p[2])) >> 8
    };
    let rows = picture.rows().skip(down as usize);
    let rows = rows.take((height - 2 * down) as usize);
    let inner = rows.flat_map(|row| {
        row.skip(across as usize)
            .take((width - 2 * across) as usize)
    });
    let dark = inner.filter(|pixel| of(pixel) < luma).count();
    dark as f64 / (f64::from(width - 2 * across) * f64::from(height - 2 * down))
}

#[cfg(test)]
mod tests {
    use camino::Utf8PathBuf;
    use camino_tempfile::{Utf8TempDir, tempdir};
    use image::Rgb;

    use super::*;

    const SIDE: u32 = 64;

    /// An animated PNG of two frames of 0.1 s: a square of this value on nothing.
    fn drawing(value: u8) -> (Utf8TempDir, Utf8PathBuf) {
        let inside = |at: u32| (20..44).contains(&at);
        let picture = RgbaImage::from_fn(SIDE, SIDE, |x, y| {
            let is_seen = inside(x) && inside(y);
            image::Rgba([value, value, value, if is_seen { 255 } else { 0 }])
        });
        let dir = tempdir().expect("a temporary directory");
        let path = dir.path().join("drawing.png");
        let file = std::fs::File::create(&path).expect("created");
        let mut encoder = png::Encoder::new(file, SIDE, SIDE);
        encoder.set_color(png::ColorType::Rgba);
        encoder.set_animated(2, 0).expect("animated");
        encoder.set_frame_delay(1, 10).expect("animated");
        let mut writer = encoder.write_header().expect("written");
        for _ in 0..2 {
            writer.write_image_data(&picture).expect("written");
        }
        writer.finish().expect("written");
        (dir, path)
    }

    #[test]
    fn a_drawing_on_nothing_stands_on_the_ground_that_shows_it() {
        let size = FrameSize::new(SIDE, SIDE).expect("even");
        let rate = FrameRate::new(10, 1).expect("in range");
        for (value, ground, around) in [(0, Ground::Light, 200..=235), (255, Ground::Dark, 16..=40)]
        {
            let (_dir, path) = drawing(value);
            let (animation, info) =
                Animation::open(&path, AnimationFormat::Png).expect("an animation");
            assert_eq!(animation.ground(), ground);
            assert!(info.dark <= 0.0, "{info:?}");
            for fit in [FitChoice::Cover, FitChoice::Contain] {
                let mut frames = Vec::new();
                let take = |frame: Vec<u8>, _| {
                    frames.push((frame[8 * 64 + 8], frame[32 * 64 + 32]));
                    true
                };
                animation
                    .play(&path, (size, rate, fit), take)
                    .expect("played");
                assert_eq!(frames.len(), 2);
                for (corner, middle) in frames {
                    assert!(around.contains(&corner), "{fit:?} {value}: {corner}");
                    assert!(corner.abs_diff(middle) > 180, "{corner} {middle}");
                }
            }
        }
    }

    /// Two frames: a white square on nothing, at the left and then at the right.
    fn moving() -> [RgbaImage; 2] {
        [0, SIDE / 2].map(|from| {
            RgbaImage::from_fn(SIDE, SIDE, |x, _| {
                let is_seen = (from..from + SIDE / 2).contains(&x);
                image::Rgba(if is_seen { [255; 4] } else { [0; 4] })
            })
        })
    }

    /// An animated WebP of them, of 0.1 s each. `flags` are those of a frame: 1 clears what it leaves, 2 blends nothing.
    fn animated_webp(flags: u8) -> Vec<u8> {
        let chunk = |name: &[u8; 4], inside: &[u8]| {
            [&name[..], &(inside.len() as u32).to_le_bytes(), inside].concat()
        };
        let [low, high, ..] = (SIDE - 1).to_le_bytes();
        let sides = [low, high, 0, low, high, 0];
        let mut chunks = chunk(b"VP8X", &[&[0x12, 0, 0, 0][..], &sides].concat());
        // What it names as its background is no part of it.
        chunks.extend(chunk(b"ANIM", &[9, 9, 200, 255, 0, 0]));
        for picture in moving() {
            let mut file = Vec::new();
            let encoder = image::codecs::webp::WebPEncoder::new_lossless(&mut file);
            let rgba = image::ExtendedColorType::Rgba8;
            encoder.encode(&picture, SIDE, SIDE, rgba).expect("encoded");
            let frame = [&[0; 6][..], &sides, &[100, 0, 0, flags], &file[12..]].concat();
            chunks.extend(chunk(b"ANMF", &frame));
        }
        chunk(b"RIFF", &[&b"WEBP"[..], &chunks].concat())
    }

    /// The same as PNG.
    fn animated_png(dispose: png::DisposeOp) -> Vec<u8> {
        let mut file = Vec::new();
        let mut encoder = png::Encoder::new(&mut file, SIDE, SIDE);
        encoder.set_color(png::ColorType::Rgba);
        encoder.set_animated(2, 0).expect("animated");
        encoder.set_frame_delay(1, 10).expect("animated");
        encoder.set_dispose_op(dispose).expect("animated");
        encoder.set_blend_op(png::BlendOp::Over).expect("animated");
        let mut writer = encoder.write_header().expect("written");
        for picture in moving() {
            writer.write_image_data(&picture).expect("written");
        }
        writer.finish().expect("written");
        file
    }

    #[test]
    fn a_frame_that_is_to_be_cleared_leaves_no_trail() {
        let (webp, png) = (AnimationFormat::WebP, AnimationFormat::Png);
        for (format, bytes, left) in [
            (webp, animated_webp(1), 0),
            (webp, animated_webp(0), 255),
            (webp, animated_webp(2), 0),
            (png, animated_png(png::DisposeOp::Background), 0),
            (png, animated_png(png::DisposeOp::Previous), 0),
            (png, animated_png(png::DisposeOp::None), 255),
        ] {
            let frames = frames(Utf8Path::new("a"), format, bytes).expect("an animation");
            let frames: Vec<_> = frames.map(|frame| frame.expect("a frame")).collect();
            let alpha = |frame: usize| [4, SIDE - 4].map(|x| frames[frame].0.get_pixel(x, 9)[3]);
            assert_eq!(alpha(0), [255, 0], "{format:?}");
            assert_eq!(alpha(1), [left, 255], "{format:?}");
        }
    }

    #[test]
    fn what_is_shown_of_a_frame_is_its_middle() {
        let of = |dark: &dyn Fn(u32, u32) -> bool| {
            let picture =
                RgbImage::from_fn(320, 180, |x, y| Rgb([if dark(x, y) { 12 } else { 200 }; 3]));
            let mut darkness = Darkness::default();
            darkness.look(&picture, 0.5);
            (darkness.black > 0.0, darkness.dark > 0.0)
        };
        assert_eq!(of(&|_, _| false), (false, false));
        // A little above black.
        assert_eq!(of(&|_, _| true), (false, true));
        assert_eq!(of(&|x, _| (100..220).contains(&x)), (false, true));
        assert_eq!(of(&|x, _| x < 60), (false, false));
        let mut darkness = Darkness::default();
        darkness.look(&RgbImage::new(16, 9000), 0.5);
        assert_eq!((darkness.black, darkness.dark), (0.5, 0.5));
    }
}
