//! What every motif is given: the frame, the palette, where the light stands, and where its choices come from.

use videogen_types::{Rng, Seed};

use super::math::{V2, v2};
use super::palette::Palette;

/// The picture plane. Lengths are in short sides, so one composition serves every size; shapes of frame differ in `half`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct View {
    /// Half the width and half the height.
    pub(crate) half: V2,
    /// The side of one pixel.
    pub(crate) px: f32,
    pub(crate) width: usize,
    pub(crate) height: usize,
}

impl View {
    pub(crate) fn new(width: u32, height: u32) -> Self {
        let short = width.min(height).max(1) as f32;
        Self {
            half: v2(width as f32 / short * 0.5, height as f32 / short * 0.5),
            px: 1.0 / short,
            width: width as usize,
            height: height as usize,
        }
    }

    /// The y at `fraction` of the height from the top.
    pub(crate) fn y(&self, fraction: f32) -> f32 {
        (fraction * 2.0 - 1.0) * self.half.y
    }

    /// The x at `fraction` of the width from the left.
    pub(crate) fn x(&self, fraction: f32) -> f32 {
        (fraction * 2.0 - 1.0) * self.half.x
    }

    /// The centre of a pixel.
    pub(crate) fn point(&self, i: usize, j: usize) -> V2 {
        v2(
            (i as f32 + 0.5) * self.px - self.half.x,
            (j as f32 + 0.5) * self.px - self.half.y,
        )
    }

    /// Is the frame taller than wide?
    pub(crate) fn is_tall(&self) -> bool {
        self.half.y > self.half.x * 1.05
    }
}

/// Everything a motif may depend on.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Stage {
    pub(crate) view: View,
    pub(crate) palette: Palette,
    /// Where the sun or moon stands across the frame, as a fraction of the width.
    pub(crate) sun_x: f32,
    /// How high it stands: 0 at the horizon, 1 near the top. Follows the story from dawn to dusk.
    pub(crate) sun_height: f32,
    pub(crate) seed: Seed,
}

impl Stage {
    /// Choices of one part of the motif.
    pub(crate) fn rng(&self, part: &str) -> Rng {
        self.seed.derive(part, 0).rng()
    }

    /// A noise seed of one part of the motif.
    pub(crate) fn noise(&self, part: &str) -> u32 {
        self.seed.derive(part, 1).0 as u32
    }
}
