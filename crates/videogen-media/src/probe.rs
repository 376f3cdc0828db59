//! What a media file says it contains, by ffprobe and by the box headers of MP4.

mod boxes;

use std::ffi::OsString;
use std::time::Duration;

use camino::Utf8Path;
use serde::Deserialize;
use tokio_util::sync::CancellationToken;
use videogen_process::Stdout;

use crate::Error;
use crate::ffmpeg::{Ffmpeg, ffmpeg_file_url, ffmpeg_input_args};

pub use boxes::Mp4Layout;

/// How long ffprobe may take; it reads headers, but a slow or sleeping disk is allowed for.
const DEADLINE: Duration = Duration::from_secs(30);
/// The JSON of a file with a few streams is some KiB; tags (lyrics) can be longer.
const JSON_LIMIT: usize = 8 * 1024 * 1024;

/// The contents of a media file as its headers describe them. Nothing has been decoded.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct MediaInfo {
    /// Length in seconds by the container, if it tells.
    pub duration: Option<f64>,
    /// The first video stream that is not a cover picture.
    pub video: Option<VideoStream>,
    /// The first audio stream.
    pub audio: Option<AudioStream>,
    /// ffprobe's name of the container, as "mov,mp4,m4a,3gp,3g2,mj2".
    pub format: String,
}

/// A video stream as its headers describe it.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct VideoStream {
    /// Codec name, as "h264".
    pub codec: String,
    /// Codec profile, as "High"; empty if unknown.
    pub profile: String,
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
    /// Pixel format, as "yuv420p"; empty if unknown.
    pub pix_fmt: String,
    /// Mean frames per second as numerator and denominator; nothing if unknown.
    pub frame_rate: Option<(u32, u32)>,
    /// YUV matrix, as "bt709"; empty if untagged.
    pub color_space: String,
    /// Colour primaries, as "bt709"; empty if untagged.
    pub primaries: String,
    /// Transfer characteristic, as "bt709"; empty if untagged.
    pub transfer: String,
    /// "tv" for limited, "pc" for full range; empty if untagged.
    pub range: String,
    /// "progressive", or which field comes first: "tt", "bb", "tb", "bt"; empty if unknown.
    pub field_order: String,
    /// Number of frames, where the container counts them.
    pub frames: Option<u64>,
    /// Length in seconds, where the stream tells.
    pub duration: Option<f64>,
    /// When it begins, in seconds, where the container tells.
    pub start: Option<f64>,
}

/// An audio stream as its headers describe it.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct AudioStream {
    /// Codec name, as "aac".
    pub codec: String,
    /// Number of channels.
    pub channels: u32,
    /// Samples per second and channel.
    pub sample_rate: u32,
    /// Length in seconds, where the stream tells.
    pub duration: Option<f64>,
    /// Bits per second, where the stream tells.
    pub bit_rate: Option<u64>,
    /// When it begins, in seconds, where the container tells.
    pub start: Option<f64>,
    /// When it ends, in seconds, where a tag of the stream tells, as Matroska has it.
    pub tagged_end: Option<f64>,
}

/// Asks ffprobe what the file contains. `demuxer` is FFmpeg's name of the container format, which must have been
/// established from the file's first bytes; another format inside the file is then an error, not a surprise.
///
/// # Errors
/// [`Error::InputBroken`] if the file is not of that format or damaged, [`Error::Ffmpeg`] if ffprobe does not run or
/// needs more than 30 s, [`Error::FfmpegOutput`] if it does not print what it should, [`Error::Cancelled`].
pub async fn probe_media(
    ffmpeg: &Ffmpeg,
    demuxer: &str,
    path: &Utf8Path,
    cancel: &CancellationToken,
) -> Result<MediaInfo, Error> {
    ask(ffmpeg, ffmpeg_input_args(demuxer, path), path, cancel).await
}

/// As [`probe_media`], for a file of which it is not known what it is: FFmpeg may take it for one of `demuxers`, none of
/// which may open anything but the file itself.
///
/// # Errors
/// As [`probe_media`]; [`Error::InputBroken`] also if it is of none of these formats.
pub(crate) async fn probe_as_one_of(
    ffmpeg: &Ffmpeg,
    demuxers: &[&str],
    path: &Utf8Path,
    cancel: &CancellationToken,
) -> Result<MediaInfo, Error> {
    let mut input: Vec<OsString> = ["-protocol_whitelist", "file,pipe", "-format_whitelist"]
        .map(OsString::from)
        .into();
    input.extend([
        demuxers.join(",").into(),
        "-i".into(),
        ffmpeg_file_url(path),
    ]);
    ask(ffmpeg, input, path, cancel).await
}

