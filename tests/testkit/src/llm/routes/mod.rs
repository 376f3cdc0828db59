//! From a request to its answer.

mod chat;
mod models;

use std::io;
use std::sync::Arc;

use http_body_util::BodyExt;
use hyper::body::Incoming;
use hyper::header::AUTHORIZATION;
use hyper::{Method, Request};
use serde_json::{Value, json};
use tokio::sync::Notify;

use super::memory::Shared;
use super::options::Kind;
use super::stream::{self, Answer};

/// Which of the two ways of talking a question comes by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tongue {
    Ollama,
    OpenAi,
}

/// Answers one request. An error closes the connection.
pub(crate) async fn handle(
    shared: Arc<Shared>,
    request: Request<Incoming>,
    streamed: Arc<Notify>,
) -> io::Result<Answer> {
    let (parts, body) = request.into_parts();
    let path = parts.uri.path().to_owned();
    let get = parts.method == Method::GET;
    let route = format!("{} {path}", parts.method);
    *shared.state().counters.requests.entry(route).or_default() += 1;
    let body = body.collect().await.map_err(io::Error::other)?.to_bytes();
    let kind = shared.options.kind;

    let also = shared.options.also.iter();
    if let Some((_, answer)) = also.clone().find(|(at, _)| get && *at == path) {
        return Ok(stream::json(200, answer));
    }
    let is_open = shared.options.open_models
        && get
        && matches!(path.as_str(), "/models" | "/v1/models" | "/health");
    if let Some(key) = shared.options.key.as_ref().filter(|_| !is_open) {
        let sent = parts
            .headers
            .get(AUTHORIZATION)
            .and_then(|value| value.to_str().ok());
        if sent != Some(&format!("Bearer {key}")) {
            return Ok(wrong_key(sent));
        }
    }
    if kind == Kind::LlamaCpp && shared.born.elapsed() < shared.options.starting {
        return Ok(error(503, "Loading model", "unavailable_error"));
    }
    let value: Value = if get {
        Value::Null
    } else {
        match serde_json::from_slice(&body) {
            Ok(value) => value,
            Err(_) if body.is_empty() => Value::Null,
            Err(problem) => return Ok(error(400, &problem.to_string(), "invalid_request_error")),
        }
    };
    let (ollama, router, studio, vllm) = (
        kind == Kind::Ollama,
        kind == Kind::LlamaCppRouter,
        kind == Kind::LmStudio,
        kind == Kind::Vllm,
    );
    let llama = kind == Kind::LlamaCpp;
    let shared = &shared;
    Ok(match path.as_str() {
        "/v1/chat/completions" if !get => {
            chat::answer(shared, value, Tongue::OpenAi, &streamed).await?
        }
        "/v1/models" if get => models::openai(shared),
        "/" if ollama && get => stream::text(200, "Ollama is running"),
        "/api/version" if ollama && get => stream::json(200, &json!({"version": "0.32.1"})),
        "/api/tags" if ollama && get => models::tags(shared),
        "/api/ps" if ollama && get => models::ps(shared),
        "/api/chat" if ollama && !get => {
            chat::answer(shared, value, Tongue::Ollama, &streamed).await?
        }
        "/api/generate" if ollama && !get => models::generate(shared, &value).await,
        "/health" if (llama || router || vllm) && get => {
            stream::json(200, &json!({"status": "ok"}))
        }
        "/props" if llama && get => stream::json(
            200,
            &json!({"default_generation_settings": {"n_ctx": shared.options.context}, "total_slots": 1, "build_info": "b7000"}),
        ),
        "/props" if router && get => {
            stream::json(200, &json!({"role": "router", "max_instances": 4}))
        }
        "/models" if llama && get => models::openai(shared),
        "/models" if router && get => models::router(shared),
        "/models/load" if router && !get => models::load(shared, &value, "model").await,
        "/models/unload" if router && !get => models::unload(shared, &value, "model"),
        "/api/v1/models" if studio && get => models::studio(shared),
        "/api/v1/models/load" if studio && !get => models::load(shared, &value, "model").await,
        "/api/v1/models/unload" if studio && !get => models::unload(shared, &value, "instance_id"),
        "/version" if vllm && get => stream::json(200, &json!({"version": "0.11.0"})),
        "/is_sleeping" if vllm && shared.options.sleep_mode && get => {
            stream::json(200, &json!({"is_sleeping": shared.state().asleep}))
        }
        "/sleep" if vllm && shared.options.sleep_mode && !get => models::sleep(shared),
        "/wake_up" if vllm && shared.options.sleep_mode && !get => models::wake(shared),
        // LM Studio answers this with 200.
        _ if studio => stream::json(
            200,
            &json!({"error": format!("Unexpected endpoint or method. ({} {path})", parts.method)}),
        ),
        _ if ollama => stream::text(404, "404 page not found"),
        _ if llama || router => error(404, "File Not Found", "not_found_error"),
        _ if vllm => stream::json(404, &json!({"detail": "Not Found"})),
        _ => error(
            404,
            &format!("Invalid URL ({} {path})", parts.method),
            "invalid_request_error",
        ),
    })
}

/// What OpenAI's servers say: they quote a part of the key.
fn wrong_key(sent: Option<&str>) -> Answer {
    let said = match sent {
        None => "You didn't provide an API key.".to_owned(),
        Some(key) => format!(
            "Incorrect API key provided: {}.",
            key.trim_start_matches("Bearer ")
        ),
    };
    stream::json(
        401,
        &json!({"error": {"message": said, "type": "invalid_request_error", "code": "invalid_api_key"}}),
    )
}

/// An error as OpenAI's servers give it.
pub(super) fn error(status: u16, message: &str, kind: &str) -> Answer {
    stream::json(
        status,
        &json!({"error": {"code": status, "message": message, "type": kind}}),
    )
}

/// An error in the way of talking the question came by.
pub(super) fn refuse(tongue: Tongue, status: u16, message: &str) -> Answer {
    match tongue {
        Tongue::Ollama => stream::json(status, &json!({"error": message})),
        Tongue::OpenAi => error(status, message, "invalid_request_error"),
    }
}
