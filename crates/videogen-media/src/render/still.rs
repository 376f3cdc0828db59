//! A clip's frame as a picture, for what stands still: a thumbnail, the ground of an end card.

use std::io::BufWriter;
use std::time::Duration;

use camino::Utf8Path;
use image::codecs::png::{CompressionType, FilterType as Prediction, PngEncoder};
use image::{ExtendedColorType, ImageEncoder, RgbImage};
use tokio_util::sync::CancellationToken;

use crate::clip::{Clip, Stream};
use crate::compose::paint_window;
use crate::own_picture::OwnPicture;
use crate::picture::Prepared;
use crate::yuv::Planes;
use crate::{Error, FrameRate, FrameSize};

/// How long decoding may take up to the frame.
const DEADLINE: Duration = Duration::from_mins(5);

/// Writes what is seen of `clip`, `seconds` into its shot, to `output` as PNG of the video's size. Blocks, as
/// [`write_frames`](super::write_frames) does.
///
/// # Errors
/// The `Input…` errors of the clip, [`Error::Ffmpeg`], [`Error::Cancelled`]; [`Error::Io`] when the file cannot be
/// written.
pub fn write_still(
    clip: &Clip,
    (size, rate): (FrameSize, FrameRate),
    seconds: f64,
    output: &Utf8Path,
    cancel: &CancellationToken,
) -> Result<(), Error> {
    let first = rate.frames_in(seconds);
    let frame = Stream::start(clip, (size, rate), first, DEADLINE, cancel)?.next()?;
    let rgb = Planes::to_rgb(&frame, size.width() as usize, size.height() as usize);
    let picture = RgbImage::from_raw(size.width(), size.height(), rgb);
    write_png(&picture.expect("three bytes a pixel"), output)
}

/// Writes what is seen of `picture` where the camera does not move, as [`write_still`] does.
///
/// # Errors
/// As [`OwnPicture::open`], and [`Error::Io`] when the file cannot be written.
pub(crate) fn write_own_still(
    picture: &OwnPicture,
    size: FrameSize,
    output: &Utf8Path,
) -> Result<(), Error> {
    write_png(&seen(&picture.prepare(size)?, size), output)
}

/// A picture as it is seen where the camera does not move.
pub(super) fn seen(prepared: &Prepared, size: FrameSize) -> RgbImage {
    let mut frame = vec![0; size.frame_bytes()];
    paint_window(size, &mut frame, &prepared.planes, prepared.area);
    let rgb = Planes::to_rgb(&frame, size.width() as usize, size.height() as usize);
    RgbImage::from_raw(size.width(), size.height(), rgb).expect("three bytes a pixel")
}

/// Writes a picture that lives for seconds: speed before size.
pub(super) fn write_png(picture: &RgbImage, output: &Utf8Path) -> Result<(), Error> {
    let failed = |source: std::io::Error| Error::Io {
        action: "writing",
        path: output.to_owned(),
        source,
    };
    let file = videogen_durable::replace_private(output).map_err(failed)?;
    PngEncoder::new_with_quality(BufWriter::new(file), CompressionType::Fast, Prediction::Sub)
        .write_image(
            picture,
            picture.width(),
            picture.height(),
            ExtendedColorType::Rgb8,
        )
        .map_err(|error| failed(std::io::Error::other(error)))
}
