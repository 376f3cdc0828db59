//! The one way to write a file that has to survive a crash: complete under its name, or not there.
//!
//! Each step is announced to [`Effects`] first, so that a test can refuse it or end the process before it. A step that
//! is refused is an error like one of the operating system.

use std::fs::{self, File};
use std::io::{self, Write};

use camino::{Utf8Path, Utf8PathBuf};

use crate::effects::{Effect, Effects};

/// What temporary files end with. They begin with a dot and the name they are to get.
const SUFFIX: &str = ".tmp";
/// Random characters between the two.
const RANDOM: usize = 6;

/// Which step of writing a file failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum WriteStep {
    /// Creating or writing: what had the name before is untouched.
    Write,
    /// Flushing the bytes: what had the name before is untouched, but the disk cannot be trusted.
    Sync,
    /// Giving the file its name: what had the name before is untouched.
    Rename,
    /// Flushing the directory: the new file has its name, but may lose it in a power cut.
    SyncDirectory,
}

impl WriteStep {
    /// What was being done, as in "writing x failed".
    pub const fn action(self) -> &'static str {
        match self {
            Self::Write => "writing",
            Self::Sync => "flushing",
            Self::Rename => "naming",
            Self::SyncDirectory => "flushing the directory",
        }
    }
}

/// A file was not written, or may not last.
#[derive(Debug, thiserror::Error)]
#[error("{} {path} failed", step.action())]
#[non_exhaustive]
pub struct WriteError {
    /// How far it got.
    pub step: WriteStep,
    /// The file under its final name, or the directory for [`WriteStep::SyncDirectory`].
    pub path: Utf8PathBuf,
    /// What the operating system said.
    pub source: io::Error,
}

impl WriteError {
    fn new(step: WriteStep, path: &Utf8Path, source: io::Error) -> Self {
        Self {
            step,
            path: path.to_owned(),
            source,
        }
    }
}

/// Writes `bytes` to `path`, replacing what is there, and returns when they are on disk.
///
/// At no moment is there anything but the old file (or none) or the whole new one under that name. A symbolic link is
/// replaced, not followed. What a killed process leaves is removed by [`sweep_temporaries`].
///
/// # Errors
/// The first step that failed; the temporary file is removed.
pub fn write_atomically(
    effects: &dyn Effects,
    path: &Utf8Path,
    bytes: &[u8],
) -> Result<(), WriteError> {
    let temporary = Temporary::write(effects, path, bytes)?;
    temporary.sync()?;
    temporary.rename()?;
    sync_dir(effects, parent(path))
}

/// Writes `bytes` to `path`, which must not exist, and returns when they are on disk.
///
/// # Errors
/// As [`write_atomically`]; [`WriteStep::Rename`] with [`io::ErrorKind::AlreadyExists`] when something has the name, which is
/// left as it is.
pub fn write_new(effects: &dyn Effects, path: &Utf8Path, bytes: &[u8]) -> Result<(), WriteError> {
    let temporary = Temporary::write(effects, path, bytes)?;
    temporary.sync()?;
    temporary.rename_new()?;
    sync_dir(effects, parent(path))
}

/// As [`write_atomically`], but without waiting for the disk: for a note that means nothing after a power cut.
///
/// # Errors
/// [`WriteStep::Write`] or [`WriteStep::Rename`].
pub fn write_unsynced(
    effects: &dyn Effects,
    path: &Utf8Path,
    bytes: &[u8],
) -> Result<(), WriteError> {
    Temporary::write(effects, path, bytes)?.rename()
}

