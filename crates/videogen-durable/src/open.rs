//! Opens files that others may have made. Opening a named pipe waits for its other end, a device can do anything, and a
//! check before the opening looks at another file than the opening does: so everything here opens without waiting and
//! looks at the handle.

use std::fmt;
use std::fs::{File, FileType, OpenOptions};
use std::io::{self, Read};

use camino::Utf8Path;

/// What stands under a name where a regular file was expected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum FileKind {
    /// A directory.
    Directory,
    /// A symbolic link, where none is followed.
    Link,
    /// A named pipe.
    Pipe,
    /// A socket.
    Socket,
    /// A character or block device.
    Device,
    /// A regular file that belongs to another user.
    Foreign,
    /// Something else.
    Other,
}

impl FileKind {
    /// Returns the kind of what is no regular file.
    #[cfg(unix)]
    pub(crate) fn of(kind: FileType) -> Self {
        use std::os::unix::fs::FileTypeExt;
        if kind.is_dir() {
            Self::Directory
        } else if kind.is_symlink() {
            Self::Link
        } else if kind.is_fifo() {
            Self::Pipe
        } else if kind.is_socket() {
            Self::Socket
        } else if kind.is_char_device() || kind.is_block_device() {
            Self::Device
        } else {
            Self::Other
        }
    }

    /// Returns the kind of what is no regular file.
    #[cfg(not(unix))]
    pub(crate) fn of(kind: FileType) -> Self {
        if kind.is_dir() {
            Self::Directory
        } else if kind.is_symlink() {
            Self::Link
        } else {
            Self::Other
        }
    }

    /// Returns the kind in words, with an article.
    pub const fn describe(self) -> &'static str {
        match self {
            Self::Directory => "a directory",
            Self::Link => "a symbolic link",
            Self::Pipe => "a named pipe",
            Self::Socket => "a socket",
            Self::Device => "a device",
            Self::Foreign => "a file of another user",
            Self::Other => "no regular file",
        }
    }
}

impl fmt::Display for FileKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.describe())
    }
}

/// The reason inside an [`io::Error`] of kind [`io::ErrorKind::InvalidInput`]: what has the name is not what is read here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("it is {found}, which is not read")]
#[non_exhaustive]
pub struct NotAFile {
    /// What it is.
    pub found: FileKind,
}

impl NotAFile {
    /// Returns what was found, if `error` says that it was no file to be read.
    pub fn in_error(error: &io::Error) -> Option<FileKind> {
        let inner = error.get_ref()?.downcast_ref::<Self>()?;
        Some(inner.found)
    }
}

/// The reason inside an [`io::Error`] of kind [`io::ErrorKind::FileTooLarge`]: a file has more bytes than are read of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("it is larger than {limit} bytes")]
#[non_exhaustive]
pub struct TooLarge {
    /// The most bytes that are read.
    pub limit: u64,
}

pub(crate) fn not_a_file(found: FileKind) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, NotAFile { found })
}

/// Opens a file for reading that a person named: a regular file, to which a symbolic link may lead. Returns at once,
/// whatever has the name.
///
/// # Errors
/// Those of the operating system, and [`NotAFile`].
pub fn open_regular(path: &Utf8Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true);
    open_with(path, &mut options, Links::Followed)
}

/// Opens a file for reading that this program made: a regular file, itself and no link, that belongs to the user the
/// program runs as (or to the administrator).
///
/// # Errors
/// Those of the operating system, and [`NotAFile`].
pub fn open_own(path: &Utf8Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    // Windows flushes, and sets times, only through a handle that may write.
    options.read(true).write(cfg!(windows));
    let file = open_with(path, &mut options, Links::Refused)?;
    is_own(&file)?;
    Ok(file)
}

/// Opens a file that this program made for writing, which must be there. What is in it stays.
///
/// # Errors
/// As [`open_own`].
pub fn open_own_to_write(path: &Utf8Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true);
    let file = open_with(path, &mut options, Links::Refused)?;
    is_own(&file)?;
    Ok(file)
}

/// Reads a file that a person named, which has at most `limit` bytes.
///
/// # Errors
/// As [`open_regular`], and [`TooLarge`].
pub fn read_regular(path: &Utf8Path, limit: u64) -> io::Result<Vec<u8>> {
    read(open_regular(path)?, limit)
}

/// Reads a file that this program made, which has at most `limit` bytes.
///
/// # Errors
/// As [`open_own`], and [`TooLarge`].
pub fn read_own(path: &Utf8Path, limit: u64) -> io::Result<Vec<u8>> {
    read(open_own(path)?, limit)
}

/// Reads a text that this program wrote, which has at most `limit` bytes.
///
/// # Errors
/// As [`read_own`], and [`io::ErrorKind::InvalidData`] for what is not UTF-8.
pub fn read_own_to_string(path: &Utf8Path, limit: u64) -> io::Result<String> {
    String::from_utf8(read_own(path, limit)?)
        .map_err(|e| io::Error::new(io::ErrorKind::InvalidData, e.utf8_error()))
}

fn read(file: File, limit: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    // One byte more tells a file of just the limit from a larger one, also where the size is not known beforehand.
    file.take(limit.saturating_add(1)).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > limit {
        return Err(io::Error::new(
            io::ErrorKind::FileTooLarge,
            TooLarge { limit },
        ));
    }
    Ok(bytes)
}

/// Whether symbolic links lead to the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Links {
    /// They do.
    Followed,
    /// The last component of the path must not be one.
    Refused,
}

