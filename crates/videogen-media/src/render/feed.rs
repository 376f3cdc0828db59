//! One FFmpeg process and the thread that feeds it frames.

use std::ffi::OsString;
use std::io;
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use camino::Utf8PathBuf;
use tokio::sync::oneshot;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use videogen_process::{Outcome, PipeWriter, Stdin};

use super::frames::{Sink, write_range};
use super::{RenderJob, RenderProgress};
use crate::encode::bounded_encode;
use crate::{Error, Ffmpeg};

/// The pipe to the encoder, in bytes: the most Linux gives without asking (`/proc/sys/fs/pipe-max-size`). Raw video at
/// the usual 64 KiB changes between the two processes twenty times a frame.
const PIPE: usize = 1 << 20;

/// How much freed memory glibc keeps for the next frame, in bytes: as good as all, and blocks up to the largest it takes from
/// its heap (mallopt(3)). FFmpeg takes a frame's buffer anew for each frame that comes through a pipe, and by default part of
/// them go back to the system and come again with cleared pages: 60,000 page faults in twenty seconds of video, 16,000
/// with these, at no higher peak (`docs/measurements.md`). Other C libraries do not know the names.
const KEPT_MEMORY: [(&str, &str); 2] = [
    ("MALLOC_TRIM_THRESHOLD_", "1073741824"),
    ("MALLOC_MMAP_THRESHOLD_", "33554432"),
];

/// What the process does, for messages.
pub(super) const STAGE: &str = "encoding the video";

/// How often progress is told, and the encoder looked at.
const TICK: Duration = Duration::from_millis(100);

/// Does `work`, and tells the fraction that is done meanwhile.
pub(super) async fn telling<T>(
    progress: RenderProgress<'_>,
    done: impl Fn() -> u64,
    total: u64,
    work: impl Future<Output = T>,
) -> T {
    let mut work = std::pin::pin!(work);
    let mut tick = tokio::time::interval(TICK);
    loop {
        tokio::select! {
            result = &mut work => return result,
            _ = tick.tick() => progress(done() as f32 / total as f32),
        }
    }
}

/// An encode of some frames.
pub(super) struct Feed {
    pub(super) ffmpeg: Ffmpeg,
    pub(super) job: Arc<RenderJob>,
    pub(super) frames: Range<u64>,
    /// Grows by one for each frame the encoder has taken.
    pub(super) taken: Arc<AtomicU64>,
    /// FFmpeg's, which reads the frames from `pipe:0`.
    pub(super) arguments: Vec<OsString>,
    /// The file it writes.
    pub(super) output: Utf8PathBuf,
    /// The longest the process may run.
    pub(super) deadline: Duration,
    /// The longest it may take no frame.
    pub(super) stall: Duration,
}

impl Feed {
    /// Runs to the end. Dropping the future kills the encoder.
    pub(super) async fn run(self, cancel: &CancellationToken) -> Result<(), Error> {
        let failed = |source| Error::process(STAGE, source);
        let mut command = self
            .ffmpeg
            .command(self.deadline)
            .args(self.arguments)
            .stdin(Stdin::Pipe);
        for (name, value) in KEPT_MEMORY {
            command = command.env(name, value);
        }
        let frames = self.frames.end - self.frames.start;
        let (size, rate) = (self.job.size, self.job.rate);
        let command = bounded_encode(command, &self.job.encode, size, frames, rate);
        let mut child = self.ffmpeg.supervisor().spawn(command).map_err(failed)?;
        let stdin = child.take_stdin().expect("the command asked for a pipe");
        let broken = |source| Error::Io {
            action: "writing the frames of",
            path: self.output.clone(),
            source,
        };
        let sent = Arc::new(AtomicU64::new(0));
        let mut counted = Counted {
            pipe: stdin.into_blocking(PIPE).map_err(broken)?,
            sent: Arc::clone(&sent),
            taken: Arc::clone(&self.taken),
        };
        let stop = cancel.child_token();
        let _stop_on_return = stop.clone().drop_guard();
        let stop_making = stop.clone();
        let (done, mut written) = oneshot::channel();
        // Not on the runtime's pool: a write can block for as long as the encoder does.
        let writer = {
            let (job, frames) = (Arc::clone(&self.job), self.frames.clone());
            std::thread::Builder::new()
                .name("frames".into())
                .spawn(move || {
                    let result = write_range(&job, frames, &mut counted, &stop);
                    // The encoder reads the end of its input.
                    drop(counted);
                    // Nobody listens any more when the future was dropped.
                    let _ = done.send(result);
                })
                .map_err(broken)?
        };

        let mut tick = tokio::time::interval(TICK);
        let (mut last, mut since) = (0, Instant::now());
        let (mut cancelled, mut stalled) = (false, false);
        let result = loop {
            tokio::select! {
                result = &mut written => break result,
                () = cancel.cancelled(), if !cancelled => {
                    cancelled = true;
                    child.kill();
                }
                _ = tick.tick() => {
                    let now = sent.load(Ordering::Relaxed);
                    if now != last {
                        (last, since) = (now, Instant::now());
                    } else if since.elapsed() > self.stall && !stalled {
                        stalled = true;
                        child.kill();
                        // It may not be writing, but waiting for a frame.
                        stop_making.cancel();
                    }
                }
            }
        };
        // A thread that ended without a word panicked: that is a bug, and is passed on as one.
        let Ok(result) = result else {
            let panic = writer.join().expect_err("it would have sent its result");
            std::panic::resume_unwind(panic)
        };
        let stopped = |reason: String| Error::FfmpegStopped {
            stage: STAGE.into(),
            reason,
        };
        let mut closed = false;
        let given_up = match result {
            _ if cancel.is_cancelled() => Some(Error::Cancelled),
            _ if stalled => Some(stopped(format!(
                "it took no frame for {} s",
                self.stall.as_secs()
            ))),
            // The encoder closed the pipe; why, it says itself.
            Ok(()) => None,
            Err(Error::Io { path, .. }) if path == self.job.output => {
                closed = true;
                None
            }
            Err(error) => Some(error),
        };
        if let Some(error) = given_up {
            // Not only killed, but gone, when the caller goes on.
            child.kill();
            let _ = child.wait(&CancellationToken::new()).await;
            return Err(error);
        }
        let outcome = child.wait(cancel).await.and_then(Outcome::into_success);
        outcome.map_err(|source| Error::writing(STAGE, &self.output, source))?;
        if closed {
            return Err(stopped("it ended before the last frame".into()));
        }
        Ok(())
    }
}

/// Counts what the encoder has taken.
struct Counted {
    pipe: PipeWriter,
    /// Frames of this encode.
    sent: Arc<AtomicU64>,
    /// Frames of this and other encodes.
    taken: Arc<AtomicU64>,
}

impl Sink for Counted {
    fn take(&mut self, frame: Vec<u8>) -> io::Result<Option<Vec<u8>>> {
        let spare = self.pipe.lend(frame)?;
        self.sent.fetch_add(1, Ordering::Relaxed);
        self.taken.fetch_add(1, Ordering::Relaxed);
        Ok(spare)
    }
}
