//! The preflight: everything that can be known before work starts is checked here, and becomes the plan of a video.
//! Nothing is written.

mod encoder;
mod music;
mod overview;
mod painter;
mod space;
mod words;

use std::mem::take;
use std::sync::Arc;

use camino::{Utf8Path, Utf8PathBuf};
use tokio_util::sync::CancellationToken;
use videogen_durable::{FreeNames, is_inside_scratch, safe_name};
use videogen_media::{
    AudioInfo, CaptionStyle, Fonts, Footage, Footprint, Lettering, RecordedNarration,
    check_audio_file, listen_to_music, music_seconds_for,
};
use videogen_picture::{BuiltinPainter, Painter};
use videogen_tts::{RecordingText, SILENT, TimedText};
use videogen_types::{
    CaptionChoice, Degradation, Genre, Hint, Language, Part, Setting, Stage, Topic,
};

pub(crate) use space::room;
pub(crate) use words::Writing;

use crate::blocking::blocking;
use crate::brief::{Brief, ScriptSource};
use crate::toolkit::Toolkit;
use crate::video_plan::{
    PicturePlan, Recording, RenderPlan, VideoPlan, VoicePlan, WritingPlan, outro,
};
use crate::{Error, ErrorKind, delivered, improve};
use music::MusicWish;
use words::{Given, Subject};

fn fail(kind: impl Into<ErrorKind>) -> Error {
    Error::new(Stage::Preflight, kind)
}

