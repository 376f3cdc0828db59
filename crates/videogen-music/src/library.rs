//! The user's own music: a file of a directory, chosen by genre and seed.

use camino::{Utf8Path, Utf8PathBuf};
use videogen_types::{Genre, Hint, MusicUrl, Seed, Setting};

/// Endings of the kinds of file that can be decoded, in lower case.
pub const EXTENSIONS: [&str; 22] = [
    "mp3", "wav", "flac", "ogg", "opus", "m4a", "aac", "aiff", "aif", "oga", "mka", "weba", "mp2",
    "wma", "amr", "awb", "caf", "ac3", "eac3", "au", "w64", "wv",
];

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
    /// Nobody has named any music, and none was found or fetched.
    #[error("none is named, and none was found or fetched")]
    None,
    /// The music is on a server, and nothing is fetched while offline.
    #[error("{url} is not on this machine, and nothing is fetched from a network while offline")]
    Offline {
        /// Where it is.
        url: MusicUrl,
    },
    /// The music is on a server, and nobody has fetched it.
    #[error("{url} is not on this machine")]
    NotFetched {
        /// Where it is.
        url: MusicUrl,
    },
    /// None of its files ends like one of [`EXTENSIONS`], nor does one of the genre's folder.
    #[error(
        "there is no music file for the genre {genre} in {directory}{}",
        others(folders)
    )]
    Empty {
        /// The directory.
        directory: Utf8PathBuf,
        /// The genre of the video.
        genre: Genre,
        /// The other genres that have a folder there.
        folders: Vec<Genre>,
    },
}

/// The folders of other genres, in words.
fn others(folders: &[Genre]) -> String {
    let names: Vec<&str> = folders.iter().map(|genre| genre.name()).collect();
    match names.as_slice() {
        [] => String::new(),
        names => format!(", which has folders for {}", names.join(", ")),
    }
}

impl LibraryError {
    /// Returns why what is at `url` does not play.
    pub(crate) fn elsewhere(url: MusicUrl, offline: bool) -> Self {
        if offline {
            Self::Offline { url }
        } else {
            Self::NotFetched { url }
        }
    }

    /// Returns the next action.
    pub fn help(&self) -> Hint {
        match self {
            Self::None => Hint::from("name a file or a directory as ").term(Setting::Music),
            Self::Offline { .. } => Hint::from("name a file that is here as ")
                .term(Setting::Music)
                .words(", or run without ")
                .term(Setting::Offline),
            Self::NotFetched { .. } => {
                Hint::from("download it yourself, and name the file as ").term(Setting::Music)
            }
            Self::Unreadable { .. } => "name a directory that can be read".into(),
            Self::TooMany { .. } => "name a directory with music only".into(),
            Self::Empty { genre, .. } => Hint::from(format!(
                "put {} files there or into its folder {genre}, or use ",
                EXTENSIONS.join(", ")
            ))
            .term(Setting::Music.to("builtin"))
            .words(" or ")
            .term(Setting::Music.to("none")),
        }
    }
}

/// What lies in a directory, as far as it is music.
#[derive(Debug, Default)]
struct Listing {
    /// Music files, in the order of their paths.
    files: Vec<Utf8PathBuf>,
    /// Folders that are called like a genre.
    folders: Vec<(Genre, Utf8PathBuf)>,
}

impl Listing {
    /// Lists `directory`, without what lies in its folders.
    fn of(directory: &Utf8Path) -> Result<Self, LibraryError> {
        let unreadable = |source| LibraryError::Unreadable {
            directory: directory.to_owned(),
            source,
        };
        let mut found = Self::default();
        for (n, entry) in directory.read_dir_utf8().map_err(unreadable)?.enumerate() {
            if n >= MOST_ENTRIES {
                return Err(LibraryError::TooMany {
                    directory: directory.to_owned(),
                });
            }
            let entry = entry.map_err(unreadable)?;
            // The kind of what a link leads to counts.
            let path = entry.path();
            let ending = path.extension().map(str::to_ascii_lowercase);
            if ending.is_some_and(|ending| EXTENSIONS.contains(&ending.as_str())) && path.is_file()
            {
                found.files.push(entry.into_path());
            } else if let Ok(genre) = entry.file_name().parse::<Genre>()
                && path.is_dir()
            {
                found.folders.push((genre, entry.into_path()));
            }
        }
        // The order in which a directory is listed is nobody's promise.
        found.files.sort();
        found.folders.sort();
        Ok(found)
    }
}

