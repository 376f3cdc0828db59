//! The configuration file as a source of settings.

use std::io::Read;
use std::ops::Range;

use camino::Utf8Path;
use toml::Spanned;
use toml::de::{DeTable, DeValue};
use videogen_durable::{NotAFile, open_regular};
use videogen_text::{nearest, with_line_feeds};
use videogen_types::Genre;

use super::key::{GENRE_KEYS, KEYS, Key, Kind};
use super::layer::{Layer, Origin, Value, given};
use super::paths::PathBase;
use crate::render_error::Failure;

/// The largest configuration file that is read, in bytes. All keys together take less than 4 KiB.
const LARGEST: u64 = 1024 * 1024;

/// Reads the file. One that was not named and does not exist is no error.
///
/// # Errors
/// It is missing although named, not a regular file, too large, or not UTF-8.
pub(crate) fn read(path: &Utf8Path, named: bool) -> Result<Option<String>, Failure> {
    let cannot = |why: &str| {
        Failure::config(format!(
            "the configuration file {path} cannot be used: {why}"
        ))
        .hint("name another one with --config, or write one with `videogen config init`")
    };
    let file = match open_regular(path) {
        Ok(file) => file,
        Err(error)
            if !named
                && matches!(
                    error.kind(),
                    std::io::ErrorKind::NotFound | std::io::ErrorKind::NotADirectory
                ) =>
        {
            return Ok(None);
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            return Err(cannot("there is no such file"));
        }
        // A pipe would block for ever.
        Err(error) if NotAFile::in_error(&error).is_some() => {
            return Err(cannot("it is not a file").caused_by(&error));
        }
        Err(error) => return Err(cannot("it cannot be read").caused_by(&error)),
    };
    let mut bytes = Vec::new();
    (&file)
        .take(LARGEST + 1)
        .read_to_end(&mut bytes)
        .map_err(|error| cannot("it cannot be read").caused_by(&error))?;
    if bytes.len() as u64 > LARGEST {
        return Err(cannot("it is larger than 1 MiB"));
    }
    let text = String::from_utf8(bytes).map_err(|_| cannot("it is not UTF-8 text"))?;
    // TOML knows no CR alone.
    let text = with_line_feeds(&text).into_owned();
    if has_key(&text) && is_readable_by_others(&file) {
        tracing::warn!(
            "{path:?} has a key in it and can be read by other users of this machine; run: chmod 600 {path:?}"
        );
    }
    Ok(Some(text))
}

/// Whether a line of the file sets a key: one that is not a comment and has a value.
fn has_key(text: &str) -> bool {
    text.lines().any(|line| {
        let line = line.trim_start();
        let rest = ["llm_key", "speech_key"]
            .iter()
            .find_map(|key| line.strip_prefix(key));
        let value = rest.and_then(|rest| rest.trim_start().strip_prefix('='));
        value.is_some_and(|value| !matches!(value.trim(), "" | "\"\"" | "''"))
    })
}

#[cfg(unix)]
fn is_readable_by_others(file: &std::fs::File) -> bool {
    use std::os::unix::fs::PermissionsExt;
    file.metadata()
        .is_ok_and(|metadata| metadata.permissions().mode() & 0o044 != 0)
}

/// There are no modes; who can read it is decided by the directory.
#[cfg(not(unix))]
fn is_readable_by_others(_: &std::fs::File) -> bool {
    false
}

