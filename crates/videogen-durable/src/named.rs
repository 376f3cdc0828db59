//! Opens what a person named, of which a pipe is one kind: shells make them of `<(…)`. A pipe that nobody writes to, or that
//! falls silent, is an error after a time and not a program that hangs.

use std::fs::File;
use std::io::{self, Read};
use std::time::{Duration, Instant};

use camino::Utf8Path;

use crate::open::{FileKind, not_a_file};

/// How long a pipe may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReadTimeouts {
    /// Without a byte, from the opening on.
    pub silence: Duration,
    /// From the opening to the end of the file.
    pub whole: Duration,
}

impl ReadTimeouts {
    /// For what a person gives a program to read: 20 s of silence, ten minutes in all.
    pub const ORDINARY: Self = Self {
        silence: Duration::from_secs(20),
        whole: Duration::from_mins(10),
    };
}

/// A file or pipe that a person named, open for reading. Reading it blocks the thread, as long as the timeouts say.
#[derive(Debug)]
pub struct NamedFile {
    file: File,
    /// `None` for a regular file.
    pipe: Option<Pipe>,
}

#[derive(Debug)]
struct Pipe {
    timeouts: ReadTimeouts,
    opened: Instant,
    heard: Instant,
    /// Whether there was a byte: before that, no writer may mean that none has come yet.
    begun: bool,
}

impl NamedFile {
    /// Whether it is a regular file, which lies beside others.
    pub fn is_regular(&self) -> bool {
        self.pipe.is_none()
    }
}

/// Opens a regular file or a pipe for reading; symbolic links are followed. Returns at once.
///
/// # Errors
/// Those of the operating system, and [`crate::NotAFile`]. Reading from a pipe fails with [`io::ErrorKind::TimedOut`] when
/// they are over.
pub fn open_named(path: &Utf8Path, timeouts: ReadTimeouts) -> io::Result<NamedFile> {
    let mut options = std::fs::OpenOptions::new();
    options.read(true);
    #[cfg(unix)]
    {
        use rustix::fs::OFlags;
        use std::os::unix::fs::OpenOptionsExt;
        let flags = OFlags::NONBLOCK | OFlags::NOCTTY;
        options.custom_flags(flags.bits() as i32);
    }
    let file = options.open(path)?;
    let kind = file.metadata()?.file_type();
    if kind.is_file() {
        return Ok(NamedFile { file, pipe: None });
    }
    let found = FileKind::of(kind);
    if cfg!(unix) && found == FileKind::Pipe {
        let now = Instant::now();
        let pipe = Pipe {
            timeouts,
            opened: now,
            heard: now,
            begun: false,
        };
        return Ok(NamedFile {
            file,
            pipe: Some(pipe),
        });
    }
    Err(not_a_file(found))
}

impl Read for NamedFile {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match &mut self.pipe {
            None => self.file.read(buffer),
            Some(pipe) => pipe.read(&mut self.file, buffer),
        }
    }
}

