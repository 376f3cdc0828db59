//! Whether there is anything to be heard in a sound, and whether it is sound at all.

/// Length of the windows in which it is listened for, in seconds: a syllable.
pub(super) const WINDOW: f64 = 0.05;
/// A window of less than this on average (RMS, −60 dBFS) is silent: dither and the hiss of a preamplifier are below it.
const SILENT: f32 = 0.001;
/// A window above this (RMS, −45 dBFS) is clear: whatever the mix does, something is heard. Quiet speech is above it.
const CLEAR: f32 = 0.0056;
/// The most that samples may be beyond full scale (40 dB): beyond it they are not sound, but what overflowed arithmetic
/// or another format left. Recordings with floating samples are at most some 24 dB above it.
const LOUDEST: f32 = 100.0;

/// Letters and digits in a second that no voice says. The fastest reach 30 at the highest rate that is asked for.
const HURRIED: f64 = 80.0;
/// Fewer letters and digits than this say nothing about a length.
const FEW: usize = 12;

/// What is heard of a sound, in a few figures.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct AudioStats {
    /// Its length in seconds.
    pub seconds: f64,
    /// How long something is heard, in seconds.
    pub sounding: f64,
    /// How long it is heard clearly, in seconds.
    pub clear: f64,
    /// The highest sample, whatever its sign; full scale is 1. Infinite where a sample is not a number.
    pub peak: f32,
}

/// Listens to one channel that comes in pieces. The pieces change nothing in what is heard.
#[derive(Debug, Clone)]
pub(super) struct AudioMeter {
    rate: f64,
    /// Samples of a window, above 0.
    window: usize,
    /// The window that is not full yet.
    begun: Window,
    samples: usize,
    sounding: usize,
    clear: usize,
    peak: f32,
}

/// Some samples, summed up.
#[derive(Debug, Clone, Copy, Default)]
struct Window {
    count: usize,
    sum: f64,
    squares: f64,
}

impl Window {
    fn push(&mut self, samples: &[f32]) {
        self.count += samples.len();
        for sample in samples {
            let sample = f64::from(*sample);
            self.sum += sample;
            self.squares += sample * sample;
        }
    }

    /// The level (RMS) of what moves: an offset of a recorder is not heard.
    fn level(&self) -> f32 {
        let count = self.count.max(1) as f64;
        let mean = self.sum / count;
        (self.squares / count - mean * mean).max(0.0).sqrt() as f32
    }
}

/// Whether something is heard in one window of samples.
pub(super) fn is_sounding(window: &[f32]) -> bool {
    let mut all = Window::default();
    all.push(window);
    all.level() >= SILENT
}

impl AudioMeter {
    /// For `rate` samples a second.
    pub(super) fn new(rate: u32) -> Self {
        let rate = f64::from(rate.max(1));
        Self {
            rate,
            window: ((rate * WINDOW) as usize).max(1),
            begun: Window::default(),
            samples: 0,
            sounding: 0,
            clear: 0,
            peak: 0.0,
        }
    }

    /// Takes the next samples.
    pub(super) fn push(&mut self, samples: &[f32]) {
        self.samples += samples.len();
        self.peak = samples.iter().fold(self.peak, |peak, sample| {
            if sample.is_finite() {
                peak.max(sample.abs())
            } else {
                f32::INFINITY
            }
        });
        let mut rest = samples;
        while !rest.is_empty() {
            let room = self.window - self.begun.count;
            let (part, after) = rest.split_at(rest.len().min(room));
            self.begun.push(part);
            if self.begun.count == self.window {
                self.end_window();
            }
            rest = after;
        }
    }

    fn end_window(&mut self) {
        let window = std::mem::take(&mut self.begun);
        let level = window.level();
        self.sounding += if level >= SILENT { window.count } else { 0 };
        self.clear += if level >= CLEAR { window.count } else { 0 };
    }

