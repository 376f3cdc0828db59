//! The workflow of a job, from nodes that every ComfyUI has.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::{Node, Workflow};
use crate::job::{
    AllInOne, Enlarge, Family, Models, PaintJob, PixelMethod, Refine, Sampling, TextEncoders,
    VaeWay,
};
use crate::value::{Denoise, Guidance, ImageSize, ModelFile, Shift};

impl Workflow {
    /// The workflow that paints `job`: core nodes only, one `SaveImage`, the picture of the size that was promised.
    pub fn build(job: &PaintJob) -> Self {
        let mut draft = Draft::default();
        let parts = draft.parts(job);
        let latent = draft.add(
            parts.empty_latent,
            "Empty latent",
            [
                ("width", json!(job.size.width())),
                ("height", json!(job.size.height())),
                ("batch_size", json!(1)),
            ],
        );
        let first = draft.sample(&parts, job, &latent.slot(0), &job.sampling, Denoise::FULL);
        let (image, size) = match &job.enlarge {
            Enlarge::No => (
                draft.decode(&parts, &first, job.decode),
                Some(job.size.image()),
            ),
            Enlarge::Latent(passes) => {
                let (mut samples, mut size) = (first, job.size);
                for pass in passes {
                    let larger = draft.add(
                        "LatentUpscale",
                        "Enlarge the latent",
                        [
                            ("samples", samples),
                            ("upscale_method", json!(pass.method.name())),
                            ("width", json!(pass.size.width())),
                            ("height", json!(pass.size.height())),
                            ("crop", json!("disabled")),
                        ],
                    );
                    samples = draft.refine(&parts, job, &larger.slot(0), &pass.refine);
                    size = pass.size;
                }
                (
                    draft.decode(&parts, &samples, job.decode),
                    Some(size.image()),
                )
            }
            Enlarge::Pixels { with, refine } => {
                let small = draft.decode(&parts, &first, job.decode);
                let image = draft.enlarge(&small, with);
                // What a model makes of it depends on the model: 2, 4 or 8 times the size.
                let now = matches!(with, PixelMethod::Lanczos).then_some(job.size.image());
                match refine {
                    None => (image, now),
                    Some(pass) => {
                        let image = draft.scale(&image, now, pass.size.image());
                        let latent = draft.encode(&parts, &image, pass.encode);
                        let second = draft.refine(&parts, job, &latent, &pass.refine);
                        (
                            draft.decode(&parts, &second, pass.decode),
                            Some(pass.size.image()),
                        )
                    }
                }
            }
        };
        // Only what is not of the promised size is finished: a model would enlarge the rest for nothing.
        let (image, size) = match &job.finish {
            PixelMethod::Model(_) if size != Some(job.output) => {
                (draft.enlarge(&image, &job.finish), None)
            }
            _ => (image, size),
        };
        let image = draft.scale(&image, size, job.output);
        draft.add(
            "SaveImage",
            "Save",
            [
                ("images", image),
                ("filename_prefix", json!(job.prefix.as_str())),
            ],
        );
        Self { nodes: draft.nodes }
    }
}

/// What the passes share: links to the loaded parts and the encoded texts.
struct Parts {
    model: Value,
    vae: Value,
    positive: Value,
    negative: Value,
    empty_latent: &'static str,
}

/// A node that was added.
struct Added(String);

impl Added {
    fn slot(&self, slot: u32) -> Value {
        json!([self.0, slot])
    }
}

#[derive(Default)]
struct Draft {
    nodes: BTreeMap<String, Node>,
}

