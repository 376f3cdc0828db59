//! Scratch directories: one for each video, inside the output directory so that publishing is a rename. Removed on
//! success, error, panic and cancellation by `Drop`; what a `kill -9` leaves is swept when the next video starts. What is
//! not provably such a directory is left and named, see [`videogen_durable::sweep`].

use std::io;

use camino::{Utf8Path, Utf8PathBuf};
use videogen_durable::{FileKind, Left, ScratchDir, Swept};
use videogen_types::Stage;

use crate::{Error, ErrorKind};

/// What the directories are called, before a process number and random digits.
const PREFIX: &str = ".videogen-";
/// How many names stand in one line of the log.
const MOST_NAMES: usize = 8;

/// A directory of our own.
#[derive(Debug)]
pub(crate) struct Scratch {
    directory: ScratchDir,
}

impl Scratch {
    /// Makes a new one in `parent`.
    pub(crate) fn new(parent: &Utf8Path) -> Result<Self, Error> {
        let directory = ScratchDir::create(parent, PREFIX)
            .map_err(|source| failed("creating a scratch directory in", parent, source))?;
        Ok(Self { directory })
    }

    /// Makes it again where it has vanished, as when somebody tidies the temporary directory. `true` when it had: what
    /// was in it is gone.
    ///
    /// # Errors
    /// It cannot be made.
    pub(crate) fn ensure(&self) -> Result<bool, Error> {
        let path = self.directory.path();
        let failed = |source| failed("making again", path, source);
        // What tidies the temporary directory may take the directories above as well.
        let parent = path.parent().unwrap_or(path);
        std::fs::create_dir_all(parent).map_err(failed)?;
        let had_vanished = self.directory.ensure().map_err(failed)?;
        if had_vanished {
            tracing::warn!(%path, "the scratch directory was removed while it was in use, and is made again");
        }
        Ok(had_vanished)
    }

    /// Where it is.
    pub(crate) fn dir(&self) -> &Utf8Path {
        self.directory.path()
    }

    /// Whether it is in `parent`, from where a rename brings its files there.
    pub(crate) fn is_in(&self, parent: &Utf8Path) -> bool {
        self.directory.path().parent() == Some(parent)
    }

    /// A path inside it.
    pub(crate) fn path(&self, name: &str) -> Utf8PathBuf {
        self.directory.path().join(name)
    }
}

/// Whether what is left is worth a line that the user sees, or was told in this run already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Telling {
    /// It is.
    First,
    /// It was.
    Again,
}

/// Removes the scratch directories in `parent` whose process is gone. Never another run's, and nothing that only looks
/// like one: that is left and named.
pub(crate) fn sweep(parent: &Utf8Path, telling: Telling) {
    let swept = videogen_durable::sweep(parent, PREFIX);
    for path in &swept.removed {
        tracing::info!(?path, "removed what an interrupted run had left");
    }
    let (left, foreign) = names(&swept);
    if left.is_empty() && foreign == 0 {
        return;
    }
    let names = left.join(", ");
    match telling {
        Telling::Again => tracing::debug!(%parent, names, foreign, "left alone"),
        Telling::First if left.is_empty() => {
            // On a machine with several users that is how the temporary directory always looks.
            tracing::info!(%parent, foreign, "scratch directories of other users are left alone");
        }
        Telling::First => tracing::warn!(
            "left alone in {parent:?}, because it is not provably a scratch directory of videogen: {names}; \
             whoever put it there can remove it or give it another name"
        ),
    }
}

/// What was left and why, a few of it by name, and how many directories of other users there are.
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

/// Whether what is put into `directory` would be put into a scratch directory of some run, which goes with that run.
pub(crate) fn is_inside_one(directory: &Utf8Path) -> bool {
    // What is not there yet has an ancestor that is; a name without a directory is in the current one.
    let real = directory.ancestors().find_map(|ancestor| {
        let there = if ancestor == "" {
            Utf8Path::new(".")
        } else {
            ancestor
        };
        there.canonicalize_utf8().ok()
    });
    real.is_some_and(|real| real.ancestors().any(videogen_durable::is_scratch))
}

pub(crate) fn failed(action: &'static str, path: &Utf8Path, source: io::Error) -> Error {
    Error::new(
        Stage::Publish,
        ErrorKind::Io {
            action,
            path: path.to_owned(),
            source,
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn a_scratch_directory_goes_with_its_owner_and_comes_back() {
        let parent = camino_tempfile::tempdir().expect("a temporary directory");
        let scratch = Scratch::new(parent.path()).expect("made");
        fs::write(scratch.path("x"), "x").expect("written");
        assert!(scratch.is_in(parent.path()) && !scratch.ensure().expect("there"));
        videogen_durable::remove_tree(&scratch.path("")).expect("removed");
        assert!(scratch.ensure().expect("made again"));
        fs::write(scratch.path("x"), "x").expect("written");
        drop(scratch);
        assert_eq!(fs::read_dir(parent.path()).expect("there").count(), 0);
    }

    #[test]
    fn only_what_is_provably_ours_is_swept_and_the_rest_is_named() {
        let parent = camino_tempfile::tempdir().expect("a temporary directory");
        let alive = Scratch::new(parent.path()).expect("made");
        // Killed before it had its marker: its process is gone, and it is empty.
        let dead = parent
            .path()
            .join(format!("{PREFIX}{}-0123456789ab", i32::MAX));
        fs::create_dir(&dead).expect("made");
        for name in [".videogen-notes", ".videogen-dead00", "holiday"] {
            fs::create_dir(parent.path().join(name)).expect("made");
            fs::write(parent.path().join(name).join("lock"), "").expect("written");
        }
        let swept = videogen_durable::sweep(parent.path(), PREFIX);
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
        sweep(parent.path(), Telling::First);
        assert!(!dead.exists() && alive.path("scratch.lock").exists());
        for name in [".videogen-notes", ".videogen-dead00", "holiday"] {
            assert!(parent.path().join(name).join("lock").exists(), "{name}");
        }
    }

    #[test]
    fn inside_is_at_any_depth_and_through_links() {
        let parent = camino_tempfile::tempdir().expect("a temporary directory");
        let scratch = Scratch::new(parent.path()).expect("made");
        assert!(is_inside_one(&scratch.path("")));
        assert!(is_inside_one(&scratch.path("not/there/yet")));
        assert!(!is_inside_one(parent.path()));
        assert!(!is_inside_one(&parent.path().join(".videogen-mine")));
        #[cfg(unix)]
        {
            fs::create_dir(scratch.path("out")).expect("made");
            let link = parent.path().join("link");
            std::os::unix::fs::symlink(scratch.path("out"), &link).expect("linked");
            assert!(is_inside_one(&link));
        }
    }
}
