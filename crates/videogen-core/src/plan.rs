//! The preflight: everything that can be known before work starts is checked here, and becomes the plan of a video.
//! Nothing is written.

mod overview;
mod space;

use std::sync::Arc;

use camino::{Utf8Path, Utf8PathBuf};
use tokio_util::sync::CancellationToken;
use videogen_media::audio::check_audio_file;
use videogen_media::captions::Style;
use videogen_media::encode::Encode;
use videogen_media::fonts::Fonts;
use videogen_media::overlay::Watermark;
use videogen_media::{FrameRate, FrameSize};
use videogen_tts::{Synthesizer, detect_language};

pub use overview::{Overview, SceneOverview};
pub(crate) use space::room;

use crate::brief::{Brief, DEFAULT_SECONDS, ScriptSource};
use crate::card::LocalCard;
use crate::equipment::Equipment;
use crate::event::{Degradation, Stage};
use crate::footage::Footage;
use crate::genre::Genre;
use crate::script::Script;
use crate::seam::SharedPainter;
use crate::value::{CaptionChoice, InvalidValue, MusicChoice, Topic, WriterChoice};
use crate::writer::{self, Assignment};
use crate::{
    Error, ErrorKind, encoder, guard, ladder, library, pacing, painting, publish, script_file,
    seam, text,
};

/// One video, decided: what [`crate::Studio::run`] makes.
#[derive(Debug, Clone)]
pub struct Plan {
    pub(crate) brief: Brief,
    pub(crate) genre: Genre,
    pub(crate) script: Script,
    /// `builtin`, or where the script was read.
    pub(crate) script_source: String,
    pub(crate) language: String,
    pub(crate) size: FrameSize,
    pub(crate) rate: FrameRate,
    pub(crate) encode: Encode,
    /// Who speaks; the others stand by in order.
    pub(crate) speakers: Vec<Arc<dyn Synthesizer>>,
    pub(crate) music: MusicPlan,
    pub(crate) style: &'static Style,
    pub(crate) fonts: Arc<Fonts>,
    /// Characters no font has, left out of captions.
    pub(crate) undrawable: Vec<char>,
    /// The base name that is wanted; a number is added if it is taken.
    pub(crate) name: String,
    /// The length to aim for, without the end card.
    pub(crate) target: Option<f64>,
    pub(crate) degradations: Vec<Degradation>,
    pub(crate) warnings: Vec<String>,
    pub(crate) topic: String,
    pub(crate) painter: SharedPainter,
    /// Pictures and clips of the user.
    pub(crate) footage: Footage,
    pub(crate) estimated_seconds: f64,
    /// Room needed while the video is made.
    pub(crate) needed_bytes: u64,
}

/// Where the music comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum MusicPlan {
    None,
    Builtin,
    File(Utf8PathBuf),
}

impl Plan {
    /// What will be made, in a form that can be shown.
    pub fn overview(&self) -> Overview {
        overview::of(self)
    }

    /// Length of the end card in seconds.
    pub(crate) fn outro(&self) -> f64 {
        outro(&self.brief)
    }
}

fn outro(brief: &Brief) -> f64 {
    let card = brief.end_card.as_ref();
    card.map_or(0.0, |card| card.seconds.get())
}

impl Plan {
    /// The brief with what the plan decided of it that must not be decided again: the name.
    pub fn settled_brief(&self) -> Brief {
        Brief {
            name: Some(self.name.clone()),
            ..self.brief.clone()
        }
    }

    /// Where the video goes.
    pub fn output_dir(&self) -> &Utf8Path {
        &self.brief.output_dir
    }

    /// Bytes of the room it needs that stay when it is finished.
    pub(crate) fn kept_bytes(&self) -> u64 {
        space::kept_bytes(self.size, self.rate, self.estimated_seconds)
    }

    /// The card of this machine that its pictures are painted on.
    pub(crate) fn local_card(&self) -> Option<LocalCard> {
        let own = !self.brief.images.is_empty();
        let of =
            |painter: &SharedPainter| painter.local_card(self.brief.quality, self.brief.aspect);
        (!own).then_some(&self.painter).and_then(of)
    }

    /// The least graphics memory it needs. Where language models can be asked to leave, what is free before says little.
    fn vram_bytes(&self) -> Option<u64> {
        let card = self.local_card()?;
        Some(if card.is_shared { 0 } else { card.least })
    }

