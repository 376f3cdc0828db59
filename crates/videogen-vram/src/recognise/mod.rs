//! Which family a checkpoint is of and how large its parts are, from its header or its name; no file is opened here.

mod header;
mod name;
mod purpose;
mod rules;
#[cfg(test)]
mod tests;

pub use header::{
    MAX_SAFETENSORS_HEADER, SafetensorsHeader, TensorDtype, TensorInfo, safetensors_header_len,
};
pub use name::family_from_name;
pub use purpose::{ModelPurpose, purpose_from_name};

use crate::error::Error;
use crate::model::{ModelFacts, Weights};

/// Recognises a model from the beginning of a `.safetensors` file: the first [`safetensors_header_len`] + 8 bytes or more.
///
/// Parts the file has are counted; parts it does not have (a diffusion model without text encoder) are taken from the
/// table of known sizes, because something has to do their work.
///
/// # Errors
/// [`Error::Header`] when the bytes are no safetensors header: too short, a length that lies, no UTF-8, no JSON of that
/// shape, offsets that contradict each other. [`Error::UnknownFamily`] when it is a header of something that is not
/// known; the name in it is the file name.
///
/// ```
/// use videogen_vram::model_from_header;
/// let json = r#"{"model.diffusion_model.input_blocks.1.1.transformer_blocks.0.attn2.to_k.weight":
///   {"dtype":"F16","shape":[320,768],"data_offsets":[0,491520]}}"#;
/// let mut bytes = (json.len() as u64).to_le_bytes().to_vec();
/// bytes.extend_from_slice(json.as_bytes());
/// let model = model_from_header("dream.safetensors", &bytes)?;
/// assert_eq!(model.family.name(), "sd15");
/// # Ok::<(), videogen_vram::Error>(())
/// ```
pub fn model_from_header(file_name: &str, bytes: &[u8]) -> Result<ModelFacts, Error> {
    let header = SafetensorsHeader::parse(bytes)?;
    let recognised = rules::recognise(&header);
    let family = recognised
        .family
        .or_else(|| {
            // A rare shape, but a file whose name says what it is.
            recognised
                .weights
                .diffusion
                .params
                .gt(&0)
                .then(|| family_from_name(file_name))?
        })
        .ok_or_else(|| Error::UnknownFamily {
            name: file_name.chars().take(120).collect(),
            nearest: Vec::new(),
        })?;
    let known = Weights::of(family);
    let found = recognised.weights;
    let separate_files = found.text_encoder.is_empty();
    Ok(ModelFacts {
        name: file_name.to_owned(),
        family,
        weights: Weights {
            diffusion: found.diffusion,
            text_encoder: if separate_files {
                known.text_encoder
            } else {
                found.text_encoder
            },
            vae: if found.vae.is_empty() {
                known.vae
            } else {
                found.vae
            },
        },
        separate_files,
    })
}

/// Recognises a model from its file name alone, with the sizes of the table: `sd_xl_base_1.0.safetensors`,
/// `flux1-dev-fp8.safetensors`, `z_image_turbo_bf16.safetensors`. Names with fp8 or a GGUF quantisation are counted with
/// its bytes. `None` when the name says nothing.
pub fn model_from_name(file_name: &str) -> Option<ModelFacts> {
    let family = family_from_name(file_name)?;
    let mut model = ModelFacts::of(family);
    file_name.clone_into(&mut model.name);
    let bits = name::bits_per_param(file_name);
    let part = &mut model.weights.diffusion;
    part.stored = crate::Bytes::new(part.params.saturating_mul(bits) / 8);
    Some(model)
}
