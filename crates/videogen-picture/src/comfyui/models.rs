//! Which model files a server paints with: the one that is named, or that which plans best of those it has.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use videogen_comfy::{AllInOne, ModelFile, Models};
use videogen_types::{Aspect, Quality};
use videogen_vram::{
    Family, FreeBytes, GpuReading, MemoryCorrections, ModelFacts, ModelPurpose, PaintStrategy,
    PlanRequest, Planner, ServerFacts, UnloadPolicy, WeightPlacement, Weights, model_from_name,
    purpose_from_name,
};

use super::family;
use super::model_set;

/// The lists of files a server has.
#[derive(Debug, Default, Clone)]
pub(super) struct Lists {
    pub(super) checkpoints: Vec<String>,
    pub(super) diffusion: Vec<String>,
    pub(super) text: Vec<String>,
    pub(super) vae: Vec<String>,
}

/// What a server computes on, for telling which of its models plans best.
#[derive(Debug, Default, Clone)]
pub(super) struct Ground {
    pub(super) facts: ServerFacts,
    /// `None` where it computes on its processor.
    pub(super) card: Option<GpuReading>,
}

/// What a file says of itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ModelKind {
    /// It makes pictures.
    Family(Family),
    /// It is for something else.
    Other(ModelPurpose),
}

/// A model that can be painted with.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Choice {
    pub(super) facts: ModelFacts,
    pub(super) files: Models,
    /// Whether its family is not known.
    pub(super) is_unknown: bool,
    /// Why it was chosen, for people, as the end of "… is used, which …".
    pub(super) why: String,
    /// Files that could be taken for a model and were not chosen, with why not, as the end of "FILE …".
    pub(super) left_out: Vec<(String, String)>,
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

/// Families that paint, the best first: of two that plan equally well the former is taken.
const BEST: [Family; 9] = [
    Family::QwenImage,
    Family::Flux1Dev,
    Family::ZImage,
    Family::Sd3,
    Family::Flux1Schnell,
    Family::Sdxl,
    Family::Ssd1b,
    Family::Sd15,
    Family::Sd20,
];

/// Words in the names of models that were made for few steps: with as many as others they paint worse.
const FEW_STEPS: [&str; 4] = ["turbo", "lightning", "lcm", "hyper"];

/// A model that is complete.
#[derive(Debug, Clone)]
struct Candidate {
    facts: ModelFacts,
    files: Models,
    is_unknown: bool,
}

/// How well a model plans on a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Fitness {
    /// How many qualities come at their size, and not stretched.
    qualities: usize,
    /// Whether the weights stay on the card at the usual quality.
    is_at_home: bool,
}

/// Chooses `wanted`, or the model that plans best on `ground`: that which delivers most qualities at their size without
/// stretching, then one that stays on the card, then the better family, then a plain one before one for few steps, then by
/// name. On a processor smaller ones come first. `told` is what files say of themselves.
///
/// # Errors
/// Why there is none, as the end of "the server …".
pub(super) fn choose(
    lists: &Lists,
    wanted: Option<&str>,
    ground: &Ground,
    said_of: &BTreeMap<String, ModelKind>,
) -> Result<Choice, String> {
    let (mut candidates, mut left_out) = (Vec::new(), Vec::new());
    let checkpoints = lists
        .checkpoints
        .iter()
        .map(|file| (file, checkpoint(file, said_of)));
    let diffusion = lists
        .diffusion
        .iter()
        .map(|file| (file, diffusion(lists, file)));
    for (file, candidate) in checkpoints.chain(diffusion) {
        match candidate {
            Ok(candidate) => candidates.push((file, candidate)),
            Err(why) => left_out.push((file.clone(), why)),
        }
    }
    if let Some(wanted) = wanted {
        return named(wanted, candidates, &left_out);
    }
    let mut rated: Vec<(Fitness, &String, Candidate)> = candidates
        .into_iter()
        .map(|(file, candidate)| (fitness(&candidate.facts, ground), file, candidate))
        .collect();
    rated.sort_by_cached_key(|(fitness, file, candidate)| {
        let family = BEST
            .iter()
            .position(|family| *family == candidate.facts.family);
        let lower = file.to_lowercase();
        let is_made_for_few = FEW_STEPS.iter().any(|word| lower.contains(word))
            && candidate.facts.family != Family::ZImage;
        let size = match ground.card {
            Some(_) => 0,
            None => candidate.facts.weights.diffusion.params,
        };
        (
            candidate.is_unknown,
            size,
            Reverse(fitness.qualities),
            !fitness.is_at_home,
            family,
            is_made_for_few,
            (*file).clone(),
        )
    });
    let mut rated = rated.into_iter();
    let Some((fitness, _, best)) = rated.next() else {
        return Err(nothing(&left_out));
    };
    let why = why(&best, fitness, ground);
    let others =
        rated.map(|(fitness, file, other)| (file.clone(), why_not(&other, fitness, ground)));
    let left_out = others.chain(left_out).collect();
    let Candidate {
        facts,
        files,
        is_unknown,
    } = best;
    Ok(Choice {
        facts,
        files,
        is_unknown,
        why,
        left_out,
    })
}

