//! Takes the thoughts of a model out of its answer.

/// The words that stand in the tags. Ordered: the longest first, because `<think` also begins `<thinking`.
pub(crate) const NAMES: &[&str] = &[
    "scratchpad",
    "reasoning",
    "thinking",
    "reflection",
    "thought",
    "think",
];

/// An answer with the thoughts taken out.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Split<'a> {
    /// What is outside of the thoughts, in order.
    pub(crate) outside: Vec<&'a str>,
    /// What follows an opening tag that is never closed. Some models forget the tag and answer in there.
    pub(crate) unclosed: Option<&'a str>,
}

#[derive(Debug, Clone, Copy)]
struct Tag {
    start: usize,
    end: usize,
    closes: bool,
}

/// Splits an answer. A closing tag without an opening one makes everything before it a thought: chat templates put the
/// opening tag into the prompt, where the answer does not show it.
pub(crate) fn split(text: &str) -> Split<'_> {
    let mut outside = Vec::new();
    let mut from = 0;
    let mut depth = 0_u32;
    let mut opened = None;
    let mut at = 0;
    while let Some(tag) = next_tag(text, at) {
        at = tag.end;
        if tag.closes {
            if depth <= 1 {
                if depth == 0 {
                    outside.clear();
                }
                (depth, opened) = (0, None);
                from = tag.end;
            } else {
                depth -= 1;
            }
        } else {
            if depth == 0 {
                outside.push(&text[from..tag.start]);
                opened = Some(tag.end);
            }
            depth += 1;
        }
    }
    let unclosed = opened.map(|start| &text[start..]);
    if unclosed.is_none() {
        outside.push(&text[from..]);
    }
    outside.retain(|part| !part.trim().is_empty());
    Split { outside, unclosed }
}

/// The next `<think>`, `</think>`, `[THINK]` and the like, whatever their case.
fn next_tag(text: &str, from: usize) -> Option<Tag> {
    let mut at = from;
    loop {
        let start = at + text[at..].find(['<', '['])?;
        let inside = &text[start + 1..];
        let last = if text.as_bytes()[start] == b'<' {
            b'>'
        } else {
            b']'
        };
        let (closes, name) = match inside.strip_prefix('/') {
            Some(rest) => (true, rest),
            None => (false, inside),
        };
        let word = NAMES.iter().find_map(|word| {
            let found = name.get(..word.len())?;
            let rest = name[word.len()..].trim_start_matches(' ');
            (found.eq_ignore_ascii_case(word) && rest.as_bytes().first() == Some(&last))
                .then(|| rest.len() - 1)
        });
        if let Some(after) = word {
            return Some(Tag {
                start,
                end: text.len() - after,
                closes,
            });
        }
        at = start + 1;
    }
}

/// Whether a text holds a tag of thought.
pub(crate) fn has_tag(text: &str) -> bool {
    next_tag(text, 0).is_some()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn thoughts_are_taken_out_however_they_are_marked() {
        for (text, outside, unclosed) in [
            ("{}", vec!["{}"], None),
            ("<think>a</think>{}", vec!["{}"], None),
            ("x<Think >a</THINK>{}", vec!["x", "{}"], None),
            ("a\nb</think>{}", vec!["{}"], None),
            ("<think>a<think>b</think>c</think>{}", vec!["{}"], None),
            ("<think>a {\"b\":1}", vec![], Some("a {\"b\":1}")),
            ("[THINK]a[/THINK]{}", vec!["{}"], None),
            ("<think>a</think>{}<think>b</think>", vec!["{}"], None),
            ("<thinker>{}", vec!["<thinker>{}"], None),
            ("<think></think>", vec![], None),
            ("<reasoning>a</reasoning>[1]", vec!["[1]"], None),
        ] {
            assert_eq!(split(text), Split { outside, unclosed }, "{text}");
        }
    }

    proptest! {
        #[test]
        fn nothing_outside_holds_a_tag(parts in prop::collection::vec(
            prop::sample::select(vec!["<think>", "</think>", "a", "{", "[", "<", "é", "<thinking>", "</thinking>", ">"]), 0..20,
        )) {
            for part in split(&parts.concat()).outside {
                prop_assert!(!has_tag(part), "{part:?}");
            }
        }

        #[test]
        fn any_text_is_split(text in ".*") {
            split(&text);
        }
    }
}
