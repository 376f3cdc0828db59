//! What can go wrong with a question to a model, and what to do about it.

use std::fmt::{self, Write as _};
use std::time::Duration;

use videogen_net::{Blame, Blamed, StatusError};
use videogen_types::Hint;

use crate::shape::complaint::{Complaint, in_one_line};
use crate::wire::fold::printable;

/// How many names of models a message lists.
const NAMES: usize = 12;
/// How many complaints a message lists.
const COMPLAINTS: usize = 4;

/// Why an answer is not whole.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Cut {
    /// It reached the longest length that was allowed, or the end of the model's context.
    Length,
    /// The stream ended without saying that it was the end.
    NoEnd,
    /// The server failed in the middle of it. What it said, at most 200 bytes on one line.
    Failed(String),
    /// The server's filter stopped it.
    Filter,
    /// It was ended because the model said the same again and again.
    Repetition,
    /// It was ended because it, or a text in it, was longer than it may be.
    PastMaximum,
    /// It was ended because the model did not stop thinking.
    Thought,
}

impl fmt::Display for Cut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Length => f.write_str("it reached the greatest length"),
            Self::NoEnd => f.write_str("the stream broke off"),
            Self::Failed(said) => write!(f, "the server failed: {said}"),
            Self::Filter => f.write_str("the server's content filter stopped it"),
            Self::Repetition => f.write_str("it said the same again and again"),
            Self::PastMaximum => f.write_str("it went on past the longest text that was allowed"),
            Self::Thought => f.write_str("the model did not stop thinking"),
        }
    }
}

/// What a model had said when its answer was cut off. It is the model's text: neither messages nor `{:?}` show it.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Unfinished(String);

impl Unfinished {
    pub(crate) fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text.
    pub fn text(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Unfinished {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} bytes", self.0.len())
    }
}

/// What was waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Wait {
    /// The first word, for which the model may have to be loaded.
    FirstWord,
    /// The next word.
    NextWord,
}

/// Every failure of this crate. Messages read after "failed to …:"; [`Error::help`] has the next action.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The request to the server failed.
    #[error("the language model cannot be asked")]
    Net {
        /// How.
        #[from]
        source: videogen_net::Error,
    },
    /// What answers is no server this crate knows.
    #[error("{server} does not answer like a language model server")]
    NotAModelServer {
        /// Its address.
        server: String,
        /// What the last question to it ended with.
        source: Option<Box<videogen_net::Error>>,
    },
    /// The server does not have the model.
    #[error("{server} has no model {model:?}; it has {}", names(present))]
    ModelMissing {
        /// Its address.
        server: String,
        /// The model.
        model: String,
        /// What it has.
        present: Vec<String>,
        /// Whether it is an Ollama, which can fetch it.
        can_pull: bool,
    },
    /// The server has no model at all that can answer.
    #[error("{server} has no model")]
    NoModel {
        /// Its address.
        server: String,
        /// Whether it is an Ollama, which can fetch one.
        can_pull: bool,
    },
    /// The server wants a key, or another one.
    #[error("{server} wants a key, or another one")]
    Key {
        /// Its address.
        server: String,
        /// What it said.
        source: Box<StatusError>,
    },
    /// The server has too much to do, or is still loading.
    #[error("{server} is busy")]
    Busy {
        /// Its address.
        server: String,
        /// When it wants to be asked again, if it says so.
        retry_after: Option<Duration>,
        /// What it said.
        source: Box<StatusError>,
    },
    /// The server is loading its model.
    #[error("{server} is loading its model")]
    Loading {
        /// Its address.
        server: String,
    },
    /// The model does not fit into the memory of the server.
    #[error("{server} has not enough memory for {model:?}")]
    OutOfMemory {
        /// Its address.
        server: String,
        /// The model.
        model: String,
        /// What it said.
        source: Box<StatusError>,
    },
    /// The question and the longest answer do not fit into the context.
    #[error(
        "the question is too long: about {tokens} tokens with the answer, where the context holds {context}"
    )]
    TooLongQuestion {
        /// About how many tokens are needed.
        tokens: u64,
        /// How many there are.
        context: u64,
    },
    /// The server understood the question and declines it, whatever is left out.
    #[error("{server} refuses the question")]
    Refused {
        /// Its address.
        server: String,
        /// What it said.
        source: Box<StatusError>,
    },
    /// The answer is not whole.
    #[error("the answer of {model} is cut off: {cut}")]
    CutOff {
        /// The model.
        model: String,
        /// Why.
        cut: Cut,
        /// What had come of it.
        said: Unfinished,
    },
    /// The answer is empty.
    #[error("the answer of {model} is empty{}", if *thought { ": it only thought" } else { "" })]
    Empty {
        /// The model.
        model: String,
        /// Whether there was a thought.
        thought: bool,
    },
    /// The answer does not end.
    #[error("the answer of {model} is longer than {limit} bytes")]
    TooLongAnswer {
        /// The model.
        model: String,
        /// The most that is accepted, in bytes.
        limit: usize,
    },
    /// Nothing came for too long.
    #[error("{} from {model} within {after:?}", match wait { Wait::FirstWord => "no word", Wait::NextWord => "no further word" })]
    Stalled {
        /// The model.
        model: String,
        /// What was waited for.
        wait: Wait,
        /// For how long.
        after: Duration,
    },
    /// Repaired and asked afresh, the answer is still not what was asked for.
    #[error(
        "the answer of {model} is not what was asked for: {}",
        in_one_line(complaints, COMPLAINTS)
    )]
    BadAnswer {
        /// The model.
        model: String,
        /// How often it was asked.
        asked: u32,
        /// What is wrong with its last answer.
        complaints: Vec<Complaint>,
    },
    /// The caller cancelled.
    #[error("cancelled")]
    Cancelled,
}

