//! Scripts within a fence, as language models write them: ```` ```json … ``` ````.

/// A fenced block of a text.
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

#[cfg(test)]
mod tests {
    use super::*;

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
