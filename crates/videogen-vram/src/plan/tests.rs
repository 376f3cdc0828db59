use proptest::prelude::*;
use videogen_types::{Aspect, Choice, Quality};

use super::*;
use crate::model::{
    Attention, Family, ModelFacts, ServerFacts, ServerFlags, ServerGeneration, TorchVersion,
    UpscaleModel,
};
use crate::reading::{GpuReading, Vendor};
use crate::units::{Bytes, FreeBytes, Size, TotalBytes};

fn mib(mib: u64) -> Bytes {
    Bytes::from_mib(mib)
}

fn card(name: &str, free: Bytes, total: Bytes) -> GpuReading {
    GpuReading::fixed(name, TotalBytes::new(total), FreeBytes::new(free))
}

fn a2000(free: Bytes) -> GpuReading {
    card("NVIDIA RTX A2000 12GB", free, Bytes::from_gib(12))
}

fn ask(family: Family, quality: Quality) -> PlanRequest {
    PlanRequest::new(ModelFacts::of(family), quality, Aspect::Portrait)
}

fn plan(request: &PlanRequest, reading: &GpuReading, server: &ServerFacts) -> PaintPlan {
    Planner::new().plan(request, Some(reading), server, &MemoryCorrections::NONE)
}

fn servers() -> Vec<ServerFacts> {
    let with = |argv: &[&str]| ServerFacts {
        flags: ServerFlags::parse(argv),
        ..ServerFacts::default()
    };
    vec![
        ServerFacts::default(),
        ServerFacts {
            generation: ServerGeneration::V0_3,
            ..ServerFacts::default()
        },
        ServerFacts {
            torch: TorchVersion::parse("2.8.0+cu128"),
            upscale_models: vec![UpscaleModel::from_name("4x-UltraSharp.pth")],
            ..ServerFacts::default()
        },
        with(&["main.py", "--use-split-cross-attention"]),
        with(&["main.py", "--lowvram", "--fp32-vae"]),
    ]
}

#[test]
fn ultra_is_promised_from_the_stated_free_memory_up() {
    for server in servers() {
        for (family, from) in [(Family::Sd15, 2560), (Family::Sdxl, 3584)] {
            for &(_, aspect) in Aspect::ALL {
                for name in [
                    "NVIDIA RTX A2000 12GB",
                    "NVIDIA GeForce RTX 2060",
                    "GTX 1080",
                    "?",
                ] {
                    for free in (from..24 * 1024).step_by(128) {
                        let request =
                            PlanRequest::new(ModelFacts::of(family), Quality::Ultra, aspect);
                        let plan = plan(
                            &request,
                            &card(name, mib(free), Bytes::from_gib(24)),
                            &server,
                        );
                        assert_eq!(
                            plan.quality,
                            Quality::Ultra,
                            "{free} {name} {server:?} {plan:#?}"
                        );
                        assert!(plan.strategy < PaintStrategy::Cpu);
                        assert_eq!(plan.output, promised_size(Quality::Ultra, aspect));
                    }
                }
            }
        }
    }
}

#[test]
fn below_quality_is_lowered_with_reasons_and_then_the_card_is_left_alone() {
    let mut seen = Vec::new();
    for free in (0..2560).rev().step_by(16) {
        let plan = plan(
            &ask(Family::Sd15, Quality::Ultra),
            &a2000(mib(free)),
            &ServerFacts::default(),
        );
        assert!(!plan.reasons.is_empty());
        if free < 1536 {
            assert_eq!(plan.strategy, PaintStrategy::BuiltIn, "{free}");
        } else {
            assert!(plan.strategy < PaintStrategy::Cpu, "{free} {plan:#?}");
            if plan.quality < Quality::Ultra {
                assert!(
                    plan.reasons.iter().any(|r| r.contains("so it is")),
                    "{:?}",
                    plan.reasons
                );
            }
        }
        if seen.last() != Some(&(plan.quality, plan.strategy)) {
            seen.push((plan.quality, plan.strategy));
        }
    }
    assert!(
        seen.iter().any(|(quality, _)| *quality < Quality::Ultra),
        "{seen:?}"
    );
    let mut request = ask(Family::Sd15, Quality::Ultra);
    request.allow_cpu = true;
    let cpu = plan(&request, &a2000(mib(1024)), &ServerFacts::default());
    assert_eq!(
        (cpu.strategy, cpu.quality),
        (PaintStrategy::Cpu, Quality::Ultra)
    );
    assert_eq!(cpu.predicted_peak_bytes, Bytes::ZERO);
}

