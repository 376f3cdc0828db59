//! Small files, written and removed as [`videogen_durable`] does it, with errors of this crate.

use std::io;

use camino::{Utf8Path, Utf8PathBuf};
use videogen_durable::{
    RealEffects, WriteError, sweep_temporaries, write_atomically, write_unsynced,
};

use crate::Error;

/// Whether to return only when the bytes are on disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wait {
    /// Yes: file and directory are flushed.
    ForDisk,
    /// No: the file means nothing after a power cut.
    No,
}

/// Writes `bytes` to `path`, replacing what is there, for the owner only.
///
/// # Errors
/// [`Error::Io`]; what had the name before is untouched, except when flushing the directory failed.
pub(crate) fn write(path: &Utf8Path, bytes: &[u8], wait: Wait) -> Result<(), Error> {
    let written = match wait {
        Wait::ForDisk => write_atomically(&RealEffects, path, bytes),
        Wait::No => write_unsynced(&RealEffects, path, bytes),
    };
    written.map_err(|error: WriteError| io_error(error.step.action(), &error.path, error.source))
}

/// Removes what a killed process left of earlier writes to `path`. Only for who has the lock that guards `path`.
pub(crate) fn sweep(path: &Utf8Path) {
    sweep_temporaries(&RealEffects, path);
}

/// The directory of a file: the current one for a bare name.
pub(crate) fn parent(path: &Utf8Path) -> &Utf8Path {
    match path.parent() {
        Some(dir) if !dir.as_str().is_empty() => dir,
        _ => Utf8Path::new("."),
    }
}

/// `path` with `ending` after its name.
pub(crate) fn beside(path: &Utf8Path, ending: &str) -> Utf8PathBuf {
    Utf8PathBuf::from(format!("{path}{ending}"))
}

/// What the system said about `path`.
pub(crate) fn io_error(action: &'static str, path: &Utf8Path, source: io::Error) -> Error {
    Error::Io {
        action,
        path: path.to_owned(),
        source,
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn a_file_is_replaced_whole_and_leftovers_are_swept() {
        let dir = camino_tempfile::tempdir().unwrap();
        let path = dir.path().join("a.json");
        write(&path, b"one", Wait::ForDisk).unwrap();
        write(&path, b"two", Wait::No).unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"two");
        fs::write(dir.path().join(".a.json.a1B2c3.tmp"), b"half").unwrap();
        fs::write(dir.path().join(".b.json.a1B2c3.tmp"), b"not ours").unwrap();
        fs::write(dir.path().join(".a.json.of-mine.tmp"), b"not ours").unwrap();
        sweep(&path);
        let mut left: Vec<_> = fs::read_dir(dir.path())
            .unwrap()
            .map(|e| e.unwrap().file_name())
            .collect();
        left.sort();
        assert_eq!(
            left,
            [".a.json.of-mine.tmp", ".b.json.a1B2c3.tmp", "a.json"]
        );
    }

    #[test]
    fn a_missing_directory_is_an_error_that_names_the_file() {
        let error = write(Utf8Path::new("/nowhere/at/all"), b"", Wait::No).unwrap_err();
        assert!(error.to_string().contains("/nowhere/at/all"), "{error}");
    }
}
