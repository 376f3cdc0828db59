//! Piper's own server, which has changed its API twice. Which of them it is tells what it answers to, and no text is tried.
//!
//! | server | is asked with | `/voices` | `/info` |
//! |---|---|---|---|
//! | of 2023 (`piper-tts` 1.2) | `POST /`, the text alone | no | no |
//! | 1.3 to 1.4 | `POST /`, JSON | yes | no |
//! | 1.5 and later | `POST /synthesize`, JSON | yes | yes |
//!
//! Every failure is a 500 with the same page, whatever caused it, and sound is called `text/html`. A voice that it does not
//! have is spoken with another one without a word: so a voice is looked for in its list first.

mod json;
mod text;
mod voices;

use serde_json::Value;

use self::voices::PiperVoice;
use super::exchange::{Exchange, Looked};
use super::speaker::Utterance;
use crate::audio::clip::Clip;
use crate::{Error, Voice};

/// Where the voices are listed.
pub(super) const VOICES: &str = "voices";
/// Where it tells its own voice.
pub(super) const INFO: &str = "info";

/// Which API it has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Generation {
    /// The text alone.
    Text,
    /// JSON at `/`.
    Json,
    /// JSON at `/synthesize`.
    Synthesize,
}

impl Generation {
    /// What it is called in manifests: the versions of `piper-tts` that have it.
    pub(super) fn version(self) -> &'static str {
        match self {
            Self::Text => "piper-tts 1.2",
            Self::Json => "piper-tts 1.3",
            Self::Synthesize => "piper-tts 1.5",
        }
    }
}

/// What is known of such a server.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct PiperHttp {
    pub(super) generation: Generation,
    /// Its voices, its own one first; one without a name where it lists none.
    known: Vec<PiperVoice>,
}

impl PiperHttp {
    /// Recognises a server that lists voices or tells of itself, by its answers to [`INFO`] and [`VOICES`].
    pub(super) fn recognised(info: Option<&Value>, list: Option<&Value>) -> Option<Self> {
        let own = info.and_then(PiperVoice::of_info);
        let mut known = list.map(voices::read).unwrap_or_default();
        // A broken file beside the voices spoils the whole list, but not its own voice.
        let generation = match (&own, known.is_empty()) {
            (Some(_), _) => Generation::Synthesize,
            (None, false) => Generation::Json,
            (None, true) => return None,
        };
        if let Some(own) = own {
            match known.iter().position(|voice| voice.key == own.key) {
                Some(at) => known[..=at].rotate_right(1),
                None => known.insert(0, own),
            }
        }
        Some(Self { generation, known })
    }

    /// Recognises the server of 2023, by what a request without a text and one for a list of voices are answered with: it
    /// fails at the first, in the words of its framework, and does not know the second.
    pub(super) fn of_2023(root: &Looked, list: &Looked) -> Option<Self> {
        let is_it = root.status == 500 && list.status == 404 && root.server.starts_with("Werkzeug");
        is_it.then(|| Self {
            generation: Generation::Text,
            known: vec![PiperVoice::unnamed()],
        })
    }

    /// Its voices.
    pub(super) fn voices(&self) -> Vec<Voice> {
        self.known.iter().map(PiperVoice::voice).collect()
    }

    /// Whether it has the voice `KEY`, or the speaker of it that `KEY:SPEAKER` names by number or by name.
    pub(super) fn has(&self, key: &str) -> bool {
        self.find(key).is_some()
    }

    fn find(&self, key: &str) -> Option<(&PiperVoice, Option<&Value>)> {
        let called = |name: &str| {
            let mut known = self.known.iter();
            known.find(|voice| voice.key.eq_ignore_ascii_case(name))
        };
        if let Some(voice) = called(key) {
            return Some((voice, None));
        }
        let (name, speaker) = key.rsplit_once(':')?;
        let voice = called(name)?;
        Some((voice, Some(voice.speaker(speaker)?)))
    }

