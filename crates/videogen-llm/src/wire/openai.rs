//! The API that OpenAI's servers have and the others imitate.

use std::borrow::Cow;

use serde::Serialize;
use serde_json::Value;
use serde_json::value::RawValue;

use super::fold::{Chunk, printable};
use super::ollama::{MessageBody, messages};
use super::sampling;
use crate::model::{AnswerFormat, ChatRequest, JsonMode, Role, THINKING_TOKENS};

#[derive(Debug, Serialize)]
pub(crate) struct ChatBody<'a> {
    #[serde(skip_serializing_if = "str::is_empty")]
    model: &'a str,
    messages: Vec<MessageBody<'a>>,
    stream: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    temperature: Option<f32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    top_p: Option<f32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    presence_penalty: Option<f32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_tokens: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_completion_tokens: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    seed: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    response_format: Option<ResponseFormat<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    chat_template_kwargs: Option<TemplateArguments>,
    /// llama.cpp: after so many tokens of thought it has the model answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    thinking_budget_tokens: Option<u32>,
    /// LM Studio: how long the model stays, in seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    ttl: Option<u64>,
}

#[derive(Debug, Serialize)]
struct ResponseFormat<'a> {
    r#type: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    json_schema: Option<NamedSchema<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    schema: Option<&'a RawValue>,
}

#[derive(Debug, Serialize)]
struct NamedSchema<'a> {
    name: &'a str,
    strict: bool,
    schema: &'a RawValue,
}

#[derive(Debug, Serialize)]
struct TemplateArguments {
    enable_thinking: bool,
}

/// What the request does not know.
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is something a server may or may not understand"
)]
#[derive(Debug)]
pub(crate) struct Settings<'a> {
    pub(crate) model: &'a str,
    pub(crate) json: JsonMode,
    /// Whether the chat template takes `enable_thinking`.
    pub(crate) template_arguments: bool,
    /// Whether the server ends a thought that is too long.
    pub(crate) thinking_budget: bool,
    /// Whether the model was seen to think although it was not told to.
    pub(crate) thinks_anyway: bool,
    /// Whether there is a system role.
    pub(crate) system: bool,
    pub(crate) penalty: bool,
    pub(crate) sampling: bool,
    pub(crate) seed: bool,
    /// Whether the longest answer goes by its newer name.
    pub(crate) completion_tokens: bool,
    pub(crate) ttl: Option<u64>,
    /// The longest answer with its thoughts, in tokens, where the request's own is too long for the server.
    pub(crate) most: Option<u32>,
}

pub(crate) fn chat_body<'a>(request: &'a ChatRequest, settings: &Settings<'a>) -> ChatBody<'a> {
    let response_format = match (&request.format, settings.json) {
        (AnswerFormat::Json { name, schema }, JsonMode::Schema) => Some(ResponseFormat {
            r#type: "json_schema",
            json_schema: Some(NamedSchema {
                name,
                strict: true,
                schema: schema.raw(),
            }),
            schema: None,
        }),
        (AnswerFormat::Json { schema, .. }, JsonMode::ObjectWithSchema) => Some(ResponseFormat {
            r#type: "json_object",
            json_schema: None,
            schema: Some(schema.raw()),
        }),
        (AnswerFormat::Json { .. }, JsonMode::Object) => Some(ResponseFormat {
            r#type: "json_object",
            json_schema: None,
            schema: None,
        }),
        _ => None,
    };
    let mut messages = messages(request);
    if !settings.system {
        without_system(&mut messages);
    }
    if !settings.template_arguments && sampling::has_no_think(settings.model) {
        // Where the server has no parameter for it, Qwen takes the word at the end of the question.
        if let Some(last) = messages
            .iter_mut()
            .rfind(|message| message.role == Role::User.as_str())
        {
            let switch = if request.thinking {
                "/think"
            } else {
                "/no_think"
            };
            last.content = Cow::Owned(format!("{} {switch}", last.content));
        }
    }
    let thoughts = sampling::thought_tokens(request, settings.model, settings.thinks_anyway);
    let tokens = request.max_tokens.saturating_add(thoughts);
    let tokens = Some(settings.most.map_or(tokens, |most| tokens.min(most)));
    let sampling = request
        .sampling
        .unwrap_or_else(|| sampling::of(settings.model, request.thinking));
    ChatBody {
        model: settings.model,
        messages,
        stream: true,
        temperature: settings.sampling.then(|| sampling.temperature()),
        top_p: settings.sampling.then(|| sampling.top_p()),
        presence_penalty: settings.penalty.then(|| sampling.presence_penalty()),
        max_tokens: tokens.filter(|_| !settings.completion_tokens),
        max_completion_tokens: tokens.filter(|_| settings.completion_tokens),
        seed: request.seed.filter(|_| settings.seed),
        response_format,
        chat_template_kwargs: settings.template_arguments.then_some(TemplateArguments {
            enable_thinking: request.thinking,
        }),
        // Also where it is told not to think: some do.
        thinking_budget_tokens: settings.thinking_budget.then_some(THINKING_TOKENS),
        ttl: settings.ttl,
    }
}

