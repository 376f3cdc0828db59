//! From a request to its answer.

use std::io;
use std::sync::Arc;

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue, SERVER};
use hyper::{Method, Request, Response, StatusCode};
use serde_json::{Value, json};

use super::server::{Builder, Kind, Reply, Shared};
use super::tone::{base64, wav};

type Answer = Response<Full<Bytes>>;

/// How long a word takes, and how much of that it is heard, in seconds.
const WORD: (f64, f64) = (0.35, 0.3);

/// What Flask says of every failure.
const FLASK_500: &str =
    "<!doctype html>\n<html lang=en>\n<title>500 Internal Server Error</title>\n";

/// Answers one request. An error closes the connection.
pub(super) async fn handle(shared: Arc<Shared>, request: Request<Incoming>) -> io::Result<Answer> {
    let (parts, body) = request.into_parts();
    let body = body.collect().await.map_err(io::Error::other)?.to_bytes();
    let text = String::from_utf8_lossy(&body).into_owned();
    let value = serde_json::from_slice(&body).unwrap_or(Value::String(text));
    let path = parts.uri.path().to_owned();
    let route = format!("{} {path}", parts.method);
    shared.asked().push((route, value.clone()));
    let options = &shared.options;
    if let Some(key) = &options.key {
        let sent = parts.headers.get(AUTHORIZATION);
        let sent = sent.and_then(|value| value.to_str().ok());
        if sent != Some(&format!("Bearer {key}")) {
            return Ok(json_answer(401, &json!({"detail": "Invalid API key"})));
        }
    }
    let posted = parts.method == Method::POST;
    let mut answer = match options.kind {
        Kind::Kokoro | Kind::OpenAi => openai(options, &path, posted, &value).await,
        Kind::Piper2023 | Kind::Piper13 | Kind::Piper15 => {
            piper(options, &path, posted, &value).await
        }
    };
    let server = match options.kind {
        Kind::Kokoro | Kind::OpenAi => "uvicorn",
        _ => "Werkzeug/3.0.4 Python/3.11.2",
    };
    answer
        .headers_mut()
        .insert(SERVER, HeaderValue::from_static(server));
    Ok(answer)
}

async fn openai(options: &Builder, path: &str, posted: bool, body: &Value) -> Answer {
    let is_kokoro = options.kind == Kind::Kokoro;
    let known = |paths: &[&str]| paths.contains(&path);
    match (path, posted) {
        ("/v1/audio/speech", true) => {
            let input = body["input"].as_str().unwrap_or_default();
            match &options.reply {
                Reply::Sound if body["response_format"] == "wav" => {
                    let sound = wav(seconds(input), options.rate, is_kokoro);
                    whole(200, "audio/wav", sound)
                }
                // What they send who were not asked for WAV.
                Reply::Sound => whole(200, "audio/mpeg", b"ID3\x04\0\0".to_vec()),
                reply => other(reply).await,
            }
        }
        ("/dev/captioned_speech", true) if is_kokoro => match &options.captions {
            Reply::Sound => captioned(options, body),
            reply => other(reply).await,
        },
        ("/v1/audio/voices", false) if is_kokoro => {
            json_answer(200, &json!({"voices": options.voices}))
        }
        ("/v1/models", false) if is_kokoro => {
            let model = |name: &str| json!({"id": name, "object": "model"});
            let models = ["tts-1", "tts-1-hd", "kokoro"].map(model);
            json_answer(200, &json!({"object": "list", "data": models}))
        }
        ("/openapi.json", false) if is_kokoro => {
            let info = json!({"title": "Kokoro TTS API", "version": "1.0.0"});
            let paths = json!({"/v1/audio/speech": {}, "/dev/captioned_speech": {}});
            json_answer(
                200,
                &json!({"openapi": "3.1.0", "info": info, "paths": paths}),
            )
        }
        _ if known(&["/v1/audio/speech"]) || is_kokoro && known(&["/dev/captioned_speech"]) => {
            json_answer(405, &json!({"detail": "Method Not Allowed"}))
        }
        _ => json_answer(404, &json!({"detail": "Not Found"})),
    }
}

