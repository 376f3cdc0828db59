//! The real espeak-ng.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "helpers that fail fail their test")]

mod common;

use std::time::{Duration, Instant};

use camino::Utf8Path;
use common::{assert_empty, assert_lawful, odd_texts, path_var, script, speak};
use tokio_util::sync::CancellationToken;
use videogen_process::Supervisor;
use videogen_text::WritingSystem;
use videogen_tts::{Error, EspeakNg, Rate, Request, Synthesizer, Timing};
use videogen_types::Unobserved;

async fn espeak() -> EspeakNg {
    EspeakNg::discover(&Supervisor::new(), None, path_var().as_deref())
        .await
        .unwrap()
        .expect("espeak-ng is installed (scripts/test.sh)")
}

#[tokio::test]
async fn it_speaks_english_with_exact_sentences() {
    let espeak = espeak().await;
    assert!(
        espeak.version().starts_with("espeak-ng-1."),
        "{}",
        espeak.version()
    );
    assert!(espeak.voices().len() > 90);
    let text = "Hello world, this is a test. Another sentence follows!";
    let speech = speak(&espeak, text, "en").await.unwrap();
    assert_lawful(&speech, text);
    assert_eq!(
        (speech.timing, speech.voice.as_str(), speech.sentences.len()),
        (Timing::Sentences, "en-us", 2)
    );
    let gap = speech.sentences[1].start - speech.sentences[0].end;
    assert!(
        (0.18..0.24).contains(&gap),
        "the gap is ours and the margins: {gap}"
    );
    assert!(
        (2.0..6.0).contains(&speech.duration()),
        "{}",
        speech.duration()
    );
    assert_eq!(
        speak(&espeak, text, "en").await.unwrap(),
        speech,
        "same request, same samples"
    );
}

#[tokio::test]
async fn it_survives_odd_texts() {
    let espeak = espeak().await;
    for text in odd_texts() {
        let speech = speak(&espeak, &text, "en")
            .await
            .unwrap_or_else(|error| panic!("{text:?}: {error}"));
        assert_lawful(&speech, &text);
    }
}

#[tokio::test]
async fn it_speaks_other_scripts_with_their_voices() {
    let espeak = espeak().await;
    for (text, language, voice) in [
        ("你好，世界。今天天气很好！", "zh-CN", "cmn-latn-pinyin"),
        ("مرحبا بالعالم. كيف حالك؟", "ar", "ar"),
        ("Привет, мир. Как дела?", "ru", "ru"),
        ("नमस्ते दुनिया। आप कैसे हैं?", "hi", "hi"),
        ("안녕하세요 세계", "ko", "ko"),
        ("Grüße aus Köln, z. B. um 12 Uhr.", "de-DE", "de"),
    ] {
        let speech = speak(&espeak, text, language).await.unwrap();
        assert_lawful(&speech, text);
        assert_eq!(speech.voice, voice);
    }
    // In the wrong voice it still speaks.
    assert_lawful(
        &speak(&espeak, "你好，世界", "en").await.unwrap(),
        "你好，世界",
    );
}

#[tokio::test]
async fn voices_prove_what_they_read() {
    use WritingSystem::{Arabic, Cyrillic, Devanagari, Greek, Han, Hangul, Hebrew, Kana, Thai};
    let espeak = espeak().await;
    for (voice, language, scripts, unread) in [
        // Its voice names every kanji a Chinese letter.
        (None, "ja", &[Han, Kana][..], &[Han][..]),
        (None, "zh", &[Han], &[]),
        // It reads the numbers of tones in English.
        (Some("cmn"), "zh", &[Han], &[Han]),
        (Some("cmn-latn-pinyin"), "zh", &[Han], &[]),
        (None, "yue", &[Han], &[]),
        (None, "ko", &[Hangul], &[]),
        (None, "ru", &[Cyrillic], &[]),
        (None, "el", &[Greek], &[]),
        (None, "ar", &[Arabic], &[]),
        (None, "he", &[Hebrew], &[]),
        (None, "hi", &[Devanagari], &[]),
        (None, "th", &[Thai], &[]),
        (None, "en", &[Han, Kana, Arabic], &[Han, Kana, Arabic]),
        (None, "de", &[Thai, Cyrillic], &[Thai, Cyrillic]),
    ] {
        let found = espeak.unreadable(voice, language, scripts).await.unwrap();
        assert_eq!(found, unread, "{voice:?} in {language}");
    }
}

#[tokio::test]
async fn a_voice_is_asked_once_for_each_script() {
    use WritingSystem::{Han, Hangul};
    let dir = camino_tempfile::tempdir().unwrap();
    let supervisor = Supervisor::new();
    let log = dir.path().join("log");
    let answers = format!("echo \"$*\" >>'{log}'; echo \"tS'aIni:z tS'aIni:z\"");
    let cache = dir.path().join("cache");
    let first = fake(dir.path(), &supervisor, &answers).await;
    let program = dir.path().join("fake-espeak");
    let again = EspeakNg::discover(&supervisor, Some(&program), path_var().as_deref()).await;
    // Another process finds what the first was told.
    for espeak in [first, again.unwrap().unwrap()] {
        let espeak = espeak.with_cache_dir(&cache);
        for _ in 0..3 {
            let unread = espeak.unreadable(None, "en", &[Han]).await.unwrap();
            assert_eq!(unread, [Han]);
        }
        let said = std::fs::read_to_string(&log).unwrap();
        assert_eq!(said.lines().count(), 1, "{said}");
        assert!(said.contains("-q -x -v en-us"), "{said}");
    }
    // One that fails says nothing of its voices.
    let broken = fake(dir.path(), &supervisor, "exit 1").await;
    assert!(
        broken
            .unreadable(None, "en", &[Hangul])
            .await
            .unwrap()
            .is_empty()
    );
}