    /// What the video needs of this machine when it is made in `scratch`, as the last of `left` videos or with more to
    /// come.
    pub(crate) fn demand(&self, left: u32, scratch: &Utf8Path) -> guard::Demand {
        let directory = &self.brief.output_dir;
        let kept = self.kept_bytes();
        let is_apart = scratch != directory;
        let mut disk = vec![guard::DiskDemand {
            directory: directory.clone(),
            bytes: if is_apart { kept } else { self.needed_bytes },
            kept_per_video: kept,
        }];
        if is_apart {
            disk.push(guard::DiskDemand {
                directory: scratch.to_owned(),
                bytes: self.needed_bytes,
                kept_per_video: 0,
            });
        }
        guard::Demand {
            ram_bytes: space::memory_bytes(self.size) + self.footage.memory_bytes(),
            ram_bytes_least: space::memory_bytes(self.size) + self.footage.memory_bytes(),
            disk,
            descriptors: 32,
            vram_bytes: self.vram_bytes(),
            videos_left: u64::from(left),
        }
    }
}

fn fail(kind: impl Into<ErrorKind>) -> Error {
    Error::new(Stage::Preflight, kind)
}

/// Checks `brief` against `equipment`, and the room in its output directory, or in it and one of `scratch`.
///
/// # Errors
/// The first thing that would keep the video from being made, with what to do about it.
pub(crate) async fn plan(
    brief: Brief,
    equipment: &Equipment,
    scratch: &[Utf8PathBuf],
    cancel: &CancellationToken,
) -> Result<Plan, Error> {
    let mut degradations = Vec::new();
    let mut warnings = Vec::new();

    // Files first: they are cheap to check and most often wrong.
    let footage = Footage::check(&brief.images, equipment, cancel).await?;
    warnings.extend(footage.warnings());
    if let Some(watermark) = &brief.watermark {
        let file = watermark.file.clone();
        let check = move || Watermark::check(&file).map_err(fail);
        seam::blocking(Stage::Preflight, check).await?;
    }
    let narration_seconds = match &brief.narration {
        None => None,
        Some(path) => Some(sound(equipment, path, cancel).await?),
    };
    let music = plan_music(&brief, equipment, &mut degradations, cancel).await?;
    let style = plan_style(&brief)?;

    let given = read_script(&brief)?;
    let genre = brief
        .genre
        .unwrap_or_else(|| guess_genre(&brief, given.as_ref()));
    let topic = match (&brief.topic, &given) {
        (Some(topic), _) => topic.as_str().to_owned(),
        (None, Some(loaded)) => loaded.script.title.clone(),
        (None, None) if brief.genre.is_some() => {
            writer::topic_for(genre, brief.seed.derive("topic", 0)).to_owned()
        }
        (None, None) => return Err(fail(ErrorKind::NoTopic)),
    };

    let language = choose_language(
        &brief,
        given.as_ref().map(|loaded| &loaded.script),
        &mut degradations,
    );
    let speakers = ladder::speakers(&brief, equipment, &language, &mut degradations)?;

    let outro = outro(&brief);
    let asked = brief.duration.map(crate::value::Duration::get);
    // A length that is wished for includes the end card; a recording goes on to its own end.
    let wished = |seconds| pacing::body_target(seconds, outro);
    let target = asked
        .map(wished)
        .or(narration_seconds)
        .or_else(|| given.is_none().then(|| wished(DEFAULT_SECONDS)));
    let (mut script, script_source) = match given {
        Some(loaded) => {
            warnings.extend(loaded.warnings);
            let source = match &brief.script {
                Some(ScriptSource::File(path)) => path.to_string(),
                _ => "standard input".to_owned(),
            };
            (loaded.script, source)
        }
        None => {
            if brief.writer == WriterChoice::Auto {
                degradations.push(Degradation {
                    stage: Stage::Script,
                    from: "llm".into(),
                    to: "builtin".into(),
                    reason: "no language model is configured".into(),
                });
            }
            (
                write(
                    &brief,
                    genre,
                    &topic,
                    target.unwrap_or(DEFAULT_SECONDS),
                    speakers[0].id(),
                ),
                "builtin".to_owned(),
            )
        }
    };
    if script.language.is_empty() {
        script.language.clone_from(&language);
    }
    let painter =
        painting::painter(&brief, equipment, &mut degradations, &mut warnings, cancel).await?;
    if brief.narration.is_some() && brief.script.is_none() && brief.captions != CaptionChoice::None
    {
        degradations.push(Degradation {
            stage: Stage::Voice,
            from: "captions".into(),
            to: "no captions".into(),
            reason: "a recorded narration was given without its text; add --script".into(),
        });
    }

    let (fonts, undrawable) = plan_fonts(&brief, equipment, &script, &mut warnings).await?;
    let size = brief.quality.size(brief.aspect);
    let rate = brief.rate.unwrap_or_else(|| brief.quality.rate());
    let encode = encoder::choose(&brief, equipment, (size, rate), cancel).await?;
    let body_seconds = target.unwrap_or_else(|| estimate(&script, speakers[0].id()));
    let estimated_seconds = body_seconds + outro;

    // Last: the only check that touches a disk, and it leaves nothing there.
    let pictures = script.scenes.len() + usize::from(brief.end_card.is_some());
    let needed = space::needed_bytes(size, rate, estimated_seconds, pictures);
    let kept = space::kept_bytes(size, rate, estimated_seconds);
    space::check(&brief.output_dir, needed, kept, scratch)?;
    let name = brief
        .name
        .as_deref()
        .map_or_else(|| text::slug(&topic, 60), publish::safe_name);

    if brief.strict && !degradations.is_empty() {
        return Err(fail(ErrorKind::Strict { degradations }));
    }
    Ok(Plan {
        genre,
        script,
        script_source,
        language,
        size,
        rate,
        encode,
        speakers,
        music,
        style,
        fonts,
        undrawable,
        name,
        target,
        degradations,
        warnings,
        topic,
        painter,
        footage,
        estimated_seconds,
        needed_bytes: needed,
        brief,
    })
}

