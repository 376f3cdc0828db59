//! Takes what does not belong into a text out of it: Markdown, tags, control characters.

use super::thought;

/// Why a text cannot be used as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Flaw {
    /// It holds a thought, or the tag of one.
    Thought,
    /// It holds JSON or program text.
    Code,
    /// It is what stood in the question in place of a text.
    Placeholder,
}

/// What models write into a field they have nothing for.
const PLACEHOLDERS: &[&str] = &[
    "string",
    "tbd",
    "todo",
    "n/a",
    "na",
    "null",
    "none",
    "undefined",
    "narration",
    "title",
    "description",
    "picture",
    "picture prompt",
    "image prompt",
    "your text here",
    "insert text here",
    "placeholder",
    "nan",
    "empty",
    "lorem ipsum",
];

/// The text without Markdown, HTML tags, special tokens and characters that cannot be seen, on one line.
///
/// ```
/// assert_eq!(videogen_llm::clean_text("## **Stars** are\u{202e} `far`.<br>\n"), "Stars are far.");
/// ```
///
/// A clean text stays as it is when it is cleaned again.
pub fn clean_text(text: &str) -> String {
    // Taking one mark out can make another of what stood around it: `<*b>` is a tag without its star.
    let mut clean = cleaned_once(text);
    for _ in 0..PASSES {
        let again = cleaned_once(&clean);
        if again == clean {
            return clean;
        }
        clean = again;
    }
    let plain = clean.replace(|c: char| MARKS.contains(c), " ");
    cleaned_once(&plain)
}

/// Marks within marks are taken out to this depth, which no writer reaches; deeper ones go with every character of
/// [`MARKS`], for a text of nothing else would take time by the square of its length.
const PASSES: usize = 8;

/// The characters that make what is taken out.
const MARKS: &str = "<>*_~`#[]()|=+•-\"“”«»„‘’";

fn cleaned_once(text: &str) -> String {
    let text = without_tags(text);
    let mut joined = String::with_capacity(text.len());
    for line in text.split(['\n', '\r', '\u{2028}', '\u{2029}']) {
        let line = without_line_marks(line);
        for word in without_inline_marks(line).split_whitespace() {
            if !joined.is_empty() {
                joined.push(' ');
            }
            joined.push_str(word);
        }
    }
    unquoted(joined.trim()).to_owned()
}

/// What is wrong with a text that [`clean_text`] cannot put right. `raw` is as the model wrote it.
pub(crate) fn flaw(raw: &str, clean: &str) -> Option<Flaw> {
    if thought::has_tag(raw) {
        return Some(Flaw::Thought);
    }
    let packed = clean.trim_start();
    let code = raw.contains("```")
        || clean.contains("\":")
        || clean.contains("': ") && packed.starts_with('{');
    if code || packed.starts_with("{\"") || packed.starts_with("[{") {
        return Some(Flaw::Code);
    }
    if clean.is_empty() {
        return (!raw.trim().is_empty()).then_some(Flaw::Placeholder);
    }
    let bare = clean
        .trim_matches(|c: char| !c.is_alphanumeric())
        .to_lowercase();
    let bracketed = clean.len() > 2
        && [('<', '>'), ('[', ']'), ('{', '}')]
            .iter()
            .any(|(open, close)| {
                clean.starts_with(*open)
                    && clean.ends_with(*close)
                    && !clean[1..clean.len() - 1].contains([*open, *close])
            });
    let empty_words =
        bare.is_empty() || PLACEHOLDERS.contains(&bare.as_str()) || bare.starts_with("lorem ipsum");
    (bracketed || empty_words).then_some(Flaw::Placeholder)
}

/// Takes out `<br>`, `</s>`, `<|im_end|>` and characters that are not seen.
fn without_tags(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(next) = rest.chars().next() {
        if next == '<'
            && let Some(length) = tag_length(rest)
        {
            kept.push(' ');
            rest = &rest[length..];
            continue;
        }
        if !is_unseen(next) {
            kept.push(next);
        }
        rest = &rest[next.len_utf8()..];
    }
    kept
}

fn tag_length(text: &str) -> Option<usize> {
    let inside = &text[1..];
    let end = inside.bytes().take(60).position(|b| b == b'>')?;
    let name = inside[..end].trim_start_matches('/');
    let special = name.len() >= 2 && name.starts_with('|') && name.ends_with('|');
    let html = name.starts_with(|c: char| c.is_ascii_alphabetic())
        && (name.len() <= 12 || name.contains(['=', ' ']))
        && !name.contains(['<', '{']);
    (special || html).then_some(end + 2)
}

