//! Rendering: our own loop makes the frames, one FFmpeg process encodes them once and muxes the audio.

mod backdrop;
mod encode;
#[cfg(feature = "test-util")]
mod fake;
mod feed;
mod frames;
mod partial;
mod parts;
mod peak;
mod still;
mod tags;
mod thumbnail;

use std::ffi::OsStr;
use std::fmt;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::time::Duration;

use camino::{Utf8Path, Utf8PathBuf};
use serde::{Deserialize, Serialize};
use tokio_util::sync::CancellationToken;
use videogen_process::Command;
use videogen_types::Observer;

pub use backdrop::write_backdrop;
#[cfg(feature = "test-util")]
pub use fake::{FakeFailure, FakeRenderer};
use feed::telling;
pub use frames::write_frames;
use partial::Partial;
pub use parts::RenderParts;
pub(crate) use still::write_own_still;
pub use still::write_still;
pub use tags::MediaTags;
use tags::TitleFile;
pub use thumbnail::write_thumbnail;

use crate::captions::Captions;
use crate::encode::{EncodeSettings, bounded_encode};
use crate::ffmpeg::ffmpeg_file_url;
use crate::overlay::TimedOverlay;
use crate::probe::mp4_layout;
use crate::timeline::Timeline;
use crate::verify::{ExpectedVideo, MOST_DBTP, verify_video};
use crate::{BoxFuture, Error, Ffmpeg, FrameRate, FrameSize};

/// Everything a render needs. All files are read, none is changed; `output` is created or replaced when it is complete.
#[derive(Debug, Clone)]
pub struct RenderJob {
    /// Size of the video.
    pub size: FrameSize,
    /// Its frame rate.
    pub rate: FrameRate,
    /// Pictures and camera moves.
    pub timeline: Timeline,
    /// What is written over them, if anything. Made for the same `size`.
    pub captions: Option<Arc<Captions>>,
    /// What lies over pictures and captions, the lowest first: a watermark, a title.
    pub overlays: Vec<TimedOverlay>,
    /// The finished soundtrack, a WAV file as long as the timeline.
    pub audio: Utf8PathBuf,
    /// Encoder settings.
    pub encode: EncodeSettings,
    /// What the video says of itself.
    pub tags: MediaTags,
    /// Whether the sound is measured when it is encoded, and encoded again, lower, while its true peak is above −1 dBTP, which
    /// an encoder adds to by as much as it likes. It starts FFmpeg once more. Whoever has each video verified can leave it
    /// off until [`CheckedVideo::is_too_high`] asks for it: a mix as [`crate::MixSettings::for_aac`] makes it seldom does.
    pub bounds_peak: bool,
    /// For long videos: encode them in parts, and go on with the parts of a render that was stopped.
    pub parts: Option<RenderParts>,
    /// The MP4 to write. Until it is complete it has another name in the same directory; on an error that is removed.
    pub output: Utf8PathBuf,
}

impl RenderJob {
    /// A job with nothing written or laid over the pictures, encoded in one piece, without title and language, its true peak
    /// bounded.
    pub fn new(
        size: FrameSize,
        rate: FrameRate,
        timeline: Timeline,
        audio: Utf8PathBuf,
        encode: EncodeSettings,
        output: Utf8PathBuf,
    ) -> Self {
        Self {
            size,
            rate,
            timeline,
            captions: None,
            overlays: Vec::new(),
            audio,
            encode,
            tags: MediaTags::default(),
            bounds_peak: true,
            parts: None,
            output,
        }
    }
}

/// What a render delivered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RenderedVideo {
    /// Frames encoded.
    pub frames: u64,
    /// The encoder that made them, e.g. `libx264`.
    pub encoder: String,
    /// The encoder of the job, if it failed and another one had to take its place.
    pub replaced: Option<ReplacedEncoder>,
}

impl RenderedVideo {
    /// Returns what is to be expected of a render of `job`: all its frames, by its encoder.
    pub fn expected(job: &RenderJob) -> Self {
        Self {
            frames: job.timeline.frames(),
            encoder: job.encode.encoder.to_string(),
            replaced: None,
        }
    }
}

/// A hardware encoder that failed in the middle of a render.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReplacedEncoder {
    /// Its name, e.g. `h264_nvenc`.
    pub encoder: String,
    /// Why it failed.
    pub reason: String,
}

/// Told the fraction that is done, `0.0..=1.0`, never falling, some times a second. Must return quickly.
pub type RenderProgress<'a> = &'a (dyn Fn(f32) + Send + Sync);

