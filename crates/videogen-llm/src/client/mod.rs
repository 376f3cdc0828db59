//! The client: one server, one model.

mod chat;
mod memory;
mod recognise;

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde_json::Value;
use tokio_util::sync::CancellationToken;
use url::Url;
use videogen_net::{Deadlines, Endpoint, HttpClient, Request};

pub use self::recognise::ServerKind;
use self::recognise::{Known, Places};
use crate::error::Error;
use crate::model::{BoxFuture, ChatModel, ChatRequest, OnProgress, Reply};
use crate::resident::{Residents, Unloading, Whose};
use crate::wire::lists;
use crate::wire::refusal::Learned;

/// The most bytes of a list of models.
const LIST: u64 = 8 * 1024 * 1024;

/// How a client asks.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use]
pub struct ClientOptions {
    model: Option<String>,
    kind: Option<ServerKind>,
    context: u32,
    keep: Duration,
    question: Duration,
    first_word: Duration,
    next_word: Duration,
    total: Duration,
}

impl Default for ClientOptions {
    /// Any model, any kind of server; a context of 8192 tokens; 6 minutes to the first word, 60 s to the next, 20 minutes in all.
    fn default() -> Self {
        Self {
            model: None,
            kind: None,
            context: 8192,
            keep: Duration::from_mins(10),
            question: Duration::from_secs(5),
            first_word: Duration::from_mins(6),
            next_word: Duration::from_mins(1),
            total: Duration::from_mins(20),
        }
    }
}

impl ClientOptions {
    /// As [`ClientOptions::default`].
    pub fn new() -> Self {
        Self::default()
    }

    /// Asks this model. Without it, one that is in memory, else one that was taught to answer and is of a good size, a Qwen
    /// before others; never one on somebody else's machine.
    pub fn model(mut self, name: impl Into<String>) -> Self {
        self.model = Some(name.into()).filter(|name| !name.trim().is_empty());
        self
    }

    /// Takes the server for one of this kind, without finding out.
    pub fn kind(mut self, kind: ServerKind) -> Self {
        self.kind = Some(kind);
        self
    }

    /// Sets how many tokens the question and the answer have room for, at least 512. Ollama is told; with the others it is
    /// what they were started with. It belongs to the client and not to the request because Ollama loads the model again
    /// whenever it changes. A model that is somebody else's and has more room is used as it is.
    pub fn context(mut self, tokens: u32) -> Self {
        self.context = tokens.max(512);
        self
    }

    /// Sets how long the server keeps the model in memory after an answer, where it can be told.
    pub fn keep(mut self, time: Duration) -> Self {
        self.keep = time;
        self
    }

    /// Sets how long the first word may take. A model of 20 GB on a slow disk takes minutes to load, and Ollama gives up itself
    /// after five in which it got no further.
    pub fn first_word(mut self, limit: Duration) -> Self {
        self.first_word = limit;
        self
    }

    /// Sets how long each further word may take.
    pub fn next_word(mut self, limit: Duration) -> Self {
        self.next_word = limit;
        self
    }

    /// Sets how long the whole answer may take.
    pub fn total(mut self, limit: Duration) -> Self {
        self.total = limit;
        self
    }

    /// Sets how long short questions may take, such as which models there are.
    pub fn question(mut self, limit: Duration) -> Self {
        self.question = limit;
        self
    }
}

/// A [`ChatModel`] on a server: Ollama through its own API, anything else through OpenAI's. What kind of server it is and
/// what it understands is found out with the first question, and remembered.
///
/// ```no_run
/// use tokio_util::sync::CancellationToken;
/// use videogen_llm::{ChatModel, ChatRequest, ClientOptions, LlmClient, Message};
/// use videogen_net::{AddressPolicy, Endpoint, HttpClient};
///
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// let http = HttpClient::new(videogen_net::ClientOptions::new(AddressPolicy::local()))?;
/// let model = LlmClient::new(http, &Endpoint::parse("localhost:11434")?, ClientOptions::new().model("qwen3:8b"));
/// let request = ChatRequest::new(vec![Message::user("Why does the sea look blue? One sentence.")]);
/// let reply = model.chat(&request, &|_| {}, &CancellationToken::new()).await?;
/// println!("{}", reply.text);
/// # Ok(())
/// # }
/// ```
pub struct LlmClient {
    http: HttpClient,
    endpoint: Endpoint,
    places: Places,
    options: ClientOptions,
    known: tokio::sync::Mutex<Option<Arc<Known>>>,
    learned: Mutex<Learned>,
    /// The model that was not in memory before this client asked for it.
    ours: Mutex<Option<String>>,
}

impl fmt::Debug for LlmClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LlmClient")
            .field("server", &self.server())
            .field("options", &self.options)
            .finish_non_exhaustive()
    }
}

