//! One source of settings, and how sources are laid over each other.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use camino::{Utf8Path, Utf8PathBuf};
use videogen_picture::CommandLine;
use videogen_text::is_address;
use videogen_types::MusicChoice;

use super::key::{KEYS, Key, Kind, Wrong};
use super::paths::PathBase;

/// What one source says: name of the setting to value.
pub(crate) type Layer = BTreeMap<&'static str, Given>;

/// A value and where it comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Given {
    /// The value, checked; paths are absolute.
    pub(crate) value: Value,
    /// Where it comes from.
    pub(crate) origin: Origin,
}

/// A value as text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Value {
    /// A single value.
    One(String),
    /// A list.
    Many(Vec<String>),
}

/// Where a value comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Origin {
    /// Nothing was set.
    Default,
    /// The configuration file.
    File {
        /// The file.
        path: Utf8PathBuf,
        /// The line, counted from 1.
        line: usize,
    },
    /// An environment variable.
    Environment(String),
    /// A flag of the command line.
    Flag(&'static str),
    /// A line of a batch file.
    Line {
        /// The file, as it was named.
        file: Arc<str>,
        /// The line, counted from 1.
        line: usize,
    },
    /// The answer to a question.
    Answer,
    /// A server that answered on its usual port of this machine, or files where people keep them.
    Found,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::File { path, line } => write!(f, "file {path}, line {line}"),
            Self::Environment(name) => write!(f, "environment {name}"),
            Self::Flag(name) => write!(f, "flag {name}"),
            Self::Line { file, line } => write!(f, "{file}:{line}"),
            Self::Answer => f.write_str("answer"),
            Self::Found => f.write_str("found"),
        }
    }
}

/// Checks a value of `key` and makes its paths absolute, which begin at `base`.
pub(crate) fn given(
    key: &Key,
    value: Value,
    base: PathBase<'_>,
    origin: Origin,
) -> Result<Given, Wrong> {
    let absolute = |text: &str| base.resolve(text).map(Utf8PathBuf::into_string);
    let value = match (key.kind, value) {
        (Kind::List, Value::One(text)) => Value::Many(parts(&text)),
        // Before it is told from the address of a server.
        (Kind::Music, Value::One(text)) if !is_address(&text) && text.contains("://") => {
            Value::One(absolute(&text)?)
        }
        (_, value) => value,
    };
    let texts = match &value {
        Value::One(text) => std::slice::from_ref(text),
        Value::Many(list) => list.as_slice(),
    };
    texts.iter().try_for_each(|text| key.check(text))?;
    if matches!(key.kind, Kind::Command) {
        CommandLine::of_words(texts.iter().cloned())?;
    }
    let all = |list: &[String], each: &dyn Fn(&str) -> Result<String, Wrong>| {
        let each = list.iter().map(|text| each(text));
        each.collect::<Result<_, _>>().map(Value::Many)
    };
    let value = match (key.kind, value) {
        (Kind::Path, Value::One(path)) => Value::One(absolute(&path)?),
        // A bare name is looked for on PATH.
        (Kind::Program, Value::One(path)) if Utf8Path::new(&path).components().count() > 1 => {
            Value::One(absolute(&path)?)
        }
        (Kind::Music, Value::One(text)) => match text.parse() {
            Ok(MusicChoice::Path(path)) => Value::One(absolute(path.as_str())?),
            _ => Value::One(text),
        },
        (Kind::Directories, Value::One(path)) => Value::Many(vec![absolute(&path)?]),
        (Kind::Directories, Value::Many(list)) => all(&list, &absolute)?,
        (Kind::Command, Value::Many(words)) => all(&words, &|word| base.word(word))?,
        (_, value) => value,
    };
    Ok(Given { value, origin })
}

/// The parts of a text between its commas; empty ones count for nothing.
fn parts(text: &str) -> Vec<String> {
    let parts = text.split(',').map(str::trim);
    let parts = parts.filter(|part| !part.is_empty());
    parts.map(str::to_owned).collect()
}

/// The layer at the bottom.
pub(crate) fn defaults(base: PathBase<'_>) -> Layer {
    KEYS.iter()
        .filter_map(|key| {
            let value = Value::One(key.default?.to_owned());
            let given = given(key, value, base, Origin::Default)
                .expect("defaults are valid, as a test shows");
            Some((key.name, given))
        })
        .collect()
}

/// Lays the later over the earlier, setting by setting.
pub(crate) fn merge(layers: impl IntoIterator<Item = Layer>) -> Layer {
    layers.into_iter().flatten().collect()
}
