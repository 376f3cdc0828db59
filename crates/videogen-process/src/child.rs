//! The handle of a running child: its pipes, and waiting for its end.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::drain::{Kept, Leaked, Overflow, drain};
use crate::enforce::KillOnDrop;
use crate::error::Error;
use crate::life::{Cause, Life};
use crate::outcome::{FileLimit, Outcome};
use crate::output::Tail;
use crate::reaper::Ended;

/// A running child.
///
/// Dropping it kills the child's whole process group at once. The child is reaped all the same, a moment later.
#[derive(Debug)]
pub struct Child {
    pub(crate) program: String,
    pub(crate) deadline: Duration,
    /// The limit of file sizes that it is under.
    pub(crate) file_limit: Option<FileLimit>,
    pub(crate) stdin: Option<ChildStdin>,
    pub(crate) stdout: Option<ChildStdout>,
    pub(crate) output: Stream,
    pub(crate) errors: Stream,
    pub(crate) ended: oneshot::Receiver<io::Result<Ended>>,
    pub(crate) stuck: oneshot::Receiver<()>,
    pub(crate) guard: KillOnDrop,
}

/// What is kept of an output stream, and the task that reads it.
#[derive(Debug)]
pub(crate) struct Stream {
    pub(crate) kept: Kept,
    pub(crate) overflow: Overflow,
    pub(crate) task: Option<JoinHandle<io::Result<Leaked>>>,
}

impl Stream {
    /// Starts to read `pipe`. Only on a runtime.
    pub(crate) fn read(&mut self, pipe: impl AsyncRead + Unpin + Send + 'static, life: &Arc<Life>) {
        self.task = Some(tokio::spawn(drain(
            pipe,
            self.kept.clone(),
            self.overflow,
            Arc::clone(life),
        )));
    }

    /// Waits until reading has stopped. After the exit of the child that takes a bounded time.
    async fn finish(&mut self) -> io::Result<Leaked> {
        match &mut self.task {
            None => Ok(Leaked(false)),
            Some(task) => task.await.unwrap_or_else(|_| {
                Err(io::Error::other(
                    "the runtime the child was started on was shut down",
                ))
            }),
        }
    }
}

/// The ends of what a child has written so far. Clones look at the same child; it may have ended.
#[derive(Debug, Clone)]
pub struct Tails {
    output: Kept,
    errors: Kept,
}

impl Tails {
    /// The end of stdout, at most [`Command::tail_limit`](crate::Command::tail_limit) bytes; empty where
    /// [`Stdout`](crate::Stdout) is neither [`Tail`](crate::Stdout::Tail) nor [`Capture`](crate::Stdout::Capture).
    pub fn stdout(&self) -> Tail {
        self.output.ring().tail()
    }

    /// The end of stderr, at most [`Command::tail_limit`](crate::Command::tail_limit) bytes.
    pub fn stderr(&self) -> Tail {
        self.errors.ring().tail()
    }
}

impl Child {
    /// The process id, which is also the id of the child's process group on Unix.
    pub fn id(&self) -> u32 {
        self.life().id()
    }

    /// The child's stdin, once, with [`Stdin::Pipe`](crate::Stdin::Pipe). What is not taken is closed by
    /// [`Child::wait`].
    pub fn take_stdin(&mut self) -> Option<ChildStdin> {
        self.stdin.take()
    }

    /// The child's stdout, once, with [`Stdout::Pipe`](crate::Stdout::Pipe). What is not taken is read by
    /// [`Child::wait`] and ends up in [`Outcome::stdout`] as with [`Stdout::Tail`](crate::Stdout::Tail).
    ///
    /// The pipe stays readable after the child has ended. It ends once the child and all the members of its process
    /// group have ended, and everything else that holds it.
    pub fn take_stdout(&mut self) -> Option<ChildStdout> {
        self.stdout.take()
    }

    /// The end of what the child has written to stderr so far, at most
    /// [`Command::tail_limit`](crate::Command::tail_limit) bytes.
    pub fn stderr_tail(&self) -> String {
        self.errors.kept.ring().tail().as_str().to_owned()
    }

    /// The ends of what the child writes, to be looked at while it is waited for.
    pub fn tails(&self) -> Tails {
        Tails {
            output: self.output.kept.clone(),
            errors: self.errors.kept.clone(),
        }
    }

    /// Sends `SIGKILL` to the child's process group and returns at once. [`Child::wait`] then answers with an
    /// [`Outcome`] that ended by a signal.
    pub fn kill(&self) {
        self.life().kill();
    }

