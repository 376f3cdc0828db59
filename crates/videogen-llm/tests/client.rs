//! Servers of each kind, and what they do to a client.

mod common;

use std::sync::Mutex;
use std::time::{Duration, Instant};

use common::*;
use serde_json::json;
use testkit::llm::{JsonSupport, Kind, MockLlm, Say};
use videogen_llm::{
    ChatModel, ChatProgress, ChatRequest, Cut, Error, JsonMode, Message, ServerKind, Turn, Wait,
};
use videogen_net::{Blame, Blamed, Endpoint, RateLimit};

fn plain(text: &str) -> ChatRequest {
    ChatRequest::new(vec![Message::user(text)])
}

async fn chat(client: &videogen_llm::LlmClient) -> Result<videogen_llm::Reply, Error> {
    client.chat(&plain("hello"), &|_| {}, &cancel()).await
}

#[tokio::test]
async fn each_kind_of_server_is_recognised_and_asked_its_way() {
    for (kind, expected) in [
        (Kind::Ollama, ServerKind::Ollama),
        (Kind::LlamaCpp, ServerKind::LlamaCpp),
        (Kind::LlamaCppRouter, ServerKind::LlamaCppRouter),
        (Kind::LmStudio, ServerKind::LmStudio),
        (Kind::Vllm, ServerKind::Vllm),
        (Kind::OpenAi, ServerKind::OpenAi),
    ] {
        let server = qwen(kind).start();
        for url in [
            server.url(),
            format!("{}/v1", server.url()),
            format!("{}/v1/chat/completions", server.url()),
        ] {
            let client = client_with(&url, options());
            assert_eq!(client.kind(&cancel()).await.unwrap(), expected, "{url}");
            assert_eq!(client.model(&cancel()).await.unwrap(), "qwen3:8b");
        }
        let answered = ask_script(&client(&server)).await.unwrap();
        assert_eq!(
            (answered.turn, answered.reply.json),
            (Turn::First, JsonMode::Schema),
            "{kind:?}"
        );
        assert_eq!(
            (answered.reply.prompt_tokens, answered.reply.answer_tokens),
            (Some(120), Some(240))
        );
        let body = &server.questions()[0];
        let sampling = if kind == Kind::Ollama {
            &body["options"]
        } else {
            body
        };
        assert!(
            sampling["temperature"].is_number() && sampling["top_p"].is_number(),
            "{kind:?}"
        );
        match kind {
            Kind::Ollama => {
                assert_eq!(
                    (
                        &body["think"],
                        &body["keep_alive"],
                        &body["options"]["num_ctx"]
                    ),
                    (&json!(false), &json!("600s"), &json!(8192))
                );
            }
            Kind::LlamaCpp | Kind::LlamaCppRouter | Kind::Vllm => {
                assert_eq!(body["chat_template_kwargs"]["enable_thinking"], false);
            }
            Kind::LmStudio | Kind::OpenAi => assert!(
                body["messages"][1]["content"]
                    .as_str()
                    .unwrap()
                    .ends_with("/no_think")
            ),
        }
        // What the server is was found out once.
        ask_script(&client(&server)).await.unwrap();
    }
}