/// Gives videos that would have the same name numbers in their order, so that it does not depend on which is finished
/// first.
pub(crate) fn name_apart(plans: &mut [Plan]) {
    let mut given = std::collections::BTreeSet::new();
    for plan in plans {
        let directory = &plan.brief.output_dir;
        let name = publish::free_name_but(directory, &plan.name, |name| {
            given.contains(&(directory.clone(), name.to_owned()))
        });
        given.insert((directory.clone(), name.clone()));
        plan.name = name;
    }
}

/// Checks that all `plans` together fit where they go.
///
/// # Errors
/// [`ErrorKind::DiskFull`].
pub(crate) fn check_room(plans: &[Plan], scratch: &[Utf8PathBuf]) -> Result<(), Error> {
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

/// Checks a sound file and returns its length in seconds.
async fn sound(
    equipment: &Equipment,
    path: &Utf8Path,
    cancel: &CancellationToken,
) -> Result<f64, Error> {
    let Some(ffmpeg) = &equipment.ffmpeg else {
        return Err(fail(ErrorKind::Unavailable {
            what: "reading sound files".into(),
            reason: "there is no FFmpeg".into(),
            hint: "install FFmpeg".into(),
        }));
    };
    let info = check_audio_file(ffmpeg, path, cancel).await.map_err(fail)?;
    Ok(info.duration)
}

async fn plan_music(
    brief: &Brief,
    equipment: &Equipment,
    degradations: &mut Vec<Degradation>,
    cancel: &CancellationToken,
) -> Result<MusicPlan, Error> {
    Ok(match &brief.music {
        MusicChoice::None => MusicPlan::None,
        MusicChoice::Builtin => MusicPlan::Builtin,
        MusicChoice::Auto => {
            degradations.push(Degradation {
                stage: Stage::Music,
                from: "library".into(),
                to: "builtin".into(),
                reason: "no music library is configured".into(),
            });
            MusicPlan::Builtin
        }
        MusicChoice::Path(path) if path.is_dir() => {
            let file = library::choose(path, brief.seed.derive("music", 0)).map_err(fail)?;
            sound(equipment, &file, cancel).await?;
            MusicPlan::File(file)
        }
        MusicChoice::Path(path) => {
            sound(equipment, path, cancel).await?;
            MusicPlan::File(path.clone())
        }
    })
}

fn plan_style(brief: &Brief) -> Result<&'static Style, Error> {
    let Some(name) = &brief.style else {
        return Ok(&Style::ALL[0]);
    };
    Style::ALL
        .iter()
        .find(|style| style.name.eq_ignore_ascii_case(name))
        .ok_or_else(|| {
            let names: Vec<&str> = Style::ALL.iter().map(|style| style.name).collect();
            fail(InvalidValue::unknown("caption style", name, &names))
        })
}

fn read_script(brief: &Brief) -> Result<Option<script_file::Loaded>, Error> {
    let (raw, origin) = match &brief.script {
        None => return Ok(None),
        Some(ScriptSource::File(path)) => (script_file::load(path)?, path.to_string()),
        Some(ScriptSource::Text(text)) => (text.clone(), "standard input".to_owned()),
    };
    let title = brief.topic.as_ref().map(Topic::as_str);
    script_file::parse(
        &raw,
        &origin,
        title,
        brief.scenes.map(crate::value::SceneCount::get),
    )
    .map(Some)
}

