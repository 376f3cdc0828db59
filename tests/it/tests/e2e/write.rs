//! Scripts by a language model: a simulated Ollama that writes, wants a key, or lacks the model.

use camino::Utf8Path;
use serde_json::{Value, json};
use testkit::Run;
use testkit::comfy::GIB;
use testkit::events::{named, only};
use testkit::llm::{Kind, MockLlm, Say};

use crate::generate;

const KEY: &str = "sk-topsecret-0123456789";

fn ollama() -> testkit::llm::Builder {
    let scene =
        |narration: &str, picture: &str| json!({"narration": narration, "picture": picture});
    let script = json!({
        "title": "The dance of the bees",
        "description": "How bees tell each other where the flowers are.",
        "hashtags": ["bees"],
        "scenes": [
            scene("Bees dance to tell each other the way.", "two bees dancing on a honeycomb, close up"),
            scene("Look up and listen.", "a meadow in the morning light, wide shot"),
        ],
    });
    MockLlm::builder(Kind::Ollama)
        .model("qwen3:8b", 6 * GIB)
        .usually(Say::text(script.to_string()))
        .key(KEY)
}

/// A video of six seconds with two scenes.
fn video(llm: &MockLlm) -> Run {
    generate()
        .env("QWEN_URL", llm.url())
        .env("VIDEOGEN_LLM_KEY", KEY)
        .args([
            "--speech",
            "silent",
            "--music",
            "none",
            "--painter",
            "builtin",
        ])
        .args(["--duration", "6", "--scenes", "2", "--writer", "llm"])
}

/// Nothing below `directory` holds `secret`.
fn holds_nowhere(directory: &Utf8Path, secret: &str) {
    for entry in directory.read_dir_utf8().expect("a directory") {
        let path = entry.expect("an entry").into_path();
        if path.is_dir() {
            holds_nowhere(&path, secret);
        } else if path.is_file() {
            let bytes = std::fs::read(&path).expect("it can be read");
            let found = bytes
                .windows(secret.len())
                .any(|part| part == secret.as_bytes());
            assert!(!found, "{path} holds a secret");
        }
    }
}

#[test]
fn a_language_model_writes_and_no_secret_is_told() {
    let llm = ollama().start();
    let run = video(&llm)
        // Nobody listens there.
        .env("QWEN_FALLBACKS", "http://me:hunter2@127.0.0.1:9")
        .env("VIDEOGEN_LOG", "debug")
        .args(["--json", "bees"])
        .finish()
        .expect_code(0);
    let events = run.events();
    let steps = named(&events, "degraded");
    assert!(
        steps.iter().all(|step| step["stage"] != "script"),
        "{steps:?}"
    );
    assert_eq!(only(&events, "video_planned")["scenes"], json!([]));
    let path = only(&events, "video_finished")["manifest"]
        .as_str()
        .expect("a path");
    let manifest: Value =
        serde_json::from_str(&std::fs::read_to_string(path).expect("a manifest")).expect("JSON");
    assert_eq!(manifest["title"], "The dance of the bees");
    assert_eq!(manifest["script"]["model"], "qwen3:8b");
    let endpoint = manifest["script"]["endpoint"].as_str().expect("an address");
    assert!(endpoint.starts_with(&llm.url()), "{endpoint}");
    assert_eq!(llm.loaded(), [""; 0]);
    for secret in [KEY, "hunter2"] {
        assert!(!run.stdout().contains(secret) && !run.stderr().contains(secret));
        holds_nowhere(&run.home(), secret);
        holds_nowhere(run.work(), secret);
    }
}

#[test]
fn what_a_language_model_lacks_is_told_before_anything_starts() {
    let llm = ollama().start();
    let run = video(&llm)
        .args(["--dry-run", "bees"])
        .finish()
        .expect_code(0);
    let told = run.stdout();
    assert!(
        told.contains("qwen3:8b at http://") && !told.contains("scene "),
        "{told}"
    );
    let run = video(&llm)
        .env("VIDEOGEN_LLM_MODEL", "qwen9")
        .arg("bees")
        .finish()
        .expect_code(3);
    let told = run.stderr();
    assert!(
        told.contains("qwen3:8b") && told.contains("ollama pull qwen9"),
        "{told}"
    );
    let run = video(&llm)
        .env("VIDEOGEN_LLM_KEY", "sk-wrong")
        .arg("bees")
        .finish()
        .expect_code(3);
    let told = run.stderr();
    assert!(
        told.contains("wants a key") && !told.contains("sk-wrong"),
        "{told}"
    );
    assert_eq!(llm.counters().chats, 0);

    let run = Run::videogen()
        .arg("doctor")
        .env("QWEN_URL", llm.url())
        .env("VIDEOGEN_LLM_KEY", KEY)
        .finish();
    assert!(run.stdout().contains("qwen3:8b at"), "{}", run.stdout());
}

#[test]
fn config_shows_no_secrets() {
    for json in [&["--json"][..], &[]] {
        let run = Run::videogen()
            .args(["config", "show"])
            .args(json)
            .env("VIDEOGEN_LLM_KEY", KEY)
            .env("COMFYUI_URL", "http://me:hunter2@gpu:8188")
            .env("QWEN_FALLBACKS", "http://a,https://me:hunter2@b/v1")
            .finish()
            .expect_code(0);
        let told = run.stdout();
        assert!(!told.contains(KEY) && !told.contains("hunter2"), "{told}");
        assert!(told.contains("\"***\""), "{told}");
        assert!(told.contains("http://gpu:8188"), "{told}");
        assert!(
            told.contains("http://a") && told.contains("https://b/v1"),
            "{told}"
        );
    }
}

