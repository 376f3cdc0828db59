//! What the user wants ComfyUI to paint with: a workflow of their own, or LoRAs.

use std::fmt;
use std::str::FromStr;

use camino::Utf8PathBuf;
use serde::{Deserialize, Serialize};
use videogen_comfy::{ModelFile, Strength};
use videogen_types::InvalidValue;

mod painted;
mod tuning;

pub use painted::Painted;
pub(crate) use painted::{enlarged, is_stretched, resampled};
pub use tuning::{CfgScale, NegativePrompt, PictureSize, SamplerName, StepCount, Tuning};

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

/// A LoRA of the server and how strongly it acts: `NAME` or `NAME:STRENGTH`, as text.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct LoraChoice {
    pub(crate) name: String,
    pub(crate) strength: Strength,
}

impl fmt::Display for LoraChoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.name, self.strength.get())
    }
}

impl From<LoraChoice> for String {
    fn from(lora: LoraChoice) -> Self {
        lora.to_string()
    }
}

impl TryFrom<String> for LoraChoice {
    type Error = InvalidValue;

    fn try_from(text: String) -> Result<Self, InvalidValue> {
        text.parse()
    }
}

impl FromStr for LoraChoice {
    type Err = InvalidValue;

    fn from_str(text: &str) -> Result<Self, InvalidValue> {
        let invalid = || {
            let allowed = "the name of a file, and a strength from -100 to 100 if it is not to be 1: detail:0.8";
            InvalidValue::new("LoRA", text, allowed)
        };
        let (name, strength) = match text.rsplit_once(':') {
            None => (text, 1.0),
            Some((name, strength)) => {
                (name, strength.trim().parse::<f64>().map_err(|_| invalid())?)
            }
        };
        let name = name.trim();
        // The same rules as the server's, so that a choice always becomes a file.
        ModelFile::new(name).map_err(|_| invalid())?;
        Ok(Self {
            name: name.to_owned(),
            strength: Strength::new(strength).map_err(|_| invalid())?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lora_is_a_name_with_a_strength() {
        for (text, shown) in [
            ("detail", "detail:1"),
            (
                " styles/ink.safetensors : 0.8 ",
                "styles/ink.safetensors:0.8",
            ),
            ("detail:-1.5", "detail:-1.5"),
        ] {
            let lora: LoraChoice = text.parse().unwrap();
            assert_eq!(lora.to_string(), shown);
            assert_eq!(shown.parse::<LoraChoice>().unwrap(), lora);
        }
        for bad in [
            "",
            ":1",
            "detail:",
            "detail:strong",
            "detail:101",
            "detail:NaN",
            "a\nb",
        ] {
            assert!(bad.parse::<LoraChoice>().is_err(), "{bad}");
        }
    }
}
