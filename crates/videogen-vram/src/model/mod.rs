//! ComfyUI's memory arithmetic as pure functions: what each phase needs, what the loader does about it.
//!
//! Every formula is checked against values that ComfyUI's own functions gave (`tests/vectors.rs`). The functions take
//! and give `f64` where ComfyUI's do, because its thresholds compare exactly such numbers; [`Bytes`](crate::Bytes)
//! begins where a plan does.

mod card;
mod dtype;
mod family;
mod loader;
mod sampling;
mod server;
mod table;
#[cfg(test)]
mod tests;
mod upscale;
mod vae;
mod weights;

pub(crate) use card::compute_of;
pub use card::{guess_compute_capability, inference_dtype, vae_dtype};
pub use dtype::Dtype;
pub use family::{Family, FamilyFacts, FamilyLimits, FamilyRecipe};
pub use loader::{
    LoadDecision, LoadRequest, OsKind, VramState, decide_load, min_weight_ratio,
    minimum_inference_memory, reserved_memory,
};
pub use sampling::{Attention, Latent, batches_both_halves, sampling_memory, sampling_need};
pub use server::{ServerFacts, ServerFlags, ServerGeneration, TorchVersion, UpscaleModel};
pub use upscale::{UPSCALE_TILES, upscale_node_estimate, upscale_tile_memory};
pub use vae::{
    VaeKind, vae_decode_memory, vae_decode_tiled_estimate, vae_decode_tiled_memory,
    vae_encode_memory, vae_encode_tiled_memory,
};
pub use weights::{ModelFacts, PartWeights, Weights, text_encoder_activation};

pub(crate) const MIB: f64 = (1u64 << 20) as f64;
pub(crate) const GIB: f64 = (1u64 << 30) as f64;
