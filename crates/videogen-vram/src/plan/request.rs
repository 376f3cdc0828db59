//! What the caller wishes and allows.

use serde::{Deserialize, Serialize};
use videogen_types::{Aspect, Quality};

use super::{PaintStrategy, PhaseFootprint, promised_size};
use crate::model::ModelFacts;
use crate::units::{Bytes, Size};

/// Who sits on the card and could be asked to leave.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlanOccupant {
    /// Its name, for example `qwen2.5:7b`.
    pub name: String,
    /// What it is.
    pub kind: OccupantKind,
    /// What it holds of the card.
    pub bytes: Bytes,
}

/// What a tenant is, which decides how it is unloaded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OccupantKind {
    /// A language model, unloaded by its own server.
    LanguageModel,
    /// Another model of a ComfyUI server, unloaded by `/free`.
    ComfyModel,
}

/// Whether a plan may begin with unloading.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UnloadPolicy {
    /// Never; what it would bring is told as a suggestion.
    Never,
    /// When the plan becomes better by it: a better way or quality, or weights that need not be streamed.
    #[default]
    IfBetter,
}

/// A picture that is wished for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PlanRequest {
    /// The model to paint with.
    pub model: ModelFacts,
    /// The quality that is wished for.
    pub quality: Quality,
    /// The shape.
    pub aspect: Aspect,
    /// Another size than the one of quality and aspect. Its quality is never lowered.
    pub size: Option<Size>,
    /// The least quality that is acceptable. The quality itself: it is never lowered. A better one counts as that.
    pub least_quality: Quality,
    /// Whether painting on the processor is acceptable; it takes minutes to hours.
    pub allow_cpu: bool,
    /// Whether others may be unloaded.
    pub unload: UnloadPolicy,
    /// Who could be unloaded.
    pub tenants: Vec<PlanOccupant>,
    /// What has been tried for this picture and failed: not tried again.
    pub avoid: Vec<(Quality, PaintStrategy)>,
    /// Where memory ran out for this picture: each of these phases has to take less than there, in whatever way.
    #[serde(default)]
    pub failed: Vec<PhaseFootprint>,
    /// What somebody wants otherwise than family and quality have it.
    #[serde(default)]
    pub tuning: PlanTuning,
}

/// How to sample, where somebody knows better than the table of families and qualities. `None` leaves it to that.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct PlanTuning {
    /// Steps of a pass that starts from noise; refining passes take their part of them.
    pub steps: Option<u32>,
    /// How strictly the prompt is followed. More than 1 computes two halves of the guidance, which takes memory.
    pub cfg: Option<f64>,
    /// ComfyUI's name of the sampler.
    pub sampler: Option<String>,
}

impl PlanRequest {
    /// A picture of the table's size: quality may be lowered down to draft, no processor, unloading nobody as long as
    /// [`PlanRequest::tenants`] is empty.
    pub fn new(model: ModelFacts, quality: Quality, aspect: Aspect) -> Self {
        Self {
            model,
            quality,
            aspect,
            size: None,
            least_quality: Quality::Draft,
            allow_cpu: false,
            unload: UnloadPolicy::IfBetter,
            tenants: Vec::new(),
            avoid: Vec::new(),
            failed: Vec::new(),
            tuning: PlanTuning::default(),
        }
    }

    /// The size promised at this quality.
    pub fn promised(&self, quality: Quality) -> Size {
        self.size
            .unwrap_or_else(|| promised_size(quality, self.aspect))
    }

    /// The qualities that are acceptable, the wished one first.
    pub(super) fn qualities(&self) -> impl Iterator<Item = Quality> + '_ {
        let fixed = self.size.is_some();
        Quality::all().rev().filter(move |&quality| {
            quality == self.quality
                || (!fixed && quality < self.quality && quality >= self.least_quality)
        })
    }
}
