//! Scripts within an answer, as language models write them: ```` ```json … ``` ````, or `Sure! {…}`.

/// A block of a text that is fenced, or in brackets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fenced {
    /// What stands in it.
    pub(super) inside: String,
    /// How many lines stand before that.
    before: usize,
    /// What it says it is, in lower case: `json`, or nothing.
    pub(super) kind: String,
    /// How many lines with something in them stand around it.
    pub(super) around: usize,
}

impl Fenced {
    /// What stands in it, behind as many empty lines as stand before it, so that the numbers of lines stay.
    pub(super) fn in_place(&self) -> String {
        "\n".repeat(self.before) + &self.inside
    }
}

/// The fenced blocks of `text`, whose lines end with a line feed. One that is not closed ends with the text.
pub(super) fn blocks(text: &str) -> Vec<Fenced> {
    let mut blocks: Vec<Fenced> = Vec::new();
    let mut open: Option<(Fenced, String)> = None;
    let mut lines = 0;
    for (n, line) in text.lines().enumerate() {
        let bare = line.trim();
        lines += usize::from(!bare.is_empty());
        match &mut open {
            None => {
                let Some(sign) = ['`', '~']
                    .into_iter()
                    .find(|sign| bare.starts_with(&sign.to_string().repeat(3)))
                else {
                    continue;
                };
                let info = bare.trim_start_matches(sign);
                // "```inline```" is no fence.
                if info.contains(sign) {
                    continue;
                }
                let fence = bare[..bare.len() - info.len()].to_owned();
                let kind = info
                    .split_whitespace()
                    .next()
                    .unwrap_or_default()
                    .to_lowercase();
                let block = Fenced {
                    inside: String::new(),
                    before: n + 1,
                    kind,
                    around: 1,
                };
                open = Some((block, fence));
            }
            Some((block, fence)) => {
                block.around += usize::from(!bare.is_empty());
                if bare.starts_with(fence.as_str())
                    && bare
                        .trim_start_matches(fence.chars().next().unwrap_or('`'))
                        .is_empty()
                {
                    blocks.extend(open.take().map(|(block, _)| block));
                } else {
                    block.inside.push_str(line);
                    block.inside.push('\n');
                }
            }
        }
    }
    blocks.extend(open.map(|(block, _)| block));
    for block in &mut blocks {
        // So far it counted its own lines.
        block.around = lines - block.around;
    }
    blocks
}

/// The first part of `text`, from an opening bracket to the one that closes it, of which `may_begin` accepts the beginning and
/// `is_it` all. One that is not closed ends with the text.
pub(super) fn bracketed(
    text: &str,
    may_begin: impl Fn(&str) -> bool,
    is_it: impl Fn(&str) -> bool,
) -> Option<Fenced> {
    let mut from = 0;
    let (start, end) = loop {
        let start = from + text[from..].find(['{', '['])?;
        if !may_begin(&text[start..]) {
            from = start + 1;
            continue;
        }
        let end = start + closed_at(&text[start..]);
        if is_it(&text[start..end]) {
            break (start, end);
        }
        from = end;
    };
    let words = |text: &str| text.lines().filter(|line| !line.trim().is_empty()).count();
    let line = text[..start].rfind('\n').map_or(0, |at| at + 1);
    Some(Fenced {
        // The numbers of columns stay as those of lines do.
        inside: " ".repeat(start - line) + &text[start..end],
        before: text[..start].matches('\n').count(),
        kind: String::new(),
        around: words(&text[..start]) + words(&text[end..]),
    })
}

/// Where the bracket is closed with which `text` begins, or the end. What stands in quotes opens and closes nothing.
fn closed_at(text: &str) -> usize {
    let mut depth = 0_usize;
    let mut is_quoted = false;
    let mut chars = text.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => is_quoted = !is_quoted,
            '\\' if is_quoted => {
                chars.next();
            }
            '{' | '[' if !is_quoted => depth += 1,
            '}' | ']' if !is_quoted => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return at + 1;
                }
            }
            _ => {}
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_in_brackets_are_found_with_what_is_around() {
        let found = |text: &str| {
            bracketed(
                text,
                |rest| rest.starts_with("{\"a"),
                |all| !all.contains("null"),
            )
        };
        let block = found("Sure [1]!\n\nHere: {\"a\": \"}{\\\"\", \"b\": [{}]} and\nso.\n")
            .expect("a part");
        assert_eq!(
            block.in_place(),
            "\n\n      {\"a\": \"}{\\\"\", \"b\": [{}]}"
        );
        assert_eq!(block.around, 4);
        let block = found("// hi\n{\"a\": [1, 2}").expect("a part");
        assert_eq!((block.inside.as_str(), block.around), ("{\"a\": [1, 2}", 1));
        let block = found("{\"a\": null} {\"a\": 1}").expect("the second");
        assert_eq!(block.inside.trim(), "{\"a\": 1}");
        assert_eq!(found("{b} and {c}"), None);
    }

    #[test]
    fn blocks_are_found_with_what_is_around() {
        let found = blocks("Here it is:\n\n```json\n{\"a\":\n1}\n```\nBye.\n~~~\nx");
        assert_eq!(found.len(), 2);
        assert_eq!(found[0].in_place(), "\n\n\n{\"a\":\n1}\n");
        assert_eq!((found[0].kind.as_str(), found[0].around), ("json", 4));
        assert_eq!((found[1].inside.trim(), found[1].around), ("x", 6));
        assert_eq!(blocks("```json\n{}\n```\n")[0].around, 0);
        assert!(blocks("```inline``` code").is_empty());
    }
}