fn guess_genre(brief: &Brief, given: Option<&script_file::Loaded>) -> Genre {
    match (&brief.topic, given) {
        (Some(topic), _) => writer::guess_genre(topic.as_str()),
        (None, Some(loaded)) => writer::guess_genre(&loaded.script.title),
        (None, None) => Genre::General,
    }
}

/// The language of the narration: what was asked for, what the script says, what its letters look like, English.
fn choose_language(
    brief: &Brief,
    given: Option<&Script>,
    degradations: &mut Vec<Degradation>,
) -> String {
    let asked = brief
        .language
        .as_ref()
        .map(|language| language.as_str().to_owned());
    match given {
        Some(script) => {
            let stated = (!script.language.is_empty()).then(|| script.language.clone());
            let spoken: String = script
                .scenes
                .iter()
                .map(|scene| scene.narration.as_str())
                .collect();
            asked
                .or(stated)
                .or_else(|| detect_language(&spoken).map(str::to_owned))
                .unwrap_or_else(|| "en".into())
        }
        None => {
            // The built-in writer knows English only: speaking it in another language's voice would be no service.
            if let Some(language) =
                asked.filter(|_| brief.language.as_ref().is_some_and(|l| l.primary() != "en"))
            {
                degradations.push(Degradation {
                    stage: Stage::Script,
                    from: language,
                    to: "en".into(),
                    reason:
                        "the built-in writer writes English only; give a --script in your language"
                            .into(),
                });
                return "en".into();
            }
            brief
                .language
                .as_ref()
                .map_or_else(|| "en".into(), |language| language.as_str().to_owned())
        }
    }
}

fn write(brief: &Brief, genre: Genre, topic: &str, seconds: f64, speaker: &str) -> Script {
    let scenes = brief.scenes.map(crate::value::SceneCount::get);
    let words = pacing::words_for(
        seconds,
        scenes.unwrap_or(5),
        ladder::words_per_second(speaker),
    );
    writer::write(&Assignment {
        topic: topic.to_owned(),
        genre,
        seed: brief.seed.derive("script", 0),
        words: words.clamp(6, 2000),
        scenes,
    })
}

/// How long a script takes to say, in seconds.
fn estimate(script: &Script, speaker: &str) -> f64 {
    let words: usize = script
        .scenes
        .iter()
        .map(|scene| text::word_count(&scene.narration))
        .sum();
    let speeches =
        vec![
            words as f64 / ladder::words_per_second(speaker) / script.scenes.len() as f64;
            script.scenes.len()
        ];
    pacing::pace(&speeches, None, |seconds| seconds).duration
}

/// The fonts for all text in the picture, and the characters that have to be left out. A missing letter is an error, a
/// missing symbol a warning.
async fn plan_fonts(
    brief: &Brief,
    equipment: &Equipment,
    script: &Script,
    warnings: &mut Vec<String>,
) -> Result<(Arc<Fonts>, Vec<char>), Error> {
    let mut texts: Vec<String> = vec![script.title.clone()];
    texts.extend(
        brief
            .end_card
            .iter()
            .map(|card| card.text.as_str().to_owned()),
    );
    if brief.captions != CaptionChoice::None {
        texts.extend(script.scenes.iter().map(|scene| scene.narration.clone()));
    }
    let directories = equipment.font_dirs.clone();
    let (fonts, missing) = seam::blocking(Stage::Preflight, move || {
        let fonts =
            Fonts::for_text(texts.iter().map(String::as_str), &directories).map_err(fail)?;
        let missing = fonts.missing(&texts.concat());
        Ok((fonts, missing))
    })
    .await?;
    if !missing.is_empty() {
        let letters: Vec<char> = missing
            .iter()
            .copied()
            .filter(|c| c.is_alphanumeric())
            .collect();
        let sample = |chars: &[char]| format!("`{}`", chars.iter().take(8).collect::<String>());
        if !letters.is_empty() && brief.captions != CaptionChoice::None {
            return Err(fail(ErrorKind::Font {
                characters: sample(&letters),
                package: Fonts::suggestion(&letters),
            }));
        }
        let remedy = Fonts::suggestion(&missing)
            .map_or_else(String::new, |p| format!("; install {p} to show them"));
        warnings.push(format!(
            "no installed font has {}, which is left out of the picture{remedy}",
            sample(&missing)
        ));
    }
    Ok((Arc::new(fonts), missing))
}
