//! The Markdown table of the catalogue, read row by row.

/// What has become of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Status {
    /// A module meets it and a test would fail if it came back.
    Met,
    /// No test can exist; a sentence says why.
    ByConstruction,
    /// Its issue has not come yet, or has no number yet.
    Open,
}

/// One row, its cells trimmed and none of them empty.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Row<'a> {
    /// Counted from 1.
    pub(super) line: usize,
    pub(super) id: &'a str,
    pub(super) status: Status,
    pub(super) module: &'a str,
    /// Tests, or a sentence.
    pub(super) evidence: &'a str,
}

/// The rows of every table in `text`; the head and the ruler are skipped. The error of a row says
/// its line, its ID and what is wrong with its shape.
pub(super) fn rows(text: &str) -> impl Iterator<Item = Result<Row<'_>, String>> {
    text.lines()
        .zip(1..)
        .map(|(line, number)| (number, line.trim()))
        .filter(|(_, line)| line.starts_with('|'))
        .filter(|(_, line)| !line.starts_with("| ID |"))
        .filter(|(_, line)| line.chars().any(|c| !matches!(c, '|' | '-' | ':' | ' ')))
        .map(|(number, line)| row(number, line))
}

fn row(line: usize, text: &str) -> Result<Row<'_>, String> {
    let cells: Vec<&str> = text
        .trim_start_matches('|')
        .strip_suffix('|')
        .ok_or_else(|| format!("line {line}: a row ends with |"))?
        .split('|')
        .map(str::trim)
        .collect();
    let &[id, status, module, evidence] = cells.as_slice() else {
        return Err(format!(
            "line {line}: {}: {} cells, not 4 (a | inside a cell is not possible)",
            cells[0],
            cells.len()
        ));
    };
    if cells.iter().any(|cell| cell.is_empty()) {
        return Err(format!("line {line}: {id}: a cell is empty"));
    }
    Ok(Row {
        line,
        id,
        status: read_status(status).ok_or_else(|| {
            format!(
                "line {line}: {id}: the status is `met`, `by construction` or `open (#issue)` or `open (later)`, not `{status}`"
            )
        })?,
        module,
        evidence,
    })
}

fn read_status(text: &str) -> Option<Status> {
    match text {
        "met" => Some(Status::Met),
        "by construction" => Some(Status::ByConstruction),
        "open (later)" => Some(Status::Open),
        _ => {
            let issue = text.strip_prefix("open (#")?.strip_suffix(')')?;
            issue.parse::<u32>().is_ok().then_some(Status::Open)
        }
    }
}

/// What stands between backticks.
pub(super) fn code_spans(cell: &str) -> Vec<&str> {
    cell.split('`').skip(1).step_by(2).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn heads_rulers_and_prose_are_no_rows() {
        let text = "# Title\n| ID | Status | Module | Shown by |\n|---|:---|---|---|\n\nWords | with | bars\n";
        assert_eq!(rows(text).count(), 0);
    }

    #[test]
    fn a_row_is_read_with_its_line() {
        let row = rows("\n| E2 | met | `a` | `b::c` |\n")
            .next()
            .unwrap()
            .unwrap();
        assert_eq!((row.line, row.id, row.status), (2, "E2", Status::Met));
        assert_eq!((row.module, row.evidence), ("`a`", "`b::c`"));
    }

    #[test]
    fn a_row_with_a_wrong_number_of_cells_is_an_error() {
        for line in [
            "| E2 | met | `a` |",
            "| E2 | met | a | b | c |",
            "| E2 | met | a | b",
        ] {
            assert!(rows(line).next().unwrap().is_err(), "{line}");
        }
    }

    #[test]
    fn code_spans_are_found_among_words() {
        assert_eq!(code_spans("see `a::b`, and `c`"), ["a::b", "c"]);
        assert!(code_spans("no code").is_empty());
    }
}
