use proptest::prelude::*;

use super::Dtype::{Bf16, Fp16, Fp32};
use super::*;
use crate::reading::{ComputeCapability, GpuReading, Vendor};
use crate::units::{Bytes, FreeBytes, Size, TotalBytes};

fn card(name: &str) -> GpuReading {
    let gib = Bytes::from_gib(12);
    GpuReading::fixed(name, TotalBytes::new(gib), FreeBytes::new(gib))
}

#[test]
fn cards_by_name() {
    for (name, major, minor) in [
        ("NVIDIA RTX A2000 12GB", 8, 6),
        ("RTX A2000", 8, 6),
        ("cuda:0 NVIDIA GeForce RTX 3060 : cudaMallocAsync", 8, 6),
        ("NVIDIA GeForce RTX 4070 Laptop GPU", 8, 9),
        ("NVIDIA RTX 4000 SFF Ada Generation", 8, 9),
        ("RTX4090", 8, 9),
        ("NVIDIA GeForce RTX 5090", 12, 0),
        ("Quadro RTX 4000", 7, 5),
        ("NVIDIA GeForce GTX 1660 Ti", 7, 5),
        ("Tesla T4", 7, 5),
        ("NVIDIA GeForce GTX 1080 Ti", 6, 1),
        ("NVIDIA H100 80GB HBM3", 9, 0),
        ("NVIDIA H200", 9, 0),
        ("NVIDIA A100-SXM4-40GB", 8, 0),
    ] {
        assert_eq!(
            guess_compute_capability(name),
            Some(ComputeCapability::new(major, minor)),
            "{name}"
        );
    }
    for name in ["", "?", "AMD Radeon RX 7900 XTX", "Intel Arc A770"] {
        assert_eq!(guess_compute_capability(name), None, "{name}");
    }
}

#[test]
fn types_by_generation() {
    let flags = ServerFlags::default();
    let of = |name: &str| {
        let card = card(name);
        (
            inference_dtype(Family::Sd15, &card, &flags),
            inference_dtype(Family::ZImage, &card, &flags),
            vae_dtype(VaeKind::Kl4, &card, &flags),
            vae_dtype(VaeKind::Wan21, &card, &flags),
        )
    };
    assert_eq!(of("RTX A2000"), (Fp16, Bf16, Bf16, Bf16));
    assert_eq!(of("RTX 2060"), (Fp16, Fp32, Fp32, Fp16));
    assert_eq!(of("GTX 1660"), (Fp32, Fp32, Fp32, Fp32));
    assert_eq!(of("GTX 1080"), (Fp32, Fp32, Fp32, Fp32));
    assert_eq!(of("a card nobody knows"), (Fp32, Fp32, Fp32, Fp32));
    let forced = ServerFlags::parse(&["main.py", "--force-fp16", "--fp16-vae"]);
    let unknown = card("?");
    assert_eq!(inference_dtype(Family::Sd15, &unknown, &forced), Fp16);
    assert_eq!(vae_dtype(VaeKind::Kl4, &unknown, &forced), Fp16);
}

#[test]
fn flags_are_read_and_foreign_ones_skipped() {
    let flags = ServerFlags::parse(&[
        "main.py",
        "--listen",
        "0.0.0.0",
        "--lowvram",
        "--reserve-vram",
        "1.5",
        "--vram-headroom=2",
        "--cpu-vae",
        "--use-quad-cross-attention",
    ]);
    assert_eq!(flags.state, VramState::Low);
    assert_eq!(flags.reserve_vram_gib, Some(1.5));
    assert_eq!(flags.vram_headroom_gib, Some(2.0));
    assert!(flags.cpu_vae && flags.split_attention && !flags.cpu);
    // A value that is missing or absurd counts as not given, and the flag after it is still read.
    for value in ["nan", "-1", "1e9", "much"] {
        let flags = ServerFlags::parse(&["--reserve-vram", value, "--novram"]);
        assert_eq!(flags.reserve_vram_gib, None, "{value}");
        assert_eq!(flags.unreadable, ["--reserve-vram"]);
        assert_eq!(flags.state, VramState::No);
    }
    assert_eq!(
        ServerFlags::parse(&["--reserve-vram", "--novram"]).state,
        VramState::No
    );
}

