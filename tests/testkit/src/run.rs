//! Runs of a program in a home of its own, with a time limit that its children keep too.

mod finished;
mod running;

use std::ffi::OsString;
use std::io::Write;
use std::process::Stdio;
use std::thread;
use std::time::{Duration, Instant};

use camino::Utf8PathBuf;
use camino_tempfile::Utf8TempDir;

use crate::command::command;

pub use self::finished::Finished;
pub use self::running::Running;
use self::running::collect;

/// How long a run may take unless the test says otherwise: generous, because it only has to end a
/// test that would hang for ever.
const TIME_LIMIT: Duration = Duration::from_mins(4);

/// A program to be run, with its arguments and surroundings.
///
/// Its environment holds `PATH`, `HOME` and what [`env`](Self::env) adds; home and working
/// directory are fresh and live as long as the [`Finished`] run.
#[derive(Debug)]
#[must_use = "nothing runs before `finish` or `start`"]
pub struct Run {
    program: Utf8PathBuf,
    arguments: Vec<OsString>,
    environment: Vec<(OsString, OsString)>,
    path_first: Vec<Utf8PathBuf>,
    path: Option<OsString>,
    place: Place,
    directory: Option<Utf8PathBuf>,
    input: Vec<u8>,
    time_limit: Duration,
}

/// The temporary directory of a run: `home` and `work` in it.
#[derive(Debug)]
struct Place(Utf8TempDir);

impl Place {
    fn new() -> Self {
        let place = Self(Utf8TempDir::with_prefix("videogen-test-").expect("a directory in /tmp"));
        for directory in [place.home(), place.work()] {
            std::fs::create_dir(directory).expect("a new directory is writable");
        }
        place
    }

    fn home(&self) -> Utf8PathBuf {
        self.0.path().join("home")
    }

    fn work(&self) -> Utf8PathBuf {
        self.0.path().join("work")
    }
}

impl Run {
    /// A run of the `videogen` program built beside the test; see [`videogen_bin`](crate::videogen_bin).
    pub fn videogen() -> Self {
        Self::new(crate::videogen_bin())
    }

    /// A run of any program.
    pub fn new(program: impl Into<Utf8PathBuf>) -> Self {
        Self {
            program: program.into(),
            arguments: Vec::new(),
            environment: Vec::new(),
            path_first: Vec::new(),
            path: std::env::var_os("PATH"),
            place: Place::new(),
            directory: None,
            input: Vec::new(),
            time_limit: TIME_LIMIT,
        }
    }

    /// Adds one argument.
    pub fn arg(mut self, argument: impl Into<OsString>) -> Self {
        self.arguments.push(argument.into());
        self
    }

    /// Adds arguments.
    pub fn args<S: Into<OsString>>(mut self, arguments: impl IntoIterator<Item = S>) -> Self {
        self.arguments.extend(arguments.into_iter().map(Into::into));
        self
    }

    /// Sets an environment variable.
    pub fn env(mut self, name: impl Into<OsString>, value: impl Into<OsString>) -> Self {
        self.environment.push((name.into(), value.into()));
        self
    }

    /// Puts a directory before all others on `PATH`.
    pub fn path_first(mut self, directory: impl Into<Utf8PathBuf>) -> Self {
        self.path_first.insert(0, directory.into());
        self
    }

    /// Sets `PATH` to these directories only, so that programs can be missing.
    pub fn path_only<S: Into<OsString>>(mut self, path: S) -> Self {
        self.path = Some(path.into());
        self
    }

    /// Uses another working directory than the fresh one.
    pub fn directory(mut self, directory: impl Into<Utf8PathBuf>) -> Self {
        self.directory = Some(directory.into());
        self
    }

    /// What the program reads from its standard input; nothing by default. Never a terminal.
    pub fn input(mut self, input: impl Into<Vec<u8>>) -> Self {
        self.input = input.into();
        self
    }

    /// After this time the program and its whole process group are killed.
    pub fn time_limit(mut self, limit: Duration) -> Self {
        self.time_limit = limit;
        self
    }

    /// The directory the program will work in.
    pub fn work(&self) -> Utf8PathBuf {
        self.directory.clone().unwrap_or_else(|| self.place.work())
    }

    /// The program's `HOME`.
    pub fn home(&self) -> Utf8PathBuf {
        self.place.home()
    }

    /// Runs to the end.
    ///
    /// # Panics
    /// When the program cannot be started.
    pub fn finish(self) -> Finished {
        self.start().finish()
    }

    /// Starts the program and returns at once.
    ///
    /// # Panics
    /// When the program cannot be started.
    pub fn start(self) -> Running {
        let work = self.work();
        let path = std::env::join_paths(
            self.path_first
                .iter()
                .map(|path| path.clone().into())
                .chain(
                    self.path
                        .iter()
                        .flat_map(|path| std::env::split_paths(path).collect::<Vec<_>>()),
                ),
        )
        .expect("no directory of PATH holds a separator");
        let mut command = command(&self.program);
        command
            .args(&self.arguments)
            .env_clear()
            .env("PATH", path)
            .env("HOME", self.place.home())
            .envs(self.environment)
            .current_dir(&work)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        // A group of its own, so that the time limit reaches its children.
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        let begin = Instant::now();
        let mut child = command
            .spawn()
            .unwrap_or_else(|error| panic!("failed to start {}: {error}", self.program));
        let mut stdin = child.stdin.take().expect("standard input is a pipe");
        let input = self.input;
        // A program that reads nothing closes the pipe: no failure of the test.
        thread::spawn(move || stdin.write_all(&input));
        let stdout = collect(child.stdout.take().expect("standard output is a pipe"));
        let stderr = collect(child.stderr.take().expect("standard error is a pipe"));
        Running {
            child,
            stdout,
            stderr,
            begin,
            deadline: begin + self.time_limit,
            place: Some(self.place),
            work,
        }
    }
}

#[cfg(all(test, unix))]
mod tests;
