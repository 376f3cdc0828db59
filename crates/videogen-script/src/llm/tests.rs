//! The script writer as its callers see it, with servers that are none.

use std::sync::{Arc, Mutex};

use proptest::prelude::*;
use serde_json::{Value, json};
use testkit::llm::{Kind, MockLlm, Say};
use tokio_util::sync::CancellationToken;
use videogen_llm::{ClientOptions, Complaint, Judged, ModelPool, read_answer};
use videogen_net::{AddressPolicy, BreakerPolicy, Endpoint, HttpClient};

use super::accept::Draft;
use super::shape::Form;
use super::*;
use crate::writer::ScriptWriter;
use videogen_types::Unobserved;

const GIB: u64 = testkit::comfy::GIB;

mod kept;

/// What the script of the mock servers is a script of.
pub(super) fn wish() -> ScriptRequest {
    ScriptRequest {
        topic: "light in the deep sea".into(),
        genre: Genre::Nature,
        language: "en".into(),
        words: 45,
        scenes: None,
        seed: Seed(7),
        avoid: Vec::new(),
    }
}

fn good() -> Value {
    let scene =
        |narration: &str, picture: &str| json!({"narration": narration, "picture": picture});
    json!({
        "title": "Light in the deep sea",
        "look": "Soft blue light, grainy film, one small yellow submarine with a round window.",
        "scenes": [
            scene("Far below the waves, where no sunlight reaches, the water is full of small lights.", "a dark blue deep sea with glowing plankton, wide shot"),
            scene("Most animals down there make their own light, to find food, friends, or a way to escape.", "an anglerfish close up in dark water"),
            scene("So the darkest place on Earth is also one of the most colourful.", "a jellyfish drifting upwards in black water"),
        ],
        "hashtags": ["deep sea", "#Ocean", "ocean", "1"],
        "description": "Why the darkest water on Earth glows.",
    })
}

fn with(changes: &[(&str, Value)]) -> String {
    let mut all = good();
    for (pointer, value) in changes {
        *all.pointer_mut(pointer).unwrap() = value.clone();
    }
    all.to_string()
}

fn read(text: &str, wish: &ScriptRequest) -> Result<Judged<Draft>, Vec<Complaint>> {
    read_answer(text, &Form::new(wish, &Templates::builtin()))
}

/// A script against which there is nothing to be said.
fn good_script(text: &str, wish: &ScriptRequest) -> Script {
    let judged = read(text, wish).unwrap_or_else(|complaints| panic!("{text}: {complaints:?}"));
    assert!(judged.warnings.is_empty(), "{text}: {:?}", judged.warnings);
    assert_eq!((judged.penalty, judged.value.remarks.len()), (0, 0));
    judged.value.script
}

/// What holds of every script that is as it should be, whatever a model has answered.
fn check(script: &Script, wish: &ScriptRequest) -> Result<(), TestCaseError> {
    let words = said_words(script);
    prop_assert!(length::accepted(wish).contains(&words), "{words} words");
    prop_assert!(length::scenes(wish).contains(&script.scenes.len()));
    check_usable(script, wish)
}

fn said_words(script: &Script) -> usize {
    let narrations = script
        .scenes
        .iter()
        .map(|s| videogen_text::word_count(&s.narration));
    narrations.sum()
}

/// What holds of every script that is kept.
fn check_usable(script: &Script, wish: &ScriptRequest) -> Result<(), TestCaseError> {
    let words = said_words(script);
    prop_assert!(length::usable(wish).contains(&words), "{words} words");
    prop_assert!(!script.scenes.is_empty() && script.scenes.len() <= 40);
    prop_assert_eq!(&script.language, &wish.language);
    let said = script.scenes.iter().map(|scene| &scene.narration);
    for text in said.chain([&script.title]) {
        prop_assert_eq!(speakable::speakable(text, "en"), Ok(text.clone()));
        for bad in ["**", "`", "<think", "</", "[", "{", "://", "XXX"] {
            prop_assert!(!text.contains(bad), "{text:?}");
        }
    }
    for scene in &script.scenes {
        prop_assert!(!scene.picture.is_empty() && scene.picture.chars().count() <= 500);
    }
    Ok(())
}

