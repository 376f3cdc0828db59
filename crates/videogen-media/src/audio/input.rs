//! Judges an audio file of the user before any work is spent on it.

use std::io::{self, Read, Seek, SeekFrom};
use std::ops::RangeInclusive;

use camino::Utf8Path;
use tokio_util::sync::CancellationToken;

use super::pcm::Pcm;
use super::promise::{
    OGG_PAGE, caf_is_cut_off, caf_seconds, mp3_tells_its_length, ogg_is_cut_off, wav_seconds,
};
use super::sniff::{ACCEPTED, AudioContainer, HEAD, id3_length, sniff};
use crate::blocking::blocking;
use crate::probe::{AudioStream, MediaInfo, probe_as_one_of, probe_media};
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
    /// Length of the sound in seconds, whatever else there is in the file; an estimate for MP3 and AAC, whose headers do
    /// not tell. `None` where nothing tells it.
    pub duration: Option<f64>,
    /// The length in seconds that its header promises, where such a header is dependable: a sound that is shorter was cut
    /// off.
    pub promised: Option<f64>,
    /// Whether the file ends in the middle of something, however long it should be.
    pub is_cut_off: bool,
}

impl AudioInfo {
    /// The length in seconds that is certain without decoding: of what must be whole and of samples as they are, which are
    /// all there. Others may tell more than comes of them.
    pub(super) fn certain_seconds(&self) -> Option<f64> {
        if self.container.must_be_whole() {
            self.promised
        } else {
            self.duration.filter(|_| self.codec.starts_with("pcm_"))
        }
    }
}

/// Checks that a file is one that can be used as narration or music: a regular file of at most
/// [`MAX_AUDIO_BYTES`] bytes, audio by its content (the name does not count), with an audio stream of
/// 0.05 s to 2 h, 4 to 384 kHz and 1 to 8 channels. Takes well under a second; nothing is decoded.
///
/// What no signature tells is shown to ffprobe, which may try the demuxers of [`AudioContainer::others`] on it.
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
            let file = path.to_owned();
            let seen = blocking(move || FirstLook::at(&file)).await?;
            let (container, probe) = match seen.container {
                Some(known) => {
                    let probe = probe_media(ffmpeg, known.demuxer(), path, cancel).await?;
                    (known, probe)
                }
                None => recognised(ffmpeg, path, seen.found.clone(), cancel).await?,
            };
            judge(container, &seen, &probe)
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
    blocking(move || Pcm::open(&path)).await
}

/// Returns the kind of an audio file by its beginning. Blocks on the disk.
///
/// # Errors
/// [`Error::InputWrongType`]: it is none of the kinds that are known by their signatures, which its message lists. It cannot
/// be read, is no file, or too large.
pub fn audio_container(path: &Utf8Path) -> Result<AudioContainer, Error> {
    let seen = FirstLook::at(path)?;
    let FirstLook {
        container, found, ..
    } = seen;
    container.ok_or_else(|| wrong_type(path, found))
}

/// What FFmpeg takes a file for that has no signature known here, if it is one of the demuxers that may be tried.
async fn recognised(
    ffmpeg: &Ffmpeg,
    path: &Utf8Path,
    found: String,
    cancel: &CancellationToken,
) -> Result<(AudioContainer, MediaInfo), Error> {
    if found != files::UNKNOWN {
        return Err(wrong_type(path, found));
    }
    match probe_as_one_of(ffmpeg, AudioContainer::others(), path, cancel).await {
        Ok(probe) => match AudioContainer::by_demuxer(&probe.format) {
            Some(container) => Ok((container, probe)),
            None => Err(wrong_type(path, found)),
        },
        Err(Error::InputBroken { .. }) => Err(wrong_type(path, found)),
        Err(error) => Err(error),
    }
}

fn wrong_type(path: &Utf8Path, found: String) -> Error {
    Error::InputWrongType {
        path: path.to_owned(),
        expected: ACCEPTED,
        found,
    }
}

/// What can be said of an audio file without FFmpeg.
#[derive(Debug)]
struct FirstLook {
    /// By its signature.
    container: Option<AudioContainer>,
    /// What it looks like, in words.
    found: String,
    bytes: u64,
    /// The length that is written in its first bytes, in seconds.
    promised: Option<f64>,
    /// Whether an MP3 file tells its length, which FFmpeg reads.
    tells: bool,
    is_cut_off: bool,
}

