//! The planner: from a wish, a reading and what is known of the server to a plan that fits, without effects.

mod candidates;
mod corrections;
mod outcome;
mod phase;
mod planner;
mod quality;
mod request;
mod room;
#[cfg(test)]
mod simulation;
mod sizes;
mod strain;
mod strategy;
#[cfg(test)]
mod tests;
mod time;
mod words;

pub use corrections::{MemoryCorrection, MemoryCorrections};
pub use outcome::{
    EnlargeMethod, MAX_RESAMPLE_FACTOR, PaintPlan, PaintTimeClass, PaintedAt, PlanRank,
    SamplingPass, VaeDecode, WeightPlacement,
};
pub use phase::{PaintPhase, PhaseFootprint, PhasePeak};
pub use planner::Planner;
pub use quality::{default_cfg, default_steps, promised_size};
pub use request::{OccupantKind, PlanOccupant, PlanRequest, PlanTuning, UnloadPolicy};
pub use strategy::PaintStrategy;
pub use words::UPSCALE_MODEL_ADVICE;
