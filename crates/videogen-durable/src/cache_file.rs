//! A small file that keeps what is known about one thing, as a program, between runs.
//!
//! It is a convenience. One that is missing, damaged, too large, of another format or about another thing is as good as none:
//! whatever is kept there can be learnt again.

use std::io;

use camino::{Utf8Path, Utf8PathBuf};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::RealEffects;

/// What is kept so takes 60 KiB at most; more than this is not ours.
const LARGEST: u64 = 1024 * 1024;

/// A JSON file that keeps facts about a thing of the identity `I`. They are read as long as format and identity are those
/// they were written with; that is what a validator of a cache is to HTTP.
///
/// The file has the fields `format`, `identity`, and those of the facts.
///
/// ```
/// use serde::{Deserialize, Serialize};
/// use videogen_durable::{CacheFile, FileIdentity};
///
/// #[derive(Serialize, Deserialize)]
/// struct Answers {
///     encoders: Vec<String>,
/// }
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let temp = camino_tempfile::tempdir()?;
/// # let program = temp.path().join("encoder");
/// # std::fs::write(&program, "a program")?;
/// let identity = FileIdentity::of(&program).ok_or("nobody knows when it was changed")?;
/// let kept = CacheFile::new(temp.path().join("cache/encoder.json"), 1, identity);
/// if kept.read::<Answers>().is_none() {
///     let asked = Answers { encoders: vec!["libx264".into()] };
///     kept.replace(&asked)?;
/// }
/// # assert_eq!(kept.read::<Answers>().ok_or("kept")?.encoders, ["libx264"]);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct CacheFile<I> {
    path: Utf8PathBuf,
    format: u32,
    identity: I,
}

#[derive(Serialize)]
struct Written<'a, I, T> {
    format: u32,
    identity: &'a I,
    #[serde(flatten)]
    facts: &'a T,
}

#[derive(Deserialize)]
struct Found<I, T> {
    format: u32,
    identity: I,
    #[serde(flatten)]
    facts: T,
}

impl<I: Serialize + DeserializeOwned + PartialEq> CacheFile<I> {
    /// Returns the file at `path` for what is known about the thing of this `identity`; nothing is read or made yet. `format`
    /// changes when the fields of identity or facts change, or their meaning, or how they are learnt.
    pub fn new(path: Utf8PathBuf, format: u32, identity: I) -> Self {
        Self {
            path,
            format,
            identity,
        }
    }

    /// Returns where it is.
    pub fn path(&self) -> &Utf8Path {
        &self.path
    }

    /// Returns what is kept, if it is of this format and about this thing.
    pub fn read<T: DeserializeOwned>(&self) -> Option<T> {
        let json = crate::read_own(&self.path, LARGEST).ok()?;
        let found: Found<I, T> = serde_json::from_slice(&json).ok()?;
        (found.format == self.format && found.identity == self.identity).then_some(found.facts)
    }

    /// Keeps `facts`, a struct, in the place of what was kept before, about whatever. A reader sees the old file or the new
    /// one, never a part; it is for its owner only. Its directory is made if it is missing.
    ///
    /// # Errors
    /// Those of the operating system, as when something else has the name.
    pub fn replace<T: Serialize>(&self, facts: &T) -> io::Result<()> {
        let json = serde_json::to_vec(&Written {
            format: self.format,
            identity: &self.identity,
            facts,
        })?;
        if let Some(directory) = self.path.parent() {
            crate::create_missing_dirs(directory)?;
        }
        // After a power cut it can be learnt again.
        crate::write_unsynced(&RealEffects, &self.path, &json).map_err(|error| error.source)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;
    use std::fs;

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Facts {
        can_read: BTreeMap<String, bool>,
        release: Option<(u32, u32)>,
    }

    fn facts() -> Facts {
        Facts {
            can_read: [("ja".to_owned(), true), ("yue".to_owned(), false)].into(),
            release: Some((5, 1)),
        }
    }

    fn file(path: Utf8PathBuf, identity: &str) -> CacheFile<String> {
        CacheFile::new(path, 1, identity.to_owned())
    }

    #[test]
    fn what_was_written_is_read_for_the_thing_it_is_about() {
        let dir = camino_tempfile::tempdir().expect("a temporary directory");
        let path = dir.path().join("cache/of/facts.json");
        let kept = file(path.clone(), "one");
        assert_eq!(kept.read::<Facts>(), None);
        kept.replace(&facts()).expect("written");
        assert_eq!(kept.read::<Facts>(), Some(facts()));
        assert_eq!(
            fs::read_to_string(&path).expect("there"),
            r#"{"format":1,"identity":"one","can_read":{"ja":true,"yue":false},"release":[5,1]}"#
        );
        let other = file(path.clone(), "two");
        assert_eq!(other.read::<Facts>(), None);
        let later = CacheFile::new(path.clone(), 2, "one".to_owned());
        assert_eq!(later.read::<Facts>(), None);
        other.replace(&facts()).expect("written");
        assert_eq!(other.read::<Facts>(), Some(facts()));
        assert_eq!(kept.read::<Facts>(), None);
        let names = fs::read_dir(dir.path().join("cache/of")).expect("there");
        assert_eq!(names.count(), 1, "no temporary file");
    }

    #[test]
    fn a_damaged_or_foreign_file_is_as_good_as_none_and_is_replaced() {
        let dir = camino_tempfile::tempdir().expect("a temporary directory");
        let path = dir.path().join("facts.json");
        let kept = file(path.clone(), "one");
        kept.replace(&facts()).expect("written");
        let good = fs::read_to_string(&path).expect("there");
        let huge = format!("{good}{}", " ".repeat(1 << 20));
        let other = good.replace("can_read", "can_write");
        for text in ["", "{}", "[1, 2", &good[..good.len() / 2], &huge, &other] {
            fs::write(&path, text).expect("written");
            assert_eq!(kept.read::<Facts>(), None, "{text:.40}");
            kept.replace(&facts()).expect("replaced");
            assert_eq!(kept.read::<Facts>(), Some(facts()));
        }
    }

    #[test]
    fn a_place_that_cannot_be_written_is_an_error_and_nothing_is_read_there() {
        let dir = camino_tempfile::tempdir().expect("a temporary directory");
        let taken = file(dir.path().join("taken"), "one");
        fs::create_dir(taken.path()).expect("made");
        taken
            .replace(&facts())
            .expect_err("a directory has the name");
        assert_eq!(taken.read::<Facts>(), None);
        fs::write(dir.path().join("a-file"), "x").expect("written");
        let below = file(dir.path().join("a-file/facts.json"), "one");
        below.replace(&facts()).expect_err("no directory");
        assert_eq!(below.read::<Facts>(), None);
        assert_eq!(fs::read_dir(dir.path()).expect("there").count(), 2);
    }
}
