//! Questions: checked as the servers check them, answered as the test says.

use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use serde_json::{Value, json};
use tokio::sync::{Notify, mpsc};

use super::{Tongue, models, refuse};
use crate::llm::Say;
use crate::llm::memory::{InUse, Shared};
use crate::llm::options::{JsonSupport, Kind};
use crate::llm::stream::{self, Answer};

/// How many questions are kept for the tests to look at.
const KEPT: usize = 1000;
/// The bytes of a word.
const WORD: usize = 12;

/// One place in the queue; dropping it frees it.
struct Place(Arc<Shared>);

impl Drop for Place {
    fn drop(&mut self) {
        self.0.state().pending -= 1;
    }
}

pub(super) async fn answer(
    shared: &Arc<Shared>,
    body: Value,
    tongue: Tongue,
    streamed: &Arc<Notify>,
) -> io::Result<Answer> {
    let name = body["model"].as_str().unwrap_or_default().to_owned();
    let place = {
        let mut state = shared.state();
        if state.pending >= shared.options.max_queue {
            drop(state);
            return Ok(refuse(
                tongue,
                503,
                "server busy, please try again.  maximum pending requests exceeded",
            ));
        }
        state.pending += 1;
        state.questions.push_back(body.clone());
        if state.questions.len() > KEPT {
            state.questions.pop_front();
        }
        Place(Arc::clone(shared))
    };
    let Some(model) = shared.find(&name) else {
        return Ok(missing(shared.options.kind, &name));
    };
    if let Some(refused) = check(shared, &body, tongue, model.thinks) {
        return Ok(refused);
    }
    if shared.state().asleep {
        return Ok(refuse(tongue, 500, "the engine is sleeping"));
    }
    let began = Instant::now();
    // OpenAI's way has no field for it: the server takes its own.
    let context = body["options"]["num_ctx"]
        .as_u64()
        .filter(|_| tongue == Tongue::Ollama)
        .unwrap_or(4096);
    let Ok(used) = shared.bring(model, context).await else {
        return Ok(models::no_memory(tongue));
    };
    shared.state().counters.chats += 1;
    let say = shared.next_answer();
    let telling = Telling {
        shared: Arc::clone(shared),
        tongue,
        model: model.name.clone(),
        load: began.elapsed(),
        streamed: Arc::clone(streamed),
        _used: used,
        _place: place,
    };
    telling.tell(say).await
}

fn missing(kind: Kind, name: &str) -> Answer {
    match kind {
        Kind::Ollama => stream::json(404, &json!({"error": format!("model '{name}' not found")})),
        Kind::OpenAi => stream::json(
            404,
            &json!({"error": {"message": format!("The model `{name}` does not exist or you do not have access to it."), "code": "model_not_found"}}),
        ),
        Kind::Vllm => stream::json(
            404,
            &json!({"error": {"message": format!("The model `{name}` does not exist."), "type": "NotFoundError", "code": 404}}),
        ),
        // A bare string, as LM Studio's errors are.
        Kind::LmStudio => stream::json(
            404,
            &json!({"error": format!("Model \"{name}\" not found. Please specify a valid model.")}),
        ),
        Kind::LlamaCpp | Kind::LlamaCppRouter => super::error(
            400,
            &format!("model '{name}' not found"),
            "invalid_request_error",
        ),
    }
}

/// What the server does not take.
fn check(shared: &Shared, body: &Value, tongue: Tongue, thinks: bool) -> Option<Answer> {
    for field in &shared.options.refuses {
        if !body[field.as_str()].is_null() {
            let said = if field == "max_tokens" {
                "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.".to_owned()
            } else {
                format!("Unrecognized request argument supplied: {field}")
            };
            return Some(refuse(tongue, 400, &said));
        }
    }
    let model = body["model"].as_str().unwrap_or_default();
    if let Some(refused) = too_long(shared, body) {
        return Some(refused);
    }
    let wants_thought = body["think"] == true || body["think"].is_string();
    if tongue == Tongue::Ollama && wants_thought && !thinks {
        return Some(refuse(
            tongue,
            400,
            &format!("\"{model}\" does not support thinking"),
        ));
    }
    let json = shared.options.json;
    let asked = match tongue {
        Tongue::Ollama if body["format"].is_object() => "json_schema",
        Tongue::Ollama if body["format"] == "json" => "json_object",
        Tongue::Ollama => return None,
        Tongue::OpenAi => body["response_format"]["type"].as_str().unwrap_or("text"),
    };
    let taken = match asked {
        "json_schema" => matches!(json, JsonSupport::All | JsonSupport::SchemaOnly),
        "json_object" => matches!(json, JsonSupport::All | JsonSupport::ObjectOnly),
        _ => true,
    };
    if taken {
        return None;
    }
    Some(match shared.options.kind {
        Kind::LmStudio => stream::json(
            400,
            &json!({"error": "'response_format.type' must be 'json_schema' or 'text'"}),
        ),
        _ => refuse(
            tongue,
            400,
            &format!("response_format of type {asked} is not supported"),
        ),
    })
}

