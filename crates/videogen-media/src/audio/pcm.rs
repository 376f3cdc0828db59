//! Plain PCM in WAV files, read without starting FFmpeg: what narrations and much music are, and what needs no decoder.
//!
//! Whatever is not plain and whole (compressed samples, more than two channels, a header that tells more than there is) is
//! left to FFmpeg, so it is judged in one place.

use std::f32::consts::FRAC_1_SQRT_2;
use std::fs::File;
use std::io::{BufReader, Read, Seek, SeekFrom};

use camino::Utf8Path;
use hound::{SampleFormat, WavReader};

use super::input::MAX_AUDIO_BYTES;
use super::resample::{Converter, RATES};
use super::sniff::{AudioContainer, HEAD, sniff};
use super::{AudioInfo, SAMPLE_RATE, StereoAudio, samples_in};
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
                duration: f64::from(reader.duration()) / f64::from(spec.sample_rate),
            },
            reader,
        })
    }

    /// The first `seconds` of it as two channels at [`SAMPLE_RATE`]; one channel goes to both at −3 dB, as FFmpeg does it.
    /// Nothing if a sample cannot be read. Holds no more of the file than a block and what the filter reaches.
    pub(super) fn decode(self, seconds: f64) -> Option<StereoAudio> {
        match self.reader.spec().channels {
            1 => self.decode_channels::<1>(seconds),
            _ => self.decode_channels::<2>(seconds),
        }
    }

    /// [`Pcm::decode`] of a file that has this many channels.
    fn decode_channels<const N: usize>(mut self, seconds: f64) -> Option<StereoAudio> {
        let converter = Converter::new(self.info.sample_rate, SAMPLE_RATE).ok()?;
        let length = self.reader.duration() as usize;
        let mut sound = StereoAudio::silent(
            converter
                .length(length)
                .min(samples_in(seconds, SAMPLE_RATE)),
        );
        // Of the source, from number `first` on: what the next block is made of.
        let (mut first, mut around) = (0, [(); N].map(|()| Vec::new()));
        let left = sound.left.chunks_mut(BLOCK);
        for (block, (left, right)) in left.zip(sound.right.chunks_mut(BLOCK)).enumerate() {
            let start = block * BLOCK;
            let needed = converter.sources(start..start + left.len());
            let (begin, end) = (needed.start, needed.end.min(length));
            // Blocks overlap or adjoin, so that nothing is passed over, in what they are made of as well.
            for channel in &mut around {
                channel.drain(..(begin - first).min(channel.len()));
            }
            first = begin;
            let more = end.saturating_sub(first + around[0].len());
            self.read_into(&mut around, more)?;
            let around = around.each_ref().map(Vec::as_slice);
            match &around[..] {
                [a, b] => converter.fill_from(first, [*a, *b], start, [left, right]),
                [both] => {
                    converter.fill_from(first, [*both], start, [left]);
                    for (right, left) in right.iter_mut().zip(left) {
                        *left *= FRAC_1_SQRT_2;
                        *right = *left;
                    }
                }
                _ => unreachable!("one or two channels were let in"),
            }
        }
        Some(sound)
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
            let sound = Pcm::read(file).unwrap().decode(3600.0).unwrap();
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