#[test]
fn no_single_pass_paints_two_heads_however_much_memory_there_is() {
    let reading = card("NVIDIA H200", Bytes::from_gib(140), Bytes::from_gib(141));
    let plan = plan(
        &ask(Family::Sd15, Quality::Ultra),
        &reading,
        &ServerFacts::default(),
    );
    assert_eq!(plan.strategy, PaintStrategy::TwoPassLatent);
    assert_eq!(
        plan.decode,
        Some(VaeDecode {
            tile: None,
            overlap: 0
        })
    );
    assert_eq!(plan.weights, WeightPlacement::Whole);
}

#[test]
fn a_language_model_leaves_only_when_the_plan_becomes_better() {
    let qwen = PlanOccupant {
        name: "qwen2.5:7b".to_owned(),
        kind: OccupantKind::LanguageModel,
        bytes: mib(5530),
    };
    let mut request = ask(Family::Sd15, Quality::Ultra);
    request.tenants = vec![qwen.clone()];
    let six = plan(
        &request,
        &a2000(Bytes::from_gib(6)),
        &ServerFacts::default(),
    );
    assert!(
        six.unload.is_empty(),
        "SD 1.5 needs no unloading in 6 GiB: {six:#?}"
    );

    request.model = ModelFacts::of(Family::Sdxl);
    let six = plan(
        &request,
        &a2000(Bytes::from_gib(5)),
        &ServerFacts::default(),
    );
    assert_eq!(six.unload, vec![qwen]);
    assert_eq!(six.weights, WeightPlacement::Whole);
    request.unload = UnloadPolicy::Never;
    let six = plan(
        &request,
        &a2000(Bytes::from_gib(5)),
        &ServerFacts::default(),
    );
    assert!(six.unload.is_empty());
    assert!(
        six.suggestions
            .iter()
            .any(|s| s.contains("qwen2.5:7b, 5.4 GiB, to keep")),
        "{:?}",
        six.suggestions
    );
}

#[test]
fn what_was_tried_is_not_tried_again() {
    let mut request = ask(Family::Sd15, Quality::Ultra);
    let mut strategies = Vec::new();
    loop {
        let plan = plan(
            &request,
            &a2000(Bytes::from_gib(6)),
            &ServerFacts::default(),
        );
        if plan.strategy == PaintStrategy::BuiltIn {
            break;
        }
        assert!(!strategies.contains(&(plan.quality, plan.strategy)));
        strategies.push((plan.quality, plan.strategy));
        request.avoid.push((plan.quality, plan.strategy));
        assert!(strategies.len() <= 25);
    }
    assert_eq!(
        strategies[0],
        (Quality::Ultra, PaintStrategy::TwoPassLatent)
    );
    assert!(strategies.len() > 5, "{strategies:?}");
}

#[test]
fn what_ran_out_of_memory_is_done_with_less_and_the_rest_as_before() {
    let mut request = ask(Family::Sd15, Quality::Ultra);
    let all = Bytes::from_gib(24);
    let card = card("NVIDIA GeForce RTX 3090", all, all);
    let server = ServerFacts::default();
    let first = plan(&request, &card, &server);
    let decode = |plan: &PaintPlan| plan.decode.and_then(|decode| decode.tile);
    assert_eq!(
        (first.strategy, decode(&first)),
        (PaintStrategy::TwoPassLatent, None)
    );
    // Before a whole decode fails, ComfyUI has tried tiles of 512 pixels by itself.
    let whole = first.footprint(PaintPhase::Decode, 0).unwrap();
    request.failed = vec![whole];
    let second = plan(&request, &card, &server);
    assert_eq!(
        (second.strategy, &second.passes),
        (first.strategy, &first.passes)
    );
    assert!(decode(&second) < Some(512), "{second:#?}");
    // Sampling at the full size: what is refined is smaller, and decoded in one piece as before.
    let refining = first.footprint(PaintPhase::Sampling, usize::MAX).unwrap();
    assert_eq!(refining.size, first.output);
    request.failed = vec![refining];
    let third = plan(&request, &card, &server);
    assert_eq!(
        (third.strategy, decode(&third)),
        (PaintStrategy::TwoPassPixel, None)
    );
    let last = third.passes.last().unwrap().size;
    assert!(last.area() < refining.size.area() && !third.is_stretched());
    assert!(last.area().get() * 2 > refining.size.area().get());
    // The first pass of the two is another spot than the last.
    assert_eq!(
        first.footprint(PaintPhase::Sampling, 0).unwrap().size,
        first.passes[0].size
    );
    assert_eq!(first.footprint(PaintPhase::Upscale, 0), None);
}

