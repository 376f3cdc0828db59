use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::recorded::{VERSIONS, object_info, recording, theme};
use crate::{
    Cfg, Denoise, EncoderType, Enlarge, Error, Family, Guidance, ImageSize, LatentMethod,
    LatentPass, Lora, ModelFile, Models, ObjectInfo, PaintJob, PaintSize, PixelMethod, PixelRefine,
    PromptText, Refine, Sampling, Seed, Steps, Strength, TextEncoders, Tile, VaeWay, WeightType,
};

fn file(name: &str) -> ModelFile {
    ModelFile::new(name).unwrap()
}

fn checkpoint() -> Models {
    Models::Checkpoint {
        file: file("random_sd15_fp16.safetensors"),
        vae: None,
    }
}

fn split(family: Family) -> Models {
    Models::Split {
        diffusion: file("d.safetensors"),
        weights: WeightType::Fp8E4M3,
        family,
        vae: file("v.safetensors"),
    }
}

fn families() -> Vec<Family> {
    let two = || TextEncoders::Two(file("a.safetensors"), file("b.safetensors"));
    vec![
        Family::Flux {
            clip: file("a.safetensors"),
            t5: file("b.safetensors"),
            guidance: Some(Guidance::new(3.5).unwrap()),
        },
        Family::Sd3 {
            text: two(),
            shift: None,
        },
        Family::Sd3 {
            text: TextEncoders::One(file("a.safetensors")),
            shift: None,
        },
        Family::QwenImage {
            text: file("a.safetensors"),
            shift: None,
        },
        Family::ZImage {
            text: file("a.safetensors"),
            shift: None,
        },
        Family::Other {
            kind: EncoderType::new("chroma").unwrap(),
            text: TextEncoders::One(file("a.safetensors")),
        },
    ]
}

fn job(models: Models) -> PaintJob {
    let mut job = PaintJob::new(
        models,
        PromptText::literal("a boat").unwrap(),
        PaintSize::new(512, 768).unwrap(),
    );
    job.seed = Seed::new(u64::MAX);
    job
}

fn refine(models: &Models) -> Refine {
    Refine {
        sampling: models.usual_sampling(),
        denoise: Denoise::new(0.4).unwrap(),
    }
}

fn ways(models: &Models) -> Vec<Enlarge> {
    let (size, tile) = (
        PaintSize::new(1080, 1920).unwrap(),
        VaeWay::Tiled(Tile::new(512, 64).unwrap()),
    );
    let pass = || PixelRefine {
        size,
        encode: tile,
        refine: refine(models),
        decode: tile,
    };
    let model = || PixelMethod::Model(file("4x.safetensors"));
    vec![
        Enlarge::No,
        Enlarge::Latent(vec![LatentPass {
            size,
            method: LatentMethod::NearestExact,
            refine: refine(models),
        }]),
        Enlarge::Pixels {
            with: model(),
            refine: None,
        },
        Enlarge::Pixels {
            with: PixelMethod::Lanczos,
            refine: None,
        },
        Enlarge::Pixels {
            with: model(),
            refine: Some(pass()),
        },
        Enlarge::Pixels {
            with: PixelMethod::Lanczos,
            refine: Some(pass()),
        },
    ]
}

/// A way with both ways of finishing it.
fn finished(enlarge: Enlarge) -> [(Enlarge, PixelMethod); 2] {
    let model = PixelMethod::Model(file("4x.safetensors"));
    [(enlarge.clone(), PixelMethod::Lanczos), (enlarge, model)]
}

/// The recorded nodes of a server that has all the model files that the tests name.
fn stocked(version: &str) -> ObjectInfo {
    let mut info = object_info(version);
    let files = [
        "a.safetensors",
        "b.safetensors",
        "d.safetensors",
        "v.safetensors",
        "4x.safetensors",
        "l.safetensors",
    ];
    for class in [
        "UNETLoader",
        "CLIPLoader",
        "DualCLIPLoader",
        "VAELoader",
        "UpscaleModelLoader",
        "LoraLoader",
    ] {
        let mut class_info = info.class(class).unwrap().clone();
        for (name, input) in &mut class_info.inputs {
            if super::check::names_a_model(name) {
                input.kind = crate::wire::object_info::InputKind::Choice(
                    files.iter().map(|file| json!(file)).collect(),
                );
            }
        }
        info.insert(class, class_info);
    }
    info
}

