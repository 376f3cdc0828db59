//! Ollama's own API. On its OpenAI side the context's size, thinking and the time a model is kept are silently ignored.

use std::borrow::Cow;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::fold::{Chunk, printable};
use super::sampling;
use crate::model::{AnswerFormat, ChatRequest, JsonMode, Message};

#[derive(Debug, Serialize)]
pub(crate) struct ChatBody<'a> {
    model: &'a str,
    messages: Vec<MessageBody<'a>>,
    stream: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    format: Option<Format<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    think: Option<Think>,
    #[serde(skip_serializing_if = "Option::is_none")]
    keep_alive: Option<String>,
    options: Options,
}

#[derive(Debug, Serialize)]
pub(crate) struct MessageBody<'a> {
    pub(crate) role: &'static str,
    pub(crate) content: Cow<'a, str>,
}

#[derive(Debug, Serialize)]
#[serde(untagged)]
enum Format<'a> {
    Word(&'static str),
    Schema(&'a RawValue),
}

/// Whether the model thinks, or how much.
#[derive(Debug, Serialize)]
#[serde(untagged)]
enum Think {
    Whether(bool),
    Level(&'static str),
}

#[derive(Debug, Serialize)]
struct Options {
    num_ctx: u32,
    num_predict: u32,
    temperature: f32,
    top_p: f32,
    presence_penalty: f32,
    #[serde(skip_serializing_if = "Option::is_none")]
    seed: Option<u32>,
}

/// What the request does not know.
#[derive(Debug)]
pub(crate) struct Settings<'a> {
    pub(crate) model: &'a str,
    pub(crate) json: JsonMode,
    /// Whether the model can be told to think or not.
    pub(crate) thinks: bool,
    /// Whether it was seen to think although it was not told to.
    pub(crate) thinks_anyway: bool,
    pub(crate) context: u32,
    /// Left out for a model that is somebody else's.
    pub(crate) keep: Option<Duration>,
}

pub(crate) fn chat_body<'a>(request: &'a ChatRequest, settings: &Settings<'a>) -> ChatBody<'a> {
    let format = match (&request.format, settings.json) {
        (AnswerFormat::Json { schema, .. }, JsonMode::Schema) => Some(Format::Schema(schema.raw())),
        (AnswerFormat::Json { .. }, JsonMode::ObjectWithSchema | JsonMode::Object) => {
            Some(Format::Word("json"))
        }
        _ => None,
    };
    let think = if sampling::has_levels(settings.model) && !request.thinking {
        // Told not to think, and held to a form, it loses the beginning of its answer.
        Think::Level("low")
    } else {
        Think::Whether(request.thinking)
    };
    let sampling = request
        .sampling
        .unwrap_or_else(|| sampling::of(settings.model, request.thinking));
    let thoughts = sampling::thought_tokens(request, settings.model, settings.thinks_anyway);
    ChatBody {
        model: settings.model,
        messages: messages(request),
        stream: true,
        format,
        think: settings.thinks.then_some(think),
        keep_alive: settings.keep.map(|keep| format!("{}s", keep.as_secs())),
        options: Options {
            num_ctx: settings.context,
            num_predict: request.max_tokens.saturating_add(thoughts),
            temperature: sampling.temperature(),
            top_p: sampling.top_p(),
            presence_penalty: sampling.presence_penalty(),
            seed: request.seed,
        },
    }
}

pub(crate) fn messages(request: &ChatRequest) -> Vec<MessageBody<'_>> {
    request.messages.iter().map(message_body).collect()
}

fn message_body(message: &Message) -> MessageBody<'_> {
    MessageBody {
        role: message.role.as_str(),
        content: Cow::Borrowed(&message.text),
    }
}

#[derive(Debug, Deserialize)]
struct Line {
    message: Option<LineMessage>,
    #[serde(default)]
    done: bool,
    done_reason: Option<String>,
    error: Option<String>,
    load_duration: Option<u64>,
    prompt_eval_count: Option<u64>,
    eval_count: Option<u64>,
}

#[derive(Debug, Deserialize)]
struct LineMessage {
    content: Option<String>,
    thinking: Option<String>,
}

