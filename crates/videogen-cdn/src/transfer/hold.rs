//! One process at a time fetches a file: who comes second waits, and finds it done.

use std::io;
use std::time::Duration;

use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use videogen_durable::{FileLock, LockError};

use super::error::DownloadError;
use super::paths::PartPaths;

/// Between two attempts.
const PAUSE: Duration = Duration::from_millis(100);
/// What an attempt that finds another process's hands on the file itself is repeated.
const TRIES: usize = 16;

/// The right to fetch a file, as long as it is held.
#[derive(Debug)]
pub(super) struct Hold {
    /// None where the file system has no locks.
    lock: Option<FileLock>,
}

impl Hold {
    /// Whether others are kept away.
    pub(super) fn is_exclusive(&self) -> bool {
        self.lock.is_some()
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        if let Some(lock) = &self.lock
            && lock.is_in_place()
            // While it is locked: who opens the name afterwards makes a new file, and who has opened this one sees that it
            // is not in its place any more.
            && let Err(error) = std::fs::remove_file(lock.path())
        {
            tracing::debug!(path = %lock.path(), %error, "cannot remove a lock");
        }
    }
}

enum Attempt {
    Held(Hold),
    Busy(Option<u32>),
}

/// Waits for the right to fetch; the second value says whether somebody else had it. Who has it and does nothing for
/// `patience` is waited for no longer.
pub(super) async fn hold(
    paths: &PartPaths,
    patience: Duration,
    cancel: &CancellationToken,
) -> Result<(Hold, bool), DownloadError> {
    let begun = Instant::now();
    let mut moved = (begun, paths.touched());
    let mut has_waited = false;
    loop {
        let own = paths.clone();
        let attempt =
            tokio::task::spawn_blocking(move || attempt(&own).map(|a| (a, own.touched())));
        let (attempt, touched) = attempt.await.expect("an attempt does not panic")?;
        let holder = match attempt {
            Attempt::Held(hold) => return Ok((hold, has_waited)),
            Attempt::Busy(holder) => holder,
        };
        if touched != moved.1 {
            moved = (Instant::now(), touched);
        }
        if moved.0.elapsed() >= patience {
            return Err(DownloadError::Held {
                lock: paths.lock.clone(),
                holder,
                waited: begun.elapsed(),
            });
        }
        has_waited = true;
        tokio::select! {
            () = cancel.cancelled() => return Err(DownloadError::Cancelled),
            () = tokio::time::sleep(PAUSE) => {}
        }
    }
}

fn attempt(paths: &PartPaths) -> Result<Attempt, DownloadError> {
    for _ in 0..TRIES {
        let tried = FileLock::open(&paths.lock).and_then(|lock| lock.try_lock().map(|()| lock));
        match tried {
            Ok(lock) if lock.is_in_place() => return Ok(Attempt::Held(Hold { lock: Some(lock) })),
            // Who had it has removed it.
            Ok(_) => {}
            Err(LockError::Held { holder, .. }) => return Ok(Attempt::Busy(holder)),
            Err(LockError::Io { source, .. }) if has_no_locks(&source) => {
                tracing::warn!(lock = %paths.lock, "this file system has no locks: nothing is gone on with later");
                return Ok(Attempt::Held(Hold { lock: None }));
            }
            Err(LockError::Io { path, source }) => {
                return Err(DownloadError::file("locking", &path)(source));
            }
            Err(other) => {
                return Err(DownloadError::file("locking", &paths.lock)(
                    io::Error::other(other),
                ));
            }
        }
    }
    Ok(Attempt::Busy(None))
}

/// Whether a file system, most likely that of another machine, cannot lock; the standard library has no name for `ENOLCK`.
fn has_no_locks(error: &io::Error) -> bool {
    const ENOLCK: i32 = 37;
    error.kind() == io::ErrorKind::Unsupported
        || cfg!(target_os = "linux") && error.raw_os_error() == Some(ENOLCK)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_second_waits_and_gets_it_and_nothing_is_left() {
        let dir = camino_tempfile::tempdir().expect("a temporary directory");
        let paths = PartPaths::of(&dir.path().join("x"));
        let cancel = CancellationToken::new();
        let long = Duration::from_mins(1);
        let (first, waited) = hold(&paths, long, &cancel).await.expect("held");
        assert!(!waited && first.is_exclusive());
        let second = {
            let (paths, cancel) = (paths.clone(), cancel.clone());
            tokio::spawn(async move { hold(&paths, long, &cancel).await })
        };
        tokio::time::sleep(Duration::from_millis(250)).await;
        assert!(!second.is_finished());
        drop(first);
        let (second, waited) = second.await.expect("joined").expect("held");
        assert!(waited);
        // Who does nothing is not waited for without an end, and a wait can be cancelled.
        let error = hold(&paths, Duration::from_millis(150), &cancel)
            .await
            .expect_err("held");
        assert!(matches!(error, DownloadError::Held { .. }), "{error}");
        cancel.cancel();
        let error = hold(&paths, long, &cancel).await.expect_err("cancelled");
        assert!(error.is_cancelled());
        drop(second);
        assert_eq!(dir.path().read_dir_utf8().expect("readable").count(), 0);
    }
}
