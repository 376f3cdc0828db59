//! Short clips of the user: checked before work starts, then decoded as they are shown.

mod animation;
mod convert;
mod ground;
mod kind;
mod sound;
mod stream;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use animation::Animation;
use camino::{Utf8Path, Utf8PathBuf};
use convert::WHOLE_FILTERS;
use kind::{ClipKind, Container};
use sound::ClipSound;
use tokio::runtime::Handle;
use tokio_util::sync::CancellationToken;
use videogen_process::{Outcome, Stdout};
use videogen_types::FitChoice;

use crate::blocking::blocking;
use crate::ffmpeg::ffmpeg_input_args;
use crate::picture::{Ground, MIN_PICTURE_SIDE};
use crate::probe::{MediaInfo, last_line, probe_media};
use crate::verify::{black_filter, read_log};
use crate::{Error, Ffmpeg};

pub(crate) use convert::Format;
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
/// A frame may be taken for black, or a part of it, when this part of its middle, in percent …
const DARK_AREA: u32 = 70;
/// … is darker than this luma, of 16 for black to 235 for white: what the check of a finished video takes for black ends
/// at 22.
const DARK_LUMA: u32 = 32;
/// Threads of one decoder: more would only take memory, and its frames are waited for by the encoder, which has the rest.
const THREADS: &str = "4";

/// A clip that was found good. Cheap to clone.
///
/// Shown by [`ShotSource::Clip`](crate::ShotSource::Clip): from its first frame on, cropped in the middle to fill the
/// video or shown whole, at the video's rate and without a camera move; where it is shorter than its shot it begins again, where it is
/// longer the rest is left out. Its own sound is heard where [`Footage::sounds`](crate::Footage::sounds) is mixed.
#[derive(Clone)]
pub struct Clip(Arc<Inner>, FitChoice);

struct Inner {
    path: Utf8PathBuf,
    decoder: Decoder,
    info: ClipInfo,
    ffmpeg: Ffmpeg,
    /// Where its decoders are supervised.
    runtime: Handle,
}

/// Who decodes a clip.
#[derive(Debug)]
enum Decoder {
    /// FFmpeg, which converts its frames, too.
    Ffmpeg {
        container: Container,
        format: Format,
        /// Its sound, where it has one.
        sound: Option<ClipSound>,
    },
    /// This process.
    Animation(Animation),
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
    /// Whether it has sound.
    pub sound: bool,
    /// How much of it is black, in seconds, as far as it was decoded.
    pub black: f64,
    /// How much of it is so dark, at least in the middle, that a part of it may be taken for black, in seconds and as far as
    /// it was decoded. Not less than `black`.
    pub dark: f64,
    /// What FFmpeg had to say while it decoded, if anything: damaged frames are shown as well as it could.
    pub remark: Option<String>,
}

impl ClipInfo {
    /// Returns how much of what is shown of it is known, in seconds: without end where it was decoded to its own.
    pub fn known(&self) -> f64 {
        // Of a frame's length it does not come nearer.
        if self.seconds < CLIP_CHECKED_SECONDS - 0.5 {
            f64::INFINITY
        } else {
            self.seconds
        }
    }
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
    /// tells. [`Error::PictureTooLarge`], [`Error::Ffmpeg`], [`Error::Cancelled`].
    pub async fn open(
        ffmpeg: &Ffmpeg,
        path: &Utf8Path,
        cancel: &CancellationToken,
    ) -> Result<Self, Error> {
        let file = path.to_owned();
        let (decoder, info) = match blocking(move || kind::clip_kind(&file)).await? {
            ClipKind::Video(container) => video(ffmpeg, container, path, cancel).await?,
            ClipKind::Animation(format) => {
                let file = path.to_owned();
                let opening = move || Animation::open(&file, format);
                let (animation, info) = blocking(opening).await?;
                (Decoder::Animation(animation), info)
            }
        };
        if let Some(remark) = &info.remark {
            tracing::warn!(%path, "{remark}");
        }
        let inner = Inner {
            path: path.to_owned(),
            decoder,
            info,
            ffmpeg: ffmpeg.clone(),
            runtime: Handle::current(),
        };
        Ok(Self(Arc::new(inner), FitChoice::Cover))
    }

