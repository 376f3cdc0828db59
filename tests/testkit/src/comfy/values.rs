//! What flows along the links of a graph.

use super::vram::Weights;
use super::{Family, VaeKind};

/// The output of a node.
#[derive(Debug, Clone)]
pub(crate) enum Out {
    Model(Model),
    Clip(Weights),
    Vae(Vae),
    Upscaler(Upscaler),
    Latent(Latent),
    Image(Image),
    /// Anything else; a model or a number of steps may travel inside.
    Other(Carried),
}

#[derive(Debug, Clone)]
pub(crate) struct Model {
    pub(crate) weights: Weights,
    pub(crate) family: Family,
}

#[derive(Debug, Clone)]
pub(crate) struct Vae {
    pub(crate) weights: Weights,
    pub(crate) kind: VaeKind,
    /// Of the probe node: the next decode runs out of memory, with `true` in tiles too.
    pub(crate) fails: Option<bool>,
}

#[derive(Debug, Clone)]
pub(crate) struct Upscaler {
    pub(crate) weights: Weights,
    pub(crate) scale: u32,
}

/// Latents; the sizes are in cells.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Latent {
    pub(crate) batch: u32,
    pub(crate) width: u32,
    pub(crate) height: u32,
    /// Pixels along one side of a cell.
    pub(crate) cell: u32,
}

impl Latent {
    /// Pixels of one picture.
    pub(crate) fn pixels(&self) -> u64 {
        u64::from(self.width * self.cell) * u64::from(self.height * self.cell)
    }
}

/// Pictures; the sizes are in pixels.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Image {
    pub(crate) batch: u32,
    pub(crate) width: u32,
    pub(crate) height: u32,
    /// Decides the colours.
    pub(crate) hash: u64,
}

impl Image {
    /// Pixels of one picture.
    pub(crate) fn pixels(&self) -> u64 {
        u64::from(self.width) * u64::from(self.height)
    }
}

#[derive(Debug, Clone, Default)]
pub(crate) struct Carried {
    pub(crate) model: Option<Model>,
    pub(crate) steps: Option<u32>,
}

impl Out {
    /// The type as `/object_info` names it.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Self::Model(_) => "MODEL",
            Self::Clip(_) => "CLIP",
            Self::Vae(_) => "VAE",
            Self::Upscaler(_) => "UPSCALE_MODEL",
            Self::Latent(_) => "LATENT",
            Self::Image(_) => "IMAGE",
            Self::Other(_) => "*",
        }
    }
}
