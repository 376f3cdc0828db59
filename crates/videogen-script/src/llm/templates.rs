//! The prompts as files: built in, or a user's own.

use camino::{Utf8Path, Utf8PathBuf};
use videogen_durable::KeyBuilder;
use videogen_text::with_line_feeds;
use videogen_types::Hint;

use super::example::Shown;

/// The largest file: more would leave the model's context no room for the script.
const MAX_BYTES: u64 = 8 * 1024;

/// Who the model is to be.
pub(super) const SYSTEM: &str = "system.txt";
/// What it is asked.
pub(super) const SCRIPT: &str = "script.txt";
/// What is added when earlier videos are to be avoided.
pub(super) const AVOID: &str = "avoid.txt";
/// What is shown as an example: a topic and the answer to the question about it.
pub(super) const EXAMPLE: &str = "example.json";

/// A file, the placeholders it may hold, and the one it must.
struct Known {
    name: &'static str,
    placeholders: &'static [&'static str],
    needed: Option<&'static str>,
}

static KNOWN: [Known; 4] = [
    Known {
        name: SYSTEM,
        placeholders: &["genre", "tone", "hook", "language", "length"],
        needed: None,
    },
    Known {
        name: SCRIPT,
        placeholders: &["topic", "genre", "tone", "hook", "language", "length"],
        needed: Some("topic"),
    },
    Known {
        name: AVOID,
        placeholders: &["openings"],
        needed: Some("openings"),
    },
    Known {
        name: EXAMPLE,
        placeholders: &[],
        needed: None,
    },
];

static BUILT_IN: [(&str, &str); 4] = [
    (SYSTEM, include_str!("prompts/system.txt")),
    (SCRIPT, include_str!("prompts/script.txt")),
    (AVOID, include_str!("prompts/avoid.txt")),
    (EXAMPLE, include_str!("prompts/example.json")),
];

/// Prompts, as files a user can override. In a file `{{name}}` stands for a value:
///
/// | name | value | in |
/// |---|---|---|
/// | `topic` | the topic between `<topic>` and `</topic>`, as data | `script.txt`, where it must be |
/// | `genre` | the name of the genre | `system.txt`, `script.txt` |
/// | `tone` | the tone of the genre, a few words | `system.txt`, `script.txt` |
/// | `language` | the language by name and tag | `system.txt`, `script.txt` |
/// | `hook` | a pattern for the first sentence, another one for each video of a series | `system.txt`, `script.txt` |
/// | `length` | the scenes and their words that are wanted | `system.txt`, `script.txt` |
/// | `openings` | how earlier videos begin, one a line | `avoid.txt`, where it must be |
///
/// `example.json` is no template: `{"topic": …, "language": …, "answer": {…}}`. Its answer is shown as the answer to the
/// question about its topic, unless the topic of the video is about the same.
///
/// The schema of the answer, and a last line that names the language in that language, are in no file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Templates {
    /// The texts, in the order of [`KNOWN`].
    texts: [String; 4],
}

/// Why prompts cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TemplateError {
    /// The directory, or a file in it, cannot be read.
    #[error("the prompts in {path} cannot be read")]
    Io {
        /// The directory or the file.
        path: Utf8PathBuf,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// The directory has none of the files, so it is probably another one that was meant.
    #[error("{path} has none of the files {}", names())]
    NoFiles {
        /// The directory.
        path: Utf8PathBuf,
    },
    /// A directory or a device in the place of a file.
    #[error("{path} is not a regular file")]
    NotAFile {
        /// The file.
        path: Utf8PathBuf,
    },
    /// A file is too large.
    #[error("{path} is larger than {} KiB", MAX_BYTES / 1024)]
    TooLarge {
        /// The file.
        path: Utf8PathBuf,
    },
    /// A file is not UTF-8.
    #[error("{path}:{line} is not UTF-8 text")]
    NotUtf8 {
        /// The file.
        path: Utf8PathBuf,
        /// The line, from 1.
        line: usize,
    },
    /// A file has nothing in it.
    #[error("{path} is empty")]
    Empty {
        /// The file.
        path: Utf8PathBuf,
    },
    /// A placeholder that does not exist in this file.
    #[error("{path}:{line} has the placeholder {{{{{name}}}}}, which is not known")]
    Placeholder {
        /// The file.
        path: Utf8PathBuf,
        /// The line, from 1.
        line: usize,
        /// What stands between the braces, shortened.
        name: String,
        /// Those there are.
        known: &'static [&'static str],
    },
    /// A placeholder that does not end.
    #[error("{path}:{line} has {{{{ without }}}}")]
    Unclosed {
        /// The file.
        path: Utf8PathBuf,
        /// The line, from 1.
        line: usize,
    },
    /// The example is not one.
    #[error("{path} is no example: {problem}")]
    Example {
        /// The file.
        path: Utf8PathBuf,
        /// What is wrong with it.
        problem: String,
    },
    /// A placeholder that has to be there is not.
    #[error("{path} does not have the placeholder {{{{{name}}}}}")]
    Missing {
        /// The file.
        path: Utf8PathBuf,
        /// The placeholder.
        name: &'static str,
    },
}

