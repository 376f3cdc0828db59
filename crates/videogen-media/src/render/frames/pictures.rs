//! The pictures a frame is made of, in the order they come from the decoding thread.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::mpsc::Receiver;

use crate::captions::{Backdrop, Region};
use crate::motion::Motion;
use crate::picture::Prepared;
use crate::resample::Window;
use crate::timeline::Shot;
use crate::yuv::{Plane, Planes};
use crate::{Error, FrameSize};

/// A picture and the camera move over it.
pub(super) struct View {
    pub(super) planes: Planes,
    area: Window,
    motion: Motion,
}

impl View {
    pub(super) fn new(shot: &Shot, prepared: Prepared) -> Self {
        let motion = if shot.guided {
            shot.motion.turned_to(prepared.interest)
        } else {
            shot.motion
        };
        Self {
            planes: prepared.planes,
            area: prepared.area,
            motion,
        }
    }

    /// What is under a part of the frame.
    pub(super) fn below(&self, fraction: f64, part: Region, size: FrameSize) -> Backdrop {
        let window = self.window(fraction);
        let (across, down) = (
            window.width / f64::from(size.width()),
            window.height / f64::from(size.height()),
        );
        let (samples, stride) = self.planes.y.padded();
        let region = Region {
            x: (window.left + f64::from(part.x) * across) as u32 + Plane::BEFORE as u32,
            y: (window.top + f64::from(part.y) * down) as u32,
            width: (f64::from(part.width) * across).ceil() as u32,
            height: (f64::from(part.height) * down).ceil() as u32,
        };
        Backdrop::of_luma(samples, stride, region)
    }

    pub(super) fn window(&self, fraction: f64) -> Window {
        self.motion.window(fraction, self.area)
    }
}

/// The pictures that are on screen now, in the order they come from the decoding thread.
pub(super) struct Pictures {
    incoming: Receiver<Result<Arc<View>, Error>>,
    first: usize,
    kept: VecDeque<Arc<View>>,
}

impl Pictures {
    pub(super) fn new(incoming: Receiver<Result<Arc<View>, Error>>, first: usize) -> Self {
        Self {
            incoming,
            first,
            kept: VecDeque::new(),
        }
    }

    pub(super) fn get(&mut self, index: usize) -> Result<Arc<View>, Error> {
        while self.first + self.kept.len() <= index {
            // The sender ends early only when the receiver is gone.
            let picture = self.incoming.recv().map_err(|_| Error::Cancelled)??;
            self.kept.push_back(picture);
        }
        Ok(Arc::clone(&self.kept[index - self.first]))
    }

    pub(super) fn forget_before(&mut self, index: usize) {
        while self.first < index && self.kept.pop_front().is_some() {
            self.first += 1;
        }
    }
}
