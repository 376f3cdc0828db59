//! Model families: the names, and what a caller may ask of one.

use serde::{Deserialize, Serialize};

use super::table::facts;
use super::{Dtype, ServerGeneration, VaeKind};
use crate::error::Error;
use crate::units::{Bytes, Pixels};

macro_rules! families {
    ($($(#[$doc:meta])* $variant:ident = $name:literal,)*) => {
        /// A family of diffusion models: all that share a shape share a memory formula.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[non_exhaustive]
        pub enum Family {
            $($(#[$doc])* #[serde(rename = $name)] $variant,)*
        }

        impl Family {
            /// Every family.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The name in JSON, history files and on the command line.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }
        }
    };
}

families! {
    /// Stable Diffusion 1.x.
    Sd15 = "sd15",
    /// Stable Diffusion 2.x.
    Sd20 = "sd20",
    /// Stable Diffusion XL.
    Sdxl = "sdxl",
    /// The refiner of SDXL.
    SdxlRefiner = "sdxl_refiner",
    /// Segmind's half of SDXL.
    Ssd1b = "ssd1b",
    /// Stable Diffusion 3 and 3.5.
    Sd3 = "sd3",
    /// FLUX.1 dev.
    Flux1Dev = "flux1_dev",
    /// FLUX.1 schnell.
    Flux1Schnell = "flux1_schnell",
    /// Chroma.
    Chroma = "chroma",
    /// FLUX.2 dev.
    Flux2Dev = "flux2_dev",
    /// FLUX.2 klein, 9 billion.
    Flux2Klein9b = "flux2_klein_9b",
    /// FLUX.2 klein, 4 billion.
    Flux2Klein4b = "flux2_klein_4b",
    /// Lumina 2.
    Lumina2 = "lumina2",
    /// Z-Image.
    ZImage = "z_image",
    /// Qwen-Image.
    QwenImage = "qwen_image",
    /// HunyuanImage 2.1.
    HunyuanImage21 = "hunyuan_image21",
    /// HiDream I1.
    HidreamI1 = "hidream_i1",
    /// AuraFlow.
    AuraFlow = "auraflow",
    /// PixArt Sigma.
    PixartSigma = "pixart_sigma",
    /// OmniGen 2.
    Omnigen2 = "omnigen2",
    /// Krea 2.
    Krea2 = "krea2",
    /// Cosmos-Predict2, 2 billion.
    CosmosPredict2 = "cosmos_predict2_2b",
    /// Anima.
    Anima = "anima",
    /// Wan 2.1, 1.3 billion.
    Wan21Small = "wan21_1_3b",
    /// Wan 2.1, 14 billion.
    Wan21 = "wan21_14b",
    /// Wan 2.1 from a picture, 14 billion.
    Wan21I2v = "wan21_i2v_14b",
    /// Wan 2.2, 5 billion.
    Wan22 = "wan22_5b",
    /// LTX-Video, 2 billion.
    Ltxv = "ltxv_2b",
    /// HunyuanVideo.
    HunyuanVideo = "hunyuan_video",
    /// HunyuanVideo 1.5.
    HunyuanVideo15 = "hunyuan_video_15",
}

/// How far a family's single passes go.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FamilyLimits {
    /// The area it was trained for.
    pub native: Pixels,
    /// A pass that starts from noise is at most that many times the native area: beyond it a family paints things twice,
    /// however much memory there is.
    pub paint: f64,
    /// A pass that refines an enlarged picture at low denoise is at most that many times the native area: what is there
    /// is kept, so it goes further.
    pub refine: f64,
    /// Width and height of every pass are multiples of that many pixels.
    pub multiple: u32,
    /// Free memory from which a picture may be enlarged further than it is refined. Below it quality is lowered instead.
    pub floor: Bytes,
}

/// How to sample with a family.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FamilyRecipe {
    /// More steps than that add nothing.
    pub max_steps: u32,
    /// CFG that the family wants whatever the quality; `None` takes the quality's. 1 computes one half only.
    pub cfg: Option<f64>,
    /// Sampler by ComfyUI's name.
    pub sampler: &'static str,
    /// Scheduler by ComfyUI's name.
    pub scheduler: &'static str,
}

/// What is known of a family.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FamilyFacts {
    /// The name people know.
    pub title: &'static str,
    /// Memory factor of new servers.
    pub factor: f64,
    /// Memory factor of 0.3.64 where it differs.
    pub old_factor: Option<f64>,
    /// The first generation of the server that knows the family.
    pub since: ServerGeneration,
    /// Channels of a latent.
    pub channels: u32,
    /// Whether latents have a time axis.
    pub video: bool,
    /// Pixels to a latent element, each way.
    pub downscale: u32,
    /// Pictures to a latent frame after the first; 1 without a time axis.
    pub temporal_downscale: u32,
    /// The number types it computes in, preferred first.
    pub dtypes: &'static [Dtype],
    /// Its VAE.
    pub vae: VaeKind,
    /// How far its passes go.
    pub limits: FamilyLimits,
    /// How to sample.
    pub recipe: FamilyRecipe,
    /// Parameters of the diffusion model. Exact where the server's own classes were counted, published numbers elsewhere.
    pub params: u64,
    /// Parameters of the text encoder or encoders together.
    pub text_params: u64,
    /// The buffer through which weights are streamed, at 2 bytes a parameter: the largest module, three times (the
    /// module in use and the two that are on their way).
    pub cast_buffer: Bytes,
    /// The largest module of the text encoder at 2 bytes a parameter: nearly always the table of words.
    pub text_largest: Bytes,
    /// Whether the text encoder is a language model (T5, Qwen …) rather than CLIP.
    pub large_text: bool,
    /// Whether text encoder and VAE come as files of their own, so that a workflow can choose where the encoder runs.
    pub separate_files: bool,
    /// Work of one step for one latent element, in floating-point operations; rough, for time classes only.
    pub flops_per_latent: f64,
}

impl Family {
    /// What is known of it.
    pub fn facts(self) -> &'static FamilyFacts {
        facts(self)
    }

    /// The name people know.
    pub fn title(self) -> &'static str {
        self.facts().title
    }

    /// The memory factor a server of that generation uses, for a computation in that type.
    pub fn memory_factor(self, generation: ServerGeneration, dtype: Dtype) -> f64 {
        let facts = self.facts();
        match (self, generation, facts.old_factor) {
            // The class says 1.0; once the type is known it is 0.95, and 1.4 times that in fp16, which exceeds it.
            (Self::Anima, _, _) if dtype == Dtype::Fp16 => 0.95 * 1.4,
            (_, ServerGeneration::V0_3, Some(old)) => old,
            _ => facts.factor,
        }
    }
}

