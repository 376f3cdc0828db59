//! What is left of marks in the text of a paragraph when Markdown was read.

use crate::file::left_out::LeftOut;

/// A text without names of emoji, marks of footnotes that are nowhere, and marks of bold words that Markdown does not know as
/// such beside the punctuation of Chinese and Japanese.
pub(super) fn tidy(text: &str, left_out: &mut LeftOut) -> String {
    let text = without_footnote_marks(text);
    let text = without_emoji_names(&text, left_out);
    without_raised(&without_bold(&text))
}

/// The longest text that is raised or lowered, in characters: `^-12^`.
const LONGEST_RAISED: usize = 5;

/// Without the marks of `x^2^` and `H~2~O`, as Pandoc writes what is raised or lowered. A number that is raised stays so,
/// since it means another one otherwise.
fn without_raised(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(['^', '~']) {
        kept.push_str(&rest[..at]);
        let (mark, inside) = (&rest[at..=at], &rest[at + 1..]);
        let end = inside.find(mark).unwrap_or(inside.len());
        let (inner, behind) = (&inside[..end], inside.get(end + 1..));
        let before = kept.chars().next_back();
        let follows = |wanted: fn(char) -> bool| before.is_some_and(|c| wanted(c) || c == ')');
        let is_short = (1..=LONGEST_RAISED).contains(&inner.chars().count());
        let is_number = || {
            inner
                .trim_start_matches('-')
                .bytes()
                .all(|b| b.is_ascii_digit())
        };
        let raised: Option<String> = match mark {
            "^" if !follows(char::is_alphanumeric) => None,
            "^" if is_number() => inner.chars().map(raised).collect(),
            // "1^st^"; "e^x^" would be another word.
            "^" => (before.is_some_and(char::is_numeric) && inner.chars().all(char::is_alphabetic))
                .then(|| inner.to_owned()),
            _ => (follows(char::is_alphabetic) && inner.bytes().all(|b| b.is_ascii_digit()))
                .then(|| inner.to_owned()),
        };
        let goes_on =
            |behind: &str| behind.starts_with(mark) || behind.starts_with(char::is_numeric);
        match (behind, raised) {
            (Some(behind), Some(words)) if is_short && !goes_on(behind) => {
                kept.push_str(&words);
                rest = behind;
            }
            _ => {
                kept.push_str(mark);
                rest = inside;
            }
        }
    }
    kept.push_str(rest);
    kept
}

/// A digit, or the sign before one, as a raised one.
fn raised(c: char) -> Option<char> {
    const DIGITS: [char; 10] = ['⁰', '¹', '²', '³', '⁴', '⁵', '⁶', '⁷', '⁸', '⁹'];
    if c == '-' {
        return Some('⁻');
    }
    DIGITS.get(c.to_digit(10)? as usize).copied()
}

fn without_footnote_marks(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("[^") {
        let inside = &rest[at + 2..];
        let end = inside.find([']', ' ', '[', '\n']);
        match end {
            Some(end) if end > 0 && inside[end..].starts_with(']') => {
                kept.push_str(&rest[..at]);
                rest = &inside[end + 1..];
            }
            _ => {
                kept.push_str(&rest[..at + 2]);
                rest = inside;
            }
        }
    }
    kept.push_str(rest);
    kept
}

/// Whether a text holds the name of an emoji, `:wave:`.
pub(super) fn has_emoji_name(text: &str) -> bool {
    text.split_whitespace().any(is_emoji_name)
}

fn is_emoji_name(word: &str) -> bool {
    let word = word.trim_end_matches(['.', ',', '!', '?']);
    let name = word
        .strip_prefix(':')
        .and_then(|name| name.strip_suffix(':'));
    name.is_some_and(|name| {
        name.len() > 1
            && name.starts_with(|c: char| c.is_ascii_lowercase() || matches!(c, '+' | '-'))
            && name.chars().all(|c| {
                c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '_' | '+' | '-')
            })
    })
}

fn without_emoji_names(text: &str, left_out: &mut LeftOut) -> String {
    if !has_emoji_name(text) {
        return text.to_owned();
    }
    let mut kept = String::with_capacity(text.len());
    for word in text.split_inclusive(char::is_whitespace) {
        if is_emoji_name(word.trim_end()) {
            left_out.emoji_names += 1;
            // A sign behind it ends the sentence before it.
            let end = word.trim_end().rsplit(':').next().unwrap_or_default();
            if !end.is_empty() {
                kept.truncate(kept.trim_end().len());
            }
            kept.push_str(end);
            if !kept.ends_with(char::is_whitespace) {
                kept.push(' ');
            }
        } else {
            kept.push_str(word);
        }
    }
    kept
}

/// Without pairs of `**`, unless letters stand on both sides of one: those hide what one does not say.
fn without_bold(text: &str) -> String {
    let is_letter = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric() || c == '*');
    let marks: Vec<usize> = text
        .match_indices("**")
        .map(|(at, _)| at)
        .filter(|&at| {
            let (before, after) = (
                text[..at].chars().next_back(),
                text[at + 2..].chars().next(),
            );
            !(is_letter(before) && is_letter(after))
        })
        .collect();
    if marks.is_empty() || !marks.len().is_multiple_of(2) {
        return text.to_owned();
    }
    let mut kept = String::with_capacity(text.len());
    let mut from = 0;
    for at in marks {
        kept.push_str(&text[from..at]);
        from = at + 2;
    }
    kept.push_str(&text[from..]);
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_of_marks_goes() {
        for (text, want, names) in [
            ("The end. :wave:", "The end. ", 1),
            ("Hello :tada:! Bye.", "Hello! Bye.", 1),
            ("A note[^1] and [^another].", "A note and .", 0),
            ("**“重点”**内容", "“重点”内容", 0),
            ("f**k and s**t, 2**3", "f**k and s**t, 2**3", 0),
            (
                "At 10:30:15 it is so: yes.",
                "At 10:30:15 it is so: yes.",
                0,
            ),
            ("[^ open", "[^ open", 0),
            ("H~2~O, SO~4~^2-^", "H2O, SO4^2-^", 0),
            ("x^2^ + (a)^3^, the 20^th^", "x² + (a)³, the 20th", 0),
            (
                "e^x^, ^^, ^2^, x^2^3, ~5~ of 5~6~7",
                "e^x^, ^^, ^2^, x^2^3, ~5~ of 5~6~7",
                0,
            ),
            ("2^10 and 2^20, a~b", "2^10 and 2^20, a~b", 0),
        ] {
            let mut left_out = LeftOut::default();
            assert_eq!(tidy(text, &mut left_out), want);
            assert_eq!(left_out.emoji_names, names);
        }
    }
}
