//! What is missing, as a decision: from what there is to what is wanted.

use std::collections::BTreeSet;

use videogen_cdn::{Asset, AssetKind, Registry};
use videogen_types::PlannedProgram;

use crate::args::SetupPart;
use crate::commands::assets::voice_key::best;
use crate::commands::assets::wanted::{Standing, Wanted, WantedState};

/// What a person wants, and what this machine has.
#[derive(Debug, Clone, Default)]
pub(crate) struct Surroundings {
    /// The parts that are looked after.
    pub(crate) parts: BTreeSet<SetupPart>,
    /// Whether the parts were named by the person.
    pub(crate) parts_named: bool,
    /// The language that the voice speaks.
    pub(crate) language: String,
    /// The voice that the settings name.
    pub(crate) voice: Option<String>,
    /// The model of Piper that the settings name: then nobody needs another.
    pub(crate) piper_model: Option<String>,
    /// Scripts that no font here has, by the tags that fonts have in registries.
    pub(crate) scripts: Vec<&'static str>,
    /// Whether the folder of a ComfyUI is known, where models belong.
    pub(crate) has_comfyui: bool,
    /// Programs that are missing, by the part that needs them.
    pub(crate) programs: Vec<(SetupPart, PlannedProgram)>,
}

/// What `videogen setup` would do.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct SetupPlan {
    /// The parts with what is wanted for each, in the order they are shown.
    pub(crate) parts: Vec<PartPlan>,
    /// Programs that are missing.
    pub(crate) programs: Vec<PlannedProgram>,
}

/// What is wanted for one part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PartPlan {
    pub(crate) part: SetupPart,
    /// What is wanted. What is here is among it.
    pub(crate) wanted: Vec<Wanted>,
    /// Why nothing is wanted, or what else a person should know.
    pub(crate) note: Option<String>,
}

impl SetupPlan {
    /// Decides what is wanted of `registry`.
    pub(crate) fn new(around: &Surroundings, registry: &Registry, standing: &dyn Standing) -> Self {
        let parts = around.parts.iter().map(|part| match part {
            SetupPart::Voice => voice(around, registry, standing),
            SetupPart::Music => music(registry, standing),
            SetupPart::Fonts => fonts(around, registry, standing),
            SetupPart::Models => models(around, registry, standing),
        });
        let needed = around.programs.iter();
        let needed = needed.filter(|(part, _)| around.parts.contains(part));
        Self {
            parts: parts.collect(),
            programs: needed.map(|(_, program)| program.clone()).collect(),
        }
    }
}

fn part(part: SetupPart, wanted: Vec<Wanted>, note: Option<String>) -> PartPlan {
    PartPlan { part, wanted, note }
}

/// One voice of the language: the one that the settings name, one that is here, or the best.
fn voice(around: &Surroundings, registry: &Registry, standing: &dyn Standing) -> PartPlan {
    let only = |wanted: Vec<Wanted>, note: Option<String>| part(SetupPart::Voice, wanted, note);
    if let Some(model) = &around.piper_model {
        return only(
            Vec::new(),
            Some(format!("{model} speaks, as the settings say")),
        );
    }
    let voices = || registry.of_kind(AssetKind::Voice);
    let named = around.voice.as_deref();
    let named = named.and_then(|key| voices().find(|voice| voice.id.as_str() == key));
    let here = || {
        let here = voices().filter(|voice| standing.is_here(&voice.id));
        best(here, &around.language)
    };
    match named
        .or_else(here)
        .or_else(|| best(voices(), &around.language))
    {
        Some(voice) => only(vec![Wanted::new(voice, standing)], None),
        None => {
            let note = format!("no voice is known for the language {}", around.language);
            only(Vec::new(), Some(note))
        }
    }
}

/// Every piece of music that may be used without a question; the others are told of.
fn music(registry: &Registry, standing: &dyn Standing) -> PartPlan {
    let wanted = not_explicit(registry, AssetKind::Music);
    let wanted = wanted.map(|asset| Wanted::new(asset, standing).of_many());
    let wanted: Vec<Wanted> = wanted
        .filter(|wanted| !matches!(wanted.state, WantedState::Refused(_)))
        .collect();
    part(SetupPart::Music, wanted, None)
}

/// A font for each script that no font here has.
fn fonts(around: &Surroundings, registry: &Registry, standing: &dyn Standing) -> PartPlan {
    let lacks = |asset: &&Asset| {
        let mut tags = asset.tags.iter();
        tags.any(|tag| around.scripts.contains(&tag.as_str()))
    };
    let wanted = not_explicit(registry, AssetKind::Font).filter(lacks);
    let wanted: Vec<Wanted> = wanted.map(|asset| Wanted::new(asset, standing)).collect();
    let note = wanted
        .is_empty()
        .then(|| "the fonts of this machine have every script that is known here".to_owned());
    part(SetupPart::Fonts, wanted, note)
}

/// What ComfyUI enlarges pictures with. Checkpoints are fetched by name only.
fn models(around: &Surroundings, registry: &Registry, standing: &dyn Standing) -> PartPlan {
    if !around.has_comfyui && !around.parts_named {
        let note = "ComfyUI's folder is not known; with comfyui_directory set, its upscale model is fetched into it";
        return part(SetupPart::Models, Vec::new(), Some(note.to_owned()));
    }
    let wanted = not_explicit(registry, AssetKind::Model);
    let wanted: Vec<Wanted> = wanted.map(|asset| Wanted::new(asset, standing)).collect();
    let explicit = registry.of_kind(AssetKind::Model);
    let explicit: Vec<&str> = explicit
        .filter(|asset| asset.explicit)
        .map(|asset| asset.id.as_str())
        .collect();
    let note = (!explicit.is_empty()).then(|| {
        let names = explicit.join(", ");
        format!("large ones are fetched by name: videogen assets fetch ID, of {names}")
    });
    part(SetupPart::Models, wanted, note)
}