impl Draft {
    fn add<'a>(
        &mut self,
        class: &str,
        title: &str,
        inputs: impl IntoIterator<Item = (&'a str, Value)>,
    ) -> Added {
        let id = (self.nodes.len() + 1).to_string();
        let inputs: Map<String, Value> = inputs
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value))
            .collect();
        let node = Node {
            class: class.to_owned(),
            inputs,
            title: Some(title.to_owned()),
        };
        self.nodes.insert(id.clone(), node);
        Added(id)
    }

    fn parts(&mut self, job: &PaintJob) -> Parts {
        let (mut model, mut clip, vae, empty_latent) = match &job.models {
            Models::AllInOne { file, .. } => {
                let loaded = self.checkpoint(file);
                let (model, clip, vae) = (loaded.slot(0), loaded.slot(1), loaded.slot(2));
                (model, clip, vae, "EmptySD3LatentImage")
            }
            Models::Checkpoint { file, vae } => {
                let loaded = self.checkpoint(file);
                let vae = match vae {
                    Some(vae) => self.vae(vae),
                    None => loaded.slot(2),
                };
                (loaded.slot(0), loaded.slot(1), vae, "EmptyLatentImage")
            }
            Models::Split {
                diffusion,
                weights,
                family,
                vae,
            } => {
                let model = self.add(
                    "UNETLoader",
                    "Diffusion model",
                    [
                        ("unet_name", json!(diffusion.as_str())),
                        ("weight_dtype", json!(weights.name())),
                    ],
                );
                let clip = self.text_encoders(family, job.text_on_processor);
                (model.slot(0), clip, self.vae(vae), "EmptySD3LatentImage")
            }
        };
        for lora in &job.loras {
            let strength = lora.strength.get();
            let changed = self.add(
                "LoraLoader",
                "LoRA",
                [
                    ("model", model),
                    ("clip", clip),
                    ("lora_name", json!(lora.file.as_str())),
                    ("strength_model", json!(strength)),
                    ("strength_clip", json!(strength)),
                ],
            );
            (model, clip) = (changed.slot(0), changed.slot(1));
        }
        let mut positive = self.text("Prompt", &clip, job.prompt.as_str());
        let negative = if guided(job) {
            self.text("Negative prompt", &clip, job.negative.as_str())
        } else {
            // The sampler asks for it and does not look at it where every CFG is 1: one text less to encode.
            positive.clone()
        };
        let (guidance, shift) = settings(&job.models);
        if let Some(guidance) = guidance {
            let inputs = [
                ("conditioning", positive),
                ("guidance", json!(guidance.get())),
            ];
            positive = self.add("FluxGuidance", "Guidance", inputs).slot(0);
        }
        if let Some((class, shift)) = shift {
            let inputs = [("model", model), ("shift", json!(shift.get()))];
            model = self.add(class, "Shift", inputs).slot(0);
        }
        Parts {
            model,
            vae,
            positive,
            negative,
            empty_latent,
        }
    }

    fn checkpoint(&mut self, file: &ModelFile) -> Added {
        let inputs = [("ckpt_name", json!(file.as_str()))];
        self.add("CheckpointLoaderSimple", "Checkpoint", inputs)
    }

    fn vae(&mut self, file: &ModelFile) -> Value {
        self.add("VAELoader", "VAE", [("vae_name", json!(file.as_str()))])
            .slot(0)
    }

    fn text(&mut self, title: &str, clip: &Value, text: &str) -> Value {
        self.add(
            "CLIPTextEncode",
            title,
            [("clip", clip.clone()), ("text", json!(text))],
        )
        .slot(0)
    }

    fn text_encoders(&mut self, family: &Family, on_processor: bool) -> Value {
        let ((class, title), mut inputs) = match family {
            Family::Flux { clip, t5, .. } => two_encoders(clip, t5, "flux"),
            Family::QwenImage { text, .. } => one_encoder(text, "qwen_image"),
            // Z-Image's encoder is loaded as Lumina 2's; the server tells them apart by the weights.
            Family::ZImage { text, .. } => one_encoder(text, "lumina2"),
            Family::Sd3 { text, .. } => encoders(text, "sd3"),
            Family::Other { text, kind } => encoders(text, kind.as_str()),
        };
        if on_processor {
            inputs.push(("device", json!("cpu")));
        }
        self.add(class, title, inputs).slot(0)
    }

    fn sample(
        &mut self,
        parts: &Parts,
        job: &PaintJob,
        latent: &Value,
        sampling: &Sampling,
        denoise: Denoise,
    ) -> Value {
        let inputs = [
            ("model", parts.model.clone()),
            ("positive", parts.positive.clone()),
            ("negative", parts.negative.clone()),
            ("latent_image", latent.clone()),
            ("seed", json!(job.seed.get())),
            ("steps", json!(sampling.steps.get())),
            ("cfg", json!(sampling.cfg.get())),
            ("sampler_name", json!(sampling.sampler.as_str())),
            ("scheduler", json!(sampling.scheduler.as_str())),
            ("denoise", json!(denoise.get())),
        ];
        self.add("KSampler", "Paint", inputs).slot(0)
    }

    fn refine(&mut self, parts: &Parts, job: &PaintJob, latent: &Value, refine: &Refine) -> Value {
        self.sample(parts, job, latent, &refine.sampling, refine.denoise)
    }

    fn decode(&mut self, parts: &Parts, samples: &Value, way: VaeWay) -> Value {
        let whole = ("VAEDecode", "Decode");
        let tiled = ("VAEDecodeTiled", "Decode in tiles");
        self.through_vae(parts, ("samples", samples), way, whole, tiled)
    }

    fn encode(&mut self, parts: &Parts, image: &Value, way: VaeWay) -> Value {
        let whole = ("VAEEncode", "Encode");
        let tiled = ("VAEEncodeTiled", "Encode in tiles");
        self.through_vae(parts, ("pixels", image), way, whole, tiled)
    }

    /// One of two nodes, each its class and title, which differ in the inputs for tiles alone.
    fn through_vae(
        &mut self,
        parts: &Parts,
        (name, input): (&str, &Value),
        way: VaeWay,
        whole: (&str, &str),
        tiled: (&str, &str),
    ) -> Value {
        let inputs = [(name, input.clone()), ("vae", parts.vae.clone())];
        match way {
            VaeWay::Whole => self.add(whole.0, whole.1, inputs),
            VaeWay::Tiled(tile) => {
                let tiles = [
                    ("tile_size", json!(tile.side())),
                    ("overlap", json!(tile.overlap())),
                    // For video; a picture has one frame. The nodes' own defaults.
                    ("temporal_size", json!(64)),
                    ("temporal_overlap", json!(8)),
                ];
                self.add(tiled.0, tiled.1, inputs.into_iter().chain(tiles))
            }
        }
        .slot(0)
    }

    fn enlarge(&mut self, image: &Value, with: &PixelMethod) -> Value {
        match with {
            // The scaling that follows enlarges.
            PixelMethod::Lanczos => image.clone(),
            PixelMethod::Model(file) => {
                let model = self.add(
                    "UpscaleModelLoader",
                    "Upscaling model",
                    [("model_name", json!(file.as_str()))],
                );
                let inputs = [("upscale_model", model.slot(0)), ("image", image.clone())];
                self.add("ImageUpscaleWithModel", "Enlarge", inputs).slot(0)
            }
        }
    }

    /// Scales to `wanted`, unless the picture is known to have that size. What does not have its aspect is cut at the
    /// edges rather than squeezed.
    fn scale(&mut self, image: &Value, now: Option<ImageSize>, wanted: ImageSize) -> Value {
        if now == Some(wanted) {
            return image.clone();
        }
        self.add(
            "ImageScale",
            "Scale",
            [
                ("image", image.clone()),
                ("upscale_method", json!("lanczos")),
                ("width", json!(wanted.width())),
                ("height", json!(wanted.height())),
                ("crop", json!("center")),
            ],
        )
        .slot(0)
    }
}

