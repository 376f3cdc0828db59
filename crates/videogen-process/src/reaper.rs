//! The thread of a child: it starts the child, stays until the child is reaped, and reaps it.
//!
//! A thread and not a task, for two reasons. The parent-death signal is tied to the thread that forked, and threads of
//! an async runtime may end at any time. And a thread that waits goes on waiting when the runtime is shut down.

use std::io;
use std::process::{ChildStderr, ChildStdin, ChildStdout};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Arc, atomic::AtomicUsize, atomic::Ordering};
use std::thread;
use std::time::{Duration, Instant};

use tokio::sync::oneshot;

#[cfg(target_os = "linux")]
use crate::guard::Guard;
use crate::life::{Life, Note};
use crate::limits::Limits;
use crate::outcome::Exit;
use crate::platform;

/// How long an exited child stays unreaped for its output pipes to be read to their end. Reading itself stops sooner
/// ([`crate::drain`]); this is for a runtime that does not get to it.
const MOST_DRAINING: Duration = Duration::from_secs(3);

/// Enough for fork and exec, whose largest need is the path of a program (`PATH_MAX`, 4 KiB).
const STACK_SIZE: usize = 256 * 1024;

/// Counts the children of every supervisor of this process.
static LIVE: AtomicUsize = AtomicUsize::new(0);

/// Returns how many children of this process are not reaped yet, whichever [`Supervisor`](crate::Supervisor) started
/// them. A child counts from the moment it is being started, a zombie still counts, and what children started does not.
pub fn live_children() -> usize {
    LIVE.load(Ordering::SeqCst)
}

/// A child that was started, with its pipes.
pub(crate) struct Started {
    pub(crate) life: Arc<Life>,
    pub(crate) stdin: Option<ChildStdin>,
    pub(crate) stdout: Option<ChildStdout>,
    pub(crate) stderr: Option<ChildStderr>,
    /// Says how and after what time the child ended, once it is reaped.
    pub(crate) ended: oneshot::Receiver<io::Result<Ended>>,
}

/// The end of a child.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) exit: Exit,
    pub(crate) elapsed: Duration,
}

/// Starts `command` on a thread of its own and returns when it runs.
///
/// `drains` is how many output pipes will be read by tasks that send [`Note::Drained`]. `live` counts the child until
/// it is reaped.
pub(crate) fn start(
    command: std::process::Command,
    limits: Limits,
    drains: usize,
    live: Arc<AtomicUsize>,
    #[cfg(target_os = "linux")] guard: Arc<Guard>,
) -> io::Result<Started> {
    let live = Counted::new(live);
    let (reply, started) = mpsc::sync_channel(1);
    thread::Builder::new()
        .name("child".to_owned())
        .stack_size(STACK_SIZE)
        .spawn(move || {
            let start = Start {
                command,
                limits,
                #[cfg(target_os = "linux")]
                guard,
            };
            supervise(start, drains, live, &reply);
        })?;
    started
        .recv()
        .unwrap_or_else(|_| Err(io::Error::other("the thread of the child ended early")))
}

/// What is needed to start a child.
struct Start {
    command: std::process::Command,
    limits: Limits,
    #[cfg(target_os = "linux")]
    guard: Arc<Guard>,
}

fn supervise(
    start: Start,
    drains: usize,
    live: Counted,
    reply: &mpsc::SyncSender<io::Result<Started>>,
) {
    let begin = Instant::now();
    let mut command = start.command;
    platform::configure(&mut command, start.limits);
    let mut child = match command.spawn() {
        Ok(child) => child,
        Err(error) => {
            drop(live);
            // An error means that the caller is gone, and nobody wants to know.
            let _ = reply.send(Err(error));
            return;
        }
    };
    drop(command);
    let (stdin, stdout, stderr) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
    let (notes, noted) = mpsc::channel();
    let (ending, ended) = oneshot::channel();
    let life = Arc::new(Life::new(
        child,
        notes,
        #[cfg(target_os = "linux")]
        &start.guard,
    ));
    let started = Started {
        life: Arc::clone(&life),
        stdin,
        stdout,
        stderr,
        ended,
    };
    if reply.send(Ok(started)).is_err() {
        life.abandon();
    }

    let exit = wait_and_reap(&life, drains, &noted);
    let elapsed = begin.elapsed();
    tracing::debug!(pid = life.id(), ?exit, ?elapsed, "child reaped");
    drop(live);
    // An error means that nobody waits for this child.
    let _ = ending.send(exit.map(|exit| Ended { exit, elapsed }));
}

fn wait_and_reap(life: &Life, drains: usize, noted: &mpsc::Receiver<Note>) -> io::Result<Exit> {
    if let Err(error) = platform::wait_until_exited(life.id(), || life.try_wait()) {
        life.lost();
        return Err(error);
    }
    life.exited();
    wait_for_drains(drains, noted);
    life.reap().map(Exit::from_status)
}

/// Gives the output pipes time to be read to their end, before the rest of the group is killed.
fn wait_for_drains(mut open: usize, noted: &mpsc::Receiver<Note>) {
    let give_up = Instant::now() + MOST_DRAINING;
    while open > 0 {
        match noted.recv_timeout(give_up.saturating_duration_since(Instant::now())) {
            Ok(Note::Drained) => open -= 1,
            Ok(Note::Hurry) | Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => {
                return;
            }
        }
    }
}

/// One in the count of its supervisor and in that of the process, for as long as it exists.
struct Counted(Arc<AtomicUsize>);

impl Counted {
    fn new(count: Arc<AtomicUsize>) -> Self {
        count.fetch_add(1, Ordering::SeqCst);
        LIVE.fetch_add(1, Ordering::SeqCst);
        Self(count)
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        LIVE.fetch_sub(1, Ordering::SeqCst);
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}
