//! About how long a plan takes: a guess in classes, from published speeds and none of our own measurements.

use super::candidates::Draft;
use super::{PaintStrategy, PaintTimeClass, WeightPlacement};
use crate::model::{FamilyFacts, guess_compute_capability};
use crate::reading::{GpuReading, Vendor};

/// Bytes a second through the bus while weights are streamed.
const BUS: f64 = 8e9;
/// Operations a second of a processor.
const PROCESSOR: f64 = 2e11;

/// Operations a second that a model really gets from a card.
fn speed(reading: Option<&GpuReading>) -> f64 {
    let Some(reading) = reading else {
        return PROCESSOR;
    };
    if reading.vendor != Vendor::Nvidia {
        return 8e12;
    }
    let compute = reading
        .compute
        .or_else(|| guess_compute_capability(&reading.name));
    match compute.map(|compute| (compute.major, compute.minor)) {
        Some((9 | 10, _)) => 2e14,
        Some((12.., _)) => 5e13,
        Some((8, 9)) => 4e13,
        Some((8, _)) => 1.5e13,
        Some((7, _)) => 8e12,
        Some(_) => 3e12,
        None => 6e12,
    }
}

/// The class of a draft. `steps` are those of each pass, `halves` 2 with guidance and 1 without, `weights` the bytes of the
/// diffusion model.
pub(super) fn class(
    draft: &Draft<'_>,
    steps: &[u32],
    halves: f64,
    facts: &FamilyFacts,
    weights: f64,
    reading: Option<&GpuReading>,
) -> PaintTimeClass {
    let on_card = draft.strategy != PaintStrategy::Cpu;
    let speed = if on_card { speed(reading) } else { PROCESSOR };
    let latent = f64::from(facts.downscale * facts.downscale);
    let mut seconds = 2.0;
    for (pass, &steps) in draft.passes.iter().zip(steps) {
        let elements = pass.size.area().get() as f64 / latent;
        let work = elements * facts.flops_per_latent * halves;
        let bus = if on_card && draft.weights == WeightPlacement::Streamed {
            weights / BUS
        } else {
            0.0
        };
        seconds += f64::from(steps) * (work / speed + bus);
    }
    match seconds {
        s if s < 20.0 => PaintTimeClass::Seconds,
        s if s < 120.0 => PaintTimeClass::AMinute,
        s if s < 600.0 => PaintTimeClass::Minutes,
        s if s < 3600.0 => PaintTimeClass::TensOfMinutes,
        _ => PaintTimeClass::Hours,
    }
}