/// Reads a line of an answer.
pub(crate) fn read_line(line: &str) -> Chunk {
    let line: Line = match serde_json::from_str(line) {
        Ok(line) => line,
        Err(error) => {
            return Chunk::failed(format!(
                "a line of its answer is not what it should be: {error}"
            ));
        }
    };
    if let Some(error) = line.error {
        return Chunk::failed(printable(&error));
    }
    let (content, thought) = line
        .message
        .map(|message| (message.content, message.thinking))
        .unwrap_or_default();
    Chunk {
        content: content.unwrap_or_default(),
        thought: thought.unwrap_or_default(),
        // Versions before 0.1.40 give no reason.
        finish: line
            .done_reason
            .or_else(|| line.done.then(|| "stop".to_owned())),
        last: line.done,
        error: None,
        prompt_tokens: line.prompt_eval_count,
        answer_tokens: line.eval_count,
        load: line.load_duration.map(Duration::from_nanos),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::shape::{Expected, Shape};

    #[test]
    fn everything_is_in_the_body() {
        let schema = Shape::object()
            .field("b", "", Shape::text(1..=2))
            .field("a", "", Shape::text(1..=2))
            .schema();
        let request = ChatRequest::new(vec![Message::system("s"), Message::user("u")])
            .format(AnswerFormat::Json {
                name: "x".to_owned(),
                schema: schema.clone(),
            })
            .seed(7);
        let settings = |json| Settings {
            model: "qwen3:8b",
            json,
            thinks: true,
            thinks_anyway: false,
            context: 8192,
            keep: Some(Duration::from_mins(10)),
        };
        let text =
            serde_json::to_string(&chat_body(&request, &settings(JsonMode::Schema))).unwrap();
        assert!(
            text.contains(schema.as_str()),
            "the order of the fields is kept: {text}"
        );
        let body: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(body["think"], false);
        assert_eq!(body["keep_alive"], "600s");
        assert_eq!(
            body["messages"],
            json!([{"role": "system", "content": "s"}, {"role": "user", "content": "u"}])
        );
        assert_eq!(
            (
                &body["options"]["num_ctx"],
                &body["options"]["num_predict"],
                &body["options"]["seed"]
            ),
            (&json!(8192), &json!(2048), &json!(7))
        );
        for name in ["temperature", "top_p", "presence_penalty"] {
            assert!(body["options"][name].is_number(), "{name}");
        }
        let low = Settings {
            model: "gpt-oss:20b",
            ..settings(JsonMode::Schema)
        };
        let body = serde_json::to_value(chat_body(&request, &low)).unwrap();
        assert_eq!(
            (&body["think"], &body["options"]["num_predict"]),
            (&json!("low"), &json!(3072))
        );
        let thinking = request.clone().thinking(true);
        let body = chat_body(&thinking, &settings(JsonMode::Schema));
        let body = serde_json::to_value(body).unwrap();
        assert_eq!(
            (&body["think"], &body["options"]["num_predict"]),
            (&json!(true), &json!(3072))
        );
        let body = serde_json::to_value(chat_body(&request, &settings(JsonMode::Object))).unwrap();
        assert_eq!(body["format"], "json");
        let body = serde_json::to_value(chat_body(&request, &settings(JsonMode::Text))).unwrap();
        assert_eq!(body.get("format"), None);
    }

    #[test]
    fn lines_are_read() {
        let chunk = read_line(
            r#"{"model":"m","message":{"role":"assistant","content":"a","thinking":"t"},"done":false}"#,
        );
        assert_eq!(
            (chunk.content.as_str(), chunk.thought.as_str(), chunk.last),
            ("a", "t", false)
        );
        let chunk = read_line(
            r#"{"message":{"role":"assistant","content":""},"done":true,"done_reason":"length","load_duration":6300000000,"prompt_eval_count":5,"eval_count":9}"#,
        );
        assert_eq!(
            (chunk.finish.as_deref(), chunk.last, chunk.answer_tokens),
            (Some("length"), true, Some(9))
        );
        assert_eq!(chunk.load, Some(Duration::from_millis(6300)));
        assert_eq!(
            read_line(r#"{"error":"an error\nwas met"}"#)
                .error
                .as_deref(),
            Some("an error was met")
        );
        for bad in ["", "{", "[]", "<html>", "{\"message\": 3}"] {
            assert!(read_line(bad).error.is_some(), "{bad}");
        }
    }
}
