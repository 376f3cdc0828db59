//! What an FFmpeg build said about itself, kept on disk: asking takes three starts of it.
//!
//! The file is a convenience. One that is missing, damaged, of another format or about another binary is as good as
//! none, and one that cannot be written is not written.

use std::io::{self, Write};
use std::time::UNIX_EPOCH;

use camino::{Utf8Path, Utf8PathBuf};
use serde::{Deserialize, Serialize};

use super::capabilities::Capabilities;

/// Changes when the fields or their meaning change.
const FORMAT: u32 = 1;
/// The name of the file.
const NAME: &str = "ffmpeg.json";
/// The listings of a complete build take 20 KiB; more than this is not ours.
const LARGEST: u64 = 1024 * 1024;

/// What tells one binary from another, and from itself after an update.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Identity {
    /// As it is started: a wrapper may look at its own name.
    path: Utf8PathBuf,
    /// Behind all links: package managers put a new version beside the old one and turn the link.
    file: Utf8PathBuf,
    /// Its size in bytes.
    bytes: u64,
    /// When it was last changed, in nanoseconds since 1970.
    modified: u64,
}

#[derive(Serialize, Deserialize)]
struct Entry {
    format: u32,
    identity: Identity,
    capabilities: Capabilities,
}

impl Identity {
    /// That of a binary; nothing if the system does not tell all of it.
    pub(super) fn of(path: &Utf8Path) -> Option<Self> {
        let metadata = path.metadata().ok()?;
        let modified = metadata.modified().ok()?.duration_since(UNIX_EPOCH).ok()?;
        Some(Self {
            path: path.to_owned(),
            file: path.canonicalize_utf8().ok()?,
            bytes: metadata.len(),
            modified: u64::try_from(modified.as_nanos()).ok()?,
        })
    }
}

/// What is kept in `directory` about this binary.
pub(super) fn read(directory: &Utf8Path, identity: &Identity) -> Option<Capabilities> {
    let json = videogen_durable::read_own(&directory.join(NAME), LARGEST).ok()?;
    let entry: Entry = serde_json::from_slice(&json).ok()?;
    (entry.format == FORMAT && entry.identity == *identity).then_some(entry.capabilities)
}

/// Keeps it, in the place of what was kept before. The directory is created if it is missing.
pub(super) fn write(directory: &Utf8Path, identity: Identity, capabilities: &Capabilities) {
    let entry = Entry {
        format: FORMAT,
        identity,
        capabilities: capabilities.clone(),
    };
    if let Err(error) = replace(directory, &entry) {
        let path = directory.join(NAME);
        if path.is_dir() {
            tracing::warn!("what ffmpeg can do is asked each time: move the directory {path} away");
        } else {
            tracing::debug!(%directory, %error, "what ffmpeg can do is not kept");
        }
    }
}

/// A reader sees the old file or the new one, never a part.
fn replace(directory: &Utf8Path, entry: &Entry) -> io::Result<()> {
    videogen_durable::create_missing_dirs(directory)?;
    // For its owner only, as all that this library for temporary files makes.
    let mut file = camino_tempfile::NamedUtf8TempFile::new_in(directory)?;
    file.write_all(&serde_json::to_vec(entry)?)?;
    file.persist(directory.join(NAME))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn capabilities() -> Capabilities {
        let encoders = " V....D libx264   x\n A....D aac   x\n";
        Capabilities::parse("ffmpeg version 7.1 Copyright", encoders, "").unwrap()
    }

    #[test]
    fn what_was_written_is_read_until_the_binary_changes() {
        let dir = camino_tempfile::tempdir().unwrap();
        let binary = dir.path().join("ffmpeg");
        fs::write(&binary, "one").unwrap();
        let kept = dir.path().join("cache/videogen");
        let identity = Identity::of(&binary).unwrap();
        assert_eq!(read(&kept, &identity), None);
        write(&kept, identity.clone(), &capabilities());
        assert_eq!(read(&kept, &identity), Some(capabilities()));
        assert_eq!(fs::read_dir(&kept).unwrap().count(), 1, "no temporary file");

        fs::write(&binary, "another").unwrap();
        assert_eq!(read(&kept, &Identity::of(&binary).unwrap()), None);
        let later = Identity {
            modified: identity.modified + 1,
            ..identity
        };
        assert_eq!(read(&kept, &later), None);
    }

    #[test]
    fn damaged_foreign_and_future_files_are_as_good_as_none() {
        let dir = camino_tempfile::tempdir().unwrap();
        let binary = dir.path().join("ffmpeg");
        fs::write(&binary, "x").unwrap();
        let identity = Identity::of(&binary).unwrap();
        write(dir.path(), identity.clone(), &capabilities());
        let good = fs::read_to_string(dir.path().join(NAME)).unwrap();
        let future = good.replace("\"format\":1", "\"format\":2");
        assert_ne!(good, future);
        for text in ["", "{}", "[1, 2", &good[..good.len() / 2], &future] {
            fs::write(dir.path().join(NAME), text).unwrap();
            assert_eq!(read(dir.path(), &identity), None, "{text}");
        }
        write(dir.path(), identity.clone(), &capabilities());
        assert!(read(dir.path(), &identity).is_some(), "it is replaced");
        fs::remove_file(dir.path().join(NAME)).unwrap();
        fs::create_dir(dir.path().join(NAME)).unwrap();
        write(dir.path(), identity.clone(), &capabilities());
        assert_eq!(read(dir.path(), &identity), None, "a directory stays");
    }

    #[test]
    fn a_place_that_cannot_be_written_is_no_error() {
        let dir = camino_tempfile::tempdir().unwrap();
        let file = dir.path().join("file");
        fs::write(&file, "x").unwrap();
        let identity = Identity::of(&file).unwrap();
        write(&file, identity.clone(), &capabilities());
        assert_eq!(read(&file, &identity), None);
        assert_eq!(Identity::of(&dir.path().join("missing")), None);
    }
}
