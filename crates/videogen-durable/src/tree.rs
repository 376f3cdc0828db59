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
    #[cfg(unix)]
    {
        match handle::open(path) {
            Ok(dir) => handle::remove(&dir, path),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            Err(error) => Err(error),
        }
    }
    #[cfg(not(unix))]
    #[expect(
        clippy::disallowed_methods,
        reason = "there are no handles of directories here"
    )]
    match std::fs::remove_dir_all(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
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

    /// Removes what is in the open directory `dir`, and then `path` if that is still the directory.
    pub(crate) fn remove(dir: &File, path: &Utf8Path) -> io::Result<()> {
        let device = dir.metadata()?.dev();
        clear(dir, device, DEEPEST)?;
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

    fn clear(dir: &File, device: u64, deeper: usize) -> io::Result<()> {
        // Reading a directory while it is emptied may skip names: it is read again until nothing is left.
        loop {
            let mut removed = false;
            for entry in Dir::read_from(dir)? {
                let entry = entry?;
                let name = entry.file_name();
                if name == c"." || name == c".." {
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
                        clear(&below, device, deeper - 1)?;
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
}
