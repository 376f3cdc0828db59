//! Choices by name: who writes, paints and speaks, and what is shown.

use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::{Choice, InvalidValue};
use crate::Genre;
use crate::choice;

impl Choice for Genre {
    const WHAT: &'static str = "genre";
    const ALL: &'static [(&'static str, Self)] = &[
        ("motivational", Self::Motivational),
        ("emotional", Self::Emotional),
        ("tech", Self::Tech),
        ("nature", Self::Nature),
        ("history", Self::History),
        ("mystery", Self::Mystery),
        ("general", Self::General),
    ];
}

impl FromStr for Genre {
    type Err = InvalidValue;
    fn from_str(text: &str) -> Result<Self, InvalidValue> {
        Choice::parse(text)
    }
}

/// Who writes the script when none is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum WriterChoice {
    /// The best there is.
    Auto,
    /// A language model, or nothing. What it cannot write while videos are made, the built-in writer does.
    Llm,
    /// The built-in writer, asked for by name.
    Builtin,
}

impl Choice for WriterChoice {
    const WHAT: &'static str = "writer";
    const ALL: &'static [(&'static str, Self)] = &[
        ("auto", Self::Auto),
        ("llm", Self::Llm),
        ("builtin", Self::Builtin),
    ];
}

choice!(WriterChoice);

/// Who makes the pictures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PainterChoice {
    /// The best there is.
    Auto,
    /// ComfyUI, or nothing. What it cannot paint while videos are made, the built-in painter does.
    Comfyui,
    /// The built-in painter, asked for by name.
    Builtin,
}

impl Choice for PainterChoice {
    const WHAT: &'static str = "painter";
    const ALL: &'static [(&'static str, Self)] = &[
        ("auto", Self::Auto),
        ("comfyui", Self::Comfyui),
        ("builtin", Self::Builtin),
    ];
}

choice!(PainterChoice);

/// Who speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SpeechChoice {
    /// The best there is for the language: one of Piper's voices, a server, flite, espeak-ng, silence.
    Auto,
    /// One of Piper's voices, spoken with by videogen itself, or nothing.
    Native,
    /// Piper's program, or nothing.
    Piper,
    /// A server of Piper, or nothing.
    PiperHttp,
    /// A server that speaks as OpenAI's speech API does, or nothing.
    #[serde(rename = "openai")]
    OpenAi,
    /// flite, or nothing.
    Flite,
    /// espeak-ng, or nothing.
    EspeakNg,
    /// Nobody: captions run at reading speed.
    Silent,
}

impl Choice for SpeechChoice {
    const WHAT: &'static str = "speech";
    const ALL: &'static [(&'static str, Self)] = &[
        ("auto", Self::Auto),
        ("native", Self::Native),
        ("piper", Self::Piper),
        ("piper-http", Self::PiperHttp),
        ("openai", Self::OpenAi),
        ("flite", Self::Flite),
        ("espeak-ng", Self::EspeakNg),
        ("silent", Self::Silent),
    ];
}

choice!(SpeechChoice);

/// How captions are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CaptionChoice {
    /// A few words at a time, each highlighted as it is spoken.
    Karaoke,
    /// A line at a time.
    Line,
    /// Not in the picture; the SRT file is written all the same.
    None,
}

impl Choice for CaptionChoice {
    const WHAT: &'static str = "captions";
    const ALL: &'static [(&'static str, Self)] = &[
        ("karaoke", Self::Karaoke),
        ("line", Self::Line),
        ("none", Self::None),
    ];
}

choice!(CaptionChoice);

/// Where the video will be shown: what the interface there covers stays free of captions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PlatformChoice {
    /// Any of them: what is free on all.
    Any,
    /// TikTok.
    TikTok,
    /// Reels of Instagram and Facebook.
    Reels,
    /// YouTube Shorts.
    Shorts,
}

impl Choice for PlatformChoice {
    const WHAT: &'static str = "platform";
    const ALL: &'static [(&'static str, Self)] = &[
        ("any", Self::Any),
        ("tiktok", Self::TikTok),
        ("reels", Self::Reels),
        ("shorts", Self::Shorts),
    ];
}

choice!(PlatformChoice);

/// How pictures and clips of the user fill the frame.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FitChoice {
    /// They cover it; what stands over is cut off.
    #[default]
    Cover,
    /// They are shown whole, on a blurred and darkened copy of themselves.
    Contain,
}

impl FitChoice {
    /// Whether it is the choice of who says nothing.
    pub fn is_cover(&self) -> bool {
        *self == Self::Cover
    }
}

impl Choice for FitChoice {
    const WHAT: &'static str = "fit";
    const ALL: &'static [(&'static str, Self)] =
        &[("cover", Self::Cover), ("contain", Self::Contain)];
}

choice!(FitChoice);
