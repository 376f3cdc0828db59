//! What takes the samples of a file as they are decoded: keeps the first of them, listens to them, or waits for the first
//! sound. However long a file is, nothing is held but what is wanted of it.

use std::ops::ControlFlow;

use super::channels::{ChannelEnergy, MonoSource};
use super::heard::{AudioMeter, WINDOW, is_sounding};
use super::{AudioStats, SAMPLE_RATE, StereoAudio, samples_in};

/// Takes samples of two channels at [`SAMPLE_RATE`], one block after another.
pub(super) trait SampleSink: Send + 'static {
    /// Takes the next samples, as many of both channels. Breaks when no more are wanted.
    fn take(&mut self, left: &[f32], right: &[f32]) -> ControlFlow<()>;
}

/// Whether more samples are wanted when there are `taken` of `most`.
fn until(taken: usize, most: usize) -> ControlFlow<()> {
    if taken >= most {
        ControlFlow::Break(())
    } else {
        ControlFlow::Continue(())
    }
}

/// Keeps the first samples.
#[derive(Debug)]
pub(super) struct FirstSamples {
    pub(super) sound: StereoAudio,
    most: usize,
}

impl FirstSamples {
    /// Keeps `most` at most.
    pub(super) fn new(most: usize) -> Self {
        Self {
            sound: StereoAudio::default(),
            most,
        }
    }
}

impl SampleSink for FirstSamples {
    fn take(&mut self, left: &[f32], right: &[f32]) -> ControlFlow<()> {
        let wanted = left.len().min(self.most - self.sound.len());
        self.sound.left.extend_from_slice(&left[..wanted]);
        self.sound.right.extend_from_slice(&right[..wanted]);
        until(self.sound.len(), self.most)
    }
}

/// Listens to the first samples and keeps none.
#[derive(Debug)]
pub(super) struct Listening {
    most: usize,
    taken: usize,
    energy: ChannelEnergy,
    /// The mean of both channels, the left one and the right one: which of them is used is known at the end.
    meters: [AudioMeter; 3],
    mean: Vec<f32>,
}

impl Listening {
    /// Listens to `most` at most.
    pub(super) fn new(most: usize) -> Self {
        Self {
            most,
            taken: 0,
            energy: ChannelEnergy::default(),
            meters: [(); 3].map(|()| AudioMeter::new(SAMPLE_RATE)),
            mean: Vec::new(),
        }
    }

    /// Says what one channel of it is made of, and what is heard in that.
    pub(super) fn heard(self) -> (MonoSource, AudioStats) {
        let source = self.energy.mono();
        let [mean, left, right] = self.meters;
        let meter = match source {
            MonoSource::Mean => mean,
            MonoSource::Left => left,
            MonoSource::Right => right,
        };
        (source, meter.stats())
    }
}

impl SampleSink for Listening {
    fn take(&mut self, left: &[f32], right: &[f32]) -> ControlFlow<()> {
        let wanted = left.len().min(self.most - self.taken);
        let (left, right) = (&left[..wanted], &right[..wanted]);
        self.taken += wanted;
        self.energy.push(left, right);
        self.mean.clear();
        let both = left.iter().zip(right);
        self.mean
            .extend(both.map(|(left, right)| 0.5 * (left + right)));
        for (meter, samples) in self.meters.iter_mut().zip([&*self.mean, left, right]) {
            meter.push(samples);
        }
        until(self.taken, self.most)
    }
}

/// Silence at the beginning up to this length belongs to the music, in seconds.
const BREATH: f64 = 0.5;
/// How much of a longer one is left, in seconds: the first sound does not begin with a click.
const LEFT: f64 = 0.1;

/// Passes samples on to another sink from the first sound on. A short silence before it is passed on as well.
#[derive(Debug)]
pub(super) struct FromFirstSound<S> {
    inner: S,
    /// Silence that may still have to be passed on, until something sounds.
    silence: Option<StereoAudio>,
    /// How much of it was looked at.
    looked: usize,
    /// Samples that were left out before it.
    skipped: usize,
}

/// What is known at the end of [`FromFirstSound`].
#[derive(Debug)]
pub(super) struct Started<S> {
    pub(super) sink: S,
    /// Seconds of silence that were left out. All of what never sounded but for a moment is among it.
    pub(super) skipped: f64,
}

impl<S: SampleSink> FromFirstSound<S> {
    pub(super) fn new(inner: S) -> Self {
        Self {
            inner,
            silence: Some(StereoAudio::default()),
            looked: 0,
            skipped: 0,
        }
    }

    /// Ends it. Of what never sounded a moment is passed on: the silence that it is.
    pub(super) fn end(mut self) -> Started<S> {
        if let Some(silence) = self.silence.take() {
            // The end of the file: whether more is wanted does not matter.
            let _ = self.inner.take(&silence.left, &silence.right);
        }
        Started {
            sink: self.inner,
            skipped: self.skipped as f64 / f64::from(SAMPLE_RATE),
        }
    }