#[test]
fn a_good_answer_becomes_a_script() {
    let draft = read(&good().to_string(), &wish()).unwrap().value;
    check(&draft.script, &wish()).unwrap();
    assert_eq!(draft.script.hashtags, ["deepsea", "Ocean"]);
    assert_eq!(
        draft.description.as_deref(),
        Some("Why the darkest water on Earth glows.")
    );
    assert_eq!(
        draft.script.scenes[1].picture,
        "an anglerfish close up in dark water, Soft blue light, grainy film, one small yellow submarine with a round window"
    );
    // What can do without the model is no reason to ask again.
    let less = with(&[
        ("/look", json!(null)),
        ("/hashtags", json!(3)),
        ("/description", json!("海は深い。")),
    ]);
    let draft = read(&less, &wish()).unwrap().value;
    assert_eq!((draft.script.hashtags.len(), draft.description), (0, None));
    let look = crate::builtin::look(Genre::Nature, Seed(7));
    assert!(
        draft
            .script
            .scenes
            .iter()
            .all(|scene| scene.picture.ends_with(look))
    );
}

#[test]
fn near_misses_are_put_right() {
    let narration = good()["scenes"][0]["narration"]
        .as_str()
        .unwrap()
        .to_owned();
    let picture = "a dark blue deep sea with glowing plankton";
    for text in [
        format!(
            "<think>Three scenes.</think>Sure!\n```json\n{}\n```",
            good()
        ),
        with(&[(
            "/scenes/0/narration",
            json!(format!("**Narrator:** [soft music] {narration}")),
        )]),
        with(&[(
            "/scenes/0/picture",
            json!(format!(
                "Image prompt: {picture}, text overlay \"DEEP SEA\", no text"
            )),
        )]),
        good()
            .to_string()
            .replace("\"narration\":", "\"voiceover\":")
            .replace("\"picture\":", "\"image_prompt\":"),
        json!({"script": good()}).to_string(),
    ] {
        let script = good_script(&text, &wish());
        check(&script, &wish()).unwrap();
        assert_eq!(script.scenes[0].narration, narration);
        assert!(
            script.scenes[0].picture.starts_with(picture),
            "{:?}",
            script.scenes[0]
        );
    }
}

/// Asserts that an answer is complained of, or warned of, in these words, and that nothing it says is repeated.
fn assert_told(text: &str, wish: &ScriptRequest, words: &str) {
    let complaints = match read(text, wish) {
        Ok(judged) => {
            assert!(judged.penalty > 0, "{words}");
            judged.warnings
        }
        Err(complaints) => complaints,
    };
    assert!(
        complaints
            .iter()
            .any(|one| one.to_string().starts_with(words)),
        "{words}: {complaints:?}"
    );
    assert!(
        complaints
            .iter()
            .all(|one| !one.to_string().contains("plankton")),
        "{complaints:?}"
    );
}

#[test]
fn the_rest_is_told_in_words_a_model_can_act_on() {
    let said = |at: usize| good()["scenes"][at]["narration"].clone();
    let cases = [
        (
            "/scenes/1/narration",
            said(0),
            "scenes[1].narration says again what scenes[0].narration says",
        ),
        (
            "/scenes/2/picture",
            said(2),
            "scenes[2].picture repeats the narration",
        ),
        (
            "/scenes/2/picture",
            json!("海底有很多发光的水母在游泳"),
            "scenes[2].picture must be in English",
        ),
        (
            "/scenes/2/picture",
            json!("the words DEEP SEA in gold"),
            "scenes[2].picture asks for writing",
        ),
        (
            "/scenes/0/narration",
            json!("Visit deepsea.org to see where the water is full of small lights in the night."),
            "scenes[0].narration holds a web address",
        ),
        (
            "/scenes/0/narration",
            json!("Welcome to [topic], where the water is full of small lights at night."),
            "scenes[0].narration holds something in square brackets",
        ),
        (
            "/scenes/1/narration",
            json!("Inside, yeast eats the sugar of the flour and breathes out gas."),
            "scenes[1].narration is that of the example",
        ),
        (
            "/scenes/1/narration",
            json!("It invents no figures, names, dates or quotations."),
            "scenes[1].narration repeats the question",
        ),
        (
            "/scenes/1/narration",
            json!("😀".repeat(10_000)),
            "scenes[1].narration",
        ),
    ];
    for (pointer, value, words) in cases {
        assert_told(&with(&[(pointer, value)]), &wish(), words);
    }
}

