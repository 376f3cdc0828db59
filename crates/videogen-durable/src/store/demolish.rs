//! Removes a store that nobody needs any more, by the names that a store gives: whatever else is there stays.

use std::fs;
use std::io;

use camino::{Utf8Path, Utf8PathBuf};

use super::key::Key;
use super::layout;
use super::session::PREFIX;
use crate::effects::{Effect, Effects};
use crate::scratch::remove_scratch;

/// The most of what was left that is named.
const MOST_NAMED: usize = 8;

/// Removes what stores make in `dir`, and `dir` itself when nothing else is in it. Nobody may be using it but the caller.
/// Returns a few of the paths that are not a store's and were left.
///
/// # Errors
/// The first that the operating system gives, and what the effects refuse. What was removed until then is gone.
pub fn demolish(effects: &dyn Effects, dir: &Utf8Path) -> io::Result<Vec<Utf8PathBuf>> {
    let mut demolition = Demolition {
        effects,
        left: Vec::new(),
    };
    match demolition.store(dir) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(demolition.left),
    }
}

struct Demolition<'a> {
    effects: &'a dyn Effects,
    left: Vec<Utf8PathBuf>,
}

impl Demolition<'_> {
    fn store(&mut self, dir: &Utf8Path) -> io::Result<()> {
        if !dir.symlink_metadata()?.is_dir() {
            self.leave(dir);
            return Ok(());
        }
        // The lock last: what has none is no store any more.
        let mut last = Vec::new();
        for (path, name, is_dir) in entries(dir)? {
            let is_shard = name.len() == 2 && name.bytes().all(|b| b.is_ascii_hexdigit());
            match (&*name, is_dir) {
                ("lock" | "hmac.key", false) => last.push(path),
                ("tmp", true) => self.sessions(&path)?,
                ("parts", true) => self.parts(&path)?,
                (_, true) if is_shard => self.shard(&path, &name)?,
                _ => self.leave(&path),
            }
        }
        for path in last {
            self.file(&path)?;
        }
        self.directory(dir)
    }

    fn shard(&mut self, dir: &Utf8Path, shard: &str) -> io::Result<()> {
        for (path, name, is_dir) in entries(dir)? {
            let is_ours = layout::parse(&name).is_some_and(|_| name.starts_with(shard));
            if is_ours && !is_dir {
                self.file(&path)?;
            } else {
                self.leave(&path);
            }
        }
        self.directory(dir)
    }

    /// Of this process, or of one that is gone.
    fn sessions(&mut self, dir: &Utf8Path) -> io::Result<()> {
        // What was killed while it made or removed its own has no marker.
        self.effects.before(Effect::Remove(dir))?;
        crate::sweep(dir, PREFIX);
        for (path, _, is_dir) in entries(dir)? {
            if is_dir && crate::is_scratch(&path) {
                self.effects.before(Effect::Remove(&path))?;
                remove_scratch(&path)?;
            } else {
                self.leave(&path);
            }
        }
        self.directory(dir)
    }

    /// The parts of encoded videos, in directories that are named by keys, which nobody else can compute.
    fn parts(&mut self, dir: &Utf8Path) -> io::Result<()> {
        for (path, name, is_dir) in entries(dir)? {
            if is_dir && name.parse::<Key>().is_ok() {
                self.tree(&path)?;
            } else {
                self.leave(&path);
            }
        }
        self.directory(dir)
    }

    fn tree(&self, path: &Utf8Path) -> io::Result<()> {
        self.effects.before(Effect::Remove(path))?;
        crate::remove_tree(path)
    }

    fn file(&self, path: &Utf8Path) -> io::Result<()> {
        self.effects.before(Effect::Remove(path))?;
        match fs::remove_file(path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }

    /// Removes a directory unless something was left in it.
    fn directory(&self, path: &Utf8Path) -> io::Result<()> {
        self.effects.before(Effect::Remove(path))?;
        match fs::remove_dir(path) {
            Err(error)
                if !matches!(
                    error.kind(),
                    io::ErrorKind::NotFound | io::ErrorKind::DirectoryNotEmpty
                ) =>
            {
                Err(error)
            }
            _ => Ok(()),
        }
    }

    fn leave(&mut self, path: &Utf8Path) {
        if self.left.len() < MOST_NAMED {
            self.left.push(path.to_owned());
        }
    }
}

/// What is in a directory: path, name, and whether it is a directory itself.
fn entries(dir: &Utf8Path) -> io::Result<Vec<(Utf8PathBuf, String, bool)>> {
    let mut all = Vec::new();
    for entry in dir.read_dir_utf8()? {
        let entry = entry?;
        let is_dir = entry.file_type()?.is_dir();
        let name = entry.file_name().to_owned();
        all.push((entry.into_path(), name, is_dir));
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::effects::RealEffects;
    use crate::store::{About, KeyBuilder, Store, StoreLimits};
    use std::sync::Arc;

    #[test]
    fn a_store_goes_and_what_is_no_stores_stays() {
        let parent = camino_tempfile::tempdir().expect("a temporary directory");
        let dir = parent.path().join("store");
        let make = || {
            let store =
                Store::open(&dir, StoreLimits::default(), Arc::new(RealEffects)).expect("opened");
            for n in 0..20 {
                let key = KeyBuilder::new("test", 1).number("n", n).finish();
                let about = About::new("bin", "test");
                store.put_bytes(&key, &about, b"x").expect("put");
                let part = dir.join("parts").join(key.to_string());
                fs::create_dir_all(&part).expect("made");
                fs::write(part.join("part-00000.mp4"), "x").expect("written");
            }
            store
        };
        // Open still, as when a batch is finished.
        let store = make();
        // Killed before it had marked its own.
        let killed = format!("{PREFIX}{}-0123456789ab", std::process::id());
        fs::create_dir(dir.join("tmp").join(killed)).expect("made");
        assert!(demolish(&RealEffects, &dir).expect("removed").is_empty());
        assert!(!dir.exists());
        drop(store);
        assert!(demolish(&RealEffects, &dir).expect("nothing").is_empty());

        drop(make());
        let theirs = [
            "diary.txt",
            "ab/notes.txt",
            "tmp/mine/x",
            "parts/mine/x",
            "photos/x",
        ];
        for name in theirs {
            let path = dir.join(name);
            fs::create_dir_all(path.parent().expect("below")).expect("made");
            fs::write(path, "dear").expect("written");
        }
        assert_eq!(
            demolish(&RealEffects, &dir).expect("removed").len(),
            theirs.len()
        );
        for name in theirs {
            assert_eq!(fs::read_to_string(dir.join(name)).expect("there"), "dear");
        }
        assert!(!dir.join("lock").exists());
    }
}
