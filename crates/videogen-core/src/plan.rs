//! The preflight: everything that can be known before work starts is checked here, and becomes the plan of a video.
//! Nothing is written.

mod brought;
mod encoder;
mod overview;
mod painter;
mod space;
mod words;

use std::sync::Arc;

use camino::{Utf8Path, Utf8PathBuf};
use tokio_util::sync::CancellationToken;
use videogen_durable::{free_name, is_inside_scratch, safe_name};
use videogen_media::{
    CaptionStyle, EncodeSettings, Fonts, Footage, FrameRate, FrameSize, Lettering,
    check_audio_file, music_seconds_for,
};
use videogen_music::LibraryError;
use videogen_text::chain;
use videogen_tts::Synthesizer;
use videogen_types::{
    CaptionChoice, Degradation, Genre, InvalidValue, MusicChoice, Overview, Part, Script, Stage,
    Topic,
};

pub(crate) use space::room;
pub(crate) use words::{BUILTIN, Wanted, Writing};

use crate::blocking::blocking;
use crate::brief::{Brief, ScriptSource};
use crate::by_model::ByModel;
use crate::toolkit::Toolkit;
use crate::{Error, ErrorKind, improve, publish};
use videogen_picture::LocalCard;
use videogen_picture::SharedPainter;
use words::{Given, Subject};

/// One video, decided: what [`crate::Studio::run`] makes.
#[derive(Debug, Clone)]
pub struct Plan {
    pub(crate) brief: Brief,
    pub(crate) genre: Genre,
    pub(crate) script: Script,
    /// `llm`, `builtin`, or where the script was read.
    pub(crate) script_source: String,
    /// What there is to tell of a script by a language model.
    pub(crate) by_model: Option<ByModel>,
    /// The script that is to replace `script` before the video is made.
    pub(crate) wanted: Option<Wanted>,
    pub(crate) language: String,
    pub(crate) size: FrameSize,
    pub(crate) rate: FrameRate,
    pub(crate) encode: EncodeSettings,
    /// Who speaks; the others stand by in order.
    pub(crate) speakers: Vec<Arc<dyn Synthesizer>>,
    pub(crate) music: MusicPlan,
    pub(crate) style: &'static CaptionStyle,
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
    /// Every step down that is known before anything is made.
    pub fn degradations(&self) -> &[Degradation] {
        &self.degradations
    }

    /// What will be made, in a form that can be shown.
    pub fn overview(&self) -> Overview {
        overview::of(self)
    }

