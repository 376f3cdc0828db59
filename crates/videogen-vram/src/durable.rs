//! Writes a small file so that it is whole under its name or not there.

use std::fs::{self, File};
use std::io::{self, Write};

use camino::{Utf8Path, Utf8PathBuf};

use crate::Error;

/// What temporary files end with. They begin with a dot and the name they are to get.
const SUFFIX: &str = ".tmp";
/// Random characters between the two.
const RANDOM: usize = 6;

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
    let failed = |action| move |source| io_error(action, path, source);
    let (dir, prefix) = (parent(path), prefix(path));
    let mut builder = camino_tempfile::Builder::new();
    builder.prefix(&prefix).suffix(SUFFIX).rand_bytes(RANDOM);
    let mut file = builder.tempfile_in(dir).map_err(failed("writing"))?;
    file.write_all(bytes).map_err(failed("writing"))?;
    if wait == Wait::ForDisk {
        file.as_file().sync_all().map_err(failed("flushing"))?;
    }
    file.persist(path).map_err(|e| failed("naming")(e.error))?;
    if wait == Wait::ForDisk {
        sync_dir(dir).map_err(|e| io_error("flushing the directory of", path, e))?;
    }
    Ok(())
}

/// Removes what a killed process left of earlier writes to `path`. Only for who has the lock that guards `path`.
pub(crate) fn sweep(path: &Utf8Path) {
    let prefix = prefix(path);
    for entry in fs::read_dir(parent(path)).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let random = name
            .to_str()
            .and_then(|name| name.strip_prefix(&prefix)?.strip_suffix(SUFFIX));
        let is_ours = random.is_some_and(|random| {
            random.len() == RANDOM && random.bytes().all(|b| b.is_ascii_alphanumeric())
        });
        if is_ours && entry.file_type().is_ok_and(|kind| kind.is_file()) {
            let _ = fs::remove_file(entry.path());
        }
    }
}

/// Flushes the names in a directory. Windows does it with the rename; some network file systems cannot.
pub(crate) fn sync_dir(dir: &Utf8Path) -> io::Result<()> {
    if cfg!(unix) {
        match File::open(dir).and_then(|dir| dir.sync_all()) {
            Err(e)
                if !matches!(
                    e.kind(),
                    io::ErrorKind::InvalidInput | io::ErrorKind::Unsupported
                ) =>
            {
                return Err(e);
            }
            _ => {}
        }
    }
    Ok(())
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

fn prefix(path: &Utf8Path) -> String {
    format!(".{}.", path.file_name().unwrap_or("file"))
}

#[cfg(test)]
mod tests {
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
