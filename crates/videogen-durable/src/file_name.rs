//! Names of files: made harmless, and told apart as the disks do that tell the fewest apart.
//!
//! Disks of macOS and Windows do not tell `Sea.mp4` from `sea.mp4`, those of macOS not a letter with its accent from the
//! same in two parts. A directory is moved between disks and synchronised to others, so names that would be one there are
//! one here, whatever this disk does.

use std::collections::{BTreeMap, BTreeSet};

use camino::{Utf8Path, Utf8PathBuf};
use unicode_normalization::UnicodeNormalization;

/// Base names are tried with numbers up to this.
const MOST_NUMBERS: u32 = 10_000;

/// Returns a base name a person chose, made harmless: letters, digits, spaces and `-_.` stay, the rest becomes `-`. It is
/// never hidden, never a path, never a device of Windows, and never longer than file systems take with an extension of 50
/// bytes and a number. Where nothing is left it is `fallback`, which has to be a harmless name itself.
pub fn safe_name(wanted: &str, fallback: &str) -> String {
    const MAX_BYTES: usize = 200;
    let clean = videogen_text::clean(wanted);
    let mut name = String::new();
    for c in clean.chars() {
        let c = if c.is_alphanumeric() || " -_.".contains(c) {
            c
        } else {
            '-'
        };
        if name.len() + c.len_utf8() > MAX_BYTES {
            break;
        }
        name.push(c);
    }
    let name = name.trim_matches(|c: char| c == '.' || c == '-' || c.is_whitespace());
    match name {
        "" => fallback.to_owned(),
        _ if is_device(name) => format!("{fallback}-{name}"),
        _ => name.to_owned(),
    }
}

/// Says whether Windows keeps a name for a device: it does so whatever the extension, and whatever spaces stand before
/// that.
fn is_device(name: &str) -> bool {
    let stem = name.split('.').next().unwrap_or_default();
    let stem = stem.trim_end().to_ascii_uppercase();
    let is_numbered = |prefix: &str| {
        let mut number = stem.strip_prefix(prefix).unwrap_or_default().chars();
        // Windows takes the raised digits of Latin-1 for digits here.
        let is_digit = number.next().is_some_and(|c| "123456789¹²³".contains(c));
        is_digit && number.next().is_none()
    };
    ["CON", "PRN", "AUX", "NUL"].contains(&stem.as_str())
        || is_numbered("COM")
        || is_numbered("LPT")
}

/// Returns a name as a disk compares it that tells neither upper case from lower nor a letter with its accent from the
/// same in two parts: names of which this is the same are one file there. For comparing only.
#[must_use]
pub fn folded_name(name: &str) -> String {
    // Down, up and down again: `ẞ`, `ß` and `SS` are one to somebody, and so are `ς` and `σ`.
    name.nfd()
        .flat_map(char::to_lowercase)
        .flat_map(char::to_uppercase)
        .flat_map(char::to_lowercase)
        .nfd()
        .collect()
}

/// Hands out base names of which no two, nor one and a file that is there, are one file on any disk.
#[derive(Debug, Default)]
pub struct FreeNames {
    /// The names that are taken in each directory, folded, with their extensions.
    taken: BTreeMap<Utf8PathBuf, BTreeSet<String>>,
}

impl FreeNames {
    /// Returns `wanted`, or `wanted-2`, `wanted-3` … where `directory` has a file of that name with one of the
    /// `extensions`, or it was handed out before. A directory is read when it is first asked for: a name may be taken a
    /// moment later, which [`publish_files`](crate::publish_files) finds out.
    pub fn take(&mut self, directory: &Utf8Path, wanted: &str, extensions: &[&str]) -> String {
        let taken = self
            .taken
            .entry(directory.to_owned())
            .or_insert_with(|| names_in(directory));
        let files = |name: &str| {
            let name = folded_name(name);
            let files = extensions.iter();
            files.map(move |extension| format!("{name}.{}", folded_name(extension)))
        };
        // A directory that may not be listed may still be asked.
        let is_there = |name: &str, extension: &&str| {
            let file = directory.join(format!("{name}.{extension}"));
            file.symlink_metadata().is_ok()
        };
        let name = std::iter::once(wanted.to_owned())
            .chain((2..MOST_NUMBERS).map(|n| format!("{wanted}-{n}")))
            .find(|name| {
                !files(name).any(|file| taken.contains(&file))
                    && !extensions.iter().any(|extension| is_there(name, extension))
            })
            .unwrap_or_else(|| format!("{wanted}-{MOST_NUMBERS}"));
        taken.extend(files(&name));
        name
    }
}