/// Turns a [`RenderJob`] into a video file.
pub trait Renderer: fmt::Debug + Send + Sync {
    /// Renders `job`. Dropping the future or cancelling `cancel` stops the encoder; no process is left behind.
    ///
    /// # Errors
    /// [`Error::Ffmpeg`] with the end of the encoder's log, or a decoder's; the `Input…` errors for a picture or a clip,
    /// [`Error::Cancelled`].
    fn render<'a>(
        &'a self,
        job: &'a RenderJob,
        observer: &'a dyn Observer,
        cancel: &'a CancellationToken,
    ) -> BoxFuture<'a, Result<RenderedVideo, Error>>;

    /// Checks a video this renderer made against what was promised.
    ///
    /// # Errors
    /// As [`verify_video`].
    fn verify<'a>(
        &'a self,
        path: &'a Utf8Path,
        expected: &'a ExpectedVideo,
        cancel: &'a CancellationToken,
    ) -> BoxFuture<'a, Result<CheckedVideo, Error>>;
}

/// What a check measured, beside passing.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct CheckedVideo {
    /// Integrated loudness in LUFS; nothing for silence.
    pub loudness_lufs: Option<f64>,
    /// True peak in dBTP; nothing for silence.
    pub true_peak_dbtp: Option<f64>,
    /// What is not as it should be, but no reason to throw the video away, in words.
    pub remarks: Vec<String>,
}

impl CheckedVideo {
    /// Whether the true peak is above the −1 dBTP that are promised: [`RenderJob::bounds_peak`] lowers it.
    pub fn is_too_high(&self) -> bool {
        self.true_peak_dbtp.is_some_and(|dbtp| dbtp > MOST_DBTP)
    }
}

/// Displayed as "decodes, -14.0 LUFS, peak -1.5 dBTP".
impl fmt::Display for CheckedVideo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("decodes")?;
        match (self.loudness_lufs, self.true_peak_dbtp) {
            (Some(lufs), Some(peak)) => write!(f, ", {lufs:.1} LUFS, peak {peak:.1} dBTP"),
            _ => Ok(()),
        }
    }
}

/// The real renderer.
#[derive(Debug, Clone)]
pub struct FfmpegRenderer {
    ffmpeg: Ffmpeg,
    stall: Duration,
}

/// How long the encoder may take no frame before it counts as stalled.
const STALL: Duration = Duration::from_mins(2);

/// The slowest encode that is waited for, in pixels a second: a tenth of what one slow core does with these settings.
const SLOWEST_PIXELS_PER_SECOND: f64 = 500_000.0;

impl FfmpegRenderer {
    /// A renderer that encodes with this FFmpeg.
    pub fn new(ffmpeg: Ffmpeg) -> Self {
        Self {
            ffmpeg,
            stall: STALL,
        }
    }

    /// The same, which gives an encoder up that takes no frame for `stall`; two minutes otherwise.
    #[must_use]
    pub fn with_stall(self, stall: Duration) -> Self {
        Self { stall, ..self }
    }

    /// The command line of a render of `job` with raw frames from a file, as [`write_frames`] makes them, in the place
    /// of the pipe: what an encode costs without this crate, for comparison.
    pub fn bare_command(&self, job: &RenderJob, frames: &Utf8Path) -> Command {
        let command = self
            .ffmpeg
            .command(deadline(job, job.timeline.frames()))
            .args(encode::arguments(job, &ffmpeg_file_url(frames), None));
        let frames = job.timeline.frames();
        bounded_encode(command, &job.encode, job.size, frames, job.rate)
    }

