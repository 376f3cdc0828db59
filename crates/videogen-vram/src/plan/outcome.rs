//! What the planner answers.

use std::borrow::Cow;

use serde::Serialize;
use videogen_types::{Aspect, Quality};

use super::{PaintPhase, PaintStrategy, PhaseFootprint, PhasePeak, PlanOccupant};
use crate::model::{Attention, Dtype, Family};
use crate::units::{Bytes, Size};

/// One sampling pass.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SamplingPass {
    /// What it paints.
    pub size: Size,
    /// Steps that are really computed.
    pub steps: u32,
    /// How strictly the prompt is followed; 1 computes one half of the guidance only.
    pub cfg: f64,
    /// ComfyUI's name of the sampler.
    pub sampler: Cow<'static, str>,
    /// ComfyUI's name of the scheduler.
    pub scheduler: &'static str,
    /// 1 starts from noise; less keeps what is there.
    pub denoise: f64,
    /// How the result of the pass before came to this size; `None` for the first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enlarged: Option<EnlargeMethod>,
    /// Edge of the tiles in which the enlarged pixels are encoded; `None` in one piece, or when there are no pixels
    /// because the latent was enlarged.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub encode_tile: Option<u32>,
}

/// How something became larger.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "by", rename_all = "snake_case")]
pub enum EnlargeMethod {
    /// The latent, by interpolation.
    Latent,
    /// The pixels, by an upscale model, then by resampling to the exact size.
    Model {
        /// The model's file name.
        name: String,
        /// How many times it enlarges.
        scale: u32,
        /// Edge of its tiles that fits. The server's node finds it by halving from 512.
        tile: u32,
    },
    /// The pixels, by plain resampling.
    Resample,
}

/// How latents become pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct VaeDecode {
    /// Edge of the tiles in pixels; `None` in one piece.
    pub tile: Option<u32>,
    /// By how many pixels tiles overlap; 0 in one piece.
    pub overlap: u32,
}

/// Where weights are while they are used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum WeightPlacement {
    /// On the processor.
    Cpu,
    /// Streamed through the card, as much of them resident as room is left.
    Streamed,
    /// On the card.
    Whole,
}

/// More than this many times a side, by plain resampling, is less than was promised. The bound is a promise of ours, and
/// no measurement: a picture that was enlarged further shows it.
pub const MAX_RESAMPLE_FACTOR: f64 = 1.5;

/// The size that was painted, and how far it is enlarged.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct PaintedAt {
    /// What the last pass painted or refined.
    pub size: Size,
    /// How many times longer the output is, by the side that grows most; 1 when it is as large.
    pub enlarged: f64,
    /// The part of that which plain resampling does: what an upscale model does is not in it.
    pub resampled: f64,
}

impl PaintedAt {
    /// Of a picture of `size` that becomes `output`, made `scale` times larger a side by an upscale model; 1 without one.
    pub(super) fn of(size: Size, output: Size, scale: u32) -> Self {
        let times = |to: u32, from: u32| f64::from(to) / f64::from(from.max(1));
        let enlarged = times(output.width, size.width).max(times(output.height, size.height));
        let enlarged = enlarged.max(1.0);
        let by_model = f64::from(scale.max(1));
        // Two digits are what a person can use.
        let rounded = |times: f64| (times * 100.0).round() / 100.0;
        Self {
            size,
            enlarged: rounded(enlarged),
            resampled: rounded((enlarged / by_model).max(1.0)),
        }
    }

    /// Whether plain resampling enlarges it further than [`MAX_RESAMPLE_FACTOR`].
    pub fn is_stretched(&self) -> bool {
        self.resampled > MAX_RESAMPLE_FACTOR
    }
}

/// About how long one picture takes. A rough guess from the card's generation, the model's size and the steps; nothing
/// was measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum PaintTimeClass {
    /// Under 20 seconds.
    Seconds,
    /// Up to 2 minutes.
    AMinute,
    /// Up to 10 minutes.
    Minutes,
    /// Up to an hour.
    TensOfMinutes,
    /// More.
    Hours,
}

impl PaintTimeClass {
    /// The name for people.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Seconds => "seconds",
            Self::AMinute => "about a minute",
            Self::Minutes => "minutes",
            Self::TensOfMinutes => "tens of minutes",
            Self::Hours => "hours",
        }
    }
}

