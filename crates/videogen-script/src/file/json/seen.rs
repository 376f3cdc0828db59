//! What a scene of a JSON script shows: words that say what to paint, and files that are shown instead.

use camino::Utf8PathBuf;
use serde_json::Value;
use videogen_text::is_address;

use super::scene::PICTURE;

/// What a scene shows.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Seen {
    /// What its picture shows.
    pub(super) words: Option<String>,
    /// Files, in the order in which they are named, each as it is written.
    pub(super) files: Vec<Utf8PathBuf>,
}

impl Seen {
    /// Reads the members of a scene that say what is seen.
    ///
    /// # Errors
    /// What is wrong with one of them, which begins with its name in quotes.
    pub(super) fn of(members: Vec<(&'static str, Value)>) -> Result<Self, String> {
        let mut seen = Self::default();
        for (name, value) in members {
            match value {
                Value::Null => {}
                Value::String(words) if name == PICTURE && !is_file(&words) => {
                    seen.words = Some(words);
                }
                Value::Array(list) => {
                    for item in list {
                        seen.take(name, item, "a list with ")?;
                    }
                }
                one => seen.take(name, one, "")?,
            }
        }
        Ok(seen)
    }

    /// Takes one path.
    fn take(&mut self, name: &str, value: Value, within: &str) -> Result<(), String> {
        let found = match value {
            Value::String(path) if !path.trim().is_empty() => {
                self.files.push(path.into());
                return Ok(());
            }
            Value::String(_) => "an empty path",
            Value::Null => "null",
            Value::Bool(_) => "true or false",
            Value::Number(_) => "a number",
            Value::Array(_) => "a list",
            Value::Object(_) => "an object in braces",
        };
        Err(format!(
            "\"{name}\" is {within}{found}, where a path or a list of paths is needed"
        ))
    }
}

/// How what is certainly a path begins. Words that begin with `/` there are: prompts of other programs.
const BEGINNINGS: [&str; 5] = ["~/", "./", "../", ".\\", "..\\"];

/// Endings of the names of pictures and clips, and of files that people take for such.
#[rustfmt::skip] // a table
const ENDINGS: &[&str] = &[
    "png", "apng", "jpg", "jpeg", "jpe", "jfif", "webp", "gif", "avif", "heic", "heif", "tif", "tiff", "bmp", "tga", "qoi", "jxl",
    "jp2", "j2k", "ppm", "pgm", "pbm", "pnm", "dng", "cr2", "cr3", "nef", "arw", "svg", "eps", "psd", "pdf", "mp4", "m4v", "mov",
    "webm", "mkv", "avi", "mpg", "mpeg", "mts", "m2ts", "flv", "ogv", "wmv", "asf", "3gp", "vob", "mp3", "wav", "m4a", "flac",
];

/// Whether the picture of a scene is a file, rather than words that say what to paint: an address, a path by how it begins, a
/// name with the ending of a picture or a clip, or something without a space that has folders in it.
fn is_file(text: &str) -> bool {
    let text = text.trim();
    let is_drive = |text: &str| {
        let mut bytes = text.bytes();
        bytes
            .next()
            .is_some_and(|letter| letter.is_ascii_alphabetic())
            && bytes.next() == Some(b':')
            && bytes.next().is_some_and(is_separator)
    };
    if is_address(text) || text.to_ascii_lowercase().starts_with("file:/") {
        return true;
    }
    if BEGINNINGS
        .iter()
        .any(|beginning| text.starts_with(beginning))
    {
        return true;
    }
    let name = text.rsplit(['/', '\\']).next().unwrap_or_default();
    let ending = name.rsplit_once('.').map_or("", |(_, ending)| ending);
    if ENDINGS
        .iter()
        .any(|known| ending.eq_ignore_ascii_case(known))
    {
        return true;
    }
    let has_folders = name.len() < text.len();
    let has_ending =
        (2..=4).contains(&ending.len()) && ending.bytes().all(|b| b.is_ascii_alphanumeric());
    let is_path = has_ending || name.is_empty() || text.starts_with('/') || is_drive(text);
    has_folders && is_path && !text.contains(char::is_whitespace)
}

fn is_separator(byte: u8) -> bool {
    byte == b'/' || byte == b'\\'
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn files_are_told_from_words() {
        for file in [
            "a.jpg",
            "A photo of mine.JPEG",
            "photos/a.jpg",
            "photos/a.xyz",
            "photos/",
            "~/Pictures/my sea",
            "./sea",
            "../sea and sky",
            "/home/ada/sea",
            "C:\\photos\\sea",
            "photos\\sea.png",
            "https://example.org/a.png",
            "file:///a%20b",
            " clip.mp4 ",
            "scene 1.mov",
        ] {
            assert!(is_file(file), "{file}");
        }
        for words in [
            "",
            "a lamp",
            "a lamp.",
            "day/night",
            "a city by day/night",
            "Mt.Fuji",
            "the logo of node.js on a screen",
            "node.js",
            "24/7.",
            "/imagine a fox in snow --ar 9:16",
            "深海",
            "ein Haus, z.B. aus Holz",
            "f/1.8",
            "a: b",
        ] {
            assert!(!is_file(words), "{words}");
        }
    }

    #[test]
    fn members_name_files_in_their_order() {
        let seen = Seen::of(vec![
            ("clips", json!(["b.mp4", "c.mp4"])),
            ("picture", json!("a fox in snow")),
            ("image", json!("~/a.png")),
            ("media", json!(null)),
            ("videos", json!([])),
        ])
        .expect("good");
        assert_eq!(seen.words.as_deref(), Some("a fox in snow"));
        assert_eq!(seen.files, ["b.mp4", "c.mp4", "~/a.png"]);
        let seen = Seen::of(vec![("picture", json!("photos/a.jpg"))]).expect("good");
        assert_eq!((seen.words, seen.files.len()), (None, 1));
        let seen = Seen::of(vec![("picture", json!(["a", "b"]))]).expect("good");
        assert_eq!(seen.files, ["a", "b"], "a list is one of files");
    }

    #[test]
    fn what_is_no_path_is_told_by_name() {
        for (name, value, words) in [
            ("clip", json!(5), "\"clip\" is a number"),
            ("picture", json!(true), "\"picture\" is true or false"),
            ("image", json!({"path": "a"}), "\"image\" is an object"),
            (
                "images",
                json!(["a", 1]),
                "\"images\" is a list with a number",
            ),
            ("media", json!([["a"]]), "\"media\" is a list with a list"),
            ("media", json!(["a", null]), "\"media\" is a list with null"),
            ("video", json!("  "), "\"video\" is an empty path"),
            ("pictures", json!([""]), "is a list with an empty path"),
        ] {
            let reason = Seen::of(vec![(name, value)]).expect_err(name);
            assert!(reason.contains(words), "{reason}");
        }
    }
}
