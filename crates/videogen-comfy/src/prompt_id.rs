//! The name a prompt goes by, on the server and in a journal.

use std::fmt;
use std::str::FromStr;

use uuid::Uuid;

use crate::Error;

/// The id of a prompt: a UUID in lower case with hyphens, which is all that ComfyUI 0.33 accepts. Chosen here and not by
/// the server, so that it can be written down before the prompt is sent and the picture found again after a crash.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PromptId(String);

impl PromptId {
    /// A new random id.
    pub fn random() -> Self {
        Self(Uuid::new_v4().hyphenated().to_string())
    }

    /// The id as it is sent.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for PromptId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for PromptId {
    type Err = Error;

    /// Reads a UUID in any of its spellings.
    fn from_str(text: &str) -> Result<Self, Error> {
        let uuid = Uuid::try_parse(text.trim());
        uuid.map(|uuid| Self(uuid.hyphenated().to_string()))
            .map_err(|_| {
                Error::invalid(
                    "a prompt id",
                    format_args!("{:?}", crate::text::shortened(text)),
                    "a UUID",
                )
            })
    }
}