impl std::fmt::Display for Family {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.name())
    }
}

/// Short names people use, and the family they mean.
const ALIASES: &[(&str, Family)] = &[
    ("sd1", Family::Sd15),
    ("sd1.5", Family::Sd15),
    ("sd2", Family::Sd20),
    ("sd21", Family::Sd20),
    ("xl", Family::Sdxl),
    ("sd35", Family::Sd3),
    ("sd3.5", Family::Sd3),
    ("flux", Family::Flux1Dev),
    ("flux1", Family::Flux1Dev),
    ("flux-schnell", Family::Flux1Schnell),
    ("schnell", Family::Flux1Schnell),
    ("flux2", Family::Flux2Dev),
    ("klein", Family::Flux2Klein4b),
    ("zimage", Family::ZImage),
    ("qwen", Family::QwenImage),
    ("hidream", Family::HidreamI1),
    ("pixart", Family::PixartSigma),
    ("wan", Family::Wan21),
    ("ltx", Family::Ltxv),
];

impl std::str::FromStr for Family {
    type Err = Error;

    /// Reads a family's name or a short form of it: `sdxl`, `flux`, `z-image`.
    fn from_str(text: &str) -> Result<Self, Error> {
        let wanted: String = text
            .trim()
            .chars()
            .take(60)
            .map(|c| c.to_ascii_lowercase())
            .collect();
        let under = wanted.replace('-', "_");
        Self::ALL
            .iter()
            .copied()
            .find(|family| family.name() == under)
            .or_else(|| {
                ALIASES
                    .iter()
                    .find(|(alias, _)| *alias == wanted || *alias == under)
                    .map(|&(_, family)| family)
            })
            .ok_or_else(|| Error::UnknownFamily {
                nearest: nearest(&under),
                name: wanted,
            })
    }
}

/// Families whose names begin alike.
fn nearest(wanted: &str) -> Vec<&'static str> {
    let shared = |name: &str| {
        name.bytes()
            .zip(wanted.bytes())
            .take_while(|(a, b)| a == b)
            .count()
    };
    let mut names: Vec<&'static str> = Family::ALL
        .iter()
        .map(|family| family.name())
        .filter(|name| shared(name) >= 2)
        .collect();
    names.sort_by_key(|name| std::cmp::Reverse(shared(name)));
    names.truncate(3);
    names
}
