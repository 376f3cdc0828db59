//! The output, temp and input folders of the server.

use std::collections::{BTreeMap, VecDeque};
use std::fs;
use std::io;

use camino::{Utf8Path, Utf8PathBuf};
use camino_tempfile::Utf8TempDir;

/// Where a file lives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Kind {
    Output,
    Temp,
    Input,
}

impl Kind {
    pub(crate) fn parse(text: &str) -> Option<Self> {
        match text {
            "output" => Some(Self::Output),
            "temp" => Some(Self::Temp),
            "input" => Some(Self::Input),
            _ => None,
        }
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Output => "output",
            Self::Temp => "temp",
            Self::Input => "input",
        }
    }
}

/// A name that a new file got.
#[derive(Debug, Clone)]
pub(crate) struct Saved {
    pub(crate) name: String,
    pub(crate) subfolder: String,
}

#[derive(Debug)]
pub(crate) struct Files {
    root: Utf8TempDir,
    counters: BTreeMap<(Utf8PathBuf, String), u32>,
    written: VecDeque<Utf8PathBuf>,
    keep: usize,
}

impl Files {
    pub(crate) fn new(keep: usize) -> io::Result<Self> {
        let root = Utf8TempDir::new()?;
        for kind in [Kind::Output, Kind::Temp, Kind::Input] {
            fs::create_dir(root.path().join(kind.name()))?;
        }
        Ok(Self {
            root,
            counters: BTreeMap::new(),
            written: VecDeque::new(),
            keep,
        })
    }

    pub(crate) fn folder(&self, kind: Kind) -> Utf8PathBuf {
        self.root.path().join(kind.name())
    }

    /// The path of a file that `/view` may serve; `None` when the parts lead out of the folder.
    pub(crate) fn path(&self, kind: Kind, subfolder: &str, name: &str) -> Option<Utf8PathBuf> {
        let folder = Utf8Path::new(subfolder);
        let leads_out = |path: &Utf8Path| {
            path.is_absolute() || path.components().any(|part| part.as_str() == "..")
        };
        (!leads_out(folder) && !leads_out(Utf8Path::new(name)))
            .then(|| self.folder(kind).join(folder).join(name))
    }

    /// Writes a file under the next free number of its prefix; the prefix may hold folders.
    /// `None` when it leads out of the folder.
    pub(crate) fn save(
        &mut self,
        kind: Kind,
        prefix: &str,
        extension: &str,
        bytes: &[u8],
    ) -> io::Result<Option<Saved>> {
        let (subfolder, stem) = prefix.rsplit_once('/').unwrap_or(("", prefix));
        let Some(folder) = self.path(kind, subfolder, "x") else {
            return Ok(None);
        };
        let folder = folder.parent().unwrap_or(&folder).to_owned();
        fs::create_dir_all(&folder)?;
        let key = (folder.clone(), stem.to_owned());
        let name = |number: u32| format!("{stem}_{number:05}_.{extension}");
        // The number comes from the files that are there; the last one known saves reading a large
        // folder each time, as long as it is still there.
        let last = match self.counters.get(&key) {
            Some(&last) if folder.join(name(last)).exists() => last,
            _ => last_number(&folder, stem)?,
        };
        let name = name(last + 1);
        self.counters.insert(key, last + 1);
        let path = folder.join(&name);
        fs::write(&path, bytes)?;
        self.written.push_back(path);
        while self.written.len() > self.keep {
            if let Some(old) = self.written.pop_front() {
                fs::remove_file(old).ok();
            }
        }
        Ok(Some(Saved {
            name,
            subfolder: subfolder.to_owned(),
        }))
    }

    /// The files of the input folder that can be loaded.
    pub(crate) fn inputs(&self) -> Vec<String> {
        let mut names: Vec<String> = self
            .folder(Kind::Input)
            .read_dir_utf8()
            .into_iter()
            .flatten()
            .flatten()
            .filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_file()))
            .map(|entry| entry.file_name().to_owned())
            .collect();
        names.sort();
        names
    }
}

fn last_number(folder: &Utf8Path, stem: &str) -> io::Result<u32> {
    let mut last = 0;
    for entry in folder.read_dir_utf8()? {
        let entry = entry?;
        let number = entry
            .file_name()
            .strip_prefix(stem)
            .and_then(|rest| rest.strip_prefix('_'))
            .and_then(|rest| rest.split('_').next())
            .and_then(|digits| digits.parse().ok());
        last = last.max(number.unwrap_or(0));
    }
    Ok(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_follow_the_files_and_nothing_leads_out() {
        let mut files = Files::new(2).unwrap();
        let mut save = |prefix: &str| {
            files
                .save(Kind::Output, prefix, "png", b"x")
                .unwrap()
                .map(|saved| (saved.subfolder, saved.name))
        };
        assert_eq!(save("a/b/x"), Some(("a/b".into(), "x_00001_.png".into())));
        assert_eq!(save("a/b/x"), Some(("a/b".into(), "x_00002_.png".into())));
        assert_eq!(save("a/b/x"), Some(("a/b".into(), "x_00003_.png".into())));
        assert_eq!(save("../x"), None);
        assert_eq!(
            files
                .folder(Kind::Output)
                .join("a/b")
                .read_dir_utf8()
                .unwrap()
                .count(),
            2
        );
        assert!(files.path(Kind::Output, "", "../../etc/passwd").is_none());
    }
}