impl Pipe {
    #[cfg(unix)]
    fn read(&mut self, file: &mut File, buffer: &mut [u8]) -> io::Result<usize> {
        use rustix::event::{PollFd, PollFlags, Timespec, poll};
        /// Between two looks at a pipe that has no writer yet.
        const PAUSE: Duration = Duration::from_millis(20);

        if buffer.is_empty() {
            return Ok(0);
        }
        loop {
            match file.read(buffer) {
                Ok(0) if self.begun => return Ok(0),
                Ok(0) => {}
                Ok(read) => {
                    self.begun = true;
                    self.heard = Instant::now();
                    return Ok(read);
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            }
            let silent = self.timeouts.silence.saturating_sub(self.heard.elapsed());
            let whole = self.timeouts.whole.saturating_sub(self.opened.elapsed());
            let left = silent.min(whole);
            if left.is_zero() {
                let waited = self.heard.elapsed().min(self.opened.elapsed()).as_secs();
                return Err(io::Error::new(
                    io::ErrorKind::TimedOut,
                    format!(
                        "it is a pipe that nobody has written to for {waited} s, or without an end"
                    ),
                ));
            }
            let mut polled = [PollFd::new(&*file, PollFlags::IN)];
            let wait = Timespec::try_from(left).map_err(io::Error::other)?;
            match poll(&mut polled, Some(&wait)) {
                Ok(_) | Err(rustix::io::Errno::INTR) => {}
                Err(error) => return Err(error.into()),
            }
            let seen = polled[0].revents();
            if seen.contains(PollFlags::HUP) && !seen.contains(PollFlags::IN) {
                // A writer came and went.
                self.begun = true;
            } else if !seen.contains(PollFlags::IN) {
                std::thread::sleep(PAUSE.min(left));
            }
        }
    }

    #[cfg(not(unix))]
    fn read(&mut self, file: &mut File, buffer: &mut [u8]) -> io::Result<usize> {
        file.read(buffer)
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use std::io::Write;

    const SHORT: ReadTimeouts = ReadTimeouts {
        silence: Duration::from_millis(60),
        whole: Duration::from_mins(1),
    };

    fn pipe(dir: &Utf8Path) -> camino::Utf8PathBuf {
        use rustix::fs::{CWD, FileType, Mode, mknodat};
        let path = dir.join("pipe");
        let mode = Mode::RUSR | Mode::WUSR;
        mknodat(CWD, path.as_std_path(), FileType::Fifo, mode, 0).expect("made");
        path
    }

    #[test]
    fn a_pipe_without_a_writer_ends_and_one_with_a_writer_is_read() {
        let dir = camino_tempfile::tempdir().expect("a temporary directory");
        let path = pipe(dir.path());
        let mut text = String::new();
        let error = open_named(&path, SHORT)
            .and_then(|mut file| file.read_to_string(&mut text))
            .expect_err("nobody writes");
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);

        let patient = ReadTimeouts {
            silence: Duration::from_mins(1),
            ..SHORT
        };
        let mut file = open_named(&path, patient).expect("opened");
        assert!(!file.is_regular());
        let writing = std::thread::spawn(move || {
            let mut to = std::fs::OpenOptions::new()
                .write(true)
                .open(&path)
                .expect("opened");
            for _ in 0..3 {
                to.write_all(b"a word ").expect("written");
                std::thread::sleep(Duration::from_millis(30));
            }
        });
        file.read_to_string(&mut text).expect("read");
        assert_eq!(text, "a word a word a word ");
        writing.join().expect("ended");
    }

    #[test]
    fn a_writer_that_falls_silent_is_given_up() {
        let dir = camino_tempfile::tempdir().expect("a temporary directory");
        let path = pipe(dir.path());
        let mut file = open_named(&path, SHORT).expect("opened");
        let mut to = std::fs::OpenOptions::new()
            .write(true)
            .open(&path)
            .expect("opened");
        to.write_all(b"a word").expect("written");
        let mut text = Vec::new();
        let error = file.read_to_end(&mut text).expect_err("silent");
        assert_eq!(
            (error.kind(), &*text),
            (io::ErrorKind::TimedOut, &b"a word"[..])
        );
        drop(to);
    }

    #[test]
    fn devices_and_directories_are_refused_and_files_are_read() {
        let dir = camino_tempfile::tempdir().expect("a temporary directory");
        for path in [dir.path(), Utf8Path::new("/dev/zero")] {
            let error = open_named(path, SHORT).expect_err("refused");
            assert!(
                crate::NotAFile::in_error(&error).is_some(),
                "{path}: {error}"
            );
        }
        let path = dir.path().join("file");
        std::fs::write(&path, "text").expect("written");
        let mut text = String::new();
        let mut file = open_named(&path, SHORT).expect("opened");
        file.read_to_string(&mut text).expect("read");
        assert!(file.is_regular() && text == "text");
    }
}
