//! Servers that speak: one that tells the times of words, one that fails while the next takes over, and what is none.

use serde_json::Value;
use testkit::events::{named, only};
use testkit::speech::{Kind, MockSpeech, Reply};
use testkit::{Finished, Run};

use crate::{generate, nobody};

const KEY: &str = "sk-topsecret-0123456789";
const SCRIPT: &str = "Bees dance to tell each other the way. They turn 3 times, and hum.";

/// A video of [`SCRIPT`] that is spoken by the servers at `first` and `others`.
fn video(first: &str, others: &str) -> Run {
    generate()
        .args(["--script", "-", "--name", "x", "--language", "en"])
        .args(["--music", "none", "--painter", "builtin", "--json"])
        .env("VIDEOGEN_SPEECH_URL", first)
        .env("VIDEOGEN_SPEECH_FALLBACKS", others)
        .input(SCRIPT)
}

fn manifest(run: &Finished) -> Value {
    let text = std::fs::read_to_string(run.work().join("videos/x.json")).expect("a manifest");
    serde_json::from_str(&text).expect("JSON")
}

/// The steps down of the voice: from, to, and why.
fn steps(run: &Finished) -> Vec<(String, String, String)> {
    let events = run.events();
    let text = |step: &Value, name: &str| step[name].as_str().unwrap_or_default().to_owned();
    named(&events, "degraded")
        .iter()
        .filter(|step| step["stage"] == "voice")
        .map(|step| (text(step, "from"), text(step, "to"), text(step, "reason")))
        .collect()
}

#[test]
fn a_server_speaks_and_its_times_are_those_of_the_words() {
    let server = MockSpeech::builder(Kind::Kokoro).key(KEY).start();
    let run = video(&server.url(), "")
        .env("VIDEOGEN_SPEECH_KEY", KEY)
        .env("VIDEOGEN_LOG", "debug")
        .args(["--speech", "openai", "--voice", "af_bella"])
        .finish()
        .expect_code(0);
    assert_eq!(steps(&run), []);
    let manifest = manifest(&run);
    assert_eq!(manifest["voice"]["timing"], "server");
    assert_eq!(manifest["voice"]["voice"], "af_bella");
    let speaker = manifest["voice"]["speaker"].as_str().expect("a speaker");
    assert_eq!(speaker, format!("openai: kokoro at {}", server.url()));
    let words: Vec<&Value> = manifest["scenes"]
        .as_array()
        .expect("scenes")
        .iter()
        .flat_map(|scene| scene["words"].as_array().expect("words"))
        .collect();
    assert_eq!(words.len(), SCRIPT.split(' ').count());
    let time = |word: &Value, name: &str| word[name].as_f64().expect("a time");
    for pair in words.windows(2) {
        assert!(
            time(pair[0], "end_s") <= time(pair[1], "start_s") + 1e-3,
            "{pair:?}"
        );
    }
    for (route, body) in server.spoken() {
        assert_eq!(route, "POST /dev/captioned_speech");
        assert_eq!(body["voice"], "af_bella");
    }
    assert!(!run.stdout().contains(KEY) && !run.stderr().contains(KEY));

    // What it has said is kept, and not asked for again.
    let count = server.spoken().len();
    let doctor = Run::videogen()
        .arg("doctor")
        .env("VIDEOGEN_SPEECH_URL", server.url())
        .env("VIDEOGEN_SPEECH_KEY", KEY)
        .finish();
    let told = doctor.stdout();
    assert!(
        told.contains("kokoro at") && told.contains("4 voices"),
        "{told}"
    );
    assert_eq!(server.spoken().len(), count);
}

#[test]
fn the_next_server_takes_over_from_one_that_fails_and_it_is_told() {
    let failing = MockSpeech::builder(Kind::Kokoro).replies(Reply::status(500));
    let failing = failing.start();
    let piper = MockSpeech::builder(Kind::Piper15).start();
    let run = video(&failing.url(), &piper.url()).finish().expect_code(0);
    let told = steps(&run);
    let [(from, to, reason)] = &told[..] else {
        panic!("{told:?}")
    };
    assert_eq!(*from, format!("openai at {}", failing.url()));
    assert_eq!(*to, format!("piper-http at {}", piper.url()));
    assert!(reason.contains("told to fail"), "{reason}");
    let manifest = manifest(&run);
    assert_eq!(manifest["voice"]["voice"], "en_US-ryan-high");
    assert_eq!(manifest["voice"]["timing"], "sentences");
    // One server speaks all of it.
    assert!(!piper.spoken().is_empty());

    // One that was asked for by name and fails is replaced by nobody else.
    let named = video(&failing.url(), &piper.url());
    let named = named.args(["--speech", "openai"]).finish().expect_code(4);
    let failed = named.events();
    let failed = only(&failed, "video_failed");
    assert_eq!(failed["stage"], "voice", "{failed}");
}

#[test]
fn one_that_is_away_is_told_and_the_next_one_speaks() {
    let (away, server) = (nobody(), MockSpeech::builder(Kind::OpenAi).start());
    let run = video(&away, &server.url()).finish().expect_code(0);
    let told = steps(&run);
    let [(from, to, reason)] = &told[..] else {
        panic!("{told:?}")
    };
    assert_eq!(
        (&**from, &**to),
        ("openai", &*format!("openai at {}", server.url()))
    );
    assert!(
        reason.contains(&away) && reason.contains("refused"),
        "{reason}"
    );
    // Nothing is made where nothing else will do.
    let refused = |run: Run, speech: &str| {
        let run = run.args(["--speech", speech]).finish().expect_code(3);
        run.stdout() + &run.stderr()
    };
    let told = refused(video(&away, ""), "openai");
    assert!(told.contains(&away), "{told}");
    let told = refused(video("none", ""), "piper-http");
    assert!(told.contains("no speech server is configured"), "{told}");
    assert!(told.contains("speech_url"), "{told}");
}

#[test]
fn a_page_of_html_is_no_speech_and_somebody_else_speaks() {
    let server = MockSpeech::builder(Kind::OpenAi)
        .replies(Reply::page())
        .start();
    let run = video(&server.url(), "").finish().expect_code(0);
    let told = steps(&run);
    let [(from, _, reason)] = &told[..] else {
        panic!("{told:?}")
    };
    assert_eq!(*from, format!("openai at {}", server.url()));
    assert!(
        reason.contains("answered with HTML") && reason.contains("not with a WAV file"),
        "{reason}"
    );
    let speaker = manifest(&run)["voice"]["speaker"].clone();
    assert!(
        speaker.as_str().is_some_and(|who| who.starts_with("flite")),
        "{speaker}"
    );

    let named = video(&server.url(), "").args(["--speech", "openai"]);
    let named = named.finish().expect_code(4);
    let failed = named.events();
    let failed = only(&failed, "video_failed");
    assert_eq!(failed["stage"], "voice");
    assert_eq!(failed["kind"], "speech");
    assert!(
        failed["hint"]
            .as_str()
            .is_some_and(|hint| hint.contains("WAV")),
        "{failed}"
    );
}
