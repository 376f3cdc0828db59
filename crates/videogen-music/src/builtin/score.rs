//! The score: parts, their instruments and steps, their place in the mix, and the room they sound in.

use super::phrases::Step;
use super::voices::Instrument;

/// What a part is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    Pad,
    Bass,
    Lead,
    Beat,
    Air,
}

impl Role {
    /// Seconds ahead of the beat at which notes begin, for sounds that take time to speak.
    pub(super) const fn early(self) -> f32 {
        match self {
            Self::Pad => 0.15,
            Self::Bass => 0.02,
            Self::Lead | Self::Beat | Self::Air => 0.0,
        }
    }
}

/// One part of the score and its place in the mix.
#[derive(Debug, Clone)]
pub(super) struct Part {
    pub(super) role: Role,
    pub(super) instrument: Instrument,
    pub(super) steps: Vec<Step>,
    /// Level in the mix, linear.
    pub(super) level: f32,
    /// Level into the reverb, relative to `level`.
    pub(super) send: f32,
    /// Notes fall up to this many seconds early or late.
    pub(super) looseness: f32,
    /// Level of the chorus.
    pub(super) chorus: Option<f32>,
    /// Moving low-pass: lowest cutoff in Hz, octaves up, seconds per sway, resonance.
    pub(super) sweep: Option<(f64, f64, f64, f64)>,
    /// Ping-pong echo: beats between repeats, first level, feedback.
    pub(super) echo: Option<(f32, f32, f32)>,
}

/// A genre's parts and its room.
#[derive(Debug, Clone)]
pub(super) struct Score {
    pub(super) parts: Vec<Part>,
    /// Reverb: seconds to fall by 60 dB, damping cutoff in Hz, level.
    pub(super) room: (f64, f64, f32),
    /// Cutoff in Hz of the mix.
    pub(super) top: f64,
}

impl Part {
    /// A part without effects, as loose in its timing as its role bears.
    pub(super) fn new(
        role: Role,
        instrument: Instrument,
        steps: Vec<Step>,
        level: f32,
        send: f32,
    ) -> Self {
        let looseness = match role {
            Role::Pad => 0.02,
            Role::Air => 0.0,
            Role::Bass => 0.006,
            Role::Lead => 0.010,
            Role::Beat => 0.004,
        };
        Self {
            role,
            instrument,
            steps,
            level,
            send,
            looseness,
            chorus: None,
            sweep: None,
            echo: None,
        }
    }

    /// Adds the chorus.
    pub(super) fn chorus(mut self, wet: f32) -> Self {
        self.chorus = Some(wet);
        self
    }

    /// Adds the moving low-pass.
    pub(super) fn sweep(mut self, low: f64, octaves: f64, seconds: f64, q: f64) -> Self {
        self.sweep = Some((low, octaves, seconds, q));
        self
    }

    /// Adds the echo.
    pub(super) fn echo(mut self, beats: f32, level: f32, feedback: f32) -> Self {
        self.echo = Some((beats, level, feedback));
        self
    }

    /// Sets how far notes fall from the beat.
    pub(super) fn loose(mut self, seconds: f32) -> Self {
        self.looseness = seconds;
        self
    }
}
