//! A look-ahead limiter that keeps the true peak, not only the samples, under a ceiling.

use std::collections::VecDeque;

use super::peaks::TruePeaks;
use super::{SAMPLE_RATE, StereoAudio};

/// How far ahead the gain begins to fall, and over how long it is smoothed: 5 ms.
const LOOK_AHEAD: usize = SAMPLE_RATE as usize / 200;
/// Time constant of the return to full gain, in seconds: short enough not to be heard as a hole after a plosive, long
/// enough not to distort low tones.
const RELEASE: f64 = 0.1;

/// Lowers sound wherever its true peak exceeds a ceiling. It comes and goes in pieces, whose lengths do not matter.
/// Both channels get the same gain, so that the picture of the stage stays still.
#[derive(Debug)]
pub(super) struct Limiter {
    ceiling: f32,
    peaks: TruePeaks,
    /// Peaks just found; kept to be used again.
    found: Vec<f32>,
    /// Samples whose gain is not known yet.
    waiting: StereoAudio,
    gains: Gains,
    limited: bool,
}

impl Limiter {
    /// A limiter to a factor of full scale.
    pub(super) fn new(ceiling: f32) -> Self {
        Self {
            ceiling,
            peaks: TruePeaks::new(),
            found: Vec::new(),
            waiting: StereoAudio::default(),
            gains: Gains::new(),
            limited: false,
        }
    }

    /// Takes the next samples and puts those that are done into `output`, a little more than 5 ms late.
    pub(super) fn push(&mut self, block: &StereoAudio, output: &mut StereoAudio) {
        self.found.clear();
        self.peaks
            .push([&block.left, &block.right], self.ceiling, &mut self.found);
        self.waiting.left.extend_from_slice(&block.left);
        self.waiting.right.extend_from_slice(&block.right);
        self.want();
        self.release(output);
    }

    /// Puts the rest into `output`.
    pub(super) fn finish(&mut self, output: &mut StereoAudio) {
        self.found.clear();
        self.peaks.finish(self.ceiling, &mut self.found);
        self.want();
        self.gains.finish();
        self.release(output);
    }

    /// Whether anything had to be lowered so far.
    pub(super) fn limited(&self) -> bool {
        self.limited
    }

    /// Asks for gains that keep the peaks found under the ceiling.
    fn want(&mut self) {
        if self.found.iter().all(|peak| *peak <= self.ceiling) {
            self.gains.want_nothing(self.found.len());
            return;
        }
        for peak in &self.found {
            let over = *peak > self.ceiling;
            self.limited |= over;
            self.gains
                .want(if over { self.ceiling / peak } else { 1.0 });
        }
    }

    /// Moves the samples whose gain is known to `output`.
    fn release(&mut self, output: &mut StereoAudio) {
        let gains = &mut self.gains.known;
        for (waiting, output) in [
            (&mut self.waiting.left, &mut output.left),
            (&mut self.waiting.right, &mut output.right),
        ] {
            output.clear();
            output.extend(waiting.iter().zip(&*gains).map(|(s, gain)| s * gain));
            waiting.drain(..gains.len());
        }
        gains.clear();
    }
}

/// A gain curve without steps that is nowhere above what is wanted: falls from [`LOOK_AHEAD`] samples before a peak on,
/// returns exponentially.
#[derive(Debug)]
struct Gains {
    /// How many samples have told what they want.
    wanted: usize,
    /// Those to come that want less than 1 and less than everyone after them, as (sample, gain), in rising order.
    low: VecDeque<(usize, f32)>,
    /// The gain that falls at once and recovers slowly, and by how much of what is missing it does so per sample.
    recovering: f64,
    recovery: f64,
    /// How many of those gains in a row are 1. From LOOK_AHEAD on nothing is being lowered.
    open: usize,
    /// The last of those gains, as a ring whose oldest is at `oldest`, and their sum.
    last: [f32; LOOK_AHEAD],
    oldest: usize,
    sum: f64,
    /// How many gains are known, and those that were not taken yet.
    done: usize,
    known: Vec<f32>,
}

