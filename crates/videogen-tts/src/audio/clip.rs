//! One chunk's sound: taking off DC and the silence around it, and one gain for all.

use std::ops::Range;

use crate::align::{Phone, Span};
use crate::heard::HeardWord;

/// What a backend made of one chunk.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Clip {
    pub(crate) sample_rate: u32,
    pub(crate) samples: Vec<f32>,
    /// When what is heard, where the backend says so.
    pub(crate) heard: Option<Heard>,
}

/// What a backend says of the times in a clip, in seconds from its start.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Heard {
    /// Of phones, which words are yet to be found in.
    Phones(Vec<Phone>),
    /// Of the words of the chunk, made from its phones; `None` for one that is not spoken.
    Words(Vec<Option<Span>>),
    /// Of words as a server spells and divides them.
    Told(Vec<HeardWord>),
}

/// A clip without the silence around it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Trimmed {
    pub(crate) samples: Vec<f32>,
    /// Seconds that were cut off in front.
    pub(crate) cut: f64,
    /// Where sound is, in seconds of what is left.
    pub(crate) voiced: Span,
}

/// The peak below which a clip counts as silent: −60 dB.
const SILENT_PEAK: f32 = 1e-3;
/// What is not louder than this part of the peak (−46 dB) at either end is cut off.
const TRIM_RATIO: f32 = 0.005;
/// Silence left at either end, in seconds, so that soft consonants are not clipped.
const MARGIN: f64 = 0.02;
/// Fade at either end, in seconds: a cut never clicks.
const FADE: f64 = 0.004;
/// The peak of the whole speech; the renderer sets the loudness.
const PEAK: f32 = 0.9;

impl Clip {
    /// Seconds.
    pub(crate) fn duration(&self) -> f64 {
        self.samples.len() as f64 / f64::from(self.sample_rate)
    }

    /// Removes DC and the silence around the sound; `None` when there is no sound.
    pub(crate) fn trim(&self) -> Option<Trimmed> {
        let mean = (self
            .samples
            .iter()
            .map(|sample| f64::from(*sample))
            .sum::<f64>()
            / self.samples.len().max(1) as f64) as f32;
        let centred: Vec<f32> = self.samples.iter().map(|sample| sample - mean).collect();
        let peak = peak(&centred);
        if peak < SILENT_PEAK {
            return None;
        }
        let loud = loud_range(&centred, peak * TRIM_RATIO)?;
        let rate = f64::from(self.sample_rate);
        let margin = (MARGIN * rate) as usize;
        let kept = loud.start.saturating_sub(margin)..(loud.end + margin).min(centred.len());
        let mut samples = centred[kept.clone()].to_vec();
        fade(&mut samples, (FADE * rate) as usize);
        let voiced = (
            (loud.start - kept.start) as f64 / rate,
            (loud.end - kept.start) as f64 / rate,
        );
        Some(Trimmed {
            samples,
            cut: kept.start as f64 / rate,
            voiced,
        })
    }
}

fn peak(samples: &[f32]) -> f32 {
    samples
        .iter()
        .fold(0.0, |peak, sample| peak.max(sample.abs()))
}

fn loud_range(samples: &[f32], threshold: f32) -> Option<Range<usize>> {
    let first = samples.iter().position(|sample| sample.abs() > threshold)?;
    let last = samples
        .iter()
        .rposition(|sample| sample.abs() > threshold)?;
    Some(first..last + 1)
}

fn fade(samples: &mut [f32], length: usize) {
    let length = length.min(samples.len() / 2);
    let end = samples.len();
    for n in 0..length {
        let gain = n as f32 / length as f32;
        samples[n] *= gain;
        samples[end - 1 - n] *= gain;
    }
}

/// Brings the loudest sample of the whole to the common peak; silence stays silence.
pub(crate) fn level(samples: &mut [f32]) {
    let peak = peak(samples);
    if peak > 0.0 {
        let gain = PEAK / peak;
        for sample in samples {
            *sample *= gain;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn clip(samples: Vec<f32>) -> Clip {
        Clip {
            sample_rate: 8000,
            samples,
            heard: None,
        }
    }

    fn tone(seconds: f64, level: f32) -> impl Iterator<Item = f32> {
        (0..(seconds * 8000.0) as usize).map(move |n| if n % 8 < 4 { level } else { -level })
    }

    #[test]
    fn silence_around_the_sound_is_cut_to_the_margin() {
        let samples: Vec<f32> = tone(0.5, 0.0)
            .chain(tone(0.25, 0.4))
            .chain(tone(1.0, 0.0))
            .map(|sample| sample + 0.1)
            .collect();
        let trimmed = clip(samples).trim().unwrap();
        assert!((trimmed.cut - 0.48).abs() < 1e-3, "{}", trimmed.cut);
        assert!((trimmed.samples.len() as f64 / 8000.0 - 0.29).abs() < 1e-3);
        assert!(
            (trimmed.voiced.0 - 0.02).abs() < 1e-3 && (trimmed.voiced.1 - 0.27).abs() < 1e-3,
            "{:?}",
            trimmed.voiced
        );
        let mean = trimmed.samples.iter().sum::<f32>() / trimmed.samples.len() as f32;
        assert!(mean.abs() < 1e-3, "{mean}");
    }

    #[test]
    fn silence_and_mere_dc_have_no_sound() {
        assert_eq!(clip(vec![0.0; 800]).trim(), None);
        assert_eq!(clip(vec![0.5; 800]).trim(), None);
    }

    #[test]
    fn one_sample_of_sound_survives() {
        let mut samples = vec![0.0; 800];
        samples[400] = 0.5;
        let trimmed = clip(samples).trim().unwrap();
        assert!(trimmed.voiced.0 < trimmed.voiced.1);
    }

    #[test]
    fn levelling_brings_the_peak_to_nine_tenths() {
        let mut samples = vec![0.1, -0.3, 0.2];
        level(&mut samples);
        assert!((samples[1] + 0.9).abs() < 1e-6 && (samples[0] - 0.3).abs() < 1e-6);
        let mut silent = vec![0.0; 4];
        level(&mut silent);
        assert_eq!(silent, [0.0; 4]);
    }
}
