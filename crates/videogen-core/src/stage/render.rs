//! Pictures, words and soundtrack to a checked MP4, with subtitles and thumbnail.

use std::sync::Arc;

use camino::{Utf8Path, Utf8PathBuf};
use tokio_util::sync::CancellationToken;
use videogen_media::{
    AudioStats, CaptionText, CaptionWord, CardRequest, Cards, CheckedVideo, ExpectedScene,
    ExpectedVideo, Footage, Motion, Pacing, RenderJob, RenderedVideo, SceneSpan, SceneTolerance,
    to_srt, write_thumbnail,
};
use videogen_tts::Speech;
use videogen_types::Stage;

use super::context::StageContext;
use crate::blocking::blocking;
use crate::scratch::{self, Scratch};
use crate::toolkit::Toolkit;
use crate::video_plan::{PicturePlan, RenderPlan};
use crate::{Error, ErrorKind};

/// The part of a video that an end card may be before its stillness counts.
const MOST_OUTRO: f64 = 0.3;

fn fail(kind: impl Into<ErrorKind>) -> Error {
    Error::new(Stage::Render, kind)
}

/// The words of all scenes on the time axis of the video.
pub(crate) fn words(speeches: &[Speech], pacing: &Pacing) -> Vec<CaptionWord> {
    let scene = |(speech, span): (&Speech, &SceneSpan)| {
        let offset = span.speech;
        let place = move |(index, word): (usize, &videogen_tts::Word)| CaptionWord {
            text: word.text.clone(),
            start: offset + word.start,
            end: offset + word.end,
            // A scene begins a new sentence, whatever stood before it.
            space_before: word.space_before || index == 0,
        };
        speech
            .words
            .iter()
            .enumerate()
            .map(place)
            .collect::<Vec<_>>()
    };
    speeches.iter().zip(&pacing.spans).flat_map(scene).collect()
}

/// What lies over the pictures beside captions. `last` is the picture or the clip of the last scene.
///
/// # Errors
/// As [`CardRequest::draw`].
pub(crate) async fn cards(
    plan: &RenderPlan,
    title: &str,
    footage: &Footage,
    last: &Utf8Path,
    pacing: &Pacing,
    scratch: &Scratch,
) -> Result<Cards, Error> {
    let (plan, pacing, last) = (plan.clone(), pacing.clone(), last.to_owned());
    let (title, footage) = (title.to_owned(), footage.clone());
    let ground = scratch.path("end-card.png");
    blocking(Stage::Render, move || {
        let title = plan.title_card.then_some(title.as_str());
        let request = CardRequest {
            lettering: &plan.lettering,
            rate: plan.rate,
            pacing: &pacing,
            watermark: plan.watermark.as_ref(),
            title,
            end_card: plan.end_card.as_ref(),
            footage: &footage,
            last: &last,
            ground,
        };
        request.draw().map_err(fail)
    })
    .await
}

/// Everything the render is made of. The last two are the soundtrack, and the video that is to be.
pub(crate) async fn job(
    plan: &RenderPlan,
    footage: &Footage,
    pictures: &[Utf8PathBuf],
    pacing: &Pacing,
    words: &[CaptionWord],
    cards: Cards,
    (audio, output): (Utf8PathBuf, Utf8PathBuf),
) -> Result<RenderJob, Error> {
    let seed = plan.seed.derive("motion", 0);
    let first_move = seed.rng().below(Motion::COUNT);
    let (rate, ground) = (plan.rate, cards.ground);
    let timeline = footage
        .timeline(pictures, pacing, rate, first_move, ground)
        .map_err(fail)?;
    let (lettering, words) = (plan.lettering.clone(), words.to_vec());
    // They are laid out, which takes a while.
    let captions = blocking(Stage::Render, move || {
        lettering.captions(&words).map_err(fail)
    })
    .await?;
    Ok(RenderJob {
        captions: captions.map(Arc::new),
        overlays: cards.overlays,
        // The check of the video measures it.
        bounds_peak: false,
        ..RenderJob::new(plan.size(), plan.rate, timeline, audio, plan.encode, output)
    })
}

pub(crate) async fn render(job: &RenderJob, cx: StageContext<'_>) -> Result<RenderedVideo, Error> {
    let observer = cx.reporter.observer(Stage::Render);
    let rendering = cx.toolkit.renderer.render(job, &observer, cx.cancel);
    rendering.await.map_err(fail)
}

/// What each scene is meant to be: as dark and as still as what it shows, and heard where somebody is clearly heard to
/// speak.
pub(crate) fn scenes(
    pacing: &Pacing,
    speeches: &[Speech],
    tolerances: &[SceneTolerance],
) -> Vec<ExpectedScene> {
    let tolerances = SceneTolerance::paced(tolerances, pacing);
    let scene = |((span, speech), tolerance): ((&SceneSpan, &Speech), &SceneTolerance)| {
        let heard = AudioStats::of(&speech.samples, speech.sample_rate);
        ExpectedScene {
            start: span.start,
            end: span.start + span.duration,
            dark: tolerance.dark,
            still: tolerance.still,
            speech: heard
                .is_clear()
                .then_some((span.speech, span.speech + heard.seconds)),
        }
    };
    let all = pacing.spans.iter().zip(speeches).zip(&tolerances);
    all.map(scene).collect()
}

/// Whether nothing in a video of `duration` seconds need move: nobody can say of a person's own picture that it must have
/// something in it that does; and what moves on an end card is blurred.
pub(crate) fn may_be_still(pictures: &PicturePlan, outro: f64, duration: f64) -> bool {
    !pictures.footage.is_empty() || outro > MOST_OUTRO * duration
}

/// Checks the video of `job`, which may hold still throughout where `is_still`.
pub(crate) async fn verify(
    job: &RenderJob,
    is_still: bool,
    scenes: &[ExpectedScene],
    silent: bool,
    toolkit: &Toolkit,
    cancel: &CancellationToken,
) -> Result<CheckedVideo, Error> {
    let duration = job.rate.time_of(job.timeline.frames());
    let expected = ExpectedVideo {
        size: job.size,
        rate: job.rate,
        codec: job.encode.encoder.codec(),
        duration,
        audio_duration: duration,
        silent,
        still: is_still,
        scenes: scenes.to_vec(),
    };
    let checked = toolkit
        .renderer
        .verify(&job.output, &expected, cancel)
        .await;
    checked.map_err(|error| Error::new(Stage::Verify, error))
}

/// Subtitles and thumbnail. `picture` is the file of the first scene.
pub(crate) async fn companions(
    plan: &RenderPlan,
    title: &str,
    footage: &Footage,
    words: Vec<CaptionWord>,
    picture: Utf8PathBuf,
    subtitles: Utf8PathBuf,
    thumbnail: Utf8PathBuf,
) -> Result<(), Error> {
    let (plan, title, footage) = (plan.clone(), title.to_owned(), footage.clone());
    blocking(Stage::Publish, move || {
        let text = CaptionText::new(&words, &plan.lettering.language);
        write(&subtitles, to_srt(text).map_err(fail)?.as_bytes())?;
        let overlay = plan.lettering.title(&title).map_err(fail)?;
        let place = thumbnail.with_extension("still.png");
        let picture = footage
            .still(&picture, (plan.size(), plan.rate), place)
            .map_err(fail)?;
        write_thumbnail(&picture, plan.size(), overlay.as_ref(), &thumbnail).map_err(fail)
    })
    .await
}

pub(crate) fn write(path: &Utf8Path, bytes: &[u8]) -> Result<(), Error> {
    videogen_durable::write_private(path, bytes).map_err(|e| scratch::failed("writing", path, e))
}