    /// Waits for the child's end, and for the end of its output.
    ///
    /// It returns once the child is reaped. When `cancel` fires or the deadline passes, the child's process group gets
    /// `SIGTERM`, then `SIGKILL` after the [grace](crate::Command::grace); a child that exits by itself first has
    /// its outcome. Should the child not die of `SIGKILL`, the error is returned a few seconds later all the same.
    /// Dropping the future drops the child: it is killed at once.
    ///
    /// # Errors
    ///
    /// [`Error::Cancelled`], [`Error::Deadline`], [`Error::TooMuchOutput`], [`Error::Io`]. A child that exits without
    /// success is none: see [`Outcome::into_success`].
    pub async fn wait(mut self, cancel: &CancellationToken) -> Result<Outcome, Error> {
        drop(self.stdin.take());
        if let Some(stdout) = self.stdout.take() {
            let life = Arc::clone(self.life());
            self.output.read(stdout, &life);
        }
        let ended = match self.ended(cancel).await? {
            Ok(ended) => ended,
            Err(source) => return Err(self.io(source)),
        };
        let leaked = match (self.output.finish().await, self.errors.finish().await) {
            (Ok(output), Ok(errors)) => output.0 || errors.0,
            (Err(source), _) | (_, Err(source)) => return Err(self.io(source)),
        };
        if leaked {
            tracing::warn!(
                program = self.program,
                pid = self.id(),
                "child leaked an output pipe"
            );
        }
        if let Some(cause) = self.life().cause() {
            return Err(self.stopped(cause));
        }
        let stdout = self.output.kept.ring();
        if self.output.overflow == Overflow::Kill && stdout.dropped() {
            drop(stdout);
            return Err(self.stopped(Cause::TooMuchOutput));
        }
        Ok(Outcome {
            program: self.program.clone(),
            exit: ended.exit,
            stdout: stdout.to_vec(),
            stderr: self.stderr(),
            elapsed: ended.elapsed,
            leaked,
            file_limit: self.file_limit,
        })
    }

    /// Waits until the child is reaped, passing a cancellation on.
    async fn ended(&mut self, cancel: &CancellationToken) -> Result<io::Result<Ended>, Error> {
        let life = Arc::clone(self.life());
        let (mut cancelled, mut watching) = (false, true);
        loop {
            tokio::select! {
                biased;
                ended = &mut self.ended => {
                    return Ok(ended.unwrap_or_else(|_| Err(io::Error::other("the thread of the child ended early"))));
                }
                () = cancel.cancelled(), if !cancelled => {
                    cancelled = true;
                    life.stop(Cause::Cancelled);
                }
                stuck = &mut self.stuck, if watching => {
                    watching = false;
                    if stuck.is_ok() {
                        return Err(self.stopped(life.cause().unwrap_or(Cause::Deadline)));
                    }
                }
            }
        }
    }

    fn life(&self) -> &Arc<Life> {
        &self.guard.0
    }

    fn stderr(&self) -> Tail {
        self.errors.kept.ring().tail()
    }

    fn stopped(&self, cause: Cause) -> Error {
        let program = self.program.clone();
        match cause {
            Cause::Cancelled => Error::Cancelled { program },
            Cause::Deadline => Error::Deadline {
                program,
                after: self.deadline,
                stderr: self.stderr(),
            },
            Cause::TooMuchOutput => Error::TooMuchOutput {
                program,
                limit: self.output.kept.ring().limit(),
            },
        }
    }

    fn io(&self, source: io::Error) -> Error {
        Error::Io {
            program: self.program.clone(),
            source,
        }
    }
}

/// Writes to a child's stdin. Dropping it closes the pipe, and the child reads the end of file.
#[derive(Debug)]
pub struct ChildStdin {
    pub(crate) pipe: tokio::process::ChildStdin,
    /// Of the child that reads it.
    #[cfg(target_os = "linux")]
    pub(crate) life: Arc<Life>,
}

impl ChildStdin {
    pub(crate) fn new(pipe: tokio::process::ChildStdin, life: &Arc<Life>) -> Self {
        #[cfg(not(target_os = "linux"))]
        let _ = life;
        Self {
            pipe,
            #[cfg(target_os = "linux")]
            life: Arc::clone(life),
        }
    }
}

impl AsyncWrite for ChildStdin {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.pipe).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.pipe).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.pipe).poll_shutdown(cx)
    }
}

/// Reads a child's stdout. Dropping it closes the pipe, and a child that goes on writing gets `SIGPIPE`.
#[derive(Debug)]
pub struct ChildStdout(pub(crate) tokio::process::ChildStdout);

impl AsyncRead for ChildStdout {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_read(cx, buffer)
    }
}
