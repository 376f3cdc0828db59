//! Servers that speak: which API each has, what is sent to it, and what is made of every kind of answer.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use testkit::speech::{Kind, MockSpeech, Reply, wav};
use tokio_util::sync::CancellationToken;
use videogen_net::{Secret, TrafficMeter};
use videogen_tts::{
    AskedSpeechServers, Error, Rate, Request, Speech, SpeechServer, SpeechServerOptions,
    Synthesizer, Timing, ask_speech_servers, display_text,
};
use videogen_types::Unobserved;

fn options(urls: &[String]) -> SpeechServerOptions {
    SpeechServerOptions {
        servers: urls
            .iter()
            .map(|url| url.parse().expect("an address"))
            .collect(),
        ..SpeechServerOptions::default()
    }
}

async fn asked(options: &SpeechServerOptions) -> AskedSpeechServers {
    let asked = ask_speech_servers(options, &TrafficMeter::default()).await;
    asked.expect("servers that were named well")
}

async fn speaker(server: &MockSpeech) -> SpeechServer {
    let mut asked = asked(&options(&[server.url()])).await;
    assert!(asked.refused.is_empty(), "{:?}", asked.refused);
    asked.speakers.remove(0)
}

async fn speak(speaker: &SpeechServer, request: &Request) -> Result<Speech, Error> {
    let never = CancellationToken::new();
    speaker.speak(request, &Unobserved, &never).await
}

/// What a server was sent that was asked to speak.
fn sent(server: &MockSpeech) -> (String, Value) {
    server.spoken().pop().expect("it was asked to speak")
}

#[tokio::test]
async fn each_api_is_known_by_what_it_answers_and_no_text_is_tried() {
    for (kind, id, route) in [
        (Kind::Kokoro, "openai", "POST /dev/captioned_speech"),
        (Kind::OpenAi, "openai", "POST /v1/audio/speech"),
        (Kind::Piper2023, "piper-http", "POST /"),
        (Kind::Piper13, "piper-http", "POST /"),
        (Kind::Piper15, "piper-http", "POST /synthesize"),
    ] {
        let server = MockSpeech::builder(kind).start();
        let speaker = speaker(&server).await;
        assert_eq!(speaker.id(), id, "{kind:?}");
        assert_eq!(server.spoken(), [], "{kind:?}: it was asked to speak");
        let speech = speak(&speaker, &Request::new("Hello there, sea.", "en")).await;
        let speech = speech.unwrap_or_else(|error| panic!("{kind:?}: {error}"));
        assert_eq!(speech.words.len(), 3);
        let (asked, body) = sent(&server);
        assert_eq!(asked, route, "{kind:?}");
        match kind {
            Kind::Piper2023 => assert_eq!(body, "Hello there, sea."),
            Kind::Piper13 | Kind::Piper15 => {
                assert_eq!(
                    body,
                    json!({"text": "Hello there, sea.", "voice": "en_US-ryan-high"})
                );
            }
            Kind::Kokoro | Kind::OpenAi => {
                assert_eq!(body["input"], "Hello there, sea.");
                assert_eq!(body["response_format"], "wav");
                let voice = if kind == Kind::Kokoro {
                    "af_heart"
                } else {
                    "alloy"
                };
                assert_eq!(body["voice"], voice);
                let model = if kind == Kind::Kokoro {
                    "kokoro"
                } else {
                    "tts-1"
                };
                assert_eq!(body["model"], model);
            }
        }
    }
}

#[tokio::test]
async fn an_address_may_be_named_with_the_path_of_the_api() {
    let server = MockSpeech::builder(Kind::Kokoro).start();
    for path in ["/v1", "/v1/audio/speech", "/"] {
        let mut asked = asked(&options(&[format!("{}{path}", server.url())])).await;
        let speaker = asked.speakers.remove(0);
        let speech = speak(&speaker, &Request::new("Hello.", "en"))
            .await
            .unwrap();
        assert_eq!(speech.timing, Timing::Server, "{path}");
    }
}

