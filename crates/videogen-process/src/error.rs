//! What can go wrong with a child, and what to do about it.

use std::io;
use std::time::Duration;

use crate::outcome::{Exit, FileLimit, XCPU};
use crate::output::Tail;

/// Why a child was not started, or did not end by itself with success. Messages read after "failed to".
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// There is no such program.
    #[error("start {program}: there is no such program")]
    NotFound {
        /// As given to [`Command::new`](crate::Command::new).
        program: String,
    },
    /// The system could not start the program.
    #[error("start {program}")]
    Spawn {
        /// As given to [`Command::new`](crate::Command::new).
        program: String,
        /// What the system said.
        source: io::Error,
    },
    /// The child ran past its deadline and was ended.
    #[error("run {program} within {after:?}{}", last_words(.stderr))]
    Deadline {
        /// As given to [`Command::new`](crate::Command::new).
        program: String,
        /// The deadline, counted from the spawn.
        after: Duration,
        /// The end of what it wrote to stderr.
        stderr: Tail,
    },
    /// The caller cancelled, and the child was ended (or not started).
    #[error("run {program}: cancelled")]
    Cancelled {
        /// As given to [`Command::new`](crate::Command::new).
        program: String,
    },
    /// The child ended by itself, without success.
    #[error("run {program}: {exit}{}", last_words(.stderr))]
    Failed {
        /// As given to [`Command::new`](crate::Command::new).
        program: String,
        /// How it ended.
        exit: Exit,
        /// The end of what it wrote to stderr.
        stderr: Tail,
    },
    /// The child, or what it started, wrote a file larger than it may, and was ended by the system.
    #[error("run {program}: it wrote a file of more than {} bytes", .limit.bytes)]
    FileTooLarge {
        /// As given to [`Command::new`](crate::Command::new).
        program: String,
        /// The limit it was under.
        limit: FileLimit,
    },
    /// The child wrote more to stdout than [`Stdout::Capture`](crate::Stdout::Capture) accepts, and was killed.
    #[error("run {program}: it wrote more than {limit} bytes")]
    TooMuchOutput {
        /// As given to [`Command::new`](crate::Command::new).
        program: String,
        /// The most bytes that were accepted.
        limit: usize,
    },
    /// The exit status of the child could not be had, or its output could not be read.
    #[error("supervise {program}")]
    Io {
        /// As given to [`Command::new`](crate::Command::new).
        program: String,
        /// What the system said.
        source: io::Error,
    },
}

/// `: <last line>`, or nothing.
fn last_words(stderr: &Tail) -> String {
    stderr
        .last_line()
        .map(|line| format!(": {line}"))
        .unwrap_or_default()
}

impl Error {
    /// What the user can do next, where this crate knows.
    pub fn help(&self) -> Option<String> {
        match self {
            Self::NotFound { program } => Some(format!(
                "install {program} so that it is on PATH, or give the full path of the program"
            )),
            Self::Spawn { program, source } => match source.kind() {
                io::ErrorKind::PermissionDenied => Some(format!(
                    "check that {program} is a program (not a directory) and that its execute permission is set"
                )),
                io::ErrorKind::OutOfMemory | io::ErrorKind::WouldBlock => Some(
                    "the machine is out of memory or processes; end other programs and try again".to_owned(),
                ),
                _ => None,
            },
            Self::Deadline { program, after, .. } => Some(format!(
                "{program} may hang, or the machine may be too busy to finish in {after:?}; try again"
            )),
            Self::Failed {
                exit: Exit::Signal(9),
                ..
            } => Some(
                "somebody else killed it; when the machine ran out of memory the system log says so".to_owned(),
            ),
            Self::Failed {
                exit: Exit::Signal(XCPU),
                ..
            } => Some(
                "the processor time that was allowed is used up; raise the limit (`ulimit -t`)".to_owned(),
            ),
            Self::FileTooLarge { program, limit } => Some(if limit.inherited {
                format!("raise the limit of file sizes that {program} was started with (`ulimit -f`)")
            } else {
                format!("{program} misbehaves: that is more than it could need; try another build of it")
            }),
            Self::Cancelled { .. } | Self::Failed { .. } | Self::TooMuchOutput { .. } | Self::Io { .. } => None,
        }
    }

    /// Whether the same command may succeed a little later: it ran out of time, or the machine was short of something.
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::Deadline { .. } => true,
            Self::Spawn { source, .. } => matches!(
                source.kind(),
                io::ErrorKind::OutOfMemory
                    | io::ErrorKind::WouldBlock
                    | io::ErrorKind::Interrupted
                    // Another thread forked while the program's file was still open for writing.
                    | io::ErrorKind::ExecutableFileBusy
            ),
            Self::NotFound { .. }
            | Self::Cancelled { .. }
            | Self::Failed { .. }
            | Self::FileTooLarge { .. }
            | Self::TooMuchOutput { .. }
            | Self::Io { .. } => false,
        }
    }

    /// Whether the caller wanted it so.
    pub fn is_cancelled(&self) -> bool {
        matches!(self, Self::Cancelled { .. })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_carry_the_last_line() {
        let error = Error::Failed {
            program: "ffmpeg".to_owned(),
            exit: Exit::Code(1),
            stderr: Tail::new(b"banner\nout.mp4: No space left on device\n", false),
        };
        assert_eq!(
            error.to_string(),
            "run ffmpeg: exit code 1: out.mp4: No space left on device"
        );
        let error = Error::Deadline {
            program: "espeak-ng".to_owned(),
            after: Duration::from_secs(30),
            stderr: Tail::default(),
        };
        assert_eq!(error.to_string(), "run espeak-ng within 30s");
        assert!(error.is_retryable() && !error.is_cancelled());
    }

    #[test]
    fn a_missing_program_says_what_to_install() {
        let error = Error::NotFound {
            program: "espeak-ng".to_owned(),
        };
        assert!(
            error
                .help()
                .is_some_and(|help| help.contains("install espeak-ng"))
        );
        assert!(!error.is_retryable());
    }
}
