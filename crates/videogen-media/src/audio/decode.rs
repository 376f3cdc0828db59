//! Decodes an audio file of any accepted kind to samples in memory.

use std::time::Duration;

use camino::Utf8Path;
use tokio::io::AsyncReadExt;
use tokio_util::sync::CancellationToken;
use videogen_process::{ChildStdout, Stdout};

use super::input::plain;
use super::{AudioInfo, SAMPLE_RATE, StereoAudio, check_audio_file, samples_in};
use crate::ffmpeg::ffmpeg_input_args;
use crate::ffmpeg::limits::{FfmpegTask, bounded};
use crate::{Error, Ffmpeg};

/// Decoding runs hundreds of times faster than playing; this is for a loaded machine and a slow disk.
const DEADLINE: Duration = Duration::from_mins(5);
/// How much of a stream may be missing, as a fraction of its length and in seconds, before it counts as cut off.
const CUT_OFF: (f64, f64) = (0.9, 0.5);
/// Bytes of one sample of both channels.
const FRAME: usize = 8;

/// Decodes the first audio stream of a file to 48 kHz stereo, at most `limit_seconds` of it.
///
/// More channels are mixed down by FFmpeg's matrix; one channel goes to both at −3 dB, which keeps its loudness. Cover
/// pictures and subtitles are not looked at. The file passes [`check_audio_file`] first. Cancelling ends the process.
///
/// # Errors
/// The `Input…` variants of [`Error`]; [`Error::InputBroken`] also if FFmpeg cannot decode it, finds no samples or far
/// fewer than the header tells, or if samples are not numbers; [`Error::InvalidValue`] for a limit that is not
/// positive; [`Error::Ffmpeg`], [`Error::Cancelled`].
pub async fn decode_audio(
    ffmpeg: &Ffmpeg,
    path: &Utf8Path,
    limit_seconds: f64,
    cancel: &CancellationToken,
) -> Result<StereoAudio, Error> {
    if !(limit_seconds > 0.0 && limit_seconds.is_finite()) {
        return Err(Error::InvalidValue {
            what: "limit_seconds",
            value: limit_seconds.to_string(),
            allowed: "a positive number".to_owned(),
        });
    }
    let info = check_audio_file(ffmpeg, path, cancel).await?;
    let broken = |reason: String| Error::InputBroken {
        path: path.to_owned(),
        reason,
    };
    let samples = match read_plain(path, limit_seconds).await? {
        Some(samples) => samples,
        None => convert(ffmpeg, path, &info, limit_seconds, cancel).await?,
    };
    if samples.is_empty() {
        return Err(broken("it contains no sound".to_owned()));
    }
    if !samples
        .left
        .iter()
        .chain(&samples.right)
        .all(|sample| sample.is_finite())
    {
        return Err(broken(
            "it contains samples that are not numbers".to_owned(),
        ));
    }
    let expected = info.duration.min(limit_seconds);
    if samples.seconds() < expected * CUT_OFF.0 - CUT_OFF.1 {
        let reason = format!(
            "it ends after {:.1} s of {expected:.1} s",
            samples.seconds()
        );
        if info.container.tells_its_length() {
            return Err(broken(reason));
        }
        tracing::warn!(%path, "{reason}");
    }
    Ok(samples)
}

/// The samples of a file that needs no decoder.
async fn read_plain(path: &Utf8Path, limit_seconds: f64) -> Result<Option<StereoAudio>, Error> {
    let Some(pcm) = plain(path).await? else {
        return Ok(None);
    };
    // A runtime that shuts down is the one way to lose it.
    tokio::task::spawn_blocking(move || pcm.decode(limit_seconds))
        .await
        .map_err(|_| Error::Cancelled)
}

/// The samples of any other file, by FFmpeg.
async fn convert(
    ffmpeg: &Ffmpeg,
    path: &Utf8Path,
    info: &AudioInfo,
    limit_seconds: f64,
    cancel: &CancellationToken,
) -> Result<StereoAudio, Error> {
    let stage = format!("decoding {path}");
    let failed = |source| Error::process(&*stage, source);

    let command = ffmpeg
        .command(DEADLINE)
        .args(ffmpeg_input_args(info.container.demuxer(), path))
        .args([
            "-map",
            "0:a:0",
            "-vn",
            "-sn",
            "-dn",
            "-map_metadata",
            "-1",
            "-ac",
            "2",
            "-ar",
            "48000",
        ])
        .args(["-t".to_owned(), format!("{limit_seconds:.6}")])
        .args(["-f", "f32le", "-c:a", "pcm_f32le", "pipe:1"])
        .stdout(Stdout::Pipe);
    let command = bounded(command, FfmpegTask::Sound);
    let mut child = ffmpeg.supervisor().spawn(command).map_err(failed)?;
    let stdout = child.take_stdout().expect("stdout is a pipe as asked for");
    // Reading is a task of its own, so that the deadline and the cancellation of `wait` hold while samples arrive.
    let reader = tokio::spawn(read(stdout, samples_in(limit_seconds, SAMPLE_RATE) + 1));
    let outcome = child.wait(cancel).await.map_err(failed)?;
    // The pipe is closed, so the task has ended or is about to.
    let samples = reader.await.map_err(|_| Error::Cancelled)?;
    let samples = samples.map_err(|source| Error::Io {
        action: "reading",
        path: path.to_owned(),
        source,
    })?;
    let outcome = Error::unless_out_of_memory(&stage, outcome)?;
    if !outcome.success() {
        return Err(Error::InputBroken {
            path: path.to_owned(),
            reason: crate::probe::last_line(outcome.stderr.as_str()),
        });
    }
    Ok(samples)
}

/// Reads interleaved little-endian samples until the end or until there are `most` of each channel.
async fn read(mut stdout: ChildStdout, most: usize) -> std::io::Result<StereoAudio> {
    let mut samples = StereoAudio::default();
    let mut buffer = vec![0; 64 * 1024];
    let mut filled = 0;
    loop {
        let count = stdout.read(&mut buffer[filled..]).await?;
        if count == 0 {
            return Ok(samples);
        }
        filled += count;
        let whole = filled - filled % FRAME;
        for frame in buffer[..whole]
            .chunks_exact(FRAME)
            .take(most - samples.len())
        {
            samples
                .left
                .push(f32::from_le_bytes([frame[0], frame[1], frame[2], frame[3]]));
            samples
                .right
                .push(f32::from_le_bytes([frame[4], frame[5], frame[6], frame[7]]));
        }
        buffer.copy_within(whole..filled, 0);
        filled -= whole;
    }
}
