//! How much of the card the parts of a model take.

use serde::{Deserialize, Serialize};

use super::{Dtype, Family, GIB, MIB};
use crate::units::Bytes;

/// One part of a model: how many parameters, and how they are stored.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PartWeights {
    /// Number of parameters.
    pub params: u64,
    /// Bytes in the file.
    pub stored: Bytes,
}

impl PartWeights {
    /// `params` parameters of two bytes.
    pub const fn half(params: u64) -> Self {
        Self {
            params,
            stored: Bytes::new(params.saturating_mul(2)),
        }
    }

    /// Bytes on the card. What is stored in more bytes than the server computes in is converted when it is loaded; what is
    /// stored in fewer (fp8, quantised, fp16 on an old card) stays and is converted as it is used.
    pub fn on_card(self, dtype: Dtype) -> Bytes {
        self.stored.min(Bytes::new(
            self.params.saturating_mul(u64::from(dtype.bytes())),
        ))
    }

    /// Whether there is such a part.
    pub const fn is_empty(self) -> bool {
        self.stored.get() == 0
    }
}

/// The parts of a model.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Weights {
    /// UNet or transformer.
    pub diffusion: PartWeights,
    /// Text encoder or encoders together.
    pub text_encoder: PartWeights,
    /// VAE.
    pub vae: PartWeights,
}

impl Weights {
    /// The weights of a family in half precision, by the table of known sizes.
    pub fn of(family: Family) -> Self {
        let facts = family.facts();
        Self {
            diffusion: PartWeights::half(facts.params),
            text_encoder: PartWeights::half(facts.text_params),
            vae: PartWeights::half(facts.vae.params()),
        }
    }
}

/// A model as the planner takes it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModelFacts {
    /// The file's or the family's name, for people.
    pub name: String,
    /// Its family.
    pub family: Family,
    /// Sizes of its parts.
    pub weights: Weights,
    /// Whether text encoder and VAE are files of their own.
    pub separate_files: bool,
}

impl ModelFacts {
    /// A model of which only the family is known.
    pub fn of(family: Family) -> Self {
        Self {
            name: family.name().to_owned(),
            family,
            weights: Weights::of(family),
            separate_files: family.facts().separate_files,
        }
    }

    /// Bytes of a parameter of the diffusion model as it is stored; fp8 and quantised files have less than 2.
    pub fn bytes_per_param(&self) -> f64 {
        let part = self.weights.diffusion;
        if part.params == 0 {
            2.0
        } else {
            part.stored.as_f64() / part.params as f64
        }
    }
}

/// What a text encoder computes with, in bytes. The server has no formula and relies on the 0.8 GiB it keeps free for
/// everything; a language model is planned with all of it, CLIP with 256 MiB.
pub fn text_encoder_activation(family: Family) -> f64 {
    if family.facts().large_text {
        0.8 * GIB
    } else {
        256.0 * MIB
    }
}
