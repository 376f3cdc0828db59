//! Camera moves over a still picture: pure functions from a fraction of the shot to a window of the picture.

use serde::{Deserialize, Serialize};

use crate::resample::Window;

/// How much larger than the frame a picture is prepared, and so how far a move can zoom in: at 1.2 a source prescaled
/// to `frame * 1.2` keeps 44 to 47 dB against a supersampled reference at both ends of the move; 1.0 loses 3.5 to 4 dB
/// at the near end and 1.5 about 1 dB at the far end (measured, `docs/measurements.md`).
pub const ZOOM_MAX: f64 = 1.2;

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
    /// 1.0 shows the whole picture; at most [`ZOOM_MAX`].
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

    /// The window at `fraction` of the shot (0.0 its start, 1.0 its end) over a picture of `width * height`.
    ///
    /// Zoom runs geometrically, so that it looks even; position eases gently at both ends.
    pub(crate) fn window(&self, fraction: f64, (width, height): (usize, usize)) -> Window {
        let t = fraction.clamp(0.0, 1.0);
        // A quarter smoothstep: a little slower at both ends, and never a standstill.
        let eased = 0.75 * t + 0.25 * t * t * (3.0 - 2.0 * t);
        let between = |a: f64, b: f64| a + (b - a) * eased;
        let zoom = (self.from.zoom.ln() + (self.to.zoom.ln() - self.from.zoom.ln()) * eased).exp();
        let zoom = zoom.clamp(1.0, ZOOM_MAX);
        let (window_width, window_height) = (width as f64 / zoom, height as f64 / zoom);
        Window {
            left: (width as f64 - window_width) * between(self.from.x, self.to.x).clamp(0.0, 1.0),
            top: (height as f64 - window_height) * between(self.from.y, self.to.y).clamp(0.0, 1.0),
            width: window_width,
            height: window_height,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_window_never_leaves_the_picture(
            index in 0usize..16, fraction in -1.0f64..2.0, w in 16usize..4000, h in 16usize..4000,
        ) {
            let window = Motion::numbered(index).window(fraction, (w, h));
            prop_assert!(window.left >= -1e-9 && window.top >= -1e-9);
            prop_assert!(window.left + window.width <= w as f64 + 1e-6);
            prop_assert!(window.top + window.height <= h as f64 + 1e-6);
            prop_assert!((window.width / window.height - w as f64 / h as f64).abs() < 1e-6);
        }

        #[test]
        fn every_move_moves(index in 0usize..Motion::COUNT) {
            let motion = Motion::numbered(index);
            let (start, end) = (motion.window(0.0, (864, 1536)), motion.window(1.0, (864, 1536)));
            let travelled = (start.left - end.left).abs() + (start.top - end.top).abs() + (start.width - end.width).abs();
            prop_assert!(travelled > 60.0, "{travelled}");
        }
    }

    #[test]
    fn moves_are_steady() {
        // The step between neighbouring frames varies by less than a factor of two: no jerk, no standstill.
        for index in 0..Motion::COUNT {
            let motion = Motion::numbered(index);
            let centre = |i: u32| {
                let window = motion.window(f64::from(i) / 150.0, (864, 1536));
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
