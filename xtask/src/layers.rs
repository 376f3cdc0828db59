//! `cargo xtask check-layers`: which crate of ours may depend on which, read from Cargo's metadata.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::Value;

use crate::command;

/// Where a package stands. ARCHITECTURE.md says why.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Layer {
    /// What every part speaks or stands on: values, text, files, processes, requests. Knows other foundations only.
    Foundation,
    /// One concern, useful alone.
    Leaf,
    /// One stage of a video: it joins leaves, and is useful alone.
    Stage,
    /// Joins the stages to a video.
    Core,
    /// The binary.
    Cli,
    /// What tests share: knows none of the crates it serves.
    Testkit,
    /// Unpublished packages nothing depends on: end-to-end tests, examples, benchmarks, chores.
    Top,
}

/// Every package of the workspace and its layer. Crates of later issues stand here before they exist.
const LAYERS: &[(&str, Layer)] = &[
    ("videogen-types", Layer::Foundation),
    ("videogen-text", Layer::Foundation),
    ("videogen-process", Layer::Foundation),
    ("videogen-net", Layer::Foundation),
    ("videogen-durable", Layer::Foundation),
    ("videogen-cdn", Layer::Leaf),
    ("videogen-vram", Layer::Leaf),
    ("videogen-llm", Layer::Leaf),
    ("videogen-comfy", Layer::Leaf),
    ("videogen-tts", Layer::Leaf),
    ("videogen-media", Layer::Leaf),
    ("videogen-guard", Layer::Leaf),
    ("videogen-telemetry", Layer::Leaf),
    ("videogen-script", Layer::Stage),
    ("videogen-picture", Layer::Stage),
    ("videogen-music", Layer::Stage),
    ("videogen-core", Layer::Core),
    ("videogen-cli", Layer::Cli),
    ("testkit", Layer::Testkit),
    ("it", Layer::Top),
    ("examples", Layer::Top),
    ("videogen-bench", Layer::Top),
    ("xtask", Layer::Top),
];

/// When an edge counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Normal,
    Build,
    Dev,
}

impl Kind {
    fn word(self) -> &'static str {
        match self {
            Self::Normal => "dependency",
            Self::Build => "build-dependency",
            Self::Dev => "dev-dependency",
        }
    }
}

/// Why an edge between two layers is wrong; `None` if it is right.
fn objection(from: Layer, to: Layer, kind: Kind) -> Option<&'static str> {
    use Layer::{Cli, Core, Foundation, Leaf, Stage, Testkit, Top};
    match (from, to) {
        (_, Top) => {
            Some("end-to-end tests, examples, benchmarks and chores are not to be depended on")
        }
        (Top, _)
        | (Foundation | Leaf | Stage | Core | Cli, Foundation)
        | (Stage | Core | Cli, Leaf)
        | (Core | Cli, Stage)
        | (Cli, Core) => None,
        (Testkit, _) => Some(
            "the testkit serves the tests of every crate, so it knows none of them and its mocks \
             follow the real servers instead of our clients",
        ),
        (_, Testkit) if kind == Kind::Dev => None,
        (_, Testkit) => Some("the testkit is for tests: make it a dev-dependency"),
        (Foundation, _) => Some("a foundation stands on foundations only"),
        (Leaf, Leaf) => Some(
            "leaves never depend on each other: what both need is a foundation, what joins them \
             belongs in a stage or in videogen-core",
        ),
        (Stage, Stage) => Some(
            "stages never depend on each other: what one makes for another is a value of \
             videogen-types, and videogen-core hands it on",
        ),
        (Leaf, Stage | Core) | (Stage, Core) => {
            Some("it is useful alone; videogen-core knows it, not the other way round")
        }
        (Leaf | Stage | Core | Cli, Cli) | (Core, Core) => {
            Some("nothing depends on the binary, and no layer on itself")
        }
    }
}

/// Checks the workspace in `root`.
///
/// # Errors
/// One line for every wrong edge, with the reason.
pub(crate) fn run(root: &Path) -> Result<(), String> {
    let text = command::read(
        &command::cargo(),
        &["metadata", "--format-version", "1", "--no-deps", "--locked"],
        root,
    )?;
    let metadata = serde_json::from_slice(&text)
        .map_err(|error| format!("failed to read Cargo's metadata: {error}"))?;
    let edges = check(&metadata)?;
    println!("layers: {edges} edges between our packages, all allowed");
    Ok(())
}

/// Checks metadata as `cargo metadata --no-deps` prints it; gives the number of edges inside the
/// workspace.
fn check(metadata: &Value) -> Result<usize, String> {
    let packages = metadata["packages"]
        .as_array()
        .filter(|packages| !packages.is_empty())
        .ok_or("Cargo's metadata lists no packages")?;
    let ours: BTreeSet<&str> = packages
        .iter()
        .filter_map(|package| package["name"].as_str())
        .collect();
    let mut wrong = Vec::new();
    let mut edges = 0;
    for package in packages {
        let from = package["name"].as_str().unwrap_or_default();
        let Some(from_layer) = layer(from) else {
            wrong.push(format!(
                "{from}: has no layer; give it one in xtask/src/layers.rs"
            ));
            continue;
        };
        for dependency in package["dependencies"].as_array().into_iter().flatten() {
            // `name` is the package's own name even where the manifest renames it.
            let to = dependency["name"].as_str().unwrap_or_default();
            let Some(to_layer) = layer(to).filter(|_| is_ours(to, dependency, &ours)) else {
                continue;
            };
            edges += 1;
            let kind = match dependency["kind"].as_str() {
                Some("dev") => Kind::Dev,
                Some("build") => Kind::Build,
                _ => Kind::Normal,
            };
            if let Some(reason) = objection(from_layer, to_layer, kind) {
                wrong.push(format!("{from} → {to} ({}): {reason}", kind.word()));
            }
        }
    }
    if wrong.is_empty() {
        Ok(edges)
    } else {
        Err(format!(
            "{} wrong in the layers:\n  {}",
            wrong.len(),
            wrong.join("\n  ")
        ))
    }
}

