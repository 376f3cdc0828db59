//! Makes files and directories that only their owner can read. The mode is given when they are made: a change afterwards
//! leaves a moment in which everybody can open them.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{self, Write};

use camino::Utf8Path;

use crate::open::FileKind;
use crate::open::{Links, is_own, not_a_file, open_with};

/// How often a name is taken away from what has it.
const TRIES: usize = 16;

/// Makes a new file for its owner only, to be read and written.
///
/// # Errors
/// Those of the operating system; [`io::ErrorKind::AlreadyExists`] when anything has the name.
pub fn create_private(path: &Utf8Path) -> io::Result<File> {
    let mut options = private();
    options.read(true).write(true).create_new(true);
    options.open(path)
}

/// Makes a new file for its owner only in the place of what has the name. A file or link that has it loses it and is not
/// written to: it may have other names.
///
/// Only for names that the caller knows to be its own.
///
/// # Errors
/// Those of the operating system; [`crate::NotAFile`] for a directory, device, pipe or socket of that name, which stays.
pub fn replace_private(path: &Utf8Path) -> io::Result<File> {
    for _ in 0..TRIES {
        match create_private(path) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            made => return made,
        }
        // A device or pipe of that name is nobody's leftover.
        let removed = path.symlink_metadata().and_then(|found| {
            if found.is_file() || found.is_symlink() {
                std::fs::remove_file(path)
            } else {
                Err(not_a_file(FileKind::of(found.file_type())))
            }
        });
        match removed {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    Err(io::ErrorKind::AlreadyExists.into())
}

/// Writes `bytes` into a new file for its owner only, see [`replace_private`]. Not flushed.
///
/// # Errors
/// Those of the operating system. What was written until then stays.
pub fn write_private(path: &Utf8Path, bytes: &[u8]) -> io::Result<()> {
    replace_private(path)?.write_all(bytes)
}

/// Replaces the content of a file that a person named, made for its owner only where it is missing. A symbolic link is
/// followed: people link their configuration to where they keep it.
///
/// # Errors
/// Those of the operating system, and [`crate::NotAFile`].
pub fn rewrite_named(path: &Utf8Path, bytes: &[u8]) -> io::Result<()> {
    let mut options = private();
    options.write(true).create(true).truncate(false);
    let mut file = open_with(path, &mut options, Links::Followed)?;
    narrow(&file, 0o600)?;
    file.set_len(0)?;
    file.write_all(bytes)
}

/// Returns the mode that a file made in `dir` has by what the user set (`umask`), which can only be learnt by making one:
/// it is removed at once. `None` where there are no modes.
///
/// # Errors
/// Those of the operating system.
pub fn default_mode(dir: &Utf8Path) -> io::Result<Option<u32>> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let path = dir.join(format!("mode-{}", std::process::id()));
        let file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .open(&path)?;
        let mode = file.metadata().map(|m| m.permissions().mode() & 0o777);
        std::fs::remove_file(&path)?;
        mode.map(Some)
    }
    #[cfg(not(unix))]
    {
        let _ = dir;
        Ok(None)
    }
}

/// Gives a file that was private the mode of [`default_mode`], for delivery. A file system without modes is no error.
pub fn publish_mode(file: &File, mode: Option<u32>) {
    #[cfg(unix)]
    if let Some(mode) = mode {
        use std::os::unix::fs::PermissionsExt;
        if let Err(error) = file.set_permissions(std::fs::Permissions::from_mode(mode)) {
            tracing::debug!(%error, "this file system keeps no modes");
        }
    }
    #[cfg(not(unix))]
    let _ = (file, mode);
}

/// Opens a file of this program for appending, made for its owner only where it is missing. The mode of one that is there
/// already is narrowed, so that what an earlier version made readable is not any more.
///
/// # Errors
/// Those of the operating system, and [`crate::NotAFile`].
pub fn append_private(path: &Utf8Path) -> io::Result<File> {
    let mut options = private();
    options.append(true).create(true);
    let file = open_with(path, &mut options, Links::Refused)?;
    is_own(&file)?;
    narrow(&file, 0o600)?;
    Ok(file)
}

/// Opens a file of this program for reading and writing, made for its owner only where it is missing.
pub(crate) fn open_private(path: &Utf8Path) -> io::Result<File> {
    let mut options = private();
    options.read(true).write(true).create(true).truncate(false);
    let file = open_with(path, &mut options, Links::Refused)?;
    is_own(&file)?;
    narrow(&file, 0o600)?;
    Ok(file)
}

/// Makes a directory for its owner only, below one that is there.
///
/// # Errors
/// Those of the operating system; [`io::ErrorKind::AlreadyExists`] when anything has the name.
pub fn create_private_dir(path: &Utf8Path) -> io::Result<()> {
    builder().create(path)
}

/// Makes the directories of `path` that are missing, for their owner only. Those that are there stay as they are: they may
/// be a person's own.
///
/// # Errors
/// Those of the operating system.
pub fn create_missing_dirs(path: &Utf8Path) -> io::Result<()> {
    builder().recursive(true).create(path)
}

