//! A plan, in the form that can be shown.

use videogen_types::{CaptionChoice, Choice, MusicChoice, Overview, PlatformChoice, SceneOverview};

use crate::brief::Brief;
use crate::delivered;
use crate::video_plan::{MusicPlan, VideoPlan};

impl VideoPlan {
    /// What will be made, in a form that can be shown.
    pub fn overview(&self) -> Overview {
        of(self)
    }
}

fn of(plan: &VideoPlan) -> Overview {
    let (brief, count) = (&plan.brief, plan.script.scenes.len());
    Overview {
        title: match plan.writing.wanted {
            Some(_) => plan.topic.clone(),
            None => plan.script.title.clone(),
        },
        topic: plan.topic.clone(),
        genre: plan.genre,
        seed: brief.seed,
        language: plan.voice.language.clone(),
        scenes: plan
            .script
            .scenes
            .iter()
            .filter(|_| plan.writing.wanted.is_none())
            .enumerate()
            .map(|(index, scene)| SceneOverview {
                narration: scene.narration.clone(),
                picture: scene.picture.clone(),
                files: plan.pictures.footage.files_of(index, count),
            })
            .collect(),
        scene_count: count,
        size: plan.render.size(),
        fps: plan.render.rate.to_string(),
        encoder: plan.render.encode.encoder.to_string(),
        estimated_seconds: (plan.estimated_seconds * 10.0).round() / 10.0,
        writer: match (&plan.writing.wanted, &plan.writing.by_model) {
            (Some(wanted), _) => format!("{}, when the video is made", wanted.by),
            (None, Some(by)) => format!("{} at {}", by.model, by.endpoint),
            (None, None) => plan.writing.source.clone(),
        },
        voice: brief.narration.as_ref().map_or_else(
            || {
                let voice = brief.voice.as_deref().map(|voice| format!(", {voice}"));
                let voice = voice.unwrap_or_default();
                format!("{}{voice}", plan.voice.speakers[0].version())
            },
            |path| format!("recording {path}"),
        ),
        painter: plan.pictures.footage.describe(painter(plan)),
        music: match &plan.music {
            MusicPlan::None => "none".to_owned(),
            MusicPlan::Composed { composer, request } => composer.describe(request),
            MusicPlan::File(path) => match &brief.music {
                // Where it lies here is nobody's business.
                MusicChoice::Url(url) => url.to_string(),
                _ => path.to_string(),
            },
            MusicPlan::Track(track) => format!("{}, {}", track.title, track.licence),
        },
        captions: match brief.captions {
            CaptionChoice::None => "none".to_owned(),
            choice => {
                let place = match brief.platform {
                    PlatformChoice::Any => String::new(),
                    platform => format!(", placed for {platform}"),
                };
                format!(
                    "{}, style {}{place}",
                    Choice::name(choice),
                    plan.render.lettering.style.name
                )
            }
        },
        overlays: overlays(brief),
        degradations: plan.degradations.clone(),
        warnings: plan.warnings.clone(),
        output: brief.output_dir.join(format!(
            "{}.mp4",
            delivered::free_name(&brief.output_dir, &plan.name)
        )),
        needed_mib: plan.needed_bytes.div_ceil(1024 * 1024),
    }
}

fn painter(plan: &VideoPlan) -> String {
    let id = plan.pictures.painter.id();
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
