//! The ground that a line of text at the end stands on: a picture darkened and blurred.

use camino::Utf8Path;

use super::still::{seen, write_png};
use crate::picture::prepared_picture_size;
use crate::soften::soften;
use crate::{Error, FrameSize, picture};

/// How far the blur reaches, as a fraction of the shorter side: shapes and colours are known again, details are gone.
const BLUR: f32 = 0.018;

/// Writes `picture` to `output` as PNG, darkened and blurred, at the size a shot of a video of `size` takes.
///
/// # Errors
/// The `Input…` errors of the picture, [`Error::Io`] when the file cannot be written.
pub fn write_backdrop(picture: &Utf8Path, size: FrameSize, output: &Utf8Path) -> Result<(), Error> {
    let prepared = picture::prepare(picture, size)?;
    let rgb = seen(&prepared, size);
    drop(prepared);
    let backdrop = soften(&rgb, BLUR, prepared_picture_size(size));
    write_png(&backdrop, output)
}

#[cfg(test)]
mod tests {
    use image::RgbImage;

    use super::*;

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
