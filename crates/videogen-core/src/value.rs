//! Values from outside: parsed once into types that cannot be invalid, with errors that name what is allowed.

use std::fmt;
use std::str::FromStr;

use camino::Utf8PathBuf;
use serde::{Deserialize, Serialize};

use crate::genre::Genre;
use crate::text;

/// A value that is not allowed, and what is.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{value} is not a valid {what}: allowed is {allowed}")]
pub struct InvalidValue {
    /// The name of the setting.
    pub what: &'static str,
    /// What was given, shortened.
    pub value: String,
    /// The range or the choices.
    pub allowed: String,
    /// Names close to what was given, best first.
    pub nearest: Vec<String>,
}

impl InvalidValue {
    pub(crate) fn new(what: &'static str, value: &str, allowed: impl Into<String>) -> Self {
        Self {
            what,
            value: quoted(value),
            allowed: allowed.into(),
            nearest: Vec::new(),
        }
    }

    /// One of a list of names was meant.
    pub(crate) fn unknown(what: &'static str, value: &str, names: &[&str]) -> Self {
        let nearest = text::nearest(value, names, 3)
            .into_iter()
            .map(str::to_owned)
            .collect();
        Self {
            what,
            value: quoted(value),
            allowed: names.join(", "),
            nearest,
        }
    }

    /// The next action.
    pub fn help(&self) -> Option<String> {
        match self.nearest.as_slice() {
            [] => None,
            [one] => Some(format!("did you mean `{one}`?")),
            several => {
                let names: Vec<String> = several.iter().map(|n| format!("`{n}`")).collect();
                Some(format!("did you mean one of {}?", names.join(", ")))
            }
        }
    }
}

/// A value as it may stand in a message: clean, in quotes, at most 60 characters.
fn quoted(value: &str) -> String {
    let clean = text::clean(value);
    if clean.chars().count() > 60 {
        format!("`{}…`", clean.chars().take(59).collect::<String>())
    } else {
        format!("`{clean}`")
    }
}

/// A type with a name for each of its values.
pub trait Choice: Sized + Copy + PartialEq + 'static {
    /// What the setting is called.
    const WHAT: &'static str;
    /// Names and values, in the order they are listed to people.
    const ALL: &'static [(&'static str, Self)];

    /// Its name.
    fn name(self) -> &'static str {
        Self::ALL
            .iter()
            .find(|(_, value)| *value == self)
            .map_or("", |(name, _)| name)
    }

    /// Reads a name, case-insensitively.
    ///
    /// # Errors
    /// [`InvalidValue`] with the nearest names.
    fn parse(text: &str) -> Result<Self, InvalidValue> {
        let wanted = text.trim();
        let found = Self::ALL
            .iter()
            .find(|(name, _)| name.eq_ignore_ascii_case(wanted));
        found.map(|&(_, value)| value).ok_or_else(|| {
            let names: Vec<&str> = Self::ALL.iter().map(|(name, _)| *name).collect();
            InvalidValue::unknown(Self::WHAT, text, &names)
        })
    }
}

macro_rules! choice {
    ($type:ty) => {
        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(Choice::name(*self))
            }
        }

        impl FromStr for $type {
            type Err = InvalidValue;
            fn from_str(text: &str) -> Result<Self, InvalidValue> {
                Choice::parse(text)
            }
        }
    };
}
pub(crate) use choice;

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
    /// The best there is for the language: Piper, flite, espeak-ng, silence.
    Auto,
    /// Piper, or nothing.
    Piper,
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
        ("piper", Self::Piper),
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

/// What plays under the narration.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MusicChoice {
    /// The best there is.
    Auto,
    /// The built-in composer, asked for by name.
    Builtin,
    /// Nothing.
    None,
    /// This file, or one of the files in this directory.
    Path(Utf8PathBuf),
}

impl FromStr for MusicChoice {
    type Err = InvalidValue;

    fn from_str(text: &str) -> Result<Self, InvalidValue> {
        match text {
            "" => Err(InvalidValue::new(
                "music",
                text,
                "a file, a directory, `builtin` or `none`",
            )),
            "auto" => Ok(Self::Auto),
            "builtin" => Ok(Self::Builtin),
            "none" => Ok(Self::None),
            path => Ok(Self::Path(path.into())),
        }
    }
}