/// Opens `path` as `options` say, if it is a regular file.
pub(crate) fn open_with(
    path: &Utf8Path,
    options: &mut OpenOptions,
    links: Links,
) -> io::Result<File> {
    #[cfg(unix)]
    {
        use rustix::fs::OFlags;
        use std::os::unix::fs::OpenOptionsExt;
        // A terminal must not become ours either.
        let mut flags = OFlags::NONBLOCK | OFlags::NOCTTY;
        if links == Links::Refused {
            flags |= OFlags::NOFOLLOW;
        }
        options.custom_flags(flags.bits() as i32);
    }
    #[cfg(not(unix))]
    if links == Links::Refused && std::fs::symlink_metadata(path).is_ok_and(|m| m.is_symlink()) {
        return Err(not_a_file(FileKind::Link));
    }
    let file = options.open(path).map_err(|e| in_words(path, e))?;
    let kind = file.metadata()?.file_type();
    if kind.is_file() {
        Ok(file)
    } else {
        Err(not_a_file(FileKind::of(kind)))
    }
}

/// The error of what cannot even be opened (a link where none is followed, a socket, a directory for writing, a pipe that
/// nobody reads) as that of everything else that is no regular file.
fn in_words(path: &Utf8Path, error: io::Error) -> io::Error {
    if error.kind() == io::ErrorKind::NotFound {
        return error;
    }
    // Only for the message: the decision not to open was the system's.
    match path.symlink_metadata().map(|m| m.file_type()) {
        Ok(kind) if kind.is_symlink() => match path.metadata().map(|m| m.file_type()) {
            // The link is followed and leads to a file, which is refused for another reason.
            Ok(behind) if behind.is_file() && !is_loop(&error) => error,
            Ok(behind) if !behind.is_file() => not_a_file(FileKind::of(behind)),
            _ => not_a_file(FileKind::Link),
        },
        Ok(kind) if !kind.is_file() => not_a_file(FileKind::of(kind)),
        _ => error,
    }
}

/// Whether the error is that of a symbolic link that is not followed; the standard library has no stable name for it.
fn is_loop(error: &io::Error) -> bool {
    #[cfg(unix)]
    {
        error.raw_os_error() == Some(rustix::io::Errno::LOOP.raw_os_error())
    }
    #[cfg(not(unix))]
    {
        let _ = error;
        false
    }
}

/// Checks that an open file belongs to the user the program runs as. A file of the administrator is trusted, too: who
/// could make one needs no tricks.
pub(crate) fn is_own(file: &File) -> io::Result<()> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        let owner = file.metadata()?.uid();
        if owner != rustix::process::geteuid().as_raw() && owner != 0 {
            return Err(not_a_file(FileKind::Foreign));
        }
    }
    #[cfg(not(unix))]
    let _ = file;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn a_file_is_read_up_to_its_limit() {
        let dir = camino_tempfile::tempdir().expect("a temporary directory");
        let path = dir.path().join("a");
        fs::write(&path, "12345").expect("written");
        assert_eq!(read_own(&path, 5).expect("read"), b"12345");
        assert_eq!(read_regular(&path, 5).expect("read"), b"12345");
        assert_eq!(read_own_to_string(&path, 5).expect("read"), "12345");
        let error = read_own(&path, 4).expect_err("too large");
        assert_eq!(error.kind(), io::ErrorKind::FileTooLarge);
        assert_eq!(error.to_string(), "it is larger than 4 bytes");
        let missing = open_own(&dir.path().join("none")).expect_err("not there");
        assert_eq!(missing.kind(), io::ErrorKind::NotFound);
    }

    #[cfg(unix)]
    #[test]
    fn nothing_but_a_regular_file_is_opened_and_nothing_is_waited_for() {
        use rustix::fs::{CWD, FileType, Mode, mknodat};
        let dir = camino_tempfile::tempdir().expect("a temporary directory");
        let at = |name: &str| dir.path().join(name);
        mknodat(
            CWD,
            at("pipe").as_std_path(),
            FileType::Fifo,
            Mode::RUSR | Mode::WUSR,
            0,
        )
        .expect("made");
        let _socket = std::os::unix::net::UnixListener::bind(at("socket")).expect("bound");
        fs::create_dir(at("dir")).expect("made");
        fs::write(at("file"), "x").expect("written");
        let links = ["pipe", "socket", "dir", "file", "nothing"];
        for name in links {
            std::os::unix::fs::symlink(at(name), at(&format!("to-{name}"))).expect("linked");
        }
        let found = |name: &str, open: fn(&Utf8Path) -> io::Result<File>| {
            let error = open(&at(name)).expect_err("refused");
            NotAFile::in_error(&error)
        };
        for open in [open_own, open_regular] {
            assert_eq!(found("pipe", open), Some(FileKind::Pipe));
            assert_eq!(found("socket", open), Some(FileKind::Socket));
            assert_eq!(found("dir", open), Some(FileKind::Directory));
            assert_eq!(found("to-pipe", open), Some(FileKind::Pipe));
        }
        assert_eq!(found("to-file", open_own), Some(FileKind::Link));
        open_regular(&at("to-file")).expect("a person may link");
        let dangling = open_regular(&at("to-nothing")).expect_err("not there");
        assert_eq!(dangling.kind(), io::ErrorKind::NotFound);
        let device = open_regular(Utf8Path::new("/dev/zero")).expect_err("refused");
        assert_eq!(NotAFile::in_error(&device), Some(FileKind::Device));
    }
}
