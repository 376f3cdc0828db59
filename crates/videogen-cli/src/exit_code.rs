//! What the program's exit status means. These numbers are part of the interface: scripts rely on them.

/// Everything was delivered.
pub(crate) const OK: u8 = 0;
/// The program has a bug: it panicked.
pub(crate) const BUG: u8 = 1;
/// The command line, a setting or the configuration file is wrong. Nothing was started.
pub(crate) const USAGE: u8 = 2;
/// The preflight found something that would keep a video from being made. Nothing was started, nothing was written.
pub(crate) const PREFLIGHT: u8 = 3;
/// Some videos were not made.
pub(crate) const SOME_FAILED: u8 = 4;
/// `--strict`, and something was or would have to be degraded.
pub(crate) const STRICT: u8 = 5;
/// Interrupted by a signal: 128 + SIGINT, as shells report it.
pub(crate) const INTERRUPTED: u8 = 130;