/// What the video is about: clean, not empty, at most [`Topic::MAX_CHARS`] characters.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Topic(#[serde(deserialize_with = "clean_topic")] String);

/// Only a journal is read this way; what was valid when it was written stays valid.
fn clean_topic<'de, D: serde::Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    let raw = String::deserialize(from)?;
    let (topic, _) = Topic::new(&raw).map_err(serde::de::Error::custom)?;
    Ok(topic.0)
}

impl Topic {
    /// The most characters of a topic that are used.
    pub const MAX_CHARS: usize = 300;

    /// Cleans `raw`; the flag says whether it had to be cut (at a sentence where there is one, never inside a word).
    ///
    /// # Errors
    /// [`InvalidValue`] when nothing visible is left.
    pub fn new(raw: &str) -> Result<(Self, bool), InvalidValue> {
        let clean = text::clean(raw);
        if clean.is_empty() {
            return Err(InvalidValue::new(
                "topic",
                raw,
                "any text that is not empty",
            ));
        }
        let (kept, cut) = text::cut_at_sentence(&clean, Self::MAX_CHARS);
        Ok((Self(kept), cut))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Conversions for a type that is written as text and read with its checks.
macro_rules! text_value {
    ($name:ident) => {
        impl TryFrom<String> for $name {
            type Error = InvalidValue;
            fn try_from(text: String) -> Result<Self, InvalidValue> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(value: $name) -> Self {
                value.0
            }
        }
    };
}
pub(crate) use text_value;

/// A number within a range that its type states.
macro_rules! ranged {
    ($(#[$doc:meta])* $name:ident($inner:ty), $what:literal, $range:expr, $allowed:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, PartialOrd, Serialize)]
        #[serde(transparent)]
        pub struct $name($inner);

        impl $name {
            /// A value, when it is within the range.
            ///
            /// # Errors
            /// [`InvalidValue`] otherwise.
            pub fn new(value: $inner) -> Result<Self, InvalidValue> {
                if ($range).contains(&value) {
                    Ok(Self(value))
                } else {
                    Err(InvalidValue::new($what, &value.to_string(), $allowed))
                }
            }

            /// The number.
            pub const fn get(self) -> $inner {
                self.0
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                let value = <$inner as serde::Deserialize>::deserialize(from)?;
                Self::new(value).map_err(serde::de::Error::custom)
            }
        }

        impl FromStr for $name {
            type Err = InvalidValue;
            fn from_str(text: &str) -> Result<Self, InvalidValue> {
                let value = text.trim().parse().map_err(|_| InvalidValue::new($what, text, $allowed))?;
                Self::new(value)
            }
        }
    };
}
pub(crate) use ranged;

ranged! {
    /// How long a video is to be, in seconds.
    Duration(f64), "duration", 3.0..=Self::LONGEST, "3 to 600 seconds"
}
impl Duration {
    /// The longest video, in seconds.
    pub const LONGEST: f64 = 600.0;
}

ranged! {
    /// How many scenes a video has.
    SceneCount(usize), "number of scenes", 1..=40, "1 to 40"
}
ranged! {
    /// How many videos are made.
    VideoCount(u32), "count", 1..=1000, "1 to 1000"
}

/// A number of bytes, as people write it: `500MB`, `1.5GiB`, `4096`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct ByteSize(u64);

impl ByteSize {
    /// The bytes.
    pub const fn get(self) -> u64 {
        self.0
    }
}

impl FromStr for ByteSize {
    type Err = InvalidValue;

    fn from_str(text: &str) -> Result<Self, InvalidValue> {
        let wrong =
            || InvalidValue::new("size", text, "a number and B, KB, MB, GB, KiB, MiB or GiB");
        let trimmed = text.trim();
        let end = trimmed
            .find(|c: char| !c.is_ascii_digit() && c != '.')
            .unwrap_or(trimmed.len());
        let (number, unit) = trimmed.split_at(end);
        let number: f64 = number.parse().map_err(|_| wrong())?;
        let factor: u64 = match unit.trim().to_ascii_lowercase().as_str() {
            "" | "b" => 1,
            "k" | "kb" => 1000,
            "m" | "mb" => 1_000_000,
            "g" | "gb" => 1_000_000_000,
            "kib" => 1 << 10,
            "mib" => 1 << 20,
            "gib" => 1 << 30,
            _ => return Err(wrong()),
        };
        let bytes = number * factor as f64;
        if bytes.is_finite() && bytes < u64::MAX as f64 {
            Ok(Self(bytes as u64))
        } else {
            Err(wrong())
        }
    }
}

/// Reads a seed: any whole number from 0 to 2^64 - 1.
///
/// # Errors
/// [`InvalidValue`] for anything else.
pub fn parse_seed(text: &str) -> Result<crate::seed::Seed, InvalidValue> {
    let allowed = "a whole number from 0 to 18446744073709551615";
    text.trim()
        .parse()
        .map(crate::seed::Seed)
        .map_err(|_| InvalidValue::new("seed", text, allowed))
}

/// A BCP 47 language tag, as far as it is used here: `en`, `pt-BR`, `zh-Hant-TW`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Language(String);

text_value!(Language);

impl Language {
    /// The tag.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The language alone, lower-case: `pt` of `pt-BR`.
    pub fn primary(&self) -> String {
        self.0
            .split('-')
            .next()
            .unwrap_or_default()
            .to_ascii_lowercase()
    }
}

impl FromStr for Language {
    type Err = InvalidValue;

    fn from_str(text: &str) -> Result<Self, InvalidValue> {
        // RFC 5646, 2.1: subtags of 1 to 8 letters and digits, the first 2 or 3 letters long.
        let tag = text.trim().replace('_', "-");
        let mut parts = tag.split('-');
        let first = parts.next().unwrap_or_default();
        let well_formed = (2..=3).contains(&first.len())
            && first.bytes().all(|b| b.is_ascii_alphabetic())
            && parts.all(|p| {
                (1..=8).contains(&p.len()) && p.bytes().all(|b| b.is_ascii_alphanumeric())
            });
        if well_formed {
            Ok(Self(tag))
        } else {
            Err(InvalidValue::new(
                "language",
                text,
                "a language tag such as en, de, pt-BR, zh",
            ))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn impossible_numbers_cannot_be_constructed() {
        for bad in ["0", "-5", "NaN", "inf", "-inf", "1e9", "", "ten"] {
            assert!(bad.parse::<Duration>().is_err(), "duration {bad}");
            assert!(bad.parse::<SceneCount>().is_err(), "scenes {bad}");
            assert!(bad.parse::<VideoCount>().is_err(), "count {bad}");
        }
        for bad in ["-1", "1.5", "18446744073709551616", ""] {
            let error = parse_seed(bad).expect_err(bad);
            assert!(
                error.to_string().contains("18446744073709551615"),
                "{error}"
            );
        }
        assert_eq!("30".parse::<Duration>().map(Duration::get), Ok(30.0));
    }

    #[test]
    fn topics_are_clean_and_bounded() {
        assert!(Topic::new("").is_err());
        assert!(Topic::new(" \u{200e}\0\n\t").is_err());
        let (topic, cut) = Topic::new("caf\u{65}\u{301}\0\n  au lait").expect("text");
        assert_eq!((topic.as_str(), cut), ("café au lait", false));
        let (topic, cut) = Topic::new(&"A short sentence. ".repeat(5000)).expect("text");
        assert!(
            cut && topic.as_str().ends_with("sentence.")
                && topic.as_str().chars().count() <= Topic::MAX_CHARS
        );
    }

    #[test]
    fn sizes_are_numbers_with_a_unit() {
        for (text, bytes) in [
            ("0", 0),
            ("4096", 4096),
            ("500MB", 500_000_000),
            ("1.5 GiB", 3 << 29),
            ("2kib", 2048),
        ] {
            assert_eq!(
                text.parse::<ByteSize>().map(ByteSize::get),
                Ok(bytes),
                "{text}"
            );
        }
        for bad in ["", "GB", "-1", "1 TB", "NaN", "1e99GB", "1..5"] {
            assert!(bad.parse::<ByteSize>().is_err(), "{bad}");
        }
    }

    #[test]
    fn languages_are_tags() {
        for good in ["en", "pt-BR", "zh_CN", "zh-Hant-TW", "yue"] {
            assert!(good.parse::<Language>().is_ok(), "{good}");
        }
        for bad in ["", "english", "e", "en-", "../x", "en us", "日本"] {
            assert!(bad.parse::<Language>().is_err(), "{bad}");
        }
    }
}
