//! Every value of ComfyUI's own memory functions that was recorded, compared bit by bit.
#![allow(
    clippy::float_cmp,
    clippy::unwrap_used,
    reason = "agreement to the last bit is what is tested, on a file that belongs to the test"
)]

use videogen_vram::{
    Attention, Bytes, Dtype, Family, Latent, LoadRequest, OsKind, ServerGeneration, Size,
    TotalBytes, VaeKind, VramState, decide_load, minimum_inference_memory, reserved_memory,
    sampling_memory, vae_decode_memory, vae_decode_tiled_estimate, vae_decode_tiled_memory,
    vae_encode_memory,
};

const VECTORS: &str = include_str!("data/memory_vectors.txt");
const SIZES: &str = include_str!("data/weight_sizes.txt");

enum Section {
    None,
    Sampling(Family),
    Vae(VaeKind, bool),
    Load(VramState, f64, Option<f64>),
}

fn optional(text: &str) -> Option<f64> {
    (text != "-").then(|| text.parse().unwrap())
}

fn section(words: &[&str]) -> Option<Section> {
    Some(match words {
        ["sampling", family] => Section::Sampling(family.parse().unwrap()),
        ["vae", kind, amd] => Section::Vae(
            match *kind {
                "sd_kl_4ch" => VaeKind::Kl4,
                "flux_kl_16ch" => VaeKind::Kl16,
                "flux2_kl_bn" => VaeKind::Flux2,
                "wan21" => VaeKind::Wan21,
                "wan22" => VaeKind::Wan22,
                "hunyuan_image21" => VaeKind::HunyuanImage21,
                other => panic!("unknown VAE {other}"),
            },
            *amd == "1",
        ),
        ["load", state, ratio, reserve] => Section::Load(
            match *state {
                "NORMAL_VRAM" => VramState::Normal,
                "LOW_VRAM" => VramState::Low,
                "NO_VRAM" => VramState::No,
                "HIGH_VRAM" => VramState::High,
                other => panic!("unknown state {other}"),
            },
            ratio.parse().unwrap(),
            optional(reserve),
        ),
        _ => return None,
    })
}

/// Compares bits, so that neither a rounding nor a NaN passes.
fn same(ours: f64, theirs: f64, line: &str, count: &mut usize) {
    assert_eq!(
        ours.to_bits(),
        theirs.to_bits(),
        "{ours} is not {theirs}: {line}"
    );
    *count += 1;
}

fn shape(words: &[&str]) -> (Size, u32, u32) {
    let number = |i: usize| words[i].parse::<u32>().unwrap();
    (Size::new(number(0), number(1)), number(2), number(3))
}

/// The latent of a VAE, whose compression is the family's.
fn vae_latent(kind: VaeKind, size: Size, frames: u32, batch: u32) -> Latent {
    let temporal = match kind {
        VaeKind::Wan21 | VaeKind::Wan22 => 4,
        _ => 1,
    };
    Latent {
        batch,
        frames: (frames - 1) / temporal + 1,
        height: size.height / kind.compression(),
        width: size.width / kind.compression(),
    }
}

