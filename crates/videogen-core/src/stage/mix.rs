//! Speech, music and the sound of clips to the soundtrack.

use camino::Utf8PathBuf;
use tokio_util::sync::CancellationToken;
use videogen_media::{
    AudioClip, Footage, FrameRate, Loudness, MixRequest, MixSettings, MusicBed, Pacing,
    StereoAudio, decode_music, mix_with_clips, music_seconds_for,
};
use videogen_music::Track;
use videogen_tts::Speech;
use videogen_types::{Observer, Stage};

use super::context::StageContext;
use crate::blocking::blocking;
use crate::scratch::Scratch;
use crate::toolkit::Toolkit;
use crate::video_plan::MusicPlan;
use crate::{Error, ErrorKind};

fn fail(kind: impl Into<ErrorKind>) -> Error {
    Error::new(Stage::Music, kind)
}

/// The music, as it will be looped or cut, for a video of about so many `seconds`.
///
/// # Errors
/// A composer fails, or a file that could be read in the preflight cannot be read any more; [`ErrorKind::Cancelled`].
pub(crate) async fn bed(
    music: &MusicPlan,
    seconds: f64,
    toolkit: &Toolkit,
    observer: &dyn Observer,
    cancel: &CancellationToken,
) -> Result<Option<MusicBed>, Error> {
    match music {
        MusicPlan::None => Ok(None),
        MusicPlan::Composed { composer, request } => {
            let composed = composer.compose(request, observer, cancel).await;
            let composed = composed.map_err(fail)?;
            let samples = StereoAudio {
                left: composed.left,
                right: composed.right,
            };
            Ok(Some(MusicBed {
                samples,
                seamless: true,
            }))
        }
        MusicPlan::File(path) | MusicPlan::Track(Track { path, .. }) => {
            let ffmpeg = toolkit
                .ffmpeg
                .as_ref()
                .expect("the preflight has read this file with it");
            let samples = decode_music(ffmpeg, path, music_seconds_for(seconds), cancel).await;
            Ok(Some(MusicBed {
                samples: samples.map_err(fail)?,
                seamless: false,
            }))
        }
    }
}

/// Mixes and writes the soundtrack, with the sound of the clips that are seen; returns the file and what was measured.
pub(crate) async fn soundtrack(
    speeches: &mut [Speech],
    pacing: &Pacing,
    bed: Option<MusicBed>,
    (footage, pictures, rate): (&Footage, &[Utf8PathBuf], FrameRate),
    scratch: &Scratch,
    cx: StageContext<'_>,
) -> Result<(Utf8PathBuf, Loudness), Error> {
    let (reporter, cancel) = (cx.reporter, cx.cancel);
    let (file, stop) = (scratch.path("soundtrack.wav"), cancel.clone());
    let decode = || async {
        let decoding = footage.sounds(pictures, pacing, rate, &file, cancel);
        decoding.await.map_err(fail)
    };
    let clips = reporter.retrying(Stage::Music, cancel, decode).await?;
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
    let settings = MixSettings::for_aac();
    blocking(Stage::Music, move || {
        let loudness = mix_with_clips(&request, clips, &settings, &file, &stop).map_err(fail)?;
        Ok((file, loudness))
    })
    .await
}
