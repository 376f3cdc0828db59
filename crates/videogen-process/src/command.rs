//! Describes a child to start: program, arguments, environment, pipes and limits.

use std::ffi::{OsStr, OsString};
use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use crate::limits::Limits;

/// Grace between `SIGTERM` and `SIGKILL` unless set: time for a program to remove its temporary files.
const DEFAULT_GRACE: Duration = Duration::from_secs(2);

/// How much of stdout and stderr is kept unless set, in bytes: some 800 lines of 80 columns.
const DEFAULT_TAIL_LIMIT: usize = 64 * 1024;

/// What a child reads.
#[derive(Clone, Default)]
#[non_exhaustive]
pub enum Stdin {
    /// Nothing: end of file at once.
    #[default]
    Null,
    /// These bytes, written while the output is read, then end of file. A child that closes its stdin without reading
    /// them all is no error.
    Bytes(Vec<u8>),
    /// What the caller writes to [`Child::take_stdin`](crate::Child::take_stdin).
    Pipe,
}

impl fmt::Debug for Stdin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("Null"),
            Self::Bytes(bytes) => write!(f, "Bytes({} bytes)", bytes.len()),
            Self::Pipe => f.write_str("Pipe"),
        }
    }
}

/// Where a child's stdout goes. (stderr is always kept as a tail.)
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Stdout {
    /// Nowhere.
    Null,
    /// The last bytes are kept, at most [`Command::tail_limit`].
    #[default]
    Tail,
    /// All of it is kept. A child that writes more is killed: [`Error::TooMuchOutput`](crate::Error::TooMuchOutput).
    Capture {
        /// The most bytes that are accepted.
        limit: usize,
    },
    /// The caller reads it from [`Child::take_stdout`](crate::Child::take_stdout), at its own pace.
    Pipe,
}

/// A program to start, with its arguments and limits. No shell is involved: an argument reaches the program as it is.
#[derive(Clone)]
pub struct Command {
    pub(crate) program: OsString,
    pub(crate) args: Vec<OsString>,
    pub(crate) env: Vec<(OsString, OsString)>,
    pub(crate) current_dir: Option<PathBuf>,
    pub(crate) stdin: Stdin,
    pub(crate) stdout: Stdout,
    pub(crate) deadline: Duration,
    pub(crate) grace: Duration,
    pub(crate) tail_limit: usize,
    pub(crate) limits: Limits,
}

impl Command {
    /// Describes running `program` for at most `deadline`, counted from the spawn.
    ///
    /// A `program` without a directory is looked for on the `PATH` of the child's environment. See
    /// [`locate`](crate::locate) to find it beforehand.
    pub fn new(program: impl Into<OsString>, deadline: Duration) -> Self {
        Self {
            program: program.into(),
            args: Vec::new(),
            env: Vec::new(),
            current_dir: None,
            stdin: Stdin::Null,
            stdout: Stdout::Tail,
            deadline,
            grace: DEFAULT_GRACE,
            tail_limit: DEFAULT_TAIL_LIMIT,
            limits: Limits::default(),
        }
    }

    /// Adds an argument.
    #[must_use]
    pub fn arg(mut self, arg: impl Into<OsString>) -> Self {
        self.args.push(arg.into());
        self
    }

    /// Adds arguments.
    #[must_use]
    pub fn args<I, S>(mut self, args: I) -> Self
    where
        I: IntoIterator<Item = S>,
        S: Into<OsString>,
    {
        self.args.extend(args.into_iter().map(Into::into));
        self
    }

    /// Adds a variable to the child's environment, or replaces an inherited one.
    ///
    /// The child does not get the whole environment of this process. When it is started it gets, of the variables this
    /// process then has: `PATH`, `HOME`, `USER`, `LANG`, `LC_*`, `TMPDIR`, `TZ`, `XDG_*`, and what a Windows program
    /// cannot do without (`SYSTEMROOT`, `WINDIR`, `TEMP`, `TMP`, `APPDATA`, `LOCALAPPDATA`, `USERPROFILE`, `PATHEXT`,
    /// `COMSPEC`). So `LD_PRELOAD`, `LD_LIBRARY_PATH`, `PYTHONPATH`, `FFREPORT` and the proxy variables do not reach
    /// a child unless they are set here.
    #[must_use]
    pub fn env(mut self, key: impl Into<OsString>, value: impl Into<OsString>) -> Self {
        self.env.push((key.into(), value.into()));
        self
    }