#[test]
fn all_13784_values_are_equal_to_the_last_bit() {
    let (mut sampling, mut vae, mut load) = (0, 0, 0);
    let mut at = Section::None;
    for line in VECTORS.lines().filter(|line| !line.starts_with('#')) {
        let words: Vec<&str> = line.split(' ').collect();
        if let Some(next) = section(&words) {
            at = next;
            continue;
        }
        match at {
            Section::None => panic!("a value before any section: {line}"),
            Section::Sampling(family) => {
                let (size, frames, batch) = shape(&words);
                let latent = Latent::of(family, size, frames, batch);
                let strategies = [
                    (Dtype::Fp16, Attention::Flash),
                    (Dtype::Fp16, Attention::Other),
                    (Dtype::Bf16, Attention::Flash),
                    (Dtype::Fp32, Attention::Flash),
                ];
                assert_eq!(words.len(), 12, "{line}");
                for (i, (dtype, attention)) in strategies.into_iter().enumerate() {
                    let (need, need_min) =
                        sampling_memory(family.facts().factor, dtype, attention, latent);
                    same(need, words[4 + 2 * i].parse().unwrap(), line, &mut sampling);
                    same(
                        need_min,
                        words[5 + 2 * i].parse().unwrap(),
                        line,
                        &mut sampling,
                    );
                }
            }
            Section::Vae(kind, amd) => {
                let (size, frames, batch) = shape(&words);
                let latent = vae_latent(kind, size, frames, batch);
                assert_eq!(words.len(), 16, "{line}");
                for (i, dtype) in [Dtype::Fp16, Dtype::Bf16, Dtype::Fp32]
                    .into_iter()
                    .enumerate()
                {
                    let ours = [
                        vae_decode_memory(kind, dtype, amd, latent),
                        vae_decode_tiled_memory(kind, dtype, amd, latent, 512),
                        vae_decode_tiled_memory(kind, dtype, amd, latent, 256),
                        vae_encode_memory(kind, dtype, amd, size, frames),
                    ];
                    for (j, value) in ours.into_iter().enumerate() {
                        same(value, words[4 + 4 * i + j].parse().unwrap(), line, &mut vae);
                    }
                }
            }
            Section::Load(state, min_ratio, reserve_gib) => {
                let decision = decide_load(&LoadRequest {
                    state,
                    free: words[0].parse().unwrap(),
                    model: words[1].parse().unwrap(),
                    need: words[2].parse().unwrap(),
                    need_min: optional(words[3]),
                    reserve: reserved_memory(OsKind::Unix, TotalBytes::default(), reserve_gib),
                    min_ratio,
                    generation: ServerGeneration::V0_33,
                });
                same(
                    decision.first_request,
                    words[4].parse().unwrap(),
                    line,
                    &mut load,
                );
                assert_eq!(decision.second_request, optional(words[5]), "{line}");
                load += usize::from(decision.second_request.is_some());
                assert_eq!(decision.weight_budget, optional(words[6]), "{line}");
                assert_eq!(decision.whole, words[7] == "1", "{line}");
                load += 2;
            }
        }
    }
    // 4,032 rows of 2, 558 rows of 4; 1,152 decisions with 1,184 requests, a budget and a verdict each.
    assert_eq!((sampling, vae, load), (8064, 2232, 3488));
    assert_eq!(sampling + vae + load, 13_784);
}

#[test]
fn the_servers_constants() {
    let gib = |gib| TotalBytes::new(Bytes::from_gib(gib));
    let linux = reserved_memory(OsKind::Unix, gib(24), None);
    assert_eq!(linux, 419_430_400.0);
    assert_eq!(minimum_inference_memory(linux), 1_278_423_859.2);
    assert_eq!(
        reserved_memory(OsKind::Windows, gib(12), None),
        629_145_600.0
    );
    assert_eq!(
        reserved_memory(OsKind::Windows, gib(24), None),
        734_003_200.0
    );
    assert_eq!(
        reserved_memory(OsKind::Windows, gib(24), Some(1.0)),
        1_073_741_824.0
    );
    for absurd in [f64::NAN, f64::INFINITY, -1.0] {
        assert_eq!(reserved_memory(OsKind::Unix, gib(24), Some(absurd)), linux);
    }
}

