//! In which size a picture was painted, and how it became larger.

use serde::{Deserialize, Serialize};

/// A size in pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct PaintedSize {
    /// From left to right.
    pub width: u32,
    /// From top to bottom.
    pub height: u32,
}

/// How a picture became larger than it was painted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Enlarged {
    /// How many times a side.
    pub times: f64,
    /// How much of that is plain resampling.
    pub resampled: f64,
    /// By what: `resampling`, or the file of an upscale model.
    pub by: String,
}
