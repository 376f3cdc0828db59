//! What an FFmpeg build said about itself, kept on disk: asking takes three starts of it.

use camino::{Utf8Path, Utf8PathBuf};
use serde::{Deserialize, Serialize};
use videogen_durable::{CacheFile, FileIdentity};

use super::capabilities::Capabilities;

/// Changes when the fields or their meaning change.
const FORMAT: u32 = 1;
/// The name of the file.
const NAME: &str = "ffmpeg.json";

/// What tells one binary from another, and from itself after an update.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Identity {
    /// As it is started: a wrapper may look at its own name.
    path: Utf8PathBuf,
    #[serde(flatten)]
    file: FileIdentity,
}

/// What the file keeps.
#[derive(Serialize, Deserialize)]
struct Answers {
    capabilities: Capabilities,
}

/// The file for what one binary says about itself.
#[derive(Debug)]
pub(super) struct Cache(CacheFile<Identity>);

impl Cache {
    /// Returns the file for this binary in `directory`; nothing if the system does not tell one binary from another.
    pub(super) fn of(directory: &Utf8Path, binary: &Utf8Path) -> Option<Self> {
        let identity = Identity {
            path: binary.to_owned(),
            file: FileIdentity::of(binary)?,
        };
        Some(Self(CacheFile::new(directory.join(NAME), FORMAT, identity)))
    }

    /// Returns what is kept about this binary.
    pub(super) fn read(&self) -> Option<Capabilities> {
        self.0.read::<Answers>().map(|kept| kept.capabilities)
    }

    /// Keeps it, in the place of what was kept before. A file that cannot be written is not written.
    pub(super) fn write(&self, capabilities: &Capabilities) {
        let answers = Answers {
            capabilities: capabilities.clone(),
        };
        if let Err(error) = self.0.replace(&answers) {
            let path = self.0.path();
            if path.is_dir() {
                tracing::warn!(
                    "what ffmpeg can do is asked each time: move the directory {path} away"
                );
            } else {
                tracing::debug!(%path, %error, "what ffmpeg can do is not kept");
            }
        }
    }
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
        let directory = dir.path().join("cache/videogen");
        let kept = Cache::of(&directory, &binary).unwrap();
        assert_eq!(kept.read(), None);
        kept.write(&capabilities());
        assert_eq!(kept.read(), Some(capabilities()));
        let json = fs::read_to_string(directory.join(NAME)).unwrap();
        assert!(
            json.starts_with(r#"{"format":1,"identity":{"path":"#),
            "{json}"
        );
        assert!(
            json.contains(r#""capabilities":{"version":"7.1","#),
            "{json}"
        );

        fs::write(&binary, "another").unwrap();
        assert_eq!(Cache::of(&directory, &binary).unwrap().read(), None);
    }

    #[test]
    fn a_place_that_cannot_be_written_is_no_error() {
        let dir = camino_tempfile::tempdir().unwrap();
        let file = dir.path().join("file");
        fs::write(&file, "x").unwrap();
        let below = Cache::of(&file, &file).unwrap();
        below.write(&capabilities());
        assert_eq!(below.read(), None);
        fs::create_dir(dir.path().join(NAME)).unwrap();
        let taken = Cache::of(dir.path(), &file).unwrap();
        taken.write(&capabilities());
        assert_eq!(taken.read(), None, "a directory stays");
        assert!(Cache::of(dir.path(), &dir.path().join("missing")).is_none());
    }
}