/// Chooses one of the music files in `directory` for a video of `genre`: of its folder that is called like the genre (in
/// letters of any size), or where that has none, of those that lie loose. The same one for the same seed and the same
/// files. What is no directory is taken as it is.
///
/// # Errors
/// [`LibraryError`]. Blocks while the directory is listed.
pub fn choose(directory: &Utf8Path, genre: Genre, seed: Seed) -> Result<Utf8PathBuf, LibraryError> {
    if !directory.is_dir() {
        return Ok(directory.to_owned());
    }
    let top = Listing::of(directory)?;
    let mut files = Vec::new();
    for (_, folder) in top.folders.iter().filter(|(of, _)| *of == genre) {
        files.extend(Listing::of(folder)?.files);
    }
    if files.is_empty() {
        files = top.files;
    }
    if files.is_empty() {
        let mut folders: Vec<Genre> = top.folders.into_iter().map(|(of, _)| of).collect();
        folders.retain(|of| *of != genre);
        folders.dedup();
        return Err(LibraryError::Empty {
            directory: directory.to_owned(),
            genre,
            folders,
        });
    }
    Ok(seed.rng().pick(&files).clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A directory with these files.
    fn library(files: &[&str]) -> camino_tempfile::Utf8TempDir {
        let dir = camino_tempfile::tempdir().expect("a temporary directory");
        for file in files {
            let path = dir.path().join(file);
            std::fs::create_dir_all(path.parent().expect("it has one")).expect("made");
            std::fs::write(path, "x").expect("written");
        }
        dir
    }

    /// What is chosen with each of 40 seeds, below the directory.
    fn chosen(dir: &Utf8Path, genre: Genre) -> Vec<Utf8PathBuf> {
        let one = |seed| choose(dir, genre, Seed(seed)).expect("one");
        let all = (0..40).map(one);
        all.map(|path| path.strip_prefix(dir).expect("below").to_owned())
            .collect()
    }

    #[test]
    fn the_choice_depends_on_the_seed_alone() {
        let empty = library(&[]);
        assert!(choose(empty.path(), Genre::Tech, Seed(1)).is_err());
        let dir = library(&["a.MP3", "b.flac", "notes.txt", "c.ogg", "d.WMA", "e.caf"]);
        let all = chosen(dir.path(), Genre::General);
        assert!(all.iter().all(|path| path.extension() != Some("txt")));
        assert!(all.iter().any(|path| *path != all[0]));
        assert!(all.iter().any(|path| *path == "e.caf"));
        assert_eq!(chosen(dir.path(), Genre::General), all);
    }

    #[test]
    fn the_folder_of_the_genre_comes_before_loose_files() {
        let dir = library(&[
            "loose.mp3",
            "Nature/rain.ogg",
            "Nature/cover.jpg",
            "nature.mp3/x",
            "tech/readme.txt",
            "mystery/deep/fog.mp3",
            "other/x.mp3",
        ]);
        let only = |genre| {
            let mut all = chosen(dir.path(), genre);
            all.dedup();
            all
        };
        assert_eq!(only(Genre::Nature), ["Nature/rain.ogg"]);
        // Its folder has no music, has it only deeper, or is not there.
        for genre in [Genre::Tech, Genre::Mystery, Genre::History] {
            assert_eq!(only(genre), ["loose.mp3"], "{genre}");
        }
    }

    #[test]
    fn music_of_other_genres_is_not_taken_and_named() {
        let dir = library(&["tech/a.mp3", "nature/b.mp3", "history/readme.txt"]);
        let error = choose(dir.path(), Genre::Mystery, Seed(1)).expect_err("none for it");
        let message = error.to_string();
        assert!(
            message.contains("genre mystery") && message.contains("folders for tech, nature"),
            "{message}"
        );
        let help = error.help().to_string();
        assert!(help.contains("its folder mystery"), "{help}");
        // Whether a file is there is not asked here.
        let gone = dir.path().join("gone.mp3");
        assert_eq!(choose(&gone, Genre::Tech, Seed(1)).expect("a file"), gone);
    }

    #[test]
    fn music_on_a_server_is_refused_for_a_reason() {
        let url: MusicUrl = "https://example.org/a.mp3?key=s3cret".parse().expect("one");
        for (offline, reason, what) in [
            (true, "while offline", "without offline mode"),
            (false, "is not on this machine", "download it yourself"),
        ] {
            let error = LibraryError::elsewhere(url.clone(), offline);
            let (message, help) = (error.to_string(), error.help().to_string());
            assert!(
                message.contains(reason) && !message.contains("s3cret"),
                "{message}"
            );
            assert!(
                message.starts_with("https://example.org/a.mp3 is not"),
                "{message}"
            );
            assert!(help.contains(what), "{help}");
        }
    }
}
