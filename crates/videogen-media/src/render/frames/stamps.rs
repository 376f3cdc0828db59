//! Captions as the frames need them.

use std::sync::Arc;

use super::pictures::View;
use crate::captions::{Backdrop, Captions, State};
use crate::compose::Stamp;
use crate::render::Job;
use crate::timeline::Visible;

/// Captions, drawn once for each state they are in and each picture that comes under them.
pub(super) struct Stamps<'a> {
    job: &'a Job,
    last: Option<Drawn>,
}

struct Drawn {
    state: State,
    /// The shots it was drawn for.
    shots: (usize, Option<usize>),
    /// What was seen under its page so far.
    backdrop: Backdrop,
    stamp: Arc<Stamp>,
}

impl<'a> Stamps<'a> {
    pub(super) fn new(job: &'a Job) -> Self {
        Self { job, last: None }
    }

    pub(super) fn at(
        &mut self,
        frame: u64,
        visible: Visible,
        front: &View,
        leaving: Option<&View>,
    ) -> Option<Arc<Stamp>> {
        let captions: &Captions = self.job.captions.as_deref()?;
        // The middle of the time the frame is shown.
        let time = self.job.rate.time_of(frame) + 0.5 / self.job.rate.per_second();
        let state = captions.state_at(time)?;
        let shots = (visible.front.0, visible.leaving.map(|(index, ..)| index));
        let last = self.last.as_ref();
        if let Some(last) = last
            && (last.state, last.shots) == (state, shots)
        {
            return Some(Arc::clone(&last.stamp));
        }
        let part = captions.area_of(state.page)?;
        let size = self.job.size;
        let mut backdrop = front.below(visible.front.1, part, size);
        if let (Some(view), Some((_, fraction, _))) = (leaving, visible.leaving) {
            backdrop = backdrop.joined(view.below(fraction, part, size));
        }
        // A page does not become paler again while it is read.
        if let Some(last) = last.filter(|last| last.state.page == state.page) {
            backdrop = backdrop.joined(last.backdrop);
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
