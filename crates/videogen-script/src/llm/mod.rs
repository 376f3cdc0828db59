//! Scripts by a language model: what it is asked, what is accepted of its answer, and what becomes of that.
//!
//! | module | what it does | effects |
//! |---|---|---|
//! | `templates` | the prompts, built in or a user's | reads files |
//! | `question` | a wish becomes a question | none |
//! | `shape` | the form of an answer | none |
//! | `accept` | an answer becomes a script with what is to be said against it, or complaints | none |
//! | `example` | a question with its answer, which shows what is wanted | none |
//! | `hook` | how first sentences can begin | none |
//! | `subject` | whether a script is about its topic | none |
//! | `speakable` | what is said holds nothing that cannot be | none |
//! | `paintable` | what is painted holds nothing written | none |
//! | `language` | whether a text is in its language | none |
//! | `length` | how many words are wanted, and how many are too many | none |
//! | `writer` | asks, on one server after the other | asks servers |
//! | `patient` | asks, and waits for servers that are away | asks servers |
//! | `options` | which servers there are, and with which prompts they are asked | none |
//! | `servers` | which of them answer and have the model | asks servers |
//!
//! An answer that is less than was asked for, but can be used, is repaired once and the better of the two is kept: its
//! length, a title that came before, pictures that cannot be painted are told as warnings. One that cannot be used is
//! repaired once, asked for afresh once, and then asked of the next server ([`videogen_llm::ask`],
//! [`ModelPool`](videogen_llm::ModelPool)). A script in the wished language is never given up for one in another.

mod accept;
mod example;
mod hook;
mod language;
mod length;
mod options;
mod paintable;
mod patient;
mod question;
mod servers;
mod shape;
mod speakable;
mod subject;
mod templates;
#[cfg(test)]
mod tests;
mod writer;

use serde::{Deserialize, Serialize};
use videogen_types::{Genre, Script, Seed};

use crate::opening::Opening;

pub use options::LlmOptions;
pub use patient::PatientWriter;
pub use servers::{AskedServers, LlmServers, NO_MODEL_CONFIGURED};
pub use templates::{TemplateError, Templates};
pub use videogen_net::RefusedServer;
pub use writer::{LlmWriter, ScriptError};

/// What a script is wanted of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScriptRequest {
    /// The subject, after [`videogen_text::clean`].
    pub topic: String,
    /// The tone.
    pub genre: Genre,
    /// BCP 47 language of all that is said, e.g. `en` or `pt-BR`.
    pub language: String,
    /// Spoken words in all, as [`videogen_text::word_count`] counts them; taken as 6 to 2000.
    pub words: usize,
    /// The number of scenes, taken as 1 to 40; `None` for 1 to 8 by length.
    pub scenes: Option<usize>,
    /// Which of the many possible scripts.
    pub seed: Seed,
    /// How earlier videos of the batch begin, the latest last. The script begins like none of them.
    pub avoid: Vec<Opening>,
}

impl ScriptRequest {
    /// The context, in tokens, in which there is room for the question, the answer and its repair: 8192 for half a minute of
    /// English, more for longer scripts. For [`ClientOptions::context`](videogen_llm::ClientOptions::context), which
    /// should be the same for a whole batch, because Ollama loads a model again whenever it changes.
    #[must_use]
    pub fn context(&self) -> u32 {
        length::context(self)
    }
}

/// What there is to tell of a script by a language model, beside the script.
#[derive(Debug, Clone)]
pub struct WrittenBy {
    /// The model's name.
    pub model: String,
    /// The server's address without passwords.
    pub endpoint: String,
    /// What stands below the video, where the model wrote it.
    pub description: Option<String>,
    /// Whether the first answer could not be used.
    pub repaired: bool,
}

impl Written {
    /// Returns what is told of it, and the script.
    pub fn into_parts(self) -> (WrittenBy, Script) {
        let by = WrittenBy {
            model: self.model,
            endpoint: self.endpoint,
            description: self.description,
            repaired: self.repaired,
        };
        (by, self.script)
    }

    /// Checks that a video can be made of it, by what every stage relies on. What else is asked of a script is asked of the
    /// model when it answers.
    ///
    /// # Errors
    /// What is missing, in words.
    pub fn check(&self) -> Result<(), String> {
        if self.script.scenes.is_empty() {
            return Err("it has no scenes".to_owned());
        }
        let has_words = |text: &str| text.chars().any(char::is_alphanumeric);
        let mute = (1..)
            .zip(&self.script.scenes)
            .find(|(_, scene)| !has_words(&scene.narration));
        match mute {
            Some((number, _)) => Err(format!("nothing is said in scene {number}")),
            None => Ok(()),
        }
    }
}

/// A script and where it comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Written {
    /// The script. Its pictures have the look of all in them.
    pub script: Script,
    /// The model's name; the writer's where there is no model.
    pub model: String,
    /// The server's address without passwords; empty where there is no server.
    pub endpoint: String,
    /// What stands below the video, where the model wrote it.
    pub description: Option<String>,
    /// Whether the first answer could not be used.
    pub repaired: bool,
    /// What is less than was wished for, each a sentence without a period.
    #[serde(default)]
    pub warnings: Vec<String>,
}