#[tokio::test]
async fn what_is_not_understood_is_left_out_and_that_is_remembered() {
    for (json, asked, mode) in [
        (JsonSupport::ObjectOnly, 2, JsonMode::ObjectWithSchema),
        (JsonSupport::None, 4, JsonMode::Text),
    ] {
        let server = qwen(Kind::LlamaCpp).json(json).start();
        let client = client(&server);
        assert_eq!(ask_script(&client).await.unwrap().reply.json, mode);
        assert_eq!(server.questions().len(), asked);
        assert_eq!(ask_script(&client).await.unwrap().reply.json, mode);
        assert_eq!(server.questions().len(), asked + 1);
    }
    // LM Studio refuses JSON of any shape in words of its own.
    let server = qwen(Kind::LmStudio).json(JsonSupport::None).start();
    assert_eq!(
        ask_script(&client(&server)).await.unwrap().reply.json,
        JsonMode::Text
    );
    assert_eq!(server.questions().len(), 2);

    let server = qwen(Kind::OpenAi)
        .refusing("max_tokens")
        .refusing("temperature")
        .refusing("seed")
        .start();
    let client = client(&server);
    let request = question().seed(5);
    client.chat(&request, &|_| {}, &cancel()).await.unwrap();
    let last = server.questions().pop().unwrap();
    assert_eq!(
        (
            &last["max_completion_tokens"],
            &last["temperature"],
            &last["seed"]
        ),
        (&json!(2048), &json!(null), &json!(null))
    );

    let server = MockLlm::builder(Kind::Ollama)
        .plain_model("llama3.2", GIB)
        .start();
    let client = common::client(&server);
    client
        .chat(&plain("hi").thinking(true), &|_| {}, &cancel())
        .await
        .unwrap();
    assert_eq!(server.questions().len(), 2);
    assert_eq!(server.questions()[1].get("think"), None);
}

#[tokio::test]
async fn a_missing_model_is_told_with_those_there_are() {
    for kind in [
        Kind::Ollama,
        Kind::LmStudio,
        Kind::Vllm,
        Kind::OpenAi,
        Kind::LlamaCppRouter,
    ] {
        let server = qwen(kind).model("llama3.2", GIB).start();
        let client = client_with(&server.url(), options().model("gemma3:27b"));
        let error = chat(&client).await.unwrap_err();
        let Error::ModelMissing { present, .. } = &error else {
            panic!("{kind:?}: {error:?}")
        };
        assert_eq!(present, &["qwen3:8b", "llama3.2"], "{kind:?}");
        let help = error.help().unwrap().to_string();
        assert_eq!(
            help.contains("ollama pull gemma3:27b"),
            kind == Kind::Ollama,
            "{help}"
        );
        assert_eq!(error.blame(), Blame::Wrong);
    }
    let server = MockLlm::builder(Kind::Ollama).start();
    let error = chat(&client(&server)).await.unwrap_err();
    assert_eq!(
        error.help().unwrap().to_string(),
        "run: ollama pull qwen3:8b"
    );
}

#[tokio::test]
async fn a_key_is_sent_and_never_shown() {
    let server = qwen(Kind::OpenAi).key("sk-right-key-0123456789").start();
    chat(&client_with_key(&server, "sk-right-key-0123456789"))
        .await
        .unwrap();

    let wrong = client_with_key(&server, "sk-wrong-key-9876543210");
    let error = chat(&wrong).await.unwrap_err();
    assert!(matches!(error, Error::Key { .. }), "{error:?}");
    // The body as a whole is the server's text and is not printed; the excerpt is without the key.
    let Error::Key { source, .. } = &error else {
        unreachable!()
    };
    let shown = format!(
        "{error} {source} {} {:?} {wrong:?} {}",
        source.excerpt,
        error.help(),
        wrong.id()
    );
    assert!(!shown.contains("9876543210"), "{shown}");
    assert!(matches!(
        chat(&client(&server)).await,
        Err(Error::Key { .. })
    ));
}