fn class_count(workflow: &Workflow, class: &str) -> usize {
    workflow
        .nodes()
        .values()
        .filter(|node| node.class == class)
        .count()
}

#[test]
fn every_way_of_every_family_is_accepted_by_both_versions() {
    for version in VERSIONS {
        let info = stocked(version);
        let models = families().into_iter().map(split).chain([checkpoint()]);
        for models in models {
            for (enlarge, finish) in ways(&models).into_iter().flat_map(finished) {
                for decode in [VaeWay::Whole, VaeWay::Tiled(Tile::new(256, 64).unwrap())] {
                    let mut job = job(models.clone());
                    job.decode = decode;
                    job.text_on_processor = decode != VaeWay::Whole;
                    job.finish = finish.clone();
                    job.loras = vec![
                        Lora {
                            file: file("l.safetensors"),
                            strength: Strength::new(0.8).unwrap()
                        };
                        2
                    ];
                    job.enlarge = enlarge.clone();
                    job.output = ImageSize::new(1440, 2560).unwrap();
                    let workflow = Workflow::build(&job);
                    assert_eq!(workflow.check(&info), [], "{version} {job:?}");
                    assert_eq!(class_count(&workflow, "SaveImage"), 1);
                    let save = workflow
                        .nodes()
                        .values()
                        .find(|node| node.class == "SaveImage")
                        .unwrap();
                    let (last, _) = as_link(&save.inputs["images"]).unwrap();
                    let last = &workflow.nodes()[last];
                    assert_eq!(
                        (
                            last.class.as_str(),
                            &last.inputs["width"],
                            &last.inputs["height"]
                        ),
                        ("ImageScale", &json!(1440), &json!(2560))
                    );
                }
            }
        }
    }
}

#[test]
fn a_text_encoder_of_its_own_is_kept_off_the_card_when_that_is_asked_for() {
    for models in families().into_iter().map(split).chain([checkpoint()]) {
        let is_split = matches!(models, Models::Split { .. });
        let mut job = job(models);
        let device = |job: &PaintJob| {
            let workflow = Workflow::build(job);
            let mut nodes = workflow.nodes().values();
            nodes.find_map(|node| node.inputs.get("device").cloned())
        };
        assert_eq!(device(&job), None);
        job.text_on_processor = true;
        assert_eq!(device(&job), is_split.then(|| json!("cpu")));
    }
}

#[test]
fn one_pass_of_a_checkpoint_is_the_recorded_graph() {
    let mut job = job(checkpoint());
    job.negative = PromptText::literal("text, watermark").unwrap();
    let workflow = Workflow::build(&job);
    let classes: Vec<&str> = workflow.classes();
    let recorded =
        recording("v0.33.0", "run", "prompt_post_success")["request"]["json"]["prompt"].clone();
    let mut expected: Vec<&str> = recorded
        .as_object()
        .unwrap()
        .values()
        .map(|node| node["class_type"].as_str().unwrap())
        .collect();
    expected.sort_unstable();
    expected.dedup();
    assert_eq!(classes, expected);
    let sampler = workflow
        .nodes()
        .values()
        .find(|node| node.class == "KSampler")
        .unwrap();
    assert_eq!(sampler.inputs["seed"], json!(u64::MAX));
    assert!(
        workflow
            .to_json()
            .to_string()
            .contains("18446744073709551615")
    );
}

#[test]
fn nothing_is_done_that_is_not_needed() {
    let mut flux = job(split(families().remove(0)));
    let workflow = Workflow::build(&flux);
    assert_eq!(
        class_count(&workflow, "CLIPTextEncode"),
        1,
        "no negative prompt at CFG 1"
    );
    assert_eq!(class_count(&workflow, "ImageScale"), 0, "the size is right");
    flux.finish = PixelMethod::Model(file("4x.safetensors"));
    let workflow = Workflow::build(&flux);
    assert_eq!(
        class_count(&workflow, "UpscaleModelLoader"),
        0,
        "nothing to finish"
    );
    flux.sampling.cfg = Cfg::new(2.0).unwrap();
    assert_eq!(class_count(&Workflow::build(&flux), "CLIPTextEncode"), 2);
    let shifted = split(Family::ZImage {
        text: file("a.safetensors"),
        shift: Some(crate::Shift::new(3.0).unwrap()),
    });
    assert_eq!(
        class_count(&Workflow::build(&job(shifted)), "ModelSamplingAuraFlow"),
        1
    );
}

