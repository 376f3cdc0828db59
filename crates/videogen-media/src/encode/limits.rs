//! What an FFmpeg that encodes may take of the machine.

use videogen_process::Command;

use super::EncodeSettings;
use crate::ffmpeg::limits::{FfmpegTask, bounded};
use crate::{FrameRate, FrameSize};

/// Beside the pictures in a video: its index, its sound beyond an hour of PCM, and what a driver keeps in files of its own.
const BESIDE_PICTURES: u64 = 2 << 30;

/// Bounds what `command` may take to encode a video of this many frames.
pub(crate) fn bounded_encode(
    command: Command,
    encode: &EncodeSettings,
    size: FrameSize,
    frames: u64,
    rate: FrameRate,
) -> Command {
    let work = if encode.encoder.is_software() {
        FfmpegTask::Encode
    } else {
        FfmpegTask::HardwareEncode
    };
    bounded(command, work).file_size_limit(largest_video(size, frames, rate))
}

/// Bytes of the largest file that a video can be: half of its raw frames, which no encoder comes near at a quality that
/// is chosen here, not even with noise, and its sound as PCM.
fn largest_video(size: FrameSize, frames: u64, rate: FrameRate) -> u64 {
    /// Bytes a second of two channels of 16-bit samples at 48 kHz.
    const SOUND: f64 = 192_000.0;
    let pictures = (size.frame_bytes() as u64).saturating_mul(frames) / 2;
    let sound = (frames as f64 / rate.per_second() * SOUND) as u64;
    pictures
        .saturating_add(sound)
        .saturating_add(BESIDE_PICTURES)
}

#[cfg(test)]
mod tests {
    use super::*;

    const GIB: u64 = 1 << 30;

    #[test]
    fn four_tebibytes_are_more_than_a_short_video() {
        let size = FrameSize::new(1080, 1920).unwrap();
        let rate = FrameRate::new(30, 1).unwrap();
        let minute = largest_video(size, 30 * 60, rate);
        assert!((4 * GIB..5 * GIB).contains(&minute), "{minute}");
    }
}