/// What llama.cpp and vLLM say of a question that does not fit: the one looks at the question alone, the other at the
/// longest answer as well. Both begin to count at about four characters a token.
fn too_long(shared: &Shared, body: &Value) -> Option<Answer> {
    let context = shared.options.context;
    let messages = body["messages"].as_array()?.iter();
    let texts = messages.filter_map(|message| message["content"].as_str());
    let question = texts.map(|text| text.len() as u64 / 4 + 8).sum::<u64>();
    match shared.options.kind {
        Kind::LlamaCpp | Kind::LlamaCppRouter if question > context => Some(stream::json(
            400,
            &json!({"error": {
                "code": 400, "type": "exceed_context_size_error", "n_prompt_tokens": question, "n_ctx": context,
                "message": format!("request ({question} tokens) exceeds the available context size ({context} tokens), try increasing it"),
            }}),
        )),
        Kind::Vllm => {
            let answer = body["max_tokens"].as_u64().unwrap_or_default();
            (question + answer > context).then(|| {
                super::error(
                    400,
                    &format!(
                        "'max_tokens' or 'max_completion_tokens' is too large: {answer}. This model's maximum context length is {context} tokens and your request has {question} input tokens ({answer} > {context} - {question})."
                    ),
                    "BadRequestError",
                )
            })
        }
        _ => None,
    }
}

/// An answer on its way.
struct Telling {
    shared: Arc<Shared>,
    tongue: Tongue,
    model: String,
    load: Duration,
    /// Told at the end of a stream.
    streamed: Arc<Notify>,
    _used: InUse,
    _place: Place,
}

type Sender = mpsc::Sender<io::Result<Bytes>>;

impl Telling {
    async fn tell(self, say: Say) -> io::Result<Answer> {
        match say {
            Say::Status {
                status,
                body,
                retry_after,
            } => return Ok(stream::status(status, &body, retry_after)),
            Say::Silent => std::future::pending().await,
            Say::Lost => return Err(io::Error::other("lost on purpose")),
            Say::Whole(text) => return Ok(self.in_one_piece(&text)),
            Say::ErrorWhole(error) => return Ok(stream::json(200, &json!({"error": error}))),
            _ => {}
        }
        let kind = match self.tongue {
            Tongue::Ollama => "application/x-ndjson",
            Tongue::OpenAi => "text/event-stream",
        };
        let (sender, answer) = stream::pieces(kind);
        tokio::spawn(async move {
            if self.say(say, &sender).await.is_none() {
                self.shared.state().counters.abandoned += 1;
            }
            self.streamed.notify_one();
        });
        Ok(answer)
    }

