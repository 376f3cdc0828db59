//! Whether a text is Markdown: what is there of its marks.

use super::lists::ListNumbers;

/// How much of a text is Markdown.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Signs {
    /// Nothing.
    #[default]
    None,
    /// A mark or two within lines, which people also set without knowing Markdown.
    Few,
    /// Headings, lists, links, bold words or what else only Markdown has.
    Clear,
}

impl Signs {
    /// Looks for them in `text`, whose lines end with a line feed.
    pub(super) fn of(text: &str, numbers: &ListNumbers) -> Self {
        if !numbers.is_empty() || has_pair(text, "**") || has_pair(text, "~~") {
            return Self::Clear;
        }
        let mut bullets = 0;
        let mut few = false;
        for line in text.lines() {
            let body = line.trim_start();
            bullets += usize::from(is_bullet(body));
            if bullets > 1 || body.starts_with(['•', '◦', '▪', '‣']) || is_clear(body) {
                return Self::Clear;
            }
            few = few || has_marks(body);
        }
        if few { Self::Few } else { Self::None }
    }
}

/// Whether a line has what only Markdown has.
fn is_clear(body: &str) -> bool {
    let heading = body.trim_start_matches('#');
    let level = body.len() - heading.len();
    let is_heading =
        (1..=6).contains(&level) && heading.starts_with(' ') && !heading.trim().is_empty();
    let is_link = body.find("](").is_some_and(|at| body[..at].contains('['));
    let is_definition = body.starts_with('[')
        && (body.contains("]: http") || body.contains("]: <") || body.contains("]: /"));
    is_heading
        || is_rule(body)
        || is_underline(body)
        || body.starts_with("```")
        || body.starts_with("~~~")
        || body.starts_with("> ")
        || is_table_rule(body)
        || is_link
        || is_definition
        || body.contains("[^")
        || body.contains("<http")
}

/// Whether a line begins as an item of a list without numbers.
fn is_bullet(body: &str) -> bool {
    ["- ", "* ", "+ "].iter().any(|sign| body.starts_with(sign)) && !is_rule(body)
}

/// `---`, `* * *`, `___`.
pub(super) fn is_rule(body: &str) -> bool {
    let mut signs = body.chars().filter(|c| !c.is_whitespace());
    let Some(first) = signs.next() else {
        return false;
    };
    matches!(first, '-' | '*' | '_') && {
        let mut count = 1;
        signs.all(|c| {
            count += 1;
            c == first
        }) && count > 2
    }
}

/// `===` below a heading.
pub(super) fn is_underline(body: &str) -> bool {
    let body = body.trim_end();
    body.len() > 2 && body.bytes().all(|byte| byte == b'=')
}

/// `|---|:---:|`.
fn is_table_rule(body: &str) -> bool {
    body.contains('|') && body.contains("--") && body.chars().all(|c| "|-: \t".contains(c))
}

/// Whether two of `mark` enclose something.
fn has_pair(text: &str, mark: &str) -> bool {
    let mut rest = text;
    while let Some(at) = rest.find(mark) {
        let inner = &rest[at + mark.len()..];
        let before = rest[..at].chars().next_back();
        let opens = inner.starts_with(|c: char| !c.is_whitespace() && !mark.contains(c))
            && !before.is_some_and(|c| c.is_ascii_alphanumeric());
        if opens && inner.contains(mark) {
            return true;
        }
        rest = inner;
    }
    false
}

/// Whether a line has marks that people also set without knowing Markdown: `*word*`, `_word_`, `` `word` ``, `:wave:`.
fn has_marks(body: &str) -> bool {
    let is_between = |mark: char| {
        let mut open = false;
        let mut before = None;
        let mut chars = body.chars().peekable();
        while let Some(c) = chars.next() {
            if c == mark {
                let after = chars.peek().copied();
                let is_word = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
                let closes =
                    open && before.is_some_and(|c: char| !c.is_whitespace()) && !is_word(after);
                if closes {
                    return true;
                }
                open |= before != Some(mark)
                    && !is_word(before)
                    && after.is_some_and(|c| !c.is_whitespace());
            }
            before = Some(c);
        }
        false
    };
    ['*', '_', '`'].into_iter().any(is_between) || super::tidy::has_emoji_name(body)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markdown_is_told_from_text() {
        let signs = |text: &str| Signs::of(text, &ListNumbers::of(text, "en"));
        for text in [
            "# Title\n\nText.",
            "One.\n\n---\n\nTwo.",
            "It is **deep**.",
            "~~No~~.",
            "- one\n- two",
            "• one",
            "1. one\n2. two",
            "> quoted",
            "See [this](https://x.y).",
            "```\ncode\n```",
            "a | b\n--|--\n1 | 2",
            "A note[^1].",
            "Title\n=====",
        ] {
            assert_eq!(signs(text), Signs::Clear, "{text}");
        }
        for text in [
            "It is *deep*.",
            "It is _deep_.",
            "It is `deep`.",
            "Hello :wave:",
        ] {
            assert_eq!(signs(text), Signs::Few, "{text}");
        }
        for text in [
            "The sea is deep.",
            "2*3*4 = 24 and 2 * 3",
            "snake_case_name",
            "f**k that s**t",
            "#hashtag and #5",
            "[1990] was (1990) so.",
            "- Hello?",
            "1990. A year.",
            "At 10:30:15 it is 3:1.",
            "5 < 6 > 4",
            "a - b -- c --- d",
            "{Hello} there friend.",
            "",
        ] {
            assert_eq!(signs(text), Signs::None, "{text}");
        }
    }
}
