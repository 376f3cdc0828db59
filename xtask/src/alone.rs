//! `cargo xtask check-alone`: every crate compiles by itself without features, and what is promised to those who take only one
//! is true of a program outside the workspace: it builds, and with nothing that it did not ask for.

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::command;

/// A program outside the workspace that depends on one crate of ours.
struct Consumer {
    on: &'static str,
    main: &'static str,
    /// Packages that must not come with it.
    without: &'static [&'static str],
}

const HEAVY: &[&str] = &[
    "videogen-core",
    "videogen-media",
    "videogen-vram",
    "nvml-wrapper",
];

const CONSUMERS: &[Consumer] = &[
    Consumer {
        on: "videogen-picture",
        main: r#"
use videogen_picture::{Painter, BuiltinPainter};

fn main() {
    let painter: Box<dyn Painter> = Box::new(BuiltinPainter);
    println!("{}", painter.id());
}
"#,
        without: &["videogen-net", "videogen-process", "reqwest"],
    },
    Consumer {
        on: "videogen-durable",
        main: r#"
fn main() {
    let key = videogen_durable::KeyBuilder::new("thumbnail", 1).text("picture", "sea.png").finish();
    println!("{key}");
}
"#,
        without: &["videogen-net", "reqwest", "tokio"],
    },
    Consumer {
        on: "videogen-script",
        main: r#"
fn main() {
    println!("{}", videogen_script::words_for(20.0, None, 2.4));
}
"#,
        without: &["videogen-picture", "videogen-tts", "videogen-process"],
    },
];

/// Checks the workspace at `root`. Builds under `target/alone`.
///
/// # Errors
/// What does not compile, or brings what it should not.
pub(crate) fn run(root: &Path) -> Result<(), String> {
    let cargo = command::cargo();
    for name in published(root)? {
        let check = ["check", "--locked", "-p", &name, "--no-default-features"];
        command::run(&cargo, &check, &[], root)
            .map_err(|error| format!("{name} does not compile without features: {error}"))?;
    }
    for consumer in CONSUMERS {
        let of = |error: String| format!("a program that depends on {}: {error}", consumer.on);
        let directory = root.join("target/alone").join(consumer.on);
        consumer.write(root, &directory).map_err(of)?;
        command::run(&cargo, &["check"], &[], &directory).map_err(of)?;
        let tree = ["tree", "--edges", "normal,build", "--prefix", "none"];
        let tree = command::read(&cargo, &tree, &directory).map_err(of)?;
        consumer
            .objection(&String::from_utf8_lossy(&tree))
            .map_err(of)?;
    }
    println!(
        "every crate compiles alone; {} outside programs build",
        CONSUMERS.len()
    );
    Ok(())
}

/// Returns the names of the packages that are published.
fn published(root: &Path) -> Result<Vec<String>, String> {
    let arguments = ["metadata", "--format-version", "1", "--no-deps", "--locked"];
    let metadata = command::read(&command::cargo(), &arguments, root)?;
    let metadata: Value = serde_json::from_slice(&metadata).map_err(|error| error.to_string())?;
    let packages = metadata["packages"].as_array().into_iter().flatten();
    Ok(packages
        .filter(|package| package["publish"].is_null())
        .filter_map(|package| package["name"].as_str().map(str::to_owned))
        .collect())
}

impl Consumer {
    /// Writes the program to `directory`, with the lock file of the workspace, so that it is built from what we are.
    fn write(&self, root: &Path, directory: &Path) -> Result<(), String> {
        let path = root.join("crates").join(self.on);
        let manifest = format!(
            "[package]\nname = \"consumer\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n[workspace]\n\n[dependencies]\n\
             {} = {{ path = {:?} }}\n",
            self.on,
            path.display().to_string()
        );
        let written = fs::create_dir_all(directory.join("src"))
            .and_then(|()| fs::write(directory.join("Cargo.toml"), manifest))
            .and_then(|()| fs::write(directory.join("src/main.rs"), self.main))
            .and_then(|()| fs::copy(root.join("Cargo.lock"), directory.join("Cargo.lock")));
        written
            .map(drop)
            .map_err(|error| format!("{}: {error}", directory.display()))
    }

    /// Objects to packages of `tree`, one a line, that must not come with the crate.
    fn objection(&self, tree: &str) -> Result<(), String> {
        let brought = |name: &&&str| {
            let named = |line: &str| line.split(' ').next() == Some(**name);
            tree.lines().any(named)
        };
        match HEAVY.iter().chain(self.without).find(brought) {
            Some(name) => Err(format!("{name} comes with it")),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_package_that_must_not_come_is_found_by_its_whole_name() {
        let durable = &CONSUMERS[1];
        assert_eq!(durable.on, "videogen-durable");
        let tree = "consumer v0.0.0\nvideogen-durable v0.1.0 (/x)\ntokio-util v0.7.1\n";
        assert_eq!(durable.objection(tree), Ok(()));
        let tree = format!("{tree}nvml-wrapper v0.11.0\n");
        let message = durable.objection(&tree).expect_err("a driver of a card");
        assert_eq!(message, "nvml-wrapper comes with it");
    }
}