    /// `None` when the client is gone.
    async fn say(&self, say: Say, to: &Sender) -> Option<()> {
        match say {
            Say::LostAfterHead => {
                let lost = io::Error::other("lost on purpose");
                to.send(Err(lost)).await.ok()
            }
            Say::Text(text) => {
                self.words(&text, to).await?;
                self.end("stop", true, to).await
            }
            Say::Thought { thought, text } => {
                self.piece("", &thought, to).await?;
                self.words(&text, to).await?;
                self.end("stop", true, to).await
            }
            Say::Length(text) => {
                self.words(&text, to).await?;
                self.end("length", true, to).await
            }
            Say::NoDone(text) => {
                self.words(&text, to).await?;
                self.end("stop", false, to).await
            }
            Say::Cut(text) => self.words(&text, to).await,
            Say::Broken(text) => {
                self.words(&text, to).await?;
                to.send(Err(io::Error::other("broken on purpose")))
                    .await
                    .ok()
            }
            Say::ErrorAfter { text, error } => {
                self.words(&text, to).await?;
                self.event(&json!({"error": error}), to).await
            }
            Say::Hang(text) => {
                self.words(&text, to).await?;
                to.closed().await;
                None
            }
            Say::Comments => loop {
                let sign = if self.tongue == Tongue::Ollama {
                    "\n"
                } else {
                    ": still here\n\n"
                };
                self.raw(sign.as_bytes(), to).await?;
                tokio::time::sleep(Duration::from_millis(10)).await;
            },
            Say::Endless(text) => loop {
                self.words(&text, to).await?;
                tokio::task::yield_now().await;
            },
            Say::Bytes(bytes) => self.raw(&bytes, to).await,
            Say::Whole(_) | Say::ErrorWhole(_) | Say::Silent | Say::Lost | Say::Status { .. } => {
                Some(())
            }
        }
    }

    async fn words(&self, text: &str, to: &Sender) -> Option<()> {
        let mut rest = text;
        while !rest.is_empty() {
            let mut end = rest.len().min(WORD);
            while !rest.is_char_boundary(end) {
                end += 1;
            }
            self.piece(&rest[..end], "", to).await?;
            rest = &rest[end..];
        }
        Some(())
    }

    async fn piece(&self, content: &str, thought: &str, to: &Sender) -> Option<()> {
        if !self.shared.options.word_time.is_zero() {
            tokio::time::sleep(self.shared.options.word_time).await;
        }
        let value = match self.tongue {
            Tongue::Ollama => {
                json!({"model": self.model, "message": {"role": "assistant", "content": content, "thinking": thought}, "done": false})
            }
            Tongue::OpenAi => {
                let name = if self.shared.options.kind == Kind::Ollama {
                    "reasoning"
                } else {
                    "reasoning_content"
                };
                json!({"id": "chatcmpl-7", "object": "chat.completion.chunk", "model": self.model, "choices": [{"index": 0, "delta": {"content": content, name: thought}, "finish_reason": null}]})
            }
        };
        self.event(&value, to).await
    }

    async fn end(&self, reason: &str, done: bool, to: &Sender) -> Option<()> {
        match self.tongue {
            Tongue::Ollama if !done => Some(()),
            Tongue::Ollama => {
                let last = json!({
                    "model": self.model, "message": {"role": "assistant", "content": ""}, "done": true, "done_reason": reason,
                    "load_duration": self.load.as_nanos() as u64, "prompt_eval_count": 120, "eval_count": 240,
                });
                self.event(&last, to).await
            }
            Tongue::OpenAi => {
                self.event(&json!({"choices": [{"index": 0, "delta": {}, "finish_reason": reason}], "usage": {"prompt_tokens": 120, "completion_tokens": 240}}), to).await?;
                if done {
                    self.raw(b"data: [DONE]\n\n", to).await
                } else {
                    Some(())
                }
            }
        }
    }

    async fn event(&self, value: &Value, to: &Sender) -> Option<()> {
        let text = match self.tongue {
            Tongue::Ollama => format!("{value}\n"),
            Tongue::OpenAi => format!("data: {value}\n\n"),
        };
        self.raw(text.as_bytes(), to).await
    }

    /// In two pieces, wherever the cut falls: also in the middle of a character.
    async fn raw(&self, bytes: &[u8], to: &Sender) -> Option<()> {
        let (first, second) = bytes.split_at(bytes.len() / 2);
        for piece in [first, second] {
            to.send(Ok(Bytes::copy_from_slice(piece))).await.ok()?;
        }
        Some(())
    }

    fn in_one_piece(&self, text: &str) -> Answer {
        stream::json(
            200,
            &match self.tongue {
                Tongue::Ollama => {
                    json!({"model": self.model, "message": {"role": "assistant", "content": text}, "done": true, "done_reason": "stop"})
                }
                Tongue::OpenAi => {
                    json!({"choices": [{"message": {"role": "assistant", "content": text}, "finish_reason": "stop"}]})
                }
            },
        )
    }
}
