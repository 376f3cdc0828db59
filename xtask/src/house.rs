//! `cargo xtask check-house`: that the orchestrator stays small, libraries keep no mutable state of the process and do not
//! speak for the command line, and nothing large comes into the repository.

mod interface;

use std::path::Path;

use crate::command;
use crate::modules::Sources;
use interface::Interface;

/// The most lines of `videogen-core` without its tests. It only falls, to 8,000.
const CORE_LINES: usize = 7_999;
/// By how much it may lie above what is there, before it has to be lowered.
const SLACK: usize = 500;
/// The largest file that is kept, in bytes, but for data in the places of [`DATA`].
const LARGEST: u64 = 512 * 1024;
/// Where larger files may lie: recordings, fonts, pictures of the documentation.
const DATA: [&str; 3] = ["fixtures/", "fonts/", "docs/images/"];
/// What makes a static mutable.
const MUTABLE: [&str; 7] = [
    "Mutex", "RwLock", "Cell", "RefCell", "OnceLock", "Atomic", "mut",
];
/// Statics that may be there: the crate, the name, and why.
const STATICS: [(&str, &str, &str); 1] = [(
    "videogen-process",
    "LIVE",
    "children are of the process, whoever started them, and a machine counts them so",
)];

/// Checks the repository in `root`.
///
/// # Errors
/// One line for everything that is wrong.
pub(crate) fn run(root: &Path) -> Result<(), String> {
    let mut wrong = Vec::new();
    let core = Sources::of(&root.join("crates/videogen-core/src"))?.lines();
    wrong.extend(size(core));
    let (crates, interface) = (root.join("crates"), Interface::of(root)?);
    for (name, source) in crate::modules::sources(root)? {
        if name == "videogen-cli" {
            continue;
        }
        let sources = Sources::of(&source)?;
        for file in &sources.files {
            let path = file.path.strip_prefix(&crates).unwrap_or(&file.path);
            wrong.extend(interface.objections(&path.to_string_lossy(), &file.strings));
        }
        let statics = sources.statics(&MUTABLE);
        wrong.extend(statics.into_iter().filter(|found| !is_allowed(&name, found)).map(
            |found| {
                format!("{name}: the static {found} is state of the whole process: pass a value instead")
            },
        ));
    }
    match tracked(root) {
        Ok(listed) => wrong.extend(large(root, &listed)),
        // A tree without its history, or one that Git does not trust: nobody can say what is kept.
        Err(why) => println!("house: large files are not looked for: {why}"),
    }
    if wrong.is_empty() {
        println!("house: videogen-core has {core} lines, at most {CORE_LINES}");
        Ok(())
    } else {
        Err(wrong.join("\n"))
    }
}

/// What is wrong with a `videogen-core` of so many lines.
fn size(lines: usize) -> Option<String> {
    if lines > CORE_LINES {
        Some(format!(
            "videogen-core has {lines} lines without its tests, and {CORE_LINES} at most: what is of one stage belongs in \
             that stage's crate"
        ))
    } else if lines + SLACK < CORE_LINES {
        Some(format!(
            "videogen-core has {lines} lines only: lower CORE_LINES in xtask/src/house.rs"
        ))
    } else {
        None
    }
}

fn is_allowed(name: &str, found: &str) -> bool {
    STATICS
        .iter()
        .any(|(of, allowed, _)| *of == name && *allowed == found)
}

/// The names of all tracked files, with a zero byte behind each.
fn tracked(root: &Path) -> Result<String, String> {
    let listed = command::read(&"git".into(), &["ls-files", "-z"], root)?;
    Ok(String::from_utf8_lossy(&listed).into_owned())
}

/// Those of the tracked files that are too large.
fn large(root: &Path, listed: &str) -> Vec<String> {
    listed
        .split('\0')
        .filter(|name| !name.is_empty() && !DATA.iter().any(|place| name.contains(place)))
        .filter_map(|name| Some((name, root.join(name).metadata().ok()?.len())))
        .filter(|(_, bytes)| *bytes > LARGEST)
        .map(|(name, bytes)| {
            format!(
                "{name} has {} KiB, and {} at most",
                bytes >> 10,
                LARGEST >> 10
            )
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_orchestrator_only_shrinks() {
        assert_eq!(size(CORE_LINES), None);
        assert_eq!(size(CORE_LINES - SLACK), None);
        assert!(size(CORE_LINES + 1).unwrap().contains("at most"));
        assert!(size(CORE_LINES - SLACK - 1).unwrap().contains("lower"));
    }

    #[test]
    fn only_what_has_a_reason_is_a_static() {
        assert!(is_allowed("videogen-process", "LIVE"));
        assert!(!is_allowed("videogen-net", "LIVE") && !is_allowed("videogen-process", "X"));
    }
}