#[test]
fn nodes_have_the_phase_they_take_memory_in() {
    for (class, phase) in [
        ("KSampler", Some(PaintPhase::Sampling)),
        ("SamplerCustomAdvanced", Some(PaintPhase::Sampling)),
        ("UNETLoader", Some(PaintPhase::Sampling)),
        ("VAEDecodeTiled", Some(PaintPhase::Decode)),
        ("VAEEncode", Some(PaintPhase::Encode)),
        ("CLIPTextEncode", Some(PaintPhase::TextEncoder)),
        ("DualCLIPLoader", Some(PaintPhase::TextEncoder)),
        ("ImageUpscaleWithModel", Some(PaintPhase::Upscale)),
        // It loads everything.
        ("CheckpointLoaderSimple", None),
        ("SaveImage", None),
        ("", None),
    ] {
        assert_eq!(PaintPhase::of_node(class), phase, "{class}");
    }
}

#[test]
fn failures_make_it_more_careful_and_absurd_ones_do_not() {
    let six = a2000(Bytes::from_gib(3));
    let request = ask(Family::Sd15, Quality::Ultra);
    let with = |factor: f64| {
        let history = MemoryCorrections(vec![MemoryCorrection::Strategy {
            family: "sd15".to_owned(),
            strategy: PaintStrategy::TwoPassLatent,
            size: Size::new(1440, 2560),
            budget_factor: factor,
        }]);
        Planner::new().plan(&request, Some(&six), &ServerFacts::default(), &history)
    };
    let fresh = with(1.0);
    assert_eq!(fresh.strategy, PaintStrategy::TwoPassLatent);
    assert_ne!(with(0.6).strategy, PaintStrategy::TwoPassLatent);
    for absurd in [f64::NAN, f64::INFINITY, -1.0, 1e300] {
        assert_eq!(with(absurd), fresh, "{absurd}");
    }
    // Other families have learnt nothing.
    let mut other = ask(Family::Sdxl, Quality::Ultra);
    other.quality = Quality::Ultra;
    let none = plan(&other, &six, &ServerFacts::default());
    assert!(!none.reasons.iter().any(|r| r.contains("Earlier runs")));
}

#[test]
fn absurd_wishes_are_answered() {
    for size in [
        Size::new(0, 0),
        Size::new(0, 512),
        Size::new(100_000, 100_000),
        Size::new(u32::MAX, 1),
    ] {
        let mut request = ask(Family::Sd15, Quality::Ultra);
        request.size = Some(size);
        let plan = plan(
            &request,
            &a2000(Bytes::from_gib(12)),
            &ServerFacts::default(),
        );
        assert_eq!((plan.strategy, plan.output), (PaintStrategy::BuiltIn, size));
    }
    let none = Planner::new().plan(
        &ask(Family::Sd15, Quality::High),
        None,
        &ServerFacts::default(),
        &MemoryCorrections::NONE,
    );
    assert_eq!(none.strategy, PaintStrategy::BuiltIn);
    assert!(none.reasons[0].contains("No graphics card"));
}