#[tokio::test]
async fn times_that_a_server_tells_are_those_of_the_displayed_words() {
    let server = MockSpeech::builder(Kind::Kokoro).start();
    let request = Request::new("Dr. Smith paid $3.50 🎉 for a pizza. Really?", "en");
    let speech = speak(&speaker(&server).await, &request).await.unwrap();
    assert_eq!(speech.timing, Timing::Server);
    assert_eq!(speech.sample_rate, 24_000);
    let mut before = 0.0;
    let mut joined = String::new();
    for word in &speech.words {
        assert!(
            word.start >= before - 1e-9 && word.start < word.end,
            "{word:?}"
        );
        before = word.end;
        if word.space_before {
            joined.push(' ');
        }
        joined.push_str(&word.text);
    }
    assert_eq!(joined, display_text(&request.text));
    assert!(before <= speech.duration() + 1e-9);
    // Each word of the server takes 0.35 s; `paid` is its third.
    let paid = speech
        .words
        .iter()
        .find(|word| word.text == "paid")
        .unwrap();
    assert!((paid.start - 0.7).abs() < 0.03, "{paid:?}");
}

#[tokio::test]
async fn where_times_cannot_be_had_speech_is_asked_for_without() {
    for reply in [
        Reply::status(404),
        Reply::status(500),
        Reply::page(),
        Reply::body("application/json", "{\"audio\": null}"),
        Reply::body(
            "application/json",
            "{\"audio\": \"SUQzBA==\", \"timestamps\": []}",
        ),
    ] {
        let server = MockSpeech::builder(Kind::Kokoro);
        let server = server.replies_to_captions(reply.clone()).start();
        let request = Request::new("Hello there.", "en");
        let speech = speak(&speaker(&server).await, &request).await;
        let speech = speech.unwrap_or_else(|error| panic!("{reply:?}: {error}"));
        assert_eq!(speech.timing, Timing::Sentences, "{reply:?}");
        assert_eq!(sent(&server).0, "POST /v1/audio/speech");
    }
}

#[tokio::test]
async fn what_is_no_sound_is_named_with_the_server_and_what_to_do() {
    let body = |kind: &str, bytes: &[u8]| Reply::body(kind, bytes);
    for (reply, told) in [
        (Reply::page(), "HTML"),
        (body("audio/wav", b""), "0 bytes"),
        (body("audio/wav", b"ID3\x04\0\0"), "an MP3 file"),
        (body("audio/wav", b"OggS\0\0"), "an Ogg file"),
        (body("audio/wav", b"fLaC\0\0"), "a FLAC file"),
        (
            body("audio/pcm", &[1, 0, 2, 0]),
            "samples without a header or a rate",
        ),
        (
            body(
                "application/json",
                b"{\"error\": {\"message\": \"no such voice\"}}",
            ),
            "no such voice",
        ),
        (
            body("audio/wav", &wav(0.5, 96_000, false)),
            "96000 samples per second",
        ),
        (
            body("audio/wav", &wav(0.5, 24_000, false)[..2_000]),
            "broken",
        ),
    ] {
        for kind in [Kind::OpenAi, Kind::Piper15] {
            let server = MockSpeech::builder(kind).replies(reply.clone()).start();
            let request = Request::new("Hello there.", "en");
            let error = speak(&speaker(&server).await, &request).await.unwrap_err();
            assert!(matches!(&error, Error::NotSound { .. }), "{error:?}");
            let words = error.to_string();
            assert!(
                words.contains(told) && words.contains(&server.url()),
                "{words}"
            );
            assert!(error.help().is_some() && !error.is_retryable());
            assert_eq!(server.spoken().len(), 1, "asking again is of no use");
        }
    }
}

#[tokio::test]
async fn sound_of_every_honest_form_is_taken() {
    for (reply, rate) in [
        // The header tells another rate than the type, and has no lengths.
        (
            Reply::body("audio/pcm;rate=16000", wav(1.0, 22_050, true)),
            22_050,
        ),
        (Reply::body("text/html", wav(1.0, 48_000, false)), 48_000),
        (
            Reply::body(
                "audio/pcm;rate=16000",
                wav(1.0, 16_000, false)[44..].to_vec(),
            ),
            16_000,
        ),
    ] {
        let server = MockSpeech::builder(Kind::OpenAi).replies(reply).start();
        let request = Request::new("Hello there.", "en");
        let speech = speak(&speaker(&server).await, &request).await.unwrap();
        assert_eq!(speech.sample_rate, rate);
        assert!(
            (speech.duration() - 1.0).abs() < 0.05,
            "{}",
            speech.duration()
        );
    }
    let silent = Reply::body("audio/wav", wav(0.0, 24_000, false));
    let server = MockSpeech::builder(Kind::OpenAi).replies(silent).start();
    let request = Request::new("Hello there.", "en");
    let error = speak(&speaker(&server).await, &request).await.unwrap_err();
    assert!(matches!(error, Error::AllSilent { .. }), "{error}");
}

