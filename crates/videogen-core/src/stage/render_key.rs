//! What influences an encoded video: the key it is found under.

use videogen_durable::{Digest, Key};
use videogen_media::Pacing;
use videogen_music::{BuiltinComposer, Composer};
use videogen_tts::Speech;
use videogen_types::{Stage, Strict};

use crate::brief::Brief;
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
        // Where the video was asked for, where it goes and what it is called does not change it.
        let brief = Brief {
            output_dir: "".into(),
            name: None,
            strict: Strict::No,
            accept: Vec::new(),
            replaces: None,
            offline: false,
            origin: None,
            ..plan.brief.clone()
        };
        let mut key = begin("render", RENDER)
            .text("brief", &json(&brief))
            .text("title", &plan.script.title)
            .text("genre", plan.genre.name())
            .text("size", &plan.render.size().to_string())
            .text("rate", &plan.render.rate.to_string())
            .text("encode", &json(&plan.render.encode))
            .text("style", plan.render.lettering.style.name)
            .text(
                "fonts",
                &format!(
                    "{:?} {:?}",
                    plan.render.lettering.fonts, plan.render.lettering.undrawable
                ),
            )
            .text("pacing", &format!("{pacing:?}"));
        if let Some(ffmpeg) = &toolkit.ffmpeg {
            key = key.text("ffmpeg", ffmpeg.version());
        }
        for picture in *pictures {
            key = key.digest("picture", picture);
        }
        for speech in *speeches {
            key = key
                .digest("speech", &Digest::of(&samples(speech)))
                .text("words", &json(&speech.words));
        }
        match &plan.music {
            MusicPlan::File(path) => key = key.digest("music", &digest(path)?),
            // The brief says that the built-in one composes.
            MusicPlan::Composed { composer, .. } if composer.id() != BuiltinComposer.id() => {
                key = key.text("composer", composer.id());
            }
            MusicPlan::Composed { .. } | MusicPlan::None => {}
        }
        if let Some(watermark) = &plan.brief.watermark {
            key = key.digest("watermark", &digest(&watermark.file)?);
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
