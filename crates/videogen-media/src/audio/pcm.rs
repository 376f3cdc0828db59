//! Plain PCM in WAV files, read without starting FFmpeg: what narrations and much music are, and what needs no decoder.
//!
//! Whatever is not plain and whole (compressed samples, more than two channels, a header that tells more than there is) is
//! left to FFmpeg, so it is judged in one place.

use std::f32::consts::FRAC_1_SQRT_2;
use std::fs::File;
use std::io::{BufReader, Read, Seek, SeekFrom};

use camino::Utf8Path;
use hound::{SampleFormat, WavReader};
use tokio_util::sync::CancellationToken;

use super::input::MAX_AUDIO_BYTES;
use super::resample::{Converter, RATES};
use super::sink::SampleSink;
use super::sniff::{AudioContainer, HEAD, sniff};
use super::walk::Walk;
use super::{AudioInfo, SAMPLE_RATE};
use crate::{Error, files};

/// Samples made at a time: 0.1 s.
const BLOCK: usize = SAMPLE_RATE as usize / 10;

/// A plain WAV file whose samples are all there.
pub(super) struct Pcm {
    pub(super) info: AudioInfo,
    reader: WavReader<BufReader<File>>,
}

impl Pcm {
    /// Opens `path`; nothing if it is no file of this kind. Blocks.
    ///
    /// # Errors
    /// As [`files::open_regular`].
    pub(super) fn open(path: &Utf8Path) -> Result<Option<Self>, Error> {
        let file = files::open_regular(path, MAX_AUDIO_BYTES)?;
        Ok(Self::read(file))
    }

    fn read(mut file: File) -> Option<Self> {
        let bytes = file.metadata().ok()?.len();
        let mut head = Vec::new();
        file.by_ref()
            .take(HEAD as u64)
            .read_to_end(&mut head)
            .ok()?;
        if sniff(&head) != Some(AudioContainer::Wav) {
            return None;
        }
        file.seek(SeekFrom::Start(0)).ok()?;
        let reader = WavReader::new(BufReader::new(file)).ok()?;
        let spec = reader.spec();
        let codec = match (spec.sample_format, spec.bits_per_sample) {
            (SampleFormat::Int, 8) => "pcm_u8",
            (SampleFormat::Int, 16) => "pcm_s16le",
            (SampleFormat::Int, 24) => "pcm_s24le",
            (SampleFormat::Int, 32) => "pcm_s32le",
            (SampleFormat::Float, 32) => "pcm_f32le",
            _ => return None,
        };
        let size = u64::from(reader.len()) * u64::from(spec.bits_per_sample / 8);
        let seconds = f64::from(reader.duration()) / f64::from(spec.sample_rate);
        let plain = matches!(spec.channels, 1 | 2)
            && RATES.contains(&spec.sample_rate)
            && size > 0
            && size <= bytes;
        plain.then(|| Self {
            info: AudioInfo {
                container: AudioContainer::Wav,
                codec: codec.to_owned(),
                channels: u32::from(spec.channels),
                sample_rate: spec.sample_rate,
                duration: Some(seconds),
                promised: Some(seconds),
                is_cut_off: false,
            },
            reader,
        })
    }

    /// Gives all of it to `sink`, as far as that takes it, as two channels at [`SAMPLE_RATE`]; one channel goes to both at
    /// −3 dB, as FFmpeg does it. What cannot be read any more is the end. Holds no more of the file than a block and what
    /// the filter reaches. Blocks; `stop` is looked at before each block.
    ///
    /// # Errors
    /// [`Error::Cancelled`].
    pub(super) fn stream(
        self,
        sink: &mut impl SampleSink,
        stop: &CancellationToken,
    ) -> Result<(), Error> {
        match self.reader.spec().channels {
            1 => self.stream_channels::<1>(sink, stop),
            _ => self.stream_channels::<2>(sink, stop),
        }
    }