#[test]
fn servers_by_their_versions() {
    for (version, generation) in [
        ("0.3.64", ServerGeneration::V0_3),
        ("0.33.0", ServerGeneration::V0_33),
        ("v0.4.0", ServerGeneration::V0_33),
        ("1.0", ServerGeneration::V0_33),
        ("", ServerGeneration::V0_3),
        ("unknown", ServerGeneration::V0_3),
    ] {
        assert_eq!(
            ServerGeneration::from_version(version),
            generation,
            "{version}"
        );
    }
    let torch = TorchVersion::parse("2.8.0+cu128");
    assert_eq!(torch, Some(TorchVersion { major: 2, minor: 8 }));
    assert_eq!(TorchVersion::parse("nightly"), None);
    let mut server = ServerFacts {
        torch,
        ..ServerFacts::default()
    };
    assert!(server.is_dynamic(Vendor::Nvidia) && !server.is_dynamic(Vendor::Amd));
    server.flags.state = VramState::High;
    assert!(!server.is_dynamic(Vendor::Nvidia));
    server.flags = ServerFlags::parse(&["--disable-dynamic-vram"]);
    assert!(!server.is_dynamic(Vendor::Nvidia));
    assert!(!ServerFacts::default().is_dynamic(Vendor::Nvidia));
    assert_eq!(
        ServerFacts::default().attention_on(Vendor::Nvidia),
        Attention::Flash
    );
    assert_eq!(
        ServerFacts::default().attention_on(Vendor::Amd),
        Attention::Other
    );
}

#[test]
fn upscale_models_by_name() {
    for (name, scale) in [
        ("4x-UltraSharp.pth", 4),
        ("4x_NMKD-Superscale.pth", 4),
        ("RealESRGAN_x2plus.pth", 2),
        ("RealESRGAN_x4plus_anime_6B.pth", 4),
        ("2xLexicaRRDBNet.pth", 2),
        ("8x_NMKD.pth", 8),
        ("ESRGAN.pth", 4),
        ("", 4),
    ] {
        assert_eq!(UpscaleModel::from_name(name).scale, scale, "{name}");
    }
    // 512·512·3·4·4·384 bytes are 4.5 GiB.
    assert_eq!(
        upscale_node_estimate(4, Size::new(0, 0)).to_bits(),
        (4.5 * GIB).to_bits()
    );
    assert_eq!(
        upscale_tile_memory(4, 256, Size::new(0, 0)).to_bits(),
        (1.125 * GIB).to_bits()
    );
}

#[test]
fn every_family_is_told_wholly() {
    for &family in Family::ALL {
        let facts = family.facts();
        assert_eq!(family.name().parse::<Family>().unwrap(), family);
        assert_eq!(facts.vae.compression(), facts.downscale, "{family}");
        assert!(
            facts.factor > 0.0 && facts.params > 100_000_000 && facts.text_params > 100_000_000
        );
        assert!(
            facts
                .limits
                .multiple
                .is_multiple_of(facts.downscale.min(16)),
            "{family}"
        );
        assert!(
            facts.limits.paint >= 1.0 && facts.limits.refine >= facts.limits.paint,
            "{family}"
        );
        assert!(facts.cast_buffer.get() > 0 && facts.cast_buffer.get() < facts.params * 2);
        assert!(facts.text_largest.get() < facts.text_params * 2, "{family}");
    }
    assert_eq!(Family::ALL.len(), 30);
    assert_eq!("Flux".parse::<Family>().unwrap(), Family::Flux1Dev);
    assert_eq!("Z-Image".parse::<Family>().unwrap(), Family::ZImage);
    let error = "sdxll".parse::<Family>().unwrap_err();
    assert!(
        error
            .help()
            .is_some_and(|help| help.to_string().contains("sdxl")),
        "{error:?}"
    );
}

proptest! {
    #[test]
    fn any_flags_and_names_are_answered(argv in proptest::collection::vec("(--[a-z-]{0,14}(=.{0,6})?|--reserve-vram|.{0,8})", 0..8), name in ".{0,60}") {
        let _ = ServerFlags::parse(&argv);
        let _ = guess_compute_capability(&name);
        let _ = ServerGeneration::from_version(&name);
        let _ = TorchVersion::parse(&name);
        let _ = UpscaleModel::from_name(name.as_str());
        let _ = name.parse::<Family>();
    }

    #[test]
    fn a_larger_picture_never_needs_less(index in 0usize..30, width in 8u32..4096, height in 8u32..4096, more in 0u32..512) {
        let family = Family::ALL[index];
        let need = |size: Size| sampling_need(family, ServerGeneration::V0_33, Dtype::Bf16, Attention::Flash, Latent::picture(family, size));
        let (both, one) = need(Size::new(width, height));
        let (more_both, _) = need(Size::new(width + more, height));
        prop_assert!(both >= one && more_both >= both);
        let latent = Latent::picture(family, Size::new(width, height));
        let kind = family.facts().vae;
        let whole = vae_decode_memory(kind, Dtype::Bf16, false, latent);
        prop_assert!(vae_decode_tiled_memory(kind, Dtype::Bf16, false, latent, 512) <= whole);
        prop_assert!(vae_decode_memory(kind, Dtype::Fp32, true, latent) >= whole);
    }
}
