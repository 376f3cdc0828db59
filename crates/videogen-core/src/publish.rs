//! Giving a finished video's files their names: all of them or none, never over an existing file.

use std::fs::{self, File};
use std::io::{self, Read};

use camino::{Utf8Path, Utf8PathBuf};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use videogen_durable::{RealEffects, default_mode, open_regular, publish_mode};

use crate::Error;
use crate::scratch::failed;

/// Where the files of a finished video are.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Delivered {
    /// The MP4.
    pub path: Utf8PathBuf,
    /// Its manifest.
    pub manifest: Utf8PathBuf,
    /// Its length in seconds.
    pub duration: f64,
}

/// The files of a video, by extension, in the order they get their names. The MP4 comes last: when it is there, the
/// others are.
pub(crate) const EXTENSIONS: [&str; 5] = ["srt", "jpg", "credits.txt", "json", "mp4"];

/// Base names are tried with numbers up to this.
const MOST_NUMBERS: u32 = 10_000;

/// A base name a person chose, made harmless: letters, digits, spaces and `-_.` stay, the rest becomes `-`; it is never
/// hidden, never a path, never longer than file systems take with the longest extension and a number.
pub(crate) fn safe_name(wanted: &str) -> String {
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
    // Windows keeps these for devices, whatever the extension.
    let stem = name
        .split('.')
        .next()
        .unwrap_or_default()
        .to_ascii_uppercase();
    let numbered = |prefix: &str| {
        stem.strip_prefix(prefix)
            .is_some_and(|n| n.len() == 1 && n != "0" && n.parse::<u8>().is_ok())
    };
    let reserved =
        ["CON", "PRN", "AUX", "NUL"].contains(&stem.as_str()) || numbered("COM") || numbered("LPT");
    match name {
        "" => "video".to_owned(),
        _ if reserved => format!("video-{name}"),
        _ => name.to_owned(),
    }
}

/// Whether any file of a video called `name` is there.
pub(crate) fn is_taken(directory: &Utf8Path, name: &str) -> bool {
    EXTENSIONS.iter().any(|extension| {
        directory
            .join(format!("{name}.{extension}"))
            .symlink_metadata()
            .is_ok()
    })
}

/// `wanted`, or `wanted-2`, `wanted-3` … if that is taken.
pub(crate) fn free_name(directory: &Utf8Path, wanted: &str) -> String {
    free_name_but(directory, wanted, |_| false)
}

/// [`free_name`] that is none of the `given`.
pub(crate) fn free_name_but(
    directory: &Utf8Path,
    wanted: &str,
    given: impl Fn(&str) -> bool,
) -> String {
    std::iter::once(wanted.to_owned())
        .chain((2..MOST_NUMBERS).map(|n| format!("{wanted}-{n}")))
        .find(|name| !given(name) && !is_taken(directory, name))
        .unwrap_or_else(|| format!("{wanted}-{MOST_NUMBERS}"))
}

/// Moves `files` (extension and scratch path, as in [`EXTENSIONS`]) to `directory/name.extension`.
///
/// Each file is flushed to disk before it gets its name, and the directory after. If a name turns out to be taken, what
/// was already moved goes back and `Ok(false)` says so: the caller chooses another name.
pub(crate) fn publish(
    directory: &Utf8Path,
    name: &str,
    files: &[(&str, Utf8PathBuf)],
) -> Result<bool, Error> {
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
            .map_err(|e| failed("flushing", path, e))?;
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
                return Err(failed("publishing", &to, error));
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
        .map_err(|e| failed("flushing", directory, e))?;
    Ok(true)
}

