//! The one FFmpeg command line of a render. Nothing in it comes from a user but paths, and those stand behind `file:`.

use std::ffi::OsString;

use serde::{Deserialize, Serialize};

use super::Job;
use crate::ffmpeg::{file_url, input_args};

/// Encoder settings: H.264 by libx264, AAC.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Encode {
    /// x264's constant rate factor, `0.0..=51.0`; lower is better and larger.
    pub crf: f32,
    /// Bits a second of the AAC track.
    pub audio_bitrate: u32,
}

impl Encode {
    /// For trying things out: small and quick.
    pub const DRAFT: Self = Self {
        crf: 23.0,
        audio_bitrate: 128_000,
    };
    /// For publishing: on slowly moving pictures it reaches the SSIM of `medium` at CRF 20 with fewer bytes and a
    /// quarter of the CPU time (measured over four pictures, `docs/measurements.md`).
    pub const FINE: Self = Self {
        crf: 18.0,
        audio_bitrate: 160_000,
    };
}

/// x264 on top of `veryfast`: motion here is one smooth global move, so sub-block partitions, adaptive B-frame placement
/// and scene-cut detection cost time and bytes and gain nothing, while more B-frames save bytes ("KB15" in
/// `docs/measurements.md`).
const X264: &str = "partitions=none:bframes=5:b-adapt=0:rc-lookahead=15:scenecut=0";

/// Seconds between key frames at most: what players need for seeking.
const KEY_FRAME_SECONDS: f64 = 4.0;

/// What the frames are, told to the reader of the pipe and written into the video: untagged HD is shown in the wrong
/// colours by some players.
const BT709: [&str; 8] = [
    "-color_range",
    "tv",
    "-colorspace",
    "bt709",
    "-color_primaries",
    "bt709",
    "-color_trc",
    "bt709",
];

pub(super) fn arguments(job: &Job) -> Vec<OsString> {
    let mut args: Vec<OsString> = Vec::new();
    let mut add = |list: &[&str]| args.extend(list.iter().map(OsString::from));
    let size = job.size.to_string();
    let rate = job.rate.to_string();
    add(&[
        "-protocol_whitelist",
        "file,pipe",
        "-f",
        "rawvideo",
        "-pix_fmt",
        "yuv420p",
        "-s",
        &size,
        "-r",
        &rate,
    ]);
    add(&BT709);
    add(&["-i", "pipe:0"]);
    args.extend(input_args("wav", &job.audio));
    let mut add = |list: &[&str]| args.extend(list.iter().map(OsString::from));
    // x264's output depends on its number of threads; this one depends only on the machine.
    let threads = std::thread::available_parallelism()
        .map_or(2, |n| n.get().clamp(1, 16))
        .to_string();
    let keys = (job.rate.per_second() * KEY_FRAME_SECONDS)
        .ceil()
        .to_string();
    let crf = job.encode.crf.to_string();
    add(&[
        "-map",
        "0:v:0",
        "-map",
        "1:a:0",
        "-map_metadata",
        "-1",
        "-map_chapters",
        "-1",
    ]);
    add(&[
        "-c:v",
        "libx264",
        "-preset",
        "veryfast",
        "-profile:v",
        "high",
        "-crf",
        &crf,
        "-x264-params",
        X264,
    ]);
    add(&["-threads:v", &threads, "-g", &keys, "-pix_fmt", "yuv420p"]);
    add(&BT709);
    add(&["-chroma_sample_location", "left"]);
    let bitrate = job.encode.audio_bitrate.to_string();
    add(&["-c:a", "aac", "-b:a", &bitrate, "-ar", "48000", "-ac", "2"]);
    // No version strings and no time stamps: same frames, same file.
    add(&[
        "-fflags",
        "+bitexact",
        "-flags:v",
        "+bitexact",
        "-flags:a",
        "+bitexact",
    ]);
    add(&["-movflags", "+faststart", "-f", "mp4", "-y"]);
    args.push(file_url(&job.output));
    args
}
