//! Tells a file from another one, and from itself after a change, without reading it.

use std::time::UNIX_EPOCH;

use camino::{Utf8Path, Utf8PathBuf};
use serde::{Deserialize, Serialize};

/// Where a file is, how large it is and when it was last changed: what was learnt about it holds as long as all three are the
/// same. That is enough for a program; what has to be exactly the same content is told by its [`crate::Digest`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileIdentity {
    /// Behind all links: package managers put a new version beside the old one and turn the link.
    file: Utf8PathBuf,
    /// Its size in bytes.
    bytes: u64,
    /// When it was last changed, in nanoseconds since 1970.
    modified: u64,
}

impl FileIdentity {
    /// Returns that of the file at `path`, to which links may lead; `None` if the system does not tell all of it.
    pub fn of(path: &Utf8Path) -> Option<Self> {
        let metadata = path.metadata().ok()?;
        let modified = metadata.modified().ok()?.duration_since(UNIX_EPOCH).ok()?;
        Some(Self {
            file: path.canonicalize_utf8().ok()?,
            bytes: metadata.len(),
            modified: u64::try_from(modified.as_nanos()).ok()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs::{self, File};
    use std::time::Duration;

    #[test]
    fn a_file_is_another_one_when_place_size_or_time_differ() {
        let dir = camino_tempfile::tempdir().expect("a temporary directory");
        let at = |name: &str| dir.path().join(name);
        let write = |name: &str, content: &str, nanos: u64| {
            fs::write(at(name), content).expect("written");
            let file = File::options()
                .write(true)
                .open(at(name))
                .expect("opened to write");
            let time = UNIX_EPOCH + Duration::from_nanos(nanos);
            file.set_modified(time).expect("set");
            FileIdentity::of(&at(name)).expect("all is told")
        };
        let day = 86_400_000_000_000;
        let first = write("a", "one", day);
        assert_eq!(write("a", "two", day), first);
        assert_ne!(write("a", "three", day), first);
        assert_ne!(write("a", "two", 2 * day), first);
        assert_ne!(write("b", "one", day), first);
        assert_eq!(FileIdentity::of(&at("missing")), None);
        #[cfg(unix)]
        {
            let b = write("b", "one", day);
            std::os::unix::fs::symlink(at("b"), at("link")).expect("linked");
            assert_eq!(FileIdentity::of(&at("link")), Some(b));
        }
    }
}
