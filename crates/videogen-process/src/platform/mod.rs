//! Picks what differs between operating systems.

#[cfg(unix)]
mod unix;
#[cfg(windows)]
mod windows;

#[cfg(unix)]
pub(crate) use unix::{configure, executable, kill, terminate, wait_until_exited};
#[cfg(windows)]
pub(crate) use windows::{configure, executable, kill, terminate, wait_until_exited};