/// Cuts the file at `path` to `len` bytes and returns when that is on disk.
///
/// # Errors
/// [`WriteStep::Write`] or [`WriteStep::Sync`].
pub fn truncate(effects: &dyn Effects, path: &Utf8Path, len: u64) -> Result<(), WriteError> {
    // A handle of its own: Windows does not let one that was opened for appending cut.
    let file = effects
        .before(Effect::Write(path))
        .and_then(|()| crate::open_own_to_write(path))
        .and_then(|file| file.set_len(len).map(|()| file))
        .map_err(|e| WriteError::new(WriteStep::Write, path, e))?;
    effects
        .before(Effect::Sync(path))
        .and_then(|()| file.sync_all())
        .map_err(|e| WriteError::new(WriteStep::Sync, path, e))
}

/// Renames what is at `path` to `path.bad`, or `path.bad-2` and so on where that is taken, and returns the new name: it is
/// in the way of a file of this program, and may be somebody's.
///
/// # Errors
/// What the operating system says.
pub fn set_aside(effects: &dyn Effects, path: &Utf8Path) -> io::Result<Utf8PathBuf> {
    /// Somebody who has so many has been told often enough.
    const MOST: u32 = 100;

    let aside = |n: u32| match n {
        1 => Utf8PathBuf::from(format!("{path}.bad")),
        n => Utf8PathBuf::from(format!("{path}.bad-{n}")),
    };
    let free = (1..=MOST)
        .map(aside)
        .find(|aside| aside.symlink_metadata().is_err());
    let Some(free) = free else {
        return Err(io::ErrorKind::AlreadyExists.into());
    };
    effects.before(Effect::Rename(&free))?;
    fs::rename(path, &free)?;
    Ok(free)
}

/// Returns the name that a file had before [`set_aside`] gave it `name`; `None` for other names.
pub fn name_before_aside(name: &str) -> Option<&str> {
    let (before, end) = name.rsplit_once('.')?;
    let is_aside = end == "bad"
        || end
            .strip_prefix("bad-")
            .is_some_and(|n| n.parse::<u32>().is_ok());
    is_aside.then_some(before)
}

/// Flushes the names in `directory`: a file that was renamed is found after a power cut only when this was done.
/// Windows has no such call and does it with the rename; some network file systems refuse it, which is no error.
///
/// # Errors
/// [`WriteStep::SyncDirectory`].
pub fn sync_dir(effects: &dyn Effects, directory: &Utf8Path) -> Result<(), WriteError> {
    let failed = |e| WriteError::new(WriteStep::SyncDirectory, directory, e);
    effects.before(Effect::Sync(directory)).map_err(failed)?;
    #[cfg(unix)]
    match File::open(directory).and_then(|d| d.sync_all()) {
        // EINVAL: "does not support synchronization".
        Err(e)
            if !matches!(
                e.kind(),
                io::ErrorKind::InvalidInput | io::ErrorKind::Unsupported
            ) =>
        {
            return Err(failed(e));
        }
        _ => {}
    }
    Ok(())
}

/// Removes the temporary files for `path` that killed processes left. Only for a caller that knows itself to be the only
/// writer of `path`; failures are logged, because the files do no harm.
pub fn sweep_temporaries(effects: &dyn Effects, path: &Utf8Path) {
    let directory = parent(path);
    let prefix = prefix(path);
    let Ok(entries) = directory.read_dir_utf8() else {
        return;
    };
    for entry in entries.flatten() {
        let is_file = entry.file_type().is_ok_and(|kind| kind.is_file());
        if is_file && is_temporary(entry.file_name(), &prefix) {
            remove(effects, entry.path());
        }
    }
}

/// Whether `name` is that of a temporary file for a file called `final_name`.
pub fn is_temporary_of(name: &str, final_name: &str) -> bool {
    is_temporary(name, &prefix(Utf8Path::new(final_name)))
}

fn is_temporary(name: &str, prefix: &str) -> bool {
    let random = name
        .strip_prefix(prefix)
        .and_then(|name| name.strip_suffix(SUFFIX));
    random.is_some_and(|r| r.len() == RANDOM && r.bytes().all(|b| b.is_ascii_alphanumeric()))
}