#[test]
fn what_is_not_as_wished_is_told_in_words_a_model_can_act_on() {
    type Change = fn(&mut ScriptRequest);
    let cases: [(Change, &str); 7] = [
        (
            |wish| wish.words = 80,
            "scenes have 45 words in all narrations together and must have 68 to 100: say about 35 words more",
        ),
        (
            |wish| wish.words = 12,
            "scenes have 45 words in all narrations together and must have 9 to 15: leave about 33 words out",
        ),
        (
            |wish| wish.language = "de".into(),
            "scenes must be in German, not in English",
        ),
        (
            |wish| wish.language = "ja".into(),
            "scenes must be in Japanese, not in Latin letters",
        ),
        (
            |wish| wish.scenes = Some(5),
            "scenes must have 5 items, not 3",
        ),
        (
            |wish| wish.words = 60,
            "scenes[2].narration has 13 words: write 17 to 22 words",
        ),
        (
            |wish| wish.topic = "how volcanoes erupt".into(),
            "scenes are about something else",
        ),
    ];
    for (change, words) in cases {
        let mut wish = wish();
        change(&mut wish);
        assert_told(&good().to_string(), &wish, words);
    }
}

#[test]
fn what_repeats_an_earlier_video_is_told_in_words_a_model_can_act_on() {
    let wish = ScriptRequest {
        avoid: vec![Opening::of(&good_script(&good().to_string(), &wish()))],
        ..wish()
    };
    assert_told(
        &good().to_string(),
        &wish,
        "title is that of an earlier video, \"Light in the deep sea\"",
    );
    assert_told(
        &with(&[("/title", json!("Lanterns"))]),
        &wish,
        "scenes[0].narration begins like an earlier video, \"Far below the waves",
    );
}

#[test]
fn scripts_without_spaces_are_counted_in_characters() {
    let scene = |narration: &str| json!({"narration": narration, "picture": "a dark blue deep sea, wide shot"});
    let text = json!({
        "title": "深海之光",
        "scenes": [
            scene("在海浪之下，阳光照不到的地方，水里充满了小小的光。"),
            scene("大多数动物自己发光，为了寻找食物和朋友。"),
            scene("所以地球上最黑暗的地方，也是最美丽的地方。"),
        ],
    });
    let wish = ScriptRequest {
        language: "zh".into(),
        words: 28,
        ..wish()
    };
    check(&good_script(&text.to_string(), &wish), &wish).unwrap();
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn no_answer_is_too_strange(
        at in prop::sample::select(vec!["/title", "/look", "/scenes/0/narration", "/scenes/1/picture", "/scenes/2/narration", "/hashtags", "/description"]),
        piece in "(?s)[a-e*_`#<>|\\[\\]{}():/ .,\"\n\u{180b}\u{202e}é-]{0,30}|(<think>|</think>|\\*\\*|Narrator: |https://a.b|\\[x\\]| words ){0,6}|.{0,40}",
        whole in any::<bool>(),
    ) {
        let before = good().pointer(at).and_then(Value::as_str).unwrap_or_default().to_owned();
        let value = if whole { piece.clone() } else { format!("{before} {piece}") };
        for text in [with(&[(at, json!(value))]), piece] {
            match read(&text, &wish()) {
                Ok(judged) if judged.warnings.is_empty() => check(&judged.value.script, &wish())?,
                Ok(judged) => {
                    check_usable(&judged.value.script, &wish())?;
                    prop_assert!(judged.penalty > 0);
                }
                Err(complaints) => prop_assert!(!complaints.is_empty()),
            }
        }
    }
}

/// A writer on these servers.
fn writer(urls: &[String]) -> LlmWriter {
    let options = videogen_net::ClientOptions::new(AddressPolicy::local());
    let http = HttpClient::new(options).unwrap();
    let servers = urls
        .iter()
        .map(|url| (Endpoint::parse(url).unwrap(), ClientOptions::new()));
    let pool = ModelPool::new(&http, servers.collect(), BreakerPolicy::default()).unwrap();
    LlmWriter::new(Arc::new(pool), Templates::builtin())
}

fn server(answers: impl IntoIterator<Item = Say>, usual: Say) -> MockLlm {
    MockLlm::builder(Kind::Ollama)
        .model("qwen3:8b", 6 * GIB)
        .answers(answers)
        .usually(usual)
        .start()
}

/// What stands last in a question.
fn last_words(question: &Value) -> String {
    let messages = question["messages"].as_array().unwrap();
    let last = &messages[messages.len() - 1]["content"];
    last.as_str().unwrap().to_owned()
}

async fn write(writer: &LlmWriter, wish: &ScriptRequest) -> Result<Written, ScriptError> {
    writer
        .write(wish, &Unobserved, &CancellationToken::new())
        .await
}