/// Control characters except line breaks and tabs, direction overrides, and zero-width spaces. The joiners stay: emoji and
/// several scripts are written with them.
pub(crate) fn is_unseen(c: char) -> bool {
    (c.is_control() && !matches!(c, '\n' | '\r' | '\t'))
        || matches!(
            c,
            '\u{200b}' | '\u{feff}' | '\u{2060}' | '\u{fffe}' | '\u{ffff}' | '\u{00ad}'
        )
        || matches!(c, '\u{e0000}'..='\u{e007f}' | '\u{061c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Takes off the marks a line of Markdown begins with.
fn without_line_marks(line: &str) -> &str {
    let line = line.trim();
    if line.len() >= 3
        && line
            .bytes()
            .all(|b| matches!(b, b'-' | b'*' | b'_' | b'=' | b'`' | b'~'))
    {
        return "";
    }
    let heading = line.trim_start_matches('#');
    let marks = line.len() - heading.len();
    let line = if (1..=6).contains(&marks) && heading.starts_with(' ') {
        heading
    } else {
        line
    };
    let line = line.trim_start();
    ["> ", "- ", "* ", "• ", "+ "]
        .iter()
        .find_map(|mark| line.strip_prefix(mark))
        .unwrap_or(line)
}

/// Takes out `**`, `__`, `~~`, backticks and the addresses of links.
fn without_inline_marks(line: &str) -> String {
    let linked = without_links(line);
    let chars: Vec<char> = linked.chars().collect();
    let mut kept = String::with_capacity(linked.len());
    for (at, &c) in chars.iter().enumerate() {
        let before = at.checked_sub(1).map(|at| chars[at]);
        let after = chars.get(at + 1).copied();
        let doubled = before == Some(c) || after == Some(c);
        let drop = match c {
            '`' => true,
            '_' | '~' => doubled,
            // `3 * 4` and `5*6` are arithmetic.
            '*' => {
                let loose =
                    |c: Option<char>| c.is_none_or(|c| c.is_whitespace() || c.is_ascii_digit());
                doubled || !(loose(before) && loose(after))
            }
            _ => false,
        };
        if !drop {
            kept.push(c);
        }
    }
    kept
}

/// `[text](address)` becomes `text`.
fn without_links(line: &str) -> String {
    let mut kept = String::with_capacity(line.len());
    let mut rest = line;
    while let Some(open) = rest.find('[') {
        let (before, from) = rest.split_at(open);
        kept.push_str(
            before
                .strip_suffix('!')
                .filter(|_| from.contains("]("))
                .unwrap_or(before),
        );
        let link = from.find("](").and_then(|middle| {
            let words = &from[1..middle];
            let end = from[middle..].find(')')?;
            (!words.contains(['[', ']'])).then_some((words, middle + end + 1))
        });
        match link {
            Some((words, length)) => {
                kept.push_str(words);
                rest = &from[length..];
            }
            None => {
                kept.push('[');
                rest = &from[1..];
            }
        }
    }
    kept.push_str(rest);
    kept
}

/// The text without a pair of quotation marks around all of it.
fn unquoted(text: &str) -> &str {
    for (open, close) in [('"', '"'), ('“', '”'), ('«', '»'), ('„', '“'), ('‘', '’')]
    {
        if let Some(inside) = text
            .strip_prefix(open)
            .and_then(|text| text.strip_suffix(close))
            && !inside.contains([open, close])
        {
            return inside.trim();
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn marks_go_and_words_stay() {
        for (text, clean) in [
            ("plain words.", "plain words."),
            (
                "**Bold** and *thin* and ~~gone~~ and __under__",
                "Bold and thin and gone and under",
            ),
            ("# Title\n- one\n- two\n---\n> three", "Title one two three"),
            ("3 * 4 is 12, 5*6 is 30", "3 * 4 is 12, 5*6 is 30"),
            ("#stars snake_case", "#stars snake_case"),
            (
                "a [link](https://x.y/z) and ![pic](p.png) [note]",
                "a link and pic [note]",
            ),
            ("a<br>b<|im_end|></s>", "a b"),
            ("if x < 3 then y > 4", "if x < 3 then y > 4"),
            ("\u{202e}abc\u{0}\u{200b}\u{7}", "abc"),
            (
                "👩\u{200d}🚀 می\u{200c}خواهم",
                "👩\u{200d}🚀 می\u{200c}خواهم",
            ),
            ("“Quoted.”", "Quoted."),
            ("\"He\" and \"she\"", "\"He\" and \"she\""),
            ("```json\nx\n```", "json x"),
            ("<*b>bold", "bold"),
            (&"- ".repeat(40), ""),
            (&"<a".repeat(40), &"<a".repeat(40)),
            (
                &format!("{}deep{}", "<a".repeat(12), ">".repeat(12)),
                "a a a",
            ),
        ] {
            assert_eq!(clean_text(text), clean, "{text}");
        }
    }

    #[test]
    fn flaws_are_seen() {
        let flaw_of = |text| flaw(text, &clean_text(text));
        for (text, expected) in [
            ("The sea is deep.", None),
            ("", None),
            ("<think>hm</think> The sea.", Some(Flaw::Thought)),
            ("```json\n{}\n```", Some(Flaw::Code)),
            ("{\"narration\": \"x\"}", Some(Flaw::Code)),
            ("string", Some(Flaw::Placeholder)),
            ("...", Some(Flaw::Placeholder)),
            (
                "<the narration of this scene, one sentence>",
                Some(Flaw::Placeholder),
            ),
            ("[narration]", Some(Flaw::Placeholder)),
            ("Lorem ipsum dolor sit amet", Some(Flaw::Placeholder)),
            ("[Later] they came back [home]", None),
            ("海は深い。", None),
        ] {
            assert_eq!(flaw_of(text), expected, "{text}");
        }
    }

    proptest! {
        #[test]
        fn clean_text_is_one_line_and_stays_as_it_is(text in "(?s)[a-c*_`#<>|\\[\\]() \"\n\u{202e}é-]{0,40}") {
            let clean = clean_text(&text);
            let marks = clean.contains(['\n', '\r', '`', '\u{202e}']);
            prop_assert!(!marks, "{clean:?}");
            prop_assert_eq!(clean.trim(), &clean);
            prop_assert!(!clean.contains("**"));
            prop_assert_eq!(clean_text(&clean), clean);
        }

        #[test]
        fn any_text_is_cleaned(text in "(?s).{0,200}") {
            let clean = clean_text(&text);
            flaw(&text, &clean);
        }
    }
}
