//! Brackets over several lines: one that opens at the beginning of a line and closes in a later one.

use super::cast::{is_narrator, is_role};
use super::cue::BRACKETS;
use super::line::{MARKS, is_caps, label, parted};
use super::tables::DIRECTIONS;

/// How many lines may follow the one in which a bracket opens.
const MOST_LINES: usize = 5;

/// Brackets over several lines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Enclosed<'a> {
    /// What they enclose, with them, as one line.
    pub(super) whole: String,
    /// What follows in the last line.
    pub(super) rest: &'a str,
    /// How many lines they begin, go on and end in.
    pub(super) lines: usize,
}

/// The brackets with which the first of `lines` begins, if they close in one of the next lines of its paragraph. The flag of a
/// line says whether it is prose.
pub(super) fn enclosed<'a>(lines: &[(&'a str, bool)]) -> Option<Enclosed<'a>> {
    let ((first, is_prose), more) = lines.split_first()?;
    if !is_prose {
        return None;
    }
    let (_, first) = parted(first);
    let inner = first.trim_start_matches(MARKS);
    let is_marked = inner.len() < first.len();
    let open = inner.chars().next()?;
    let pair = *BRACKETS.iter().find(|(first, _)| *first == open)?;
    let mut depth = 0;
    if closed_at(inner, pair, &mut depth).is_some() {
        return None;
    }
    let mut whole = first.trim_end().to_owned();
    for (n, (line, is_prose)) in (2..).zip(more.iter().take(MOST_LINES)) {
        let (prefix, body) = parted(line);
        let is_item = prefix.contains(['-', '*', '+', '•']);
        if !is_prose || body.is_empty() || is_item || is_speech(body) {
            return None;
        }
        let Some(end) = closed_at(body, pair, &mut depth) else {
            videogen_text::append(&mut whole, body.trim_end());
            continue;
        };
        let (last, mut rest) = body.split_at(end);
        videogen_text::append(&mut whole, last);
        if is_marked {
            let behind = rest.trim_start_matches(MARKS);
            whole.push_str(&rest[..rest.len() - behind.len()]);
            rest = behind;
        }
        // `[words](address)`, `[words][name]`, `[name]: address`.
        let is_link = rest.starts_with(['(', '[', ':']);
        return (!is_link).then_some(Enclosed {
            whole,
            rest: rest.trim(),
            lines: n,
        });
    }
    None
}

/// Where all brackets of a kind are closed, behind the last one; `depth` are those that are open.
fn closed_at(line: &str, (open, close): (char, char), depth: &mut usize) -> Option<usize> {
    for (at, c) in line.char_indices() {
        if c == open {
            *depth += 1;
        } else if c == close {
            *depth = depth.saturating_sub(1);
            if *depth == 0 {
                return Some(at + c.len_utf8());
            }
        }
    }
    None
}

/// Whether a line begins with who speaks, so that a bracket before it was never closed.
fn is_speech(body: &str) -> bool {
    label(body).is_some_and(|label| {
        let name = label.name.to_lowercase();
        let is_name = is_caps(&label.name) && !DIRECTIONS.contains(&name.as_str());
        is_narrator(&name) || is_role(&name) || is_name
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Option<(String, &str, usize)> {
        let lines: Vec<(&str, bool)> = text.lines().map(|line| (line, true)).collect();
        enclosed(&lines).map(|found| (found.whole, found.rest, found.lines))
    }

    #[test]
    fn brackets_over_several_lines_are_found() {
        for (text, whole, rest, lines) in [
            (
                "[Scene 1: A long shot\nof the sea]",
                "[Scene 1: A long shot of the sea]",
                "",
                2,
            ),
            (
                "**[B-ROLL\nof (the\nsea)]** It.",
                "**[B-ROLL of (the sea)]**",
                "It.",
                3,
            ),
            ("> (he pauses for\n> long)", "(he pauses for long)", "", 2),
            ("【海的\n镜头】很深", "【海的镜头】", "很深", 2),
        ] {
            assert_eq!(found(text), Some((whole.to_owned(), rest, lines)), "{text}");
        }
        for text in [
            "[MUSIC]",
            "[MUSIC\nNARRATOR: The sea is deep [so].\nIt is cold]",
            "[a\n\nb]",
            "(\n- one\n- two)",
            "[words\nof it](https://x.y)",
            "(one\ntwo\nthree\nfour\nfive\nsix\nseven)",
            "(never\nclosed",
            "Before [it\nopens]",
            "",
        ] {
            assert_eq!(found(text), None, "{text}");
        }
    }
}
