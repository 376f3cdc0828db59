//! Writes a mix as a WAV file for the encoder to read.

use std::fs::File;
use std::io::{self, Write};

use camino::{Utf8Path, Utf8PathBuf};

use super::{SAMPLE_RATE, StereoAudio};
use crate::Error;

/// The largest value of a 24-bit sample.
const FULL_SCALE: f32 = 8_388_607.0;

/// Bytes of one sample of both channels.
const FRAME: usize = 6;

/// A file of 24-bit PCM that is being written; the rounding noise (−144 dB) needs no dither. Removed if it is dropped
/// before it is finished.
pub(super) struct WavFile {
    // Dropped in this order: Windows does not remove what is open.
    file: File,
    begun: Begun,
    /// The samples being written; kept to be used again.
    bytes: Vec<u8>,
}

/// The name of a file that is removed unless it is kept.
struct Begun {
    path: Utf8PathBuf,
    keep: bool,
}

impl WavFile {
    /// Begins the file in the place of any there is. It will have `length` samples of each channel, at most 2³² bytes:
    /// over three hours.
    pub(super) fn create(path: &Utf8Path, length: usize) -> io::Result<Self> {
        let spec = hound::WavSpec {
            channels: 2,
            sample_rate: SAMPLE_RATE,
            bits_per_sample: 24,
            sample_format: hound::SampleFormat::Int,
        };
        // The library's writer takes one sample after the other, which is four times the work; the header is its own,
        // and both lengths in it are put in: that of all behind the first eight bytes, and at its end that of the
        // samples.
        let mut header = spec.into_header_for_infinite_file();
        let samples = (length * FRAME) as u32;
        let all = samples + header.len() as u32 - 8;
        header[4..8].copy_from_slice(&all.to_le_bytes());
        let end = header.len() - 4;
        header[end..].copy_from_slice(&samples.to_le_bytes());

        let file = videogen_durable::replace_private(path)?;
        let begun = Begun {
            path: path.to_owned(),
            keep: false,
        };
        let mut wav = Self {
            file,
            begun,
            bytes: Vec::new(),
        };
        wav.file.write_all(&header)?;
        Ok(wav)
    }

    /// Appends samples; those beyond full scale are clipped.
    pub(super) fn append(&mut self, block: &StereoAudio) -> io::Result<()> {
        self.bytes.resize(block.len() * FRAME, 0);
        let frames = self.bytes.chunks_exact_mut(FRAME);
        for ((left, right), frame) in block.left.iter().zip(&block.right).zip(frames) {
            // Both at once: six bytes one by one take three times as long.
            let both = whole(*left) | whole(*right) << 24;
            frame.copy_from_slice(&both.to_le_bytes()[..FRAME]);
        }
        self.file.write_all(&self.bytes)
    }

    /// The file is whole.
    pub(super) fn finish(mut self) {
        self.begun.keep = true;
    }
}

/// One sample as a whole number of 24 bits, to the nearest, halves to the even one.
fn whole(sample: f32) -> u64 {
    /// Added to a small number, it leaves the whole part in the lowest bits; `round` would be a call of a function.
    const LOWEST: f64 = 1.5 * (1_u64 << 52) as f64;
    let scaled = sample.clamp(-1.0, 1.0) * FULL_SCALE;
    (f64::from(scaled) + LOWEST).to_bits() & 0xff_ffff
}

impl Drop for Begun {
    fn drop(&mut self) {
        if !self.keep
            && let Err(error) = std::fs::remove_file(&self.path)
        {
            tracing::warn!(path = %self.path, %error, "an unfinished file stays");
        }
    }
}

/// A file operation that served to write `output` has failed.
pub(super) fn writing(output: &Utf8Path, source: io::Error) -> Error {
    Error::Io {
        action: "writing",
        path: output.to_owned(),
        source,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sound() -> StereoAudio {
        StereoAudio {
            left: vec![0.0, 1.0, -1.0, 2.0, 0.25],
            right: vec![1e-7, -1e-8, 0.5, -2.0, -0.25],
        }
    }

    #[test]
    fn another_reader_finds_the_samples() {
        let dir = camino_tempfile::tempdir().unwrap();
        let path = dir.path().join("a.wav");
        let mut file = WavFile::create(&path, 10).unwrap();
        file.append(&sound()).unwrap();
        file.append(&sound()).unwrap();
        file.finish();
        let mut reader = hound::WavReader::open(&path).unwrap();
        let spec = reader.spec();
        assert_eq!(
            (spec.channels, spec.sample_rate, spec.bits_per_sample),
            (2, 48_000, 24)
        );
        assert_eq!(reader.duration(), 10);
        let samples: Vec<i32> = reader.samples().map(Result::unwrap).collect();
        let (full, half, quarter) = (8_388_607, 4_194_304, 2_097_152);
        let once = [0, 1, full, 0, -full, half, full, -full, quarter, -quarter];
        assert_eq!(samples, [once, once].concat());
        let length = std::fs::metadata(&path).unwrap().len();
        let riff = std::fs::read(&path).unwrap()[4..8].try_into().unwrap();
        assert_eq!(u64::from(u32::from_le_bytes(riff)), length - 8);
    }

    #[test]
    fn an_unfinished_file_is_removed() {
        let dir = camino_tempfile::tempdir().unwrap();
        let path = dir.path().join("a.wav");
        let mut file = WavFile::create(&path, 10).unwrap();
        file.append(&sound()).unwrap();
        assert!(path.exists());
        drop(file);
        assert!(!path.exists());
    }
}
