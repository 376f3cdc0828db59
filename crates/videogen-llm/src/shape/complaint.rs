//! What is wrong with an answer, in words that a model can act on.

use std::fmt;

/// One thing that is wrong with a value. Its text goes into the question that asks the model to repair its answer, so it
/// never quotes what the model wrote.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Complaint {
    /// Where, for example `scenes[2].narration`; empty for the whole answer.
    pub path: String,
    /// What.
    pub problem: Problem,
}

/// What is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Problem {
    /// No JSON object was found in the answer.
    NoJson,
    /// A field is not there, is null, or is an empty text.
    Missing,
    /// A value of another kind.
    Kind {
        /// What it should be.
        expected: &'static str,
        /// What it is.
        found: &'static str,
    },
    /// A list with too few or too many items.
    Count {
        /// How many there are.
        found: usize,
        /// The fewest that are accepted.
        min: usize,
        /// The most that are accepted.
        max: usize,
    },
    /// A text that is too short or too long.
    Length {
        /// How many characters it has.
        found: usize,
        /// The fewest that are accepted.
        min: usize,
        /// The most that are accepted.
        max: usize,
    },
    /// A text with a thought of the model in it.
    Thought,
    /// A text with JSON or program text in it.
    Code,
    /// What stood in the question in place of a text.
    Placeholder,
    /// Something that a check of the caller's found. A sentence without a period.
    Other(String),
}

impl Complaint {
    /// A complaint about the value at `path`.
    pub fn new(path: impl Into<String>, problem: Problem) -> Self {
        Self {
            path: path.into(),
            problem,
        }
    }

    /// A complaint in the caller's own words.
    pub fn other(path: impl Into<String>, words: impl Into<String>) -> Self {
        Self::new(path, Problem::Other(words.into()))
    }
}

impl fmt::Display for Complaint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = if self.path.is_empty() {
            "the answer"
        } else {
            &self.path
        };
        match &self.problem {
            Problem::NoJson => write!(f, "{path} holds no complete JSON object"),
            Problem::Missing => write!(f, "{path} is missing"),
            Problem::Kind { expected, found } => {
                write!(f, "{path} must be {expected}, not {found}")
            }
            Problem::Count { found, min, max } if min == max => {
                write!(f, "{path} must have {min} items, not {found}")
            }
            Problem::Count { found, min, max } => {
                write!(f, "{path} must have {min} to {max} items, not {found}")
            }
            Problem::Length { found, min, max } => {
                write!(f, "{path} must have {min} to {max} characters, not {found}")
            }
            Problem::Thought => write!(
                f,
                "{path} holds thoughts, and must hold only what is asked for"
            ),
            Problem::Code => write!(f, "{path} holds JSON or code, and must be plain text"),
            Problem::Placeholder => write!(f, "{path} holds a placeholder in place of a real text"),
            Problem::Other(words) => write!(f, "{path} {words}"),
        }
    }
}

/// Complaints in one line, the first few of them.
pub(crate) fn in_one_line(complaints: &[Complaint], most: usize) -> String {
    let mut words: Vec<String> = complaints
        .iter()
        .take(most)
        .map(ToString::to_string)
        .collect();
    if complaints.len() > most {
        words.push(format!("and {} more", complaints.len() - most));
    }
    words.join("; ")
}
