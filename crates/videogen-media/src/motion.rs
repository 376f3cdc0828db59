//! Camera moves over a still picture: pure functions from a fraction of the shot to a window of the picture.

use serde::{Deserialize, Serialize};

use crate::interest::Interest;
use crate::resample::Window;

/// How much larger than the frame a picture is prepared, and so how far a move can zoom in: at 1.2 a source prescaled
/// to `frame * 1.2` keeps 44 to 47 dB against a supersampled reference at both ends of the move; 1.0 loses 3.5 to 4 dB
/// at the near end and 1.5 about 1 dB at the far end (measured, `docs/measurements.md`).
pub const MAX_ZOOM: f64 = 1.2;

/// How near a move comes to a picture that is shown whole, of which it must not cut anything.
pub(crate) const WHOLE_ZOOM: f64 = 1.05;

/// A camera move over one picture. Positions are fractions of the room left beside the window, so every value in
/// `0.0..=1.0` keeps the window inside the picture.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Motion {
    /// Where the move starts.
    pub from: Viewpoint,
    /// Where it ends.
    pub to: Viewpoint,
}

/// One camera position.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Viewpoint {
    /// 1.0 shows the whole picture; at most [`MAX_ZOOM`].
    pub zoom: f64,
    /// 0.0 is the left edge, 1.0 the right one.
    pub x: f64,
    /// 0.0 is the upper edge, 1.0 the lower one.
    pub y: f64,
}

impl Motion {
    /// The moves a shot can have, as (zoom, x, y) at its start and end.
    const MOVES: [[(f64, f64, f64); 2]; 8] = [
        [(1.0, 0.5, 0.5), (1.17, 0.5, 0.42)],
        [(1.17, 0.5, 0.4), (1.0, 0.5, 0.5)],
        [(1.15, 0.08, 0.5), (1.15, 0.92, 0.46)],
        [(1.15, 0.92, 0.46), (1.15, 0.08, 0.5)],
        [(1.14, 0.5, 0.92), (1.14, 0.5, 0.08)],
        [(1.04, 0.2, 0.7), (1.19, 0.72, 0.35)],
        [(1.19, 0.28, 0.65), (1.05, 0.75, 0.4)],
        [(1.14, 0.5, 0.1), (1.16, 0.45, 0.85)],
    ];

    /// The number of different moves [`Motion::numbered`] knows.
    pub const COUNT: usize = Self::MOVES.len();

    /// Move number `index` (taken modulo [`Motion::COUNT`]): zooms, pans and combinations of both.
    pub fn numbered(index: usize) -> Self {
        let [from, to] = Self::MOVES[index % Self::COUNT];
        let view = |(zoom, x, y)| Viewpoint { zoom, x, y };
        Self {
            from: view(from),
            to: view(to),
        }
    }

    /// Move number `index` over a picture that is shown whole: slowly nearer, or away, straight at its middle.
    pub fn of_whole(index: usize) -> Self {
        let view = |zoom| Viewpoint {
            zoom,
            x: 0.5,
            y: 0.5,
        };
        let (from, to) = if index.is_multiple_of(2) {
            (view(1.0), view(WHOLE_ZOOM))
        } else {
            (view(WHOLE_ZOOM), view(1.0))
        };
        Self { from, to }
    }

    /// The same kind of move, led by what stands out in the picture: a move that comes nearer ends there, one that goes
    /// away starts there, and one that passes by ends on its side.
    #[must_use]
    pub(crate) fn turned_to(self, interest: Interest) -> Self {
        let Self { mut from, mut to } = self;
        if to.zoom > from.zoom + NEARER {
            to = to.looking_at(interest);
        } else if from.zoom > to.zoom + NEARER {
            from = from.looking_at(interest);
        } else {
            // Mirrored where it would lead away; the axis it does not move along is set to the place.
            (from.x, to.x) = passing((from.x, to.x), to.centred(interest.x), interest.x);
            (from.y, to.y) = passing((from.y, to.y), to.centred(interest.y), interest.y);
        }
        Self { from, to }
    }

    /// The window at `fraction` of the shot (0.0 its start, 1.0 its end) over `area`, which zoom 1 shows whole.
    ///
    /// Zoom runs geometrically, so that it looks even; position eases gently at both ends.
    pub(crate) fn window(&self, fraction: f64, area: Window) -> Window {
        let t = fraction.clamp(0.0, 1.0);
        // A quarter smoothstep: a little slower at both ends, and never a standstill.
        let eased = 0.75 * t + 0.25 * t * t * (3.0 - 2.0 * t);
        let between = |a: f64, b: f64| (a + (b - a) * eased).clamp(0.0, 1.0);
        let zoom = (self.from.zoom.ln() + (self.to.zoom.ln() - self.from.zoom.ln()) * eased).exp();
        let zoom = zoom.clamp(1.0, MAX_ZOOM);
        let (width, height) = (area.width / zoom, area.height / zoom);
        Window {
            left: area.left + (area.width - width) * between(self.from.x, self.to.x),
            top: area.top + (area.height - height) * between(self.from.y, self.to.y),
            width,
            height,
        }
    }
}

