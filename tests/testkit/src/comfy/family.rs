//! What a model file weighs and how it computes: the numbers behind the memory formulas.

use super::Version;

/// A family of diffusion models, with the numbers that decide its memory.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Family {
    /// For messages.
    pub name: &'static str,
    /// ComfyUI's `memory_usage_factor` in 0.33.
    pub factor: f64,
    /// The same in 0.3.64, where it differs for some.
    pub old_factor: f64,
    /// Pixels along one side of a latent cell.
    pub cell: u32,
    /// Parameters of the diffusion model.
    pub diffusion: u64,
    /// Parameters of the text encoders inside a checkpoint of this family.
    pub text: u64,
    /// Parameters of the VAE.
    pub vae_parameters: u64,
    /// How its VAE computes.
    pub vae: VaeKind,
    /// The buffer that streamed weights pass through, in bytes at two bytes a parameter.
    pub cast_buffer: u64,
}

/// How a VAE computes, which decides its memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum VaeKind {
    /// SD 1.5, SDXL, SD 3, Flux.1, Z-Image.
    Kl,
    /// Qwen-Image and Wan 2.1.
    Wan,
}

impl Family {
    /// Stable Diffusion 1.5.
    pub const SD15: Self = Self {
        name: "SD 1.5",
        factor: 1.0,
        old_factor: 1.0,
        cell: 8,
        diffusion: 859_520_964,
        text: 123_650_304,
        vae_parameters: 83_653_863,
        vae: VaeKind::Kl,
        cast_buffer: 88_481_280,
    };

    /// SDXL base.
    pub const SDXL: Self = Self {
        name: "SDXL",
        factor: 0.8,
        old_factor: 0.8,
        cell: 8,
        diffusion: 2_567_463_684,
        text: 818_310_144,
        vae_parameters: 83_653_863,
        vae: VaeKind::Kl,
        cast_buffer: 39_000_000,
    };

    /// SD 3.5 medium.
    pub const SD35_MEDIUM: Self = Self {
        name: "SD 3.5 medium",
        factor: 1.6,
        old_factor: 1.2,
        cell: 8,
        diffusion: 2_469_663_936,
        text: 5_580_620_800,
        vae_parameters: 83_819_683,
        vae: VaeKind::Kl,
        cast_buffer: 113_000_000,
    };

    /// Flux.1 dev and schnell.
    pub const FLUX1: Self = Self {
        name: "Flux.1",
        factor: 3.1,
        old_factor: 3.1,
        cell: 8,
        diffusion: 11_901_408_320,
        text: 4_885_960_960,
        vae_parameters: 83_819_683,
        vae: VaeKind::Kl,
        cast_buffer: 339_738_624,
    };

    /// Z-Image.
    pub const Z_IMAGE: Self = Self {
        name: "Z-Image",
        factor: 2.8,
        old_factor: 2.8,
        cell: 8,
        diffusion: 6_154_908_736,
        text: 4_022_468_096,
        vae_parameters: 83_819_683,
        vae: VaeKind::Kl,
        cast_buffer: 235_929_600,
    };

    /// Qwen-Image.
    pub const QWEN_IMAGE: Self = Self {
        name: "Qwen-Image",
        factor: 1.8,
        old_factor: 1.8,
        cell: 8,
        diffusion: 20_430_401_088,
        text: 7_747_169_280,
        vae_parameters: 126_892_531,
        vae: VaeKind::Wan,
        cast_buffer: 340_000_000,
    };

    pub(crate) fn factor(&self, version: Version) -> f64 {
        if version.is_new() {
            self.factor
        } else {
            self.old_factor
        }
    }
}

/// Bytes that sampling of `batch` latents of `width` × `height` cells takes.
pub(crate) fn sampling_bytes(
    batch: u32,
    width: u32,
    height: u32,
    factor: f64,
    element: u32,
    split_attention: bool,
) -> f64 {
    let area = f64::from(batch) * f64::from(width) * f64::from(height);
    let mib = (1u32 << 20) as f64;
    if split_attention {
        area * 0.15 * factor * mib
    } else {
        area * f64::from(element) * 0.01 * factor * mib
    }
}

/// Bytes that decoding one latent of `width` × `height` cells takes.
pub(crate) fn decode_bytes(kind: VaeKind, width: u32, height: u32, element: u32) -> f64 {
    let constant = match kind {
        VaeKind::Kl => 2178.0,
        VaeKind::Wan => 2200.0,
    };
    constant * f64::from(height) * f64::from(width) * 64.0 * f64::from(element)
}

/// Bytes that encoding one picture of `width` × `height` pixels takes.
pub(crate) fn encode_bytes(kind: VaeKind, width: u32, height: u32, element: u32) -> f64 {
    let constant = match kind {
        VaeKind::Kl => 1767.0,
        VaeKind::Wan => 1500.0,
    };
    constant * f64::from(height) * f64::from(width) * f64::from(element)
}

/// Bytes that one tile of an upscale model takes.
pub(crate) fn upscale_bytes(tile: u32, scale: u32) -> f64 {
    f64::from(tile) * f64::from(tile) * 3.0 * 4.0 * f64::from(scale) * 384.0
}

#[cfg(test)]
mod tests {
    use super::*;

    // Rows of ComfyUI 0.33.0's own functions.
    #[test]
    fn the_formulas_give_what_comfyui_computes() {
        let close =
            |ours: f64, theirs: f64| assert!((ours / theirs - 1.0).abs() < 1e-9, "{ours} {theirs}");
        close(sampling_bytes(2, 32, 32, 1.0, 2, false), 42_949_672.96);
        close(sampling_bytes(1, 32, 32, 1.0, 2, true), 161_061_273.6);
        close(decode_bytes(VaeKind::Kl, 32, 32, 2), 285_474_816.0);
        close(encode_bytes(VaeKind::Kl, 256, 256, 2), 231_604_224.0);
        close(upscale_bytes(512, 4), 4_831_838_208.0);
    }
}
