//! The loop that makes the frames: pictures decoded once each, one ahead, clips as they are shown; frames made in
//! parallel, written in order.

mod layer;
mod overlays;
mod pictures;
mod stamps;

use std::io::{self, Write};
use std::ops::Range;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, channel, sync_channel};

use rayon::prelude::*;
use tokio_util::sync::CancellationToken;

use super::RenderJob;
use crate::compose::{Stamp, crossfade_weight};
use crate::timeline::{ShotSource, Timeline};
use crate::{Error, FrameSize, picture};
use layer::{Layer, View};
use overlays::{Over, Overlays};
use pictures::{Arrived, Pictures};
use stamps::Stamps;

/// Frames made at a time where the encoder waits for them, and at most: its caches are disturbed once for all of them.
const BATCH: u64 = 4;

/// Bytes of frames made at a time where it does not: four frames of 720x1280, one of 1440x2560. Two batches are alive,
/// one being made and one being written, and what is alive should be in the cache until the encoder reads it.
const BATCH_BYTES: u64 = 7 << 20;

/// Frames of one batch, one after another in one buffer each.
type Batch = Vec<Vec<u8>>;

/// Where frames go.
pub(super) trait Sink {
    /// Takes a frame; gives back a buffer of the same length to be filled again, this one or another.
    fn take(&mut self, frame: Vec<u8>) -> io::Result<Option<Vec<u8>>>;
}

/// Anything that can be written to.
struct Copied<'a>(&'a mut dyn Write);

impl Sink for Copied<'_> {
    fn take(&mut self, frame: Vec<u8>) -> io::Result<Option<Vec<u8>>> {
        self.0.write_all(&frame)?;
        Ok(Some(frame))
    }
}

/// Writes every raw frame of `job` to `out`: planar 8-bit 4:2:0, BT.709, limited range, [`FrameSize::frame_bytes`] each.
///
/// For encoders of the caller's own. Blocks until the last frame is written: call it off the async threads. Memory does
/// not depend on the length of the video. Cancelling `stop` ends it at the next frame. Clips are decoded on the runtime
/// they were opened on.
///
/// # Errors
/// The `Input…` errors of the pictures and clips, [`Error::Ffmpeg`] for a clip's decoder, [`Error::Io`] when `out` fails, [`Error::Cancelled`].
///
/// [`FrameSize::frame_bytes`]: crate::FrameSize::frame_bytes
pub fn write_frames(
    job: &RenderJob,
    out: &mut dyn Write,
    stop: &CancellationToken,
) -> Result<u64, Error> {
    let frames = 0..job.timeline.frames();
    write_range(job, frames.clone(), &mut Copied(out), stop)?;
    Ok(frames.end)
}

/// As [`write_frames`], for some of the frames.
pub(super) fn write_range(
    job: &RenderJob,
    frames: Range<u64>,
    out: &mut impl Sink,
    stop: &CancellationToken,
) -> Result<(), Error> {
    let (to_writer, made) = sync_channel::<Batch>(0);
    // Holds no more than there are frames alive.
    let (to_maker, used) = channel();
    std::thread::scope(|scope| {
        let maker = std::thread::Builder::new()
            .name("maker".into())
            .spawn_scoped(scope, move || make(job, frames, &to_writer, &used, stop))
            .map_err(no_thread)?;
        let mut failed = None;
        for frame in made.into_iter().flatten() {
            if stop.is_cancelled() {
                failed = Some(Error::Cancelled);
                break;
            }
            match out.take(frame) {
                // The maker may be past its last batch.
                Ok(spare) => drop(spare.map(|spare| to_maker.send(spare))),
                Err(source) => {
                    failed = Some(Error::Io {
                        action: "writing the frames of",
                        path: job.output.clone(),
                        source,
                    });
                    break;
                }
            }
        }
        // The loop has dropped its receiver: a maker that still has frames to hand over ends.
        let made = maker
            .join()
            .unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        match (failed, made) {
            (Some(error), _) => Err(error),
            (None, made) => made,
        }
    })
}

/// The system gives no thread.
fn no_thread(source: io::Error) -> Error {
    Error::Thread { source }
}

