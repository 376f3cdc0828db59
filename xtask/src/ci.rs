//! `cargo xtask ci`: every check and every test.

use std::path::Path;

use crate::steps::{self, Action, Step};
use crate::{catalogue, house, layers, modules};

/// Runs every step in `root`. `test_arguments` go to the test run as they are.
///
/// # Errors
/// The name of the first step that failed, and how.
pub(crate) fn run(root: &Path, test_arguments: &[String]) -> Result<(), String> {
    let nextest = steps::has_nextest(root);
    steps::run(root, all(nextest, test_arguments))
}

/// The steps, cheap ones first. Everything is built before the tests run because the end-to-end
/// tests run `videogen` as users get it, which Cargo does not build for another package's tests.
fn all(nextest: bool, test_arguments: &[String]) -> Vec<Step<'_>> {
    let cargo = |name, arguments: &[&'static str]| Step {
        name,
        action: Action::Cargo(arguments.to_vec(), &[]),
    };
    let check = |name, check| Step {
        name,
        action: Action::Check(check),
    };
    let mut test = if nextest {
        vec![
            "nextest",
            "run",
            "--workspace",
            "--locked",
            "--profile",
            "ci",
        ]
    } else {
        // Libraries, binaries, tests and examples; doctests are their own step.
        vec!["test", "--workspace", "--locked", "--all-targets"]
    };
    test.extend(test_arguments.iter().map(String::as_str));
    vec![
        cargo("format", &["fmt", "--all", "--check"]),
        check("layers", layers::run),
        check("modules", modules::run),
        check("house", house::run),
        check("catalogue", catalogue::run),
        cargo(
            "clippy",
            &[
                "clippy",
                "--workspace",
                "--all-targets",
                "--locked",
                "--",
                "-D",
                "warnings",
            ],
        ),
        Step {
            name: "documentation",
            action: Action::Cargo(
                vec!["doc", "--workspace", "--no-deps", "--locked"],
                &[("RUSTDOCFLAGS", "-D warnings")],
            ),
        },
        // With the tests, so that both have the same features and everything is compiled once.
        cargo(
            "build",
            &[
                "build",
                "--workspace",
                "--bins",
                "--tests",
                "--examples",
                "--locked",
            ],
        ),
        // Before the tests: a minute tells what would else be heard ten minutes later, and all of
        // it at once.
        cargo(
            "doctests",
            &["test", "--doc", "--workspace", "--locked", "--no-fail-fast"],
        ),
        Step {
            name: "tests",
            action: Action::Cargo(test, &[]),
        },
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arguments<'a>(steps: &'a [Step<'a>], name: &str) -> &'a [&'a str] {
        let step = steps.iter().find(|step| step.name == name).unwrap();
        match &step.action {
            Action::Cargo(arguments, _) => arguments,
            Action::Check(_) => panic!("{name} is no Cargo command"),
        }
    }

    #[test]
    fn every_cargo_step_that_resolves_is_locked() {
        for nextest in [true, false] {
            for step in all(nextest, &[]) {
                if let Action::Cargo(arguments, _) = &step.action
                    && arguments[0] != "fmt"
                {
                    assert!(arguments.contains(&"--locked"), "{}", step.name);
                }
            }
        }
    }

    #[test]
    fn binaries_are_built_before_the_tests_that_run_them() {
        let steps = all(true, &[]);
        let position = |name| steps.iter().position(|step| step.name == name).unwrap();
        assert!(position("build") < position("tests"));
    }

    #[test]
    fn test_arguments_reach_only_the_test_run() {
        let extra = ["captions".to_owned()];
        for nextest in [true, false] {
            let steps = all(nextest, &extra);
            for step in &steps {
                if let Action::Cargo(arguments, _) = &step.action {
                    assert_eq!(arguments.contains(&"captions"), step.name == "tests");
                }
            }
        }
    }

    #[test]
    fn without_nextest_the_tests_still_run() {
        assert_eq!(arguments(&all(true, &[]), "tests")[0], "nextest");
        assert_eq!(arguments(&all(false, &[]), "tests")[0], "test");
    }
}
