//! Reads a topic: what shape it has, how it fits into a sentence, which fields it belongs to.

mod fields;
mod forms;
mod noun;
mod request;
mod shape;
mod telling;
mod words;

use super::lexicon::Field;

/// How a topic can be used in a sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Shape {
    /// A noun phrase or an activity: "black holes", "learning to swim".
    Thing,
    /// A skill: the verb phrase after "how to".
    HowTo(String),
    /// An imperative, as an infinitive: "to start again", "not to panic".
    Act(String),
    /// A question to be asked as it stands, capitalised and with its mark.
    Question(String),
    /// A statement, capitalised, with its full stop.
    Claim(String),
    /// Two rivals.
    Versus(String, String),
    /// Text that English grammar does not apply to; it is used as a quoted name.
    Opaque,
}

/// What a question is asked with that was written as a clause: "why cats purr".
pub(super) const WONDERED: &str = "Have you ever wondered ";

/// A topic, ready to be put into sentences.
#[derive(Debug)]
pub(super) struct Topic {
    pub(super) shape: Shape,
    /// The noun phrase for the first mention.
    pub(super) full: String,
    /// The noun phrase for every other mention: at most six words or about forty characters.
    pub(super) name: String,
    /// `name` when there is hardly any room: at most four words.
    pub(super) tag: String,
    /// Whether `name` takes "are".
    pub(super) plural: bool,
    /// Whether "it" or "they" can stand for it; a person's name is repeated instead.
    pub(super) pronoun: bool,
    /// What titles, hashtags and picture descriptions call it: no quotation marks, not a question.
    pub(super) subject: String,
    /// The fields it belongs to, the closest first; at most three.
    pub(super) fields: Vec<&'static Field>,
}

impl Topic {
    /// Reads `text`, which [`videogen_text::clean`] has been over. Any text is a topic.
    pub(super) fn read(text: &str) -> Self {
        let mut topic = shape::read(text);
        topic.fields = fields::of(text);
        if topic.fields.is_empty() && topic.subject != text {
            topic.fields = fields::of(&topic.subject);
        }
        topic
    }

    /// Whether it is a question that can stand in a sentence as it is: "why cats purr", and not "why is the sky blue".
    pub(super) fn is_clause(&self) -> bool {
        matches!(&self.shape, Shape::Question(asked) if asked.starts_with(WONDERED))
    }

    /// Whether it still says what it is about where there is hardly any room.
    pub(super) fn has_short_name(&self) -> bool {
        telling(&self.tag).is_superset(&telling(&self.name))
    }
}

pub(super) use fields::of as fields_of;
pub(super) use telling::{is_common, stem, telling};

/// The words of `text` in lower case, without the punctuation around them.
pub(super) fn lower_words(text: &str) -> Vec<String> {
    text.split_whitespace()
        .map(|word| {
            word.trim_matches(|c: char| !c.is_alphanumeric() && c != '+')
                .to_lowercase()
                .replace('’', "'")
        })
        .filter(|word| !word.is_empty())
        .collect()
}

/// `text` with a capital at its start, unless its first word carries capitals of its own (iPhone).
pub(super) fn capitalised(text: &str) -> String {
    let first_word = text.split_whitespace().next().unwrap_or("");
    if first_word.chars().skip(1).any(char::is_uppercase) {
        return text.to_owned();
    }
    let Some((at, first)) = text
        .char_indices()
        .find(|(_, c)| !matches!(c, '“' | '"' | '\'' | '‘'))
    else {
        return text.to_owned();
    };
    if at > 0 {
        // A quoted name is quoted as it was written.
        return text.to_owned();
    }
    first
        .to_uppercase()
        .chain(text[first.len_utf8()..].chars())
        .collect()
}
