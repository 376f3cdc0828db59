//! What a person brought, listened to and looked at before anything is made: what cannot be used is refused, what will not
//! be heard or seen is told.

use camino::Utf8Path;
use tokio_util::sync::CancellationToken;
use videogen_media::{AudioStats, Error as MediaError, SAMPLE_RATE, Watermark, decode_audio};
use videogen_types::{Duration, Script, Stage};

use super::fail;
use crate::Error;
use crate::blocking::blocking;
use crate::brief::Brief;
use crate::toolkit::Toolkit;

/// A watermark that covers less than this part of what is below it is not seen.
const FAINT: f32 = 0.03;
/// Letters and digits in a second that nobody says: a text that is longer belongs to another recording, or to all of one
/// that was cut off. Fast speakers reach 20.
const HURRIED: f64 = 30.0;

/// Listens to `seconds` of a file, as it will be used.
async fn hear(
    toolkit: &Toolkit,
    path: &Utf8Path,
    seconds: f64,
    cancel: &CancellationToken,
) -> Result<Option<AudioStats>, Error> {
    let Some(ffmpeg) = &toolkit.ffmpeg else {
        // Told of already, when its headers were to be read.
        return Ok(None);
    };
    let sound = decode_audio(ffmpeg, path, seconds, cancel)
        .await
        .map_err(fail)?;
    let listening = move || Ok(AudioStats::of(&sound.to_mono(), SAMPLE_RATE));
    let heard = blocking(Stage::Preflight, listening).await?;
    match heard.flaw() {
        Some(reason) => Err(unusable(path, reason)),
        None => Ok(Some(heard)),
    }
}

fn unusable(path: &Utf8Path, reason: String) -> Error {
    let path = path.to_owned();
    fail(MediaError::InputBroken { path, reason })
}

/// Listens to a recorded narration; what there is to say of it.
///
/// # Errors
/// When nothing is heard in it, or it is no sound.
pub(super) async fn narration(
    toolkit: &Toolkit,
    path: &Utf8Path,
    brief: &Brief,
    script: &Script,
    cancel: &CancellationToken,
) -> Result<Option<String>, Error> {
    let Some(heard) = hear(toolkit, path, Duration::LONGEST, cancel).await? else {
        return Ok(None);
    };
    if heard.is_silent() {
        let reason = "it is silent: nobody is heard to speak in it".to_owned();
        return Err(unusable(path, reason));
    }
    let scenes = script.scenes.iter().filter(|_| brief.script.is_some());
    let letters: usize = scenes
        .map(|scene| {
            let chars = scene.narration.chars();
            chars.filter(|c| c.is_alphanumeric()).count()
        })
        .sum();
    let a_second = letters as f64 / heard.seconds;
    Ok((a_second > HURRIED).then(|| {
        format!(
            "{path} is {:.1} s long and its script has {letters} letters, {a_second:.0} a second: one of them is not whole",
            heard.seconds
        )
    }))
}

/// Listens to as much music as a video takes; what there is to say of it.
///
/// # Errors
/// When it is no sound.
pub(super) async fn music(
    toolkit: &Toolkit,
    path: &Utf8Path,
    seconds: f64,
    cancel: &CancellationToken,
) -> Result<Option<String>, Error> {
    let heard = hear(toolkit, path, seconds, cancel).await?;
    let silent = heard.filter(AudioStats::is_silent);
    Ok(silent.map(|heard| {
        format!(
            "the music {path} is silent for the {:.1} s that are used: nothing of it will be heard",
            heard.seconds
        )
    }))
}

/// Looks at a watermark; what there is to say of it.
///
/// # Errors
/// When it cannot be decoded, or every pixel of it is transparent.
pub(super) async fn watermark(watermark: &Watermark) -> Result<Option<String>, Error> {
    let picture = watermark.clone();
    let looking = move || picture.strength().map_err(fail);
    let strength = blocking(Stage::Preflight, looking).await?;
    Ok((strength < FAINT).then(|| {
        let percent = strength * 100.0;
        let file = &watermark.file;
        format!("the watermark {file} is {percent:.0} % opaque: it will not be seen")
    }))
}
