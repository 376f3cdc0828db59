//! What the user wants ComfyUI to paint with: a workflow of their own, LoRAs, other settings.

use camino::Utf8PathBuf;
use serde::{Deserialize, Serialize};

use crate::{LoraChoice, Tuning};

/// What ComfyUI paints with beside a model.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct PaintWith {
    /// A workflow in API format that paints instead of the planner's ways. LoRAs do not change it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub workflow: Option<Utf8PathBuf>,
    /// Applied to the model in this order.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub loras: Vec<LoraChoice>,
    /// How it paints.
    #[serde(skip_serializing_if = "Tuning::is_none")]
    pub tuning: Tuning,
}

impl PaintWith {
    /// Whether a model alone paints, as the quality has it.
    pub fn is_plain(&self) -> bool {
        self.workflow.is_none() && self.loras.is_empty() && self.tuning.is_none()
    }
}