#[test]
fn the_old_server_differs_where_it_is_known_to() {
    let factor = |family: Family| family.memory_factor(ServerGeneration::V0_3, Dtype::Bf16);
    assert_eq!(factor(Family::Sd3), 1.2);
    assert_eq!(factor(Family::Lumina2), 1.2);
    assert_eq!(factor(Family::HunyuanImage21), 7.7);
    assert_eq!(factor(Family::Omnigen2), 1.65);
    assert_eq!(factor(Family::Sdxl), 0.8);
    let latent = Latent::picture(Family::Sd15, Size::new(1080, 1920));
    let (kind, dtype) = (VaeKind::Kl4, Dtype::Bf16);
    let whole = vae_decode_memory(kind, dtype, false, latent);
    let tile = vae_decode_tiled_memory(kind, dtype, false, latent, 512);
    let estimate =
        |generation| vae_decode_tiled_estimate(generation, kind, dtype, false, latent, 512);
    assert_eq!(estimate(ServerGeneration::V0_3), whole);
    assert_eq!(estimate(ServerGeneration::V0_33), tile);
    // 1.06 GiB, as the server's authors say of a 512 tile.
    assert!((tile / (1u64 << 30) as f64 - 1.06).abs() < 0.01);
    let floor = |generation| {
        decide_load(&LoadRequest {
            state: VramState::Normal,
            free: 1e9,
            model: 2e9,
            need: 0.0,
            need_min: None,
            reserve: 4e8,
            min_ratio: 0.0,
            generation,
        })
        .weight_budget
    };
    assert_eq!(floor(ServerGeneration::V0_3), Some(134_217_728.0));
    assert_eq!(floor(ServerGeneration::V0_33), Some(0.1));
}

#[test]
fn the_table_of_weights_is_the_servers_own_count() {
    let mut parts = 0;
    let mut partial = 0;
    for line in SIZES.lines().filter(|line| !line.starts_with('#')) {
        let words: Vec<&str> = line.split(' ').collect();
        match words[..] {
            ["part", name, params] => {
                let params: u64 = params.parse().unwrap();
                let facts = |family: Family| family.facts();
                let ours = match name {
                    "sd15.unet" => facts(Family::Sd15).params,
                    "sdxl.unet" => facts(Family::Sdxl).params,
                    "sdxl_refiner.unet" => facts(Family::SdxlRefiner).params,
                    "sd15.vae" | "sdxl.vae" => VaeKind::Kl4.params(),
                    "sd15.clip_l" => facts(Family::Sd15).text_params,
                    "sdxl.clip_total" => facts(Family::Sdxl).text_params,
                    "flux1_dev.unet" => facts(Family::Flux1Dev).params,
                    "flux1_schnell.unet" => facts(Family::Flux1Schnell).params,
                    "flux1.text_encoders" => facts(Family::Flux1Dev).text_params,
                    "z_image.unet" => facts(Family::ZImage).params,
                    "z_image.text_encoder_qwen3_4b" => facts(Family::ZImage).text_params,
                    "qwen_image.unet" => facts(Family::QwenImage).params,
                    "qwen_image.text_encoder_qwen25_7b" => facts(Family::QwenImage).text_params,
                    "wan21_1_3b.unet" => facts(Family::Wan21Small).params,
                    "wan21_14b.unet" => facts(Family::Wan21).params,
                    "wan22_5b.unet" => facts(Family::Wan22).params,
                    "wan.text_encoder_umt5xxl" => facts(Family::Wan21).text_params,
                    "sd35_large.unet" => facts(Family::Sd3).params,
                    "t5xxl" => facts(Family::PixartSigma).text_params,
                    // Parts of a whole that is compared, and the smaller of two models of one family.
                    "sdxl.clip_l" | "sdxl.clip_g" | "sd35_medium.unet" => continue,
                    other => panic!("a part that nobody compares: {other}"),
                };
                // Two scalars are counted in some text encoders and not in others.
                assert!(ours.abs_diff(params) <= 2, "{name}: {ours} is not {params}");
                parts += 1;
            }
            ["partial", family, _, _, _, _, buffer] => {
                let family: Family = family.parse().unwrap();
                let buffer: u64 = buffer.parse().unwrap();
                assert!(buffer <= family.facts().cast_buffer.get(), "{line}");
                partial += 1;
            }
            _ => panic!("not understood: {line}"),
        }
    }
    assert_eq!((parts, partial), (20, 36));
}
