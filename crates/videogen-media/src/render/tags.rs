//! What a video says of itself: its title, and in which language its streams are.

use std::fmt::Write as _;

use camino::{Utf8Path, Utf8PathBuf};
use videogen_durable::write_private;

use crate::Error;

/// Title and language of a video, for its container. [`MediaTags::default`] says nothing.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct MediaTags {
    title: String,
    language: Option<String>,
}

impl MediaTags {
    /// Those of any title, and of the language of a BCP 47 tag. What cannot be seen in a line is taken out of the title; a
    /// language without three letters of its own is not named.
    pub fn new(title: &str, language: &str) -> Self {
        Self {
            title: videogen_text::clean(title),
            language: videogen_text::iso_639_2(language),
        }
    }

    /// The title, in one line; empty where there is none.
    pub fn title(&self) -> &str {
        &self.title
    }

    /// The language by its three letters of ISO 639-2/T.
    pub fn language(&self) -> Option<&str> {
        self.language.as_deref()
    }

    /// The title as FFmpeg's format of metadata has it; `None` where there is none.
    fn ffmetadata(&self) -> Option<String> {
        if self.title.is_empty() {
            return None;
        }
        let mut text = String::from(";FFMETADATA1\ntitle=");
        for c in self.title.chars() {
            // As its documentation asks for; a line end cannot be in a title, and would end the value.
            let escape = if matches!(c, '=' | ';' | '#' | '\\' | '\n') {
                "\\"
            } else {
                ""
            };
            write!(text, "{escape}{c}").expect("writing to a string succeeds");
        }
        text.push('\n');
        Some(text)
    }
}

/// A file from which FFmpeg reads the title: a title is a person's text, which never stands among arguments. Dropped, it is
/// removed.
#[derive(Debug)]
pub(super) struct TitleFile(Option<Utf8PathBuf>);

impl TitleFile {
    /// Writes it beside `output`, if there is a title.
    ///
    /// # Errors
    /// [`Error::Io`] if it cannot be written.
    pub(super) fn beside(output: &Utf8Path, tags: &MediaTags) -> Result<Self, Error> {
        let Some(text) = tags.ffmetadata() else {
            return Ok(Self(None));
        };
        let name = output.file_name().unwrap_or("video");
        let path = output.with_file_name(format!("{name}.title"));
        let written = write_private(&path, text.as_bytes());
        let file = Self(Some(path.clone()));
        written.map_err(|source| Error::Io {
            action: "writing",
            path,
            source,
        })?;
        Ok(file)
    }

    /// Where it is, if there is one.
    pub(super) fn path(&self) -> Option<&Utf8Path> {
        self.0.as_deref()
    }
}

impl Drop for TitleFile {
    fn drop(&mut self) {
        if let Some(path) = &self.0 {
            // What cannot be removed goes with the scratch directory.
            let _ = std::fs::remove_file(path);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_are_what_a_container_takes() {
        let tags = MediaTags::new(" The\nsea \u{202e}🌊\0 ", "de-AT");
        assert_eq!((tags.title(), tags.language()), ("The sea 🌊", Some("deu")));
        let unknown = MediaTags::new("", "xx");
        assert_eq!(unknown, MediaTags::default());
        assert_eq!(unknown.ffmetadata(), None);
    }

    #[test]
    fn nothing_in_a_title_is_more_than_text() {
        let tags = MediaTags::new(r"-x = a;b #1 \ [chapter]", "en");
        assert_eq!(
            tags.ffmetadata().expect("a title"),
            ";FFMETADATA1\ntitle=-x \\= a\\;b \\#1 \\\\ [chapter]\n"
        );
    }

    #[test]
    fn the_file_goes_with_its_owner() {
        let dir = camino_tempfile::tempdir().unwrap();
        let output = dir.path().join("a.mp4");
        let file = TitleFile::beside(&output, &MediaTags::new("A", "en")).unwrap();
        let path = file.path().unwrap().to_owned();
        assert!(path.is_file());
        drop(file);
        assert!(!path.exists());
        let none = TitleFile::beside(&output, &MediaTags::default()).unwrap();
        assert_eq!(none.path(), None);
    }
}
