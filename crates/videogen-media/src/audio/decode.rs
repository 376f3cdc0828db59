//! Decodes an audio file of any accepted kind, to samples in memory or to whoever listens.

use std::io;
use std::time::Duration;

use camino::Utf8Path;
use tokio::io::AsyncReadExt;
use tokio_util::sync::CancellationToken;
use videogen_process::{ChildStdout, Command, Outcome, Stdout};

use super::input::plain;
use super::promise::is_short_of;
use super::sink::{FirstSamples, FromFirstSound, SampleSink};
use super::{AudioInfo, SAMPLE_RATE, StereoAudio, check_audio_file, samples_in};
use crate::blocking::blocking;
use crate::ffmpeg::ffmpeg_input_args;
use crate::ffmpeg::limits::{FfmpegTask, bounded};
use crate::{Error, Ffmpeg};

/// Decoding runs hundreds of times faster than playing; this is for a loaded machine and a slow disk.
const DEADLINE: Duration = Duration::from_mins(5);
/// How much of a stream may be missing, as a fraction of its length and in seconds, before what must be whole is refused.
const CUT_OFF: (f64, f64) = (0.9, 0.5);
/// Bytes of one sample of both channels.
const FRAME: usize = 8;

/// What FFmpeg is told to take of a file: its first sound, as we work with it.
#[rustfmt::skip] // an option and its value are one thing
const FIRST_SOUND: [&str; 11] = [
    "-map", "0:a:0", "-vn", "-sn", "-dn", "-map_metadata", "-1", "-ac", "2", "-ar", "48000",
];
/// And where to: samples as they are read here.
const TO_PIPE: [&str; 5] = ["-f", "f32le", "-c:a", "pcm_f32le", "pipe:1"];

/// Decodes the first audio stream of a file to 48 kHz stereo, at most `limit_seconds` of it.
///
/// More channels are mixed down by FFmpeg's matrix; one channel goes to both at −3 dB, which keeps its loudness. Cover
/// pictures and subtitles are not looked at. A stream that begins late begins at once, and what else is in the file makes it
/// no longer. The file passes [`check_audio_file`] first. Cancelling ends the process.
///
/// # Errors
/// The `Input…` variants of [`Error`]; [`Error::InputBroken`] also if FFmpeg cannot decode it, finds no samples or, in a
/// FLAC, M4A, AIFF or Matroska file, far fewer than the header tells, or if samples are not numbers;
/// [`Error::InvalidValue`] for a limit that is not positive; [`Error::Ffmpeg`], [`Error::Cancelled`].
pub async fn decode_audio(
    ffmpeg: &Ffmpeg,
    path: &Utf8Path,
    limit_seconds: f64,
    cancel: &CancellationToken,
) -> Result<StereoAudio, Error> {
    let info = check_audio_file(ffmpeg, path, cancel).await?;
    let sink = FirstSamples::new(most_samples(limit_seconds)?);
    let kept = stream_audio(ffmpeg, path, &info, sink, cancel).await?;
    let samples = usable(path, kept.sound)?;
    refuse_cut_off(path, &info, samples.seconds(), limit_seconds)?;
    Ok(samples)
}

/// Decodes music to 48 kHz stereo, as [`decode_audio`] does, but from where something is heard on: a silence of more than
/// half a second at its beginning is left out. Of what is silent throughout, a moment of silence comes out.
///
/// # Errors
/// As [`decode_audio`].
pub async fn decode_music(
    ffmpeg: &Ffmpeg,
    path: &Utf8Path,
    limit_seconds: f64,
    cancel: &CancellationToken,
) -> Result<StereoAudio, Error> {
    let info = check_audio_file(ffmpeg, path, cancel).await?;
    let sink = FromFirstSound::new(FirstSamples::new(most_samples(limit_seconds)?));
    let started = stream_audio(ffmpeg, path, &info, sink, cancel).await?.end();
    let samples = usable(path, started.sink.sound)?;
    let skipped = started.skipped;
    refuse_cut_off(
        path,
        &info,
        skipped + samples.seconds(),
        skipped + limit_seconds,
    )?;
    Ok(samples)
}

/// How many samples a limit in seconds is.
fn most_samples(limit_seconds: f64) -> Result<usize, Error> {
    if limit_seconds > 0.0 && limit_seconds.is_finite() {
        return Ok(samples_in(limit_seconds, SAMPLE_RATE).max(1));
    }
    Err(Error::InvalidValue {
        what: "limit_seconds",
        value: limit_seconds.to_string(),
        allowed: "a positive number".to_owned(),
    })
}

