//! Rendering: our own loop makes the frames, one FFmpeg process encodes them once and muxes the audio.

mod encode;
#[cfg(feature = "test-util")]
mod fake;
mod frames;
mod thumbnail;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use camino::{Utf8Path, Utf8PathBuf};
use tokio::io::AsyncWriteExt;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use videogen_process::{ChildStdin, Stdin};

pub use encode::Encode;
#[cfg(feature = "test-util")]
pub use fake::{Failure, FakeRenderer};
pub use thumbnail::write_thumbnail;

use crate::captions::Captions;
use crate::timeline::Timeline;
use crate::verify::{Expected, verify};
use crate::{BoxFuture, Error, Ffmpeg, FrameRate, FrameSize};

/// Everything a render needs. All files are read, none is changed; `output` is created or replaced.
#[derive(Debug, Clone)]
pub struct Job {
    /// Size of the video.
    pub size: FrameSize,
    /// Its frame rate.
    pub rate: FrameRate,
    /// Pictures and camera moves.
    pub timeline: Timeline,
    /// What is written over them, if anything. Made for the same `size`.
    pub captions: Option<Arc<Captions>>,
    /// The finished soundtrack, a WAV file as long as the timeline.
    pub audio: Utf8PathBuf,
    /// Encoder settings.
    pub encode: Encode,
    /// The MP4 to write. On any error it may be left incomplete: render to a scratch name and rename.
    pub output: Utf8PathBuf,
}

/// What a render delivered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rendered {
    /// Frames encoded.
    pub frames: u64,
    /// The encoder that made them, e.g. `libx264`.
    pub encoder: String,
}

/// Told the fraction that is done, `0.0..=1.0`, never falling. Must return quickly: it is called between frames.
pub type Progress<'a> = &'a (dyn Fn(f32) + Send + Sync);

/// Turns a [`Job`] into a video file.
pub trait Renderer: fmt::Debug + Send + Sync {
    /// Renders `job`. Dropping the future or cancelling `cancel` stops the encoder; no process is left behind.
    ///
    /// # Errors
    /// [`Error::Ffmpeg`] with the end of the encoder's log, the `Input…` errors for a picture, [`Error::Cancelled`].
    fn render<'a>(
        &'a self,
        job: &'a Job,
        progress: Progress<'a>,
        cancel: &'a CancellationToken,
    ) -> BoxFuture<'a, Result<Rendered, Error>>;

    /// Checks a video this renderer made against what was promised.
    ///
    /// # Errors
    /// As [`crate::verify::verify`].
    fn verify<'a>(
        &'a self,
        path: &'a Utf8Path,
        expected: &'a Expected,
        cancel: &'a CancellationToken,
    ) -> BoxFuture<'a, Result<Checked, Error>>;
}

/// What a check measured, beside passing.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Checked {
    /// Integrated loudness in LUFS; nothing for silence.
    pub loudness_lufs: Option<f64>,
    /// True peak in dBTP; nothing for silence.
    pub true_peak_dbtp: Option<f64>,
    /// What is not as it should be, but no reason to throw the video away, in words.
    pub remarks: Vec<String>,
}

/// The real renderer.
#[derive(Debug, Clone)]
pub struct FfmpegRenderer {
    ffmpeg: Ffmpeg,
}

/// How long the encoder may take no frame before it counts as stalled.
const STALL: Duration = Duration::from_mins(2);

/// The slowest encode that is waited for, in pixels a second: a tenth of what one slow core does with these settings.
const SLOWEST_PIXELS_PER_SECOND: f64 = 500_000.0;

impl FfmpegRenderer {
    /// A renderer that encodes with this FFmpeg.
    pub fn new(ffmpeg: Ffmpeg) -> Self {
        Self { ffmpeg }
    }

