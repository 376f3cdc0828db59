//! The seam of this crate: something that answers, whatever stands behind it.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::Error;
use crate::resident::{Residents, Unloading, Whose};
use crate::shape::JsonSchema;

/// A boxed future, so that [`ChatModel`] can be used as `Arc<dyn ChatModel>`.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Hears of the progress of an answer. It must not block.
pub type OnProgress<'a> = &'a (dyn Fn(ChatProgress) + Send + Sync);

/// Something that answers.
///
/// Every method is there for every kind of server: one that cannot tell what is loaded, or cannot unload it, says so as a
/// value ([`Residents::Unknown`], [`Unloading::Impossible`]). Whoever shares a card needs an answer from all of them.
pub trait ChatModel: fmt::Debug + Send + Sync {
    /// Which one it is, for messages and manifests: the model and the server's address without passwords.
    fn id(&self) -> String;

    /// Asks, and waits for the whole answer.
    ///
    /// # Errors
    /// See [`Error`]. An answer that is cut off, empty or too long is an error.
    ///
    /// # Cancellation
    /// When `cancel` fires, or the future is dropped, the connection is closed, which ends the work on the server; the result
    /// is [`Error::Cancelled`].
    fn chat<'a>(
        &'a self,
        request: &'a ChatRequest,
        progress: OnProgress<'a>,
        cancel: &'a CancellationToken,
    ) -> BoxFuture<'a, Result<Reply, Error>>;

    /// What the server has in memory.
    ///
    /// # Errors
    /// When it cannot be asked.
    fn residents<'a>(
        &'a self,
        cancel: &'a CancellationToken,
    ) -> BoxFuture<'a, Result<Residents, Error>>;

    /// Has models unloaded, and waits until the server says that they are gone, at most for `limit`. The memory may come
    /// back a moment later still. A server that is away holds nothing.
    ///
    /// # Errors
    /// When the server refuses, or does not answer.
    fn unload<'a>(
        &'a self,
        whose: Whose,
        limit: Duration,
        cancel: &'a CancellationToken,
    ) -> BoxFuture<'a, Result<Unloading, Error>>;
}

/// Who says it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Role {
    /// What the model is to be.
    System,
    /// The question.
    User,
    /// What the model said.
    Assistant,
}

impl Role {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::User => "user",
            Self::Assistant => "assistant",
        }
    }
}

/// One turn of a conversation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// Who says it.
    pub role: Role,
    /// What is said.
    pub text: String,
}

impl Message {
    /// What the model is to be.
    pub fn system(text: impl Into<String>) -> Self {
        Self {
            role: Role::System,
            text: text.into(),
        }
    }

    /// The question.
    pub fn user(text: impl Into<String>) -> Self {
        Self {
            role: Role::User,
            text: text.into(),
        }
    }

    /// What the model said.
    pub fn assistant(text: impl Into<String>) -> Self {
        Self {
            role: Role::Assistant,
            text: text.into(),
        }
    }
}

/// What the answer is to be.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum AnswerFormat {
    /// Any text.
    Text,
    /// JSON of this schema, as far as the server can hold the model to it.
    Json {
        /// A name for the schema: letters, digits and `_`.
        name: String,
        /// The schema.
        schema: JsonSchema,
    },
}

/// How words are chosen.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sampling {
    temperature: f32,
    top_p: f32,
    presence_penalty: f32,
}

impl Sampling {
    /// `temperature` 0..=2, `top_p` above 0 up to 1, no penalty; `None` outside of that.
    pub fn new(temperature: f32, top_p: f32) -> Option<Self> {
        ((0.0..=2.0).contains(&temperature) && top_p > 0.0 && top_p <= 1.0).then_some(Self {
            temperature,
            top_p,
            presence_penalty: 0.0,
        })
    }

    /// Sets how much a word that has come before is less likely to come again, -2..=2; what lies outside counts as the
    /// nearer end. Small models repeat themselves without end where there is none.
    #[must_use]
    pub fn with_presence_penalty(mut self, penalty: f32) -> Self {
        self.presence_penalty = if penalty.is_finite() {
            penalty.clamp(-2.0, 2.0)
        } else {
            0.0
        };
        self
    }

    /// The temperature, 0..=2.
    pub fn temperature(self) -> f32 {
        self.temperature
    }

    /// The part of the probability that is chosen from, above 0 up to 1.
    pub fn top_p(self) -> f32 {
        self.top_p
    }

    /// How much a word that has come before is less likely to come again, -2..=2.
    pub fn presence_penalty(self) -> f32 {
        self.presence_penalty
    }
}

