//! A line of a script in its parts: what marks it as a list, and the label with which it begins.

use super::tables::REMARKS;

/// A label at the beginning of a line: `NARRATOR: …`, `**Host (smiling):** …`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Label<'a> {
    /// The label as it is written, without marks and brackets.
    pub(super) name: String,
    /// Whether it is set off by marks of emphasis.
    pub(super) is_marked: bool,
    /// Whether a bracket that tells how it is spoken stood in it.
    pub(super) has_manner: bool,
    /// Whether a dash in it parts the name from how it is spoken: `Narrator – quietly:`.
    pub(super) is_dashed: bool,
    /// Marks of emphasis that go on behind it.
    pub(super) open: &'a str,
    /// What follows.
    pub(super) rest: &'a str,
}

/// Signs of emphasis in Markdown.
pub(super) const MARKS: &[char] = &['*', '_'];

/// The longest label, in characters.
const LONGEST: usize = 48;
/// The most words of a label.
const MOST_WORDS: usize = 4;

/// What stands before the words of a line, white space and signs of a list or a quotation, and the rest.
pub(super) fn parted(line: &str) -> (&str, &str) {
    let mut rest = line.trim_start();
    while let Some(more) = ["> ", ">> ", "- ", "* ", "+ ", "• "]
        .iter()
        .find_map(|sign| rest.strip_prefix(sign))
    {
        rest = more.trim_start();
    }
    line.split_at(line.len() - rest.len())
}

/// The label with which `body` begins.
pub(super) fn label(body: &str) -> Option<Label<'_>> {
    let inner = body.trim_start_matches(MARKS);
    let open = &body[..body.len() - inner.len()];
    let mut depth = 0_usize;
    let (at, colon) = inner.char_indices().take(LONGEST).find(|(_, c)| {
        match c {
            '(' | '[' | '（' => depth += 1,
            ')' | ']' | '）' => depth = depth.saturating_sub(1),
            _ => {}
        }
        depth == 0 && matches!(c, ':' | '：')
    })?;
    let before = inner[..at].trim_end();
    let after = &inner[at + colon.len_utf8()..];
    let name = before.trim_end_matches(MARKS);
    let is_closed_before = !open.is_empty() && name.len() < before.len();
    let (is_closed, rest) = if open.is_empty() || is_closed_before {
        (true, after)
    } else {
        after
            .strip_prefix(open)
            .map_or((false, after), |rest| (true, rest))
    };
    let is_apart = colon == '：'
        || rest.is_empty()
        || rest.starts_with(char::is_whitespace)
        || rest.starts_with(['"', '“', '„', '«']);
    let (name, has_manner) = without_manner(name);
    let (name, is_dashed) = match name_before_dash(&name) {
        Some(name) => (name.to_owned(), true),
        None => (name, false),
    };
    let is_name = !name.is_empty()
        && name.split_whitespace().count() <= MOST_WORDS
        && name.contains(char::is_alphabetic)
        && name
            .chars()
            .all(|c| c.is_alphanumeric() || is_mark(c) || " .'’-&/#".contains(c));
    (is_apart && is_name).then(|| Label {
        name,
        is_marked: !open.is_empty() && is_closed,
        has_manner,
        is_dashed,
        open: if is_closed { "" } else { open },
        rest: rest.trim_start(),
    })
}

/// Vowel signs and other marks of scripts that write them apart.
fn is_mark(c: char) -> bool {
    unicode_normalization::char::is_combining_mark(c)
}

/// `Narrator (V.O.)` without what stands in brackets, and whether there was any. A name may stand in brackets of its own.
pub(super) fn without_manner(name: &str) -> (String, bool) {
    let name = name.trim();
    let name = name
        .strip_prefix('[')
        .and_then(|inner| inner.strip_suffix(']'))
        .unwrap_or(name);
    match name.find(['(', '[', '（']) {
        Some(at) if at > 0 && name.ends_with([')', ']', '）']) => {
            (name[..at].trim().to_owned(), true)
        }
        _ => (name.to_owned(), false),
    }
}

/// The name in `Narrator – quietly`: one word or a few in small letters tell how it is spoken.
fn name_before_dash(name: &str) -> Option<&str> {
    const MOST_WORDS: usize = 3;
    let signs = [" – ", " — ", " - "];
    let (name, manner) = signs.iter().find_map(|sign| name.split_once(sign))?;
    let words: Vec<&str> = manner.split_whitespace().collect();
    let is_manner = (1..=MOST_WORDS).contains(&words.len())
        && words.iter().all(|word| {
            word.starts_with(char::is_lowercase)
                && word.chars().all(|c| c.is_alphabetic() || c == '-')
                && !REMARKS.contains(word)
        });
    (is_manner && !name.trim().is_empty()).then(|| name.trim())
}

/// Whether all letters of a text are capitals, of a script that has them, and there are two at least.
pub(super) fn is_caps(text: &str) -> bool {
    let mut letters = text.chars().filter(|c| c.is_alphabetic()).peekable();
    letters.peek().is_some()
        && text.chars().filter(|c| c.is_uppercase()).count() > 1
        && letters.all(char::is_uppercase)
}

/// Whether what follows a label begins in the middle of a sentence.
pub(super) fn goes_on(rest: &str) -> bool {
    let first = rest.chars().find(|c| !MARKS.contains(c));
    first.is_some_and(char::is_lowercase)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_found_with_their_marks() {
        for (body, name, is_marked, rest) in [
            ("NARRATOR: The sea.", "NARRATOR", false, "The sea."),
            ("**HOST:** Hello", "HOST", true, "Hello"),
            ("**HOST**: Hello", "HOST", true, "Hello"),
            ("*Narrator (V.O.):* Hello", "Narrator", true, "Hello"),
            ("Narrator (V.O.): Hello", "Narrator", false, "Hello"),
            ("[Host]: Hello", "Host", false, "Hello"),
            ("旁白：海很深。", "旁白", false, "海很深。"),
            ("ANNA:", "ANNA", false, ""),
            (
                "Narrator – quietly: Good night.",
                "Narrator",
                false,
                "Good night.",
            ),
            ("Host - off screen: Hello", "Host", false, "Hello"),
        ] {
            let found = label(body).expect("a label");
            assert_eq!(
                (found.name.as_str(), found.is_marked, found.rest),
                (name, is_marked, rest),
                "{body}"
            );
        }
        let open = label("**Host: all of it is bold**").expect("a label");
        assert_eq!(
            (open.is_marked, open.open, open.rest),
            (false, "**", "all of it is bold**")
        );
        for body in [
            "It is 10:30 now",
            "Narrator – the one who tells: he is old",
            "Tokyo – 2020: it was hot",
            "https://x.y",
            "This is a sentence of many words: see",
            "",
            ": x",
            "12: x",
        ] {
            assert_eq!(label(body), None, "{body}");
        }
    }
}
