//! Finds the ffmpeg and ffprobe binaries that belong together.

use std::env::consts::EXE_SUFFIX;
use std::ffi::OsStr;
use std::path::PathBuf;

use camino::{Utf8Path, Utf8PathBuf};

use crate::Error;

/// Finds ffmpeg and its ffprobe as absolute paths.
///
/// `explicit` is the ffmpeg binary or the folder it is in, and is then the only place looked at for ffmpeg. ffprobe
/// is taken from beside ffmpeg, so that both are of one build, and from `path_var` only if there is none.
///
/// # Errors
/// [`Error::FfmpegMissing`] names the program and the place.
pub(crate) fn locate(
    explicit: Option<&Utf8Path>,
    path_var: Option<&OsStr>,
) -> Result<(Utf8PathBuf, Utf8PathBuf), Error> {
    let ffmpeg = match explicit {
        Some(path) => {
            let file = if path.is_dir() {
                path.join(binary("ffmpeg"))
            } else {
                path.to_owned()
            };
            executable(&file).ok_or_else(|| missing("ffmpeg", format!("at {file}")))?
        }
        None => on_path("ffmpeg", path_var)?,
    };
    let sibling = executable(&ffmpeg.with_file_name(binary("ffprobe")));
    let ffprobe = match sibling {
        Some(path) => path,
        None => on_path("ffprobe", path_var)?,
    };
    Ok((ffmpeg, ffprobe))
}

/// The file name of a program on this platform.
fn binary(name: &str) -> String {
    format!("{name}{EXE_SUFFIX}")
}

/// `file` as an absolute path, if it is something that can be started.
fn executable(file: &Utf8Path) -> Option<Utf8PathBuf> {
    // A name without a folder would be looked up on PATH; an explicit path means this very file.
    let file = std::path::absolute(file).ok()?;
    let file = videogen_process::locate(file.to_str()?, None)?;
    Utf8PathBuf::from_path_buf(file).ok()
}

/// The first match in the folders of a PATH value.
fn on_path(program: &'static str, path_var: Option<&OsStr>) -> Result<Utf8PathBuf, Error> {
    videogen_process::locate(program, path_var)
        .and_then(|path: PathBuf| std::path::absolute(path).ok())
        .and_then(|path| Utf8PathBuf::from_path_buf(path).ok())
        .ok_or_else(|| missing(program, "in the folders of PATH".to_owned()))
}

/// The error for a program that is not there.
fn missing(program: &'static str, searched: String) -> Error {
    Error::FfmpegMissing { program, searched }
}

#[cfg(all(test, unix))]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    /// A folder with executable files of these names.
    fn folder(names: &[&str]) -> camino_tempfile::Utf8TempDir {
        let dir = camino_tempfile::tempdir().expect("a temporary folder");
        for name in names {
            let file = dir.path().join(name);
            fs::write(&file, "#!/bin/sh\n").expect("it can be written");
            fs::set_permissions(&file, fs::Permissions::from_mode(0o755)).expect("it is ours");
        }
        dir
    }

    #[test]
    fn ffprobe_comes_from_beside_ffmpeg() {
        let both = folder(&["ffmpeg", "ffprobe"]);
        let other = folder(&["ffprobe"]);
        let path = std::env::join_paths([other.path(), both.path()]).unwrap();
        let (ffmpeg, ffprobe) = locate(None, Some(&path)).unwrap();
        assert_eq!(ffmpeg, both.path().join("ffmpeg"));
        assert_eq!(ffprobe, both.path().join("ffprobe"));
    }

    #[test]
    fn ffprobe_falls_back_to_path_and_explicit_may_be_file_or_folder() {
        let one = folder(&["ffmpeg"]);
        let other = folder(&["ffprobe"]);
        let path = other.path().as_os_str();
        for explicit in [one.path().to_owned(), one.path().join("ffmpeg")] {
            let (ffmpeg, ffprobe) = locate(Some(&explicit), Some(path)).unwrap();
            assert_eq!(ffmpeg, one.path().join("ffmpeg"));
            assert_eq!(ffprobe, other.path().join("ffprobe"));
        }
    }

    #[test]
    fn the_missing_program_is_named() {
        let one = folder(&["ffmpeg"]);
        let error = locate(None, Some(one.path().as_os_str())).unwrap_err();
        assert!(
            matches!(
                error,
                Error::FfmpegMissing {
                    program: "ffprobe",
                    ..
                }
            ),
            "{error}"
        );
        let error =
            locate(Some("/nowhere/ffmpeg".into()), Some(one.path().as_os_str())).unwrap_err();
        assert_eq!(error.to_string(), "ffmpeg was not found at /nowhere/ffmpeg");
    }

    #[test]
    fn a_file_that_is_not_executable_is_not_ffmpeg() {
        let dir = camino_tempfile::tempdir().unwrap();
        fs::write(dir.path().join("ffmpeg"), "text").unwrap();
        assert!(locate(Some(&dir.path().join("ffmpeg")), None).is_err());
    }
}
