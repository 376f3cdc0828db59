//! Pictures by ComfyUI: a simulated server that paints, runs out of memory, dies, or is not there.

use camino::Utf8Path;
use serde_json::Value;
use testkit::comfy::{Family, Fault, GIB, MockComfy, OomText, Phase};
use testkit::events::{named, only};
use testkit::{Finished, Run};

use crate::{comfyui as server, generate, nobody};

/// A video of three seconds with two pictures.
fn video(url: &str) -> Run {
    generate().env("COMFYUI_URL", url).args([
        "--speech",
        "silent",
        "--music",
        "none",
        "--writer",
        "builtin",
        "--duration",
        "3",
        "--scenes",
        "2",
        "--json",
        "lighthouses",
    ])
}

fn manifest(run: &Finished) -> Value {
    let events = run.events();
    let path = only(&events, "video_finished")["manifest"]
        .as_str()
        .expect("a path");
    let text = std::fs::read_to_string(Utf8Path::new(path)).expect("a manifest");
    serde_json::from_str(&text).expect("JSON")
}

/// The steps down that pictures took.
fn steps(run: &Finished) -> Vec<Value> {
    let events = run.events();
    named(&events, "degraded")
        .into_iter()
        .filter(|event| event["stage"] == "picture")
        .cloned()
        .collect()
}

#[test]
fn a_server_that_is_configured_paints() {
    let server = server().start();
    let run = video(&server.url()).finish().expect_code(0);
    assert_eq!(steps(&run), [] as [Value; 0]);
    assert_eq!(server.counters().prompts_done, 2);
    // The card was looked at, because it is painted on.
    let events = run.events();
    let used = &only(&events, "resources")["vram_used_before"];
    assert!(used.is_u64(), "{used}");
    let resources = only(&events, "resources");
    let (after, peak) = (
        &resources["vram_used_after"],
        &resources["peaks"]["vram_used"],
    );
    assert!(
        peak.as_u64() >= used.as_u64().max(after.as_u64()),
        "{resources}"
    );
    assert!(
        after.is_u64() && peak.as_u64() <= Some(12 * GIB),
        "{resources}"
    );
    let summary = &only(&events, "batch_finished")["summary"];
    assert_eq!(summary["peak_vram_bytes"], *peak);
    let network = &only(&events, "batch_finished")["summary"]["network"];
    let figures = &network[server.url().trim_end_matches('/')];
    let received = figures["received_bytes"].as_u64().expect("a number");
    assert!(received > 2 * 10_000, "two pictures came: {network}");
    assert_eq!(figures["failures"], 0, "{network}");
    let manifest = manifest(&run);
    for scene in manifest["scenes"].as_array().expect("scenes") {
        assert_eq!(scene["painter"], "comfyui");
        let painting = &scene["painting"];
        assert_eq!(painting["way"], "direct");
        assert_eq!(painting["seed"], scene["seed"]);
        assert_eq!(painting["plan"]["output"]["width"], 512);
        assert_eq!(painting["prompt_id"].as_str().map(str::len), Some(36));
        let endpoint = painting["endpoint"].as_str().expect("an address");
        assert!(endpoint.starts_with(&server.url()), "{endpoint}");
    }
}

#[test]
fn out_of_memory_is_a_step_down_and_a_picture() {
    let fault = Fault::OutOfMemory(Phase::Sample, OomText::Native).once();
    let server = server().fault(fault).start();
    let run = video(&server.url()).finish().expect_code(0);
    let steps = steps(&run);
    assert_eq!(steps.len(), 1, "{steps:?}");
    assert!(
        steps[0]["reason"]
            .as_str()
            .expect("text")
            .contains("memory")
    );
    assert_eq!(manifest(&run)["scenes"][0]["painter"], "comfyui");
    assert_eq!(server.counters().prompts_done, 2);
    // It was survived, and counts.
    let events = run.events();
    assert_eq!(only(&events, "attempt_failed")["cause"], "out_of_memory");
    let errors = &only(&events, "batch_finished")["summary"]["errors"];
    assert_eq!(*errors, serde_json::json!({"out_of_memory": 1}));
}

#[test]
fn a_workflow_and_loras_are_checked_before_anything_is_made() {
    let server = server().lora("ink.safetensors").start();
    let example = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../docs/workflow-example.json"
    );
    let dry = |more: &[&str]| video(&server.url()).arg("--dry-run").args(more).finish();
    let run = dry(&["--workflow", example, "--lora", "ink"]).expect_code(0);
    let events = run.events();
    let planned = only(&events, "video_planned");
    let painter = planned["painter"].as_str().expect("text");
    assert!(painter.starts_with("comfyui, workflow /"), "{painter}");
    assert!(
        planned["warnings"].to_string().contains("LoRAs"),
        "{planned}"
    );

    let run = dry(&["--painter", "comfyui", "--lora", "oil:0.5"]).expect_code(3);
    let events = run.events();
    let message = only(&events, "error")["message"].to_string();
    assert!(
        message.contains("has no LoRA oil; it has ink.safetensors"),
        "{message}"
    );
    assert_eq!(server.counters().prompts_accepted, 0);
}

