//! What is said for each displayed word.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;
use videogen_text::{WritingSystem, primary_subtag};

use super::display::DisplayWord;
use super::place::{Place, bare};
use super::tables::Table;
use super::{Repertoire, Stop, amount, date, is_speakable, ordinal, short};

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

/// Spells out every word. `ends` says for each whether a sentence ends with it.
pub(super) fn spell(
    words: &[DisplayWord],
    ends: &[bool],
    language: &str,
    repertoire: Repertoire,
) -> Vec<Spoken> {
    let tag = language.to_lowercase().replace('_', "-");
    let language = primary_subtag(language);
    let table = Table::of(&language);
    (0..words.len())
        .map(|n| {
            let word = words[n].text.as_str();
            let place = table.map(|table| Place {
                words,
                ends,
                n,
                table,
                tag: &tag,
            });
            let text = wording(word, place);
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
            // A dash that is said is no pause.
            let is_said_dash = !text.is_empty() && word.chars().all(is_dash);
            Spoken {
                text: text
                    .chars()
                    .take(MAX_SPOKEN_CHARS)
                    .collect::<String>()
                    .trim()
                    .to_owned(),
                stop: if is_said_dash {
                    Stop::None
                } else {
                    stop_after(word)
                },
            }
        })
        .collect()
}

fn wording(word: &str, place: Option<Place<'_>>) -> String {
    let table = place.map(|place| place.table);
    if let Some(host) = host_of(word) {
        return plain(host, table, true);
    }
    let unlinked = without_link_target(word);
    if let Some(place) = place.filter(|_| unlinked == word) {
        let said = date::said(place)
            .or_else(|| ordinal::said(place))
            .or_else(|| amount::said(place))
            .or_else(|| short::abbreviation(place));
        if let Some(said) = said {
            return said;
        }
    }
    let word = unlinked.as_str();
    if is_initials(bare(word)) {
        return bare(word)
            .split('.')
            .collect::<Vec<_>>()
            .join(" ")
            .trim()
            .to_owned();
    }
    plain(word, table, is_address(word))
}

/// Whether a word is an address of mail, or a host without anything before it.
fn is_address(word: &str) -> bool {
    let word = word.trim_matches(|c: char| !c.is_alphanumeric());
    let is_part = |part: &str| {
        part.len() > 1
            && part
                .chars()
                .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
    };
    let is_host = |host: &str| host.contains('.') && host.split('.').all(is_part);
    match word.split_once('@') {
        Some((name, host)) => !name.is_empty() && is_host(&host.to_ascii_lowercase()),
        None => {
            is_host(word)
                && word
                    .rsplit('.')
                    .next()
                    .is_some_and(|last| last.chars().all(|c| c.is_ascii_alphabetic()))
        }
    }
}

fn is_dash(c: char) -> bool {
    matches!(c, '-' | '–' | '—' | '―' | '−')
}

/// "J.", "U.S.", "z.B.": single letters, each with a stop.
fn is_initials(word: &str) -> bool {
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

/// Fractions of one character, as Unicode does not write them: "2½" is no 21/2.
const VULGAR: [(char, &str); 7] = [
    ('½', "1/2"),
    ('⅓', "1/3"),
    ('⅔', "2/3"),
    ('¼', "1/4"),
    ('¾', "3/4"),
    ('⅛', "1/8"),
    ('⅕', "1/5"),
];

/// `word` with its fractions of one character said in words.
fn without_vulgar(word: &str, table: Option<&Table>) -> String {
    let mut out = String::new();
    for c in word.chars() {
        let Some((_, written)) = VULGAR.iter().find(|(vulgar, _)| *vulgar == c) else {
            out.push(c);
            continue;
        };
        let said =
            table.and_then(|table| table.fractions.iter().find(|(short, _)| short == written));
        let said = said.map_or(*written, |(_, said)| *said);
        let and = table.map_or("", |table| table.and);
        if out.ends_with(|c: char| c.is_ascii_digit()) {
            out.push(' ');
            out.push_str(and);
        }
        out.push(' ');
        out.push_str(said);
        out.push(' ');
    }
    out
}

/// Letters, digits and the signs a synthesiser needs; everything else is a space, a name or nothing.
fn plain(word: &str, table: Option<&Table>, is_address: bool) -> String {
    let english = table.is_some_and(|table| table.language == "en");
    let whole = without_vulgar(word, table);
    let compatible: String = whole.nfkc().take(MAX_SPOKEN_CHARS).collect();
    let chars: Vec<char> = compatible.chars().collect();
    let mut out = String::new();
    let mut marks = 0;
    let say = |out: &mut String, name: &str| {
        out.push(' ');
        out.push_str(name);
        out.push(' ');
    };
    for (n, &c) in chars.iter().enumerate() {
        let before = n.checked_sub(1).map_or(' ', |n| chars[n]);
        let after = chars.get(n + 1).copied().unwrap_or(' ');
        let digits = before.is_numeric() && after.is_numeric();
        let inside = (is_speakable(before) || is_combining_mark(before)) && is_speakable(after);
        let beside = is_speakable(before) || is_speakable(after);
        if is_spoken_mark(c) {
            marks += 1;
            if marks <= MAX_MARKS && out.chars().last().is_some_and(|last| last != ' ') {
                out.push(c);
            }
            continue;
        }
        marks = 0;
        let sign = table.and_then(|table| table.sign(c));
        match c {
            c if is_speakable(c) => out.push(c),
            '\'' | '’' | 'ʼ' | '‘' if inside => out.push('\''),
            '-' | '\u{2010}' | '\u{2011}' if inside => out.push('-'),
            '-' | '−' if after.is_numeric() && out.is_empty() && n == 0 => out.push('-'),
            '.' | ',' | ':' if digits => out.push(c),
            '/' | '\u{2044}' if digits => out.push('/'),
            '.' if inside && (english || is_address) => match table {
                Some(table) if is_address || after.is_lowercase() => say(&mut out, table.dot),
                _ => out.push(' '),
            },
            '@' if is_address => say(&mut out, table.map_or("", |table| table.at)),
            '—' | '–' | '―' if inside && !digits => out.push_str(", "),
            // Code: "C#" and "C++".
            '#' if before.is_alphabetic() && !is_speakable(after) && table.is_some() => {
                out.push_str(" sharp");
            }
            '+' if before == '+' && sign.is_some() => say(&mut out, sign.unwrap_or_default()),
            '#' if after.is_numeric() && out.is_empty() && table.is_some() => {
                say(&mut out, table.map_or("", |table| table.number));
            }
            // Strokes between words are none of its business, nor are marks of a text.
            '~' | '→' | '^' | '√' | '@' if !(inside || c == '@' && english) => {}
            _ if let Some(name) = sign
                && (beside || word.chars().count() == 1) =>
            {
                say(&mut out, name);
            }
            // The synthesiser names these in its own language.
            '%' | '$' | '€' | '£' | '¥' | '₹' | '°' | '&'
                if !english && (before.is_numeric() || after.is_numeric()) =>
            {
                out.push(c);
            }
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
    if word.chars().all(is_dash) {
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
