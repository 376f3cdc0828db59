//! The lock of a card between processes. It is the operating system's: it ends with its process, however that ends.

use std::fs::{self, TryLockError};
use std::io;
use std::time::Duration;

use camino::{Utf8Path, Utf8PathBuf};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use videogen_durable::{FileLock, LockError, create_private_dir_all, open_own, read_own};

use crate::durable::{self, Wait, io_error};
use crate::holder::LeaseHolder;
use crate::{Error, GpuReading};

/// Between two attempts at first: a lease that becomes free is taken at once, as far as a person can tell.
const FIRST_PAUSE: Duration = Duration::from_millis(20);
/// Between two attempts in the long run.
const LONGEST_PAUSE: Duration = Duration::from_millis(200);
/// The most bytes of a note that are read.
const LONGEST_NOTE: u64 = 4096;
/// How often a lock file may be replaced under our hands before that is an error.
const REPLACED: usize = 10;

/// The leases of the cards of this machine: a directory with two small files per card, the lock and the note of who has
/// it. Every process that is to share the cards must be given the same directory. It is made for its owner only, so
/// processes of several users do not share a lease: nobody else can hold it, and what other users' programs have on a card
/// is seen in its readings.
///
/// The lock file stays when a lease ends, because removing it would let two processes lock two files. On network file
/// systems locks may not work; cards are local, so the directory should be too.
#[derive(Debug, Clone)]
pub struct LeaseDir {
    dir: Utf8PathBuf,
}

/// Holds a card until it is dropped.
#[derive(Debug)]
#[must_use = "the card is free again as soon as this is dropped"]
pub struct LeaseGuard {
    card: String,
    note: Utf8PathBuf,
    file: FileLock,
}

/// The name of a card's lease: its identity where the driver gives one, otherwise its maker and number. All processes of
/// a machine find the same name when they read the card the same way.
pub fn lease_name(card: &GpuReading) -> String {
    match &card.uuid {
        Some(uuid) if !uuid.is_empty() => uuid.clone(),
        _ => format!("{:?}-{}", card.vendor, card.index),
    }
}

impl LeaseDir {
    /// Leases in `dir`, which is made when the first is taken.
    pub fn new(dir: impl Into<Utf8PathBuf>) -> Self {
        Self { dir: dir.into() }
    }

    /// Takes the card if nobody has it. Blocks for a moment only. Not for async code on a slow disk: see
    /// [`LeaseDir::take`].
    ///
    /// # Errors
    /// [`Error::CardBusy`] when somebody has it, this process included; [`Error::Io`] when the file cannot be made or
    /// locked.
    pub fn try_take(&self, card: &str, holder: &LeaseHolder) -> Result<LeaseGuard, Error> {
        create_private_dir_all(&self.dir).map_err(|e| io_error("making", &self.dir, e))?;
        let path = self.lock_path(card);
        let note = self.note_path(card);
        for _ in 0..REPLACED {
            let file = match FileLock::open(&path).and_then(|l| l.try_lock().map(|()| l)) {
                Ok(file) => file,
                Err(LockError::Held { .. }) => {
                    return Err(Error::CardBusy {
                        card: card.to_owned(),
                        holder: read_note(&note).map(Box::new),
                        waited: Duration::ZERO,
                    });
                }
                Err(LockError::Io { source, .. }) => {
                    return Err(io_error("locking", &path, source));
                }
                Err(error) => return Err(io_error("locking", &path, io::Error::other(error))),
            };
            // Whoever tidies the directory may have removed the file between opening and locking. Then the next one
            // would lock another file.
            if file.is_in_place() {
                let lease = LeaseGuard {
                    card: card.to_owned(),
                    note,
                    file,
                };
                lease.write_note(holder);
                return Ok(lease);
            }
        }
        let source = io::Error::other("the lock file is removed again and again");
        Err(io_error("locking", &path, source))
    }

