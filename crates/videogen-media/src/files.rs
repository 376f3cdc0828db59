//! Input files: opened once, checked through the handle, and named for what their first bytes say.

use std::fs::File;
use std::io::{self, ErrorKind};

use camino::Utf8Path;
use videogen_durable::{FileKind, NotAFile};

use crate::Error;

/// Opens an input file for reading when it is a regular file of `1..=limit` bytes.
///
/// The checks look at the opened handle, so what was checked is what is read.
///
/// # Errors
/// [`Error::InputMissing`], [`Error::InputNotAFile`], [`Error::InputEmpty`], [`Error::InputTooLarge`] or [`Error::Io`].
pub(crate) fn open_regular(path: &Utf8Path, limit: u64) -> Result<File, Error> {
    let failed = |source: io::Error| match source.kind() {
        ErrorKind::NotFound | ErrorKind::NotADirectory => Error::InputMissing {
            path: path.to_owned(),
        },
        _ => Error::Io {
            action: "reading",
            path: path.to_owned(),
            source,
        },
    };
    let file =
        videogen_durable::open_regular(path).map_err(|error| match NotAFile::in_error(&error) {
            Some(FileKind::Directory) => Error::InputNotAFile {
                path: path.to_owned(),
                found: "a directory",
            },
            Some(_) => Error::InputNotAFile {
                path: path.to_owned(),
                found: "a device, a socket or a pipe",
            },
            None => failed(error),
        })?;
    let metadata = file.metadata().map_err(failed)?;
    match metadata.len() {
        0 => Err(Error::InputEmpty {
            path: path.to_owned(),
        }),
        bytes if bytes > limit => Err(Error::InputTooLarge {
            path: path.to_owned(),
            bytes,
            limit,
        }),
        _ => Ok(file),
    }
}

/// What [`describe`] says of bytes that tell nothing.
pub(crate) const UNKNOWN: &str = "a file of unknown type";

/// What a file looks like by its first bytes, for messages: "an HTML page", "an MP3 file", "plain text" …
pub(crate) fn describe(bytes: &[u8]) -> String {
    let start = &bytes[..bytes.len().min(512)];
    let text = String::from_utf8_lossy(start);
    let trimmed = text
        .trim_start_matches('\u{feff}')
        .trim_start()
        .to_ascii_lowercase();
    let known = if trimmed.starts_with("<!doctype html") || trimmed.starts_with("<html") {
        "an HTML page"
    } else if trimmed.starts_with("#extm3u") {
        "an HLS playlist"
    } else if trimmed.starts_with("<svg")
        || (trimmed.starts_with("<?xml") && trimmed.contains("<svg"))
    {
        "an SVG drawing"
    } else if trimmed.starts_with("<?xml") {
        "an XML file"
    } else if trimmed.starts_with("version https://git-lfs") {
        "a Git LFS pointer, not the file itself"
    } else if trimmed.starts_with("ffconcat") {
        "an FFmpeg concat list"
    } else if start.starts_with(b"\x89PNG") {
        "a PNG picture"
    } else if start.starts_with(b"\xff\xd8\xff") {
        "a JPEG picture"
    } else if start.starts_with(b"GIF8") {
        "a GIF picture"
    } else if start.starts_with(b"RIFF") && start.get(8..12) == Some(b"WEBP") {
        "a WebP picture"
    } else if start.starts_with(b"RIFF") && start.get(8..12) == Some(b"WAVE") {
        "a WAV file"
    } else if start.starts_with(b"ID3") {
        "an MP3 file"
    } else if start.starts_with(b"OggS") {
        "an Ogg file"
    } else if start.starts_with(b"fLaC") {
        "a FLAC file"
    } else if start.get(4..8) == Some(b"ftyp") {
        "an MP4 or HEIF file"
    } else if start.starts_with(b"MThd") {
        "a MIDI file, which has notes in it and no sound"
    } else if start.starts_with(b"PK\x03\x04") {
        "a ZIP archive"
    } else if start.starts_with(b"%PDF") {
        "a PDF document"
    } else if start.starts_with(b"\x7fELF") {
        "a program"
    } else if start.is_empty() {
        "an empty file"
    } else if !start.contains(&0)
        && std::str::from_utf8(start)
            .is_ok_and(|s| !s.chars().any(|c| c.is_control() && !c.is_whitespace()))
    {
        "plain text"
    } else {
        UNKNOWN
    };
    known.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_named_for_what_they_hold() {
        assert_eq!(describe(b"\n <!DOCTYPE HTML>"), "an HTML page");
        assert_eq!(describe(b"#EXTM3U\n"), "an HLS playlist");
        assert_eq!(describe("just words, naïve".as_bytes()), "plain text");
        assert_eq!(describe(&[1, 2, 3, 0]), "a file of unknown type");
    }

    #[test]
    fn only_regular_files_of_acceptable_size_are_opened() {
        let dir = camino_tempfile::tempdir().expect("a temporary directory");
        let at = |name: &str| dir.path().join(name);
        std::fs::write(at("empty"), "").expect("written");
        std::fs::write(at("large"), "12345").expect("written");
        assert!(matches!(
            open_regular(dir.path(), 9),
            Err(Error::InputNotAFile { .. })
        ));
        assert!(matches!(
            open_regular(&at("none"), 9),
            Err(Error::InputMissing { .. })
        ));
        assert!(matches!(
            open_regular(&at("empty"), 9),
            Err(Error::InputEmpty { .. })
        ));
        assert!(matches!(
            open_regular(&at("large"), 4),
            Err(Error::InputTooLarge {
                bytes: 5,
                limit: 4,
                ..
            })
        ));
        assert!(open_regular(&at("large"), 5).is_ok());
    }
}