#[tokio::test]
async fn an_answer_is_repaired_then_asked_for_afresh_then_asked_of_the_next_server() {
    // In another language: it cannot be used.
    let bad = || {
        Say::text(with(&[
            (
                "/scenes/0/narration",
                json!("深海里没有阳光，水中却充满了小小的光。"),
            ),
            (
                "/scenes/1/narration",
                json!("大多数动物自己发光，为了寻找食物和朋友。"),
            ),
        ]))
    };
    let first = server([bad(), Say::script(), bad(), bad(), Say::script()], bad());
    let second = server([], Say::script());
    let writer = writer(&[first.url(), second.url()]);
    let told = Mutex::new(Vec::new());
    let progress = |now: f32| told.lock().unwrap().push(now);
    let written = writer
        .write(&wish(), &progress, &CancellationToken::new())
        .await
        .unwrap();
    check(&written.script, &wish()).unwrap();
    assert_eq!(
        (written.repaired, written.model.as_str()),
        (true, "qwen3:8b")
    );
    assert!(
        written.endpoint.starts_with(&first.url()),
        "{}",
        written.endpoint
    );
    assert!(written.description.is_some());
    let told = told.into_inner().unwrap();
    assert!(told.is_sorted() && told.last() == Some(&1.0), "{told:?}");
    let repair = last_words(&first.questions()[1]);
    assert!(
        repair.contains("must be in English, not in Han letters"),
        "{repair}"
    );

    write(&writer, &wish()).await.unwrap();
    assert_eq!((first.questions().len(), second.questions().len()), (5, 0));
    let written = write(&writer, &wish()).await.unwrap();
    assert_eq!(
        (
            written.repaired,
            first.questions().len(),
            second.questions().len()
        ),
        (false, 8, 1)
    );
    assert!(written.endpoint.starts_with(&second.url()));
}

#[tokio::test]
async fn what_no_server_can_do_is_an_error_that_says_why() {
    let server = server([], Say::Length(good().to_string()));
    let writer = writer(&[server.url()]);
    let error = write(&writer, &wish()).await.unwrap_err();
    assert!(
        matches!(error, ScriptError::Model { .. }) && error.help().is_some(),
        "{error:?}"
    );
    let cancel = CancellationToken::new();
    cancel.cancel();
    let error = writer.write(&wish(), &|_| {}, &cancel).await.unwrap_err();
    assert!(matches!(error, ScriptError::Cancelled), "{error:?}");
}

#[tokio::test]
async fn a_script_begins_like_none_before_it() {
    let other = with(&[
        ("/title", json!("Lanterns of the abyss")),
        (
            "/scenes/0/narration",
            json!(
                "A lamp that nobody lit hangs in the black water, and something hungry swims towards it."
            ),
        ),
    ]);
    let server = server(
        [Say::script(), Say::script(), Say::text(other)],
        Say::script(),
    );
    let writer = writer(&[server.url()]);
    let first = write(&writer, &wish()).await.unwrap();
    let avoid = vec![Opening::of(&first.script)];
    let second = write(
        &writer,
        &ScriptRequest {
            avoid: avoid.clone(),
            ..wish()
        },
    )
    .await
    .unwrap();
    assert!(second.repaired && !Opening::of(&second.script).is_like(&avoid[0]));
    let asked = last_words(&server.questions()[1]);
    assert!(
        asked.contains("Why the deep sea glows: Far below the waves"),
        "{asked}"
    );
}

#[test]
fn the_fingerprint_sees_what_matters_and_no_more() {
    let here = writer(&["http://127.0.0.1:1".to_owned()]);
    let first = here.fingerprint(&wish());
    for same in [
        ScriptRequest {
            topic: " Light  in the ＤＥＥＰ sea\u{a0}".into(),
            ..wish()
        },
        ScriptRequest {
            avoid: vec![Opening {
                title: "x".into(),
                first: "y".into(),
            }],
            ..wish()
        },
    ] {
        assert_eq!(here.fingerprint(&same), first, "{same:?}");
    }
    for other in [
        ScriptRequest {
            topic: "light in the sea".into(),
            ..wish()
        },
        ScriptRequest {
            genre: Genre::Tech,
            ..wish()
        },
        ScriptRequest {
            language: "de".into(),
            ..wish()
        },
        ScriptRequest {
            words: 46,
            ..wish()
        },
        ScriptRequest {
            scenes: Some(3),
            ..wish()
        },
        ScriptRequest {
            seed: Seed(8),
            ..wish()
        },
    ] {
        assert_ne!(here.fingerprint(&other), first, "{other:?}");
    }
    assert_ne!(
        writer(&["http://127.0.0.1:2".to_owned()]).fingerprint(&wish()),
        first
    );
}
