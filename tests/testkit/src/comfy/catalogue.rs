//! The node classes and model files this server has: what `/object_info` and `/models` answer.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::options::{Builder, Models};
use super::{Family, VaeKind, Version};

/// One input of a node class.
#[derive(Debug, Clone)]
pub(crate) struct Input {
    pub(crate) name: String,
    pub(crate) required: bool,
    /// As declared, with the choices of this server: `["INT", {…}]`.
    pub(crate) config: Value,
}

/// One node class.
#[derive(Debug, Clone)]
pub(crate) struct Class {
    pub(crate) inputs: Vec<Input>,
    pub(crate) outputs: Vec<String>,
}

/// Everything the server knows of nodes and files.
#[derive(Debug)]
pub(crate) struct Catalogue {
    version: Version,
    models: Models,
    info: Map<String, Value>,
}

impl Catalogue {
    pub(crate) fn new(builder: &Builder) -> Self {
        let mut info: Map<String, Value> = serde_json::from_str(builder.version.object_info())
            .expect("the recording of object_info is JSON");
        if builder.probes {
            for (name, class) in probe_classes() {
                info.insert(name.to_owned(), class);
            }
        }
        for (name, inputs) in &builder.outputs {
            let order: Vec<&String> = inputs.as_object().into_iter().flat_map(Map::keys).collect();
            let class = json!({
                "input": {"required": inputs},
                "input_order": {"required": order},
                "output": [],
                "name": name,
                "output_node": true,
            });
            info.insert(name.clone(), class);
        }
        for class in &builder.missing_classes {
            info.remove(class);
        }
        let catalogue = Self {
            version: builder.version,
            models: builder.models.clone(),
            info: Map::new(),
        };
        let info = info
            .into_iter()
            .map(|(name, class)| {
                let class = catalogue.with_files(&name, class);
                (name, class)
            })
            .collect();
        Self { info, ..catalogue }
    }

    /// The answer of `/object_info`; `inputs` are the files that can be loaded now.
    pub(crate) fn object_info(&self, inputs: &[String]) -> Value {
        let mut info = self.info.clone();
        if let Some(choices) = info
            .get_mut("LoadImage")
            .and_then(|class| class.pointer_mut("/input/required/image/0"))
        {
            *choices = json!(inputs);
        }
        Value::Object(info)
    }

    /// The answer of `/object_info/{class}`: an object with it, or an empty one.
    pub(crate) fn one(&self, name: &str, inputs: &[String]) -> Value {
        let Value::Object(mut info) = self.object_info(inputs) else {
            return json!({});
        };
        info.remove(name)
            .map_or_else(|| json!({}), |class| json!({ name: class }))
    }

    pub(crate) fn class(&self, name: &str) -> Option<Class> {
        let info = self.info.get(name)?;
        let mut inputs = Vec::new();
        for (kind, required) in [("required", true), ("optional", false)] {
            let Some(order) = info.pointer(&format!("/input_order/{kind}")) else {
                continue;
            };
            for input in order.as_array().into_iter().flatten() {
                let input = input.as_str().unwrap_or_default();
                inputs.push(Input {
                    name: input.to_owned(),
                    required,
                    config: info["input"][kind][input].clone(),
                });
            }
        }
        Some(Class {
            inputs,
            outputs: info["output"]
                .as_array()
                .into_iter()
                .flatten()
                .map(|kind| kind.as_str().unwrap_or("COMBO").to_owned())
                .collect(),
        })
    }

    pub(crate) fn is_output(&self, name: &str) -> bool {
        self.info
            .get(name)
            .is_some_and(|class| class["output_node"].as_bool().unwrap_or(false))
    }

    /// The files of a model folder; `None` when there is no such folder.
    pub(crate) fn files(&self, folder: &str) -> Option<Vec<String>> {
        let folder = if folder == "clip" {
            "text_encoders"
        } else {
            folder
        };
        let folder = if folder == "unet" {
            "diffusion_models"
        } else {
            folder
        };
        if !self.version.model_folders().contains(&folder) {
            return None;
        }
        let models = &self.models;
        let mut files: Vec<String> = match folder {
            "checkpoints" => models
                .checkpoints
                .iter()
                .map(|(file, _)| file)
                .chain(&models.broken)
                .cloned()
                .collect(),
            "diffusion_models" => names(&models.diffusion),
            "text_encoders" => names(&models.text),
            "vae" => models.vae.iter().map(|(file, ..)| file.clone()).collect(),
            "upscale_models" => names(&models.upscale),
            "loras" => models.loras.clone(),
            _ => Vec::new(),
        };
        files.sort();
        Some(files)
    }