    /// The clip, to fill frames by `fit`.
    ///
    /// # Errors
    /// [`Error::FfmpegLacks`] where FFmpeg was built without a filter that this needs.
    pub fn fitted(self, fit: FitChoice) -> Result<Self, Error> {
        let ffmpeg = &self.0.ffmpeg;
        let lacking = |filter: &&'static str| !ffmpeg.has_filter(filter);
        let what: Vec<_> = WHOLE_FILTERS.into_iter().filter(lacking).collect();
        if fit == FitChoice::Contain && !what.is_empty() && !self.is_animation() {
            let path = ffmpeg.path().to_owned();
            return Err(Error::FfmpegLacks { what, path });
        }
        Ok(Self(self.0, fit))
    }

    /// The file.
    pub fn path(&self) -> &Utf8Path {
        &self.0.path
    }

    /// Whether it is an animated picture that is decoded by this process.
    pub(crate) fn is_animation(&self) -> bool {
        matches!(self.0.decoder, Decoder::Animation(_))
    }

    /// What lies under what can be seen through.
    pub(crate) fn ground(&self) -> Ground {
        match &self.0.decoder {
            Decoder::Ffmpeg { format, .. } => format.ground,
            Decoder::Animation(animation) => animation.ground(),
        }
    }

    /// What is known of it.
    pub fn info(&self) -> &ClipInfo {
        &self.0.info
    }
}

/// Two clips are the same when they are of the same file and content as far as it is known.
impl PartialEq for Clip {
    fn eq(&self, other: &Self) -> bool {
        (&self.0.path, &self.0.info, self.1) == (&other.0.path, &other.0.info, other.1)
    }
}

impl fmt::Debug for Clip {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Clip")
            .field("path", &self.0.path)
            .field("decoder", &self.0.decoder)
            .field("info", &self.0.info)
            .finish_non_exhaustive()
    }
}

/// Checks what FFmpeg decodes.
async fn video(
    ffmpeg: &Ffmpeg,
    container: Container,
    path: &Utf8Path,
    cancel: &CancellationToken,
) -> Result<(Decoder, ClipInfo), Error> {
    let probe = probe_media(ffmpeg, container.demuxer(), path, cancel).await?;
    let broken = |reason: String| Error::InputBroken {
        path: path.to_owned(),
        reason,
    };
    let mut format = judge(&probe, ffmpeg).map_err(broken)?;
    if format.is_seen_through() {
        format.ground = ground::choose(ffmpeg, container, path, cancel).await?;
    }
    let decoded = decode(ffmpeg, container, path, format, cancel).await?;
    let frames = decoded.frames;
    let info = accept(container, &probe, decoded).map_err(broken)?;
    let decoder = Decoder::Ffmpeg {
        container,
        format,
        sound: ClipSound::of(container, &probe, &info, frames),
    };
    Ok((decoder, info))
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
    dark: f64,
    remark: Option<String>,
}

/// The filters that measure a clip: what is black in all of it, and frames whose middle is dark, whichever way a video is
/// cropped to it.
fn measuring(format: Format, has_filter: impl Fn(&str) -> bool) -> String {
    let mut filters: Vec<String> = format.opaque().map(str::to_owned).into_iter().collect();
    filters.push(black_filter());
    if has_filter("blackframe") {
        filters.push("crop=w='min(iw,ih*9/16)':h='min(ih,iw*9/16)'".to_owned());
        filters.push(format!(
            "blackframe=amount={DARK_AREA}:threshold={DARK_LUMA}"
        ));
    }
    filters.join(",")
}

async fn decode(
    ffmpeg: &Ffmpeg,
    container: Container,
    path: &Utf8Path,
    format: Format,
    cancel: &CancellationToken,
) -> Result<Decoded, Error> {
    let command = ffmpeg
        .command(DEADLINE)
        .args(["-loglevel", "level+info", "-nostats", "-progress", "pipe:1"])
        .args(["-threads", THREADS])
        .args(ffmpeg_input_args(container.demuxer(), path))
        .args(SHOWN)
        .args(["-t".to_owned(), CLIP_CHECKED_SECONDS.to_string()])
        .args([
            "-vf".to_owned(),
            measuring(format, |filter| ffmpeg.has_filter(filter)),
        ])
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
    let black = found.black_seconds(seconds);
    let a_frame = seconds / frames.max(1) as f64;
    Ok(Decoded {
        frames,
        seconds,
        black,
        dark: black.max(found.dark_frames as f64 * a_frame),
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
        dark: decoded.dark.min(decoded.seconds),
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
