//! `cargo xtask check-catalogue`: docs/failure-catalogue.md has every ID, and every test it names exists.

mod ids;
mod sources;
mod table;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use self::sources::Sources;
use self::table::{Row, Status};

/// Where the table is, from the workspace's root.
const TABLE: &str = "docs/failure-catalogue.md";

/// Checks the table in `root` against the sources there.
///
/// # Errors
/// One line for everything that is wrong.
pub(crate) fn run(root: &Path) -> Result<(), String> {
    let text = fs::read_to_string(root.join(TABLE))
        .map_err(|error| format!("failed to read {TABLE}: {error}"))?;
    let sources = Sources::read(root)?;
    let counts = check(&text, &sources)?;
    println!(
        "catalogue: {} met, {} by construction, {} open",
        counts.met, counts.by_construction, counts.open
    );
    Ok(())
}

/// How many rows have which status.
#[derive(Debug, Default, PartialEq, Eq)]
struct Counts {
    met: usize,
    by_construction: usize,
    open: usize,
}

fn check(text: &str, sources: &Sources) -> Result<Counts, String> {
    let mut wrong = Vec::new();
    let mut missing: BTreeSet<String> = ids::all().collect();
    let known = missing.clone();
    let mut counts = Counts::default();
    for row in table::rows(text) {
        let row = match row {
            Ok(row) => row,
            Err(message) => {
                wrong.push(message);
                continue;
            }
        };
        if !missing.remove(row.id) {
            let problem = if known.contains(row.id) {
                "has two rows"
            } else {
                "is no ID of the list"
            };
            wrong.push(format!("line {}: {} {problem}", row.line, row.id));
        }
        match row.status {
            Status::Met => counts.met += 1,
            Status::ByConstruction => counts.by_construction += 1,
            Status::Open => counts.open += 1,
        }
        wrong.extend(
            objections(&row, sources)
                .into_iter()
                .map(|problem| format!("line {}: {}: {problem}", row.line, row.id)),
        );
    }
    wrong.extend(missing.iter().map(|id| format!("{id}: has no row")));
    if wrong.is_empty() {
        Ok(counts)
    } else {
        Err(format!(
            "{} wrong in {TABLE}:\n  {}",
            wrong.len(),
            wrong.join("\n  ")
        ))
    }
}

