//! A plan, in the form that can be shown.

use videogen_types::{CaptionChoice, Choice, Overview, PlatformChoice, SceneOverview};

use super::{MusicPlan, Plan};
use crate::brief::Brief;
use crate::publish;

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
            MusicPlan::Composed { composer, request } => composer.describe(request),
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
