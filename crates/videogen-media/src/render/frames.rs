//! The loop that makes the frames: pictures decoded once each, one ahead; frames made in parallel, written in order.

mod pictures;
mod stamps;

use std::io::Write;
use std::ops::Range;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use rayon::prelude::*;
use tokio_util::sync::CancellationToken;

use super::Job;
use crate::compose::{Stamp, crossfade_weight, mix_window, paint_window};
use crate::timeline::{Timeline, Visible};
use crate::{Error, picture};
use pictures::{Pictures, View};
use stamps::Stamps;

/// Frames made at a time at most. Two batches are alive, one being made and one being written: 44 MiB at 1440x2560.
const BATCH_MAX: usize = 4;

/// Frames of one batch, one after another in one buffer each.
type Batch = Vec<Vec<u8>>;

/// Writes every raw frame of `job` to `out`: planar 8-bit 4:2:0, BT.709, limited range, [`FrameSize::frame_bytes`] each.
///
/// For encoders of the caller's own. Blocks until the last frame is written: call it off the async threads. Memory does
/// not depend on the length of the video. Cancelling `stop` ends it at the next frame.
///
/// # Errors
/// The `Input…` errors of the pictures, [`Error::Io`] when `out` fails, [`Error::Cancelled`].
///
/// [`FrameSize::frame_bytes`]: crate::FrameSize::frame_bytes
pub fn write_frames(
    job: &Job,
    out: &mut dyn Write,
    stop: &CancellationToken,
) -> Result<u64, Error> {
    let frames = 0..job.timeline.frames();
    write_range(job, frames.clone(), out, stop)?;
    Ok(frames.end)
}

/// As [`write_frames`], for some of the frames.
pub(super) fn write_range(
    job: &Job,
    frames: Range<u64>,
    out: &mut dyn Write,
    stop: &CancellationToken,
) -> Result<(), Error> {
    let (to_writer, made) = sync_channel::<Batch>(0);
    let (to_maker, written) = sync_channel::<Batch>(2);
    std::thread::scope(|scope| {
        let maker = scope.spawn(move || make(job, frames, &to_writer, &written, stop));
        let mut failed = None;
        'batches: for batch in made {
            for frame in &batch {
                if stop.is_cancelled() {
                    failed = Some(Error::Cancelled);
                    break 'batches;
                }
                if let Err(source) = out.write_all(frame) {
                    failed = Some(Error::Io {
                        action: "writing the frames of",
                        path: job.output.clone(),
                        source,
                    });
                    break 'batches;
                }
            }
            // The maker may be past its last batch.
            let _ = to_maker.send(batch);
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

/// Makes the frames and hands them over; takes back the buffers of those that are written.
fn make(
    job: &Job,
    frames: Range<u64>,
    out: &SyncSender<Batch>,
    used: &Receiver<Batch>,
    stop: &CancellationToken,
) -> Result<(), Error> {
    // A thread of its own decodes the next picture while this one's frames are made.
    let shots = shots_in(&job.timeline, &frames);
    let (send, incoming) = sync_channel(0);
    std::thread::scope(|scope| {
        let first = shots.start;
        scope.spawn(move || {
            for shot in &job.timeline.shots()[shots] {
                let prepared = picture::prepare(&shot.picture, job.size)
                    .map(|prepared| Arc::new(View::new(shot, prepared)));
                if send.send(prepared).is_err() {
                    return;
                }
            }
        });
        // Moved in, so that the decoding thread sees the channel close on every way out.
        let mut cook = Cook {
            job,
            pictures: Pictures::new(incoming, first),
            stamps: Stamps::new(job),
        };
        let at_once = rayon::current_num_threads().clamp(1, BATCH_MAX) as u64;
        let mut next = frames.start;
        while next < frames.end {
            if stop.is_cancelled() {
                return Err(Error::Cancelled);
            }
            let recipes: Vec<Recipe> = (next..frames.end.min(next + at_once))
                .map(|frame| cook.recipe(frame))
                .collect::<Result<_, _>>()?;
            next += recipes.len() as u64;
            let mut batch = used.try_recv().unwrap_or_default();
            batch.resize_with(recipes.len(), || vec![0; job.size.frame_bytes()]);
            batch
                .par_iter_mut()
                .zip(&recipes)
                .for_each(|(frame, recipe)| recipe.paint(job, frame));
            if out.send(batch).is_err() {
                return Err(Error::Cancelled);
            }
        }
        Ok(())
    })
}

/// The shots that are visible in these frames, which are not empty.
fn shots_in(timeline: &Timeline, frames: &Range<u64>) -> Range<usize> {
    let first = timeline.visible(frames.start);
    let last = timeline.visible(frames.end - 1);
    first.leaving.map_or(first.front.0, |(index, ..)| index)..last.front.0 + 1
}

/// What knows how each frame is made.
struct Cook<'a> {
    job: &'a Job,
    pictures: Pictures,
    stamps: Stamps<'a>,
}

impl Cook<'_> {
    fn recipe(&mut self, frame: u64) -> Result<Recipe, Error> {
        let visible = self.job.timeline.visible(frame);
        let oldest = visible.leaving.map_or(visible.front.0, |(index, ..)| index);
        self.pictures.forget_before(oldest);
        let leaving = visible
            .leaving
            .map(|(index, ..)| self.pictures.get(index))
            .transpose()?;
        let front = self.pictures.get(visible.front.0)?;
        let stamp = self.stamps.at(frame, visible, &front, leaving.as_deref());
        Ok(Recipe {
            visible,
            front,
            leaving,
            stamp,
        })
    }
}

/// All that one frame is made of.
struct Recipe {
    visible: Visible,
    front: Arc<View>,
    leaving: Option<Arc<View>>,
    stamp: Option<Arc<Stamp>>,
}

impl Recipe {
    fn paint(&self, job: &Job, frame: &mut [u8]) {
        let (_, fraction) = self.visible.front;
        let front = self.front.window(fraction);
        match (self.visible.leaving, &self.leaving) {
            (Some((_, fraction, progress)), Some(leaving)) => {
                let window = leaving.window(fraction);
                paint_window(job.size, frame, &leaving.planes, window);
                let weight = crossfade_weight(progress);
                mix_window(job.size, frame, &self.front.planes, front, weight);
            }
            _ => paint_window(job.size, frame, &self.front.planes, front),
        }
        if let Some(stamp) = &self.stamp {
            stamp.blend(job.size, frame);
        }
    }
}

#[cfg(test)]
mod tests;