fn broken(path: &Utf8Path, reason: impl Into<String>) -> Error {
    Error::InputBroken {
        path: path.to_owned(),
        reason: reason.into(),
    }
}

/// The samples, if they are a sound.
fn usable(path: &Utf8Path, samples: StereoAudio) -> Result<StereoAudio, Error> {
    if samples.is_empty() {
        return Err(broken(path, "it contains no sound"));
    }
    let mut all = samples.left.iter().chain(&samples.right);
    if !all.all(|sample| sample.is_finite()) {
        return Err(broken(path, "it contains samples that are not numbers"));
    }
    Ok(samples)
}

/// Refuses a file that must be whole and of which far less came than its header tells: `seconds`, where `limit` were asked
/// for.
pub(super) fn refuse_cut_off(
    path: &Utf8Path,
    info: &AudioInfo,
    seconds: f64,
    limit: f64,
) -> Result<(), Error> {
    let expected = info.promised.unwrap_or(0.0).min(limit);
    if info.container.must_be_whole() && seconds < expected * CUT_OFF.0 - CUT_OFF.1 {
        let reason = format!("it ends after {seconds:.1} s of {expected:.1} s");
        return Err(broken(path, reason));
    }
    Ok(())
}

/// Says that a file was cut off, where it was: `seconds` came of it, where `limit` were asked for.
pub(super) fn cut_off(info: &AudioInfo, seconds: f64, limit: f64) -> Option<String> {
    // Of the rest of a file that nobody wants it does not matter whether it is there.
    let promised = info.promised.filter(|_| seconds < limit);
    match promised {
        Some(promised) if is_short_of(seconds, promised.min(limit)) => Some(format!(
            "it was cut off, and ends after {seconds:.1} s of the {promised:.1} s that its header promises"
        )),
        _ if info.is_cut_off && seconds < limit => Some(format!(
            "it was cut off in the middle, after {seconds:.1} s"
        )),
        _ => None,
    }
}

/// Gives the samples of a file's first audio stream to `sink`, until they end or it wants no more. None of them is held.
///
/// # Errors
/// As [`decode_audio`], but for what is judged by all samples.
pub(super) async fn stream_audio<S: SampleSink>(
    ffmpeg: &Ffmpeg,
    path: &Utf8Path,
    info: &AudioInfo,
    mut sink: S,
    cancel: &CancellationToken,
) -> Result<S, Error> {
    let Some(pcm) = plain(path).await? else {
        let input = SoundInput {
            path,
            demuxer: info.container.demuxer(),
            options: &[],
        };
        return convert(ffmpeg, input, sink, cancel).await;
    };
    let stop = cancel.clone();
    blocking(move || {
        pcm.stream(&mut sink, &stop)?;
        Ok(sink)
    })
    .await
}

/// A file whose first sound FFmpeg decodes.
#[derive(Debug, Clone, Copy)]
pub(super) struct SoundInput<'a> {
    pub(super) path: &'a Utf8Path,
    /// FFmpeg's name of the demuxer to force.
    pub(super) demuxer: &'a str,
    /// What FFmpeg is told of the sound beside what it is to become.
    pub(super) options: &'a [&'a str],
}

/// Gives the samples of the first audio stream of any other file to `sink`, by FFmpeg, which reads it by this `demuxer`.
///
/// # Errors
/// [`Error::InputBroken`] if FFmpeg cannot decode it; [`Error::Ffmpeg`], [`Error::Cancelled`].
pub(super) async fn convert<S: SampleSink>(
    ffmpeg: &Ffmpeg,
    input: SoundInput<'_>,
    sink: S,
    cancel: &CancellationToken,
) -> Result<S, Error> {
    let path = input.path;
    let stage = format!("decoding {path}");
    let command = ffmpeg
        .command(DEADLINE)
        .args(ffmpeg_input_args(input.demuxer, path))
        .args(input.options);
    let (sink, ended) = sound_of(ffmpeg, command, (&stage, path), sink, cancel).await?;
    let Some(outcome) = ended else {
        return Ok(sink);
    };
    let outcome = Error::unless_out_of_memory(&stage, outcome)?;
    if !outcome.success() {
        return Err(broken(
            path,
            crate::probe::last_line(outcome.stderr.as_str()),
        ));
    }
    Ok(sink)
}