impl Gains {
    fn new() -> Self {
        Self {
            wanted: 0,
            low: VecDeque::new(),
            recovering: 1.0,
            recovery: 1.0 - (-1.0 / (RELEASE * f64::from(SAMPLE_RATE))).exp(),
            open: 0,
            last: [1.0; LOOK_AHEAD],
            oldest: 0,
            sum: 0.0,
            done: 0,
            known: Vec::new(),
        }
    }

    /// What the next sample wants.
    fn want(&mut self, gain: f32) {
        if gain < 1.0 {
            while self.low.back().is_some_and(|(_, later)| *later >= gain) {
                self.low.pop_back();
            }
            self.low.push_back((self.wanted, gain));
        }
        self.wanted += 1;
        if self.wanted >= LOOK_AHEAD {
            self.next();
        }
    }

    /// The next `count` samples want no less than 1.
    fn want_nothing(&mut self, count: usize) {
        if self.low.is_empty() && self.open >= LOOK_AHEAD {
            // Most of most sound: what would be found sample by sample, at once.
            self.wanted += count;
            let done = self.wanted + 1 - LOOK_AHEAD;
            self.known.resize(self.known.len() + done - self.done, 1.0);
            self.done = done;
        } else {
            for _ in 0..count {
                self.want(1.0);
            }
        }
    }

    /// No more samples come.
    fn finish(&mut self) {
        while self.done < self.wanted {
            self.next();
        }
    }

