//! The table of families: numbers only, from the server's own classes and the models' publications.

use super::family::{Family, FamilyFacts, FamilyLimits, FamilyRecipe};
use super::{Dtype, ServerGeneration, VaeKind};
use crate::units::{Bytes, Pixels};

/// Looks a family up.
pub(super) fn facts(family: Family) -> &'static FamilyFacts {
    match family {
        Family::Sd15 => &SD15,
        Family::Sd20 => &SD20,
        Family::Sdxl => &SDXL,
        Family::SdxlRefiner => &SDXL_REFINER,
        Family::Ssd1b => &SSD1B,
        Family::Sd3 => &SD3,
        Family::Flux1Dev => &FLUX1_DEV,
        Family::Flux1Schnell => &FLUX1_SCHNELL,
        Family::Chroma => &CHROMA,
        Family::Flux2Dev => &FLUX2_DEV,
        Family::Flux2Klein9b => &FLUX2_KLEIN9B,
        Family::Flux2Klein4b => &FLUX2_KLEIN4B,
        Family::Lumina2 => &LUMINA2,
        Family::ZImage => &ZIMAGE,
        Family::QwenImage => &QWEN_IMAGE,
        Family::HunyuanImage21 => &HUNYUAN_IMAGE21,
        Family::HidreamI1 => &HIDREAM_I1,
        Family::AuraFlow => &AURA_FLOW,
        Family::PixartSigma => &PIXART_SIGMA,
        Family::Omnigen2 => &OMNIGEN2,
        Family::Krea2 => &KREA2,
        Family::CosmosPredict2 => &COSMOS_PREDICT2,
        Family::Anima => &ANIMA,
        Family::Wan21Small => &WAN21_SMALL,
        Family::Wan21 => &WAN21,
        Family::Wan21I2v => &WAN21_I2V,
        Family::Wan22 => &WAN22,
        Family::Ltxv => &LTXV,
        Family::HunyuanVideo => &HUNYUAN_VIDEO,
        Family::HunyuanVideo15 => &HUNYUAN_VIDEO15,
    }
}

/// Native area in pixels, how many times it a pass may paint and refine, the multiple of its sides, the floor in MiB.
const fn limits(
    native: u64,
    paint: f64,
    refine: f64,
    multiple: u32,
    floor_mib: u64,
) -> FamilyLimits {
    FamilyLimits {
        native: Pixels::new(native),
        paint,
        refine,
        multiple,
        floor: Bytes::from_mib(floor_mib),
    }
}

const fn recipe(
    max_steps: u32,
    cfg: Option<f64>,
    sampler: &'static str,
    scheduler: &'static str,
) -> FamilyRecipe {
    FamilyRecipe {
        max_steps,
        cfg,
        sampler,
        scheduler,
    }
}

/// What most families share; stands for no family itself.
const COMMON: FamilyFacts = FamilyFacts {
    title: "",
    factor: 0.0,
    old_factor: None,
    since: ServerGeneration::V0_3,
    channels: 16,
    video: false,
    downscale: 8,
    temporal_downscale: 1,
    vae: VaeKind::Kl16,
    large_text: true,
    separate_files: true,
    dtypes: &[Dtype::Bf16, Dtype::Fp32],
    limits: FamilyLimits {
        native: Pixels::new(0),
        paint: 1.0,
        refine: 4.0,
        multiple: 16,
        floor: Bytes::from_mib(3584),
    },
    recipe: FamilyRecipe {
        max_steps: 50,
        cfg: None,
        sampler: "euler",
        scheduler: "simple",
    },
    params: 0,
    text_params: 0,
    cast_buffer: Bytes::ZERO,
    text_largest: Bytes::ZERO,
    flops_per_latent: 0.0,
};

const SD15: FamilyFacts = FamilyFacts {
    title: "SD 1.5",
    factor: 1.0,
    channels: 4,
    dtypes: &[Dtype::Fp16, Dtype::Bf16, Dtype::Fp32],
    vae: VaeKind::Kl4,
    limits: limits(262_144, 1.5, 16.0, 8, 2560),
    recipe: recipe(60, None, "dpmpp_2m", "karras"),
    params: 859_520_964,
    text_params: 123_650_304,
    cast_buffer: Bytes::new(176_954_880),
    text_largest: Bytes::new(75_890_688),
    large_text: false,
    separate_files: false,
    flops_per_latent: 1.950e+08,
    ..COMMON
};

