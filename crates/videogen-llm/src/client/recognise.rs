//! Finds out what kind of server answers, and which model it shall use.

use std::fmt;
use std::sync::Arc;

use serde_json::Value;
use tokio_util::sync::CancellationToken;
use url::Url;
use videogen_net::{Blame, Request, StatusError};

use super::{LlmClient, net};
use crate::error::Error;
use crate::resident::Resident;
use crate::wire::lists::{self, Listed};

/// A kind of server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ServerKind {
    /// Ollama.
    Ollama,
    /// llama.cpp's server with one model.
    LlamaCpp,
    /// llama.cpp's server as a router between models, which it loads and unloads.
    LlamaCppRouter,
    /// LM Studio.
    LmStudio,
    /// vLLM.
    Vllm,
    /// Another one that speaks as OpenAI's does.
    OpenAi,
}

impl fmt::Display for ServerKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Ollama => "Ollama",
            Self::LlamaCpp => "llama.cpp",
            Self::LlamaCppRouter => "llama.cpp (router)",
            Self::LmStudio => "LM Studio",
            Self::Vllm => "vLLM",
            Self::OpenAi => "OpenAI-compatible",
        })
    }
}

/// What was found out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Known {
    pub(super) kind: ServerKind,
    /// The URL below which `chat/completions` and `models` are.
    pub(super) api: Url,
    /// What the server takes the model by.
    pub(super) model: String,
    /// What it is shown as.
    pub(super) shown: String,
}

/// Where things are, as far as a URL tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Places {
    /// Where a server's own API begins.
    pub(super) root: Url,
    /// Where OpenAI's API may begin, the likeliest place first.
    pub(super) apis: Vec<Url>,
}

impl Places {
    /// `url` ends with `/`.
    pub(super) fn new(url: &Url) -> Self {
        let path = url.path().trim_end_matches('/');
        let path = path.strip_suffix("/chat/completions").unwrap_or(path);
        let at = |path: &str| {
            let mut url = url.clone();
            url.set_path(&format!("{path}/"));
            url
        };
        match path.strip_suffix("/v1") {
            Some(root) => Self {
                root: at(root),
                apis: vec![at(path)],
            },
            None if path.is_empty() => Self {
                root: at(""),
                apis: vec![at("/v1")],
            },
            // Behind a proxy, or an API at a place of its own.
            None => Self {
                root: at(path),
                apis: vec![at(&format!("{path}/v1")), at(path)],
            },
        }
    }

    pub(super) fn own(&self, path: &str) -> Url {
        below(&self.root, path)
    }
}

/// The URL of a path below another.
pub(super) fn below(url: &Url, path: &str) -> Url {
    let mut url = url.clone();
    let path = format!("{}{path}", url.path());
    url.set_path(&path);
    url
}

/// What a probe brought.
enum Probe {
    Json(Value),
    /// llama.cpp says so of everything while it loads.
    Loading,
    /// Something that is not it.
    Nothing(videogen_net::Error),
}

/// Finds the names in a list of models.
type Read = fn(&Value) -> Option<Vec<Listed>>;

impl LlmClient {
    /// What is known of the server, after finding out at the first call.
    pub(super) async fn known(&self, cancel: &CancellationToken) -> Result<Arc<Known>, Error> {
        let mut slot = self.known.lock().await;
        if let Some(known) = &*slot {
            return Ok(Arc::clone(known));
        }
        let (kind, api) = match self.options.kind {
            Some(kind) => (kind, self.places.apis[0].clone()),
            None => self.recognise(cancel).await?,
        };
        let model = match &self.options.model {
            // It has one model, and answers with that whatever it is asked for.
            Some(_) if kind == ServerKind::LlamaCpp => self.choose(kind, &api, cancel).await?,
            Some(model) => model.clone(),
            None => self.choose(kind, &api, cancel).await?,
        };
        tracing::info!(server = self.server(), %kind, model, "a language model server");
        let shown = lists::shown(&model);
        let known = Arc::new(Known {
            kind,
            api,
            model,
            shown,
        });
        *slot = Some(Arc::clone(&known));
        Ok(known)
    }

