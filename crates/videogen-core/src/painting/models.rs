//! Which model files a server paints with: the one that is named, or the best of those it has.

use videogen_comfy::{Family as Files, ModelFile, Models, TextEncoders, WeightType};
use videogen_vram::model::{Family, ModelFacts, Weights};
use videogen_vram::recognise;

use super::family;

/// The lists of files a server has.
#[derive(Debug, Default, Clone)]
pub(super) struct Lists {
    pub(super) checkpoints: Vec<String>,
    pub(super) diffusion: Vec<String>,
    pub(super) text: Vec<String>,
    pub(super) vae: Vec<String>,
}

/// A model that can be painted with.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Choice {
    pub(super) facts: ModelFacts,
    pub(super) files: Models,
    /// Whether its family is not known.
    pub(super) is_unknown: bool,
}

impl Choice {
    /// The same with the family that somebody else knows.
    pub(super) fn of_family(self, family: Family) -> Self {
        let facts = ModelFacts {
            name: self.facts.name,
            ..ModelFacts::of(family)
        };
        Self {
            facts,
            is_unknown: false,
            ..self
        }
    }
}

/// A checkpoint of which nobody knows what it is. It is planned with the larger weights, those of SDXL, and the smaller
/// sizes, those of SD 1.5: what is SDXL then paints a little less than it could, where the other way round memory would
/// run out; and what is SD 1.5 does not paint everything twice, as it does at SDXL's sizes.
fn unknown() -> ModelFacts {
    ModelFacts {
        weights: Weights::of(Family::Sdxl),
        ..ModelFacts::of(Family::Sd15)
    }
}

/// Names in reasons at most.
pub(super) const NAMED: usize = 6;

/// Chooses `wanted`, or the best. Checkpoints come first: they need no other files. SDXL comes before SD 1.5, models whose
/// names say nothing come last, and those made for few steps or for repairing after the plain ones of their kind.
///
/// # Errors
/// Why there is none, as the end of "the server …".
pub(super) fn choose(lists: &Lists, wanted: Option<&str>) -> Result<Choice, String> {
    let known = |name: &str| recognise::from_name(name);
    if let Some(wanted) = wanted {
        if let Some(file) = lists.checkpoints.iter().find(|file| same(file, wanted)) {
            return checkpoint(file, known(file));
        }
        if let Some(file) = lists.diffusion.iter().find(|file| same(file, wanted)) {
            return split(lists, file)
                .ok_or_else(|| format!("has {file}, but not the text encoder and VAE it needs"));
        }
        let all: Vec<&str> = lists
            .checkpoints
            .iter()
            .chain(&lists.diffusion)
            .map(String::as_str)
            .take(NAMED)
            .collect();
        return Err(if all.is_empty() {
            format!("has no model {wanted}, nor any other")
        } else {
            format!("has no model {wanted}; it has {}", all.join(", "))
        });
    }
    let best = lists
        .checkpoints
        .iter()
        .filter_map(|file| Some((rank(file, known(file).as_ref())?, file)))
        // The first of the best: `min_by_key` keeps the order of the list.
        .min_by_key(|(rank, _)| *rank);
    if let Some((_, file)) = best {
        return checkpoint(file, known(file));
    }
    let split = lists.diffusion.iter().find_map(|file| split(lists, file));
    split.ok_or_else(|| "has no model that makes pictures from words".to_owned())
}

fn checkpoint(name: &str, known: Option<ModelFacts>) -> Result<Choice, String> {
    let file =
        ModelFile::new(name).map_err(|_| "has a model whose name cannot be used".to_owned())?;
    let is_unknown = known.is_none();
    let facts = ModelFacts {
        name: name.to_owned(),
        ..known.unwrap_or_else(unknown)
    };
    Ok(Choice {
        facts,
        files: Models::Checkpoint { file, vae: None },
        is_unknown,
    })
}

/// Whether a file is meant: with or without its folder and extension, in any case.
pub(super) fn same(file: &str, wanted: &str) -> bool {
    let base = |name: &str| {
        let name = name.rsplit(['/', '\\']).next().unwrap_or(name);
        let stem = [".safetensors", ".ckpt", ".sft"]
            .iter()
            .find_map(|extension| name.strip_suffix(extension));
        stem.unwrap_or(name).to_lowercase()
    };
    file == wanted || base(file) == base(wanted)
}

/// The order of checkpoints, the best first and those of unknown family last; `None` for those that cannot be painted with alone.
fn rank(file: &str, facts: Option<&ModelFacts>) -> Option<(u8, u8)> {
    let lower = file.to_lowercase();
    let family = match facts.map(|facts| facts.family) {
        // They are in the order of the list of those that a checkpoint can be.
        Some(known) => family::OF_CHECKPOINTS
            .iter()
            .position(|family| *family == known)? as u8,
        None => u8::MAX,
    };
    let special = ["inpaint", "turbo", "lightning", "lcm", "hyper", "pix2pix"];
    Some((
        family,
        u8::from(special.iter().any(|word| lower.contains(word))),
    ))
}

