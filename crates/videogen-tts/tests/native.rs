//! Piper's voices without Piper: the real espeak-ng, and tiny voices whose speech is a buzz.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "helpers that fail fail their test")]

mod common;

use std::time::Duration;

use camino::{Utf8Path, Utf8PathBuf};
use common::{assert_empty, assert_lawful, odd_texts, path_var, script, speak};
use tokio_util::sync::CancellationToken;
use videogen_process::Supervisor;
use videogen_tts::{Error, Native, PiperOptions, Rate, Request, Speech, Synthesizer, Timing};
use videogen_types::Unobserved;

fn model(key: &str) -> Utf8PathBuf {
    let dir = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/fixtures/piper");
    Utf8PathBuf::from(format!("{dir}/{key}.onnx"))
}

async fn discover(options: PiperOptions) -> Result<Native, Error> {
    let path = path_var();
    let found = Native::discover(&Supervisor::new(), None, path.as_deref(), options).await;
    found.map(|found| found.expect("the tests of this crate need espeak-ng"))
}

async fn tiny() -> Native {
    let voice = PiperOptions::new(model("en_US-tiny-low"));
    discover(voice).await.unwrap()
}

/// A voice of another language with the network of the tiny one, as `KEY.onnx` in `dir`.
async fn of_language(dir: &Utf8Path, language: &str) -> Native {
    let path = dir.join(format!("{language}.onnx"));
    let config = std::fs::read_to_string(format!("{}.json", model("en_US-tiny-low"))).unwrap();
    let config = config.replace(
        "\"voice\": \"en-us\"",
        &format!("\"voice\": \"{language}\""),
    );
    let config = config.replace("en_US", language);
    std::fs::copy(model("en_US-tiny-low"), &path).unwrap();
    std::fs::write(format!("{path}.json"), config).unwrap();
    discover(PiperOptions::new(path)).await.unwrap()
}

fn starts(speech: &Speech) -> Vec<f64> {
    speech.words.iter().map(|word| word.start).collect()
}

#[tokio::test]
async fn it_speaks_with_the_time_of_every_word() {
    let native = tiny().await;
    assert!(
        native.version().starts_with("native-"),
        "{}",
        native.version()
    );
    assert!(native.version().contains("+espeak-ng-1."));
    assert_eq!(native.voices()[0].key, "en_US-tiny-low");
    let text = "I am in the house of a friend, and it costs 42 dollars. Another sentence follows!";
    let speech = speak(&native, text, "en").await.unwrap();
    assert_lawful(&speech, text);
    assert_eq!(
        (speech.timing, speech.sample_rate, speech.sentences.len()),
        (Timing::Phones, 22_050, 2)
    );
    let of = |word: &str| speech.words.iter().find(|one| one.text == word).unwrap();
    let length = |word: &str| of(word).end - of(word).start;
    // fˈoːɹɾi tˈuː against ɐm; the tiny voice gives vowels 5.5 frames and consonants 3.5.
    assert!(length("42") > 3.0 * length("am"), "{:?}", speech.words);
    // Words without a pause between them touch, and a comma is nobody's time.
    assert!((of("in").end - of("the").start).abs() < 1e-9);
    assert!(of("and").start - of("friend,").end > 0.05);
    let again = speak(&native, text, "en").await.unwrap();
    assert_eq!(
        again, speech,
        "the same samples, though the voice has noise"
    );
    assert_eq!(speak(&tiny().await, text, "en").await.unwrap(), speech);
}

#[tokio::test]
async fn a_faster_rate_is_shorter() {
    let native = tiny().await;
    let at = async |rate: f64| {
        let request = Request {
            rate: Rate::new(rate).unwrap(),
            ..Request::new("A sentence of some words. And one more.", "en")
        };
        let cancel = CancellationToken::new();
        native.speak(&request, &Unobserved, &cancel).await.unwrap()
    };
    let (slow, fast) = (at(0.5).await.duration(), at(2.0).await.duration());
    assert!(slow > 2.0 * fast, "{slow} {fast}");
}

