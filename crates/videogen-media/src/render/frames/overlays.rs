//! What lies over the captions, as the frames need it.

use std::sync::Arc;

use crate::compose::Stamp;
use crate::render::RenderJob;
use crate::{Error, FrameSize};

/// The overlays of a job, each converted once.
pub(super) struct Overlays<'a> {
    job: &'a RenderJob,
    stamps: Vec<Arc<Stamp>>,
}

/// The overlays of one frame, the lowest first, each with its weight.
pub(super) struct Over(Vec<(Arc<Stamp>, u16)>);

impl<'a> Overlays<'a> {
    pub(super) fn new(job: &'a RenderJob) -> Result<Self, Error> {
        let stamp = |timed: &crate::overlay::TimedOverlay| {
            timed.check(job.size)?;
            Ok(Arc::new(Stamp::new(&timed.overlay, job.size)))
        };
        let stamps = job.overlays.iter().map(stamp).collect::<Result<_, _>>()?;
        Ok(Self { job, stamps })
    }

    pub(super) fn at(&self, frame: u64) -> Over {
        // The middle of the time the frame is shown.
        let time = self.job.rate.time_of(frame) + 0.5 / self.job.rate.per_second();
        let weights = self.job.overlays.iter().map(|timed| timed.weight_at(time));
        let seen = self.stamps.iter().zip(weights).filter(|(_, w)| *w > 0);
        Over(seen.map(|(s, w)| (Arc::clone(s), w)).collect())
    }
}

impl Over {
    pub(super) fn blend(&self, size: FrameSize, frame: &mut [u8]) {
        for (stamp, weight) in &self.0 {
            stamp.blend_at(size, frame, *weight);
        }
    }
}