#[tokio::test]
async fn statuses_are_errors_of_their_kind() {
    let said = |status: u16, body: &str| Say::status(status, body);
    let cases = [
        (Say::queue_full(), Blame::Busy, "busy"),
        (
            Say::Status {
                status: 429,
                body: "slow down".to_owned(),
                retry_after: Some(7),
            },
            Blame::Busy,
            "busy",
        ),
        (
            said(
                500,
                r#"{"error":"model requires more system memory (9.0 GiB) than is available (6.1 GiB)"}"#,
            ),
            Blame::Fault,
            "not enough memory",
        ),
        (said(500, "oops"), Blame::Fault, "cannot be asked"),
        (said(502, "<html>bad gateway</html>"), Blame::Busy, "busy"),
        (
            said(404, "404 page not found"),
            Blame::Wrong,
            "does not answer like",
        ),
        (
            said(401, r#"{"error":"unauthorized"}"#),
            Blame::Wrong,
            "wants a key",
        ),
        (said(302, ""), Blame::Wrong, "cannot be asked"),
    ];
    for (say, blame, words) in cases {
        let server = qwen(Kind::Ollama).answers([say.clone()]).start();
        let client = client(&server);
        let error = ask_script(&client).await.unwrap_err();
        assert_eq!(error.blame(), blame, "{say:?}: {error:?}");
        assert!(error.to_string().contains(words), "{say:?}: {error}");
        assert!(!error.is_answer());
        // The next question is a new one.
        ask_script(&client).await.unwrap();
    }
    let server = qwen(Kind::Ollama)
        .answers([Say::Status {
            status: 429,
            body: String::new(),
            retry_after: Some(7),
        }])
        .start();
    assert_eq!(
        chat(&client(&server)).await.unwrap_err().retry_after(),
        Some(Duration::from_secs(7))
    );
    // Everything is left out, and it is still refused.
    let server = qwen(Kind::Ollama).usually(said(400, "bad request")).start();
    assert!(matches!(
        ask_script(&client(&server)).await,
        Err(Error::Refused { .. })
    ));
}

#[tokio::test]
async fn cut_answers_are_errors() {
    for (kind, say, expected) in [
        (Kind::OpenAi, Say::NoDone("{}".to_owned()), Cut::NoEnd),
        (Kind::OpenAi, Say::Cut("{}".to_owned()), Cut::NoEnd),
        (Kind::Ollama, Say::Cut("{}".to_owned()), Cut::NoEnd),
        (
            Kind::OpenAi,
            Say::Broken("{} and a few more words".to_owned()),
            Cut::NoEnd,
        ),
        (Kind::LlamaCpp, Say::Length("{}".to_owned()), Cut::Length),
        (
            Kind::LmStudio,
            Say::ErrorAfter {
                text: "{}".to_owned(),
                error: "crashed\n".to_owned(),
            },
            Cut::Failed("crashed".to_owned()),
        ),
    ] {
        let server = qwen(kind).answers([say.clone()]).start();
        match chat(&client(&server)).await {
            Err(Error::CutOff { cut, .. }) => assert_eq!(cut, expected, "{say:?}"),
            other => panic!("{kind:?} {say:?}: {other:?}"),
        }
    }
    let server = qwen(Kind::OpenAi)
        .answers([Say::Whole("in one piece".to_owned())])
        .start();
    assert_eq!(chat(&client(&server)).await.unwrap().text, "in one piece");
}

#[tokio::test]
async fn silence_ends_in_time() {
    for kind in [Kind::Ollama, Kind::LlamaCpp] {
        for (say, wait) in [
            (Say::Silent, Wait::FirstWord),
            (Say::Comments, Wait::FirstWord),
            (Say::Hang(String::new()), Wait::FirstWord),
            (Say::Hang("a few words".to_owned()), Wait::NextWord),
        ] {
            let server = qwen(kind).answers([say.clone()]).start();
            let limits = options()
                .first_word(Duration::from_millis(700))
                .next_word(Duration::from_millis(300));
            let began = Instant::now();
            match chat(&client_with(&server.url(), limits)).await {
                Err(Error::Stalled { wait: found, .. }) => assert_eq!(found, wait, "{say:?}"),
                other => panic!("{kind:?} {say:?}: {other:?}"),
            }
            assert!(
                began.elapsed() < Duration::from_secs(5),
                "{say:?}: {:?}",
                began.elapsed()
            );
        }
    }
}

#[tokio::test]
async fn a_cold_model_is_waited_for() {
    let server = qwen(Kind::Ollama)
        .load_time(Duration::from_millis(600))
        .start();
    let limits = options().next_word(Duration::from_millis(400));
    let reply = client_with(&server.url(), limits)
        .chat(&plain("hi"), &|_| {}, &cancel())
        .await
        .unwrap();
    assert!(reply.load.unwrap() >= Duration::from_millis(600));

    let server = qwen(Kind::LlamaCpp)
        .starting(Duration::from_millis(1500))
        .start();
    let client = client_with(&server.url(), options().model("qwen3:8b"));
    chat(&client).await.unwrap();
    assert_eq!(client.kind(&cancel()).await.unwrap(), ServerKind::LlamaCpp);
}

#[tokio::test]
async fn who_is_not_there_is_told_at_once() {
    let port = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let began = Instant::now();
    let error = chat(&client_with(&format!("127.0.0.1:{port}"), options()))
        .await
        .unwrap_err();
    assert_eq!(error.blame(), Blame::Down);
    assert!(began.elapsed() < Duration::from_secs(2));
    assert!(
        error
            .help()
            .unwrap()
            .to_string()
            .contains("start the server")
    );

    // Accepts, and never answers.
    let mute = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = mute.local_addr().unwrap().to_string();
    let began = Instant::now();
    let error = chat(&client_with(
        &url,
        options().question(Duration::from_millis(300)),
    ))
    .await
    .unwrap_err();
    assert_eq!(error.blame(), Blame::Fault);
    assert!(began.elapsed() < Duration::from_secs(2));

    // Another service.
    let comfy = testkit::comfy::MockComfy::builder().start();
    let error = chat(&client_with(&comfy.url(), options()))
        .await
        .unwrap_err();
    assert!(matches!(error, Error::NotAModelServer { .. }), "{error:?}");
    assert_eq!(error.blame(), Blame::Wrong);
}

#[tokio::test]
async fn cancelling_ends_the_work_on_the_server() {
    let server = qwen(Kind::Ollama)
        .answers([Say::Endless("on and on ".to_owned())])
        .word_time(Duration::from_millis(5))
        .start();
    let client = client(&server);
    let stop = cancel();
    let seen = Mutex::new(Vec::new());
    let hear = |progress| {
        if let ChatProgress::Writing { bytes } = progress
            && bytes > 100
        {
            stop.cancel();
        }
        seen.lock().unwrap().push(progress);
    };
    let result = client.chat(&plain("hi"), &hear, &stop).await;
    assert!(matches!(result, Err(Error::Cancelled)), "{result:?}");
    assert_eq!(seen.lock().unwrap()[0], ChatProgress::Waiting);
    let began = Instant::now();
    while server.counters().abandoned == 0 {
        assert!(began.elapsed() < Duration::from_secs(5));
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert!(matches!(
        client.chat(&plain("hi"), &|_| {}, &stop).await,
        Err(Error::Cancelled)
    ));
}

#[tokio::test]
async fn questions_in_any_script_arrive_and_too_long_ones_are_refused() {
    let server = qwen(Kind::Ollama)
        .answers([Say::text("好的 👩\u{200d}🚀 می\u{200c}خواهم")])
        .start();
    let client = client(&server);
    let topic = "深海の光 🐙 \u{202e} नमस्ते \u{0} ';DROP TABLE";
    let reply = client
        .chat(&plain(topic), &|_| {}, &cancel())
        .await
        .unwrap();
    assert_eq!(reply.text, "好的 👩\u{200d}🚀 می\u{200c}خواهم");
    assert_eq!(server.questions()[0]["messages"][0]["content"], topic);
    let error = client
        .chat(&plain(&"word ".repeat(2_000_000)), &|_| {}, &cancel())
        .await
        .unwrap_err();
    assert!(matches!(error, Error::TooLongQuestion { .. }));
    assert_eq!(server.questions().len(), 1);
}

#[tokio::test]
async fn a_limit_of_questions_is_kept() {
    let server = qwen(Kind::Ollama).start();
    let limit = RateLimit::per_minute(std::num::NonZeroU32::MIN);
    let endpoint = Endpoint::parse(&server.url()).unwrap().rate_limit(limit);
    let http = videogen_net::ClientOptions::new(videogen_net::AddressPolicy::local());
    let http = videogen_net::HttpClient::new(http).unwrap();
    let client = videogen_llm::LlmClient::new(http, &endpoint, options());
    chat(&client).await.unwrap();
    let asked = server.questions().len();
    let stop = cancel();
    let question = plain("hello");
    let second = client.chat(&question, &|_| {}, &stop);
    assert!(
        tokio::time::timeout(Duration::from_millis(300), second)
            .await
            .is_err()
    );
    stop.cancel();
    let third = client.chat(&question, &|_| {}, &stop).await;
    assert!(matches!(third, Err(Error::Cancelled)));
    assert_eq!(server.questions().len(), asked);
}

#[tokio::test]
async fn a_question_whose_connection_is_lost_before_a_word_is_sent_again() {
    for kind in [Kind::LlamaCpp, Kind::OpenAi, Kind::Ollama] {
        for lost in [Say::Lost, Say::LostAfterHead, Say::Cut(String::new())] {
            let server = qwen(kind).answers([lost.clone(), lost.clone()]).start();
            let client = client(&server);
            let answered = ask_script(&client).await.unwrap();
            assert_eq!((answered.turn, answered.failed.len()), (Turn::First, 0));
            let asked = server.questions();
            assert_eq!(asked.len(), 3, "{kind:?} {lost:?}");
            assert_eq!(asked[0], asked[2], "the same question");
        }
        // Not for ever.
        let server = qwen(kind).usually(Say::Lost).start();
        let error = chat(&client(&server)).await.unwrap_err();
        assert_eq!(error.blame(), Blame::Fault, "{error:?}");
        assert!(!error.is_answer());
        assert_eq!(server.questions().len(), 4);
    }
}

#[tokio::test]
async fn forty_questions_reach_a_server_that_closes_what_it_promised_to_keep() {
    let server = qwen(Kind::LlamaCpp)
        .usually(Say::text("Well said."))
        .start();
    let client = client(&server);
    for _ in 0..40 {
        assert_eq!(chat(&client).await.unwrap().text, "Well said.");
    }
    assert_eq!(server.questions().len(), 40);
}

/// A text that goes on without saying the same again.
fn numbers(count: usize) -> String {
    let all: Vec<String> = (0..count).map(|n| n.to_string()).collect();
    all.join(" ")
}

#[tokio::test]
async fn an_answer_without_end_is_ended() {
    let scene = r#"{"narration": "The sea is deep and blue.", "picture": "a deep blue sea"}, "#;
    for (say, cut) in [
        (Say::Endless("\n".to_owned()), Cut::Repetition),
        (Say::Endless(scene.to_owned()), Cut::Repetition),
        (Say::Endless("\u{1f600}".to_owned()), Cut::Repetition),
        (
            Say::Text(format!("{{\"title\": \"{}\"}}", numbers(5000))),
            Cut::PastMaximum,
        ),
        (
            Say::Thought {
                thought: numbers(9000),
                text: "{}".to_owned(),
            },
            Cut::Thought,
        ),
    ] {
        let server = qwen(Kind::LlamaCpp)
            .answers([say.clone()])
            .usually(Say::script())
            .start();
        let client = client(&server);
        let answered = ask_script(&client).await.unwrap();
        assert_eq!(answered.turn, Turn::Fresh, "{say:?}");
        assert!(
            answered.failed[0].problem.contains(&cut.to_string()),
            "{:?}",
            answered.failed
        );
        let asked = server.questions();
        assert_eq!(asked.len(), 2);
        // It is not given more room for the same.
        assert_eq!(asked[0]["max_tokens"], asked[1]["max_tokens"]);
        assert!(asked[1]["presence_penalty"].as_f64() > asked[0]["presence_penalty"].as_f64());
        assert_eq!(asked[1]["chat_template_kwargs"]["enable_thinking"], false);
        let schema = asked[0]["response_format"].to_string();
        assert!(schema.contains("\"maxLength\":400"), "{schema}");
    }
}

#[tokio::test]
async fn a_thought_has_a_bound_and_its_own_sampling() {
    for (kind, name) in [(Kind::LlamaCpp, "max_tokens"), (Kind::Vllm, "max_tokens")] {
        let server = qwen(kind).start();
        let request = plain("hi").thinking(true);
        client(&server)
            .chat(&request, &|_| {}, &cancel())
            .await
            .unwrap();
        let asked = &server.questions()[0];
        assert_eq!(asked[name], 2048 + 1024);
        assert_eq!(
            asked["thinking_budget_tokens"].as_u64(),
            (kind == Kind::LlamaCpp).then_some(1024)
        );
        let temperature = asked["temperature"].as_f64().unwrap();
        assert!((temperature - 0.6).abs() < 1e-3, "{temperature}");
    }
}

#[tokio::test]
async fn servers_are_told_apart_by_what_only_they_have() {
    // llama-swap answers what Ollama is recognised by, and not what is asked of it then.
    let swap = qwen(Kind::OpenAi)
        .also("/api/version", json!({"version": "0.0.0"}))
        .start();
    let client = client(&swap);
    assert_eq!(client.kind(&cancel()).await.unwrap(), ServerKind::OpenAi);
    chat(&client).await.unwrap();

    // llama.cpp tells everybody which models it has.
    let locked = qwen(Kind::LlamaCpp).key("right").start();
    let error = common::client(&locked).check(&cancel()).await.unwrap_err();
    assert!(matches!(error, Error::Key { .. }), "{error:?}");
    assert_eq!(locked.questions().len(), 0);
    let right = client_with_key(&locked, "right");
    assert_eq!(right.check(&cancel()).await.unwrap(), "qwen3:8b");
    assert_eq!(right.kind(&cancel()).await.unwrap(), ServerKind::LlamaCpp);
    let vllm = qwen(Kind::Vllm).key("right").start();
    let error = common::client(&vllm).check(&cancel()).await.unwrap_err();
    assert!(matches!(error, Error::Key { .. }), "{error:?}");

    // Whatever it is asked for, it answers with the one it has.
    let one = MockLlm::builder(Kind::LlamaCpp)
        .model("/models/SmolLM2-135M.Q4_1.gguf", GIB)
        .start();
    let client = client_with(&one.url(), options().model("qwen3:8b"));
    assert_eq!(client.check(&cancel()).await.unwrap(), "SmolLM2-135M.Q4_1");
    assert_eq!(chat(&client).await.unwrap().model, "SmolLM2-135M.Q4_1");
    assert_eq!(client.wanted(), Some("qwen3:8b"));
}

#[tokio::test]
async fn a_server_that_loads_is_told_apart_from_one_that_cannot_be_used() {
    let server = qwen(Kind::LlamaCpp)
        .starting(Duration::from_millis(1500))
        .start();
    let client = client(&server);
    let error = client.check(&cancel()).await.unwrap_err();
    assert!(matches!(error, Error::Loading { .. }), "{error:?}");
    assert_eq!((error.blame(), error.is_away()), (Blame::Busy, true));
    chat(&client).await.unwrap();
    assert_eq!(client.check(&cancel()).await.unwrap(), "qwen3:8b");
}

#[tokio::test]
async fn an_answer_gets_as_much_room_as_the_server_has() {
    let server = qwen(Kind::Vllm).context(2050).start();
    let client = client(&server);
    chat(&client).await.unwrap();
    let asked = server.questions();
    assert_eq!(asked.len(), 2);
    let (first, second) = (&asked[0]["max_tokens"], &asked[1]["max_tokens"]);
    assert!(
        first == 2048
            && second
                .as_u64()
                .is_some_and(|room| (2000..2048).contains(&room)),
        "{second}"
    );
    // Where the question alone is too long, room for the answer is of no avail.
    for (kind, context) in [(Kind::LlamaCpp, 256), (Kind::Vllm, 300)] {
        let server = qwen(kind).context(context).start();
        let long = plain(&"word ".repeat(400));
        let error = common::client(&server)
            .chat(&long, &|_| {}, &cancel())
            .await
            .unwrap_err();
        let Error::TooLongQuestion { context: had, .. } = error else {
            panic!("{error:?}")
        };
        assert_eq!(had, context);
        assert_eq!(error.blame(), Blame::Answer);
        assert!(error.help().unwrap().to_string().contains("larger context"));
    }
}

#[tokio::test]
async fn a_model_that_is_there_and_has_room_is_not_loaded_again() {
    let server = MockLlm::builder(Kind::Ollama)
        .resident("qwen3:8b", 6 * GIB)
        .start();
    let client = client(&server);
    let short = plain("hello").max_tokens(600);
    client.chat(&short, &|_| {}, &cancel()).await.unwrap();
    let counters = server.counters();
    assert_eq!((counters.loads, counters.reloads), (0, 0), "{counters:?}");
    assert_eq!(server.questions()[0]["options"]["num_ctx"], 4096);
    // One for which there is none needs it.
    let long = plain(&"word ".repeat(3000));
    client.chat(&long, &|_| {}, &cancel()).await.unwrap();
    assert_eq!(server.counters().reloads, 1);
}

#[tokio::test]
async fn the_middle_step_of_json_is_taken() {
    let server = qwen(Kind::OpenAi).json(JsonSupport::ObjectOnly).start();
    let answered = ask_script(&client(&server)).await.unwrap();
    assert_eq!(answered.reply.json, JsonMode::ObjectWithSchema);
    let asked = server.questions();
    let format = &asked[asked.len() - 1]["response_format"];
    assert_eq!(
        (&format["type"], &format["schema"]["type"]),
        (&json!("json_object"), &json!("object"))
    );
}

#[tokio::test]
async fn all_that_was_asked_for_is_kept_however_an_answer_goes_on() {
    let whole = json!({
        "title": "Light in the deep sea",
        "description": "Why the darkest water on Earth glows.",
        "hashtags": ["sea"],
        "scenes": [
            {"narration": "Far below the waves there is no sunlight at all.", "picture": "a dark blue deep sea, wide shot"},
            {"narration": "Yet the water is full of small lights.", "picture": "tiny glowing plankton in black water"},
        ],
    })
    .to_string();
    for after in [
        "Do you like it? ".repeat(400),
        format!("\n```\n{}", numbers(4000)),
    ] {
        let server = qwen(Kind::OpenAi)
            .usually(Say::Text(format!("{whole}\n{after}")))
            .start();
        let answered = ask_script(&client(&server)).await.unwrap();
        assert_eq!(
            (answered.turn, answered.reply.model.as_str()),
            (Turn::First, "qwen3:8b")
        );
        assert_eq!(server.questions().len(), 1);
    }
}

#[tokio::test]
async fn what_only_looks_like_ollama_is_none() {
    // KoboldCpp and LocalAI have its version and its list.
    let tags = |family: &str| json!({"models": [{"name": "m", "details": {"family": family}}]});
    for (tags, version) in [
        (tags("koboldcpp"), None),
        (tags(""), Some(json!({"version": "v3.5.0"}))),
    ] {
        let server = qwen(Kind::OpenAi)
            .also("/api/version", json!({"version": "0.7.0"}))
            .also("/api/tags", tags);
        let server = match version {
            // Whose models they are it does not say.
            Some(version) => server.also("/version", version).also(
                "/v1/models",
                json!({"object": "list", "data": [{"id": "qwen3:8b", "object": "model"}]}),
            ),
            None => server,
        };
        let server = server.start();
        let client = client(&server);
        assert_eq!(client.kind(&cancel()).await.unwrap(), ServerKind::OpenAi);
        chat(&client).await.unwrap();
    }
}

#[tokio::test]
async fn a_model_that_thinks_untold_gets_room_for_it() {
    let server = qwen(Kind::LlamaCpp)
        .usually(Say::Thought {
            thought: "Let me see.".to_owned(),
            text: "Well.".to_owned(),
        })
        .start();
    let client = client(&server);
    for room in [2048, 3072] {
        chat(&client).await.unwrap();
        let asked = server.questions();
        assert_eq!(asked[asked.len() - 1]["max_tokens"], room);
        assert_eq!(asked[asked.len() - 1]["thinking_budget_tokens"], 1024);
    }
}