fn names() -> String {
    let names: Vec<&str> = KNOWN.iter().map(|known| known.name).collect();
    names.join(", ")
}

impl TemplateError {
    /// The next action.
    pub fn help(&self) -> Option<Hint> {
        let words = match self {
            Self::Io { .. } | Self::NotAFile { .. } => return None,
            Self::NoFiles { .. } | Self::Empty { .. } => {
                "a file that is left out is taken from the built-in prompts".to_owned()
            }
            Self::TooLarge { .. } => "shorten it: the model needs room for the script".to_owned(),
            Self::NotUtf8 { .. } => "save it as UTF-8".to_owned(),
            Self::Placeholder { known, .. } => {
                let known: Vec<String> =
                    known.iter().map(|name| format!("{{{{{name}}}}}")).collect();
                format!("the placeholders of this file are {}", known.join(", "))
            }
            Self::Unclosed { .. } => "a placeholder is written {{name}}, on one line".to_owned(),
            Self::Example { .. } => {
                "it is {\"topic\": …, \"answer\": {…}} with scenes of narration and picture; leave it out for the built-in one".to_owned()
            }
            Self::Missing { name, .. } => format!("write {{{{{name}}}}} where it belongs"),
        };
        Some(words.into())
    }
}

impl Templates {
    /// Those of this program.
    #[must_use]
    pub fn builtin() -> Self {
        Self {
            texts: BUILT_IN.map(|(_, text)| text.to_owned()),
        }
    }

    /// Those in `dir`; a file that is not there is the built-in one. Blocks.
    ///
    /// # Errors
    /// When a file cannot be read or used, or `dir` has none of the files.
    pub fn read(dir: &Utf8Path) -> Result<Self, TemplateError> {
        let mut templates = Self::builtin();
        let mut found = 0;
        for (known, text) in KNOWN.iter().zip(&mut templates.texts) {
            let path = dir.join(known.name);
            if let Some(bytes) = bytes(&path)? {
                found += 1;
                *text = checked(known, &path, bytes)?;
            }
        }
        if found == 0 {
            // A directory that cannot be looked into has none of the files either.
            std::fs::read_dir(dir).map_err(|source| TemplateError::Io {
                path: dir.to_owned(),
                source,
            })?;
            return Err(TemplateError::NoFiles {
                path: dir.to_owned(),
            });
        }
        Ok(templates)
    }

    /// The same for the same prompts: a hash of the names and texts of the files.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        let key = KeyBuilder::new("prompts", 1);
        let key = KNOWN
            .iter()
            .zip(&self.texts)
            .fold(key, |key, (known, text)| key.text(known.name, text));
        key.finish().to_string()
    }

    /// The names and texts of the built-in files: what a user begins with.
    #[must_use]
    pub fn files() -> &'static [(&'static str, &'static str)] {
        &BUILT_IN
    }

    /// The example.
    pub(super) fn example(&self) -> Shown {
        let text = KNOWN
            .iter()
            .zip(&self.texts)
            .find(|(known, _)| known.name == EXAMPLE);
        let (_, text) = text.expect("the example is one of the files");
        Shown::read(text).expect("the example was read when the files were")
    }

    /// The text of a file with `values` in it. A value is put in as it is: what looks like a placeholder in one stays.
    pub(super) fn render(&self, name: &str, values: &[(&str, &str)]) -> String {
        let known = KNOWN.iter().zip(&self.texts);
        let text = known
            .filter(|(known, _)| known.name == name)
            .map(|(_, text)| text.as_str())
            .next()
            .unwrap_or_default();
        let mut out = String::with_capacity(text.len() * 2);
        for piece in pieces(text) {
            match piece {
                Piece::Text(text) | Piece::Unclosed(text) => out.push_str(text),
                Piece::Placeholder(name) => {
                    let value = values.iter().find(|(known, _)| *known == name);
                    out.push_str(value.map_or("", |(_, value)| *value));
                }
            }
        }
        out.trim().to_owned()
    }
}

/// A part of a template.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Piece<'a> {
    Text(&'a str),
    /// The name between the braces.
    Placeholder(&'a str),
    /// Braces that open and do not close on their line, and all that follows.
    Unclosed(&'a str),
}

fn pieces(mut text: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    while let Some(open) = text.find("{{") {
        let (before, from) = text.split_at(open);
        pieces.push(Piece::Text(before));
        let line = from.split('\n').next().unwrap_or(from);
        let Some(close) = line.find("}}") else {
            pieces.push(Piece::Unclosed(from));
            return pieces;
        };
        pieces.push(Piece::Placeholder(from[2..close].trim()));
        text = &from[close + 2..];
    }
    pieces.push(Piece::Text(text));
    pieces
}

/// The bytes of a file; `None` if it is not there.
fn bytes(path: &Utf8Path) -> Result<Option<Vec<u8>>, TemplateError> {
    let path = path.to_owned();
    match videogen_durable::read_regular(&path, MAX_BYTES) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) if error.kind() == std::io::ErrorKind::FileTooLarge => {
            Err(TemplateError::TooLarge { path })
        }
        Err(error) if videogen_durable::NotAFile::in_error(&error).is_some() => {
            Err(TemplateError::NotAFile { path })
        }
        Err(source) => Err(TemplateError::Io { path, source }),
    }
}

