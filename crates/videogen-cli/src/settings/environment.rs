//! The environment as a source of settings.

use videogen_text::nearest;

use super::Environment;
use super::key::{KEYS, Key, Kind, Wrong, command, flag, parse_flag};
use super::layer::{Layer, Origin, Value, given};
use crate::render_error::Failure;

/// Older names, read when the canonical one is not set.
const OLDER: &[(&str, &str)] = &[
    ("output_dir", "VIDEO_DIR"),
    ("llm_url", "QWEN_URL"),
    ("llm_fallbacks", "QWEN_FALLBACK_URLS"),
    ("llm_fallbacks", "QWEN_FALLBACKS"),
    ("comfyui_url", "COMFYUI_URL"),
    ("comfyui_fallbacks", "COMFYUI_FALLBACK_URLS"),
    ("comfyui_fallbacks", "COMFYUI_FALLBACKS"),
    ("auto_quality_downgrade", "AUTO_QUALITY_DOWNGRADE"),
    ("free_vram_after_gen", "FREE_VRAM_AFTER_GEN"),
    ("max_vram_mb", "MAX_VRAM_MB"),
    ("download_retries", "DOWNLOAD_MAX_RETRIES"),
    ("download_timeout", "DOWNLOAD_TIMEOUT"),
    ("cdn_fallback", "ENABLE_CDN_FALLBACK"),
];

/// Older switches of what is always done, with what that is.
const ALWAYS: [(&str, &str); 2] = [
    (
        "ENABLE_PROGRESS_RESUME",
        "what is made is always kept, so that a batch can be resumed",
    ),
    (
        "EMERGENCY_CLEANUP_ON_EXIT",
        "what a run leaves behind is always cleaned up, however it ends",
    ),
];

/// What should be known of switches that change nothing and are set to no.
///
/// # Errors
/// One of them is neither yes nor no.
pub(super) fn always_on(around: &Environment) -> Result<Vec<String>, Failure> {
    let mut warnings = Vec::new();
    for (name, what) in ALWAYS {
        let Some(text) = around.variable(name)? else {
            continue;
        };
        flag(text).map_err(|wrong| named(wrong, name))?;
        if parse_flag(text) == Some(false) {
            warnings.push(format!(
                "the environment variable {name} changes nothing: {what}"
            ));
        }
    }
    Ok(warnings)
}

/// What is wrong with a variable, with its name.
pub(super) fn named(wrong: Wrong, name: &str) -> Failure {
    let failure = Failure {
        code: wrong.code,
        ..Failure::config(format!("{} (environment variable {name})", wrong.message))
    };
    let other = || format!("set {name} to something else, or unset it");
    failure.hint(wrong.hint.unwrap_or_else(other))
}

/// What the names of this program's own variables begin with.
const OURS: &str = "VIDEOGEN_";
/// Those that are no settings.
const OTHERS: [&str; 2] = ["VIDEOGEN_CONFIG", "VIDEOGEN_LOG"];
/// What is no setting of a person: marks of child processes, and what tests are told.
const INNER: [&str; 2] = ["VIDEOGEN_CHILD_OF_", "VIDEOGEN_TEST_"];

/// Variables that look like settings and are none, in a sentence; `None` without any.
pub(crate) fn unknown(around: &Environment) -> Option<String> {
    let known: Vec<String> = KEYS.iter().map(Key::variable).collect();
    let known: Vec<&str> = known.iter().map(String::as_str).chain(OTHERS).collect();
    let names = around.variables.iter().filter_map(|(name, value)| {
        let name = name.to_str().filter(|_| !value.is_empty())?;
        let is_ours = name.starts_with(OURS) && !INNER.iter().any(|inner| name.starts_with(inner));
        (is_ours && !known.contains(&name)).then_some(name)
    });
    let mut names: Vec<&str> = names.collect();
    names.sort_unstable();
    let words = names
        .iter()
        .map(|name| match nearest(name, &known, 1).first() {
            Some(near) => format!("{name} (did you mean {near}?)"),
            None => (*name).to_owned(),
        });
    let words: Vec<String> = words.collect();
    let (subject, verb) = match words.len() {
        0 => return None,
        1 => ("the environment variable", "is not known and changes"),
        _ => ("the environment variables", "are not known and change"),
    };
    Some(format!("{subject} {} {verb} nothing", words.join(", ")))
}

/// What the environment says. Paths are relative to the current directory; a list is separated like `PATH`.
///
/// # Errors
/// A value is not allowed, with the name of its variable.
pub(crate) fn layer(around: &Environment) -> Result<Layer, Failure> {
    let mut layer = Layer::new();
    for key in KEYS {
        if let Some((name, text)) = lookup(around, key)? {
            let value = match key.kind {
                Kind::Directories => Ok(Value::Many(
                    std::env::split_paths(text)
                        .filter_map(|path| path.into_os_string().into_string().ok())
                        .filter(|path| !path.is_empty())
                        .collect(),
                )),
                Kind::Command => command(text).map(Value::Many),
                _ => Ok(Value::One(text.to_owned())),
            };
            let origin = Origin::Environment(name.clone());
            let value = value.and_then(|value| given(key, value, around.paths(), origin));
            layer.insert(key.name, value.map_err(|wrong| named(wrong, &name))?);
        }
    }
    Ok(layer)
}

fn lookup<'a>(around: &'a Environment, key: &Key) -> Result<Option<(String, &'a str)>, Failure> {
    let canonical = key.variable();
    if let Some(text) = around.variable(&canonical)? {
        return Ok(Some((canonical, text)));
    }
    for (_, older) in OLDER.iter().filter(|(name, _)| *name == key.name) {
        if let Some(text) = around.variable(older)? {
            return Ok(Some(((*older).to_owned(), text)));
        }
    }
    Ok(None)
}
