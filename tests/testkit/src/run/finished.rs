//! A run that has ended: what it wrote and left.

use std::process::ExitStatus;
use std::time::Duration;

use camino::{Utf8Path, Utf8PathBuf};

use super::Place;
use crate::events::{self, Event};

/// A run that has ended, with its directories, which are removed when it is dropped.
#[derive(Debug)]
pub struct Finished {
    pub(super) status: ExitStatus,
    pub(super) stdout: Vec<u8>,
    pub(super) stderr: Vec<u8>,
    pub(super) elapsed: Duration,
    pub(super) timed_out: bool,
    pub(super) leaked: bool,
    pub(super) place: Place,
    pub(super) work: Utf8PathBuf,
}

impl Finished {
    /// The exit code; `None` when a signal ended the program.
    pub fn code(&self) -> Option<i32> {
        self.status.code()
    }

    /// The number of the signal that ended the program.
    #[cfg(unix)]
    pub fn signal(&self) -> Option<i32> {
        std::os::unix::process::ExitStatusExt::signal(&self.status)
    }

    /// Passes the run on if it ended by itself, in time, with this code.
    ///
    /// # Panics
    /// Otherwise, with everything it wrote.
    #[track_caller]
    #[expect(
        clippy::return_self_not_must_use,
        reason = "it is an assertion first; the run may be of no further interest"
    )]
    pub fn expect_code(self, code: i32) -> Self {
        assert!(
            self.code() == Some(code) && !self.timed_out,
            "expected exit code {code}, got {} after {:.1?}{}\n--- stdout\n{}\n--- stderr\n{}",
            self.status,
            self.elapsed,
            if self.timed_out {
                " (killed by the time limit)"
            } else {
                ""
            },
            self.stdout(),
            self.stderr()
        );
        self
    }

    /// What it wrote to standard output.
    pub fn stdout(&self) -> String {
        String::from_utf8_lossy(&self.stdout).into_owned()
    }

    /// What it wrote to standard error.
    pub fn stderr(&self) -> String {
        String::from_utf8_lossy(&self.stderr).into_owned()
    }

    /// Standard output as it is.
    pub fn stdout_bytes(&self) -> &[u8] {
        &self.stdout
    }

    /// The events of `--json`: one JSON object a line of standard output.
    ///
    /// # Panics
    /// When a line is none.
    #[track_caller]
    pub fn events(&self) -> Vec<Event> {
        events::parse(&self.stdout)
    }

    /// From the start to the end of the program itself.
    pub fn elapsed(&self) -> Duration {
        self.elapsed
    }

    /// Whether the time limit ended it.
    pub fn timed_out(&self) -> bool {
        self.timed_out
    }

    /// Whether a process it left behind still held its output open seconds after its end.
    pub fn leaked(&self) -> bool {
        self.leaked
    }

    /// The directory it worked in.
    pub fn work(&self) -> &Utf8Path {
        &self.work
    }

    /// Its `HOME`.
    pub fn home(&self) -> Utf8PathBuf {
        self.place.home()
    }

    /// Every file below its working directory, as sorted paths relative to it.
    ///
    /// # Panics
    /// When the directory cannot be read.
    pub fn files(&self) -> Vec<Utf8PathBuf> {
        let mut files = Vec::new();
        let mut folders = vec![self.work.clone()];
        while let Some(folder) = folders.pop() {
            for entry in folder.read_dir_utf8().expect("a directory can be read") {
                let entry = entry.expect("a directory can be read");
                if entry.file_type().expect("a file has a type").is_dir() {
                    folders.push(entry.into_path());
                } else {
                    let path = entry.path().strip_prefix(&self.work);
                    files.push(path.expect("it lies below").to_owned());
                }
            }
        }
        files.sort();
        files
    }
}
