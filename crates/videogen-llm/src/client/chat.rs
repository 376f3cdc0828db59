//! One question: sent with what the server understands, its answer read as it comes.

use std::time::Duration;

use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use videogen_net::{Deadlines, Events, Lines, Request, Response, StatusError};

use super::recognise::{Known, ServerKind, below};
use super::{LlmClient, lock, net};
use crate::error::{Cut, Error, Wait};
use crate::model::{AnswerFormat, ChatProgress, ChatRequest, OnProgress, Reply};
use crate::resident::Resident;
use crate::wire::fold::{Chunk, Fold, LONGEST_ANSWER};
use crate::wire::refusal::{self, Learned, Refusal};
use crate::wire::{ollama, openai};

/// The longest line of a stream, in bytes. A server that does not stream sends all in one.
const LINE: usize = 4 * LONGEST_ANSWER;
/// The most bytes of a stream. Each word comes in an envelope of a few hundred bytes.
const STREAM: u64 = 64 * 1024 * 1024;
/// How often a server that is loading is asked again.
const LOADING_PAUSE: Duration = Duration::from_millis(500);

/// Where the pieces of an answer come from.
enum Source {
    Lines(Lines),
    Events(Events),
    Whole(Option<Response>),
}

impl Source {
    async fn next(&mut self) -> Result<Option<Chunk>, videogen_net::Error> {
        Ok(match self {
            Self::Lines(lines) => lines.next().await?.map(|line| {
                if line.trim().is_empty() {
                    Chunk::default()
                } else {
                    ollama::read_line(&line)
                }
            }),
            Self::Events(events) => events
                .next()
                .await?
                .map(|event| openai::read_event(&event.data)),
            Self::Whole(response) => match response.take() {
                Some(response) => Some(openai::read_whole(&response.text().await?)),
                None => None,
            },
        })
    }
}

impl LlmClient {
    pub(super) async fn ask_once(
        &self,
        request: &ChatRequest,
        progress: OnProgress<'_>,
        cancel: &CancellationToken,
    ) -> Result<Reply, Error> {
        if cancel.is_cancelled() {
            return Err(Error::Cancelled);
        }
        let began = Instant::now();
        let known = self.known(cancel).await?;
        let theirs = self.before(&known, cancel).await?;
        if known.kind == ServerKind::Ollama {
            // It would cut the question off at the front without a word.
            fits(request, self.context_for(theirs.as_ref()))?;
        }
        progress(ChatProgress::Waiting);
        let (response, learned) = self
            .send(&known, theirs.as_ref(), request, began, cancel)
            .await?;
        *lock(&self.learned) = learned;
        let whole = response.content_type().as_deref() == Some("application/json");
        let source = match known.kind {
            ServerKind::Ollama => Source::Lines(response.lines(LINE)),
            _ if whole => Source::Whole(Some(response)),
            _ => Source::Events(response.events(LINE)),
        };
        let fold = self
            .read(source, &known.model, began, progress, cancel)
            .await?;
        fold.check(&known.model)?;
        Ok(Reply {
            thought_bytes: fold.thought,
            json: learned.json,
            prompt_tokens: fold.prompt_tokens,
            answer_tokens: fold.answer_tokens,
            load: fold.load,
            ..Reply::new(known.model.clone(), fold.content)
        })
    }

    /// Sends the question until it is understood, leaving out what is not.
    async fn send(
        &self,
        known: &Known,
        theirs: Option<&Resident>,
        request: &ChatRequest,
        began: Instant,
        cancel: &CancellationToken,
    ) -> Result<(Response, Learned), Error> {
        let wants_json = request.format != AnswerFormat::Text;
        let mut learned = *lock(&self.learned);
        loop {
            let question = self.question(known, theirs, request, learned, began, cancel);
            let status = match self.http.send(question).await {
                Ok(response) => return Ok((response, learned)),
                Err(videogen_net::Error::Status(status)) => status,
                Err(videogen_net::Error::Timeout {
                    phase: videogen_net::Phase::FirstByte,
                    ..
                }) => {
                    return Err(self.stalled(&known.model, Wait::FirstWord));
                }
                Err(error) => return Err(net(error)),
            };
            let said =
                String::from_utf8_lossy(&status.body[..status.body.len().min(2000)]).into_owned();
            match refusal::read(status.status, &said) {
                Refusal::Question => {
                    let Some(less) = learned.refused(&said, wants_json) else {
                        return Err(Error::Refused {
                            server: self.server(),
                            source: status,
                        });
                    };
                    tracing::debug!(
                        server = self.server(),
                        ?less,
                        said = status.excerpt,
                        "something in the question is left out"
                    );
                    learned = less;
                }
                Refusal::Loading if began.elapsed() < self.options.first_word => {
                    tokio::select! {
                        () = cancel.cancelled() => return Err(Error::Cancelled),
                        () = tokio::time::sleep(LOADING_PAUSE) => {}
                    }
                }
                other => return Err(self.refused(other, known, status, cancel).await),
            }
        }
    }

