//! Captions as the frames need them.

use std::sync::Arc;

use super::layer::Layer;
use crate::captions::{CaptionBackdrop, CaptionState, Captions};
use crate::compose::Stamp;
use crate::render::RenderJob;
use crate::timeline::Visible;

/// Captions, drawn once for each state they are in and each picture that comes under them.
pub(super) struct Stamps<'a> {
    job: &'a RenderJob,
    last: Option<Drawn>,
}

struct Drawn {
    state: CaptionState,
    /// The shots it was drawn for.
    shots: (usize, Option<usize>),
    /// What was seen under its page so far.
    backdrop: CaptionBackdrop,
    stamp: Arc<Stamp>,
}

impl<'a> Stamps<'a> {
    pub(super) fn new(job: &'a RenderJob) -> Self {
        Self { job, last: None }
    }

    pub(super) fn at(
        &mut self,
        frame: u64,
        visible: Visible,
        front: &Layer,
        leaving: Option<&Layer>,
    ) -> Option<Arc<Stamp>> {
        let captions: &Captions = self.job.captions.as_deref()?;
        // The middle of the time the frame is shown.
        let time = self.job.rate.time_of(frame) + 0.5 / self.job.rate.per_second();
        let state = captions.state_at(time)?;
        let shots = (visible.front.0, visible.leaving.map(|(index, ..)| index));
        let last = self.last.as_ref();
        let same = last.filter(|last| (last.state, last.shots) == (state, shots));
        let moves = front.is_clip() || leaving.is_some_and(Layer::is_clip);
        if let Some(last) = same
            && !moves
        {
            return Some(Arc::clone(&last.stamp));
        }
        let part = captions.area_of(state.page)?;
        let size = self.job.size;
        let mut backdrop = front.below(part, size);
        if let Some(layer) = leaving {
            backdrop = backdrop.joined(layer.below(part, size));
        }
        // A page does not become paler again while it is read.
        if let Some(last) = last.filter(|last| last.state.page == state.page) {
            backdrop = backdrop.joined(last.backdrop);
        }
        // In a clip it may have become lighter or darker than before, or not.
        if let Some(last) = same
            && last.backdrop == backdrop
        {
            return Some(Arc::clone(&last.stamp));
        }
        let stamp = Arc::new(Stamp::new(&captions.draw_over(state, backdrop), size));
        self.last = Some(Drawn {
            state,
            shots,
            backdrop,
            stamp: Arc::clone(&stamp),
        });
        Some(stamp)
    }
}
