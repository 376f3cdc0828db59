#![doc = include_str!("../README.md")]
#![deny(missing_docs)]

mod durable;
mod error;
mod forecast;
mod history;
mod holder;
mod lease;
mod model;
mod plan;
mod probe;
mod reading;
mod recognise;
mod share;
mod units;

pub use error::Error;
pub use forecast::{DEFAULT_MODEL, Forecast, ForecastRequest, Prospect, forecast};
pub use history::{LoadedHistory, PaintHistory, PaintOutcome, PaintVerdict, fold_outcomes};
pub use holder::LeaseHolder;
pub use lease::{
    HandOver, HandOverAsked, HandOverEffects, HandOverEnd, HandOverEvent, HandOverOccupant,
    HandOverStep, HandOverTimeouts, LeaseDir, LeaseGuard, hand_over, lease_name,
};
pub use model::{
    Attention, Dtype, Family, FamilyFacts, FamilyLimits, FamilyRecipe, Latent, LoadDecision,
    LoadRequest, ModelFacts, OsKind, PartWeights, ServerFacts, ServerFlags, ServerGeneration,
    TorchVersion, UPSCALE_TILES, UpscaleModel, VaeKind, VramState, Weights, batches_both_halves,
    decide_load, guess_compute_capability, inference_dtype, min_weight_ratio,
    minimum_inference_memory, reserved_memory, sampling_memory, sampling_need,
    text_encoder_activation, upscale_node_estimate, upscale_tile_memory, vae_decode_memory,
    vae_decode_tiled_estimate, vae_decode_tiled_memory, vae_dtype, vae_encode_memory,
    vae_encode_tiled_memory,
};
pub use plan::{
    EnlargeMethod, MAX_RESAMPLE_FACTOR, MemoryCorrection, MemoryCorrections, OccupantKind,
    PaintPhase, PaintPlan, PaintStrategy, PaintTimeClass, PaintedAt, PhaseFootprint, PhasePeak,
    PlanOccupant, PlanRank, PlanRequest, PlanTuning, Planner, SamplingPass, UPSCALE_MODEL_ADVICE,
    UnloadPolicy, VaeDecode, WeightPlacement, default_cfg, default_steps, promised_size,
};
#[cfg(any(test, feature = "test-util"))]
pub use probe::ScriptedProbe;
pub use probe::{
    BoxFuture, ChainProbe, DeviceStats, FixedProbe, GpuProbe, GpuReadings, NvmlProbe, ProbeNote,
    ProbeNoteKind, SmiProbe, SysfsProbe, guess_process_kind, readings_from_devices,
    readings_from_system_stats,
};
pub use reading::{ComputeCapability, GpuProcess, GpuReading, ProcessKind, Throttle, Vendor};
pub use recognise::{
    MAX_SAFETENSORS_HEADER, ModelPurpose, SafetensorsHeader, TensorDtype, TensorInfo,
    family_from_name, model_from_header, model_from_name, purpose_from_name,
    safetensors_header_len,
};
pub use share::{
    CardLease, CardOptions, CardShare, CardState, HELD_AFTER_RELEASE, Holding, LeaseSession,
    Occupant, PaintNeed, PaintServer, Whose, WritingLease, least_that_paints,
};
pub use units::{Bytes, FreeBytes, ParseBytesError, Pixels, Size, TotalBytes};