/// The guidance and the shift that models want, the latter with the node that sets it.
fn settings(models: &Models) -> (Option<Guidance>, Option<(&'static str, Shift)>) {
    const SD3: &str = "ModelSamplingSD3";
    const AURA_FLOW: &str = "ModelSamplingAuraFlow";
    match models {
        Models::Checkpoint { .. } => (None, None),
        Models::AllInOne { family, .. } => match *family {
            AllInOne::Flux { guidance } => (guidance, None),
            AllInOne::Sd3 { shift } => (None, shift.map(|shift| (SD3, shift))),
        },
        Models::Split { family, .. } => match family {
            Family::Flux { guidance, .. } => (*guidance, None),
            Family::Sd3 { shift, .. } => (None, shift.map(|shift| (SD3, shift))),
            Family::QwenImage { shift, .. } | Family::ZImage { shift, .. } => {
                (None, shift.map(|shift| (AURA_FLOW, shift)))
            }
            Family::Other { .. } => (None, None),
        },
    }
}

/// A loader of text encoders, by class and title, and its inputs.
type Loader = ((&'static str, &'static str), Vec<(&'static str, Value)>);

fn encoders(text: &TextEncoders, kind: &str) -> Loader {
    match text {
        TextEncoders::One(file) => one_encoder(file, kind),
        TextEncoders::Two(first, second) => two_encoders(first, second, kind),
    }
}

fn one_encoder(file: &ModelFile, kind: &str) -> Loader {
    let inputs = vec![("clip_name", json!(file.as_str())), ("type", json!(kind))];
    (("CLIPLoader", "Text encoder"), inputs)
}

fn two_encoders(first: &ModelFile, second: &ModelFile, kind: &str) -> Loader {
    let inputs = vec![
        ("clip_name1", json!(first.as_str())),
        ("clip_name2", json!(second.as_str())),
        ("type", json!(kind)),
    ];
    (("DualCLIPLoader", "Text encoders"), inputs)
}

/// Whether any pass looks at the negative prompt.
#[allow(
    clippy::float_cmp,
    reason = "the server, too, skips the negative prompt at exactly 1"
)]
fn guided(job: &PaintJob) -> bool {
    let refines: Vec<&Refine> = match &job.enlarge {
        Enlarge::No | Enlarge::Pixels { refine: None, .. } => Vec::new(),
        Enlarge::Latent(passes) => passes.iter().map(|pass| &pass.refine).collect(),
        Enlarge::Pixels {
            refine: Some(pass), ..
        } => vec![&pass.refine],
    };
    let samplings = refines
        .into_iter()
        .map(|refine| &refine.sampling)
        .chain([&job.sampling]);
    samplings
        .map(|sampling| sampling.cfg.get())
        .any(|cfg| cfg != 1.0)
}
