//! What is written beside a video: its manifest and its credits.

use std::collections::BTreeMap;

use videogen_durable::Digest;
use videogen_media::{CheckedVideo, Encoder, Pacing, RenderedVideo, TITLE_SECONDS};
use videogen_picture::Painted;
use videogen_tts::Timing;
use videogen_types::{
    MANIFEST_VERSION, Manifest, ManifestCard, ManifestFile, ManifestLoudness, ManifestMusic,
    ManifestResources, ManifestScene, ManifestScript, ManifestVideo, ManifestVoice, ManifestWord,
};

use crate::reporter::Reporter;
use crate::stage::voice::Narration;
use crate::toolkit::Toolkit;
use crate::video_plan::{MusicPlan, VideoPlan};

/// A video that is made, but not yet published.
pub(crate) struct Made<'a> {
    pub(crate) plan: &'a VideoPlan,
    /// How the picture of each scene came about; `None` where it is the user's.
    pub(crate) painted: &'a [Option<Painted>],
    pub(crate) narration: &'a Narration,
    pub(crate) pacing: &'a Pacing,
    pub(crate) rendered: &'a RenderedVideo,
    pub(crate) checked: &'a CheckedVideo,
}

/// The manifest as JSON, with the name, the size and the SHA-256 of each of the other `files`.
pub(crate) fn manifest(
    made: &Made<'_>,
    files: impl Iterator<Item = (String, Digest)>,
    reporter: &Reporter,
    toolkit: &Toolkit,
) -> String {
    let Made {
        plan,
        painted: _,
        narration,
        pacing,
        rendered,
        checked,
    } = made;
    // That of the scene that is the least exact.
    let timings = narration.speeches.iter().map(|speech| speech.timing);
    let timing = timings.max().unwrap_or(Timing::Estimated);
    let entry = |(name, digest): (String, Digest)| {
        let (bytes, sha256) = (digest.size(), digest.to_string());
        (name, ManifestFile { bytes, sha256 })
    };
    let files = files.map(entry).collect();
    let by_model = plan.writing.by_model.as_ref();
    let manifest = Manifest {
        version: MANIFEST_VERSION,
        videogen: env!("CARGO_PKG_VERSION").to_owned(),
        created: crate::clock::timestamp().to_string(),
        brief: &plan.brief,
        title: plan.script.title.clone(),
        topic: plan.topic.clone(),
        genre: plan.genre.name().to_owned(),
        script: ManifestScript {
            source: plan.writing.source.clone(),
            model: by_model.map(|by| by.model.clone()),
            endpoint: by_model.map(|by| by.endpoint.clone()),
            repaired: by_model.map(|by| by.repaired),
            language: plan.script.language.clone(),
            hashtags: plan.script.hashtags.clone(),
            description: by_model.and_then(|by| by.description.clone()),
        },
        scenes: scenes(made),
        title_card: plan.brief.title_card.then(|| ManifestCard {
            text: plan.script.title.clone(),
            start_s: 0.0,
            duration_s: milliseconds(pacing.title_end(TITLE_SECONDS)),
        }),
        end_card: plan.brief.end_card.as_ref().map(|card| ManifestCard {
            text: card.text.as_str().to_owned(),
            start_s: milliseconds(pacing.body()),
            duration_s: milliseconds(pacing.outro),
        }),
        voice: ManifestVoice {
            speaker: narration.speaker.clone(),
            voice: narration
                .speeches
                .first()
                .map_or_else(String::new, |speech| speech.voice.clone()),
            timing: format!("{timing:?}").to_lowercase(),
            rate: (narration.rate * 1000.0).round() / 1000.0,
        },
        music: ManifestMusic {
            source: plan.music.name(),
            licence: plan.music.licence().map(str::to_owned),
        },
        video: ManifestVideo {
            width: plan.render.size().width(),
            height: plan.render.size().height(),
            fps: plan.render.rate.to_string(),
            duration_s: pacing.duration,
            frames: rendered.frames,
            encoder: rendered.encoder.clone(),
            codec: plan.render.encode.encoder.codec().name().to_owned(),
            deterministic: Encoder::is_deterministic(&rendered.encoder),
            crf: plan.render.encode.crf,
        },
        loudness: ManifestLoudness {
            integrated_lufs: checked.loudness_lufs,
            true_peak_dbtp: checked.true_peak_dbtp,
        },
        degradations: reporter.degradations(),
        warnings: reporter.warnings(),
        timings: reporter
            .seconds()
            .into_iter()
            .map(|(stage, seconds)| (stage.name().to_owned(), seconds))
            .collect(),
        resources: ManifestResources {
            peak_rss_bytes: videogen_guard::peak_rss(),
            live_children: toolkit
                .ffmpeg
                .as_ref()
                .map(|ffmpeg| ffmpeg.supervisor().live()),
        },
        tools: tools(narration, toolkit),
        files,
    };
    let mut json = serde_json::to_string_pretty(&manifest).expect("all keys are text");
    json.push('\n');
    json
}

