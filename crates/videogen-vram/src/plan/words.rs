//! Why a plan is as it is and what would make it better, in sentences for people.

use std::fmt::Write as _;

use super::candidates::{Draft, Grow};
use super::room::{Card, GPU_FLOOR, tenant_word};
use super::sizes::paint_cap;
use super::{PaintStrategy, PlanOccupant, PlanRequest, WeightPlacement};
use crate::model::{
    Attention, ServerFacts, ServerGeneration, compute_of, minimum_inference_memory,
};
use crate::reading::{GpuReading, Vendor};
use crate::units::{Bytes, Size};

/// What sentences are made of.
pub(super) struct Story<'a> {
    pub request: &'a PlanRequest,
    pub reading: Option<&'a GpuReading>,
    pub server: &'a ServerFacts,
    pub card: &'a Card<'a>,
    /// Free memory with everything that is given back.
    pub raw: Bytes,
    pub budget: Bytes,
    pub draft: &'a Draft<'a>,
    pub unload: &'a [PlanOccupant],
    /// Who could be unloaded, but may not, for what.
    pub offer: Option<(&'a [PlanOccupant], &'a Draft<'a>)>,
    /// A program, what it holds, and what could be without it.
    pub without_others: Option<(String, Bytes, Draft<'a>)>,
    /// Whether earlier runs made the planner more careful here.
    pub corrected: bool,
}

/// Reasons and suggestions.
pub(super) fn tell(story: &Story<'_>) -> (Vec<String>, Vec<String>) {
    let mut reasons = Vec::with_capacity(8);
    story.memory(&mut reasons);
    story.quality(&mut reasons);
    story.strategy(&mut reasons);
    story.stretch(&mut reasons);
    if story.draft.passes.is_empty() {
        return (reasons, story.suggestions());
    }
    story.parts(&mut reasons);
    (reasons, story.suggestions())
}

fn bytes(value: f64) -> Bytes {
    Bytes::from_f64_ceil(value)
}

/// Why a picture is soft that resampling makes that many times larger a side.
pub(super) fn softened(times: f64) -> String {
    format!("Plain resampling makes the picture {times} times larger a side, so it is soft.")
}

/// What a plan suggests where pictures are enlarged by resampling because there is no upscale model.
pub const UPSCALE_MODEL_ADVICE: &str =
    "Give ComfyUI an upscale model such as RealESRGAN_x4plus; it enlarges better than resampling.";

fn megapixels(area: f64) -> String {
    format!("{:.2} megapixels", area / 1e6)
}

fn names(tenants: &[PlanOccupant]) -> String {
    let names: Vec<String> = tenants
        .iter()
        .map(|tenant| format!("{}, {}", shortened(&tenant.name), tenant.bytes))
        .collect();
    names.join("; ")
}

/// Names come from outside; a sentence has an end, and no control characters.
fn shortened(name: &str) -> String {
    name.chars().filter(|c| !c.is_control()).take(60).collect()
}

impl Story<'_> {
    fn memory(&self, reasons: &mut Vec<String>) {
        let Some(reading) = self.reading else {
            reasons.push("No graphics card was found.".to_owned());
            return;
        };
        if reading.total.bytes() == Bytes::ZERO {
            reasons.push("The graphics card reports no memory, so it is not used.".to_owned());
            return;
        }
        let mut text = format!("{} of {} are free", reading.sane_free(), reading.total);
        if self.server.held > Bytes::ZERO {
            let _ = write!(text, ", ComfyUI gives back {}", self.server.held);
        }
        if self.budget < self.raw {
            let _ = write!(
                text,
                ", {} go to the driver's context",
                self.raw.minus(self.budget)
            );
        }
        let _ = write!(
            text,
            "; the painter may take {}, of which ComfyUI leaves {} to others",
            self.budget,
            bytes(self.card.reserve)
        );
        reasons.push(text + ".");
        if reading.free.bytes() > reading.total.bytes() {
            reasons.push(
                "The reading says that more is free than there is; the card's size is believed."
                    .to_owned(),
            );
        }
        if !self.unload.is_empty() {
            let kind = tenant_word(self.unload[0].kind);
            reasons.push(format!(
                "First the {kind} leaves the card ({}); without that the plan is worse.",
                names(self.unload)
            ));
        }
        if self.corrected {
            reasons.push(
                "Earlier runs of this way took more than was predicted, so more is set aside."
                    .to_owned(),
            );
        }
    }

    fn quality(&self, reasons: &mut Vec<String>) {
        let (wished, given) = (self.request.quality, self.draft.quality);
        if given < wished {
            reasons.push(format!(
                "No way to paint {wished} ({}) fits into {}, so it is {given} ({}).",
                self.request.promised(wished),
                self.budget,
                self.draft.output
            ));
            let floor = self.card.facts.limits.floor;
            if self.raw < floor {
                reasons.push(format!(
                    "Below {floor} of free memory {} is not enlarged further than it is refined.",
                    self.card.facts.title
                ));
            }
        }
    }

    fn strategy(&self, reasons: &mut Vec<String>) {
        let (draft, title) = (self.draft, self.card.facts.title);
        let cap = paint_cap(&self.card.facts.limits);
        let wanted = draft.output;
        let first = draft.passes.first().map_or(wanted, |pass| pass.size);
        let last = draft.passes.last().map_or(wanted, |pass| pass.size);
        let too_large = || {
            format!(
                "{title} paints {} at once without repeating itself, and {wanted} has {}",
                megapixels(cap),
                megapixels(wanted.area().get() as f64)
            )
        };
        match draft.strategy {
            PaintStrategy::Direct | PaintStrategy::DirectTiled => {
                reasons.push(format!("{title} paints {first} in one pass."));
            }
            PaintStrategy::TwoPassLatent => reasons.push(format!(
                "{}: it is painted at {first}, enlarged as a latent and refined at {last}.",
                too_large()
            )),
            PaintStrategy::TwoPassPixel => {
                reasons.push(format!(
                    "{}: it is painted at {first}, enlarged as pixels and refined at {last}.",
                    too_large()
                ));
                if last.area() < wanted.area() {
                    reasons.push(format!(
                        "Refining at the full {wanted} would take {}; {last} fits, and the rest is enlarged.",
                        bytes(self.least_sampling(wanted))
                    ));
                }
            }
            PaintStrategy::EnlargeOnly => reasons.push(format!(
                "Refining does not fit: it is painted at {first} and enlarged to {wanted}."
            )),
            PaintStrategy::Cpu => {
                self.why_no_card(reasons);
                reasons.push(format!(
                    "It is painted at {first} on the processor, which takes long, with fewer steps."
                ));
            }
            PaintStrategy::BuiltIn => {
                if wanted.width == 0 || wanted.height == 0 {
                    reasons.push(format!("A picture of {wanted} has nothing to paint."));
                } else if wanted.width.max(wanted.height) > super::sizes::MAX_SIDE {
                    reasons.push(format!(
                        "ComfyUI makes no picture of {wanted}; its sides end at 16384."
                    ));
                } else if self.card.facts.since > self.server.generation {
                    reasons.push(format!("This ComfyUI is too old to know {title}."));
                } else {
                    self.why_no_card(reasons);
                }
                reasons.push("The built-in painter makes the picture.".to_owned());
            }
        }
    }

    /// What resampling does, where it does much.
    fn stretch(&self, reasons: &mut Vec<String>) {
        let painted = self.draft.painted;
        if let Some(painted) = painted.filter(super::PaintedAt::is_stretched) {
            reasons.push(softened(painted.resampled));
        }
    }

    fn why_no_card(&self, reasons: &mut Vec<String>) {
        if self.reading.is_none() {
            return;
        }
        if self.server.flags.cpu {
            reasons.push("ComfyUI was started with --cpu, so it uses no graphics card.".to_owned());
        } else if self.raw < GPU_FLOOR {
            reasons.push(format!(
                "{} are free; below {GPU_FLOOR} a card is left alone, because driver and reserve take half of it.",
                self.raw
            ));
        } else {
            reasons.push(format!(
                "{} does not fit into {} in any way that is allowed.",
                self.card.facts.title, self.budget
            ));
        }
    }

    fn least_sampling(&self, size: Size) -> f64 {
        self.card.sampling(size).1
    }

    fn parts(&self, reasons: &mut Vec<String>) {
        let (draft, card) = (self.draft, self.card);
        if draft.strategy == PaintStrategy::Cpu {
            return;
        }
        let last = draft.passes.last().map_or(draft.output, |pass| pass.size);
        if let Some(tile) = draft.decode_tile {
            reasons.push(format!(
                "Decoding {last} in one piece would take {}; in tiles of {tile} pixels it takes {}.",
                bytes(card.decode_bytes(last, None)),
                bytes(card.decode_bytes(last, Some(tile)))
            ));
        }
        let weights = bytes(card.diffusion);
        match draft.weights {
            WeightPlacement::Whole => {}
            _ if card.dynamic => reasons.push(format!(
                "The weights ({weights}) do not all stay on the card; this ComfyUI brings them on demand, which is slower."
            )),
            _ => reasons.push(format!(
                "The weights ({weights}) do not fit beside the work and the {} that ComfyUI keeps free, so a part is \
                 streamed from main memory at every step, which is slower.",
                bytes(minimum_inference_memory(card.reserve))
            )),
        }
        if draft.text == WeightPlacement::Cpu {
            reasons.push("The text encoder runs on the processor.".to_owned());
        }
        if draft.vae == WeightPlacement::Cpu {
            reasons.push("The VAE runs on the processor, as ComfyUI was told to.".to_owned());
        }
        if card.attention == Attention::Other {
            reasons.push(
                "Attention is computed in the way that needs several times the memory.".to_owned(),
            );
        }
        let small = draft
            .passes
            .iter()
            .filter_map(|pass| pass.enlarged)
            .chain(draft.finish)
            .find(|grow| matches!(grow, Grow::Model(_, tile) if *tile < 512));
        if let Some(Grow::Model(model, tile)) = small {
            reasons.push(format!(
                "{} enlarges in tiles of {tile} pixels, to which the node falls back by itself.",
                shortened(&model.name)
            ));
        }
    }

    fn suggestions(&self) -> Vec<String> {
        let (draft, card) = (self.draft, self.card);
        let mut list = Vec::new();
        if let Some((who, better)) = &self.offer {
            list.push(format!("Unload {}, {}.", names(who), self.gain(better)));
        }
        if let Some((name, held, better)) = &self.without_others {
            list.push(format!(
                "Unload what {} holds, {held}, {}.",
                shortened(name),
                self.gain(better)
            ));
        }
        if draft.strategy == PaintStrategy::BuiltIn && card.facts.since > self.server.generation {
            list.push("Update ComfyUI.".to_owned());
        }
        // The few pixels that divisibility costs a direct way are nothing.
        let finish = draft
            .finish
            .filter(|_| draft.strategy >= PaintStrategy::TwoPassPixel);
        let mut grown = draft
            .passes
            .iter()
            .filter_map(|pass| pass.enlarged)
            .chain(finish);
        let pixels = grown.any(|grow| matches!(grow, Grow::Resample));
        if pixels && self.server.upscale_models.is_empty() {
            list.push(UPSCALE_MODEL_ADVICE.to_owned());
        }
        let Some(reading) = self.reading else {
            return list;
        };
        if draft.strategy == PaintStrategy::BuiltIn
            && !self.request.allow_cpu
            && self.request.size.is_none()
        {
            list.push("Allow painting on the processor; it takes long.".to_owned());
        }
        if card.attention == Attention::Other && reading.vendor == Vendor::Nvidia {
            let how = if self.server.flags.split_attention {
                "without --use-split-cross-attention and --use-quad-cross-attention"
            } else {
                "with --use-pytorch-cross-attention"
            };
            list.push(format!(
                "Start ComfyUI {how}; attention then takes a fraction."
            ));
        }
        if reading.vendor == Vendor::Nvidia && compute_of(reading).is_none() {
            list.push("Name the card: an unknown one is planned for as an old one, with 4 bytes a number.".to_owned());
        }
        if draft.weights == WeightPlacement::Streamed {
            let diffusion = self.request.model.weights.diffusion.stored;
            let smaller = self
                .server
                .models
                .iter()
                .filter(|model| model.family == card.family)
                .filter(|model| model.weights.diffusion.stored < diffusion)
                .max_by_key(|model| model.weights.diffusion.stored);
            if let Some(model) = smaller {
                list.push(format!(
                    "Paint with {}, whose weights take {} instead of {diffusion}.",
                    shortened(&model.name),
                    model.weights.diffusion.stored
                ));
            }
        }
        if self.server.generation == ServerGeneration::V0_3 && draft.decode_tile.is_some() {
            list.push("Update ComfyUI: before it decodes in tiles, this one puts out more than it has to.".to_owned());
        }
        list
    }

    /// What a better draft brings.
    fn gain(&self, better: &Draft<'_>) -> String {
        let now = self.draft;
        if better.strategy == PaintStrategy::BuiltIn || now.strategy == PaintStrategy::BuiltIn {
            return format!("to paint {} with {}", better.quality, self.card.facts.title);
        }
        if better.quality > now.quality {
            return format!("to paint {} instead of {}", better.quality, now.quality);
        }
        if better.strategy < now.strategy {
            return match better.strategy {
                PaintStrategy::Direct => "to paint in one pass and decode in one piece".to_owned(),
                PaintStrategy::DirectTiled => "to paint in one pass".to_owned(),
                PaintStrategy::TwoPassLatent => "to refine the whole picture".to_owned(),
                _ => "to refine the picture".to_owned(),
            };
        }
        if better.weights > now.weights {
            return "to keep the weights on the card, which is faster".to_owned();
        }
        "to refine at a larger size".to_owned()
    }
}
