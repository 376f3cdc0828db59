//! Models of several files: which text encoders and which VAE belong to a diffusion model. Files are known by whole words of
//! their names, as ComfyUI's examples have them; a part of a word is too little: `ae.` is in `qwen_image_vae.safetensors`.

use videogen_comfy::{Family as Files, ModelFile, Models, TextEncoders, WeightType};
use videogen_vram::Family;

/// A part that a family needs.
struct Part {
    /// What it is called in reasons, as the file that ComfyUI's examples name.
    name: &'static str,
    /// Each is a way to write it: words that follow each other. One with nothing else in the name begins with `=`.
    words: &'static [&'static [&'static str]],
}

const CLIP_L: Part = Part {
    name: "clip_l",
    words: &[&["clip", "l"]],
};
const CLIP_G: Part = Part {
    name: "clip_g",
    words: &[&["clip", "g"]],
};
const T5_XXL: Part = Part {
    name: "t5xxl",
    words: &[&["t5xxl"], &["t5", "xxl"], &["t5", "v1", "1", "xxl"]],
};
const QWEN_VL: Part = Part {
    name: "qwen_2.5_vl_7b",
    words: &[
        &["qwen", "2", "5", "vl", "7b"],
        &["qwen2", "5", "vl", "7b"],
        &["qwen", "2", "5", "vl"],
        &["qwen2", "5", "vl"],
    ],
};
const QWEN_3: Part = Part {
    name: "qwen_3_4b",
    words: &[&["qwen", "3", "4b"], &["qwen3", "4b"]],
};
const FLUX_VAE: Part = Part {
    name: "ae",
    words: &[
        &["=", "ae"],
        &["flux", "vae"],
        &["flux", "ae"],
        &["flux1", "vae"],
        &["flux1", "ae"],
    ],
};
const SD3_VAE: Part = Part {
    name: "sd3_vae",
    words: &[&["sd3", "vae"], &["sd3", "5", "vae"], &["sd35", "vae"]],
};
const QWEN_VAE: Part = Part {
    name: "qwen_image_vae",
    words: &[&["qwen", "image", "vae"]],
};

impl Part {
    fn is(&self, file: &str) -> bool {
        let words = words(file);
        self.words.iter().any(|wanted| match wanted {
            ["=", rest @ ..] => words == *rest,
            wanted => words.windows(wanted.len()).any(|some| some == *wanted),
        })
    }

    /// The file in `list`, that of `folder`. Of several one with fewer bits a weight, whose memory the picture can use; then
    /// the plainest name.
    fn find(&self, list: &[String], folder: &str) -> Result<ModelFile, String> {
        let found = list.iter().filter(|file| self.is(file));
        let best = found.min_by_key(|file| (!file.contains("fp8"), file.len(), (*file).clone()));
        best.and_then(|file| ModelFile::new(file.as_str()).ok())
            .ok_or_else(|| format!("is not complete: there is no {} in {folder}", self.name))
    }
}

/// The words of a file's name in lower case, without folder and extension.
fn words(file: &str) -> Vec<String> {
    let base = file.rsplit(['/', '\\']).next().unwrap_or(file);
    let stem = base.rsplit_once('.').map_or(base, |(stem, _)| stem);
    let words = stem.split(|c: char| !c.is_ascii_alphanumeric());
    words
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
        .collect()
}

/// The files of a diffusion model of `family`; `None` for a family that videogen makes no workflow for.
///
/// Within: which of its parts is not there, as the end of "FILE …".
pub(super) fn complete(
    family: Family,
    diffusion: ModelFile,
    text_encoders: &[String],
    vaes: &[String],
) -> Option<Result<Models, String>> {
    let text = |part: &Part| part.find(text_encoders, "text_encoders");
    let vae = |part: &Part| part.find(vaes, "vae");
    let parts = || -> Result<Option<(Files, ModelFile)>, String> {
        Ok(Some(match family {
            Family::Flux1Dev | Family::Flux1Schnell => (
                Files::Flux {
                    clip: text(&CLIP_L)?,
                    t5: text(&T5_XXL)?,
                    guidance: None,
                },
                vae(&FLUX_VAE)?,
            ),
            Family::Sd3 => (
                Files::Sd3 {
                    text: TextEncoders::Two(text(&CLIP_L)?, text(&CLIP_G)?),
                    shift: None,
                },
                vae(&SD3_VAE)?,
            ),
            Family::QwenImage => (
                Files::QwenImage {
                    text: text(&QWEN_VL)?,
                    shift: None,
                },
                vae(&QWEN_VAE)?,
            ),
            // Z-Image has the VAE of Flux.1.
            Family::ZImage => (
                Files::ZImage {
                    text: text(&QWEN_3)?,
                    shift: None,
                },
                vae(&FLUX_VAE)?,
            ),
            _ => return Ok(None),
        }))
    };
    let (family, vae) = match parts() {
        Ok(parts) => parts?,
        Err(why) => return Some(Err(why)),
    };
    Some(Ok(Models::Split {
        diffusion,
        weights: WeightType::Default,
        family,
        vae,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_known_by_whole_words() {
        for (part, yes, no) in [
            (
                &FLUX_VAE,
                &[
                    "ae.safetensors",
                    "ae.sft",
                    "FLUX/ae.safetensors",
                    "flux_vae.safetensors",
                ][..],
                &[
                    "qwen_image_vae.safetensors",
                    "sd3_vae.safetensors",
                    "wan_2.1_vae.safetensors",
                    "taef1.safetensors",
                ][..],
            ),
            (
                &CLIP_L,
                &["clip_l.safetensors", "clip-l-fp16.safetensors"],
                &["clip_large.safetensors", "clip_g.safetensors"],
            ),
            (
                &T5_XXL,
                &[
                    "t5xxl_fp8_e4m3fn_scaled.safetensors",
                    "t5-v1_1-xxl.safetensors",
                ],
                &["umt5_xxl_fp8.safetensors", "t5_base.safetensors"],
            ),
            (
                &QWEN_VL,
                &[
                    "qwen_2.5_vl_7b_fp8_scaled.safetensors",
                    "Qwen2.5-VL-7B-Instruct.safetensors",
                ],
                &["qwen_3_4b.safetensors"],
            ),
            (
                &QWEN_3,
                &["qwen_3_4b.safetensors", "Qwen3-4B.safetensors"],
                &["qwen_3_8b.safetensors"],
            ),
            (
                &SD3_VAE,
                &["sd3_vae.safetensors", "sd3.5_vae.safetensors"],
                &["ae.safetensors"],
            ),
            (
                &QWEN_VAE,
                &["qwen_image_vae.safetensors"],
                &["ae.safetensors"],
            ),
        ] {
            for file in yes {
                assert!(part.is(file), "{file} is {}", part.name);
            }
            for file in no {
                assert!(!part.is(file), "{file} is no {}", part.name);
            }
        }
    }

    #[test]
    fn of_several_the_smaller_text_encoder_is_taken_in_any_order() {
        let mut files = [
            "t5xxl_fp16.safetensors",
            "t5xxl_fp8_e4m3fn.safetensors",
            "clip_l.safetensors",
        ]
        .map(str::to_owned);
        for _ in 0..2 {
            let found = T5_XXL.find(&files, "text_encoders").unwrap();
            assert_eq!(found.as_str(), "t5xxl_fp8_e4m3fn.safetensors");
            files.reverse();
        }
        let why = SD3_VAE.find(&files, "vae").unwrap_err();
        assert_eq!(why, "is not complete: there is no sd3_vae in vae");
    }
}
