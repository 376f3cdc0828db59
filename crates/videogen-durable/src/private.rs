//! Makes files and directories that only their owner can read. The mode is given when they are made: a change afterwards
//! leaves a moment in which everybody can open them.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io;

use camino::Utf8Path;

use crate::open::FileKind;
use crate::open::{Links, is_own, not_a_file, open_with};

/// Makes a new file for its owner only, to be read and written.
///
/// # Errors
/// Those of the operating system; [`io::ErrorKind::AlreadyExists`] when anything has the name.
pub fn create_private(path: &Utf8Path) -> io::Result<File> {
    let mut options = private();
    options.read(true).write(true).create_new(true);
    options.open(path)
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
        if now & !mode != 0 && metadata.uid() == rustix::process::geteuid().as_raw() {
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
    use std::io::Write;
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
    fn nothing_is_written_through_a_link() {
        let dir = camino_tempfile::tempdir().expect("a temporary directory");
        let at = |name: &str| dir.path().join(name);
        std::os::unix::fs::symlink(at("elsewhere"), at("log")).expect("linked");
        let error = append_private(&at("log")).expect_err("refused");
        assert_eq!(crate::NotAFile::in_error(&error), Some(FileKind::Link));
        assert!(!at("elsewhere").exists());
    }
}
