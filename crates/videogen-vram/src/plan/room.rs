//! What the painter may take, and what a phase takes of it: the loader's rules on one card, for one model.

use super::strain::Strain;
use super::{MemoryCorrections, OccupantKind, PaintPhase, WeightPlacement};
use crate::model::{
    Attention, Dtype, Family, FamilyFacts, Latent, LoadRequest, ModelFacts, ServerFacts, VaeKind,
    VramState, batches_both_halves, decide_load, inference_dtype, min_weight_ratio,
    reserved_memory, sampling_need, text_encoder_activation, upscale_tile_memory,
    vae_decode_memory, vae_decode_tiled_memory, vae_dtype, vae_encode_memory,
    vae_encode_tiled_memory,
};
use crate::reading::{GpuReading, Vendor};
use crate::units::{Bytes, Size};

/// What a CUDA or HIP context takes before the first byte of a model: 250 to 400 MiB by driver and card.
pub(super) const CONTEXT: Bytes = Bytes::from_mib(384);

/// Below that much free memory a card is left alone: context and reserve alone take half of it.
pub(super) const GPU_FLOOR: Bytes = Bytes::from_mib(1536);

/// Weights of an upscale model; ESRGAN and its kin have 17 million parameters, 67 MB.
const UPSCALE_WEIGHTS: f64 = (128u64 << 20) as f64;

/// The edge of the tiles to which ComfyUI falls back by itself when a whole decode or encode runs out of memory.
const FALLBACK_TILE: u32 = 512;

static NOTHING_LEARNT: MemoryCorrections = MemoryCorrections::NONE;

/// The edges of tiles that are tried, in pixels, largest first.
pub(super) const TILES: [u32; 7] = [1024, 768, 512, 384, 256, 192, 128];

/// What of a card, a server and a model does not depend on how much is free.
#[derive(Debug, Clone)]
pub(super) struct Card<'a> {
    pub family: Family,
    pub facts: &'static FamilyFacts,
    pub dtype: Dtype,
    pub vae_dtype: Dtype,
    pub attention: Attention,
    pub dynamic: bool,
    pub amd: bool,
    /// Bytes the server leaves to others.
    pub reserve: f64,
    /// Bytes of weights.
    pub diffusion: f64,
    pub text: f64,
    pub vae: f64,
    server: &'a ServerFacts,
    separate_files: bool,
    min_ratio: f64,
    cast: f64,
    text_cast: f64,
}

impl<'a> Card<'a> {
    pub(super) fn new(model: &ModelFacts, reading: &GpuReading, server: &'a ServerFacts) -> Self {
        let family = model.family;
        let facts = family.facts();
        let dtype = inference_dtype(family, reading, &server.flags);
        let vae_dtype = vae_dtype(facts.vae, reading, &server.flags);
        let dynamic = server.is_dynamic(reading.vendor);
        let headroom = server
            .flags
            .vram_headroom_gib
            .filter(|gib| dynamic && gib.is_finite() && *gib >= 0.0)
            .unwrap_or(0.0)
            * (1u64 << 30) as f64;
        let mut diffusion = model.weights.diffusion.on_card(dtype).as_f64();
        if server.flags.fp8_unet {
            diffusion = diffusion.min(model.weights.diffusion.params as f64);
        }
        // The table's buffers are for two bytes a parameter; storage decides, and one stream needs a third.
        let width = (model.bytes_per_param() / 2.0).clamp(0.25, 2.0);
        let streams = if server.flags.no_async_offload {
            1.0 / 3.0
        } else {
            1.0
        };
        let text = model.weights.text_encoder.on_card(Dtype::Fp16).as_f64();
        Self {
            family,
            facts,
            dtype,
            vae_dtype,
            attention: server.attention_on(reading.vendor),
            dynamic,
            amd: reading.vendor == Vendor::Amd,
            reserve: reserved_memory(server.os, reading.total, server.flags.reserve_vram_gib)
                + headroom,
            diffusion,
            text,
            vae: facts.vae.params() as f64 * f64::from(vae_dtype.bytes()),
            server,
            separate_files: model.separate_files,
            min_ratio: min_weight_ratio(reading.vendor),
            cast: (facts.cast_buffer.as_f64() * width * streams).min(diffusion),
            text_cast: facts.text_largest.as_f64().min(text),
        }
    }

