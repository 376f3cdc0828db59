use proptest::prelude::*;

use super::*;
use crate::Bytes;
use crate::model::Family;

/// A file's beginning with this JSON as header.
fn file(json: &str) -> Vec<u8> {
    let mut bytes = (json.len() as u64).to_le_bytes().to_vec();
    bytes.extend_from_slice(json.as_bytes());
    bytes
}

/// A header with tensors of these names and shapes in fp16.
fn fp16(tensors: &[(&str, &[u64])]) -> Vec<u8> {
    let mut at = 0u64;
    let entries: Vec<String> = tensors
        .iter()
        .map(|(name, shape)| {
            let bytes = shape.iter().product::<u64>() * 2;
            let entry = format!(
                r#""{name}":{{"dtype":"F16","shape":{shape:?},"data_offsets":[{at},{}]}}"#,
                at + bytes
            );
            at += bytes;
            entry
        })
        .collect();
    file(&format!(
        r#"{{"__metadata__":{{"format":"pt"}},{}}}"#,
        entries.join(",")
    ))
}

fn family_of(tensors: &[(&str, &[u64])]) -> Option<Family> {
    model_from_header("x.safetensors", &fp16(tensors))
        .ok()
        .map(|m| m.family)
}

#[test]
fn families_by_their_tensors() {
    let k = "1.transformer_blocks.0.attn2.to_k.weight";
    let one = |name: &str, shape: &[u64]| family_of(&[(name, shape)]);
    let unet = |block: &str, shape: &[u64]| {
        one(
            &format!("model.diffusion_model.input_blocks.{block}.{k}"),
            shape,
        )
    };
    assert_eq!(unet("1", &[320, 768]), Some(Family::Sd15));
    assert_eq!(unet("1", &[320, 1024]), Some(Family::Sd20));
    assert_eq!(unet("4", &[640, 2048]), Some(Family::Ssd1b));
    assert_eq!(unet("4", &[768, 1280]), Some(Family::SdxlRefiner));
    assert_eq!(unet("4", &[640, 999]), None);
    let xl = format!("input_blocks.4.{k}");
    let deep = "input_blocks.8.1.transformer_blocks.9.norm1.weight";
    assert_eq!(
        family_of(&[(&xl, &[640, 2048]), (deep, &[1280])]),
        Some(Family::Sdxl)
    );
    let flux = "double_blocks.0.img_attn.qkv.weight";
    assert_eq!(one(flux, &[9216, 3072]), Some(Family::Flux1Schnell));
    assert_eq!(
        family_of(&[
            (flux, &[9216, 3072]),
            ("guidance_in.in_layer.weight", &[3072, 256])
        ]),
        Some(Family::Flux1Dev)
    );
    assert_eq!(
        family_of(&[
            (flux, &[9216, 3072]),
            ("distilled_guidance_layer.norms.0.scale", &[64])
        ]),
        Some(Family::Chroma)
    );
    assert_eq!(
        one("cap_embedder.1.weight", &[3840, 2560]),
        Some(Family::ZImage)
    );
    assert_eq!(
        one("cap_embedder.1.weight", &[2304, 2304]),
        Some(Family::Lumina2)
    );
    let wan = |shape: &[u64]| {
        family_of(&[
            ("head.modulation", &[1, 2, 1536]),
            ("patch_embedding.weight", shape),
        ])
    };
    assert_eq!(wan(&[1536, 16, 1, 2, 2]), Some(Family::Wan21Small));
    assert_eq!(wan(&[5120, 16, 1, 2, 2]), Some(Family::Wan21));
    assert_eq!(wan(&[5120, 36, 1, 2, 2]), Some(Family::Wan21I2v));
    assert_eq!(wan(&[3072, 48, 1, 2, 2]), Some(Family::Wan22));
    assert_eq!(
        one("joint_blocks.0.context_block.attn.qkv.weight", &[1, 1]),
        Some(Family::Sd3)
    );
    let refined = "txt_in.individual_token_refiner.blocks.0.norm1.weight";
    assert_eq!(
        family_of(&[(refined, &[1]), ("img_in.proj.weight", &[3584, 64, 1, 1])]),
        Some(Family::HunyuanImage21)
    );
    assert_eq!(
        family_of(&[
            (refined, &[1]),
            ("img_in.proj.weight", &[3072, 16, 1, 2, 2])
        ]),
        Some(Family::HunyuanVideo)
    );
    let klein = |width: u64| {
        family_of(&[
            ("double_stream_modulation_img.lin.weight", &[1, 1]),
            ("img_in.weight", &[width, 128]),
        ])
    };
    assert_eq!(klein(6144), Some(Family::Flux2Dev));
    assert_eq!(klein(4096), Some(Family::Flux2Klein9b));
    assert_eq!(klein(3072), Some(Family::Flux2Klein4b));
    assert_eq!(one("nothing.weight", &[1]), None);
}

#[test]
fn parts_are_counted_and_missing_ones_looked_up() {
    let bytes = fp16(&[
        ("cond_stage_model.transformer.weight", &[1000]),
        ("first_stage_model.decoder.conv_in.weight", &[10, 10]),
        (
            "model.diffusion_model.input_blocks.1.1.transformer_blocks.0.attn2.to_k.weight",
            &[320, 768],
        ),
        ("model_ema.decay", &[7]),
    ]);
    let model = model_from_header("x", &bytes).unwrap();
    assert_eq!(model.weights.diffusion.stored, Bytes::new(320 * 768 * 2));
    assert_eq!(model.weights.diffusion.params, 320 * 768);
    assert_eq!(model.weights.text_encoder.stored, Bytes::new(2000));
    assert_eq!(model.weights.vae.stored, Bytes::new(200));
    assert!(!model.separate_files);

    let alone = fp16(&[
        ("cap_embedder.1.weight", &[3840, 2560]),
        ("layers.0.x", &[5]),
    ]);
    let model = model_from_header("x", &alone).unwrap();
    assert_eq!(model.weights.diffusion.params, 3840 * 2560 + 5);
    assert_eq!(
        model.weights.text_encoder,
        Weights::of(Family::ZImage).text_encoder
    );
    assert!(model.separate_files);
}

