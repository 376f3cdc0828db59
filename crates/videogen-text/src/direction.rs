//! From which side a text is read.

use unicode_bidi::{BidiClass, bidi_class};

/// Primary tags of languages that are written from right to left.
const FROM_RIGHT: &[&str] = &[
    "ar", "arc", "ckb", "dv", "fa", "he", "iw", "ks", "nqo", "pnb", "ps", "sd", "syr", "ug", "ur",
    "yi",
];

/// The side from which a paragraph is read (its base direction, UAX #9).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Direction {
    /// As Latin letters.
    LeftToRight,
    /// As Hebrew and Arabic letters.
    RightToLeft,
}

impl Direction {
    /// Returns the direction of a whole text, given in parts.
    ///
    /// It is from the right where `language` (a BCP 47 tag) is and the text has such letters; else most letters decide, and
    /// a text without letters is read from the left. A single line of the text is read in the direction of the whole,
    /// whatever it begins with: a Hebrew line that begins with a number or a Latin name keeps its brackets in place.
    pub fn of<'a>(text: impl IntoIterator<Item = &'a str>, language: &str) -> Self {
        let (mut left, mut right) = (0_usize, 0_usize);
        for c in text.into_iter().flat_map(str::chars) {
            match Self::of_letter(c) {
                Some(Self::LeftToRight) => left += 1,
                Some(Self::RightToLeft) => right += 1,
                None => {}
            }
        }
        let language = crate::primary_subtag(language);
        if right > left || right > 0 && FROM_RIGHT.contains(&language.as_str()) {
            Self::RightToLeft
        } else {
            Self::LeftToRight
        }
    }

    /// Returns the direction of a character; `None` for digits, marks, signs and white space, which have none of their own.
    fn of_letter(c: char) -> Option<Self> {
        match bidi_class(c) {
            BidiClass::L => Some(Self::LeftToRight),
            BidiClass::R | BidiClass::AL => Some(Self::RightToLeft),
            _ => None,
        }
    }

    /// Returns the invisible mark (U+200E, U+200F) that has to stand before `text` for it to be read in this direction;
    /// `None` where its first letter says it.
    pub fn mark_for(self, text: &str) -> Option<char> {
        let first = text.chars().find_map(Self::of_letter);
        (first.unwrap_or(Self::LeftToRight) != self).then_some(match self {
            Self::LeftToRight => '\u{200E}',
            Self::RightToLeft => '\u{200F}',
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_language_or_most_letters_say_it() {
        let of = |text, language| Direction::of([text], language);
        assert_eq!(of("TikTok ו-YouTube", "he"), Direction::RightToLeft);
        assert_eq!(of("TikTok and YouTube", "he"), Direction::LeftToRight);
        assert_eq!(of("مرحبا TikTok", ""), Direction::LeftToRight);
        assert_eq!(of("مرحبا بالعالم TikTok", ""), Direction::RightToLeft);
        assert_eq!(of("12 …", "ar"), Direction::LeftToRight);
    }

    #[test]
    fn a_mark_stands_only_where_it_is_needed() {
        let right = Direction::RightToLeft;
        assert_eq!(right.mark_for("שלום (12)"), None);
        assert_eq!(right.mark_for("(YouTube) שלום"), Some('\u{200F}'));
        assert_eq!(right.mark_for("12"), Some('\u{200F}'));
        let left = Direction::LeftToRight;
        assert_eq!(left.mark_for("12 a"), None);
        assert_eq!(left.mark_for("שלום means peace"), Some('\u{200E}'));
    }

    proptest! {
        #[test]
        fn what_is_marked_needs_no_mark(text in "\\PC{0,30}") {
            for direction in [Direction::LeftToRight, Direction::RightToLeft] {
                let marked: String = direction.mark_for(&text).into_iter().chain(text.chars()).collect();
                prop_assert_eq!(direction.mark_for(&marked), None);
            }
        }
    }
}