/// Checks `brief` against `toolkit`, and the room in its output directory, or in it and one of `scratch`.
///
/// # Errors
/// The first thing that would keep the video from being made, with what to do about it.
#[expect(
    clippy::too_many_lines,
    reason = "the checks on one page, in the order in which they are told"
)]
pub(crate) async fn plan(
    mut brief: Brief,
    toolkit: &Toolkit,
    scratch: &[Utf8PathBuf],
    writing: &Writing<'_>,
    cancel: &CancellationToken,
) -> Result<VideoPlan, Error> {
    let mut degradations = Vec::new();
    let mut warnings = Vec::new();

    // Files first: they are cheap to check and most often wrong.
    if let Some(watermark) = &brief.watermark {
        let watermark = watermark.clone();
        let looking = move || watermark.remark().map_err(fail);
        warnings.extend(blocking(Stage::Preflight, looking).await?);
    }
    let (narration, ffmpeg) = (brief.narration.as_deref(), toolkit.ffmpeg.as_ref());
    let listening = RecordedNarration::listen(ffmpeg, narration, cancel);
    let recorded = listening.await.map_err(fail)?;
    let recorded_seconds = recorded.as_ref().map(RecordedNarration::seconds);
    let timed = timed_text(&brief, recorded_seconds).await?;
    warnings.extend(timed.iter().flat_map(TimedText::remarks));
    let has_text = brief.script.is_some() || timed.is_some();
    let given = read_script(&brief, timed.as_ref()).await?;
    let scenes = given
        .as_ref()
        .map_or(&[][..], |it| it.script().scenes.as_slice());
    let suits = |timed: &TimedText| timed.suits(scenes).map_err(fail);
    timed.iter().try_for_each(suits)?;
    let shown = (brief.fit, brief.clip_sound);
    let footage = Footage::check(&brief.images, scenes, shown, ffmpeg, cancel);
    let mut footage = footage.await.map_err(fail)?;
    warnings.extend(footage.warnings(brief.quality.size(brief.aspect)));
    let guess = || guess_genre(&brief, given.as_ref());
    let genre = brief.genre.unwrap_or_else(guess);
    let own = take(&mut brief.by_genre).remove(&genre).unwrap_or_default();
    own.settle(&mut brief.voice, &mut brief.music);
    let for_music = MusicWish(&brief, genre, toolkit);
    let mut music = for_music.plan(&mut degradations, cancel).await?;
    let style = match &brief.style {
        Some(name) => CaptionStyle::named(name).map_err(fail)?,
        None => &CaptionStyle::ALL[0],
    };

    if is_inside_scratch(&brief.output_dir) {
        return Err(fail(ErrorKind::Output {
            path: brief.output_dir.clone(),
            reason:
                "it is in a scratch directory of videogen, which is removed with all that is in it"
                    .into(),
        }));
    }
    let topic = match (&brief.topic, &given) {
        (Some(topic), _) => topic.as_str().to_owned(),
        (None, Some(given)) => given.script().title.clone(),
        (None, None) if brief.genre.is_some() => {
            videogen_script::topic_for(genre, brief.seed.derive("topic", 0)).to_owned()
        }
        (None, None) => return Err(fail(ErrorKind::NoTopic)),
    };

    let outro = outro(brief.end_card.as_ref());
    let subject = Subject {
        brief: &brief,
        toolkit,
        genre,
        topic: &topic,
        recorded: recorded_seconds,
    };
    let words = Box::pin(subject.words(given, writing, cancel)).await?;
    degradations.extend(words.degradations);
    warnings.extend(words.warnings);
    let (script, speakers, target) = (words.script, words.speakers, words.target);
    let said = has_text.then_some(&script);
    warnings.extend(recorded.iter().flat_map(|recorded| recorded.remarks(said)));
    let told = (&mut degradations, &mut warnings);
    let painter = painter::painter(&brief, toolkit, &footage, told, cancel).await?;
    if brief.narration.is_some() && !has_text && brief.captions != CaptionChoice::None {
        degradations.push(Degradation {
            stage: Stage::Voice,
            from: "captions".into(),
            to: "no captions".into(),
            reason: Hint::from("a recorded narration was given without its text; add ")
                .term(Setting::Script),
        });
    }

    // Of a script that only stands in nothing will be seen.
    let texts = match &words.wanted {
        Some(_) => vec![topic.clone()],
        None => words::spoken_and_shown(&brief, &script),
    };
    let (fonts, undrawable) = plan_fonts(&brief, toolkit, texts, &mut warnings).await?;
    let size = brief.quality.size(brief.aspect);
    let rate = brief.rate.unwrap_or_else(|| brief.quality.rate());
    let encode = encoder::choose(&brief, toolkit, (size, rate), cancel).await?;
    let body_seconds = target.unwrap_or_else(|| words::estimate(&script, speakers[0].id()));
    let body_seconds = recorded_seconds.map_or(body_seconds, |it| it.max(body_seconds));
    let estimated_seconds = body_seconds + outro;
    warnings.extend(footage.keep_to(body_seconds, &script.scenes));
    if let (Some(path), Some(ffmpeg)) = (music.file(), &toolkit.ffmpeg) {
        let seconds = music_seconds_for(estimated_seconds);
        match listen_to_music(ffmpeg, path, seconds, cancel).await {
            Ok(warning) => warnings.extend(warning),
            Err(error) => {
                music = for_music.instead(path.to_string(), fail(error), &mut degradations)?;
            }
        }
    }

    // Last: the only check that touches a disk, and it leaves nothing there. While videos are made the guard looks at it.
    let pictures = script.scenes.len() + usize::from(brief.end_card.is_some());
    let footprint = Footprint {
        size,
        rate,
        seconds: estimated_seconds,
    };
    let needed = footage.needed_bytes(&footprint, pictures);
    let kept = footprint.kept_bytes();
    if matches!(writing, Writing::Choose(_)) {
        space::check(&brief.output_dir, needed, kept, scratch)?;
    }
    let name = brief.name.as_deref().map_or_else(
        || videogen_text::slug(&topic, 60),
        |name| safe_name(name, "video"),
    );

    let mut forbidden = degradations.clone();
    forbidden.retain(|step| brief.strict.forbids(step));
    if !forbidden.is_empty() {
        let degradations = forbidden;
        return Err(fail(ErrorKind::Strict { degradations }));
    }
    Ok(VideoPlan {
        writing: WritingPlan {
            source: words.source,
            by_model: words.by_model,
            wanted: words.wanted,
        },
        voice: VoicePlan {
            speakers,
            voice: brief.voice.clone(),
            language: words.language.clone(),
            // A recording is as long as it is, unless a length is asked for.
            target: target.filter(|_| brief.narration.is_none() || brief.duration.is_some()),
            recording: brief.narration.clone().map(|file| Recording {
                file,
                text: match timed {
                    Some(timed) => RecordingText::Timed(timed),
                    None if has_text => RecordingText::Untimed,
                    None => RecordingText::Unknown,
                },
            }),
            may_be_silent: brief.may_fall_back(Part::Voice, SILENT),
        },
        pictures: PicturePlan {
            may_fall_back: brief.may_fall_back(Part::Picture, BuiltinPainter.id()),
            painter,
            footage,
            quality: brief.quality,
            aspect: brief.aspect,
            frame: size,
            genre,
            seed: brief.seed,
            tuning: brief.paint_with.tuning.clone(),
        },
        music,
        render: RenderPlan {
            rate,
            encode,
            lettering: Lettering {
                size,
                platform: brief.platform,
                captions: brief.captions,
                style,
                fonts,
                undrawable,
                language: words.language,
            },
            title_card: brief.title_card,
            end_card: brief.end_card.clone(),
            watermark: brief.watermark.clone(),
            seed: brief.seed,
        },
        genre,
        script,
        name,
        degradations,
        warnings,
        topic,
        estimated_seconds,
        needed_bytes: needed,
        brief,
    })
}

