//! Takes off what is around a topic: quotation marks, emoji, "make a video about".

use super::lower_words;
use super::words::FOREIGN;

/// What lists are of.
const LISTS: [&str; 19] = [
    "facts",
    "things",
    "reasons",
    "tips",
    "ways",
    "lessons",
    "secrets",
    "myths",
    "mistakes",
    "hacks",
    "ideas",
    "signs",
    "steps",
    "questions",
    "truths",
    "rules",
    "tricks",
    "stories",
    "insights",
];

/// `text` without its final marks, and without quotation marks when they enclose all of it. `None` when nothing is left.
pub(super) fn unquoted(text: &str) -> Option<&str> {
    let text = text.trim();
    for (open, close) in [
        ('"', '"'),
        ('“', '”'),
        ('«', '»'),
        ('\'', '\''),
        ('「', '」'),
    ] {
        if let Some(inner) = text
            .strip_prefix(open)
            .and_then(|t| t.strip_suffix(close))
            .map(str::trim)
            && !inner.is_empty()
            && !inner.contains([open, close])
        {
            return Some(inner);
        }
    }
    (!text.is_empty()).then_some(text)
}

/// `text` without emoji, when words remain.
pub(super) fn without_pictures(text: &str) -> Option<String> {
    let kept: String = text
        .chars()
        .filter(|&c| !matches!(c, '\u{1F000}'..='\u{1FAFF}' | '\u{2190}'..='\u{2BFF}' | '\u{FE0F}' | '\u{200D}' | '\u{20E3}'))
        .collect();
    let kept = kept.split_whitespace().collect::<Vec<_>>().join(" ");
    let kept = kept.trim_matches(|c: char| {
        matches!(
            c,
            '.' | '!' | '?' | '…' | ' ' | ',' | ';' | ':' | '-' | '–' | '—'
        )
    });
    (kept.chars().filter(|c| c.is_alphabetic()).count() >= 2).then(|| kept.to_owned())
}

/// Whether English sentences can be built around `text`: Latin letters, ordinary punctuation, no run of foreign words.
pub(super) fn is_english(text: &str) -> bool {
    let plain = text.chars().all(|c| {
        c == ' '
            || (c.is_alphanumeric() && (c as u32) < 0x250)
            || matches!(
                c,
                '\'' | '’' | '-' | '–' | ',' | '&' | ':' | '.' | '+' | '?' | ';'
            )
    });
    let marks = text
        .chars()
        .filter(|c| matches!(c, ':' | '.' | '?' | ';' | '+'))
        .count();
    let words = lower_words(text);
    let foreign = words
        .iter()
        .filter(|w| FOREIGN.contains(&w.as_str()))
        .count();
    let odd_start = text.starts_with(|c: char| !c.is_alphanumeric())
        || text.split_whitespace().any(|w| w.chars().count() > 24);
    let first_is_foreign =
        text.split(' ').next().is_some_and(|w| FOREIGN.contains(&w)) && words.len() > 1;
    let numbers_only = !text.chars().any(char::is_alphabetic);
    let path_like = text.contains("..")
        || text.contains("--")
        || text
            .split_whitespace()
            .any(|w| w.contains('.') && w.len() > 5 && !w.ends_with('.'));
    plain
        && marks <= 3
        && foreign < 2
        && !odd_start
        && !first_is_foreign
        && !numbers_only
        && !path_like
}

/// `text` without what only asks for a video: "5 facts about cats" is about cats.
pub(super) fn without_request(text: &str) -> String {
    let mut rest = text;
    for request in [
        "make a video about ",
        "make a short video about ",
        "create a video about ",
        "create a video on ",
        "a video about ",
        "video about ",
        "a short video about ",
        "a short about ",
        "write a script about ",
        "a script about ",
        "tell me about ",
        "tell me more about ",
        "explain ",
        "an introduction to ",
        "introduction to ",
        "everything about ",
        "everything you need to know about ",
        "all about ",
        "the truth about ",
        "fun facts about ",
        "facts about ",
        "the facts about ",
        "a story about ",
        "something about ",
        "what you should know about ",
        "interesting facts about ",
        "amazing facts about ",
        "a documentary about ",
        "short documentary about ",
        "a poem about ",
        "the topic of ",
        "about ",
        "what you didn't know about ",
        "things you didn't know about ",
        "things you should know about ",
    ] {
        if let Some(head) = rest.get(..request.len())
            && head.eq_ignore_ascii_case(request)
            && rest.len() > request.len()
        {
            rest = &rest[request.len()..];
        }
    }
    counted(rest).unwrap_or_else(|| rest.to_owned())
}

/// The subject of a list: "top 10 facts about cats", "7 ways to save money", "5 ancient cities".
pub(super) fn counted(text: &str) -> Option<String> {
    let tokens: Vec<&str> = text.split_whitespace().collect();
    let lower: Vec<String> = tokens.iter().map(|t| t.to_lowercase()).collect();
    let mut at = 0;
    if lower.first().is_some_and(|w| w == "the") && lower.get(1).is_some_and(|w| w == "top") {
        at = 1;
    }
    let top = lower.get(at).is_some_and(|w| w == "top");
    at += usize::from(top);
    let number = lower.get(at)?;
    let is_number = number.parse::<u32>().is_ok_and(|n| (2..=100).contains(&n))
        || [
            "three", "four", "five", "six", "seven", "eight", "nine", "ten", "twelve", "twenty",
        ]
        .contains(&number.as_str());
    if !is_number || tokens.len() < at + 2 {
        return None;
    }
    at += 1;
    let list = (at..tokens.len().min(at + 3)).find(|&i| LISTS.contains(&lower[i].as_str()));
    let rest = |from: usize| (from < tokens.len()).then(|| tokens[from..].join(" "));
    if let Some(list) = list {
        let joint = lower.get(list + 1)?.as_str();
        return match joint {
            "about" | "on" | "of" | "from" | "for" | "to" | "why" => {
                rest(if joint == "why" { list + 1 } else { list + 2 })
            }
            _ => (list..tokens.len())
                .find(|&i| lower[i] == "about")
                .and_then(|i| rest(i + 1)),
        };
    }
    let last = lower.last()?;
    if !(last.ends_with('s') || lower[at..].iter().any(|w| w == "of")) {
        return None;
    }
    let superlative = lower[at].ends_with("est") || lower[at] == "most";
    rest(at).map(|r| if superlative { format!("the {r}") } else { r })
}
