//! The planner: from a wish, a reading and what is known of the server to a plan that fits, without effects.

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
#[cfg(test)]
mod tests;
mod time;
mod way;
mod ways;
mod words;

pub use corrections::{Correction, Corrections};
pub use outcome::{
    Decode, Enlarge, MOST_RESAMPLED, PaintedAt, Pass, Placement, Plan, Rank, TimeClass,
};
pub use phase::{PhaseKind, PhasePeak, Spot};
pub use planner::Planner;
pub use quality::{default_cfg, default_steps, promised_size};
pub use request::{Request, Tenant, TenantKind, Tuning, Unload};
pub use way::Way;
pub use words::UPSCALE_MODEL;
