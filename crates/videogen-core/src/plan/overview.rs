//! A plan in a form that can be shown to people and programs.

use camino::Utf8PathBuf;
use serde::Serialize;
use videogen_media::FrameSize;

use super::{MusicPlan, Plan};
use crate::brief::Brief;
use crate::event::Degradation;
use crate::genre::Genre;
use crate::seed::Seed;
use crate::value::{CaptionChoice, Choice, PlatformChoice};
use crate::{music, publish};

/// What will be made.
#[derive(Debug, Clone, Serialize)]
pub struct Overview {
    /// The title; the topic while the script is not written yet.
    pub title: String,
    /// What it is about.
    pub topic: String,
    /// The genre, given or guessed.
    pub genre: Genre,
    /// The seed.
    pub seed: Seed,
    /// Language of the narration.
    pub language: String,
    /// The scenes; none while the script is not written yet.
    pub scenes: Vec<SceneOverview>,
    /// How many there will be, or about how many.
    #[serde(skip)]
    pub scene_count: usize,
    /// Size of the video.
    pub size: FrameSize,
    /// Its frame rate, as a number or a ratio.
    pub fps: String,
    /// FFmpeg's name of what encodes it.
    pub encoder: String,
    /// About how long it will be.
    pub estimated_seconds: f64,
    /// Who writes: a language model and its server, `builtin` or the file.
    pub writer: String,
    /// Who speaks.
    pub voice: String,
    /// Who paints.
    pub painter: String,
    /// What plays.
    pub music: String,
    /// Captions and their style.
    pub captions: String,
    /// What is laid over the pictures beside captions, in words.
    pub overlays: Vec<String>,
    /// Every step down a ladder that is already known.
    pub degradations: Vec<Degradation>,
    /// What a person should know.
    pub warnings: Vec<String>,
    /// The MP4 that will be made.
    pub output: Utf8PathBuf,
    /// Room that is needed while it is made.
    pub needed_mib: u64,
}

#[cfg(test)]
impl Overview {
    /// A short video.
    pub(crate) fn sample() -> Self {
        Self {
            title: "A title".into(),
            topic: "a topic".into(),
            genre: Genre::General,
            seed: Seed(1),
            language: "en".into(),
            scenes: Vec::from([1, 2].map(|n| SceneOverview {
                narration: format!("Sentence {n}."),
                picture: "a hill".into(),
            })),
            scene_count: 2,
            size: FrameSize::new(512, 768).expect("even"),
            fps: "30".into(),
            encoder: "libx264".into(),
            estimated_seconds: 10.0,
            writer: "builtin".into(),
            voice: "flite".into(),
            painter: "builtin".into(),
            music: "none".into(),
            captions: "none".into(),
            overlays: Vec::new(),
            degradations: Vec::new(),
            warnings: Vec::new(),
            output: "a.mp4".into(),
            needed_mib: 1,
        }
    }
}

/// One scene of an [`Overview`].
#[derive(Debug, Clone, Serialize)]
pub struct SceneOverview {
    /// What is said.
    pub narration: String,
    /// What is shown.
    pub picture: String,
}

pub(super) fn of(plan: &Plan) -> Overview {
    let brief = &plan.brief;
    Overview {
        title: match plan.wanted {
            Some(_) => plan.topic.clone(),
            None => plan.script.title.clone(),
        },
        topic: plan.topic.clone(),
        genre: plan.genre,
        seed: brief.seed,
        language: plan.language.clone(),
        scenes: plan
            .script
            .scenes
            .iter()
            .filter(|_| plan.wanted.is_none())
            .map(|scene| SceneOverview {
                narration: scene.narration.clone(),
                picture: scene.picture.clone(),
            })
            .collect(),
        scene_count: plan.script.scenes.len(),
        size: plan.size,
        fps: plan.rate.to_string(),
        encoder: plan.encode.encoder.to_string(),
        estimated_seconds: (plan.estimated_seconds * 10.0).round() / 10.0,
        writer: match (&plan.wanted, &plan.by_model) {
            (Some(wanted), _) => format!("{}, when the video is made", wanted.by),
            (None, Some(by)) => format!("{} at {}", by.model, by.endpoint),
            (None, None) => plan.script_source.clone(),
        },
        voice: brief.narration.as_ref().map_or_else(
            || {
                let voice = brief
                    .voice
                    .as_deref()
                    .map_or_else(String::new, |voice| format!(", {voice}"));
                format!("{}{voice}", plan.speakers[0].version())
            },
            |path| format!("recording {path}"),
        ),
        painter: match plan.footage.count() {
            None => painter(plan),
            Some(count) => format!("{count} of yours"),
        },
        music: match &plan.music {
            MusicPlan::None => "none".to_owned(),
            MusicPlan::Builtin => music::describe(plan.genre, brief.seed.derive("music", 0)),
            MusicPlan::File(path) => path.to_string(),
        },
        captions: match brief.captions {
            CaptionChoice::None => "none".to_owned(),
            choice => {
                let place = match brief.platform {
                    PlatformChoice::Any => String::new(),
                    platform => format!(", placed for {platform}"),
                };
                format!("{}, style {}{place}", Choice::name(choice), plan.style.name)
            }
        },
        overlays: overlays(brief),
        degradations: plan.degradations.clone(),
        warnings: plan.warnings.clone(),
        output: brief.output_dir.join(format!(
            "{}.mp4",
            publish::free_name(&brief.output_dir, &plan.name)
        )),
        needed_mib: plan.needed_bytes.div_ceil(1024 * 1024),
    }
}

fn painter(plan: &Plan) -> String {
    let id = plan.painter.id();
    let with = &plan.brief.paint_with;
    match &with.workflow {
        _ if id != "comfyui" => id.to_owned(),
        Some(file) => format!("{id}, workflow {file}"),
        None if with.loras.is_empty() => id.to_owned(),
        None => {
            let loras: Vec<String> = with.loras.iter().map(ToString::to_string).collect();
            format!("{id}, LoRA {}", loras.join(", "))
        }
    }
}

fn overlays(brief: &Brief) -> Vec<String> {
    let mut lines = Vec::new();
    if brief.title_card {
        lines.push("the title over the first scene".to_owned());
    }
    if let Some(card) = &brief.end_card {
        let (text, seconds) = (card.text.as_str(), card.seconds.get());
        lines.push(format!("end card \"{text}\", {seconds} s"));
    }
    if let Some(watermark) = &brief.watermark {
        let (file, corner) = (&watermark.file, watermark.corner);
        lines.push(format!("watermark {file}, {corner}"));
    }
    lines
}