/// The attention that a server computes with is part of what is predicted, stands in the plan, and where a flag of the
/// server makes it worse than it could be, the flag is named.
#[test]
fn attention_counts_and_the_flag_for_a_better_one_is_named() {
    let with = |argv: &[&str], attention| ServerFacts {
        flags: ServerFlags::parse(argv),
        attention,
        ..ServerFacts::default()
    };
    // Large enough for sampling to need more than decoding in tiles.
    let mut request = ask(Family::Sdxl, Quality::High);
    request.size = Some(Size::new(1024, 1024));
    let planned = |server: &ServerFacts| plan(&request, &a2000(Bytes::from_gib(11)), server);
    let advice = |plan: &PaintPlan| {
        let advice = plan.suggestions.iter();
        advice
            .filter(|text| text.contains("attention"))
            .cloned()
            .collect::<Vec<_>>()
    };
    let flash = planned(&with(&["main.py"], None));
    assert_eq!(flash.attention, Attention::Flash);
    assert_eq!(advice(&flash), [""; 0]);
    for (argv, attention, flag) in [
        (
            &["main.py", "--use-split-cross-attention"][..],
            None,
            "without --use-split",
        ),
        (
            &["main.py", "--use-quad-cross-attention"],
            None,
            "--use-quad-cross-attention",
        ),
        (
            &["main.py"],
            Some(Attention::Other),
            "with --use-pytorch-cross-attention",
        ),
    ] {
        let other = planned(&with(argv, attention));
        assert_eq!(other.attention, Attention::Other, "{argv:?}");
        let peak = |plan: &PaintPlan| {
            let sampling = plan
                .phases
                .iter()
                .filter(|peak| peak.phase == PaintPhase::Sampling);
            sampling.map(|peak| peak.peak_bytes).max()
        };
        assert!(
            peak(&other) > peak(&flash),
            "{argv:?} {other:#?} {flash:#?}"
        );
        assert!(
            other
                .reasons
                .iter()
                .any(|reason| reason.contains("Attention"))
        );
        let advice = advice(&other);
        assert!(
            advice.iter().any(|text| text.contains(flag)),
            "{argv:?} {advice:?}"
        );
    }
    // Of AMD's cards the flag changes nothing that is known of.
    let amd = GpuReading {
        vendor: Vendor::Amd,
        ..a2000(Bytes::from_gib(11))
    };
    let amd = plan(&request, &amd, &with(&["main.py"], None));
    assert_eq!(advice(&amd), [""; 0]);
}

/// Less than ultra is not high at once: the size between them is promised by whoever has the memory for it.
#[test]
fn between_high_and_ultra_there_is_a_size_and_it_is_planned_for_where_ultra_does_not_fit() {
    for &(_, aspect) in Aspect::ALL {
        let areas = [Quality::High, Quality::UltraLite, Quality::Ultra].map(|quality| {
            let size = promised_size(quality, aspect);
            (size.width, size.height)
        });
        assert!(
            areas.is_sorted_by(|a, b| a.0 < b.0 && a.1 < b.1),
            "{areas:?}"
        );
    }
    let qualities = |family| {
        let mut seen: Vec<Quality> = (512..8192)
            .step_by(16)
            .map(|free| {
                let reading = a2000(mib(free));
                plan(
                    &ask(family, Quality::Ultra),
                    &reading,
                    &ServerFacts::default(),
                )
            })
            .filter(|plan| plan.strategy < PaintStrategy::Cpu)
            .map(|plan| plan.quality)
            .collect();
        seen.dedup();
        seen
    };
    let seen: Vec<_> = Family::ALL
        .iter()
        .map(|family| qualities(*family))
        .collect();
    assert!(
        seen.iter().any(|seen| seen.contains(&Quality::UltraLite)),
        "{seen:?}"
    );
}

#[test]
fn the_order_of_qualities_is_that_of_their_sizes() {
    assert!(Quality::all().is_sorted_by(|a, b| a < b));
    for &(_, aspect) in Aspect::ALL {
        let area = |quality| promised_size(quality, aspect).area().get();
        let areas: Vec<u64> = Quality::all().map(area).collect();
        assert!(areas.is_sorted_by(|a, b| a < b), "{aspect:?} {areas:?}");
    }
}