impl FirstLook {
    /// Looks at a file that has passed the checks that need no FFmpeg. Blocks on the disk.
    fn at(path: &Utf8Path) -> Result<Self, Error> {
        let failed = |source| Error::Io {
            action: "reading",
            path: path.to_owned(),
            source,
        };
        let mut file = files::open_regular(path, MAX_AUDIO_BYTES)?;
        let bytes = file.metadata().map_err(failed)?.len();
        let mut read = |from: u64, most: u64| {
            let mut part = Vec::new();
            file.seek(SeekFrom::Start(from))?;
            file.by_ref().take(most).read_to_end(&mut part)?;
            Ok::<_, io::Error>(part)
        };
        let head = read(0, HEAD as u64).map_err(failed)?;
        let mut seen = Self {
            container: sniff(&head),
            found: files::describe(&head),
            bytes,
            promised: match sniff(&head) {
                Some(AudioContainer::Caf) => caf_seconds(&head, bytes),
                _ => wav_seconds(&head, bytes),
            },
            tells: mp3_tells_its_length(&head, bytes),
            is_cut_off: caf_is_cut_off(&head, bytes),
        };
        // FLAC and AAC may have an ID3 tag in front, too, and a cover in it can be megabytes long.
        if let Some(tag) = id3_length(&head) {
            let behind = read(tag, HEAD as u64).map_err(failed)?;
            seen.container = match sniff(&behind) {
                Some(found @ (AudioContainer::Flac | AudioContainer::Adts)) => Some(found),
                // Padding may lie between tag and first frame; whether frames come at all, the demuxer sees.
                _ => Some(AudioContainer::Mp3),
            };
            seen.tells = mp3_tells_its_length(&behind, bytes.saturating_sub(tag));
        }
        if seen.container == Some(AudioContainer::Ogg) {
            let page = OGG_PAGE as u64;
            let tail = read(bytes.saturating_sub(page), page).map_err(failed)?;
            seen.is_cut_off = ogg_is_cut_off(&tail);
        }
        Ok(seen)
    }
}

/// The length of a stream of its own, in seconds, where it or its container tells.
fn own_length(container: AudioContainer, audio: &AudioStream, probe: &MediaInfo) -> Option<f64> {
    // Matroska tells when something ends, the others how long it is.
    let begin = match container {
        AudioContainer::Matroska => audio.start.unwrap_or(0.0).max(0.0),
        _ => 0.0,
    };
    // The container's length is that of its longest stream.
    let alone = probe.duration.filter(|_| probe.video.is_none());
    let end = audio.tagged_end.or(alone);
    audio.duration.or_else(|| Some(end? - begin))
}

/// Judges what ffprobe found in a file.
fn judge(
    container: AudioContainer,
    seen: &FirstLook,
    probe: &MediaInfo,
) -> Result<AudioInfo, String> {
    let audio = probe.audio.as_ref().ok_or("it has no audio stream")?;
    let told = own_length(container, audio, probe);
    // A WAV header may claim gigabytes that are not there, by damage or because it was written to a pipe.
    let there = audio.bit_rate.filter(|rate| *rate > 0);
    let there = there.filter(|_| audio.codec.starts_with("pcm_"));
    let there = there.map(|rate| seen.bytes as f64 * 8.0 / rate as f64);
    let is_promise = match container {
        AudioContainer::Mp3 => seen.tells,
        _ => container.tells_its_length(),
    };
    Ok(AudioInfo {
        container,
        codec: audio.codec.clone(),
        channels: audio.channels,
        sample_rate: audio.sample_rate,
        duration: told.map(|told| there.map_or(told, |there| told.min(there))),
        promised: match container {
            AudioContainer::Wav => seen.promised,
            // FFmpeg reckons with the bytes that are there.
            AudioContainer::Caf => seen.promised.or(told),
            _ => told.filter(|_| is_promise),
        },
        is_cut_off: seen.is_cut_off,
    })
}

/// Why a stream of so many samples a second and so many channels is not decoded; `None` if it is.
pub(crate) fn stream_flaw(sample_rate: u32, channels: u32) -> Option<String> {
    if channels == 0 || sample_rate == 0 {
        return Some("its audio stream has no channels or no sample rate".to_owned());
    }
    if !RATES.contains(&sample_rate) {
        return Some(format!(
            "it has {sample_rate} samples per second, accepted are {} to {}",
            RATES.start(),
            RATES.end()
        ));
    }
    (channels > MOST_CHANNELS)
        .then(|| format!("it has {channels} channels, at most {MOST_CHANNELS} are accepted"))
}