/// The model that a person named.
fn named(
    wanted: &str,
    candidates: Vec<(&String, Candidate)>,
    left_out: &[(String, String)],
) -> Result<Choice, String> {
    let usable: Vec<&str> = candidates.iter().map(|(file, _)| file.as_str()).collect();
    let usable = listed(&usable);
    let has = || {
        let other = left_out.iter().find(|(file, _)| same(file, wanted));
        match (other, usable.is_empty()) {
            (Some((file, why)), true) => format!("cannot paint with {file}: it {why}"),
            (Some((file, why)), false) => {
                format!("cannot paint with {file}: it {why}; it has {usable}")
            }
            (None, true) => format!("has no model {wanted}, nor any other that paints"),
            (None, false) => format!("has no model {wanted}; it has {usable}"),
        }
    };
    // The exact name before one that is like it.
    let exact = candidates.iter().position(|(file, _)| *file == wanted);
    let like = || candidates.iter().position(|(file, _)| same(file, wanted));
    let Some(at) = exact.or_else(like) else {
        return Err(has());
    };
    let (_, candidate) = candidates.into_iter().nth(at).expect("it was found there");
    Ok(Choice {
        facts: candidate.facts,
        files: candidate.files,
        is_unknown: candidate.is_unknown,
        why: "is the one that is named".to_owned(),
        left_out: Vec::new(),
    })
}

/// That a server has nothing to paint with, and what it has instead.
fn nothing(left_out: &[(String, String)]) -> String {
    let told: Vec<String> = left_out
        .iter()
        .take(NAMED)
        .map(|(file, why)| format!("{file} {why}"))
        .collect();
    if told.is_empty() {
        return "has no model that makes pictures from words".to_owned();
    }
    let more = left_out.len().saturating_sub(NAMED);
    let more = if more > 0 {
        format!("; and {more} more")
    } else {
        String::new()
    };
    format!(
        "has no model that makes pictures from words: {}{more}",
        told.join("; ")
    )
}

