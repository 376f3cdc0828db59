//! What a model file is for when it does not make pictures from words, by what people call their files. The names are those
//! of the files that ComfyUI's examples and its repackaged models have, and of what else lies in the same folders.

/// What a file is for that makes no pictures from words, or not alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ModelPurpose {
    /// Music, speech or noise.
    Sound,
    /// Pictures that move.
    Clips,
    /// Bodies in three dimensions, or views of one.
    Bodies,
    /// Cutting things out of pictures, or finding them.
    Masks,
    /// Painting a part of a picture that is there.
    Inpainting,
    /// Changing a picture that is there.
    Editing,
    /// The last steps of another model's picture.
    Refining,
    /// Enlarging pictures.
    Upscaling,
    /// Guiding another model by a picture.
    Control,
    /// Changing another model.
    Adapter,
    /// Turning words into numbers for another model.
    TextEncoder,
    /// Turning latents into pixels for another model.
    Vae,
    /// Looking at pictures.
    Vision,
    /// Weights that ComfyUI's own loaders do not read.
    ForeignFormat,
}

impl ModelPurpose {
    /// What a file of this kind does, as the end of "this file …".
    pub const fn does(self) -> &'static str {
        match self {
            Self::Sound => "makes sound",
            Self::Clips => "makes clips",
            Self::Bodies => "makes 3D bodies",
            Self::Masks => "finds things in pictures",
            Self::Inpainting => "fills holes in pictures",
            Self::Editing => "changes pictures that are there",
            Self::Refining => "only refines pictures of another model",
            Self::Upscaling => "enlarges pictures",
            Self::Control => "only guides another model",
            Self::Adapter => "only changes another model",
            Self::TextEncoder => "is a text encoder",
            Self::Vae => "is a VAE",
            Self::Vision => "looks at pictures",
            Self::ForeignFormat => "has a format that ComfyUI's own loaders do not read",
        }
    }
}

