//! A displayed word among its neighbours.

use super::display::DisplayWord;
use super::tables::Table;

/// A word, what is around it, and the language.
#[derive(Clone, Copy)]
pub(super) struct Place<'a> {
    pub(super) words: &'a [DisplayWord],
    /// For each word whether a sentence ends with it.
    pub(super) ends: &'a [bool],
    pub(super) n: usize,
    pub(super) table: &'static Table,
    /// The language tag, in lower case.
    pub(super) tag: &'a str,
}

impl<'a> Place<'a> {
    pub(super) fn word(self) -> &'a str {
        self.words[self.n].text.as_str()
    }

    /// The word without the quotes, brackets and punctuation around it.
    pub(super) fn core(self) -> &'a str {
        core(self.word())
    }

    /// The word so many places before it.
    pub(super) fn before(self, steps: usize) -> Option<Self> {
        let n = self.n.checked_sub(steps)?;
        Some(Self { n, ..self })
    }

    /// The next word.
    pub(super) fn after(self) -> Option<Self> {
        let n = self.n + 1;
        (n < self.words.len()).then_some(Self { n, ..self })
    }

    /// Whether a sentence ends with it.
    pub(super) fn ends_sentence(self) -> bool {
        self.ends[self.n]
    }

    /// Whether a sentence begins with it.
    pub(super) fn begins_sentence(self) -> bool {
        self.before(1).is_none_or(Self::ends_sentence)
    }

    /// Whether the next word goes on with it: neither a mark nor a sentence ends there.
    pub(super) fn goes_on(self) -> bool {
        !self
            .word()
            .ends_with(['.', ',', ';', ':', ')', '!', '?', '，', '。', '、'])
    }
}

/// `word` without the quotes, brackets and punctuation around it; signs of money and measures stay.
pub(super) fn core(word: &str) -> &str {
    let front = word.trim_start_matches(|c| "([{<\"'“”‘’„«»‹›*_¿¡「『（《".contains(c));
    front.trim_end_matches(|c| ")]}>\"'“”‘’«»‹›*_.,;:!?…、。，！？；：」』）》।؟،".contains(c))
}

/// `word` without the quotes and brackets around it; a full stop at the end stays.
pub(super) fn bare(word: &str) -> &str {
    word.trim_start_matches(|c: char| !c.is_alphanumeric())
        .trim_end_matches(|c: char| {
            !c.is_alphanumeric() && !matches!(c, '.' | '°' | 'º' | 'ª' | '/')
        })
}
