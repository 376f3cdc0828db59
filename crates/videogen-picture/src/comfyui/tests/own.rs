//! What users bring: workflows of their own, and LoRAs.

use serde_json::{Value, json};
use videogen_net::TrafficMeter;
use videogen_vram::{CardOptions, CardShare, PaintServer};

use super::super::comfy_card::ComfyCard;
use super::super::paint_with::PaintWith;
use super::*;
use crate::lora::LoraChoice;
use crate::tuning::Tuning;

const DRAFT: (Quality, Aspect) = (Quality::Draft, Aspect::Portrait);

/// The workflow of the documentation, changed.
fn workflow(change: impl FnOnce(&mut Value)) -> (Utf8TempDir, PaintWith) {
    let example = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../docs/workflow-example.json"
    );
    let mut json = serde_json::from_slice(&std::fs::read(example).unwrap()).unwrap();
    change(&mut json);
    let directory = tempdir().unwrap();
    let file = directory.path().join("mine.json");
    std::fs::write(&file, json.to_string()).unwrap();
    let with = PaintWith {
        tuning: Tuning::default(),
        workflow: Some(file),
        loras: Vec::new(),
    };
    (directory, with)
}

/// A latent of a size of its own.
fn of_size(width: u32, height: u32) -> impl FnOnce(&mut Value) {
    move |json| {
        json["4"]["_meta"]["title"] = json!("Latent");
        json["4"]["inputs"]["width"] = json!(width);
        json["4"]["inputs"]["height"] = json!(height);
    }
}

fn servers(of: &[&MockComfy]) -> ComfyServers {
    let urls = of.iter().map(|server| server.url().parse().unwrap());
    ComfyServers::new(ComfyOptions {
        servers: urls.collect(),
        ..ComfyOptions::default()
    })
    .unwrap()
}

impl Studio {
    async fn bringing(of: &[&MockComfy], with: &PaintWith) -> Self {
        let found = servers(of).painting_with(with, DRAFT).await.unwrap();
        Self {
            painter: found
                .painter
                .unwrap_or_else(|| panic!("{:?}", found.refused)),
            directory: tempdir().unwrap(),
            cancel: CancellationToken::new(),
            warnings: Mutex::default(),
        }
    }
}