const SD20: FamilyFacts = FamilyFacts {
    title: "SD 2",
    factor: 1.0,
    channels: 4,
    dtypes: &[Dtype::Fp16, Dtype::Bf16, Dtype::Fp32],
    vae: VaeKind::Kl4,
    limits: limits(589_824, 1.5, 8.0, 8, 2560),
    recipe: recipe(60, None, "dpmpp_2m", "karras"),
    params: 865_910_724,
    text_params: 354_032_385,
    cast_buffer: Bytes::new(176_954_880),
    text_largest: Bytes::new(101_187_584),
    large_text: false,
    separate_files: false,
    flops_per_latent: 1.950e+08,
    ..COMMON
};

const SDXL: FamilyFacts = FamilyFacts {
    title: "SDXL",
    factor: 0.8,
    channels: 4,
    dtypes: &[Dtype::Fp16, Dtype::Bf16, Dtype::Fp32],
    vae: VaeKind::Kl4,
    limits: limits(1_048_576, 1.5, 4.0, 8, 3584),
    recipe: recipe(60, None, "dpmpp_2m", "karras"),
    params: 2_567_463_684,
    text_params: 818_310_146,
    cast_buffer: Bytes::new(103_226_880),
    text_largest: Bytes::new(126_484_480),
    large_text: false,
    separate_files: false,
    flops_per_latent: 3.660e+08,
    ..COMMON
};

const SDXL_REFINER: FamilyFacts = FamilyFacts {
    title: "SDXL refiner",
    factor: 1.0,
    channels: 4,
    dtypes: &[Dtype::Fp16, Dtype::Bf16, Dtype::Fp32],
    vae: VaeKind::Kl4,
    limits: limits(1_048_576, 1.5, 4.0, 8, 3584),
    recipe: recipe(60, None, "dpmpp_2m", "karras"),
    params: 2_259_526_660,
    text_params: 694_659_840,
    cast_buffer: Bytes::new(103_226_880),
    text_largest: Bytes::new(126_484_480),
    large_text: false,
    separate_files: false,
    flops_per_latent: 3.300e+08,
    ..COMMON
};

const SSD1B: FamilyFacts = FamilyFacts {
    title: "SSD-1B",
    factor: 0.8,
    channels: 4,
    dtypes: &[Dtype::Fp16, Dtype::Bf16, Dtype::Fp32],
    vae: VaeKind::Kl4,
    limits: limits(1_048_576, 1.5, 4.0, 8, 3584),
    recipe: recipe(60, None, "dpmpp_2m", "karras"),
    params: 1_331_000_000,
    text_params: 818_310_146,
    cast_buffer: Bytes::new(103_226_880),
    text_largest: Bytes::new(126_484_480),
    large_text: false,
    separate_files: false,
    flops_per_latent: 2.200e+08,
    ..COMMON
};

const SD3: FamilyFacts = FamilyFacts {
    title: "SD 3",
    factor: 1.6,
    old_factor: Some(1.2),
    dtypes: &[Dtype::Fp16, Dtype::Bf16, Dtype::Fp32],
    limits: limits(1_048_576, 1.3, 4.0, 16, 3584),
    recipe: recipe(50, Some(4.5), "dpmpp_2m", "sgm_uniform"),
    params: 8_146_280_768,
    text_params: 5_580_620_802,
    cast_buffer: Bytes::new(212_926_464),
    text_largest: Bytes::new(263_192_576),
    flops_per_latent: 4.073e+09,
    ..COMMON
};

const FLUX1_DEV: FamilyFacts = FamilyFacts {
    title: "FLUX.1 dev",
    factor: 3.1,
    dtypes: &[Dtype::Bf16, Dtype::Fp16, Dtype::Fp32],
    limits: limits(1_048_576, 2.0, 4.0, 16, 3584),
    recipe: recipe(30, Some(1.0), "euler", "simple"),
    params: 11_901_408_320,
    text_params: 4_885_960_962,
    cast_buffer: Bytes::new(396_361_728),
    text_largest: Bytes::new(263_192_576),
    flops_per_latent: 5.951e+09,
    ..COMMON
};