/// Puts what the model is to be before the first question, for chat templates without a role for it.
fn without_system(messages: &mut Vec<MessageBody<'_>>) {
    let system = Role::System.as_str();
    let Some(at) = messages.iter().position(|message| message.role == system) else {
        return;
    };
    let said = messages.remove(at).content;
    let user = Role::User.as_str();
    if let Some(first) = messages.iter_mut().find(|message| message.role == user) {
        first.content = Cow::Owned(format!("{said}\n\n{}", first.content));
    }
}

/// Reads the data of an event of a stream.
pub(crate) fn read_event(data: &str) -> Chunk {
    let data = data.trim();
    if data == "[DONE]" {
        return Chunk {
            last: true,
            ..Chunk::default()
        };
    }
    read(data, "delta")
}

/// Reads an answer in one piece, from servers that do not stream.
pub(crate) fn read_whole(text: &str) -> Chunk {
    Chunk {
        last: true,
        ..read(text, "message")
    }
}

fn read(text: &str, place: &str) -> Chunk {
    let value: Value = match serde_json::from_str(text) {
        Ok(value) => value,
        Err(error) => {
            return Chunk::failed(format!(
                "a part of its answer is not what it should be: {error}"
            ));
        }
    };
    if let Some(error) = error_in(&value) {
        return Chunk::failed(error);
    }
    let choice = &value["choices"][0];
    let said = &choice[place];
    let count = |name: &str| value["usage"][name].as_u64();
    Chunk {
        content: text_of(&said["content"]),
        thought: [&said["reasoning_content"], &said["reasoning"]]
            .map(text_of)
            .concat(),
        finish: choice["finish_reason"]
            .as_str()
            .filter(|reason| !reason.is_empty())
            .map(str::to_owned),
        last: false,
        error: None,
        prompt_tokens: count("prompt_tokens"),
        answer_tokens: count("completion_tokens"),
        load: None,
    }
}

/// The error that a server reports inside of an answer: an object with a message, or a bare text (LM Studio).
fn error_in(value: &Value) -> Option<String> {
    let error = &value["error"];
    let said = match error {
        Value::Null => return None,
        Value::String(text) => text.as_str(),
        other => other["message"].as_str().unwrap_or("it did not say why"),
    };
    Some(printable(said))
}

