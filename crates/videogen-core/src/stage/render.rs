//! Pictures, words and soundtrack to a checked MP4, with subtitles and thumbnail.

use std::sync::Arc;

use camino::{Utf8Path, Utf8PathBuf};
use tokio_util::sync::CancellationToken;
use videogen_media::{
    audio::Heard,
    captions::{CaptionWord, Captions, Mode, Platform, SafeZone, draw_title, srt},
    motion::Motion,
    render::{Checked, Job, Rendered, write_thumbnail},
    timeline::{Shot, Timeline},
    verify::{Expected, Scene},
};
use videogen_tts::Speech;
use videogen_types::{CaptionChoice, PlatformChoice, Stage};

use super::cards::Cards;
use crate::blocking::blocking;
use crate::footage::Shows;
use crate::pacing::Pacing;
use crate::plan::Plan;
use crate::reporter::Reporter;
use crate::toolkit::Toolkit;
use crate::{Error, ErrorKind, scratch};

/// Seconds in which one picture becomes the next.
pub(super) const CROSSFADE: f64 = 0.6;

/// The part of a video that an end card may be before its stillness counts.
const MOST_OUTRO: f64 = 0.3;

pub(super) fn fail(kind: impl Into<ErrorKind>) -> Error {
    Error::new(Stage::Render, kind)
}