fn names(present: &[String]) -> String {
    if present.is_empty() {
        return "none".to_owned();
    }
    let mut text = present
        .iter()
        .take(NAMES)
        .map(|name| printable(name))
        .collect::<Vec<_>>()
        .join(", ");
    if present.len() > NAMES {
        let _ = write!(text, " and {} more", present.len() - NAMES);
    }
    text
}

impl Error {
    /// What the user can do next, where this crate knows.
    pub fn help(&self) -> Option<Hint> {
        let words = match self {
            Self::Net { source } => return source.help(),
            Self::NotAModelServer { source: Some(source), .. } if source.help().is_some() => return source.help(),
            Self::NotAModelServer { .. } => {
                "check that the URL leads to Ollama, llama.cpp, LM Studio, vLLM or a server that speaks as OpenAI's does".to_owned()
            }
            Self::ModelMissing { model, can_pull: true, present, .. } => {
                let other = if present.is_empty() { "" } else { ", or configure one that it has" };
                format!("run: ollama pull {}{other}", shell_word(model))
            }
            Self::ModelMissing { .. } => "configure one of the models that it has, or load the model there".to_owned(),
            Self::NoModel { can_pull: true, .. } => "run: ollama pull qwen3:8b".to_owned(),
            Self::NoModel { .. } => "load a model there".to_owned(),
            Self::Key { .. } => "configure the server's key, or check it".to_owned(),
            Self::Loading { .. } => "wait until it is loaded".to_owned(),
            Self::Busy { .. } => "wait for its other work to end, or configure a further server".to_owned(),
            Self::OutOfMemory { .. } => {
                "free memory on the graphics card, choose a smaller model, or a smaller context".to_owned()
            }
            Self::TooLongQuestion { .. } => "shorten the topic, ask for fewer scenes, or start the server with a larger context (llama.cpp: -c 8192, vLLM: --max-model-len 8192)".to_owned(),
            Self::CutOff { cut: Cut::Length, .. } => "allow a longer answer, or ask for fewer scenes".to_owned(),
            Self::CutOff { cut: Cut::Repetition | Cut::PastMaximum | Cut::Thought, .. } => {
                "try again, or choose a larger model: very small ones often do not come to an end".to_owned()
            }
            Self::CutOff { .. } | Self::Stalled { .. } => "look at the server's log; it may be out of memory".to_owned(),
            Self::Empty { .. } | Self::TooLongAnswer { .. } | Self::BadAnswer { .. } => {
                "try again, or choose a larger model: very small ones often cannot keep to a form".to_owned()
            }
            Self::Refused { .. } | Self::Cancelled => return None,
        };
        Some(words.into())
    }

