//! What a child that ended by itself leaves: exit, output, duration.

use std::borrow::Cow;
use std::fmt;
use std::process::ExitStatus;
use std::time::Duration;

use crate::error::Error;
use crate::output::Tail;

/// How a child ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// It exited with this code. Zero is success.
    Code(i32),
    /// This signal ended it (Unix).
    Signal(i32),
}

impl Exit {
    pub(crate) fn from_status(status: ExitStatus) -> Self {
        #[cfg(unix)]
        {
            use std::os::unix::process::ExitStatusExt;
            if let Some(signal) = status.signal() {
                return Self::Signal(signal);
            }
        }
        Self::Code(
            status
                .code()
                .expect("a status without a signal has an exit code"),
        )
    }
}

/// `exit code 1`, `signal 11 (SIGSEGV)`.
impl fmt::Display for Exit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Code(code) => write!(f, "exit code {code}"),
            Self::Signal(signal) => match signal_name(*signal) {
                Some(name) => write!(f, "signal {signal} ({name})"),
                None => write!(f, "signal {signal}"),
            },
        }
    }
}

/// `SIGXCPU`: the processor time that was allowed is used up.
pub(crate) const XCPU: i32 = 24;
/// `SIGXFSZ`: a file became larger than was allowed.
const XFSZ: i32 = 25;
/// What a shell adds to a signal that ended what it ran, for its own exit code.
const SHELL: i32 = 128;

impl Exit {
    /// Whether a limit of file sizes ended it, or what it ran for a shell script.
    fn is_of_a_large_file(self) -> bool {
        cfg!(unix) && matches!(self, Self::Signal(XFSZ)) || self == Self::Code(SHELL + XFSZ)
    }
}

/// Names of the signals whose numbers are the same on Linux and macOS (`signal(7)`, `sys/signal.h`).
fn signal_name(signal: i32) -> Option<&'static str> {
    Some(match signal {
        1 => "SIGHUP",
        2 => "SIGINT",
        3 => "SIGQUIT",
        4 => "SIGILL",
        5 => "SIGTRAP",
        6 => "SIGABRT",
        8 => "SIGFPE",
        9 => "SIGKILL",
        11 => "SIGSEGV",
        13 => "SIGPIPE",
        14 => "SIGALRM",
        15 => "SIGTERM",
        XCPU => "SIGXCPU",
        XFSZ => "SIGXFSZ",
        _ => return None,
    })
}

/// A child that ended, well or badly.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Outcome {
    /// The program, for messages.
    pub program: String,
    /// How it ended.
    pub exit: Exit,
    /// What was kept of stdout: all of it with [`Stdout::Capture`](crate::Stdout::Capture), the end of it with
    /// [`Stdout::Tail`](crate::Stdout::Tail), otherwise nothing.
    pub stdout: Vec<u8>,
    /// The end of stderr.
    pub stderr: Tail,
    /// From the spawn until it was reaped.
    pub elapsed: Duration,
    /// Whether something the child had started still held stdout or stderr open some 200 ms after the child exited.
    /// The rest of its process group was then killed, and `stdout` and `stderr` may lack what was not yet written.
    pub leaked: bool,
    /// The limit of file sizes that it was under.
    pub(crate) file_limit: Option<FileLimit>,
}

/// A limit of the size of files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FileLimit {
    /// The most bytes that a file may have.
    pub bytes: u64,
    /// Whether it is one that this process is under itself (`ulimit -f`), lower than the command's.
    pub inherited: bool,
}

impl Outcome {
    /// Whether the exit code was zero.
    pub fn success(&self) -> bool {
        self.exit == Exit::Code(0)
    }

    /// Makes every other exit an error.
    ///
    /// # Errors
    ///
    /// [`Error::Failed`] unless [`Outcome::success`]; [`Error::FileTooLarge`] where a limit of file sizes ended it.
    pub fn into_success(self) -> Result<Self, Error> {
        if self.success() {
            Ok(self)
        } else if let Some(limit) = self.file_limit.filter(|_| self.exit.is_of_a_large_file()) {
            Err(Error::FileTooLarge {
                program: self.program,
                limit,
            })
        } else {
            Err(Error::Failed {
                program: self.program,
                exit: self.exit,
                stderr: self.stderr,
            })
        }
    }

    /// What was kept of stdout as text; bytes that are not UTF-8 are replaced by U+FFFD.
    pub fn stdout_text(&self) -> Cow<'_, str> {
        String::from_utf8_lossy(&self.stdout)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exits_read_well() {
        assert_eq!(Exit::Code(3).to_string(), "exit code 3");
        assert_eq!(Exit::Signal(11).to_string(), "signal 11 (SIGSEGV)");
        assert_eq!(Exit::Signal(63).to_string(), "signal 63");
    }
}
