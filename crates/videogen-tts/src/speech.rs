//! The values that go into a synthesiser and come out of it.

use std::ops::Range;

use serde::{Deserialize, Serialize};

use crate::Error;

/// Speaking rate as a factor: 1.0 is the voice's natural pace, 2.0 twice as fast. Always within 0.5..=2.0.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(try_from = "f64", into = "f64")]
pub struct Rate(f64);

impl Rate {
    /// The voice's own pace.
    pub const NATURAL: Self = Self(1.0);

    /// Takes a factor.
    ///
    /// # Errors
    /// [`Error::InvalidRate`] outside 0.5..=2.0 and for NaN: below and above, speech is no longer understood.
    pub fn new(factor: f64) -> Result<Self, Error> {
        if (0.5..=2.0).contains(&factor) {
            Ok(Self(factor))
        } else {
            Err(Error::InvalidRate { value: factor })
        }
    }

    /// The factor, 0.5..=2.0.
    pub fn factor(self) -> f64 {
        self.0
    }
}

impl Default for Rate {
    fn default() -> Self {
        Self::NATURAL
    }
}

impl TryFrom<f64> for Rate {
    type Error = Error;

    fn try_from(factor: f64) -> Result<Self, Error> {
        Self::new(factor)
    }
}

impl From<Rate> for f64 {
    fn from(rate: Rate) -> Self {
        rate.0
    }
}

/// What to say and how.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Request {
    /// The text as it will be displayed; any Unicode. See [`crate::display_text`] for what is kept.
    pub text: String,
    /// A voice's key; `None` is the backend's default for the language.
    pub voice: Option<String>,
    /// BCP 47 tag of the text's language, such as `en`, `en-GB` or `cmn`.
    pub language: String,
    /// How fast.
    pub rate: Rate,
}

impl Request {
    /// `text` in `language`, with the default voice at its natural pace.
    pub fn new(text: impl Into<String>, language: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            voice: None,
            language: language.into(),
            rate: Rate::NATURAL,
        }
    }
}

/// What was said.
#[derive(Debug, Clone, PartialEq)]
pub struct Speech {
    /// Samples per second, 8000..=48000.
    pub sample_rate: u32,
    /// Mono samples within −1..=1, free of DC; the peak is about 0.9 unless the backend is silent.
    pub samples: Vec<f32>,
    /// Every word of the text in order; times do not overlap and lie within the audio.
    pub words: Vec<Word>,
    /// The sentences (or paragraphs without punctuation) the words form; together they cover `words`.
    pub sentences: Vec<Sentence>,
    /// How the word times were found.
    pub timing: Timing,
    /// Key of the voice that spoke.
    pub voice: String,
}

impl Speech {
    /// Length of the audio in seconds.
    pub fn duration(&self) -> f64 {
        self.samples.len() as f64 / f64::from(self.sample_rate)
    }
}

/// One displayed word and when it is heard.
///
/// Joining `text` with a space before each word that has `space_before` gives [`crate::display_text`] of the request.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Word {
    /// The word as it stands in the text, with its punctuation, symbols and emoji.
    pub text: String,
    /// Seconds from the start of the audio.
    pub start: f64,
    /// Seconds from the start of the audio; always greater than `start`.
    pub end: f64,
    /// Whether a space stands before the word: false for the first and inside runs of scripts written without spaces.
    pub space_before: bool,
}

/// A sentence: which words, and when.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Sentence {
    /// Indices into [`Speech::words`].
    pub words: Range<usize>,
    /// Seconds from the start of the audio.
    pub start: f64,
    /// Seconds from the start of the audio; always greater than `start`.
    pub end: f64,
}

/// How word times were found, best first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Timing {
    /// From the end time of every phone, as the synthesiser reported it.
    Phones,
    /// From the times of words that a server told with the sound.
    Server,
    /// Sentence boundaries are exact; inside a sentence words are estimated from their length.
    Sentences,
    /// Everything is estimated from the text.
    Estimated,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_outside_the_range_cannot_be_made() {
        for bad in [
            f64::NAN,
            f64::INFINITY,
            f64::NEG_INFINITY,
            0.0,
            0.49,
            2.01,
            -1.0,
        ] {
            assert!(Rate::new(bad).is_err(), "{bad}");
            assert!(
                serde_json::from_str::<Rate>(&bad.to_string()).is_err(),
                "{bad}"
            );
        }
        assert!((Rate::new(0.5).unwrap().factor() - 0.5).abs() < f64::EPSILON);
        assert!(Rate::new(2.0).is_ok());
    }

    #[test]
    fn timing_is_written_in_lower_case() {
        assert_eq!(
            serde_json::to_string(&Timing::Phones).unwrap(),
            "\"phones\""
        );
        assert_eq!(
            serde_json::to_string(&Timing::Server).unwrap(),
            "\"server\""
        );
        assert_eq!(
            serde_json::to_string(&Timing::Estimated).unwrap(),
            "\"estimated\""
        );
        let worst = [Timing::Phones, Timing::Sentences, Timing::Server];
        assert_eq!(worst.into_iter().max(), Some(Timing::Sentences));
    }
}
