//! Noun phrases: number, articles, capitals, and a shorter form for the second mention.

use super::lower_words;
use super::words::{
    BOUNDARY, COUNTABLE, FUNCTION, NAME_PHRASES, NAMED_THE, NAMES, NOT_GERUND, OF_THE, PLURAL,
    SINGULAR_S, THE_LAST, UNIQUE,
};

/// A noun phrase that fits in the middle of a sentence.
#[derive(Debug)]
pub(super) struct Noun {
    pub(super) text: String,
    pub(super) plural: bool,
    /// Whether it is a name that "it" might insult.
    pub(super) named: bool,
}

const DETERMINERS: &[&str] = &[
    "a", "an", "the", "my", "your", "our", "their", "his", "her", "its", "this", "that", "these",
    "those", "some", "every", "each", "all", "no", "what", "one", "another", "any", "both", "many",
    "most", "such",
];

/// Reads `raw` as a noun phrase.
pub(super) fn read(raw: &str) -> Noun {
    let mut text = cased(raw);
    let words = lower_words(&text);
    let lower = words.join(" ");
    let first = words.first().map_or("", String::as_str);
    let determined = DETERMINERS.contains(&first)
        || first.ends_with("'s")
        || words.get(1).is_some_and(|w| w.ends_with("'s"));
    let core_end = words
        .iter()
        .position(|w| BOUNDARY.contains(&w.as_str()))
        .filter(|&at| at > 0)
        .unwrap_or(words.len());
    let core = &words[..core_end];
    let head = core.last().map_or("", String::as_str);
    let activity = is_activity(&words);
    let named = text
        .split_whitespace()
        .next()
        .is_some_and(|w| w.starts_with(char::is_uppercase))
        && !activity;
    let joined = core.iter().any(|w| w == "and" || w == "&")
        && !activity
        && lower != "rock and roll"
        && first != "the";
    // An acronym that ends in S is one thing: GPS.
    let acronym = text
        .split_whitespace()
        .nth(core_end.saturating_sub(1))
        .is_some_and(|w| w.len() > 1 && w.chars().all(char::is_uppercase));
    let mut plural = !activity && (joined || (!acronym && is_plural(head, first)));
    if !determined && !activity {
        let core_text = core.join(" ");
        let names_the =
            named && words.len() > 1 && NAMED_THE.contains(&words[words.len() - 1].as_str());
        let of_the = words.get(core_end).is_some_and(|w| w == "of")
            && core_end == 1
            && OF_THE.contains(&head);
        let the_last = core.len() > 1 && core_end == words.len() && THE_LAST.contains(&head);
        if the_last
            || UNIQUE.contains(&lower.as_str())
            || UNIQUE.contains(&core_text.as_str())
            || names_the
            || of_the
        {
            text = format!("the {text}");
        } else if !plural && !named && core_end == words.len() && is_countable(&core_text, head) {
            text = pluralised(&text);
            plural = true;
        }
    }
    let named = named && !text.starts_with("the ") && !plural;
    Noun {
        text,
        plural,
        named,
    }
}

/// Whether the phrase is an activity: "learning to swim".
pub(super) fn is_activity(words: &[String]) -> bool {
    let mut rest = words
        .iter()
        .map(String::as_str)
        .skip_while(|w| matches!(*w, "not" | "never"));
    rest.next()
        .is_some_and(|w| w.len() > 4 && w.ends_with("ing") && !NOT_GERUND.contains(&w))
}

fn is_plural(head: &str, first: &str) -> bool {
    if matches!(first, "these" | "those" | "many" | "both") || PLURAL.contains(&head) {
        return true;
    }
    if matches!(
        first,
        "a" | "an" | "this" | "every" | "each" | "one" | "another"
    ) {
        return false;
    }
    let singular = SINGULAR_S.contains(&head)
        || head.ends_with("ss")
        || head.ends_with("us")
        || head.ends_with("is");
    head.len() > 2 && head.ends_with('s') && !head.ends_with("'s") && !singular
}

fn is_countable(core: &str, head: &str) -> bool {
    COUNTABLE.contains(&core) || (COUNTABLE.contains(&head) && core.split(' ').count() <= 2)
}

