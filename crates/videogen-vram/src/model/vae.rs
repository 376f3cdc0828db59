//! What turning latents into pixels and back needs: the largest activation of a picture of video size.

use serde::{Deserialize, Serialize};

use super::{Dtype, Latent, ServerGeneration};
use crate::units::Size;

/// A kind of VAE, as far as memory differs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum VaeKind {
    /// The 4-channel KL autoencoder of SD 1.5, SD 2, SDXL, PixArt, AuraFlow.
    Kl4,
    /// The 16-channel KL autoencoder of SD 3, Flux.1, Chroma, Z-Image, Lumina 2, HiDream.
    Kl16,
    /// Flux.2's, with batch normalisation and 16 pixels to a latent.
    Flux2,
    /// Wan 2.1's, also Qwen-Image's and others'.
    Wan21,
    /// Wan 2.2 5B's, 16 pixels to a latent.
    Wan22,
    /// HunyuanImage 2.1's, 32 pixels to a latent.
    HunyuanImage21,
    /// One whose formula is not known here (LTX, Hunyuan video): planned as Wan 2.2's, the hungriest that is known.
    Unmeasured {
        /// Pixels to a latent, each way.
        compression: u32,
    },
}

/// AMD cards need that much more for the KL autoencoders.
const AMD_FACTOR: f64 = 2.73;

impl VaeKind {
    /// Pixels to a latent element, each way.
    pub const fn compression(self) -> u32 {
        match self {
            Self::Kl4 | Self::Kl16 | Self::Wan21 => 8,
            Self::Flux2 | Self::Wan22 => 16,
            Self::HunyuanImage21 => 32,
            Self::Unmeasured { compression } => {
                if compression == 0 {
                    8
                } else {
                    compression
                }
            }
        }
    }

    /// Number of parameters.
    pub const fn params(self) -> u64 {
        match self {
            Self::Kl4 => 83_653_863,
            Self::Kl16 => 83_819_683,
            Self::Flux2 => 84_046_372,
            Self::Wan21 => 126_892_531,
            Self::Wan22 | Self::Unmeasured { .. } => 704_688_668,
            Self::HunyuanImage21 => 405_575_491,
        }
    }

    /// The number types it works in, the server's preference first.
    pub const fn dtypes(self) -> &'static [Dtype] {
        match self {
            Self::Kl4 | Self::Kl16 | Self::Flux2 => &[Dtype::Bf16, Dtype::Fp32],
            Self::Wan21 | Self::Wan22 | Self::Unmeasured { .. } => {
                &[Dtype::Bf16, Dtype::Fp16, Dtype::Fp32]
            }
            Self::HunyuanImage21 => &[Dtype::Fp16, Dtype::Bf16, Dtype::Fp32],
        }
    }

    fn is_kl(self) -> bool {
        matches!(self, Self::Kl4 | Self::Kl16 | Self::Flux2)
    }

    fn vendor_factor(self, amd: bool) -> f64 {
        if amd && self.is_kl() { AMD_FACTOR } else { 1.0 }
    }
}

/// Bytes of decoding this latent in one piece; `batch` does not count, the server decodes one after the other when it
/// has to. `amd` is whether the card is one of AMD's.
pub fn vae_decode_memory(kind: VaeKind, dtype: Dtype, amd: bool, latent: Latent) -> f64 {
    let area = f64::from(latent.height) * f64::from(latent.width);
    let element = f64::from(dtype.bytes());
    // Whole numbers far below 2⁵³, hence exact in any order; the vendor's factor comes last.
    let bytes = match kind {
        VaeKind::Kl4 | VaeKind::Kl16 => 2178.0 * area * 64.0 * element,
        VaeKind::Flux2 => 4.0 * 2178.0 * area * 64.0 * element,
        VaeKind::Wan21 => {
            let base = if latent.frames <= 4 { 2200.0 } else { 7000.0 };
            base * area * 64.0 * element
        }
        VaeKind::Wan22 => 8000.0 * area * 256.0 * element,
        VaeKind::HunyuanImage21 => 700.0 * area * 1024.0 * element,
        VaeKind::Unmeasured { .. } => {
            let edge = f64::from(kind.compression());
            8000.0 * area * edge * edge * element
        }
    };
    bytes * kind.vendor_factor(amd)
}

/// Bytes of encoding pictures of this size in one piece; `frames` is the number of pictures of a clip.
pub fn vae_encode_memory(kind: VaeKind, dtype: Dtype, amd: bool, size: Size, frames: u32) -> f64 {
    let edge = kind.compression();
    // What does not fill a latent is cropped first.
    let whole = |pixels: u32| f64::from(pixels / edge * edge);
    let area = whole(size.width) * whole(size.height);
    let base = match kind {
        VaeKind::Kl4 | VaeKind::Kl16 | VaeKind::Flux2 => 1767.0,
        VaeKind::Wan21 => {
            if frames <= 4 {
                1500.0
            } else {
                6000.0
            }
        }
        VaeKind::Wan22 | VaeKind::Unmeasured { .. } => 3300.0,
        VaeKind::HunyuanImage21 => 700.0,
    };
    base * area * f64::from(dtype.bytes()) * kind.vendor_factor(amd)
}

/// Bytes of decoding in square tiles of `tile` pixels: the formula of the whole on one tile. The overlap does not count.
pub fn vae_decode_tiled_memory(
    kind: VaeKind,
    dtype: Dtype,
    amd: bool,
    latent: Latent,
    tile: u32,
) -> f64 {
    let edge = tile / kind.compression();
    let bounded = Latent {
        height: latent.height.min(edge),
        width: latent.width.min(edge),
        ..latent
    };
    vae_decode_memory(kind, dtype, amd, bounded)
}

/// Bytes a server of this generation *makes free* before it decodes in tiles. 0.3.64 estimates the whole picture although
/// it needs only a tile, and so puts out more of its other models than it has to.
pub fn vae_decode_tiled_estimate(
    generation: ServerGeneration,
    kind: VaeKind,
    dtype: Dtype,
    amd: bool,
    latent: Latent,
    tile: u32,
) -> f64 {
    match generation {
        ServerGeneration::V0_3 => vae_decode_memory(kind, dtype, amd, latent),
        ServerGeneration::V0_33 => vae_decode_tiled_memory(kind, dtype, amd, latent, tile),
    }
}

/// Bytes of encoding in square tiles of `tile` pixels: the formula of the whole on one tile.
pub fn vae_encode_tiled_memory(
    kind: VaeKind,
    dtype: Dtype,
    amd: bool,
    size: Size,
    frames: u32,
    tile: u32,
) -> f64 {
    let bounded = Size::new(size.width.min(tile), size.height.min(tile));
    vae_encode_memory(kind, dtype, amd, bounded, frames)
}
