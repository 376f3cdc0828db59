//! What the user wants ComfyUI to paint with: a workflow of their own, or LoRAs.

use std::fmt;
use std::str::FromStr;

use camino::Utf8PathBuf;
use serde::{Deserialize, Serialize};
use videogen_comfy::{Lora, ModelFile, Strength};
use videogen_text::nearest;
use videogen_types::InvalidValue;

use super::models::{NAMED, same};
use super::tuning::Tuning;

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
    name: String,
    strength: Strength,
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

/// The files of a server that are meant by `wanted`.
///
/// # Errors
/// Why there are none, as the end of "the server …".
pub(super) fn loras(there: &[String], wanted: &[LoraChoice]) -> Result<Vec<Lora>, String> {
    let found: Vec<Result<Lora, &str>> = wanted.iter().map(|lora| find(there, lora)).collect();
    let missing: Vec<&str> = found
        .iter()
        .filter_map(|each| each.as_ref().err().copied())
        .collect();
    let Some(first) = missing.first() else {
        return Ok(found.into_iter().flatten().collect());
    };
    let names: Vec<&str> = there.iter().map(String::as_str).collect();
    let mut near = nearest(first, &names, NAMED);
    // Where nothing is near, what is there at all.
    if near.is_empty() {
        near = names.into_iter().take(NAMED).collect();
    }
    let missing = missing.join(", ");
    Err(if near.is_empty() {
        format!("has no LoRA {missing}, nor any other")
    } else {
        format!("has no LoRA {missing}; it has {}", near.join(", "))
    })
}

/// The file of a LoRA, or its name.
fn find<'a>(there: &[String], lora: &'a LoraChoice) -> Result<Lora, &'a str> {
    let file = there.iter().find(|file| same(file, &lora.name));
    let file = file.and_then(|file| ModelFile::new(file.as_str()).ok());
    let strength = lora.strength;
    file.map(|file| Lora { file, strength }).ok_or(&lora.name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn choices(texts: &[&str]) -> Vec<LoraChoice> {
        texts.iter().map(|text| text.parse().unwrap()).collect()
    }

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

    #[test]
    fn loras_are_found_as_models_are_and_what_is_missing_is_named_with_what_is_there() {
        let there = ["styles/Ink.safetensors", "detail.safetensors"].map(str::to_owned);
        let found = loras(&there, &choices(&["detail:0.5", "ink"])).unwrap();
        let files: Vec<&str> = found.iter().map(|lora| lora.file.as_str()).collect();
        assert_eq!(files, ["detail.safetensors", "styles/Ink.safetensors"]);
        let missing = loras(&there, &choices(&["detail", "oil"])).unwrap_err();
        assert!(
            missing.contains("no LoRA oil; it has styles/Ink"),
            "{missing}"
        );
        assert!(
            loras(&[], &choices(&["oil"]))
                .unwrap_err()
                .ends_with("nor any other")
        );
    }
}