#[test]
fn a_dead_server_is_replaced_by_the_next() {
    let server = server().start();
    let run = video(&nobody())
        .env("COMFYUI_FALLBACKS", server.url())
        .finish()
        .expect_code(0);
    assert_eq!(server.counters().prompts_done, 2);
    assert_eq!(steps(&run), [] as [Value; 0]);
    let events = run.events();
    let told = named(&events, "warning");
    assert!(
        told.iter()
            .any(|w| w["message"].as_str().expect("text").contains("ComfyUI"))
    );
}

#[test]
fn without_a_server_that_answers_the_built_in_painter_paints() {
    let run = video(&nobody()).finish().expect_code(0);
    let steps = steps(&run);
    assert_eq!(steps.len(), 1, "{steps:?}");
    assert_eq!(steps[0]["to"], "builtin");
    assert!(
        steps[0]["reason"]
            .as_str()
            .expect("text")
            .contains("does not answer")
    );
    assert_eq!(manifest(&run)["scenes"][0]["painter"], "builtin");

    let run = video(&nobody())
        .args(["--painter", "comfyui"])
        .finish()
        .expect_code(3);
    assert!(run.stderr().contains("does not answer"), "{}", run.stderr());
    let run = Run::videogen()
        .args(["generate", "--painter", "comfyui", "lighthouses"])
        .finish()
        .expect_code(3);
    assert!(run.stderr().contains("comfyui_url"), "{}", run.stderr());
}

/// The whole life of a ComfyUI that is ours: said, started, painted with, ended.
#[test]
#[cfg(target_os = "linux")]
fn comfyui_is_started_for_a_run_and_ended_with_it() {
    let url = nobody();
    let port = url.rsplit(':').next().expect("a port");
    let program = testkit::built_program("fake-comfyui");
    let command = format!("'{program}' {port} 300 --mark-{port}");
    let ours = || testkit::processes::mentioning(&format!("--mark-{port}"));
    let start = |run: Run| run.env("VIDEOGEN_COMFYUI_COMMAND", command.as_str());

    let run = start(video(&url)).arg("--dry-run").finish().expect_code(0);
    assert!(
        run.stdout().contains("would be started"),
        "{}",
        run.stdout()
    );
    let doctor = start(Run::videogen().arg("doctor").env("COMFYUI_URL", &url)).finish();
    assert!(
        doctor.stdout().contains("would be started"),
        "{}",
        doctor.stdout()
    );

    let run = start(video(&url))
        .args(["--painter", "comfyui"])
        .finish()
        .expect_code(0);
    assert!(
        run.stderr().contains("starting ComfyUI"),
        "{}",
        run.stderr()
    );
    assert_eq!(manifest(&run)["scenes"][0]["painter"], "comfyui");
    // It is a child of the run, and was alive whenever the machine was read.
    let events = run.events();
    let children = &only(&events, "resources")["peaks"]["children"];
    assert!(children.as_u64() >= Some(1), "{children}");
    assert_eq!(ours(), []);
    assert!(!run.leaked());
    let log = format!(".local/state/videogen/log/comfyui-{port}.log");
    let log = std::fs::read_to_string(run.home().join(log)).expect("what it said is kept");
    assert!(log.contains("answering"), "{log}");

    let run = video(&url)
        .env(
            "VIDEOGEN_COMFYUI_COMMAND",
            "sh -c 'echo no torch >&2; exit 1'",
        )
        .args(["--painter", "comfyui"])
        .finish()
        .expect_code(3);
    assert!(run.stderr().contains("no torch"), "{}", run.stderr());
}

/// One that dies in the middle of a picture is started again at once, and the picture comes of it.
#[test]
#[cfg(target_os = "linux")]
fn comfyui_that_dies_is_started_again() {
    let url = nobody();
    let port = url.rsplit(':').next().expect("a port");
    let program = testkit::built_program("fake-comfyui");
    let run = video(&url).args(["--painter", "comfyui", "--strict"]);
    let died = run.home().join("died");
    let command = format!("'{program}' {port} 50 --dies-once '{died}'");
    let run = run.env("VIDEOGEN_COMFYUI_COMMAND", command.as_str());
    let run = run.finish().expect_code(0);
    let said = run.stderr();
    assert!(
        said.contains("ComfyUI has ended and is started again"),
        "{said}"
    );
    assert!(
        said.contains("exit code 7") && said.contains("illegal memory access"),
        "{said}"
    );
    for scene in manifest(&run)["scenes"].as_array().expect("scenes") {
        assert_eq!(scene["painter"], "comfyui");
    }
}

#[test]
#[cfg(target_os = "linux")]
fn a_command_that_cannot_be_right_is_told_before_anything_is_started() {
    let url = nobody();
    for (command, directory, why) in [
        ("python3 main.py --port 1", "/", "has no main.py"),
        ("sh run.sh --port 1", "/", "port 1"),
        ("sh run.sh", "/nowhere/at-all", "/nowhere/at-all"),
    ] {
        let run = video(&url)
            .env("VIDEOGEN_COMFYUI_COMMAND", command)
            .env("VIDEOGEN_COMFYUI_DIRECTORY", directory)
            .args(["--painter", "comfyui"])
            .finish()
            .expect_code(3);
        let said = run.stderr();
        assert!(
            said.contains(why) && !said.contains("starting ComfyUI"),
            "{said}"
        );
    }
}