/// A plan: everything a workflow is built from, and why it is so.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PaintPlan {
    /// The quality that is delivered.
    pub quality: Quality,
    /// The quality that was wished for.
    pub requested_quality: Quality,
    /// The shape.
    pub aspect: Aspect,
    /// The size that is delivered: what `quality` and `aspect` promise, or the size that was asked for.
    pub output: Size,
    /// How.
    #[serde(rename = "way")]
    pub strategy: PaintStrategy,
    /// Name of the model.
    pub model: String,
    /// Its family.
    pub family: Family,
    /// The passes in order; empty for the built-in painter.
    pub passes: Vec<SamplingPass>,
    /// How the latents of each pass that becomes pixels are decoded; `None` for the built-in painter.
    pub decode: Option<VaeDecode>,
    /// How the last pass comes to the output size; `None` when it has it.
    pub finish: Option<EnlargeMethod>,
    /// What of the output was painted, and what is only enlarged; `None` for the built-in painter.
    pub painted: Option<PaintedAt>,
    /// Where the diffusion model's weights are.
    pub weights: WeightPlacement,
    /// Where the text encoder is.
    pub text_encoder: WeightPlacement,
    /// Where the VAE is.
    pub vae: WeightPlacement,
    /// What the diffusion model computes in.
    pub dtype: Dtype,
    /// What the VAE computes in.
    pub vae_dtype: Dtype,
    /// How attention is computed, as it was planned for.
    pub attention: Attention,
    /// Whether the server faults weights in on demand.
    pub dynamic_vram: bool,
    /// Who is unloaded first, in this order.
    pub unload: Vec<PlanOccupant>,
    /// Whether it is tried against what was learnt, because nothing that is likely to fit delivers what was promised.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub doubtful: bool,
    /// Peaks of the phases in order; empty on the processor.
    pub phases: Vec<PhasePeak>,
    /// The largest of them; never more than the budget.
    pub predicted_peak_bytes: Bytes,
    /// Bytes of the card that the painter may take: free memory, what the server itself gives back and what is unloaded,
    /// less a CUDA context where none was counted.
    pub budget_bytes: Bytes,
    /// Bytes of the budget that the server leaves to others while it decides what to load.
    pub reserve_bytes: Bytes,
    /// Budget less predicted peak.
    pub headroom_bytes: Bytes,
    /// Bytes of main memory for the weights, when they are on the processor or streamed; 0 otherwise.
    pub ram_bytes: Bytes,
    /// About how long a picture takes.
    pub time: PaintTimeClass,
    /// Why it is so, in sentences for people.
    pub reasons: Vec<String>,
    /// What would make it better, in sentences for people.
    pub suggestions: Vec<String>,
}

/// How good a plan is; larger is better. Compares, in this order: painted by the model at all, quality, on the card, whether plain
/// resampling stretches it, whether what was learnt lets it fit, way, how much of the picture is refined, whether a model or plain resampling enlarges, whether weights stay on the card.
///
/// Sizes of tiles do not count, nor do who is unloaded and how long it takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct PlanRank {
    pub(super) by_model: bool,
    pub(super) quality: Quality,
    pub(super) delivery: Delivery,
    pub(super) strategy: std::cmp::Reverse<PaintStrategy>,
    pub(super) last_pass: u64,
    pub(super) upscale_model: bool,
    pub(super) weights: WeightPlacement,
}

/// How a plan delivers its quality; larger is better.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Delivery {
    pub(super) on_card: bool,
    pub(super) unstretched: bool,
    pub(super) likely: bool,
}

impl PaintPlan {
    /// How good it is. More free memory never gives a plan of a lower rank.
    pub fn rank(&self) -> PlanRank {
        let by_model = self.strategy != PaintStrategy::BuiltIn;
        let upscaled = |enlarge: &EnlargeMethod| matches!(enlarge, EnlargeMethod::Model { .. });
        PlanRank {
            by_model,
            quality: self.quality,
            delivery: Delivery {
                on_card: self.strategy != PaintStrategy::Cpu,
                unstretched: !self.is_stretched(),
                likely: !self.doubtful,
            },
            strategy: std::cmp::Reverse(self.strategy),
            last_pass: self.passes.last().map_or(0, |pass| pass.size.area().get()),
            upscale_model: self
                .passes
                .iter()
                .filter_map(|pass| pass.enlarged.as_ref())
                .chain(&self.finish)
                .any(upscaled),
            weights: self.weights,
        }
    }

    /// The phases that take memory of the card, in order, with what may be learnt of each.
    pub fn footprints(&self) -> impl Iterator<Item = PhaseFootprint> {
        let budget = self.budget_bytes;
        let takes = |peak: &&PhasePeak| peak.least_bytes > Bytes::ZERO;
        self.phases
            .iter()
            .filter(takes)
            .map(move |peak| PhaseFootprint {
                phase: peak.phase,
                size: peak.size,
                least: peak.least_bytes,
                weights: peak.weights_bytes,
                budget,
            })
    }

    /// The `nth` phase of a kind, from 0; the last of the kind where there are not so many, as of two texts that are
    /// encoded. `None` when no such phase takes memory of the card.
    pub fn footprint(&self, phase: PaintPhase, nth: usize) -> Option<PhaseFootprint> {
        let of_kind = self.footprints().filter(|spot| spot.phase == phase);
        of_kind.take(nth.saturating_add(1)).last()
    }

    /// Whether less is delivered than was wished for.
    pub fn is_degraded(&self) -> bool {
        let is_less = self.quality < self.requested_quality;
        is_less
            || self.is_stretched()
            || matches!(self.strategy, PaintStrategy::Cpu | PaintStrategy::BuiltIn)
    }

    /// Why the output is soft, when resampling stretches it.
    pub fn why_soft(&self) -> Option<String> {
        let painted = self.painted.filter(PaintedAt::is_stretched)?;
        Some(super::words::softened(painted.resampled))
    }

    /// Whether the output is little more than a smaller picture, enlarged.
    pub fn is_stretched(&self) -> bool {
        self.painted.is_some_and(|painted| painted.is_stretched())
    }
}