    /// The gain of the next sample, of which the wishes of the next LOOK_AHEAD samples are known.
    fn next(&mut self) {
        while self.low.front().is_some_and(|(at, _)| *at < self.done) {
            self.low.pop_front();
        }
        // The lowest wanted gain of the next LOOK_AHEAD samples …
        let lowest = self.low.front().map_or(1.0, |(_, gain)| *gain);
        // … recovering slowly from each of them …
        let recovered = self.recovering + (1.0 - self.recovering) * self.recovery;
        self.recovering = f64::from(lowest).min(recovered);
        let gain = self.recovering as f32;
        if gain < 1.0 {
            self.open = 0;
        } else {
            // What is missing is less than a gain can tell.
            self.recovering = 1.0;
            self.open += 1;
        }
        // … and the mean of the last LOOK_AHEAD of those. Each of the samples i-LOOK_AHEAD+1 ..= i has looked as far as
        // i, so none of them, and thus not their mean, is above what sample i wants.
        if self.done == 0 {
            self.last = [gain; LOOK_AHEAD];
            self.sum = LOOK_AHEAD as f64 * f64::from(gain);
        } else {
            let leaving = std::mem::replace(&mut self.last[self.oldest], gain);
            self.sum += f64::from(gain) - f64::from(leaving);
            self.oldest = (self.oldest + 1) % LOOK_AHEAD;
        }
        let mean = self.sum * (1.0 / LOOK_AHEAD as f64);
        self.known.push(mean.min(1.0) as f32);
        self.done += 1;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::peaks::PeakMeter;
    use super::super::tests::{between_samples, noise, pieces};
    use super::super::{from_db, to_db};
    use super::*;

    /// `sound` limited to `ceiling` in pieces of these lengths, and whether something had to be lowered.
    fn limit(sound: &StereoAudio, ceiling: f32, lengths: &[usize]) -> (StereoAudio, bool) {
        let (mut limiter, mut whole, mut output) = (
            Limiter::new(ceiling),
            StereoAudio::default(),
            StereoAudio::default(),
        );
        let mut keep = |output: &StereoAudio| {
            whole.left.extend(&output.left);
            whole.right.extend(&output.right);
        };
        for piece in pieces(sound, lengths) {
            limiter.push(&piece, &mut output);
            keep(&output);
        }
        limiter.finish(&mut output);
        keep(&output);
        (whole, limiter.limited())
    }

    fn dbtp(sound: &StereoAudio) -> f64 {
        let mut meter = PeakMeter::new();
        meter.push(sound);
        meter.finish().expect("not silent")
    }

    fn smooth(wanted: &[f32]) -> Vec<f32> {
        let mut gains = Gains::new();
        for gain in wanted {
            gains.want(*gain);
        }
        gains.finish();
        gains.known
    }

    #[test]
    fn what_is_under_the_ceiling_is_untouched() {
        let tone = between_samples(0.5, 9600);
        assert_eq!(limit(&tone, 0.6, &[9600]), (tone, false));
    }

    #[test]
    fn long_after_a_burst_the_cut_still_changes_nothing() {
        // Two seconds: back at full gain, where whole pieces are let through.
        let mut sound = between_samples(0.3, 150_000);
        for at in [2000, 140_000] {
            sound.right[at] = 1.5;
        }
        let (whole, lowered) = limit(&sound, 0.8, &[150_000]);
        assert!(lowered);
        assert_eq!(whole.left[130_000..139_000], sound.left[130_000..139_000]);
        assert_eq!(limit(&sound, 0.8, &[480; 300]), (whole, true));
    }

    #[test]
    fn a_burst_is_lowered_and_the_rest_is_not() {
        let mut music = between_samples(0.3, 96_000);
        for i in 48_000..48_500 {
            music.left[i] *= 6.0;
        }
        let (limited, lowered) = limit(&music, from_db(-1.5) as f32, &[4800; 20]);
        assert!(lowered);
        let peak = dbtp(&limited);
        assert!(peak < -1.4, "{peak}");
        assert_eq!(limited.left[..47_000], music.left[..47_000]);
        assert!((limited.right[95_000] - music.right[95_000]).abs() < 0.02);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]
        #[test]
        fn the_gain_is_never_above_what_is_wanted(dips in prop::collection::vec((0_usize..5000, 0.05_f32..1.0), 0..20)) {
            let mut wanted = vec![1.0_f32; 5000];
            for (at, gain) in dips {
                wanted[at] = gain;
            }
            let gains = smooth(&wanted);
            prop_assert_eq!(gains.len(), wanted.len());
            for (i, (gain, wanted)) in gains.iter().zip(&wanted).enumerate() {
                prop_assert!(*gain <= *wanted + 1e-5 && *gain > 0.0, "{} {} {}", i, gain, wanted);
            }
            let step = gains.windows(2).map(|pair| (pair[1] - pair[0]).abs()).fold(0.0, f32::max);
            prop_assert!(step <= 1.01 / LOOK_AHEAD as f32, "{}", step);
        }

        #[test]
        fn noise_ends_under_the_ceiling(seed: u32, level in 0.5_f32..8.0) {
            let sound = noise(seed, level / 2.0, 20_000);
            let (limited, _) = limit(&sound, 0.8, &[20_000]);
            // White noise at full scale is the worst case for interpolation; real sound stays within hundredths of a dB.
            let peak = dbtp(&limited);
            prop_assert!(peak < to_db(0.8) + 0.6, "{}", peak);
        }

        #[test]
        fn how_the_sound_is_cut_changes_nothing(seed: u32, length in 0_usize..3000, quiet in 0_usize..2000, lengths in prop::collection::vec(0_usize..900, 1..8)) {
            let mut sound = noise(seed, 1.5, length);
            for sample in sound.left.iter_mut().take(quiet).chain(sound.right.iter_mut().take(quiet)) {
                *sample *= 0.2;
            }
            let whole = limit(&sound, 0.8, &[length]);
            prop_assert_eq!(whole.0.left.len(), length);
            prop_assert_eq!(limit(&sound, 0.8, &lengths), whole);
        }
    }
}
