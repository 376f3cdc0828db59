//! Finds a program file.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

/// Finds the program `name` in the directories of `path_var`, a value in the format of the `PATH` variable. It is not
/// read from the environment here.
///
/// A `name` with a directory in it (`/opt/bin/tool`, `./tool`) is not looked up: it is checked and returned as it is.
/// Only a regular file this process may execute counts. On Windows `.exe` is added where it is missing. Empty entries
/// of `path_var`, which would mean the current directory, are passed over.
///
/// The answer may be out of date by the time it is used: starting the program still can fail.
pub fn locate(name: &str, path_var: Option<&OsStr>) -> Option<PathBuf> {
    if name.is_empty() {
        return None;
    }
    let suffix = std::env::consts::EXE_SUFFIX;
    let file = if name.to_ascii_lowercase().ends_with(suffix) {
        name.to_owned()
    } else {
        format!("{name}{suffix}")
    };
    if name.contains(std::path::is_separator) {
        return Some(PathBuf::from(file)).filter(|path| runnable(path));
    }
    std::env::split_paths(path_var?)
        .filter(|dir| !dir.as_os_str().is_empty())
        .map(|dir| dir.join(&file))
        .find(|path| runnable(path))
}

fn runnable(path: &Path) -> bool {
    path.is_file() && crate::platform::executable(path)
}
