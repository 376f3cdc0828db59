//! `cargo xtask bench`: builds the benchmark program with optimisations, and what it measures, and runs it.

use std::path::Path;

use crate::command;

/// Passes `arguments` on; without any, the program lists what it can do.
///
/// # Errors
/// How the build or the run failed.
pub(crate) fn run(root: &Path, arguments: &[String]) -> Result<(), String> {
    let first = arguments.first().map(String::as_str);
    if matches!(first, Some("whole" | "start")) || arguments.iter().any(|a| a == "--whole") {
        // The program itself is measured, which lies beside the benchmark.
        let build = [
            "build",
            "--quiet",
            "--release",
            "--locked",
            "--package",
            "videogen-cli",
        ];
        command::run(&command::cargo(), &build, &[], root)?;
    }
    let arguments = invocation(arguments);
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    command::run(&command::cargo(), &arguments, &[], root)
}

/// The arguments of Cargo. `cargo run` hands over the terminal, Ctrl-C and the exit code.
fn invocation(arguments: &[String]) -> Vec<String> {
    let cargo = [
        "run",
        "--quiet",
        "--release",
        "--locked",
        "--package",
        "videogen-bench",
        "--",
    ];
    let help = arguments.is_empty().then(|| "--help".to_owned());
    cargo
        .map(String::from)
        .into_iter()
        .chain(arguments.iter().cloned())
        .chain(help)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_measured_is_built_with_optimisations() {
        let line = invocation(&["render".to_owned(), "--quick".to_owned()]);
        let own = line.iter().position(|word| word == "--").unwrap();
        assert!(line[..own].contains(&"--release".to_owned()));
        assert_eq!(line[own + 1..], ["render", "--quick"]);
    }

    #[test]
    fn without_arguments_the_list_is_printed() {
        assert_eq!(invocation(&[]).last().unwrap(), "--help");
    }
}