fn not_explicit(registry: &Registry, kind: AssetKind) -> impl Iterator<Item = &Asset> {
    registry.of_kind(kind).filter(|asset| !asset.explicit)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commands::assets::wanted::tests::Known;

    fn known() -> Known {
        Known::new(&[
            ("en_US-bryce-medium", "voice", "PDM-1.0", "en_US"),
            ("en_US-amy-medium", "voice", "unknown", "en_US"),
            ("de_DE-thorsten-medium", "voice", "unknown", "de_DE"),
            ("calm", "music", "CC0-1.0", "nature"),
            ("odd", "music", "unknown", "nature"),
            ("nd", "music", "CC-BY-ND-4.0", "nature"),
            ("arabic", "font", "OFL-1.1", "Arab"),
            ("thai", "font", "OFL-1.1", "Thai"),
            ("upscale", "model", "BSD-3-Clause", "upscale_models"),
            ("sdxl", "model!", "CreativeML-OpenRAIL-M", "checkpoints"),
        ])
    }

    fn english(parts: &[SetupPart]) -> Surroundings {
        Surroundings {
            parts: parts.iter().copied().collect(),
            language: "en".into(),
            ..Surroundings::default()
        }
    }

    fn wanted_of(plan: &SetupPlan) -> impl Iterator<Item = &Wanted> {
        plan.parts.iter().flat_map(|part| &part.wanted)
    }

    fn ids(plan: &SetupPlan) -> Vec<&str> {
        wanted_of(plan)
            .map(|wanted| wanted.asset.id.as_str())
            .collect()
    }

    fn planned(around: &Surroundings, known: &Known) -> Vec<String> {
        let plan = SetupPlan::new(around, &known.registry, known);
        ids(&plan).into_iter().map(str::to_owned).collect()
    }

    #[test]
    fn one_voice_is_wanted_and_which() {
        let mut known = known();
        let mut around = english(&[SetupPart::Voice]);
        assert_eq!(planned(&around, &known), ["en_US-bryce-medium"]);
        around.voice = Some("en_US-amy-medium".into());
        assert_eq!(planned(&around, &known), ["en_US-amy-medium"]);
        // A voice of another speaker, such as flite's.
        around.voice = Some("slt".into());
        assert_eq!(planned(&around, &known), ["en_US-bryce-medium"]);
        // One that is here will do.
        known.here.insert("en_US-amy-medium".into());
        let plan = SetupPlan::new(&around, &known.registry, &known);
        assert_eq!(ids(&plan), ["en_US-amy-medium"]);
        assert!(wanted_of(&plan).all(|wanted| wanted.state == WantedState::Here));
        around.language = "de".into();
        assert_eq!(planned(&around, &known), ["de_DE-thorsten-medium"]);
        around.language = "ja".into();
        let plan = SetupPlan::new(&around, &known.registry, &known);
        let note = plan.parts[0].note.as_deref().expect("it says so");
        assert!(
            note.contains("language ja") && ids(&plan).is_empty(),
            "{note}"
        );
        around.piper_model = Some("/m.onnx".into());
        let plan = SetupPlan::new(&around, &known.registry, &known);
        assert!(
            plan.parts[0]
                .note
                .as_deref()
                .is_some_and(|note| note.contains("/m.onnx"))
        );
    }

    #[test]
    fn music_fonts_and_models_are_those_that_are_of_use() {
        let known = known();
        let plan = SetupPlan::new(&english(&[SetupPart::Music]), &known.registry, &known);
        assert_eq!(ids(&plan), ["calm", "odd"]);
        assert!(wanted_of(&plan).all(|wanted| wanted.is_one_of_many));
        let mut around = english(&[SetupPart::Fonts]);
        assert_eq!(planned(&around, &known).len(), 0);
        around.scripts = vec!["Thai", "Zsye"];
        assert_eq!(planned(&around, &known), ["thai"]);
        // Models are of use where ComfyUI is; whoever names the part wants them all the same.
        let mut around = english(&[SetupPart::Models]);
        assert_eq!(planned(&around, &known).len(), 0);
        around.has_comfyui = true;
        assert_eq!(planned(&around, &known), ["upscale"]);
        around.has_comfyui = false;
        around.parts_named = true;
        let plan = SetupPlan::new(&around, &known.registry, &known);
        assert_eq!(ids(&plan), ["upscale"]);
        assert!(
            plan.parts[0]
                .note
                .as_deref()
                .is_some_and(|note| note.ends_with("sdxl"))
        );
    }

    #[test]
    fn programs_are_those_of_the_parts() {
        let piper = PlannedProgram {
            program: "piper".into(),
            detail: "speaks with these voices".into(),
            fix: "pip install piper-tts".into(),
        };
        let mut around = english(&[SetupPart::Music]);
        around.programs = vec![(SetupPart::Voice, piper.clone())];
        let known = known();
        assert!(
            SetupPlan::new(&around, &known.registry, &known)
                .programs
                .is_empty()
        );
        around.parts.insert(SetupPart::Voice);
        assert_eq!(
            SetupPlan::new(&around, &known.registry, &known).programs,
            [piper]
        );
    }
}