/// Lets the video that was just published take the place of an earlier one, whose manifest is `earlier`.
///
/// The manifest is the last to be replaced: whoever is interrupted here finds the earlier one, which says what could be
/// better. Doing it again finishes what was begun.
///
/// # Errors
/// A file that cannot be read, written or named. Nothing is lost: each file is under one of the two names.
pub(crate) fn replace(earlier: &Utf8Path, made: &Delivered) -> Result<Delivered, Error> {
    // The earlier one was removed meanwhile, and its name was free.
    if made.manifest == earlier {
        return Ok(made.clone());
    }
    let manifest = renamed_manifest(&made.manifest, earlier)?;
    let path = earlier.with_extension("mp4");
    for extension in ["mp4", "srt", "jpg", "credits.txt"] {
        let (from, to) = (
            made.manifest.with_extension(extension),
            earlier.with_extension(extension),
        );
        match fs::rename(&from, &to) {
            // Done before, by a process that ended in the middle of this.
            Err(error) if error.kind() == io::ErrorKind::NotFound && to.is_file() => {}
            moved => moved.map_err(|e| failed("replacing", &to, e))?,
        }
    }
    videogen_durable::write_atomically(&RealEffects, earlier, manifest.as_bytes())
        .map_err(|error| failed("replacing", earlier, error.source))?;
    if let Ok(file) = open_regular(earlier) {
        let mode = earlier.parent().map(default_mode).and_then(Result::ok);
        publish_mode(&file, mode.flatten());
    }
    fs::remove_file(&made.manifest).map_err(|e| failed("removing", &made.manifest, e))?;
    Ok(Delivered {
        path,
        manifest: earlier.to_owned(),
        duration: made.duration,
    })
}

/// The manifest at `from` with the names of files that it has beside `to`.
fn renamed_manifest(from: &Utf8Path, to: &Utf8Path) -> Result<String, Error> {
    let text = fs::read_to_string(from).map_err(|e| failed("reading", from, e))?;
    let mut manifest: serde_json::Value = serde_json::from_str(&text)
        .map_err(|error| failed("reading", from, io::Error::other(error)))?;
    let (old, new) = (
        from.file_stem().unwrap_or_default(),
        to.file_stem().unwrap_or_default(),
    );
    if let Some(files) = manifest["files"].as_object_mut() {
        *files = std::mem::take(files)
            .into_iter()
            .map(|(name, entry)| match name.strip_prefix(old) {
                Some(extension) => (format!("{new}{extension}"), entry),
                None => (name, entry),
            })
            .collect();
    }
    let mut text = serde_json::to_string_pretty(&manifest)
        .map_err(|error| failed("writing", to, io::Error::other(error)))?;
    text.push('\n');
    Ok(text)
}

/// Whether two names are those of one file.
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

/// Size in bytes and SHA-256 in hexadecimal of a file, read as a stream.
pub(crate) fn digest(path: &Utf8Path) -> Result<(u64, String), Error> {
    let reading = |e| failed("reading", path, e);
    let mut file = open_regular(path).map_err(reading)?;
    let mut hasher = Sha256::new();
    let mut buffer = vec![0; 64 * 1024];
    let mut size = 0;
    loop {
        match file.read(&mut buffer).map_err(reading)? {
            0 => break,
            n => {
                hasher.update(&buffer[..n]);
                size += n as u64;
            }
        }
    }
    let mut hex = String::with_capacity(64);
    for byte in hasher.finalize() {
        hex.push(char::from_digit(u32::from(byte >> 4), 16).expect("four bits are one digit"));
        hex.push(char::from_digit(u32::from(byte & 15), 16).expect("four bits are one digit"));
    }
    Ok((size, hex))
}

#[cfg(test)]
mod tests {
    use super::*;

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
        assert!(publish(dir.path(), "a", &files(dir.path())).expect("published"));
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
        assert!(!publish(dir.path(), "a", &files(dir.path())).expect("refused"));
        assert_eq!(
            fs::read_to_string(dir.path().join("a.json")).expect("there"),
            "mine"
        );
        assert!(!dir.path().join("a.srt").exists() && !dir.path().join("a.mp4").exists());
        assert_eq!(free_name(dir.path(), "a"), "a-2");
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
            ("", "video"),
            ("\0\n", "video"),
            ("видео 1", "видео 1"),
        ];
        for (wanted, expected) in cases {
            assert_eq!(safe_name(wanted), expected, "{wanted:?}");
        }
        assert!(safe_name(&"é".repeat(500)).len() <= 200);
    }

    #[test]
    fn digests_are_sha256() {
        let dir = camino_tempfile::tempdir().expect("a temporary directory");
        let path = dir.path().join("abc");
        fs::write(&path, "abc").expect("written");
        // FIPS 180-2, appendix B.1.
        let expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(digest(&path).expect("read"), (3, expected.to_owned()));
    }
}