/// Parses the text of the file `path`. Relative paths in it are relative to its directory, and `~` is `home`.
///
/// # Errors
/// It is not TOML, a key is not known, or a value has the wrong type or is not allowed; with the line and the key.
pub(crate) fn parse(
    text: &str,
    path: &Utf8Path,
    home: Option<&Utf8Path>,
) -> Result<Layer, Failure> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let base = PathBase::new(path.parent().unwrap_or(path), home);
    let reader = Reader { text, path, base };
    let document = DeTable::parse(text).map_err(|error| {
        let first_line = error
            .message()
            .lines()
            .next()
            .unwrap_or("it is not TOML");
        Failure::config(format!(
            "{} is not valid TOML: {first_line}",
            reader.place(&error.span().unwrap_or(0..0))
        ))
        .hint(if is_genre_twice(first_line, text) {
            "a file has either `genre = …` or tables such as [genre.nature]; VIDEOGEN_GENRE and --genre go with both"
        } else {
            "text needs quotes: genre = \"nature\""
        })
    })?;
    let mut layer = Layer::new();
    reader.table(document.get_ref(), "", &mut layer)?;
    Ok(layer)
}

/// What the names of the settings of one genre begin with.
const GENRES: &str = "genre.";

/// Whether a table of the file has this name.
fn is_table(name: &str) -> bool {
    let mut tables = KEYS.iter().chain(GENRE_KEYS).map(Key::table);
    tables.any(|table| {
        let rest = table.strip_prefix(name);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    })
}

/// Whether what TOML objects to is that `genre` has a value and is a table.
fn is_genre_twice(objection: &str, text: &str) -> bool {
    let begins = |with: &str| text.lines().any(|line| line.trim_start().starts_with(with));
    let is_of_a_name = objection.contains("duplicate key") || objection.contains("cannot extend");
    is_of_a_name && begins("[genre.") && begins("genre")
}

struct Reader<'a> {
    text: &'a str,
    path: &'a Utf8Path,
    base: PathBase<'a>,
}

