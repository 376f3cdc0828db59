//! What users bring: workflows of their own, and LoRAs.

use serde_json::{Value, json};

use super::*;
use crate::painting::{LoraChoice, PaintWith, Tuning};

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
    assert_eq!(painted.way.as_deref(), Some("workflow"));
    assert_eq!(painted.workflow.map(|digest| digest.len()), Some(64));
    assert_eq!((painted.steps.len(), painted.stand_in), (0, false));
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
        studio.painter.fingerprint(&request),
        other.painter.fingerprint(&request)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn pictures_of_a_workflow_that_are_small_are_enlarged_and_those_of_another_shape_refused() {
    let server = server(Family::SD15).start();
    let (_kept, small) = workflow(of_size(256, 384));
    let studio = Studio::bringing(&[&server], &small).await;
    let painted = studio.painted(0, Quality::Draft).await;
    assert_eq!(painted.by, "comfyui");
    let told = &painted.steps[0];
    assert_eq!(told.to, "pictures of 256x384, enlarged", "{told:?}");

    let before = posted(&server);
    let (_kept, square) = workflow(of_size(256, 256));
    let studio = Studio::bringing(&[&server], &square).await;
    // Others than before: what a name has painted there is collected.
    for index in 1..3 {
        let painted = studio.paint(index, Quality::Draft).await.unwrap();
        assert_eq!((painted.by.as_str(), painted.stand_in), ("builtin", true));
        assert!(painted.steps[0].reason.contains("256x256"), "{painted:?}");
    }
    assert_eq!(posted(&server) - before, 1, "known after the first");
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
    assert_eq!((posted(&first), painted.steps.len()), (2, 2));
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
    assert!(
        matches!(error.kind(), ErrorKind::Workflow { .. }),
        "{error}"
    );
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
        studio.painter.fingerprint(&request),
        stronger.painter.fingerprint(&request)
    );
    assert_eq!(posted(&without), 0);
}