/// The difference in zoom from which a move is one nearer or away rather than past.
const NEARER: f64 = 0.05;

/// The travel along an axis from which it counts as movement and not as drift.
const PASSES: f64 = 0.5;

/// One axis of a move past a place: `path` is its start and end, `place` where the window would have to be to show the
/// place in its middle, `interest` the place itself.
fn passing((start, end): (f64, f64), place: f64, interest: f64) -> (f64, f64) {
    if (end - start).abs() < PASSES {
        // Half way: the whole way would make two moves over similar pictures alike.
        let shift = (place - f64::midpoint(start, end)) / 2.0;
        return (
            (start + shift).clamp(0.0, 1.0),
            (end + shift).clamp(0.0, 1.0),
        );
    }
    if (end - start) * (interest - 0.5) < 0.0 {
        (end, start)
    } else {
        (start, end)
    }
}

impl Viewpoint {
    /// The position along one axis at which the window has `place`, a fraction of the picture's side, in its middle, or
    /// as near to it as it can be.
    fn centred(self, place: f64) -> f64 {
        let seen = 1.0 / self.zoom;
        if seen >= 1.0 {
            return 0.5;
        }
        ((place - seen / 2.0) / (1.0 - seen)).clamp(0.0, 1.0)
    }

    fn looking_at(self, interest: Interest) -> Self {
        Self {
            zoom: self.zoom,
            x: self.centred(interest.x),
            y: self.centred(interest.y),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn whole(width: f64, height: f64) -> Window {
        Window {
            left: 0.0,
            top: 0.0,
            width,
            height,
        }
    }

    proptest! {
        #[test]
        fn the_window_never_leaves_the_picture(
            index in 0usize..16, fraction in -1.0f64..2.0, w in 16usize..4000, h in 16usize..4000,
            x in 0.0f64..=1.0, y in 0.0f64..=1.0,
        ) {
            let window = Motion::numbered(index).turned_to(Interest { x, y }).window(fraction, whole(w as f64, h as f64));
            prop_assert!(window.left >= -1e-9 && window.top >= -1e-9);
            prop_assert!(window.left + window.width <= w as f64 + 1e-6);
            prop_assert!(window.top + window.height <= h as f64 + 1e-6);
            prop_assert!((window.width / window.height - w as f64 / h as f64).abs() < 1e-6);
        }

        #[test]
        fn every_move_moves(index in 0usize..Motion::COUNT, place in (0.0f64..=1.0, 0.0f64..=1.0), turned in any::<bool>()) {
            let mut motion = Motion::numbered(index);
            if turned {
                motion = motion.turned_to(Interest { x: place.0, y: place.1 });
            }
            let (start, end) = (motion.window(0.0, whole(864.0, 1536.0)), motion.window(1.0, whole(864.0, 1536.0)));
            let travelled = (start.left - end.left).abs() + (start.top - end.top).abs() + (start.width - end.width).abs();
            prop_assert!(travelled > 60.0, "{travelled}");
        }
    }

    /// How far the middle of the window is from a place, in picture widths, at the start and at the end.
    fn distances(motion: Motion, place: Interest) -> (f64, f64) {
        let at = |fraction| {
            let window = motion.window(fraction, whole(900.0, 1600.0));
            let (x, y) = (
                window.left + window.width / 2.0,
                window.top + window.height / 2.0,
            );
            (x / 900.0 - place.x).hypot(y / 1600.0 - place.y)
        };
        (at(0.0), at(1.0))
    }

    #[test]
    fn moves_lead_to_what_stands_out() {
        for index in 0..Motion::COUNT {
            for (x, y) in [(0.25, 0.3), (0.8, 0.35), (0.3, 0.8), (0.75, 0.7)] {
                let place = Interest { x, y };
                let motion = Motion::numbered(index).turned_to(place);
                let (start, end) = distances(motion, place);
                let away = motion.from.zoom > motion.to.zoom + NEARER;
                let (near, far) = if away { (start, end) } else { (end, start) };
                assert!(
                    near < far,
                    "move {index} to {place:?}: {near:.3} and {far:.3}"
                );
            }
        }
    }

    #[test]
    fn moves_are_steady() {
        // The step between neighbouring frames varies by less than a factor of two: no jerk, no standstill.
        for index in 0..Motion::COUNT {
            let motion = Motion::numbered(index);
            let centre = |i: u32| {
                let window = motion.window(f64::from(i) / 150.0, whole(864.0, 1536.0));
                (window.left, window.top, window.width)
            };
            let steps: Vec<f64> = (0..150)
                .map(|i| {
                    let (a, b) = (centre(i), centre(i + 1));
                    (a.0 - b.0).abs() + (a.1 - b.1).abs() + (a.2 - b.2).abs()
                })
                .collect();
            let (low, high) = steps
                .iter()
                .fold((f64::MAX, 0.0f64), |(l, h), &s| (l.min(s), h.max(s)));
            assert!(
                high < 2.0 * low,
                "move {index}: {low:.3}..{high:.3} px a frame"
            );
        }
    }
}