    /// Says what was heard in all of them.
    pub(super) fn stats(mut self) -> AudioStats {
        if self.begun.count > 0 {
            self.end_window();
        }
        AudioStats {
            seconds: self.samples as f64 / self.rate,
            sounding: self.sounding as f64 / self.rate,
            clear: self.clear as f64 / self.rate,
            peak: self.peak,
        }
    }
}

impl AudioStats {
    /// Listens to one channel of `rate` samples a second.
    pub fn of(samples: &[f32], rate: u32) -> Self {
        let mut meter = AudioMeter::new(rate);
        meter.push(samples);
        meter.stats()
    }

    /// Whether nothing can be heard.
    pub fn is_silent(&self) -> bool {
        self.sounding <= 0.0
    }

    /// Whether it is heard clearly for most of its length.
    pub fn is_clear(&self) -> bool {
        self.clear * 2.0 >= self.seconds && self.seconds > 0.0
    }

    /// Returns why nobody can be heard in it to say a text of so many letters and digits: it is silent, or too short.
    /// `None` if somebody may be.
    pub fn flaw_as_speech(&self, letters: usize) -> Option<String> {
        if self.is_silent() {
            return Some("it is silent".to_owned());
        }
        let is_hurried = letters >= FEW && letters as f64 > HURRIED * self.seconds;
        is_hurried.then(|| {
            format!(
                "it is {:.1} s long, too short for {letters} letters",
                self.seconds
            )
        })
    }

    /// Why it is no sound: it has no samples, or such as no sound has. `None` if it is one, be it silent.
    pub fn flaw(&self) -> Option<String> {
        if self.seconds <= 0.0 {
            return Some("it has no samples".to_owned());
        }
        if self.peak.is_infinite() {
            return Some("it contains samples that are not numbers".to_owned());
        }
        (self.peak > LOUDEST).then(|| {
            format!(
                "it contains samples {:.0e} times as high as full scale",
                self.peak
            )
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn tone(level: f32, seconds: f64) -> Vec<f32> {
        let sample = |i: usize| level * (i as f32 * 0.05).sin();
        (0..(48_000.0 * seconds) as usize).map(sample).collect()
    }

    #[test]
    fn silence_quiet_speech_and_what_is_no_sound_are_told_apart() {
        let of = |samples: &[f32]| AudioStats::of(samples, 48_000);
        for silent in [vec![0.0; 48_000], tone(0.0005, 1.0)] {
            let heard = of(&silent);
            assert!(heard.is_silent() && heard.flaw().is_none(), "{heard:?}");
        }
        let faint = of(&tone(0.003, 1.0));
        assert!(!faint.is_silent() && !faint.is_clear(), "{faint:?}");
        let mut half = tone(0.2, 1.0);
        half.extend(vec![0.0; 40_000]);
        assert!(of(&half).is_clear());
        assert_eq!(of(&[]).flaw().as_deref(), Some("it has no samples"));
        for bad in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
            let mut samples = tone(0.2, 1.0);
            samples[20_000] = bad;
            let flaw = of(&samples).flaw().expect("found");
            assert!(flaw.contains("not numbers"), "{flaw}");
        }
        let flaw = of(&[0.1, 1e30]).flaw().expect("found");
        assert!(flaw.contains("1e30"), "{flaw}");
        // What a recorder adds that has nothing on its input.
        let offset = of(&vec![0.3; 48_000]);
        assert!(offset.is_silent() && offset.flaw().is_none(), "{offset:?}");
    }

    proptest! {
        #[test]
        fn pieces_are_heard_as_the_whole_is(length in 0_usize..20_000, piece in 1_usize..5000, rate in prop::sample::select(vec![0_u32, 8_000, 44_100])) {
            let samples: Vec<f32> = (0..length).map(|i| if i / 3000 % 2 == 0 { 0.0 } else { (i as f32 * 0.05).sin() * 0.01 }).collect();
            let mut meter = AudioMeter::new(rate);
            samples.chunks(piece).for_each(|part| meter.push(part));
            prop_assert_eq!(meter.stats(), AudioStats::of(&samples, rate));
        }
    }
}