#[tokio::test]
async fn a_voice_is_one_of_the_server_and_of_the_language() {
    let server = MockSpeech::builder(Kind::Kokoro).start();
    let kokoro = speaker(&server).await;
    assert!(kokoro.speaks("en-GB") && kokoro.speaks("fr") && !kokoro.speaks("de"));
    assert!(kokoro.has_voice("AF_bella") && !kokoro.has_voice("alloy"));
    for (language, wished, voice) in [
        ("en", None, "af_heart"),
        ("en-GB", None, "bm_george"),
        ("fr", None, "ff_siwis"),
        ("en", Some("af_bella"), "af_bella"),
    ] {
        let request = Request {
            voice: wished.map(str::to_owned),
            ..Request::new("Salut", language)
        };
        let speech = speak(&kokoro, &request).await.unwrap();
        assert_eq!(speech.voice, voice);
        assert_eq!(sent(&server).1["voice"], voice);
    }
    let count = server.spoken().len();
    let german = speak(&kokoro, &Request::new("Hallo", "de"))
        .await
        .unwrap_err();
    assert!(matches!(german, Error::UnsupportedLanguage { .. }));
    let request = Request {
        voice: Some("af_hart".to_owned()),
        ..Request::new("Hello", "en")
    };
    let unknown = speak(&kokoro, &request).await.unwrap_err();
    assert!(
        unknown.help().unwrap().to_string().contains("af_heart"),
        "{unknown:?}"
    );
    assert_eq!(server.spoken().len(), count, "nothing was asked for");

    // A server without a list may have any voice, in any language.
    let server = MockSpeech::builder(Kind::OpenAi).start();
    let plain = speaker(&server).await;
    assert!(plain.has_voice("my-clone") && plain.speaks("sw"));
    let request = Request {
        voice: Some("my-clone".to_owned()),
        ..Request::new("Habari", "sw")
    };
    assert_eq!(speak(&plain, &request).await.unwrap().voice, "my-clone");

    let server = MockSpeech::builder(Kind::Piper15).start();
    let piper = speaker(&server).await;
    let request = Request::new("Guten Tag", "de");
    let speech = speak(&piper, &request).await.unwrap();
    assert_eq!(speech.voice, "de_DE-thorsten-medium");
    assert!(!piper.has_voice("en_US-bryce-medium"));
}

#[tokio::test]
async fn the_rate_is_told_in_the_words_of_each_api() {
    let at = |rate: f64| Request {
        rate: Rate::new(rate).unwrap(),
        ..Request::new("Hello there.", "en")
    };
    let server = MockSpeech::builder(Kind::OpenAi).start();
    speak(&speaker(&server).await, &at(1.25)).await.unwrap();
    assert_eq!(sent(&server).1["speed"], 1.25);
    let server = MockSpeech::builder(Kind::Piper13).start();
    speak(&speaker(&server).await, &at(1.25)).await.unwrap();
    assert_eq!(sent(&server).1["length_scale"], 0.8);
}

#[tokio::test]
async fn a_key_is_sent_and_shown_to_nobody_and_the_lack_of_one_is_told() {
    let server = MockSpeech::builder(Kind::Kokoro).key("sk-0123").start();
    let without = asked(&options(&[server.url()])).await;
    assert!(without.speakers.is_empty());
    assert!(
        without.refused[0].reason.contains("wants a key"),
        "{:?}",
        without.refused
    );
    assert!(without.refused[0].hint.is_some());
    let with = SpeechServerOptions {
        key: Some(Secret::new("sk-0123")),
        ..options(&[server.url()])
    };
    let speaker = asked(&with).await.speakers.remove(0);
    speak(&speaker, &Request::new("Hello", "en")).await.unwrap();
    assert!(!format!("{with:?}{speaker:?}{}", speaker.identity()).contains("0123"));
}

