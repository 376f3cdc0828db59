//! The pictures and clips that are on screen now.

use std::collections::VecDeque;
use std::ops::Range;
use std::sync::Arc;
use std::sync::mpsc::Receiver;

use tokio_util::sync::CancellationToken;

use super::layer::{Layer, View};
use crate::Error;
use crate::clip::{Clip, Stream};
use crate::render::{RenderJob, deadline};
use crate::timeline::ShotSource;

/// How long before a clip is seen its decoder is started, in seconds: the start of a process takes a tenth of one, and
/// one that waits has memory.
const AHEAD: f64 = 1.0;

/// What comes from the decoding thread for a shot.
pub(super) enum Arrived {
    Picture(Arc<View>),
    /// Nothing to decode yet.
    Clip(Clip),
}

/// The same, in use.
enum Kept {
    Picture(Arc<View>),
    Waiting(Clip),
    Playing(Stream),
}

/// The shots that are on screen now, in the order they come from the decoding thread.
///
/// At most two clips are decoded at a time: in a crossfade the two that are seen, otherwise the one that is seen and the
/// one that comes next.
pub(super) struct Pictures<'a> {
    job: &'a RenderJob,
    incoming: Receiver<Result<Arrived, Error>>,
    /// The shots that are needed.
    shots: Range<usize>,
    stop: &'a CancellationToken,
    /// Index of the first that is kept.
    first: usize,
    kept: VecDeque<Kept>,
}

impl<'a> Pictures<'a> {
    pub(super) fn new(
        job: &'a RenderJob,
        incoming: Receiver<Result<Arrived, Error>>,
        shots: Range<usize>,
        stop: &'a CancellationToken,
    ) -> Self {
        Self {
            job,
            incoming,
            first: shots.start,
            shots,
            stop,
            kept: VecDeque::new(),
        }
    }

    /// What shot `index` gives to `frame`. To be asked for each frame once, in order.
    pub(super) fn layer(
        &mut self,
        index: usize,
        fraction: f64,
        frame: u64,
    ) -> Result<Layer, Error> {
        Ok(match self.begun(index, frame)? {
            Kept::Playing(stream) => Layer::Clip(stream.next()?),
            Kept::Picture(view) => Layer::Picture(Arc::clone(view), view.window(fraction)),
            Kept::Waiting(_) => unreachable!("it was begun"),
        })
    }

    /// Starts the decoder of the clip that comes after shot `front`, when its time is near. Only when nothing is fading.
    pub(super) fn begin_next(&mut self, front: usize, frame: u64) -> Result<(), Error> {
        let next = front + 1;
        if !self.shots.contains(&next) {
            return Ok(());
        }
        let start = self.job.timeline.start_of(next);
        let is_clip = matches!(self.job.timeline.shots()[next].source, ShotSource::Clip(_));
        if is_clip && start - frame <= self.job.rate.frames_in(AHEAD) {
            self.begun(next, start)?;
        }
        Ok(())
    }

    /// Shot `index`, and if it is a clip, one that plays; from `frame` on if it did not yet.
    fn begun(&mut self, index: usize, frame: u64) -> Result<&mut Kept, Error> {
        while self.first + self.kept.len() <= index {
            // The sender ends early only when the receiver is gone.
            let arrived = self.incoming.recv().map_err(|_| Error::Cancelled)??;
            self.kept.push_back(match arrived {
                Arrived::Picture(view) => Kept::Picture(view),
                Arrived::Clip(clip) => Kept::Waiting(clip),
            });
        }
        let job = self.job;
        let kept = &mut self.kept[index - self.first];
        if let Kept::Waiting(clip) = kept {
            let first = frame - job.timeline.start_of(index);
            let within = deadline(job, job.timeline.frames());
            let stream = Stream::start(clip, (job.size, job.rate), first, within, self.stop)?;
            *kept = Kept::Playing(stream);
        }
        Ok(kept)
    }

    /// Lets go of the shots before `index`. Ends the decoders of those that are clips.
    pub(super) fn forget_before(&mut self, index: usize) {
        while self.first < index && self.kept.pop_front().is_some() {
            self.first += 1;
        }
    }
}
