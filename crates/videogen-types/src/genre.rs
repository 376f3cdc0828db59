//! The genres the built-in writer, painter and composer know.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What kind of video is being made. It sets the tone of the words, the palette of the pictures and the mood of the
/// music; the topic says what they are about. A new one is a new version: whoever writes, paints or composes has to know
/// what to do with each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Genre {
    /// Encouragement, effort, beginning again.
    Motivational,
    /// Feeling, memory, people.
    Emotional,
    /// Machines, software, how things work.
    Tech,
    /// Living things, landscapes, weather.
    Nature,
    /// The past and what it left us.
    History,
    /// Questions without an answer yet.
    Mystery,
    /// Anything: what a topic gets when nothing else fits.
    General,
}

impl Genre {
    /// Every genre, in the order they are listed to people.
    pub const ALL: [Self; 7] = [
        Self::Motivational,
        Self::Emotional,
        Self::Tech,
        Self::Nature,
        Self::History,
        Self::Mystery,
        Self::General,
    ];

    /// The name used on the command line and in files.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Motivational => "motivational",
            Self::Emotional => "emotional",
            Self::Tech => "tech",
            Self::Nature => "nature",
            Self::History => "history",
            Self::Mystery => "mystery",
            Self::General => "general",
        }
    }
}

impl fmt::Display for Genre {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
