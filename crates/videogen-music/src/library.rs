//! The user's own music: a file of a directory, chosen by seed.

use camino::{Utf8Path, Utf8PathBuf};
use videogen_types::Seed;

/// Endings of the kinds of file that can be decoded, in lower case.
pub const EXTENSIONS: [&str; 8] = ["mp3", "wav", "flac", "ogg", "opus", "m4a", "aac", "aiff"];

/// The most entries of a directory that are looked at.
pub const MOST_ENTRIES: usize = 100_000;

/// Why no file could be chosen.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LibraryError {
    /// The directory cannot be listed.
    #[error("listing {directory}")]
    Unreadable {
        /// The directory.
        directory: Utf8PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// It has more than [`MOST_ENTRIES`] entries: it is hardly a directory of music.
    #[error("there are more than {MOST_ENTRIES} files in {directory}")]
    TooMany {
        /// The directory.
        directory: Utf8PathBuf,
    },
    /// None of its files ends like one of [`EXTENSIONS`].
    #[error("there is no music file in {directory}")]
    Empty {
        /// The directory.
        directory: Utf8PathBuf,
    },
}

/// Chooses one of the music files directly in `directory`: the same one for the same seed and the same files.
///
/// # Errors
/// [`LibraryError`]. Blocks while the directory is listed.
pub fn choose(directory: &Utf8Path, seed: Seed) -> Result<Utf8PathBuf, LibraryError> {
    let unreadable = |source| LibraryError::Unreadable {
        directory: directory.to_owned(),
        source,
    };
    let mut files = Vec::new();
    for (n, entry) in directory.read_dir_utf8().map_err(unreadable)?.enumerate() {
        let entry = entry.map_err(unreadable)?;
        if n >= MOST_ENTRIES {
            return Err(LibraryError::TooMany {
                directory: directory.to_owned(),
            });
        }
        let known = entry
            .path()
            .extension()
            .is_some_and(|e| EXTENSIONS.contains(&e.to_ascii_lowercase().as_str()));
        if known && entry.path().is_file() {
            files.push(entry.into_path());
        }
    }
    if files.is_empty() {
        return Err(LibraryError::Empty {
            directory: directory.to_owned(),
        });
    }
    // The order in which a directory is listed is nobody's promise.
    files.sort();
    Ok(seed.rng().pick(&files).clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_choice_depends_on_the_seed_alone() {
        let dir = camino_tempfile::tempdir().expect("a temporary directory");
        assert!(choose(dir.path(), Seed(1)).is_err());
        for name in ["a.MP3", "b.flac", "notes.txt", "c.ogg"] {
            std::fs::write(dir.path().join(name), "x").expect("written");
        }
        let chosen: Vec<Utf8PathBuf> = (0..40)
            .map(|n| choose(dir.path(), Seed(n)).expect("one"))
            .collect();
        assert!(chosen.iter().all(|path| path.extension() != Some("txt")));
        assert!(chosen.iter().any(|path| *path != chosen[0]));
        assert_eq!(choose(dir.path(), Seed(7)).expect("one"), chosen[7]);
    }
}
