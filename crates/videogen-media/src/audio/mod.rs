//! Sound: input files to samples; narration, music and the sound of clips to one mix of a given loudness.

mod bed;
mod blend;
mod brought;
mod channels;
mod clip_layer;
mod clip_sounds;
mod decode;
mod duck;
mod encoded;
mod heard;
mod input;
mod limiter;
mod loudness;
mod master;
mod mix;
mod narration;
mod pauses;
mod pcm;
mod peaks;
mod promise;
mod resample;
mod sink;
mod sniff;
mod spool;
mod walk;
mod wav;

pub use bed::MusicBed;
pub use brought::{RecordedNarration, decode_narration, listen_to_music};
pub use clip_sounds::ClipSounds;
pub(crate) use clip_sounds::{ClipSpan, ClipTrack};
pub use decode::{decode_audio, decode_music};
pub(crate) use encoded::encoded_peak;
pub use heard::AudioStats;
pub use input::audio_container;
pub(crate) use input::stream_flaw;
pub use input::{AudioInfo, MAX_AUDIO_BYTES, check_audio_file};
pub use loudness::Loudness;
pub use mix::{AudioClip, MixRequest, MixSettings, mix_to_wav, mix_with_clips};
pub use pauses::cut_at_pauses;
pub use resample::resample_audio;
pub use sniff::AudioContainer;

use channels::{ChannelEnergy, MonoSource};

/// Samples per second of everything that is mixed and written.
pub const SAMPLE_RATE: u32 = 48_000;

/// Two channels at [`SAMPLE_RATE`]. Full scale is ±1.0; both channels are equally long.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct StereoAudio {
    /// The left channel.
    pub left: Vec<f32>,
    /// The right channel.
    pub right: Vec<f32>,
}

impl StereoAudio {
    /// `length` samples of silence.
    pub(crate) fn silent(length: usize) -> Self {
        Self {
            left: vec![0.0; length],
            right: vec![0.0; length],
        }
    }

    /// Makes both channels this long, with silence where there was nothing.
    pub(crate) fn resize(&mut self, length: usize) {
        self.left.resize(length, 0.0);
        self.right.resize(length, 0.0);
    }

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

    /// The mean of both channels, as a narration is mixed from. Where they cancel each other out, as of a microphone that
    /// is wired the wrong way round, it is the stronger one alone.
    pub fn to_mono(&self) -> Vec<f32> {
        let mut energy = ChannelEnergy::default();
        energy.push(&self.left, &self.right);
        match energy.mono() {
            MonoSource::Left => self.left[..self.len()].to_vec(),
            MonoSource::Right => self.right[..self.len()].to_vec(),
            MonoSource::Mean => {
                let both = self.left.iter().zip(&self.right);
                both.map(|(left, right)| 0.5 * (left + right)).collect()
            }
        }
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

#[cfg(test)]
mod tests {
    use std::f64::consts::FRAC_PI_4;

    use super::StereoAudio;

    #[test]
    fn channels_that_cancel_each_other_out_are_not_mixed() {
        let left: Vec<f32> = (0..1000).map(|i| (i as f32 * 0.1).sin()).collect();
        let with = |factor: f32| StereoAudio {
            left: left.clone(),
            right: left.iter().map(|sample| factor * sample).collect(),
        };
        assert_eq!(with(-1.0).to_mono(), left);
        assert_eq!(with(1.0).to_mono(), left);
        // One silent channel is a recording, too.
        let half: Vec<f32> = left.iter().map(|sample| 0.5 * sample).collect();
        assert_eq!(with(0.0).to_mono(), half);
        assert!(StereoAudio::default().to_mono().is_empty());
    }

    /// `sound` in pieces of these lengths and what is left after them.
    pub(super) fn pieces(sound: &StereoAudio, lengths: &[usize]) -> Vec<StereoAudio> {
        let (mut pieces, mut at) = (Vec::new(), 0);
        for length in lengths.iter().copied().chain([sound.len()]) {
            let end = (at + length).min(sound.len());
            pieces.push(StereoAudio {
                left: sound.left[at..end].to_vec(),
                right: sound.right[at..end].to_vec(),
            });
            at = end;
        }
        pieces
    }

    /// White noise on both channels, each its own.
    pub(super) fn noise(seed: u32, level: f32, length: usize) -> StereoAudio {
        let mut state = seed | 1;
        let mut next = || {
            state ^= state << 13;
            state ^= state >> 17;
            state ^= state << 5;
            level * (state as f32 / u32::MAX as f32 * 2.0 - 1.0)
        };
        let mut channel = || (0..length).map(|_| next()).collect();
        StereoAudio {
            left: channel(),
            right: channel(),
        }
    }

    /// A sine whose peaks lie between the samples: a quarter of the rate, shifted by 45 degrees. Its samples are 3 dB
    /// below its true peak.
    pub(super) fn between_samples(level: f64, length: usize) -> StereoAudio {
        let sample = |i: usize| (level * (FRAC_PI_4 * (2 * i + 1) as f64).sin()) as f32;
        let channel: Vec<f32> = (0..length).map(sample).collect();
        StereoAudio {
            left: channel.clone(),
            right: channel,
        }
    }
}
