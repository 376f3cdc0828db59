//! What the tests with real programs share.
#![allow(dead_code, reason = "every test file uses its own part")]

use std::ffi::OsString;
use std::os::unix::fs::PermissionsExt;

use camino::{Utf8Path, Utf8PathBuf};
use tokio_util::sync::CancellationToken;
use videogen_tts::{Error, Request, Speech, Synthesizer, display_text};
use videogen_types::Unobserved;

pub(crate) fn path_var() -> Option<OsString> {
    std::env::var_os("PATH")
}

pub(crate) async fn speak(
    synthesizer: &dyn Synthesizer,
    text: &str,
    language: &str,
) -> Result<Speech, Error> {
    synthesizer
        .speak(
            &Request::new(text, language),
            &Unobserved,
            &CancellationToken::new(),
        )
        .await
}

/// Everything that must hold for any speech of `text`.
pub(crate) fn assert_lawful(speech: &Speech, text: &str) {
    let mut joined = String::new();
    let mut before = 0.0;
    for word in &speech.words {
        if word.space_before {
            joined.push(' ');
        }
        joined.push_str(&word.text);
        assert!(
            word.start >= before - 1e-9 && word.start < word.end,
            "{word:?} after {before}"
        );
        before = word.end;
    }
    assert_eq!(joined, display_text(text));
    assert!(
        before <= speech.duration() + 1e-9,
        "{before} of {}",
        speech.duration()
    );
    let mut next = 0;
    for sentence in &speech.sentences {
        assert_eq!(sentence.words.start, next);
        assert!(sentence.start < sentence.end);
        next = sentence.words.end;
    }
    assert_eq!(next, speech.words.len());
    let peak = speech
        .samples
        .iter()
        .fold(0.0_f32, |peak, sample| peak.max(sample.abs()));
    assert!((peak - 0.9).abs() < 1e-3, "peak {peak}");
    let mean = speech
        .samples
        .iter()
        .map(|sample| f64::from(*sample))
        .sum::<f64>()
        / speech.samples.len() as f64;
    assert!(mean.abs() < 0.01, "DC of {mean}");
}

/// Texts that broke other programs.
pub(crate) fn odd_texts() -> Vec<String> {
    vec![
        "a".into(),
        "before\0after".into(),
        "🎉 Party 🍕🍕 time 👨‍👩‍👧! 🎉".into(),
        "He said مرحبا and 你好 and left... Really?".into(),
        "[[h@l'oU]] <break time=\"1s\"/> -w --help $(reboot) `id`".into(),
        "\u{202e}reversed\u{202c} zero\u{200b}width \u{feff}mark\tand\r\nlines\n\nparagraph".into(),
        "$3.50, 50%, 1,250 and 12:30 — Dr. J. K. Smith; NASA & FBI!".into(),
        "-f -w -v".into(),
        "x".repeat(1000),
    ]
}

/// Writes an executable shell script.
pub(crate) fn script(dir: &Utf8Path, name: &str, body: &str) -> Utf8PathBuf {
    let path = dir.join(name);
    std::fs::write(&path, format!("#!/bin/sh\n{body}\n")).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    path
}

/// Nothing may stay behind in the directory temporary files were put into.
pub(crate) fn assert_empty(dir: &Utf8Path) {
    let left: Vec<_> = std::fs::read_dir(dir)
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    assert!(left.is_empty(), "{left:?}");
}