impl LlmClient {
    /// A client for the server at `endpoint`: its root, or the path under which it speaks as OpenAI's does. Nothing is
    /// contacted.
    pub fn new(http: HttpClient, endpoint: &Endpoint, options: ClientOptions) -> Self {
        Self {
            http,
            places: Places::new(endpoint.url()),
            endpoint: endpoint.clone(),
            options,
            known: tokio::sync::Mutex::new(None),
            learned: Mutex::new(Learned::default()),
            ours: Mutex::new(None),
        }
    }

    /// The server's address without passwords.
    pub fn server(&self) -> String {
        self.endpoint.shown().to_string()
    }

    /// The endpoint it asks.
    pub fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    /// What kind of server it is.
    ///
    /// # Errors
    /// When it cannot be asked, or is none that this crate knows.
    pub async fn kind(&self, cancel: &CancellationToken) -> Result<ServerKind, Error> {
        self.server_kind(cancel).await
    }

    /// The model that is asked, which may be the server's choice.
    ///
    /// # Errors
    /// As [`LlmClient::kind`]; [`Error::NoModel`].
    pub async fn model(&self, cancel: &CancellationToken) -> Result<String, Error> {
        Ok(self.known(cancel).await?.shown.clone())
    }

    /// The model that was asked for by name, if one was.
    pub fn wanted(&self) -> Option<&str> {
        self.options.model.as_deref()
    }

    /// The model that is asked, after seeing that the server has it, for those that list what they have under the names
    /// they take: not llama.cpp with one model, which takes any, nor a server in the cloud, which may take more.
    ///
    /// # Errors
    /// As [`LlmClient::model`]; [`Error::ModelMissing`]; [`Error::Loading`] when the server is there and its model is on the
    /// way: a question waits for it.
    pub async fn check(&self, cancel: &CancellationToken) -> Result<String, Error> {
        let known = self.known(cancel).await?;
        if matches!(known.kind, ServerKind::LlamaCpp | ServerKind::OpenAi) {
            // What is known may be of a while ago; but a list of models need not be there.
            return match self.present(known.kind, &known.api, cancel).await {
                Err(error)
                    if error.is_away() || matches!(error, Error::Key { .. } | Error::Cancelled) =>
                {
                    Err(error)
                }
                _ => Ok(known.shown.clone()),
            };
        }
        let present = self.present(known.kind, &known.api, cancel).await?;
        if present
            .iter()
            .any(|listed| lists::is_same(&listed.name, &known.model))
        {
            return Ok(known.shown.clone());
        }
        Err(Error::ModelMissing {
            server: self.server(),
            model: known.shown.clone(),
            present: present.into_iter().map(|listed| listed.name).collect(),
            can_pull: known.kind == ServerKind::Ollama,
        })
    }

    /// A short question.
    async fn get(
        &self,
        url: Url,
        cancel: &CancellationToken,
    ) -> Result<Value, videogen_net::Error> {
        self.short(Request::get(url), cancel).await
    }

    async fn short(
        &self,
        request: Request,
        cancel: &CancellationToken,
    ) -> Result<Value, videogen_net::Error> {
        let request = self
            .endpoint
            .authorize(request)
            .deadlines(Deadlines::within(self.options.question));
        self.http.json(request.max_body(LIST).cancel(cancel)).await
    }
}

impl ChatModel for LlmClient {
    fn id(&self) -> String {
        match self.options.model.as_deref() {
            Some(model) => format!("{model} at {}", self.server()),
            None => self.server(),
        }
    }

    fn chat<'a>(
        &'a self,
        request: &'a ChatRequest,
        progress: OnProgress<'a>,
        cancel: &'a CancellationToken,
    ) -> BoxFuture<'a, Result<Reply, Error>> {
        Box::pin(async move {
            let waits = || tracing::info!(server = %self.server(), "waiting until another question is allowed");
            tokio::select! {
                biased;
                () = cancel.cancelled() => return Err(Error::Cancelled),
                () = self.endpoint.turn(waits) => {}
            }
            self.ask_once(request, progress, cancel).await
        })
    }

    fn residents<'a>(
        &'a self,
        cancel: &'a CancellationToken,
    ) -> BoxFuture<'a, Result<Residents, Error>> {
        Box::pin(self.look(cancel))
    }

    fn unload<'a>(
        &'a self,
        whose: Whose,
        limit: Duration,
        cancel: &'a CancellationToken,
    ) -> BoxFuture<'a, Result<Unloading, Error>> {
        Box::pin(self.release(whose, limit, cancel))
    }
}

/// Nothing that could panic happens while one of these is locked.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A cancelled request is a cancelled question.
fn net(error: videogen_net::Error) -> Error {
    if error.is_cancelled() {
        Error::Cancelled
    } else {
        Error::Net { source: error }
    }
}
