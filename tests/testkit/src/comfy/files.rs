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
    /// The output folder, where it is not in `root`: other servers may write there, too.
    shared: Option<Utf8PathBuf>,
    counters: BTreeMap<(Utf8PathBuf, String), u32>,
    written: VecDeque<Utf8PathBuf>,
    keep: usize,
}

impl Files {
    pub(crate) fn new(keep: usize, shared: Option<Utf8PathBuf>) -> io::Result<Self> {
        let root = Utf8TempDir::new()?;
        for kind in [Kind::Output, Kind::Temp, Kind::Input] {
            fs::create_dir(root.path().join(kind.name()))?;
        }
        Ok(Self {
            root,
            shared,
            counters: BTreeMap::new(),
            written: VecDeque::new(),
            keep,
        })
    }

    pub(crate) fn folder(&self, kind: Kind) -> Utf8PathBuf {
        match &self.shared {
            Some(shared) if kind == Kind::Output => shared.clone(),
            _ => self.root.path().join(kind.name()),
        }
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

    /// The next free number of a prefix, which may hold folders: the path of the file and its name. `None` when it leads out
    /// of the folder. As in ComfyUI nothing keeps another server from choosing the same one, until the file is there.
    pub(crate) fn choose(
        &mut self,
        kind: Kind,
        prefix: &str,
        extension: &str,
    ) -> io::Result<Option<(Utf8PathBuf, Saved)>> {
        let (subfolder, stem) = prefix.rsplit_once('/').unwrap_or(("", prefix));
        let Some(folder) = self.path(kind, subfolder, "x") else {
            return Ok(None);
        };
        let folder = folder.parent().unwrap_or(&folder).to_owned();
        fs::create_dir_all(&folder)?;
        let key = (folder.clone(), stem.to_owned());
        let name = |number: u32| format!("{stem}_{number:05}_.{extension}");
        // The number comes from the files that are there; the last one known saves reading a large
        // folder each time, as long as it is still there and nobody else writes.
        let last = match self.counters.get(&key) {
            Some(&last) if self.shared.is_none() && folder.join(name(last)).exists() => last,
            _ => last_number(&folder, stem)?,
        };
        let name = name(last + 1);
        self.counters.insert(key, last + 1);
        let path = folder.join(&name);
        let subfolder = subfolder.to_owned();
        Ok(Some((path, Saved { name, subfolder })))
    }

    /// Writes a file that was chosen, over whatever is there now.
    pub(crate) fn put(&mut self, path: Utf8PathBuf, bytes: &[u8]) -> io::Result<()> {
        fs::write(&path, bytes)?;
        self.written.push_back(path);
        while self.written.len() > self.keep {
            if let Some(old) = self.written.pop_front() {
                fs::remove_file(old).ok();
            }
        }
        Ok(())
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
        let mut files = Files::new(2, None).unwrap();
        let mut save = |prefix: &str| {
            let (path, saved) = files.choose(Kind::Output, prefix, "png").unwrap()?;
            files.put(path, b"x").unwrap();
            Some((saved.subfolder, saved.name))
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

    #[test]
    fn two_servers_in_one_folder_choose_one_number_and_the_later_overwrites() {
        let folder = Utf8TempDir::new().unwrap();
        let shared = || Files::new(9, Some(folder.path().to_owned())).unwrap();
        let (mut one, mut other) = (shared(), shared());
        let choose = |files: &mut Files, prefix: &str| {
            files.choose(Kind::Output, prefix, "png").unwrap().unwrap()
        };
        let (path, first) = choose(&mut one, "same");
        let (_, second) = choose(&mut other, "same");
        assert_eq!(first.name, second.name, "neither file is there yet");
        one.put(path.clone(), b"one").unwrap();
        other.put(path.clone(), b"other").unwrap();
        assert_eq!(fs::read(path).unwrap(), b"other");
        assert_eq!(choose(&mut one, "same").1.name, "same_00002_.png");
        assert_eq!(choose(&mut other, "other").1.name, "other_00001_.png");
    }
}