    fn state(&self) -> VramState {
        if self.dynamic {
            VramState::Normal
        } else {
            self.server.flags.state
        }
    }

    /// Everything stays on the card between phases, so phases add up.
    fn keeps_all(&self) -> bool {
        self.state() == VramState::High
    }

    pub(super) fn vae_on_cpu(&self) -> bool {
        self.server.flags.cpu_vae
    }

    /// The comfortable demand: everything of the sampler on the card, both halves at once, reserve included.
    pub(super) fn comfortable(&self, size: Size) -> f64 {
        let (need, _) = self.sampling(size);
        self.diffusion + need + self.reserve
    }

    pub(super) fn sampling(&self, size: Size) -> (f64, f64) {
        let latent = Latent::picture(self.family, size);
        let generation = self.server.generation;
        sampling_need(self.family, generation, self.dtype, self.attention, latent)
    }

    pub(super) fn decode_bytes(&self, size: Size, tile: Option<u32>) -> f64 {
        let latent = Latent::picture(self.family, size);
        let (kind, dtype, amd) = (self.facts.vae, self.vae_dtype, self.amd);
        match tile {
            None => vae_decode_memory(kind, dtype, amd, latent),
            Some(tile) => vae_decode_tiled_memory(kind, dtype, amd, latent, tile),
        }
    }

    pub(super) fn vae_kind(&self) -> VaeKind {
        self.facts.vae
    }
}

/// A card with a certain amount of memory to take.
#[derive(Debug, Clone, Copy)]
pub(super) struct Room<'a> {
    pub card: &'a Card<'a>,
    /// Bytes the painter may take.
    pub budget: f64,
    /// Bytes that were measured beyond what is known of, and are added to every demand.
    pub extra: f64,
    /// What went wrong before.
    pub strain: Strain<'a>,
}

/// How a picture is decoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cut {
    Whole,
    Tiles(u32),
}

impl Cut {
    /// The edge of the tiles; `None` in one piece.
    pub(super) fn edge(self) -> Option<u32> {
        match self {
            Self::Whole => None,
            Self::Tiles(edge) => Some(edge),
        }
    }
}

/// What a phase takes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Taken {
    /// Bytes of weights on the card.
    pub weights: f64,
    /// Bytes it computes with.
    pub working: f64,
    /// The same after ComfyUI has fallen back by itself to what takes least.
    pub least: f64,
    pub placement: WeightPlacement,
}

impl Taken {
    const ON_CPU: Self = Self {
        weights: 0.0,
        working: 0.0,
        least: 0.0,
        placement: WeightPlacement::Cpu,
    };

    pub(super) fn peak(&self) -> f64 {
        self.weights + self.working
    }
}

/// PhaseDemand whose memory is asked about.
#[derive(Debug, Clone, Copy)]
struct PhaseDemand {
    phase: PaintPhase,
    size: Size,
    /// Bytes it computes with.
    bytes: f64,
    /// The same after a fallback.
    least: f64,
}