/// A model of several files, when the others are there.
fn split(lists: &Lists, file: &str) -> Option<Choice> {
    let facts = recognise::from_name(file)?;
    let find = |list: &[String], parts: &[&str]| {
        let has = |name: &&String| {
            let lower = name.to_lowercase();
            parts.iter().any(|part| lower.contains(part))
        };
        list.iter()
            .find(has)
            .and_then(|name| ModelFile::new(name.as_str()).ok())
    };
    let text = |parts: &[&str]| find(&lists.text, parts);
    let (family, vae) = match facts.family {
        Family::Flux1Dev | Family::Flux1Schnell => (
            Files::Flux {
                clip: text(&["clip_l"])?,
                t5: text(&["t5xxl"])?,
                guidance: None,
            },
            find(&lists.vae, &["ae.", "flux"])?,
        ),
        Family::Sd3 => (
            Files::Sd3 {
                text: TextEncoders::Two(text(&["clip_l"])?, text(&["clip_g"])?),
                shift: None,
            },
            find(&lists.vae, &["sd3"])?,
        ),
        Family::QwenImage => (
            Files::QwenImage {
                text: text(&["qwen_2.5_vl", "qwen2.5_vl", "qwen2.5-vl"])?,
                shift: None,
            },
            find(&lists.vae, &["qwen_image", "qwen-image"])?,
        ),
        Family::ZImage => (
            Files::ZImage {
                text: text(&["qwen_3_4b", "qwen3_4b", "qwen3-4b"])?,
                shift: None,
            },
            find(&lists.vae, &["ae.", "flux"])?,
        ),
        _ => return None,
    };
    Some(Choice {
        files: Models::Split {
            diffusion: ModelFile::new(file).ok()?,
            weights: WeightType::Default,
            family,
            vae,
        },
        facts,
        is_unknown: false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lists(checkpoints: &[&str]) -> Lists {
        Lists {
            checkpoints: checkpoints.iter().map(|&name| name.to_owned()).collect(),
            ..Lists::default()
        }
    }

    fn chosen(checkpoints: &[&str], wanted: Option<&str>) -> Result<String, String> {
        choose(&lists(checkpoints), wanted).map(|choice| choice.facts.name)
    }

    #[test]
    fn the_best_checkpoint_is_taken() {
        let name = |list: &[&str]| chosen(list, None).unwrap();
        assert_eq!(
            name(&["v1-5-pruned.safetensors", "sd_xl_base_1.0.safetensors"]),
            "sd_xl_base_1.0.safetensors"
        );
        assert_eq!(
            name(&["sdxl_turbo.safetensors", "juggernautXL.safetensors"]),
            "juggernautXL.safetensors"
        );
        assert_eq!(name(&["mystery.ckpt", "sd15.ckpt"]), "sd15.ckpt");
        assert_eq!(name(&["mystery.ckpt"]), "mystery.ckpt");
        assert!(chosen(&["sdxl_refiner.safetensors"], None).is_err());
        assert!(chosen(&[], None).is_err());
    }

    #[test]
    fn a_named_model_is_found_without_folder_and_extension_or_refused() {
        let list = ["old/SD15.safetensors", "sdxl.safetensors"];
        assert_eq!(chosen(&list, Some("sd15")).unwrap(), "old/SD15.safetensors");
        let refused = chosen(&list, Some("flux")).unwrap_err();
        assert!(refused.contains("sdxl.safetensors"), "{refused}");
    }

    #[test]
    fn a_checkpoint_of_unknown_family_is_planned_with_care_until_somebody_knows() {
        let choice = choose(&lists(&["mystery.ckpt"]), None).unwrap();
        assert!(choice.is_unknown);
        let known = |family| ModelFacts::of(family);
        assert_eq!(choice.facts.weights, known(Family::Sdxl).weights);
        assert!(
            known(Family::Sdxl).weights.diffusion.stored
                > known(Family::Sd15).weights.diffusion.stored
        );
        assert_eq!(choice.facts.family, Family::Sd15);
        let told = choice.of_family(Family::Sdxl);
        assert_eq!(
            (told.facts.name.as_str(), told.facts.family),
            ("mystery.ckpt", Family::Sdxl)
        );
    }

    #[test]
    fn a_model_of_several_files_needs_all_of_them() {
        let mut lists = Lists {
            diffusion: vec!["z_image_turbo_bf16.safetensors".to_owned()],
            text: vec!["qwen_3_4b.safetensors".to_owned()],
            ..Lists::default()
        };
        assert!(choose(&lists, None).is_err());
        assert!(
            choose(&lists, Some("z_image_turbo_bf16"))
                .unwrap_err()
                .contains("VAE")
        );
        lists.vae = vec!["ae.safetensors".to_owned()];
        let choice = choose(&lists, None).unwrap();
        assert_eq!(choice.facts.family, Family::ZImage);
        assert!(matches!(choice.files, Models::Split { .. }));
    }
}