fn posted(server: &MockComfy) -> u64 {
    server.counters().requests_of("POST /prompt")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_workflow_of_the_user_paints_with_what_it_asks_for() {
    let server = server(Family::SD15).start();
    let (_kept, with) = workflow(|_| {});
    let studio = Studio::bringing(&[&server], &with).await;
    let painted = studio.painted(0, Quality::Draft).await;
    assert_eq!(painted.strategy.as_deref(), Some("workflow"));
    assert_eq!(painted.workflow.map(|digest| digest.len()), Some(64));
    assert_eq!((painted.steps.len(), painted.is_fallback), (0, false));
    let sent = &server.prompts()[0]["prompt"];
    let text = sent["2"]["inputs"]["text"].as_str().unwrap();
    assert!(
        text.starts_with("a photograph of a lighthouse in a storm"),
        "{text}"
    );
    assert_eq!(
        sent["1"]["inputs"]["ckpt_name"],
        "v1-5-pruned-emaonly.safetensors"
    );
    assert!(
        sent["3"]["inputs"]["text"]
            .as_str()
            .unwrap()
            .contains("watermark")
    );
    let sampler = &sent["5"]["inputs"];
    assert_eq!(
        (&sampler["seed"], &sampler["steps"]),
        (&json!(1), &json!(20))
    );

    // Another file is another painter; how it is written is what is hashed.
    let (_kept, other) = workflow(|json| json["5"]["inputs"]["sampler_name"] = json!("euler"));
    let other = Studio::bringing(&[&server], &other).await;
    let request = request(0, Quality::Draft);
    assert_ne!(
        key_of(&*studio.painter, &request),
        key_of(&*other.painter, &request)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn pictures_of_another_shape_are_cut_and_those_of_an_absurd_one_refused() {
    let server = server(Family::SD15).start();
    let (_kept, small) = workflow(of_size(256, 384));
    let studio = Studio::bringing(&[&server], &small).await;
    let painted = studio.painted(0, Quality::Draft).await;
    assert_eq!((painted.by.as_str(), painted.cropped), ("comfyui", None));
    let told = &painted.steps[0];
    assert_eq!(told.to, "pictures of 256x384, enlarged", "{told:?}");

    // The upright pictures of SDXL are no step down in any video; that they are cut is told once.
    let (_kept, upright) = workflow(of_size(768, 1344));
    let studio = Studio::bringing(&[&server], &upright).await;
    for index in 1..3 {
        let painted = studio.paint(index, Quality::Draft).await.unwrap();
        assert_eq!((painted.steps.len(), painted.is_fallback), (0, false));
        assert_eq!(dimensions(&studio.file(index)), (768, 1152));
        let kept = painted.cropped.map(|kept| (kept.width, kept.height));
        assert_eq!(kept, Some((768, 1152)), "a draft has 2:3");
        assert_eq!(painted.enlarged, None);
    }
    let told = studio.warnings.lock().unwrap().clone();
    let cut = told.iter().filter(|told| told.contains("768x1344")).count();
    assert_eq!(cut, 1, "{told:?}");

    let before = posted(&server);
    let (_kept, panorama) = workflow(of_size(768, 256));
    let studio = Studio::bringing(&[&server], &panorama).await;
    // Others than before: what a name has painted there is collected.
    for index in 3..5 {
        let painted = studio.paint(index, Quality::Draft).await.unwrap();
        assert_eq!(
            (painted.by.as_str(), painted.is_fallback),
            ("builtin", true)
        );
        assert!(
            painted.steps[0].reason.to_string().contains("768x256"),
            "{painted:?}"
        );
    }
    assert_eq!(posted(&server) - before, 1, "known after the first");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_puts_out_no_still_picture_is_refused_before_anything_runs() {
    let inputs = json!({"images": ["IMAGE"], "fps": ["FLOAT", {}]});
    let server = server(Family::SD15)
        .output_class("SaveAnimatedWEBP", inputs)
        .start();
    let saves_as = |class: &'static str, more: Value| {
        move |json: &mut Value| {
            json["7"]["class_type"] = json!(class);
            json["7"]["inputs"] = json!({"images": json["7"]["inputs"]["images"]});
            for (name, value) in more.as_object().unwrap() {
                json["7"]["inputs"][name] = value.clone();
            }
        }
    };
    let clip = json!({"fps": 6.0});
    let (_kept, with) = workflow(saves_as("SaveAnimatedWEBP", clip.clone()));
    let found = servers(&[&server]).painting_with(&with, DRAFT).await;
    let found = found.unwrap();
    assert!(found.painter.is_none());
    assert!(
        found.refused[0].contains("SaveAnimatedWEBP (node 7) makes a clip"),
        "{:?}",
        found.refused
    );
    assert_eq!(posted(&server), 0);

    // Beside a picture it may be there, and it is said which is used.
    let (_kept, with) = workflow(move |json| {
        json["17"] = json["7"].clone();
        saves_as("SaveAnimatedWEBP", clip)(json);
    });
    let found = servers(&[&server]).painting_with(&with, DRAFT).await;
    let found = found.unwrap();
    assert!(found.painter.is_some(), "{:?}", found.refused);
    assert!(
        found.doubts[0].contains("node 17 (SaveImage) is used"),
        "{:?}",
        found.doubts
    );
}

/// A PNG whose structure is whole, and whose pixels are none.
fn undecodable() -> Vec<u8> {
    let mut bytes = std::io::Cursor::new(Vec::new());
    let picture = image::DynamicImage::new_rgb8(512, 768);
    picture
        .write_to(&mut bytes, image::ImageFormat::Png)
        .unwrap();
    let mut bytes = bytes.into_inner();
    let mut at = 8;
    while at < bytes.len() {
        let length = u32::from_be_bytes(bytes[at..at + 4].try_into().unwrap()) as usize;
        if &bytes[at + 4..at + 8] == b"IDAT" {
            bytes[at + 8..at + 8 + length].fill(0xff);
            // The CRC-32 of ISO 3309, as the PNG specification has it.
            let sum = bytes[at + 4..at + 8 + length]
                .iter()
                .fold(u32::MAX, |sum, byte| {
                    (0..8).fold(sum ^ u32::from(*byte), |sum, _| {
                        (sum >> 1) ^ (0xedb8_8320 * (sum & 1))
                    })
                });
            bytes[at + 8 + length..at + 12 + length].copy_from_slice(&(!sum).to_be_bytes());
        }
        at += length + 12;
    }
    bytes
}

#[tokio::test(flavor = "multi_thread")]
async fn a_picture_that_only_who_decodes_it_finds_damaged_is_asked_for_once_more() {
    let server = server(Family::SD15)
        .fault(Fault::Bytes(undecodable()).once())
        .start();
    let (_kept, with) = workflow(|_| {});
    let studio = Studio::bringing(&[&server], &with).await;
    let painted = studio.painted(0, Quality::Draft).await;
    assert_eq!((painted.by.as_str(), painted.steps.len()), ("comfyui", 0));
    assert_eq!(posted(&server), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn pictures_of_a_workflow_are_spread_take_turns_and_leave_no_memory_behind() {
    let slow = || server(Family::SD15).steps_per_second(400.0).card(card(0));
    let (first, second) = (slow().start(), slow().start());
    let directory = tempdir().unwrap();
    let share = |free_after| {
        let options = CardOptions {
            leases: Some(directory.path().to_owned()),
            free_after,
            ..CardOptions::default()
        };
        Arc::new(CardShare::new(options, Vec::new(), Vec::new()))
    };
    let urls = [&first, &second].map(|server| server.url().parse().unwrap());
    let servers = ComfyServers::new(ComfyOptions {
        servers: urls.to_vec(),
        card: share(true),
        ..ComfyOptions::default()
    });
    let servers = servers.unwrap();
    let (_kept, with) = workflow(|_| {});
    let found = servers.painting_with(&with, DRAFT).await.unwrap();
    let painter = found.painter.unwrap();
    let studio = Studio {
        painter,
        directory: tempdir().unwrap(),
        cancel: CancellationToken::new(),
        warnings: Mutex::default(),
    };
    assert_eq!(studio.painter.parallel(), 4, "two at each");

    // Somebody else has the card.
    let other = share(false);
    let cancel = CancellationToken::new();
    let url = first.url().parse().unwrap();
    let client = ComfyCard::at(&url, &TrafficMeter::default()).unwrap();
    let client: Arc<dyn PaintServer> = Arc::new(client);
    let turn = other.for_painting(&client, Some(0), &|_| {}, &cancel).await;
    let painting = async {
        futures_util::future::join_all((0..4).map(|index| studio.painted(index, Quality::Draft)))
            .await
    };
    let giving_back = async {
        while studio.warnings.lock().unwrap().is_empty() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        drop(turn);
    };
    let (painted, ()) = tokio::join!(painting, giving_back);
    assert!(painted.iter().all(|painted| painted.steps.is_empty()));
    let told = studio.warnings.lock().unwrap().join("; ");
    assert!(told.contains("waiting for the graphics card"), "{told}");
    assert_eq!(posted(&first) + posted(&second), 4);
    assert!(posted(&first) > 0 && posted(&second) > 0);
    servers.close().await;
    assert_eq!((first.counters().frees, second.counters().frees), (1, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_workflow_that_runs_out_of_memory_is_tried_once_more_and_then_elsewhere() {
    let full = || Fault::OutOfMemory(Phase::Sample, OomText::Native);
    let first = server(Family::SD15)
        .card(card(0))
        .fault(full().once())
        .start();
    let (_kept, with) = workflow(|_| {});
    let studio = Studio::bringing(&[&first], &with).await;
    let painted = studio.painted(0, Quality::Draft).await;
    assert_eq!((posted(&first), first.counters().frees), (2, 1));
    assert!(
        painted.steps[0].to.ends_with("with its memory freed"),
        "{painted:?}"
    );

    let first = server(Family::SD15).card(card(0)).fault(full()).start();
    let second = server(Family::SD15).start();
    let studio = Studio::bringing(&[&first, &second], &with).await;
    let painted = studio.painted(0, Quality::Draft).await;
    assert!(painted.endpoint.unwrap().starts_with(&second.url()));
    assert_eq!(
        (posted(&first), painted.steps.len()),
        (2, 0),
        "nothing is lost"
    );
    second.go_down();
    let painted = studio.paint(1, Quality::Draft).await.unwrap();
    assert_eq!(painted.steps.last().unwrap().to, "builtin");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_workflow_lacks_is_named_for_each_server_before_anything_is_painted() {
    let able = server(Family::SD15).start();
    let poor = server(Family::SD15).without_class("VAEDecode").start();
    let (_kept, with) = workflow(|_| {});
    let found = servers(&[&poor, &able])
        .painting_with(&with, DRAFT)
        .await
        .unwrap();
    assert!(found.painter.is_some());
    let refused = &found.refused[0];
    assert!(
        refused.starts_with(&poor.url()) && refused.contains("no node VAEDecode"),
        "{refused}"
    );

    let (_kept, with) = workflow(|json| {
        json["1"]["_meta"]["title"] = json!("Checkpoint");
        json["6"]["class_type"] = json!("MyDecode");
        json["8"] = json!({ "class_type": "MyNode", "inputs": {} });
    });
    let found = servers(&[&able]).painting_with(&with, DRAFT).await.unwrap();
    assert!(found.painter.is_none());
    let refused = &found.refused[0];
    for lack in [
        "MyDecode, MyNode",
        "no sd_xl_base_1.0.safetensors",
        "there is v1-5-pruned",
    ] {
        assert!(refused.contains(lack), "{lack}: {refused}");
    }
    assert_eq!(posted(&able) + posted(&poor), 0);

    let refused = async |change: fn(&mut Value)| {
        let (_kept, with) = workflow(change);
        let error = servers(&[&able])
            .painting_with(&with, DRAFT)
            .await
            .unwrap_err();
        format!("{error}; {}", error.help().unwrap())
    };
    let editor = refused(|json| *json = json!({ "nodes": [], "links": [] })).await;
    assert!(editor.contains("Export (API)"), "{editor}");
    let fixed = refused(|json| json["2"]["inputs"]["text"] = json!("a boat")).await;
    assert!(fixed.contains("%prompt%"), "{fixed}");
    let missing = PaintWith {
        tuning: Tuning::default(),
        workflow: Some("/nowhere/w.json".into()),
        loras: Vec::new(),
    };
    let error = servers(&[&able])
        .painting_with(&missing, DRAFT)
        .await
        .unwrap_err();
    assert!(matches!(error, Error::Workflow { .. }), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn loras_change_the_model_on_servers_that_have_them() {
    let able = server(Family::SD15).lora("styles/ink.safetensors").start();
    let without = server(Family::SD15).start();
    let with = |texts: &[&str]| PaintWith {
        tuning: Tuning::default(),
        workflow: None,
        loras: texts.iter().map(|text| text.parse().unwrap()).collect(),
    };
    let both = [&without, &able];
    let found = servers(&both)
        .painting_with(&with(&["ink:0.5"]), DRAFT)
        .await
        .unwrap();
    assert!(
        found.refused[0].contains("has no LoRA ink"),
        "{:?}",
        found.refused
    );
    let studio = Studio::bringing(&both, &with(&["ink:0.5"])).await;
    let painted = studio.painted(0, Quality::Draft).await;
    let wanted: LoraChoice = "ink:0.5".parse().unwrap();
    assert_eq!(painted.loras, [wanted]);
    let sent = able.prompts()[0]["prompt"].clone();
    let nodes = sent.as_object().unwrap().values();
    let lora: Vec<&Value> = nodes
        .filter(|node| node["class_type"] == "LoraLoader")
        .collect();
    assert_eq!(lora[0]["inputs"]["lora_name"], "styles/ink.safetensors");
    assert_eq!(lora[0]["inputs"]["strength_model"], 0.5);
    let stronger = Studio::bringing(&both, &with(&["ink"])).await;
    let request = request(0, Quality::Draft);
    assert_ne!(
        key_of(&*studio.painter, &request),
        key_of(&*stronger.painter, &request)
    );
    assert_eq!(posted(&without), 0);
}