async fn piper(options: &Builder, path: &str, posted: bool, body: &Value) -> Answer {
    let speaking = match options.kind {
        Kind::Piper15 => "/synthesize",
        _ => "/",
    };
    let has_lists = options.kind != Kind::Piper2023;
    if posted && path == speaking {
        let text = if has_lists {
            body["text"].as_str()
        } else {
            body.as_str()
        };
        let text = text.unwrap_or_default();
        return match &options.reply {
            Reply::Sound if text.is_empty() => whole(500, "text/html", FLASK_500),
            // Flask calls it HTML.
            Reply::Sound => {
                let scale = body["length_scale"].as_f64().unwrap_or(1.0);
                whole(
                    200,
                    "text/html; charset=utf-8",
                    wav(seconds(text) * scale, options.rate, false),
                )
            }
            reply => other(reply).await,
        };
    }
    match (path, options.kind) {
        ("/voices", _) if has_lists => {
            let voices = options.voices.iter();
            let voices: serde_json::Map<String, Value> =
                voices.map(|name| (name.clone(), described(name))).collect();
            json_answer(200, &Value::Object(voices))
        }
        ("/info", Kind::Piper15) => {
            let name = options.voices.first().cloned().unwrap_or_default();
            let voice = json!({"name": name, "language": "en-us", "num_speakers": 1});
            json_answer(200, &json!({"voice": voice, "last": null}))
        }
        ("/", Kind::Piper2023) => whole(500, "text/html", FLASK_500),
        ("/", Kind::Piper15) => whole(200, "text/html", "<!doctype html><title>Piper</title>"),
        ("/", _) => whole(405, "text/html", "<!doctype html><title>405</title>"),
        _ => whole(
            404,
            "text/html",
            "<!doctype html><title>404 Not Found</title>",
        ),
    }
}

/// The description beside a model.
fn described(name: &str) -> Value {
    let code = name.split('-').next().unwrap_or_default();
    json!({
        "audio": {"sample_rate": 22050, "quality": "high"},
        "espeak": {"voice": code.to_lowercase().replace('_', "-")},
        "language": {"code": code},
        "num_speakers": 1,
        "inference": {"length_scale": 1.0},
    })
}

/// Sound with the time of every word, punctuation being words of their own.
fn captioned(options: &Builder, body: &Value) -> Answer {
    let input = body["input"].as_str().unwrap_or_default();
    let mut words = Vec::new();
    for (n, word) in input.split_whitespace().enumerate() {
        let start = n as f64 * WORD.0;
        let end = start + WORD.1;
        let bare = word.trim_matches(|c: char| !c.is_alphanumeric());
        words.push(json!({"word": bare, "start_time": start, "end_time": end}));
        if word.len() > bare.len() {
            words.push(json!({"word": ".", "start_time": end, "end_time": start + WORD.0}));
        }
    }
    let sound = base64(&wav(seconds(input), options.rate, true));
    let answer = json!({"audio": sound, "audio_format": "audio/wav", "timestamps": words});
    json_answer(200, &answer)
}

fn seconds(text: &str) -> f64 {
    text.split_whitespace().count() as f64 * WORD.0
}

async fn other(reply: &Reply) -> Answer {
    match reply {
        Reply::Other {
            status,
            content_type,
            body,
        } => whole(*status, content_type, body.clone()),
        Reply::Hang | Reply::Sound => std::future::pending().await,
    }
}

fn json_answer(status: u16, value: &Value) -> Answer {
    whole(status, "application/json", value.to_string())
}

fn whole(status: u16, content_type: &str, body: impl Into<Bytes>) -> Answer {
    let mut answer = Response::new(Full::new(body.into()));
    *answer.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::IM_A_TEAPOT);
    if let Ok(value) = HeaderValue::from_str(content_type) {
        answer.headers_mut().insert(CONTENT_TYPE, value);
    }
    answer
}
