//! How a mock server is set up.

use std::time::Duration;

use serde_json::Value;

use super::{MockLlm, Say};
use crate::comfy::SimulatedCard;

/// Which server it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Ollama, with its own API and OpenAI's.
    Ollama,
    /// llama.cpp with one model, which is loaded from the start.
    LlamaCpp,
    /// llama.cpp as a router.
    LlamaCppRouter,
    /// LM Studio.
    LmStudio,
    /// vLLM, with one model, which is loaded from the start.
    Vllm,
    /// A server in the cloud: its models take no memory here.
    OpenAi,
}

/// Which ways of asking for JSON are understood.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JsonSupport {
    /// Both.
    All,
    /// A schema, but not JSON of any shape.
    SchemaOnly,
    /// JSON of any shape, but no schema.
    ObjectOnly,
    /// Neither.
    None,
}

#[derive(Debug, Clone)]
pub(crate) struct Model {
    pub(crate) name: String,
    pub(crate) bytes: u64,
    pub(crate) thinks: bool,
    pub(crate) loaded: bool,
}

/// Sets a [`MockLlm`] up.
#[derive(Debug, Clone)]
#[must_use]
pub struct Builder {
    pub(crate) kind: Kind,
    pub(crate) card: Option<SimulatedCard>,
    pub(crate) models: Vec<Model>,
    pub(crate) load_time: Duration,
    pub(crate) unload_time: Duration,
    pub(crate) memory_lag: Duration,
    pub(crate) word_time: Duration,
    pub(crate) starting: Duration,
    pub(crate) answers: Vec<Say>,
    pub(crate) usual: Say,
    pub(crate) json: JsonSupport,
    pub(crate) key: Option<String>,
    pub(crate) max_queue: usize,
    pub(crate) sleep_mode: bool,
    pub(crate) refuses: Vec<String>,
    pub(crate) also: Vec<(String, Value)>,
    pub(crate) open_models: bool,
    pub(crate) closes: bool,
    pub(crate) context: u64,
    pub(crate) port: u16,
}

impl Builder {
    pub(crate) fn new(kind: Kind) -> Self {
        Self {
            kind,
            card: None,
            models: Vec::new(),
            load_time: Duration::ZERO,
            unload_time: Duration::ZERO,
            memory_lag: Duration::ZERO,
            word_time: Duration::ZERO,
            starting: Duration::ZERO,
            answers: Vec::new(),
            usual: Say::script(),
            json: if kind == Kind::LmStudio {
                JsonSupport::SchemaOnly
            } else {
                JsonSupport::All
            },
            key: None,
            max_queue: 512,
            sleep_mode: true,
            refuses: Vec::new(),
            also: Vec::new(),
            open_models: matches!(kind, Kind::LlamaCpp | Kind::LlamaCppRouter),
            closes: matches!(kind, Kind::LlamaCpp | Kind::LlamaCppRouter),
            context: 8192,
            port: 0,
        }
    }

    /// The card its models are on.
    pub fn card(mut self, card: SimulatedCard) -> Self {
        self.card = Some(card);
        self
    }

    /// A model that thinks, of so many bytes.
    pub fn model(self, name: &str, bytes: u64) -> Self {
        self.with(name, bytes, true, false)
    }

    /// A model that cannot think: asking it to is an error.
    pub fn plain_model(self, name: &str, bytes: u64) -> Self {
        self.with(name, bytes, false, false)
    }

    /// A model that somebody else has loaded.
    pub fn resident(self, name: &str, bytes: u64) -> Self {
        self.with(name, bytes, true, true)
    }

    fn with(mut self, name: &str, bytes: u64, thinks: bool, loaded: bool) -> Self {
        self.models.push(Model {
            name: name.to_owned(),
            bytes,
            thinks,
            loaded,
        });
        self
    }

    /// How long a model takes to load.
    pub fn load_time(mut self, time: Duration) -> Self {
        self.load_time = time;
        self
    }

    /// How long a model takes to go after the server has said that it does.
    pub fn unload_time(mut self, time: Duration) -> Self {
        self.unload_time = time;
        self
    }

    /// How long its memory takes to come back after it is gone from the list.
    pub fn memory_lag(mut self, time: Duration) -> Self {
        self.memory_lag = time;
        self
    }

    /// How long a word of about 12 bytes takes.
    pub fn word_time(mut self, time: Duration) -> Self {
        self.word_time = time;
        self
    }

    /// How long llama.cpp says of everything that it is loading.
    pub fn starting(mut self, time: Duration) -> Self {
        self.starting = time;
        self
    }

    /// Its first answers. After them it gives the usual one.
    pub fn answers(mut self, answers: impl IntoIterator<Item = Say>) -> Self {
        self.answers.extend(answers);
        self
    }

    /// Its usual answer; a good script at first.
    pub fn usually(mut self, answer: Say) -> Self {
        self.usual = answer;
        self
    }

    /// Which ways of asking for JSON are understood.
    pub fn json(mut self, json: JsonSupport) -> Self {
        self.json = json;
        self
    }

    /// The key it wants. llama.cpp tells everybody which models it has, and wants the key for anything else.
    pub fn key(mut self, key: &str) -> Self {
        self.key = Some(key.to_owned());
        self
    }

    /// How many questions may run and wait.
    pub fn max_queue(mut self, most: usize) -> Self {
        self.max_queue = most;
        self
    }

    /// Starts vLLM without the ability to sleep.
    pub fn without_sleep_mode(mut self) -> Self {
        self.sleep_mode = false;
        self
    }

    /// Refuses questions that have this field, as OpenAI's servers do with those they do not know.
    pub fn refusing(mut self, field: &str) -> Self {
        self.refuses.push(field.to_owned());
        self
    }

    /// Also answers this to a GET of `path`: what one server has of another's API.
    pub fn also(mut self, path: &str, answer: Value) -> Self {
        self.also.push((path.to_owned(), answer));
        self
    }

    /// How many tokens the context holds that a llama.cpp or a vLLM was started with.
    pub fn context(mut self, tokens: u64) -> Self {
        self.context = tokens;
        self
    }

    /// The port of 127.0.0.1; any free one without it.
    pub fn port(mut self, port: u16) -> Self {
        self.port = port;
        self
    }

    /// Starts it.
    pub fn start(self) -> MockLlm {
        MockLlm::start(self)
    }
}