const FLUX1_SCHNELL: FamilyFacts = FamilyFacts {
    title: "FLUX.1 schnell",
    factor: 3.1,
    dtypes: &[Dtype::Bf16, Dtype::Fp16, Dtype::Fp32],
    limits: limits(1_048_576, 2.0, 4.0, 16, 3584),
    recipe: recipe(4, Some(1.0), "euler", "simple"),
    params: 11_891_178_560,
    text_params: 4_885_960_962,
    cast_buffer: Bytes::new(396_361_728),
    text_largest: Bytes::new(263_192_576),
    flops_per_latent: 5.946e+09,
    ..COMMON
};

const CHROMA: FamilyFacts = FamilyFacts {
    title: "Chroma",
    factor: 3.2,
    dtypes: &[Dtype::Bf16, Dtype::Fp16, Dtype::Fp32],
    limits: limits(1_048_576, 1.5, 4.0, 16, 3584),
    recipe: recipe(40, Some(4.0), "euler", "beta"),
    params: 8_900_000_000,
    text_params: 4_762_310_656,
    cast_buffer: Bytes::new(396_361_728),
    text_largest: Bytes::new(263_192_576),
    flops_per_latent: 4.450e+09,
    ..COMMON
};

const FLUX2_DEV: FamilyFacts = FamilyFacts {
    title: "FLUX.2 dev",
    factor: 29.257142857142856,
    since: ServerGeneration::V0_33,
    channels: 128,
    downscale: 16,
    dtypes: &[Dtype::Bf16, Dtype::Fp16, Dtype::Fp32],
    vae: VaeKind::Flux2,
    limits: limits(1_048_576, 4.0, 4.0, 16, 3584),
    recipe: recipe(30, Some(1.0), "euler", "simple"),
    params: 32_200_000_000,
    text_params: 24_000_000_000,
    cast_buffer: Bytes::new(2_038_431_744),
    text_largest: Bytes::new(1_342_177_280),
    flops_per_latent: 6.440e+10,
    ..COMMON
};

const FLUX2_KLEIN9B: FamilyFacts = FamilyFacts {
    title: "FLUX.2 klein 9B",
    factor: 19.504761904761907,
    since: ServerGeneration::V0_33,
    channels: 128,
    downscale: 16,
    dtypes: &[Dtype::Bf16, Dtype::Fp16, Dtype::Fp32],
    vae: VaeKind::Flux2,
    limits: limits(1_048_576, 4.0, 4.0, 16, 3584),
    recipe: recipe(20, Some(1.0), "euler", "simple"),
    params: 9_080_000_000,
    text_params: 8_190_000_000,
    cast_buffer: Bytes::new(905_969_664),
    text_largest: Bytes::new(1_244_659_712),
    flops_per_latent: 1.816e+10,
    ..COMMON
};

const FLUX2_KLEIN4B: FamilyFacts = FamilyFacts {
    title: "FLUX.2 klein 4B",
    factor: 14.628571428571428,
    since: ServerGeneration::V0_33,
    channels: 128,
    downscale: 16,
    dtypes: &[Dtype::Bf16, Dtype::Fp16, Dtype::Fp32],
    vae: VaeKind::Flux2,
    limits: limits(1_048_576, 4.0, 4.0, 16, 3584),
    recipe: recipe(20, Some(1.0), "euler", "simple"),
    params: 3_880_000_000,
    text_params: 4_022_468_097,
    cast_buffer: Bytes::new(509_607_936),
    text_largest: Bytes::new(777_912_320),
    flops_per_latent: 7.760e+09,
    ..COMMON
};

const LUMINA2: FamilyFacts = FamilyFacts {
    title: "Lumina 2",
    factor: 1.4,
    old_factor: Some(1.2),
    dtypes: &[Dtype::Bf16, Dtype::Fp32],
    limits: limits(1_048_576, 1.5, 4.0, 16, 3584),
    recipe: recipe(40, Some(4.0), "res_multistep", "simple"),
    params: 2_610_000_000,
    text_params: 2_614_000_000,
    cast_buffer: Bytes::new(127_401_984),
    text_largest: Bytes::new(1_179_648_000),
    flops_per_latent: 1.305e+09,
    ..COMMON
};

