//! What each class of node does with its inputs.

use std::time::Duration;

use serde_json::{Value, json};

use super::fault::OomText;
use super::graph::{Node, link};
use super::run::{Failure, Made, Run, Stop};
use super::values::{Carried, Image, Latent, Out, Vae};

impl Run<'_> {
    /// Executes one node. Classes that are not named here pass on what they get, by type.
    pub(crate) async fn execute(&mut self, id: &str, node: &Node) -> Result<Made, Stop> {
        let outputs = match node.class() {
            "CheckpointLoaderSimple"
            | "UNETLoader"
            | "CLIPLoader"
            | "DualCLIPLoader"
            | "VAELoader"
            | "UpscaleModelLoader" => self.load_file(node).await?,
            "CLIPTextEncode" => {
                if let Some(Out::Clip(clip)) = self.input(node, "clip") {
                    self.encode_text(&clip).await?;
                }
                vec![Out::Other(Carried::default())]
            }
            "EmptyLatentImage" | "EmptySD3LatentImage" => {
                vec![Out::Latent(Latent {
                    batch: number(node, "batch_size", 1.0) as u32,
                    width: (number(node, "width", 512.0) as u32) / 8,
                    height: (number(node, "height", 512.0) as u32) / 8,
                    cell: 8,
                })]
            }
            "KSampler" | "KSamplerAdvanced" | "SamplerCustomAdvanced" => {
                self.sampler(id, node).await?
            }
            "LatentUpscale" | "LatentUpscaleBy" => self.scale_latent(node),
            "ImageScale" | "ImageScaleBy" | "ImageScaleToTotalPixels" => self.scale_image(id, node),
            "VAEDecode" | "VAEDecodeTiled" => self.vae_decode(id, node).await?,
            "VAEEncode" | "VAEEncodeTiled" => self.vae_encode(id, node).await?,
            "ImageUpscaleWithModel" => {
                let (Some(Out::Upscaler(model)), Some(Out::Image(image))) =
                    (self.input(node, "upscale_model"), self.input(node, "image"))
                else {
                    return Err(wrong_input(node));
                };
                self.upscale(id, &model, image).await?;
                vec![Out::Image(Image {
                    width: image.width * model.scale,
                    height: image.height * model.scale,
                    hash: self.signature(id),
                    ..image
                })]
            }
            "LoadImage" => self.load_image(id, node),
            "SaveImage" | "PreviewImage" => return self.save(node).await,
            "SaveImageWebsocket" => return self.send_images(id, node).await,
            "SaveLatent" => return self.save_latent(node),
            "VGSlow" => self.slow(id, node).await?,
            "VGRaiseLatent" => self.raise(node)?,
            "VGVaeOomOnce" => {
                let Some(Out::Vae(vae)) = self.input(node, "vae") else {
                    return Err(wrong_input(node));
                };
                let fails = Some(node.input("tiled_too") == Some(&json!(true)));
                vec![Out::Vae(Vae { fails, ..vae })]
            }
            "BasicScheduler" => {
                let steps = Some(number(node, "steps", 1.0) as u32);
                vec![Out::Other(Carried { model: None, steps })]
            }
            _ => self.pass_on(node),
        };
        Ok(Made { outputs, ui: None })
    }

    pub(crate) fn input(&self, node: &Node, name: &str) -> Option<Out> {
        let (from, slot) = link(node.input(name)?)?;
        self.made.get(from)?.get(slot).cloned()
    }

    async fn sampler(&mut self, id: &str, node: &Node) -> Result<Vec<Out>, Stop> {
        let model = match self.input(node, "model") {
            Some(Out::Model(model)) => Some(model),
            _ => match self.input(node, "guider") {
                Some(Out::Other(carried)) => carried.model,
                _ => None,
            },
        };
        let (Some(model), Some(Out::Latent(latent))) = (model, self.input(node, "latent_image"))
        else {
            return Err(wrong_input(node));
        };
        let steps = match self.input(node, "sigmas") {
            Some(Out::Other(Carried {
                steps: Some(steps), ..
            })) => steps,
            _ => {
                let all = number(node, "steps", 1.0);
                let end = number(node, "end_at_step", all).min(all);
                (end - number(node, "start_at_step", 0.0)).max(1.0) as u32
            }
        };
        self.sample(id, &model, latent, steps).await?;
        Ok(vec![Out::Latent(latent), Out::Latent(latent)])
    }

    fn scale_latent(&self, node: &Node) -> Vec<Out> {
        let Some(Out::Latent(latent)) = self.input(node, "samples") else {
            return self.pass_on(node);
        };
        let (width, height) = if node.class() == "LatentUpscaleBy" {
            let by = number(node, "scale_by", 1.5);
            let scaled = |cells: u32| (f64::from(cells) * by).round() as u32;
            (scaled(latent.width), scaled(latent.height))
        } else {
            let cells = |name: &str| (number(node, name, 512.0) as u32) / latent.cell;
            proportional(
                (latent.width, latent.height),
                (cells("width"), cells("height")),
            )
        };
        vec![Out::Latent(Latent {
            width: width.max(1),
            height: height.max(1),
            ..latent
        })]
    }

    fn scale_image(&self, id: &str, node: &Node) -> Vec<Out> {
        let Some(Out::Image(image)) = self.input(node, "image") else {
            return self.pass_on(node);
        };
        let by = match node.class() {
            "ImageScaleBy" => number(node, "scale_by", 1.0),
            "ImageScaleToTotalPixels" => {
                let pixels = number(node, "megapixels", 1.0) * 1024.0 * 1024.0;
                (pixels / image.pixels() as f64).sqrt()
            }
            _ => 0.0,
        };
        let (width, height) = if by > 0.0 {
            let scaled = |pixels: u32| (f64::from(pixels) * by).round() as u32;
            (scaled(image.width), scaled(image.height))
        } else {
            let asked = |name: &str| number(node, name, 512.0) as u32;
            proportional(
                (image.width, image.height),
                (asked("width"), asked("height")),
            )
        };
        vec![Out::Image(Image {
            width: width.max(1),
            height: height.max(1),
            hash: self.signature(id),
            ..image
        })]
    }

    async fn vae_decode(&mut self, id: &str, node: &Node) -> Result<Vec<Out>, Stop> {
        let (Some(Out::Vae(vae)), Some(Out::Latent(latent))) =
            (self.input(node, "vae"), self.input(node, "samples"))
        else {
            return Err(wrong_input(node));
        };
        if node.class() == "VAEDecodeTiled" {
            let tile = number(node, "tile_size", 512.0) as u32;
            let overlap = number(node, "overlap", 64.0) as u32;
            self.decode_tiled(id, &vae, latent, tile, overlap).await?;
        } else {
            self.decode(id, &vae, latent).await?;
        }
        Ok(vec![Out::Image(Image {
            batch: latent.batch,
            width: latent.width * latent.cell,
            height: latent.height * latent.cell,
            hash: self.signature(id),
        })])
    }

    async fn vae_encode(&mut self, id: &str, node: &Node) -> Result<Vec<Out>, Stop> {
        let (Some(Out::Vae(vae)), Some(Out::Image(image))) =
            (self.input(node, "vae"), self.input(node, "pixels"))
        else {
            return Err(wrong_input(node));
        };
        if node.class() == "VAEEncodeTiled" {
            let tile = number(node, "tile_size", 512.0) as u32;
            self.encode_tiled(id, &vae, image, tile).await?;
        } else {
            self.encode(id, &vae, image).await?;
        }
        Ok(vec![Out::Latent(Latent {
            batch: image.batch,
            width: image.width / 8,
            height: image.height / 8,
            cell: 8,
        })])
    }

    /// A class nobody wrote out: each output is the first input of its type, if there is one.
    fn pass_on(&self, node: &Node) -> Vec<Out> {
        let inputs: Vec<Out> = node
            .inputs()
            .iter()
            .filter_map(|(name, _)| self.input(node, name))
            .collect();
        let model = inputs.iter().find_map(|input| match input {
            Out::Model(model) => Some(model.clone()),
            Out::Other(carried) => carried.model.clone(),
            _ => None,
        });
        let steps = inputs.iter().find_map(|input| match input {
            Out::Other(carried) => carried.steps,
            _ => None,
        });
        let class = self.shared.catalogue.class(node.class());
        let outputs = class.map(|class| class.outputs).unwrap_or_default();
        outputs
            .iter()
            .map(|kind| {
                let same = inputs.iter().find(|input| input.kind() == kind);
                same.cloned().unwrap_or_else(|| {
                    Out::Other(Carried {
                        model: model.clone(),
                        steps,
                    })
                })
            })
            .collect()
    }

    async fn slow(&mut self, id: &str, node: &Node) -> Result<Vec<Out>, Stop> {
        let seconds = number(node, "seconds", 1.0);
        if node.input("interruptible") == Some(&json!(true)) {
            let steps = (seconds * 4.0).ceil().max(1.0) as u32;
            for done in 1..=steps {
                let step = Duration::from_secs_f64(seconds / f64::from(steps));
                self.pause(step).await;
                self.check_interrupt()?;
                self.step(id, done, steps, None);
            }
        } else {
            self.pause(Duration::from_secs_f64(seconds)).await;
        }
        Ok(self.pass_on(node))
    }

    fn raise(&self, node: &Node) -> Result<Vec<Out>, Stop> {
        let oom = |text| Err(Stop::Failed(self.out_of_memory(text, None)));
        match node.input("kind").and_then(Value::as_str) {
            Some("cuda_oom") => oom(OomText::Native),
            Some("accelerator_oom") => oom(OomText::Accelerator),
            Some("host_oom_runtime") => oom(OomText::HostAllocator),
            Some("memory_error") => oom(OomText::HostPython),
            Some("oom_and_unload_fails") => Err(Stop::WorkerDies),
            _ => Err(Stop::Failed(Failure::new(
                "RuntimeError",
                "injected runtime error",
            ))),
        }
    }
}

fn number(node: &Node, name: &str, default: f64) -> f64 {
    match node.input(name) {
        Some(Value::Number(number)) => number.as_f64().unwrap_or(default),
        Some(Value::String(text)) => text.trim().parse().unwrap_or(default),
        _ => default,
    }
}

/// Zero for one side keeps the proportions.
fn proportional(old: (u32, u32), asked: (u32, u32)) -> (u32, u32) {
    let follow = |side: u32, from: u32, to: u32| {
        (f64::from(side) * f64::from(to) / f64::from(from.max(1))).round() as u32
    };
    match asked {
        (0, 0) => old,
        (0, height) => (follow(old.0, old.1, height), height),
        (width, 0) => (width, follow(old.1, old.0, width)),
        both => both,
    }
}

pub(crate) fn wrong_input(node: &Node) -> Stop {
    Stop::Failed(Failure::new(
        "TypeError",
        &format!("{} got an input of another kind", node.class()),
    ))
}
