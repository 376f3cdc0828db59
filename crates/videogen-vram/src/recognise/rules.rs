//! The tensors by which families are told apart, and the prefixes by which parts are.

use super::header::{SafetensorsHeader, TensorInfo};
use crate::model::{Family, PartWeights, Weights};
use crate::units::Bytes;

/// What a header says.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Recognised {
    /// The family of its diffusion model, if it has one that is known.
    pub family: Option<Family>,
    /// What it holds.
    pub weights: Weights,
}

/// Prefixes of a checkpoint that holds all parts.
const DIFFUSION: [&str; 2] = ["model.diffusion_model.", "diffusion_model."];
const TEXT: [&str; 4] = [
    "cond_stage_model.",
    "conditioner.",
    "text_encoders.",
    "text_encoder",
];
const VAE: [&str; 2] = ["first_stage_model.", "vae."];

fn sum<'a>(tensors: impl IntoIterator<Item = &'a TensorInfo<'a>>) -> PartWeights {
    tensors
        .into_iter()
        .fold(PartWeights::default(), |sum, tensor| PartWeights {
            params: sum.params.saturating_add(tensor.params()),
            stored: sum.stored.plus(Bytes::new(tensor.bytes)),
        })
}

fn sum_under(header: &SafetensorsHeader<'_>, prefixes: &[&str]) -> PartWeights {
    sum(prefixes.iter().flat_map(|prefix| header.under(prefix)))
}

pub(super) fn recognise(header: &SafetensorsHeader<'_>) -> Recognised {
    let prefix = DIFFUSION
        .into_iter()
        .find(|prefix| !header.under(prefix).is_empty())
        .unwrap_or("");
    let family = family(&Model { header, prefix });
    let mut weights = Weights {
        diffusion: if prefix.is_empty() {
            PartWeights::default()
        } else {
            sum(header.under(prefix))
        },
        text_encoder: sum_under(header, &TEXT),
        vae: sum_under(header, &VAE),
    };
    if prefix.is_empty() && family.is_some() {
        // A diffusion model alone, under the names its authors gave.
        let all = sum(header.tensors());
        weights.diffusion = PartWeights {
            params: all
                .params
                .saturating_sub(weights.text_encoder.params)
                .saturating_sub(weights.vae.params),
            stored: all
                .stored
                .minus(weights.text_encoder.stored)
                .minus(weights.vae.stored),
        };
    }
    Recognised { family, weights }
}

struct Model<'a, 'h> {
    header: &'a SafetensorsHeader<'h>,
    prefix: &'a str,
}

impl Model<'_, '_> {
    fn tensor(&self, name: &str) -> Option<&TensorInfo<'_>> {
        self.header.get(&format!("{}{name}", self.prefix))
    }

    fn has(&self, name: &str) -> bool {
        self.tensor(name).is_some()
    }

    fn has_under(&self, name: &str) -> bool {
        !self
            .header
            .under(&format!("{}{name}", self.prefix))
            .is_empty()
    }

    /// One dimension of a tensor.
    fn side(&self, name: &str, dimension: usize) -> Option<u64> {
        self.tensor(name)?.shape.get(dimension).copied()
    }
}

fn family(model: &Model<'_, '_>) -> Option<Family> {
    unet(model).or_else(|| transformer(model))
}

/// UNets differ by the width of the text they attend to.
fn unet(model: &Model<'_, '_>) -> Option<Family> {
    let context = |block: &str| {
        model.side(
            &format!("{block}.1.transformer_blocks.0.attn2.to_k.weight"),
            1,
        )
    };
    if let Some(context) = context("input_blocks.1") {
        return match context {
            768 => Some(Family::Sd15),
            1024 => Some(Family::Sd20),
            _ => None,
        };
    }
    match context("input_blocks.4")? {
        2048 if model.has_under("input_blocks.8.1.transformer_blocks.9.") => Some(Family::Sdxl),
        2048 => Some(Family::Ssd1b),
        1280 => Some(Family::SdxlRefiner),
        _ => None,
    }
}

fn transformer(model: &Model<'_, '_>) -> Option<Family> {
    if model.has_under("joint_blocks.0.context_block.attn.qkv.") {
        return Some(Family::Sd3);
    }
    if model.has_under("double_stream_modulation_img.") {
        return Some(match model.side("img_in.weight", 0) {
            Some(4096) => Family::Flux2Klein9b,
            Some(3072) => Family::Flux2Klein4b,
            _ => Family::Flux2Dev,
        });
    }
    // Hunyuan's models share Flux's blocks and refine their text first.
    if model.has_under("txt_in.individual_token_refiner.") {
        let picture = model
            .tensor("img_in.proj.weight")
            .is_some_and(|t| t.shape.len() == 4);
        return Some(if picture {
            Family::HunyuanImage21
        } else if model.has_under("vision_in.") {
            Family::HunyuanVideo15
        } else {
            Family::HunyuanVideo
        });
    }
    if model.has_under("double_blocks.0.img_attn.") {
        return Some(if model.has_under("distilled_guidance_layer.") {
            Family::Chroma
        } else if model.has_under("guidance_in.") {
            Family::Flux1Dev
        } else {
            Family::Flux1Schnell
        });
    }
    if model.has("head.modulation") {
        let input = model.side("patch_embedding.weight", 1);
        return match model.side("patch_embedding.weight", 0)? {
            1536 => Some(Family::Wan21Small),
            3072 => Some(Family::Wan22),
            5120 if input == Some(36) => Some(Family::Wan21I2v),
            5120 => Some(Family::Wan21),
            _ => None,
        };
    }
    if model.has_under("time_caption_embed.") {
        return Some(Family::Omnigen2);
    }
    if let Some(width) = model.side("cap_embedder.1.weight", 0) {
        return match width {
            2304 => Some(Family::Lumina2),
            3840 => Some(Family::ZImage),
            _ => None,
        };
    }
    if model.has_under("txt_norm.") && model.has_under("transformer_blocks.0.attn.add_q_proj.") {
        return Some(Family::QwenImage);
    }
    if model.has_under("caption_projection.0.linear.") {
        return Some(Family::HidreamI1);
    }
    if model.has_under("double_layers.0.attn.w1q.") {
        return Some(Family::AuraFlow);
    }
    if model.has("patchify_proj.weight") {
        return Some(Family::Ltxv);
    }
    if model.has_under("adaln_single.") && model.has_under("pos_embed.proj.") {
        return Some(Family::PixartSigma);
    }
    if model.has_under("blocks.0.mlp.layer1.") {
        return Some(if model.has_under("llm_adapter.") {
            Family::Anima
        } else {
            Family::CosmosPredict2
        });
    }
    // Files of the UNets in diffusers' names.
    match model.side(
        "down_blocks.1.attentions.0.transformer_blocks.0.attn2.to_k.weight",
        1,
    )? {
        768 => Some(Family::Sd15),
        1024 => Some(Family::Sd20),
        2048 => Some(Family::Sdxl),
        _ => None,
    }
}
