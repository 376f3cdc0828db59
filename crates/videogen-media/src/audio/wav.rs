//! Writes a mix as a WAV file for the encoder to read.

use camino::Utf8Path;

use super::{Mix, SAMPLE_RATE};
use crate::Error;

/// The largest value of a 24-bit sample.
const FULL_SCALE: f32 = 8_388_607.0;

/// Writes the mix as 24-bit PCM, whose rounding noise (−144 dB) needs no dither. Samples beyond full scale are clipped.
/// The same mix gives the same bytes. Blocks; not atomic, meant for a scratch folder.
///
/// # Errors
/// [`Error::Io`]; a file begun is left for the scratch folder's owner to remove.
pub fn write_wav(path: &Utf8Path, mix: &Mix) -> Result<(), Error> {
    let failed = |error: hound::Error| {
        let source = match error {
            hound::Error::IoError(source) => source,
            // Only more than 4 GiB can get here, which is over three hours.
            other => std::io::Error::other(other),
        };
        Error::Io {
            action: "writing",
            path: path.to_owned(),
            source,
        }
    };
    let spec = hound::WavSpec {
        channels: 2,
        sample_rate: SAMPLE_RATE,
        bits_per_sample: 24,
        sample_format: hound::SampleFormat::Int,
    };
    let mut writer = hound::WavWriter::create(path, spec).map_err(failed)?;
    for (left, right) in mix.samples.left.iter().zip(&mix.samples.right) {
        for sample in [left, right] {
            writer
                .write_sample((sample.clamp(-1.0, 1.0) * FULL_SCALE).round() as i32)
                .map_err(failed)?;
        }
    }
    writer.finalize().map_err(failed)
}