#[test]
fn promised_sizes_keep_the_shape_and_the_count() {
    for quality in Quality::all() {
        let upright = promised_size(quality, Aspect::Portrait).area().get() as f64;
        for &(_, aspect) in Aspect::ALL {
            let size = promised_size(quality, aspect);
            assert!(size.width.is_multiple_of(2) && size.height.is_multiple_of(2));
            let (across, down) = aspect.ratio();
            let skew = f64::from(size.width) * f64::from(down)
                / (f64::from(size.height) * f64::from(across));
            let exact = aspect != Aspect::Portrait;
            assert!(!exact || (skew - 1.0).abs() < 0.01, "{quality} {size}");
            assert!(
                (size.area().get() as f64 / upright - 1.0).abs() < 0.015,
                "{quality} {size}"
            );
        }
    }
}

#[test]
fn the_json_has_the_published_names() {
    let plan = plan(
        &ask(Family::Sd15, Quality::Ultra),
        &a2000(Bytes::from_gib(6)),
        &ServerFacts::default(),
    );
    let json = serde_json::to_value(&plan).unwrap();
    assert_eq!(
        json["output"],
        serde_json::json!({"width": 1440, "height": 2560})
    );
    assert_eq!(json["way"], "two_pass_latent");
    assert_eq!(json["quality"], "ultra");
    assert_eq!(json["passes"][0]["steps"], 60);
    assert!(json["predicted_peak_bytes"].as_u64() <= json["budget_bytes"].as_u64());
    assert!(
        json["reasons"]
            .as_array()
            .is_some_and(|reasons| !reasons.is_empty())
    );
}

#[test]
fn any_size_may_be_asked_for() {
    // V1 of the failure catalogue.
    let mut request = ask(Family::Sdxl, Quality::Ultra);
    request.size = Some(Size::new(1344, 2384));
    let plan = plan(
        &request,
        &a2000(Bytes::from_gib(6)),
        &ServerFacts::default(),
    );
    assert_eq!(plan.output, Size::new(1344, 2384));
    assert_eq!(plan.quality, Quality::Ultra);
}

#[test]
fn what_does_not_fit_beside_the_work_leaves_the_card() {
    // Flux with its text encoder of 9 GiB on a card of 12.
    let tight = a2000(Bytes::from_gib(5));
    let plan_of = |argv: &[&str]| {
        let server = ServerFacts {
            flags: ServerFlags::parse(argv),
            ..ServerFacts::default()
        };
        plan(&ask(Family::Flux1Dev, Quality::High), &tight, &server)
    };
    let streamed = plan_of(&["main.py"]);
    assert_eq!(streamed.weights, WeightPlacement::Streamed);
    assert!(
        streamed.text_encoder < WeightPlacement::Whole,
        "{streamed:#?}"
    );
    assert!(streamed.ram_bytes > Bytes::from_gib(9));
    let low = plan_of(&["main.py", "--lowvram"]);
    assert_eq!(low.text_encoder, WeightPlacement::Cpu, "{low:#?}");
    assert_eq!(plan_of(&["main.py", "--cpu-vae"]).vae, WeightPlacement::Cpu);
}

#[test]
fn a_smaller_variant_that_the_server_has_is_offered() {
    let server = ServerFacts {
        models: vec![crate::recognise::model_from_name("flux1-dev-fp8.safetensors").unwrap()],
        ..ServerFacts::default()
    };
    let plan = plan(
        &ask(Family::Flux1Dev, Quality::High),
        &a2000(Bytes::from_gib(11)),
        &server,
    );
    let told = plan.suggestions.join(" ");
    assert!(told.contains("flux1-dev-fp8.safetensors"), "{told}");
}

#[test]
fn sampler_steps_and_guidance_are_the_familys() {
    let fast = plan(
        &ask(Family::Flux1Schnell, Quality::Ultra),
        &a2000(Bytes::from_gib(12)),
        &ServerFacts::default(),
    );
    let slow = plan(
        &ask(Family::Sdxl, Quality::Ultra),
        &a2000(Bytes::from_gib(12)),
        &ServerFacts::default(),
    );
    // A distilled model needs a few steps and no second, unguided half.
    assert!(fast.passes[0].steps < slow.passes[0].steps);
    assert!(fast.passes[0].cfg < slow.passes[0].cfg);
    assert_ne!(fast.passes[0].sampler, slow.passes[0].sampler);
    // A refining pass computes fewer steps than one from noise.
    assert!(slow.passes[1].steps < slow.passes[0].steps);
}