/// Asks ffprobe what is in the file that `input` names.
async fn ask(
    ffmpeg: &Ffmpeg,
    input: Vec<OsString>,
    path: &Utf8Path,
    cancel: &CancellationToken,
) -> Result<MediaInfo, Error> {
    let stage = format!("reading the headers of {path}");
    let command = ffmpeg
        .probe_command(DEADLINE)
        .args(["-show_format", "-show_streams", "-of", "json"])
        .args(input)
        .stdout(Stdout::Capture { limit: JSON_LIMIT });
    let outcome = ffmpeg
        .supervisor()
        .run(command, cancel)
        .await
        .map_err(|source| Error::process(&*stage, source))?;
    let outcome = Error::unless_out_of_memory(&stage, outcome)?;
    if !outcome.success() {
        let reason = last_line(outcome.stderr.as_str());
        return Err(Error::InputBroken {
            path: path.to_owned(),
            reason,
        });
    }
    parse(&outcome.stdout).map_err(|source| Error::FfmpegOutput {
        stage,
        reason: source.to_string(),
    })
}

/// Where the header of an MP4 file lies and whether its boxes are whole; read from the box headers alone.
///
/// # Errors
/// [`Error::Io`] if the file cannot be read.
pub async fn mp4_layout(path: &Utf8Path) -> Result<Mp4Layout, Error> {
    let file = path.to_owned();
    let read =
        move || videogen_durable::open_regular(&file).and_then(|mut file| boxes::read(&mut file));
    let outcome = tokio::task::spawn_blocking(read).await;
    // The closure does not panic; a runtime that shuts down is the one way to lose it.
    let outcome = outcome.map_err(|_| Error::Cancelled)?;
    outcome.map_err(|source| Error::Io {
        action: "reading",
        path: path.to_owned(),
        source,
    })
}

/// The last line of a log that says something, without the address FFmpeg puts in front.
pub(crate) fn last_line(log: &str) -> String {
    let line = log
        .lines()
        .rev()
        .map(str::trim)
        .find(|line| !line.is_empty())
        .unwrap_or("it gives no reason");
    let line = line
        .strip_prefix('[')
        .and_then(|rest| rest.split_once("] "))
        .map_or(line, |(_, text)| text);
    line.rsplit("file:").next().unwrap_or(line).to_owned()
}

/// ffprobe's JSON as it is; every number it prints with a fraction or a ratio is a string there.
#[derive(Deserialize)]
struct Json {
    #[serde(default)]
    streams: Vec<JsonStream>,
    format: JsonFormat,
}