    /// Speaks.
    ///
    /// # Errors
    /// [`Error::Net`], [`Error::NotSound`].
    pub(super) async fn say(
        &self,
        exchange: &Exchange,
        said: &Utterance<'_>,
    ) -> Result<Option<Clip>, Error> {
        let answer = match (self.generation, self.find(said.voice)) {
            (Generation::Text, _) | (_, None) => text::ask(exchange, said).await,
            (generation, Some((voice, speaker))) => {
                let body = json::body(voice, speaker, said);
                json::ask(exchange, generation, &body, said.limit).await
            }
        };
        exchange.clip(answer?)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn list() -> Value {
        json!({
            "en_US-ryan-high": {
                "audio": {"sample_rate": 22050}, "espeak": {"voice": "en-us"},
                "language": {"code": "en_US"}, "num_speakers": 1,
                "inference": {"length_scale": 1.2},
            },
            "en_GB-vctk-medium": {
                "audio": {"sample_rate": 22050}, "espeak": {"voice": "en-gb"}, "num_speakers": 3,
                "speaker_id_map": {"p225": 0, "p226": 1, "p227": 2},
            },
        })
    }

    #[test]
    fn generations_are_told_apart_by_what_they_answer() {
        let info = json!({"voice": {"name": "en_US-ryan-high", "language": "en-us", "num_speakers": 1}, "last": null});
        let new = PiperHttp::recognised(Some(&info), Some(&list())).unwrap();
        assert_eq!(new.generation, Generation::Synthesize);
        assert_eq!(new.voices()[0].key, "en_US-ryan-high");
        assert_eq!(new.voices().len(), 2);
        // Its list is broken, or has other names than it tells.
        let alone = PiperHttp::recognised(Some(&info), None).unwrap();
        assert_eq!(
            (alone.generation, alone.voices().len()),
            (Generation::Synthesize, 1)
        );
        let old = PiperHttp::recognised(None, Some(&list())).unwrap();
        assert_eq!(old.generation, Generation::Json);
        for other in [
            json!({}),
            json!([]),
            json!({"voices": ["a"]}),
            json!({"detail": "Not Found"}),
        ] {
            assert_eq!(
                PiperHttp::recognised(Some(&other), Some(&other)),
                None,
                "{other}"
            );
        }
        let looked = |status, server: &str| Looked {
            status,
            server: server.to_owned(),
        };
        let (fails, unknown) = (
            looked(500, "Werkzeug/3.0 Python/3.11"),
            looked(404, "Werkzeug/3.0"),
        );
        let oldest = PiperHttp::of_2023(&fails, &unknown).unwrap();
        assert_eq!(
            (oldest.generation, oldest.voices()[0].language.as_str()),
            (Generation::Text, "und")
        );
        for (root, list) in [
            (looked(200, "Werkzeug/3.0"), unknown.clone()),
            (fails.clone(), fails.clone()),
            (looked(500, "nginx"), unknown.clone()),
        ] {
            assert_eq!(PiperHttp::of_2023(&root, &list), None);
        }
    }

    #[test]
    fn speakers_of_a_voice_are_known_by_number_and_by_name() {
        let piper = PiperHttp::recognised(None, Some(&list())).unwrap();
        for key in [
            "en_US-ryan-high",
            "EN_us-RYAN-high",
            "en_GB-vctk-medium:2",
            "en_GB-vctk-medium:p226",
        ] {
            assert!(piper.has(key), "{key}");
        }
        for key in [
            "",
            ":",
            "ryan",
            "en_US-ryan-high:1",
            "en_GB-vctk-medium:3",
            "en_GB-vctk-medium:p9",
        ] {
            assert!(!piper.has(key), "{key}");
        }
        let (voice, speaker) = piper.find("en_GB-vctk-medium:p227").unwrap();
        assert_eq!(
            (&*voice.key, speaker),
            ("en_GB-vctk-medium", Some(&json!(2)))
        );
    }
}
