//! Keeps the promised true peak in the encoded sound: an encoder adds to it, by how much nobody knows before.

use camino::Utf8Path;
use tokio_util::sync::CancellationToken;
use videogen_process::Outcome;

use super::partial::Partial;
use super::{FfmpegRenderer, RenderJob, deadline, encode, whole};
use crate::Error;
use crate::audio::encoded_peak;
use crate::encode::bounded_encode;
use crate::verify::MOST_DBTP;

/// By how much meters of the true peak differ at most, in dB: below the promise by so much it holds by any of them.
const BETWEEN_METERS: f64 = 0.1;
/// How often the sound is encoded again. Each time it is lowered by what it was too high and by twice as much as before on
/// top, as what the encoder adds is not the same again: to a square wave of 7 kHz FFmpeg adds 2 to 8 dB, whatever its level.
const AGAIN: i32 = 8;
/// What it is lowered by on top the first time, in dB.
const ON_TOP: f64 = 0.05;

impl FfmpegRenderer {
    /// Measures the sound of the video at the output of `job`, and encodes it again, lower, for as long as its true peak is
    /// above what is promised. The pictures are copied. Most sound is within the limit, and is encoded once.
    ///
    /// # Errors
    /// As those of an encode.
    pub(super) async fn bound_peak(
        &self,
        job: &RenderJob,
        title: Option<&Utf8Path>,
        cancel: &CancellationToken,
    ) -> Result<(), Error> {
        let mut gain_db = 0.0;
        for round in 0..AGAIN {
            let measured = encoded_peak(&self.ffmpeg, &job.output, cancel).await;
            let peak = match measured {
                Err(error) if !error.is_cancelled() => {
                    // What cannot be decoded is found by the check of the whole video, which says more of it.
                    tracing::warn!(error = %videogen_text::chain(&error), "the sound cannot be measured");
                    return Ok(());
                }
                measured => measured?,
            };
            let Some(lower) = peak.and_then(|dbtp| too_high(dbtp, round)) else {
                return Ok(());
            };
            gain_db -= lower;
            tracing::debug!(?peak, gain_db, "the encoded sound is too high");
            self.encode_sound(job, gain_db, title, cancel).await?;
        }
        Ok(())
    }

    /// Encodes the sound of the video at the output of `job` anew, changed by `gain_db`.
    async fn encode_sound(
        &self,
        job: &RenderJob,
        gain_db: f64,
        title: Option<&Utf8Path>,
        cancel: &CancellationToken,
    ) -> Result<(), Error> {
        let frames = job.timeline.frames();
        let partial = Partial::beside(&job.output);
        let arguments = encode::sound_arguments(job, gain_db, title, &partial.path);
        let command = self.ffmpeg.command(deadline(job, frames)).args(arguments);
        let command = bounded_encode(command, &job.encode, job.size, frames, job.rate);
        let outcome = self.ffmpeg.supervisor().run(command, cancel).await;
        outcome
            .and_then(Outcome::into_success)
            .map_err(|e| Error::writing("encoding the sound again", &job.output, e))?;
        whole(&partial.path).await?;
        partial.finish()
    }
}

/// By how many dB a true peak is to be lowered the time after `round` others; `None` if it is low enough.
fn too_high(dbtp: f64, round: i32) -> Option<f64> {
    let over = dbtp - (MOST_DBTP - BETWEEN_METERS);
    (over > 0.0).then(|| over + ON_TOP * 2_f64.powi(round))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_low_enough_stays_and_each_time_more_is_taken_off() {
        for dbtp in [-60.0, -2.0, -1.11] {
            assert_eq!(too_high(dbtp, 0), None, "{dbtp}");
        }
        let lower = |round| too_high(-0.9, round).expect("too high");
        assert!((lower(0) - 0.25).abs() < 1e-9, "{}", lower(0));
        assert!((0..AGAIN).map(lower).is_sorted_by(|a, b| a < b));
        // A whole decibel and more on top in the end.
        assert!(lower(AGAIN - 1) > 1.5);
    }
}
