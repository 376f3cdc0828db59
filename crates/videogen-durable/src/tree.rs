//! Removes a directory through its handle. A path can lead somewhere else by the time it is used; a handle cannot.

use std::io;

use camino::Utf8Path;

/// The most directories below each other that are removed; what is made here has two or three.
#[cfg(unix)]
const DEEPEST: usize = 64;

/// Removes the directory at `path` and all that is in it. Symbolic links are removed and never followed, `path` itself
/// must be none, and nothing on another file system (something mounted below it) is touched. Gone already is no error.
///
/// Only for what the caller knows to have made itself.
///
/// # Errors
/// The first that the operating system gives. What was removed until then is gone.
pub fn remove_tree(path: &Utf8Path) -> io::Result<()> {
    remove(path, None)
}

/// Removes the directory at `path` as [`remove_tree`] does, but what is called `marker` in it after everything else. The
/// process can end at any moment of this: what is left has its marker still, or it is empty.
pub(crate) fn remove_marked_tree(path: &Utf8Path, marker: &str) -> io::Result<()> {
    remove(path, Some(marker))
}

fn remove(path: &Utf8Path, last: Option<&str>) -> io::Result<()> {
    #[cfg(unix)]
    match handle::open(path) {
        Ok(dir) => handle::remove(&dir, path, last),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error),
    }
    #[cfg(not(unix))]
    match by_path::remove(path, last) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

#[cfg(not(unix))]
#[expect(
    clippy::disallowed_methods,
    reason = "there are no handles of directories here"
)]
mod by_path {
    use std::fs;
    use std::io;

    use camino::Utf8Path;

    /// Removes the directory at `path`, what is called `last` in it after everything else.
    pub(super) fn remove(path: &Utf8Path, last: Option<&str>) -> io::Result<()> {
        if let Some(last) = last {
            for entry in fs::read_dir(path)? {
                let entry = entry?;
                if entry.file_name() == last {
                    continue;
                }
                if entry.file_type()?.is_dir() {
                    fs::remove_dir_all(entry.path())?;
                } else {
                    fs::remove_file(entry.path())?;
                }
            }
        }
        fs::remove_dir_all(path)
    }
}

#[cfg(unix)]
pub(crate) mod handle {
    use std::fs::File;
    use std::io;
    use std::os::unix::fs::MetadataExt;

    use camino::Utf8Path;
    use rustix::fs::{AtFlags, Dir, Mode, OFlags, openat, unlinkat};
    use rustix::io::Errno;

    use super::DEEPEST;

    const FLAGS: OFlags = OFlags::RDONLY
        .union(OFlags::DIRECTORY)
        .union(OFlags::NOFOLLOW)
        .union(OFlags::CLOEXEC);

    /// Opens a directory, which is no symbolic link.
    pub(crate) fn open(path: &Utf8Path) -> io::Result<File> {
        Ok(rustix::fs::open(path.as_std_path(), FLAGS, Mode::empty())?.into())
    }

