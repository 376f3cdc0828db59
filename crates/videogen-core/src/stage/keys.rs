//! What influences each output: the keys it is found under.
//!
//! A key that leaves something out gives an old output for a new wish; one that takes in too much makes things again.
//! Each begins with a number that changes when the code of its stage gives other results for the same inputs.

use videogen_durable::{Digest, Key, KeyBuilder};
use videogen_tts::{Request, Speech, Synthesizer};
use videogen_types::Strict;

use crate::brief::Brief;
use crate::pacing::Pacing;
use crate::painter::{Painter, PictureRequest};
use crate::plan::{MusicPlan, Plan};
use crate::toolkit::Toolkit;
use crate::{Error, ErrorKind};

const SCRIPT: u32 = 1;
const VOICE: u32 = 1;
const PICTURE: u32 = 2;
const RENDER: u32 = 1;

/// Results may differ between versions of this program.
fn begin(stage: &'static str, code: u32) -> KeyBuilder {
    KeyBuilder::new(stage, code).text("videogen", env!("CARGO_PKG_VERSION"))
}

/// A script by a language model, by [`videogen_script::LlmWriter::fingerprint`] of what is wished.
pub(crate) fn script(wish: &str) -> Key {
    begin("script", SCRIPT).text("wish", wish).finish()
}

/// The note of how the script of a video of this run begins.
pub(crate) fn opening(run: &str, number: u32) -> Key {
    begin("script opening", SCRIPT)
        .text("run", run)
        .number("number", u64::from(number))
        .finish()
}

/// A scene, spoken.
pub(crate) fn speech(speaker: &dyn Synthesizer, request: &Request) -> Key {
    begin("voice", VOICE)
        .text("speaker", speaker.id())
        .text("identity", &speaker.identity())
        .text("voice", request.voice.as_deref().unwrap_or_default())
        .text("language", &request.language)
        .real("rate", request.rate.factor())
        .text("text", &request.text)
        .finish()
}

/// A picture.
pub(crate) fn picture(painter: &dyn Painter, request: &PictureRequest) -> Key {
    begin("picture", PICTURE)
        .text("painter", painter.id())
        .text("request", &painter.fingerprint(request))
        .finish()
}

/// The note of how the picture of a key came about.
pub(crate) fn picture_note(picture: &Key) -> Key {
    begin("picture note", PICTURE)
        .key("picture", picture)
        .finish()
}

/// What a picture that is painted elsewhere is called there by the run of this name.
pub(crate) fn picture_name(picture: &Key, run: &str) -> Key {
    begin("picture name", PICTURE)
        .key("picture", picture)
        .text("run", run)
        .finish()
}

/// The encoded video.
pub(crate) struct Render<'a> {
    pub(crate) plan: &'a Plan,
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
            .text("size", &plan.size.to_string())
            .text("rate", &plan.rate.to_string())
            .text("encode", &json(&plan.encode))
            .text("style", plan.style.name)
            .text("fonts", &format!("{:?} {:?}", plan.fonts, plan.undrawable))
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
        if let MusicPlan::File(path) = &plan.music {
            key = key.digest("music", &digest(path)?);
        }
        if let Some(watermark) = &plan.brief.watermark {
            key = key.digest("watermark", &digest(&watermark.file)?);
        }
        Ok(key.finish())
    }
}

/// The note of how the video of a key was encoded.
pub(crate) fn render_note(render: &Key) -> Key {
    begin("render note", RENDER).key("render", render).finish()
}

/// The digest of a file.
///
/// # Errors
/// When it cannot be read.
pub(crate) fn digest(path: &camino::Utf8Path) -> Result<Digest, Error> {
    Digest::of_file(path)
        .map_err(|error| Error::new(videogen_types::Stage::Render, ErrorKind::Store(error)))
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

#[cfg(test)]
mod golden;
