//! Supervised child processes: own process group, deadline, bounded output, always reaped.
//!
//! ```
//! use std::time::Duration;
//! use tokio_util::sync::CancellationToken;
//! use videogen_process::{Command, Supervisor};
//!
//! # #[cfg(unix)]
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), videogen_process::Error> {
//! let supervisor = Supervisor::new();
//! let echo = Command::new("echo", Duration::from_secs(60)).arg("hello");
//! let outcome = supervisor.run(echo, &CancellationToken::new()).await?.into_success()?;
//! assert_eq!(outcome.stdout_text(), "hello\n");
//! assert_eq!(supervisor.live(), 0);
//! # Ok(())
//! # }
//! # #[cfg(not(unix))]
//! # fn main() {}
//! ```
//!
//! What holds for every child:
//!
//! - **It ends.** Every [`Command`] has a deadline, counted from the spawn and enforced whether or not anybody
//!   waits. Deadline and cancellation send `SIGTERM` to the child's process group, give it a
//!   [grace period](Command::grace), then send `SIGKILL` to the group. Dropping a [`Child`], or the runtime it was
//!   started on, sends `SIGKILL` to the group at once.
//! - **It is reaped.** One thread per child starts it, waits for it and reaps it, independent of any async runtime: the
//!   parent-death signal is tied to the thread that started the child, so neither a dropped runtime nor a retired worker can
//!   kill a child early or leave a zombie. No `SIGCHLD` handler is installed.
//! - **Its group ends with it.** What is left of the process group when the child exits is killed, before the child is
//!   reaped: until then its process id, and so the id of the group, cannot have been reused.
//! - **It does not outlive this process** (Linux): the child has a parent-death signal, so it is killed when this
//!   process is, by whatever means.
//! - **What it starts does not either** (Linux). A [`Supervisor`] with children has a guardian, a process that notices
//!   when this one is gone and kills the children's groups, and whatever has their mark in its environment: each child
//!   has a variable there that names its supervisor, which its descendants inherit, in whatever group or session they
//!   are. The same is done when the supervisor is dropped. A guardian that is killed is replaced; where it is killed
//!   along with this process, a later one recognises what is left: [`end_orphans`].
//! - **Its output is bounded.** stdout and stderr are read from the spawn on, so the child never blocks on a full
//!   pipe, and only the last bytes are kept ([`Command::tail_limit`]).
//! - **A leaked pipe does not hang the caller.** When something still holds the child's output open a moment after the
//!   child exited, reading stops and [`Outcome::leaked`] is set.
//! - **Its environment is an allow-list** ([`Command::env`]).
//! - **What it may take can be bounded**: [`Command::address_space_limit`], [`Command::memory_limit`],
//!   [`Command::file_size_limit`], each of them never above what this process has itself. A child that crashes leaves no
//!   image of its memory (`RLIMIT_CORE`).
//!
//! In videogen this is the only way to start a process: `clippy.toml` refuses `Command::new` in every other crate.
//!
//! # The guardian
//!
//! One for each supervisor that has started a child, however many it starts. It is a copy of this process made by
//! `fork(2)` before the first child (which costs a millisecond or two), shows as `child-guardian`, holds no file,
//! directory or terminal of this process, takes no signal but `SIGKILL` and `SIGSTOP`, and keeps the memory alive that
//! this process had when it was made. It ends a moment after what it guards. A cgroup would do the same where one may
//! be made, which is on few machines; a subreaper would have to be the ancestor of all children, and so start them.
//!
//! # Limits
//!
//! - A descendant that moves to another process group or session (`setsid`) is out of reach of the group's signals. It
//!   is reported as leaked if it holds a pipe, and lives until the supervisor is dropped or this process ends.
//! - A descendant that moves to another group and takes its mark out of its environment, or does not let it be read (it
//!   runs as another user), is not found at all.
//! - A child stuck in an uninterruptible system call cannot be killed by anybody. Waiting for it still returns, a few
//!   seconds after the kill; its thread stays until the kernel lets go.
//! - A program that ignores `SIGCHLD`, or that reaps children it did not start, takes exit statuses away from this
//!   crate. Waiting then returns [`Error::Io`].
//! - Not on Linux: no parent-death signal, no guardian, no limit of memory. On Windows there are no process groups in this sense either: only the child
//!   itself is killed, at once and without a grace period. Windows support is untested.
//! - Terminal signals (Ctrl-C) reach the foreground process group, which the children are not in. The program cancels
//!   them through its [`CancellationToken`](tokio_util::sync::CancellationToken).

#![deny(missing_docs)]

/// Compiles the example of the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

mod child;
mod command;
mod drain;
mod enforce;
mod environment;
mod error;
mod exit;
#[cfg(target_os = "linux")]
mod guard;
mod heap;
#[cfg(target_os = "linux")]
mod lend;
mod life;
mod limits;
mod locate;
mod orphan;
mod outcome;
mod output;
mod pipe;
mod platform;
mod reaper;
mod supervisor;

pub use child::{Child, ChildStdin, ChildStdout, Tails};
pub use command::{Command, Stdin, Stdout};
pub use error::Error;
pub use exit::exit_now;
pub use heap::share_heaps;
pub use locate::locate;
pub use orphan::{Orphan, end_orphans};
pub use outcome::{Exit, FileLimit, Outcome};
pub use output::Tail;
pub use pipe::{PipeReader, PipeWriter};
pub use reaper::live_children;
pub use supervisor::Supervisor;