#[test]
fn a_server_on_its_processor_is_a_loud_warning() {
    let server = MockComfy::builder()
        .checkpoint("v1-5-pruned-emaonly.safetensors", Family::SD15)
        .start();
    let run = video(&server.url())
        .arg("--dry-run")
        .finish()
        .expect_code(0);
    assert!(
        run.stdout().contains("paints on its processor"),
        "{}",
        run.stdout()
    );
}

#[test]
fn a_server_without_memory_leaves_the_pictures_to_the_built_in_painter() {
    let server = server()
        .fault(Fault::OutOfMemory(Phase::Text, OomText::Native))
        .start();
    let run = video(&server.url()).finish().expect_code(0);
    let steps = steps(&run);
    assert_eq!(steps.last().expect("a step")["to"], "builtin", "{steps:?}");
    assert_eq!(manifest(&run)["scenes"][0]["painter"], "builtin");
}

#[test]
fn the_built_in_painter_asks_nobody_and_the_doctor_asks_all() {
    let server = server().start();
    video(&server.url())
        .args(["--painter", "builtin"])
        .finish()
        .expect_code(0);
    assert_eq!(server.counters().all_requests(), 0);
    let run = Run::videogen()
        .arg("doctor")
        .env("COMFYUI_URL", server.url())
        .finish();
    assert!(run.stdout().contains("v1-5-pruned"), "{}", run.stdout());
}

#[test]
fn steps_cfg_sampler_words_and_size_are_the_users_where_they_are_given() {
    let server = server().start();
    let tuned = |more: &[&str]| video(&server.url()).args(more.iter().copied()).finish();
    let run = tuned(&[
        "--steps",
        "12",
        "--cfg",
        "4.5",
        "--sampler",
        "euler",
        "--negative",
        "boats",
        "--size",
        "448x768",
    ])
    .expect_code(0);
    let manifest = manifest(&run);
    let tuning = &manifest["brief"]["paint_with"]["tuning"];
    assert_eq!(
        (&tuning["steps"], &tuning["negative"]),
        (&12.into(), &"boats".into())
    );
    let painting = &manifest["scenes"][0]["painting"];
    let pass = &painting["plan"]["passes"][0];
    assert_eq!(
        (&pass["steps"], &pass["cfg"], &pass["sampler"]),
        (&12.into(), &4.5.into(), &"euler".into())
    );
    assert_eq!(
        painting["painted"],
        serde_json::json!({"width": 448, "height": 768})
    );
    // The frame of a draft has 512 pixels across.
    assert_eq!(painting["enlarged"]["times"], 1.14, "{painting}");
    assert_eq!(steps(&run), [] as [Value; 0]);
    let asked = server.counters().prompts_done;

    // Others are other pictures, the same are the same.
    tuned(&["--steps", "13"]).expect_code(0);
    assert_eq!(server.counters().prompts_done, asked + 2);

    for (wrong, word) in [
        (["--steps", "0"], "1 to 200"),
        (["--cfg", "NaN"], "1 to 30"),
        (["--sampler", "a b"], "euler"),
        (["--size", "700x1003"], "divisible by 8"),
        (["--size", "1344x768"], "9:16"),
        (["--negative", " "], "characters"),
    ] {
        let run = tuned(&wrong).expect_code(2);
        assert!(
            run.stderr().contains(word) || run.stdout().contains(word),
            "{}",
            run.stderr()
        );
    }
}

#[test]
fn a_picture_that_is_only_stretched_is_a_step_down() {
    // Its processor paints SD 1.5 in one pass: less than the frame of `standard` has.
    let server = MockComfy::builder()
        .checkpoint("v1-5-pruned-emaonly.safetensors", Family::SD15)
        .start();
    let asked = |more: &[&str]| {
        video(&server.url())
            .args(["--quality", "standard"])
            .args(more.iter().copied())
            .finish()
    };
    let run = asked(&[]).expect_code(0);
    let steps = steps(&run);
    let step = steps
        .iter()
        .find(|step| step["from"] == "720×1280")
        .expect("a step");
    assert!(
        step["to"].as_str().expect("text").contains("enlarged 1.5"),
        "{step}"
    );
    let reason = step["reason"].as_str().expect("text");
    assert!(
        reason.contains("resampling") && reason.contains("upscale model"),
        "{reason}"
    );
    let painting = manifest(&run)["scenes"][0]["painting"].clone();
    assert_eq!(painting["enlarged"]["by"], "resampling");
    assert!(painting["sharpness"].as_f64().expect("a number") > 0.0);
    let events = run.events();
    let pictures = named(&events, "picture_finished");
    assert_eq!(pictures.len(), 2);
    assert_eq!(pictures[0]["enlarged"], painting["enlarged"]);
    asked(&["--strict=picture"]).expect_code(5);
}
