//! The ways tried for one quality, best first; the first that fits is taken.

use videogen_types::Quality;

use super::room::{Room, Taken};
use super::sizes::{MAX_SIDE, ladder, of_area, paint_cap, refine_cap, rounded_up, single_pass};
use super::{EnlargeMethod, PaintPhase, PaintStrategy, PaintedAt, WeightPlacement};
use crate::model::UpscaleModel;
use crate::units::Size;

/// A way that fits, in numbers; sentences are made of the one that is taken.
#[derive(Debug, Clone)]
pub(super) struct Draft<'a> {
    pub strategy: PaintStrategy,
    pub quality: Quality,
    pub output: Size,
    pub passes: Vec<DraftPass<'a>>,
    pub decode_tile: Option<u32>,
    pub finish: Option<Grow<'a>>,
    pub text: WeightPlacement,
    pub weights: WeightPlacement,
    pub vae: WeightPlacement,
    pub phases: Vec<DraftPhase>,
    /// What of the output is painted; `None` without a model.
    pub painted: Option<PaintedAt>,
    /// Whether it only fits when what was learnt does not count.
    pub doubtful: bool,
}

/// A phase and what it takes.
#[derive(Debug, Clone, Copy)]
pub(super) struct DraftPhase {
    pub phase: PaintPhase,
    pub size: Size,
    pub taken: Taken,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct DraftPass<'a> {
    pub size: Size,
    pub denoise: f64,
    pub enlarged: Option<Grow<'a>>,
    pub encode_tile: Option<u32>,
}

#[derive(Debug, Clone, Copy)]
pub(super) enum Grow<'a> {
    Latent,
    Model(&'a UpscaleModel, u32),
    Resample,
}

impl Grow<'_> {
    /// The same as a plan tells it.
    pub(super) fn method(&self) -> EnlargeMethod {
        match *self {
            Self::Latent => EnlargeMethod::Latent,
            Self::Resample => EnlargeMethod::Resample,
            Self::Model(model, tile) => EnlargeMethod::Model {
                name: model.name.clone(),
                scale: model.scale,
                tile,
            },
        }
    }

    /// How many times larger a side an upscale model makes it.
    const fn scale(&self) -> u32 {
        match *self {
            Self::Latent | Self::Resample => 1,
            Self::Model(model, _) => model.scale,
        }
    }
}

impl<'a> Draft<'a> {
    /// The same order as [`super::PaintPlan::rank`], without building a plan.
    pub(super) fn rank(&self) -> super::PlanRank {
        let model = |grow: &Grow<'_>| matches!(grow, Grow::Model(..));
        super::PlanRank {
            by_model: self.strategy != PaintStrategy::BuiltIn,
            quality: self.quality,
            delivery: super::outcome::Delivery {
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
                .any(model),
            weights: self.weights,
        }
    }

    /// Whether plain resampling enlarges it further than is promised.
    pub(super) fn is_stretched(&self) -> bool {
        self.painted.is_some_and(|painted| painted.is_stretched())
    }

    /// Brings what the last pass painted, which is of `size`, to the promised size.
    fn bring(&mut self, size: Size, finish: Option<Grow<'a>>) {
        let scale = finish.as_ref().map_or(1, Grow::scale);
        self.painted = Some(PaintedAt::of(size, self.output, scale));
        self.finish = finish;
    }

    fn take(&mut self, phase: PaintPhase, size: Size, taken: Taken) {
        self.phases.push(DraftPhase { phase, size, taken });
    }
}

/// What is the same for all ways of one quality.
#[derive(Debug, Clone, Copy)]
pub(super) struct QualityRequest<'a> {
    pub quality: Quality,
    pub output: Size,
    pub cfg: f64,
    /// Upscale models, the preferred first.
    pub upscale: &'a [UpscaleModel],
    /// Whether a picture may be enlarged further than it is refined.
    pub may_stretch: bool,
    /// Whether plain resampling may do more of that than is promised.
    pub may_soften: bool,
}

/// Denoise of a pass over an enlarged latent: interpolated latents are blurred, less leaves them so.
const LATENT_DENOISE: f64 = 0.5;
/// Denoise of a pass over enlarged pixels: they are sharp already.
const PIXEL_DENOISE: f64 = 0.35;
/// A refining pass is worth its time when it has that many times the pixels of the first.
const WORTH_REFINING: f64 = 1.25;
/// A refining pass over enlarged pixels has at most that many times the first pass's pixels: four times each side.
const MOST_ENLARGED: f64 = 16.0;
/// Parts of the output's sides at which refining is tried.
const REFINE_AT: [f64; 8] = [1.0, 0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3];
/// Parts of the largest first pass, by area, that are tried where a picture is only enlarged.
const FIRST_AT: [f64; 4] = [1.0, 0.7, 0.5, 0.3];

/// The tiles of an upscale model on the processor: those that the server's node begins with.
const CPU_TILE: u32 = 512;

