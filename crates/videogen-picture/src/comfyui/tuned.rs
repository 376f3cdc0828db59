//! What somebody wants otherwise than the qualities have it, as the planner takes it.

use videogen_vram::{PlanTuning, Size};

use crate::tuning::{CfgScale, PictureSize, SamplerName, StepCount, Tuning};

/// The settings of `tuning` that a plan takes over.
pub(super) fn for_planner(tuning: &Tuning) -> PlanTuning {
    PlanTuning {
        steps: tuning.steps.map(StepCount::get),
        cfg: tuning.cfg.map(CfgScale::get),
        sampler: tuning
            .sampler
            .as_ref()
            .map(SamplerName::as_str)
            .map(str::to_owned),
    }
}

/// The same size, as the planner names it.
pub(super) const fn planned(size: PictureSize) -> Size {
    Size::new(size.width(), size.height())
}
