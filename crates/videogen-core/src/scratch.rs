//! Scratch directories: one for each video, inside the output directory so that publishing is a rename. Removed on
//! success, error, panic and cancellation by `Drop`; what a `kill -9` leaves is swept when the next video starts.

use std::fs::{self, File, TryLockError};
use std::io;
use std::time::Duration;

use camino::{Utf8Path, Utf8PathBuf};

use crate::event::Stage;
use crate::{Error, ErrorKind};

/// What the directories are called, before six random characters.
const PREFIX: &str = ".videogen-";
/// Locked for as long as the directory is in use; the lock dies with its process.
const LOCK: &str = "lock";

/// A directory of our own.
#[derive(Debug)]
pub(crate) struct Scratch {
    directory: camino_tempfile::Utf8TempDir,
    _lock: File,
}

impl Scratch {
    /// Makes a new one in `parent`.
    pub(crate) fn new(parent: &Utf8Path) -> Result<Self, Error> {
        let failed = |source| failed("creating a scratch directory in", parent, source);
        // Who made it is in its name: between the making of a directory and the lock in it nothing else tells.
        let prefix = format!("{PREFIX}{}-", std::process::id());
        let directory = camino_tempfile::Builder::new()
            .prefix(&prefix)
            .tempdir_in(parent)
            .map_err(failed)?;
        let lock = File::create(directory.path().join(LOCK)).map_err(failed)?;
        lock.lock().map_err(failed)?;
        Ok(Self {
            directory,
            _lock: lock,
        })
    }

    /// Makes it again where it has vanished, with those above it; `true` when it had.
    ///
    /// # Errors
    /// It cannot be made.
    pub(crate) fn ensure(&self) -> Result<bool, Error> {
        let path = self.directory.path();
        let failed = |source| failed("making again", path, source);
        if path.try_exists().map_err(failed)? {
            return Ok(false);
        }
        fs::create_dir_all(path).map_err(failed)?;
        tracing::warn!(%path, "the scratch directory was removed while it was in use, and is made again");
        Ok(true)
    }

    /// Where it is.
    pub(crate) fn dir(&self) -> &Utf8Path {
        self.directory.path()
    }

    /// Whether it is in `parent`, from where a rename brings its files there.
    pub(crate) fn is_in(&self, parent: &Utf8Path) -> bool {
        self.directory.path().parent() == Some(parent)
    }

    /// A path inside it.
    pub(crate) fn path(&self, name: &str) -> Utf8PathBuf {
        self.directory.path().join(name)
    }
}

/// Removes the scratch directories in `parent` whose process is gone. Never another run's: theirs are locked.
pub(crate) fn sweep(parent: &Utf8Path) {
    let Ok(entries) = parent.read_dir_utf8() else {
        return;
    };
    for entry in entries.flatten() {
        let path = entry.path();
        if entry.file_name().starts_with(PREFIX)
            && entry.file_type().is_ok_and(|t| t.is_dir())
            && is_abandoned(path)
        {
            match fs::remove_dir_all(path) {
                Ok(()) => tracing::info!(%path, "removed what an interrupted run had left"),
                Err(error) => {
                    tracing::warn!(%path, %error, "cannot remove what an interrupted run had left");
                }
            }
        }
    }
}

/// How long a directory without a lock may be in the making, or in the unmaking, by a process that is alive.
const UNLOCKED: Duration = Duration::from_mins(1);

fn is_abandoned(directory: &Utf8Path) -> bool {
    match File::open(directory.join(LOCK)).map(|lock| lock.try_lock()) {
        Ok(Err(TryLockError::WouldBlock)) => return false,
        Ok(_) => {}
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(_) => return false,
    }
    // Nobody has the lock. The owner may not have it yet, or be removing it.
    if !owner(directory).is_some_and(is_alive) {
        return true;
    }
    let age = directory
        .metadata()
        .and_then(|m| m.modified())
        .ok()
        .and_then(|m| m.elapsed().ok());
    age.is_some_and(|age| age > UNLOCKED)
}

/// The process that made a directory, by its name.
fn owner(directory: &Utf8Path) -> Option<i32> {
    let rest = directory.file_name()?.strip_prefix(PREFIX)?;
    rest.split_once('-')?.0.parse().ok()
}

/// Whether there is a process of this id; it may be another one by now.
fn is_alive(id: i32) -> bool {
    #[cfg(unix)]
    {
        rustix::process::Pid::from_raw(id).is_some_and(|id| {
            rustix::process::test_kill_process(id) != Err(rustix::io::Errno::SRCH)
        })
    }
    #[cfg(not(unix))]
    {
        let _ = id;
        true
    }
}

pub(crate) fn failed(action: &'static str, path: &Utf8Path, source: io::Error) -> Error {
    Error::new(
        Stage::Publish,
        ErrorKind::Io {
            action,
            path: path.to_owned(),
            source,
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scratch_directory_goes_with_its_owner() {
        let parent = camino_tempfile::tempdir().expect("a temporary directory");
        let scratch = Scratch::new(parent.path()).expect("made");
        fs::write(scratch.path("x"), "x").expect("written");
        drop(scratch);
        assert_eq!(fs::read_dir(parent.path()).expect("there").count(), 0);
    }

    #[test]
    fn only_abandoned_directories_are_swept() {
        let parent = camino_tempfile::tempdir().expect("a temporary directory");
        let alive = Scratch::new(parent.path()).expect("made");
        let dead = parent.path().join(".videogen-dead00");
        fs::create_dir(&dead).expect("made");
        fs::write(dead.join(LOCK), "").expect("written");
        fs::write(dead.join("half.mp4"), "x").expect("written");
        // Killed before it had its lock, or while it was removed: its process is gone, which is enough.
        let unlocked = parent.path().join(format!("{PREFIX}{}-abcdef", i32::MAX));
        fs::create_dir(&unlocked).expect("made");
        // In the making by this very process.
        let young = parent
            .path()
            .join(format!("{PREFIX}{}-abcdef", std::process::id()));
        fs::create_dir(&young).expect("made");
        fs::write(young.join(LOCK), "").expect("written");
        let foreign = parent.path().join("holiday");
        fs::create_dir(&foreign).expect("made");
        sweep(parent.path());
        assert!(alive.path("lock").exists() && foreign.exists() && young.exists());
        assert!(!dead.exists() && !unlocked.exists());
    }
}
