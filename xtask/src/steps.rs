//! Named steps that run in their order, each timed, stopping at the first that fails.

use std::ffi::OsString;
use std::path::Path;
use std::time::{Duration, Instant};

use crate::command;

/// What a step does.
pub(crate) enum Action<'a> {
    /// One of our own checks.
    Check(fn(&Path) -> Result<(), String>),
    /// A Cargo command with these arguments and environment variables.
    Cargo(Vec<&'a str>, &'static [(&'static str, &'static str)]),
}

/// One named step.
pub(crate) struct Step<'a> {
    pub(crate) name: &'static str,
    pub(crate) action: Action<'a>,
}

/// Runs the steps in `root`.
///
/// # Errors
/// The name of the first step that failed, and how.
pub(crate) fn run(root: &Path, steps: Vec<Step<'_>>) -> Result<(), String> {
    let cargo = command::cargo();
    let mut times = Vec::new();
    for step in steps {
        eprintln!("==> {}", step.name);
        let begin = Instant::now();
        let result = perform(&cargo, &step.action, root);
        let time = begin.elapsed();
        result.map_err(|message| {
            format!(
                "step `{}` failed after {}: {message}",
                step.name,
                seconds(time)
            )
        })?;
        eprintln!("    {} ok in {}", step.name, seconds(time));
        times.push((step.name, time));
    }
    eprintln!("\nall steps passed:");
    for (name, time) in &times {
        eprintln!("  {name:<16} {:>9}", seconds(*time));
    }
    let total = times.iter().map(|(_, time)| *time).sum();
    eprintln!("  {:<16} {:>9}", "total", seconds(total));
    Ok(())
}

/// Whether cargo-nextest is there, which the tests run with then; says so where it is not.
pub(crate) fn has_nextest(root: &Path) -> bool {
    let nextest = command::succeeds(&command::cargo(), &["nextest", "--version"], root);
    if !nextest {
        eprintln!("note: cargo-nextest is not installed, the tests run with `cargo test`");
    }
    nextest
}

fn perform(cargo: &OsString, action: &Action<'_>, root: &Path) -> Result<(), String> {
    match action {
        Action::Check(check) => check(root),
        Action::Cargo(arguments, environment) => command::run(cargo, arguments, environment, root),
    }
}

fn seconds(time: Duration) -> String {
    format!("{:.1} s", time.as_secs_f64())
}