#[test]
fn a_model_finishes_what_latent_passes_leave() {
    let models = checkpoint();
    let mut job = job(models.clone());
    job.enlarge = ways(&models).remove(1);
    job.finish = PixelMethod::Model(file("4x.safetensors"));
    job.output = ImageSize::new(1440, 2560).unwrap();
    let workflow = Workflow::build(&job);
    let only = |class: &str| {
        let mut nodes = workflow.nodes().values().filter(|node| node.class == class);
        let node = nodes.next().unwrap();
        assert!(nodes.next().is_none(), "{class}");
        node
    };
    let from = |node: &Node, input: &str| {
        let (id, _) = as_link(&node.inputs[input]).unwrap();
        workflow.nodes()[id].class.clone()
    };
    assert_eq!(from(only("ImageScale"), "image"), "ImageUpscaleWithModel");
    assert_eq!(from(only("ImageUpscaleWithModel"), "image"), "VAEDecode");
    assert_eq!(from(only("LatentUpscale"), "samples"), "KSampler");
}

#[test]
fn what_the_recorded_servers_refused_is_found_before_sending() {
    for version in VERSIONS {
        let info = object_info(version);
        let mut compared = 0;
        for (name, recording) in theme(version, "validation") {
            let Some(prompt) = recording["request"]
                .get("json")
                .and_then(|body| body.get("prompt"))
            else {
                continue;
            };
            // Known only on the server: the file of LoadImage, the form of ids, cycles.
            if [
                "loadimage_missing",
                "prompt_id_not_uuid",
                "prompt_id_uppercase_uuid",
                "cycle",
                "link_int_node_id",
            ]
            .contains(&name.as_str())
            {
                continue;
            }
            let Some(workflow) = plain(prompt) else {
                continue;
            };
            let problems = workflow.check(&info);
            let refused = recording["status"] != 200 || name == "partially_valid_accepted_200";
            assert_eq!(
                !problems.is_empty(),
                refused,
                "{version} {name}: {problems:?}"
            );
            compared += 1;
        }
        assert!(compared > 20, "{version}: {compared}");
    }
}

/// A workflow of a recording, without the demands of a template.
fn plain(prompt: &Value) -> Option<Workflow> {
    let nodes = prompt.as_object()?.iter().map(|(id, node)| {
        let class = node.get("class_type")?.as_str()?.to_owned();
        Some((
            id.clone(),
            Node {
                class,
                inputs: node.get("inputs")?.as_object()?.clone(),
                title: None,
            },
        ))
    });
    Some(Workflow {
        nodes: nodes.collect::<Option<_>>()?,
    })
}

#[test]
fn a_missing_model_names_what_is_there() {
    let info = object_info("v0.33.0");
    let models = Models::Checkpoint {
        file: file("random_sd15.safetensors"),
        vae: None,
    };
    let error = Error::from_problems(Workflow::build(&job(models)).check(&info));
    let Error::MissingModel { there, .. } = &error else {
        panic!("{error}")
    };
    assert_eq!(there[0], "random_sd15_fp16.safetensors");
    let shifted = Family::Sd3 {
        text: TextEncoders::One(file("a")),
        shift: Some(crate::Shift::new(3.0).unwrap()),
    };
    let problems = Workflow::build(&job(split(shifted))).check(&info);
    assert!(
        problems
            .iter()
            .any(|problem| problem.kind == ProblemKind::MissingNode
                && problem.class == "ModelSamplingSD3")
    );
}