    pub(crate) fn checkpoint(&self, file: &str) -> Option<Family> {
        find(&self.models.checkpoints, file)
    }

    pub(crate) fn diffusion(&self, file: &str) -> Option<Family> {
        find(&self.models.diffusion, file)
    }

    pub(crate) fn text_encoder(&self, file: &str) -> Option<u64> {
        find(&self.models.text, file)
    }

    pub(crate) fn vae(&self, file: &str) -> Option<(VaeKind, u64)> {
        self.models
            .vae
            .iter()
            .find(|(known, ..)| known == file)
            .map(|(_, kind, bytes)| (*kind, *bytes))
    }

    pub(crate) fn upscale(&self, file: &str) -> Option<u32> {
        find(&self.models.upscale, file)
    }

    fn with_files(&self, class: &str, mut info: Value) -> Value {
        let lists: BTreeMap<&str, &str> = [
            ("ckpt_name", "checkpoints"),
            ("unet_name", "diffusion_models"),
            ("clip_name", "text_encoders"),
            ("clip_name1", "text_encoders"),
            ("clip_name2", "text_encoders"),
            ("vae_name", "vae"),
            ("lora_name", "loras"),
        ]
        .into();
        let Some(required) = info
            .pointer_mut("/input/required")
            .and_then(Value::as_object_mut)
        else {
            return info;
        };
        for (input, config) in required {
            let folder = match lists.get(input.as_str()) {
                Some(folder) => folder,
                None if class == "UpscaleModelLoader" => "upscale_models",
                None => continue,
            };
            let mut files = self.files(folder).unwrap_or_default();
            if input == "vae_name" {
                files.push("pixel_space".to_owned());
            }
            if let Some(options) = config.pointer_mut("/1/options") {
                *options = json!(files);
            } else if let Some(choices) = config.pointer_mut("/0") {
                *choices = json!(files);
            }
        }
        info
    }
}

fn names<T>(models: &[(String, T)]) -> Vec<String> {
    models.iter().map(|(file, _)| file.clone()).collect()
}

fn find<T: Copy>(models: &[(String, T)], file: &str) -> Option<T> {
    models
        .iter()
        .find(|(known, _)| known == file)
        .map(|(_, value)| *value)
}

fn probe_classes() -> [(&'static str, Value); 4] {
    let class = |name: &str, inputs: &[(&str, Value)], output: &[&str], is_output: bool| {
        let order: Vec<&str> = inputs.iter().map(|(input, _)| *input).collect();
        let required: Map<String, Value> = inputs
            .iter()
            .map(|(input, config)| ((*input).to_owned(), config.clone()))
            .collect();
        json!({
            "input": {"required": required},
            "input_order": {"required": order},
            "is_input_list": false,
            "output": output,
            "output_is_list": vec![false; output.len()],
            "output_name": output,
            "name": name,
            "display_name": name,
            "python_module": "custom_nodes.probe",
            "category": "probe",
            "output_node": is_output,
        })
    };
    let samples = ("samples", json!(["LATENT"]));
    [
        (
            "VGSlow",
            class(
                "VGSlow",
                &[
                    samples.clone(),
                    ("seconds", json!(["FLOAT", {"default": 1.0}])),
                    ("interruptible", json!(["BOOLEAN", {"default": true}])),
                    ("nonce", json!(["INT", {"default": 0}])),
                ],
                &["LATENT"],
                false,
            ),
        ),
        (
            "VGRaiseLatent",
            class(
                "VGRaiseLatent",
                &[samples.clone(), ("kind", json!(["STRING", {}]))],
                &["LATENT"],
                false,
            ),
        ),
        (
            "VGVaeOomOnce",
            class(
                "VGVaeOomOnce",
                &[
                    ("vae", json!(["VAE"])),
                    ("tiled_too", json!(["BOOLEAN", {}])),
                    ("nonce", json!(["INT", {"default": 0}])),
                ],
                &["VAE"],
                false,
            ),
        ),
        (
            "SaveLatent",
            class(
                "SaveLatent",
                &[
                    samples,
                    (
                        "filename_prefix",
                        json!(["STRING", {"default": "latents/ComfyUI"}]),
                    ),
                ],
                &[],
                true,
            ),
        ),
    ]
}
