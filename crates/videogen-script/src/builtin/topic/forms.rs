//! Forms of a topic: its names for each mention, activities, quoted names.

use super::request::unquoted;
use super::words::{AUXILIARY, DOUBLING, EITHER_VERBS, FINITE, SUBJECTS, VERBS};
use super::{Shape, Topic, lower_words, noun};

/// A description too long to be a phrase: its first phrase stands for it.
pub(super) fn described(text: &str) -> Topic {
    let Some(head) = noun::shortened(text, 6, 48) else {
        return opaque(text);
    };
    let head = noun::read(&lower_article(&head));
    let definite = head
        .text
        .strip_prefix("a ")
        .or_else(|| head.text.strip_prefix("an "))
        .map(|rest| format!("the {rest}"));
    let name = definite.unwrap_or(head.text);
    if name.split_whitespace().count() < 2 || is_loose(&name) {
        return opaque(text);
    }
    Topic {
        pronoun: !head.named,
        ..with_name(Shape::Thing, &name, head.plural)
    }
}

/// Whether the phrase is no noun phrase to build on.
pub(super) fn is_loose(name: &str) -> bool {
    let words = lower_words(name);
    SUBJECTS.contains(&words[0].as_str())
        || VERBS.contains(&words[0].as_str())
        || words.iter().any(|w| FINITE.contains(&w.as_str()))
        || matches!(
            words[0].as_str(),
            "how" | "why" | "what" | "when" | "if" | "once"
        )
}

pub(super) fn opaque(text: &str) -> Topic {
    let text = unquoted(text).unwrap_or(text);
    let spaced = text.contains(' ');
    let cut = |words: usize, chars: usize| {
        let mut kept = String::new();
        for (at, word) in text.split_whitespace().enumerate() {
            if at >= words || kept.chars().count() + word.chars().count() >= chars {
                break;
            }
            if at > 0 {
                kept.push(' ');
            }
            kept.push_str(word);
        }
        if kept.is_empty() {
            kept = videogen_text::cut_at_sentence(text, chars, "en").0;
        }
        let kept = kept
            .trim_end_matches([',', ';', ':', '-', '–', '—', '.', ' ', '、', '，'])
            .to_owned();
        // Quoting must stay readable: the marks around are ours.
        let inner = kept.replace(['“', '”'], "\"");
        if kept.len() < text.len() && spaced {
            format!("“{inner} …”")
        } else {
            format!("“{inner}”")
        }
    };
    let name = cut(6, 32);
    let subject = name.trim_matches(['“', '”', '…', ' ']).to_owned();
    Topic {
        shape: Shape::Opaque,
        full: cut(12, 72),
        tag: cut(4, 12),
        name,
        plural: false,
        pronoun: true,
        subject,
        fields: Vec::new(),
    }
}

/// A topic whose first and later mentions are made from one noun phrase.
pub(super) fn with_name(shape: Shape, phrase: &str, plural: bool) -> Topic {
    let full = noun::shortened(phrase, 12, 80).unwrap_or_else(|| {
        phrase
            .split_whitespace()
            .take(8)
            .collect::<Vec<_>>()
            .join(" ")
    });
    let name = noun::shortened(&full, 6, 44).unwrap_or_else(|| full.clone());
    let tag = noun::shortened(&name, 4, 30).unwrap_or_else(|| {
        if plural {
            "these".to_owned()
        } else {
            "this".to_owned()
        }
    });
    Topic {
        shape,
        subject: name.clone(),
        full,
        name,
        tag,
        plural,
        pronoun: true,
        fields: Vec::new(),
    }
}

/// The -ing form of the first verb of `phrase`.
pub(super) fn gerund(phrase: &str) -> String {
    let (verb, rest) = phrase.split_once(' ').map_or((phrase, ""), |(v, r)| (v, r));
    let stem = match verb {
        "be" | "see" => verb.to_owned(),
        _ if DOUBLING.contains(&verb) => format!("{verb}{}", &verb[verb.len() - 1..]),
        _ if verb.ends_with("ic") => format!("{verb}k"),
        _ if verb.ends_with("ie") => format!("{}y", &verb[..verb.len() - 2]),
        _ if verb.ends_with('e')
            && !verb.ends_with("ee")
            && !verb.ends_with("ye")
            && !verb.ends_with("oe") =>
        {
            verb[..verb.len() - 1].to_owned()
        }
        _ => verb.to_owned(),
    };
    if rest.is_empty() {
        format!("{stem}ing")
    } else {
        format!("{stem}ing {rest}")
    }
}

/// `text` with its first letter small, when its first word is not a name or an acronym.
pub(super) fn lower_first(text: &str) -> String {
    let Some(first) = text.chars().next() else {
        return String::new();
    };
    let word = text.split_whitespace().next().unwrap_or("");
    if word.chars().skip(1).any(char::is_uppercase) || word == "I" || word.starts_with("I'") {
        return text.to_owned();
    }
    let rest = &text[first.len_utf8()..];
    let known = text.split_whitespace().count() == 1 || is_common_opening(word);
    if known {
        first.to_lowercase().chain(rest.chars()).collect()
    } else {
        text.to_owned()
    }
}

pub(super) fn lower_article(text: &str) -> String {
    ["A ", "An ", "The "]
        .iter()
        .find_map(|a| {
            text.strip_prefix(a)
                .map(|rest| format!("{}{rest}", a.to_lowercase()))
        })
        .unwrap_or_else(|| text.to_owned())
}

pub(super) fn is_common_opening(word: &str) -> bool {
    let lower = word.to_lowercase();
    let lower = lower.as_str();
    VERBS.contains(&lower)
        || EITHER_VERBS.contains(&lower)
        || SUBJECTS.contains(&lower)
        || AUXILIARY.contains(&lower)
        || super::words::FUNCTION.contains(&lower)
        || matches!(lower, "whose")
        || (lower.len() > 5 && lower.ends_with("ing"))
}
