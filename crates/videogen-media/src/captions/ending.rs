//! How a word ends: where a reader stops.

use videogen_text::sentence_ends;

/// How a word or a part of one ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ending {
    Sentence,
    Clause,
    None,
}

/// Marks that part a sentence, and those that end one in other places: `“Stop!” he said`.
const CLAUSE: &str = ",;:—–、，；：､،؛፣!?…‥！？؟‼⁇⁈⁉";

impl Ending {
    /// Returns how each word of a text ends, in a language given as a BCP 47 tag.
    pub(crate) fn of_all(words: &[&str], language: &str) -> Vec<Self> {
        let ends = sentence_ends(words, language).into_iter().zip(words);
        ends.map(|(ends, word)| {
            if ends {
                Self::Sentence
            } else {
                Self::within(word)
            }
        })
        .collect()
    }

    /// Returns how a word ends with which no sentence does.
    fn within(word: &str) -> Self {
        let bare = word.trim_end_matches(|c| "\"'”’»)]}」』）】》〉".contains(c));
        if bare.ends_with(|c| CLAUSE.contains(c)) {
            Self::Clause
        } else {
            Self::None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How the first word of a text ends.
    fn of(text: &str, language: &str) -> Ending {
        let words: Vec<&str> = text.split(' ').collect();
        Ending::of_all(&words, language)[0]
    }

    #[test]
    fn endings_are_found_behind_closing_quotes() {
        assert_eq!(of("done.” Then", "en"), Ending::Sentence);
        assert_eq!(of("はい。」 次", "ja"), Ending::Sentence);
        assert_eq!(of("نعم؟ لا", "ar"), Ending::Sentence);
        assert_eq!(of("well, then", "en"), Ending::Clause);
        assert_eq!(of("well then", "en"), Ending::None);
        assert_eq!(of("\" then", "en"), Ending::None);
    }

    #[test]
    fn a_sentence_goes_on_where_its_language_says_so() {
        assert_eq!(of("Mr. Smith", "en"), Ending::None);
        assert_eq!(of("Am 3. Oktober", "de"), Ending::None);
        assert_eq!(of("Stop. Oktober", "de"), Ending::Sentence);
        assert_eq!(of("“Stop!” he", "en"), Ending::Clause);
    }
}
