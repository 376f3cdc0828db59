//! The ground of a clip that can be seen through: chosen by some of its frames.

use std::time::Duration;

use camino::Utf8Path;
use image::RgbaImage;
use tokio_util::sync::CancellationToken;
use videogen_process::Stdout;

use super::kind::Container;
use super::{CLIP_CHECKED_SECONDS, SHOWN};
use crate::ffmpeg::ffmpeg_input_args;
use crate::picture::Ground;
use crate::{Error, Ffmpeg};

/// As for the trial decode.
const DEADLINE: Duration = Duration::from_mins(5);
/// Frames that are looked at: one a second.
const FRAMES: usize = CLIP_CHECKED_SECONDS as usize;
/// Sides of what they are made smaller to, in pixels.
const SIDE: usize = 64;
/// Bytes of all of them, of four each.
const BYTES: usize = FRAMES * SIDE * SIDE * 4;

/// Chooses the ground that more of a clip stands out from.
///
/// # Errors
/// [`Error::Ffmpeg`], [`Error::Cancelled`]. What cannot be decoded is told by who decodes all of it.
pub(super) async fn choose(
    ffmpeg: &Ffmpeg,
    container: Container,
    path: &Utf8Path,
    cancel: &CancellationToken,
) -> Result<Ground, Error> {
    let command = ffmpeg
        .command(DEADLINE)
        .args(ffmpeg_input_args(container.demuxer(), path))
        .args(SHOWN)
        .args(["-t".to_owned(), CLIP_CHECKED_SECONDS.to_string()])
        .args([
            "-vf".to_owned(),
            // Pixels as they are: colours mixed with those of what cannot be seen would not be the clip's.
            format!("fps=1:round=up,format=rgba,scale={SIDE}:{SIDE}:flags=neighbor"),
        ])
        .args(["-frames:v".to_owned(), FRAMES.to_string()])
        .args(["-f", "rawvideo", "pipe:1"])
        .stdout(Stdout::Capture { limit: BYTES });
    let outcome = ffmpeg.supervisor().run(command, cancel).await;
    let outcome = outcome.map_err(|source| Error::process(format!("decoding {path}"), source))?;
    Ok(Ground::of(&outcome.stdout))
}

/// Some pixels of some frames of what is decoded by this process, as [`choose`] looks at others.
#[derive(Debug, Default)]
pub(super) struct SampledFrames {
    pixels: Vec<u8>,
    frames: usize,
}

impl SampledFrames {
    /// Looks at the frame that is shown from so many seconds on, unless one of that second was.
    pub(super) fn look(&mut self, picture: &RgbaImage, seconds: f64) {
        if self.frames as f64 > seconds || self.frames >= FRAMES {
            return;
        }
        self.frames = seconds as usize + 1;
        let at =
            |n: usize, side: u32| ((n as u64 * 2 + 1) * u64::from(side) / (2 * SIDE as u64)) as u32;
        for y in 0..SIDE {
            let y = at(y, picture.height());
            let row = (0..SIDE).map(|x| picture.get_pixel(at(x, picture.width()), y).0);
            self.pixels.extend(row.flatten());
        }
    }

    /// The ground that more of them stands out from.
    pub(super) fn ground(&self) -> Ground {
        Ground::of(&self.pixels)
    }
}

#[cfg(test)]
mod tests {
    use image::Rgba;

    use super::*;

    #[test]
    fn a_frame_a_second_decides_of_the_ground() {
        let frame = |value: u8| {
            RgbaImage::from_fn(100, 30, |x, _| {
                Rgba([value, value, value, if x < 50 { 255 } else { 0 }])
            })
        };
        let ground = |frames: &[(u8, f64)]| {
            let mut sampled = SampledFrames::default();
            for (value, seconds) in frames {
                sampled.look(&frame(*value), *seconds);
            }
            sampled.ground()
        };
        assert_eq!(ground(&[(0, 0.0)]), Ground::Light);
        assert_eq!(ground(&[(255, 0.0), (0, 0.5), (0, 0.9)]), Ground::Dark);
        assert_eq!(ground(&[(255, 0.0), (0, 1.0), (0, 3.5)]), Ground::Light);
        assert_eq!(ground(&[]), Ground::Dark);
    }
}