/// Gives the samples of the first sound to `sink`, by FFmpeg, whose `command` names the input last. How that ended; `None`
/// where the sink wanted no more. Messages name `stage` and `path`.
///
/// # Errors
/// [`Error::Ffmpeg`] if it does not run, [`Error::Io`], [`Error::Cancelled`].
pub(super) async fn sound_of<S: SampleSink>(
    ffmpeg: &Ffmpeg,
    command: Command,
    (stage, path): (&str, &Utf8Path),
    sink: S,
    cancel: &CancellationToken,
) -> Result<(S, Option<Outcome>), Error> {
    let failed = |source| Error::process(stage, source);
    let command = command
        .args(FIRST_SOUND)
        .args(TO_PIPE)
        .stdout(Stdout::Pipe)
        // It has nothing to tidy up when enough was heard.
        .grace(Duration::ZERO);
    let command = bounded(command, FfmpegTask::Sound);
    let mut child = ffmpeg.supervisor().spawn(command).map_err(failed)?;
    let stdout = child.take_stdout().expect("stdout is a pipe as asked for");
    // Reading is a task of its own, so that the deadline and the cancellation of `wait` hold while samples arrive.
    let enough = cancel.child_token();
    let reader = tokio::spawn(read(stdout, sink, enough.clone()));
    let ended = child.wait(&enough).await;
    // The pipe is closed, so the task has ended or is about to.
    let (sink, read) = reader.await.map_err(|_| Error::Cancelled)?;
    let read = read.map_err(|source| Error::Io {
        action: "reading",
        path: path.to_owned(),
        source,
    })?;
    if cancel.is_cancelled() {
        return Err(Error::Cancelled);
    }
    Ok(match read {
        Read::Enough => (sink, None),
        Read::All => (sink, Some(ended.map_err(failed)?)),
    })
}

/// Why no more samples are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Read {
    /// There are no more.
    All,
    /// No more are wanted.
    Enough,
}

/// Reads interleaved little-endian samples until the end or until `sink` wants no more, and fires `enough` then.
async fn read<S: SampleSink>(
    mut stdout: ChildStdout,
    mut sink: S,
    enough: CancellationToken,
) -> (S, io::Result<Read>) {
    let mut buffer = vec![0; 64 * 1024];
    let (mut left, mut right) = (Vec::new(), Vec::new());
    let mut filled = 0;
    loop {
        match stdout.read(&mut buffer[filled..]).await {
            Ok(0) => return (sink, Ok(Read::All)),
            Ok(count) => filled += count,
            Err(error) => return (sink, Err(error)),
        }
        let whole = filled - filled % FRAME;
        left.clear();
        right.clear();
        for frame in buffer[..whole].chunks_exact(FRAME) {
            left.push(f32::from_le_bytes([frame[0], frame[1], frame[2], frame[3]]));
            right.push(f32::from_le_bytes([frame[4], frame[5], frame[6], frame[7]]));
        }
        buffer.copy_within(whole..filled, 0);
        filled -= whole;
        if sink.take(&left, &right).is_break() {
            enough.cancel();
            return (sink, Ok(Read::Enough));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::AudioContainer;
    use super::*;

    fn info(container: AudioContainer, promised: Option<f64>) -> AudioInfo {
        AudioInfo {
            container,
            codec: String::new(),
            channels: 1,
            sample_rate: 48_000,
            duration: promised,
            promised,
            is_cut_off: false,
        }
    }

    #[test]
    fn what_was_cut_off_is_told_or_refused() {
        let wav = info(AudioContainer::Wav, Some(7.54));
        let told = cut_off(&wav, 2.04, 600.0).unwrap();
        assert!(told.contains("2.0 s of the 7.5 s"), "{told}");
        assert_eq!(cut_off(&wav, 7.5, 600.0), None);
        // Nobody asked for more.
        assert_eq!(cut_off(&wav, 2.0, 2.0), None);
        assert_eq!(cut_off(&info(AudioContainer::Mp3, None), 2.0, 600.0), None);
        let ogg = AudioInfo {
            is_cut_off: true,
            ..info(AudioContainer::Ogg, None)
        };
        assert!(cut_off(&ogg, 2.0, 600.0).is_some_and(|told| told.contains("in the middle")));
        let path = Utf8Path::new("a");
        assert!(refuse_cut_off(path, &wav, 2.04, 600.0).is_ok());
        let flac = info(AudioContainer::Flac, Some(7.54));
        assert!(refuse_cut_off(path, &flac, 2.04, 600.0).is_err());
        assert!(refuse_cut_off(path, &flac, 2.04, 2.0).is_ok());
        assert!(refuse_cut_off(path, &info(AudioContainer::Matroska, None), 7.5, 20.0).is_ok());
    }
}
