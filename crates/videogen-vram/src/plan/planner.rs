//! Chooses: qualities from the wished one down, ways from the best down, with and without unloading.

use std::borrow::Cow;

use videogen_types::Quality;

use super::candidates::{Draft, DraftPass, DraftPhase, Grow, QualityRequest};
use super::room::{Card, GPU_FLOOR, Room, budget};
use super::sizes::{MAX_SIDE, of_area, paint_cap, rounded_up};
use super::strain::{Care, Strain};
use super::words::{self, Story};
use super::{
    MemoryCorrections, PaintPlan, PaintStrategy, PhasePeak, PlanOccupant, PlanRequest,
    SamplingPass, UnloadPolicy, VaeDecode, WeightPlacement, default_cfg, default_steps, time,
};
use crate::model::ServerFacts;
use crate::reading::{GpuReading, ProcessKind};
use crate::units::{Bytes, FreeBytes, Size, TotalBytes};

/// Ways on a card, best first.
const STRATEGIES: [PaintStrategy; 5] = [
    PaintStrategy::Direct,
    PaintStrategy::DirectTiled,
    PaintStrategy::TwoPassLatent,
    PaintStrategy::TwoPassPixel,
    PaintStrategy::EnlargeOnly,
];

/// Who is looked at for unloading: the largest of them. More than a handful are never on one card.
const MOST_OCCUPANTS: usize = 8;

/// Steps on the processor at most; each takes as long as a whole picture on a card.
const CPU_STEPS: u32 = 20;

/// The planner. A value without state; it exists so that policies can be added without changing callers.
#[derive(Debug, Clone, Copy, Default)]
#[non_exhaustive]
pub struct Planner;

impl Planner {
    /// A planner with the policies of this crate.
    pub const fn new() -> Self {
        Self
    }

    /// Plans one picture.
    ///
    /// Never fails and never panics: absurd readings, sizes and histories give a plan with reasons, in the worst case
    /// [`PaintStrategy::BuiltIn`]. The same input gives the same plan. `reading` is `None` where there is no card.
    pub fn plan(
        &self,
        request: &PlanRequest,
        reading: Option<&GpuReading>,
        server: &ServerFacts,
        history: &MemoryCorrections,
    ) -> PaintPlan {
        // Without a card only sizes matter, and those are the same for all cards.
        let absent = GpuReading::fixed("", TotalBytes::default(), FreeBytes::default());
        let context = PlanContext {
            request,
            reading,
            server,
            history,
            card: Card::new(&request.model, reading.unwrap_or(&absent), server),
        };
        let plain = context.best(Bytes::ZERO);
        let tenants = largest(&request.tenants);
        let mut chosen = plain.clone();
        let mut unload: Vec<PlanOccupant> = Vec::new();
        let mut offer: Option<(Vec<PlanOccupant>, Draft<'_>)> = None;
        if !tenants.is_empty() {
            let all = tenants.iter().map(|tenant| tenant.bytes).sum();
            let goal = context.best(all);
            if goal.rank() > plain.rank() {
                let (leave, draft) = context.fewest(&tenants, goal);
                if request.unload == UnloadPolicy::IfBetter {
                    unload = leave;
                    chosen = draft;
                } else {
                    offer = Some((leave, draft));
                }
            }
        }
        let unloaded = unload.iter().map(|tenant| tenant.bytes).sum();
        let (raw, budget) = budget(reading, server, unloaded);
        let story = Story {
            request,
            reading,
            server,
            card: &context.card,
            raw,
            budget,
            draft: &chosen,
            unload: &unload,
            offer: offer.as_ref().map(|(who, draft)| (&who[..], draft)),
            without_others: context.without_others(&chosen, unloaded),
            corrected: context.is_corrected(&chosen, budget),
        };
        let (reasons, suggestions) = words::tell(&story);
        context.finish(&chosen, unload, budget, reasons, suggestions)
    }
}

fn largest(tenants: &[PlanOccupant]) -> Vec<PlanOccupant> {
    let mut tenants: Vec<&PlanOccupant> =
        tenants.iter().filter(|t| t.bytes > Bytes::ZERO).collect();
    // Language models first: they come back in seconds, and nobody waits for them while pictures are painted.
    tenants.sort_by(|a, b| (b.bytes, a.kind, &a.name).cmp(&(a.bytes, b.kind, &b.name)));
    tenants.truncate(MOST_OCCUPANTS);
    tenants.into_iter().cloned().collect()
}

/// Everything that is known while one plan is made.
struct PlanContext<'a> {
    request: &'a PlanRequest,
    reading: Option<&'a GpuReading>,
    server: &'a ServerFacts,
    history: &'a MemoryCorrections,
    card: Card<'a>,
}