fn families() -> impl Strategy<Value = Family> {
    prop_oneof![
        Just(Family::Sd15),
        Just(Family::Sdxl),
        proptest::sample::select(Family::ALL),
    ]
}

fn server() -> impl Strategy<Value = ServerFacts> {
    let flags = proptest::sample::subsequence(
        vec![
            "--lowvram",
            "--novram",
            "--highvram",
            "--gpu-only",
            "--cpu-vae",
            "--fp32-vae",
            "--fp16-vae",
            "--force-fp32",
            "--fp8_e4m3fn-unet",
            "--use-split-cross-attention",
            "--reserve-vram=0",
            "--reserve-vram=1.5",
            "--vram-headroom=2",
            "--disable-dynamic-vram",
            "--disable-async-offload",
        ],
        0..3,
    );
    (flags, any::<(bool, bool, bool, bool)>(), 0u64..4096).prop_map(
        |(argv, (old, torch, counted, upscale), held)| ServerFacts {
            generation: if old {
                ServerGeneration::V0_3
            } else {
                ServerGeneration::V0_33
            },
            torch: torch.then_some(TorchVersion { major: 2, minor: 9 }),
            flags: ServerFlags::parse(&argv),
            context_counted: counted,
            held: mib(held.saturating_sub(2048)),
            upscale_models: upscale
                .then(|| UpscaleModel::from_name("RealESRGAN_x2plus.pth"))
                .into_iter()
                .collect(),
            attention: (held % 7 == 0).then_some(Attention::Other),
            ..ServerFacts::default()
        },
    )
}

fn reading() -> impl Strategy<Value = GpuReading> {
    let name = prop_oneof![
        Just("NVIDIA RTX A2000 12GB"),
        Just("NVIDIA GeForce RTX 2060"),
        Just("GTX 1650"),
        Just("GTX 1080"),
        Just("?")
    ];
    let vendor = prop_oneof![4 => Just(Vendor::Nvidia), 1 => Just(Vendor::Amd), 1 => Just(Vendor::Apple), 1 => Just(Vendor::Other)];
    // Up to 32 GiB by the byte, and anything at all.
    let free = prop_oneof![8 => 0u64..32 << 30, 4 => 1u64 << 30..8 << 30, 1 => any::<u64>()];
    let total = prop_oneof![8 => 2u64 << 30..32 << 30, 1 => any::<u64>(), 1 => Just(0)];
    (name, vendor, free, total).prop_map(|(name, vendor, free, total)| GpuReading {
        vendor,
        ..card(name, Bytes::new(free), Bytes::new(total))
    })
}

fn request() -> impl Strategy<Value = PlanRequest> {
    let size = prop_oneof![12 => Just(None), 1 => any::<(u32, u32)>().prop_map(Some), 2 => (1u32..5000, 1u32..5000).prop_map(Some)];
    let tenants = proptest::collection::vec((0u64..12 << 30, any::<bool>()), 0..3);
    let failed = prop_oneof![3 => Just(Vec::new()), 1 => proptest::collection::vec(spot(), 1..3)];
    (
        families(),
        0usize..5,
        0usize..4,
        0usize..5,
        any::<(bool, bool)>(),
        size,
        tenants,
        failed,
    )
        .prop_map(
            |(family, quality, aspect, least, (cpu, never), size, tenants, failed)| PlanRequest {
                failed,
                size: size.map(|(width, height)| Size::new(width, height)),
                least_quality: Quality::ALL[least].1,
                allow_cpu: cpu,
                unload: if never {
                    UnloadPolicy::Never
                } else {
                    UnloadPolicy::IfBetter
                },
                tenants: tenants
                    .into_iter()
                    .map(|(bytes, llm)| PlanOccupant {
                        name: "x".to_owned(),
                        kind: if llm {
                            OccupantKind::LanguageModel
                        } else {
                            OccupantKind::ComfyModel
                        },
                        bytes: Bytes::new(bytes),
                    })
                    .collect(),
                ..PlanRequest::new(
                    ModelFacts::of(family),
                    Quality::ALL[quality].1,
                    Aspect::ALL[aspect].1,
                )
            },
        )
}

