//! What influences each output: the keys it is found under.
//!
//! A key that leaves something out gives an old output for a new wish; one that takes in too much makes things again.
//! Each begins with a number that changes when the code of its stage gives other results for the same inputs.

use videogen_durable::{Key, KeyBuilder};
use videogen_picture::{Painter, PictureRequest};
use videogen_tts::{Request, Synthesizer};

const SCRIPT: u32 = 1;
const VOICE: u32 = 1;
const PICTURE: u32 = 2;
pub(crate) const RENDER: u32 = 1;

/// Results may differ between versions of this program.
pub(crate) fn begin(stage: &'static str, code: u32) -> KeyBuilder {
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

/// The note of how the video of a key was encoded.
pub(crate) fn render_note(render: &Key) -> Key {
    begin("render note", RENDER).key("render", render).finish()
}

#[cfg(test)]
mod golden;