/// The names of what is in a directory, folded; none where it is not there or may not be listed.
fn names_in(directory: &Utf8Path) -> BTreeSet<String> {
    let entries = std::fs::read_dir(directory).into_iter().flatten();
    let names = entries
        .filter_map(Result::ok)
        .map(|entry| entry.file_name());
    names
        .map(|name| folded_name(&name.to_string_lossy()))
        .collect()
}

/// Returns the one name that [`FreeNames::take`] gives.
pub fn free_name(directory: &Utf8Path, wanted: &str, extensions: &[&str]) -> String {
    FreeNames::default().take(directory, wanted, extensions)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use proptest::prelude::*;

    use super::*;

    const EXTENSIONS: [&str; 2] = ["json", "mp4"];

    #[test]
    fn names_that_are_one_on_some_disk_are_one() {
        for (one, other, same) in [
            ("Sea", "sea", true),
            ("caf\u{e9}", "cafe\u{301}", true),
            ("CAF\u{c9}", "cafe\u{301}", true),
            ("STRASSE", "straße", true),
            ("STRAẞE", "strasse", true),
            ("ΣΟΦΟΣ", "σοφος", true),
            ("МОРЕ", "море", true),
            ("sea", "see", false),
            ("café", "cafe", false),
            ("sea-2", "sea", false),
        ] {
            assert_eq!(
                folded_name(one) == folded_name(other),
                same,
                "{one} {other}"
            );
        }
    }

    #[test]
    fn a_name_is_free_where_no_disk_would_have_it_twice() {
        let dir = camino_tempfile::tempdir().expect("a temporary directory");
        for file in ["a.json", "Tea.MP4", "cafe\u{301}.mp4", "notes.txt"] {
            fs::write(dir.path().join(file), "mine").expect("written");
        }
        let free = |wanted: &str| free_name(dir.path(), wanted, &EXTENSIONS);
        for (wanted, name) in [
            ("a", "a-2"),
            ("A", "A-2"),
            ("tea", "tea-2"),
            ("caf\u{e9}", "caf\u{e9}-2"),
            ("notes", "notes"),
            ("b", "b"),
        ] {
            assert_eq!(free(wanted), name);
        }
        let mut names = FreeNames::default();
        let mut take = |wanted: &str| names.take(dir.path(), wanted, &EXTENSIONS);
        let taken = ["Sea", "sea", "SEA", "sea-2", "a", "A", "a-3"].map(&mut take);
        assert_eq!(
            taken,
            ["Sea", "sea-2", "SEA-3", "sea-2-2", "a-2", "A-3", "a-3-2"]
        );
        // Another directory is another matter.
        assert_eq!(
            names.take(&dir.path().join("new"), "sea", &EXTENSIONS),
            "sea"
        );
    }

    proptest! {
        #[test]
        fn no_two_names_are_one_on_any_disk(wanted in prop::collection::vec("[aAéÉßsS]{1,2}|\\PC{0,6}", 1..12)) {
            let mut names = FreeNames::default();
            let nowhere = Utf8Path::new("/nowhere/at/all");
            let given = wanted.iter().map(|name| names.take(nowhere, &safe_name(name, "video"), &EXTENSIONS));
            let folded: BTreeSet<String> = given.map(|name| folded_name(&name)).collect();
            prop_assert_eq!(folded.len(), wanted.len());
        }

        #[test]
        fn folding_is_done_once_and_knows_no_case(name in "\\PC{0,20}") {
            let folded = folded_name(&name);
            prop_assert_eq!(folded_name(&folded), folded.clone());
            let parts: String = name.nfd().collect();
            prop_assert_eq!(folded_name(&parts), folded);
        }
    }
}
