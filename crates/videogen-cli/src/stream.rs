//! Standard output and standard error as the operating system has them.
//!
//! The standard library's handles have locks: who waits for a reader holds one, and everybody else waits for that.

use std::io;
use std::sync::OnceLock;

/// Writes to standard output.
pub(crate) fn stdout() -> impl Fn(&[u8]) -> io::Result<usize> + Send + Sync {
    |bytes| write(&io::stdout(), bytes)
}

/// Writes to standard error.
pub(crate) fn stderr() -> impl Fn(&[u8]) -> io::Result<usize> + Send + Sync {
    |bytes| write(&io::stderr(), bytes)
}

#[cfg(unix)]
fn write(stream: &impl std::os::fd::AsFd, bytes: &[u8]) -> io::Result<usize> {
    Ok(rustix::io::write(stream, bytes)?)
}

#[cfg(not(unix))]
fn write<S>(stream: &S, bytes: &[u8]) -> io::Result<usize>
where
    for<'a> &'a S: io::Write,
{
    let mut stream = stream;
    io::Write::write(&mut stream, bytes)
}

/// Whether this is a job in the background of a terminal that is not to show what such jobs write (`stty tostop`). The
/// kernel would stop the whole program for it.
#[cfg(unix)]
pub(crate) fn output_is_unwanted() -> bool {
    use rustix::termios::{LocalModes, tcgetattr};
    let stderr = io::stderr();
    !in_foreground(&stderr)
        && tcgetattr(&stderr).is_ok_and(|modes| modes.local_modes.contains(LocalModes::TOSTOP))
}

#[cfg(not(unix))]
pub(crate) fn output_is_unwanted() -> bool {
    false
}

/// Whether this is not a job in the background of the terminal `of`.
#[cfg(unix)]
fn in_foreground(of: &impl std::os::fd::AsFd) -> bool {
    // No terminal, or not the one that this program is controlled by: nobody is stopped for writing there.
    rustix::termios::tcgetpgrp(of).map_or(true, |group| group == rustix::process::getpgrp())
}

#[cfg(unix)]
static MODES: OnceLock<Option<rustix::termios::Termios>> = OnceLock::new();

/// Notes how the terminal is set before a question changes that.
#[cfg(unix)]
pub(crate) fn note_modes() {
    MODES.get_or_init(|| rustix::termios::tcgetattr(io::stdin()).ok());
}

/// Sets the terminal as it was at [`note_modes`]. It waits for nothing.
#[cfg(unix)]
pub(crate) fn restore_modes() {
    use rustix::termios::{OptionalActions, tcsetattr};
    let stdin = io::stdin();
    // In the background the kernel would stop the program for it.
    if let Some(Some(modes)) = MODES.get()
        && in_foreground(&stdin)
    {
        let _ = tcsetattr(&stdin, OptionalActions::Now, modes);
    }
}

#[cfg(not(unix))]
pub(crate) fn note_modes() {}

#[cfg(not(unix))]
pub(crate) fn restore_modes() {}
