//! The nodes that give pictures away: to a file, or over the socket.

use serde_json::{Value, json};

use super::fault::{Fault, Phase};
use super::files::Kind;
use super::graph::Node;
use super::nodes::wrong_input;
use super::picture;
use super::run::{Failure, Made, Preview, Run, Stop};
use super::values::Out;

impl Run<'_> {
    pub(crate) async fn save(&mut self, node: &Node) -> Result<Made, Stop> {
        let Some(Out::Image(image)) = self.input(node, "images") else {
            return Err(wrong_input(node));
        };
        self.phase(Phase::Save, image.pixels()).await?;
        let (kind, prefix) = if node.class() == "PreviewImage" {
            let letters: String = self
                .shared
                .random()
                .to_le_bytes()
                .iter()
                .take(5)
                .map(|byte| char::from(b'a' + byte % 26))
                .collect();
            (Kind::Temp, format!("ComfyUI_temp_{letters}"))
        } else {
            let prefix = node.input("filename_prefix").and_then(Value::as_str);
            (Kind::Output, prefix.unwrap_or("ComfyUI").to_owned())
        };
        let prompt = self.entry.echo.to_string();
        let mut images = Vec::new();
        for index in 0..image.batch {
            let hash = image.hash.wrapping_add(u64::from(index) << 32);
            let paint = || picture::paint(image.width, image.height, hash, Some(&prompt));
            images.push(self.write(kind, &prefix, "png", paint)?);
            tokio::task::yield_now().await;
        }
        Ok(Made {
            outputs: Vec::new(),
            ui: Some(json!({ "images": images })),
        })
    }

    pub(crate) fn save_latent(&mut self, node: &Node) -> Result<Made, Stop> {
        let prefix = node.input("filename_prefix").and_then(Value::as_str);
        let saved = self.write(Kind::Output, prefix.unwrap_or("ComfyUI"), "latent", || {
            b"latent".to_vec()
        })?;
        Ok(Made {
            outputs: Vec::new(),
            ui: Some(json!({ "latents": [saved] })),
        })
    }

    fn write(
        &self,
        kind: Kind,
        prefix: &str,
        extension: &str,
        bytes: impl FnOnce() -> Vec<u8>,
    ) -> Result<Value, Stop> {
        // ComfyUI chooses the name before it compresses the picture.
        let chosen = self.shared.files().choose(kind, prefix, extension);
        let saved = chosen.and_then(|chosen| {
            let Some((path, saved)) = chosen else {
                return Ok(None);
            };
            let bytes = bytes();
            self.shared.files().put(path, &bytes)?;
            Ok(Some(saved))
        });
        let saved = match saved {
            Ok(Some(saved)) => saved,
            Ok(None) => {
                return Err(Stop::Failed(Failure::new(
                    "Exception",
                    "**** ERROR: Saving image outside the output folder is not allowed.",
                )));
            }
            Err(error) => {
                return Err(Stop::Failed(Failure::new("OSError", &error.to_string())));
            }
        };
        let made_up = self.shared.rules().file_name();
        let name = match made_up {
            Some(made_up) => {
                self.shared.note_fault(&Fault::FileName(String::new()));
                self.shared.rename(&made_up, &saved.subfolder, &saved.name);
                made_up
            }
            None => saved.name,
        };
        Ok(json!({"filename": name, "subfolder": saved.subfolder, "type": kind.name()}))
    }

    pub(crate) async fn send_images(&mut self, id: &str, node: &Node) -> Result<Made, Stop> {
        let Some(Out::Image(image)) = self.input(node, "images") else {
            return Err(wrong_input(node));
        };
        for index in 0..image.batch {
            let hash = image.hash.wrapping_add(u64::from(index) << 32);
            let bytes = picture::paint(image.width, image.height, hash, None);
            self.step(id, index, image.batch, Some(Preview::Png(&bytes)));
            tokio::task::yield_now().await;
        }
        Ok(Made::default())
    }
}
