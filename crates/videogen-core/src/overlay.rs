//! What a person may lay over a video: a card with its title, a card at its end, a watermark.

use std::str::FromStr;

use camino::Utf8PathBuf;
use serde::{Deserialize, Serialize};
use videogen_media::overlay as media;
use videogen_types::{Choice, InvalidValue, choice, ranged, text_value};

/// A scene without narration at the end: a line of text over the last picture, darkened and blurred.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EndCard {
    /// What it says.
    pub text: CardText,
    /// How long it is there. A wished length of the video includes it.
    pub seconds: CardSeconds,
}

/// A picture in a corner of every frame.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Watermark {
    /// A PNG, WebP or JPEG file.
    pub file: Utf8PathBuf,
    /// Where it stands.
    pub corner: CornerChoice,
    /// How wide it is.
    pub width: WatermarkWidth,
    /// How opaque it is.
    pub opacity: Opacity,
}

impl Watermark {
    /// This file in the upper right corner, of the default width and opacity.
    pub fn new(file: Utf8PathBuf) -> Self {
        Self {
            file,
            corner: CornerChoice::TopRight,
            width: WatermarkWidth::DEFAULT,
            opacity: Opacity::DEFAULT,
        }
    }

    pub(crate) fn picture(&self) -> media::Watermark {
        media::Watermark {
            picture: self.file.clone(),
            corner: self.corner.corner(),
            width: self.width.get(),
            opacity: self.opacity.get(),
        }
    }
}

/// The text of a card: clean, one line that is wrapped as needed, 1 to [`CardText::MAX_CHARS`] characters.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct CardText(String);

text_value!(CardText);

impl CardText {
    /// The most characters: what can be read in two seconds, and fits in large letters.
    pub const MAX_CHARS: usize = 80;

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for CardText {
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
    CardSeconds(f64), "length of the end card", 1.0..=10.0, "1 to 10 seconds"
}
impl CardSeconds {
    /// Long enough for a short line.
    pub const DEFAULT: Self = Self(2.0);
}

ranged! {
    /// Width of the watermark as a fraction of the frame's.
    WatermarkWidth(f32), "watermark width", 0.02..=0.5, "0.02 to 0.5, a fraction of the frame's width"
}
impl WatermarkWidth {
    /// As in [`media::Watermark::DEFAULT_WIDTH`].
    pub const DEFAULT: Self = Self(media::Watermark::DEFAULT_WIDTH);
}

ranged! {
    /// Opacity of the watermark.
    Opacity(f32), "watermark opacity", 0.0..=1.0, "0 to 1"
}
impl Opacity {
    /// As in [`media::Watermark::DEFAULT_OPACITY`].
    pub const DEFAULT: Self = Self(media::Watermark::DEFAULT_OPACITY);
}

/// Where the watermark stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CornerChoice {
    /// Upper left.
    TopLeft,
    /// Upper right.
    TopRight,
    /// Lower left, above captions.
    BottomLeft,
    /// Lower right, above captions.
    BottomRight,
}

impl Choice for CornerChoice {
    const WHAT: &'static str = "corner";
    const ALL: &'static [(&'static str, Self)] = &[
        ("top-left", Self::TopLeft),
        ("top-right", Self::TopRight),
        ("bottom-left", Self::BottomLeft),
        ("bottom-right", Self::BottomRight),
    ];
}

choice!(CornerChoice);

impl CornerChoice {
    const fn corner(self) -> media::Corner {
        match self {
            Self::TopLeft => media::Corner::TopLeft,
            Self::TopRight => media::Corner::TopRight,
            Self::BottomLeft => media::Corner::BottomLeft,
            Self::BottomRight => media::Corner::BottomRight,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn impossible_cards_and_watermarks_cannot_be_constructed() {
        for bad in ["", "-1", "0.9", "10.1", "NaN", "inf", "two"] {
            let error = bad.parse::<CardSeconds>().expect_err(bad);
            assert!(error.to_string().contains("1 to 10 seconds"), "{error}");
        }
        for bad in ["0.019", "0.51", "0", "-0.1", "NaN", "16%"] {
            let error = bad.parse::<WatermarkWidth>().expect_err(bad);
            assert!(error.to_string().contains("0.02 to 0.5"), "{error}");
        }
        for bad in ["-0.1", "1.1", "NaN", "inf", "80"] {
            let error = bad.parse::<Opacity>().expect_err(bad);
            assert!(error.to_string().contains("0 to 1"), "{error}");
        }
        let error = "top".parse::<CornerChoice>().expect_err("no corner");
        assert!(error.to_string().contains("top-left"), "{error}");
        let long = "x".repeat(81);
        for bad in ["", " \u{200e}\0\n", &long] {
            let error = bad.parse::<CardText>().expect_err(bad);
            assert!(error.to_string().contains("1 to 80 characters"), "{error}");
        }
    }

    #[test]
    fn defaults_and_ends_of_the_ranges_are_allowed() {
        for (seconds, width, opacity) in [("1", "0.02", "0"), ("10", "0.5", "1")] {
            seconds.parse::<CardSeconds>().expect(seconds);
            width.parse::<WatermarkWidth>().expect(width);
            opacity.parse::<Opacity>().expect(opacity);
        }
        CardSeconds::new(CardSeconds::DEFAULT.get()).expect("in range");
        WatermarkWidth::new(WatermarkWidth::DEFAULT.get()).expect("in range");
        Opacity::new(Opacity::DEFAULT.get()).expect("in range");
        let text: CardText = " Follow\nfor \u{202e}more ".parse().expect("text");
        assert_eq!(text.as_str(), "Follow for more");
    }
}