/// Makes the frames and hands them over; takes back the buffers of those that are written.
fn make(
    job: &RenderJob,
    frames: Range<u64>,
    out: &SyncSender<Batch>,
    used: &Receiver<Vec<u8>>,
    stop: &CancellationToken,
) -> Result<(), Error> {
    let overlays = Overlays::new(job)?;
    // A thread of its own decodes the next picture while this one's frames are made.
    let shots = shots_in(&job.timeline, &frames);
    let (send, incoming) = sync_channel(0);
    std::thread::scope(|scope| {
        let needed = shots.clone();
        let decode = move || {
            for shot in &job.timeline.shots()[needed] {
                let view = |prepared| Arrived::Picture(Arc::new(View::new(shot, prepared)));
                let arrived = match &shot.source {
                    ShotSource::Picture(path) => picture::prepare(path, job.size).map(view),
                    ShotSource::Own(own) => own.prepare(job.size).map(view),
                    ShotSource::Clip(clip) => Ok(Arrived::Clip(clip.clone())),
                };
                if send.send(arrived).is_err() {
                    return;
                }
            }
        };
        std::thread::Builder::new()
            .name("pictures".into())
            .spawn_scoped(scope, decode)
            .map_err(no_thread)?;
        // Moved in, so that the decoding thread sees the channel close on every way out.
        let mut cook = Cook {
            job,
            pictures: Pictures::new(job, incoming, shots, stop),
            stamps: Stamps::new(job),
            overlays,
        };
        let mut encoder_waits = true;
        let mut next = frames.start;
        while next < frames.end {
            if stop.is_cancelled() {
                return Err(Error::Cancelled);
            }
            let count = batch_size(job.size, encoder_waits);
            let recipes: Vec<Recipe> = (next..frames.end.min(next + count))
                .map(|frame| cook.recipe(frame))
                .collect::<Result<_, _>>()?;
            next += recipes.len() as u64;
            let mut batch: Batch = recipes
                .iter()
                .map(|_| {
                    used.try_recv()
                        .unwrap_or_else(|_| vec![0; job.size.frame_bytes()])
                })
                .collect();
            if encoder_waits {
                batch
                    .par_iter_mut()
                    .zip(&recipes)
                    .for_each(|(frame, recipe)| recipe.paint(job, frame));
            } else {
                // It is slower than this thread alone, and other threads would only take its time.
                for (frame, recipe) in batch.iter_mut().zip(&recipes) {
                    recipe.paint(job, frame);
                }
            }
            let sent = match out.try_send(batch) {
                Ok(()) => {
                    encoder_waits = true;
                    Ok(())
                }
                Err(TrySendError::Full(batch)) => {
                    encoder_waits = false;
                    out.send(batch).map_err(|_| ())
                }
                Err(TrySendError::Disconnected(_)) => Err(()),
            };
            if sent.is_err() {
                return Err(Error::Cancelled);
            }
        }
        Ok(())
    })
}

/// How many frames to make next.
fn batch_size(size: FrameSize, encoder_waits: bool) -> u64 {
    if encoder_waits {
        BATCH
    } else {
        (BATCH_BYTES / size.frame_bytes() as u64).clamp(1, BATCH)
    }
}

/// The shots that are visible in these frames, which are not empty.
fn shots_in(timeline: &Timeline, frames: &Range<u64>) -> Range<usize> {
    let first = timeline.visible(frames.start);
    let last = timeline.visible(frames.end - 1);
    first.leaving.map_or(first.front.0, |(index, ..)| index)..last.front.0 + 1
}

/// What knows how each frame is made.
struct Cook<'a> {
    job: &'a RenderJob,
    pictures: Pictures<'a>,
    stamps: Stamps<'a>,
    overlays: Overlays<'a>,
}

impl Cook<'_> {
    fn recipe(&mut self, frame: u64) -> Result<Recipe, Error> {
        let visible = self.job.timeline.visible(frame);
        let oldest = visible.leaving.map_or(visible.front.0, |(index, ..)| index);
        self.pictures.forget_before(oldest);
        let leaving = match visible.leaving {
            Some((index, fraction, progress)) => {
                Some((self.pictures.layer(index, fraction, frame)?, progress))
            }
            None => {
                self.pictures.begin_next(visible.front.0, frame)?;
                None
            }
        };
        let (index, fraction) = visible.front;
        let front = self.pictures.layer(index, fraction, frame)?;
        let below = leaving.as_ref().map(|(layer, _)| layer);
        let stamp = self.stamps.at(frame, visible, &front, below);
        Ok(Recipe {
            front,
            leaving,
            stamp,
            over: self.overlays.at(frame),
        })
    }
}

/// All that one frame is made of.
struct Recipe {
    front: Layer,
    /// What fades out under it, and how far it has.
    leaving: Option<(Layer, f64)>,
    stamp: Option<Arc<Stamp>>,
    over: Over,
}

impl Recipe {
    fn paint(&self, job: &RenderJob, frame: &mut [u8]) {
        match &self.leaving {
            Some((leaving, progress)) => {
                leaving.paint(job.size, frame);
                let weight = crossfade_weight(*progress);
                self.front.mix(job.size, frame, weight);
            }
            None => self.front.paint(job.size, frame),
        }
        if let Some(stamp) = &self.stamp {
            stamp.blend(job.size, frame);
        }
        self.over.blend(job.size, frame);
    }
}

#[cfg(test)]
mod tests;