    fn question(
        &self,
        known: &Known,
        theirs: Option<&Resident>,
        request: &ChatRequest,
        learned: Learned,
        began: Instant,
        cancel: &CancellationToken,
    ) -> Request {
        let model = &known.model;
        let ours = theirs.is_none();
        let url = match known.kind {
            ServerKind::Ollama => self.places.own("api/chat"),
            _ => below(&known.api, "chat/completions"),
        };
        let question = self.endpoint.authorize(Request::post(url));
        let question = if known.kind == ServerKind::Ollama {
            question.json(&ollama::chat_body(
                request,
                &ollama::Settings {
                    model,
                    json: learned.json,
                    thinks: learned.think,
                    context: self.context_for(theirs),
                    keep: ours.then_some(self.options.keep),
                },
            ))
        } else {
            let has_template = matches!(
                known.kind,
                ServerKind::LlamaCpp | ServerKind::LlamaCppRouter | ServerKind::Vllm
            );
            question.json(&openai::chat_body(
                request,
                &openai::Settings {
                    model,
                    json: learned.json,
                    template_arguments: has_template && learned.template_arguments,
                    sampling: learned.sampling,
                    seed: learned.seed,
                    completion_tokens: learned.completion_tokens,
                    ttl: (known.kind == ServerKind::LmStudio && ours)
                        .then_some(self.options.keep.as_secs()),
                },
            ))
        };
        // Silence is measured by words, not by bytes: a server may send comments to keep the connection alive.
        let first_word = self
            .options
            .first_word
            .saturating_sub(began.elapsed())
            .max(Duration::from_millis(1));
        let deadlines = Deadlines {
            first_byte: first_word,
            stall: self.options.first_word.max(self.options.next_word) + Duration::from_secs(5),
            total: self.options.total,
        };
        question
            .deadlines(deadlines)
            .max_body(STREAM)
            .cancel(cancel)
    }

    async fn read(
        &self,
        mut source: Source,
        model: &str,
        began: Instant,
        progress: OnProgress<'_>,
        cancel: &CancellationToken,
    ) -> Result<Fold, Error> {
        let mut fold = Fold::default();
        let mut wait = Wait::FirstWord;
        let mut until = began + self.options.first_word;
        while !fold.ended {
            let next = tokio::select! {
                () = cancel.cancelled() => return Err(Error::Cancelled),
                next = tokio::time::timeout_at(until, source.next()) => next,
            };
            let chunk = match next {
                Err(_) => return Err(self.stalled(model, wait)),
                Ok(Ok(None)) => break,
                Ok(Ok(Some(chunk))) => chunk,
                Ok(Err(error)) => return Err(broken(error, model, wait)),
            };
            if fold.push(chunk, model)? {
                wait = Wait::NextWord;
                until = Instant::now() + self.options.next_word;
                progress(if fold.content.is_empty() {
                    ChatProgress::Thinking {
                        bytes: fold.thought,
                    }
                } else {
                    ChatProgress::Writing {
                        bytes: fold.content.len(),
                    }
                });
            }
        }
        Ok(fold)
    }

    fn stalled(&self, model: &str, wait: Wait) -> Error {
        Error::Stalled {
            model: model.to_owned(),
            wait,
            after: match wait {
                Wait::FirstWord => self.options.first_word,
                Wait::NextWord => self.options.next_word,
            },
        }
    }

    /// The error that a refusal is.
    async fn refused(
        &self,
        refusal: Refusal,
        known: &Known,
        source: Box<StatusError>,
        cancel: &CancellationToken,
    ) -> Error {
        let server = self.server();
        let model = known.model.clone();
        match refusal {
            Refusal::ModelMissing => {
                // Named anew next time, in case the choice was the server's.
                self.forget().await;
                Error::ModelMissing {
                    server,
                    model,
                    present: self
                        .present(known.kind, &known.api, cancel)
                        .await
                        .unwrap_or_default(),
                    can_pull: known.kind == ServerKind::Ollama,
                }
            }
            Refusal::Key => Error::Key { server, source },
            Refusal::Busy | Refusal::Loading => Error::Busy {
                server,
                retry_after: source.retry_after,
                source,
            },
            Refusal::OutOfMemory => Error::OutOfMemory {
                server,
                model,
                source,
            },
            Refusal::TooLong => Error::Refused { server, source },
            Refusal::Path => {
                self.forget().await;
                Error::NotAModelServer {
                    server,
                    source: Some(Box::new(videogen_net::Error::Status(source))),
                }
            }
            Refusal::Question | Refusal::Other => Error::Net {
                source: videogen_net::Error::Status(source),
            },
        }
    }
}

/// What a broken stream means. Before the first word the server is to blame; after it, there is half an answer.
fn broken(error: videogen_net::Error, model: &str, wait: Wait) -> Error {
    use videogen_net::Error as Net;
    let model = model.to_owned();
    match error {
        Net::Cancelled { .. } => Error::Cancelled,
        Net::TooLarge { .. } => Error::TooLongAnswer {
            model,
            limit: LONGEST_ANSWER,
        },
        Net::InvalidText { .. } => Error::CutOff {
            model,
            cut: Cut::Failed("what it sent is not text".to_owned()),
        },
        Net::Lost { .. } | Net::Truncated { .. } if wait == Wait::NextWord => Error::CutOff {
            model,
            cut: Cut::NoEnd,
        },
        other => net(other),
    }
}

/// Refuses a question that does not fit together with its answer.
fn fits(request: &ChatRequest, context: u32) -> Result<(), Error> {
    let question: u64 = request
        .messages
        .iter()
        .map(|message| refusal::tokens(&message.text) + 8)
        .sum();
    let tokens = question + u64::from(request.max_tokens.min(context / 2));
    if tokens > u64::from(context) {
        return Err(Error::TooLongQuestion {
            tokens,
            context: u64::from(context),
        });
    }
    Ok(())
}
