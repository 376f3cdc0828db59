//! A program with its arguments, as people write it: in words, without a shell.

use std::fmt;
use std::str::FromStr;

use videogen_types::InvalidValue;

/// A program and its arguments. From text: words are separated by white space; `'…'` and `"…"` keep it; a backslash stands
/// for itself, except before `"` and `\` in double quotes. Nothing else has a meaning: no variables, no `~`, no pipes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommandLine {
    program: String,
    arguments: Vec<String>,
}

impl CommandLine {
    /// The program: a name that is looked for on `PATH`, or a path.
    pub fn program(&self) -> &str {
        &self.program
    }

    /// Its arguments.
    pub fn arguments(&self) -> &[String] {
        &self.arguments
    }

    /// The first word and the others.
    ///
    /// # Errors
    /// There is none, the first is empty, or one has a NUL in it.
    pub fn of_words(words: impl IntoIterator<Item = String>) -> Result<Self, InvalidValue> {
        let mut words = words.into_iter();
        let program = words.next().unwrap_or_default();
        let arguments: Vec<String> = words.collect();
        let has_nul = |word: &String| word.contains('\0');
        if program.trim().is_empty() || has_nul(&program) || arguments.iter().any(has_nul) {
            return Err(invalid(&program));
        }
        Ok(Self { program, arguments })
    }
}

fn invalid(text: &str) -> InvalidValue {
    let allowed = "a program and its arguments, such as python main.py --listen; quotes keep white space together";
    InvalidValue::new("command", text, allowed)
}

impl FromStr for CommandLine {
    type Err = InvalidValue;

    fn from_str(text: &str) -> Result<Self, InvalidValue> {
        Self::of_words(words(text).ok_or_else(|| invalid(text))?)
    }
}

/// The words of `text`; `None` when a quote is not closed.
fn words(text: &str) -> Option<Vec<String>> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match c {
            '\'' | '"' => {
                let word = word.get_or_insert_default();
                loop {
                    match chars.next()? {
                        end if end == c => break,
                        '\\' if c == '"' => match chars.next()? {
                            escaped @ ('"' | '\\') => word.push(escaped),
                            other => word.extend(['\\', other]),
                        },
                        other => word.push(other),
                    }
                }
            }
            c if c.is_whitespace() => words.extend(word.take()),
            c => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    Some(words)
}

/// As it would be written: words with white space in quotes. Reads back as the same.
impl fmt::Display for CommandLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, word) in std::iter::once(&self.program)
            .chain(&self.arguments)
            .enumerate()
        {
            if at > 0 {
                f.write_str(" ")?;
            }
            let is_plain = |c: char| !c.is_whitespace() && c != '\'' && c != '"';
            if !word.is_empty() && word.chars().all(is_plain) {
                f.write_str(word)?;
            } else {
                let escaped = word.replace('\\', "\\\\").replace('"', "\\\"");
                write!(f, "\"{escaped}\"")?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn words_are_told_apart_and_quotes_keep_them() {
        let read = |text: &str| {
            text.parse::<CommandLine>().map(|line| {
                let mut words = vec![line.program];
                words.extend(line.arguments);
                words
            })
        };
        assert_eq!(
            read(" python  main.py --listen ").unwrap(),
            ["python", "main.py", "--listen"]
        );
        assert_eq!(
            read(r#""/opt/my comfy/python" 'a "b"' "c\"d\\e" x'y z'w C:\dir ''"#).unwrap(),
            [
                "/opt/my comfy/python",
                "a \"b\"",
                "c\"d\\e",
                "xy zw",
                "C:\\dir",
                ""
            ]
        );
        assert_eq!(
            read("echo $HOME;rm *|x").unwrap(),
            ["echo", "$HOME;rm", "*|x"]
        );
        for bad in ["", "  ", "'open", "\"open\\\"", "'' x", "a\0"] {
            assert!(read(bad).is_err(), "{bad:?}");
        }
    }

    proptest! {
        #[test]
        fn what_is_shown_reads_back(words in prop::collection::vec("[^\0]{0,12}", 1..6)) {
            if let Ok(line) = CommandLine::of_words(words) {
                prop_assert_eq!(line.to_string().parse::<CommandLine>().unwrap(), line);
            }
        }

        #[test]
        fn any_text_is_read_or_refused(text in any::<String>()) {
            let _ = text.parse::<CommandLine>();
        }
    }
}
