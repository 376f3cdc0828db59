//! What may be said in writing at the end of a video: values, checked once.

use std::str::FromStr;

use serde::{Deserialize, Serialize};
use videogen_types::{InvalidValue, ranged, text_value};

/// A scene without narration at the end: a line of text over the last picture, darkened and blurred.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EndCard {
    /// What it says.
    pub text: EndCardText,
    /// How long it is there. A wished length of the video includes it.
    pub seconds: EndCardSeconds,
}

/// The text of a card: clean, one line that is wrapped as needed, 1 to [`EndCardText::MAX_CHARS`] characters.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct EndCardText(String);

text_value!(EndCardText);

impl EndCardText {
    /// The most characters: what can be read in two seconds, and fits in large letters.
    pub const MAX_CHARS: usize = 80;

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for EndCardText {
    type Err = InvalidValue;

    fn from_str(raw: &str) -> Result<Self, InvalidValue> {
        let clean = videogen_text::clean(raw);
        if (1..=Self::MAX_CHARS).contains(&clean.chars().count()) {
            return Ok(Self(clean));
        }
        Err(InvalidValue::new(
            "text of the end card",
            raw,
            "1 to 80 characters that can be seen",
        ))
    }
}

ranged! {
    /// How long the end card is there, in seconds.
    EndCardSeconds(f64), "length of the end card", 1.0..=10.0, "1 to 10 seconds"
}
impl EndCardSeconds {
    /// Long enough for a short line.
    pub const DEFAULT: Self = Self(2.0);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn impossible_cards_cannot_be_constructed() {
        for bad in ["", "-1", "0.9", "10.1", "NaN", "inf", "two"] {
            let error = bad.parse::<EndCardSeconds>().expect_err(bad);
            assert!(error.to_string().contains("1 to 10 seconds"), "{error}");
        }
        let long = "x".repeat(81);
        for bad in ["", " \u{200e}\0\n", &long] {
            let error = bad.parse::<EndCardText>().expect_err(bad);
            assert!(error.to_string().contains("1 to 80 characters"), "{error}");
        }
    }

    #[test]
    fn the_default_and_the_ends_of_the_range_are_allowed() {
        for seconds in ["1", "10"] {
            seconds.parse::<EndCardSeconds>().expect(seconds);
        }
        EndCardSeconds::new(EndCardSeconds::DEFAULT.get()).expect("in range");
        let text: EndCardText = " Follow\nfor \u{202e}more ".parse().expect("text");
        assert_eq!(text.as_str(), "Follow for more");
    }
}