/// Some of these names, and how many more there are.
fn listed(names: &[&str]) -> String {
    let shown = names
        .iter()
        .take(NAMED)
        .copied()
        .collect::<Vec<_>>()
        .join(", ");
    match names.len().saturating_sub(NAMED) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

/// A checkpoint, when it makes pictures from words by itself.
fn checkpoint(name: &str, said_of: &BTreeMap<String, ModelKind>) -> Result<Candidate, String> {
    let file = ModelFile::new(name).map_err(|_| "has a name that cannot be used".to_owned())?;
    let said = said_of.get(name);
    if let Some(ModelKind::Other(purpose)) = said {
        return Err(purpose.does().to_owned());
    }
    if let Some(purpose) = purpose_from_name(name) {
        return Err(purpose.does().to_owned());
    }
    let known = match said {
        Some(ModelKind::Family(family)) => Some(ModelFacts::of(*family)),
        _ => model_from_name(name),
    };
    let is_unknown = known.is_none();
    let facts = ModelFacts {
        name: name.to_owned(),
        separate_files: false,
        ..known.unwrap_or_else(unknown)
    };
    let files = match facts.family {
        _ if is_unknown => Models::Checkpoint { file, vae: None },
        Family::Flux1Dev | Family::Flux1Schnell => Models::AllInOne {
            file,
            family: AllInOne::Flux { guidance: None },
        },
        Family::Sd3 => Models::AllInOne {
            file,
            family: AllInOne::Sd3 { shift: None },
        },
        family if family::OF_CHECKPOINTS.contains(&family) => {
            Models::Checkpoint { file, vae: None }
        }
        family => return Err(no_workflow(family)),
    };
    Ok(Candidate {
        facts,
        files,
        is_unknown,
    })
}

/// A diffusion model with its text encoders and its VAE, when all are there.
fn diffusion(lists: &Lists, name: &str) -> Result<Candidate, String> {
    let file = ModelFile::new(name).map_err(|_| "has a name that cannot be used".to_owned())?;
    if let Some(purpose) = purpose_from_name(name) {
        return Err(purpose.does().to_owned());
    }
    let facts = model_from_name(name)
        .ok_or_else(|| "has a name that does not say what it is".to_owned())?;
    let facts = ModelFacts {
        separate_files: true,
        ..facts
    };
    let files = model_set::complete(facts.family, file, &lists.text, &lists.vae);
    let files = files.ok_or_else(|| no_workflow(facts.family))??;
    Ok(Candidate {
        facts,
        files,
        is_unknown: false,
    })
}

fn no_workflow(family: Family) -> String {
    let title = family.facts().title;
    format!("is {title}, which is painted with only by a workflow of yours")
}

/// How well a model plans on a server whose card is all its own: what is free now says little of a whole night.
fn fitness(model: &ModelFacts, ground: &Ground) -> Fitness {
    let card = ground.card.clone().map(|mut card| {
        card.free = FreeBytes::new(card.total.bytes());
        card
    });
    let facts = ServerFacts {
        held: videogen_vram::Bytes::ZERO,
        ..ground.facts.clone()
    };
    let plan = |quality: Quality| {
        let request = PlanRequest {
            least_quality: quality,
            allow_cpu: card.is_none() || facts.flags.cpu,
            unload: UnloadPolicy::Never,
            ..PlanRequest::new(model.clone(), quality, Aspect::Portrait)
        };
        Planner::new().plan(&request, card.as_ref(), &facts, &MemoryCorrections::NONE)
    };
    let delivers = |quality: &Quality| {
        let plan = plan(*quality);
        plan.strategy != PaintStrategy::BuiltIn && plan.quality == *quality && !plan.is_stretched()
    };
    Fitness {
        qualities: Quality::all().filter(delivers).count(),
        is_at_home: plan(Quality::Standard).weights == WeightPlacement::Whole,
    }
}

fn delivered(fitness: Fitness, ground: &Ground) -> String {
    let all = Quality::all().len();
    let qualities = match fitness.qualities {
        0 => "reaches no quality at its size".to_owned(),
        some if some == all => "reaches every quality at its size".to_owned(),
        some => format!("reaches {some} of {all} qualities at their size"),
    };
    match (&ground.card, fitness.is_at_home) {
        (None, _) => qualities,
        (Some(_), true) => format!("{qualities} and stays on the card"),
        (Some(_), false) => format!("{qualities} and is streamed through the card"),
    }
}

fn why(model: &Candidate, fitness: Fitness, ground: &Ground) -> String {
    if model.is_unknown {
        return "says nothing of what it is, and nothing else is there".to_owned();
    }
    let title = model.facts.family.facts().title;
    format!("is {title} and {}", delivered(fitness, ground))
}

fn why_not(model: &Candidate, fitness: Fitness, ground: &Ground) -> String {
    if model.is_unknown {
        return "says nothing of what it is".to_owned();
    }
    let title = model.facts.family.facts().title;
    format!(
        "is {title} and {}, which is no better",
        delivered(fitness, ground)
    )
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

#[cfg(test)]
mod tests;
