//! The picture that stands for the video: its best picture at the video's size, with the title on it.

use camino::Utf8Path;
use jpeg_encoder::{Encoder, EncodingError, ImageBuffer, JpegColorType, SamplingFactor};

use crate::captions::Overlay;
use crate::compose::{Stamp, paint_window};
use crate::yuv::jfif_row;
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
    if let Some(title) = title {
        Stamp::new(title, size).blend(size, &mut frame);
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
    let mut jpeg = Vec::with_capacity(frame.len() / 4);
    let mut encoder = Encoder::new(&mut jpeg, QUALITY);
    // The frame has its colours at half the size already.
    encoder.set_sampling_factor(SamplingFactor::F_2_2);
    let encoded = encoder.encode_image(Frame {
        samples: &frame,
        width,
        height,
    });
    encoded.map_err(|error| match error {
        EncodingError::IoError(error) => failed(error),
        error => failed(std::io::Error::other(error)),
    })?;
    videogen_durable::write_private(output, &jpeg).map_err(failed)
}

/// An I420 frame, for the encoder.
struct Frame<'a> {
    samples: &'a [u8],
    width: u16,
    height: u16,
}

impl ImageBuffer for Frame<'_> {
    fn get_jpeg_color_type(&self) -> JpegColorType {
        JpegColorType::Ycbcr
    }

    fn width(&self) -> u16 {
        self.width
    }

    fn height(&self) -> u16 {
        self.height
    }

    fn fill_buffers(&self, y: u16, [luma, blue, red, _]: &mut [Vec<u8>; 4]) {
        let (width, height) = (usize::from(self.width), usize::from(self.height));
        let row = usize::from(y);
        let (y, chroma) = self.samples.split_at(width * height);
        let (cb, cr) = chroma.split_at(width * height / 4);
        let half = row / 2 * (width / 2)..(row / 2 + 1) * (width / 2);
        let out = [luma, blue, red].map(|buffer| {
            let start = buffer.len();
            buffer.resize(start + width, 0);
            &mut buffer[start..]
        });
        jfif_row(
            &y[row * width..][..width],
            &cb[half.clone()],
            &cr[half],
            out,
        );
    }
}
