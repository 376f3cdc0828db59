//! What is said and shown: the value that travels from the writer to every later stage.

use camino::Utf8PathBuf;
use serde::{Deserialize, Serialize};

/// A video in words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Script {
    /// The title, one line.
    pub title: String,
    /// BCP 47 language of the narration, e.g. `en` or `pt-BR`.
    pub language: String,
    /// At least one.
    pub scenes: Vec<Scene>,
    /// Without `#`.
    pub hashtags: Vec<String>,
}

impl Script {
    /// Returns all that is said in it, a line for each scene.
    pub fn said(&self) -> String {
        let scenes = self.scenes.iter().map(|scene| scene.narration.as_str());
        scenes.collect::<Vec<_>>().join("\n")
    }
}

/// One picture, or several, and what is said over them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Scene {
    /// One or more whole sentences, single-spaced.
    pub narration: String,
    /// What the picture shows, in words.
    pub picture: String,
    /// What it must not show, in words, where somebody said so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub negative: Option<String>,
    /// Pictures and clips that are shown in it, in their order, instead of a picture that is painted, where somebody named
    /// them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub media: Vec<Utf8PathBuf>,
}
