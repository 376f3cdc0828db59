//! Plain PCM in WAV files, read without starting FFmpeg: what narrations and much music are, and what needs no decoder.
//!
//! Whatever is not plain and whole (compressed samples, more than two channels, a header that tells more than there is) is
//! left to FFmpeg, so it is judged in one place.

use std::f32::consts::FRAC_1_SQRT_2;
use std::fs::File;
use std::io::{BufReader, Read, Seek, SeekFrom};

use camino::Utf8Path;
use hound::{SampleFormat, WavReader};

use super::input::LARGEST_AUDIO_FILE;
use super::resample::{Converter, RATES};
use super::sniff::{Container, HEAD, sniff};
use super::{AudioInfo, SAMPLE_RATE, Stereo, samples_in};
use crate::{Error, files};

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
        let file = files::open_regular(path, LARGEST_AUDIO_FILE)?;
        Ok(Self::read(file))
    }

    fn read(mut file: File) -> Option<Self> {
        let bytes = file.metadata().ok()?.len();
        let mut head = Vec::new();
        file.by_ref()
            .take(HEAD as u64)
            .read_to_end(&mut head)
            .ok()?;
        if sniff(&head) != Some(Container::Wav) {
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
                container: Container::Wav,
                codec: codec.to_owned(),
                channels: u32::from(spec.channels),
                sample_rate: spec.sample_rate,
                duration: f64::from(reader.duration()) / f64::from(spec.sample_rate),
            },
            reader,
        })
    }

    /// The first `seconds` of it as two channels at [`SAMPLE_RATE`]; one channel goes to both at −3 dB, as FFmpeg does it.
    /// Nothing if a sample cannot be read.
    pub(super) fn decode(self, seconds: f64) -> Option<Stereo> {
        let spec = self.reader.spec();
        let length = samples_in(seconds, SAMPLE_RATE);
        let converter = Converter::new(spec.sample_rate, SAMPLE_RATE).ok()?;
        // What the last sample is made of lies behind it, too.
        let most = samples_in(seconds, spec.sample_rate) + converter.reach();
        let channels = usize::from(spec.channels);
        let count = most
            .saturating_mul(channels)
            .min(self.reader.len() as usize);
        let mut reader = self.reader;
        let samples: Vec<f32> = match spec.sample_format {
            SampleFormat::Float => reader
                .samples::<f32>()
                .take(count)
                .collect::<Result<_, _>>(),
            SampleFormat::Int => {
                let scale = 1.0 / (1_u32 << (spec.bits_per_sample - 1)) as f32;
                let scaled = |sample: Result<i32, _>| sample.map(|sample| sample as f32 * scale);
                reader.samples::<i32>().take(count).map(scaled).collect()
            }
        }
        .ok()?;
        let channel = |first: usize| samples.iter().skip(first).step_by(channels).copied();
        let source: Vec<Vec<f32>> = (0..channels)
            .map(|first| channel(first).collect())
            .collect();
        let mut sound = Stereo::silent(converter.length(source[0].len()).min(length));
        let Stereo { left, right } = &mut sound;
        match &*source {
            [a, b] => converter.fill_all([a, b], 0, [left, right]),
            [both] => {
                converter.fill(both, 0, left);
                for (right, left) in right.iter_mut().zip(left) {
                    *left *= FRAC_1_SQRT_2;
                    *right = *left;
                }
            }
            _ => unreachable!("one or two channels were let in"),
        }
        Some(sound)
    }
}
