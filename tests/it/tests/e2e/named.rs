//! What is asked for by name is made so, or its video fails and can be gone on with; a lesser way is taken where it is
//! accepted.

use camino::Utf8Path;
use serde_json::Value;
use testkit::comfy::{Fault, GIB, MockComfy, OomText, Phase};
use testkit::events::{named, only};
use testkit::llm::{Kind, MockLlm, Say};
use testkit::{Finished, Run};

use crate::{comfyui, generate, nobody};

/// One that never has the memory.
fn full() -> MockComfy {
    let fault = Fault::OutOfMemory(Phase::Text, OomText::Native);
    comfyui().fault(fault).start()
}

/// A video of three seconds with one picture.
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
        "1",
        "--json",
    ])
}

fn manifest(path: &Value) -> Value {
    let path = Utf8Path::new(path.as_str().expect("a path"));
    let text = std::fs::read_to_string(path).expect("a manifest");
    serde_json::from_str(&text).expect("JSON")
}

/// Goes on with the batch of `run`, with this server.
fn resume(run: &Finished, url: &str) -> Finished {
    Run::videogen()
        .args(["resume", "--json"])
        .env("HOME", run.home().as_str())
        .env("COMFYUI_URL", url)
        .finish()
}

#[test]
fn a_painter_that_is_named_paints_or_the_video_fails_and_the_others_go_on() {
    let server = full();
    let place = camino_tempfile::tempdir().expect("a directory");
    let lines = place.path().join("videos.jsonl");
    std::fs::write(
        &lines,
        "{\"topic\": \"lighthouses\", \"painter\": \"comfyui\"}\n{\"topic\": \"harbours\"}\n",
    )
    .expect("written");
    let run = video(&server.url())
        .args(["--batch", lines.as_str()])
        .finish()
        .expect_code(4);
    let events = run.events();
    let failed = only(&events, "video_failed");
    assert_eq!(
        (&failed["stage"], &failed["kind"]),
        (&"picture".into(), &"not_delivered".into()),
        "{failed}"
    );
    let message = failed["message"].as_str().expect("text");
    assert!(
        message.contains("by name") && message.contains("memory"),
        "{message}"
    );
    let hint = failed["hint"].as_str().expect("text");
    assert!(hint.contains("--accept picture=builtin"), "{hint}");
    let other = manifest(&only(&events, "video_finished")["manifest"]);
    assert_eq!(other["scenes"][0]["painter"], "builtin");

    // Nothing but the missing video is made, and its picture by who was asked for.
    let well = comfyui().start();
    let resumed = resume(&run, &well.url()).expect_code(0);
    let events = resumed.events();
    let made = manifest(&only(&events, "video_finished")["manifest"]);
    assert_eq!(made["scenes"][0]["painter"], "comfyui");
    assert_eq!(well.counters().prompts_done, 1);
}

#[test]
fn what_stood_in_for_one_video_is_not_taken_for_another_that_names_its_painter() {
    let server = full();
    let place = camino_tempfile::tempdir().expect("a directory");
    let lines = place.path().join("videos.jsonl");
    let line = |more: &str| format!("{{\"topic\": \"lighthouses\", \"seed\": 5{more}}}\n");
    // The same pictures: first by whoever can, then by ComfyUI alone.
    let text = line("") + &line(", \"painter\": \"comfyui\"");
    std::fs::write(&lines, text).expect("written");
    let run = video(&server.url())
        .args(["--batch", lines.as_str()])
        .finish()
        .expect_code(4);
    let events = run.events();
    assert_eq!(only(&events, "video_failed")["video"], 2);
    only(&events, "video_finished");
}

