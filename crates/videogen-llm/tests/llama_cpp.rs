//! A real llama.cpp server with a real model of 135 million parameters: shape, language and ends are judged, not prose.
//!
//! `scripts/test.sh` fetches both; where they cannot be had these tests say so and pass.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod common;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use common::*;
use serde_json::Value;
use testkit::llama::{LlamaServer, relay};
use testkit::llm::Kind;
use videogen_llm::{
    AnswerLimits, ChatModel, ChatProgress, ChatRequest, Cut, Error, JsonMode, Message, ServerKind,
    Shape, ask,
};
use videogen_net::{Blame, Blamed, HttpClient, Request};

fn patient(url: &str) -> videogen_llm::LlmClient {
    let options = options()
        .first_word(Duration::from_mins(3))
        .next_word(Duration::from_mins(1))
        .question(Duration::from_secs(30));
    client_with(url, options)
}

fn short(words: &str) -> ChatRequest {
    ChatRequest::new(vec![Message::user(words)])
        .max_tokens(12)
        .seed(1)
}

#[tokio::test]
async fn a_real_server_is_recognised_and_answers() {
    let Some(server) = LlamaServer::loaded(&["-c", "4096"]) else {
        return;
    };
    let client = patient(&server.url());
    assert_eq!(client.kind(&cancel()).await.unwrap(), ServerKind::LlamaCpp);
    let name = client.model(&cancel()).await.unwrap();
    assert!(
        name.starts_with("SmolLM2") && !name.contains(['/', '.']) || name.ends_with("Q4_1"),
        "{name}"
    );

    // It streams, and holds the model to a schema with lengths.
    let pieces = AtomicUsize::new(0);
    let hear = |progress| {
        if matches!(progress, ChatProgress::Writing { .. }) {
            pieces.fetch_add(1, Ordering::Relaxed);
        }
    };
    let form = Shape::object()
        .field("title", "a headline", Shape::text(3..=40))
        .field("animals", "", Shape::list(Shape::text(3..=20), 2..=2));
    let request = ChatRequest::new(vec![Message::user(
        "Two animals of the deep sea, with a headline.",
    )])
    .max_tokens(200)
    .seed(3);
    let answered = ask(&client, &request, &form, &hear, &cancel())
        .await
        .unwrap();
    assert_eq!(answered.reply.json, JsonMode::Schema);
    assert_eq!(answered.reply.model, name);
    assert_eq!(answered.value["animals"].as_array().map(Vec::len), Some(2));
    assert!(pieces.load(Ordering::Relaxed) > 5);

    // Forty questions in a row, and as many through a relay that hears late of closed connections.
    let through = patient(&format!("http://127.0.0.1:{}", relay(server.port())));
    for client in [&client, &through] {
        for number in 0..40 {
            let reply = client.chat(&short("Say hello."), &|_| {}, &cancel()).await;
            match reply {
                Ok(_)
                | Err(Error::CutOff {
                    cut: Cut::Length, ..
                }) => {}
                Err(error) => panic!("question {number}: {error:?}"),
            }
        }
    }
}

#[tokio::test]
async fn a_real_answer_without_end_is_ended() {
    let Some(server) = LlamaServer::loaded(&["-c", "4096"]) else {
        return;
    };
    let client = patient(&server.url());
    let most = 400;
    let mut ended = 0;
    for (seed, words) in [
        (1, "Write the word sea again and again, without end."),
        (
            2,
            "Count upwards from one, a number a line, and do not stop.",
        ),
        (3, "Tell a story that never ends."),
    ] {
        let request = ChatRequest::new(vec![Message::user(words)])
            .max_tokens(3000)
            .limits(AnswerLimits {
                text: most,
                answer: most,
            })
            .seed(seed);
        let came = AtomicUsize::new(0);
        let hear = |progress| {
            if let ChatProgress::Writing { bytes } = progress {
                came.store(bytes, Ordering::Relaxed);
            }
        };
        match client.chat(&request, &hear, &cancel()).await {
            Err(Error::CutOff {
                cut: Cut::Repetition | Cut::PastMaximum,
                ..
            }) => ended += 1,
            Ok(reply) => assert!(reply.text.len() <= 4 * most, "{}", reply.text.len()),
            Err(error) => panic!("{error:?}"),
        }
        // What stands around an answer is allowed for as well.
        let came = came.load(Ordering::Relaxed);
        assert!(came <= 2 * (most + 800), "{words}: {came}");
    }
    assert!(ended > 0, "none of them was without end");
}