fn checked(known: &Known, path: &Utf8Path, bytes: Vec<u8>) -> Result<String, TemplateError> {
    let path = || path.to_owned();
    let text = String::from_utf8(bytes).map_err(|error| {
        let good = error.utf8_error().valid_up_to();
        let line = error.as_bytes()[..good].split(|b| *b == b'\n').count();
        TemplateError::NotUtf8 { path: path(), line }
    })?;
    let text = with_line_feeds(text.trim_start_matches('\u{feff}')).into_owned();
    if text.trim().is_empty() {
        return Err(TemplateError::Empty { path: path() });
    }
    if known.name == EXAMPLE {
        let read = Shown::read(&text).map_err(|problem| TemplateError::Example {
            path: path(),
            problem,
        });
        return read.map(|_| text);
    }
    let mut line = 1;
    let mut has = Vec::new();
    for piece in pieces(&text) {
        match piece {
            Piece::Text(text) => line += text.matches('\n').count(),
            Piece::Unclosed(_) => return Err(TemplateError::Unclosed { path: path(), line }),
            Piece::Placeholder(name) if known.placeholders.contains(&name) => has.push(name),
            Piece::Placeholder(name) => {
                return Err(TemplateError::Placeholder {
                    path: path(),
                    line,
                    name: videogen_text::clean(name).chars().take(40).collect(),
                    known: known.placeholders,
                });
            }
        }
    }
    match known.needed {
        Some(name) if !has.contains(&name) => Err(TemplateError::Missing { path: path(), name }),
        _ => Ok(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(files: &[(&str, &[u8])]) -> Result<Templates, TemplateError> {
        let dir = camino_tempfile::tempdir().unwrap();
        for (name, bytes) in files {
            std::fs::write(dir.path().join(name), bytes).unwrap();
        }
        Templates::read(dir.path())
    }

    #[test]
    fn the_built_in_files_can_be_overridden_one_by_one() {
        let all: Vec<(&str, &[u8])> = Templates::files()
            .iter()
            .map(|(name, text)| (*name, text.as_bytes()))
            .collect();
        assert_eq!(read(&all).unwrap(), Templates::builtin());
        let of = |end: &str| format!("\u{feff}About {{{{ topic }}}}{end}in {{{{language}}}}.");
        let values = [("topic", "{{language}}"), ("language", "German")];
        for end in ["\r\n", "\r", "\n"] {
            let one = read(&[(SCRIPT, of(end).as_bytes())]).unwrap();
            assert_eq!(
                one.render(SCRIPT, &values),
                "About {{language}}\nin German."
            );
        }
        let one = read(&[(SCRIPT, of("\r\n").as_bytes())]).unwrap();
        assert_eq!(
            one.render(SYSTEM, &[]),
            Templates::builtin().render(SYSTEM, &[])
        );
        assert_ne!(one.fingerprint(), Templates::builtin().fingerprint());
    }

    #[test]
    fn what_cannot_be_used_is_told_by_file_and_line() {
        let large = vec![b'x'; MAX_BYTES as usize + 1];
        let cases: [(&str, &[u8], &str); 8] = [
            (
                EXAMPLE,
                b"{\"topic\": \"x\", \"answer\": {}}",
                "example.json is no example: answer.scenes must be a list of objects with narration and picture",
            ),
            (
                SCRIPT,
                b"a\n{{topic}} {{tpoic}}",
                "script.txt:2 has the placeholder {{tpoic}}, which is not known",
            ),
            (
                SYSTEM,
                b"{{topic}}",
                "system.txt:1 has the placeholder {{topic}}, which is not known",
            ),
            (
                SCRIPT,
                b"{{topic}}\n\n{{tone\n}}",
                "script.txt:3 has {{ without }}",
            ),
            (
                SCRIPT,
                b"about the sea",
                "script.txt does not have the placeholder {{topic}}",
            ),
            (SYSTEM, b" \n", "system.txt is empty"),
            (SYSTEM, &large, "system.txt is larger than 8 KiB"),
            (AVOID, b"a\nb \xff", "avoid.txt:2 is not UTF-8 text"),
        ];
        for (name, bytes, words) in cases {
            let error = read(&[(name, bytes)]).unwrap_err();
            assert!(error.to_string().ends_with(words), "{error}");
            assert!(error.help().is_some(), "{error}");
        }
        let error = read(&[("scripts.txt", b"x")]).unwrap_err();
        assert!(matches!(error, TemplateError::NoFiles { .. }), "{error:?}");
        let error = Templates::read("/nonexistent/prompts".into()).unwrap_err();
        assert!(matches!(error, TemplateError::Io { .. }), "{error:?}");
    }
}