fn pluralised(text: &str) -> String {
    let (before, last) = text.rsplit_once(' ').map_or(("", text), |(a, b)| (a, b));
    let plural = match last {
        "octopus" => "octopuses".to_owned(),
        "child" => "children".to_owned(),
        "wolf" => "wolves".to_owned(),
        "bacterium" => "bacteria".to_owned(),
        "hero" | "potato" | "tomato" | "volcano" | "tornado" => format!("{last}es"),
        _ if last.ends_with('y')
            && !last.ends_with("ey")
            && !last.ends_with("ay")
            && !last.ends_with("oy") =>
        {
            format!("{}ies", &last[..last.len() - 1])
        }
        _ if last.ends_with("ch") || last.ends_with("sh") || last.ends_with(['s', 'x', 'z']) => {
            format!("{last}es")
        }
        _ => format!("{last}s"),
    };
    if before.is_empty() {
        plural
    } else {
        format!("{before} {plural}")
    }
}

/// `raw` with capitals where English has them: names keep or get theirs, shouting and title case are undone where the
/// words are ordinary.
pub(super) fn cased(raw: &str) -> String {
    let letters = raw.chars().filter(|c| c.is_alphabetic()).count();
    let shouted = letters > 5
        && raw
            .chars()
            .filter(|c| c.is_alphabetic())
            .all(|c| !c.is_lowercase());
    let source: Vec<String> = raw
        .split_whitespace()
        .map(|word| {
            if shouted {
                word.to_lowercase()
            } else {
                word.to_owned()
            }
        })
        .collect();
    let names_around = |at: usize| {
        // A capitalised ordinary word between capitalised unknown ones is part of a title or a name.
        let odd = |w: &String| w.starts_with(char::is_uppercase) && !is_ordinary(w);
        source.get(at + 1).is_some_and(odd) || (at > 0 && odd(&source[at - 1]))
    };
    let mut words: Vec<String> = Vec::with_capacity(source.len());
    for (at, word) in source.iter().enumerate() {
        let lower = word.to_lowercase();
        let bare = lower.trim_matches(|c: char| !c.is_alphanumeric());
        let stem = bare
            .strip_suffix("'s")
            .or_else(|| bare.strip_suffix("’s"))
            .unwrap_or(bare);
        if let Some((_, name)) = NAMES.iter().find(|(key, _)| *key == stem) {
            words.push(lower.replacen(stem, name, 1));
        } else if is_title_word(word) && is_ordinary(word) && (at == 0 || !names_around(at)) {
            words.push(lower);
        } else {
            words.push(word.clone());
        }
    }
    let mut text = words.join(" ");
    for (phrase, name) in NAME_PHRASES {
        let lower = text.to_lowercase();
        if lower.len() == text.len()
            && let Some(at) = lower.find(phrase)
            && text.is_char_boundary(at)
            && text.is_char_boundary(at + phrase.len())
            && !lower[..at].ends_with(char::is_alphanumeric)
            && !lower[at + phrase.len()..].starts_with(char::is_alphanumeric)
        {
            text.replace_range(at..at + phrase.len(), name);
        }
    }
    text
}

fn is_title_word(word: &str) -> bool {
    word.starts_with(char::is_uppercase) && !word.chars().skip(1).any(char::is_uppercase)
}

/// Whether `word` is known to be no name.
fn is_ordinary(word: &str) -> bool {
    let lower = word.to_lowercase();
    let bare = lower
        .trim_matches(|c: char| !c.is_alphanumeric())
        .trim_end_matches("'s")
        .trim_end_matches("’s");
    if NAMES.iter().any(|(key, _)| *key == bare) {
        return false;
    }
    FUNCTION.contains(&bare)
        || BOUNDARY.contains(&bare)
        || COUNTABLE.contains(&bare)
        || (bare.ends_with("ing") && bare.len() > 5)
        || !super::fields::of(bare).is_empty()
}

/// At most `words` words and `chars` characters of `text`, ending where a phrase ends: "the history of coffee" of "the
/// history of coffee in the Ottoman Empire". `None` when no such place exists.
pub(super) fn shortened(text: &str, words: usize, chars: usize) -> Option<String> {
    let tokens: Vec<&str> = text.split_whitespace().collect();
    let fits = |end: usize| end <= words && tokens[..end].join(" ").chars().count() <= chars;
    if fits(tokens.len()) {
        return Some(text.to_owned());
    }
    let ends = |at: usize| {
        let word = tokens[at].to_lowercase();
        BOUNDARY.contains(&word.as_str())
            || tokens[at - 1].ends_with([',', ';', ':'])
            || word == "and"
    };
    let least = if tokens
        .first()
        .is_some_and(|w| DETERMINERS.contains(&w.to_lowercase().as_str()))
    {
        2
    } else {
        1
    };
    let end = (least..tokens.len())
        .rev()
        .find(|&at| ends(at) && fits(at))?;
    let head = tokens[..end].join(" ");
    Some(head.trim_end_matches([',', ';', ':']).to_owned())
}
