//! What is said for each displayed word.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;
use videogen_text::{WritingSystem, primary_subtag};

use super::display::DisplayWord;
use super::{Repertoire, Stop, english, is_speakable};

/// More marks on one letter are decoration ("zalgo"), not speech.
const MAX_MARKS: usize = 4;
/// No word is said longer than this; compatibility forms can unfold one character into eighteen.
const MAX_SPOKEN_CHARS: usize = 300;
/// The longest host name that is read out.
const MAX_HOST_CHARS: usize = 80;

/// What is said for a word, and the pause after it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Spoken {
    pub(super) text: String,
    pub(super) stop: Stop,
}

/// Spells out every word.
pub(super) fn spell(words: &[DisplayWord], language: &str, repertoire: Repertoire) -> Vec<Spoken> {
    let language = primary_subtag(language);
    let english = language == "en";
    (0..words.len())
        .map(|n| {
            let word = words[n].text.as_str();
            let before = n.checked_sub(1).map(|n| words[n].text.as_str());
            let after = words.get(n + 1).map(|word| word.text.as_str());
            let text = wording(word, before, after, english);
            let text = match repertoire {
                Repertoire::Unicode => text,
                Repertoire::Language => text
                    .chars()
                    .filter(|c| !c.is_alphabetic() || WritingSystem::of(*c).is_letter_of(&language))
                    .collect(),
                Repertoire::Ascii => fold_to_ascii(&text),
            };
            let text = if text.chars().any(is_speakable) {
                text
            } else {
                String::new()
            };
            Spoken {
                text: text
                    .chars()
                    .take(MAX_SPOKEN_CHARS)
                    .collect::<String>()
                    .trim()
                    .to_owned(),
                stop: stop_after(word),
            }
        })
        .collect()
}

fn wording(word: &str, before: Option<&str>, after: Option<&str>, english: bool) -> String {
    if let Some(host) = host_of(word) {
        return plain(host, english);
    }
    let unlinked = without_link_target(word);
    let word = unlinked.as_str();
    if english {
        if let Some((full, _)) = english::abbreviation(bare(word), before.map(bare), after) {
            return full.to_owned();
        }
        if let Some(money) = english::money(word, before, after) {
            return money;
        }
    }
    if is_initials(bare(word)) {
        return bare(word)
            .split('.')
            .collect::<Vec<_>>()
            .join(" ")
            .trim()
            .to_owned();
    }
    plain(word, english)
}

/// `word` without the quotes and brackets around it; a full stop at the end stays.
pub(super) fn bare(word: &str) -> &str {
    word.trim_start_matches(|c: char| !c.is_alphanumeric())
        .trim_end_matches(|c: char| !c.is_alphanumeric() && c != '.')
}

/// "J.", "U.S.", "z.B.": single letters, each with a stop.
pub(super) fn is_initials(word: &str) -> bool {
    let mut letters = 0;
    let mut parts = word.split('.');
    for part in parts.by_ref() {
        let mut chars = part.chars();
        match (chars.next(), chars.next()) {
            (Some(c), None) if c.is_alphabetic() => letters += 1,
            (None, _) => break,
            _ => return false,
        }
    }
    letters > 0 && parts.next().is_none() && word.ends_with('.')
}

/// The host of an address, without `www.`.
fn host_of(word: &str) -> Option<&str> {
    let word = word.trim_start_matches(|c: char| !c.is_alphanumeric());
    let lower = word.to_ascii_lowercase();
    let skipped = ["https://", "http://", "ftp://"]
        .iter()
        .find(|scheme| lower.starts_with(**scheme))
        .map_or(0, |scheme| scheme.len());
    if skipped == 0 && !lower.starts_with("www.") {
        return None;
    }
    let rest = &word[skipped..];
    let rest = if rest.to_ascii_lowercase().starts_with("www.") {
        &rest[4..]
    } else {
        rest
    };
    let end = rest
        .find(|c: char| !(c.is_alphanumeric() || c == '.' || c == '-'))
        .unwrap_or(rest.len());
    let host = rest[..end].trim_end_matches('.');
    (host.chars().count() <= MAX_HOST_CHARS).then_some(host)
}

/// `[docs](https://…)` as `[docs]`.
fn without_link_target(word: &str) -> String {
    match word.split_once("](") {
        Some((label, target)) => format!(
            "{label}] {}",
            target.split_once(')').map_or("", |(_, rest)| rest)
        ),
        None => word.to_owned(),
    }
}