/// The directory `path` is in.
fn parent(path: &Utf8Path) -> &Utf8Path {
    match path.parent() {
        Some(parent) if parent != "" => parent,
        _ => Utf8Path::new("."),
    }
}

fn prefix(path: &Utf8Path) -> String {
    format!(".{}.", path.file_name().unwrap_or_default())
}

fn remove(effects: &dyn Effects, path: &Utf8Path) {
    if let Err(error) = effects
        .before(Effect::Remove(path))
        .and_then(|()| fs::remove_file(path))
    {
        tracing::warn!(%path, %error, "cannot remove a temporary file");
    }
}

/// A file that has not its name yet. Removed when dropped, unless it got it.
struct Temporary<'a> {
    effects: &'a dyn Effects,
    file: File,
    here: Utf8PathBuf,
    path: &'a Utf8Path,
    placed: bool,
}

impl<'a> Temporary<'a> {
    fn write(
        effects: &'a dyn Effects,
        path: &'a Utf8Path,
        bytes: &[u8],
    ) -> Result<Self, WriteError> {
        let failed = |e| WriteError::new(WriteStep::Write, path, e);
        effects.before(Effect::Write(path)).map_err(failed)?;
        let (file, here) = camino_tempfile::Builder::new()
            .prefix(&prefix(path))
            .suffix(SUFFIX)
            .rand_bytes(RANDOM)
            .make_in(parent(path), crate::create_private)
            .map_err(failed)?
            .keep()
            .map_err(|e| failed(e.error))?;
        let mut temporary = Self {
            effects,
            file,
            here,
            path,
            placed: false,
        };
        effects
            .before(Effect::Write(path))
            .and_then(|()| temporary.file.write_all(bytes))
            .map_err(failed)?;
        Ok(temporary)
    }

    fn sync(&self) -> Result<(), WriteError> {
        self.effects
            .before(Effect::Sync(self.path))
            .and_then(|()| self.file.sync_all())
            .map_err(|e| WriteError::new(WriteStep::Sync, self.path, e))
    }

    fn rename(mut self) -> Result<(), WriteError> {
        self.effects
            .before(Effect::Rename(self.path))
            .and_then(|()| fs::rename(&self.here, self.path))
            .map_err(|e| WriteError::new(WriteStep::Rename, self.path, e))?;
        self.placed = true;
        Ok(())
    }

    /// Never over an existing file: a hard link fails when the name exists.
    fn rename_new(mut self) -> Result<(), WriteError> {
        self.effects
            .before(Effect::Rename(self.path))
            .and_then(|()| match fs::hard_link(&self.here, self.path) {
                // Dropping removes the first name.
                Ok(()) => Ok(false),
                Err(e) if e.kind() == io::ErrorKind::AlreadyExists => Err(e),
                // FAT and some network file systems have no hard links.
                Err(_) if self.path.symlink_metadata().is_err() => {
                    fs::rename(&self.here, self.path).map(|()| true)
                }
                Err(_) => Err(io::ErrorKind::AlreadyExists.into()),
            })
            .map(|renamed| self.placed = renamed)
            .map_err(|e| WriteError::new(WriteStep::Rename, self.path, e))
    }
}