#[tokio::test]
async fn it_survives_odd_texts_and_foreign_scripts() {
    let native = tiny().await;
    let text = odd_texts().join("\n\n");
    assert_lawful(&speak(&native, &text, "en").await.unwrap(), &text);
    for text in ["", " ", "...", "你好世界", "مرحبا", "🎉", "\0", "𓂀𓂀𓂀"] {
        let told = speak(&native, text, "en").await.unwrap_err();
        assert!(matches!(told, Error::NothingToSay { .. }), "{text}: {told}");
    }
    for text in [
        "First. 你好世界。 Last.",
        "7 0 7 0 7",
        "array[[0]] (really) <b>bold</b>",
        "\0NUL\0 inside",
        "Well—maybe… yes",
        "-v de --help",
    ] {
        let speech = speak(&native, text, "en").await.unwrap();
        assert_lawful(&speech, text);
    }
}

/// 500 sentences: numbers, abbreviations, contractions, German compounds, Hindi.
#[tokio::test]
async fn every_word_of_500_sentences_gets_one_interval() {
    let english = "In 1969 it cost $3.50, i.e. 7% more than Dr. O'Neill's — don't ask why. \
        We're at 3:45 p.m. on the 21st of Jan., aren't we? The U.S. Army's 1,250 men left in the rain. \
        I'd've gone to St. Louis; she'll stay. It is of a kind! ";
    let german = "Die Donaudampfschifffahrtsgesellschaft fährt z. B. am 3. Mai um 12:30 Uhr. \
        Das Rindfleischetikettierungsgesetz kostet 1.250 €. Ob's geht? Straßenverkehrsordnung! ";
    let hindi = "भारत एक विशाल देश है। यहाँ 28 राज्य हैं। क्या आप जानते हैं? नमस्ते! ";
    let dir = camino_tempfile::tempdir().unwrap();
    let mut sentences = 0;
    for (language, text, times) in [("en", english, 36), ("de", german, 42), ("hi", hindi, 42)] {
        let native = match language {
            "en" => tiny().await,
            other => of_language(dir.path(), other).await,
        };
        let text = text.repeat(times);
        let speech = speak(&native, &text, language).await.unwrap();
        assert_lawful(&speech, &text);
        assert_eq!(speech.timing, Timing::Phones);
        sentences += speech.sentences.len();
    }
    assert!(sentences >= 500, "{sentences}");
}

#[tokio::test]
async fn digits_without_end_are_said() {
    let text = "1234567890".repeat(34);
    let speech = speak(&tiny().await, &text, "en").await.unwrap();
    assert_lawful(&speech, &text);
    assert!(speech.duration() > 20.0, "{}", speech.duration());
}

#[tokio::test]
async fn speakers_are_told_apart_and_counted() {
    let by = async |speaker| {
        let voice = PiperOptions {
            speaker,
            ..PiperOptions::new(model("en_US-tiny_multi-low"))
        };
        discover(voice).await
    };
    let said = async |speaker| {
        speak(&by(speaker).await.unwrap(), "Hello.", "en")
            .await
            .unwrap()
    };
    assert_eq!(said(None).await, said(Some(0)).await);
    assert_ne!(said(Some(0)).await.samples, said(Some(2)).await.samples);
    let error = by(Some(3)).await.unwrap_err();
    assert!(matches!(
        error,
        Error::UnknownSpeaker {
            speaker: 3,
            count: 3
        }
    ));
}

