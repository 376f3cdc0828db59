//! `docs/benchmarks.md` has sections that are written apart: one bench leaves those of the others as they are.

/// The page with this section, in the place of the one with the same heading, or at the end.
pub(crate) fn with_section(page: &str, heading: &str, section: &str) -> String {
    let (before, after) = match find(page, heading) {
        Some((start, end)) => (&page[..start], &page[end..]),
        None => (page, ""),
    };
    let mut whole = format!("{}\n\n{}\n", before.trim_end(), section.trim_end());
    if !after.is_empty() {
        whole.push('\n');
        whole.push_str(after);
    }
    whole
}

/// The section with this heading, if the page has it.
pub(crate) fn section<'a>(page: &'a str, heading: &str) -> Option<&'a str> {
    find(page, heading).map(|(start, end)| &page[start..end])
}

/// From the heading to the next of the same level.
fn find(page: &str, heading: &str) -> Option<(usize, usize)> {
    let start = if page.starts_with(heading) {
        0
    } else {
        page.find(&format!("\n{heading}\n"))? + 1
    };
    let rest = start + heading.len();
    let end = page[rest..]
        .find("\n## ")
        .map_or(page.len(), |at| rest + at + 1);
    Some((start, end))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_section_is_replaced_and_the_others_stay() {
        let page = "# T\n\ntext\n\n## A\n\none\n\n## B\n\ntwo\n";
        let new = with_section(page, "## A", "## A\n\nthree\n");
        assert_eq!(new, "# T\n\ntext\n\n## A\n\nthree\n\n## B\n\ntwo\n");
        assert_eq!(with_section(&new, "## A", "## A\n\nthree\n"), new);
        let last = with_section(page, "## B", "## B\n\nfour\n");
        assert_eq!(last, "# T\n\ntext\n\n## A\n\none\n\n## B\n\nfour\n");
    }

    #[test]
    fn a_section_that_is_not_there_comes_last() {
        let page = with_section("# T\n", "## A", "## A\n\none\n");
        assert_eq!(page, "# T\n\n## A\n\none\n");
        assert_eq!(section(&page, "## A"), Some("## A\n\none\n"));
        assert_eq!(section(&page, "## B"), None);
    }
}