const ZIMAGE: FamilyFacts = FamilyFacts {
    title: "Z-Image",
    factor: 2.8,
    since: ServerGeneration::V0_33,
    dtypes: &[Dtype::Bf16, Dtype::Fp32],
    limits: limits(1_048_576, 2.0, 4.0, 16, 3584),
    recipe: recipe(9, Some(1.0), "res_multistep", "simple"),
    params: 6_154_908_736,
    text_params: 4_022_468_097,
    cast_buffer: Bytes::new(235_929_600),
    text_largest: Bytes::new(777_912_320),
    flops_per_latent: 3.077e+09,
    ..COMMON
};

const QWEN_IMAGE: FamilyFacts = FamilyFacts {
    title: "Qwen-Image",
    factor: 1.8,
    video: true,
    temporal_downscale: 4,
    dtypes: &[Dtype::Bf16, Dtype::Fp32],
    vae: VaeKind::Wan21,
    limits: limits(1_763_584, 1.2, 3.0, 16, 3584),
    recipe: recipe(50, Some(4.0), "euler", "simple"),
    params: 20_430_401_088,
    text_params: 7_747_169_281,
    cast_buffer: Bytes::new(339_738_624),
    text_largest: Bytes::new(1_089_994_752),
    flops_per_latent: 1.022e+10,
    ..COMMON
};

const HUNYUAN_IMAGE21: FamilyFacts = FamilyFacts {
    title: "HunyuanImage 2.1",
    factor: 8.7,
    old_factor: Some(7.7),
    channels: 64,
    downscale: 32,
    dtypes: &[Dtype::Bf16, Dtype::Fp32],
    vae: VaeKind::HunyuanImage21,
    limits: limits(4_194_304, 1.0, 2.0, 32, 3584),
    recipe: recipe(50, Some(3.5), "euler", "simple"),
    params: 17_450_000_000,
    text_params: 7_747_169_281,
    cast_buffer: Bytes::new(539_492_352),
    text_largest: Bytes::new(1_089_994_752),
    flops_per_latent: 3.490e+10,
    ..COMMON
};

const HIDREAM_I1: FamilyFacts = FamilyFacts {
    title: "HiDream I1",
    factor: 2.0,
    dtypes: &[Dtype::Bf16, Dtype::Fp32],
    limits: limits(1_048_576, 1.3, 4.0, 16, 3584),
    recipe: recipe(50, Some(5.0), "uni_pc", "simple"),
    params: 17_110_000_000,
    text_params: 13_610_620_802,
    cast_buffer: Bytes::new(212_336_640),
    text_largest: Bytes::new(1_050_673_152),
    flops_per_latent: 8.555e+09,
    ..COMMON
};

const AURA_FLOW: FamilyFacts = FamilyFacts {
    title: "AuraFlow",
    factor: 2.0,
    channels: 4,
    dtypes: &[Dtype::Fp16, Dtype::Bf16, Dtype::Fp32],
    vae: VaeKind::Kl4,
    limits: limits(1_048_576, 1.5, 4.0, 16, 3584),
    recipe: recipe(50, Some(3.5), "euler", "normal"),
    params: 6_800_000_000,
    text_params: 1_220_000_000,
    cast_buffer: Bytes::new(301_989_888),
    text_largest: Bytes::new(131_596_288),
    separate_files: false,
    flops_per_latent: 3.400e+09,
    ..COMMON
};

const PIXART_SIGMA: FamilyFacts = FamilyFacts {
    title: "PixArt Sigma",
    factor: 0.5,
    channels: 4,
    dtypes: &[Dtype::Fp16, Dtype::Bf16, Dtype::Fp32],
    vae: VaeKind::Kl4,
    limits: limits(1_048_576, 1.5, 4.0, 16, 3584),
    recipe: recipe(40, Some(4.5), "euler", "normal"),
    params: 611_000_000,
    text_params: 4_762_310_656,
    cast_buffer: Bytes::new(47_775_744),
    text_largest: Bytes::new(263_192_576),
    flops_per_latent: 3.055e+08,
    ..COMMON
};

