//! Writes a mix as a WAV file for the encoder to read.

use std::fs::File;
use std::io::{self, BufWriter};

use camino::{Utf8Path, Utf8PathBuf};

use super::{SAMPLE_RATE, Stereo};

/// The largest value of a 24-bit sample.
const FULL_SCALE: f32 = 8_388_607.0;

/// A file of 24-bit PCM that is being written; the rounding noise (−144 dB) needs no dither. Removed if it is dropped
/// before it is finished.
pub(super) struct WavFile {
    // Dropped in this order: Windows does not remove what is open.
    writer: hound::WavWriter<BufWriter<File>>,
    begun: Begun,
}

/// The name of a file that is removed unless it is kept.
struct Begun {
    path: Utf8PathBuf,
    keep: bool,
}

    /// Begins the file in the place of any there is.
    pub(super) fn create(path: &Utf8Path) -> io::Result<Self> {
        let spec = hound::WavSpec {
            channels: 2,
            sample_rate: SAMPLE_RATE,
            bits_per_sample: 24,
            sample_format: hound::SampleFormat::Int,
        };
        let writer = hound::WavWriter::create(path, spec).map_err(reason)?;
        let begun = Begun {
            path: path.to_owned(),
            keep: false,
        };
        Ok(Self { writer, begun })
    }

    /// Appends samples; those beyond full scale are clipped.
    pub(super) fn append(&mut self, block: &Stereo) -> io::Result<()> {
        for (left, right) in block.left.iter().zip(&block.right) {
            for sample in [left, right] {
                let scaled = sample.clamp(-1.0, 1.0) * FULL_SCALE;
                // `round` would be a call of a function; this rounds alike.
                self.writer
                    .write_sample((scaled + 0.5_f32.copysign(scaled)) as i32)
                    .map_err(reason)?;
            }
        }
        Ok(())
    }

    /// Writes what is left, and the lengths into the header.
    pub(super) fn finish(self) -> io::Result<()> {
        let Self { writer, mut begun } = self;
        writer.finalize().map_err(reason)?;
        begun.keep = true;
        Ok(())
    }
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

/// What the operating system said.
fn reason(error: hound::Error) -> io::Error {
    match error {
        hound::Error::IoError(source) => source,
        // Only more than 4 GiB can get here, which is over three hours.
        other => io::Error::other(other),
    }
}