impl Drop for Temporary<'_> {
    fn drop(&mut self) {
        if !self.placed {
            remove(self.effects, &self.here);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::effects::RealEffects;
    use crate::failing::FailingEffects;

    fn names(directory: &Utf8Path) -> Vec<String> {
        let mut names: Vec<String> = directory
            .read_dir_utf8()
            .expect("readable")
            .map(|entry| entry.expect("readable").file_name().to_owned())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn a_failure_at_any_step_leaves_the_old_file_or_the_new_one_and_nothing_else() {
        use WriteStep::{Rename, Sync, SyncDirectory, Write};

        let mut steps = Vec::new();
        for n in 0.. {
            let directory = camino_tempfile::tempdir().expect("a temporary directory");
            let path = directory.path().join("state.json");
            fs::write(&path, "old").expect("written");
            let effects = FailingEffects::once(n, io::ErrorKind::StorageFull);
            let result = write_atomically(&effects, &path, b"new");
            let now = fs::read_to_string(&path).expect("there");
            assert_eq!(names(directory.path()), ["state.json"], "step {n}");
            match result {
                Ok(()) => {
                    assert_eq!(now, "new");
                    break;
                }
                Err(error) => {
                    let named = error.step == WriteStep::SyncDirectory;
                    assert_eq!(now, if named { "new" } else { "old" }, "step {n}");
                    assert_eq!(error.source.kind(), io::ErrorKind::StorageFull);
                    steps.push(error.step);
                }
            }
        }
        assert_eq!(steps, [Write, Write, Sync, Rename, SyncDirectory]);
    }

    #[test]
    fn a_new_file_never_replaces_another() {
        let directory = camino_tempfile::tempdir().expect("a temporary directory");
        let path = directory.path().join("a");
        write_new(&RealEffects, &path, b"first").expect("written");
        let error = write_new(&RealEffects, &path, b"second").expect_err("refused");
        assert_eq!(error.step, WriteStep::Rename);
        assert_eq!(error.source.kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(error.to_string(), format!("naming {path} failed"));
        assert_eq!(fs::read_to_string(&path).expect("there"), "first");
        assert_eq!(names(directory.path()), ["a"]);
    }

    #[test]
    fn a_dead_process_leaves_a_file_that_is_swept_and_others_are_not() {
        let directory = camino_tempfile::tempdir().expect("a temporary directory");
        let path = directory.path().join("a");
        let effects = FailingEffects::from(2, io::ErrorKind::Other);
        write_atomically(&effects, &path, b"x").expect_err("dead");
        assert_eq!(names(directory.path()).len(), 1);
        let others = [".a.tmp", ".ab.123456.tmp", "a.123456.tmp", "a"];
        for other in others {
            fs::write(directory.path().join(other), "").expect("written");
        }
        sweep_temporaries(&RealEffects, &path);
        assert_eq!(
            names(directory.path()),
            [".a.tmp", ".ab.123456.tmp", "a", "a.123456.tmp"]
        );
    }

    #[test]
    fn what_is_in_the_way_is_renamed_and_nothing_is_replaced() {
        let directory = camino_tempfile::tempdir().expect("a temporary directory");
        let path = directory.path().join("a");
        for text in ["one", "two"] {
            fs::write(&path, text).expect("written");
            set_aside(&RealEffects, &path).expect("renamed");
        }
        fs::create_dir(&path).expect("made");
        let aside = set_aside(&RealEffects, &path).expect("renamed");
        assert_eq!(aside, directory.path().join("a.bad-3"));
        for name in ["a.bad", "a.bad-3"] {
            assert_eq!(name_before_aside(name), Some("a"));
        }
        for name in ["a", "bad", "a.bads", "a.bad-", "a.bad-x", "a.bad.b"] {
            assert_eq!(name_before_aside(name), None, "{name}");
        }
        assert_eq!(names(directory.path()), ["a.bad", "a.bad-2", "a.bad-3"]);
        let first = directory.path().join("a.bad");
        assert_eq!(fs::read_to_string(first).expect("there"), "one");
    }

    #[test]
    fn cutting_is_exact() {
        let directory = camino_tempfile::tempdir().expect("a temporary directory");
        let path = directory.path().join("a");
        fs::write(&path, "0123456789").expect("written");
        truncate(&RealEffects, &path, 4).expect("cut");
        assert_eq!(fs::read_to_string(&path).expect("there"), "0123");
    }

    #[test]
    fn a_bare_name_is_in_the_current_directory() {
        assert_eq!(parent(Utf8Path::new("x")), ".");
        assert_eq!(parent(Utf8Path::new("a/x")), "a");
        assert_eq!(parent(Utf8Path::new("/x")), "/");
    }
}
