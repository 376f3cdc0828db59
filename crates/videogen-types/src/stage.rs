//! The parts of making a video, and a step from a better way of one to a lesser one.

use serde::{Deserialize, Serialize};

use crate::hint::Hint;

/// A part of making a video.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Stage {
    /// Looking at inputs, programs and space before anything is made.
    Preflight,
    /// Writing or reading the script.
    Script,
    /// Speaking it.
    Voice,
    /// Making the pictures.
    Picture,
    /// Composing or reading the music, and mixing.
    Music,
    /// Encoding the video.
    Render,
    /// Checking what was encoded.
    Verify,
    /// Giving the files their names.
    Publish,
}

impl Stage {
    /// Its name in events and messages.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Preflight => "preflight",
            Self::Script => "script",
            Self::Voice => "voice",
            Self::Picture => "picture",
            Self::Music => "music",
            Self::Render => "render",
            Self::Verify => "verify",
            Self::Publish => "publish",
        }
    }
}

/// One step down a ladder.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Degradation {
    /// Where it happened.
    pub stage: Stage,
    /// What would have been better.
    pub from: String,
    /// What is used instead.
    pub to: String,
    /// Why, in words that tell what to do about it.
    pub reason: Hint,
}