    /// Whether the same question to the same server may succeed a little later.
    pub fn is_retryable(&self) -> bool {
        self.blame().is_retryable()
    }

    /// Whether the caller wanted it.
    pub fn is_cancelled(&self) -> bool {
        self.blame() == Blame::Cancelled
    }

    /// Whether the server is away, restarting, loading or busy: it may be there again when one waits for it.
    pub fn is_away(&self) -> bool {
        use videogen_net::Error as Net;
        let is_lost = matches!(
            self,
            Self::Net {
                source: Net::Lost { .. } | Net::Truncated { .. }
            }
        );
        is_lost || matches!(self.blame(), Blame::Down | Blame::Busy)
    }

    /// The model, and what had come of an answer that was ended because it went on: all that was asked for may be in it.
    /// Of one that broke off, or reached its greatest length, half an answer is none.
    pub(crate) fn said_before_the_end(&self) -> Option<(&str, &str)> {
        match self {
            Self::CutOff {
                model,
                cut: Cut::Repetition | Cut::PastMaximum,
                said,
            } => Some((model, said.text())),
            _ => None,
        }
    }

    /// Whether the model went on without end, and would with more room as well.
    pub(crate) fn is_runaway(&self) -> bool {
        matches!(
            self,
            Self::TooLongAnswer { .. }
                | Self::CutOff {
                    cut: Cut::Length | Cut::Repetition | Cut::PastMaximum | Cut::Thought,
                    ..
                }
        )
    }

    /// Whether the server is well and the model's answer is what is wrong: asking it afresh may help.
    pub fn is_answer(&self) -> bool {
        matches!(
            self,
            Self::CutOff { .. }
                | Self::Empty { .. }
                | Self::TooLongAnswer { .. }
                | Self::BadAnswer { .. }
        )
    }
}

impl Blamed for Error {
    fn blame(&self) -> Blame {
        match self {
            Self::Net { source } => source.blame(),
            Self::NotAModelServer {
                source: Some(source),
                ..
            } if source.blame() != Blame::Request => source.blame(),
            Self::Busy { .. } | Self::Loading { .. } => Blame::Busy,
            Self::Stalled { .. }
            | Self::OutOfMemory { .. }
            | Self::CutOff {
                cut: Cut::NoEnd | Cut::Failed(_),
                ..
            } => Blame::Fault,
            Self::NotAModelServer { .. }
            | Self::ModelMissing { .. }
            | Self::NoModel { .. }
            | Self::Key { .. } => Blame::Wrong,
            // The server works; another model, or one with a larger context, may do better with the same question.
            Self::TooLongQuestion { .. }
            | Self::Refused { .. }
            | Self::CutOff { .. }
            | Self::Empty { .. }
            | Self::TooLongAnswer { .. }
            | Self::BadAnswer { .. } => Blame::Answer,
            Self::Cancelled => Blame::Cancelled,
        }
    }

    fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Net { source } => Blamed::retry_after(source),
            Self::Busy { retry_after, .. } => *retry_after,
            _ => None,
        }
    }
}

/// As it can be typed.
fn shell_word(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, ':' | '.' | '/' | '_' | '-');
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', "'\\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_model_names_those_there_are_and_how_to_get_it() {
        let error = Error::ModelMissing {
            server: "http://localhost:11434/".to_owned(),
            model: "qwen3:8b".to_owned(),
            present: vec!["llama3.2:latest".to_owned(), "qwen3:4b".to_owned()],
            can_pull: true,
        };
        assert_eq!(
            error.to_string(),
            "http://localhost:11434/ has no model \"qwen3:8b\"; it has llama3.2:latest, qwen3:4b"
        );
        assert_eq!(
            error.help().unwrap().to_string(),
            "run: ollama pull qwen3:8b, or configure one that it has"
        );
        assert_eq!(error.blame(), Blame::Wrong);
        assert_eq!(shell_word("a b'c"), "'a b'\\''c'");
    }
}