#[test]
fn hostile_headers_are_errors() {
    let refused = |bytes: &[u8]| {
        let error = model_from_header("x", bytes).unwrap_err();
        assert!(matches!(error, Error::Header { .. }), "{error}");
        error.to_string()
    };
    refused(b"");
    refused(b"1234567");
    assert!(refused(&u64::MAX.to_le_bytes()).contains("18446744073709551615"));
    refused(&0u64.to_le_bytes());
    refused(&(MAX_SAFETENSORS_HEADER + 1).to_le_bytes());
    // A length that lies.
    assert!(refused(&[&100u64.to_le_bytes()[..], b"{}"].concat()).contains("ends before"));
    refused(&[&3u64.to_le_bytes()[..], &[0xff, 0xfe, 0x00]].concat());
    refused(&file("[]"));
    refused(&file("{} {}"));
    refused(&file(r#"{"a":1}"#));
    refused(&file(
        r#"{"a":{"dtype":"F16","shape":[1],"data_offsets":[2,1]}}"#,
    ));
    refused(&file(
        r#"{"a":{"dtype":"F16","shape":[-1],"data_offsets":[0,1]}}"#,
    ));
    refused(&file(
        r#"{"a":{"dtype":"F16","shape":[1,1,1,1,1,1,1,1,1],"data_offsets":[0,1]}}"#,
    ));
    // An HTML page that was saved under a model's name.
    refused(b"<!DOCTYPE html><html><body>not found</body></html>");
    let deep = format!(
        r#"{{"__metadata__":{}1{}}}"#,
        "[".repeat(300_000),
        "]".repeat(300_000)
    );
    let _ = model_from_header("x", &file(&deep));
    let deep = format!(r#"{{"a":{}"#, r#"{"a":"#.repeat(100_000));
    refused(&file(&deep));
}

#[test]
fn absurd_sizes_saturate() {
    let json = format!(
        r#"{{"cap_embedder.1.weight":{{"dtype":"F16","shape":[3840,{m}],"data_offsets":[0,{m}]}},
            "b":{{"dtype":"F16","shape":[{m},{m}],"data_offsets":[0,{m}]}}}}"#,
        m = u64::MAX
    );
    let model = model_from_header("x", &file(&json)).unwrap();
    assert_eq!(model.weights.diffusion.stored, Bytes::MAX);
    assert_eq!(model.weights.diffusion.params, u64::MAX);
}

#[test]
fn families_by_name() {
    for (name, family) in [
        ("v1-5-pruned-emaonly-fp16.safetensors", Family::Sd15),
        ("dreamshaper_8.safetensors", Family::Sd15),
        ("sd_xl_base_1.0.safetensors", Family::Sdxl),
        ("juggernautXL_v9.safetensors", Family::Sdxl),
        ("sd_xl_refiner_1.0.safetensors", Family::SdxlRefiner),
        ("sd3.5_large.safetensors", Family::Sd3),
        ("flux1-dev-fp8.safetensors", Family::Flux1Dev),
        ("flux1-schnell.safetensors", Family::Flux1Schnell),
        ("flux2_dev_fp8mixed.safetensors", Family::Flux2Dev),
        ("flux-2-klein-9b.safetensors", Family::Flux2Klein9b),
        ("models/z_image_turbo_bf16.safetensors", Family::ZImage),
        ("qwen_image_2512_fp8_e4m3fn.safetensors", Family::QwenImage),
        ("wan2.1_t2v_1.3B_fp16.safetensors", Family::Wan21Small),
        ("wan2.1_t2v_14B_fp16.safetensors", Family::Wan21),
        ("wan2.2_ti2v_5B_fp16.safetensors", Family::Wan22),
        ("hunyuanimage2.1.safetensors", Family::HunyuanImage21),
        ("lumina_2.safetensors", Family::Lumina2),
        ("pixart_sigma_xl2.safetensors", Family::PixartSigma),
    ] {
        assert_eq!(family_from_name(name), Some(family), "{name}");
    }
    assert_eq!(family_from_name("model.safetensors"), None);
    let half = model_from_name("flux1-dev.safetensors")
        .unwrap()
        .weights
        .diffusion
        .stored;
    let fp8 = model_from_name("flux1-dev-fp8.safetensors")
        .unwrap()
        .weights
        .diffusion
        .stored;
    assert_eq!(fp8.get() * 2, half.get());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn any_bytes_are_answered(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = model_from_header("x", &bytes);
    }

    #[test]
    fn any_json_is_answered(text in r#"\{("[a-z_.0-9]{0,8}":(\{"dtype":"[A-Z0-9]{1,4}","shape":\[[0-9]{1,3}\],"data_offsets":\[[0-9]{1,20},[0-9]{1,20}\]\}|[0-9\[\]{}]{0,6}),?){0,4}\}?"#, name in ".{0,30}") {
        let _ = model_from_header(&name, &file(&text));
        let _ = model_from_name(&name);
    }
}