    /// Looks on through what waits, up to a window in which something sounds. Whether there is one.
    fn finds_sound(&mut self, silence: &StereoAudio) -> bool {
        let window = samples_in(WINDOW, SAMPLE_RATE);
        while self.looked + window <= silence.len() {
            let here = self.looked..self.looked + window;
            if is_sounding(&silence.left[here.clone()]) || is_sounding(&silence.right[here]) {
                return true;
            }
            self.looked += window;
        }
        false
    }

    /// Leaves out the first samples of what waits.
    fn skip(&mut self, silence: &mut StereoAudio, count: usize) {
        silence.left.drain(..count);
        silence.right.drain(..count);
        self.looked -= count;
        self.skipped += count;
    }
}

impl<S: SampleSink> SampleSink for FromFirstSound<S> {
    fn take(&mut self, left: &[f32], right: &[f32]) -> ControlFlow<()> {
        let Some(mut silence) = self.silence.take() else {
            return self.inner.take(left, right);
        };
        silence.left.extend_from_slice(left);
        silence.right.extend_from_slice(right);
        let sounds = self.finds_sound(&silence);
        let kept = samples_in(LEFT, SAMPLE_RATE);
        if self.skipped + self.looked > samples_in(BREATH, SAMPLE_RATE) {
            let count = self.looked.saturating_sub(kept);
            self.skip(&mut silence, count);
        }
        if sounds {
            return self.inner.take(&silence.left, &silence.right);
        }
        self.silence = Some(silence);
        ControlFlow::Continue(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::tests::{noise, pieces};
    use super::*;

    /// `silence` samples of nothing, then noise.
    fn late(silence: usize, length: usize) -> StereoAudio {
        let mut sound = StereoAudio::silent(silence);
        let noise = noise(7, 0.3, length);
        sound.left.extend(noise.left);
        sound.right.extend(noise.right);
        sound
    }

    /// What comes out of a sink that is given `sound` in pieces of these lengths.
    fn passed(sound: &StereoAudio, lengths: &[usize], most: usize) -> (StereoAudio, f64) {
        let mut sink = FromFirstSound::new(FirstSamples::new(most));
        for piece in pieces(sound, lengths) {
            if sink.take(&piece.left, &piece.right).is_break() {
                break;
            }
        }
        let started = sink.end();
        (started.sink.sound, started.skipped)
    }

    #[test]
    fn music_begins_where_it_sounds() {
        let rate = SAMPLE_RATE as usize;
        // A breath stays as it is, and so does what sounds at once.
        for silence in [0, rate / 10, rate / 2] {
            let sound = late(silence, rate);
            let (kept, skipped) = passed(&sound, &[777, 30_000], usize::MAX);
            assert!(kept == sound && skipped <= 0.0, "{silence}: {skipped}");
        }
        let sound = late(20 * rate, rate);
        let (kept, skipped) = passed(&sound, &[rate; 21], usize::MAX);
        assert!((skipped - 19.9).abs() < 0.051, "{skipped}");
        assert!((kept.seconds() - 1.1).abs() < 0.051, "{}", kept.seconds());
        // One channel is enough to be heard.
        let mut one = late(2 * rate, rate);
        one.left.fill(0.0);
        assert!(passed(&one, &[], usize::MAX).1 > 1.8);
    }

    #[test]
    fn of_what_is_silent_throughout_a_moment_is_left() {
        let rate = SAMPLE_RATE as usize;
        let (kept, skipped) = passed(&StereoAudio::silent(9 * rate), &[rate; 9], usize::MAX);
        assert!(!kept.is_empty() && kept.seconds() < 1.0);
        assert!((skipped + kept.seconds() - 9.0).abs() < 1e-9, "{skipped}");
        let (kept, skipped) = passed(&StereoAudio::silent(100), &[], usize::MAX);
        assert!(kept.len() == 100 && skipped <= 0.0);
    }

    #[test]
    fn a_listener_hears_what_becomes_of_two_channels() {
        let rate = SAMPLE_RATE as usize;
        let mut sound = noise(3, 0.2, rate);
        sound.right = sound.left.iter().map(|sample| -sample).collect();
        let mut listening = Listening::new(rate / 2);
        let flow = listening.take(&sound.left, &sound.right);
        assert!(flow.is_break());
        let (source, heard) = listening.heard();
        assert_eq!(source, MonoSource::Left);
        assert!(heard.is_clear() && (heard.seconds - 0.5).abs() < 1e-9);
        let mono = sound.to_mono();
        assert_eq!(heard, AudioStats::of(&mono[..rate / 2], SAMPLE_RATE));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]
        #[test]
        fn blocks_change_nothing_in_what_is_kept(silence in 0_usize..60_000, length in 0_usize..20_000, most in 1_usize..90_000, block in 1_usize..20_000) {
            let sound = late(silence, length);
            let blocks = vec![block; sound.len() / block];
            let (kept, skipped) = passed(&sound, &blocks, most);
            let (whole, before) = passed(&sound, &[], most);
            let first = samples_in(skipped, SAMPLE_RATE);
            prop_assert!(kept.len() <= most);
            if length >= 2 * samples_in(WINDOW, SAMPLE_RATE) {
                prop_assert!(kept == whole && (skipped - before).abs() < 1e-9);
                prop_assert_eq!(&kept.left[..], &sound.left[first..first + kept.len()]);
            }
        }
    }
}
