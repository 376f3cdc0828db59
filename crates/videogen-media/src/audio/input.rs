//! Judges an audio file of the user before any work is spent on it.

use std::io::{Read, Seek, SeekFrom};
use std::ops::RangeInclusive;

use camino::{Utf8Path, Utf8PathBuf};
use tokio_util::sync::CancellationToken;

use super::pcm::Pcm;
use super::sniff::{ACCEPTED, AudioContainer, HEAD, id3_length, sniff};
use crate::probe::{MediaInfo, probe_media};
use crate::{Error, Ffmpeg, files};

/// The largest audio file that is accepted, in bytes (150 MiB): over two hours of MP3 at 128 kbit/s, fourteen minutes
/// of uncompressed CD audio. What is larger is a recording to be exported, not a narration or a piece of music.
pub const MAX_AUDIO_BYTES: u64 = 150 * 1024 * 1024;
/// The samples per second that are accepted: from what still carries speech to the highest of any recorder. FFmpeg's
/// resampler makes 48000 samples out of each one of a rate of 1, and gigabytes of a moment.
const RATES: RangeInclusive<u32> = 4_000..=384_000;
/// The channels that are accepted: what FFmpeg can mix down, 7.1 at most.
const MOST_CHANNELS: u32 = 8;
/// The shortest sound that can be a narration or music, in seconds.
const SHORTEST: f64 = 0.05;
/// The longest that is accepted, in seconds; samples are held in memory at 23 MB per minute.
const LONGEST: f64 = 7200.0;

/// What an accepted audio file contains.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct AudioInfo {
    /// The kind of file, from its first bytes.
    pub container: AudioContainer,
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
/// [`MAX_AUDIO_BYTES`] bytes, audio by its first bytes (the name does not count), with an audio stream of
/// 0.05 s to 2 h, 4 to 384 kHz and 1 to 8 channels. Takes well under a second; nothing is decoded.
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
            let probe = probe_media(ffmpeg, container.demuxer(), path, cancel).await?;
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

/// Returns the kind of an audio file by its beginning. Blocks on the disk.
///
/// # Errors
/// [`Error::InputWrongType`]: it is none of the kinds that are read, which its message lists. It cannot be read, is no file, or
/// too large.
pub fn audio_container(path: &Utf8Path) -> Result<AudioContainer, Error> {
    read_container(&path.to_owned()).map(|(container, _)| container)
}

/// The kind and the size in bytes of an audio file that has passed the checks that need no FFmpeg.
async fn container_of(path: &Utf8Path) -> Result<(AudioContainer, u64), Error> {
    let path = path.to_owned();
    // The closure does not panic; a runtime that shuts down is the one way to lose it.
    tokio::task::spawn_blocking(move || read_container(&path))
        .await
        .unwrap_or(Err(Error::Cancelled))
}

/// The blocking part of [`container_of`].
fn read_container(path: &Utf8PathBuf) -> Result<(AudioContainer, u64), Error> {
    let failed = |source| Error::Io {
        action: "reading",
        path: path.clone(),
        source,
    };
    let mut file = files::open_regular(path, MAX_AUDIO_BYTES)?;
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
            Some(found @ (AudioContainer::Flac | AudioContainer::Adts)) => Some(found),
            // Padding may lie between tag and first frame; whether frames come at all, the demuxer sees.
            _ => Some(AudioContainer::Mp3),
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
fn judge(container: AudioContainer, bytes: u64, probe: &MediaInfo) -> Result<AudioInfo, String> {
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
    if !RATES.contains(&info.sample_rate) {
        return Err(format!(
            "it has {} samples per second, accepted are {} to {}",
            info.sample_rate,
            RATES.start(),
            RATES.end()
        ));
    }
    if info.channels > MOST_CHANNELS {
        return Err(format!(
            "it has {} channels, at most {MOST_CHANNELS} are accepted",
            info.channels
        ));
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

#[cfg(test)]
mod tests {
    use super::*;

    fn sound(sample_rate: u32, channels: u32) -> AudioInfo {
        AudioInfo {
            container: AudioContainer::Wav,
            codec: "pcm_s16le".to_owned(),
            channels,
            sample_rate,
            duration: 10.0,
        }
    }

    #[test]
    fn rates_and_channels_that_no_recording_has_are_refused() {
        for (rate, channels) in [(4_000, 1), (8_000, 2), (44_100, 6), (384_000, 8)] {
            assert!(accepted(sound(rate, channels)).is_ok(), "{rate} {channels}");
        }
        for rate in [1, 100, 3_999, 384_001, u32::MAX] {
            let reason = accepted(sound(rate, 1)).unwrap_err();
            assert!(reason.contains("samples per second"), "{reason}");
        }
        for channels in [9, 64, 65_535] {
            let reason = accepted(sound(48_000, channels)).unwrap_err();
            assert!(reason.contains("at most 8"), "{reason}");
        }
    }
}