impl Default for Sampling {
    /// 0.7 and 0.8, which Qwen's authors give for answers without thinking, and the penalty of 1 that keeps small models
    /// from repeating themselves. They are always sent: where they are left out servers take values of their own,
    /// whatever the model's file says.
    fn default() -> Self {
        Self {
            temperature: 0.7,
            top_p: 0.8,
            presence_penalty: 1.0,
        }
    }
}

/// How long a model may think, in tokens: sent to servers that can end a thought, and added to the longest answer for the
/// others. Thoughts of models of 4 to 8 billion parameters about a script have a few hundred; without a bound some never end.
pub const THINKING_TOKENS: u32 = 1024;

/// The longest answer that can be right, in characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AnswerLimits {
    /// Of one text in the JSON of an answer.
    pub text: usize,
    /// Of the whole.
    pub answer: usize,
}

/// A question.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct ChatRequest {
    /// The conversation so far.
    pub messages: Vec<Message>,
    /// What the answer is to be; any text at first.
    pub format: AnswerFormat,
    /// How words are chosen; `None`, as at first, for what the authors of the model recommend.
    pub sampling: Option<Sampling>,
    /// The longest answer without thoughts, in tokens; 2048 at first.
    pub max_tokens: u32,
    /// How many characters an answer may have. One that has more is ended at once. No limit at first.
    pub limits: Option<AnswerLimits>,
    /// Whether the model shall think first, for at most [`THINKING_TOKENS`]; off at first. Some cannot be told.
    pub thinking: bool,
    /// Where chance begins. Without one the server takes any.
    pub seed: Option<u32>,
}

impl ChatRequest {
    /// A conversation that is to be continued.
    pub fn new(messages: Vec<Message>) -> Self {
        Self {
            messages,
            format: AnswerFormat::Text,
            sampling: None,
            max_tokens: 2048,
            limits: None,
            thinking: false,
            seed: None,
        }
    }

    /// Sets how words are chosen.
    #[must_use]
    pub fn sampling(mut self, sampling: Sampling) -> Self {
        self.sampling = Some(sampling);
        self
    }

    /// Sets the longest answer, in tokens; at least 1.
    #[must_use]
    pub fn max_tokens(mut self, tokens: u32) -> Self {
        self.max_tokens = tokens.max(1);
        self
    }

    /// Sets how many characters an answer may have.
    #[must_use]
    pub fn limits(mut self, limits: AnswerLimits) -> Self {
        self.limits = Some(limits);
        self
    }

    /// Sets whether the model shall think first.
    #[must_use]
    pub fn thinking(mut self, thinking: bool) -> Self {
        self.thinking = thinking;
        self
    }

    /// Sets where chance begins.
    #[must_use]
    pub fn seed(mut self, seed: u32) -> Self {
        self.seed = Some(seed);
        self
    }

    /// Sets what the answer is to be.
    #[must_use]
    pub fn format(mut self, format: AnswerFormat) -> Self {
        self.format = format;
        self
    }
}

/// Where an answer is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ChatProgress {
    /// The question is sent. The model may have to be loaded first.
    Waiting,
    /// So many bytes have been thought.
    Thinking {
        /// The bytes.
        bytes: usize,
    },
    /// So many bytes of the answer are there.
    Writing {
        /// The bytes.
        bytes: usize,
    },
}

/// How a server was asked for JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum JsonMode {
    /// It holds the model to a schema.
    Schema,
    /// It holds the model to a schema, which it takes beside the older way of asking for JSON.
    ObjectWithSchema,
    /// It holds the model to JSON.
    Object,
    /// Only the words of the question ask for it.
    Text,
}

/// An answer.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Reply {
    /// What the model said, with whatever stands around it. At least one character is no white space.
    pub text: String,
    /// The model's name.
    pub model: String,
    /// How many bytes of thoughts the server sent apart from the answer.
    pub thought_bytes: usize,
    /// How JSON was asked for.
    pub json: JsonMode,
    /// How many tokens the question had, where the server says so.
    pub prompt_tokens: Option<u64>,
    /// How many tokens the answer had, where the server says so.
    pub answer_tokens: Option<u64>,
    /// How long the model was loaded for it, where the server says so.
    pub load: Option<Duration>,
}

impl Reply {
    /// An answer, for implementations of [`ChatModel`].
    pub fn new(model: impl Into<String>, text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            model: model.into(),
            thought_bytes: 0,
            json: JsonMode::Text,
            prompt_tokens: None,
            answer_tokens: None,
            load: None,
        }
    }
}
