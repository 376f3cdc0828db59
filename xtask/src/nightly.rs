//! `cargo xtask nightly`: what takes too long for every change. Faults in number, whole batches, measurements with bounds:
//! the tests that are ignored otherwise.

use std::path::Path;

use crate::alone;
use crate::steps::{self, Action, Step};

/// Runs the ignored tests in `root`. `test_arguments` go to the test run as they are.
///
/// # Errors
/// The name of the first step that failed, and how.
pub(crate) fn run(root: &Path, test_arguments: &[String]) -> Result<(), String> {
    let nextest = steps::has_nextest(root);
    steps::run(root, all(nextest, test_arguments))
}

fn all(nextest: bool, test_arguments: &[String]) -> Vec<Step<'_>> {
    let build = vec!["build", "--workspace", "--bins", "--tests", "--locked"];
    let mut test = if nextest {
        vec![
            "nextest",
            "run",
            "--workspace",
            "--locked",
            "--profile",
            "nightly",
            "--run-ignored",
            "only",
        ]
    } else {
        vec!["test", "--workspace", "--locked", "--tests"]
    };
    test.extend(test_arguments.iter().map(String::as_str));
    if !nextest {
        test.extend(["--", "--ignored"]);
    }
    vec![
        Step {
            name: "crates alone",
            action: Action::Check(alone::run),
        },
        Step {
            name: "build",
            action: Action::Cargo(build, &[]),
        },
        Step {
            name: "nightly tests",
            action: Action::Cargo(test, &[]),
        },
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_ignored_tests_run_and_arguments_reach_them() {
        let extra = ["signals".to_owned()];
        for (nextest, only) in [(true, "--run-ignored"), (false, "--ignored")] {
            let steps = all(nextest, &extra);
            let Action::Cargo(test, _) = &steps.last().unwrap().action else {
                panic!("the tests are run by Cargo");
            };
            assert!(
                test.contains(&only) && test.contains(&"signals"),
                "{test:?}"
            );
        }
    }
}
