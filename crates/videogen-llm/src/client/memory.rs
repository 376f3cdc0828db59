//! What the server has in memory: looking, loading, unloading.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use url::Url;
use videogen_net::{Blame, Deadlines, Request};

use super::chat::question_tokens;
use super::recognise::{Known, ServerKind};
use super::{LlmClient, lock, net};
use crate::error::Error;
use crate::model::ChatRequest;
use crate::resident::{Resident, Residents, Unloading, Whose};
use crate::wire::{lists, sampling};

/// How often it is looked whether a model is gone.
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// Finds the models in what a server says.
type Read = fn(&Value) -> Option<Vec<Resident>>;

impl LlmClient {
    /// What is in memory, of those servers that tell. vLLM's one model is there unless it sleeps.
    pub(super) async fn loaded(
        &self,
        kind: ServerKind,
        cancel: &CancellationToken,
    ) -> Result<Option<Vec<Resident>>, Error> {
        let (path, read): (&str, Read) = match kind {
            ServerKind::Ollama => ("api/ps", lists::ollama_ps),
            ServerKind::LmStudio => ("api/v1/models", lists::lm_studio_loaded),
            ServerKind::LlamaCppRouter => ("models", lists::router_loaded),
            ServerKind::Vllm | ServerKind::LlamaCpp | ServerKind::OpenAi => return Ok(None),
        };
        match self.get(self.places.own(path), cancel).await {
            Ok(value) => Ok(read(&value)),
            // An imitation that has only a part of the API.
            Err(videogen_net::Error::Status(status))
                if matches!(status.status, 404 | 405 | 501) =>
            {
                Ok(None)
            }
            Err(error) => Err(net(error)),
        }
    }

    /// Whether vLLM sleeps; `None` when it was started without the ability.
    async fn sleeps(&self, cancel: &CancellationToken) -> Result<Option<bool>, Error> {
        match self.get(self.places.own("is_sleeping"), cancel).await {
            Ok(value) => Ok(value["is_sleeping"].as_bool()),
            Err(error)
                if matches!(error.blame(), Blame::Down | Blame::Cancelled | Blame::Fault) =>
            {
                Err(net(error))
            }
            Err(_) => Ok(None),
        }
    }

    pub(super) async fn look(&self, cancel: &CancellationToken) -> Result<Residents, Error> {
        let known = match self.known(cancel).await {
            Err(Error::NoModel { .. }) => return Ok(Residents::Known(Vec::new())),
            other => other?,
        };
        let ours = lock(&self.ours).clone();
        let mut models = match known.kind {
            ServerKind::Vllm => match self.sleeps(cancel).await? {
                Some(true) => Vec::new(),
                Some(false) => vec![Resident::new(&known.model)],
                None => return Ok(Residents::Unknown),
            },
            ServerKind::LlamaCpp => vec![Resident::new(&known.model)],
            kind => match self.loaded(kind, cancel).await? {
                Some(models) => models,
                None => return Ok(Residents::Unknown),
            },
        };
        for model in &mut models {
            model.ours = ours.as_deref().is_some_and(|name| model.is(name));
        }
        Ok(Residents::Known(models))
    }

    /// Looks before a question whether the model is in memory, so that one knows afterwards whose it is; gives it if it is
    /// there and somebody else's. A vLLM that sleeps is woken.
    pub(super) async fn before(
        &self,
        known: &Known,
        cancel: &CancellationToken,
    ) -> Result<Option<Resident>, Error> {
        if known.kind == ServerKind::Vllm {
            if self.sleeps(cancel).await? == Some(true) {
                self.wake(cancel).await?;
                *lock(&self.ours) = Some(known.model.clone());
            }
            return Ok(None);
        }
        let Some(models) = self.loaded(known.kind, cancel).await? else {
            return Ok(None);
        };
        let there = models.into_iter().find(|model| model.is(&known.model));
        let mut ours = lock(&self.ours);
        match there {
            // It was not, so it is this question that has it loaded.
            None => *ours = Some(known.model.clone()),
            Some(model) if ours.is_none() => return Ok(Some(model)),
            Some(_) => {}
        }
        Ok(None)
    }

    async fn wake(&self, cancel: &CancellationToken) -> Result<(), Error> {
        self.order(
            self.places.own("wake_up"),
            None,
            self.options.first_word,
            cancel,
        )
        .await
    }

    /// Has the model loaded, for a server that can be told to; `false` for one that cannot. A model that is there already
    /// stays whose it is.
    ///
    /// # Errors
    /// When the server cannot be asked, or refuses.
    ///
    /// # Cancellation
    /// When `cancel` fires the result is [`Error::Cancelled`]; the server may go on loading.
    pub async fn load(&self, cancel: &CancellationToken) -> Result<bool, Error> {
        let known = self.known(cancel).await?;
        let theirs = self.before(&known, cancel).await?;
        let model = &known.model;
        let (path, body) = match known.kind {
            // The context must be that of the questions to come: another one would have it loaded again.
            ServerKind::Ollama => (
                "api/generate",
                json!({
                    "model": model,
                    "keep_alive": format!("{}s", self.options.keep.as_secs()),
                    "options": {"num_ctx": self.context_for(theirs.as_ref(), None)},
                    "stream": false,
                }),
            ),
            ServerKind::LlamaCppRouter => ("models/load", json!({"model": model})),
            ServerKind::LmStudio => (
                "api/v1/models/load",
                json!({"model": model, "context_length": self.options.context}),
            ),
            ServerKind::Vllm => return Ok(true),
            ServerKind::LlamaCpp | ServerKind::OpenAi => return Ok(false),
        };
        if theirs.is_none() {
            self.order(
                self.places.own(path),
                Some(body),
                self.options.first_word,
                cancel,
            )
            .await?;
        }
        Ok(true)
    }

