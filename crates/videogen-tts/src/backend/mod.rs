//! The synthesisers, and what those with a program behind them share: finding, probing, deadlines, a private directory.

pub(crate) mod espeak;
#[cfg(any(test, feature = "test-util"))]
pub(crate) mod fake;
pub(crate) mod flite;
pub(crate) mod native;
pub(crate) mod piper;
pub(crate) mod server;
pub(crate) mod silent;

use std::ffi::OsStr;
use std::io;
use std::time::Duration;

use camino::{Utf8Path, Utf8PathBuf};
use camino_tempfile::Utf8TempDir;
use tokio_util::sync::CancellationToken;
use videogen_process::{Command, Outcome, Stdout, Supervisor, locate};
use videogen_types::Program;

use crate::Error;

/// How long a program may take to say what it is: milliseconds, and seconds on a machine that has a lot to do.
pub(crate) const PROBE: Duration = Duration::from_secs(20);
/// The most a probe may print.
pub(crate) const PROBE_BYTES: usize = 1 << 20;

/// What is needed to find a program and to say what to do when it is not there.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Wanted<'a> {
    pub(crate) name: &'static str,
    pub(crate) install: Program,
    /// A program the user named.
    pub(crate) explicit: Option<&'a Utf8Path>,
    /// The value of `PATH`.
    pub(crate) path_var: Option<&'a OsStr>,
}

/// The file of a program: `None` when none was named and none is installed.
pub(crate) fn find(wanted: Wanted<'_>) -> Result<Option<Utf8PathBuf>, Error> {
    let name = wanted.explicit.map_or(wanted.name, Utf8Path::as_str);
    let found =
        locate(name, wanted.path_var).and_then(|path| Utf8PathBuf::from_path_buf(path).ok());
    match (found, wanted.explicit) {
        // Absolute, because children are started in a directory of their own.
        (Some(found), _) => Ok(Some(camino::absolute_utf8(&found).unwrap_or(found))),
        (None, None) => Ok(None),
        (None, Some(explicit)) => Err(Error::ProgramMissing {
            program: explicit.to_owned(),
            install: wanted.install,
        }),
    }
}

/// A sound server that there is not, for programs that could play, too: espeak-ng looks for one whatever it is asked to do,
/// and leaves a directory of its client in the temporary directory and a link in the user's configuration.
pub(crate) const NO_SOUND: (&str, &str) = ("PULSE_SERVER", "none");

/// Runs `program` to see what it prints. The exit status is part of the outcome, not an error.
pub(crate) async fn probe(
    backend: &'static str,
    supervisor: &Supervisor,
    program: &Utf8Path,
    arg: &str,
) -> Result<Outcome, Error> {
    let command = Command::new(program.as_os_str(), PROBE)
        .env(NO_SOUND.0, NO_SOUND.1)
        .arg(arg)
        .stdout(Stdout::Capture { limit: PROBE_BYTES })
        .grace(Duration::ZERO);
    supervisor
        .run(command, &CancellationToken::new())
        .await
        .map_err(|source| Error::process(backend, source))
}

/// Everything a probe printed.
pub(crate) fn printed(outcome: &Outcome) -> String {
    format!("{}\n{}", outcome.stdout_text(), outcome.stderr.as_str())
}

/// The first line that is not blank, for messages; at most 200 characters.
pub(crate) fn first_line(text: &str) -> String {
    text.lines()
        .map(str::trim)
        .find(|line| !line.is_empty())
        .unwrap_or_default()
        .chars()
        .take(200)
        .collect()
}

/// How long a child may take to speak `text`: 30 s to start and load a voice, and 2 s for every 100 characters.
pub(crate) fn deadline(text: &str) -> Duration {
    Duration::from_secs(30)
        + Duration::from_millis(20) * u32::try_from(text.chars().count()).unwrap_or(u32::MAX)
}

/// Addresses that espeak-ng and flite may map, in bytes: fifty times what they do.
const SMALL_PROGRAM: u64 = 2 << 30;
/// Memory that Piper may have for itself, in bytes: ten times what its largest voices take. Its addresses are not
/// bounded, because it may be a wrapper around anything, and some things reserve much.
const PIPER_MEMORY: u64 = 16 << 30;
/// Bytes of a file of Piper: more than a recording, because a wrapper around it may unpack what it needs.
const PIPER_FILE: u64 = 1 << 30;

/// Bounds what a program may take that is small and writes one recording.
pub(crate) fn bounded(command: Command) -> Command {
    command
        .address_space_limit(SMALL_PROGRAM)
        .file_size_limit(crate::audio::wav::MAX_BYTES)
}

/// Bounds what Piper may take.
pub(crate) fn bounded_piper(command: Command) -> Command {
    command
        .memory_limit(PIPER_MEMORY)
        .file_size_limit(PIPER_FILE)
}

/// The directory of one request, which only this user can look into; removed when dropped.
#[derive(Debug)]
pub(crate) struct Private(Utf8TempDir);