/// What is wrong with one row.
fn objections(row: &Row<'_>, sources: &Sources) -> Vec<String> {
    match row.status {
        Status::Met => {
            let modules = table::code_spans(row.module);
            let tests = table::code_spans(row.evidence);
            let mut wrong = Vec::new();
            if modules.is_empty() {
                wrong.push("names no module in `code`".to_owned());
            }
            if tests.is_empty() {
                wrong.push("is met, but names no test in `code`".to_owned());
            }
            wrong.extend(
                modules
                    .into_iter()
                    .filter_map(|module| sources.find_module(module).err()),
            );
            wrong.extend(
                tests
                    .into_iter()
                    .filter_map(|test| sources.find_test(test).err()),
            );
            wrong
        }
        // A sentence, not a word: at least a subject, a verb and a reason.
        Status::ByConstruction if row.evidence.split_whitespace().count() < 4 => {
            vec!["is by construction, but no sentence says why".to_owned()]
        }
        Status::ByConstruction | Status::Open => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOURCE: &str = "\
        #[test]\nfn it_holds() {}\n\n#[tokio::test(start_paused = true)]\nasync fn it_waits() {}\n\n\
        fn helper() {}\n\n#[test]\n#[ignore = \"slow\"]\nfn asleep() {}\n";

    fn sources() -> Sources {
        Sources::from_files([
            ("crates/videogen-process/src/lib.rs", "mod group;"),
            ("crates/videogen-process/src/group.rs", SOURCE),
            (
                "tests/it/tests/generate.rs",
                "#[test]\nfn ends_in_time() {}\n",
            ),
            ("scripts/test.sh", ""),
        ])
    }

    /// A table with every ID, where `id` has the given row and the others are open.
    fn table_with(id: &str, rest: &str) -> String {
        let mut text =
            String::from("Words.\n\n| ID | Status | Module | Shown by |\n|---|---|---|---|\n");
        for other in ids::all() {
            let rest = if other == id {
                rest
            } else {
                "open (#4) | `videogen-core` | to come"
            };
            text.extend(["| ", &other, " | ", rest, " |\n"]);
        }
        text
    }

    fn message(id: &str, rest: &str) -> String {
        check(&table_with(id, rest), &sources()).unwrap_err()
    }

    #[test]
    fn a_whole_table_passes() {
        let counts = check(
            &table_with(
                "E2",
                "met | `videogen-process::group` | `videogen_process::group::it_holds`, `tests/it: ends_in_time`",
            ),
            &sources(),
        )
        .unwrap();
        assert_eq!((counts.met, counts.open), (1, ids::all().count() - 1));
    }

    #[test]
    fn a_missing_row_is_named() {
        let text =
            table_with("X1", "open (#4) | `videogen-cdn` | later").replace("| Z-last |", "| |");
        let message = check(&text, &sources()).unwrap_err();
        assert!(message.contains("Z-last: has no row"), "{message}");
    }

    #[test]
    fn a_row_of_no_id_and_a_second_row_are_named() {
        let mut text = table_with("X1", "open (#4) | `videogen-cdn` | later");
        text.push_str("| Y1 | open (#4) | `a` | b |\n| X1 | open (#4) | `a` | b |\n");
        let message = check(&text, &sources()).unwrap_err();
        assert!(message.contains("Y1 is no ID"), "{message}");
        assert!(message.contains("X1 has two rows"), "{message}");
    }

    #[test]
    fn an_empty_cell_is_named() {
        assert!(message("K1", "open (#7) |  | later").contains("K1: a cell is empty"));
        assert!(message("K1", "open (#7) | `x` | ").contains("K1: a cell is empty"));
    }

    #[test]
    fn a_test_that_does_not_exist_is_named() {
        for test in [
            "`videogen_process::group::it_vanished`",
            "`videogen_process::other::it_holds`",
            "`videogen_nowhere::it_holds`",
            "`tests/it: nothing`",
            "`it_holds`",
        ] {
            let message = message("E2", &format!("met | `videogen-process::group` | {test}"));
            assert!(message.contains("E2:"), "{test}: {message}");
        }
    }

    #[test]
    fn a_function_that_is_not_run_as_a_test_does_not_count() {
        for test in ["helper", "asleep"] {
            let message = message(
                "E2",
                &format!("met | `videogen-process::group` | `videogen_process::group::{test}`"),
            );
            assert!(message.contains(test), "{message}");
        }
    }

    #[test]
    fn an_asynchronous_test_counts() {
        let row = "met | `videogen-process` | `videogen_process::group::it_waits`";
        assert!(check(&table_with("E2", row), &sources()).is_ok());
    }

    #[test]
    fn a_module_that_does_not_exist_is_named() {
        for module in [
            "`videogen-process::nowhere`",
            "`videogen-moon`",
            "`scripts/none.sh`",
        ] {
            let message = message(
                "E2",
                &format!("met | {module} | `videogen_process::group::it_holds`"),
            );
            assert!(message.contains("E2:"), "{module}: {message}");
        }
    }

    #[test]
    fn met_needs_a_test_and_by_construction_a_sentence() {
        assert!(message("E2", "met | `videogen-process` | surely").contains("names no test"));
        assert!(message("L1", "by construction | – | obvious").contains("no sentence"));
        let row = "by construction | – | Rust has no garbage collector.";
        assert_eq!(
            check(&table_with("L1", row), &sources())
                .unwrap()
                .by_construction,
            1
        );
    }

    #[test]
    fn an_unknown_status_is_named() {
        for status in ["done", "open", "open (#)", "open (#x)", ""] {
            assert!(
                message("E2", &format!("{status} | `a` | b")).contains("E2"),
                "{status}"
            );
        }
    }
}