fn layer(name: &str) -> Option<Layer> {
    LAYERS
        .iter()
        .find(|(package, _)| *package == name)
        .map(|(_, layer)| *layer)
}

/// A crate from the registry may share a short name like `it` with one of ours; one called
/// `videogen-…` is ours wherever it is taken from.
fn is_ours(name: &str, dependency: &Value, ours: &BTreeSet<&str>) -> bool {
    name.starts_with("videogen-") || (ours.contains(name) && dependency["path"].is_string())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// Metadata of a workspace with the given edges `(from, to, kind)`.
    fn workspace(edges: &[(&str, &str, Option<&str>)]) -> Value {
        let mut names: Vec<&str> = edges
            .iter()
            .flat_map(|(from, to, _)| [*from, *to])
            .collect();
        names.sort_unstable();
        names.dedup();
        let packages: Vec<Value> = names
            .iter()
            .map(|name| {
                let dependencies: Vec<Value> = edges
                    .iter()
                    .filter(|(from, _, _)| from == name)
                    .map(|(_, to, kind)| json!({"name": to, "kind": kind, "path": format!("/w/{to}")}))
                    .collect();
                json!({"name": name, "dependencies": dependencies})
            })
            .collect();
        json!({"packages": packages})
    }

    fn assert_refused(from: &str, to: &str, kind: Option<&str>, because: &str) {
        let message = check(&workspace(&[(from, to, kind)])).unwrap_err();
        assert!(message.contains(&format!("{from} → {to}")), "{message}");
        assert!(message.contains(because), "{message}");
    }

    #[test]
    fn the_intended_workspace_passes() {
        let edges = [
            ("videogen-tts", "videogen-process", None),
            ("videogen-tts", "videogen-net", None),
            ("videogen-media", "videogen-process", None),
            ("videogen-media", "testkit", Some("dev")),
            ("videogen-core", "videogen-media", None),
            ("videogen-core", "videogen-media", Some("dev")),
            ("videogen-core", "videogen-process", None),
            ("videogen-cli", "videogen-core", None),
            ("videogen-cli", "videogen-types", None),
            ("videogen-types", "videogen-text", None),
            ("videogen-picture", "videogen-comfy", None),
            ("videogen-core", "videogen-picture", None),
            ("it", "testkit", None),
            ("examples", "videogen-comfy", None),
        ];
        assert_eq!(check(&workspace(&edges)), Ok(edges.len()));
    }

    #[test]
    fn leaves_are_strangers_whatever_the_kind() {
        for kind in [None, Some("dev"), Some("build")] {
            assert_refused("videogen-tts", "videogen-cdn", kind, "leaves never");
        }
    }

    #[test]
    fn stages_are_strangers_too() {
        assert_refused("videogen-music", "videogen-picture", None, "stages never");
        assert_refused("videogen-media", "videogen-music", None, "useful alone");
        assert_refused("videogen-picture", "videogen-core", None, "useful alone");
    }

    #[test]
    fn foundations_stand_on_foundations() {
        assert_refused("videogen-net", "videogen-tts", None, "foundation");
        assert_refused(
            "videogen-process",
            "videogen-media",
            Some("dev"),
            "foundation",
        );
    }

    #[test]
    fn nothing_looks_up() {
        assert_refused("videogen-comfy", "videogen-core", None, "useful alone");
        assert_refused("videogen-core", "videogen-cli", None, "binary");
        assert_refused("videogen-core", "it", Some("dev"), "end-to-end");
    }

    #[test]
    fn the_testkit_knows_nobody_and_serves_tests_only() {
        assert_refused("testkit", "videogen-process", None, "knows none");
        assert_refused("testkit", "videogen-comfy", Some("dev"), "knows none");
        assert_refused("videogen-comfy", "testkit", None, "dev-dependency");
    }

    #[test]
    fn a_crate_of_ours_taken_from_the_registry_counts_too() {
        let metadata = json!({"packages": [{
            "name": "videogen-tts",
            "dependencies": [{"name": "videogen-media", "kind": null, "path": null}],
        }]});
        assert!(check(&metadata).is_err());
    }

    #[test]
    fn a_stranger_with_a_short_name_of_ours_does_not_count() {
        let metadata = json!({"packages": [{
            "name": "videogen-process",
            "dependencies": [{"name": "it", "kind": null, "path": null}],
        }]});
        assert_eq!(check(&metadata), Ok(0));
    }

    #[test]
    fn every_wrong_edge_is_named() {
        let message = check(&workspace(&[
            ("videogen-tts", "videogen-media", None),
            ("videogen-tts", "videogen-cli", None),
        ]))
        .unwrap_err();
        assert!(message.starts_with("2 wrong"), "{message}");
        assert!(
            message.contains("videogen-tts → videogen-media (dependency)"),
            "{message}"
        );
        assert!(
            message.contains("videogen-tts → videogen-cli (dependency)"),
            "{message}"
        );
    }

    #[test]
    fn a_package_without_a_layer_is_refused() {
        let message = check(&json!({"packages": [{"name": "videogen-new"}]})).unwrap_err();
        assert!(message.contains("videogen-new: has no layer"), "{message}");
    }

    #[test]
    fn metadata_without_packages_is_an_error() {
        assert!(check(&json!({})).is_err());
        assert!(check(&json!({"packages": []})).is_err());
    }
}
