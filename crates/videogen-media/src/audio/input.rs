//! Judges an audio file of the user before any work is spent on it.

use std::io::{Read, Seek, SeekFrom};

use camino::{Utf8Path, Utf8PathBuf};
use tokio_util::sync::CancellationToken;

use super::pcm::Pcm;
use super::sniff::{ACCEPTED, Container, HEAD, id3_length, sniff};
use crate::probe::{Probe, probe};
use crate::{Error, Ffmpeg, files};

/// The largest audio file that is accepted, in bytes (150 MiB): over two hours of MP3 at 128 kbit/s, fourteen minutes
/// of uncompressed CD audio. What is larger is a recording to be exported, not a narration or a piece of music.
pub const LARGEST_AUDIO_FILE: u64 = 150 * 1024 * 1024;
/// The shortest sound that can be a narration or music, in seconds.
const SHORTEST: f64 = 0.05;
/// The longest that is accepted, in seconds; samples are held in memory at 23 MB per minute.
const LONGEST: f64 = 7200.0;

/// What an accepted audio file contains.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct AudioInfo {
    /// The kind of file, from its first bytes.
    pub container: Container,
    /// Codec name, as "mp3".
    pub codec: String,
    /// Number of channels.
    pub channels: u32,
    /// Samples per second and channel.
    pub sample_rate: u32,
    /// Length in seconds; an estimate for MP3 and AAC, whose headers do not tell.
    pub duration: f64,
}

/// Checks that a file is one that can be used as narration or music: a regular file of at most
/// [`LARGEST_AUDIO_FILE`] bytes, audio by its first bytes (the name does not count), with an audio stream of
/// 0.05 s to 2 h. Takes well under a second; nothing is decoded.
///
/// # Errors
/// The `Input…` variants of [`Error`], [`Error::Ffmpeg`] if ffprobe does not run, [`Error::Cancelled`].
pub async fn check_audio_file(
    ffmpeg: &Ffmpeg,
    path: &Utf8Path,
    cancel: &CancellationToken,
) -> Result<AudioInfo, Error> {
    let info = match plain(path).await? {
        Some(pcm) => Ok(pcm.info),
        None => {
            let (container, bytes) = container_of(path).await?;
            let probe = probe(ffmpeg, container.demuxer(), path, cancel).await?;
            judge(container, bytes, &probe)
        }
    };
    info.and_then(accepted)
        .map_err(|reason| Error::InputBroken {
            path: path.to_owned(),
            reason,
        })
}

/// The file as plain PCM, if it is that.
pub(super) async fn plain(path: &Utf8Path) -> Result<Option<Pcm>, Error> {
    let path = path.to_owned();
    // As in `container_of`.
    tokio::task::spawn_blocking(move || Pcm::open(&path))
        .await
        .unwrap_or(Err(Error::Cancelled))
}

/// The kind and the size in bytes of an audio file that has passed the checks that need no FFmpeg.
async fn container_of(path: &Utf8Path) -> Result<(Container, u64), Error> {
    let path = path.to_owned();
    // The closure does not panic; a runtime that shuts down is the one way to lose it.
    tokio::task::spawn_blocking(move || read_container(&path))
        .await
        .unwrap_or(Err(Error::Cancelled))
}

/// The blocking part of [`container_of`].
fn read_container(path: &Utf8PathBuf) -> Result<(Container, u64), Error> {
    let failed = |source| Error::Io {
        action: "reading",
        path: path.clone(),
        source,
    };
    let mut file = files::open_regular(path, LARGEST_AUDIO_FILE)?;
    let bytes = file.metadata().map_err(failed)?.len();
    let mut head = Vec::new();
    file.by_ref()
        .take(HEAD as u64)
        .read_to_end(&mut head)
        .map_err(failed)?;
    let mut container = sniff(&head);
    // FLAC and AAC may have an ID3 tag in front, too, and a cover in it can be megabytes long.
    if let Some(tag) = id3_length(&head) {
        let mut behind = Vec::new();
        file.seek(SeekFrom::Start(tag)).map_err(failed)?;
        file.take(HEAD as u64)
            .read_to_end(&mut behind)
            .map_err(failed)?;
        container = match sniff(&behind) {
            Some(found @ (Container::Flac | Container::Adts)) => Some(found),
            // Padding may lie between tag and first frame; whether frames come at all, the demuxer sees.
            _ => Some(Container::Mp3),
        };
    }
    let container = container.ok_or_else(|| Error::InputWrongType {
        path: path.clone(),
        expected: ACCEPTED,
        found: files::describe(&head),
    })?;
    Ok((container, bytes))
}

/// Judges what ffprobe found in a file of `bytes` bytes.
fn judge(container: Container, bytes: u64, probe: &Probe) -> Result<AudioInfo, String> {
    let audio = probe.audio.as_ref().ok_or("it has no audio stream")?;
    let told = audio
        .duration
        .or(probe.duration)
        .ok_or("its length cannot be told")?;
    // A WAV header may claim gigabytes that are not there, by damage or because it was written to a pipe.
    let duration = match audio.bit_rate {
        Some(rate) if rate > 0 && audio.codec.starts_with("pcm_") => {
            told.min(bytes as f64 * 8.0 / rate as f64)
        }
        _ => told,
    };
    Ok(AudioInfo {
        container,
        codec: audio.codec.clone(),
        channels: audio.channels,
        sample_rate: audio.sample_rate,
        duration,
    })
}

/// `info` if it can be a narration or music.
fn accepted(info: AudioInfo) -> Result<AudioInfo, String> {
    if info.channels == 0 || info.sample_rate == 0 {
        return Err("its audio stream has no channels or no sample rate".to_owned());
    }
    if info.duration < SHORTEST {
        return Err(format!("it is only {:.3} s long", info.duration));
    }
    if info.duration > LONGEST {
        return Err(format!(
            "it is {:.1} hours long, at most {} are accepted",
            info.duration / 3600.0,
            LONGEST / 3600.0
        ));
    }
    Ok(info)
}
