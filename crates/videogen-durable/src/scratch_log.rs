//! Tells the log what a sweep of scratch directories did, and finds out whether a directory is inside one.

use camino::Utf8Path;

use crate::{FileKind, Left, Swept, sweep};

/// How many names stand in one line of the log.
const MOST_NAMES: usize = 8;

/// Says whether what a sweep leaves is worth a warning, or was told in this run already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SweepNotice {
    /// It is worth one.
    First,
    /// It was told.
    Again,
}

/// Removes the scratch directories in `parent` whose names begin with `prefix` and whose process is gone, see [`sweep`], and
/// logs what was removed and what was left and why. `program` is what whoever reads the log knows the program by.
pub fn sweep_and_log(parent: &Utf8Path, prefix: &str, program: &str, notice: SweepNotice) {
    let swept = sweep(parent, prefix);
    for path in &swept.removed {
        tracing::info!(?path, "removed what an interrupted run had left");
    }
    let (left, foreign) = names(&swept);
    if left.is_empty() && foreign == 0 {
        return;
    }
    let names = left.join(", ");
    match notice {
        SweepNotice::Again => tracing::debug!(%parent, names, foreign, "left alone"),
        SweepNotice::First if left.is_empty() => {
            // On a machine with several users that is how the temporary directory always looks.
            tracing::info!(%parent, foreign, "scratch directories of other users are left alone");
        }
        SweepNotice::First => tracing::warn!(
            "left alone in {parent:?}, because it is not provably a scratch directory of {program}: {names}; \
             whoever put it there can remove it or give it another name"
        ),
    }
}

/// Returns what was left and why, a few of it by name, and how many directories of other users there are.
fn names(swept: &Swept) -> (Vec<String>, usize) {
    let is_foreign = |left: &Left| matches!(left, Left::Kind(FileKind::Foreign));
    let foreign = swept.left.iter().filter(|(_, l)| is_foreign(l)).count();
    let ours = swept.left.len() - foreign + swept.unnamed;
    let mut names: Vec<String> = swept
        .left
        .iter()
        .filter(|(_, left)| !is_foreign(left))
        .take(MOST_NAMES)
        .map(|(path, left)| {
            let name = path.file_name().unwrap_or_default();
            let why = videogen_text::chain(left);
            format!("{name:?} ({why})")
        })
        .collect();
    if ours > names.len() {
        names.push(format!("and {} more", ours - names.len()));
    }
    (names, foreign)
}

/// Says whether what is put into `directory` would be put into a scratch directory of some process, which goes with that
/// process. At any depth, through links, and where `directory` is not there yet.
pub fn is_inside_scratch(directory: &Utf8Path) -> bool {
    // What is not there yet has an ancestor that is; a name without a directory is in the current one.
    let real = directory.ancestors().find_map(|ancestor| {
        let there = if ancestor == "" {
            Utf8Path::new(".")
        } else {
            ancestor
        };
        there.canonicalize_utf8().ok()
    });
    real.is_some_and(|real| real.ancestors().any(crate::is_scratch))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ScratchDir;
    use std::fs;

    const PREFIX: &str = ".videogen-";

    #[test]
    fn only_what_is_provably_ours_is_swept_and_the_rest_is_named() {
        let parent = camino_tempfile::tempdir().expect("a temporary directory");
        let alive = ScratchDir::create(parent.path(), PREFIX).expect("made");
        // Killed before it had its marker: its process is gone, and it is empty.
        let dead = parent
            .path()
            .join(format!("{PREFIX}{}-0123456789ab", i32::MAX));
        fs::create_dir(&dead).expect("made");
        for name in [".videogen-notes", ".videogen-dead00", "holiday"] {
            fs::create_dir(parent.path().join(name)).expect("made");
            fs::write(parent.path().join(name).join("lock"), "").expect("written");
        }
        let swept = crate::sweep(parent.path(), PREFIX);
        let (mut left, foreign) = names(&swept);
        left.sort();
        assert_eq!(
            left,
            [
                "\".videogen-dead00\" (its name is not one of a scratch directory)",
                "\".videogen-notes\" (its name is not one of a scratch directory)"
            ]
        );
        assert_eq!(foreign, 0);
        sweep_and_log(parent.path(), PREFIX, "example", SweepNotice::First);
        assert!(!dead.exists() && alive.path().join("scratch.lock").exists());
        for name in [".videogen-notes", ".videogen-dead00", "holiday"] {
            assert!(parent.path().join(name).join("lock").exists(), "{name}");
        }
    }

    #[test]
    fn inside_is_at_any_depth_and_through_links() {
        let parent = camino_tempfile::tempdir().expect("a temporary directory");
        let scratch = ScratchDir::create(parent.path(), PREFIX).expect("made");
        assert!(is_inside_scratch(scratch.path()));
        assert!(is_inside_scratch(&scratch.path().join("not/there/yet")));
        assert!(!is_inside_scratch(parent.path()));
        assert!(!is_inside_scratch(&parent.path().join(".videogen-mine")));
        #[cfg(unix)]
        {
            fs::create_dir(scratch.path().join("out")).expect("made");
            let link = parent.path().join("link");
            std::os::unix::fs::symlink(scratch.path().join("out"), &link).expect("linked");
            assert!(is_inside_scratch(&link));
        }
    }
}
