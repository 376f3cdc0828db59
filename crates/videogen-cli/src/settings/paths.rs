//! The one place where paths that people write become absolute, whether they stand in a flag, a file, a line or a variable.

use camino::{Utf8Path, Utf8PathBuf};
use videogen_text::{PathProblem, read_path};

use super::key::Wrong;
use crate::exit_code;

/// Where paths that people write begin.
#[derive(Debug, Clone, Copy)]
pub(crate) struct PathBase<'a> {
    directory: &'a Utf8Path,
    home: Option<&'a Utf8Path>,
}

impl<'a> PathBase<'a> {
    /// Relative paths begin in `directory`, which is absolute, and `~` is `home`.
    pub(crate) fn new(directory: &'a Utf8Path, home: Option<&'a Utf8Path>) -> Self {
        Self { directory, home }
    }

    /// The absolute path that `text` stands for: `~`, `~/x` and `file:///x` are understood.
    ///
    /// # Errors
    /// It is an address, the home of somebody by name, or in a home that there is not.
    pub(crate) fn resolve(self, text: &str) -> Result<Utf8PathBuf, Wrong> {
        let path = read_path(text, self.home.map(Utf8Path::as_str))?;
        Ok(self.directory.join(&*path))
    }

    /// A word of a command, as a shell would give it: `~` and `~/x` are in the home directory, and all else is as it stands.
    pub(crate) fn word(self, word: &str) -> Result<String, Wrong> {
        if word != "~" && !word.starts_with("~/") {
            return Ok(word.to_owned());
        }
        let path = read_path(word, self.home.map(Utf8Path::as_str))?;
        Ok(path.into_owned())
    }
}

impl From<PathProblem> for Wrong {
    fn from(problem: PathProblem) -> Self {
        Self {
            message: problem.to_string(),
            hint: Some(problem.help()),
            code: match problem {
                // As of a file that is not there.
                PathProblem::Address(_) => exit_code::PREFLIGHT,
                _ => exit_code::USAGE,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn base() -> PathBase<'static> {
        PathBase::new(Utf8Path::new("/work"), Some(Utf8Path::new("/home/ada")))
    }

    #[test]
    fn paths_become_absolute() {
        for (text, path) in [
            ("a/b.png", "/work/a/b.png"),
            ("/a.png", "/a.png"),
            ("~", "/home/ada"),
            ("~/a.png", "/home/ada/a.png"),
            ("file:///a%20b.png", "/a b.png"),
        ] {
            assert_eq!(base().resolve(text), Ok(path.into()), "{text}");
        }
    }

    #[test]
    fn what_is_no_path_has_a_status_and_a_hint() {
        for (text, code, hint) in [
            ("https://example.org/a.png", 3, "download it first"),
            ("~bob/x", 2, "in full"),
            ("file://server/a.png", 2, "file:///"),
        ] {
            let wrong = base().resolve(text).expect_err(text);
            assert_eq!(wrong.code, code, "{text}");
            assert!(wrong.hint.is_some_and(|text| text.contains(hint)), "{text}");
        }
    }

    #[test]
    fn words_of_a_command_are_left_alone_but_for_the_home() {
        for (word, expected) in [
            ("~/venv/bin/python", "/home/ada/venv/bin/python"),
            ("~", "/home/ada"),
            ("main.py", "main.py"),
            ("--front=~/x", "--front=~/x"),
            ("~bob", "~bob"),
            ("http://127.0.0.1:8188", "http://127.0.0.1:8188"),
        ] {
            assert_eq!(base().word(word), Ok(expected.to_owned()), "{word}");
        }
    }
}
