//! One question: sent with what the server understands, its answer read as it comes.

use std::time::Duration;

use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use videogen_net::{Deadlines, Events, Lines, Request, Response, StatusError};

use super::recognise::{Known, ServerKind, below};
use super::{LlmClient, lock, net};
use crate::error::{Cut, Error, Unfinished, Wait};
use crate::model::{AnswerFormat, ChatProgress, ChatRequest, OnProgress, Reply, THINKING_TOKENS};
use crate::resident::Resident;
use crate::wire::fold::{Chunk, Fold, LONGEST_ANSWER};
use crate::wire::refusal::{self, Learned, Refusal};
use crate::wire::runaway::Runaway;
use crate::wire::{ollama, openai, sampling};

/// The longest line of a stream, in bytes. A server that does not stream sends all in one.
const LINE: usize = 4 * LONGEST_ANSWER;
/// The most bytes of a stream. Each word comes in an envelope of a few hundred bytes.
const STREAM: u64 = 64 * 1024 * 1024;
/// How often a server that is loading is asked again.
const LOADING_PAUSE: Duration = Duration::from_millis(500);
/// How often a question is sent again whose connection was lost before the first word. llama.cpp closes connections that it
/// has promised to keep, and a relay before it hands that on.
const RESENT: u32 = 3;
/// Before the second and each further time; a server that has just died is no more there by then.
const RESEND_PAUSE: Duration = Duration::from_millis(200);
/// The fewest tokens of an answer that are worth asking for where a context has room for no more.
const LEAST_ROOM: u64 = 200;
/// The most bytes of thoughts that are waited for: those of [`THINKING_TOKENS`], and as many again for servers that do not
/// count as we do.
const LONGEST_THOUGHT: usize = THINKING_TOKENS as usize * 12;

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
        let known = self.loaded_known(began, cancel).await?;
        let theirs = self.before(&known, cancel).await?;
        if known.kind == ServerKind::Ollama {
            // It would cut the question off at the front without a word.
            fits(request, self.context_for(theirs.as_ref(), Some(request)))?;
        }
        progress(ChatProgress::Waiting);
        let mut resent = 0;
        loop {
            let asking =
                self.question_once(&known, theirs.as_ref(), request, began, progress, cancel);
            match asking.await {
                Ok(Some(reply)) => return Ok(reply),
                Ok(None) if resent == RESENT => return Err(no_end(&known)),
                Err(error) if resent == RESENT || !is_lost(&error) => return Err(error),
                // Nothing was said: it is the same question still, and no answer of the model's.
                Ok(None) | Err(_) => {}
            }
            tracing::debug!(server = self.server(), "a question is sent again");
            if resent > 0 {
                tokio::select! {
                    () = cancel.cancelled() => return Err(Error::Cancelled),
                    () = tokio::time::sleep(RESEND_PAUSE) => {}
                }
            }
            resent += 1;
        }
    }

    /// What is known of the server, after waiting for its model to be loaded.
    async fn loaded_known(
        &self,
        began: Instant,
        cancel: &CancellationToken,
    ) -> Result<std::sync::Arc<Known>, Error> {
        loop {
            match self.known(cancel).await {
                Err(Error::Loading { .. }) if began.elapsed() < self.options.first_word => {
                    tokio::select! {
                        () = cancel.cancelled() => return Err(Error::Cancelled),
                        () = tokio::time::sleep(LOADING_PAUSE) => {}
                    }
                }
                known => return known,
            }
        }
    }

    /// Sends the question once; `None` when the stream ended without a word. When the connection breaks before the first
    /// word, that is [`Error::Net`].
    async fn question_once(
        &self,
        known: &Known,
        theirs: Option<&Resident>,
        request: &ChatRequest,
        began: Instant,
        progress: OnProgress<'_>,
        cancel: &CancellationToken,
    ) -> Result<Option<Reply>, Error> {
        let (response, learned) = self.send(known, theirs, request, began, cancel).await?;
        // What another question has learnt meanwhile of thoughts stays.
        let learned = {
            let mut slot = lock(&self.learned);
            *slot = Learned {
                thinks_anyway: learned.thinks_anyway || slot.thinks_anyway,
                ..learned
            };
            *slot
        };
        let whole = response.content_type().as_deref() == Some("application/json");
        let source = match known.kind {
            ServerKind::Ollama => Source::Lines(response.lines(LINE)),
            _ if whole => Source::Whole(Some(response)),
            _ => Source::Events(response.events(LINE)),
        };
        let runaway = Runaway::new(request.limits, request.format != AnswerFormat::Text);
        let fold = self
            .read(source, known, runaway, (began, progress, cancel))
            .await?;
        if fold.is_nothing() {
            return Ok(None);
        }
        if fold.thought > 0 && !request.thinking {
            // The next answer gets room for it; one that only thought without end gets none.
            lock(&self.learned).thinks_anyway = true;
        }
        fold.check(&known.shown)?;
        Ok(Some(Reply {
            thought_bytes: fold.thought,
            json: learned.json,
            prompt_tokens: fold.prompt_tokens,
            answer_tokens: fold.answer_tokens,
            load: fold.load,
            ..Reply::new(known.shown.clone(), fold.content)
        }))
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
        let mut most = None;
        loop {
            let plain = (!learned.lengths).then(|| without_lengths(request));
            let request = plain.as_ref().unwrap_or(request);
            let question = self.question(known, theirs, request, (learned, most), began, cancel);
            let status = match self.http.send(question).await {
                Ok(response) => return Ok((response, learned)),
                Err(videogen_net::Error::Status(status)) => status,
                Err(videogen_net::Error::Timeout {
                    phase: videogen_net::Phase::FirstByte,
                    ..
                }) => {
                    return Err(self.stalled(&known.shown, Wait::FirstWord));
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
                Refusal::TooLong => {
                    let less = less_room(&said, request, &known.model, learned, most)?;
                    tracing::debug!(
                        server = self.server(),
                        less,
                        said = status.excerpt,
                        "the answer gets less room"
                    );
                    most = Some(less);
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
        (learned, most): (Learned, Option<u32>),
        began: Instant,
        cancel: &CancellationToken,
    ) -> Request {
        let model = &known.model;
        let ours = theirs.is_none();
        let url = match known.kind {
            ServerKind::Ollama => self.places.own("api/chat"),
            _ => below(&known.api, "chat/completions"),
        };
        // A connection that is kept may be closed by the server at any time, without the question having been read.
        let question = Request::post(url).header("connection", "close");
        let question = self.endpoint.authorize(question);
        let question = if known.kind == ServerKind::Ollama {
            question.json(&ollama::chat_body(
                request,
                &ollama::Settings {
                    model,
                    json: learned.json,
                    thinks: learned.think,
                    thinks_anyway: learned.thinks_anyway,
                    context: self.context_for(theirs, Some(request)),
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
                    thinking_budget: learned.thinking_budget
                        && matches!(
                            known.kind,
                            ServerKind::LlamaCpp | ServerKind::LlamaCppRouter
                        ),
                    thinks_anyway: learned.thinks_anyway,
                    penalty: learned.penalty,
                    system: learned.system,
                    sampling: learned.sampling,
                    seed: learned.seed,
                    completion_tokens: learned.completion_tokens,
                    ttl: (known.kind == ServerKind::LmStudio && ours)
                        .then_some(self.options.keep.as_secs()),
                    most,
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
        known: &Known,
        mut runaway: Runaway,
        (began, progress, cancel): (Instant, OnProgress<'_>, &CancellationToken),
    ) -> Result<Fold, Error> {
        let model = known.shown.as_str();
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
            let ended = match runaway.push(&chunk.content) {
                None if fold.thought + chunk.thought.len() > LONGEST_THOUGHT => Some(Cut::Thought),
                ended => ended,
            };
            if let Some(cut) = ended {
                // Dropping the stream ends the work on the server.
                let mut said = std::mem::take(&mut fold.content);
                said.push_str(&chunk.content);
                return Err(Error::CutOff {
                    model: model.to_owned(),
                    cut,
                    said: Unfinished::new(said),
                });
            }
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
        let model = known.shown.clone();
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
                        .unwrap_or_default()
                        .into_iter()
                        .map(|listed| listed.name)
                        .collect(),
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
            Refusal::Path => {
                self.forget().await;
                Error::NotAModelServer {
                    server,
                    source: Some(Box::new(videogen_net::Error::Status(source))),
                }
            }
            Refusal::Question | Refusal::TooLong | Refusal::Other => Error::Net {
                source: videogen_net::Error::Status(source),
            },
        }
    }
}

/// The stream broke off.
fn no_end(known: &Known) -> Error {
    Error::CutOff {
        model: known.shown.clone(),
        cut: Cut::NoEnd,
        said: Unfinished::default(),
    }
}

/// Whether the connection was lost, which this error says only of one on which no word had come.
fn is_lost(error: &Error) -> bool {
    use videogen_net::Error as Net;
    matches!(
        error,
        Error::Net {
            source: Net::Lost { .. } | Net::Truncated { .. }
        }
    )
}

/// The same without lengths in its schema.
fn without_lengths(request: &ChatRequest) -> ChatRequest {
    let mut request = request.clone();
    if let AnswerFormat::Json { schema, .. } = &mut request.format {
        *schema = schema.without_lengths();
    }
    request
}

/// The longest answer for which a server has room that has refused a longer one, in tokens.
fn less_room(
    said: &str,
    request: &ChatRequest,
    model: &str,
    learned: Learned,
    most: Option<u32>,
) -> Result<u32, Error> {
    let had = most.unwrap_or_else(|| {
        let thoughts = sampling::thought_tokens(request, model, learned.thinks_anyway);
        request.max_tokens.saturating_add(thoughts)
    });
    let told = refusal::too_long(said);
    if let Some(most) = told.most.filter(|most| u64::from(had) > *most) {
        return Ok(u32::try_from(most).unwrap_or(u32::MAX));
    }
    let question = told.question.unwrap_or_else(|| question_tokens(request));
    let room = match told.context {
        Some(context) => context.saturating_sub(question + 1),
        // It does not say how much there is.
        None => u64::from(had) / 2,
    };
    let room = u32::try_from(room).unwrap_or(u32::MAX);
    if u64::from(room) < LEAST_ROOM || room >= had {
        return Err(Error::TooLongQuestion {
            tokens: question + u64::from(request.max_tokens),
            context: told.context.unwrap_or(question + u64::from(room)),
        });
    }
    Ok(room)
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
            said: Unfinished::default(),
        },
        Net::Lost { .. } | Net::Truncated { .. } if wait == Wait::NextWord => Error::CutOff {
            model,
            cut: Cut::NoEnd,
            said: Unfinished::default(),
        },
        other => net(other),
    }
}

/// About how many tokens a question has.
pub(super) fn question_tokens(request: &ChatRequest) -> u64 {
    let messages = request.messages.iter();
    messages
        .map(|message| refusal::tokens(&message.text) + 8)
        .sum()
}

/// Refuses a question that does not fit together with its answer.
fn fits(request: &ChatRequest, context: u32) -> Result<(), Error> {
    let tokens = question_tokens(request) + u64::from(request.max_tokens.min(context / 2));
    if tokens > u64::from(context) {
        return Err(Error::TooLongQuestion {
            tokens,
            context: u64::from(context),
        });
    }
    Ok(())
}
