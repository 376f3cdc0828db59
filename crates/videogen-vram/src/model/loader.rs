//! What the server's loader does with a model: whole on the card, in part, or streamed from main memory.

use serde::{Deserialize, Serialize};

use super::{GIB, MIB, ServerGeneration};
use crate::reading::Vendor;
use crate::units::TotalBytes;

/// The system the server runs on, as far as its reserve differs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OsKind {
    /// Linux and macOS.
    #[default]
    Unix,
    /// Windows, whose driver keeps more for itself.
    Windows,
}

/// The server's memory mode.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum VramState {
    /// The default: whole where it fits, in part where not.
    #[default]
    Normal,
    /// `--lowvram`: the same arithmetic; the text encoder stays on the processor.
    Low,
    /// `--novram`: nothing stays on the card.
    No,
    /// `--highvram` and `--gpu-only`: everything stays on the card.
    High,
}

/// Bytes the server leaves to others: 400 MiB, on Windows 600, there 700 on a card with more than 15 GiB; or what
/// `--reserved_memory-vram` says, in GiB. A value that is negative or not a number counts as not said.
pub fn reserved_memory(os: OsKind, total: TotalBytes, reserve_vram_gib: Option<f64>) -> f64 {
    match reserve_vram_gib.filter(|gib| gib.is_finite() && *gib >= 0.0) {
        Some(gib) => gib * GIB,
        None => match os {
            OsKind::Unix => 400.0 * MIB,
            OsKind::Windows if total.bytes().as_f64() > 15.0 * GIB => 700.0 * MIB,
            OsKind::Windows => 600.0 * MIB,
        },
    }
}

/// Bytes the server keeps free of weights for computing, at the least.
pub fn minimum_inference_memory(reserve: f64) -> f64 {
    0.8 * GIB + reserve
}

/// The part of the free memory that weights may always take: none on NVIDIA cards, 0.4 on others.
pub fn min_weight_ratio(vendor: Vendor) -> f64 {
    if vendor == Vendor::Nvidia { 0.0 } else { 0.4 }
}

/// What the loader is asked.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LoadRequest {
    /// The server's mode.
    pub state: VramState,
    /// Free memory in bytes, the model's own loaded part counted as free.
    pub free: f64,
    /// Bytes of the model's weights.
    pub model: f64,
    /// Bytes the phase wants.
    pub need: f64,
    /// Bytes it can do with; `None` where the phase does not tell (text encoder, VAE).
    pub need_min: Option<f64>,
    /// From [`reserved_memory`].
    pub reserve: f64,
    /// From [`min_weight_ratio`].
    pub min_ratio: f64,
    /// The server's generation; 0.3.64 always gives weights 128 MiB.
    pub generation: ServerGeneration,
}

/// What the loader does.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LoadDecision {
    /// What it first makes free by putting other models out.
    pub first_request: f64,
    /// What it asks for in a second round, when the first left less than that.
    pub second_request: Option<f64>,
    /// Bytes of weights that may be on the card; `None` is as many as there are.
    pub weight_budget: Option<f64>,
    /// Whether all of the model is put on the card.
    pub whole: bool,
}

/// The least free memory a phase works with: the larger of the server's own minimum and need plus reserve.
pub(crate) fn low_water(reserve: f64, need: f64, need_min: Option<f64>) -> f64 {
    minimum_inference_memory(reserve).max(need_min.unwrap_or(need) + reserve)
}

/// The loader's decision, as `load_models_gpu` makes it.
pub fn decide_load(request: &LoadRequest) -> LoadDecision {
    let LoadRequest {
        state,
        free,
        model,
        need,
        need_min,
        reserve,
        min_ratio,
        generation,
    } = *request;
    let minimum = minimum_inference_memory(reserve);
    let comfortable = minimum.max(need + reserve);
    let low = low_water(reserve, need, need_min);
    let floor = match generation {
        ServerGeneration::V0_3 => 128.0 * MIB,
        ServerGeneration::V0_33 => 0.0,
    };
    let weight_budget = match state {
        VramState::Normal | VramState::Low => {
            let budget = floor
                .max(free - low)
                .max((free * min_ratio).min(free - minimum));
            Some(if budget == 0.0 { 0.1 } else { budget })
        }
        VramState::No => Some(0.1),
        VramState::High => None,
    };
    LoadDecision {
        first_request: model * 1.1 + comfortable,
        second_request: (free < low).then_some(low),
        weight_budget,
        whole: weight_budget.is_none_or(|budget| budget > model),
    }
}