const OMNIGEN2: FamilyFacts = FamilyFacts {
    title: "OmniGen 2",
    factor: 1.95,
    old_factor: Some(1.65),
    dtypes: &[Dtype::Fp16, Dtype::Bf16, Dtype::Fp32],
    limits: limits(1_048_576, 1.2, 4.0, 16, 3584),
    recipe: recipe(50, Some(5.0), "euler", "simple"),
    params: 3_967_000_000,
    text_params: 3_755_000_000,
    cast_buffer: Bytes::new(152_409_600),
    text_largest: Bytes::new(622_329_856),
    flops_per_latent: 1.984e+09,
    ..COMMON
};

const KREA2: FamilyFacts = FamilyFacts {
    title: "Krea 2",
    factor: 2.2,
    since: ServerGeneration::V0_33,
    video: true,
    temporal_downscale: 4,
    dtypes: &[Dtype::Bf16, Dtype::Fp16, Dtype::Fp32],
    vae: VaeKind::Wan21,
    limits: limits(1_048_576, 1.5, 4.0, 16, 3584),
    recipe: recipe(40, Some(4.0), "euler", "simple"),
    params: 12_000_000_000,
    text_params: 4_022_468_097,
    cast_buffer: Bytes::new(603_979_776),
    text_largest: Bytes::new(777_912_320),
    flops_per_latent: 6.000e+09,
    ..COMMON
};

const COSMOS_PREDICT2: FamilyFacts = FamilyFacts {
    title: "Cosmos-Predict2 2B",
    factor: 0.95,
    video: true,
    temporal_downscale: 4,
    dtypes: &[Dtype::Bf16, Dtype::Fp16, Dtype::Fp32],
    vae: VaeKind::Wan21,
    limits: limits(901_120, 1.2, 4.0, 16, 3584),
    recipe: recipe(35, Some(4.0), "euler", "karras"),
    params: 1_960_000_000,
    text_params: 4_762_310_656,
    cast_buffer: Bytes::new(100_663_296),
    text_largest: Bytes::new(263_192_576),
    flops_per_latent: 9.800e+08,
    ..COMMON
};

const ANIMA: FamilyFacts = FamilyFacts {
    title: "Anima",
    factor: 1.0,
    since: ServerGeneration::V0_33,
    video: true,
    temporal_downscale: 4,
    dtypes: &[Dtype::Bf16, Dtype::Fp16, Dtype::Fp32],
    vae: VaeKind::Wan21,
    limits: limits(1_048_576, 1.3, 4.0, 16, 3584),
    recipe: recipe(40, Some(4.0), "euler", "simple"),
    params: 2_080_000_000,
    text_params: 596_000_000,
    cast_buffer: Bytes::new(100_663_296),
    text_largest: Bytes::new(311_164_928),
    flops_per_latent: 1.040e+09,
    ..COMMON
};

const WAN21_SMALL: FamilyFacts = FamilyFacts {
    title: "Wan 2.1 1.3B",
    factor: 0.6912691269126913,
    video: true,
    temporal_downscale: 4,
    dtypes: &[Dtype::Fp16, Dtype::Bf16, Dtype::Fp32],
    vae: VaeKind::Wan21,
    limits: limits(399_360, 1.2, 8.0, 16, 3584),
    recipe: recipe(30, Some(6.0), "uni_pc", "simple"),
    params: 1_418_996_800,
    text_params: 5_680_910_337,
    cast_buffer: Bytes::new(82_575_360),
    text_largest: Bytes::new(2_100_297_728),
    flops_per_latent: 7.095e+08,
    ..COMMON
};

const WAN21: FamilyFacts = FamilyFacts {
    title: "Wan 2.1 14B",
    factor: 2.3042304230423043,
    video: true,
    temporal_downscale: 4,
    dtypes: &[Dtype::Fp16, Dtype::Bf16, Dtype::Fp32],
    vae: VaeKind::Wan21,
    limits: limits(921_600, 1.2, 4.0, 16, 3584),
    recipe: recipe(30, Some(6.0), "uni_pc", "simple"),
    params: 14_288_491_584,
    text_params: 5_680_910_337,
    cast_buffer: Bytes::new(424_673_280),
    text_largest: Bytes::new(2_100_297_728),
    flops_per_latent: 7.144e+09,
    ..COMMON
};

