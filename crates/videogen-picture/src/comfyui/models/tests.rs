//! Folders of models as people have them.

use proptest::prelude::*;
use videogen_vram::{Bytes, TotalBytes};

use super::*;

fn texts(names: &[&str]) -> Vec<String> {
    names.iter().map(|&name| name.to_owned()).collect()
}

fn lists(checkpoints: &[&str]) -> Lists {
    Lists {
        checkpoints: texts(checkpoints),
        ..Lists::default()
    }
}

/// A server with a card of so many GiB.
fn card(gib: u64) -> Ground {
    let total = Bytes::from_gib(gib);
    let card = GpuReading::fixed("card", TotalBytes::new(total), FreeBytes::new(total));
    Ground {
        facts: ServerFacts::default(),
        card: Some(card),
    }
}

fn choose_on(lists: &Lists, ground: &Ground) -> Result<Choice, String> {
    choose(lists, None, ground, &BTreeMap::new())
}

fn chosen(checkpoints: &[&str], wanted: Option<&str>) -> Result<String, String> {
    let choice = choose(&lists(checkpoints), wanted, &card(12), &BTreeMap::new());
    choice.map(|choice| choice.facts.name)
}

/// Everything that makes no pictures from words.
const OTHERS: [&str; 6] = [
    "ace_step_v1_3.5b.safetensors",
    "stable-audio-open-1.0.safetensors",
    "svd_xt.safetensors",
    "hunyuan3d-dit-v2_fp16.safetensors",
    "sam3.safetensors",
    "Cosmos-1_0-Diffusion-7B-Text2World.safetensors",
];

fn flux_set() -> Lists {
    Lists {
        checkpoints: Vec::new(),
        diffusion: texts(&["flux1-dev-fp8.safetensors"]),
        text: texts(&["clip_l.safetensors", "t5xxl_fp8_e4m3fn.safetensors"]),
        vae: texts(&["qwen_image_vae.safetensors", "ae.safetensors"]),
    }
}

#[test]
fn the_best_checkpoint_is_taken() {
    let name = |list: &[&str]| chosen(list, None).unwrap();
    assert_eq!(
        name(&["v1-5-pruned.safetensors", "sd_xl_base_1.0.safetensors"]),
        "sd_xl_base_1.0.safetensors"
    );
    assert_eq!(
        name(&["sdxl_turbo.safetensors", "juggernautXL.safetensors"]),
        "juggernautXL.safetensors"
    );
    assert_eq!(name(&["mystery.ckpt", "sd15.ckpt"]), "sd15.ckpt");
    assert_eq!(name(&["mystery.ckpt"]), "mystery.ckpt");
    assert!(chosen(&["sdxl_refiner.safetensors"], None).is_err());
    assert!(chosen(&[], None).is_err());
}

#[test]
fn a_named_model_is_found_without_folder_and_extension_or_refused() {
    let list = ["old/SD15.safetensors", "sdxl.safetensors"];
    assert_eq!(chosen(&list, Some("sd15")).unwrap(), "old/SD15.safetensors");
    let refused = chosen(&list, Some("flux")).unwrap_err();
    assert!(refused.contains("sdxl.safetensors"), "{refused}");
    let audio = ["ace_step_v1_3.5b.safetensors", "sdxl.safetensors"];
    let refused = chosen(&audio, Some("ace_step_v1_3.5b")).unwrap_err();
    assert!(
        refused.contains("makes sound") && refused.contains("it has sdxl"),
        "{refused}"
    );
}

#[test]
fn a_checkpoint_of_unknown_family_is_planned_with_care_until_somebody_knows() {
    let unknown = lists(&["mystery.ckpt"]);
    let choice = choose_on(&unknown, &card(12)).unwrap();
    assert!(choice.is_unknown);
    let known = |family| ModelFacts::of(family);
    assert_eq!(choice.facts.weights, known(Family::Sdxl).weights);
    assert!(
        known(Family::Sdxl).weights.diffusion.stored > known(Family::Sd15).weights.diffusion.stored
    );
    assert_eq!(choice.facts.family, Family::Sd15);
    let told = choice.of_family(Family::Sdxl);
    assert_eq!(
        (told.facts.name.as_str(), told.facts.family),
        ("mystery.ckpt", Family::Sdxl)
    );
    // What its file says counts more than what it is called.
    let says = |what| BTreeMap::from([("mystery.ckpt".to_owned(), what)]);
    let choice = choose(
        &unknown,
        None,
        &card(12),
        &says(ModelKind::Family(Family::Sdxl)),
    );
    assert_eq!(choice.unwrap().facts.family, Family::Sdxl);
    let refused = choose(
        &unknown,
        None,
        &card(12),
        &says(ModelKind::Other(ModelPurpose::Clips)),
    );
    assert!(refused.unwrap_err().contains("mystery.ckpt makes clips"));
}

#[test]
fn a_model_of_several_files_needs_all_of_them() {
    let mut lists = Lists {
        diffusion: texts(&["z_image_turbo_bf16.safetensors"]),
        text: texts(&["qwen_3_4b.safetensors"]),
        // It has the two letters in it, and is another.
        vae: texts(&["qwen_image_vae.safetensors"]),
        ..Lists::default()
    };
    let why = choose_on(&lists, &card(24)).unwrap_err();
    assert!(
        why.contains("z_image_turbo_bf16.safetensors is not complete: there is no ae in vae"),
        "{why}"
    );
    let named = choose(
        &lists,
        Some("z_image_turbo_bf16"),
        &card(24),
        &BTreeMap::new(),
    );
    assert!(named.unwrap_err().contains("there is no ae in vae"));
    lists.vae.push("ae.safetensors".to_owned());
    let choice = choose_on(&lists, &card(24)).unwrap();
    assert_eq!(choice.facts.family, Family::ZImage);
    let Models::Split { vae, .. } = &choice.files else {
        panic!("{:?}", choice.files);
    };
    assert_eq!(vae.as_str(), "ae.safetensors");
}

