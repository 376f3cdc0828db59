//! The picture that stands for the video: its best picture at the video's size, with the title on it.

use camino::Utf8Path;
use jpeg_encoder::{ColorType, Encoder, EncodingError, SamplingFactor};

use crate::captions::Overlay;
use crate::compose::paint_window;
use crate::yuv::Planes;
use crate::{Error, FrameSize, picture};

/// JPEG quality: above what platforms recompress to.
const QUALITY: u8 = 90;

/// Writes `picture` at `size` to `output` as JPEG, with `title` blended over it.
///
/// # Errors
/// The `Input…` errors of the picture, [`Error::Io`] when the file cannot be written.
pub fn write_thumbnail(
    picture: &Utf8Path,
    size: FrameSize,
    title: Option<&Overlay>,
    output: &Utf8Path,
) -> Result<(), Error> {
    let prepared = picture::prepare(picture, size)?;
    let mut frame = vec![0; size.frame_bytes()];
    paint_window(size, &mut frame, &prepared.planes, prepared.area);
    let (width, height) = (size.width() as usize, size.height() as usize);
    let mut rgb = Planes::to_rgb(&frame, width, height);
    if let Some(title) = title {
        blend(&mut rgb, size, title);
    }
    let failed = |source: std::io::Error| Error::Io {
        action: "writing",
        path: output.to_owned(),
        source,
    };
    let sides = |size: FrameSize| {
        let side = |side: u32| u16::try_from(side).ok();
        Some((side(size.width())?, side(size.height())?))
    };
    // A frame has at most 8192 pixels a side, a JPEG 65,535.
    let (width, height) = sides(size).expect("frames are smaller than the largest JPEG");
    let mut jpeg = Vec::with_capacity(rgb.len() / 8);
    let mut encoder = Encoder::new(&mut jpeg, QUALITY);
    // The frame has its colours at half the size already.
    encoder.set_sampling_factor(SamplingFactor::F_2_2);
    let encoded = encoder.encode(&rgb, width, height, ColorType::Rgb);
    encoded.map_err(|error| match error {
        EncodingError::IoError(error) => failed(error),
        error => failed(std::io::Error::other(error)),
    })?;
    std::fs::write(output, jpeg).map_err(failed)
}

/// Premultiplied "over" in sRGB.
fn blend(rgb: &mut [u8], size: FrameSize, title: &Overlay) {
    let stride = size.width() as usize * 3;
    for (row, line) in title
        .rgba
        .chunks_exact((title.width as usize * 4).max(1))
        .enumerate()
    {
        let start = (title.y as usize + row) * stride + title.x as usize * 3;
        for (out, p) in rgb[start..].chunks_exact_mut(3).zip(line.chunks_exact(4)) {
            let rest = 255 - u16::from(p[3]);
            for c in 0..3 {
                out[c] = p[c].saturating_add(((u16::from(out[c]) * rest + 127) / 255) as u8);
            }
        }
    }
}