const WAN21_I2V: FamilyFacts = FamilyFacts {
    title: "Wan 2.1 I2V 14B",
    factor: 2.3042304230423043,
    video: true,
    temporal_downscale: 4,
    dtypes: &[Dtype::Fp16, Dtype::Bf16, Dtype::Fp32],
    vae: VaeKind::Wan21,
    limits: limits(921_600, 1.2, 4.0, 16, 3584),
    recipe: recipe(30, Some(6.0), "uni_pc", "simple"),
    params: 16_400_000_000,
    text_params: 5_680_910_337,
    cast_buffer: Bytes::new(424_673_280),
    text_largest: Bytes::new(2_100_297_728),
    flops_per_latent: 8.200e+09,
    ..COMMON
};

const WAN22: FamilyFacts = FamilyFacts {
    title: "Wan 2.2 5B",
    factor: 1.3825382538253825,
    channels: 48,
    video: true,
    downscale: 16,
    temporal_downscale: 4,
    dtypes: &[Dtype::Fp16, Dtype::Bf16, Dtype::Fp32],
    vae: VaeKind::Wan22,
    limits: limits(901_120, 1.2, 4.0, 32, 3584),
    recipe: recipe(30, Some(5.0), "uni_pc", "simple"),
    params: 4_999_787_712,
    text_params: 5_680_910_337,
    cast_buffer: Bytes::new(264_241_152),
    text_largest: Bytes::new(2_100_297_728),
    flops_per_latent: 2.500e+09,
    ..COMMON
};

const LTXV: FamilyFacts = FamilyFacts {
    title: "LTX-Video 2B",
    factor: 5.5,
    channels: 128,
    video: true,
    downscale: 32,
    temporal_downscale: 8,
    dtypes: &[Dtype::Bf16, Dtype::Fp32],
    vae: VaeKind::Unmeasured { compression: 32 },
    limits: limits(393_216, 1.5, 4.0, 32, 3584),
    recipe: recipe(30, Some(3.0), "euler", "normal"),
    params: 1_920_000_000,
    text_params: 4_762_310_656,
    cast_buffer: Bytes::new(100_663_296),
    text_largest: Bytes::new(263_192_576),
    flops_per_latent: 3.840e+09,
    ..COMMON
};

const HUNYUAN_VIDEO: FamilyFacts = FamilyFacts {
    title: "HunyuanVideo",
    factor: 1.8,
    video: true,
    temporal_downscale: 4,
    dtypes: &[Dtype::Bf16, Dtype::Fp32],
    vae: VaeKind::Unmeasured { compression: 8 },
    limits: limits(921_600, 1.2, 4.0, 16, 3584),
    recipe: recipe(30, Some(1.0), "euler", "simple"),
    params: 12_820_000_000,
    text_params: 8_154_000_000,
    cast_buffer: Bytes::new(396_361_728),
    text_largest: Bytes::new(1_051_197_440),
    flops_per_latent: 6.410e+09,
    ..COMMON
};

const HUNYUAN_VIDEO15: FamilyFacts = FamilyFacts {
    title: "HunyuanVideo 1.5",
    factor: 4.0,
    since: ServerGeneration::V0_33,
    channels: 32,
    video: true,
    downscale: 16,
    temporal_downscale: 4,
    dtypes: &[Dtype::Fp16, Dtype::Bf16, Dtype::Fp32],
    vae: VaeKind::Unmeasured { compression: 16 },
    limits: limits(921_600, 1.2, 4.0, 16, 3584),
    recipe: recipe(30, Some(6.0), "euler", "simple"),
    params: 8_330_000_000,
    text_params: 7_747_169_281,
    cast_buffer: Bytes::new(150_994_944),
    text_largest: Bytes::new(1_089_994_752),
    flops_per_latent: 1.666e+10,
    ..COMMON
};
