//! Which language a text is in: by its script, by the letters of its script, by its words, by a model of letters.

mod latin;
mod letters;
mod model;
mod words;

use crate::language::{language_name, primary_subtag};
use crate::writing_system::{WritingSystem, census};

/// What a text tells of its language.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Recognised {
    /// It is in this language.
    Sure(&'static str),
    /// There are signs of this language, but too few.
    Unsure(&'static str),
    /// There are no signs of another language than English.
    Nothing,
}

pub(crate) fn recognise(text: &str) -> Recognised {
    let counts = census(text);
    let Some((script, _)) = counts.first() else {
        return Recognised::Nothing;
    };
    let has_kana = counts
        .iter()
        .any(|(script, _)| *script == WritingSystem::Kana);
    match script {
        WritingSystem::Latin => latin::recognise(text),
        WritingSystem::Han if has_kana => Recognised::Sure("ja"),
        other => letters::language(*other, text).map_or(Recognised::Nothing, Recognised::Sure),
    }
}

/// The language of a text where that is certain, as a tag espeak-ng has a voice for (`he` and `th` only in newer versions).
///
/// It is told by the script, by letters and words that only one of its languages has, and in Latin letters by words and a model
/// of letters. `None` for English, for what is too short to tell, and where there are no letters. Han with any kana is
/// Japanese; Han alone is taken for Mandarin.
#[must_use]
pub fn detect_language(text: &str) -> Option<&'static str> {
    match recognise(text) {
        Recognised::Sure(language) => Some(language),
        Recognised::Unsure(_) | Recognised::Nothing => None,
    }
}

/// The language that was chosen for a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChosenLanguage {
    /// A BCP 47 tag.
    pub language: String,
    /// What makes the choice doubtful: a sentence without a period.
    pub warning: Option<String>,
}

/// Chooses the language of `text`: the one that was `asked` for unless that is empty, else what the text is recognised as, else
/// English. Where the text has signs of a language, but too few, the choice is English and there is a warning.
#[must_use]
pub fn choose_language(asked: &str, text: &str) -> ChosenLanguage {
    let of = |language: &str| ChosenLanguage {
        language: language.to_owned(),
        warning: None,
    };
    if !asked.is_empty() {
        return of(asked);
    }
    match recognise(text) {
        Recognised::Sure(language) => of(language),
        Recognised::Nothing => of(ENGLISH),
        Recognised::Unsure(language) => {
            let name = language_name(language).unwrap_or(language);
            ChosenLanguage {
                warning: Some(format!(
                    "the words may be {name}, which is not certain enough, so they are taken for English; say which language \
                     they are in"
                )),
                ..of(ENGLISH)
            }
        }
    }
}

/// What a text is taken for that tells nothing.
const ENGLISH: &str = "en";

/// Whether two tags are of the same language.
fn is_same(one: &str, other: &str) -> bool {
    primary_subtag(one) == primary_subtag(other)
}

#[cfg(test)]
mod tests;
