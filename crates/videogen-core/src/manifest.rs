//! `NAME.json`: what was asked for, what was made, by whom, with what, and every step down a ladder.

use std::collections::BTreeMap;

use serde::Serialize;
use videogen_picture::Painted;
use videogen_types::Degradation;

use crate::brief::Brief;

/// Version of the manifest; changes when a field changes its meaning or goes away.
pub(crate) const MANIFEST_VERSION: u32 = 1;

/// The manifest of one video.
#[derive(Debug, Serialize)]
pub(crate) struct Manifest<'a> {
    #[serde(rename = "manifest_version")]
    pub(crate) version: u32,
    pub(crate) videogen: &'static str,
    /// RFC 3339, UTC.
    pub(crate) created: String,
    pub(crate) brief: &'a Brief,
    pub(crate) title: &'a str,
    pub(crate) topic: &'a str,
    pub(crate) genre: &'a str,
    pub(crate) script: ScriptEntry<'a>,
    pub(crate) scenes: Vec<SceneEntry<'a>>,
    /// The title over the first scene, where it was asked for.
    pub(crate) title_card: Option<CardEntry<'a>>,
    /// What follows the last scene.
    pub(crate) end_card: Option<CardEntry<'a>>,
    pub(crate) voice: VoiceEntry<'a>,
    pub(crate) music: MusicEntry,
    pub(crate) video: VideoEntry,
    pub(crate) loudness: LoudnessEntry,
    pub(crate) degradations: Vec<Degradation>,
    pub(crate) warnings: Vec<String>,
    /// Seconds by stage.
    pub(crate) timings: BTreeMap<&'static str, f64>,
    pub(crate) resources: ResourceEntry,
    pub(crate) tools: BTreeMap<&'static str, String>,
    /// By file name.
    pub(crate) files: BTreeMap<String, FileEntry>,
}

#[derive(Debug, Serialize)]
pub(crate) struct ScriptEntry<'a> {
    /// `llm`, `builtin`, a file, `standard input`.
    pub(crate) source: &'a str,
    /// The language model that wrote it.
    pub(crate) model: Option<&'a str>,
    /// The model's server, without passwords.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) endpoint: Option<&'a str>,
    /// Whether the model's first answer could not be used.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) repaired: Option<bool>,
    pub(crate) language: &'a str,
    pub(crate) hashtags: &'a [String],
    /// What stands below the video, where a model wrote it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) description: Option<&'a str>,
}

#[derive(Debug, Serialize)]
pub(crate) struct SceneEntry<'a> {
    pub(crate) narration: &'a str,
    pub(crate) picture_prompt: &'a str,
    /// What the picture must not show, where somebody said so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) negative: Option<&'a str>,
    /// Who painted it: `builtin`, or the user's file.
    pub(crate) painter: String,
    /// What it shows: `painted`, or the user's `picture` or `clip`.
    pub(crate) source: &'static str,
    /// How, where there is more to tell: server, prompt, plan, steps down.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) painting: Option<&'a Painted>,
    pub(crate) seed: Option<u64>,
    pub(crate) start_s: f64,
    pub(crate) duration_s: f64,
    pub(crate) words: Vec<WordEntry>,
}

#[derive(Debug, Serialize)]
pub(crate) struct CardEntry<'a> {
    pub(crate) text: &'a str,
    pub(crate) start_s: f64,
    pub(crate) duration_s: f64,
}

#[derive(Debug, Serialize)]
pub(crate) struct WordEntry {
    pub(crate) text: String,
    pub(crate) start_s: f64,
    pub(crate) end_s: f64,
}

#[derive(Debug, Serialize)]
pub(crate) struct VoiceEntry<'a> {
    pub(crate) speaker: &'a str,
    pub(crate) voice: &'a str,
    /// Where word times come from: `phones`, `sentences`, `estimated`.
    pub(crate) timing: String,
    pub(crate) rate: f64,
}

#[derive(Debug, Serialize)]
pub(crate) struct MusicEntry {
    pub(crate) source: String,
    pub(crate) licence: Option<String>,
}

#[derive(Debug, Serialize)]
pub(crate) struct VideoEntry {
    pub(crate) width: u32,
    pub(crate) height: u32,
    pub(crate) fps: String,
    pub(crate) duration_s: f64,
    pub(crate) frames: u64,
    /// The one that made it, where another was planned and failed too.
    pub(crate) encoder: String,
    pub(crate) codec: &'static str,
    /// Whether the same pictures and the same sound give the same bytes again: encoders that run on the processor do, hardware
    /// promises nothing.
    pub(crate) deterministic: bool,
    /// On the scale of x264, whatever the encoder.
    pub(crate) crf: f32,
}

#[derive(Debug, Serialize)]
pub(crate) struct LoudnessEntry {
    pub(crate) integrated_lufs: Option<f64>,
    pub(crate) true_peak_dbtp: Option<f64>,
}

#[derive(Debug, Serialize)]
pub(crate) struct ResourceEntry {
    pub(crate) peak_rss_bytes: Option<u64>,
    pub(crate) live_children: Option<usize>,
}

#[derive(Debug, Serialize)]
pub(crate) struct FileEntry {
    pub(crate) bytes: u64,
    pub(crate) sha256: String,
}
