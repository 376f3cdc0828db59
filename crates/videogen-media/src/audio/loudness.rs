//! Loudness of a mix by ITU-R BS.1770.

use ebur128::{Channel, EbuR128, Mode};

use super::{SAMPLE_RATE, StereoAudio};

/// How loud a mix has become and what was done to it.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct Loudness {
    /// Integrated loudness in LUFS; nothing for silence (all below the gate of −70 LUFS) and for less than the 400 ms
    /// the measurement needs.
    pub integrated_lufs: Option<f64>,
    /// The highest true peak of both channels in dBTP; nothing if every sample is zero.
    pub true_peak_dbtp: Option<f64>,
    /// The gain given to the whole mix, in dB; the limiter not included.
    pub gain_db: f64,
    /// Whether the limiter had to lower peaks.
    pub limited: bool,
}

/// Ten above what the check of a video takes for silence, in LUFS: compression changes it by less than one.
const FAINT: f64 = -40.0;

impl Loudness {
    /// Whether a soundtrack of it has nothing in it that could be demanded of a video: what speaks and plays in it was
    /// listened to before it was mixed, and is silent because it was brought so, or asked for.
    pub fn is_as_good_as_silent(&self) -> bool {
        self.integrated_lufs.is_none_or(|lufs| lufs < FAINT)
    }
}

/// Measures the integrated loudness of sound at [`SAMPLE_RATE`] that comes in pieces.
pub(super) struct LoudnessMeter {
    meter: EbuR128,
    /// Whether one channel is heard from both.
    of_both: bool,
}

impl LoudnessMeter {
    /// For two channels.
    pub(super) fn stereo() -> Self {
        Self {
            meter: meter(2),
            of_both: false,
        }
    }

    /// For one channel that will be heard from both.
    pub(super) fn of_both() -> Self {
        let mut meter = meter(1);
        meter
            .set_channel(0, Channel::DualMono)
            .expect("there is exactly one channel");
        Self {
            meter,
            of_both: true,
        }
    }

    /// Takes the next samples of two channels, which are the same if one is to be heard from both.
    pub(super) fn push(&mut self, block: &StereoAudio) {
        if self.of_both {
            return self.push_mono(&block.left);
        }
        self.meter
            .add_frames_planar_f32(&[&block.left, &block.right])
            .expect("both channels are given and equally long");
    }

    /// Takes the next samples of the one channel.
    pub(super) fn push_mono(&mut self, block: &[f32]) {
        self.meter
            .add_frames_f32(block)
            .expect("there is exactly one channel");
    }

    /// The loudness in LUFS, if there is one.
    pub(super) fn lufs(&self) -> Option<f64> {
        let lufs = self
            .meter
            .loudness_global()
            .expect("the mode includes integrated loudness");
        Some(lufs).filter(|lufs| lufs.is_finite())
    }
}

fn meter(channels: u32) -> EbuR128 {
    EbuR128::new(channels, SAMPLE_RATE, Mode::I)
        .expect("one or two channels at 48 kHz are within its range")
}

#[cfg(test)]
mod tests {
    use super::super::from_db;
    use super::super::tests::pieces;
    use super::*;

    fn measure(sound: &StereoAudio, lengths: &[usize]) -> Option<f64> {
        let mut meter = LoudnessMeter::stereo();
        for piece in pieces(sound, lengths) {
            meter.push(&piece);
        }
        meter.lufs()
    }

    #[test]
    fn the_reference_tone_reads_as_the_standard_says() {
        // EBU Tech 3341, case 1: a stereo 1 kHz sine of −23 dBFS reads −23 LUFS.
        let tone: Vec<f32> = (0..SAMPLE_RATE * 20)
            .map(|i| {
                (from_db(-23.0) * (std::f64::consts::TAU * 1000.0 * f64::from(i) / 48_000.0).sin())
                    as f32
            })
            .collect();
        let mut mono = LoudnessMeter::of_both();
        mono.push_mono(&tone);
        let stereo = StereoAudio {
            left: tone.clone(),
            right: tone,
        };
        let lufs = measure(&stereo, &[stereo.len()]).unwrap();
        assert!((lufs + 23.0).abs() < 0.1, "{lufs}");
        assert!((mono.lufs().unwrap() - lufs).abs() < 1e-9);
        assert_eq!(measure(&stereo, &[1, 4799, 77_777]), Some(lufs));
    }

    #[test]
    fn silence_has_none() {
        let samples = StereoAudio::silent(96_000);
        assert_eq!(measure(&samples, &[96_000]), None);
        assert_eq!(measure(&StereoAudio::default(), &[0]), None);
    }
}
