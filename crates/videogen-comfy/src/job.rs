//! A picture to paint, as values: which models, which passes, at which sizes.

use crate::value::{
    Cfg, Denoise, EncoderType, Guidance, ImageSize, ModelFile, OutputPrefix, PaintSize, PromptText,
    Sampler, Scheduler, Seed, Shift, Steps, Strength, Tile,
};

/// Everything that decides what a picture looks like. The same job is the same workflow, byte for byte.
#[derive(Debug, Clone, PartialEq)]
pub struct PaintJob {
    /// The files that paint.
    pub models: Models,
    /// Small changes of the model, applied in this order.
    pub loras: Vec<Lora>,
    /// What the picture shows.
    pub prompt: PromptText,
    /// What it does not show; without effect where the CFG scale is 1.
    pub negative: PromptText,
    /// Where the random numbers start, for every pass.
    pub seed: Seed,
    /// Whether text encoders that are files of their own are kept off the card: slower, and no memory of it. What is in a
    /// checkpoint is loaded where the server thinks best.
    pub text_on_processor: bool,
    /// How the first pass samples.
    pub sampling: Sampling,
    /// The size of the first pass.
    pub size: PaintSize,
    /// How the picture is decoded: the last latent, or the first where pixels are enlarged.
    pub decode: VaeWay,
    /// What happens between the first pass and the finished picture.
    pub enlarge: Enlarge,
    /// What brings the picture that the passes leave to the promised size, where it has another.
    pub finish: PixelMethod,
    /// The promised size.
    pub output: ImageSize,
    /// What the server's file is named after.
    pub prefix: OutputPrefix,
}

impl PaintJob {
    /// One pass at `size`, decoded at once and scaled by Lanczos where `output` is changed, with seed 0, 20 steps of Euler and CFG 7 for checkpoints and SD3; Flux,
    /// Qwen-Image and Z-Image get the scheduler and CFG they want. Every field can be changed.
    pub fn new(models: Models, prompt: PromptText, size: PaintSize) -> Self {
        let sampling = models.usual_sampling();
        Self {
            models,
            loras: Vec::new(),
            prompt,
            negative: PromptText::default(),
            seed: Seed::new(0),
            text_on_processor: false,
            sampling,
            size,
            decode: VaeWay::Whole,
            enlarge: Enlarge::No,
            finish: PixelMethod::Lanczos,
            output: size.image(),
            prefix: OutputPrefix::default(),
        }
    }
}

/// The files that paint.
#[derive(Debug, Clone, PartialEq)]
pub enum Models {
    /// One file with everything: SD 1.5, SD 2, SDXL and what is made of them.
    Checkpoint {
        /// In `models/checkpoints`.
        file: ModelFile,
        /// Another VAE from `models/vae`.
        vae: Option<ModelFile>,
    },
    /// One file with everything, of a family with a latent of 16 channels, as ComfyUI repackages Flux and SD 3.5.
    AllInOne {
        /// In `models/checkpoints`.
        file: ModelFile,
        /// Which kind it is.
        family: AllInOne,
    },
    /// Model, text encoders and VAE in files of their own.
    Split {
        /// In `models/diffusion_models`.
        diffusion: ModelFile,
        /// How its weights are kept in memory.
        weights: WeightType,
        /// Which kind it is, with its text encoders.
        family: Family,
        /// In `models/vae`.
        vae: ModelFile,
    },
}

impl Models {
    /// The file that paints.
    pub const fn file(&self) -> &ModelFile {
        match self {
            Self::Checkpoint { file, .. } | Self::AllInOne { file, .. } => file,
            Self::Split { diffusion, .. } => diffusion,
        }
    }

    /// What the family is usually sampled with.
    pub fn usual_sampling(&self) -> Sampling {
        let (steps, cfg, scheduler) = match self {
            Self::Checkpoint { .. } => (20, 7.0, Scheduler::normal()),
            Self::AllInOne { family, .. } => match family {
                AllInOne::Flux { .. } => (20, 1.0, Scheduler::simple()),
                AllInOne::Sd3 { .. } => (28, 4.5, Scheduler::simple()),
            },
            Self::Split { family, .. } => match family {
                Family::Flux { .. } => (20, 1.0, Scheduler::simple()),
                Family::Sd3 { .. } | Family::Other { .. } => (28, 4.5, Scheduler::simple()),
                Family::QwenImage { .. } => (20, 2.5, Scheduler::simple()),
                Family::ZImage { .. } => (9, 1.0, Scheduler::simple()),
            },
        };
        Sampling {
            steps: Steps::new(steps).expect("the numbers above are within 1..=10000"),
            cfg: Cfg::new(cfg).expect("the numbers above are within 0..=100"),
            sampler: Sampler::euler(),
            scheduler,
        }
    }
}

/// A kind of model that comes in one file, beside those of [`Models::Checkpoint`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum AllInOne {
    /// Flux.1.
    Flux {
        /// The guidance built into the model; `None` leaves the 3.5 it was made for.
        guidance: Option<Guidance>,
    },
    /// Stable Diffusion 3 and 3.5.
    Sd3 {
        /// `None` leaves the model's 3.
        shift: Option<Shift>,
    },
}

