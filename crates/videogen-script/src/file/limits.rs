//! How much of a script is taken.

/// The largest script file that is read.
pub const MAX_SCRIPT_BYTES: u64 = 1 << 20;
/// The most characters that are spoken: about a quarter of an hour.
pub const MAX_SCRIPT_CHARS: usize = 15_000;
/// The most scenes of a script.
pub const MAX_SCENES: usize = 40;
