//! Speech and music to the soundtrack.

use camino::Utf8PathBuf;
use tokio_util::sync::CancellationToken;
use videogen_media::{
    AudioClip, Loudness, MixRequest, MixSettings, MusicBed, Pacing, StereoAudio, decode_audio,
    mix_to_wav, music_seconds_for,
};
use videogen_tts::Speech;
use videogen_types::Stage;

use crate::blocking::blocking;
use crate::plan::{MusicPlan, Plan};
use crate::scratch::Scratch;
use crate::toolkit::Toolkit;
use crate::{Error, ErrorKind};

fn fail(kind: impl Into<ErrorKind>) -> Error {
    Error::new(Stage::Music, kind)
}

/// The music of `plan`, as it will be looped or cut.
pub(crate) async fn bed(
    plan: &Plan,
    toolkit: &Toolkit,
    cancel: &CancellationToken,
) -> Result<Option<MusicBed>, Error> {
    match &plan.music {
        MusicPlan::None => Ok(None),
        MusicPlan::Builtin => {
            let (genre, seed, cancel) = (
                plan.genre,
                plan.brief.seed.derive("music", 0),
                cancel.clone(),
            );
            let composed = blocking(Stage::Music, move || {
                videogen_music::compose(genre, seed, &|| cancel.is_cancelled())
                    .ok_or_else(|| fail(ErrorKind::Cancelled))
            })
            .await?;
            let samples = StereoAudio {
                left: composed.left,
                right: composed.right,
            };
            Ok(Some(MusicBed {
                samples,
                seamless: true,
            }))
        }
        MusicPlan::File(path) => {
            let ffmpeg = toolkit
                .ffmpeg
                .as_ref()
                .expect("the preflight has read this file with it");
            let most = music_seconds_for(plan.estimated_seconds);
            let samples = decode_audio(ffmpeg, path, most, cancel)
                .await
                .map_err(fail)?;
            Ok(Some(MusicBed {
                samples,
                seamless: false,
            }))
        }
    }
}

/// Mixes and writes the soundtrack; returns the file and what was measured.
pub(crate) async fn soundtrack(
    speeches: &mut [Speech],
    pacing: &Pacing,
    bed: Option<MusicBed>,
    scratch: &Scratch,
    cancel: &CancellationToken,
) -> Result<(Utf8PathBuf, Loudness), Error> {
    let narration = speeches
        .iter_mut()
        .zip(&pacing.spans)
        .map(|(speech, span)| AudioClip {
            // The words stay for captions; the samples are used here and nowhere else.
            samples: std::mem::take(&mut speech.samples),
            sample_rate: speech.sample_rate,
            start: span.speech,
        })
        .collect();
    let request = MixRequest {
        narration,
        bed,
        duration: pacing.duration,
    };
    // AAC overshoots by up to a decibel: the promise is −1 dBTP after it.
    let settings = MixSettings {
        ceiling_dbtp: -2.0,
        ..MixSettings::default()
    };
    let (file, stop) = (scratch.path("soundtrack.wav"), cancel.clone());
    blocking(Stage::Music, move || {
        let loudness = mix_to_wav(&request, &settings, &file, &stop).map_err(fail)?;
        Ok((file, loudness))
    })
    .await
}