/// Bytes that are written to see whether a directory takes any: more than a file system keeps beside a file's name.
const TRIAL: usize = 64 * 1024;

impl Private {
    /// Makes one in `scratch`, or in the platform's place for temporary files.
    pub(crate) fn new(scratch: Option<&Utf8Path>) -> Result<Self, Error> {
        let mut builder = camino_tempfile::Builder::new();
        let builder = builder.prefix("videogen-tts-");
        // The library leaves it to the umask.
        #[cfg(unix)]
        let builder = {
            use std::os::unix::fs::PermissionsExt;
            builder.permissions(std::fs::Permissions::from_mode(0o700))
        };
        let made = match scratch {
            Some(dir) => builder.tempdir_in(dir).map_err(|source| {
                if source.kind() == io::ErrorKind::NotFound {
                    Error::vanished(dir)
                } else {
                    Error::io("creating a directory in", dir)(source)
                }
            }),
            None => builder.tempdir().map_err(Error::io(
                "creating",
                Utf8Path::new("a temporary directory"),
            )),
        };
        made.map(Self)
    }

    /// Returns where it is.
    pub(crate) fn path(&self) -> &Utf8Path {
        self.0.path()
    }

    /// Returns `spoken`. A failure is not the program's but the directory's where that, or the text `input` in it, has
    /// vanished, or where it takes no more bytes: then the error says so, because another program would fare no better.
    pub(crate) fn judged<T>(&self, input: &str, spoken: Result<T, Error>) -> Result<T, Error> {
        let Err(error) = spoken else { return spoken };
        if error.is_cancelled() {
            return Err(error);
        }
        let input = self.path().join(input);
        for path in [self.path(), &input] {
            if matches!(path.try_exists(), Ok(false)) {
                return Err(Error::vanished(path));
            }
        }
        let trial = self.path().join("trial");
        match std::fs::write(&trial, vec![0; TRIAL]) {
            Ok(()) => Err(error),
            Err(source) if source.kind() == io::ErrorKind::NotFound => {
                Err(Error::vanished(self.path()))
            }
            Err(source) => Err(Error::io("writing", &trial)(source)),
        }
    }
}

/// Writes a text a child will read.
pub(crate) async fn write(path: &Utf8Path, text: &str) -> Result<(), Error> {
    let (to, text) = (path.to_owned(), text.to_owned());
    // For its owner only: it is what somebody wants to have said.
    let writing = move || videogen_durable::write_private(&to, text.as_bytes());
    let written = tokio::task::spawn_blocking(writing).await;
    written
        .unwrap_or_else(|_| Err(std::io::ErrorKind::Interrupted.into()))
        .map_err(Error::io("writing", path))
}

#[cfg(test)]
mod tests {
    use super::*;
    use videogen_types::Hint;

    #[test]
    fn a_failure_is_told_as_the_directorys_where_it_is_the_directorys() {
        let failure = || Err::<(), _>(Error::AllSilent { backend: "x" });
        let scratch = camino_tempfile::tempdir().unwrap();
        let dir = Private::new(Some(scratch.path())).unwrap();
        std::fs::write(dir.path().join("text"), "words").unwrap();
        let own = dir.judged("text", failure()).unwrap_err();
        assert!(matches!(own, Error::AllSilent { .. }), "{own}");
        assert!(dir.judged("text", Ok(())).is_ok());
        std::fs::remove_file(dir.path().join("text")).unwrap();
        let gone = dir.judged("text", failure()).unwrap_err();
        assert!(matches!(&gone, Error::Vanished { path } if path.ends_with("text")));
        videogen_durable::remove_tree(dir.path()).unwrap();
        let gone = dir.judged("text", failure()).unwrap_err();
        assert!(matches!(&gone, Error::Vanished { path } if path == dir.path()));
        videogen_durable::remove_tree(scratch.path()).unwrap();
        let none = Private::new(Some(scratch.path())).unwrap_err();
        assert!(none.is_retryable() && none.is_of_the_machine(), "{none}");
        let cancelled = dir.judged::<()>("text", Err(Error::Cancelled));
        assert!(cancelled.unwrap_err().is_cancelled());
    }

    #[test]
    fn the_deadline_grows_with_the_text() {
        assert_eq!(deadline(""), Duration::from_secs(30));
        assert_eq!(deadline(&"ä".repeat(350)), Duration::from_secs(37));
    }

    #[test]
    fn a_named_program_that_is_missing_is_an_error_and_an_unnamed_one_is_none() {
        let wanted = Wanted {
            name: "no-such-program",
            install: Program::Flite,
            explicit: None,
            path_var: Some(OsStr::new("/usr/bin")),
        };
        assert!(find(wanted).unwrap().is_none());
        let error = find(Wanted {
            explicit: Some(Utf8Path::new("/no/such")),
            ..wanted
        })
        .unwrap_err();
        assert_eq!(error.help(), Some(Hint::of(Program::Flite)));
    }
}
