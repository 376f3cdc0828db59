//! Starting programs: the one place of xtask that does.

use std::ffi::OsString;
use std::path::Path;
use std::process::{Command, Stdio};

/// The Cargo that runs us, so that a chore never mixes two toolchains.
pub(crate) fn cargo() -> OsString {
    std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into())
}

#[expect(
    clippy::disallowed_methods,
    reason = "xtask runs Cargo in the foreground; videogen-process is one of the crates it checks, so it cannot stand on it"
)]
fn command(program: &OsString, arguments: &[&str], directory: &Path) -> Command {
    let mut command = Command::new(program);
    command.args(arguments).current_dir(directory);
    command
}

/// Runs a program with our own standard streams, with more environment variables. The error names
/// the program's exit status.
pub(crate) fn run(
    program: &OsString,
    arguments: &[&str],
    environment: &[(&str, &str)],
    directory: &Path,
) -> Result<(), String> {
    let status = command(program, arguments, directory)
        .envs(environment.iter().copied())
        .status()
        .map_err(|error| format!("failed to start {}: {error}", program.display()))?;
    if status.success() {
        Ok(())
    } else {
        Err(status.to_string())
    }
}

/// Whether a program can be started and ends well; its output is dropped.
pub(crate) fn succeeds(program: &OsString, arguments: &[&str], directory: &Path) -> bool {
    command(program, arguments, directory)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

/// What a program writes to its standard output; its errors go to ours.
pub(crate) fn read(
    program: &OsString,
    arguments: &[&str],
    directory: &Path,
) -> Result<Vec<u8>, String> {
    let output = command(program, arguments, directory)
        .stderr(Stdio::inherit())
        .output()
        .map_err(|error| format!("failed to start {}: {error}", program.display()))?;
    if output.status.success() {
        Ok(output.stdout)
    } else {
        Err(format!(
            "{} {}: {}",
            program.display(),
            arguments.join(" "),
            output.status
        ))
    }
}