#[tokio::test]
async fn what_is_no_speech_server_is_told_and_the_order_is_kept() {
    let page = MockSpeech::builder(Kind::OpenAi).start();
    let kokoro = MockSpeech::builder(Kind::Kokoro).start();
    let away = {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        format!("http://{}", listener.local_addr().unwrap())
    };
    // A path below which nothing is.
    let nothing = format!("{}/nowhere", page.url());
    let urls = [away.clone(), nothing.clone(), kokoro.url(), page.url()];
    let asked = asked(&options(&urls)).await;
    let names: Vec<String> = asked.speakers.iter().map(Synthesizer::name).collect();
    assert_eq!(
        names,
        [
            format!("openai at {}", kokoro.url()),
            format!("openai at {}", page.url())
        ]
    );
    let reasons = asked.preferred_reasons().unwrap();
    assert!(
        reasons.contains("refused") && reasons.contains("does not answer like a speech server"),
        "{reasons}"
    );
    assert!(
        reasons.contains(&away) && reasons.contains("/nowhere"),
        "{reasons}"
    );
    assert_eq!(asked.refused.len(), 2);
    assert!(asked.speakers[0].about().contains("4 voices"));
}

#[tokio::test]
async fn a_server_that_fails_is_asked_once_more_and_then_left_alone() {
    let server = MockSpeech::builder(Kind::OpenAi)
        .replies(Reply::status(500))
        .start();
    let speaker = speaker(&server).await;
    let request = Request::new("Hello", "en");
    let error = speak(&speaker, &request).await.unwrap_err();
    assert!(
        matches!(error, Error::Net { .. }) && error.is_retryable(),
        "{error}"
    );
    assert_eq!(server.spoken().len(), 2);
    drop(server);
    // It is away: who finds that out closes it for the others, who do not wait.
    for _ in 0..2 {
        speak(&speaker, &request).await.unwrap_err();
    }
    let began = Instant::now();
    let blocked = speak(&speaker, &request).await.unwrap_err();
    assert!(
        videogen_text::chain(&blocked).contains("blocked for"),
        "{blocked:?}"
    );
    assert!(began.elapsed() < Duration::from_millis(500));
}

#[tokio::test]
async fn a_server_that_hangs_is_dropped_when_the_caller_cancels() {
    let server = MockSpeech::builder(Kind::Piper15)
        .replies(Reply::Hang)
        .start();
    let speaker = speaker(&server).await;
    let cancel = CancellationToken::new();
    let request = Request::new("Hello", "en");
    let stop = async {
        while server.spoken().is_empty() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        cancel.cancel();
    };
    let (spoken, ()) = tokio::join!(speaker.speak(&request, &Unobserved, &cancel), stop);
    assert!(spoken.unwrap_err().is_cancelled());
}

#[tokio::test]
async fn two_servers_are_two_speakers_with_identities_of_their_own() {
    let (one, other) = (
        MockSpeech::builder(Kind::Kokoro).start(),
        MockSpeech::builder(Kind::Kokoro)
            .voices(&["am_adam"])
            .start(),
    );
    let asked = asked(&options(&[one.url(), other.url()])).await;
    let [first, second] = &asked.speakers[..] else {
        panic!("{:?}", asked.refused)
    };
    assert_ne!(first.identity(), second.identity());
    assert!(
        first.identity().contains("Kokoro TTS API 1.0.0"),
        "{}",
        first.identity()
    );
    let model = SpeechServerOptions {
        model: Some("tts-1-hd".to_owned()),
        ..options(&[one.url()])
    };
    let hd = self::asked(&model).await.speakers.remove(0);
    assert_ne!(first.identity(), hd.identity());
    speak(&hd, &Request::new("Hello", "en")).await.unwrap();
    assert_eq!(sent(&one).1["model"], "tts-1-hd");
}

#[tokio::test]
async fn nothing_to_say_asks_nobody_and_commands_of_a_server_are_not_passed_on() {
    let server = MockSpeech::builder(Kind::Kokoro).start();
    let speaker = speaker(&server).await;
    for text in ["", "...", "🎉", "\0"] {
        let error = speak(&speaker, &Request::new(text, "en"))
            .await
            .unwrap_err();
        assert!(matches!(error, Error::NothingToSay { .. }), "{error}");
    }
    assert_eq!(server.spoken(), []);
    let text = "Wait [pause:5s] and [voice:am_adam] see [[h@l]].";
    speak(&speaker, &Request::new(text, "en")).await.unwrap();
    let input = sent(&server).1["input"].as_str().unwrap().to_owned();
    assert!(!input.contains(['[', ']']), "{input}");
}
