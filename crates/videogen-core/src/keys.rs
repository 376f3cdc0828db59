//! What influences each output: the keys it is found under.
//!
//! A key that leaves something out gives an old output for a new wish; one that takes in too much makes things again.
//! Each begins with a number that changes when the code of its stage gives other results for the same inputs, and with the
//! version of the program. Every input is a field with a name, never the `Debug` text of a value: a rename changes no key.
//!
//! | input | script | voice | picture | render |
//! |---|---|---|---|---|
//! | version of the program | ✓ | ✓ | ✓ | ✓ |
//! | topic, genre, language, words, scenes, seed, prompts, models by name and server | ✓ | | | |
//! | speaker with its version and the files of its model, voice, language, rate, text of the scene | | ✓ | | |
//! | painter, and what it adds itself ([`Painter::add_to_key`]): model, prompt, negative prompt, size, seed, quality, LoRAs, tuning, or the workflow filled in; the motif for the built-in one | | | ✓ | |
//! | digests of the pictures and clips, how they are shown, volume of the sound of clips; where scenes name theirs, which are whose | | | | ✓ |
//! | digests of the speeches, times of the words | | | | ✓ |
//! | spans of the scenes, length, length of the end card | | | | ✓ |
//! | size, frame rate, settings of the encoder, version of FFmpeg | | | | ✓ |
//! | caption choice and style, language, platform, fonts, characters that no font has | | | | ✓ |
//! | title and whether it lies over the first scene, end card, watermark with the digest of its file | | | | ✓ |
//! | music: digest of the file, or composer, genre and seed | | | | ✓ |
//! | seed of the moves | | | | ✓ |
//!
//! Where a video goes, what it is called, how strictly steps down are refused and who is told influence nothing.

use videogen_durable::{Key, KeyBuilder};
use videogen_picture::{Painter, PictureRequest};
use videogen_tts::{Request, Synthesizer};

const SCRIPT: u32 = 2;
const VOICE: u32 = 2;
const PICTURE: u32 = 3;
pub(crate) const RENDER: u32 = 3;

/// The numbers above, taken together: batches record it, so that one of another version is known to find less again. It goes
/// up with any of them.
pub(crate) const OUTPUT_KEYS: u32 = 3;

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
    let key = begin("picture", PICTURE).text("painter", painter.id());
    painter.add_to_key(request, key).finish()
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