    /// Takes the card, waiting at most `patience` for who has it. `waiting` is called when the wait begins and when the
    /// card changes hands meanwhile. Waiters are not served in order. Dropping the future gives up.
    ///
    /// Needs a Tokio runtime with time.
    ///
    /// # Errors
    /// [`Error::CardBusy`] when the time is over, [`Error::Cancelled`], [`Error::Io`] as [`LeaseDir::try_take`].
    pub async fn take(
        &self,
        card: &str,
        holder: &LeaseHolder,
        patience: Duration,
        cancel: &CancellationToken,
        waiting: &mut (dyn FnMut(Option<&LeaseHolder>) + Send),
    ) -> Result<LeaseGuard, Error> {
        let begin = Instant::now();
        let mut pause = FIRST_PAUSE;
        let mut told: Option<Option<u32>> = None;
        loop {
            if cancel.is_cancelled() {
                return Err(Error::Cancelled);
            }
            let (leases, name, who) = (self.clone(), card.to_owned(), holder.clone());
            // Opening a file can block; a lease that comes back when nobody waits any more is dropped, so released.
            let attempt = tokio::task::spawn_blocking(move || leases.try_take(&name, &who));
            let busy = match attempt.await {
                Ok(Ok(lease)) => return Ok(lease),
                Ok(Err(Error::CardBusy { holder, .. })) => holder,
                Ok(Err(error)) => return Err(error),
                Err(join) => {
                    let source = io::Error::other(join);
                    return Err(io_error("locking", &self.lock_path(card), source));
                }
            };
            let left = patience.saturating_sub(begin.elapsed());
            if left.is_zero() {
                return Err(Error::CardBusy {
                    card: card.to_owned(),
                    holder: busy,
                    waited: begin.elapsed(),
                });
            }
            let pid = busy.as_ref().map(|busy| busy.pid);
            if told != Some(pid) {
                told = Some(pid);
                waiting(busy.as_deref());
            }
            tokio::select! {
                () = tokio::time::sleep(pause.min(left)) => {}
                () = cancel.cancelled() => return Err(Error::Cancelled),
            }
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    /// Who has the card now, for display. `None` when nobody has it or the holder left no note. Changes nothing.
    pub fn holder(&self, card: &str) -> Option<LeaseHolder> {
        // Without a note the lock is not even touched: trying it would be in the way of a process that is taking it.
        let holder = read_note(&self.note_path(card))?;
        let lock = open_own(&self.lock_path(card)).ok()?;
        match lock.try_lock_shared() {
            Err(TryLockError::WouldBlock) => Some(holder),
            _ => None,
        }
    }

    fn lock_path(&self, card: &str) -> Utf8PathBuf {
        self.dir.join(format!("{}.lock", file_stem(card)))
    }

    /// A file of its own: on Windows nobody can read one that is locked.
    fn note_path(&self, card: &str) -> Utf8PathBuf {
        self.dir.join(format!("{}.holder", file_stem(card)))
    }
}

impl LeaseGuard {
    /// The name of the card, as it was asked for.
    pub fn card(&self) -> &str {
        &self.card
    }

    /// The note is for people: that it cannot be written is no reason not to paint.
    fn write_note(&self, holder: &LeaseHolder) {
        durable::sweep(&self.note);
        let written = serde_json::to_vec(holder)
            .map_err(|e| io_error("writing", &self.note, e.into()))
            .and_then(|note| durable::write(&self.note, &note, Wait::No));
        if let Err(error) = written {
            tracing::debug!(%error, "cannot leave a note of who has the card");
        }
    }
}

impl Drop for LeaseGuard {
    fn drop(&mut self) {
        // Before the lock: afterwards it may be the next one's.
        if let Err(error) = fs::remove_file(&self.note) {
            tracing::debug!(path = %self.note, %error, "cannot remove the note of who has the card");
        }
        // Closing is not enough: a child that another thread is starting has a copy of the file until it runs its
        // program, and the lock would live as long.
        if let Err(error) = self.file.unlock() {
            tracing::warn!(card = self.card, %error, "cannot give the card back");
        }
    }
}

fn read_note(path: &Utf8Path) -> Option<LeaseHolder> {
    LeaseHolder::parse(&read_own(path, LONGEST_NOTE).ok()?)
}

/// A file name for a card: its readable characters and, when that lost something, a number that tells it from others.
fn file_stem(card: &str) -> String {
    let readable: String = card
        .chars()
        .take(64)
        .map(|c| {
            if c.is_ascii_alphanumeric() || c == '-' {
                c
            } else {
                '_'
            }
        })
        .collect();
    if readable == card {
        return format!("gpu-{readable}");
    }
    // FNV-1a: the same in every program and version, which the hasher of the standard library does not promise.
    let hash = card.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    format!("gpu-{readable}-{hash:016x}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn leases() -> (camino_tempfile::Utf8TempDir, LeaseDir) {
        let dir = camino_tempfile::tempdir().unwrap();
        let leases = LeaseDir::new(dir.path().join("leases"));
        (dir, leases)
    }

    fn me() -> LeaseHolder {
        LeaseHolder::this_process("test", "painting")
    }

    #[test]
    fn one_at_a_time_per_card_and_others_see_who() {
        let (_dir, leases) = leases();
        assert_eq!(leases.holder("a"), None);
        let lease = leases.try_take("a", &me()).unwrap();
        assert_eq!(lease.card(), "a");
        assert_eq!(leases.holder("a").unwrap().pid, std::process::id());
        match leases.try_take("a", &me()).unwrap_err() {
            Error::CardBusy { holder, .. } => assert_eq!(holder.unwrap().program, "test"),
            other => panic!("{other}"),
        }
        let other = leases.try_take("b", &me()).unwrap();
        drop(lease);
        assert_eq!(leases.holder("a"), None);
        drop(leases.try_take("a", &me()).unwrap());
        drop(other);
    }

    #[test]
    fn a_copy_of_the_file_in_a_starting_child_does_not_keep_the_lease() {
        let (_dir, leases) = leases();
        let lease = leases.try_take("a", &me()).unwrap();
        let copy = lease.file.as_file().try_clone().unwrap();
        drop(lease);
        drop(leases.try_take("a", &me()).unwrap());
        drop(copy);
    }

    #[test]
    fn a_note_left_by_a_killed_process_is_not_believed() {
        let (_dir, leases) = leases();
        drop(leases.try_take("a", &me()).unwrap());
        let stale = LeaseHolder { pid: 1, ..me() };
        fs::write(leases.note_path("a"), serde_json::to_vec(&stale).unwrap()).unwrap();
        assert_eq!(leases.holder("a"), None);
        let lease = leases.try_take("a", &me()).unwrap();
        assert_eq!(leases.holder("a").unwrap().pid, std::process::id());
        drop(lease);
    }

    #[cfg(unix)]
    #[test]
    fn a_removed_lock_file_does_not_let_two_in() {
        let (_dir, leases) = leases();
        let path = leases.lock_path("a");
        fs::create_dir_all(&leases.dir).unwrap();
        let old = FileLock::open(&path).unwrap();
        assert!(old.is_in_place());
        fs::remove_file(&path).unwrap();
        assert!(!old.is_in_place(), "gone");
        let lease = leases.try_take("a", &me()).unwrap();
        assert!(!old.is_in_place() && lease.file.is_in_place(), "another");
    }

    #[test]
    fn what_cannot_be_locked_is_an_error() {
        let (dir, _) = leases();
        let file = dir.path().join("file");
        fs::write(&file, b"").unwrap();
        let error = LeaseDir::new(file).try_take("a", &me()).unwrap_err();
        assert!(matches!(error, Error::Io { .. }), "{error}");
        let (_dir, leases) = leases_with_directory_as_lock();
        let error = leases.try_take("a", &me()).unwrap_err();
        assert!(matches!(error, Error::Io { .. }), "{error}");
    }

    fn leases_with_directory_as_lock() -> (camino_tempfile::Utf8TempDir, LeaseDir) {
        let (dir, leases) = leases();
        fs::create_dir_all(leases.lock_path("a")).unwrap();
        (dir, leases)
    }

    #[test]
    fn names_of_cards_are_bounded_and_told_apart() {
        let stem = file_stem("GPU-1b2c-33");
        assert_eq!(stem, "gpu-GPU-1b2c-33");
        let names = [
            "../../etc/x",
            "..\\..\\etc\\x",
            "",
            "карта 0",
            "карта 1",
            "a/b",
            "a\\b",
            "CON",
        ];
        let mut stems: Vec<_> = names.iter().map(|name| file_stem(name)).collect();
        for stem in &stems {
            assert!(
                stem.len() < 100 && !stem.contains(['/', '\\', '.']),
                "{stem}"
            );
        }
        stems.sort();
        stems.dedup();
        assert_eq!(stems.len(), names.len());
        assert!(file_stem(&"x".repeat(10_000)).len() < 100);
    }

    #[test]
    fn a_card_is_named_by_its_identity() {
        use crate::{FreeBytes, TotalBytes};
        let mut card = GpuReading::fixed("x", TotalBytes::default(), FreeBytes::default());
        assert_eq!(lease_name(&card), "Nvidia-0");
        card.uuid = Some("GPU-7".into());
        assert_eq!(lease_name(&card), "GPU-7");
    }

    #[tokio::test]
    async fn a_wait_is_bounded_can_be_cancelled_and_says_for_whom() {
        let (_dir, leases) = leases();
        let never = CancellationToken::new();
        let lease = leases.try_take("a", &me()).unwrap();
        let mut told = Vec::new();
        let mut tell = |holder: Option<&LeaseHolder>| told.push(holder.map(|h| h.pid));
        let short = Duration::from_millis(60);
        let error = leases
            .take("a", &me(), short, &never, &mut tell)
            .await
            .unwrap_err();
        assert!(
            error.is_retryable() && error.to_string().contains("test (process"),
            "{error}"
        );
        assert_eq!(told, [Some(std::process::id())]);

        let cancel = CancellationToken::new();
        let soon = cancel.clone();
        tokio::spawn(async move {
            tokio::time::sleep(Duration::from_millis(20)).await;
            soon.cancel();
        });
        let error = leases
            .take("a", &me(), Duration::MAX, &cancel, &mut |_| ())
            .await
            .unwrap_err();
        assert!(error.is_cancelled());

        let waiting = leases.clone();
        let next = tokio::spawn(async move {
            let never = CancellationToken::new();
            waiting
                .take("a", &me(), Duration::MAX, &never, &mut |_| ())
                .await
        });
        tokio::time::sleep(Duration::from_millis(30)).await;
        drop(lease);
        drop(next.await.unwrap().unwrap());
        drop(
            leases
                .take("a", &me(), Duration::ZERO, &never, &mut |_| ())
                .await
                .unwrap(),
        );
    }
}