    /// The context to ask Ollama for. A model that is somebody else's and has room enough, for `request` if there is one,
    /// is left as it is: another context would have it loaded again.
    pub(super) fn context_for(
        &self,
        theirs: Option<&Resident>,
        request: Option<&ChatRequest>,
    ) -> u32 {
        let Some((model, there)) = theirs.and_then(|theirs| Some((&theirs.model, theirs.context?)))
        else {
            return self.options.context;
        };
        let suffices = request.is_some_and(|request| {
            let anyway = lock(&self.learned).thinks_anyway;
            let thoughts = sampling::thought_tokens(request, model, anyway);
            let answer = u64::from(request.max_tokens) + u64::from(thoughts);
            question_tokens(request) + answer <= u64::from(there)
        });
        if suffices {
            there
        } else {
            there.max(self.options.context)
        }
    }

    pub(super) async fn release(
        &self,
        whose: Whose,
        limit: Duration,
        cancel: &CancellationToken,
    ) -> Result<Unloading, Error> {
        match self.release_there(whose, limit, cancel).await {
            Err(error) if videogen_net::Blamed::blame(&error) == Blame::Down => {
                Ok(Unloading::NothingLoaded)
            }
            other => other,
        }
    }

    async fn release_there(
        &self,
        whose: Whose,
        limit: Duration,
        cancel: &CancellationToken,
    ) -> Result<Unloading, Error> {
        let began = Instant::now();
        let residents = self.look(cancel).await?;
        let known = match self.known(cancel).await {
            Err(Error::NoModel { .. }) => return Ok(Unloading::NothingLoaded),
            other => other?,
        };
        let why = match known.kind {
            ServerKind::LlamaCpp => Some(
                "a llama.cpp server with one model keeps it until it is stopped; start it without a model to have it unloaded",
            ),
            ServerKind::OpenAi => Some("this kind of server has no way to unload a model"),
            ServerKind::Vllm if residents == Residents::Unknown => Some(
                "vLLM was started without --enable-sleep-mode, or without VLLM_SERVER_DEV_MODE=1",
            ),
            _ => None,
        };
        if let Some(why) = why {
            return Ok(Unloading::Impossible { why });
        }
        let Residents::Known(models) = residents else {
            return Ok(Unloading::Impossible {
                why: "the server does not tell what it has in memory",
            });
        };
        let all = models.len();
        let (go, stay): (Vec<_>, Vec<_>) = models
            .into_iter()
            .partition(|model| whose == Whose::Everyones || model.ours);
        if go.is_empty() {
            return Ok(if all == 0 {
                Unloading::NothingLoaded
            } else {
                Unloading::NotOurs { models: stay }
            });
        }
        for model in &go {
            self.send_away(known.kind, model, limit, cancel).await?;
        }
        // The answer comes before the deed: Ollama only notes that the model is to go.
        loop {
            let left = match self.look(cancel).await? {
                Residents::Known(models) => models,
                Residents::Unknown => Vec::new(),
            };
            let left: Vec<Resident> = left
                .into_iter()
                .filter(|model| {
                    go.iter()
                        .any(|gone| gone.model == model.model && gone.instance == model.instance)
                })
                .collect();
            if left.is_empty() {
                let mut ours = lock(&self.ours);
                if ours
                    .as_deref()
                    .is_some_and(|name| go.iter().any(|gone| gone.is(name)))
                {
                    *ours = None;
                }
                return Ok(Unloading::Gone {
                    models: go,
                    took: began.elapsed(),
                });
            }
            if began.elapsed() >= limit {
                return Ok(Unloading::StillThere { models: left });
            }
            tokio::select! {
                () = cancel.cancelled() => return Err(Error::Cancelled),
                () = tokio::time::sleep(LOOK_EVERY) => {}
            }
        }
    }

    async fn send_away(
        &self,
        kind: ServerKind,
        model: &Resident,
        limit: Duration,
        cancel: &CancellationToken,
    ) -> Result<(), Error> {
        let name = &model.model;
        let (url, body) = match kind {
            ServerKind::Ollama => (
                self.places.own("api/generate"),
                Some(json!({"model": name, "keep_alive": 0, "stream": false})),
            ),
            ServerKind::LlamaCppRouter => (
                self.places.own("models/unload"),
                Some(json!({"model": name})),
            ),
            ServerKind::LmStudio => {
                let instance = model.instance.as_deref().unwrap_or(name);
                (
                    self.places.own("api/v1/models/unload"),
                    Some(json!({"instance_id": instance})),
                )
            }
            // Level 1 keeps the weights in main memory, from where they are back in a moment.
            ServerKind::Vllm => {
                let mut url = self.places.own("sleep");
                url.set_query(Some("level=1"));
                (url, None)
            }
            ServerKind::LlamaCpp | ServerKind::OpenAi => return Ok(()),
        };
        self.order(url, body, limit.max(self.options.question), cancel)
            .await
    }

    /// Tells the server to do something; what it answers does not matter.
    async fn order(
        &self,
        url: Url,
        body: Option<Value>,
        limit: Duration,
        cancel: &CancellationToken,
    ) -> Result<(), Error> {
        let request = self
            .endpoint
            .authorize(Request::post(url))
            .deadlines(Deadlines::within(limit))
            .cancel(cancel);
        let request = match &body {
            Some(body) => request.json(body),
            None => request,
        };
        let response = self.http.send(request).await.map_err(net)?;
        response.bytes().await.map_err(net)?;
        Ok(())
    }
}