fn spot() -> impl Strategy<Value = PhaseFootprint> {
    let bytes = || prop_oneof![4 => 0u64..8 << 30, 1 => any::<u64>()].prop_map(Bytes::new);
    let size = prop_oneof![4 => (64u32..4096, 64u32..4096), 1 => any::<(u32, u32)>()];
    let phase = proptest::sample::select(&PaintPhase::ALL);
    (phase, size, bytes(), bytes(), bytes()).prop_map(
        |(phase, (width, height), least, weights, budget)| PhaseFootprint {
            phase,
            size: Size::new(width, height),
            least,
            weights,
            budget,
        },
    )
}

fn history() -> impl Strategy<Value = MemoryCorrections> {
    let factor = prop_oneof![4 => 0.2f64..1.1, 1 => any::<f64>()];
    let peak = prop_oneof![0u64..16 << 30, any::<u64>()];
    let one = (
        families(),
        (0usize..6, 0usize..4),
        0usize..5,
        factor,
        peak,
        spot(),
    );
    let one = one.prop_map(
        |(family, (strategy, kind), quality, budget_factor, peak, at)| {
            let family = family.name().to_owned();
            let size = promised_size(Quality::ALL[quality].1, Aspect::Portrait);
            let strategy = [
                PaintStrategy::Direct,
                PaintStrategy::DirectTiled,
                PaintStrategy::TwoPassLatent,
                PaintStrategy::TwoPassPixel,
                PaintStrategy::EnlargeOnly,
                PaintStrategy::Cpu,
            ][strategy];
            match kind {
                0 => MemoryCorrection::Strategy {
                    family,
                    strategy,
                    size,
                    budget_factor,
                },
                1 => MemoryCorrection::Peak {
                    family,
                    strategy,
                    size,
                    measured_peak: Bytes::new(peak),
                },
                2 => MemoryCorrection::Phase {
                    family,
                    phase: at.phase,
                    size: at.size,
                    budget_factor,
                },
                _ => MemoryCorrection::RanOut { family, at },
            }
        },
    );
    proptest::collection::vec(one, 0..4).prop_map(MemoryCorrections)
}

/// What holds of every plan.
fn obeys(plan: &PaintPlan, request: &PlanRequest) -> Result<(), TestCaseError> {
    let limits = plan.family.facts().limits;
    prop_assert!(plan.predicted_peak_bytes <= plan.budget_bytes, "{plan:#?}");
    for phase in &plan.phases {
        prop_assert!(phase.peak_bytes <= plan.predicted_peak_bytes, "{plan:#?}");
    }
    prop_assert_eq!(
        plan.headroom_bytes + plan.predicted_peak_bytes,
        plan.budget_bytes
    );
    prop_assert_eq!(plan.output, request.promised(plan.quality));
    prop_assert!(plan.quality <= request.quality);
    prop_assert!(plan.quality == request.quality || plan.quality >= request.least_quality);
    prop_assert!(!plan.reasons.is_empty());
    prop_assert_eq!(
        plan.passes.is_empty(),
        plan.strategy == PaintStrategy::BuiltIn
    );
    if plan.strategy == PaintStrategy::Cpu {
        prop_assert!(request.allow_cpu);
    }
    let mut before: Option<Size> = None;
    for pass in &plan.passes {
        let area = pass.size.area().get() as f64;
        let native = limits.native.get() as f64;
        prop_assert!(
            pass.size.width.is_multiple_of(limits.multiple)
                && pass.size.height.is_multiple_of(limits.multiple),
            "{plan:#?}"
        );
        prop_assert!(pass.size.width > 0 && pass.size.height > 0);
        prop_assert!(pass.steps >= 1 && pass.steps <= default_steps(request.quality));
        prop_assert!((0.0..=100.0).contains(&pass.cfg));
        let strip = pass.size.width.min(pass.size.height) <= 2 * limits.multiple;
        match before {
            None => {
                prop_assert!(pass.denoise >= 1.0 && pass.enlarged.is_none());
                prop_assert!(area <= native * limits.paint || strip, "{plan:#?}");
            }
            Some(smaller) => {
                prop_assert!(pass.denoise <= 0.5 && pass.enlarged.is_some());
                prop_assert!(area <= native * limits.refine, "{plan:#?}");
                let growth = area / smaller.area().get() as f64;
                let most = if pass.enlarged == Some(EnlargeMethod::Latent) {
                    4.6
                } else {
                    17.0
                };
                prop_assert!(growth <= most || strip, "{growth} {plan:#?}");
            }
        }
        before = Some(pass.size);
    }
    if let Some(last) = before {
        prop_assert_eq!(plan.finish.is_none(), last == plan.output, "{:#?}", plan);
    }
    if request.unload == UnloadPolicy::Never {
        prop_assert!(plan.unload.is_empty());
    }
    Ok(())
}