impl Room<'_> {
    /// The phase works when it leaves the reserve to others, or as much as it was learnt to take beyond the prediction.
    fn fits(&self, weights: f64, work: &PhaseDemand) -> bool {
        let (bytes, reserve) = (work.bytes, self.card.reserve);
        let learnt = bytes * self.strain.times(work.phase, work.size);
        let demand = (bytes + reserve).max(learnt);
        // One byte is for rounding: what streamed weights leave is the need to the last bit.
        let fits = weights + demand + self.extra <= self.budget + 1.0;
        fits && !self.strain.forbids(work.phase, work.size, work.least)
    }

    /// Puts `weights` on the card for a phase that computes with `need`, or with `work`.
    fn load(
        &self,
        weights: f64,
        cast: f64,
        need: (f64, Option<f64>),
        work: &PhaseDemand,
    ) -> Option<(f64, WeightPlacement)> {
        let card = self.card;
        let least = work.bytes;
        let (resident, placement) = if card.dynamic {
            // Weights come and go on demand, so only what passes through has to fit.
            let room = self.budget - least - card.reserve;
            let whole = weights <= room;
            (
                weights.min(room.max(cast)),
                if whole {
                    WeightPlacement::Whole
                } else {
                    WeightPlacement::Streamed
                },
            )
        } else {
            let decision = decide_load(&LoadRequest {
                state: card.state(),
                free: self.budget,
                model: weights,
                need: need.0,
                need_min: need.1,
                reserve: card.reserve,
                min_ratio: card.min_ratio,
                generation: card.server.generation,
            });
            if decision.whole {
                (weights, WeightPlacement::Whole)
            } else {
                let given = decision.weight_budget.unwrap_or(weights);
                (given.min(weights).max(cast), WeightPlacement::Streamed)
            }
        };
        // Weights that come on demand give way to work that takes more than was predicted. Others do not: how many of them
        // the server puts on the card follows its own prediction, and no prompt changes that.
        let stays = if card.dynamic { cast } else { resident };
        let fits = resident + least + card.reserve <= self.budget + 1.0 && self.fits(stays, work);
        fits.then_some((resident, placement))
    }

    /// One sampling pass.
    pub(super) fn sample(&self, size: Size, cfg: f64) -> Option<Taken> {
        let card = self.card;
        let (need, need_min) = card.sampling(size);
        let beside = if card.keeps_all() {
            card.text + card.vae
        } else {
            0.0
        };
        let work = PhaseDemand {
            phase: PaintPhase::Sampling,
            size,
            bytes: need_min,
            least: need_min,
        };
        let weights = card.diffusion + beside;
        let (resident, placement) = self.load(weights, card.cast, (need, Some(need_min)), &work)?;
        // Both halves of guidance run together where the server finds room for half as much again.
        let both = cfg > 1.0 && batches_both_halves(need, self.budget - resident);
        let working = if both { need } else { need_min };
        Some(Taken {
            weights: resident,
            working,
            least: working,
            placement,
        })
    }

    /// The text encoder: on the card, or on the processor where the server or a workflow can put it there.
    pub(super) fn text_encoder(&self) -> Option<Taken> {
        let card = self.card;
        let low = matches!(card.server.flags.state, VramState::Low | VramState::No);
        if low && !card.dynamic {
            return Some(Taken::ON_CPU);
        }
        let activation = text_encoder_activation(card.family);
        let beside = if card.keeps_all() {
            card.diffusion + card.vae
        } else {
            0.0
        };
        let work = PhaseDemand {
            phase: PaintPhase::TextEncoder,
            size: Size::default(),
            bytes: activation,
            least: activation,
        };
        // Where it cannot leave the card, what was learnt of it could only forbid to paint at all.
        let room = if card.separate_files {
            *self
        } else {
            self.unlearnt()
        };
        room.load(card.text + beside, card.text_cast, (0.0, None), &work)
            .map(|(resident, placement)| Taken {
                weights: resident,
                working: activation,
                least: activation,
                placement,
            })
            .or(card.separate_files.then_some(Taken::ON_CPU))
    }

    /// The same without anything that went wrong.
    fn unlearnt(&self) -> Self {
        Self {
            strain: Strain {
                history: &NOTHING_LEARNT,
                failed: &[],
                ..self.strain
            },
            ..*self
        }
    }

    fn beside_vae(&self) -> f64 {
        let card = self.card;
        card.vae
            + if card.keeps_all() {
                card.diffusion + card.text
            } else {
                0.0
            }
    }

    /// Whether a picture can be decoded in one piece.
    pub(super) fn decodes_whole(&self, size: Size) -> bool {
        self.decodes(size, None)
    }

    /// The largest tile in which a picture can be decoded.
    pub(super) fn tile_for(&self, size: Size) -> Option<u32> {
        self.tiles(size)
            .find(|&tile| self.decodes(size, Some(tile)))
    }

    /// The best that fits.
    pub(super) fn decode_tile(&self, size: Size) -> Option<Cut> {
        if self.decodes_whole(size) {
            Some(Cut::Whole)
        } else {
            self.tile_for(size).map(Cut::Tiles)
        }
    }

    fn decodes(&self, size: Size, tile: Option<u32>) -> bool {
        let bytes = self.card.decode_bytes(size, tile);
        let work = PhaseDemand {
            phase: PaintPhase::Decode,
            size,
            bytes,
            least: self.least_decode(size, tile, bytes),
        };
        self.card.vae_on_cpu() || self.fits(self.beside_vae(), &work)
    }

    fn least_decode(&self, size: Size, tile: Option<u32>, bytes: f64) -> f64 {
        match tile {
            None => bytes.min(self.card.decode_bytes(size, Some(FALLBACK_TILE))),
            Some(_) => bytes,
        }
    }

    /// Tiles smaller than the picture that the VAE can do.
    fn tiles(&self, size: Size) -> impl Iterator<Item = u32> + use<> {
        let least = self.card.vae_kind().compression() * 4;
        let most = size.width.max(size.height);
        TILES
            .into_iter()
            .filter(move |&tile| tile < most && tile >= least)
    }

    pub(super) fn decode(&self, size: Size, tile: Option<u32>) -> Taken {
        if self.card.vae_on_cpu() {
            return Taken::ON_CPU;
        }
        let working = self.card.decode_bytes(size, tile);
        Taken {
            weights: self.beside_vae(),
            working,
            least: self.least_decode(size, tile, working),
            placement: WeightPlacement::Whole,
        }
    }

    /// The largest tile in which pixels can be encoded and what that takes.
    pub(super) fn encode(&self, size: Size) -> Option<(Option<u32>, Taken)> {
        let card = self.card;
        if card.vae_on_cpu() {
            return Some((None, Taken::ON_CPU));
        }
        let (kind, dtype, amd) = (card.facts.vae, card.vae_dtype, card.amd);
        let tiled = |tile| vae_encode_tiled_memory(kind, dtype, amd, size, 1, tile);
        let whole = vae_encode_memory(kind, dtype, amd, size, 1);
        let strategies = std::iter::once((None, whole, whole.min(tiled(FALLBACK_TILE))));
        let strategies = strategies.chain(self.tiles(size).map(|tile| {
            let bytes = tiled(tile);
            (Some(tile), bytes, bytes)
        }));
        let weights = self.beside_vae();
        self.first_that_fits(PaintPhase::Encode, size, weights, strategies)
    }

    /// The largest tile in which an upscale model can enlarge a picture of this size, and what that takes.
    pub(super) fn upscale(&self, scale: u32, size: Size) -> Option<(u32, Taken)> {
        let card = self.card;
        let beside = if card.keeps_all() {
            self.beside_vae()
        } else {
            0.0
        };
        let [.., smallest] = crate::model::UPSCALE_TILES;
        let least = upscale_tile_memory(scale, smallest, size);
        let strategies = crate::model::UPSCALE_TILES
            .into_iter()
            .map(|tile| (tile, upscale_tile_memory(scale, tile, size), least));
        let weights = beside + UPSCALE_WEIGHTS;
        self.first_that_fits(PaintPhase::Upscale, size, weights, strategies)
    }

    /// The first of `ways` that fits, each with the bytes it computes with, as planned and after a fallback.
    fn first_that_fits<T>(
        &self,
        phase: PaintPhase,
        size: Size,
        weights: f64,
        mut choices: impl Iterator<Item = (T, f64, f64)>,
    ) -> Option<(T, Taken)> {
        choices.find_map(|(choice, bytes, least)| {
            let work = PhaseDemand {
                phase,
                size,
                bytes,
                least,
            };
            let taken = Taken {
                weights,
                working: bytes,
                least,
                placement: WeightPlacement::Whole,
            };
            self.fits(weights, &work).then_some((choice, taken))
        })
    }
}

/// What the painter may take of a reading: free memory, what its own models give back and what is unloaded, at most what
/// the card has, less a context where none was counted.
pub(super) fn budget(
    reading: Option<&GpuReading>,
    server: &ServerFacts,
    unloaded: Bytes,
) -> (Bytes, Bytes) {
    let Some(reading) = reading else {
        return (Bytes::ZERO, Bytes::ZERO);
    };
    let free = reading.sane_free().bytes();
    let raw = (free + server.held + unloaded).min(reading.total.bytes());
    let context = if server.context_counted {
        Bytes::ZERO
    } else {
        CONTEXT
    };
    (raw, raw.minus(context))
}

/// What a tenant is called in sentences.
pub(super) fn tenant_word(kind: OccupantKind) -> &'static str {
    match kind {
        OccupantKind::LanguageModel => "language model",
        OccupantKind::ComfyModel => "other ComfyUI model",
    }
}
