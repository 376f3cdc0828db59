//! The path of a member, as a path below the directory that is unpacked into. Pure.

use std::collections::HashMap;

use camino::{Utf8Path, Utf8PathBuf};

use super::error::MemberProblem;
use crate::plain_name;

/// The most parts of a path.
const DEEPEST: usize = 16;

/// What stands at a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stands {
    File,
    Directory,
}

/// Returns the path in the archive as one below a directory: plain names only. Empty for the directory itself.
pub(super) fn plain_path(path: &[u8], stands: Stands) -> Result<Utf8PathBuf, MemberProblem> {
    let path = str::from_utf8(path).map_err(|_| MemberProblem::Name("it is no text".to_owned()))?;
    if path.starts_with(['/', '\\']) {
        return Err(MemberProblem::Absolute);
    }
    // Of a directory, because many write it.
    let path = match stands {
        Stands::Directory => path.strip_suffix('/').unwrap_or(path),
        Stands::File => path,
    };
    let path = path.strip_prefix("./").unwrap_or(path);
    if path == "." || (path.is_empty() && stands == Stands::Directory) {
        return match stands {
            Stands::Directory => Ok(Utf8PathBuf::new()),
            Stands::File => Err(MemberProblem::Name(".".to_owned())),
        };
    }
    let parts: Vec<&str> = path.split('/').collect();
    if parts.contains(&"..") {
        return Err(MemberProblem::Parent);
    }
    if parts.len() > DEEPEST {
        return Err(MemberProblem::Deep(DEEPEST));
    }
    for part in &parts {
        plain_name::check(part).map_err(|problem| MemberProblem::Name(problem.to_string()))?;
    }
    Ok(parts.iter().collect())
}

/// The paths that were unpacked, as file systems see them that do not tell cases apart.
#[derive(Debug, Default)]
pub(super) struct Paths(HashMap<String, Stands>);

impl Paths {
    /// Adds a path and the directories above it.
    pub(super) fn add(&mut self, path: &Utf8Path, stands: Stands) -> Result<(), MemberProblem> {
        let folded = plain_name::folded(path.as_str());
        let ends: Vec<usize> = folded.match_indices('/').map(|(at, _)| at).collect();
        for end in ends {
            if *self
                .0
                .entry(folded[..end].to_owned())
                .or_insert(Stands::Directory)
                == Stands::File
            {
                return Err(MemberProblem::Duplicate);
            }
        }
        match self.0.insert(folded, stands) {
            // Named again, or for the first time after what is in it.
            Some(Stands::Directory) if stands == Stands::Directory => Ok(()),
            Some(_) => Err(MemberProblem::Duplicate),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_plain_or_refused() {
        let file =
            |path: &str| plain_path(path.as_bytes(), Stands::File).map(Utf8PathBuf::into_string);
        let dir = |path: &str| {
            plain_path(path.as_bytes(), Stands::Directory).map(Utf8PathBuf::into_string)
        };
        assert_eq!(file("a/b.txt"), Ok("a/b.txt".to_owned()));
        assert_eq!(file("./a"), Ok("a".to_owned()));
        assert_eq!(dir("a/b/"), Ok("a/b".to_owned()));
        assert_eq!(
            (dir("./"), dir(".")),
            (Ok(String::new()), Ok(String::new()))
        );
        for path in ["/etc/passwd", "\\\\host\\share"] {
            assert_eq!(file(path), Err(MemberProblem::Absolute), "{path}");
        }
        for path in ["..", "../a", "a/../b", "./.."] {
            assert_eq!(file(path), Err(MemberProblem::Parent), "{path}");
        }
        for path in [
            "", ".", "a//b", "a/", "a/./b", "C:a", "C:/a", "a\\..\\b", "a\0b", ".ssh/x", "a/nul",
        ] {
            assert!(
                matches!(file(path), Err(MemberProblem::Name(_))),
                "{path:?}"
            );
        }
        assert_eq!(file(&"a/".repeat(17)), Err(MemberProblem::Deep(16)));
        assert!(plain_path(b"\xff", Stands::File).is_err());
    }

    #[test]
    fn a_path_is_taken_once() {
        use Stands::{Directory, File};
        let mut paths = Paths::default();
        let mut add = |path: &str, stands| paths.add(Utf8Path::new(path), stands);
        assert_eq!(add("a/b/c", File), Ok(()));
        assert_eq!(add("a", Directory), Ok(()));
        assert_eq!(add("a/B", Directory), Ok(()));
        for (path, stands) in [
            ("A/b/C", File),
            ("a", File),
            ("a/b/c/d", File),
            ("a/b/c", Directory),
        ] {
            assert_eq!(add(path, stands), Err(MemberProblem::Duplicate), "{path}");
        }
    }
}
