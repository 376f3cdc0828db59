//! The real Piper (piper-tts) with a tiny voice whose speech is a buzz, and programs that only look like it.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "helpers that fail fail their test")]

mod common;

use std::time::Duration;

use camino::{Utf8Path, Utf8PathBuf};
use common::{assert_empty, assert_lawful, odd_texts, path_var, script, speak};
use tokio_util::sync::CancellationToken;
use videogen_process::Supervisor;
use videogen_tts::{
    Error, PiperCli, PiperFlavour, PiperOptions, Rate, Request, Synthesizer, Timing,
};
use videogen_types::Unobserved;

const MODEL: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../../tests/fixtures/piper/en_US-tiny-low.onnx"
);

fn program() -> Utf8PathBuf {
    let named = std::env::var("VIDEOGEN_TEST_PIPER")
        .expect("VIDEOGEN_TEST_PIPER must name the piper program of piper-tts >= 1.3; run scripts/test.sh, which installs it and sets this");
    Utf8PathBuf::from(named)
}

fn steady(model: impl Into<Utf8PathBuf>) -> PiperOptions {
    PiperOptions {
        noise_scale: Some(0.0),
        noise_w: Some(0.0),
        ..PiperOptions::new(model)
    }
}

async fn discover(options: PiperOptions) -> Result<PiperCli, Error> {
    PiperCli::discover(&Supervisor::new(), Some(&program()), None, options)
        .await
        .map(|found| found.expect("it was named"))
}

#[tokio::test]
async fn it_speaks_one_clip_for_each_sentence() {
    let piper = discover(steady(MODEL)).await.unwrap();
    assert_eq!(piper.flavour(), PiperFlavour::Python);
    assert!(
        piper.version().starts_with("piper-tts-1."),
        "{}",
        piper.version()
    );
    assert_eq!(
        (
            piper.voices()[0].key.as_str(),
            piper.voices()[0].language.as_str()
        ),
        ("en_US-tiny-low", "en-US")
    );
    let text = "Hello world, this is a test. Another sentence follows! A third?";
    let speech = speak(&piper, text, "en").await.unwrap();
    assert_lawful(&speech, text);
    assert_eq!(
        (speech.timing, speech.sample_rate, speech.sentences.len()),
        (Timing::Sentences, 22_050, 3)
    );
    assert_eq!(
        speak(&piper, text, "en").await.unwrap(),
        speech,
        "without noise the same samples"
    );
    let slow = Request {
        rate: Rate::new(0.5).unwrap(),
        ..Request::new(text, "en")
    };
    let slow = piper
        .speak(&slow, &Unobserved, &CancellationToken::new())
        .await
        .unwrap();
    assert!(
        slow.duration() > speech.duration() * 1.4,
        "{} {}",
        slow.duration(),
        speech.duration()
    );
}

#[tokio::test]
async fn it_survives_odd_texts_and_foreign_scripts() {
    let piper = discover(steady(MODEL)).await.unwrap();
    let text = odd_texts().join("\n\n");
    assert_lawful(&speak(&piper, &text, "en").await.unwrap(), &text);
    for text in ["你好世界", "مرحبا", "🎉", "...", "𓂀𓂀𓂀"] {
        assert!(
            matches!(
                speak(&piper, text, "en").await,
                Err(Error::NothingToSay { .. })
            ),
            "{text}"
        );
    }
    let text = "First. 你好世界。 Last.";
    assert_lawful(&speak(&piper, text, "en").await.unwrap(), text);
}

#[tokio::test]
async fn long_texts_stay_in_order() {
    let text = format!(
        "{} {}",
        "One short sentence. And a rather longer one after it, with a clause! ".repeat(70),
        "word ".repeat(400)
    );
    let speech = speak(&discover(steady(MODEL)).await.unwrap(), &text, "en")
        .await
        .unwrap();
    assert_lawful(&speech, &text);
    // Longer sentences have longer clips: had the files been taken out of order, lengths would be mixed up.
    for pair in speech.sentences[..140].chunks(2) {
        assert!(
            pair[1].end - pair[1].start > pair[0].end - pair[0].start,
            "{pair:?}"
        );
    }
}