/// How weights are kept in memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum WeightType {
    /// As the server thinks best.
    #[default]
    Default,
    /// A byte a weight: half the memory, a little of the quality.
    Fp8E4M3,
    /// As before with faster arithmetic where the card has it.
    Fp8E4M3Fast,
    /// A byte a weight, with more range and less precision.
    Fp8E5M2,
}

impl WeightType {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Default => "default",
            Self::Fp8E4M3 => "fp8_e4m3fn",
            Self::Fp8E4M3Fast => "fp8_e4m3fn_fast",
            Self::Fp8E5M2 => "fp8_e5m2",
        }
    }
}

/// A kind of model that comes in several files, with the text encoders it needs (`models/text_encoders`).
#[derive(Debug, Clone, PartialEq)]
pub enum Family {
    /// Flux.1: CLIP-L and T5-XXL.
    Flux {
        /// `clip_l.safetensors`.
        clip: ModelFile,
        /// `t5xxl_….safetensors`.
        t5: ModelFile,
        /// The guidance built into the model; `None` leaves the 3.5 it was made for.
        guidance: Option<Guidance>,
    },
    /// Stable Diffusion 3 and 3.5.
    Sd3 {
        /// One or two of CLIP-L, CLIP-G and T5-XXL.
        text: TextEncoders,
        /// `None` leaves the model's 3.
        shift: Option<Shift>,
    },
    /// Qwen-Image: Qwen2.5-VL.
    QwenImage {
        /// `qwen_2.5_vl_7b….safetensors`.
        text: ModelFile,
        /// 3.1 is usual; `None` leaves what the server assumes.
        shift: Option<Shift>,
    },
    /// Z-Image: Qwen3-4B.
    ZImage {
        /// `qwen_3_4b.safetensors`.
        text: ModelFile,
        /// `None` leaves the model's 3.
        shift: Option<Shift>,
    },
    /// Another model with a latent of 16 channels at an eighth of the size.
    Other {
        /// What its text encoders are loaded for.
        kind: EncoderType,
        /// The encoders.
        text: TextEncoders,
    },
}

/// One or two text encoders.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TextEncoders {
    /// One file.
    One(ModelFile),
    /// Two files; their order does not matter.
    Two(ModelFile, ModelFile),
}

/// A small change of a model.
#[derive(Debug, Clone, PartialEq)]
pub struct Lora {
    /// In `models/loras`.
    pub file: ModelFile,
    /// How strongly it changes the model and the text encoder.
    pub strength: Strength,
}

/// How a pass samples.
#[derive(Debug, Clone, PartialEq)]
pub struct Sampling {
    /// How many steps.
    pub steps: Steps,
    /// How strictly the prompt is followed. At 1 the negative prompt costs nothing and does nothing.
    pub cfg: Cfg,
    /// Which sampler.
    pub sampler: Sampler,
    /// Which schedule of noise.
    pub scheduler: Scheduler,
}

/// How a VAE turns a latent into pixels or back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum VaeWay {
    /// The whole picture at once; the largest use of memory of all phases.
    #[default]
    Whole,
    /// In tiles: a fraction of the memory, some more time.
    Tiled(Tile),
}

/// What happens between the first pass and the finished picture.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum Enlarge {
    /// Nothing: one pass.
    #[default]
    No,
    /// The latent is enlarged and refined, once for each of these; the last is decoded. Without any: one pass.
    Latent(Vec<LatentPass>),
    /// The picture is decoded, enlarged in pixels, and refined by a second pass where wanted.
    Pixels {
        /// What enlarges.
        with: PixelMethod,
        /// The second pass.
        refine: Option<PixelRefine>,
    },
}

/// A pass over a picture that is there.
#[derive(Debug, Clone, PartialEq)]
pub struct Refine {
    /// How it samples.
    pub sampling: Sampling,
    /// How much it paints anew; 0.3 to 0.55 is usual.
    pub denoise: Denoise,
}

/// A pass over an enlarged latent.
#[derive(Debug, Clone, PartialEq)]
pub struct LatentPass {
    /// The size of the pass. A latent that is enlarged more than twice each way is better enlarged in two steps.
    pub size: PaintSize,
    /// How the latent is interpolated.
    pub method: LatentMethod,
    /// How the pass paints.
    pub refine: Refine,
}

/// A pass over pixels: they are scaled to its size, encoded, sampled and decoded.
#[derive(Debug, Clone, PartialEq)]
pub struct PixelRefine {
    /// The size of the pass.
    pub size: PaintSize,
    /// How the picture becomes a latent.
    pub encode: VaeWay,
    /// How the pass paints.
    pub refine: Refine,
    /// How the latent becomes the picture.
    pub decode: VaeWay,
}

/// How a latent is interpolated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum LatentMethod {
    /// Sharp edges, more invention in the second pass.
    #[default]
    NearestExact,
    /// Soft.
    Bilinear,
    /// Soft, a little sharper.
    Bicubic,
    /// Along the sphere on which latents lie.
    Bislerp,
}

impl LatentMethod {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::NearestExact => "nearest-exact",
            Self::Bilinear => "bilinear",
            Self::Bicubic => "bicubic",
            Self::Bislerp => "bislerp",
        }
    }
}

/// What enlarges pixels.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PixelMethod {
    /// An upscaling model from `models/upscale_models`, in tiles the server chooses.
    Model(ModelFile),
    /// Lanczos interpolation; needs no model and no GPU.
    Lanczos,
}
