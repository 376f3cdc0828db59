//! Short clips of the user: checked before work starts, then decoded as they are shown.

mod convert;
mod kind;
mod stream;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use camino::{Utf8Path, Utf8PathBuf};
use convert::Format;
use kind::Container;
use tokio::runtime::Handle;
use tokio_util::sync::CancellationToken;
use videogen_process::{Outcome, Stdout};

use crate::ffmpeg::ffmpeg_input_args;
use crate::picture::MIN_PICTURE_SIDE;
use crate::probe::{MediaInfo, last_line, probe_media};
use crate::verify::{black_filter, read_log};
use crate::{Error, Ffmpeg};

pub(crate) use stream::{Frame, Stream};

pub use kind::{FootageKind, footage_kind};

/// The largest file that is accepted, in bytes (4 GiB): half an hour as a phone records it.
pub const MAX_CLIP_BYTES: u64 = 4 << 30;
/// The longest side that is decoded, in pixels: 8K.
pub const MAX_CLIP_SIDE: u32 = 8192;
/// How much of a clip [`Clip::open`] decodes, in seconds: more than a scene is long.
pub const CLIP_CHECKED_SECONDS: f64 = 30.0;

/// Decoding runs faster than playing for all but 8K on an old machine; this is for such a one under load.
const DEADLINE: Duration = Duration::from_mins(5);
/// What `-progress` prints in five minutes, twice a second.
const PROGRESS_LIMIT: usize = 1 << 20;
/// Log kept of a trial decode: what was found is one line each.
const LOG_LIMIT: usize = 1 << 20;
/// How much of a stream may be missing, as a fraction of its length and in seconds, before it counts as cut off.
const CUT_OFF: (f64, f64) = (0.9, 0.5);
/// Threads of one decoder: more would only take memory, and its frames are waited for by the encoder, which has the rest.
const THREADS: &str = "4";

/// A clip that was found good. Cheap to clone.
///
/// Shown by [`ShotSource::Clip`](crate::ShotSource::Clip): from its first frame on, cropped in the middle to fill the
/// video, at the video's rate and without a camera move; where it is shorter than its shot it begins again, where it is
/// longer the rest is left out. Its own sound is not heard.
#[derive(Clone)]
pub struct Clip(Arc<Inner>);

struct Inner {
    path: Utf8PathBuf,
    container: Container,
    format: Format,
    info: ClipInfo,
    ffmpeg: Ffmpeg,
    /// Where its decoders are supervised.
    runtime: Handle,
}

/// What is known of a clip.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct ClipInfo {
    /// Codec name, as "h264".
    pub codec: String,
    /// Stored width in pixels, before rotation.
    pub width: u32,
    /// Stored height in pixels.
    pub height: u32,
    /// Its length in seconds as far as it was decoded: at most [`CLIP_CHECKED_SECONDS`].
    pub seconds: f64,
    /// Whether it has sound, which is not used.
    pub sound: bool,
    /// How much of it is black, in seconds, as far as it was decoded.
    pub black: f64,
    /// What FFmpeg had to say while it decoded, if anything: damaged frames are shown as well as it could.
    pub remark: Option<String>,
}

impl Clip {
    /// Checks that FFmpeg can show the file, by decoding its first [`CLIP_CHECKED_SECONDS`] seconds. Its first bytes
    /// decide what it is, its name does not count.
    ///
    /// The clip is decoded later by the same `ffmpeg`, on the runtime this is called on.
    ///
    /// # Errors
    /// The `Input…` errors: not a clip; without a video stream, smaller than 16 or larger than 8192 pixels a side, of
    /// colours that cannot be converted, nothing to decode, or cut off: a tenth and half a second less than its header
    /// tells. [`Error::Ffmpeg`], [`Error::Cancelled`].
    pub async fn open(
        ffmpeg: &Ffmpeg,
        path: &Utf8Path,
        cancel: &CancellationToken,
    ) -> Result<Self, Error> {
        let file = path.to_owned();
        // The closure does not panic; a runtime that shuts down is the one way to lose it.
        let container = tokio::task::spawn_blocking(move || kind::container_of(&file))
            .await
            .unwrap_or(Err(Error::Cancelled))?;
        let probe = probe_media(ffmpeg, container.demuxer(), path, cancel).await?;
        let broken = |reason: String| Error::InputBroken {
            path: path.to_owned(),
            reason,
        };
        let format = judge(&probe, ffmpeg).map_err(broken)?;
        let decoded = decode(ffmpeg, container, path, cancel).await?;
        let info = accept(container, &probe, decoded).map_err(broken)?;
        if let Some(remark) = &info.remark {
            tracing::warn!(%path, "{remark}");
        }
        Ok(Self(Arc::new(Inner {
            path: path.to_owned(),
            container,
            format,
            info,
            ffmpeg: ffmpeg.clone(),
            runtime: Handle::current(),
        })))
    }

    /// The file.
    pub fn path(&self) -> &Utf8Path {
        &self.0.path
    }

    /// What is known of it.
    pub fn info(&self) -> &ClipInfo {
        &self.0.info
    }
}

