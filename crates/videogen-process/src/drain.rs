//! Reads a child's output pipes for as long as the child lives, and a bounded time longer.

use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::time;

use crate::life::{Cause, Life, Note, Phase};
use crate::output::Ring;

/// How long after the child's exit its pipes may stay open before they count as leaked. Something the child started
/// and did not wait for usually ends in that time, too.
const LEAK_GRACE: Duration = Duration::from_millis(200);

/// The most that is read from a leaked pipe, in bytes: what a pipe can hold without privileges
/// (`/proc/sys/fs/pipe-max-size`). What was written before the time was up is therefore read.
const MOST_LATE: usize = 1024 * 1024;

/// Bytes read at once: what a pipe holds unless it was made larger (`pipe(7)`).
const CHUNK: usize = 64 * 1024;

/// What is kept of a stream while it is read.
#[derive(Debug, Clone)]
pub(crate) struct Kept(Arc<Mutex<Ring>>);

impl Kept {
    pub(crate) fn new(limit: usize) -> Self {
        Self(Arc::new(Mutex::new(Ring::new(limit))))
    }

    pub(crate) fn ring(&self) -> MutexGuard<'_, Ring> {
        // A ring is valid between any two of its operations.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What happens when more arrives than is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Overflow {
    /// The beginning is forgotten.
    Forget,
    /// The child is killed.
    Kill,
}

/// Whether the pipe was still open when reading stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Leaked(pub(crate) bool);

/// Sends [`Note::Drained`] however reading ends, be it that the runtime drops the task.
struct NoteOnDrop(Arc<Life>);

impl Drop for NoteOnDrop {
    fn drop(&mut self) {
        self.0.note(Note::Drained);
    }
}

/// Reads `pipe` into `kept` until its end, or until the child has exited and the pipe stays open all the same.
pub(crate) async fn drain(
    pipe: impl AsyncRead + Unpin,
    kept: Kept,
    overflow: Overflow,
    life: Arc<Life>,
) -> io::Result<Leaked> {
    // Dropped after the pipe is: the note must not come before the pipe is closed.
    let note = NoteOnDrop(life);
    let mut stream = Stream {
        pipe,
        chunk: vec![0; CHUNK],
        kept,
        overflow,
        life: &note.0,
    };
    // The exit comes first of the two: something that outlives the child may write without end.
    loop {
        tokio::select! {
            biased;
            () = note.0.reached(Phase::Exited) => break,
            read = stream.read() => if read? == 0 {
                return Ok(Leaked(false));
            },
        }
    }
    // Counted from here and not from the exit, for a runtime that was busy elsewhere in between.
    let time_is_up = time::sleep(LEAK_GRACE);
    tokio::pin!(time_is_up);
    let mut late = 0;
    loop {
        tokio::select! {
            biased;
            read = stream.read() => match read? {
                0 => return Ok(Leaked(false)),
                read if time_is_up.is_elapsed() || time_is_up.deadline() <= time::Instant::now() => late += read,
                _ => {}
            },
            () = &mut time_is_up => return Ok(Leaked(true)),
        }
        if late > MOST_LATE {
            return Ok(Leaked(true));
        }
    }
}

struct Stream<'a, P> {
    pipe: P,
    chunk: Vec<u8>,
    kept: Kept,
    overflow: Overflow,
    life: &'a Life,
}

impl<P: AsyncRead + Unpin> Stream<'_, P> {
    /// Reads once and keeps what was read. Zero is the end.
    async fn read(&mut self) -> io::Result<usize> {
        let read = self.pipe.read(&mut self.chunk).await?;
        let mut ring = self.kept.ring();
        ring.push(&self.chunk[..read]);
        if self.overflow == Overflow::Kill && ring.dropped() {
            self.life.stop(Cause::TooMuchOutput);
        }
        Ok(read)
    }
}

/// Writes `bytes` to a child's stdin and closes it. Stops when the child exits or closes its end: a child need not read
/// what it is given.
pub(crate) async fn feed(mut pipe: impl AsyncWrite + Unpin, bytes: Vec<u8>, life: Arc<Life>) {
    tokio::select! {
        biased;
        () = life.reached(Phase::Exited) => {}
        written = pipe.write_all(&bytes) => if let Err(error) = written {
            tracing::debug!(pid = life.id(), %error, "child did not read its stdin to the end");
        },
    }
}