impl<'a> PlanContext<'a> {
    /// The best draft when that many bytes are unloaded by others.
    fn best(&self, unloaded: Bytes) -> Draft<'a> {
        let request = self.request;
        let (raw, budget) = budget(self.reading, self.server, unloaded);
        let wish = self.wish(request.quality, raw);
        if !paintable(wish.output) || self.card.facts.since > self.server.generation {
            return wish.built_in();
        }
        let gpu = raw >= GPU_FLOOR && !self.server.flags.cpu;
        for quality in request.qualities() {
            let allowed = |strategy: PaintStrategy| !request.avoid.contains(&(quality, strategy));
            if gpu {
                for (may_soften, care) in self.sweeps() {
                    let wish = QualityRequest {
                        may_soften,
                        ..self.wish(quality, raw)
                    };
                    let mut strategies =
                        STRATEGIES.into_iter().filter(|&strategy| allowed(strategy));
                    let found = strategies.find_map(|strategy| {
                        wish.try_strategy(strategy, &self.room(strategy, quality, budget, care))
                    });
                    if let Some(draft) = found {
                        let doubtful = care == Care::Least;
                        return Draft { doubtful, ..draft };
                    }
                }
            }
            let wish = self.wish(quality, raw);
            if request.allow_cpu && allowed(PaintStrategy::Cpu) {
                return wish.cpu(&self.card.facts.limits);
            }
        }
        wish.built_in()
    }

    /// What is tried one after the other: whether resampling may soften the picture, and how much is made of what went
    /// wrong. A soft picture is the last resort, so first all is tried that is not certain to fail.
    fn sweeps(&self) -> impl Iterator<Item = (bool, Care)> + use<> {
        let learnt = !self.history.0.is_empty() || !self.request.failed.is_empty();
        let cares = move |may_soften| {
            let least = learnt.then_some((may_soften, Care::Least));
            std::iter::once((may_soften, Care::Full)).chain(least)
        };
        [false, true].into_iter().flat_map(cares)
    }

    fn room(
        &self,
        strategy: PaintStrategy,
        quality: Quality,
        budget: Bytes,
        care: Care,
    ) -> Room<'_> {
        Room {
            card: &self.card,
            budget: budget.as_f64(),
            extra: self.measured(strategy, quality),
            strain: self.strain(strategy, quality, budget, care),
        }
    }

    fn strain(
        &self,
        strategy: PaintStrategy,
        quality: Quality,
        budget: Bytes,
        care: Care,
    ) -> Strain<'_> {
        let family = self.card.family.name();
        let output = self.request.promised(quality);
        Strain {
            family,
            history: self.history,
            failed: &self.request.failed,
            strategy_factor: self.history.strategy_factor(family, strategy, output),
            budget,
            care,
        }
    }

    /// Whether what went wrong changes what this draft is taken to need.
    fn is_corrected(&self, draft: &Draft<'_>, budget: Bytes) -> bool {
        let strain = self.strain(draft.strategy, draft.quality, budget, Care::Full);
        let times = |at: &DraftPhase| strain.times(at.phase, at.size);
        draft.phases.iter().any(|at| times(at) > 1.0)
            || self.measured(draft.strategy, draft.quality) > 0.0
    }

    fn wish(&self, quality: Quality, raw: Bytes) -> QualityRequest<'a> {
        let facts = self.card.facts;
        let least = self.request.qualities().last() == Some(quality);
        QualityRequest {
            quality,
            output: self.request.promised(quality),
            cfg: self.cfg(quality),
            upscale: &self.server.upscale_models,
            may_stretch: least || raw >= facts.limits.floor,
            may_soften: true,
        }
    }

    /// The fewest of `tenants` that must leave for a draft as good as `goal`, which all of them together allow.
    fn fewest(&self, tenants: &[PlanOccupant], goal: Draft<'a>) -> (Vec<PlanOccupant>, Draft<'a>) {
        let rank = goal.rank();
        // One is enough in nearly all cases; the smallest that does it.
        for tenant in tenants.iter().rev() {
            let draft = self.best(tenant.bytes);
            if draft.rank() >= rank {
                return (vec![tenant.clone()], draft);
            }
        }
        let mut bytes = Bytes::ZERO;
        for (count, tenant) in tenants.iter().enumerate() {
            bytes = bytes + tenant.bytes;
            let draft = self.best(bytes);
            if draft.rank() >= rank {
                return (tenants[..=count].to_vec(), draft);
            }
        }
        (tenants.to_vec(), goal)
    }

    /// What the plan would be if the programs that are no tenants, but hold memory as language models do, left too.
    fn without_others(
        &self,
        chosen: &Draft<'_>,
        unloaded: Bytes,
    ) -> Option<(String, Bytes, Draft<'a>)> {
        let process = self
            .reading?
            .processes
            .iter()
            .filter(|_| self.request.tenants.is_empty())
            .filter(|p| matches!(p.kind, ProcessKind::Ollama | ProcessKind::LanguageModel))
            .max_by_key(|process| process.used)?;
        let bytes = process.used?;
        let draft = self.best(unloaded + bytes);
        (draft.rank() > chosen.rank()).then(|| (process.name.clone(), bytes, draft))
    }

    /// Bytes that were measured beyond everything that is known of, and are added to every demand of a way.
    fn measured(&self, strategy: PaintStrategy, quality: Quality) -> f64 {
        let output = self.request.promised(quality);
        let family = self.card.family.name();
        let measured = self
            .history
            .measured_peak(family, strategy, output)
            .as_f64();
        if measured == 0.0 {
            return 0.0;
        }
        let limits = &self.card.facts.limits;
        let size = match strategy {
            PaintStrategy::TwoPassLatent => rounded_up(output, limits),
            PaintStrategy::Direct | PaintStrategy::DirectTiled => {
                super::sizes::single_pass(output, limits)
                    .unwrap_or_else(|| rounded_up(output, limits))
            }
            _ => of_area(output, paint_cap(limits), limits),
        };
        let comfortable = self.card.comfortable(size);
        // A peak that was measured counts models of other phases that stayed; only what exceeds all of them is new.
        let card = &self.card;
        let known =
            comfortable - card.reserve + card.text + card.vae + card.decode_bytes(size, Some(512));
        (measured - known).clamp(0.0, known / 2.0)
    }

    /// How strictly the prompt is followed: as somebody wants it, as the family needs it, as the quality has it.
    fn cfg(&self, quality: Quality) -> f64 {
        let wanted = self.request.tuning.cfg.filter(|cfg| cfg.is_finite());
        let recipe = self.card.facts.recipe;
        wanted.or(recipe.cfg).unwrap_or(default_cfg(quality))
    }

    fn steps(&self, pass: &DraftPass<'_>, draft: &Draft<'_>) -> u32 {
        let most = self.card.facts.recipe.max_steps;
        let usual = default_steps(draft.quality).min(most);
        let usual = if draft.strategy == PaintStrategy::Cpu {
            usual.min(CPU_STEPS)
        } else {
            usual
        };
        let whole = self.request.tuning.steps.unwrap_or(usual).max(1);
        if pass.denoise >= 1.0 {
            whole
        } else {
            // A tail of the schedule, and no less than a sampler needs to settle.
            ((f64::from(whole) * pass.denoise).ceil() as u32).clamp(whole.min(6), whole)
        }
    }

    fn finish(
        &self,
        draft: &Draft<'_>,
        unload: Vec<PlanOccupant>,
        budget: Bytes,
        reasons: Vec<String>,
        suggestions: Vec<String>,
    ) -> PaintPlan {
        let (request, card) = (self.request, &self.card);
        let recipe = card.facts.recipe;
        let cfg = self.cfg(draft.quality);
        let sampler = request.tuning.sampler.clone();
        let sampler = sampler.map_or(Cow::Borrowed(recipe.sampler), Cow::Owned);
        let steps: Vec<u32> = draft
            .passes
            .iter()
            .map(|pass| self.steps(pass, draft))
            .collect();
        let passes: Vec<SamplingPass> = draft
            .passes
            .iter()
            .zip(&steps)
            .map(|(pass, &steps)| SamplingPass {
                size: pass.size,
                steps,
                cfg,
                sampler: sampler.clone(),
                scheduler: recipe.scheduler,
                denoise: pass.denoise,
                enlarged: pass.enlarged.as_ref().map(Grow::method),
                encode_tile: pass.encode_tile,
            })
            .collect();
        let finish = draft.finish.as_ref().map(Grow::method);
        // Rounding to whole bytes must not lift a peak over its budget.
        let bytes = |value: f64| Bytes::from_f64_ceil(value).min(budget);
        let peak = if draft.phases.is_empty() {
            Bytes::ZERO
        } else {
            let strain = self.strain(draft.strategy, draft.quality, budget, Care::Full);
            let peak = |at: &DraftPhase| {
                let learnt = at.taken.least * strain.times(at.phase, at.size);
                at.taken.weights + at.taken.working.max(learnt)
            };
            let peak = draft.phases.iter().map(peak).fold(0.0, f64::max);
            bytes(peak + self.measured(draft.strategy, draft.quality))
        };
        let time = time::class(
            draft,
            &steps,
            if cfg > 1.0 { 2.0 } else { 1.0 },
            card.facts,
            card.diffusion,
            self.reading,
        );
        let ram = match (draft.strategy, draft.weights) {
            (PaintStrategy::BuiltIn, _) | (_, WeightPlacement::Whole) => 0.0,
            (_, WeightPlacement::Cpu | WeightPlacement::Streamed) => card.diffusion + card.text,
        };
        PaintPlan {
            quality: draft.quality,
            requested_quality: request.quality,
            aspect: request.aspect,
            output: draft.output,
            strategy: draft.strategy,
            model: request.model.name.clone(),
            family: card.family,
            decode: (!passes.is_empty()).then(|| decode(draft.decode_tile)),
            painted: draft.painted,
            passes,
            finish,
            weights: draft.weights,
            text_encoder: draft.text,
            vae: draft.vae,
            dtype: card.dtype,
            vae_dtype: card.vae_dtype,
            attention: card.attention,
            dynamic_vram: card.dynamic,
            unload,
            doubtful: draft.doubtful,
            phases: draft
                .phases
                .iter()
                .map(|&DraftPhase { phase, size, taken }| PhasePeak {
                    phase,
                    size,
                    peak_bytes: bytes(taken.peak()),
                    weights_bytes: bytes(taken.weights),
                    least_bytes: bytes(taken.least),
                })
                .collect(),
            predicted_peak_bytes: peak,
            budget_bytes: budget,
            reserve_bytes: Bytes::from_f64_ceil(card.reserve),
            headroom_bytes: budget.minus(peak),
            ram_bytes: Bytes::from_f64_ceil(ram),
            time,
            reasons,
            suggestions,
        }
    }
}

fn decode(tile: Option<u32>) -> VaeDecode {
    VaeDecode {
        tile,
        // An eighth hides the seams; the node takes steps of 32 and wants no less.
        overlap: tile.map_or(0, |tile| (tile / 8 / 32 * 32).max(32)),
    }
}

/// Whether the server could make a picture of that size at all.
fn paintable(size: Size) -> bool {
    (1..=MAX_SIDE).contains(&size.width) && (1..=MAX_SIDE).contains(&size.height)
}
