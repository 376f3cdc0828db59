//! How a script begins, and whether two begin alike.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use unicode_segmentation::UnicodeSegmentation;
use videogen_durable::normalised;
use videogen_types::Script;

/// The most characters of a title or a sentence that are kept: it goes into the question for the next script.
const LONGEST: usize = 160;
/// Spoken words at the beginning that are a formula when they come again: "Did you know that".
const FORMULA: usize = 4;
/// Sentences of so many words and more are compared by the words they share.
const COMPARED: usize = 5;

/// How a script begins, so that another does not: title and first sentence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Opening {
    /// The title.
    pub title: String,
    /// The first sentence that is said.
    pub first: String,
}

impl Opening {
    /// The opening of `script`, at most 160 characters of each part.
    #[must_use]
    pub fn of(script: &Script) -> Self {
        let said = script
            .scenes
            .first()
            .map_or("", |scene| scene.narration.as_str());
        let first = videogen_text::sentences(said, &script.language)
            .first()
            .map_or("", |first| *first);
        Self {
            title: videogen_text::cut_at_sentence(&script.title, LONGEST, &script.language).0,
            first: videogen_text::cut_at_sentence(first, LONGEST, &script.language).0,
        }
    }

    /// Whether who has seen one would think of the other: the same title, the same first four words, or a sentence of
    /// nearly the same words. Case, punctuation and spaces do not count. An empty part is like nothing.
    #[must_use]
    pub fn is_like(&self, other: &Self) -> bool {
        self.has_title_of(other) || self.begins_as(other)
    }

    /// Whether both have the same title.
    pub(super) fn has_title_of(&self, other: &Self) -> bool {
        let title = words(&self.title);
        !title.is_empty() && title == words(&other.title)
    }

    /// Whether their first sentences sound alike.
    pub(super) fn begins_as(&self, other: &Self) -> bool {
        sound_alike(&self.first, &other.first)
    }
}

/// Whether two sentences have the same first four words, or nearly the same words.
pub(super) fn sound_alike(one: &str, other: &str) -> bool {
    let (a, b) = (words(one), words(other));
    if a.is_empty() || b.is_empty() {
        return false;
    }
    let same = a.iter().zip(&b).take_while(|(a, b)| a == b).count();
    a == b || spoken(&a[..same]) >= FORMULA || mostly_the_same(&a, &b)
}

/// The words of a text without what does not matter in them. Where no spaces are written, each character is one.
pub(super) fn words(text: &str) -> Vec<String> {
    normalised(text)
        .unicode_words()
        .map(str::to_owned)
        .collect()
}

/// How many words are spoken. Characters of scripts without spaces are put together again, since several make a word.
fn spoken(words: &[String]) -> usize {
    let mut text = String::new();
    for word in words {
        let alone = word.chars().count() == 1 && !word.is_ascii();
        if !alone {
            text.push(' ');
        }
        text.push_str(word);
    }
    videogen_text::word_count(&text)
}

/// Whether four of five words of both together are in both.
pub(super) fn mostly_the_same(a: &[String], b: &[String]) -> bool {
    if spoken(a).min(spoken(b)) < COMPARED {
        return false;
    }
    let (a, b): (BTreeSet<_>, BTreeSet<_>) = (a.iter().collect(), b.iter().collect());
    a.intersection(&b).count() * 5 >= a.union(&b).count() * 4
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn opening(title: &str, first: &str) -> Opening {
        Opening {
            title: title.into(),
            first: first.into(),
        }
    }

    #[test]
    fn what_sounds_alike_is_alike() {
        for (a, b, alike) in [
            (
                ("The Sea", "It is deep."),
                ("the  sea!", "Water is wet."),
                true,
            ),
            (
                ("A", "Did you know that bees dance?"),
                ("B", "did you know, that honey keeps?"),
                true,
            ),
            (
                ("A", "Did you know bees dance?"),
                ("B", "Did you see the honey?"),
                false,
            ),
            (("A", "It is deep."), ("B", "It is deep!"), true),
            (
                ("A", "At night the old harbour lies empty and still."),
                ("B", "The old harbour lies still and empty at night."),
                true,
            ),
            (
                ("A", "你知道蜂蜜为什么不会坏吗？"),
                ("B", "你知道蜂蜜为什么是甜的吗？"),
                true,
            ),
            (("A", "你知道蜂蜜吗？"), ("B", "你知道大海吗？"), false),
            (("", ""), ("", ""), false),
        ] {
            let (a, b) = (opening(a.0, a.1), opening(b.0, b.1));
            assert_eq!(a.is_like(&b), alike, "{a:?} {b:?}");
        }
    }

    proptest! {
        #[test]
        fn likeness_is_mutual_and_everything_is_like_itself(
            a in "[ab ,.?]{0,24}", b in "[ab ,.?]{0,24}", title in "[a-c]{0,2}", other in "[a-c]{0,2}",
        ) {
            let (one, two) = (opening(&title, &a), opening(&other, &b));
            prop_assert_eq!(one.is_like(&two), two.is_like(&one));
            if !words(&a).is_empty() {
                prop_assert!(one.is_like(&one));
            }
        }
    }
}
