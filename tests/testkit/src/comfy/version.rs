//! Which ComfyUI the mock is, and what differs between the two that were recorded.

use std::fmt;

/// A release of ComfyUI whose behaviour was recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Version {
    /// 0.33.0 of August 2026: jobs API, strict prompt ids, previews chosen by prompt.
    V0_33,
    /// 0.3.64 of October 2025: none of these.
    V0_3_64,
}

impl Version {
    /// Both, newest first.
    pub const ALL: [Self; 2] = [Self::V0_33, Self::V0_3_64];

    /// As `system_stats` spells it.
    pub fn number(self) -> &'static str {
        match self {
            Self::V0_33 => "0.33.0",
            Self::V0_3_64 => "0.3.64",
        }
    }

    pub(crate) fn is_new(self) -> bool {
        self == Self::V0_33
    }

    pub(crate) fn object_info(self) -> &'static str {
        match self {
            Self::V0_33 => include_str!("../../../fixtures/comfyui/v0.33.0/object_info.json"),
            Self::V0_3_64 => include_str!("../../../fixtures/comfyui/v0.3.64/object_info.json"),
        }
    }

    /// The folders of `/models`, in the order of the recording.
    pub(crate) fn model_folders(self) -> &'static [&'static str] {
        match self {
            Self::V0_33 => &[
                "checkpoints",
                "configs",
                "loras",
                "vae",
                "text_encoders",
                "diffusion_models",
                "clip_vision",
                "style_models",
                "embeddings",
                "diffusers",
                "vae_approx",
                "controlnet",
                "gligen",
                "upscale_models",
                "latent_upscale_models",
                "custom_nodes",
                "datasets",
                "hypernetworks",
                "photomaker",
                "classifiers",
                "model_patches",
                "audio_encoders",
                "background_removal",
                "frame_interpolation",
                "geometry_estimation",
                "optical_flow",
                "detection",
            ],
            Self::V0_3_64 => &[
                "checkpoints",
                "configs",
                "loras",
                "vae",
                "text_encoders",
                "diffusion_models",
                "clip_vision",
                "style_models",
                "embeddings",
                "diffusers",
                "vae_approx",
                "controlnet",
                "gligen",
                "upscale_models",
                "custom_nodes",
                "hypernetworks",
                "photomaker",
                "classifiers",
                "model_patches",
                "audio_encoders",
            ],
        }
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.number())
    }
}