    /// [`Pcm::stream`] of a file that has this many channels.
    fn stream_channels<const N: usize>(
        mut self,
        sink: &mut impl SampleSink,
        stop: &CancellationToken,
    ) -> Result<(), Error> {
        let converter = Converter::new(self.info.sample_rate, SAMPLE_RATE)?;
        let length = self.reader.duration() as usize;
        let walk = Walk {
            length: converter.length(length),
            block: BLOCK,
            stop,
        };
        // Of the source, from number `first` on: what the next block is made of.
        let (mut first, mut around) = (0, [(); N].map(|()| Vec::new()));
        let (mut left, mut right) = (vec![0.0; BLOCK], vec![0.0; BLOCK]);
        for block in walk.blocks() {
            let block = block?;
            let (left, right) = (&mut left[..block.len()], &mut right[..block.len()]);
            let start = block.start;
            let needed = converter.sources(block);
            let (begin, end) = (needed.start, needed.end.min(length));
            // Blocks overlap or adjoin, so that nothing is passed over, in what they are made of as well.
            for channel in &mut around {
                channel.drain(..(begin - first).min(channel.len()));
            }
            first = begin;
            let more = end.saturating_sub(first + around[0].len());
            if self.read_into(&mut around, more).is_none() {
                return Ok(());
            }
            let around = around.each_ref().map(Vec::as_slice);
            match &around[..] {
                [a, b] => converter.fill_from(first, [*a, *b], start, [&mut *left, &mut *right]),
                [both] => {
                    converter.fill_from(first, [*both], start, [&mut *left]);
                    for (right, left) in right.iter_mut().zip(&mut *left) {
                        *left *= FRAC_1_SQRT_2;
                        *right = *left;
                    }
                }
                _ => unreachable!("one or two channels were let in"),
            }
            if sink.take(left, right).is_break() {
                return Ok(());
            }
        }
        Ok(())
    }

    /// Appends the next `count` samples of each channel.
    fn read_into<const N: usize>(
        &mut self,
        channels: &mut [Vec<f32>; N],
        count: usize,
    ) -> Option<()> {
        let spec = self.reader.spec();
        match spec.sample_format {
            SampleFormat::Float => append(self.reader.samples::<f32>(), channels, count, 1.0),
            SampleFormat::Int => {
                let scale = 1.0 / (1_u32 << (spec.bits_per_sample - 1)) as f32;
                let samples = self.reader.samples::<i32>();
                append(samples.map(|s| s.map(|s| s as f32)), channels, count, scale)
            }
        }
    }
}

/// Deals interleaved samples out to their channels, scaled.
fn append<const N: usize>(
    mut samples: impl Iterator<Item = hound::Result<f32>>,
    channels: &mut [Vec<f32>; N],
    count: usize,
    scale: f32,
) -> Option<()> {
    for _ in 0..count {
        for channel in &mut *channels {
            channel.push(samples.next()?.ok()? * scale);
        }
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::resample::resample_audio;
    use super::super::sink::FirstSamples;
    use super::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]
        #[test]
        fn what_is_made_in_blocks_is_what_is_made_at_once(length in 1_usize..20_000, rate in prop::sample::select(vec![8_000_u32, 22_050, 44_100, 47_999, 48_000, 192_000]), stereo: bool) {
            let channels = 1 + u16::from(stereo);
            let spec = hound::WavSpec { channels, sample_rate: rate, bits_per_sample: 16, sample_format: SampleFormat::Int };
            let sample = |i: usize, channel: u16| ((i * 7919 + usize::from(channel) * 31) % 60_000) as i32 - 30_000;
            let mut file = camino_tempfile::tempfile().unwrap();
            let mut writer = hound::WavWriter::new(&mut file, spec).unwrap();
            for i in 0..length {
                for channel in 0..channels {
                    writer.write_sample(sample(i, channel)).unwrap();
                }
            }
            writer.finalize().unwrap();
            file.seek(SeekFrom::Start(0)).unwrap();
            let mut kept = FirstSamples::new(usize::MAX);
            Pcm::read(file).unwrap().stream(&mut kept, &CancellationToken::new()).unwrap();
            let sound = kept.sound;
            let whole = |channel| {
                let source: Vec<f32> = (0..length).map(|i| sample(i, channel) as f32 / 32_768.0).collect();
                resample_audio(&source, rate, SAMPLE_RATE).unwrap()
            };
            let down = if stereo { 1.0 } else { FRAC_1_SQRT_2 };
            let left: Vec<f32> = whole(0).into_iter().map(|sample| sample * down).collect();
            let right = if stereo { whole(1) } else { left.clone() };
            prop_assert!(sound.left == left && sound.right == right);
        }
    }
}