/// Gives videos of the same name numbers in their order, whichever is finished first.
pub(crate) fn name_apart(plans: &mut [VideoPlan]) {
    let mut names = FreeNames::default();
    for plan in plans {
        plan.name = names.take(&plan.brief.output_dir, &plan.name, &delivered::EXTENSIONS);
    }
}

/// Checks that all `plans` together fit where they go.
///
/// # Errors
/// [`ErrorKind::DiskFull`].
pub(crate) fn check_room(plans: &[VideoPlan], scratch: &[Utf8PathBuf]) -> Result<(), Error> {
    let mut needed = std::collections::BTreeMap::<&Utf8Path, (u64, u64)>::new();
    for plan in plans {
        let (all, kept) = needed.entry(&plan.brief.output_dir).or_default();
        *all += plan.needed_bytes;
        *kept += plan.kept_bytes();
    }
    needed
        .into_iter()
        .try_for_each(|(directory, (all, kept))| space::check(directory, all, kept, scratch))
}

/// Checks a sound file.
async fn sound(
    toolkit: &Toolkit,
    path: &Utf8Path,
    cancel: &CancellationToken,
) -> Result<AudioInfo, Error> {
    let Some(ffmpeg) = &toolkit.ffmpeg else {
        let what = "reading sound files";
        return Err(fail(videogen_media::Error::NoFfmpeg { what }));
    };
    check_audio_file(ffmpeg, path, cancel).await.map_err(fail)
}

/// Reads what is said when in a recording of so many seconds.
async fn timed_text(brief: &Brief, recorded: Option<f64>) -> Result<Option<TimedText>, Error> {
    let Some(path) = brief.narration_captions.clone() else {
        return Ok(None);
    };
    let load = move || videogen_script::load_script(&path).map_err(fail);
    let read = blocking(Stage::Preflight, load).await?;
    let timed = TimedText::of_recording(&read.text, read.warnings, recorded);
    Ok(Some(timed.map_err(fail)?))
}

async fn read_script(brief: &Brief, timed: Option<&TimedText>) -> Result<Option<Given>, Error> {
    let (raw, origin) = match &brief.script {
        None => match (timed, &brief.narration_captions) {
            (Some(timed), Some(path)) => (timed.text().as_str().into(), path.to_string()),
            _ => return Ok(None),
        },
        Some(ScriptSource::Manifest(path)) => {
            let file = path.clone();
            let read = move || improve::made_script(&file);
            let made = blocking(Stage::Preflight, read).await?;
            return Ok(Some(Given::Made(made)));
        }
        Some(ScriptSource::File(path)) => {
            let (file, origin) = (path.clone(), path.to_string());
            // A pipe may take its time.
            let load = move || videogen_script::load_script(&file).map_err(fail);
            (blocking(Stage::Preflight, load).await?, origin)
        }
        Some(ScriptSource::Text(text)) => (text.as_str().into(), "standard input".to_owned()),
    };
    let title = brief.topic.as_ref().map(Topic::as_str);
    let scenes = brief.scenes.map(videogen_types::SceneCount::get);
    let language = brief.language.as_ref().map(Language::as_str);
    let loaded = videogen_script::parse_script(raw, &origin, title, scenes, language);
    let loaded = loaded.and_then(|loaded| brief.script_place.locate(loaded, &origin));
    Ok(Some(Given::Loaded(loaded.map_err(fail)?)))
}

fn guess_genre(brief: &Brief, given: Option<&Given>) -> Genre {
    match (&brief.topic, given) {
        (Some(topic), _) => videogen_script::guess_genre(topic.as_str()),
        (None, Some(given)) => videogen_script::guess_genre(&given.script().title),
        (None, None) => Genre::General,
    }
}

/// The fonts for all texts, and the characters to leave out. A missing letter is an error, a missing symbol a warning.
async fn plan_fonts(
    brief: &Brief,
    toolkit: &Toolkit,
    mut texts: Vec<String>,
    warnings: &mut Vec<String>,
) -> Result<(Arc<Fonts>, Vec<char>), Error> {
    texts.extend(
        brief
            .end_card
            .iter()
            .map(|card| card.text.as_str().to_owned()),
    );
    let directories = toolkit.font_dirs.clone();
    let needs_letters = brief.captions != CaptionChoice::None;
    let covered = blocking(Stage::Preflight, move || {
        Fonts::covering(&texts, &directories, needs_letters).map_err(fail)
    })
    .await?;
    warnings.extend(covered.warning);
    Ok((Arc::new(covered.fonts), covered.undrawable))
}