/// `videogen write` with a server.
fn write(url: &str) -> Run {
    Run::videogen().arg("write").env("VIDEOGEN_LLM_URL", url)
}

#[test]
fn a_script_alone_is_shown_and_taken_for_a_video() {
    let llm = ollama().start();
    let run = write(&llm.url())
        .env("VIDEOGEN_LLM_KEY", KEY)
        .args(["bees", "--duration", "6", "--seed", "3"])
        .finish()
        .expect_code(0);
    let told = run.stdout();
    for part in [
        "The dance of the bees\n\n1\n    Bees dance to tell each other the way.\n    picture: two bees",
        "#bees",
        "in en by qwen3:8b at http://",
    ] {
        assert!(told.contains(part), "{part}: {told}");
    }
    // Nothing is kept: it can be asked for again with other prompts.
    let json = write(&llm.url())
        .env("VIDEOGEN_LLM_KEY", KEY)
        .args(["bees", "--duration", "6", "--json", "-v"])
        .finish()
        .expect_code(0);
    assert_eq!(llm.counters().chats, 2);
    let script: Value = serde_json::from_str(&json.stdout()).expect("only JSON");
    assert_eq!(script["scenes"].as_array().map(Vec::len), Some(2));
    let asked = json.stderr();
    for part in ["system:", "assistant:", "<topic>", "bees", "in English."] {
        assert!(asked.contains(part), "{part}: {asked}");
    }
    assert!(!asked.contains(KEY));
    generate()
        .args(["--script", "-", "--dry-run", "--speech", "silent"])
        .input(json.stdout())
        .finish()
        .expect_code(0);
}

#[test]
fn prompts_of_ones_own_begin_with_the_built_in_ones() {
    let llm = ollama().start();
    let place = camino_tempfile::tempdir().expect("a directory");
    let prompts = place.path().join("prompts");
    for _ in 0..2 {
        // The second time everything is there already, and stays.
        Run::videogen()
            .args(["write", "--init-prompts", prompts.as_str()])
            .finish()
            .expect_code(0);
        std::fs::write(
            prompts.join("script.txt"),
            "Say something about {{topic}}.\n",
        )
        .expect("it can be changed");
    }
    let run = write(&llm.url())
        .env("VIDEOGEN_LLM_KEY", KEY)
        .args(["bees", "--duration", "6", "--prompts", prompts.as_str()])
        .finish()
        .expect_code(0);
    assert!(run.stdout().contains("The dance of the bees"));
    let asked = llm.questions()[0]["messages"].to_string();
    assert!(asked.contains("Say something about <topic>"), "{asked}");

    std::fs::write(prompts.join("example.json"), "{\"topic\": 3}").expect("it can be broken");
    let run = write(&llm.url())
        .args(["bees", "--prompts", prompts.as_str()])
        .finish()
        .expect_code(3);
    assert!(
        run.stderr().contains("example.json is no example"),
        "{}",
        run.stderr()
    );
}

#[test]
fn nobody_gets_a_script_in_another_language() {
    let run = write("none")
        .args(["bees", "--language", "de"])
        .finish()
        .expect_code(3);
    let told = run.stderr();
    assert!(
        told.contains("the built-in writer writes English only") && told.contains("hint:"),
        "{told}"
    );
    assert_eq!(run.stdout(), "");
    for (arguments, code) in [
        (&["--json"][..], 2),
        (&["bees", "--seed", "-1"], 2),
        (&["bees", "--scenes", "0"], 2),
        (&["why", "bees", "dance"], 2),
        (&["bees", "--writer", "llm"], 3),
    ] {
        let run = write("none").args(arguments).finish().expect_code(code);
        assert!(
            run.stderr().contains("hint:"),
            "{arguments:?}: {}",
            run.stderr()
        );
    }
    let run = write("none")
        .args(["bees", "--seed", "7"])
        .finish()
        .expect_code(0);
    assert!(
        run.stdout().contains("by the built-in writer, seed 7"),
        "{}",
        run.stdout()
    );
}

#[test]
fn a_real_model_writes_in_the_language_that_was_asked_for() {
    let Some(server) = testkit::llama::LlamaServer::loaded(&["-c", "8192"]) else {
        return;
    };
    for seed in ["1", "2", "3"] {
        let run = write(&server.url())
            .args(["light in the deep sea", "--duration", "12", "--seed", seed])
            .args(["--writer", "llm", "--json"])
            .time_limit(std::time::Duration::from_mins(5))
            .finish();
        // A model of 135 million parameters may fail, but only for what it wrote, and it comes to an end.
        match run.code() {
            Some(0) => {
                let script: Value = serde_json::from_str(&run.stdout()).expect("only JSON");
                assert_eq!(script["language"], "en");
                let scenes = script["scenes"].as_array().expect("scenes");
                assert!((1..=40).contains(&scenes.len()), "{script}");
                let said = |scene: &Value| scene["narration"].as_str().map_or(0, str::len);
                assert!(scenes.iter().all(|scene| said(scene) > 2), "{script}");
            }
            Some(4) => assert!(
                run.stderr()
                    .contains("no language model wrote a script that can be used"),
                "{}",
                run.stderr()
            ),
            code => panic!("{code:?}: {}", run.stderr()),
        }
    }
}
