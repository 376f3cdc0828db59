//! What influences an encoded video: the key it is found under.

use videogen_durable::{Digest, Key};
use videogen_media::Pacing;
use videogen_music::Track;
use videogen_tts::Speech;
use videogen_types::{Choice as _, Stage};

use crate::keys::{RENDER, begin};
use crate::toolkit::Toolkit;
use crate::video_plan::{MusicPlan, VideoPlan};
use crate::{Error, ErrorKind};

/// The encoded video.
pub(crate) struct Render<'a> {
    pub(crate) plan: &'a VideoPlan,
    pub(crate) toolkit: &'a Toolkit,
    pub(crate) pictures: &'a [Digest],
    pub(crate) speeches: &'a [Speech],
    pub(crate) pacing: &'a Pacing,
}

impl Render<'_> {
    /// Its key. Reads files of the user. Blocks.
    ///
    /// # Errors
    /// When one of them cannot be read.
    pub(crate) fn key(&self) -> Result<Key, Error> {
        let Self {
            plan,
            toolkit,
            pictures,
            speeches,
            pacing,
        } = self;
        let render = &plan.render;
        let lettering = &render.lettering;
        let mut key = begin("render", RENDER)
            .text("size", &render.size().to_string())
            .text("rate", &render.rate.to_string())
            .text("encode", &json(&render.encode))
            .text("title", &plan.script.title)
            .number("seed", render.seed.0)
            .text("captions", lettering.captions.name())
            .text("language", &lettering.language)
            .text("platform", lettering.platform.name())
            .text("style", lettering.style.name)
            .text(
                "undrawable",
                &lettering.undrawable.iter().collect::<String>(),
            );
        for font in lettering.fonts.names() {
            key = key.text("font", font);
        }
        if render.title_card {
            key = key.number("title card", 1);
        }
        if let Some(card) = &render.end_card {
            key = key.text("end card", &json(card));
        }
        if let Some(watermark) = &render.watermark {
            key = key
                .text("watermark", &json(watermark))
                .digest("watermark", &digest(&watermark.file)?);
        }
        for span in &pacing.spans {
            key = key
                .real("start", span.start)
                .real("duration", span.duration)
                .real("speech", span.speech);
        }
        key = key
            .real("length", pacing.duration)
            .real("outro", pacing.outro);
        if let Some(ffmpeg) = &toolkit.ffmpeg {
            key = key.text("ffmpeg", ffmpeg.version());
        }
        for picture in *pictures {
            key = key.digest("picture", picture);
        }
        key = plan.pictures.footage.add_to_key(pacing.spans.len(), key);
        for speech in *speeches {
            key = key
                .digest("speech", &Digest::of(&samples(speech)))
                .text("words", &json(&speech.words));
        }
        match &plan.music {
            MusicPlan::None => {}
            MusicPlan::File(path) | MusicPlan::Track(Track { path, .. }) => {
                key = key.digest("music", &digest(path)?);
            }
            MusicPlan::Composed { composer, request } => {
                key = key
                    .text("composer", composer.id())
                    .text("mood", request.genre.name())
                    .number("music seed", request.seed.0);
            }
        }
        Ok(key.finish())
    }
}

/// The digest of a file.
///
/// # Errors
/// When it cannot be read.
pub(crate) fn digest(path: &camino::Utf8Path) -> Result<Digest, Error> {
    Digest::of_file(path).map_err(|error| Error::new(Stage::Render, ErrorKind::Store(error)))
}

fn json(value: &impl serde::Serialize) -> String {
    serde_json::to_string(value).expect("values of our own have no keys but text")
}

fn samples(speech: &Speech) -> Vec<u8> {
    let mut bytes: Vec<u8> = speech
        .samples
        .iter()
        .flat_map(|sample| sample.to_le_bytes())
        .collect();
    bytes.extend(speech.sample_rate.to_le_bytes());
    bytes
}