    async fn run(
        &self,
        job: &Job,
        progress: Progress<'_>,
        cancel: &CancellationToken,
    ) -> Result<Rendered, Error> {
        const STAGE: &str = "encoding the video";
        let frames = job.timeline.frames();
        let pixels = frames as f64 * f64::from(job.size.width()) * f64::from(job.size.height());
        let deadline =
            Duration::from_mins(1) + Duration::from_secs_f64(pixels / SLOWEST_PIXELS_PER_SECOND);
        let command = self
            .ffmpeg
            .command(deadline)
            .args(encode::arguments(job))
            .stdin(Stdin::Pipe);
        let mut child = self
            .ffmpeg
            .supervisor()
            .spawn(command)
            .map_err(|e| Error::process(STAGE, e))?;
        let stdin = child.take_stdin().expect("the command asked for a pipe");

        // One batch being made, one waiting, one being written: memory does not depend on the length of the video.
        let (send, receive) = mpsc::channel(1);
        let stop = cancel.child_token();
        let stop_on_return = stop.clone().drop_guard();
        let producer = {
            let (job, stop) = (job.clone(), stop.clone());
            tokio::task::spawn_blocking(move || frames::produce(&job, &send, &stop))
        };
        let fed = feed(stdin, receive, frames, progress, &stop).await;
        if fed.is_err() {
            stop.cancel();
        }
        // A panic in the producer is a bug: it is passed on, not turned into an error.
        let produced = match producer.await {
            Ok(produced) => produced,
            Err(failed) if failed.is_panic() => std::panic::resume_unwind(failed.into_panic()),
            Err(_) => Err(Error::Cancelled),
        };
        drop(stop_on_return);
        if cancel.is_cancelled() {
            child.kill();
            return Err(Error::Cancelled);
        }
        if let Err(error) = produced
            && !error.is_cancelled()
        {
            return Err(error);
        }
        match fed {
            Ok(()) | Err(Feed::Closed) => {}
            Err(Feed::Stalled) => {
                return Err(Error::FfmpegOutput {
                    stage: STAGE.into(),
                    reason: format!("it took no frame for {} s", STALL.as_secs()),
                });
            }
        }
        let outcome = child
            .wait(cancel)
            .await
            .and_then(videogen_process::Outcome::into_success);
        outcome.map_err(|source| Error::process(STAGE, source))?;
        if fed.is_err() {
            // It said success, but stopped reading before the last frame: the video is short.
            return Err(Error::FfmpegOutput {
                stage: STAGE.into(),
                reason: "it ended before the last frame".into(),
            });
        }
        Ok(Rendered {
            frames,
            encoder: "libx264".into(),
        })
    }
}

impl Renderer for FfmpegRenderer {
    fn render<'a>(
        &'a self,
        job: &'a Job,
        progress: Progress<'a>,
        cancel: &'a CancellationToken,
    ) -> BoxFuture<'a, Result<Rendered, Error>> {
        Box::pin(self.run(job, progress, cancel))
    }

    fn verify<'a>(
        &'a self,
        path: &'a Utf8Path,
        expected: &'a Expected,
        cancel: &'a CancellationToken,
    ) -> BoxFuture<'a, Result<Checked, Error>> {
        Box::pin(async move {
            let verified = verify(&self.ffmpeg, path, expected, cancel).await?;
            Ok(Checked {
                loudness_lufs: verified.loudness_lufs,
                true_peak_dbtp: verified.true_peak_dbtp,
                remarks: verified.remarks.iter().map(ToString::to_string).collect(),
            })
        })
    }
}

/// Why not every frame reached the encoder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Feed {
    Closed,
    Stalled,
}

/// Writes the frames to the encoder as they are made, and closes its input.
async fn feed(
    mut stdin: ChildStdin,
    mut batches: mpsc::Receiver<Vec<Vec<u8>>>,
    frames: u64,
    progress: Progress<'_>,
    stop: &CancellationToken,
) -> Result<(), Feed> {
    let mut done = 0u64;
    while let Some(batch) = batches.recv().await {
        for frame in batch {
            let write = tokio::time::timeout(STALL, stdin.write_all(&frame));
            let written = tokio::select! {
                () = stop.cancelled() => return Err(Feed::Closed),
                written = write => written,
            };
            match written {
                Ok(Ok(())) => {}
                // The reason is in the encoder's log; the caller reads it when the process has ended.
                Ok(Err(_)) => return Err(Feed::Closed),
                Err(_) => return Err(Feed::Stalled),
            }
            done += 1;
            progress(done as f32 / frames as f32);
        }
    }
    if done == frames {
        Ok(())
    } else {
        Err(Feed::Closed)
    }
}
