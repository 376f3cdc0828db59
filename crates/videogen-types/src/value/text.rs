//! Text that is checked: topics and languages.

use std::str::FromStr;

use serde::{Deserialize, Serialize};
use videogen_text::PathProblem;

use super::InvalidValue;
use crate::text_value;

/// What the video is about: clean, not empty, at most [`Topic::MAX_CHARS`] characters.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Topic(#[serde(deserialize_with = "clean_topic")] String);

/// Only a journal is read this way; what was valid when it was written stays valid.
fn clean_topic<'de, D: serde::Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    let raw = String::deserialize(from)?;
    let (topic, _) = Topic::of_words(&raw).map_err(serde::de::Error::custom)?;
    Ok(topic.0)
}

impl Topic {
    /// The most characters of a topic that are used.
    pub const MAX_CHARS: usize = 300;

    /// Cleans `raw`; the flag says whether it had to be cut (at a sentence where there is one, never inside a word).
    ///
    /// # Errors
    /// [`InvalidValue`] when nothing visible is left, or when it is nothing but the address of a page, which is not read.
    pub fn new(raw: &str) -> Result<(Self, bool), InvalidValue> {
        if is_one_address(raw) {
            // Without user, password and parameters.
            let shown = match videogen_text::read_path(raw.trim(), None) {
                Err(PathProblem::Address(shown)) => shown,
                _ => raw.to_owned(),
            };
            return Err(InvalidValue::new(
                "topic",
                &shown,
                "what the video is about in words, since nothing is read from an address",
            ));
        }
        Self::of_words(raw)
    }

    fn of_words(raw: &str) -> Result<(Self, bool), InvalidValue> {
        let clean = videogen_text::clean(raw);
        if clean.is_empty() {
            return Err(InvalidValue::new(
                "topic",
                raw,
                "any text that is not empty",
            ));
        }
        let (kept, cut) = videogen_text::cut_at_sentence(&clean, Self::MAX_CHARS, "");
        Ok((Self(kept), cut))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Whether a text is the address of a page and nothing else, also one without a scheme as browsers show it.
fn is_one_address(text: &str) -> bool {
    let text = text.trim();
    let is_www = |start: &str| start.eq_ignore_ascii_case("www.");
    let is_shown = || text.get(..4).is_some_and(is_www) && text[4..].contains('.');
    !text.contains(char::is_whitespace) && (videogen_text::is_address(text) || is_shown())
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
        videogen_text::primary_subtag(&self.0)
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
    fn an_address_is_no_topic() {
        for address in [
            "https://youtube.com/watch?v=1",
            " HTTP://example.org ",
            "ftp://x.y/z",
            "www.example.org/a",
        ] {
            let error = Topic::new(address).expect_err(address);
            assert!(error.to_string().contains("in words"), "{error}");
            // One that was kept before stays what it was.
            let kept: Topic = serde_json::from_str(&format!("{address:?}")).expect("a topic");
            assert_eq!(kept.as_str(), address.trim());
        }
        for topic in [
            "what https://youtube.com is",
            "https://youtube.com and its history",
            "the www.",
            "Mars: red",
            "example.org",
        ] {
            assert!(Topic::new(topic).is_ok(), "{topic}");
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
