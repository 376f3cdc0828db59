//! What a painter tells of a picture; kept beside it, so that a resumed run tells the same.

use serde::{Deserialize, Serialize};
use videogen_types::{Degradation, Enlarged, PaintedSize};

use crate::lora::LoraChoice;

/// How a picture came about.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Painted {
    /// Who painted it: the id of a painter, which may be another than the one that was asked.
    pub by: String,
    /// The model.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// The strategy of the planner, by its name.
    #[serde(rename = "way", default, skip_serializing_if = "Option::is_none")]
    pub strategy: Option<String>,
    /// The server, without passwords.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub endpoint: Option<String>,
    /// What the server knows it by.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prompt_id: Option<String>,
    /// The seed of all passes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seed: Option<u64>,
    /// The whole plan: passes, predicted memory, reasons.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plan: Option<serde_json::Value>,
    /// The size that was painted, where that is known; the picture may be larger.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub painted: Option<PaintedSize>,
    /// What was kept of the painted size, where that has another shape than the video; the rest was cut off.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cropped: Option<PaintedSize>,
    /// How the painted size became the picture's; `None` where nothing was enlarged.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub enlarged: Option<Enlarged>,
    /// How sharp the picture is, as the variance that a look at it finds; measured when it is used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sharpness: Option<f64>,
    /// SHA-256 of the user's workflow that painted it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub workflow: Option<String>,
    /// What the model was changed by.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub loras: Vec<LoraChoice>,
    /// Every step down on the way to it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub steps: Vec<Degradation>,
    /// Whether it is less than what was wished for. Such a picture serves this batch and is not kept for others.
    #[serde(rename = "stand_in", default)]
    pub is_fallback: bool,
}

impl Painted {
    /// A picture by `painter`, of which there is no more to tell.
    pub fn by(painter: &str) -> Self {
        Self {
            by: painter.to_owned(),
            model: None,
            strategy: None,
            endpoint: None,
            prompt_id: None,
            seed: None,
            plan: None,
            painted: None,
            cropped: None,
            enlarged: None,
            sharpness: None,
            workflow: None,
            loras: Vec::new(),
            steps: Vec::new(),
            is_fallback: false,
        }
    }
}
