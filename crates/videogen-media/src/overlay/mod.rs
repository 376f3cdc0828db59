//! What is laid over the frames beside captions: for some seconds or all the time, with soft beginnings and ends.

mod end_card;
mod watermark;

use std::hash::{Hash, Hasher};
use std::sync::Arc;

pub use end_card::{EndCard, EndCardSeconds, EndCardText};
pub use watermark::{Watermark, WatermarkCorner, WatermarkOpacity, WatermarkWidth};

use crate::captions::Overlay;
use crate::compose::crossfade_weight;
use crate::{Error, FrameSize};

/// A picture that lies over the frames from one moment to another.
#[derive(Debug, Clone, PartialEq)]
pub struct TimedOverlay {
    /// The picture. Position and size are even and inside the frame.
    pub overlay: Arc<Overlay>,
    /// When it begins to appear, seconds from the start of the video.
    pub start: f64,
    /// When it is gone, seconds; [`f64::INFINITY`] stays to the end.
    pub end: f64,
    /// How long it takes to appear, and to go, seconds; at most half of its time each. 0 is at once.
    pub fade: f64,
}

impl TimedOverlay {
    /// A picture that is there in every frame.
    pub fn always(overlay: Overlay) -> Self {
        Self {
            overlay: Arc::new(overlay),
            start: f64::NEG_INFINITY,
            end: f64::INFINITY,
            fade: 0.0,
        }
    }

    /// How much of it is seen `t` seconds into the video: 0 nothing, 256 all.
    pub(crate) fn weight_at(&self, t: f64) -> u16 {
        let inside = (t - self.start).min(self.end - t);
        if inside <= 0.0 {
            return 0;
        }
        let fade = self.fade.min((self.end - self.start) / 2.0);
        // Infinite where there is no fade.
        crossfade_weight(inside / fade)
    }

    /// Refuses what cannot be laid over a frame of `size`.
    pub(crate) fn check(&self, size: FrameSize) -> Result<(), Error> {
        let invalid = |what, value: String, allowed: &str| {
            Err(Error::InvalidValue {
                what,
                value,
                allowed: allowed.into(),
            })
        };
        let Overlay {
            x,
            y,
            width,
            height,
            ref rgba,
        } = *self.overlay;
        let even = [x, y, width, height].iter().all(|side| side % 2 == 0);
        let ends = |from: u32, length: u32| u64::from(from) + u64::from(length);
        let inside = ends(x, width) <= u64::from(size.width())
            && ends(y, height) <= u64::from(size.height());
        if !even || !inside || rgba.len() as u64 != u64::from(width) * u64::from(height) * 4 {
            return invalid(
                "overlay",
                format!("{width}x{height} at {x},{y} with {} bytes", rgba.len()),
                "even sides at an even place inside the frame, four bytes a pixel",
            );
        }
        if self.start.is_nan() || self.end.is_nan() {
            return invalid(
                "time of an overlay",
                format!("{} to {}", self.start, self.end),
                "numbers of seconds",
            );
        }
        if !(0.0..=60.0).contains(&self.fade) {
            return invalid(
                "fade of an overlay",
                self.fade.to_string(),
                "0 to 60 seconds",
            );
        }
        Ok(())
    }
}

impl Hash for TimedOverlay {
    fn hash<H: Hasher>(&self, state: &mut H) {
        let Overlay {
            x,
            y,
            width,
            height,
            ref rgba,
        } = *self.overlay;
        ([x, y, width, height], rgba).hash(state);
        [self.start, self.end, self.fade]
            .map(f64::to_bits)
            .hash(state);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn overlay(x: u32, y: u32, width: u32, height: u32) -> Overlay {
        Overlay {
            x,
            y,
            width,
            height,
            rgba: vec![255; (width * height * 4) as usize],
        }
    }

    fn timed(start: f64, end: f64, fade: f64) -> TimedOverlay {
        TimedOverlay {
            overlay: Arc::new(overlay(0, 0, 2, 2)),
            start,
            end,
            fade,
        }
    }

    proptest! {
        #[test]
        fn it_comes_and_goes_softly(
            start in -5.0f64..20.0, length in 0.0f64..20.0, fade in 0.0f64..3.0, at in 0.0f64..1.0,
        ) {
            let it = timed(start, start + length, fade);
            prop_assert_eq!(it.weight_at(start), 0);
            prop_assert_eq!(it.weight_at(start + length), 0);
            prop_assert_eq!(it.weight_at(start - 0.01), 0);
            prop_assert_eq!(it.weight_at(start + length + 0.01), 0);
            let (t, fade) = (start + at * length, fade.min(length / 2.0));
            if t > start + fade + 1e-9 && t < start + length - fade - 1e-9 {
                prop_assert_eq!(it.weight_at(t), 256);
            }
            // Comes as it goes, and never by a jump: smoothstep is at most 1.5 times as steep as a straight line.
            let mirrored = it.weight_at(start + length - at * length);
            prop_assert!(it.weight_at(t).abs_diff(mirrored) <= 1);
            if fade > 0.1 {
                prop_assert!(it.weight_at(t).abs_diff(it.weight_at(t + 0.001)) <= 5);
            }
        }
    }

    #[test]
    fn what_is_always_there_is_there_from_the_first_frame_to_the_last() {
        let it = TimedOverlay::always(overlay(0, 0, 2, 2));
        for t in [0.0, 0.001, 1.0, 1e9] {
            assert_eq!(it.weight_at(t), 256);
        }
        assert_eq!(timed(3.0, f64::INFINITY, 0.5).weight_at(1e6), 256);
        assert_eq!(timed(3.0, f64::INFINITY, 0.5).weight_at(3.0), 0);
    }

    #[test]
    fn what_does_not_lie_in_the_frame_is_refused() {
        let size = FrameSize::new(32, 48).expect("even");
        let check = |overlay| TimedOverlay::always(overlay).check(size);
        check(overlay(0, 0, 32, 48)).expect("fits");
        check(overlay(30, 46, 2, 2)).expect("fits");
        for bad in [
            overlay(1, 0, 2, 2),
            overlay(0, 0, 3, 2),
            overlay(32, 0, 2, 2),
            overlay(0, 48, 2, 2),
            Overlay {
                x: u32::MAX - 1,
                ..overlay(0, 0, 2, 2)
            },
            Overlay {
                rgba: vec![0; 15],
                ..overlay(0, 0, 2, 2)
            },
        ] {
            assert!(matches!(check(bad), Err(Error::InvalidValue { .. })));
        }
        for (start, end, fade) in [
            (f64::NAN, 1.0, 0.0),
            (0.0, f64::NAN, 0.0),
            (0.0, 1.0, -1.0),
            (0.0, 1.0, f64::NAN),
        ] {
            assert!(timed(start, end, fade).check(size).is_err());
        }
    }
}
