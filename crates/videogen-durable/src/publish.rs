//! Gives the files of one thing their names: all of them or none, never over an existing file. Which names those are:
//! `file_name`.

use std::fs;
#[cfg(unix)]
use std::fs::File;
use std::io;

use camino::{Utf8Path, Utf8PathBuf};

use crate::file_error::FileError;
use crate::{AnnouncedFile, Digest, default_mode, open_regular, publish_mode};

/// Moves `files`, each with its extension, to `directory/name.extension`, in this order: all of them or none, and never over
/// an existing file. They have to be on the file system of `directory`, as those in a scratch directory there are. What reads
/// them can rely on the others when the last one is there.
///
/// Each file is flushed to disk before it gets its name, and the directory after. If a name turns out to be taken, what
/// was already moved goes back and `Ok(false)` says so: the caller chooses another name.
///
/// # Errors
/// A file that cannot be flushed or named, or a directory that cannot be flushed; what was moved went back as far as the disk
/// allowed.
pub fn publish_files(
    directory: &Utf8Path,
    name: &str,
    files: &[(&str, Utf8PathBuf)],
) -> Result<bool, FileError> {
    let nearby = files.first().and_then(|(_, path)| path.parent());
    let mode = match nearby.map(default_mode) {
        Some(Ok(mode)) => mode,
        // Then they stay their owner's.
        Some(Err(error)) => {
            tracing::debug!(%error, "the mode of new files cannot be learnt");
            None
        }
        None => None,
    };
    for (_, path) in files {
        open_regular(path)
            .and_then(|file| {
                // Before it has its name. Until here nobody else could read it; now the user's umask decides.
                publish_mode(&file, mode);
                file.sync_all()
            })
            .map_err(|e| FileError::new("flushing", path, e))?;
    }
    let mut moved: Vec<(&Utf8Path, Utf8PathBuf)> = Vec::new();
    let undo = |moved: &[(&Utf8Path, Utf8PathBuf)]| {
        for (from, to) in moved.iter().rev() {
            // Not what somebody else has put in its place meanwhile.
            let taken_back = if is_same_file(from, to) {
                fs::remove_file(to)
            } else if from.symlink_metadata().is_err() {
                fs::rename(to, from)
            } else {
                continue;
            };
            if let Err(error) = taken_back {
                tracing::warn!(path = %to, %error, "cannot take back a half-published file");
            }
        }
    };
    for (extension, from) in files {
        let to = directory.join(format!("{name}.{extension}"));
        match name_new(from, &to) {
            Ok(()) => moved.push((from, to)),
            Err(error) => {
                undo(&moved);
                if error.kind() == io::ErrorKind::AlreadyExists {
                    return Ok(false);
                }
                return Err(FileError::new("publishing", &to, error));
            }
        }
    }
    for (from, _) in &moved {
        // Their first names. What is left of them goes with the scratch directory.
        match fs::remove_file(from) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                tracing::debug!(path = %from, %error, "cannot remove a published file's first name");
            }
            _ => {}
        }
    }
    // The names themselves are on disk only when the directory is.
    #[cfg(unix)]
    File::open(directory)
        .and_then(|d| d.sync_all())
        .map_err(|e| FileError::new("flushing", directory, e))?;
    Ok(true)
}

/// Says whether two names are those of one file.
fn is_same_file(one: &Utf8Path, other: &Utf8Path) -> bool {
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        match (one.symlink_metadata(), other.symlink_metadata()) {
            (Ok(one), Ok(other)) => (one.dev(), one.ino()) == (other.dev(), other.ino()),
            _ => false,
        }
    }
    #[cfg(not(unix))]
    {
        one.is_file() && other.is_file()
    }
}

/// Gives a file another name, but never that of an existing one.
fn name_new(from: &Utf8Path, to: &Utf8Path) -> io::Result<()> {
    // A hard link fails when the name exists, on every file system that has hard links. The first name stays until all
    // have theirs: it tells which of the others are ours.
    match fs::hard_link(from, to) {
        Ok(()) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Err(error),
        // FAT and some network file systems have no hard links.
        Err(_) if to.symlink_metadata().is_err() => fs::rename(from, to),
        Err(_) => Err(io::ErrorKind::AlreadyExists.into()),
    }
}