/// Text, or a list of parts with text.
fn text_of(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(parts) => parts
            .iter()
            .filter_map(|part| part["text"].as_str())
            .collect(),
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Message;
    use crate::shape::{Expected, Shape};

    fn settings(model: &str) -> Settings<'_> {
        Settings {
            model,
            json: JsonMode::Schema,
            template_arguments: true,
            thinking_budget: true,
            thinks_anyway: false,
            system: true,
            penalty: true,
            sampling: true,
            seed: true,
            completion_tokens: false,
            ttl: None,
            most: None,
        }
    }

    fn body(settings: &Settings<'_>) -> Value {
        let schema = Shape::object().field("a", "", Shape::text(1..=2)).schema();
        let request =
            ChatRequest::new(vec![Message::user("u")])
                .seed(3)
                .format(AnswerFormat::Json {
                    name: "script".to_owned(),
                    schema,
                });
        serde_json::to_value(chat_body(&request, settings)).unwrap()
    }

    #[test]
    fn everything_is_in_the_body() {
        let full = body(&settings("qwen3-8b"));
        assert_eq!(full["response_format"]["type"], "json_schema");
        assert_eq!(full["response_format"]["json_schema"]["name"], "script");
        assert_eq!(
            full["response_format"]["json_schema"]["schema"]["type"],
            "object"
        );
        assert_eq!(full["chat_template_kwargs"]["enable_thinking"], false);
        assert_eq!(
            (full["max_tokens"].as_u64(), full["seed"].as_u64()),
            (Some(2048), Some(3))
        );
        for name in ["temperature", "top_p", "presence_penalty"] {
            assert!(full[name].is_number(), "{name}");
        }
        assert_eq!(full["thinking_budget_tokens"], 1024);
        assert_eq!(full["messages"][0]["content"], "u");

        let bare = body(&Settings {
            json: JsonMode::Text,
            template_arguments: false,
            thinking_budget: false,
            penalty: false,
            sampling: false,
            seed: false,
            completion_tokens: true,
            ttl: Some(60),
            ..settings("Qwen3-8B")
        });
        for absent in [
            "response_format",
            "chat_template_kwargs",
            "max_tokens",
            "seed",
            "temperature",
            "top_p",
            "presence_penalty",
        ] {
            assert_eq!(bare.get(absent), None, "{absent}");
        }
        assert_eq!(
            (bare["max_completion_tokens"].as_u64(), bare["ttl"].as_u64()),
            (Some(2048), Some(60))
        );
        assert_eq!(bare["messages"][0]["content"], "u /no_think");
        let other = body(&Settings {
            json: JsonMode::Object,
            template_arguments: false,
            ..settings("llama-3")
        });
        assert_eq!(
            other["response_format"],
            serde_json::json!({"type": "json_object"})
        );
        let between = body(&Settings {
            json: JsonMode::ObjectWithSchema,
            most: Some(300),
            ..settings("llama-3")
        });
        assert_eq!(between["response_format"]["type"], "json_object");
        assert_eq!(between["response_format"]["schema"]["type"], "object");
        assert_eq!(between["max_tokens"], 300);
        let both = ChatRequest::new(vec![Message::system("s"), Message::user("u")]);
        let joined = Settings {
            system: false,
            thinks_anyway: true,
            ..settings("gemma-2")
        };
        let joined = serde_json::to_value(chat_body(&both, &joined)).unwrap();
        assert_eq!(
            joined["messages"],
            serde_json::json!([{"role": "user", "content": "s\n\nu"}])
        );
        assert_eq!(joined["max_tokens"], 3072);
        let request = ChatRequest::new(vec![Message::user("u")]).thinking(true);
        let thinking = serde_json::to_value(chat_body(&request, &settings("qwen3-8b"))).unwrap();
        assert_eq!(
            (
                thinking["thinking_budget_tokens"].as_u64(),
                thinking["max_tokens"].as_u64()
            ),
            (Some(1024), Some(3072))
        );
        assert_eq!(other["messages"][0]["content"], "u");
    }

    #[test]
    fn events_are_read() {
        assert!(read_event(" [DONE]").last);
        let chunk = read_event(
            r#"{"choices":[{"delta":{"content":"a","reasoning_content":"t"},"finish_reason":null}]}"#,
        );
        assert_eq!(
            (chunk.content.as_str(), chunk.thought.as_str(), chunk.finish),
            ("a", "t", None)
        );
        let chunk = read_event(
            r#"{"choices":[{"delta":{},"finish_reason":"stop"}],"usage":{"prompt_tokens":5,"completion_tokens":9}}"#,
        );
        assert_eq!(
            (chunk.finish.as_deref(), chunk.answer_tokens),
            (Some("stop"), Some(9))
        );
        assert_eq!(read_event(r#"{"choices":[]}"#), Chunk::default());
        assert_eq!(
            read_event(r#"{"error":"bare"}"#).error.as_deref(),
            Some("bare")
        );
        assert_eq!(
            read_event(r#"{"error":{"message":"nested","code":500}}"#)
                .error
                .as_deref(),
            Some("nested")
        );
        assert!(read_event("{\"choices\":").error.is_some());
        let whole = read_whole(
            r#"{"choices":[{"message":{"content":[{"type":"text","text":"a"},{"text":"b"}]},"finish_reason":"stop"}]}"#,
        );
        assert_eq!((whole.content.as_str(), whole.last), ("ab", true));
    }
}
