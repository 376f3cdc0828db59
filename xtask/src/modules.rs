//! `cargo xtask check-modules`: no top-level modules of a crate import each other in a circle.
//!
//! Modules in a circle cannot be read, tested or moved alone. Circles that are there today stand with their size in
//! `xtask/module-circles.txt`, which only falls: a larger number is refused, and so is one that is larger than it need be.

mod circles;
mod imports;
mod sources;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use imports::Imports;
#[cfg(test)]
pub(crate) use sources::strings;
pub(crate) use sources::{Sources, ident, is_punct};

/// Where the sizes of today's circles stand, from the workspace's root.
const RATCHET: &str = "xtask/module-circles.txt";

/// Checks the crates below `crates/` of the workspace in `root`.
///
/// # Errors
/// One line for every crate whose circles are larger, or smaller, than the ratchet says, with the modules.
pub(crate) fn run(root: &Path) -> Result<(), String> {
    let path = root.join(RATCHET);
    let text = std::fs::read_to_string(&path)
        .map_err(|error| format!("reading {}: {error}", path.display()))?;
    let mut allowed = ratchet(&text)?;
    let mut wrong = Vec::new();
    let (mut crates, mut in_circles) = (0, 0);
    for (name, source) in sources(root)? {
        crates += 1;
        let imports = Imports::of(&Sources::of(&source)?);
        let circles = circles::circles(imports.edges());
        let found: usize = circles.iter().map(Vec::len).sum();
        in_circles += found;
        let most = allowed.remove(&name).unwrap_or(0);
        if let Some(objection) = objection(&name, found, most) {
            wrong.push(explained(objection, &circles, &imports));
        }
    }
    wrong.extend(
        allowed
            .keys()
            .map(|name| format!("{name}: no such crate; take its line out of {RATCHET}")),
    );
    if wrong.is_empty() {
        println!("modules: {crates} crates, {in_circles} modules in circles, as {RATCHET} has it");
        Ok(())
    } else {
        Err(wrong.join("\n"))
    }
}

/// Name and `src` directory of each crate, in order.
pub(crate) fn sources(root: &Path) -> Result<BTreeMap<String, std::path::PathBuf>, String> {
    let crates = root.join("crates");
    let failed = |error: std::io::Error| format!("reading {}: {error}", crates.display());
    let mut sources = BTreeMap::new();
    for entry in std::fs::read_dir(&crates).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let source = entry.path().join("src");
        if source.is_dir() {
            sources.insert(entry.file_name().to_string_lossy().into_owned(), source);
        }
    }
    Ok(sources)
}

/// `crate number` in each line; lines with `#` are remarks.
fn ratchet(text: &str) -> Result<BTreeMap<String, usize>, String> {
    text.lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .map(|line| {
            let (name, number) = line
                .split_once(' ')
                .and_then(|(name, number)| Some((name, number.parse().ok()?)))
                .ok_or_else(|| format!("{RATCHET}: `{line}` is not a crate and a number"))?;
            Ok((name.to_owned(), number))
        })
        .collect()
}

/// What is wrong with so many modules in circles where at most `most` are allowed.
fn objection(name: &str, found: usize, most: usize) -> Option<String> {
    match found.cmp(&most) {
        std::cmp::Ordering::Equal => None,
        std::cmp::Ordering::Greater => Some(format!(
            "{name}: {found} modules import each other in circles, and {most} are allowed"
        )),
        std::cmp::Ordering::Less => Some(format!(
            "{name}: {found} modules are in circles, fewer than before: write {found} into {RATCHET}"
        )),
    }
}

/// `objection`, with the circles and who imports whom in them.
fn explained(objection: String, circles: &[Vec<String>], imports: &Imports) -> String {
    let mut text = objection;
    for circle in circles {
        let _ = write!(text, "\n  circle: {}", circle.join(", "));
        for from in circle {
            let within = imports.edges()[from].iter();
            let within: Vec<&str> = within
                .filter(|to| circle.contains(to))
                .map(String::as_str)
                .collect();
            let _ = write!(text, "\n    {from} → {}", within.join(", "));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ratchet_only_falls() {
        assert_eq!(objection("a", 3, 3), None);
        assert!(objection("a", 4, 3).unwrap().contains("3 are allowed"));
        assert!(objection("a", 2, 3).unwrap().contains("write 2 into"));
    }

    #[test]
    fn a_line_that_is_no_ratchet_is_told() {
        let read = ratchet("# a remark\n\nvideogen-net 4\n").unwrap();
        assert_eq!(read.get("videogen-net"), Some(&4));
        assert!(ratchet("videogen-net four").unwrap_err().contains("four"));
    }
}
