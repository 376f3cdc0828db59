//! `videogen plan`: cards that are here, cards that are not, and wishes that cannot be.

use serde_json::Value;
use testkit::Run;
use testkit::comfy::{Family, GIB, MockComfy, SimulatedCard};

fn plan(args: &[&str]) -> Run {
    Run::videogen().arg("plan").args(args)
}

fn plans(args: &[&str]) -> Vec<Value> {
    let run = plan(args).arg("--json").finish().expect_code(0);
    let outlook: Value = serde_json::from_str(&run.stdout()).expect("JSON");
    outlook["plans"].as_array().expect("a list").clone()
}

#[test]
fn ultra_fits_into_the_six_gib_that_a_language_model_leaves() {
    for model in ["sd15", "sdxl"] {
        let card = [
            "--free-vram",
            "6GiB",
            "--total-vram",
            "12GiB",
            "--gpu",
            "RTX A2000",
        ];
        let plans = plans(&[&card[..], &["--model", model]].concat());
        assert_eq!(plans.len(), 5);
        let ultra = &plans[4];
        assert_eq!(ultra["output"]["width"], 1440);
        assert_eq!(ultra["output"]["height"], 2560);
        let bytes = |key: &str| ultra[key].as_u64().expect("a number");
        assert!(bytes("predicted_peak_bytes") <= bytes("budget_bytes"));
        assert!(bytes("budget_bytes") <= 6 << 30);
        assert!(
            ultra["way"].is_string() && !ultra["passes"].as_array().expect("a list").is_empty()
        );
        assert!(!ultra["reasons"].as_array().expect("a list").is_empty());
    }
}

#[test]
fn one_quality_and_another_shape_can_be_asked_for() {
    let plans = plans(&[
        "--free-vram",
        "8GiB",
        "--quality",
        "high",
        "--aspect",
        "16:9",
    ]);
    assert_eq!(plans.len(), 1);
    assert_eq!(plans[0]["output"]["width"], 1920);
    assert_eq!(plans[0]["output"]["height"], 1080);
}

#[test]
fn the_table_has_a_line_for_each_quality_and_fits_the_terminal() {
    let run = plan(&[
        "--free-vram",
        "6GiB",
        "--total-vram",
        "12GiB",
        "--model",
        "sdxl",
    ]);
    let text = run.finish().expect_code(0).stdout();
    for quality in ["draft", "standard", "high", "ultra-lite", "ultra"] {
        assert!(
            text.lines().any(|line| line.starts_with(quality)),
            "{quality} in {text}"
        );
    }
    let table = text.lines().skip(2).take(6);
    assert!(
        table.clone().all(|line| line.chars().count() <= 80),
        "{text}"
    );
    assert!(text.contains('█'), "{text}");
}

#[test]
fn wishes_that_cannot_be_are_refused_with_what_can() {
    let run = plan(&["--free-vram", "13GiB", "--total-vram", "12GiB"])
        .finish()
        .expect_code(2);
    assert!(run.stderr().contains("12 GiB"), "{}", run.stderr());
    let run = plan(&["--model", "sdxx"]).finish().expect_code(2);
    assert!(run.stderr().contains("sdxl"), "{}", run.stderr());
    plan(&["--free-vram", "lots"]).finish().expect_code(2);
    plan(&["--gpu", "Voodoo 2"]).finish().expect_code(2);
}

#[test]
fn a_machine_without_a_card_is_told_so() {
    // With the size of no card given, this machine is asked; whatever it has, the answer is an answer.
    let run = plan(&["--json"]).finish().expect_code(0);
    let outlook: Value = serde_json::from_str(&run.stdout()).expect("JSON");
    assert_eq!(outlook["plans"].as_array().map(Vec::len), Some(5));
    if outlook["gpu"].is_null() {
        assert!(
            outlook["plans"]
                .as_array()
                .expect("a list")
                .iter()
                .all(|plan| plan["way"] == "built_in")
        );
    }
}

#[test]
fn a_configured_server_is_planned_for_as_it_is() {
    let builder = MockComfy::builder().checkpoint("sd_xl_base_1.0.safetensors", Family::SDXL);
    let on_processor = builder.clone().start();
    let on_card = builder.card(SimulatedCard::new(24 * GIB)).start();
    let outlook = |server: &MockComfy, more: &[&str]| {
        let run = plan(&["--json"])
            .args(more)
            .env("COMFYUI_URL", server.url());
        let text = run.finish().expect_code(0).stdout();
        serde_json::from_str::<Value>(&text).expect("JSON")
    };
    let ways = |outlook: &Value| -> Vec<String> {
        let plans = outlook["plans"].as_array().expect("a list");
        let way = |plan: &Value| plan["way"].as_str().expect("a name").to_owned();
        plans.iter().map(way).collect()
    };
    let slow = outlook(&on_processor, &[]);
    assert!(
        slow["gpu"].is_null()
            && slow["model"]
                .as_str()
                .is_some_and(|it| it.contains("sd_xl"))
    );
    assert!(ways(&slow).iter().all(|way| way == "cpu"), "{slow:#}");
    let fast = outlook(&on_card, &[]);
    assert!(
        fast["server"]
            .as_str()
            .is_some_and(|it| it.contains("ComfyUI")),
        "{fast:#}"
    );
    assert_eq!(fast["gpu"]["total"], 24 * GIB);
    assert!(
        ways(&fast)
            .iter()
            .all(|way| way != "cpu" && way != "built_in")
    );
    // A card that is described needs no server.
    let described = outlook(
        &on_processor,
        &["--free-vram", "6GiB", "--total-vram", "12GiB"],
    );
    assert!(described["server"].is_null());
    assert!(ways(&described).iter().all(|way| way != "cpu"));
    let text = plan(&[]).env("COMFYUI_URL", on_processor.url());
    let text = text.finish().expect_code(0).stdout();
    assert!(text.contains("on its processor"), "{text}");
}