/// Two clips are the same when they are of the same file and content as far as it is known.
impl PartialEq for Clip {
    fn eq(&self, other: &Self) -> bool {
        (&self.0.path, &self.0.info) == (&other.0.path, &other.0.info)
    }
}

impl fmt::Debug for Clip {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Clip")
            .field("path", &self.0.path)
            .field("format", &self.0.format)
            .field("info", &self.0.info)
            .finish_non_exhaustive()
    }
}

/// Judges the headers.
fn judge(probe: &MediaInfo, ffmpeg: &Ffmpeg) -> Result<Format, String> {
    let Some(video) = &probe.video else {
        return Err(match probe.audio {
            Some(_) => "there is only sound in it".to_owned(),
            None => "there is no video in it".to_owned(),
        });
    };
    let (width, height) = (video.width, video.height);
    if width.min(height) < MIN_PICTURE_SIDE || width.max(height) > MAX_CLIP_SIDE {
        return Err(format!(
            "{width}x{height} pixels is not within {MIN_PICTURE_SIDE} to {MAX_CLIP_SIDE} a side"
        ));
    }
    Format::of(video, ffmpeg).map_err(|reason| format!("it {reason}"))
}

/// What a trial decode gave.
#[derive(Debug, Clone, PartialEq)]
struct Decoded {
    frames: u64,
    seconds: f64,
    black: f64,
    remark: Option<String>,
}

async fn decode(
    ffmpeg: &Ffmpeg,
    container: Container,
    path: &Utf8Path,
    cancel: &CancellationToken,
) -> Result<Decoded, Error> {
    let command = ffmpeg
        .command(DEADLINE)
        .args(["-loglevel", "level+info", "-nostats", "-progress", "pipe:1"])
        .args(["-threads", THREADS])
        .args(ffmpeg_input_args(container.demuxer(), path))
        .args(SHOWN)
        .args(["-t".to_owned(), CLIP_CHECKED_SECONDS.to_string()])
        .args(["-vf".to_owned(), black_filter()])
        .args(["-fps_mode", "passthrough", "-f", "null", "-"])
        .tail_limit(LOG_LIMIT)
        .stdout(Stdout::Capture {
            limit: PROGRESS_LIMIT,
        });
    let outcome: Outcome = ffmpeg
        .supervisor()
        .run(command, cancel)
        .await
        .map_err(|source| Error::process(format!("decoding {path}"), source))?;
    let outcome = Error::unless_out_of_memory(&format!("decoding {path}"), outcome)?;
    let found = read_log(outcome.stderr.as_str());
    if !outcome.success() {
        return Err(Error::InputBroken {
            path: path.to_owned(),
            reason: last_line(&found.last_error),
        });
    }
    let (frames, seconds) = progress(&outcome.stdout_text());
    Ok(Decoded {
        frames,
        seconds,
        black: found.black_seconds(seconds),
        remark: (!found.last_error.is_empty()).then(|| last_line(&found.last_error)),
    })
}

/// The stream that is shown: the first video that is no cover picture.
const SHOWN: [&str; 5] = ["-map", "0:V:0", "-an", "-sn", "-dn"];

/// Frames and seconds by the last report of FFmpeg's `-progress`.
fn progress(text: &str) -> (u64, f64) {
    let last = |key: &str| {
        text.lines()
            .rev()
            .find_map(|line| line.strip_prefix(key)?.trim().parse::<u64>().ok())
            .unwrap_or(0)
    };
    (last("frame="), last("out_time_us=") as f64 / 1e6)
}

/// Judges what was decoded.
fn accept(container: Container, probe: &MediaInfo, decoded: Decoded) -> Result<ClipInfo, String> {
    let video = probe.video.as_ref().expect("judged before");
    if decoded.frames == 0 {
        return Err(match decoded.remark {
            Some(remark) => format!("no frame of it can be decoded: {remark}"),
            None => "there is no frame in it".to_owned(),
        });
    }
    // The container's length is that of its longest stream.
    let alone = probe.duration.filter(|_| probe.audio.is_none());
    let promised = video
        .duration
        .or(alone)
        .unwrap_or(0.0)
        .min(CLIP_CHECKED_SECONDS);
    if container.tells_its_length() && decoded.seconds < promised * CUT_OFF.0 - CUT_OFF.1 {
        return Err(format!(
            "it ends after {:.1} s of {promised:.1} s",
            decoded.seconds
        ));
    }
    Ok(ClipInfo {
        codec: video.codec.clone(),
        width: video.width,
        height: video.height,
        seconds: decoded.seconds,
        sound: probe.audio.is_some(),
        black: decoded.black.min(decoded.seconds),
        remark: decoded.remark,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_report_counts() {
        let text = "frame=1\nout_time_us=N/A\nprogress=continue\nframe=48\nout_time_us=2000000\nprogress=end\n";
        assert_eq!(progress(text), (48, 2.0));
        assert_eq!(
            progress("frame=0\nout_time_us=N/A\nprogress=end\n"),
            (0, 0.0)
        );
        assert_eq!(progress(""), (0, 0.0));
    }
}
