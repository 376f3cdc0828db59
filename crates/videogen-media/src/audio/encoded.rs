//! The true peak of sound that was encoded, as it comes out of a decoder.

use std::time::Duration;

use camino::Utf8Path;
use tokio_util::sync::CancellationToken;

use super::decode::sound_of;
use super::peaks::PeakMeter;
use crate::ffmpeg::ffmpeg_input_args;
use crate::{Error, Ffmpeg};

/// Decoding runs hundreds of times faster than playing; this is for hours of sound on a loaded machine.
const DEADLINE: Duration = Duration::from_mins(10);

/// Measures the highest true peak of the sound of an MP4 in dBTP; nothing if every sample is zero. Works in blocks, at some
/// milliseconds a second of sound.
///
/// # Errors
/// [`Error::Ffmpeg`] if it cannot be decoded, [`Error::Cancelled`].
pub(crate) async fn encoded_peak(
    ffmpeg: &Ffmpeg,
    video: &Utf8Path,
    cancel: &CancellationToken,
) -> Result<Option<f64>, Error> {
    let stage = "measuring the sound of the video";
    let failed = |source| Error::process(stage, source);
    let command = ffmpeg
        .command(DEADLINE)
        .args(ffmpeg_input_args("mov", video));
    let meter = PeakMeter::new();
    let (meter, ended) = sound_of(ffmpeg, command, (stage, video), meter, cancel).await?;
    let ended = ended.expect("a meter takes all there is");
    ended.into_success().map_err(failed)?;
    Ok(meter.finish())
}