fn template(text: &Value, title: &str) -> String {
    json!({
        "3": {"class_type": "KSampler", "inputs": {"seed": "%seed%", "steps": "%steps%", "model": ["4", 0]}},
        "5": {"class_type": "EmptyLatentImage", "inputs": {"width": 1, "height": 1, "batch_size": 1}, "_meta": {"title": "%width% × %height%"}},
        "6": {"class_type": "CLIPTextEncode", "inputs": {"text": text, "clip": ["4", 1]}, "_meta": {"title": title}},
        "9": {"class_type": "SaveImage", "inputs": {"filename_prefix": "%date%mine", "images": ["8", 0]}},
    })
    .to_string()
}

fn values() -> TemplateValues {
    let mut values = TemplateValues::new(
        PromptText::with_syntax("a %seed% boat").unwrap(),
        Seed::new(u64::MAX),
        ImageSize::new(720, 1280).unwrap(),
    );
    values.steps = Some(Steps::new(12).unwrap());
    values
}

#[test]
fn places_are_filled_by_value_and_by_title() {
    let parsed = Template::parse(&template(
        &json!("photo of %prompt%, 100% cotton%"),
        "Prompt",
    ))
    .unwrap();
    let names: Vec<&str> = parsed.places().iter().map(|place| place.name()).collect();
    assert_eq!(names, ["prompt", "seed", "width", "height", "steps"]);
    let filled = parsed.fill(&values()).unwrap().to_json();
    assert_eq!(
        filled["6"]["inputs"]["text"],
        "photo of a %seed% boat, 100% cotton%"
    );
    assert_eq!(filled["3"]["inputs"]["seed"], json!(u64::MAX));
    assert_eq!(filled["3"]["inputs"]["steps"], 12);
    assert_eq!(
        (
            &filled["5"]["inputs"]["width"],
            &filled["5"]["inputs"]["height"]
        ),
        (&json!(720), &json!(1280))
    );
    // The user's own, unless another one is wanted.
    assert_eq!(filled["9"]["inputs"]["filename_prefix"], "%date%mine");
    let named = TemplateValues {
        prefix: Some(OutputPrefix::default()),
        ..values()
    };
    let named = parsed.fill(&named).unwrap().to_json();
    assert_eq!(named["9"]["inputs"]["filename_prefix"], "videogen");
    assert_eq!(filled["6"]["inputs"]["clip"], json!(["4", 1]));

    let titled = Template::parse(&template(&json!("old"), "My %prompt%")).unwrap();
    assert_eq!(
        titled.fill(&values()).unwrap().to_json()["6"]["inputs"]["text"],
        "a %seed% boat"
    );
    let both = Template::parse(&template(&json!("ink, %prompt%"), "%prompt%")).unwrap();
    assert_eq!(
        both.fill(&values()).unwrap().to_json()["6"]["inputs"]["text"],
        "ink, a %seed% boat"
    );
    let wrapped = format!(
        r#"{{"prompt": {}, "client_id": "x"}}"#,
        template(&json!("%prompt%"), "")
    );
    assert_eq!(Template::parse(&wrapped).unwrap().places().len(), 5);
}