    /// What kind of server it is, whichever model it has or is loading.
    pub(super) async fn server_kind(
        &self,
        cancel: &CancellationToken,
    ) -> Result<ServerKind, Error> {
        let known = self.known.lock().await.as_ref().map(|known| known.kind);
        match known.or(self.options.kind) {
            Some(kind) => Ok(kind),
            None => self.recognise(cancel).await.map(|(kind, _)| kind),
        }
    }

    /// The server is not what it was.
    pub(super) async fn forget(&self) {
        *self.known.lock().await = None;
    }

    async fn probe(&self, url: Url, cancel: &CancellationToken) -> Result<Probe, Error> {
        match self.get(url, cancel).await {
            Ok(value) => Ok(Probe::Json(value)),
            Err(videogen_net::Error::Status(status)) if is_loading(&status) => Ok(Probe::Loading),
            Err(error @ videogen_net::Error::Status(_)) => Ok(Probe::Nothing(error)),
            // What is no JSON is another server; who is not there, or does not answer, is no server at all.
            Err(error)
                if error.blame() == Blame::Wrong
                    && !matches!(error, videogen_net::Error::Tls { .. }) =>
            {
                Ok(Probe::Nothing(error))
            }
            Err(error) => Err(net(error)),
        }
    }

    async fn recognise(&self, cancel: &CancellationToken) -> Result<(ServerKind, Url), Error> {
        let own = |path| self.places.own(path);
        let api = self.places.apis[0].clone();
        let version = self.probe(own("api/version"), cancel).await?;
        // Others answer this as well, to those who only look whether there is an Ollama.
        if matches!(&version, Probe::Json(value) if value["version"].is_string())
            && let Probe::Json(value) = self.probe(own("api/tags"), cancel).await?
            && lists::ollama_tags(&value).is_some()
            && !lists::is_imitation(&value)
            // LocalAI has both, and this; it takes neither a form nor a context by Ollama's way.
            && !self.has_version(cancel).await?
        {
            return Ok((ServerKind::Ollama, api));
        }
        if let Probe::Json(value) = self.probe(own("api/v1/models"), cancel).await?
            && lists::lm_studio_models(&value).is_some()
        {
            return Ok((ServerKind::LmStudio, api));
        }
        let props = self.probe(own("props"), cancel).await?;
        // llama.cpp tells everybody which model it has, and wants its key for anything else.
        for probe in [&version, &props] {
            if let Probe::Nothing(videogen_net::Error::Status(status)) = probe
                && matches!(status.status, 401 | 403)
            {
                self.try_key(&api, cancel).await?;
                break;
            }
        }
        let is_llama = match &props {
            Probe::Loading => true,
            Probe::Json(value) => ["default_generation_settings", "build_info", "total_slots"]
                .iter()
                .any(|name| !value[name].is_null()),
            Probe::Nothing(_) => false,
        };
        if let Probe::Json(value) = self.probe(own("models"), cancel).await?
            && value["data"].as_array().is_some_and(|models| {
                models
                    .iter()
                    .any(|model| model["status"]["value"].is_string())
            })
        {
            return Ok((ServerKind::LlamaCppRouter, api));
        }
        if is_llama {
            return Ok((ServerKind::LlamaCpp, api));
        }
        if self.has_version(cancel).await?
            && let Probe::Json(value) = self.probe(below(&api, "models"), cancel).await?
            && lists::may_be_vllm(&value)
        {
            return Ok((ServerKind::Vllm, api));
        }
        let mut last = None;
        for api in &self.places.apis {
            match self.probe(below(api, "models"), cancel).await? {
                Probe::Json(value) if lists::openai_models(&value).is_some() => {
                    return Ok((ServerKind::OpenAi, api.clone()));
                }
                Probe::Nothing(videogen_net::Error::Status(source))
                    if matches!(source.status, 401 | 403) =>
                {
                    return Err(Error::Key {
                        server: self.server(),
                        source,
                    });
                }
                Probe::Nothing(videogen_net::Error::Status(status))
                    if matches!(status.status, 429 | 500..=599) =>
                {
                    return Err(Error::Net {
                        source: videogen_net::Error::Status(status),
                    });
                }
                Probe::Nothing(error) => last = Some(Box::new(error)),
                _ => {}
            }
        }
        Err(Error::NotAModelServer {
            server: self.server(),
            source: last,
        })
    }

