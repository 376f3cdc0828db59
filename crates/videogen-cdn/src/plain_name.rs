//! Names that others chose for files that we make: which of them are nothing but names, on every system.

use std::fmt;

/// The longest name of a file, in bytes: what every file system takes, with room for a suffix while it is written.
const LONGEST: usize = 200;

/// What is wrong with a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NameProblem {
    Empty,
    TooLong,
    /// It begins with a dot or a hyphen, or ends with a dot or a space.
    Edge,
    /// It has a separator, a wildcard or a colon: it could be a path, a drive or a stream of another file.
    Separator,
    /// It has a control or an invisible character.
    Unseen,
    /// Windows keeps it for a device.
    Device,
}

impl fmt::Display for NameProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Empty => "it is empty",
            Self::TooLong => "it is longer than 200 bytes",
            Self::Edge => {
                "it begins with a dot, a hyphen or a space, or ends with a dot or a space"
            }
            Self::Separator => "it has a character that separates paths, drives or patterns",
            Self::Unseen => "it has a character that is not seen",
            Self::Device => "it is the name of a device on Windows",
        })
    }
}

/// Checks that `name` is nothing but the name of a file, wherever it is made.
pub(crate) fn check(name: &str) -> Result<(), NameProblem> {
    if name.is_empty() {
        return Err(NameProblem::Empty);
    }
    if name.len() > LONGEST {
        return Err(NameProblem::TooLong);
    }
    if name.contains(['/', '\\', ':', '*', '?', '"', '<', '>', '|']) {
        return Err(NameProblem::Separator);
    }
    if name
        .chars()
        .any(|c| c.is_control() || videogen_text::steers(c))
    {
        return Err(NameProblem::Unseen);
    }
    if name.starts_with(['.', '-', ' ']) || name.ends_with(['.', ' ']) {
        return Err(NameProblem::Edge);
    }
    if is_device(name) {
        return Err(NameProblem::Device);
    }
    Ok(())
}

/// Windows takes these for devices, whatever the extension, and superscript digits for digits.
fn is_device(name: &str) -> bool {
    let stem = name.split('.').next().unwrap_or_default().trim_end();
    let stem = stem.to_uppercase();
    let numbered = |prefix: &str| {
        stem.strip_prefix(prefix).is_some_and(|n| {
            let mut digits = n.chars();
            digits.next().is_some_and(|c| "123456789¹²³".contains(c)) && digits.next().is_none()
        })
    };
    ["CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$"].contains(&stem.as_str())
        || numbered("COM")
        || numbered("LPT")
}

/// What file systems that do not tell cases or compositions apart may take `name` for: names with the same result could be
/// one file.
pub(crate) fn folded(name: &str) -> String {
    // Upper case first, so that letters that differ only there meet: ß and ss, ſ and s.
    videogen_durable::normalised(&name.to_uppercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_taken_and_what_is_more_than_a_name_is_not() {
        use NameProblem::{Device, Edge, Empty, Separator, TooLong, Unseen};
        for name in [
            "a.onnx",
            "a.onnx.json",
            "en_US-bryce-medium.onnx",
            "Ü b",
            "a..b",
            "COM0",
            "COM10",
            "console.log",
        ] {
            assert_eq!(check(name), Ok(()), "{name:?}");
        }
        for (name, problem) in [
            ("", Empty),
            (&*"a".repeat(201), TooLong),
            (".", Edge),
            ("..", Edge),
            (".bashrc", Edge),
            ("-i", Edge),
            ("a.", Edge),
            ("a ", Edge),
            ("a/b", Separator),
            ("a\\b", Separator),
            ("C:a", Separator),
            ("a:stream", Separator),
            ("*.png", Separator),
            ("a\0", Unseen),
            ("a\nb", Unseen),
            ("a\u{202E}gpj.exe", Unseen),
            ("con", Device),
            ("aux.mp4", Device),
            ("LPT1.txt", Device),
            ("com¹", Device),
            ("nul .txt", Device),
        ] {
            assert_eq!(check(name), Err(problem), "{name:?}");
        }
    }

    #[test]
    fn what_one_file_system_takes_for_one_name_folds_to_one() {
        for (one, other) in [
            ("README", "readme"),
            ("Straße", "STRASSE"),
            ("é", "e\u{301}"),
            ("ﬁ", "FI"),
        ] {
            assert_eq!(folded(one), folded(other), "{one:?} {other:?}");
        }
        assert_ne!(folded("a"), folded("b"));
    }
}
