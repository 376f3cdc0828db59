//! What kind of model a checkpoint is when its name does not say: what its file says of itself, or a person does.

use std::fmt;
use std::str::FromStr;

use serde_json::{Map, Value};
use videogen_types::InvalidValue;
use videogen_vram::{Family, ModelPurpose};

use super::models::ModelKind;

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
const ARCHITECTURES: &[(&str, ModelKind)] = &[
    (
        "stable-diffusion-xl-v1-refiner",
        ModelKind::Other(ModelPurpose::Refining),
    ),
    (
        "stable-diffusion-xl-v1-edit",
        ModelKind::Other(ModelPurpose::Editing),
    ),
    ("stable-diffusion-xl", ModelKind::Family(Family::Sdxl)),
    (
        "stable-diffusion-v1-inpainting",
        ModelKind::Other(ModelPurpose::Inpainting),
    ),
    (
        "stable-diffusion-v2-inpainting",
        ModelKind::Other(ModelPurpose::Inpainting),
    ),
    ("stable-diffusion-v1", ModelKind::Family(Family::Sd15)),
    ("stable-diffusion-v2", ModelKind::Family(Family::Sd20)),
    ("stable-diffusion-v3", ModelKind::Family(Family::Sd3)),
    (
        "stable-video-diffusion",
        ModelKind::Other(ModelPurpose::Clips),
    ),
    ("flux-1-dev", ModelKind::Family(Family::Flux1Dev)),
    ("flux-1-schnell", ModelKind::Family(Family::Flux1Schnell)),
    ("sdxl", ModelKind::Family(Family::Sdxl)),
    ("sd_v1", ModelKind::Family(Family::Sd15)),
    ("sd_v2", ModelKind::Family(Family::Sd20)),
    ("sd3", ModelKind::Family(Family::Sd3)),
];

/// What follows the architecture of a file that only changes a model.
const ADAPTERS: [&str; 3] = ["/lora", "/textual-inversion", "/control-net"];

/// What a file's metadata tells of it.
pub(super) fn of_metadata(metadata: &Map<String, Value>) -> Option<ModelKind> {
    let said = ENTRIES
        .iter()
        .filter_map(|entry| metadata.get(*entry)?.as_str());
    said.map(str::to_lowercase).find_map(|said| {
        if ADAPTERS.iter().any(|end| said.ends_with(end)) {
            return Some(ModelKind::Other(ModelPurpose::Adapter));
        }
        let known = ARCHITECTURES.iter();
        let known = known.filter(|(begin, _)| said.starts_with(begin));
        known.map(|(_, told)| *told).next()
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
            Some(ModelKind::Family(Family::Sdxl))
        );
        assert_eq!(
            told(spec, json!("stable-diffusion-v1/lora")),
            Some(ModelKind::Other(ModelPurpose::Adapter))
        );
        assert_eq!(
            told(spec, json!("flux-1-dev")),
            Some(ModelKind::Family(Family::Flux1Dev))
        );
        assert_eq!(
            told("ss_base_model_version", json!("sdxl_base_v1-0")),
            Some(ModelKind::Family(Family::Sdxl))
        );
        assert_eq!(
            told(spec, json!("stable-diffusion-xl-v1-refiner")),
            Some(ModelKind::Other(ModelPurpose::Refining))
        );
        assert_eq!(told(spec, json!(["sdxl"])), None);
        assert_eq!(told("format", json!("pt")), None);
        assert_eq!("SD1.5".parse::<ModelFamily>().unwrap().to_string(), "sd15");
        let refused = "flux".parse::<ModelFamily>().unwrap_err().to_string();
        assert!(refused.contains("sdxl, ssd1b, sd15, sd20"), "{refused}");
    }
}
