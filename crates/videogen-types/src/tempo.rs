//! The tempo of a video: whoever turns words into time, or time into words, has to agree on it.

/// Silence before the first word, in seconds: players show their controls for a moment, and no sound starts in the
/// first frame.
pub const LEAD_SECONDS: f64 = 0.4;

/// Silence between two scenes when nothing asks for more or less, in seconds.
pub const GAP_SECONDS: f64 = 0.5;

/// Time after the last word, in which the music fades, in seconds.
pub const TAIL_SECONDS: f64 = 1.2;

/// Words a second that a voice says at its natural rate when nothing is known of it. Measured over the built-in writer's
/// English with a medium Piper voice.
pub const WORDS_PER_SECOND: f64 = 2.6;