/// Whether what `model` makes of a picture is no larger than a server takes.
fn fits(model: &UpscaleModel, size: Size) -> bool {
    size.width.max(size.height).saturating_mul(model.scale) <= MAX_SIDE
}

impl<'a> QualityRequest<'a> {
    pub(super) fn try_strategy(
        &self,
        strategy: PaintStrategy,
        room: &Room<'_>,
    ) -> Option<Draft<'a>> {
        match strategy {
            PaintStrategy::Direct | PaintStrategy::DirectTiled => self.direct(strategy, room),
            PaintStrategy::TwoPassLatent => self.latent(room),
            PaintStrategy::TwoPassPixel => self.pixel(room),
            PaintStrategy::EnlargeOnly => self.enlarge_only(room),
            PaintStrategy::Cpu | PaintStrategy::BuiltIn => None,
        }
    }

    /// `draft`, unless it is softer than it may be.
    fn allowed(&self, draft: Draft<'a>) -> Option<Draft<'a>> {
        (self.may_soften || !draft.is_stretched()).then_some(draft)
    }

    fn direct(&self, strategy: PaintStrategy, room: &Room<'_>) -> Option<Draft<'a>> {
        let size = single_pass(self.output, &room.card.facts.limits)?;
        // Each way asks for its own, because what was learnt about one says nothing of the other.
        let tile = match strategy {
            PaintStrategy::Direct => room.decodes_whole(size).then_some(None)?,
            _ => Some(room.tile_for(size)?),
        };
        let mut draft = self.draft(strategy, room)?;
        self.first(&mut draft, size, room)?;
        self.end(&mut draft, tile, room)?;
        self.allowed(draft)
    }

    fn latent(&self, room: &Room<'_>) -> Option<Draft<'a>> {
        let limits = &room.card.facts.limits;
        let last = rounded_up(self.output, limits);
        let area = last.area().get() as f64;
        if area <= paint_cap(limits) || area > refine_cap(limits) {
            return None;
        }
        let tile = room.decode_tile(last)?.edge();
        let mut draft = self.draft(PaintStrategy::TwoPassLatent, room)?;
        let first = of_area(self.output, paint_cap(limits), limits);
        self.first(&mut draft, first, room)?;
        for &size in &ladder(first, last, limits)[1..] {
            self.sample(
                &mut draft,
                DraftPass {
                    size,
                    denoise: LATENT_DENOISE,
                    enlarged: Some(Grow::Latent),
                    encode_tile: None,
                },
                room,
            )?;
        }
        self.end(&mut draft, tile, room)?;
        self.allowed(draft)
    }

    fn pixel(&self, room: &Room<'_>) -> Option<Draft<'a>> {
        let limits = &room.card.facts.limits;
        let whole = rounded_up(self.output, limits);
        if whole.area().get() as f64 <= paint_cap(limits) {
            return None;
        }
        let first = of_area(self.output, paint_cap(limits), limits);
        let first_area = first.area().get() as f64;
        let scales = if self.may_stretch {
            &REFINE_AT[..]
        } else {
            &REFINE_AT[..1]
        };
        scales.iter().find_map(|&scale| {
            let area = whole.area().get() as f64 * scale * scale;
            let growth = area / first_area;
            if area > refine_cap(limits) || !(WORTH_REFINING..=MOST_ENLARGED).contains(&growth) {
                return None;
            }
            let size = if scale < 1.0 {
                of_area(self.output, area, limits)
            } else {
                whole
            };
            self.refined_at(first, size, room)
        })
    }

    fn refined_at(&self, first: Size, size: Size, room: &Room<'_>) -> Option<Draft<'a>> {
        // The sampler is what most often does not fit, so it is asked first.
        room.sample(size, self.cfg)?;
        let (encode_tile, encode) = room.encode(size)?;
        let tile = room.decode_tile(size)?.edge();
        let mut draft = self.draft(PaintStrategy::TwoPassPixel, room)?;
        self.first(&mut draft, first, room)?;
        draft.take(PaintPhase::Decode, first, room.decode(first, tile));
        let grow = self.grow(&mut draft, first, room);
        draft.take(PaintPhase::Encode, size, encode);
        self.sample(
            &mut draft,
            DraftPass {
                size,
                denoise: PIXEL_DENOISE,
                enlarged: Some(grow),
                encode_tile,
            },
            room,
        )?;
        self.end(&mut draft, tile, room)?;
        self.allowed(draft)
    }

    fn enlarge_only(&self, room: &Room<'_>) -> Option<Draft<'a>> {
        if !self.may_stretch {
            return None;
        }
        let limits = &room.card.facts.limits;
        let most = paint_cap(limits).min(rounded_up(self.output, limits).area().get() as f64);
        FIRST_AT.iter().find_map(|&part| {
            let size = of_area(self.output, most * part, limits);
            if single_pass(self.output, limits) == Some(size) {
                // That is the direct way.
                return None;
            }
            let tile = room.decode_tile(size)?.edge();
            let mut draft = self.draft(PaintStrategy::EnlargeOnly, room)?;
            self.first(&mut draft, size, room)?;
            self.end(&mut draft, tile, room)?;
            self.allowed(draft)
        })
    }

    /// Everything on the processor: as far as one pass goes, then enlarged.
    pub(super) fn cpu(&self, limits: &crate::model::FamilyLimits) -> Draft<'a> {
        let size = single_pass(self.output, limits)
            .unwrap_or_else(|| of_area(self.output, paint_cap(limits), limits));
        let mut draft = Draft {
            passes: vec![DraftPass {
                size,
                denoise: 1.0,
                enlarged: None,
                encode_tile: None,
            }],
            ..self.empty(PaintStrategy::Cpu, WeightPlacement::Cpu)
        };
        let finish = (size != self.output).then(|| self.grow_on_cpu(size));
        draft.bring(size, finish);
        draft
    }

    /// Enlarges pixels where no card bounds the tiles.
    fn grow_on_cpu(&self, size: Size) -> Grow<'a> {
        let models = self.upscale.iter().filter(|model| fits(model, size));
        let model = self.preferred(size, models.map(|model| (model, CPU_TILE)));
        model
            .filter(|_| self.is_far(size))
            .map_or(Grow::Resample, |(model, tile)| Grow::Model(model, tile))
    }

    /// The first of these models that leaves little to resampling, or the first.
    fn preferred<T>(
        &self,
        size: Size,
        models: impl Iterator<Item = (&'a UpscaleModel, T)>,
    ) -> Option<(&'a UpscaleModel, T)> {
        let mut first = None;
        for (model, how) in models {
            if !PaintedAt::of(size, self.output, model.scale).is_stretched() {
                return Some((model, how));
            }
            first = first.or(Some((model, how)));
        }
        first
    }

    /// Whether more than a few pixels that divisibility cost are missing.
    fn is_far(&self, size: Size) -> bool {
        self.output.area().get() as f64 > size.area().get() as f64 * 1.5
    }

    /// No model at all.
    pub(super) fn built_in(&self) -> Draft<'a> {
        self.empty(PaintStrategy::BuiltIn, WeightPlacement::Cpu)
    }

    fn empty(&self, strategy: PaintStrategy, text: WeightPlacement) -> Draft<'a> {
        Draft {
            strategy,
            quality: self.quality,
            output: self.output,
            passes: Vec::new(),
            decode_tile: None,
            finish: None,
            text,
            weights: WeightPlacement::Cpu,
            vae: WeightPlacement::Cpu,
            phases: Vec::new(),
            painted: None,
            doubtful: false,
        }
    }

    /// Begins with the text encoder.
    fn draft(&self, strategy: PaintStrategy, room: &Room<'_>) -> Option<Draft<'a>> {
        let text = room.text_encoder()?;
        let mut draft = self.empty(strategy, text.placement);
        draft.weights = WeightPlacement::Whole;
        draft.passes.reserve(4);
        draft.phases.reserve(10);
        if text.placement != WeightPlacement::Cpu {
            draft.take(PaintPhase::TextEncoder, Size::default(), text);
        }
        Some(draft)
    }

    fn first(&self, draft: &mut Draft<'a>, size: Size, room: &Room<'_>) -> Option<()> {
        let pass = DraftPass {
            size,
            denoise: 1.0,
            enlarged: None,
            encode_tile: None,
        };
        self.sample(draft, pass, room)
    }

    fn sample(&self, draft: &mut Draft<'a>, pass: DraftPass<'a>, room: &Room<'_>) -> Option<()> {
        let taken = room.sample(pass.size, self.cfg)?;
        draft.weights = draft.weights.min(taken.placement);
        draft.take(PaintPhase::Sampling, pass.size, taken);
        draft.passes.push(pass);
        Some(())
    }

    /// Decodes the last pass and brings it to the promised size.
    fn end(&self, draft: &mut Draft<'a>, tile: Option<u32>, room: &Room<'_>) -> Option<()> {
        let size = draft.passes.last()?.size;
        let decode = room.decode(size, tile);
        draft.decode_tile = tile;
        draft.vae = decode.placement;
        draft.take(PaintPhase::Decode, size, decode);
        let finish = if size == self.output {
            None
        } else if self.is_far(size) {
            Some(self.grow(draft, size, room))
        } else {
            // A few pixels are resampled; more than a quarter a side is enlarged.
            Some(Grow::Resample)
        };
        draft.bring(size, finish);
        Some(())
    }

    /// Enlarges pixels by a model where there is one that fits, or by resampling.
    fn grow(&self, draft: &mut Draft<'a>, size: Size, room: &Room<'_>) -> Grow<'a> {
        let models = self.upscale.iter().filter(|model| fits(model, size));
        let models = models.filter_map(|model| Some((model, room.upscale(model.scale, size)?)));
        match self.preferred(size, models) {
            Some((model, (tile, taken))) => {
                draft.take(PaintPhase::Upscale, size, taken);
                Grow::Model(model, tile)
            }
            None => Grow::Resample,
        }
    }
}