#[derive(Deserialize)]
struct JsonFormat {
    #[serde(default)]
    format_name: String,
    duration: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct JsonStream {
    codec_type: String,
    codec_name: String,
    profile: String,
    width: u32,
    height: u32,
    pix_fmt: String,
    avg_frame_rate: String,
    color_space: String,
    color_primaries: String,
    color_transfer: String,
    color_range: String,
    field_order: String,
    nb_frames: Option<String>,
    duration: Option<String>,
    start_time: Option<String>,
    bit_rate: Option<String>,
    channels: u32,
    sample_rate: String,
    disposition: JsonDisposition,
    tags: JsonTags,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct JsonTags {
    /// Matroska's, as "00:00:07.550000000".
    #[serde(rename = "DURATION")]
    duration: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct JsonDisposition {
    attached_pic: u8,
}

/// Reads ffprobe's JSON.
fn parse(json: &[u8]) -> Result<MediaInfo, serde_json::Error> {
    let json: Json = serde_json::from_slice(json)?;
    let is_video =
        |stream: &&JsonStream| stream.codec_type == "video" && stream.disposition.attached_pic == 0;
    let video = json
        .streams
        .iter()
        .find(is_video)
        .map(|stream| VideoStream {
            codec: stream.codec_name.clone(),
            profile: stream.profile.clone(),
            width: stream.width,
            height: stream.height,
            pix_fmt: stream.pix_fmt.clone(),
            frame_rate: ratio(&stream.avg_frame_rate),
            color_space: stream.color_space.clone(),
            primaries: stream.color_primaries.clone(),
            transfer: stream.color_transfer.clone(),
            range: stream.color_range.clone(),
            field_order: stream.field_order.clone(),
            frames: number(stream.nb_frames.as_ref()),
            duration: seconds(stream.duration.as_ref()),
            start: seconds(stream.start_time.as_ref()),
        });
    let audio = json
        .streams
        .iter()
        .find(|stream| stream.codec_type == "audio")
        .map(|stream| AudioStream {
            codec: stream.codec_name.clone(),
            channels: stream.channels,
            sample_rate: stream.sample_rate.parse().unwrap_or(0),
            duration: seconds(stream.duration.as_ref()),
            bit_rate: number(stream.bit_rate.as_ref()),
            start: seconds(stream.start_time.as_ref()),
            tagged_end: stream.tags.duration.as_deref().and_then(clock),
        });
    Ok(MediaInfo {
        duration: seconds(json.format.duration.as_ref()),
        video,
        audio,
        format: json.format.format_name,
    })
}

/// A length in seconds; ffprobe prints "N/A" for one it does not know.
fn seconds(text: Option<&String>) -> Option<f64> {
    text?
        .parse()
        .ok()
        .filter(|seconds: &f64| seconds.is_finite())
}

/// A time as "00:01:07.550000000" in seconds.
fn clock(text: &str) -> Option<f64> {
    let mut parts = text.trim().split(':');
    let (hours, minutes, rest) = (parts.next()?, parts.next()?, parts.next()?);
    let (hours, minutes): (u32, u32) = (hours.parse().ok()?, minutes.parse().ok()?);
    let rest: f64 = rest.parse().ok()?;
    let all = f64::from(hours) * 3600.0 + f64::from(minutes) * 60.0 + rest;
    all.is_finite().then_some(all)
}

/// A whole number.
fn number(text: Option<&String>) -> Option<u64> {
    text?.parse().ok()
}

/// A ratio such as "30000/1001"; "0/0" is ffprobe's way of not knowing.
fn ratio(text: &str) -> Option<(u32, u32)> {
    let (numerator, denominator) = text.split_once('/')?;
    let ratio = (numerator.parse().ok()?, denominator.parse().ok()?);
    (ratio.0 != 0 && ratio.1 != 0).then_some(ratio)
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// Any video stream.
    pub(crate) fn video_stream() -> VideoStream {
        let probe = parse(VIDEO.as_bytes()).unwrap();
        probe.video.unwrap()
    }

    /// What ffprobe 5.1.9 prints for an MP3 with a cover (shortened).
    const WITH_COVER: &str = r#"{"streams": [
        {"index": 0, "codec_name": "mp3", "codec_type": "audio", "sample_rate": "44100", "channels": 2,
         "avg_frame_rate": "0/0", "duration": "12.042449", "bit_rate": "128000", "disposition": {"default": 0, "attached_pic": 0}},
        {"index": 1, "codec_name": "png", "codec_type": "video", "profile": "unknown", "width": 600, "height": 600, "pix_fmt": "rgb24",
         "avg_frame_rate": "0/0", "disposition": {"default": 0, "attached_pic": 1}}],
        "format": {"format_name": "mp3", "duration": "12.042449", "tags": {"title": "x"}}}"#;
    /// The same for a video of ours.
    const VIDEO: &str = r#"{"streams": [
        {"codec_name": "h264", "profile": "High", "codec_type": "video", "width": 720, "height": 1280, "pix_fmt": "yuv420p",
         "color_range": "tv", "color_space": "bt709", "color_transfer": "bt709", "color_primaries": "bt709",
         "r_frame_rate": "30000/1001", "avg_frame_rate": "30000/1001", "duration": "4.004", "nb_frames": "120"}],
        "format": {"format_name": "mov,mp4,m4a,3gp,3g2,mj2", "duration": "N/A"}}"#;

    #[test]
    fn a_cover_is_not_a_video_stream() {
        let probe = parse(WITH_COVER.as_bytes()).unwrap();
        assert_eq!(probe.video, None);
        let audio = probe.audio.unwrap();
        assert_eq!(
            (audio.channels, audio.sample_rate, audio.bit_rate),
            (2, 44100, Some(128_000))
        );
        assert_eq!(probe.duration, Some(12.042449));
    }

    #[test]
    fn a_tag_tells_when_a_stream_ends() {
        let webm = r#"{"streams": [{"codec_name": "opus", "codec_type": "audio", "sample_rate": "48000", "channels": 1,
            "start_time": "3.000000", "tags": {"ENCODER": "x", "DURATION": "00:00:10.550000000"}}],
            "format": {"format_name": "matroska,webm", "duration": "20.007000"}}"#;
        let audio = parse(webm.as_bytes()).unwrap().audio.unwrap();
        assert_eq!((audio.duration, audio.start), (None, Some(3.0)));
        assert_eq!(audio.tagged_end, Some(10.55));
        assert_eq!(clock("01:00:01.5"), Some(3601.5));
        for bad in ["", "7.55", "N/A", "0:0:x", "a:b:c", "-1:0:0", "0:0:inf"] {
            assert_eq!(clock(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_video_is_read_with_its_colours() {
        let probe = parse(VIDEO.as_bytes()).unwrap();
        assert_eq!(probe.duration, None);
        assert_eq!(probe.audio, None);
        let video = probe.video.unwrap();
        assert_eq!(
            (video.width, video.height, video.frames),
            (720, 1280, Some(120))
        );
        assert_eq!(video.frame_rate, Some((30000, 1001)));
        assert_eq!((&*video.color_space, &*video.range), ("bt709", "tv"));
    }

    #[test]
    fn the_reason_is_told_without_addresses_and_paths() {
        let log = "[mov,mp4 @ 0x55d0c8] moov atom not found\nfile:/tmp/x.m4a: Invalid data found when processing input\n";
        assert_eq!(
            last_line(log),
            "/tmp/x.m4a: Invalid data found when processing input"
        );
        assert_eq!(
            last_line("[mov,mp4 @ 0x55d0c8] moov atom not found\n\n"),
            "moov atom not found"
        );
        assert_eq!(last_line(""), "it gives no reason");
    }
}
