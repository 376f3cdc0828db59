//! The workspace's source files, searched for the modules and tests that the catalogue names.

use std::fs;
use std::path::Path;

/// Folders that hold packages, and files a row may name by their path.
const ROOTS: &[&str] = &["crates", "tests", "examples", "xtask", "scripts"];

/// Path from the workspace's root (with `/`) and text of every file below [`ROOTS`]. Only Rust
/// files have their text kept.
pub(super) struct Sources {
    files: Vec<(String, String)>,
}

impl Sources {
    pub(super) fn read(root: &Path) -> Result<Self, String> {
        let mut files = Vec::new();
        for folder in ROOTS {
            read_folder(&root.join(folder), folder, &mut files)?;
        }
        Ok(Self { files })
    }

    #[cfg(test)]
    pub(super) fn from_files<const N: usize>(files: [(&str, &str); N]) -> Self {
        Self {
            files: files
                .map(|(path, text)| (path.to_owned(), text.to_owned()))
                .to_vec(),
        }
    }

    /// Looks for a module written as `crate-name`, `crate-name::module::inner` or a file's path.
    pub(super) fn find_module(&self, name: &str) -> Result<(), String> {
        let found = if name.contains('/') {
            let folder = format!("{}/", name.trim_end_matches('/'));
            self.files
                .iter()
                .any(|(path, _)| path == name || path.starts_with(&folder))
        } else {
            let (package, modules) = split(name);
            self.files_of(&package)
                .any(|file| modules.iter().all(|module| file.has_module(module)))
        };
        if found {
            Ok(())
        } else {
            Err(format!("there is no module `{name}`"))
        }
    }

    /// Looks for a test written as `crate::path::test_name` (for a test of a crate's `tests` folder
    /// the path is the file's name) or as `tests/it: test_name`.
    pub(super) fn find_test(&self, name: &str) -> Result<(), String> {
        let (package, modules, function) = if let Some((folder, function)) = name.split_once(':')
            && !function.starts_with(':')
        {
            let package = folder.trim().rsplit('/').next().unwrap_or_default();
            (package.to_owned(), Vec::new(), function.trim())
        } else {
            let (package, mut modules) = split(name);
            let function = modules.pop().ok_or_else(|| {
                format!("`{name}` is not written as `crate::path::test` or `tests/it: test`")
            })?;
            (package, modules, function)
        };
        let mut reason = "no such function";
        for file in self.files_of(&package) {
            if !modules.iter().all(|module| file.has_module(module)) {
                continue;
            }
            match test_in(file.text, function) {
                Found::Test => return Ok(()),
                Found::Ignored => reason = "it is ignored",
                Found::Function => reason = "the function is no test",
                Found::Nothing => {}
            }
        }
        Err(format!("there is no test `{name}`: {reason}"))
    }

    /// The Rust files of one package, found by the name of its folder.
    fn files_of(&self, package: &str) -> impl Iterator<Item = File<'_>> {
        self.files.iter().filter_map(move |(path, text)| {
            let inside = ["crates/", "tests/", ""].iter().find_map(|folder| {
                path.strip_prefix(folder)?
                    .strip_prefix(package)?
                    .strip_prefix('/')
            })?;
            let inside = inside.strip_suffix(".rs")?;
            Some(File { inside, text })
        })
    }
}

/// A Rust file: its path inside the package without `.rs`, and its text.
struct File<'a> {
    inside: &'a str,
    text: &'a str,
}

impl File<'_> {
    /// Whether a module of this name is part of the file's path, or opened or declared in it.
    fn has_module(&self, name: &str) -> bool {
        self.inside.split('/').any(|part| part == name)
            || self.text.lines().any(|line| {
                let line = line.trim_start();
                let line = line.strip_prefix("pub ").unwrap_or(line);
                let line = line.strip_prefix("pub(crate) ").unwrap_or(line);
                line.strip_prefix("mod ")
                    .is_some_and(|rest| rest.trim_end_matches([' ', '{', ';']) == name)
            })
    }
}

/// Package (in the spelling of its folder) and the rest of a path with `::`.
fn split(name: &str) -> (String, Vec<&str>) {
    let mut parts = name.split("::");
    let package = parts.next().unwrap_or_default().replace('_', "-");
    (package, parts.collect())
}

enum Found {
    Test,
    Ignored,
    Function,
    Nothing,
}

/// Looks for `fn name` with a test attribute above it.
fn test_in(text: &str, name: &str) -> Found {
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    let mut best = Found::Nothing;
    for (index, line) in lines.iter().enumerate() {
        if !defines(line, name) {
            continue;
        }
        // Attributes and comments stand directly above the function.
        let above = || {
            lines[..index]
                .iter()
                .rev()
                .take_while(|line| line.starts_with("#[") || line.starts_with("//"))
        };
        let test = above().any(|line| {
            line.strip_prefix("#[").is_some_and(|attribute| {
                let path = attribute.split(['(', ']']).next().unwrap_or_default();
                path == "test" || path.ends_with("::test")
            })
        });
        let ignored = above().any(|line| line.starts_with("#[ignore"));
        match (test, ignored) {
            (true, false) => return Found::Test,
            (true, true) => best = Found::Ignored,
            (false, _) => best = Found::Function,
        }
    }
    best
}

/// Whether a line begins the definition of the function `name`.
fn defines(line: &str, name: &str) -> bool {
    let line = line.strip_prefix("pub ").unwrap_or(line);
    let line = line.strip_prefix("async ").unwrap_or(line);
    line.strip_prefix("fn ")
        .and_then(|rest| rest.strip_prefix(name))
        .is_some_and(|rest| rest.starts_with(['(', '<']))
}

fn read_folder(folder: &Path, name: &str, files: &mut Vec<(String, String)>) -> Result<(), String> {
    let failed = |error| format!("failed to read {}: {error}", folder.display());
    for entry in fs::read_dir(folder).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let path = entry.path();
        let name = format!("{name}/{}", entry.file_name().to_string_lossy());
        // A link (the licence files) leads out of the tree.
        let kind = entry.file_type().map_err(failed)?;
        if kind.is_dir() {
            read_folder(&path, &name, files)?;
        } else if kind.is_file() {
            let text = if path.extension().is_some_and(|extension| extension == "rs") {
                fs::read_to_string(&path)
                    .map_err(|error| format!("failed to read {}: {error}", path.display()))?
            } else {
                String::new()
            };
            files.push((name, text));
        }
    }
    Ok(())
}