#[test]
fn what_makes_no_pictures_is_never_chosen_and_what_it_is_is_told() {
    let why = choose_on(&lists(&OTHERS), &card(24)).unwrap_err();
    for (file, does) in [
        (OTHERS[0], "makes sound"),
        (OTHERS[2], "makes clips"),
        (OTHERS[4], "finds things"),
    ] {
        assert!(why.contains(&format!("{file} {does}")), "{why}");
    }
    // A complete set beats all that lies in checkpoints and is something else.
    let mut all = flux_set();
    all.checkpoints = texts(&OTHERS);
    let choice = choose_on(&all, &card(24)).unwrap();
    assert_eq!(choice.facts.family, Family::Flux1Dev);
    assert_eq!(choice.left_out.len(), OTHERS.len());
    let Models::Split { vae, .. } = &choice.files else {
        panic!("{:?}", choice.files);
    };
    assert_eq!(vae.as_str(), "ae.safetensors");
}

#[test]
fn flux_and_sd3_are_painted_with_from_one_file() {
    for (file, family) in [
        ("flux1-dev-fp8.safetensors", Family::Flux1Dev),
        ("flux1-schnell-fp8.safetensors", Family::Flux1Schnell),
        ("sd3.5_large_fp8_scaled.safetensors", Family::Sd3),
    ] {
        let choice = choose_on(&lists(&[file]), &card(24)).unwrap();
        assert_eq!(choice.facts.family, family);
        assert!(!choice.facts.separate_files && matches!(choice.files, Models::AllInOne { .. }));
    }
}

#[test]
fn what_plans_best_on_the_card_is_chosen() {
    let both = |ground: &Ground| {
        let mut all = flux_set();
        all.checkpoints = texts(&["sd_xl_base_1.0.safetensors", "v1-5-pruned.safetensors"]);
        choose_on(&all, ground).unwrap()
    };
    assert_eq!(both(&card(24)).facts.family, Family::Flux1Dev);
    let small = both(&card(8));
    assert_eq!(small.facts.family, Family::Sdxl, "{}", small.why);
    assert!(small.why.contains("SDXL"), "{}", small.why);
    let flux = &small
        .left_out
        .iter()
        .find(|(file, _)| file.starts_with("flux"))
        .unwrap()
        .1;
    assert!(flux.contains("FLUX.1 dev"), "{flux}");
    // On a processor the smallest one.
    assert_eq!(both(&Ground::default()).facts.family, Family::Sd15);
}

fn any_file() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        "v1-5-pruned.safetensors",
        "sd_xl_base_1.0.safetensors",
        "sdxl_lightning.safetensors",
        "juggernautXL.safetensors",
        "flux1-dev-fp8.safetensors",
        "flux1-schnell.safetensors",
        "sd3.5_large_fp8_scaled.safetensors",
        "z_image_turbo_bf16.safetensors",
        "qwen_image_fp8_e4m3fn.safetensors",
        "chroma-unlocked-v37.safetensors",
        "mystery.ckpt",
    ])
}

fn any_lists() -> impl Strategy<Value = Lists> {
    let some = |names: &'static [&'static str]| {
        prop::sample::subsequence(names, 0..=names.len()).prop_map(|names| texts(&names))
    };
    let files = || prop::collection::btree_set(any_file(), 0..6);
    let text = some(&[
        "clip_l.safetensors",
        "clip_g.safetensors",
        "t5xxl_fp16.safetensors",
        "t5xxl_fp8_e4m3fn.safetensors",
        "qwen_3_4b.safetensors",
        "qwen_2.5_vl_7b_fp8_scaled.safetensors",
        "umt5_xxl_fp8.safetensors",
    ]);
    let vae = some(&[
        "ae.safetensors",
        "qwen_image_vae.safetensors",
        "sd3_vae.safetensors",
        "wan_2.1_vae.safetensors",
    ]);
    (files(), files(), text, vae).prop_map(|(checkpoints, diffusion, text, vae)| Lists {
        checkpoints: checkpoints.into_iter().map(str::to_owned).collect(),
        diffusion: diffusion.into_iter().map(str::to_owned).collect(),
        text,
        vae,
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    /// The order of a server's lists changes nothing, and neither does a file that makes no pictures.
    #[test]
    fn the_same_is_chosen_whatever_lies_around(lists in any_lists(), gib in 2u64..32, other in prop::sample::select(&OTHERS[..])) {
        let ground = card(gib);
        let pick = |lists: &Lists| {
            let choice = choose_on(lists, &ground);
            choice.map(|choice| (choice.facts.name, choice.files)).ok()
        };
        let best = pick(&lists);
        let reversed = |list: &[String]| list.iter().rev().cloned().collect::<Vec<_>>();
        let turned = Lists {
            checkpoints: reversed(&lists.checkpoints),
            diffusion: reversed(&lists.diffusion),
            text: reversed(&lists.text),
            vae: reversed(&lists.vae),
        };
        prop_assert_eq!(&pick(&turned), &best);
        let mut more = lists.clone();
        more.checkpoints.insert(0, other.to_owned());
        more.diffusion.push(other.to_owned());
        prop_assert_eq!(&pick(&more), &best);
        // Every file is chosen or accounted for.
        if let Ok(choice) = choose_on(&lists, &ground) {
            let files = lists.checkpoints.len() + lists.diffusion.len();
            prop_assert_eq!(choice.left_out.len() + 1, files);
        }
    }
}
