//! Recordings that a person brought, listened to before anything is made: what cannot be used is refused, what will not be
//! heard is told.

use camino::Utf8Path;
use tokio_util::sync::CancellationToken;
use videogen_types::Duration;

use super::{AudioStats, SAMPLE_RATE, decode_audio};
use crate::blocking::blocking;
use crate::{Error, Ffmpeg};

/// Letters and digits in a second that nobody says: a text that is longer belongs to another recording, or to all of one
/// that was cut off. Fast speakers reach 20.
const HURRIED: f64 = 30.0;

/// Listens to `seconds` of a file, as it will be used.
async fn hear(
    ffmpeg: &Ffmpeg,
    path: &Utf8Path,
    seconds: f64,
    cancel: &CancellationToken,
) -> Result<AudioStats, Error> {
    let sound = decode_audio(ffmpeg, path, seconds, cancel).await?;
    let listening = move || Ok(AudioStats::of(&sound.to_mono(), SAMPLE_RATE));
    let heard = blocking(listening).await?;
    match heard.flaw() {
        Some(reason) => Err(unusable(path, reason)),
        None => Ok(heard),
    }
}

fn unusable(path: &Utf8Path, reason: String) -> Error {
    let path = path.to_owned();
    Error::InputBroken { path, reason }
}

/// Listens to a recorded narration, and says what is remarkable about it. `letters` is how many letters and digits it is
/// known to say; 0 where that is not known.
///
/// # Errors
/// As [`decode_audio`]; [`Error::InputBroken`] when nothing is heard in it, or it is no sound.
pub async fn listen_to_narration(
    ffmpeg: &Ffmpeg,
    path: &Utf8Path,
    letters: usize,
    cancel: &CancellationToken,
) -> Result<Option<String>, Error> {
    let heard = hear(ffmpeg, path, Duration::LONGEST, cancel).await?;
    if heard.is_silent() {
        let reason = "it is silent: nobody is heard to speak in it".to_owned();
        return Err(unusable(path, reason));
    }
    let a_second = letters as f64 / heard.seconds;
    Ok((a_second > HURRIED).then(|| {
        format!(
            "{path} is {:.1} s long and its script has {letters} letters, {a_second:.0} a second: one of them is not whole",
            heard.seconds
        )
    }))
}

/// Listens to `seconds` of music, as much as a video takes, and says what is remarkable about it.
///
/// # Errors
/// As [`decode_audio`]; [`Error::InputBroken`] when it is no sound.
pub async fn listen_to_music(
    ffmpeg: &Ffmpeg,
    path: &Utf8Path,
    seconds: f64,
    cancel: &CancellationToken,
) -> Result<Option<String>, Error> {
    let heard = hear(ffmpeg, path, seconds, cancel).await?;
    Ok(heard.is_silent().then(|| {
        format!(
            "the music {path} is silent for the {:.1} s that are used: nothing of it will be heard",
            heard.seconds
        )
    }))
}
