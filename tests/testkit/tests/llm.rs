//! Does the mock of a language model server do what is known of the real ones?

#![allow(
    clippy::unwrap_used,
    reason = "a panic is how a test fails, in its helpers too"
)]

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use testkit::comfy::{GIB, SimulatedCard};
use testkit::llm::{Kind, MockLlm, Say};

/// Status and body of an answer; the body without the marks of its pieces, as far as it came.
fn ask(mock: &MockLlm, method: &str, path: &str, body: &Value) -> (u16, String) {
    let address = mock.url().replace("http://", "");
    let mut stream = TcpStream::connect(&address).unwrap();
    stream
        .set_read_timeout(Some(Duration::from_secs(20)))
        .unwrap();
    let body = if body.is_null() {
        String::new()
    } else {
        body.to_string()
    };
    write!(
        stream,
        "{method} {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )
    .unwrap();
    let mut bytes = Vec::new();
    // A connection that breaks on purpose leaves what came before.
    stream.read_to_end(&mut bytes).ok();
    let text = String::from_utf8_lossy(&bytes).into_owned();
    let (head, rest) = text.split_once("\r\n\r\n").unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    let chunked = head.to_lowercase().contains("transfer-encoding: chunked");
    let body = if chunked {
        // Pieces of text hold no line feed alone but at their end, so odd lines are sizes.
        rest.split("\r\n").skip(1).step_by(2).collect()
    } else {
        rest.to_owned()
    };
    (status, body)
}

fn get(mock: &MockLlm, path: &str) -> Value {
    let (status, body) = ask(mock, "GET", path, &Value::Null);
    assert_eq!(status, 200, "{path}: {body}");
    serde_json::from_str(&body).unwrap()
}

fn post(mock: &MockLlm, path: &str, body: &Value) -> (u16, Value) {
    let (status, body) = ask(mock, "POST", path, body);
    (status, serde_json::from_str(&body).unwrap_or(Value::Null))
}

fn ollama() -> testkit::llm::Builder {
    MockLlm::builder(Kind::Ollama).model("qwen3:8b", 6 * GIB)
}

fn question(extra: &Value) -> Value {
    let mut body = json!({"model": "qwen3:8b", "messages": [{"role": "user", "content": "hi"}]});
    body.as_object_mut()
        .unwrap()
        .extend(extra.as_object().unwrap().clone());
    body
}

#[test]
fn ollama_unloads_after_it_has_said_so_and_the_memory_comes_later() {
    let card = SimulatedCard::new(12 * GIB);
    let mock = ollama()
        .card(card.clone())
        .unload_time(Duration::from_millis(200))
        .memory_lag(Duration::from_millis(200))
        .start();
    let (_, loaded) = post(&mock, "/api/generate", &json!({"model": "qwen3:8b"}));
    assert_eq!(loaded["done_reason"], "load");
    assert_eq!(get(&mock, "/api/ps")["models"][0]["size_vram"], 6 * GIB);
    let (_, unloaded) = post(
        &mock,
        "/api/generate",
        &json!({"model": "qwen3:8b", "keep_alive": 0}),
    );
    assert_eq!(unloaded["done_reason"], "unload");
    assert_eq!(mock.loaded(), ["qwen3:8b"], "it has only been noted");
    let began = Instant::now();
    while !mock.loaded().is_empty() {
        assert!(began.elapsed() < Duration::from_secs(10));
        std::thread::sleep(Duration::from_millis(5));
    }
    assert_eq!(card.used(), 6 * GIB, "the list is ahead of the memory");
    while card.used() > 0 {
        assert!(began.elapsed() < Duration::from_secs(10));
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn another_context_has_the_model_loaded_again() {
    let mock = ollama().start();
    ask(
        &mock,
        "POST",
        "/api/chat",
        &question(&json!({"options": {"num_ctx": 8192}})),
    );
    ask(
        &mock,
        "POST",
        "/api/chat",
        &question(&json!({"options": {"num_ctx": 8192}})),
    );
    assert_eq!((mock.counters().loads, mock.counters().reloads), (1, 0));
    // The side of OpenAI has no field for it.
    ask(
        &mock,
        "POST",
        "/v1/chat/completions",
        &question(&json!({"options": {"num_ctx": 8192}})),
    );
    assert_eq!((mock.counters().loads, mock.counters().reloads), (2, 1));
}

#[test]
fn a_card_that_is_full_makes_an_error_and_idle_models_make_room() {
    let card = SimulatedCard::new(12 * GIB).held_by_others(7 * GIB);
    let mock = ollama().card(card).start();
    let (status, body) = post(&mock, "/api/chat", &question(&json!({})));
    assert_eq!(status, 500);
    assert!(body["error"].as_str().unwrap().contains("out of memory"));
    assert_eq!(mock.counters().out_of_memory, 1);

    let card = SimulatedCard::new(12 * GIB);
    let mock = ollama().model("gemma", 8 * GIB).card(card.clone()).start();
    ask(&mock, "POST", "/api/chat", &question(&json!({})));
    ask(
        &mock,
        "POST",
        "/api/chat",
        &question(&json!({"model": "gemma"})),
    );
    assert_eq!(
        (mock.loaded(), card.used()),
        (vec!["gemma".to_owned()], 8 * GIB)
    );
}

#[test]
fn refusals_are_worded_as_the_real_ones_are() {
    let mock = ollama().plain_model("llama3.2", GIB).start();
    let (status, body) = post(&mock, "/api/chat", &question(&json!({"model": "nope"})));
    assert_eq!(
        (status, &body["error"]),
        (404, &json!("model 'nope' not found"))
    );
    let (status, body) = post(
        &mock,
        "/api/chat",
        &question(&json!({"model": "llama3.2", "think": true})),
    );
    assert_eq!(
        (status, &body["error"]),
        (400, &json!("\"llama3.2\" does not support thinking"))
    );

    let mock = MockLlm::builder(Kind::LmStudio)
        .model("qwen3:8b", GIB)
        .start();
    let (status, body) = post(
        &mock,
        "/v1/chat/completions",
        &question(&json!({"response_format": {"type": "json_object"}})),
    );
    assert_eq!(
        (status, &body["error"]),
        (
            400,
            &json!("'response_format.type' must be 'json_schema' or 'text'")
        )
    );
    assert!(get(&mock, "/api/version")["error"].is_string());

    let mock = ollama().max_queue(0).start();
    let (status, body) = post(&mock, "/api/chat", &question(&json!({})));
    assert_eq!(status, 503);
    assert!(body["error"].as_str().unwrap().starts_with("server busy"));
}

#[test]
fn streams_end_as_they_are_told_to() {
    let mock = MockLlm::builder(Kind::OpenAi)
        .model("qwen3:8b", 0)
        .answers([
            Say::text("one two"),
            Say::NoDone("one".to_owned()),
            Say::Cut("one".to_owned()),
            Say::Length("one".to_owned()),
        ])
        .start();
    let said = || ask(&mock, "POST", "/v1/chat/completions", &question(&json!({}))).1;
    let [good, undone, cut, length] = std::array::from_fn(|_| said());
    assert!(
        good.contains("\"finish_reason\":\"stop\"") && good.ends_with("data: [DONE]\n\n"),
        "{good}"
    );
    assert!(undone.contains("\"stop\"") && !undone.contains("[DONE]"));
    assert!(!cut.contains("\"stop\"") && !cut.contains("[DONE]"));
    assert!(length.contains("\"length\"") && length.contains("[DONE]"));
    assert_eq!(mock.counters().chats, 4);
}
