//! The nodes that read model files and pictures.

use serde_json::Value;

use super::fault::Phase;
use super::files::Kind;
use super::graph::Node;
use super::nodes::wrong_input;
use super::picture;
use super::run::{Failure, Run, Stop};
use super::values::{Carried, Image, Model, Out, Upscaler, Vae};
use super::vram::Weights;
use super::{Family, VaeKind};

impl Run<'_> {
    pub(crate) async fn load_file(&self, node: &Node) -> Result<Vec<Out>, Stop> {
        self.phase(Phase::Load, 0).await?;
        let catalogue = &self.shared.catalogue;
        let file = |input: &str| {
            node.input(input)
                .and_then(Value::as_str)
                .unwrap_or_default()
        };
        let element = u64::from(self.shared.options.element);
        let model = |file: &str, family: Family, element: u64| {
            Out::Model(Model {
                weights: Weights {
                    key: format!("{file}#model"),
                    bytes: family.diffusion * element,
                    cast_buffer: family.cast_buffer,
                },
                family,
            })
        };
        let clip = |key: String, bytes: u64| {
            Out::Clip(Weights {
                key,
                bytes,
                cast_buffer: bytes / 20,
            })
        };
        // Text encoders can be kept off the card.
        let on_card = |bytes: u64| if file("device") == "cpu" { 0 } else { bytes };
        let vae = |key: String, kind: VaeKind, bytes: u64| {
            Out::Vae(Vae {
                weights: Weights {
                    key,
                    bytes,
                    cast_buffer: bytes / 4,
                },
                kind,
                fails: None,
            })
        };
        let outputs = match node.class() {
            "CheckpointLoaderSimple" => {
                let name = file("ckpt_name");
                let Some(family) = catalogue.checkpoint(name) else {
                    return Err(Stop::Failed(Failure::new(
                        "safetensors._safetensors_rust.SafetensorError",
                        "Error while deserializing header: header too large",
                    )));
                };
                let vae_element = u64::from(self.shared.options.vae_element);
                vec![
                    model(name, family, element),
                    clip(format!("{name}#text"), family.text * 2),
                    vae(
                        format!("{name}#vae"),
                        family.vae,
                        family.vae_parameters * vae_element,
                    ),
                ]
            }
            "UNETLoader" => {
                let name = file("unet_name");
                let family = catalogue.diffusion(name).ok_or_else(|| wrong_input(node))?;
                let element = if file("weight_dtype").starts_with("fp8") {
                    1
                } else {
                    element
                };
                vec![model(name, family, element)]
            }
            "CLIPLoader" => {
                let name = file("clip_name");
                let bytes = on_card(catalogue.text_encoder(name).unwrap_or(0));
                vec![clip(format!("{name}#text"), bytes)]
            }
            "DualCLIPLoader" => {
                let names = [file("clip_name1"), file("clip_name2")];
                let sizes = names.iter().filter_map(|name| catalogue.text_encoder(name));
                let bytes = on_card(sizes.sum());
                vec![clip(format!("{}+{}#text", names[0], names[1]), bytes)]
            }
            "VAELoader" => {
                let name = file("vae_name");
                let (kind, bytes) = catalogue.vae(name).unwrap_or((VaeKind::Kl, 0));
                vec![vae(format!("{name}#vae"), kind, bytes)]
            }
            _ => {
                let name = file("model_name");
                let scale = catalogue.upscale(name).ok_or_else(|| wrong_input(node))?;
                vec![Out::Upscaler(Upscaler {
                    weights: Weights {
                        key: format!("{name}#upscale"),
                        bytes: 67_000_000,
                        cast_buffer: 0,
                    },
                    scale,
                })]
            }
        };
        Ok(outputs)
    }

    pub(crate) fn load_image(&self, id: &str, node: &Node) -> Vec<Out> {
        let name = node
            .input("image")
            .and_then(Value::as_str)
            .unwrap_or_default();
        let bytes = self
            .shared
            .files()
            .path(Kind::Input, "", name)
            .and_then(|path| std::fs::read(path).ok())
            .unwrap_or_default();
        let (width, height) = picture::size(&bytes).unwrap_or((512, 512));
        let image = Image {
            batch: 1,
            width,
            height,
            hash: self.signature(id),
        };
        vec![Out::Image(image), Out::Other(Carried::default())]
    }
}