/// The words of all scenes on the time axis of the video.
pub(crate) fn words(speeches: &[Speech], pacing: &Pacing) -> Vec<CaptionWord> {
    let scene = |(speech, span): (&Speech, &crate::pacing::Span)| {
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

/// Everything the render is made of.
pub(crate) async fn job(
    plan: &Plan,
    pictures: &[Utf8PathBuf],
    pacing: &Pacing,
    words: &[CaptionWord],
    cards: Cards,
    audio: Utf8PathBuf,
    output: Utf8PathBuf,
) -> Result<Job, Error> {
    let (plan, pictures) = (plan.clone(), pictures.to_vec());
    let (pacing, words) = (pacing.clone(), words.to_vec());
    // Captions are laid out, which takes a while.
    blocking(Stage::Render, move || {
        composed(&plan, &pictures, &pacing, &words, cards, audio, output)
    })
    .await
}

fn composed(
    plan: &Plan,
    pictures: &[Utf8PathBuf],
    pacing: &Pacing,
    words: &[CaptionWord],
    cards: Cards,
    audio: Utf8PathBuf,
    output: Utf8PathBuf,
) -> Result<Job, Error> {
    let moves = plan
        .brief
        .seed
        .derive("motion", 0)
        .rng()
        .below(Motion::COUNT);
    let shots = pictures
        .iter()
        .zip(&pacing.spans)
        .enumerate()
        .map(|(index, (picture, span))| Shot {
            source: plan.footage.source(picture),
            // A step of three through eight moves: neighbours differ in kind, and all come by before one repeats.
            motion: Motion::numbered(moves + index * 3),
            guided: true,
            duration: span.duration,
        });
    let last = cards.ground.map(|picture| Shot {
        source: picture.into(),
        // Slowly nearer: there is nothing on it to be led to.
        motion: Motion::numbered(0),
        guided: false,
        duration: pacing.outro,
    });
    let shots = shots.chain(last).collect();
    let timeline = Timeline::new(shots, plan.rate, CROSSFADE).map_err(fail)?;
    let mode = match plan.brief.captions {
        CaptionChoice::Karaoke => Some(Mode::Karaoke),
        CaptionChoice::Line => Some(Mode::Line),
        CaptionChoice::None => None,
    };
    let frame = (plan.size.width(), plan.size.height());
    let captions = match mode {
        Some(mode) if !words.is_empty() => {
            let drawable: Vec<CaptionWord> = words
                .iter()
                .filter_map(|word| drawable(word, &plan.undrawable))
                .collect();
            let captions =
                Captions::new(&drawable, mode, plan.style, frame, zone(plan), &plan.fonts)
                    .map_err(fail)?;
            Some(Arc::new(captions))
        }
        _ => None,
    };
    Ok(Job {
        captions,
        overlays: cards.overlays,
        ..Job::new(plan.size, plan.rate, timeline, audio, plan.encode, output)
    })
}

/// Where captions and title may be.
pub(super) fn zone(plan: &Plan) -> SafeZone {
    let platform = match plan.brief.platform {
        PlatformChoice::Any => Platform::Any,
        PlatformChoice::TikTok => Platform::TikTok,
        PlatformChoice::Reels => Platform::Reels,
        PlatformChoice::Shorts => Platform::Shorts,
    };
    SafeZone::for_platform(platform, plan.size.width(), plan.size.height())
}

/// A word without the characters no font has; nothing if nothing is left.
fn drawable(word: &CaptionWord, undrawable: &[char]) -> Option<CaptionWord> {
    let text = drawable_text(&word.text, undrawable)?;
    Some(CaptionWord {
        text,
        ..word.clone()
    })
}

/// A text without the characters no font has; nothing if nothing is left.
pub(super) fn drawable_text(text: &str, undrawable: &[char]) -> Option<String> {
    let text: String = text.chars().filter(|c| !undrawable.contains(c)).collect();
    (!text.trim().is_empty()).then_some(text)
}

pub(crate) async fn render(
    job: &Job,
    toolkit: &Toolkit,
    reporter: &Reporter<'_>,
    cancel: &CancellationToken,
) -> Result<Rendered, Error> {
    let progress = |fraction| reporter.progress(Stage::Render, fraction);
    toolkit
        .renderer
        .render(job, &progress, cancel)
        .await
        .map_err(fail)
}

/// What each scene is meant to be: as dark and as still as what it shows, and heard where somebody is clearly heard to
/// speak.
pub(crate) fn scenes(pacing: &Pacing, speeches: &[Speech], shows: &[Shows]) -> Vec<Scene> {
    let scene = |((span, speech), shows): ((&crate::pacing::Span, &Speech), &Shows)| {
        let heard = Heard::of(&speech.samples, speech.sample_rate);
        Scene {
            start: span.start,
            end: span.start + span.duration,
            dark: shows.dark,
            still: shows.still,
            speech: heard
                .is_clear()
                .then_some((span.speech, span.speech + heard.seconds)),
        }
    };
    let all = pacing.spans.iter().zip(speeches).zip(shows);
    all.map(scene).collect()
}

pub(crate) async fn verify(
    job: &Job,
    plan: &Plan,
    scenes: &[Scene],
    silent: bool,
    toolkit: &Toolkit,
    cancel: &CancellationToken,
) -> Result<Checked, Error> {
    let duration = job.rate.time_of(job.timeline.frames());
    let expected = Expected {
        size: job.size,
        rate: job.rate,
        codec: job.encode.encoder.codec(),
        duration,
        audio_duration: duration,
        silent,
        // Nobody can say of a person's own picture that it must have something in it that moves; and what moves on an end
        // card is blurred.
        still: !plan.brief.images.is_empty() || plan.outro() > MOST_OUTRO * duration,
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
    plan: &Plan,
    words: Vec<CaptionWord>,
    picture: Utf8PathBuf,
    subtitles: Utf8PathBuf,
    thumbnail: Utf8PathBuf,
) -> Result<(), Error> {
    let plan = plan.clone();
    blocking(Stage::Publish, move || {
        write(&subtitles, srt::to_srt(&words).map_err(fail)?.as_bytes())?;
        let frame = (plan.size.width(), plan.size.height());
        let overlay = drawable_text(&plan.script.title, &plan.undrawable)
            .map(|title| draw_title(&title, frame, zone(&plan), &plan.fonts).map_err(fail))
            .transpose()?;
        let place = thumbnail.with_extension("still.png");
        let picture = plan
            .footage
            .still(&picture, (plan.size, plan.rate), place)
            .map_err(fail)?;
        write_thumbnail(&picture, plan.size, overlay.as_ref(), &thumbnail).map_err(fail)
    })
    .await
}

pub(crate) fn write(path: &Utf8Path, bytes: &[u8]) -> Result<(), Error> {
    videogen_durable::write_private(path, bytes).map_err(|e| scratch::failed("writing", path, e))
}
