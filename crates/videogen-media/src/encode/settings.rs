//! What each encoder is told. All of it is fixed text and numbers.

use super::quality::quality;
use super::{Codec, EncodeSettings, Encoder, EncoderBackend};
use crate::FrameRate;

/// Seconds between key frames at most: what players need for seeking.
const KEY_FRAME_SECONDS: f64 = 4.0;

/// What the frames are, told to the reader of the frames and written into the video: untagged HD is shown in the wrong
/// colours by some players.
pub(crate) const BT709: [&str; 8] = [
    "-color_range",
    "tv",
    "-colorspace",
    "bt709",
    "-color_primaries",
    "bt709",
    "-color_trc",
    "bt709",
];

/// An MP4 with its index in front, replaced if it exists, without version strings: same frames, same file. The file's
/// name follows.
pub(crate) const MP4: [&str; 7] = [
    "-fflags",
    "+bitexact",
    "-movflags",
    "+faststart",
    "-f",
    "mp4",
    "-y",
];

/// What stands before the inputs: the device that [`video`] uploads frames to.
pub(crate) fn device(encoder: Encoder) -> &'static [&'static str] {
    match encoder.backend() {
        // Without a path FFmpeg takes the first device that can be opened.
        EncoderBackend::Vaapi => &["-init_hw_device", "vaapi=gpu", "-filter_hw_device", "gpu"],
        _ => &[],
    }
}

/// What the stream is called in an MP4.
pub(crate) fn tag(codec: Codec) -> &'static [&'static str] {
    match codec {
        // Without it FFmpeg writes `hev1`, which Apple's players refuse.
        Codec::Hevc => &["-tag:v", "hvc1"],
        Codec::H264 | Codec::Av1 => &[],
    }
}

/// All that is said about the picture: pixel format, encoder, quality, key frames, colours, name. Options that an
/// encoder of FFmpeg 5.1 lacks are not used.
pub(crate) fn video(encode: &EncodeSettings, rate: FrameRate) -> Vec<String> {
    let encoder = encode.encoder;
    let mut args: Vec<String> = Vec::new();
    let mut add = |list: &[&str]| args.extend(list.iter().map(ToString::to_string));
    match encoder.backend() {
        EncoderBackend::Vaapi => add(&["-vf", "format=nv12,hwupload"]),
        // The only 8-bit 4:2:0 format that these take; the stream is the same.
        EncoderBackend::Qsv | EncoderBackend::Amf => add(&["-pix_fmt", "nv12"]),
        EncoderBackend::Software | EncoderBackend::Nvenc | EncoderBackend::VideoToolbox => {
            add(&["-pix_fmt", "yuv420p"]);
        }
    }
    let keys = (rate.per_second() * KEY_FRAME_SECONDS).ceil().to_string();
    add(&["-c:v", encoder.name(), "-g", &keys]);
    match encoder.codec() {
        Codec::H264 => add(&["-profile:v", "high"]),
        Codec::Hevc => add(&["-profile:v", "main"]),
        // 8-bit 4:2:0 is always its main profile, and not every encoder takes the option.
        Codec::Av1 => {}
    }
    args.extend(quality(encode));
    let mut add = |list: &[&str]| args.extend(list.iter().map(ToString::to_string));
    // Closed groups: nothing refers across a key frame, so that parts made apart can be joined.
    add(&["-flags:v", "+bitexact+cgop"]);
    add(&BT709);
    add(&["-chroma_sample_location", "left"]);
    add(tag(encoder.codec()));
    args
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(encoder: Encoder) -> String {
        let rate = FrameRate::new(30, 1).unwrap();
        video(&EncodeSettings::FINE.with(encoder), rate).join(" ")
    }

    #[test]
    fn every_encoder_gets_its_name_a_profile_key_frames_closed_groups_and_colours() {
        for encoder in Encoder::ALL {
            let line = line(encoder);
            for part in [
                &format!("-c:v {encoder} -g 120"),
                "-flags:v +bitexact+cgop",
                "-color_range tv -colorspace bt709 -color_primaries bt709 -color_trc bt709",
            ] {
                assert!(line.contains(part), "{encoder}: {line}");
            }
            let profile = match encoder.codec() {
                Codec::H264 => line.contains("-profile:v high"),
                Codec::Hevc => line.contains("-profile:v main"),
                Codec::Av1 => !line.contains("-profile"),
            };
            assert!(profile, "{encoder}: {line}");
            let tagged = line.ends_with("-tag:v hvc1");
            assert_eq!(tagged, encoder.codec() == Codec::Hevc, "{encoder}: {line}");
        }
    }

    #[test]
    fn frames_come_in_a_form_that_the_encoder_takes() {
        for encoder in Encoder::ALL {
            let line = line(encoder);
            let expected = match encoder.backend() {
                EncoderBackend::Vaapi => "-vf format=nv12,hwupload ",
                EncoderBackend::Qsv | EncoderBackend::Amf => "-pix_fmt nv12 ",
                _ => "-pix_fmt yuv420p ",
            };
            assert!(line.starts_with(expected), "{encoder}: {line}");
            let uploads = line.contains("hwupload");
            assert_eq!(uploads, !device(encoder).is_empty(), "{encoder}");
        }
    }

    #[test]
    fn four_seconds_are_rounded_up_to_a_whole_frame() {
        let rate = FrameRate::new(30_000, 1001).unwrap();
        let args = video(&EncodeSettings::FINE, rate);
        let at = args.iter().position(|arg| arg == "-g").unwrap();
        assert_eq!(args[at + 1], "120");
    }
}
