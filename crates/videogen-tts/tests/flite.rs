//! The real flite.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "helpers that fail fail their test")]

mod common;

use camino::Utf8Path;
use common::{assert_empty, assert_lawful, odd_texts, path_var, speak};
use tokio_util::sync::CancellationToken;
use videogen_process::Supervisor;
use videogen_tts::{Error, Flite, Rate, Request, Synthesizer, Timing};
use videogen_types::Unobserved;

async fn flite() -> Flite {
    Flite::discover(&Supervisor::new(), None, path_var().as_deref())
        .await
        .unwrap()
        .expect("flite is installed (scripts/test.sh)")
}

#[tokio::test]
async fn words_have_the_times_of_their_phones() {
    let flite = flite().await;
    assert!(
        flite.version().starts_with("flite-2."),
        "{}",
        flite.version()
    );
    let text = "Hello world, this is Dr. Smith. He has a NASA badge!";
    let speech = speak(&flite, text, "en-US").await.unwrap();
    assert_lawful(&speech, text);
    assert_eq!(
        (speech.timing, speech.voice.as_str(), speech.sample_rate),
        (Timing::Phones, "slt", 16_000)
    );
    // The comma is a pause of a tenth of a second that belongs to neither word; the estimate would not find it there.
    let (world, this) = (&speech.words[1], &speech.words[2]);
    assert!(
        (0.08..0.25).contains(&(this.start - world.end)),
        "{world:?} {this:?}"
    );
    // Flite says "Hello" in 0.38 s whatever follows.
    assert!(
        (0.3..0.5).contains(&(world.start - speech.words[0].start)),
        "{:?}",
        speech.words[0]
    );
    assert!(speech.words[0].start < 0.05, "the leading silence is cut");
}

#[tokio::test]
async fn every_voice_speaks() {
    let flite = flite().await;
    assert!(flite.voices().iter().any(|voice| voice.key == "slt"));
    assert!(flite.voices().iter().all(|voice| voice.key != "awb_time"));
    for voice in flite.voices() {
        let request = Request {
            voice: Some(voice.key.to_uppercase()),
            ..Request::new("Good morning to you.", "en")
        };
        let speech = flite
            .speak(&request, &Unobserved, &CancellationToken::new())
            .await
            .unwrap();
        assert_lawful(&speech, &request.text);
        assert_eq!((speech.timing, &speech.voice), (Timing::Phones, &voice.key));
    }
}

#[tokio::test]
async fn it_survives_odd_texts() {
    let flite = flite().await;
    for text in odd_texts() {
        let speech = speak(&flite, &text, "en")
            .await
            .unwrap_or_else(|error| panic!("{text:?}: {error}"));
        assert_lawful(&speech, &text);
    }
}

#[tokio::test]
async fn accents_are_spoken_without_them_and_other_scripts_are_given_time_to_be_read() {
    let flite = flite().await;
    let text = "Naïve café. 你好世界你好世界。 Done.";
    let speech = speak(&flite, text, "en").await.unwrap();
    assert_lawful(&speech, text);
    let chinese: Vec<_> = speech
        .words
        .iter()
        .filter(|word| word.text.starts_with(|c: char| ('一'..='龥').contains(&c)))
        .collect();
    assert_eq!(chinese.len(), 4, "words: {chinese:?}");
    assert!(chinese[3].end - chinese[0].start > 1.0);
    for text in ["你好世界", "Привет", "..."] {
        let error = speak(&flite, text, "en").await.unwrap_err();
        assert!(matches!(error, Error::NothingToSay { .. }) && error.help().is_some());
    }
    assert!(matches!(
        speak(&flite, "Guten Tag", "de").await,
        Err(Error::UnsupportedLanguage { .. })
    ));
}

#[tokio::test]
async fn the_rate_stretches_and_phones_still_fit() {
    let flite = flite().await;
    let mut lengths = Vec::new();
    for rate in [0.5, 1.0, 2.0] {
        let request = Request {
            rate: Rate::new(rate).unwrap(),
            ..Request::new("The quick brown fox jumps over the lazy dog.", "en")
        };
        let speech = flite
            .speak(&request, &Unobserved, &CancellationToken::new())
            .await
            .unwrap();
        assert_eq!(speech.timing, Timing::Phones);
        lengths.push(speech.duration());
    }
    assert!(
        lengths[0] > lengths[1] * 1.6 && lengths[1] > lengths[2] * 1.6,
        "{lengths:?}"
    );
}

#[tokio::test]
async fn long_texts_are_spoken_whole_and_the_same_each_time() {
    let scratch = camino_tempfile::tempdir().unwrap();
    let supervisor = Supervisor::new();
    let flite = Flite::discover(&supervisor, None, path_var().as_deref())
        .await
        .unwrap()
        .unwrap()
        .with_scratch_dir(scratch.path().to_owned());
    let text = "The quick brown fox, which nobody has ever seen, jumps over the lazy dog near the river bank and runs on \
        without any pause into the dark green forest where it lives with its family of seven small foxes. "
        .repeat(6);
    let speech = speak(&flite, &text, "en").await.unwrap();
    assert_lawful(&speech, &text);
    assert_eq!(speech.timing, Timing::Phones);
    assert_eq!(speak(&flite, &text, "en").await.unwrap(), speech);
    assert_eq!(supervisor.live(), 0);
    assert_empty(scratch.path());
}

#[tokio::test]
async fn an_unknown_voice_never_becomes_another_one() {
    let flite = flite().await;
    let request = Request {
        voice: Some("slr".into()),
        ..Request::new("hello", "en")
    };
    let error = flite
        .speak(&request, &Unobserved, &CancellationToken::new())
        .await
        .unwrap_err();
    assert!(
        matches!(error, Error::UnknownVoice { .. })
            && error.help().unwrap().to_string().contains("slt"),
        "{error}"
    );
}

#[tokio::test]
async fn a_wrong_program_is_refused() {
    let wrong = Flite::discover(&Supervisor::new(), Some(Utf8Path::new("/bin/true")), None)
        .await
        .unwrap_err();
    assert!(
        matches!(wrong, Error::NotTheProgram { .. }) && wrong.help().is_some(),
        "{wrong}"
    );
}

#[tokio::test]
async fn a_cancelled_request_starts_nothing() {
    let cancel = CancellationToken::new();
    cancel.cancel();
    assert!(
        flite()
            .await
            .speak(&Request::new("hello", "en"), &Unobserved, &cancel)
            .await
            .unwrap_err()
            .is_cancelled()
    );
}
