//! Has a script written: asks for it, on one server after the other.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use tokio_util::sync::CancellationToken;
use videogen_durable::{KeyBuilder, normalised};
use videogen_llm::{ChatProgress, ChatRequest, ModelPool, Turn};
use videogen_net::RetryPolicy;
use videogen_types::{Hint, Observer};

use super::shape::Form;
use super::templates::{TemplateError, Templates};
use super::{ScriptRequest, Written, length, question};

/// Goes up when another script comes of the same wish.
const CODE: u32 = 3;
/// How long a script may take, all questions to all servers together: a model of 20 GB on a slow disk takes minutes to load.
const WITHIN: Duration = Duration::from_mins(30);

/// Has scripts written by language models.
#[derive(Debug, Clone)]
pub struct LlmWriter {
    models: Arc<ModelPool>,
    templates: Templates,
}

/// Why there is no script.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ScriptError {
    /// No server gave a script that can be used.
    #[error("no language model wrote a script that can be used")]
    Model {
        /// What the last one that was asked ended with.
        #[from]
        source: videogen_llm::Error,
    },
    /// A language model was asked for by name, and none can be used.
    #[error("a language model is not available: {reason}")]
    NoModel {
        /// Why not.
        reason: String,
        /// What to do about it, where that is known.
        hint: Option<Hint>,
    },
    /// No language model can be used, and the built-in writer does not know the language.
    #[error("a language model is not available: {reason}")]
    EnglishOnly {
        /// The same in words, with why no model can be used.
        reason: String,
    },
    /// The client of language models cannot be set up.
    #[error("llm is not available: {reason}")]
    Setup {
        /// Why not.
        reason: String,
    },
    /// The prompts of the user cannot be used.
    #[error(transparent)]
    Prompts(#[from] TemplateError),
    /// The caller cancelled.
    #[error("cancelled")]
    Cancelled,
}

impl ScriptError {
    /// The next action.
    pub fn help(&self) -> Option<Hint> {
        match self {
            Self::Model { source } => source.help(),
            Self::NoModel { hint, .. } => hint.clone(),
            Self::Prompts(error) => error.help(),
            Self::EnglishOnly { .. } => {
                Some("start a language model, or leave the language out".into())
            }
            Self::Setup { .. } => Some("have the built-in writer write".into()),
            Self::Cancelled => None,
        }
    }

    /// Whether the caller wanted it.
    pub fn is_cancelled(&self) -> bool {
        match self {
            Self::Model { source } => source.is_cancelled(),
            Self::Cancelled => true,
            _ => false,
        }
    }

    /// Whether the servers are away, restarting, loading or busy: they may be there again when one waits for them.
    pub fn is_away(&self) -> bool {
        match self {
            Self::Model { source } => source.is_away(),
            _ => false,
        }
    }

    /// Whether the servers are there, and want a key, or lack the model: waiting is of no use.
    pub fn is_settings(&self) -> bool {
        use videogen_llm::Error as Llm;
        let Self::Model { source } = self else {
            return false;
        };
        matches!(
            source,
            Llm::Key { .. }
                | Llm::NoModel { .. }
                | Llm::ModelMissing { .. }
                | Llm::NotAModelServer { .. }
        )
    }

    /// Whether the same wish may be met a little later.
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::Model { source } => source.is_retryable(),
            _ => false,
        }
    }
}

impl LlmWriter {
    /// A writer that asks `models` with the prompts of `templates`. Nothing is contacted.
    pub fn new(models: Arc<ModelPool>, templates: Templates) -> Self {
        Self { models, templates }
    }

    /// All that influences the script but [`ScriptRequest::avoid`], with the topic normalised (case, white space, Unicode NFKC):
    /// what it is cached under. The models are in it by name and server.
    pub fn fingerprint(&self, wish: &ScriptRequest) -> String {
        let mut key = KeyBuilder::new("script wish", CODE)
            .text("topic", &normalised(&wish.topic))
            .text("genre", wish.genre.name())
            .text("language", &wish.language.to_ascii_lowercase())
            .number("words", wish.words as u64)
            .number("seed", wish.seed.0)
            .text("prompts", &self.templates.fingerprint());
        if let Some(scenes) = wish.scenes {
            key = key.number("scenes", scenes as u64);
        }
        let models = self.models.models().iter();
        let key = models.fold(key, |key, model| {
            key.text("model", &videogen_llm::ChatModel::id(model))
        });
        key.finish().to_string()
    }

    /// The same, which asks each server once and waits for none.
    #[must_use]
    pub fn at_once(&self) -> Self {
        let models = ModelPool::clone(&self.models).retries(RetryPolicy::once());
        Self {
            models: Arc::new(models),
            templates: self.templates.clone(),
        }
    }

    /// What is asked first for the script of `wish`, with the example and the form of the answer.
    pub fn question(&self, wish: &ScriptRequest) -> ChatRequest {
        let request = question::request(&self.templates, wish);
        videogen_llm::question(&request, &Form::new(wish, &self.templates))
    }

    /// The models, to have them unloaded.
    pub fn models(&self) -> &Arc<ModelPool> {
        &self.models
    }

    /// Has the script of `wish` written, by one server after the other.
    pub(crate) async fn asked(
        &self,
        wish: &ScriptRequest,
        observer: &dyn Observer,
        cancel: &CancellationToken,
    ) -> Result<Written, ScriptError> {
        let request = question::request(&self.templates, wish);
        let expected = Form::new(wish, &self.templates);
        let bytes = length::bytes(wish);
        let most = AtomicU32::new(0);
        let told = |now: ChatProgress| {
            let permille = permille(now, bytes);
            // An answer that is repaired begins anew; what is shown does not.
            if most.fetch_max(permille, Ordering::Relaxed) < permille {
                observer.progress(permille as f32 / 1000.0);
            }
        };
        let asked = self
            .models
            .ask(&request, &expected, WITHIN, &told, cancel)
            .await;
        let (at, answered) = asked.map_err(|source| {
            if source.is_cancelled() {
                ScriptError::Cancelled
            } else {
                ScriptError::Model { source }
            }
        })?;
        observer.progress(1.0);
        Ok(Written {
            script: answered.value.script,
            description: answered.value.description,
            model: answered.reply.model,
            endpoint: self.models.models()[at].server(),
            repaired: answered.turn != Turn::First,
            warnings: answered.value.remarks,
        })
    }
}

/// How far an answer of about so many bytes is. Loading and thinking take no one knows how long.
fn permille(now: ChatProgress, bytes: usize) -> u32 {
    let share = |had: usize, of: usize| had as f32 / (had + of.max(1)) as f32;
    (match now {
        // Comes close to a fifth, and close to the whole, but never there.
        ChatProgress::Thinking { bytes: thought } => 10.0 + 190.0 * share(thought, 4000),
        ChatProgress::Writing { bytes: written } => {
            200.0 + 750.0 * (written as f32 / bytes.max(1) as f32).min(1.0)
        }
        _ => 10.0,
    }) as u32
}