#[tokio::test]
async fn a_voice_is_asked_for_by_its_key_or_its_language() {
    let piper = discover(steady(MODEL)).await.unwrap();
    let ask = |voice: Option<&str>, language: &str| Request {
        voice: voice.map(str::to_owned),
        ..Request::new("Hallo", language)
    };
    let cancel = CancellationToken::new();
    assert!(
        piper
            .speak(&ask(Some("EN_us-tiny-low"), "de"), &Unobserved, &cancel)
            .await
            .is_ok()
    );
    assert!(matches!(
        piper.speak(&ask(None, "de"), &Unobserved, &cancel).await,
        Err(Error::UnsupportedLanguage { .. })
    ));
    let error = piper
        .speak(&ask(Some("en_US-tinny-low"), "en"), &Unobserved, &cancel)
        .await
        .unwrap_err();
    assert!(
        error.help().unwrap().to_string().contains("en_US-tiny-low"),
        "{error}"
    );
    let speaker = PiperOptions {
        speaker: Some(1),
        ..steady(MODEL)
    };
    assert!(matches!(
        discover(speaker).await,
        Err(Error::UnknownSpeaker {
            speaker: 1,
            count: 1
        })
    ));
    let scale = PiperOptions {
        length_scale: Some(f32::NAN),
        ..steady(MODEL)
    };
    assert!(matches!(
        discover(scale).await,
        Err(Error::InvalidOption { .. })
    ));
}

#[tokio::test]
async fn broken_voices_are_refused_with_the_reason() {
    let dir = camino_tempfile::tempdir().unwrap();
    let good = std::fs::read(MODEL).unwrap();
    let config = std::fs::read(format!("{MODEL}.json")).unwrap();
    let html = format!("<!DOCTYPE html>{}", " ".repeat(5000));
    for (name, bytes, reason) in [
        ("empty", &b""[..], "is empty"),
        ("html", html.as_bytes(), "web page"),
        (
            "lfs",
            b"version https://git-lfs.github.com/spec/v1\noid sha256:0",
            "Git LFS",
        ),
        ("lost", b"Entry not found", "error message"),
        ("cut", &good[..good.len() / 2], "cut off"),
        ("zip", b"PK\x03\x04", "archive"),
    ] {
        let model = dir.path().join(format!("{name}.onnx"));
        std::fs::write(&model, bytes).unwrap();
        std::fs::write(format!("{model}.json"), &config).unwrap();
        let error = discover(steady(model)).await.unwrap_err();
        assert!(
            matches!(&error, Error::Model { problem, .. } if problem.contains(reason)),
            "{name}: {error}"
        );
        assert!(error.help().is_some());
    }
    assert!(
        matches!(discover(steady(dir.path().join("none.onnx"))).await, Err(Error::Model { problem, .. }) if problem.contains("missing"))
    );
    let model = dir.path().join("alone.onnx");
    std::fs::write(&model, &good).unwrap();
    let error = discover(steady(&*model)).await.unwrap_err();
    assert!(
        matches!(&error, Error::Config { problem, .. } if problem.contains("missing")),
        "{error}"
    );
    std::fs::write(format!("{model}.json"), "<html>").unwrap();
    assert!(
        matches!(discover(steady(&*model)).await, Err(Error::Config { problem, .. }) if problem.contains("not JSON"))
    );
}

/// A network that is whole as a file but no voice: only the program can find out, and what it says is passed on.
#[tokio::test]
async fn the_first_exception_of_the_program_is_reported() {
    let dir = camino_tempfile::tempdir().unwrap();
    let model = dir.path().join("x.onnx");
    // ModelProto: version 8, and a graph (field 7) of 4000 zero bytes.
    let mut bytes = vec![0x08, 0x08, 0x3a, 0xa0, 0x1f];
    bytes.resize(5 + 4000, 0);
    std::fs::write(&model, bytes).unwrap();
    std::fs::copy(format!("{MODEL}.json"), format!("{model}.json")).unwrap();
    let piper = discover(steady(model)).await.unwrap();
    let error = speak(&piper, "Hello.", "en").await.unwrap_err();
    assert!(
        matches!(&error, Error::Backend { detail, .. } if detail.contains("onnxruntime") || detail.contains("Error")),
        "{error}"
    );
    assert!(!error.to_string().contains("wave.Error"), "{error}");
}