    /// Whether it tells its version where vLLM does.
    async fn has_version(&self, cancel: &CancellationToken) -> Result<bool, Error> {
        let version = self.probe(self.places.own("version"), cancel).await?;
        Ok(matches!(version, Probe::Json(value) if value["version"].is_string()))
    }

    /// Finds out whether a server wants another key, by a question that it cannot take for one: with the right key it
    /// refuses its form, or does not know the place.
    async fn try_key(&self, api: &Url, cancel: &CancellationToken) -> Result<(), Error> {
        let request = Request::post(below(api, "chat/completions")).json(&serde_json::json!({}));
        match self.short(request, cancel).await {
            Err(videogen_net::Error::Status(source)) if matches!(source.status, 401 | 403) => {
                Err(Error::Key {
                    server: self.server(),
                    source,
                })
            }
            Err(error @ videogen_net::Error::Cancelled { .. }) => Err(net(error)),
            _ => Ok(()),
        }
    }

    /// The models a server has.
    pub(super) async fn present(
        &self,
        kind: ServerKind,
        api: &Url,
        cancel: &CancellationToken,
    ) -> Result<Vec<Listed>, Error> {
        let (url, read): (Url, Read) = match kind {
            ServerKind::Ollama => (self.places.own("api/tags"), lists::ollama_tags),
            ServerKind::LmStudio => (self.places.own("api/v1/models"), lists::lm_studio_models),
            _ => (below(api, "models"), lists::openai_models),
        };
        let value = match self.get(url, cancel).await {
            Ok(value) => value,
            Err(videogen_net::Error::Status(status)) if is_loading(&status) => {
                return Err(Error::Loading {
                    server: self.server(),
                });
            }
            Err(videogen_net::Error::Status(source)) if matches!(source.status, 401 | 403) => {
                return Err(Error::Key {
                    server: self.server(),
                    source,
                });
            }
            Err(error) => return Err(net(error)),
        };
        read(&value).ok_or_else(|| Error::NotAModelServer {
            server: self.server(),
            source: None,
        })
    }

    async fn choose(
        &self,
        kind: ServerKind,
        api: &Url,
        cancel: &CancellationToken,
    ) -> Result<String, Error> {
        let present = self.present(kind, api, cancel).await?;
        let loaded: Vec<Resident> = self
            .loaded(kind, cancel)
            .await
            .unwrap_or_default()
            .unwrap_or_default();
        let chosen = lists::choose(&present, &loaded);
        // A server with one model answers with that, whatever its name says.
        let only = || match &present[..] {
            [only] if kind == ServerKind::LlamaCpp => Some(only.name.clone()),
            _ => None,
        };
        chosen.or_else(only).ok_or_else(|| Error::NoModel {
            server: self.server(),
            can_pull: kind == ServerKind::Ollama,
        })
    }
}

/// Whether llama.cpp says that it is loading, as it does of everything while it does.
fn is_loading(status: &StatusError) -> bool {
    let said = String::from_utf8_lossy(&status.body).to_lowercase();
    status.status == 503 && said.contains("loading model")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_lead_to_the_same_places_however_they_are_written() {
        for (url, root, apis) in [
            ("http://h:1/", "http://h:1/", vec!["http://h:1/v1/"]),
            ("http://h:1/v1/", "http://h:1/", vec!["http://h:1/v1/"]),
            (
                "http://h:1/v1/chat/completions/",
                "http://h:1/",
                vec!["http://h:1/v1/"],
            ),
            (
                "https://h/api/v1/",
                "https://h/api/",
                vec!["https://h/api/v1/"],
            ),
            (
                "https://h/v1beta/openai/",
                "https://h/v1beta/openai/",
                vec!["https://h/v1beta/openai/v1/", "https://h/v1beta/openai/"],
            ),
        ] {
            let places = Places::new(&Url::parse(url).unwrap());
            assert_eq!(places.root.as_str(), root);
            assert_eq!(
                places.apis.iter().map(Url::as_str).collect::<Vec<_>>(),
                apis
            );
        }
        assert_eq!(
            below(&Url::parse("http://h/v1/").unwrap(), "models").as_str(),
            "http://h/v1/models"
        );
    }
}