/// A file of a thing that is about to get a name: its extension and what is in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DigestedFile {
    /// What stands behind the dot.
    pub extension: &'static str,
    /// Its size and SHA-256.
    pub digest: Digest,
}

impl DigestedFile {
    /// Reads the file at `path`, as a stream.
    ///
    /// # Errors
    /// It is no regular file, or cannot be read.
    pub fn read(path: &Utf8Path, extension: &'static str) -> Result<Self, FileError> {
        let digest = open_regular(path).and_then(|mut file| Digest::of_reader(&mut file));
        let digest = digest.map_err(|error| FileError::new("reading", path, error))?;
        Ok(Self { extension, digest })
    }

    /// Returns the name that it has beside others called `name`.
    pub fn named(&self, name: &str) -> String {
        format!("{name}.{}", self.extension)
    }

    /// Returns it as [`crate::Batch::publishing`] takes it.
    pub fn announced(&self, name: &str) -> AnnouncedFile {
        AnnouncedFile {
            name: self.named(name),
            bytes: self.digest.size(),
            sha256: self.digest.to_string(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::safe_name;

    /// In the order they get their names.
    const EXTENSIONS: [&str; 3] = ["title", "json", "txt"];

    fn files(dir: &Utf8Path) -> Vec<(&'static str, Utf8PathBuf)> {
        EXTENSIONS
            .iter()
            .map(|&extension| {
                let path = dir.join(format!("scratch.{extension}"));
                fs::write(&path, extension).expect("written");
                (extension, path)
            })
            .collect()
    }

    #[test]
    fn everything_appears_together() {
        let dir = camino_tempfile::tempdir().expect("a temporary directory");
        assert!(publish_files(dir.path(), "a", &files(dir.path())).expect("published"));
        for extension in EXTENSIONS {
            assert_eq!(
                fs::read_to_string(dir.path().join(format!("a.{extension}"))).expect("there"),
                extension
            );
        }
        assert_eq!(
            fs::read_dir(dir.path()).expect("there").count(),
            EXTENSIONS.len()
        );
    }

    #[test]
    fn nothing_is_replaced_and_nothing_half_is_left() {
        let dir = camino_tempfile::tempdir().expect("a temporary directory");
        fs::write(dir.path().join("a.json"), "mine").expect("written");
        assert!(!publish_files(dir.path(), "a", &files(dir.path())).expect("refused"));
        assert_eq!(
            fs::read_to_string(dir.path().join("a.json")).expect("there"),
            "mine"
        );
        assert!(!dir.path().join("a.title").exists() && !dir.path().join("a.txt").exists());
    }

    #[test]
    fn chosen_names_never_become_paths() {
        let cases = [
            ("My Video_1", "My Video_1"),
            ("../../etc/passwd", "etc-passwd"),
            ("a/b\\c:d", "a-b-c-d"),
            (".hidden", "hidden"),
            ("con", "video-con"),
            ("LPT1.txt", "video-LPT1.txt"),
            ("aux.txt", "video-aux.txt"),
            ("Nul .mp4", "video-Nul .mp4"),
            ("com¹", "video-com¹"),
            ("com10", "com10"),
            ("console", "console"),
            ("sea. .", "sea"),
            ("", "video"),
            ("\0\n", "video"),
            ("видео 1", "видео 1"),
        ];
        for (wanted, expected) in cases {
            assert_eq!(safe_name(wanted, "video"), expected, "{wanted:?}");
        }
        assert!(safe_name(&"é".repeat(500), "video").len() <= 200);
    }

    #[test]
    fn digests_are_sha256() {
        let dir = camino_tempfile::tempdir().expect("a temporary directory");
        let path = dir.path().join("abc");
        fs::write(&path, "abc").expect("written");
        let announced = DigestedFile::read(&path, "txt")
            .expect("read")
            .announced("b");
        // FIPS 180-2, appendix B.1.
        let expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!((announced.bytes, &*announced.sha256), (3, expected));
        assert_eq!(announced.name, "b.txt");
        assert!(DigestedFile::read(dir.path(), "txt").is_err());
    }
}