/// Letters, digits and the signs a synthesiser needs; everything else is a space, a name or nothing.
fn plain(word: &str, english: bool) -> String {
    let compatible: String = word.nfkc().take(MAX_SPOKEN_CHARS).collect();
    let chars: Vec<char> = compatible.chars().collect();
    let mut out = String::new();
    let mut marks = 0;
    for (n, &c) in chars.iter().enumerate() {
        let before = n.checked_sub(1).map_or(' ', |n| chars[n]);
        let after = chars.get(n + 1).copied().unwrap_or(' ');
        let digits = before.is_numeric() && after.is_numeric();
        let inside = (is_speakable(before) || is_combining_mark(before)) && is_speakable(after);
        if is_spoken_mark(c) {
            marks += 1;
            if marks <= MAX_MARKS && out.chars().last().is_some_and(|last| last != ' ') {
                out.push(c);
            }
            continue;
        }
        marks = 0;
        match c {
            c if is_speakable(c) => out.push(c),
            '\'' | '’' | 'ʼ' | '‘' if inside => out.push('\''),
            '-' | '\u{2010}' | '\u{2011}' if inside => out.push('-'),
            '-' | '−' if after.is_numeric() && out.is_empty() && n == 0 => out.push('-'),
            '.' | ',' | ':' if digits => out.push(c),
            '/' | '\u{2044}' if digits => out.push('/'),
            '.' if english && inside => {
                out.push_str(if after.is_lowercase() { " dot " } else { " " });
            }
            '—' | '–' | '―' if inside && !digits => out.push_str(", "),
            // The synthesiser names these in its own language.
            '%' | '$' | '€' | '£' | '¥' | '₹' | '°' | '&'
                if !english && (before.is_numeric() || after.is_numeric()) =>
            {
                out.push(c);
            }
            c if english
                && english::symbol(c).is_some()
                && (is_speakable(before) || is_speakable(after) || word.chars().count() == 1) =>
            {
                out.push(' ');
                out.push_str(english::symbol(c).unwrap_or_default());
                out.push(' ');
            }
            '+' if english && before == '+' => out.push_str(" plus "),
            '#' if english && after.is_numeric() && out.is_empty() => out.push_str("number "),
            '(' | ')' | '[' | ']' | '{' | '}' | '<' | '>' | '"' | '“' | '”' | '«' | '»' => {}
            _ if inside => out.push(' '),
            _ => {}
        }
    }
    out.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A mark that belongs to a letter: not the selectors that only choose a glyph.
fn is_spoken_mark(c: char) -> bool {
    is_combining_mark(c)
        && !matches!(c, '\u{FE00}'..='\u{FE0F}' | '\u{20D0}'..='\u{20FF}' | '\u{E0100}'..='\u{E01EF}')
}

/// Takes accents off and drops what is not ASCII then.
fn fold_to_ascii(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.nfkd() {
        match c {
            c if c.is_ascii() => out.push(c),
            'ß' => out.push_str("ss"),
            'æ' | 'Æ' => out.push_str("ae"),
            'œ' | 'Œ' => out.push_str("oe"),
            'ø' | 'Ø' => out.push('o'),
            'đ' | 'Đ' | 'ð' | 'Ð' => out.push('d'),
            'ł' | 'Ł' => out.push('l'),
            'þ' | 'Þ' => out.push_str("th"),
            'ı' => out.push('i'),
            _ => {}
        }
    }
    out.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The pause the punctuation at the end of a displayed word asks for, abbreviations not considered.
fn stop_after(word: &str) -> Stop {
    if word.chars().all(|c| matches!(c, '-' | '–' | '—' | '―')) {
        return Stop::Clause;
    }
    if !word.chars().any(is_speakable) && word.starts_with('#') {
        return Stop::None;
    }
    let end = &word[word.trim_end_matches(|c: char| !is_speakable(c)).len()..];
    let last_is = |set: &[char]| end.contains(set);
    if last_is(&['?', '？', '؟']) {
        Stop::Sentence('?')
    } else if last_is(&['!', '！']) {
        Stop::Sentence('!')
    } else if last_is(&['.', '。', '…', '।', '۔', '．', '｡']) {
        Stop::Sentence('.')
    } else if last_is(&[',', ';', ':', '、', '，', '；', '：', '،', '؛', '—', '–']) {
        Stop::Clause
    } else {
        Stop::None
    }
}