#[test]
fn a_lesser_painter_is_taken_where_it_is_accepted_and_refused_by_strict_for_pictures() {
    let server = full();
    let by_name = |more: &[&str]| {
        video(&server.url())
            .args([
                "--painter",
                "comfyui",
                "--accept",
                "picture=builtin",
                "lighthouses",
            ])
            .args(more.iter().copied())
            .finish()
    };
    let run = by_name(&[]).expect_code(0);
    let events = run.events();
    let steps = named(&events, "degraded");
    let last = steps.last().expect("a step down");
    assert_eq!(
        (&last["stage"], &last["to"]),
        (&"picture".into(), &"builtin".into())
    );
    let painted = manifest(&only(&events, "video_finished")["manifest"]);
    assert_eq!(painted["scenes"][0]["painter"], "builtin");
    by_name(&["--strict=voice,script"]).expect_code(0);
    by_name(&["--strict=picture"]).expect_code(5);

    // Unreachable in the preflight is the same, only earlier.
    let nobody = nobody();
    let gone = |more: &[&str]| {
        video(&nobody)
            .args(["--painter", "comfyui", "lighthouses"])
            .args(more.iter().copied())
            .finish()
    };
    gone(&[]).expect_code(3);
    gone(&["--accept", "picture=builtin"]).expect_code(0);
}

#[test]
fn a_writer_that_is_named_in_the_settings_writes_or_the_video_fails() {
    let failing = Say::status(500, r#"{"error":"the runner is gone"}"#);
    let llm = MockLlm::builder(Kind::Ollama)
        .model("qwen3:8b", 6 * GIB)
        .usually(failing)
        .start();
    let asked = |more: &[&str]| {
        generate()
            .env("QWEN_URL", llm.url())
            .env("VIDEOGEN_WRITER", "llm")
            .args([
                "--speech",
                "silent",
                "--music",
                "none",
                "--painter",
                "builtin",
            ])
            .args(["--duration", "3", "--scenes", "1", "--json", "bees"])
            .args(more.iter().copied())
            .finish()
    };
    let run = asked(&[]).expect_code(4);
    let events = run.events();
    let failed = only(&events, "video_failed");
    assert_eq!(failed["stage"], "script", "{failed}");
    assert!(named(&events, "degraded").is_empty());
    let run = asked(&["--accept", "script=builtin"]).expect_code(0);
    let events = run.events();
    let to: Vec<&Value> = named(&events, "degraded")
        .iter()
        .map(|step| &step["to"])
        .collect();
    assert_eq!(to, ["builtin"]);
}

#[test]
fn a_voice_that_is_named_says_every_word_or_the_video_fails() {
    let place = camino_tempfile::tempdir().expect("a directory");
    let script = place.path().join("script.txt");
    std::fs::write(&script, "The sea is wide.\n\nМоре широкое и глубокое.\n").expect("written");
    let asked = |more: &[&str]| {
        generate()
            .args([
                "--speech",
                "flite",
                "--music",
                "none",
                "--painter",
                "builtin",
            ])
            .args(["--script", script.as_str(), "--language", "en", "--json"])
            .args(more.iter().copied())
            .finish()
    };
    let run = asked(&[]).expect_code(4);
    let events = run.events();
    let failed = only(&events, "video_failed");
    assert_eq!(failed["kind"], "not_delivered", "{failed}");
    assert!(
        failed["message"]
            .as_str()
            .expect("text")
            .contains("scene 2"),
        "{failed}"
    );
    let run = asked(&["--accept", "voice=silent"]).expect_code(0);
    let events = run.events();
    assert_eq!(only(&events, "degraded")["to"], "silent");
}

#[test]
fn music_that_cannot_be_used_is_replaced_where_that_is_accepted() {
    let asked = |more: &[&str]| {
        generate()
            .args([
                "--speech",
                "silent",
                "--painter",
                "builtin",
                "--writer",
                "builtin",
            ])
            .args(["--duration", "3", "--scenes", "1", "--json", "bees"])
            .args(["--music", "/nowhere/at/all.mp3"])
            .args(more.iter().copied())
            .finish()
    };
    asked(&[]).expect_code(3);
    let run = asked(&["--accept", "music=builtin"]).expect_code(0);
    let events = run.events();
    let step = only(&events, "degraded");
    assert_eq!(
        (&step["stage"], &step["to"]),
        (&"music".into(), &"builtin".into()),
        "{step}"
    );
}