proptest! {
    // 110,000 cases in all; a plan takes microseconds.
    #![proptest_config(ProptestConfig { max_shrink_iters: 400, ..ProptestConfig::with_cases(55_000) })]

    #[test]
    fn every_plan_obeys_and_is_the_same_twice(request in request(), reading in reading(), server in server(), history in history()) {
        let planner = Planner::new();
        let plan = planner.plan(&request, Some(&reading), &server, &history);
        obeys(&plan, &request)?;
        prop_assert_eq!(&plan, &planner.plan(&request, Some(&reading), &server, &history));
    }

    #[test]
    fn more_free_memory_is_never_worse(request in request(), reading in reading(), server in server(), history in history(), more in prop_oneof![0u64..1 << 20, 0u64..1 << 30, 0u64..16 << 30]) {
        let planner = Planner::new();
        let less = planner.plan(&request, Some(&reading), &server, &history);
        let richer = GpuReading {
            free: FreeBytes::new(reading.free.bytes() + Bytes::new(more)),
            ..reading
        };
        let plan = planner.plan(&request, Some(&richer), &server, &history);
        prop_assert!(plan.rank() >= less.rank(), "{less:#?} {plan:#?}");
        obeys(&plan, &request)?;
    }
}

#[test]
fn plain_resampling_beyond_a_bound_is_less_than_was_wished_for() {
    let output = Size::new(1440, 2560);
    let at = |size: Size, scale: u32| PaintedAt::of(size, output, scale);
    let stretched = at(Size::new(464, 824), 1);
    assert!(
        stretched.is_stretched() && stretched.enlarged > 3.1,
        "{stretched:?}"
    );
    let by_model = at(Size::new(464, 824), 4);
    assert!(
        !by_model.is_stretched() && by_model.enlarged > 3.1,
        "{by_model:?}"
    );
    assert!(at(Size::new(464, 824), 2).is_stretched());
    assert!(!at(Size::new(960, 1708), 1).is_stretched());
    let whole = at(output, 1);
    assert!((whole.enlarged - 1.0).abs() < f64::EPSILON && !whole.is_stretched());
}

#[test]
fn the_processor_enlarges_by_a_model_where_there_is_one() {
    let request = PlanRequest {
        allow_cpu: true,
        least_quality: Quality::Ultra,
        ..PlanRequest::new(
            ModelFacts::of(Family::Sd15),
            Quality::Ultra,
            Aspect::Portrait,
        )
    };
    let planned = |server: &ServerFacts| {
        Planner::new().plan(&request, None, server, &MemoryCorrections::NONE)
    };
    let plain = planned(&ServerFacts::default());
    assert_eq!(
        (plain.strategy, &plain.finish),
        (PaintStrategy::Cpu, &Some(EnlargeMethod::Resample))
    );
    assert!(plain.is_stretched() && plain.is_degraded());
    assert!(
        plain
            .reasons
            .iter()
            .any(|reason| reason.contains("resampling")),
        "{:?}",
        plain.reasons
    );
    assert!(
        plain
            .suggestions
            .iter()
            .any(|it| it.contains("upscale model")),
        "{:?}",
        plain.suggestions
    );
    let by_model = planned(&ServerFacts {
        upscale_models: vec![UpscaleModel::from_name("4x-UltraSharp.pth")],
        ..ServerFacts::default()
    });
    assert!(
        matches!(by_model.finish, Some(EnlargeMethod::Model { scale: 4, .. })),
        "{by_model:?}"
    );
    assert!(!by_model.is_stretched());
}
