//! How a picture can come about, best first.

use serde::{Deserialize, Serialize};

/// A way to paint a picture of the promised size. The order is the planner's preference: earlier is better.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum PaintStrategy {
    /// One pass at the picture's size, decoded in one piece.
    Direct,
    /// One pass at the picture's size, decoded in tiles.
    DirectTiled,
    /// A first pass near the family's native area, enlarged in latent space, refined by a second pass, decoded in tiles.
    TwoPassLatent,
    /// A first pass near the native area, enlarged as pixels by an upscale model in tiles, refined at a size that fits.
    TwoPassPixel,
    /// One pass near the native area, decoded in tiles, brought to size by an upscale model or by plain resampling.
    EnlargeOnly,
    /// Everything on the processor.
    Cpu,
    /// No model at all: the caller's own built-in painter.
    BuiltIn,
}

impl PaintStrategy {
    /// The name in JSON and in history files.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Direct => "direct",
            Self::DirectTiled => "direct_tiled",
            Self::TwoPassLatent => "two_pass_latent",
            Self::TwoPassPixel => "two_pass_pixel",
            Self::EnlargeOnly => "enlarge_only",
            Self::Cpu => "cpu",
            Self::BuiltIn => "built_in",
        }
    }
}

impl std::fmt::Display for PaintStrategy {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.name())
    }
}
