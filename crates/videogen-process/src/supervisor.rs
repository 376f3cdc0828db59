//! Starts children and counts them.

use std::ffi::OsStr;
use std::io;
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;

use crate::child::{Child, ChildStdin, ChildStdout, Stream};
use crate::command::{Command, Stdin, Stdout};
use crate::drain::{Kept, Overflow, feed};
use crate::enforce::{KillOnDrop, enforce};
use crate::environment;
use crate::error::Error;
#[cfg(target_os = "linux")]
use crate::guard::Guard;
use crate::limits;
use crate::outcome::Outcome;
use crate::reaper::{self, Started};

/// Starts children and counts those that are not reaped yet. Cheap to clone; clones count together.
#[derive(Debug, Clone, Default)]
pub struct Supervisor {
    live: Arc<AtomicUsize>,
    #[cfg(target_os = "linux")]
    guard: Arc<Guard>,
}

impl Supervisor {
    /// A supervisor without children.
    pub fn new() -> Self {
        Self::default()
    }

    /// How many children were started and are not reaped yet. Zero after a shutdown is the proof that nothing of this
    /// supervisor's is left.
    pub fn live(&self) -> usize {
        self.live.load(Ordering::SeqCst)
    }

    /// Starts `command`. Blocks for the few milliseconds that takes.
    ///
    /// The child is killed when the runtime that `spawn` was called on shuts down, whether or not its [`Child`] was
    /// dropped.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`], [`Error::Spawn`]; the latter also outside of a Tokio runtime.
    ///
    /// # Panics
    ///
    /// On a Tokio runtime without its I/O or its time driver.
    pub fn spawn(&self, command: Command) -> Result<Child, Error> {
        let program = command.program.to_string_lossy().into_owned();
        let start = || {
            tokio::runtime::Handle::try_current().map_err(io::Error::other)?;
            #[cfg_attr(
                not(target_os = "linux"),
                expect(unused_mut, reason = "Linux adds to it")
            )]
            let mut prepared = prepare(&command);
            #[cfg(target_os = "linux")]
            prepared.envs(self.guard.variable());
            reaper::start(
                prepared,
                command.limits,
                drains(command.stdout),
                Arc::clone(&self.live),
                #[cfg(target_os = "linux")]
                Arc::clone(&self.guard),
            )
        };
        let started = match start() {
            Ok(started) => started,
            Err(source) if is_missing(&command, &source) => {
                return Err(Error::NotFound { program });
            }
            Err(source) => return Err(Error::Spawn { program, source }),
        };
        tracing::debug!(program, pid = started.life.id(), deadline = ?command.deadline, "child started");
        attend(command, program.clone(), started).map_err(|source| Error::Spawn { program, source })
    }

    /// Starts `command` and waits for its end.
    ///
    /// # Errors
    ///
    /// As [`Supervisor::spawn`] and [`Child::wait`]. Nothing is started when `cancel` has fired already.
    ///
    /// # Panics
    ///
    /// As [`Supervisor::spawn`].
    pub async fn run(
        &self,
        command: Command,
        cancel: &CancellationToken,
    ) -> Result<Outcome, Error> {
        if cancel.is_cancelled() {
            return Err(Error::Cancelled {
                program: command.program.to_string_lossy().into_owned(),
            });
        }
        self.spawn(command)?.wait(cancel).await
    }
}

/// The command as the standard library takes it. Reads this process's environment: that is what inheriting means.
fn prepare(command: &Command) -> std::process::Command {
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the one place that starts processes"
    )]
    let mut prepared = std::process::Command::new(&command.program);
    prepared
        .args(&command.args)
        .env_clear()
        .envs(environment::inherited(std::env::vars_os()))
        .envs(command.env.iter().map(|(name, value)| (name, value)))
        .stdin(match command.stdin {
            Stdin::Null => Stdio::null(),
            Stdin::Bytes(_) | Stdin::Pipe => Stdio::piped(),
        })
        .stdout(match command.stdout {
            Stdout::Null => Stdio::null(),
            Stdout::Tail | Stdout::Capture { .. } | Stdout::Pipe => Stdio::piped(),
        })
        .stderr(Stdio::piped());
    if let Some(dir) = &command.current_dir {
        prepared.current_dir(dir);
    }
    prepared
}

/// How many output pipes are read by tasks from the spawn on.
fn drains(stdout: Stdout) -> usize {
    match stdout {
        Stdout::Null | Stdout::Pipe => 1,
        Stdout::Tail | Stdout::Capture { .. } => 2,
    }
}

/// Gives a child that was started its tasks. The child is killed if that fails, by an error or a panic.
fn attend(command: Command, program: String, started: Started) -> io::Result<Child> {
    let Started {
        life,
        stdin,
        stdout,
        stderr,
        ended,
    } = started;
    let guard = KillOnDrop(Arc::clone(&life));
    let stdin = stdin
        .map(tokio::process::ChildStdin::from_std)
        .transpose()?;
    let stdout = stdout
        .map(tokio::process::ChildStdout::from_std)
        .transpose()?;
    let stderr = stderr
        .map(tokio::process::ChildStderr::from_std)
        .transpose()?;

    let (sticking, stuck) = oneshot::channel();
    tokio::spawn(enforce(
        KillOnDrop(Arc::clone(&life)),
        command.deadline,
        command.grace,
        sticking,
    ));
    let (limit, overflow) = match command.stdout {
        Stdout::Capture { limit } => (limit, Overflow::Kill),
        Stdout::Null | Stdout::Tail | Stdout::Pipe => (command.tail_limit, Overflow::Forget),
    };
    let mut output = Stream {
        kept: Kept::new(limit),
        overflow,
        task: None,
    };
    let mut errors = Stream {
        kept: Kept::new(command.tail_limit),
        overflow: Overflow::Forget,
        task: None,
    };
    if let Some(stderr) = stderr {
        errors.read(stderr, &life);
    }
    let stdout = match (command.stdout, stdout) {
        (Stdout::Pipe, pipe) => pipe.map(ChildStdout),
        (_, Some(pipe)) => {
            output.read(pipe, &life);
            None
        }
        (_, None) => None,
    };
    let stdin = match (command.stdin, stdin) {
        (Stdin::Bytes(bytes), Some(pipe)) => {
            tokio::spawn(feed(pipe, bytes, life));
            None
        }
        (_, pipe) => pipe.map(|pipe| ChildStdin::new(pipe, &guard.0)),
    };
    Ok(Child {
        program,
        deadline: command.deadline,
        file_limit: limits::file(command.limits.file_size),
        stdin,
        stdout,
        output,
        errors,
        ended,
        stuck,
        guard,
    })
}

/// Whether `error` says that the program is missing. The system says the same of a missing working directory and of a
/// script whose interpreter is missing.
fn is_missing(command: &Command, error: &io::Error) -> bool {
    if error.kind() != io::ErrorKind::NotFound {
        return false;
    }
    if command
        .current_dir
        .as_ref()
        .is_some_and(|dir| !dir.is_dir())
    {
        return false;
    }
    let path = search_path(command);
    let present = command
        .program
        .to_str()
        .is_some_and(|name| crate::locate(name, path.as_deref()).is_some());
    !present
}

/// The value of `PATH` in the child's environment.
fn search_path(command: &Command) -> Option<std::ffi::OsString> {
    let set = command.env.iter().rev();
    set.clone()
        .find(|(name, _)| name == OsStr::new("PATH"))
        .map(|(_, value)| value.clone())
        .or_else(|| std::env::var_os("PATH"))
}