#[tokio::test]
async fn a_voice_is_asked_for_by_its_key_or_its_language() {
    let native = tiny().await;
    let cancel = CancellationToken::new();
    let ask = |voice: Option<&str>, language: &str| Request {
        voice: voice.map(str::to_owned),
        ..Request::new("Hallo", language)
    };
    let named = ask(Some("EN_us-tiny-low"), "de");
    assert!(native.speak(&named, &Unobserved, &cancel).await.is_ok());
    let german = native.speak(&ask(None, "de"), &Unobserved, &cancel).await;
    assert!(matches!(german, Err(Error::UnsupportedLanguage { .. })));
    let unknown = ask(Some("en_US-tinny-low"), "en");
    let error = native.speak(&unknown, &Unobserved, &cancel).await;
    let help = error.unwrap_err().help().unwrap().to_string();
    assert!(help.contains("en_US-tiny-low"), "{help}");
}

#[tokio::test]
async fn without_espeak_ng_there_is_none_and_another_program_is_told() {
    let supervisor = Supervisor::new();
    let empty = camino_tempfile::tempdir().unwrap();
    let voice = || PiperOptions::new(model("en_US-tiny-low"));
    let path = Some(empty.path().as_os_str());
    let none = Native::discover(&supervisor, None, path, voice()).await;
    assert!(none.unwrap().is_none());
    let other = Some(Utf8Path::new("/bin/true"));
    let error = Native::discover(&supervisor, other, None, voice()).await;
    assert!(matches!(error, Err(Error::NotTheProgram { .. })));
}

/// Says it is espeak-ng, and then does what `$1` says.
fn espeak_that(dir: &Utf8Path, does: &str) -> Utf8PathBuf {
    let says = "case \"$*\" in *--version*) echo 'eSpeak NG text-to-speech: 1.51  Data at: /'; exit 0;; esac";
    script(dir, "espeak-ng", &format!("{says}\n{does}"))
}

#[tokio::test]
async fn a_hung_or_lying_espeak_ng_is_stopped_and_leaves_nothing() {
    let dir = camino_tempfile::tempdir().unwrap();
    let scratch = camino_tempfile::tempdir().unwrap();
    let supervisor = Supervisor::new();
    let with = async |program: &Utf8Path| {
        let voice = PiperOptions::new(model("en_US-tiny-low"));
        let path = path_var();
        let found = Native::discover(&supervisor, Some(program), path.as_deref(), voice).await;
        let native = found.unwrap().unwrap();
        native.with_scratch_dir(scratch.path().to_owned())
    };
    for does in [
        "exit 0",
        "echo nonsense",
        "yes",
        "exit 3",
        "echo 'Error: broken' >&2; exit 1",
    ] {
        let native = with(&espeak_that(dir.path(), does)).await;
        let error = speak(&native, "Hello there.", "en").await.unwrap_err();
        let is_told = matches!(error, Error::Backend { .. } | Error::Process { .. });
        assert!(is_told, "{does}: {error}");
        assert_empty(scratch.path());
    }
    let started = dir.path().join("started");
    let hung = espeak_that(dir.path(), &format!("echo >'{started}'\nsleep 600"));
    let native = with(&hung).await;
    let cancel = CancellationToken::new();
    let request = Request::new("Hello.", "en");
    let (outcome, ()) = tokio::join!(native.speak(&request, &Unobserved, &cancel), async {
        while !started.exists() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        cancel.cancel();
    });
    assert!(outcome.unwrap_err().is_cancelled());
    assert_eq!(supervisor.live(), 0);
    assert_empty(scratch.path());
}

#[tokio::test]
async fn speaking_stops_when_it_is_cancelled() {
    let native = tiny().await;
    let text = "One sentence after another is said here. ".repeat(2000);
    let cancel = CancellationToken::new();
    let request = Request::new(text, "en");
    let (outcome, ()) = tokio::join!(native.speak(&request, &Unobserved, &cancel), async {
        tokio::time::sleep(Duration::from_millis(200)).await;
        cancel.cancel();
    });
    assert!(outcome.unwrap_err().is_cancelled());
    // The voice is not lost by it.
    assert_eq!(
        starts(&speak(&native, "Hello.", "en").await.unwrap()).len(),
        1
    );
}
