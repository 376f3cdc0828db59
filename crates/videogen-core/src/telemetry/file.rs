//! Writing a small file whole or not at all.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::time::Duration;

use camino::{Utf8Path, Utf8PathBuf};

use crate::effects::{Effect, Effects};

const SUFFIX: &str = ".tmp";
/// Temporary files older than this belong to nobody: writing one takes less than a second.
const ABANDONED: Duration = Duration::from_hours(1);

/// Replaces `path` by what `fill` writes: temporary file in the same directory, fsync, rename, fsync of the directory.
///
/// The name of the temporary file is random, so that two processes never write into the same one. What a killed process
/// has left is removed by a later call.
///
/// # Errors
/// Whatever the operating system says, or `effects` in its place. Until the rename `path` is as it was.
pub(super) fn write_atomically(
    effects: &dyn Effects,
    path: &Utf8Path,
    fill: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> io::Result<()> {
    let name = path.file_name().ok_or(io::ErrorKind::InvalidInput)?;
    let directory = match path.parent() {
        Some(parent) if !parent.as_str().is_empty() => parent,
        _ => Utf8Path::new("."),
    };
    let prefix = format!(".{name}.");
    effects.before(Effect::Write(path))?;
    let temporary = builder(&prefix).tempfile_in(directory)?;
    let (file, temporary) = temporary.into_parts();
    let written = (|| {
        effects.before(Effect::Write(&temporary))?;
        let mut out = BufWriter::new(&file);
        fill(&mut out)?;
        out.flush()?;
        drop(out);
        effects.before(Effect::Sync(&temporary))?;
        file.sync_all()?;
        // Windows would not rename an open file.
        drop(file);
        effects.before(Effect::Rename(path))?;
        fs::rename(&temporary, path)
    })();
    match written {
        Ok(()) => {
            // It has another name now; nothing is left to clean up.
            let _ = temporary.keep();
        }
        Err(error) => {
            if effects.before(Effect::Remove(&temporary)).is_ok() {
                drop(temporary);
            } else {
                let _ = temporary.keep();
            }
            return Err(error);
        }
    }
    // The name is on disk only when the directory is. Elsewhere directories cannot be opened.
    #[cfg(unix)]
    {
        effects.before(Effect::Sync(directory))?;
        File::open(directory)?.sync_all()?;
    }
    sweep(effects, directory, &prefix, ABANDONED);
    Ok(())
}

fn builder(prefix: &str) -> camino_tempfile::Builder<'_, 'static> {
    let mut builder = camino_tempfile::Builder::new();
    builder.prefix(prefix).suffix(SUFFIX);
    // Temporary files are private by default. This one stays, with the permissions that the user's umask gives to others.
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    builder
}

/// Removes temporary files of earlier processes in `directory`. What cannot be removed stays: it is small.
fn sweep(effects: &dyn Effects, directory: &Utf8Path, prefix: &str, age: Duration) {
    let Ok(entries) = directory.read_dir_utf8() else {
        return;
    };
    let abandoned: Vec<Utf8PathBuf> = entries
        .flatten()
        .filter(|entry| {
            let name = entry.file_name();
            name.len() == prefix.len() + 6 + SUFFIX.len()
                && name.starts_with(prefix)
                && name.ends_with(SUFFIX)
        })
        .filter(|entry| {
            let modified = entry.metadata().ok().and_then(|m| m.modified().ok());
            modified
                .and_then(|time| time.elapsed().ok())
                .is_some_and(|elapsed| elapsed >= age)
        })
        .map(|entry| entry.path().to_owned())
        .collect();
    for path in abandoned {
        if effects.before(Effect::Remove(&path)).is_ok() {
            let _ = fs::remove_file(&path);
        }
    }
}

#[cfg(test)]
pub(super) mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;
    use crate::effects::RealEffects;

    /// Fails the n-th effect, counted from 0, and all after it.
    #[derive(Debug)]
    pub(in crate::telemetry) struct FailFrom(pub(in crate::telemetry) usize, AtomicUsize);

    impl FailFrom {
        pub(in crate::telemetry) fn new(n: usize) -> Self {
            Self(n, AtomicUsize::new(0))
        }

        pub(in crate::telemetry) fn seen(&self) -> usize {
            self.1.load(Ordering::Relaxed)
        }
    }

    impl Effects for FailFrom {
        fn before(&self, _: Effect<'_>) -> io::Result<()> {
            if self.1.fetch_add(1, Ordering::Relaxed) >= self.0 {
                return Err(io::ErrorKind::StorageFull.into());
            }
            Ok(())
        }
    }

    fn names(directory: &Utf8Path) -> Vec<String> {
        let mut names: Vec<String> = directory
            .read_dir_utf8()
            .expect("there")
            .map(|entry| entry.expect("readable").file_name().to_owned())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn a_file_is_replaced_and_nothing_else_is_left() {
        let dir = camino_tempfile::tempdir().expect("a temporary directory");
        let path = dir.path().join("a.json");
        for text in ["first", "2"] {
            write_atomically(&RealEffects, &path, |out| out.write_all(text.as_bytes()))
                .expect("written");
            assert_eq!(fs::read_to_string(&path).expect("there"), text);
        }
        assert_eq!(names(dir.path()), ["a.json"]);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let plain = dir.path().join("plain");
            fs::write(&plain, "").expect("written");
            let mode = |path| fs::metadata(path).expect("there").permissions().mode();
            assert_eq!(mode(&path), mode(&plain), "what the umask gives");
        }
    }

    #[test]
    fn at_every_failure_the_old_file_or_the_new_one_is_whole() {
        let dir = camino_tempfile::tempdir().expect("a temporary directory");
        let path = dir.path().join("a.json");
        let mut replaced = 0;
        for n in 0.. {
            fs::write(&path, "old").expect("written");
            let effects = FailFrom::new(n);
            let outcome = write_atomically(&effects, &path, |out| out.write_all(b"new"));
            let text = fs::read_to_string(&path).expect("there");
            assert!(text == "old" || text == "new", "{text:?}");
            replaced += usize::from(text == "new");
            if outcome.is_ok() {
                assert_eq!(effects.seen(), n);
                break;
            }
            assert!(n < 10, "it never succeeds");
        }
        assert!(replaced > 0);
        // The removal was refused too, as if the process had ended; the next one cleans up.
        assert!(names(dir.path()).len() > 1);
        sweep(&RealEffects, dir.path(), ".a.json.", ABANDONED);
        assert!(names(dir.path()).len() > 1, "too young");
        sweep(&RealEffects, dir.path(), ".a.json.", Duration::ZERO);
        assert_eq!(names(dir.path()), ["a.json"]);
    }

    #[test]
    fn a_failure_while_filling_leaves_nothing() {
        let dir = camino_tempfile::tempdir().expect("a temporary directory");
        let path = dir.path().join("a.json");
        let outcome = write_atomically(&RealEffects, &path, |_| Err(io::Error::other("no")));
        assert!(outcome.is_err() && names(dir.path()).is_empty());
        assert!(write_atomically(&RealEffects, Utf8Path::new("/"), |_| Ok(())).is_err());
        let nowhere = dir.path().join("no/where");
        assert!(write_atomically(&RealEffects, &nowhere, |_| Ok(())).is_err());
    }

    #[test]
    fn only_our_own_leftovers_are_swept() {
        let dir = camino_tempfile::tempdir().expect("a temporary directory");
        let keep = [
            ".a.json.backup",
            ".a.json.abcdefg.tmp",
            ".b.json.abcdef.tmp",
            "a.json.abcdef.tmp",
        ];
        for name in keep.iter().chain(&[".a.json.abcdef.tmp"]) {
            fs::write(dir.path().join(name), "x").expect("written");
        }
        sweep(&RealEffects, dir.path(), ".a.json.", Duration::ZERO);
        let mut expected = keep.to_vec();
        expected.sort_unstable();
        assert_eq!(names(dir.path()), expected);
    }
}
