//! The loop that makes the frames: pictures decoded once each, one ahead; frames made in parallel, handed over in order.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::mpsc as blocking;

use rayon::prelude::*;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::Job;
use crate::captions::{Captions, State};
use crate::compose::{Stamp, crossfade, crossfade_weight, paint_window};
use crate::timeline::Visible;
use crate::yuv::Planes;
use crate::{Error, picture};

/// Frames made at a time at most: with three batches alive, 66 MiB at 1440x2560.
const BATCH_MAX: usize = 4;

/// Makes every frame of `job` in order. Runs on a blocking thread; ends early when `stop` is cancelled or the receiver
/// is gone.
///
/// # Errors
/// The `Input…` errors of the pictures, [`Error::Cancelled`].
pub(super) fn produce(
    job: &Job,
    out: &mpsc::Sender<Vec<Vec<u8>>>,
    stop: &CancellationToken,
) -> Result<(), Error> {
    // A thread of its own decodes the next picture while this one's frames are made.
    let (send, receive) = blocking::sync_channel(0);
    std::thread::scope(|scope| {
        scope.spawn(move || {
            for shot in job.timeline.shots() {
                let prepared = picture::prepare(&shot.picture, job.size).map(Arc::new);
                if send.send(prepared).is_err() {
                    return;
                }
            }
        });
        // Moved in, so that the decoding thread sees the channel close on every way out.
        Loop {
            job,
            pictures: Pictures::new(receive),
            stamps: Stamps::new(job),
        }
        .run(out, stop)
    })
}

struct Loop<'a> {
    job: &'a Job,
    pictures: Pictures,
    stamps: Stamps<'a>,
}

/// All that one frame is made of.
struct Recipe {
    frame: u64,
    visible: Visible,
    front: Arc<Planes>,
    leaving: Option<Arc<Planes>>,
    stamp: Option<Arc<Stamp>>,
}

impl Loop<'_> {
    fn run(
        mut self,
        out: &mpsc::Sender<Vec<Vec<u8>>>,
        stop: &CancellationToken,
    ) -> Result<(), Error> {
        let total = self.job.timeline.frames();
        let batch = rayon::current_num_threads().clamp(1, BATCH_MAX) as u64;
        let mut next = 0;
        while next < total {
            if stop.is_cancelled() {
                return Err(Error::Cancelled);
            }
            let recipes: Vec<Recipe> = (next..total.min(next + batch))
                .map(|frame| self.recipe(frame))
                .collect::<Result<_, _>>()?;
            next += recipes.len() as u64;
            let frames = recipes
                .into_par_iter()
                .map(|recipe| cook(self.job, &recipe))
                .collect();
            if out.blocking_send(frames).is_err() {
                return Err(Error::Cancelled);
            }
        }
        Ok(())
    }

    fn recipe(&mut self, frame: u64) -> Result<Recipe, Error> {
        let visible = self.job.timeline.visible(frame);
        let leaving = visible
            .leaving
            .map(|(index, ..)| self.pictures.get(index))
            .transpose()?;
        let front = self.pictures.get(visible.front.0)?;
        self.pictures
            .forget_before(visible.leaving.map_or(visible.front.0, |(index, ..)| index));
        // The middle of the time the frame is shown.
        let time = self.job.rate.time_of(frame) + 0.5 / self.job.rate.per_second();
        Ok(Recipe {
            frame,
            visible,
            front,
            leaving,
            stamp: self.stamps.at(time),
        })
    }
}

fn cook(job: &Job, recipe: &Recipe) -> Vec<u8> {
    let shots = job.timeline.shots();
    let paint = |index: usize, fraction: f64, picture: &Planes| {
        let mut frame = vec![0; job.size.frame_bytes()];
        let window = shots[index]
            .motion
            .window(fraction, (picture.width, picture.height));
        paint_window(job.size, &mut frame, picture, window);
        frame
    };
    let (index, fraction) = recipe.visible.front;
    let front = paint(index, fraction, &recipe.front);
    let mut frame = match (recipe.visible.leaving, &recipe.leaving) {
        (Some((index, fraction, progress)), Some(picture)) => {
            let mut below = paint(index, fraction, picture);
            crossfade(&mut below, &front, crossfade_weight(progress));
            below
        }
        _ => front,
    };
    if let Some(stamp) = &recipe.stamp {
        stamp.blend(job.size, &mut frame);
    }
    tracing::trace!(frame = recipe.frame, "made");
    frame
}

/// The pictures that are on screen now, in the order they come from the decoding thread.
struct Pictures {
    incoming: blocking::Receiver<Result<Arc<Planes>, Error>>,
    first: usize,
    kept: VecDeque<Arc<Planes>>,
}

impl Pictures {
    fn new(incoming: blocking::Receiver<Result<Arc<Planes>, Error>>) -> Self {
        Self {
            incoming,
            first: 0,
            kept: VecDeque::new(),
        }
    }

    fn get(&mut self, index: usize) -> Result<Arc<Planes>, Error> {
        while self.first + self.kept.len() <= index {
            // The sender ends early only when the receiver is gone.
            let picture = self.incoming.recv().map_err(|_| Error::Cancelled)??;
            self.kept.push_back(picture);
        }
        Ok(Arc::clone(&self.kept[index - self.first]))
    }

    fn forget_before(&mut self, index: usize) {
        while self.first < index {
            self.kept.pop_front();
            self.first += 1;
        }
    }
}

/// Captions, drawn once for each state they are in.
struct Stamps<'a> {
    job: &'a Job,
    last: Option<(State, Arc<Stamp>)>,
}

impl<'a> Stamps<'a> {
    fn new(job: &'a Job) -> Self {
        Self { job, last: None }
    }

    fn at(&mut self, time: f64) -> Option<Arc<Stamp>> {
        let captions: &Captions = self.job.captions.as_deref()?;
        let state = captions.state_at(time)?;
        if let Some((known, stamp)) = &self.last
            && *known == state
        {
            return Some(Arc::clone(stamp));
        }
        let stamp = Arc::new(Stamp::new(&captions.draw(state), self.job.size));
        self.last = Some((state, Arc::clone(&stamp)));
        Some(stamp)
    }
}
