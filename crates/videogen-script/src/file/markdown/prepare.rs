//! A text made ready for a parser of Markdown, so that prose which only looks like it keeps its words.

use super::lists::{ListNumbers, number};
use super::signs::{is_rule, is_underline};

/// The longest line that a line of signs below it makes a heading, in characters.
const LONGEST_HEADING: usize = 80;
/// White space that a line may begin with: with more of it Markdown takes a line for code.
const WIDEST_INDENT: usize = 3;

/// The text for the parser: numbers that are said are no list, an indented line is no code, a line of dashes after a paragraph
/// does not make a heading of it, and a sign between two letters is no emphasis.
pub(super) fn prepared(text: &str, numbers: &ListNumbers) -> String {
    let mut out = String::with_capacity(text.len() + text.len() / 16);
    let mut fence: Option<&str> = None;
    let (mut before, mut before_that) = ("", "");
    for (n, line) in text.lines().enumerate() {
        let body = line.trim_start();
        let found = ["```", "~~~"]
            .into_iter()
            .find(|fence| body.starts_with(fence));
        let is_fence = found.is_some() && fence.is_none_or(|open| Some(open) == found);
        if is_fence {
            fence = if fence.is_some() { None } else { found };
        }
        if is_fence || fence.is_some() {
            out.push_str(line);
        } else if !before.trim().is_empty() && (is_underline(body) || is_rule(body)) {
            push_line_of_signs(&mut out, body, before, before_that);
        } else {
            push_prose(&mut out, line, numbers.has(n));
        }
        out.push('\n');
        (before_that, before) = (before, line);
    }
    out
}

/// A line of `---` or `===` below others: it makes a heading of one short line that is no sentence.
fn push_line_of_signs(out: &mut String, body: &str, before: &str, before_that: &str) {
    let above = before.trim();
    let is_heading = before_that.trim().is_empty()
        && above.chars().count() <= LONGEST_HEADING
        && !above.ends_with([
            '.', '!', '?', ':', ',', '。', '！', '？', '…', '"', '”', '|',
        ])
        && above.starts_with(|c: char| {
            c.is_alphanumeric() || matches!(c, '*' | '_' | '"' | '“' | '¿' | '¡')
        });
    if !is_heading {
        out.push('\n');
    }
    if is_heading || is_rule(body) {
        out.push_str(body);
    }
}

fn push_prose(out: &mut String, line: &str, is_listed: bool) {
    let body = line.trim_start();
    let indent = (line.len() - body.len()).min(WIDEST_INDENT);
    out.push_str(&"   "[..indent]);
    if let Some(bullet) = body
        .chars()
        .next()
        .filter(|c| matches!(c, '•' | '◦' | '▪' | '‣'))
    {
        out.push_str("- ");
        push_words(out, body[bullet.len_utf8()..].trim_start());
        return;
    }
    match number(body) {
        Some(number) if is_listed => {
            out.push_str(number.before);
            out.push_str("- ");
            push_words(out, number.rest);
        }
        Some(number) => {
            out.push_str(number.before);
            out.push_str(number.digits);
            out.push('\\');
            out.push(number.sign());
            out.push(' ');
            push_words(out, number.rest);
        }
        None => {
            if is_false_definition(body) {
                out.push('\\');
            }
            push_words(out, body);
        }
    }
}

/// `[Note]: important` has the form of a definition of a link, which says nothing.
fn is_false_definition(body: &str) -> bool {
    let Some((label, address)) = body
        .strip_prefix('[')
        .and_then(|rest| rest.split_once("]:"))
    else {
        return false;
    };
    !label.starts_with('^')
        && !address.trim_start().starts_with('<')
        && !address.contains(['/', '#', '@', '.'])
}

/// The words, with a backslash before signs of emphasis that stand for something else: `2*3*4`, `f**k`.
fn push_words(out: &mut String, text: &str) {
    if !text.contains('*') {
        out.push_str(text);
        return;
    }
    for word in text.split_inclusive(char::is_whitespace) {
        let runs = inner_runs(word);
        // "un*believ*able" has two, "2*3*4" too: digits tell.
        let is_emphasis = runs.len() > 1 && !runs.iter().any(|run| run.is_beside_digit);
        if is_emphasis || word.contains('`') {
            out.push_str(word);
            continue;
        }
        let mut from = 0;
        for run in runs {
            out.push_str(&word[from..run.start]);
            for _ in run.start..run.end {
                out.push_str("\\*");
            }
            from = run.end;
        }
        out.push_str(&word[from..]);
    }
}

/// Asterisks between two letters or digits.
struct Run {
    start: usize,
    end: usize,
    is_beside_digit: bool,
}

fn inner_runs(word: &str) -> Vec<Run> {
    let mut runs = Vec::new();
    let mut from = 0;
    while let Some(at) = word[from..].find('*') {
        let start = from + at;
        let after = word[start..].trim_start_matches('*');
        let end = word.len() - after.len();
        let (left, right) = (word[..start].chars().next_back(), after.chars().next());
        if let (Some(left), Some(right)) = (left, right)
            && left.is_alphanumeric()
            && right.is_alphanumeric()
        {
            runs.push(Run {
                start,
                end,
                is_beside_digit: left.is_numeric() || right.is_numeric(),
            });
        }
        from = end;
    }
    runs
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prose_that_looks_like_markdown_is_marked_as_prose() {
        let prepared = |text: &str| prepared(text, &ListNumbers::of(text, "en"));
        for (text, want) in [
            ("1. One\n2. Two\n", "- One\n- Two\n"),
            ("> 1. One\n", "> - One\n"),
            ("1990. A year.\n", "1990\\. A year.\n"),
            ("        indented\n", "   indented\n"),
            ("• one\n", "- one\n"),
            ("A sentence.\n---\nNext\n", "A sentence.\n\n---\nNext\n"),
            ("A heading\n---\nNext\n", "A heading\n---\nNext\n"),
            ("One line\nand two\n===\n", "One line\nand two\n\n\n"),
            (
                "2*3*4 and f**k, un*believ*able\n",
                "2\\*3\\*4 and f\\*\\*k, un*believ*able\n",
            ),
            ("**bold** *it*\n", "**bold** *it*\n"),
            ("[Note]: important\n", "\\[Note]: important\n"),
            ("[Note]: https://x.y\n", "[Note]: https://x.y\n"),
            ("```\n1. 2*3\n    x\n```\n", "```\n1. 2*3\n    x\n```\n"),
        ] {
            assert_eq!(prepared(text), want);
        }
    }
}