fn tools(narration: &Narration, toolkit: &Toolkit) -> BTreeMap<String, String> {
    let mut tools = BTreeMap::from([
        ("videogen".to_owned(), env!("CARGO_PKG_VERSION").to_owned()),
        ("voice".to_owned(), narration.speaker.clone()),
    ]);
    if let Some(ffmpeg) = &toolkit.ffmpeg {
        tools.insert("ffmpeg".to_owned(), ffmpeg.version().to_owned());
    }
    tools
}

fn scenes<'a>(made: &Made<'a>) -> Vec<ManifestScene<&'a Painted>> {
    let plan = made.plan;
    let (count, footage) = (plan.script.scenes.len(), &plan.pictures.footage);
    let seed = plan.brief.seed;
    plan.script
        .scenes
        .iter()
        .zip(&made.pacing.spans)
        .zip(&made.narration.speeches)
        .enumerate()
        .map(|(index, ((scene, span), speech))| ManifestScene {
            narration: scene.narration.clone(),
            picture_prompt: scene.picture.clone(),
            negative: scene.negative.clone(),
            painter: match &made.painted[index] {
                Some(painted) => painted.by.clone(),
                None => footage.files_of(index, count).remove(0),
            },
            files: footage.files_of(index, count),
            source: footage.kind_of(index, count).to_owned(),
            clip_sound: footage.clip_sound(index, count),
            painting: made.painted[index].as_ref(),
            seed: (made.painted[index].as_ref()).map(|_| seed.derive("picture", index as u64).0),
            start_s: milliseconds(span.start),
            duration_s: milliseconds(span.duration),
            words: speech
                .words
                .iter()
                .map(|word| ManifestWord {
                    text: word.text.clone(),
                    start_s: milliseconds(span.speech + word.start),
                    end_s: milliseconds(span.speech + word.end),
                })
                .collect(),
        })
        .collect()
}

fn milliseconds(seconds: f64) -> f64 {
    (seconds * 1000.0).round() / 1000.0
}

/// The text to paste under the video.
pub(crate) fn credits(made: &Made<'_>) -> String {
    let plan = made.plan;
    let mut lines = vec![plan.script.title.clone(), String::new()];
    let by_model = plan.writing.by_model.as_ref();
    if let Some(description) = by_model.and_then(|by| by.description.clone()) {
        lines.extend([description, String::new()]);
    }
    if !plan.script.hashtags.is_empty() {
        let tags = plan.script.hashtags.iter().map(|tag| format!("#{tag}"));
        let tags: Vec<String> = tags.collect();
        lines.extend([tags.join(" "), String::new()]);
    }
    let own_music = matches!(plan.music, MusicPlan::File(_));
    let mut yours = Vec::new();
    if own_music {
        yours.push(format!("the music ({})", plan.music.name()));
    }
    yours.extend(plan.pictures.footage.name().map(str::to_owned));
    if plan.brief.watermark.is_some() {
        yours.push("the watermark".to_owned());
    }
    if plan.brief.narration.is_some() {
        yours.push("the recorded narration".to_owned());
    }
    let credit = plan.music.credit();
    lines.extend(credit.map(str::to_owned));
    if yours.is_empty() && credit.is_none() {
        let made = if plan.music.file().is_some() {
            "No attribution is needed: script and pictures were made for this video, and the licence of the music asks for none."
        } else {
            "No attribution is needed: script, pictures and music were made for this video."
        };
        lines.push(made.to_owned());
    } else if !yours.is_empty() {
        lines.push(format!(
            "You brought {}: check whether a licence asks you to credit somebody.",
            yours.join(" and ")
        ));
    }
    if let Some(by) = by_model {
        lines.push(format!("Script: {}.", by.model));
    }
    if plan.brief.narration.is_none() && !made.narration.silent {
        lines.push(format!("Voice: {}.", made.narration.speaker));
    }
    lines.push("Made with synthetic voice and pictures where not stated otherwise; some platforms ask you to say so.".to_owned());
    lines.join("\n") + "\n"
}