#[tokio::test]
async fn other_programs_called_piper_are_refused() {
    let dir = camino_tempfile::tempdir().unwrap();
    let mouse = script(
        dir.path(),
        "piper",
        "echo 'Usage:\n  piper [OPTION…]\n\nGTK application to configure gaming devices'",
    );
    let supervisor = Supervisor::new();
    for (program, on_path) in [
        (Some(mouse.as_path()), None),
        (None, Some(dir.path().as_os_str())),
        (Some(Utf8Path::new("/bin/true")), None),
    ] {
        let path = path_var();
        let error = PiperCli::discover(
            &supervisor,
            program,
            on_path.or(path.as_deref()),
            steady(MODEL),
        )
        .await
        .unwrap_err();
        assert!(matches!(error, Error::NotTheProgram { .. }), "{error}");
        assert!(
            error.help().unwrap().to_string().contains("gaming mice"),
            "{error}"
        );
    }
    let empty = camino_tempfile::tempdir().unwrap();
    assert!(
        PiperCli::discover(
            &supervisor,
            None,
            Some(empty.path().as_os_str()),
            steady(MODEL)
        )
        .await
        .unwrap()
        .is_none()
    );
}

/// Behaves as the C++ program of 2023 does, with espeak-ng for a voice.
const CPP: &str = r#"dir=
case "$*" in
*--help*) echo 'usage: piper --output_raw --json-input --sentence_silence' >&2; exit 0;;
*--version*) echo 1.2.0; exit 0;;
esac
case "$*" in *"--sentence_silence 0"*) ;; *) exit 9;; esac
while [ $# -gt 0 ]; do [ "$1" = --output_dir ] && dir=$2; shift; done
n=1000
while IFS= read -r line; do printf '%s\n' "$line" >"$dir/line"; espeak-ng -v en-us -w "$dir/$n.wav" -f "$dir/line"; n=$((n * 3)); done"#;

#[tokio::test]
async fn the_cpp_program_is_spoken_to_in_its_own_way() {
    let dir = camino_tempfile::tempdir().unwrap();
    let program = script(dir.path(), "piper", CPP);
    let piper = PiperCli::discover(&Supervisor::new(), Some(&program), None, steady(MODEL))
        .await
        .unwrap()
        .unwrap();
    assert_eq!(
        (piper.flavour(), piper.version()),
        (PiperFlavour::Cpp, "piper-1.2.0")
    );
    let text = "One. Two and a longer sentence. Three! Four? Five, six. Seven. Eight.";
    assert_lawful(&speak(&piper, text, "en").await.unwrap(), text);
}

#[tokio::test]
async fn lines_without_files_are_an_error_and_cancelling_kills() {
    let dir = camino_tempfile::tempdir().unwrap();
    let scratch = camino_tempfile::tempdir().unwrap();
    let supervisor = Supervisor::new();
    let help =
        "case \"$*\" in *--help*) echo '--input-file --output-dir --length-scale'; exit 0;; esac";
    let lost = script(dir.path(), "lost", &format!("{help}\nexit 0"));
    let piper = PiperCli::discover(&supervisor, Some(&lost), None, steady(MODEL))
        .await
        .unwrap()
        .unwrap();
    assert!(
        matches!(speak(&piper, "Hello.", "en").await, Err(Error::BadAudio { problem, .. }) if problem.contains("0 files for 1 lines"))
    );

    let started = dir.path().join("started");
    let slow = script(
        dir.path(),
        "slow",
        &format!("{help}\necho >'{started}'\nsleep 600"),
    );
    let piper = PiperCli::discover(
        &supervisor,
        Some(&slow),
        path_var().as_deref(),
        steady(MODEL),
    )
    .await
    .unwrap()
    .unwrap();
    let piper = piper.with_scratch_dir(scratch.path().to_owned());
    let cancel = CancellationToken::new();
    let request = Request::new("Hello.", "en");
    let (outcome, ()) = tokio::join!(piper.speak(&request, &Unobserved, &cancel), async {
        while !started.exists() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        cancel.cancel();
    });
    assert!(outcome.unwrap_err().is_cancelled());
    assert_eq!(supervisor.live(), 0);
    assert_empty(scratch.path());
}