#[tokio::test]
async fn a_real_server_that_loads_is_waited_for_and_one_that_is_killed_is_told() {
    // Asked from the moment its port is open.
    let Some(server) = LlamaServer::start(&["-c", "2048"]) else {
        return;
    };
    let client = patient(&server.url());
    let reply = loop {
        match client.chat(&short("Say hello."), &|_| {}, &cancel()).await {
            // Not listening yet.
            Err(error) if error.blame() == Blame::Down => {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            reply => break reply,
        }
    };
    assert!(
        matches!(
            reply,
            Ok(_)
                | Err(Error::CutOff {
                    cut: Cut::Length,
                    ..
                })
        ),
        "{reply:?}"
    );

    // Killed in the middle of an answer.
    let server = std::sync::Mutex::new(Some(server));
    let hear = |progress| {
        if matches!(progress, ChatProgress::Writing { bytes } if bytes > 40)
            && let Some(server) = server.lock().unwrap().take()
        {
            server.kill();
        }
    };
    let long =
        ChatRequest::new(vec![Message::user("Tell me about the history of the sea.")]).seed(5);
    let error = client.chat(&long, &hear, &cancel()).await.unwrap_err();
    assert!(
        matches!(
            error,
            Error::CutOff {
                cut: Cut::NoEnd,
                ..
            }
        ),
        "{error:?}"
    );
    let error = client.check(&cancel()).await.unwrap_err();
    assert!(error.is_away(), "{error:?}");
}

#[tokio::test]
async fn a_real_server_says_what_it_does_not_take() {
    let Some(locked) = LlamaServer::loaded(&["-c", "256", "--api-key", "right"]) else {
        return;
    };
    for wrong in [client_with(&locked.url(), options()), {
        let endpoint = videogen_net::Endpoint::parse(&locked.url()).unwrap();
        let endpoint = endpoint.key(videogen_net::Secret::new("wrong"));
        videogen_llm::LlmClient::new(http(), &endpoint, options())
    }] {
        let error = wrong.check(&cancel()).await.unwrap_err();
        assert!(matches!(error, Error::Key { .. }), "{error:?}");
    }
    let endpoint = videogen_net::Endpoint::parse(&locked.url()).unwrap();
    let endpoint = endpoint.key(videogen_net::Secret::new("right"));
    let right = videogen_llm::LlmClient::new(http(), &endpoint, options());
    assert_eq!(right.kind(&cancel()).await.unwrap(), ServerKind::LlamaCpp);
    let long = short(&"a deep and dark and cold and wide sea, ".repeat(60));
    let error = right.chat(&long, &|_| {}, &cancel()).await.unwrap_err();
    assert!(
        matches!(error, Error::TooLongQuestion { context: 256, tokens } if tokens > 256),
        "{error:?}"
    );
}

/// What a server answers to a GET: its status, and the names of what is in it.
async fn names(http: &HttpClient, url: &str, path: &str) -> (u16, Vec<String>) {
    let request = Request::get(format!("{url}{path}").parse().unwrap()).any_status();
    let response = http.send(request).await.unwrap();
    let status = response.status();
    let value: Value = response.json().await.unwrap();
    let fields = value.as_object().into_iter().flatten();
    (status, fields.map(|(name, _)| name.clone()).collect())
}

#[tokio::test]
async fn the_mock_is_like_the_real_one() {
    let Some(real) = LlamaServer::loaded(&["-c", "256"]) else {
        return;
    };
    let mock = qwen(Kind::LlamaCpp).context(256).start();
    let http = http();
    for path in [
        "/props",
        "/v1/models",
        "/models",
        "/health",
        "/api/version",
        "/api/tags",
        "/version",
    ] {
        let (status, real_names) = names(&http, &real.url(), path).await;
        let (mock_status, mock_names) = names(&http, &mock.url(), path).await;
        assert_eq!(mock_status, status, "{path}");
        // The mock has what is read of it, and nothing that the real one does not have.
        for name in mock_names {
            assert!(
                real_names.contains(&name),
                "{path}: {name} is not in {real_names:?}"
            );
        }
    }
    let long = short(&"word ".repeat(800));
    for url in [real.url(), mock.url()] {
        let error = client_with(&url, options())
            .chat(&long, &|_| {}, &cancel())
            .await;
        assert!(
            matches!(error, Err(Error::TooLongQuestion { context: 256, .. })),
            "{error:?}"
        );
    }
}
