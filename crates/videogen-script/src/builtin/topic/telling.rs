//! Which words of a text say what it is about.

use std::collections::BTreeSet;

use super::lower_words;

/// The stems of the words of a text that say what it is about.
pub(in crate::builtin) fn telling(text: &str) -> BTreeSet<String> {
    let words = lower_words(text);
    let words = words
        .iter()
        .filter(|word| word.len() > 2 && !is_common(word));
    words.map(|word| stem(word)).collect()
}

/// `word` without what makes it a plural or a possessive.
pub(in crate::builtin) fn stem(word: &str) -> String {
    let word = word.trim_end_matches('*').trim_end_matches("'s");
    if word.len() > 4 && word.ends_with("ies") {
        return format!("{}y", &word[..word.len() - 3]);
    }
    if word.len() > 4 && word.ends_with("ves") {
        return format!("{}f", &word[..word.len() - 3]);
    }
    let cut = word
        .strip_suffix("es")
        .filter(|w| w.ends_with("sh") || w.ends_with("ch") || w.ends_with('x') || w.ends_with('s'));
    cut.or_else(|| {
        word.strip_suffix('s')
            .filter(|w| !w.ends_with('s') && w.len() > 2)
    })
    .unwrap_or(word)
    .to_owned()
}

/// Whether a word says nothing about what a text is about.
pub(in crate::builtin) fn is_common(word: &str) -> bool {
    matches!(
        word,
        "the"
            | "and"
            | "for"
            | "from"
            | "with"
            | "that"
            | "this"
            | "are"
            | "was"
            | "were"
            | "how"
            | "why"
            | "what"
            | "not"
            | "you"
            | "your"
            | "can"
            | "has"
            | "have"
            | "its"
            | "all"
            | "who"
            | "when"
            | "where"
            | "great"
            | "more"
            | "about"
            | "people"
            | "does"
            | "did"
            | "will"
            | "their"
            | "our"
            | "into"
            | "than"
            | "life"
            | "day"
            | "human"
            | "history"
            | "world"
            | "most"
    )
}
