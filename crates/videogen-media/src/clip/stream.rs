//! A clip's frames as a video needs them, one after another: a decoder process, and the thread that reads its pipe.

use std::io::{self, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use tokio_util::sync::CancellationToken;
use videogen_process::{Command, Outcome, PipeReader, Stdout};

use super::animation::Animation;
use super::convert::Format;
use super::kind::Container;
use super::{Clip, Decoder, SHOWN, THREADS};
use crate::ffmpeg::ffmpeg_input_args;
use crate::{Error, FrameRate, FrameSize};

/// One frame in planar 8-bit 4:2:0, BT.709, limited range.
pub(crate) type Frame = Arc<Vec<u8>>;

/// The pipe from the decoder, in bytes; see the one to the encoder.
const PIPE: usize = 1 << 20;
/// Frames that wait to be taken. The decoder itself is ahead by as many as its threads.
const WAITING: usize = 2;
/// The longest a decoder may give no frame: shorter than the encoder's time, which would be blamed otherwise.
const STALL: Duration = Duration::from_mins(1);
/// How often it is looked whether anybody still wants a frame.
const TICK: Duration = Duration::from_millis(50);

/// The frames of a clip in a video of some size and rate, without end: after the last one comes the first. Dropped, it
/// ends its decoder and waits for that.
#[derive(Debug)]
pub(crate) struct Stream {
    frames: Option<Receiver<Result<Frame, Error>>>,
    /// Frames read, those that were skipped counted.
    read: Arc<AtomicU64>,
    stage: String,
    stop: CancellationToken,
    reader: Option<JoinHandle<()>>,
}

impl Stream {
    /// Starts a decoder, whose first frame is number `first` at `rate`. It ends after `deadline` at the latest, and when
    /// `stop` fires.
    pub(crate) fn start(
        clip: &Clip,
        (size, rate): (FrameSize, FrameRate),
        first: u64,
        deadline: Duration,
        stop: &CancellationToken,
    ) -> Result<Self, Error> {
        let stop = stop.child_token();
        let read = Arc::new(AtomicU64::new(0));
        let (send, frames) = sync_channel(WAITING);
        let passes = Passes {
            clip: clip.clone(),
            shape: (size, rate),
            deadline,
            bytes: size.frame_bytes(),
            read: Arc::clone(&read),
            stop: stop.clone(),
            out: send,
        };
        let reader = std::thread::Builder::new()
            .name("clip".into())
            .spawn(move || passes.run(first))
            .map_err(|source| clip.unreadable(source))?;
        Ok(Self {
            frames: Some(frames),
            read,
            stage: clip.stage(),
            stop,
            reader: Some(reader),
        })
    }

    /// The next frame. Blocks until the decoder has it.
    ///
    /// # Errors
    /// [`Error::InputBroken`] and [`Error::Ffmpeg`] of the decoder, [`Error::FfmpegStopped`] if it gives no frame for a
    /// minute, [`Error::Cancelled`].
    pub(crate) fn next(&mut self) -> Result<Frame, Error> {
        let frames = self.frames.as_ref().expect("taken only by drop");
        let (mut last, mut since) = (self.read.load(Ordering::Relaxed), Instant::now());
        loop {
            match frames.recv_timeout(TICK) {
                Ok(frame) => return frame,
                Err(RecvTimeoutError::Disconnected) => {
                    // It says what went wrong before it goes, unless it panicked or was told to stop.
                    if let Some(Err(panic)) = self.reader.take().map(JoinHandle::join) {
                        std::panic::resume_unwind(panic);
                    }
                    return Err(Error::Cancelled);
                }
                Err(RecvTimeoutError::Timeout) => {}
            }
            if self.stop.is_cancelled() {
                return Err(Error::Cancelled);
            }
            let now = self.read.load(Ordering::Relaxed);
            if now != last {
                (last, since) = (now, Instant::now());
            } else if since.elapsed() > STALL {
                return Err(Error::FfmpegStopped {
                    stage: self.stage.clone(),
                    reason: format!("it gave no frame for {} s", STALL.as_secs()),
                });
            }
        }
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        // The decoder is killed, which ends a read; a thread that hands a frame over finds nobody there.
        self.stop.cancel();
        drop(self.frames.take());
        if let Some(reader) = self.reader.take() {
            // A panic was passed on by `next`, or nobody has taken what it made of the clip.
            let _ = reader.join();
        }
    }
}

impl Clip {
    /// The decoder, which writes raw frames to its standard output.
    fn command(
        &self,
        (container, format): (Container, Format),
        (size, rate): (FrameSize, FrameRate),
        deadline: Duration,
    ) -> Command {
        let clip = &self.0;
        clip.ffmpeg
            .command(deadline)
            .args(["-threads", THREADS])
            .args(ffmpeg_input_args(container.demuxer(), &clip.path))
            .args(SHOWN)
            .args(["-vf".to_owned(), format.filters(size, rate, self.1)])
            .args(["-fps_mode", "passthrough", "-f", "rawvideo", "pipe:1"])
            .stdout(Stdout::Pipe)
            // It has nothing to tidy up.
            .grace(Duration::ZERO)
    }

    fn stage(&self) -> String {
        format!("decoding {}", self.0.path)
    }

    fn unreadable(&self, source: io::Error) -> Error {
        Error::Io {
            action: "reading",
            path: self.0.path.clone(),
            source,
        }
    }
}

/// What the thread does: one decoder after another, each from the clip's first frame to its last.
struct Passes {
    clip: Clip,
    shape: (FrameSize, FrameRate),
    deadline: Duration,
    bytes: usize,
    read: Arc<AtomicU64>,
    stop: CancellationToken,
    out: SyncSender<Result<Frame, Error>>,
}

/// Nobody takes frames any more.
struct Gone;

impl Passes {
    fn run(self, first: u64) {
        // Nobody is there to be told when it was told to stop.
        if let Err(error) = self.all(first) {
            let _ = self.out.send(Err(error));
        }
    }

    /// Hands frames over until nobody takes them.
    fn all(&self, first: u64) -> Result<(), Error> {
        let mut skip = first;
        loop {
            let pass = match &self.clip.0.decoder {
                Decoder::Ffmpeg {
                    container, format, ..
                } => self.one(skip, (*container, *format))?,
                Decoder::Animation(animation) => self.animated(skip, animation)?,
            };
            let Some(Pass { frames, last }) = pass else {
                return Ok(());
            };
            // How long the clip is in frames is known only now, by the one way that gives the same frames each time.
            skip = skip.saturating_sub(frames) % frames;
            if frames == 1 {
                // A picture in a clip's clothes: a decoder for each frame would be waste.
                while self.hand_over(&last).is_ok() {}
                return Ok(());
            }
        }
    }

    /// From the first frame of the clip to its last, of which `skip` are left out. `None` when nobody takes them.
    fn one(&self, skip: u64, how: (Container, Format)) -> Result<Option<Pass>, Error> {
        let clip = &self.clip.0;
        let failed = |source| Error::process(self.clip.stage(), source);
        let runtime = &clip.runtime;
        let (mut pipe, ended) = {
            let _inside = runtime.enter();
            let mut child = clip
                .ffmpeg
                .supervisor()
                .spawn(self.clip.command(how, self.shape, self.deadline))
                .map_err(failed)?;
            let stdout = child.take_stdout().expect("stdout is a pipe as asked for");
            let pipe = stdout
                .into_blocking(PIPE)
                .map_err(|source| self.clip.unreadable(source))?;
            let stop = self.stop.clone();
            (
                pipe,
                runtime
                    .spawn(async move { child.wait(&stop).await.and_then(Outcome::into_success) }),
            )
        };
        let mut frames = 0;
        let mut last = None;
        let mut wanted = true;
        while let Some(frame) =
            read(&mut pipe, self.bytes).map_err(|source| self.clip.unreadable(source))?
        {
            self.read.fetch_add(1, Ordering::Relaxed);
            frames += 1;
            let frame = Arc::new(frame);
            if frames > skip && self.hand_over(&frame).is_err() {
                self.stop.cancel();
                wanted = false;
                break;
            }
            last = Some(frame);
        }
        drop(pipe);
        // Gone when the stream is: the runtime loses the task only when it shuts down, and its children with it.
        let ended = runtime.block_on(ended).unwrap_or_else(|_| {
            Err(videogen_process::Error::Cancelled {
                program: "ffmpeg".into(),
            })
        });
        if !wanted {
            return Ok(None);
        }
        ended.map_err(failed)?;
        match last {
            Some(last) => Ok(Some(Pass { frames, last })),
            None => Err(Error::InputBroken {
                path: clip.path.clone(),
                reason: "there is no frame in it".into(),
            }),
        }
    }

    /// As [`Passes::one`], for what is decoded here.
    fn animated(&self, skip: u64, animation: &Animation) -> Result<Option<Pass>, Error> {
        let (size, rate) = self.shape;
        let mut frames = 0;
        let mut last = None;
        let mut wanted = true;
        let path = &self.clip.0.path;
        animation.play(path, (size, rate, self.clip.1), |frame, times| {
            self.read.fetch_add(1, Ordering::Relaxed);
            let frame = last.insert(Arc::new(frame));
            for _ in 0..times {
                frames += 1;
                wanted =
                    frames <= skip || (!self.stop.is_cancelled() && self.hand_over(frame).is_ok());
                if !wanted {
                    break;
                }
            }
            wanted
        })?;
        if !wanted {
            return Ok(None);
        }
        let last = last.ok_or_else(|| Error::InputBroken {
            path: path.clone(),
            reason: "there is no frame in it".into(),
        })?;
        Ok(Some(Pass { frames, last }))
    }

    fn hand_over(&self, frame: &Frame) -> Result<(), Gone> {
        self.out.send(Ok(Arc::clone(frame))).map_err(|_| Gone)
    }
}

/// A whole clip.
struct Pass {
    /// Its length, not 0.
    frames: u64,
    last: Frame,
}

/// One frame; nothing at the end. What is less than a frame there was cut off with the decoder.
fn read(pipe: &mut PipeReader, bytes: usize) -> io::Result<Option<Vec<u8>>> {
    let mut frame = vec![0; bytes];
    let mut filled = 0;
    while filled < bytes {
        match pipe.read(&mut frame[filled..]) {
            Ok(0) => return Ok(None),
            Ok(count) => filled += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(Some(frame))
}