#[tokio::test]
async fn long_texts_are_spoken_whole() {
    let text = "The quick brown fox jumps over the lazy dog near the river bank. ".repeat(77);
    assert!(text.len() > 5000);
    let speech = speak(&espeak().await, &text, "en").await.unwrap();
    assert_lawful(&speech, &text);
    assert_eq!(speech.sentences.len(), 77);
    let endless = "word ".repeat(2000);
    let request = Request {
        rate: Rate::new(2.0).unwrap(),
        ..Request::new(endless.clone(), "en")
    };
    let speech = espeak()
        .await
        .speak(&request, &Unobserved, &CancellationToken::new())
        .await
        .unwrap();
    assert_lawful(&speech, &endless);
    assert_eq!(speech.sentences.len(), 1);
}

#[tokio::test]
async fn the_rate_changes_the_length() {
    let espeak = espeak().await;
    let mut lengths = Vec::new();
    for rate in [0.5, 1.0, 2.0] {
        let request = Request {
            rate: Rate::new(rate).unwrap(),
            ..Request::new("The quick brown fox jumps over the lazy dog.", "en")
        };
        lengths.push(
            espeak
                .speak(&request, &Unobserved, &CancellationToken::new())
                .await
                .unwrap()
                .duration(),
        );
    }
    assert!(
        lengths[0] > lengths[1] * 1.5 && lengths[1] > lengths[2] * 1.5,
        "{lengths:?}"
    );
}

#[tokio::test]
async fn what_cannot_be_spoken_is_a_typed_error() {
    let espeak = espeak().await;
    for text in ["", "...", "🎉 🍕", "?!"] {
        assert!(
            matches!(
                speak(&espeak, text, "en").await,
                Err(Error::NothingToSay { .. })
            ),
            "{text}"
        );
    }
    assert!(matches!(
        speak(&espeak, "hello", "tlh").await,
        Err(Error::UnsupportedLanguage { .. })
    ));
    let request = Request {
        voice: Some("en-ussr".into()),
        ..Request::new("hello", "en")
    };
    let error = espeak
        .speak(&request, &Unobserved, &CancellationToken::new())
        .await
        .unwrap_err();
    assert!(
        matches!(error, Error::UnknownVoice { .. })
            && error.help().unwrap().to_string().contains("en-us"),
        "{error}"
    );
}

#[tokio::test]
async fn a_wrong_program_is_refused() {
    let supervisor = Supervisor::new();
    let wrong = EspeakNg::discover(&supervisor, Some(Utf8Path::new("/bin/true")), None)
        .await
        .unwrap_err();
    assert!(
        matches!(wrong, Error::NotTheProgram { .. }) && wrong.help().is_some(),
        "{wrong}"
    );
    let missing = EspeakNg::discover(&supervisor, Some(Utf8Path::new("/no/such/espeak-ng")), None)
        .await
        .unwrap_err();
    assert!(matches!(missing, Error::ProgramMissing { .. }));
    let dir = camino_tempfile::tempdir().unwrap();
    assert!(
        EspeakNg::discover(&supervisor, None, Some(dir.path().as_os_str()))
            .await
            .unwrap()
            .is_none()
    );
}

const ANSWERS: &str = r#"case "$1" in
--version) echo "eSpeak NG text-to-speech: 9.9  Data at: /x"; exit 0;;
--voices) printf 'Pty Language Age/Gender VoiceName File Other\n 5 en-us --/M English gmw/en-US\n'; exit 0;;
esac"#;

async fn fake(dir: &Utf8Path, supervisor: &Supervisor, then: &str) -> EspeakNg {
    let program = script(dir, "fake-espeak", &format!("{ANSWERS}\n{then}"));
    EspeakNg::discover(supervisor, Some(&program), path_var().as_deref())
        .await
        .unwrap()
        .unwrap()
}

#[tokio::test]
async fn success_without_a_file_is_a_failure() {
    let dir = camino_tempfile::tempdir().unwrap();
    let supervisor = Supervisor::new();
    let error = speak(
        &fake(dir.path(), &supervisor, "exit 0").await,
        "hello",
        "en",
    )
    .await
    .unwrap_err();
    assert!(matches!(error, Error::BadAudio { .. }), "{error}");
    let error = speak(
        &fake(
            dir.path(),
            &supervisor,
            "echo \"Can't write to: '/x'\" >&2; exit 0",
        )
        .await,
        "hello",
        "en",
    )
    .await
    .unwrap_err();
    assert!(error.to_string().contains("Can't write to"), "{error}");
}

#[tokio::test]
async fn cancelling_kills_the_child_and_leaves_nothing() {
    let dir = camino_tempfile::tempdir().unwrap();
    let scratch = camino_tempfile::tempdir().unwrap();
    let started = dir.path().join("started");
    let supervisor = Supervisor::new();
    let espeak = fake(
        dir.path(),
        &supervisor,
        &format!("echo >'{started}'; sleep 600"),
    )
    .await
    .with_scratch_dir(scratch.path().to_owned());
    let cancel = CancellationToken::new();
    let request = Request::new("hello", "en");
    let begun = Instant::now();
    let (outcome, ()) = tokio::join!(espeak.speak(&request, &Unobserved, &cancel), async {
        while !started.exists() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        cancel.cancel();
    });
    assert!(outcome.unwrap_err().is_cancelled());
    assert!(begun.elapsed() < Duration::from_mins(1));
    assert_eq!(supervisor.live(), 0);
    assert_empty(scratch.path());
}
