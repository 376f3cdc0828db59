//! The voices of Piper's server: the descriptions that lie beside their models.

use serde_json::Value;

use super::super::ANY_LANGUAGE;
use crate::Voice;

/// The most voices that are kept.
const VOICES: usize = 2_000;
/// The most speakers of a voice; the largest known has 904.
const SPEAKERS: u64 = 10_000;

/// A voice of the server.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct PiperVoice {
    /// Its name.
    pub(super) key: String,
    /// BCP 47 tag, `und` where it is not told.
    language: String,
    /// Its own pace, 0.1 to 10.
    pub(super) length_scale: f64,
    /// Numbers of its speakers, by the names and by the numbers that they are called by; none where it has one only.
    speakers: Vec<(String, Value)>,
}

impl PiperVoice {
    /// The one voice of a server that tells nothing of it.
    pub(super) fn unnamed() -> Self {
        Self {
            key: "default".to_owned(),
            language: ANY_LANGUAGE.to_owned(),
            length_scale: 1.0,
            speakers: Vec::new(),
        }
    }

    /// The voice in what the server tells of itself.
    pub(super) fn of_info(info: &Value) -> Option<Self> {
        let voice = &info["voice"];
        let key = voice["name"].as_str().filter(|name| !name.is_empty())?;
        let language = voice["language"]["code"]
            .as_str()
            .or(voice["language"].as_str());
        Some(Self {
            key: key.to_owned(),
            language: tag(language),
            length_scale: 1.0,
            speakers: numbered(voice["num_speakers"].as_u64()),
        })
    }

    /// The voice `key` with its description; `None` where that is about something else.
    fn described(key: &str, about: &Value) -> Option<Self> {
        let is_voice = ["audio", "espeak", "phoneme_id_map"]
            .iter()
            .any(|part| about[*part].is_object());
        if !is_voice || key.is_empty() || key.chars().any(char::is_control) {
            return None;
        }
        let language = about["language"]["code"]
            .as_str()
            .or(about["espeak"]["voice"].as_str());
        let length_scale = about["inference"]["length_scale"].as_f64();
        let mut speakers = numbered(about["num_speakers"].as_u64());
        if let Some(names) = about["speaker_id_map"].as_object() {
            let named = names.iter().take(SPEAKERS as usize);
            speakers.extend(named.map(|(name, number)| (name.clone(), number.clone())));
        }
        Some(Self {
            key: key.to_owned(),
            language: tag(language),
            length_scale: length_scale
                .filter(|scale| (0.1..=10.0).contains(scale))
                .unwrap_or(1.0),
            speakers,
        })
    }

    /// The number of the speaker that is called `name`.
    pub(super) fn speaker(&self, name: &str) -> Option<&Value> {
        let mut speakers = self.speakers.iter();
        let found = speakers.find(|(known, _)| known.eq_ignore_ascii_case(name));
        found.map(|(_, number)| number)
    }

    /// The voice as others see it.
    pub(super) fn voice(&self) -> Voice {
        Voice {
            key: self.key.clone(),
            language: self.language.clone(),
            description: "Piper voice of a server".to_owned(),
        }
    }
}

/// `en-US` of `en_US`.
fn tag(code: Option<&str>) -> String {
    code.filter(|code| !code.is_empty())
        .map_or_else(|| ANY_LANGUAGE.to_owned(), |code| code.replace('_', "-"))
}

/// Speakers of a voice that are called by their numbers; none where there is one only.
fn numbered(count: Option<u64>) -> Vec<(String, Value)> {
    let count = count.unwrap_or(1).min(SPEAKERS);
    let all = (0..count).filter(|_| count > 1);
    all.map(|n| (n.to_string(), n.into())).collect()
}

/// Reads what the server lists: an object of descriptions by names.
pub(super) fn read(list: &Value) -> Vec<PiperVoice> {
    let entries = list.as_object().into_iter().flatten().take(VOICES);
    let voices = entries.filter_map(|(key, about)| PiperVoice::described(key, about));
    voices.collect()
}
