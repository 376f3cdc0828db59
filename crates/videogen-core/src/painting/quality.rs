//! Qualities and shapes, as the planner names them.

use videogen_types::{Aspect, Quality};
use videogen_vram::plan;

/// The same quality, as the planner names it.
pub(crate) fn picture_quality(quality: Quality) -> plan::Quality {
    match quality {
        Quality::Draft => plan::Quality::Draft,
        Quality::Standard => plan::Quality::Standard,
        Quality::High => plan::Quality::High,
        Quality::UltraLite => plan::Quality::UltraLite,
        Quality::Ultra => plan::Quality::Ultra,
    }
}

/// The same shape, as the planner names it.
pub(crate) fn shape(aspect: Aspect) -> plan::Aspect {
    match aspect {
        Aspect::Portrait => plan::Aspect::Portrait,
        Aspect::Landscape => plan::Aspect::Landscape,
        Aspect::Square => plan::Aspect::Square,
        Aspect::Feed => plan::Aspect::Feed,
    }
}
