//! Sound: input files to samples, narration and music to one mix of a given loudness.

mod bed;
mod decode;
mod duck;
mod input;
mod limiter;
mod loudness;
mod mix;
mod resample;
mod sniff;
mod wav;

pub use bed::Bed;
pub use decode::decode;
pub use input::{AudioInfo, LARGEST_AUDIO_FILE, check_audio_file};
pub use loudness::Loudness;
pub use mix::{Clip, Mix, MixRequest, MixSettings, mix};
pub use resample::resample;
pub use sniff::{Container, sniff};
pub use wav::write_wav;

/// Samples per second of everything that is mixed and written.
pub const SAMPLE_RATE: u32 = 48_000;

/// Two channels at [`SAMPLE_RATE`]. Full scale is ±1.0; both channels are equally long.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Stereo {
    /// The left channel.
    pub left: Vec<f32>,
    /// The right channel.
    pub right: Vec<f32>,
}

impl Stereo {
    /// Number of samples per channel.
    pub fn len(&self) -> usize {
        self.left.len().min(self.right.len())
    }

    /// Whether there are no samples.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Length in seconds.
    pub fn seconds(&self) -> f64 {
        self.len() as f64 / f64::from(SAMPLE_RATE)
    }

    /// The mean of both channels, as a narration is mixed from.
    pub fn to_mono(&self) -> Vec<f32> {
        self.left
            .iter()
            .zip(&self.right)
            .map(|(left, right)| 0.5 * (left + right))
            .collect()
    }
}

/// The number of samples that come closest to `seconds` at `rate` samples per second.
pub(crate) fn samples_in(seconds: f64, rate: u32) -> usize {
    (seconds * f64::from(rate)).round() as usize
}

/// A ratio in decibels as a factor for samples.
pub(crate) fn from_db(db: f64) -> f64 {
    10_f64.powf(db / 20.0)
}

/// A factor for samples in decibels.
pub(crate) fn to_db(factor: f64) -> f64 {
    20.0 * factor.log10()
}