    /// Removes what is in the open directory `dir`, what is called `last` after everything else, and then `path` if that is
    /// still the directory.
    pub(crate) fn remove(dir: &File, path: &Utf8Path, last: Option<&str>) -> io::Result<()> {
        let device = dir.metadata()?.dev();
        if last.is_some() {
            clear(dir, device, DEEPEST, last)?;
        }
        clear(dir, device, DEEPEST, None)?;
        // `rmdir` removes an empty directory only, so the worst that a path which leads elsewhere by now can cost is an
        // empty directory of the same name.
        if !is_at(dir, path) {
            return Ok(());
        }
        match std::fs::remove_dir(path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }

    /// Whether `path` is the open directory.
    pub(crate) fn is_at(dir: &File, path: &Utf8Path) -> bool {
        match (dir.metadata(), path.symlink_metadata()) {
            (Ok(ours), Ok(there)) => ours.dev() == there.dev() && ours.ino() == there.ino(),
            _ => false,
        }
    }

    /// Removes what is in the directory but what is called `spared`.
    fn clear(dir: &File, device: u64, deeper: usize, spared: Option<&str>) -> io::Result<()> {
        // Reading a directory while it is emptied may skip names: it is read again until nothing is left.
        loop {
            let mut removed = false;
            for entry in Dir::read_from(dir)? {
                let entry = entry?;
                let name = entry.file_name();
                let is_spared = spared.is_some_and(|spared| spared.as_bytes() == name.to_bytes());
                if name == c"." || name == c".." || is_spared {
                    continue;
                }
                match unlinkat(dir, name, AtFlags::empty()) {
                    Ok(()) | Err(Errno::NOENT) => {}
                    // Linux says the first of a directory, POSIX the second.
                    Err(Errno::ISDIR | Errno::PERM) => {
                        let below = File::from(openat(dir, name, FLAGS, Mode::empty())?);
                        if below.metadata()?.dev() != device {
                            return Err(io::ErrorKind::CrossesDevices.into());
                        }
                        if deeper == 0 {
                            return Err(io::Error::other("too many directories below each other"));
                        }
                        clear(&below, device, deeper - 1, None)?;
                        match unlinkat(dir, name, AtFlags::REMOVEDIR) {
                            Ok(()) | Err(Errno::NOENT) => {}
                            Err(error) => return Err(error.into()),
                        }
                    }
                    Err(error) => return Err(error.into()),
                }
                removed = true;
            }
            if !removed {
                return Ok(());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn a_tree_goes_and_what_links_lead_to_stays() {
        let dir = camino_tempfile::tempdir().expect("a temporary directory");
        let at = |name: &str| dir.path().join(name);
        fs::create_dir_all(at("ours/a/b")).expect("made");
        fs::create_dir(at("theirs")).expect("made");
        for name in ["ours/x", "ours/a/y", "ours/a/b/z", "theirs/diary"] {
            fs::write(at(name), name).expect("written");
        }
        for n in 0..500 {
            fs::write(at(&format!("ours/a/{n}")), "").expect("written");
        }
        #[cfg(unix)]
        {
            std::os::unix::fs::symlink(at("theirs"), at("ours/link")).expect("linked");
            std::os::unix::fs::symlink(at("theirs"), at("link")).expect("linked");
            remove_tree(&at("link")).expect_err("a link is no directory of ours");
        }
        remove_tree(&at("ours")).expect("removed");
        assert!(!at("ours").exists());
        assert_eq!(
            fs::read_to_string(at("theirs/diary")).expect("there"),
            "theirs/diary"
        );
        remove_tree(&at("ours")).expect("gone already");
    }

    #[test]
    fn a_marked_tree_goes_with_its_marker() {
        let dir = camino_tempfile::tempdir().expect("a temporary directory");
        let ours = dir.path().join("ours");
        fs::create_dir_all(ours.join("a/b")).expect("made");
        for name in ["marker", "x", "a/marker", "a/b/y"] {
            fs::write(ours.join(name), name).expect("written");
        }
        remove_marked_tree(&ours, "marker").expect("removed");
        assert!(!ours.exists());
        remove_marked_tree(&ours, "marker").expect("gone already");
        fs::create_dir(&ours).expect("made");
        remove_marked_tree(&ours, "marker").expect("one without its marker goes, too");
        assert!(!ours.exists());
    }

    /// The order in which a directory is read is the file system's, so it is tried with several names.
    #[cfg(unix)]
    #[test]
    fn the_marker_stays_as_long_as_anything_else_does() {
        let dir = camino_tempfile::tempdir().expect("a temporary directory");
        for n in 0..8 {
            let ours = dir.path().join(format!("ours-{n}"));
            // Deeper than anything that is removed.
            let mut deep = ours.join(format!("deep-{n}"));
            for _ in 0..DEEPEST {
                deep.push("d");
            }
            fs::create_dir_all(&deep).expect("made");
            fs::write(ours.join("marker"), "").expect("written");
            remove_marked_tree(&ours, "marker").expect_err("too deep");
            assert!(deep.exists() && ours.join("marker").exists(), "{n}");
        }
    }
}