/// How a name is looked at.
enum Name {
    /// A part of it in lower case without `-`, `_` and spaces.
    Part(&'static str),
    /// One of its words, which are separated by anything but letters and digits: short words are parts of others.
    Word(&'static str),
}
use ModelPurpose::{
    Adapter, Bodies, Clips, Control, Editing, ForeignFormat, Inpainting, Masks, Refining, Sound,
    TextEncoder, Upscaling, Vae, Vision,
};
use Name::{Part, Word};

/// The first match counts: the special before the general.
const NAMES: &[(Name, ModelPurpose)] = &[
    (Part(".gguf"), ForeignFormat),
    (Part("svdq"), ForeignFormat),
    (Part("nunchaku"), ForeignFormat),
    (Part(".onnx"), ForeignFormat),
    // Sound: ACE-Step, Stable Audio, MMAudio, HunyuanVideo-Foley.
    (Part("acestep"), Sound),
    (Part("stableaudio"), Sound),
    (Part("mmaudio"), Sound),
    (Part("musicgen"), Sound),
    (Part("audioldm"), Sound),
    (Part("foley"), Sound),
    (Word("audio"), Sound),
    (Word("tts"), Sound),
    // Bodies: Hunyuan3D, TRELLIS, TripoSR, Zero123 and the views of SV3D.
    (Part("hunyuan3d"), Bodies),
    (Part("trellis"), Bodies),
    (Part("tripos"), Bodies),
    (Part("zero123"), Bodies),
    (Word("sv3d"), Bodies),
    (Word("sv4d"), Bodies),
    (Part("stablefast3d"), Bodies),
    // Guides and changes of other models, which have the name of that model in theirs.
    (Part("controlnet"), Control),
    (Part("controllora"), Control),
    (Part("t2iadapter"), Control),
    (Part("ipadapter"), Control),
    (Part("gligen"), Control),
    (Part("instantid"), Control),
    (Part("photomaker"), Control),
    (Part("flux1redux"), Control),
    (Part("fluxredux"), Control),
    (Part("flux1canny"), Control),
    (Part("flux1depth"), Control),
    (Part("depthanything"), Control),
    (Word("lora"), Adapter),
    (Word("lokr"), Adapter),
    (Part("hypernetwork"), Adapter),
    (Part("animatediff"), Adapter),
    (Part("mmsdv"), Adapter),
    (Part("mmsdxl"), Adapter),
    (Part("motionmodule"), Adapter),
    // Parts of models.
    (Part("vaeft"), Vae),
    (Part("taesd"), Vae),
    (Part("clipvision"), Vision),
    (Part("siglip"), Vision),
    (Part("umt5"), TextEncoder),
    (Part("t5xxl"), TextEncoder),
    (Part("qwen2.5vl"), TextEncoder),
    (Part("llava"), TextEncoder),
    (Word("gemma"), TextEncoder),
    // Clips: Stable Video Diffusion, Wan, HunyuanVideo, LTX, Cosmos, Mochi, CogVideoX.
    (Word("svd"), Clips),
    (Part("svdxt"), Clips),
    (Part("stablevideo"), Clips),
    (Word("wan"), Clips),
    (Part("wan2"), Clips),
    (Part("hunyuanvideo"), Clips),
    (Part("ltxv"), Clips),
    (Part("ltx2"), Clips),
    (Part("ltxvideo"), Clips),
    (Part("video2world"), Clips),
    (Part("text2world"), Clips),
    (Part("cosmos1"), Clips),
    (Part("mochipreview"), Clips),
    (Part("mochi1"), Clips),
    (Word("mochi"), Clips),
    (Part("cogvideo"), Clips),
    (Part("skyreels"), Clips),
    (Part("framepack"), Clips),
    (Part("pyramidflow"), Clips),
    (Word("t2v"), Clips),
    (Word("i2v"), Clips),
    (Word("ti2v"), Clips),
    (Word("s2v"), Clips),
    (Word("vace"), Clips),
    // Masks: Segment Anything, BiRefNet, RMBG, YOLO.
    (Word("sam"), Masks),
    (Word("sam2"), Masks),
    (Word("sam3"), Masks),
    (Part("samvit"), Masks),
    (Part("sam2hiera"), Masks),
    (Part("segmentanything"), Masks),
    (Part("birefnet"), Masks),
    (Part("rmbg"), Masks),
    (Part("groundingdino"), Masks),
    (Part("yolo"), Masks),
    (Part("florence2"), Vision),
    // What begins with a picture.
    (Part("inpaint"), Inpainting),
    (Part("flux1fill"), Inpainting),
    (Part("fluxfill"), Inpainting),
    (Part("pix2pix"), Editing),
    (Part("kontext"), Editing),
    (Part("imageedit"), Editing),
    // Qwen-Image-Layered cuts a picture into layers.
    (Part("imagelayered"), Editing),
    (Word("edit"), Editing),
    (Part("omnigen"), Editing),
    (Part("refiner"), Refining),
    (Part("esrgan"), Upscaling),
    (Part("ultrasharp"), Upscaling),
    (Part("swinir"), Upscaling),
    (Part("x4upscal"), Upscaling),
    (Part("4xupscal"), Upscaling),
    (Word("upscaler"), Upscaling),
    (Word("supir"), Upscaling),
    (Part("seedvr"), Upscaling),
];

/// What a file is for that makes no pictures from words, by its name: `ace_step_v1_3.5b.safetensors`,
/// `svd_xt.safetensors`. `None` for one that makes some, and for one whose name does not say.
pub fn purpose_from_name(file_name: &str) -> Option<ModelPurpose> {
    let plain = super::name::plain(file_name);
    let base = file_name.rsplit(['/', '\\']).next().unwrap_or(file_name);
    let lower: String = base.chars().take(200).collect::<String>().to_lowercase();
    let is_word = |wanted: &str| {
        lower
            .split(|c: char| !c.is_ascii_alphanumeric())
            .any(|word| word == wanted)
    };
    let is_it = |name: &Name| match name {
        Part(part) => plain.contains(part),
        Word(word) => is_word(word),
    };
    let found = NAMES.iter().find(|(name, _)| is_it(name));
    found.map(|&(_, purpose)| purpose)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_that_make_no_pictures_are_told_by_their_names() {
        for (file, purpose) in [
            ("ace_step_v1_3.5b.safetensors", Sound),
            ("stable-audio-open-1.0.safetensors", Sound),
            ("svd_xt.safetensors", Clips),
            ("svd.safetensors", Clips),
            ("video/svd_xt_image_decoder.safetensors", Clips),
            ("hunyuan3d-dit-v2_fp16.safetensors", Bodies),
            ("hunyuan_3d_v2.1.safetensors", Bodies),
            ("sv3d_p.safetensors", Bodies),
            ("stable_zero123.ckpt", Bodies),
            ("sam3.safetensors", Masks),
            ("sam_vit_b_01ec64.pth", Masks),
            ("Cosmos-1_0-Diffusion-7B-Text2World.safetensors", Clips),
            (
                "cosmos_predict2_2B_video2world_480p_16fps.safetensors",
                Clips,
            ),
            ("wan2.1_t2v_1.3B_fp16.safetensors", Clips),
            ("wan2.2_ti2v_5B_fp16.safetensors", Clips),
            ("hunyuan_video_t2v_720p_bf16.safetensors", Clips),
            ("ltxv-13b-0.9.8-distilled.safetensors", Clips),
            ("mochi_preview_bf16.safetensors", Clips),
            ("sd_xl_refiner_1.0.safetensors", Refining),
            ("sd-v1-5-inpainting.ckpt", Inpainting),
            ("dreamshaper_8Inpainting.safetensors", Inpainting),
            ("flux1-fill-dev.safetensors", Inpainting),
            ("flux1-dev-kontext_fp8_scaled.safetensors", Editing),
            ("qwen_image_edit_2509_fp8_e4m3fn.safetensors", Editing),
            ("qwen_image_layered_bf16.safetensors", Editing),
            ("instruct-pix2pix-00-22000.safetensors", Editing),
            ("flux1-canny-dev.safetensors", Control),
            ("mm_sd_v15_v2.ckpt", Adapter),
            ("my_style_lora.safetensors", Adapter),
            ("x4-upscaler-ema.safetensors", Upscaling),
            ("RealESRGAN_x4plus.pth", Upscaling),
            ("flux1-dev-Q4_K_S.gguf", ForeignFormat),
            ("svdq-int4_r32-flux.1-dev.safetensors", ForeignFormat),
        ] {
            assert_eq!(purpose_from_name(file), Some(purpose), "{file}");
        }
    }

    #[test]
    fn files_that_make_pictures_are_taken_for_nothing_else() {
        for file in [
            "v1-5-pruned-emaonly-fp16.safetensors",
            "sd_xl_base_1.0_0.9vae.safetensors",
            "juggernautXL_v9Rdphoto2Lightning.safetensors",
            "RealVisXL_V5.0_fp16.safetensors",
            "explorationXL.safetensors",
            "flux1-dev-fp8.safetensors",
            "flux1-schnell.safetensors",
            "sd3.5_large_fp8_scaled.safetensors",
            "z_image_turbo_bf16.safetensors",
            "qwen_image_fp8_e4m3fn.safetensors",
            "samaritan3dCartoon_v40SDXL.safetensors",
            "swanXL.safetensors",
            "mochiMix_sd15.safetensors",
            "mystery.ckpt",
        ] {
            assert_eq!(purpose_from_name(file), None, "{file}");
        }
    }
}
