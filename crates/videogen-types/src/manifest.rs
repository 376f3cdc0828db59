//! `NAME.json` beside a video: what was asked for, what was made, by whom, with what, and every step down a ladder.

use std::collections::BTreeMap;

use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};

use crate::stage::Degradation;

/// The version of manifests; it changes when a field changes its meaning or goes away.
pub const MANIFEST_VERSION: u32 = 1;

/// The manifest of one video. What was asked for is a `B`, and how a picture was painted a `P`: types of those who write
/// them. Whoever reads a manifest may pass both by, which is the default, or take them as JSON (`serde_json::Value`).
///
/// Fields of later versions are passed by when it is read.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Manifest<B = IgnoredAny, P = IgnoredAny> {
    /// [`MANIFEST_VERSION`] of who wrote it.
    #[serde(rename = "manifest_version", default)]
    pub version: u32,
    /// The version of videogen.
    #[serde(default)]
    pub videogen: String,
    /// When it was written: RFC 3339, UTC.
    #[serde(default)]
    pub created: String,
    /// What was asked for.
    pub brief: B,
    /// The title.
    pub title: String,
    /// What it is about.
    #[serde(default)]
    pub topic: String,
    /// The name of the genre.
    #[serde(default)]
    pub genre: String,
    /// Where the words come from.
    pub script: ManifestScript,
    /// The scenes in their order.
    #[serde(bound(deserialize = "P: Deserialize<'de>"))]
    pub scenes: Vec<ManifestScene<P>>,
    /// The title over the first scene, where it was asked for.
    pub title_card: Option<ManifestCard>,
    /// What follows the last scene.
    pub end_card: Option<ManifestCard>,
    /// Who spoke.
    #[serde(default)]
    pub voice: ManifestVoice,
    /// What plays under the voice.
    #[serde(default)]
    pub music: ManifestMusic,
    /// The file.
    #[serde(default)]
    pub video: ManifestVideo,
    /// How loud it is.
    #[serde(default)]
    pub loudness: ManifestLoudness,
    /// Every step down a ladder.
    pub degradations: Vec<Degradation>,
    /// What a person was told.
    #[serde(default)]
    pub warnings: Vec<String>,
    /// Seconds by the name of a stage.
    #[serde(default)]
    pub timings: BTreeMap<String, f64>,
    /// What it took of the machine.
    #[serde(default)]
    pub resources: ManifestResources,
    /// Programs by what they are for, with their versions.
    #[serde(default)]
    pub tools: BTreeMap<String, String>,
    /// The other files of the video by name.
    #[serde(default)]
    pub files: BTreeMap<String, ManifestFile>,
}

/// Where the words of a video come from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ManifestScript {
    /// `llm`, `builtin`, a file, `standard input`.
    pub source: String,
    /// The language model that wrote it.
    pub model: Option<String>,
    /// The model's server, without passwords.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub endpoint: Option<String>,
    /// Whether the model's first answer could not be used.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub repaired: Option<bool>,
    /// Its BCP 47 language.
    pub language: String,
    /// Without `#`.
    #[serde(default)]
    pub hashtags: Vec<String>,
    /// What stands below the video, where a model wrote it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
}

/// One scene.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ManifestScene<P = IgnoredAny> {
    /// What is said.
    pub narration: String,
    /// What is shown, in words.
    pub picture_prompt: String,
    /// What the picture must not show, where somebody said so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub negative: Option<String>,
    /// Who painted it: `builtin`, or the user's file, the first where there are more.
    #[serde(default)]
    pub painter: String,
    /// The user's files that are shown in it, in their order; none where it is painted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub files: Vec<String>,
    /// What it shows: `painted`, or the user's `picture` or `clip`.
    #[serde(default)]
    pub source: String,
    /// How loud the own sound of its clips is, 1 as it was recorded; `None` where none is heard.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clip_sound: Option<f64>,
    /// How, where there is more to tell: server, prompt, plan, steps down.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub painting: Option<P>,
    /// The seed of the picture; `None` for the user's.
    pub seed: Option<u64>,
    /// When it begins, in seconds.
    #[serde(default)]
    pub start_s: f64,
    /// How long it is, in seconds.
    #[serde(default)]
    pub duration_s: f64,
    /// The words in their order.
    #[serde(default)]
    pub words: Vec<ManifestWord>,
}

/// A text that stands over a video, or after it, for a while.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ManifestCard {
    /// The text.
    pub text: String,
    /// When it begins, in seconds.
    pub start_s: f64,
    /// How long it stands, in seconds.
    pub duration_s: f64,
}

/// A spoken word.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ManifestWord {
    /// As it is shown.
    pub text: String,
    /// When it begins, in seconds.
    pub start_s: f64,
    /// When it ends, in seconds.
    pub end_s: f64,
}

/// Who spoke.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct ManifestVoice {
    /// The program, with its version, or the model and the server.
    pub speaker: String,
    /// The voice.
    pub voice: String,
    /// Where word times come from, of the scene that is the least exact: `phones`, `server`, `sentences`, `estimated`.
    pub timing: String,
    /// The speaking rate; 1.0 is natural.
    pub rate: f64,
}

/// What plays under the voice.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct ManifestMusic {
    /// What it is, in a few words, or the user's file.
    pub source: String,
    /// Under which terms it may be published.
    pub licence: Option<String>,
}

/// The file.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ManifestVideo {
    /// In pixels.
    pub width: u32,
    /// In pixels.
    pub height: u32,
    /// Frames per second, as `30` or `30000/1001`.
    pub fps: String,
    /// Its length in seconds.
    pub duration_s: f64,
    /// Its length in frames.
    pub frames: u64,
    /// The encoder that made it, where another was planned and failed too.
    pub encoder: String,
    /// The codec's name.
    pub codec: String,
    /// Whether the same pictures and the same sound give the same bytes again: encoders that run on the processor do, hardware
    /// promises nothing.
    pub deterministic: bool,
    /// The quality on the scale of x264, whatever the encoder.
    pub crf: f32,
}

/// How loud a video is; nothing for silence.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct ManifestLoudness {
    /// EBU R 128, in LUFS.
    pub integrated_lufs: Option<f64>,
    /// In dBTP.
    pub true_peak_dbtp: Option<f64>,
}

/// What a video took of the machine.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct ManifestResources {
    /// The most memory of this program so far, in bytes.
    pub peak_rss_bytes: Option<u64>,
    /// Programs that it started and that still run.
    pub live_children: Option<usize>,
}

/// A file beside the manifest.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ManifestFile {
    /// Its size.
    pub bytes: u64,
    /// In hexadecimal digits.
    pub sha256: String,
}
