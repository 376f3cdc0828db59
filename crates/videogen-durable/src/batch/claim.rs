//! Who works on a batch, for other machines on the same disk. The lock of the journal may not reach across machines; a
//! file whose time goes on does.
//!
//! A claim is written when a batch is begun or gone on with, its time is set anew every few seconds, and it is removed at
//! the end. One that is left over stands still, which is how a process that was killed is told from one that is alive.

use std::fs::{self, File, OpenOptions};
use std::sync::Arc;
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant, SystemTime};

use camino::{Utf8Path, Utf8PathBuf};
use serde::{Deserialize, Serialize};

use super::machine::Machine;
use crate::{Effect, Effects, JOURNAL_FILE};

/// The file in the directory of the batch.
pub(super) const CLAIM: &str = "claim.json";

/// How often a claim shows that its process is alive.
const BEAT: Duration = Duration::from_secs(3);

/// How long a claim of another machine has to stand still until its process counts as dead: five beats, because machines
/// that are busy and disks that are far are late.
pub(super) const STILL: Duration = Duration::from_secs(15);

/// The most bytes of a claim that are read.
const MOST_BYTES: u64 = 4096;

/// What a claim says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Maker {
    /// The process.
    pub(super) pid: u32,
    /// Its machine.
    #[serde(flatten)]
    pub(super) machine: Machine,
}

/// A claim of this process, until it is dropped.
#[derive(Debug)]
pub(super) struct Claim {
    path: Utf8PathBuf,
    effects: Arc<dyn Effects>,
    beats: Option<(Sender<()>, JoinHandle<()>)>,
}

impl Claim {
    /// Claims the batch in `dir`, whose journal is locked, for this process on the machine `host`. Where that is not possible, other machines have the journal
    /// alone to go by, which is logged.
    pub(super) fn take(dir: &Utf8Path, host: &str, effects: Arc<dyn Effects>) -> Self {
        let path = dir.join(CLAIM);
        let maker = Maker {
            pid: std::process::id(),
            machine: Machine::here(host),
        };
        let bytes = serde_json::to_vec(&maker).expect("all keys are text");
        crate::sweep_temporaries(&*effects, &path);
        let beats = match crate::write_unsynced(&*effects, &path, &bytes) {
            Ok(()) => beating(&path),
            Err(error) => {
                tracing::warn!(%error, "other machines are not told who makes the batch");
                None
            }
        };
        Self {
            path,
            effects,
            beats,
        }
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        if let Some((stop, thread)) = self.beats.take() {
            drop(stop);
            // It only sets the time of a file.
            let _ = thread.join();
        }
        let removed = self
            .effects
            .before(Effect::Remove(&self.path))
            .and_then(|()| fs::remove_file(&self.path));
        if let Err(error) = removed {
            tracing::debug!(path = %self.path, %error, "cannot remove the note of who makes the batch");
        }
    }
}

/// Sets the time of the file again and again on a thread of its own.
fn beating(path: &Utf8Path) -> Option<(Sender<()>, JoinHandle<()>)> {
    // Through the open file: whatever gets its name meanwhile is not touched.
    let file = OpenOptions::new()
        .append(true)
        .open(path)
        .inspect_err(
            |error| tracing::warn!(%path, %error, "other machines do not see the batch going on"),
        )
        .ok()?;
    let (stop, stopped) = mpsc::channel::<()>();
    let thread = thread::Builder::new()
        .name("claim".into())
        .spawn(move || {
            let mut last = SystemTime::UNIX_EPOCH;
            while stopped.recv_timeout(BEAT) == Err(RecvTimeoutError::Timeout) {
                last = beat(&file, last);
            }
        })
        .inspect_err(|error| tracing::warn!(%error, "other machines do not see the batch going on"))
        .ok()?;
    Some((stop, thread))
}

/// Gives the file another time than `last`, whatever the clock does. No content changes, so this is no change that has to
/// be announced.
fn beat(file: &File, last: SystemTime) -> SystemTime {
    let now = SystemTime::now();
    let next = if now == last {
        now.checked_add(Duration::from_secs(1))
            .unwrap_or(SystemTime::UNIX_EPOCH)
    } else {
        now
    };
    if let Err(error) = file.set_modified(next) {
        tracing::debug!(%error, "a sign of life cannot be given");
    }
    next
}

/// Returns who claims the batch in `dir`, if anybody does or did until it was killed.
pub(super) fn read(dir: &Utf8Path) -> Option<Maker> {
    let text = crate::read_own_to_string(&dir.join(CLAIM), MOST_BYTES).ok()?;
    serde_json::from_str(&text).ok()
}

/// Says whether anything that a process writes while it works on the batch in `dir` changes within `within`: the claim, the
/// journal and the files `reported` beside them. Blocks until it does, or for as long. The times are compared with each other only: the clock of the other machine may be another one.
pub(super) fn is_alive(dir: &Utf8Path, reported: &[&str], within: Duration) -> bool {
    let traces = || traces(dir, reported);
    let (before, until) = (traces(), Instant::now() + within);
    loop {
        if traces() != before {
            return true;
        }
        let left = until.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return false;
        }
        thread::sleep(left.min(Duration::from_millis(250)));
    }
}

/// Returns sizes and times of what changes while a batch is worked on.
fn traces(dir: &Utf8Path, reported: &[&str]) -> Vec<Option<(u64, Option<SystemTime>)>> {
    let names = [CLAIM, JOURNAL_FILE]
        .into_iter()
        .chain(reported.iter().copied());
    let trace = |name| {
        let path = dir.join(name);
        // Opened, where it is a file, because network file systems keep what they tell of a name.
        let opened = crate::open_own(&path).and_then(|file| file.metadata());
        let metadata = opened.or_else(|_| path.symlink_metadata()).ok()?;
        Some((metadata.len(), metadata.modified().ok()))
    };
    names.map(trace).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::RealEffects;

    #[test]
    fn a_claim_is_there_as_long_as_it_is_held_and_beats() {
        let dir = camino_tempfile::tempdir().expect("a temporary directory");
        assert_eq!(read(dir.path()), None);
        let claim = Claim::take(dir.path(), "here", Arc::new(RealEffects));
        let maker = read(dir.path()).expect("it is claimed");
        assert_eq!(maker.pid, std::process::id());
        assert_eq!(maker.machine, Machine::here("here"));
        assert!(
            is_alive(dir.path(), &[], Duration::from_mins(1)),
            "it beats"
        );
        let path = dir.path().join(CLAIM);
        drop(claim);
        assert!(!path.exists());
        fs::write(&path, "{}").expect("written");
        assert_eq!(read(dir.path()), None, "that is none");
        assert!(!is_alive(dir.path(), &[], Duration::ZERO));
    }

    #[test]
    fn a_clock_that_stands_still_does_not_stop_the_beat() {
        let dir = camino_tempfile::tempdir().expect("a temporary directory");
        let path = dir.path().join("a");
        fs::write(&path, "").expect("written");
        let file = OpenOptions::new().append(true).open(&path).expect("opened");
        let first = beat(&file, SystemTime::UNIX_EPOCH);
        let second = beat(&file, first);
        assert_ne!(first, second);
    }
}