    /// Renders beside the output and renames: a file of its name is complete.
    async fn run(
        &self,
        job: &RenderJob,
        progress: RenderProgress<'_>,
        cancel: &CancellationToken,
    ) -> Result<RenderedVideo, Error> {
        let partial = Partial::beside(&job.output);
        let mut job = RenderJob {
            output: partial.path.clone(),
            ..job.clone()
        };
        let title = TitleFile::beside(&job.output, &job.tags)?;
        let mut replaced = None;
        let told = AtomicU32::new(0);
        let tell = |done: f32| {
            told.store(done.to_bits(), Ordering::Relaxed);
            progress(done);
        };
        let encoded = match self.encode(&job, title.path(), &tell, cancel).await {
            // A hardware encoder that was proven can still fail: another program took its memory or its last session.
            Err(error) if of_the_encoder(&error) => {
                match job.encode.software(&self.ffmpeg) {
                    Some(software) => {
                        replaced = Some(ReplacedEncoder {
                            encoder: job.encode.encoder.to_string(),
                            reason: videogen_text::chain(&error),
                        });
                        job.encode = software;
                        // It begins anew, and what was told stays until it is reached again.
                        let told = || f32::from_bits(told.load(Ordering::Relaxed));
                        let tell = |done: f32| progress(done.max(told()));
                        self.encode(&job, title.path(), &tell, cancel).await
                    }
                    None => Err(error),
                }
            }
            encoded => encoded,
        };
        encoded.map_err(|error| partial.named(error))?;
        if job.bounds_peak {
            let bounded = self.bound_peak(&job, title.path(), cancel).await;
            bounded.map_err(|error| partial.named(error))?;
        }
        partial.finish()?;
        Ok(RenderedVideo {
            frames: job.timeline.frames(),
            encoder: job.encode.encoder.to_string(),
            replaced,
        })
    }

    async fn encode(
        &self,
        job: &RenderJob,
        title: Option<&Utf8Path>,
        progress: RenderProgress<'_>,
        cancel: &CancellationToken,
    ) -> Result<(), Error> {
        if let Some(parts) = &job.parts {
            return self.run_in_parts(job, parts, title, progress, cancel).await;
        }
        let frames = job.timeline.frames();
        let taken = Arc::new(AtomicU64::new(0));
        let feed = feed::Feed {
            ffmpeg: self.ffmpeg.clone(),
            job: Arc::new(job.clone()),
            frames: 0..frames,
            taken: Arc::clone(&taken),
            arguments: encode::arguments(job, OsStr::new("pipe:0"), title),
            output: job.output.clone(),
            deadline: deadline(job, frames),
            stall: self.stall,
        };
        let done = || taken.load(Ordering::Relaxed);
        telling(progress, done, frames, feed.run(cancel)).await?;
        whole(&job.output).await?;
        progress(1.0);
        Ok(())
    }
}

/// Refuses an MP4 that ends early or has no index, as an encoder leaves it that stopped and called that success. By the
/// headers of its boxes, which costs nothing; what is in them is for [`verify_video`].
async fn whole(path: &Utf8Path) -> Result<(), Error> {
    let is_whole = match mp4_layout(path).await {
        Ok(layout) => layout.complete,
        Err(Error::Io { source, .. }) if source.kind() == io::ErrorKind::NotFound => false,
        Err(error) => return Err(error),
    };
    if is_whole {
        return Ok(());
    }
    Err(Error::FfmpegStopped {
        stage: feed::STAGE.into(),
        reason: "it ended as if all was well, and what it wrote is no whole video".into(),
    })
}

/// Whether it is the encoder that failed, and not a clip's decoder.
fn of_the_encoder(error: &Error) -> bool {
    matches!(
        error,
        Error::Ffmpeg { stage, .. }
            | Error::FfmpegOutOfMemory { stage, .. }
            | Error::FfmpegStopped { stage, .. } if stage == feed::STAGE
    )
}

/// How long an encode of `frames` frames may take.
fn deadline(job: &RenderJob, frames: u64) -> Duration {
    let pixels = frames as f64 * f64::from(job.size.width()) * f64::from(job.size.height());
    Duration::from_mins(1) + Duration::from_secs_f64(pixels / SLOWEST_PIXELS_PER_SECOND)
}

impl Renderer for FfmpegRenderer {
    fn render<'a>(
        &'a self,
        job: &'a RenderJob,
        observer: &'a dyn Observer,
        cancel: &'a CancellationToken,
    ) -> BoxFuture<'a, Result<RenderedVideo, Error>> {
        Box::pin(async move {
            let progress = |fraction| observer.progress(fraction);
            self.run(job, &progress, cancel).await
        })
    }

    fn verify<'a>(
        &'a self,
        path: &'a Utf8Path,
        expected: &'a ExpectedVideo,
        cancel: &'a CancellationToken,
    ) -> BoxFuture<'a, Result<CheckedVideo, Error>> {
        Box::pin(async move {
            let verified = verify_video(&self.ffmpeg, path, expected, cancel).await?;
            Ok(CheckedVideo {
                loudness_lufs: verified.loudness_lufs,
                true_peak_dbtp: verified.true_peak_dbtp,
                remarks: verified.remarks.iter().map(ToString::to_string).collect(),
            })
        })
    }
}
