//! The files of a finished video by their names, and how they take the place of an earlier one's.

use std::fs;
use std::io;

use camino::{Utf8Path, Utf8PathBuf};
use serde::{Deserialize, Serialize};
use videogen_durable::{RealEffects, default_mode, open_regular, publish_mode};

use crate::Error;
use crate::scratch::failed;

/// Where the files of a finished video are.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Delivered {
    /// The MP4.
    pub path: Utf8PathBuf,
    /// Its manifest.
    pub manifest: Utf8PathBuf,
    /// Its length in seconds.
    pub duration: f64,
}

/// The files of a video, by extension, in the order they get their names. The MP4 comes last: when it is there, the
/// others are.
pub(crate) const EXTENSIONS: [&str; 5] = ["srt", "jpg", "credits.txt", "json", "mp4"];

/// `wanted`, or `wanted-2`, `wanted-3` … if a video of that name is in `directory`.
pub(crate) fn free_name(directory: &Utf8Path, wanted: &str) -> String {
    videogen_durable::free_name(directory, wanted, &EXTENSIONS)
}

/// Lets the video that was just published take the place of an earlier one, whose manifest is `earlier`.
///
/// The manifest is the last to be replaced: whoever is interrupted here finds the earlier one, which says what could be
/// better. Doing it again finishes what was begun.
///
/// # Errors
/// A file that cannot be read, written or named. Nothing is lost: each file is under one of the two names.
pub(crate) fn replace(earlier: &Utf8Path, made: &Delivered) -> Result<Delivered, Error> {
    // The earlier one was removed meanwhile, and its name was free.
    if made.manifest == earlier {
        return Ok(made.clone());
    }
    let manifest = renamed_manifest(&made.manifest, earlier)?;
    let path = earlier.with_extension("mp4");
    for extension in ["mp4", "srt", "jpg", "credits.txt"] {
        let (from, to) = (
            made.manifest.with_extension(extension),
            earlier.with_extension(extension),
        );
        match fs::rename(&from, &to) {
            // Done before, by a process that ended in the middle of this.
            Err(error) if error.kind() == io::ErrorKind::NotFound && to.is_file() => {}
            moved => moved.map_err(|e| failed("replacing", &to, e))?,
        }
    }
    videogen_durable::write_atomically(&RealEffects, earlier, manifest.as_bytes())
        .map_err(|error| failed("replacing", earlier, error.source))?;
    if let Ok(file) = open_regular(earlier) {
        let mode = earlier.parent().map(default_mode).and_then(Result::ok);
        publish_mode(&file, mode.flatten());
    }
    fs::remove_file(&made.manifest).map_err(|e| failed("removing", &made.manifest, e))?;
    Ok(Delivered {
        path,
        manifest: earlier.to_owned(),
        duration: made.duration,
    })
}

/// The manifest at `from` with the names of files that it has beside `to`.
fn renamed_manifest(from: &Utf8Path, to: &Utf8Path) -> Result<String, Error> {
    let text = fs::read_to_string(from).map_err(|e| failed("reading", from, e))?;
    let mut manifest: serde_json::Value = serde_json::from_str(&text)
        .map_err(|error| failed("reading", from, io::Error::other(error)))?;
    let (old, new) = (
        from.file_stem().unwrap_or_default(),
        to.file_stem().unwrap_or_default(),
    );
    if let Some(files) = manifest["files"].as_object_mut() {
        *files = std::mem::take(files)
            .into_iter()
            .map(|(name, entry)| match name.strip_prefix(old) {
                Some(extension) => (format!("{new}{extension}"), entry),
                None => (name, entry),
            })
            .collect();
    }
    let mut text = serde_json::to_string_pretty(&manifest)
        .map_err(|error| failed("writing", to, io::Error::other(error)))?;
    text.push('\n');
    Ok(text)
}