#[test]
fn what_cannot_be_used_is_refused_with_the_remedy() {
    let ui = r#"{"last_node_id": 1, "nodes": [{"id": 1, "type": "KSampler"}], "links": [], "version": 0.4}"#;
    for json in [ui.to_owned(), format!(r#"{{"prompt": {ui}}}"#)] {
        let error = Template::parse(&json).unwrap_err();
        assert!(matches!(error, Error::UiFormat));
        assert!(error.help().unwrap().to_string().contains("Export (API)"));
    }
    let problem = |json: &str| match Template::parse(json).unwrap_err() {
        Error::Template { problem } => problem,
        other => panic!("{other}"),
    };
    assert!(problem("{").contains("not JSON"));
    assert!(problem("[]").contains("no JSON object"));
    assert!(problem("{}").contains("no nodes"));
    assert!(problem(r#"{"1": {"inputs": {}}}"#).contains("class_type"));
    assert!(problem(r#"{"1": 3}"#).contains("is no object"));
    assert!(problem(&template(&json!("a boat"), "Prompt")).contains("%prompt%"));
    assert!(problem(&template(&json!("%promt%"), "")).contains("there are %prompt%"));
    assert!(problem(&"[".repeat(10_000)).contains("recursion"));
    let mut lacking = values();
    lacking.steps = None;
    let parsed = Template::parse(&template(&json!("%prompt%"), "")).unwrap();
    assert!(
        parsed
            .fill(&lacking)
            .unwrap_err()
            .to_string()
            .contains("%steps%")
    );
    let linked = Template::parse(&template(&json!(["7", 0]), "%prompt%")).unwrap();
    assert!(
        linked
            .fill(&values())
            .unwrap_err()
            .to_string()
            .contains("none of the inputs")
    );
}

#[test]
fn progress_never_goes_back_and_ends_at_one() {
    let workflow = Workflow::build(&job(checkpoint()));
    let mut share = Share::of(&workflow);
    assert!(share.fraction().abs() < f64::EPSILON);
    let sampler = workflow
        .nodes()
        .iter()
        .find(|(_, node)| node.class == "KSampler")
        .unwrap()
        .0
        .clone();
    let mut last = 0.0;
    for (value, max) in [
        (1.0, 20.0),
        (10.0, 20.0),
        (3.0, 20.0),
        (0.0, 0.0),
        (f64::NAN, 1.0),
        (5.0, f64::INFINITY),
        (20.0, 20.0),
    ] {
        share.node(&sampler, value, max);
        share.node("nowhere", value, max);
        assert!((last..=1.0).contains(&share.fraction()));
        last = share.fraction();
    }
    assert!(last > 0.5, "sampling is most of it");
    workflow
        .nodes()
        .keys()
        .for_each(|node| share.finished(node));
    assert!((share.fraction() - 1.0).abs() < 1e-9);
    assert!(Share::of(&Workflow::empty()).fraction().abs() < f64::EPSILON);
}

proptest! {
    /// Whatever can be constructed, the server accepts, and the picture has the promised size.
    #[test]
    fn what_can_be_constructed_is_accepted(
        width in 2u32..300, height in 2u32..300, steps in 1u32..=10_000, cfg in 0.0..=100.0f64, seed: u64,
        output in (1u32..=16_384, 1u32..=16_384), text in any::<String>(), way in 0..6usize, family in 0..7usize,
        side in 2u32..=128,
    ) {
        let models = families().into_iter().map(split).chain([checkpoint()]).nth(family).unwrap();
        let mut job = job(models.clone());
        let Ok(prompt) = PromptText::with_syntax(&text) else { return Ok(()) };
        job.prompt = prompt;
        job.size = PaintSize::new(width * 8, height * 8).unwrap();
        job.seed = Seed::new(seed);
        job.sampling = Sampling { steps: Steps::new(steps).unwrap(), cfg: Cfg::new(cfg).unwrap(), ..job.sampling };
        job.output = ImageSize::new(output.0, output.1).unwrap();
        job.enlarge = ways(&models).remove(way);
        job.decode = VaeWay::Tiled(Tile::new(side * 32, 0).unwrap());
        let workflow = Workflow::build(&job);
        for version in VERSIONS {
            prop_assert_eq!(workflow.check(&stocked_once(version)), vec![]);
        }
        prop_assert_eq!(workflow.to_json().to_string(), Workflow::build(&job).to_json().to_string());
    }

    #[test]
    fn a_prompt_fills_in_as_it_is(text in any::<String>()) {
        let parsed = Template::parse(&template(&json!("%prompt%"), "")).unwrap();
        let mut values = values();
        let Ok(prompt) = PromptText::with_syntax(&text) else { return Ok(()) };
        values.prompt = prompt.clone();
        let filled = parsed.fill(&values).unwrap().to_json();
        prop_assert_eq!(filled["6"]["inputs"]["text"].as_str(), Some(prompt.as_str()));
    }

    #[test]
    fn no_template_panics(json in any::<String>(), text in "[%a-z_ ]{0,30}") {
        let _ = Template::parse(&json);
        if let Ok(parsed) = Template::parse(&template(&json!(text), &text)) {
            let _ = parsed.fill(&values());
        }
    }
}

fn stocked_once(version: &str) -> ObjectInfo {
    static STOCKED: std::sync::OnceLock<Vec<ObjectInfo>> = std::sync::OnceLock::new();
    let all = STOCKED.get_or_init(|| VERSIONS.iter().map(|version| stocked(version)).collect());
    all[VERSIONS.iter().position(|each| *each == version).unwrap()].clone()
}
