//! Starting programs: the one place of the testkit that does.

use std::ffi::OsStr;
use std::process::Command;

use camino::Utf8Path;

/// A command for `program`, not yet started.
#[expect(
    clippy::disallowed_methods,
    reason = "the testkit checks videogen-process from outside, so it cannot stand on it"
)]
pub(crate) fn command(program: &Utf8Path) -> Command {
    Command::new(program)
}

/// Runs a tool of the system to its end and gives its standard output and standard error.
///
/// # Panics
/// When the tool is not installed, cannot be started or fails.
pub(crate) fn tool<S: AsRef<OsStr>>(name: &str, arguments: &[S]) -> (Vec<u8>, String) {
    let program = crate::find_program(name)
        .unwrap_or_else(|| panic!("{name} is not installed; scripts/test.sh installs it"));
    let output = command(&program)
        .args(arguments)
        .stdin(std::process::Stdio::null())
        .output()
        .unwrap_or_else(|error| panic!("failed to start {program}: {error}"));
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(
        output.status.success(),
        "{name} failed: {}\n{errors}",
        output.status
    );
    (output.stdout, errors)
}
