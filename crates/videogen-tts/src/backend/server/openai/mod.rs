//! Servers that speak as OpenAI's speech API does: Kokoro-FastAPI, Chatterbox, Qwen3-TTS, LocalAI, speaches and others.
//!
//! They agree on `POST /v1/audio/speech` and on little else: lists of voices have many forms and are often missing, WAV is
//! asked for and MP3 sent, headers are written before the length is known, fields are refused or overlooked. Kokoro-FastAPI
//! tells the times of words at an endpoint of its own, which "may change": where that fails, speech is asked for without.

mod models;
mod voices;

use serde_json::{Value, json};
use videogen_net::{Blame, Blamed};

use self::models::choose;
use super::exchange::{Exchange, Looked};
use super::speaker::Utterance;
use super::{ANY_LANGUAGE, base64};
use crate::audio::clip::{Clip, Heard};
use crate::heard::HeardWord;
use crate::{Error, Voice};

/// Where speech is asked for.
pub(super) const SPEECH: &str = "v1/audio/speech";
const VOICES: &str = "v1/audio/voices";
const MODELS: &str = "v1/models";
/// Where Kokoro-FastAPI tells the times of the words, too.
const CAPTIONED: &str = "dev/captioned_speech";
/// Where FastAPI, in which most of them are written, describes itself.
pub(super) const DESCRIPTION: &str = "openapi.json";

/// The voices of OpenAI's API, which servers without a list take for some of theirs.
const USUAL: [&str; 6] = ["alloy", "echo", "fable", "onyx", "nova", "shimmer"];

/// What is known of such a server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct OpenAiSpeech {
    /// The model it speaks with.
    pub(super) model: String,
    /// Its voices, the preferred first; those of OpenAI where it lists none.
    pub(super) voices: Vec<Voice>,
    /// Whether it lists its voices: otherwise it may have any.
    pub(super) lists_voices: bool,
    /// Whether it tells the times of words.
    captioned: bool,
    /// Its name and version, in its own words; empty where it tells none.
    pub(super) version: String,
}

/// Whether a description of an API has speech in it.
pub(super) fn describes_speech(description: &Value) -> bool {
    has_path(description, SPEECH)
}

fn has_path(description: &Value, path: &str) -> bool {
    let paths = description["paths"].as_object();
    paths.is_some_and(|paths| paths.keys().any(|key| key.trim_matches('/') == path))
}

impl OpenAiSpeech {
    /// Asks the server what it has. What it does not answer it does not have.
    pub(super) async fn asked(
        exchange: &Exchange,
        wished: Option<&str>,
        description: Option<&Value>,
    ) -> Self {
        let (voices, models, captioned) = tokio::join!(
            exchange.json(VOICES),
            exchange.json(MODELS),
            exchange.look(CAPTIONED)
        );
        let voices = voices
            .ok()
            .map(|list| voices::read(&list))
            .unwrap_or_default();
        let lists_voices = !voices.is_empty();
        Self {
            model: wished.map_or_else(|| choose(models.ok().as_ref()), str::to_owned),
            voices: if lists_voices { voices } else { usual() },
            lists_voices,
            captioned: captioned.is_ok_and(|it: Looked| it.takes_posts())
                || description.is_some_and(|it| has_path(it, CAPTIONED)),
            version: description.map(version).unwrap_or_default(),
        }
    }

    /// Whether it lists its voices at the usual place, which is told where nothing else tells what it is.
    pub(super) async fn has_voices(exchange: &Exchange) -> bool {
        let list = exchange.json(VOICES).await;
        list.is_ok_and(|list| !voices::read(&list).is_empty())
    }

    /// Speaks. Times come with it where the server tells them.
    ///
    /// # Errors
    /// [`Error::Net`], [`Error::NotSound`].
    pub(super) async fn say(
        &self,
        exchange: &Exchange,
        said: &Utterance<'_>,
    ) -> Result<Option<Clip>, Error> {
        if self.captioned {
            match self.captioned(exchange, said).await {
                Ok(clip) => return Ok(clip),
                Err(error) if is_of_the_way(&error) => return Err(error),
                Err(error) => {
                    let server = exchange.server();
                    tracing::info!(%server, error = videogen_text::chain(&error), "speech without times");
                }
            }
        }
        let answer = exchange.sound(SPEECH, &self.body(said), said.limit).await?;
        exchange.clip(answer)
    }