/// `info` if it can be a narration or music.
fn accepted(info: AudioInfo) -> Result<AudioInfo, String> {
    if let Some(flaw) = stream_flaw(info.sample_rate, info.channels) {
        return Err(flaw);
    }
    match info.duration {
        Some(seconds) if seconds < SHORTEST => Err(format!("it is only {seconds:.3} s long")),
        Some(seconds) if seconds > LONGEST => Err(format!(
            "it is {:.1} hours long, at most {} are accepted",
            seconds / 3600.0,
            LONGEST / 3600.0
        )),
        _ => Ok(info),
    }
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
            duration: Some(10.0),
            promised: None,
            is_cut_off: false,
        }
    }

    /// What ffprobe tells of a file with one audio stream, and with a video beside it.
    fn probed(audio: AudioStream, all: f64, has_video: bool) -> MediaInfo {
        let video = has_video.then(crate::probe::tests::video_stream);
        MediaInfo {
            duration: Some(all),
            video,
            audio: Some(audio),
            format: "matroska,webm".to_owned(),
        }
    }

    fn stream(duration: Option<f64>, start: Option<f64>, tagged_end: Option<f64>) -> AudioStream {
        AudioStream {
            codec: "opus".to_owned(),
            channels: 2,
            sample_rate: 48_000,
            duration,
            bit_rate: None,
            start,
            tagged_end,
        }
    }

    fn seen() -> FirstLook {
        FirstLook {
            container: None,
            found: String::new(),
            bytes: 1000,
            promised: None,
            tells: false,
            is_cut_off: false,
        }
    }

    #[test]
    fn the_length_of_the_sound_counts_and_not_that_of_the_file() {
        let of = |container, audio, all, has_video| {
            let info = judge(container, &seen(), &probed(audio, all, has_video)).unwrap();
            (info.duration, info.promised)
        };
        let (mkv, mp4) = (AudioContainer::Matroska, AudioContainer::Mp4);
        // A video that is longer, with and without a tag that tells when the sound ends.
        let tagged = of(mkv, stream(None, Some(-0.007), Some(7.55)), 20.007, true);
        assert_eq!(tagged, (Some(7.55), Some(7.55)));
        let untagged = of(mkv, stream(None, None, None), 20.007, true);
        assert_eq!(untagged, (None, None));
        // Sound that begins late.
        let late = of(mkv, stream(None, Some(3.0), Some(10.5)), 20.0, true);
        assert_eq!(late, (Some(7.5), Some(7.5)));
        assert_eq!(
            of(mkv, stream(None, Some(3.0), None), 10.5, false),
            (Some(7.5), Some(7.5))
        );
        assert_eq!(
            of(mp4, stream(Some(7.5), Some(3.0), None), 20.0, true),
            (Some(7.5), Some(7.5))
        );
        // What is only guessed is no promise.
        let guessed = of(
            AudioContainer::Mp3,
            stream(Some(9.0), None, None),
            9.0,
            false,
        );
        assert_eq!(guessed, (Some(9.0), None));
        let none = judge(
            mkv,
            &seen(),
            &MediaInfo {
                audio: None,
                ..probed(stream(None, None, None), 1.0, true)
            },
        );
        assert_eq!(none.unwrap_err(), "it has no audio stream");
    }

    #[test]
    fn only_what_is_certain_refuses_before_anything_is_decoded() {
        let of = |container, codec: &str, duration, promised| {
            let info = AudioInfo {
                container,
                codec: codec.to_owned(),
                duration: Some(duration),
                promised,
                ..sound(48_000, 1)
            };
            info.certain_seconds()
        };
        let wav = AudioContainer::Wav;
        assert_eq!(of(wav, "pcm_s16le", 700.0, Some(700.0)), Some(700.0));
        // Cut off: so much of it is there.
        assert_eq!(of(wav, "pcm_s16le", 20.0, Some(700.0)), Some(20.0));
        assert_eq!(of(wav, "adpcm_ms", 700.0, None), None);
        assert_eq!(of(AudioContainer::Mp3, "mp3", 700.0, Some(700.0)), None);
        let flac = AudioContainer::Flac;
        assert_eq!(of(flac, "flac", 700.0, Some(700.0)), Some(700.0));
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
