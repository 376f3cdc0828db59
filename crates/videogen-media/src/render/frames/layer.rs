//! What fills a frame, alone or in a crossfade: a window of a picture, or a clip's frame.

use std::sync::Arc;

use crate::FrameSize;
use crate::captions::{CaptionBackdrop, FrameRegion};
use crate::clip::Frame;
use crate::compose::{mix_frame, mix_window, paint_window};
use crate::motion::Motion;
use crate::picture::Prepared;
use crate::resample::Window;
use crate::timeline::Shot;
use crate::yuv::{Plane, Planes};

/// Steps of brightness that a clip's changes are rounded to: captions over it are drawn again at most so often.
const STEPS: u8 = 16;

/// A picture and the camera move over it.
pub(super) struct View {
    planes: Planes,
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

    pub(super) fn window(&self, fraction: f64) -> Window {
        self.motion.window(fraction, self.area)
    }
}

/// What one shot gives to one frame.
pub(super) enum Layer {
    Picture(Arc<View>, Window),
    Clip(Frame),
}

impl Layer {
    /// Fills `frame`.
    pub(super) fn paint(&self, size: FrameSize, frame: &mut [u8]) {
        match self {
            Self::Picture(view, window) => paint_window(size, frame, &view.planes, *window),
            Self::Clip(own) => frame.copy_from_slice(own),
        }
    }

    /// Mixes it into `frame`: `weight` 0 leaves the frame, 256 replaces it.
    pub(super) fn mix(&self, size: FrameSize, frame: &mut [u8], weight: u16) {
        match self {
            Self::Picture(view, window) => mix_window(size, frame, &view.planes, *window, weight),
            Self::Clip(own) => mix_frame(frame, own, weight),
        }
    }

    /// Whether what is seen in it changes by more than a camera move.
    pub(super) fn is_clip(&self) -> bool {
        matches!(self, Self::Clip(_))
    }

    /// What is under a part of the frame.
    pub(super) fn below(&self, part: FrameRegion, size: FrameSize) -> CaptionBackdrop {
        match self {
            Self::Clip(frame) => {
                let (width, height) = (size.width() as usize, size.height() as usize);
                CaptionBackdrop::of_luma(&frame[..width * height], width, part).widened(STEPS)
            }
            Self::Picture(view, window) => {
                let (across, down) = (
                    window.width / f64::from(size.width()),
                    window.height / f64::from(size.height()),
                );
                let (samples, stride) = view.planes.y.padded();
                let region = FrameRegion {
                    x: (window.left + f64::from(part.x) * across) as u32 + Plane::BEFORE as u32,
                    y: (window.top + f64::from(part.y) * down) as u32,
                    width: (f64::from(part.width) * across).ceil() as u32,
                    height: (f64::from(part.height) * down).ceil() as u32,
                };
                CaptionBackdrop::of_luma(samples, stride, region)
            }
        }
    }
}
