//! Reads the file of a script. All else of this folder is pure.

use std::io::Read;

use camino::Utf8Path;
use videogen_durable::{FileKind, NotAFile, ReadTimeouts, open_named};

use super::encoding::{DecodedScript, decode_script};
use super::fault::{ScriptFileError, ScriptFlaw};
use super::limits::MAX_SCRIPT_BYTES;

/// Reads a script file of at most [`MAX_SCRIPT_BYTES`], or a pipe that was named, as shells make them of `<(…)`. Blocks, for a
/// pipe as long as [`ReadTimeouts::ORDINARY`] says.
///
/// # Errors
/// [`ScriptFileError`]: it is not there, no file, too large, or no text, as [`decode_script`] says.
pub fn load_script(path: &Utf8Path) -> Result<DecodedScript, ScriptFileError> {
    let origin = path.as_str();
    let bad = |reason: String| ScriptFileError::new(origin, ScriptFlaw::Unreadable, reason);
    let failed = |error: std::io::Error| match error.kind() {
        std::io::ErrorKind::NotFound => bad("it does not exist".to_owned()),
        _ => match NotAFile::in_error(&error) {
            Some(FileKind::Directory) => bad("it is a directory".to_owned()),
            Some(kind) => bad(format!(
                "it is {kind} and not a regular file (use `-` for standard input)"
            )),
            None => bad(error.to_string()),
        },
    };
    let mut bytes = Vec::new();
    open_named(path, ReadTimeouts::ORDINARY)
        .and_then(|file| file.take(MAX_SCRIPT_BYTES + 1).read_to_end(&mut bytes))
        .map_err(failed)?;
    decode_script(&bytes, origin)
}
