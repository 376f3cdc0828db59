//! What will be made, in a form that can be shown to people and programs.

use camino::Utf8PathBuf;
use serde::{Deserialize, Serialize};

use crate::frame::FrameSize;
use crate::genre::Genre;
use crate::seed::Seed;
use crate::stage::Degradation;

/// What will be made.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Overview {
    /// The title; the topic while the script is not written yet.
    pub title: String,
    /// What it is about.
    pub topic: String,
    /// The genre, given or guessed.
    pub genre: Genre,
    /// The seed.
    pub seed: Seed,
    /// Language of the narration.
    pub language: String,
    /// The scenes; none while the script is not written yet.
    pub scenes: Vec<SceneOverview>,
    /// How many there will be, or about how many.
    #[serde(skip)]
    pub scene_count: usize,
    /// Size of the video.
    pub size: FrameSize,
    /// Its frame rate, as a number or a ratio.
    pub fps: String,
    /// FFmpeg's name of what encodes it.
    pub encoder: String,
    /// About how long it will be.
    pub estimated_seconds: f64,
    /// Who writes: a language model and its server, `builtin` or the file.
    pub writer: String,
    /// Who speaks.
    pub voice: String,
    /// Who paints.
    pub painter: String,
    /// What plays.
    pub music: String,
    /// Captions and their style.
    pub captions: String,
    /// What is laid over the pictures beside captions, in words.
    pub overlays: Vec<String>,
    /// Every step down a ladder that is already known.
    pub degradations: Vec<Degradation>,
    /// What a person should know.
    pub warnings: Vec<String>,
    /// The MP4 that will be made.
    pub output: Utf8PathBuf,
    /// Room that is needed while it is made.
    pub needed_mib: u64,
}

#[cfg(any(test, feature = "test-util"))]
impl Overview {
    /// A short video, for tests.
    pub fn sample() -> Self {
        Self {
            title: "A title".into(),
            topic: "a topic".into(),
            genre: Genre::General,
            seed: Seed(1),
            language: "en".into(),
            scenes: Vec::from([1, 2].map(|n| SceneOverview {
                narration: format!("Sentence {n}."),
                picture: "a hill".into(),
                files: Vec::new(),
            })),
            scene_count: 2,
            size: FrameSize::new(512, 768).expect("even"),
            fps: "30".into(),
            encoder: "libx264".into(),
            estimated_seconds: 10.0,
            writer: "builtin".into(),
            voice: "flite".into(),
            painter: "builtin".into(),
            music: "none".into(),
            captions: "none".into(),
            overlays: Vec::new(),
            degradations: Vec::new(),
            warnings: Vec::new(),
            output: "a.mp4".into(),
            needed_mib: 1,
        }
    }
}

/// One scene of an [`Overview`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SceneOverview {
    /// What is said.
    pub narration: String,
    /// What is shown, in words.
    pub picture: String,
    /// The user's files that are shown in it, in their order; none where it is painted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub files: Vec<String>,
}
