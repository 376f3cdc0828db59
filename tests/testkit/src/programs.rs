//! Where the programs are: the ones built here, and the system's.

use camino::{Utf8Path, Utf8PathBuf};

/// The `videogen` program built beside the running test.
///
/// # Panics
/// When it has not been built: Cargo builds another package's program only when asked to.
pub fn videogen_bin() -> Utf8PathBuf {
    built_program("videogen")
}

/// A program of this workspace, in the directory of the profile that the running test was built
/// with (`target/debug/deps/test-0123` → `target/debug/NAME`).
///
/// # Panics
/// When it has not been built.
pub fn built_program(name: &str) -> Utf8PathBuf {
    let test = std::env::current_exe().expect("the running test has a path");
    let test = Utf8PathBuf::from_path_buf(test).expect("the target directory's path is UTF-8");
    let program = test
        .ancestors()
        .skip(1)
        // `deps` for tests, `examples` for examples.
        .find(|directory| !matches!(directory.file_name(), Some("deps" | "examples")))
        .expect("a program lies in a directory")
        .join(format!("{name}{}", std::env::consts::EXE_SUFFIX));
    assert!(
        program.is_file(),
        "{program} has not been built: run scripts/test.sh, or `cargo build --workspace --bins` first"
    );
    program
}

/// The first program of this name on this process's `PATH`.
pub fn find_program(name: &str) -> Option<Utf8PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path)
        .filter_map(|directory| Utf8PathBuf::from_path_buf(directory).ok())
        .map(|directory| directory.join(format!("{name}{}", std::env::consts::EXE_SUFFIX)))
        .find(|program| is_executable(program))
}

#[cfg(unix)]
fn is_executable(program: &Utf8Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    program
        .metadata()
        .is_ok_and(|data| data.is_file() && data.permissions().mode() & 0o111 != 0)
}

#[cfg(not(unix))]
fn is_executable(program: &Utf8Path) -> bool {
    program.is_file()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_systems_programs_are_found_on_path() {
        let program = find_program("ffmpeg").expect("ffmpeg is installed");
        assert!(program.is_file());
        assert_eq!(find_program("no-such-program-anywhere"), None);
    }

    #[test]
    #[should_panic(expected = "cargo build --workspace --bins")]
    fn a_program_that_was_not_built_is_told_with_the_remedy() {
        built_program("never-built");
    }
}
