//! What kind of model a checkpoint is when its name does not say: what its file says of itself, or a person does.

use std::fmt;
use std::str::FromStr;

use serde_json::{Map, Value};
use videogen_vram::model::Family;

use crate::value::InvalidValue;

/// Those a checkpoint can be that paints alone, the best first.
pub(super) const OF_CHECKPOINTS: [Family; 4] =
    [Family::Sdxl, Family::Ssd1b, Family::Sd15, Family::Sd20];

/// A kind of checkpoint, by name: `sdxl`, `ssd1b`, `sd15` or `sd20`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ModelFamily(pub(super) Family);

impl fmt::Display for ModelFamily {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for ModelFamily {
    type Err = InvalidValue;

    fn from_str(text: &str) -> Result<Self, InvalidValue> {
        let known = text.parse().ok();
        let known = known.filter(|family| OF_CHECKPOINTS.contains(family));
        known.map(Self).ok_or_else(|| {
            let names = OF_CHECKPOINTS.map(Family::name);
            InvalidValue::unknown("kind of model", text, &names)
        })
    }
}

/// Entries of a safetensors file that say what it is: that of the modelspec, and the one trainers write.
const ENTRIES: [&str; 2] = ["modelspec.architecture", "ss_base_model_version"];

/// What their values begin with, the longer first.
const ARCHITECTURES: &[(&str, Option<Family>)] = &[
    ("stable-diffusion-xl-v1-refiner", None),
    ("stable-diffusion-xl", Some(Family::Sdxl)),
    ("stable-diffusion-v1", Some(Family::Sd15)),
    ("stable-diffusion-v2", Some(Family::Sd20)),
    ("sdxl", Some(Family::Sdxl)),
    ("sd_v1", Some(Family::Sd15)),
    ("sd_v2", Some(Family::Sd20)),
];

/// The family that a file's metadata tells.
pub(super) fn of_metadata(metadata: &Map<String, Value>) -> Option<Family> {
    let said = ENTRIES
        .iter()
        .filter_map(|entry| metadata.get(*entry)?.as_str());
    said.map(str::to_lowercase).find_map(|said| {
        let known = ARCHITECTURES
            .iter()
            .find(|(begin, _)| said.starts_with(begin));
        known.and_then(|(_, family)| *family)
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_family_is_told_by_metadata_or_by_name() {
        let told = |entry: &str, value: Value| {
            let mut metadata = Map::new();
            metadata.insert(entry.to_owned(), value);
            of_metadata(&metadata)
        };
        let spec = "modelspec.architecture";
        assert_eq!(
            told(spec, json!("stable-diffusion-xl-v1-base")),
            Some(Family::Sdxl)
        );
        assert_eq!(
            told(spec, json!("stable-diffusion-v1/lora")),
            Some(Family::Sd15)
        );
        assert_eq!(
            told("ss_base_model_version", json!("sdxl_base_v1-0")),
            Some(Family::Sdxl)
        );
        assert_eq!(told(spec, json!("stable-diffusion-xl-v1-refiner")), None);
        assert_eq!(told(spec, json!(["sdxl"])), None);
        assert_eq!(told("format", json!("pt")), None);
        assert_eq!("SD1.5".parse::<ModelFamily>().unwrap().to_string(), "sd15");
        let refused = "flux".parse::<ModelFamily>().unwrap_err().to_string();
        assert!(refused.contains("sdxl, ssd1b, sd15, sd20"), "{refused}");
    }
}
