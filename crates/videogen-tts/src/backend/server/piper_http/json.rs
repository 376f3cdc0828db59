//! The API of `piper-tts` 1.3 and later: the text with the voice and its pace as JSON.

use std::time::Duration;

use serde_json::{Value, json};

use super::super::exchange::{Answer, Exchange};
use super::super::speaker::Utterance;
use super::Generation;
use super::voices::PiperVoice;
use crate::{Error, Rate};

/// What is sent. Its own pace is left to the voice.
pub(super) fn body(voice: &PiperVoice, speaker: Option<&Value>, said: &Utterance<'_>) -> Value {
    let mut body = json!({"text": said.text, "voice": voice.key});
    if let Some(number) = speaker {
        body["speaker_id"] = number.clone();
    }
    if said.rate != Rate::NATURAL {
        body["length_scale"] = json!(voice.length_scale / said.rate.factor());
    }
    body
}

/// Asks for sound.
///
/// # Errors
/// [`Error::Net`].
pub(super) async fn ask(
    exchange: &Exchange,
    generation: Generation,
    body: &Value,
    limit: Duration,
) -> Result<Answer, Error> {
    let path = match generation {
        Generation::Synthesize => "synthesize",
        Generation::Json | Generation::Text => "",
    };
    exchange.sound(path, body, limit).await
}
