//! The synthesisers, and what those with a program behind them share: finding, probing, deadlines, a private directory.

pub(crate) mod espeak;
#[cfg(any(test, feature = "test-util"))]
pub(crate) mod fake;
pub(crate) mod flite;
pub(crate) mod piper;
pub(crate) mod silent;

use std::ffi::OsStr;
use std::time::Duration;

use camino::{Utf8Path, Utf8PathBuf};
use camino_tempfile::Utf8TempDir;
use tokio_util::sync::CancellationToken;
use videogen_process::{Command, Outcome, Stdout, Supervisor, locate};

use crate::Error;

/// How long a program may take to say what it is.
const PROBE: Duration = Duration::from_secs(5);
/// The most a probe may print.
const PROBE_BYTES: usize = 1 << 20;

/// What is needed to find a program and to say what to do when it is not there.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Wanted<'a> {
    pub(crate) name: &'static str,
    pub(crate) install: &'static str,
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

/// Runs `program` to see what it prints. The exit status is part of the outcome, not an error.
pub(crate) async fn probe(
    backend: &'static str,
    supervisor: &Supervisor,
    program: &Utf8Path,
    arg: &str,
) -> Result<Outcome, Error> {
    let command = Command::new(program.as_os_str(), PROBE)
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

/// A directory only this user can look into, removed when dropped.
pub(crate) fn private_dir(scratch: Option<&Utf8Path>) -> Result<Utf8TempDir, Error> {
    let mut builder = camino_tempfile::Builder::new();
    let builder = builder.prefix("videogen-tts-");
    // The library leaves it to the umask.
    #[cfg(unix)]
    let builder = {
        use std::os::unix::fs::PermissionsExt;
        builder.permissions(std::fs::Permissions::from_mode(0o700))
    };
    match scratch {
        Some(dir) => builder
            .tempdir_in(dir)
            .map_err(Error::io("creating a directory in", dir)),
        None => builder.tempdir().map_err(Error::io(
            "creating",
            Utf8Path::new("a temporary directory"),
        )),
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

    #[test]
    fn the_deadline_grows_with_the_text() {
        assert_eq!(deadline(""), Duration::from_secs(30));
        assert_eq!(deadline(&"ä".repeat(350)), Duration::from_secs(37));
    }

    #[test]
    fn a_named_program_that_is_missing_is_an_error_and_an_unnamed_one_is_none() {
        let wanted = Wanted {
            name: "no-such-program",
            install: "apt install it",
            explicit: None,
            path_var: Some(OsStr::new("/usr/bin")),
        };
        assert!(find(wanted).unwrap().is_none());
        let error = find(Wanted {
            explicit: Some(Utf8Path::new("/no/such")),
            ..wanted
        })
        .unwrap_err();
        assert_eq!(error.help().as_deref(), Some("apt install it"));
    }
}