    async fn captioned(
        &self,
        exchange: &Exchange,
        said: &Utterance<'_>,
    ) -> Result<Option<Clip>, Error> {
        let mut body = self.body(said);
        body["stream"] = json!(false);
        body["return_timestamps"] = json!(true);
        let answer = exchange.sound_in_json(CAPTIONED, &body, said.limit).await?;
        let sound = answer["audio"].as_str().and_then(base64::decode);
        let sound = sound.ok_or_else(|| Error::NotSound {
            server: exchange.server(),
            found: "JSON without sound".to_owned(),
        })?;
        let clip = exchange.read(sound, "audio/wav")?;
        Ok(clip.map(|clip| Clip {
            heard: times(&answer["timestamps"]).map(Heard::Told),
            ..clip
        }))
    }

    fn body(&self, said: &Utterance<'_>) -> Value {
        json!({
            "model": self.model,
            "input": said.text,
            "voice": said.voice,
            "response_format": "wav",
            "speed": said.rate.factor(),
        })
    }
}

/// Whether a failure is one of the server, or of the way to it, so that another question to it would fail as well.
fn is_of_the_way(error: &Error) -> bool {
    let is_status =
        matches!(error, Error::Net { source } if matches!(source, videogen_net::Error::Status(_)));
    match error.blame() {
        Blame::Down | Blame::Busy | Blame::Slow | Blame::Cancelled => true,
        // An internal error may be of this endpoint alone.
        Blame::Fault => !is_status,
        _ => false,
    }
}

/// The times of words that a server tells; `None` where it tells none.
fn times(list: &Value) -> Option<Vec<HeardWord>> {
    let words = list.as_array()?.iter().filter_map(|entry| {
        let number = |names: [&str; 2]| names.iter().find_map(|name| entry[*name].as_f64());
        Some(HeardWord {
            text: entry["word"]
                .as_str()
                .or(entry["text"].as_str())?
                .to_owned(),
            start: number(["start_time", "start"])?,
            end: number(["end_time", "end"])?,
        })
    });
    let words: Vec<HeardWord> = words.collect();
    (!words.is_empty()).then_some(words)
}

fn usual() -> Vec<Voice> {
    let voice = |key: &&str| Voice {
        key: (*key).to_owned(),
        language: ANY_LANGUAGE.to_owned(),
        description: "a voice that the server chooses by this name".to_owned(),
    };
    USUAL.iter().map(voice).collect()
}

/// The most of a server's own words that are kept, in characters.
const VERSION: usize = 60;

/// `Kokoro TTS API 1.0.0` from the description of an API.
fn version(description: &Value) -> String {
    let word = |name: &str| description["info"][name].as_str().unwrap_or_default();
    let words = format!("{} {}", word("title"), word("version"));
    let plain = words.chars().filter(|c| !c.is_control());
    plain.take(VERSION).collect::<String>().trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_by_the_names_that_servers_give_them() {
        let list = json!([
            {"word": "Hello", "start_time": 0.1, "end_time": 0.4},
            {"text": "world", "start": 0.5, "end": 1},
            {"word": "no time", "start_time": null},
            "nothing",
        ]);
        let words = times(&list).unwrap();
        assert_eq!(words.len(), 2);
        assert_eq!((&*words[1].text, words[1].end), ("world", 1.0));
        for none in [json!(null), json!([]), json!({}), json!([{"word": "x"}])] {
            assert_eq!(times(&none), None);
        }
    }

    #[test]
    fn a_description_tells_paths_and_the_version() {
        let description = json!({
            "info": {"title": "Kokoro TTS API", "version": "1.0.0"},
            "paths": {"/v1/audio/speech": {}, "/health": {}},
        });
        assert!(describes_speech(&description) && !has_path(&description, CAPTIONED));
        assert_eq!(version(&description), "Kokoro TTS API 1.0.0");
        assert!(!describes_speech(&json!([1])) && version(&json!("x")).is_empty());
    }
}
