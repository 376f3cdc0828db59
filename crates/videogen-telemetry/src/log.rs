//! The log file: bounded on disk, and never a reason for the program to fail.

use std::fmt;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::sync::{Arc, Mutex, PoisonError};

use camino::{Utf8Path, Utf8PathBuf};
use videogen_durable::{Effect, Effects, append_private, create_private_dir_all};

/// What the file is called; older ones have `.1` to `.3` behind it, the oldest last.
const NAME: &str = "videogen.log";
/// The size at which a file is put aside.
const MOST_BYTES: u64 = 5 << 20;
/// Older files that are kept.
const KEPT: u32 = 3;
/// Longer writes are cut: one line is not to take the place of all others.
const MOST_AT_ONCE: usize = 64 << 10;

/// Writes to `videogen.log`, which is put aside at 5 MiB; three older files are kept. Clones write to the same file.
///
/// Made for `tracing_subscriber`: `with_writer(move || log.clone())` or `with_writer(Arc::new(log))`. Every write goes to
/// the operating system before it returns, so a crash of the program loses no line. Writes never fail: what cannot be
/// written (the disk is full, the directory is gone) is counted, and the next line that can be written is preceded by one
/// that says how many are missing.
///
/// Several processes may share the file: lines are appended whole, and one that was put aside by another process is
/// noticed. If two put it aside at the same moment, the oldest lines are lost sooner than they had to.
#[derive(Debug, Clone)]
pub struct RotatingLog {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    directory: Utf8PathBuf,
    path: Utf8PathBuf,
    effects: Arc<dyn Effects>,
    most_bytes: u64,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    file: Option<File>,
    /// Writes that failed in all.
    dropped: u64,
    /// Those of them that the file does not tell of yet.
    untold: u64,
    /// Whether the last write failed, perhaps in the middle of a line.
    torn: bool,
}

impl RotatingLog {
    /// Writes to `videogen.log` in `directory`. Neither is made before the first line.
    pub fn new(directory: &Utf8Path, effects: Arc<dyn Effects>) -> Self {
        Self::with_size(directory, effects, MOST_BYTES)
    }

    fn with_size(directory: &Utf8Path, effects: Arc<dyn Effects>, most_bytes: u64) -> Self {
        Self {
            shared: Arc::new(Shared {
                directory: directory.to_owned(),
                path: directory.join(NAME),
                effects,
                most_bytes,
                state: Mutex::default(),
            }),
        }
    }

    /// Where it writes.
    pub fn path(&self) -> &Utf8Path {
        &self.shared.path
    }

    /// Writes that failed so far.
    pub fn dropped(&self) -> u64 {
        self.state().dropped
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        // A panic cannot leave more behind than a torn line.
        self.shared
            .state
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn take(&self, text: &[u8]) {
        // Nothing in here may log: that would wait for this very lock.
        let mut state = self.state();
        match self.shared.append(&mut state, text) {
            Ok(()) => state.untold = 0,
            Err(_) => {
                state.dropped += 1;
                state.untold += 1;
            }
        }
    }
}

impl Shared {
    fn append(&self, state: &mut State, text: &[u8]) -> io::Result<()> {
        let mut lines = Vec::with_capacity(text.len() + 64);
        if state.torn {
            lines.push(b'\n');
        }
        if state.untold > 0 {
            writeln!(lines, "[{} writes to this log failed]", state.untold)?;
        }
        if text.len() > MOST_AT_ONCE {
            lines.extend_from_slice(&text[..MOST_AT_ONCE]);
            writeln!(lines, " [cut, {} bytes in all]", text.len())?;
        } else {
            lines.extend_from_slice(text);
        }
        let room_for = lines.len() as u64;
        let mut file = match state.file.take() {
            Some(file) => file,
            None => self.open()?,
        };
        // Asked each time: another process may have written to it as well.
        if is_full(file.metadata()?.len(), room_for, self.most_bytes) {
            drop(file);
            // Another process may have put it aside already.
            let current = fs::metadata(&self.path).map_or(0, |metadata| metadata.len());
            if is_full(current, room_for, self.most_bytes) {
                self.put_aside()?;
            }
            file = self.open()?;
        }
        // Kept even if this fails: a disk that is full now may not be so later.
        let file = state.file.insert(file);
        self.effects.before(Effect::Write(&self.path))?;
        state.torn = true;
        file.write_all(&lines)?;
        state.torn = false;
        Ok(())
    }

    fn open(&self) -> io::Result<File> {
        let open = || {
            self.effects.before(Effect::Write(&self.path))?;
            append_private(&self.path)
        };
        match open() {
            Err(error) if videogen_durable::NotAFile::in_error(&error).is_some() => {
                // Somebody may have led the log elsewhere by a link, to another disk or to nothing. Anything else, to which
                // a write could wait for ever, only has the name.
                if self.path.metadata().is_ok_and(|found| takes_writes(&found)) {
                    return OpenOptions::new().append(true).open(&self.path);
                }
                videogen_durable::set_aside(&*self.effects, &self.path)?;
                open()
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                self.effects.before(Effect::Write(&self.directory))?;
                create_private_dir_all(&self.directory)?;
                open()
            }
            outcome => outcome,
        }
    }

    /// Gives each file the name of the next older one; the oldest goes.
    fn put_aside(&self) -> io::Result<()> {
        for number in (0..KEPT).rev() {
            let from = self.numbered(number);
            let to = self.numbered(number + 1);
            if from.symlink_metadata().is_ok_and(|m| m.is_file()) {
                self.effects.before(Effect::Rename(&to))?;
                fs::rename(&from, &to)?;
            }
        }
        Ok(())
    }

    fn numbered(&self, number: u32) -> Utf8PathBuf {
        match number {
            0 => self.path.clone(),
            _ => self.directory.join(format!("{NAME}.{number}")),
        }
    }
}

/// Whether a write to it ends at once: a regular file, or a device such as `/dev/null`.
fn takes_writes(found: &fs::Metadata) -> bool {
    #[cfg(unix)]
    let is_device = std::os::unix::fs::FileTypeExt::is_char_device(&found.file_type());
    #[cfg(not(unix))]
    let is_device = false;
    found.is_file() || is_device
}

/// Whether a file of `size` bytes has no room for `more`. An empty one always has.
const fn is_full(size: u64, more: u64, most: u64) -> bool {
    size > 0 && size.saturating_add(more) > most
}

impl Write for &RotatingLog {
    /// Takes all of it, always.
    fn write(&mut self, text: &[u8]) -> io::Result<usize> {
        if !text.is_empty() {
            self.take(text);
        }
        Ok(text.len())
    }

    /// Nothing is held back, so there is nothing to do.
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }

    /// Takes all parts at once, so that no other thread writes between them.
    fn write_fmt(&mut self, parts: fmt::Arguments<'_>) -> io::Result<()> {
        let mut text = String::new();
        // A `Display` that fails has still said something.
        let _ = fmt::write(&mut text, parts);
        self.write_all(text.as_bytes())
    }
}

impl Write for RotatingLog {
    /// Takes all of it, always.
    fn write(&mut self, text: &[u8]) -> io::Result<usize> {
        (&*self).write(text)
    }

    /// Takes all parts at once, so that no other thread writes between them.
    fn write_fmt(&mut self, parts: fmt::Arguments<'_>) -> io::Result<()> {
        (&*self).write_fmt(parts)
    }

    /// Nothing is held back, so there is nothing to do.
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests;