    /// Sets the child's working directory. Without it the child starts in this process's.
    ///
    /// Give `program` as an absolute path or a bare name along with it: what a relative path then refers to differs
    /// between platforms.
    #[must_use]
    pub fn current_dir(mut self, dir: impl Into<PathBuf>) -> Self {
        self.current_dir = Some(dir.into());
        self
    }

    /// Sets what the child reads; [`Stdin::Null`] without it.
    #[must_use]
    pub fn stdin(mut self, stdin: Stdin) -> Self {
        self.stdin = stdin;
        self
    }

    /// Sets where stdout goes; [`Stdout::Tail`] without it.
    #[must_use]
    pub fn stdout(mut self, stdout: Stdout) -> Self {
        self.stdout = stdout;
        self
    }

    /// Sets the time between `SIGTERM` and `SIGKILL` to the group on a cancellation or at the deadline; 2 s without
    /// it. Zero sends `SIGKILL` at once.
    ///
    /// It is the child's grace: what is left of its group when the child has exited is killed without more ado.
    #[must_use]
    pub fn grace(mut self, grace: Duration) -> Self {
        self.grace = grace;
        self
    }

    /// Sets how many bytes of stderr, and of stdout with [`Stdout::Tail`], are kept; 64 KiB without it.
    #[must_use]
    pub fn tail_limit(mut self, bytes: usize) -> Self {
        self.tail_limit = bytes;
        self
    }

    /// Bounds the addresses that the child, and each process that it starts, may have mapped, in bytes (`RLIMIT_AS`,
    /// Linux). What it asks for beyond that it does not get, and what becomes of it then is its own affair. Not bounded
    /// without it.
    ///
    /// Addresses are more than memory: a thread has 8 MiB for its stack and up to 64 MiB for what it allocates, whether
    /// or not it uses them, and a driver of a graphics card maps hundreds of gigabytes. Where this process has larger
    /// stacks (`ulimit -s`), such a child has 8 MiB.
    #[must_use]
    pub fn address_space_limit(mut self, bytes: impl Into<Option<u64>>) -> Self {
        self.limits.address_space = bytes.into();
        self
    }

    /// Bounds the memory that the child, and each process that it starts, may have for itself to write to, in bytes
    /// (`RLIMIT_DATA`, Linux). Unlike [`Command::address_space_limit`] it does not count what is only reserved. Not
    /// bounded without it.
    #[must_use]
    pub fn memory_limit(mut self, bytes: impl Into<Option<u64>>) -> Self {
        self.limits.memory = bytes.into();
        self
    }

    /// Bounds the size of a file that the child, or a process that it starts, may write, in bytes, holes included
    /// (`RLIMIT_FSIZE`, Unix). One that writes more is ended by `SIGXFSZ`: [`Error::FileTooLarge`]. Pipes are not
    /// bounded by it. Not bounded without it.
    ///
    /// [`Error::FileTooLarge`]: crate::Error::FileTooLarge
    #[must_use]
    pub fn file_size_limit(mut self, bytes: impl Into<Option<u64>>) -> Self {
        self.limits.file_size = bytes.into();
        self
    }

    /// Makes the files that the child makes readable for its user only, as with `umask 077` (Unix). For a child that
    /// writes temporary files; one that writes what a person wants to have should make it as that person decided.
    #[must_use]
    pub fn private_files(mut self) -> Self {
        self.limits.private_files = true;
        self
    }

    /// The most bytes that a file may have which the child writes, if that is bounded.
    pub fn file_size(&self) -> Option<u64> {
        self.limits.file_size
    }

    /// The program, as given to [`Command::new`].
    pub fn program(&self) -> &OsStr {
        &self.program
    }
}

/// Shows neither the values of variables nor what is written to stdin: either may be a secret or a user's text.
impl fmt::Debug for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.env.iter().map(|(name, _)| name).collect();
        f.debug_struct("Command")
            .field("program", &self.program)
            .field("args", &self.args)
            .field("env", &names)
            .field("current_dir", &self.current_dir)
            .field("stdin", &self.stdin)
            .field("stdout", &self.stdout)
            .field("deadline", &self.deadline)
            .field("grace", &self.grace)
            .field("tail_limit", &self.tail_limit)
            .field("limits", &self.limits)
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_no_values() {
        let command = Command::new("p", Duration::from_secs(1))
            .arg("visible")
            .env("TOKEN", "hunter2")
            .stdin(Stdin::Bytes(b"hunter2".to_vec()));
        let text = format!("{command:?}");
        assert!(text.contains("visible") && text.contains("TOKEN") && text.contains("7 bytes"));
        assert!(!text.contains("hunter2"), "{text}");
    }
}