    /// How text is written into its frames.
    pub(crate) fn lettering(&self) -> Lettering {
        Lettering {
            size: self.size,
            platform: self.brief.platform,
            captions: self.brief.captions,
            style: self.style,
            fonts: Arc::clone(&self.fonts),
            undrawable: self.undrawable.clone(),
        }
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
    pub(crate) fn demand(&self, left: u32, scratch: &Utf8Path) -> videogen_guard::Demand {
        let directory = &self.brief.output_dir;
        let kept = self.kept_bytes();
        let is_apart = scratch != directory;
        let mut disk = vec![videogen_guard::DiskDemand {
            directory: directory.clone(),
            bytes: if is_apart { kept } else { self.needed_bytes },
            kept_per_video: kept,
        }];
        if is_apart {
            disk.push(videogen_guard::DiskDemand {
                directory: scratch.to_owned(),
                bytes: self.needed_bytes,
                kept_per_video: 0,
            });
        }
        videogen_guard::Demand {
            ram_bytes: space::memory_bytes(self.size) + self.footage.memory_bytes(),
            disk,
            descriptors: 32,
            address_bytes: space::address_bytes(self.size),
            tasks: TASKS,
            in_the_making: 0,
            vram_bytes: self.vram_bytes(),
            videos_left: u64::from(left),
        }
    }
}

fn fail(kind: impl Into<ErrorKind>) -> Error {
    Error::new(Stage::Preflight, kind)
}

/// Processes and threads of a video at the least: FFmpeg with its own on a machine of few cores, and ours that wait for it.
const TASKS: u64 = 24;

/// Checks `brief` against `toolkit`, and the room in its output directory, or in it and one of `scratch`.
///
/// # Errors
/// The first thing that would keep the video from being made, with what to do about it.
pub(crate) async fn plan(
    brief: Brief,
    toolkit: &Toolkit,
    scratch: &[Utf8PathBuf],
    writing: &Writing<'_>,
    cancel: &CancellationToken,
) -> Result<Plan, Error> {
    let mut degradations = Vec::new();
    let mut warnings = Vec::new();

    // Files first: they are cheap to check and most often wrong.
    let footage = Footage::check(&brief.images, toolkit.ffmpeg.as_ref(), cancel);
    let footage = footage.await.map_err(fail)?;
    warnings.extend(footage.warnings(brief.quality.size(brief.aspect)));
    if let Some(watermark) = &brief.watermark {
        warnings.extend(brought::watermark(watermark).await?);
    }
    let narration_seconds = match &brief.narration {
        None => None,
        Some(path) => Some(sound(toolkit, path, cancel).await?),
    };
    let music = plan_music(&brief, toolkit, &mut degradations, cancel).await?;
    let style = plan_style(&brief)?;

    if is_inside_scratch(&brief.output_dir) {
        return Err(fail(ErrorKind::Output {
            path: brief.output_dir.clone(),
            reason:
                "it is in a scratch directory of videogen, which is removed with all that is in it"
                    .into(),
        }));
    }
    let given = read_script(&brief).await?;
    let genre = brief
        .genre
        .unwrap_or_else(|| guess_genre(&brief, given.as_ref()));
    let topic = match (&brief.topic, &given) {
        (Some(topic), _) => topic.as_str().to_owned(),
        (None, Some(given)) => given.script().title.clone(),
        (None, None) if brief.genre.is_some() => {
            videogen_script::topic_for(genre, brief.seed.derive("topic", 0)).to_owned()
        }
        (None, None) => return Err(fail(ErrorKind::NoTopic)),
    };

    let outro = outro(&brief);
    let subject = Subject {
        brief: &brief,
        toolkit,
        genre,
        topic: &topic,
        recorded: narration_seconds,
    };
    let words = Box::pin(subject.words(given, writing, cancel)).await?;
    degradations.extend(words.degradations);
    warnings.extend(words.warnings);
    let (script, speakers, target) = (words.script, words.speakers, words.target);
    if let Some(path) = &brief.narration {
        warnings.extend(brought::narration(toolkit, path, &brief, &script, cancel).await?);
    }
    let painter =
        painter::painter(&brief, toolkit, &mut degradations, &mut warnings, cancel).await?;
    if brief.narration.is_some() && brief.script.is_none() && brief.captions != CaptionChoice::None
    {
        degradations.push(Degradation {
            stage: Stage::Voice,
            from: "captions".into(),
            to: "no captions".into(),
            reason: "a recorded narration was given without its text; add --script".into(),
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
    let estimated_seconds = body_seconds + outro;
    if let MusicPlan::File(path) = &music {
        let seconds = music_seconds_for(estimated_seconds);
        warnings.extend(brought::music(toolkit, path, seconds, cancel).await?);
    }

    // Last: the only check that touches a disk, and it leaves nothing there. While videos are made the guard looks at it.
    let pictures = script.scenes.len() + usize::from(brief.end_card.is_some());
    let needed = space::needed_bytes(size, rate, estimated_seconds, pictures);
    let kept = space::kept_bytes(size, rate, estimated_seconds);
    if matches!(writing, Writing::Choose(_)) {
        space::check(&brief.output_dir, needed, kept, scratch)?;
    }
    let name = brief.name.as_deref().map_or_else(
        || videogen_text::slug(&topic, 60),
        |name| safe_name(name, "video"),
    );

    let forbidden = degradations
        .iter()
        .filter(|step| brief.strict.forbids(step));
    let forbidden: Vec<Degradation> = forbidden.cloned().collect();
    if !forbidden.is_empty() {
        let degradations = forbidden;
        return Err(fail(ErrorKind::Strict { degradations }));
    }
    Ok(Plan {
        genre,
        script,
        script_source: words.source,
        by_model: words.by_model,
        wanted: words.wanted,
        language: words.language,
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
        let name = free_name(directory, &plan.name, &publish::EXTENSIONS, |name| {
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
    toolkit: &Toolkit,
    path: &Utf8Path,
    cancel: &CancellationToken,
) -> Result<f64, Error> {
    let Some(ffmpeg) = &toolkit.ffmpeg else {
        let what = "reading sound files";
        return Err(fail(videogen_media::Error::NoFfmpeg { what }));
    };
    let info = check_audio_file(ffmpeg, path, cancel).await.map_err(fail)?;
    Ok(info.duration)
}

async fn plan_music(
    brief: &Brief,
    toolkit: &Toolkit,
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
        MusicChoice::Path(path) => match brought_music(brief, path, toolkit, cancel).await {
            Ok(file) => MusicPlan::File(file),
            Err(error) if error.is_cancelled() => return Err(error),
            Err(error) => {
                let (to, instead) = if brief.may_fall_back(Part::Music, BUILTIN) {
                    (BUILTIN, MusicPlan::Builtin)
                } else if brief.may_fall_back(Part::Music, "none") {
                    ("none", MusicPlan::None)
                } else {
                    return Err(error);
                };
                degradations.push(Degradation {
                    stage: Stage::Music,
                    from: path.to_string(),
                    to: to.into(),
                    reason: chain(&error),
                });
                instead
            }
        },
    })
}

/// The file of the user's music: the one that was named, or one of the directory.
async fn brought_music(
    brief: &Brief,
    path: &Utf8Path,
    toolkit: &Toolkit,
    cancel: &CancellationToken,
) -> Result<Utf8PathBuf, Error> {
    let file = if path.is_dir() {
        videogen_music::choose(path, brief.seed.derive("music", 0))
            .map_err(|error| fail(no_file_of(path, error)))?
    } else {
        path.to_owned()
    };
    sound(toolkit, &file, cancel).await?;
    Ok(file)
}

/// Why no file of this directory can be played, with what to do.
fn no_file_of(directory: &Utf8Path, error: LibraryError) -> ErrorKind {
    let unavailable = |reason: String, hint: String| ErrorKind::Unavailable {
        what: format!("music in {directory}"),
        reason,
        hint,
    };
    match error {
        LibraryError::Unreadable { directory, source } => ErrorKind::Io {
            action: "listing",
            path: directory,
            source,
        },
        LibraryError::TooMany { .. } => unavailable(
            format!(
                "there are more than {} files in it",
                videogen_music::MOST_ENTRIES
            ),
            "name a directory with music only".to_owned(),
        ),
        LibraryError::Empty { .. } => unavailable(
            "there is no music file in it".to_owned(),
            format!(
                "put {} files there, or use --music builtin or --music none",
                videogen_music::EXTENSIONS.join(", ")
            ),
        ),
        other => unavailable(other.to_string(), "name a file".to_owned()),
    }
}

fn plan_style(brief: &Brief) -> Result<&'static CaptionStyle, Error> {
    let Some(name) = &brief.style else {
        return Ok(&CaptionStyle::ALL[0]);
    };
    CaptionStyle::ALL
        .iter()
        .find(|style| style.name.eq_ignore_ascii_case(name))
        .ok_or_else(|| {
            let names: Vec<&str> = CaptionStyle::ALL.iter().map(|style| style.name).collect();
            fail(InvalidValue::unknown("caption style", name, &names))
        })
}

async fn read_script(brief: &Brief) -> Result<Option<Given>, Error> {
    let (raw, origin) = match &brief.script {
        None => return Ok(None),
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
        Some(ScriptSource::Text(text)) => (text.clone(), "standard input".to_owned()),
    };
    let title = brief.topic.as_ref().map(Topic::as_str);
    let scenes = brief.scenes.map(videogen_types::SceneCount::get);
    let loaded = videogen_script::parse_script(&raw, &origin, title, scenes).map_err(fail)?;
    Ok(Some(Given::Loaded(loaded)))
}

fn guess_genre(brief: &Brief, given: Option<&Given>) -> Genre {
    match (&brief.topic, given) {
        (Some(topic), _) => videogen_script::guess_genre(topic.as_str()),
        (None, Some(given)) => videogen_script::guess_genre(&given.script().title),
        (None, None) => Genre::General,
    }
}

/// The fonts for these texts and all others in the picture, and the characters that have to be left out. A missing letter is an error, a
/// missing symbol a warning.
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
    let (fonts, missing) = blocking(Stage::Preflight, move || {
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