/// Makes a directory for its owner only, and those above it that are missing. One that is there is used as it is, after
/// its mode was narrowed when it belongs to the user the program runs as. For directories that are this program's alone.
///
/// # Errors
/// Those of the operating system; [`crate::NotAFile`] when it is there and belongs to another user, who could change
/// whatever is in it.
pub fn create_private_dir_all(path: &Utf8Path) -> io::Result<()> {
    builder().recursive(true).create(path)?;
    #[cfg(unix)]
    {
        use rustix::fs::{Mode, OFlags};
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let dir = match rustix::fs::open(path.as_std_path(), flags, Mode::empty()) {
            Ok(dir) => File::from(dir),
            // A directory that may not be listed can still be used.
            Err(rustix::io::Errno::ACCESS) => return Ok(()),
            Err(error) => return Err(error.into()),
        };
        is_own(&dir).map_err(|_| not_a_file(FileKind::Foreign))?;
        narrow(&dir, 0o700)?;
    }
    Ok(())
}

fn private() -> OpenOptions {
    #[cfg_attr(not(unix), expect(unused_mut, reason = "there are no modes"))]
    let mut options = OpenOptions::new();
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

fn builder() -> DirBuilder {
    #[cfg_attr(not(unix), expect(unused_mut, reason = "there are no modes"))]
    let mut builder = DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder
}

/// Takes away what `mode` does not give. Of a file of another user (the administrator's, by [`is_own`]) nothing is
/// changed, and a file system without modes is no error.
fn narrow(file: &File, mode: u32) -> io::Result<()> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::{MetadataExt, PermissionsExt};
        let metadata = file.metadata()?;
        let now = metadata.permissions().mode() & 0o7777;
        // What has the sticky bit is shared on purpose.
        let is_shared = now & 0o1000 != 0;
        if now & !mode != 0 && !is_shared && metadata.uid() == rustix::process::geteuid().as_raw() {
            let narrowed = std::fs::Permissions::from_mode(now & mode);
            if let Err(error) = file.set_permissions(narrowed) {
                tracing::debug!(%error, "this file system keeps no modes");
            }
        }
    }
    #[cfg(not(unix))]
    let _ = (file, mode);
    Ok(())
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    fn mode(path: &Utf8Path) -> u32 {
        fs::metadata(path).expect("there").permissions().mode() & 0o7777
    }

    #[test]
    fn what_is_made_is_for_its_owner_only() {
        let dir = camino_tempfile::tempdir().expect("a temporary directory");
        let deep = dir.path().join("a/b");
        create_private_dir_all(&deep).expect("made");
        create_private(&deep.join("new")).expect("made");
        append_private(&deep.join("log"))
            .expect("made")
            .write_all(b"x")
            .expect("written");
        open_private(&deep.join("lock")).expect("made");
        create_private_dir(&deep.join("c")).expect("made");
        for path in [dir.path().join("a"), deep.clone(), deep.join("c")] {
            assert_eq!(mode(&path), 0o700, "{path}");
        }
        for name in ["new", "log", "lock"] {
            assert_eq!(mode(&deep.join(name)), 0o600, "{name}");
        }
        let again = create_private(&deep.join("new")).expect_err("there");
        assert_eq!(again.kind(), io::ErrorKind::AlreadyExists);
    }

    #[test]
    fn what_an_earlier_version_left_open_is_closed() {
        let dir = camino_tempfile::tempdir().expect("a temporary directory");
        let at = |name: &str| dir.path().join(name);
        fs::create_dir(at("d")).expect("made");
        fs::set_permissions(at("d"), fs::Permissions::from_mode(0o755)).expect("set");
        fs::write(at("log"), "x").expect("written");
        fs::set_permissions(at("log"), fs::Permissions::from_mode(0o664)).expect("set");
        create_private_dir_all(&at("d")).expect("used");
        append_private(&at("log")).expect("used");
        assert_eq!((mode(&at("d")), mode(&at("log"))), (0o700, 0o600));
    }

    #[test]
    fn a_replaced_file_keeps_its_other_names_and_a_delivered_one_has_the_users_mode() {
        let dir = camino_tempfile::tempdir().expect("a temporary directory");
        let at = |name: &str| dir.path().join(name);
        fs::write(at("kept"), "old").expect("written");
        fs::hard_link(at("kept"), at("new")).expect("linked");
        write_private(&at("new"), b"new").expect("written");
        let read = |name: &str| fs::read_to_string(at(name)).expect("there");
        assert_eq!((&*read("kept"), &*read("new")), ("old", "new"));
        assert_eq!(mode(&at("new")), 0o600);
        let wanted = default_mode(dir.path()).expect("learnt");
        assert_eq!(wanted, Some(mode(&at("kept")) & 0o777));
        publish_mode(&File::open(at("new")).expect("there"), wanted);
        assert_eq!(mode(&at("new")), mode(&at("kept")));
        rewrite_named(&at("kept"), b"x").expect("written");
        assert_eq!((&*read("kept"), mode(&at("kept"))), ("x", 0o600));
        assert_eq!(fs::read_dir(dir.path()).expect("there").count(), 2);
    }

    #[test]
    fn nothing_is_written_through_a_link() {
        let dir = camino_tempfile::tempdir().expect("a temporary directory");
        let at = |name: &str| dir.path().join(name);
        std::os::unix::fs::symlink(at("elsewhere"), at("log")).expect("linked");
        let error = append_private(&at("log")).expect_err("refused");
        assert_eq!(crate::NotAFile::in_error(&error), Some(FileKind::Link));
        assert!(!at("elsewhere").exists());
    }
}
