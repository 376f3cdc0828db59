//! The parts of the work that have a peak of their own, and what is known of where memory ran out.

use serde::{Deserialize, Serialize};

use crate::units::{Bytes, Size};

/// A part of the work that has a peak of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PaintPhase {
    /// The prompt becomes vectors.
    TextEncoder,
    /// A sampling pass, from noise or over what is there.
    Sampling,
    /// Latents become pixels.
    Decode,
    /// An upscale model enlarges.
    Upscale,
    /// Pixels become latents.
    Encode,
}

impl PaintPhase {
    /// Every phase.
    pub const ALL: [Self; 5] = [
        Self::TextEncoder,
        Self::Sampling,
        Self::Decode,
        Self::Upscale,
        Self::Encode,
    ];

    /// The name for people.
    pub const fn name(self) -> &'static str {
        match self {
            Self::TextEncoder => "text encoder",
            Self::Sampling => "sampling",
            Self::Decode => "decode",
            Self::Upscale => "upscale",
            Self::Encode => "encode",
        }
    }

    /// The phase that a ComfyUI node of this class works in, or whose weights it loads. `None` for classes that belong to
    /// no phase or to several, as a loader of whole checkpoints does.
    pub fn of_node(class: &str) -> Option<Self> {
        Some(match class {
            "CLIPLoader" | "DualCLIPLoader" | "TripleCLIPLoader" | "QuadrupleCLIPLoader" => {
                Self::TextEncoder
            }
            "UNETLoader" => Self::Sampling,
            "VAELoader" => Self::Decode,
            "UpscaleModelLoader" | "ImageUpscaleWithModel" => Self::Upscale,
            _ if class.starts_with("CLIPTextEncode") => Self::TextEncoder,
            _ if class.starts_with("KSampler") || class.starts_with("SamplerCustom") => {
                Self::Sampling
            }
            _ if class.starts_with("VAEDecode") => Self::Decode,
            _ if class.starts_with("VAEEncode") => Self::Encode,
            _ => return None,
        })
    }
}

/// The peak of one phase: its own weights on the card and what it computes with. Models of other phases stay beside it
/// only while there is room.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct PhasePeak {
    /// The phase.
    pub phase: PaintPhase,
    /// What it works on.
    pub size: Size,
    /// Bytes of the card.
    pub peak_bytes: Bytes,
    /// The part of the peak that is weights.
    pub weights_bytes: Bytes,
    /// What it computes with at the least. That is less than the rest of the peak where ComfyUI falls back by itself when
    /// memory runs out: from a decode in one piece to tiles of 512 pixels, from an upscale model's tiles to those of 128.
    pub least_bytes: Bytes,
}

/// A phase of one run, with what it worked on and with: what may be learnt from how it ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct PhaseFootprint {
    /// The phase.
    pub phase: PaintPhase,
    /// What it worked on.
    pub size: Size,
    /// What it was predicted to compute with, at the least.
    pub least: Bytes,
    /// The weights that were on the card with it.
    pub weights: Bytes,
    /// What the painter could take of the card.
    pub budget: Bytes,
}

impl PhaseFootprint {
    /// The part of what the weights left free that it would have computed with: 1 when that is not known.
    pub(crate) fn share(&self) -> f64 {
        let share = self.least.as_f64() / self.budget.minus(self.weights).as_f64();
        // Also NaN and infinity, from a budget of 0.
        if share > 0.0 && share < 1.0 {
            share
        } else {
            1.0
        }
    }

    /// Whether work on `size` with `least` bytes is less than `part` of what was done here.
    ///
    /// How much of the guidance is sampled at once is the server's choice, so less sampling is a smaller size. A text
    /// encoder that stays on the card is never less.
    pub(crate) fn is_above(&self, part: f64, size: Size, least: f64) -> bool {
        match self.phase {
            PaintPhase::TextEncoder => false,
            PaintPhase::Sampling => {
                (size.area().get() as f64) < part * self.size.area().get() as f64
            }
            PaintPhase::Decode | PaintPhase::Upscale | PaintPhase::Encode => {
                least < part * self.least.as_f64()
            }
        }
    }
}
