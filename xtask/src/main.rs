//! Chores of the workspace: `cargo xtask ci`, `cargo xtask nightly`, `cargo xtask bench`, `cargo xtask check-layers`,
//! `cargo xtask check-modules`, `cargo xtask check-house`, `cargo xtask check-catalogue`, `cargo xtask check-alone`.

#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a command-line program talks to its user"
)]

mod alone;
mod bench;
mod catalogue;
mod ci;
mod command;
mod house;
mod layers;
mod modules;
mod nightly;
mod steps;

use std::path::PathBuf;
use std::process::ExitCode;

const USAGE: &str = "\
Usage: cargo xtask COMMAND

Commands:
  ci [TEST ARGS…]   every check and every test, in the order in which they fail fastest;
                    the arguments go to the test run (a part of a test's name, -E FILTER, …)
  nightly [TEST ARGS…]
                    the tests that take too long for every change: faults in number, long batches;
                    scripts/nightly.sh installs what they need and runs this
  bench [ARGS…]     what a render costs, measured beside the bare encode and other programs;
                    without arguments, the list of what can be measured
  check-layers      which crate may depend on which
  check-modules     which modules of a crate import each other in circles
  check-house       the size of the orchestrator, statics of libraries, large files
  check-catalogue   docs/failure-catalogue.md: every ID, and tests that exist
  check-alone       each crate compiles without the others' features, and outside programs that take
                    only one build without what they did not ask for";

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let command = arguments.next().unwrap_or_default();
    let rest: Vec<String> = arguments.collect();
    let root = workspace_root();
    let result = match (command.as_str(), rest.is_empty()) {
        ("ci", _) => ci::run(&root, &rest),
        ("nightly", _) => nightly::run(&root, &rest),
        ("bench", _) => bench::run(&root, &rest),
        ("check-layers", true) => layers::run(&root),
        ("check-modules", true) => modules::run(&root),
        ("check-house", true) => house::run(&root),
        ("check-catalogue", true) => catalogue::run(&root),
        ("check-alone", true) => alone::run(&root),
        ("help" | "--help" | "-h", true) => {
            println!("{USAGE}");
            return ExitCode::SUCCESS;
        }
        _ => {
            eprintln!("{USAGE}");
            return ExitCode::from(2);
        }
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("error: {message}");
            ExitCode::FAILURE
        }
    }
}

/// The workspace's root: the parent of this package's own directory.
fn workspace_root() -> PathBuf {
    let mut root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    root.pop();
    root
}