impl Reader<'_> {
    fn line(&self, span: &Range<usize>) -> usize {
        let before = self.text.get(..span.start).unwrap_or(self.text);
        before.matches('\n').count() + 1
    }

    fn place(&self, span: &Range<usize>) -> String {
        format!("{}, line {}", self.path, self.line(span))
    }

    fn table(&self, table: &DeTable<'_>, prefix: &str, layer: &mut Layer) -> Result<(), Failure> {
        for (name, value) in table {
            let full = format!("{prefix}{}", name.get_ref());
            let is_table = is_table(&full);
            // `genre` is both: the genre of all videos, and what those of each genre have.
            let is_one = matches!(value.get_ref(), DeValue::Table(_)) || Key::find(&full).is_none();
            if is_table && is_one {
                let DeValue::Table(inner) = value.get_ref() else {
                    return Err(self.wrong_type(&full, &value.span(), "a table", value.get_ref()));
                };
                self.table(inner, &format!("{full}."), layer)?;
                continue;
            }
            if prefix == GENRES
                && let Err(wrong) = name.get_ref().parse::<Genre>()
            {
                let hint = wrong.help().as_ref().map(crate::hint::text);
                let failure = Failure::config(format!("{}: {wrong}", self.place(&name.span())));
                return Err(failure.hint(hint.unwrap_or_else(|| "such as [genre.nature]".into())));
            }
            let Some(key) = Key::find(&full) else {
                return Err(self.unknown(&full, &name.span()));
            };
            let span = value.span();
            let origin = Origin::File {
                path: self.path.to_owned(),
                line: self.line(&span),
            };
            let value = self.value(key, &span, value.get_ref())?;
            let value = given(key, value, self.base, origin).map_err(|wrong| {
                let failure =
                    Failure::config(format!("{}: {full}: {}", self.place(&span), wrong.message));
                Failure {
                    hint: wrong.hint,
                    code: wrong.code,
                    ..failure
                }
            })?;
            layer.insert(key.name, value);
        }
        Ok(())
    }

    fn value(&self, key: &Key, span: &Range<usize>, value: &DeValue<'_>) -> Result<Value, Failure> {
        let number = |value: &DeValue<'_>| match value {
            // Decimal text: what the value's parser reads. Other radixes are converted.
            DeValue::Integer(n) => i128::from_str_radix(n.as_str(), n.radix())
                .ok()
                .map(|n| n.to_string()),
            DeValue::Float(n) => Some(n.as_str().to_owned()),
            _ => None,
        };
        let expected = match key.kind {
            Kind::Number => {
                if let Some(text) = number(value) {
                    return Ok(Value::One(text));
                }
                "a number"
            }
            Kind::Integer => {
                if let (DeValue::Integer(_), Some(text)) = (value, number(value)) {
                    return Ok(Value::One(text));
                }
                "a whole number"
            }
            Kind::Rate => {
                if let Some(text) = number(value).or_else(|| value.as_str().map(str::to_owned)) {
                    return Ok(Value::One(text));
                }
                "a number or text such as \"30000/1001\""
            }
            Kind::Flag => {
                if let DeValue::Boolean(yes) = value {
                    return Ok(Value::One(yes.to_string()));
                }
                "true or false"
            }
            Kind::FlagOrList => {
                if let DeValue::Boolean(yes) = value {
                    return Ok(Value::One(yes.to_string()));
                }
                let text = value.as_str().map(str::to_owned);
                if let Some(text) = text.or_else(|| Some(texts(value)?.join(","))) {
                    return Ok(Value::One(text));
                }
                "true, false, or a list of text"
            }
            Kind::Directories | Kind::Command => {
                if let Some(texts) = texts(value) {
                    return Ok(Value::Many(texts));
                }
                if matches!(key.kind, Kind::Command) {
                    "a list of words, such as [\"python\", \"main.py\"]"
                } else {
                    "a list of text, such as [\"fonts\"]"
                }
            }
            Kind::List => {
                if let Some(text) = value.as_str() {
                    return Ok(Value::One(text.to_owned()));
                }
                if let Some(texts) = texts(value) {
                    return Ok(Value::Many(texts));
                }
                "a list of text, or text with commas between the parts"
            }
            Kind::Name(_) | Kind::Text | Kind::Path | Kind::Program | Kind::Music => {
                if let Some(text) = value.as_str() {
                    return Ok(Value::One(text.to_owned()));
                }
                "text in quotes"
            }
        };
        Err(self.wrong_type(key.name, span, expected, value))
    }

    fn wrong_type(
        &self,
        key: &str,
        span: &Range<usize>,
        expected: &str,
        found: &DeValue<'_>,
    ) -> Failure {
        let found = match found.type_str() {
            "string" => "text",
            other => other,
        };
        let article = if found.starts_with(['a', 'i']) {
            "an "
        } else if found == "text" {
            ""
        } else {
            "a "
        };
        Failure::config(format!(
            "{}: {key} has to be {expected}, not {article}{found}",
            self.place(span)
        ))
        .hint("`videogen config init` writes a file with every key and its form")
    }

    fn unknown(&self, name: &str, span: &Range<usize>) -> Failure {
        let keys = if name.starts_with(GENRES) {
            GENRE_KEYS
        } else {
            KEYS
        };
        let known: Vec<&str> = keys.iter().map(|key| key.name).collect();
        let mut near = nearest(name, &known, 3);
        if near.is_empty() {
            // The right key in the wrong table, or outside of one.
            let last = |name: &str| name.rsplit('.').next().unwrap_or_default().to_owned();
            let bare = last(name);
            near = known
                .iter()
                .copied()
                .filter(|known| !nearest(&bare, &[&last(known)], 1).is_empty())
                .collect();
        }
        let hint = if near.is_empty() {
            format!("known are {}", known.join(", "))
        } else {
            let near: Vec<String> = near.iter().map(|name| format!("`{name}`")).collect();
            format!("did you mean {}?", near.join(" or "))
        };
        Failure::config(format!("{}: unknown key `{name}`", self.place(span))).hint(hint)
    }
}

/// The texts of a list that has nothing else.
fn texts(value: &DeValue<'_>) -> Option<Vec<String>> {
    let text = |item: &Spanned<DeValue<'_>>| item.get_ref().as_str().map(str::to_owned);
    value.as_array()?.iter().map(text).collect()
}
