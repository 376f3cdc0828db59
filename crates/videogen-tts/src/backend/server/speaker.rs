//! One server as a synthesiser: which voice speaks, how long it may take, and that a server that fails is left alone.

use std::collections::BTreeMap;
use std::time::Duration;

use tokio_util::sync::CancellationToken;
use videogen_net::{BreakerPolicy, Budget, EndpointPool, RetryPolicy};
use videogen_text::primary_subtag;
use videogen_types::Observer;

use super::exchange::Exchange;
use super::openai::OpenAiSpeech;
use super::piper_http::PiperHttp;
use super::{ANY_LANGUAGE, OPENAI, PIPER_HTTP};
use crate::audio::clip::Clip;
use crate::text::{Repertoire, prepare};
use crate::timeline::{Setting, assemble};
use crate::voice;
use crate::{BoxFuture, Error, Rate, Request, Speech, Synthesizer, Voice};

/// How often it is asked: once more, a moment later, where it failed by its own fault.
const TRIES: u32 = 2;
/// Between the two.
const PAUSE: Duration = Duration::from_secs(1);
/// For how long a server that failed is left alone at first and at most: the next one speaks meanwhile.
const BLOCKS: (Duration, Duration) = (Duration::from_secs(15), Duration::from_mins(5));
/// Samples a second where nothing is heard: those of most models.
const SILENT_RATE: u32 = 24_000;

/// What a server is asked to say.
#[derive(Debug, Clone, Copy)]
pub(super) struct Utterance<'a> {
    /// At most [`crate::text::MAX_CHUNK_CHARS`] characters.
    pub(super) text: &'a str,
    /// The key of the voice, as the server lists it, with a speaker where one is wished.
    pub(super) voice: &'a str,
    /// How fast.
    pub(super) rate: Rate,
    /// How long it may take.
    pub(super) limit: Duration,
}

/// Which API a server speaks, with what is known of the server.
#[derive(Debug, Clone)]
pub(super) enum Api {
    /// Piper's own.
    Piper(PiperHttp),
    /// OpenAI's.
    OpenAi(OpenAiSpeech),
}

/// A server that speaks. Several servers are several of these, so that one of them speaks a whole narration: their voices
/// differ, also where they have the same name.
#[derive(Debug, Clone)]
pub struct SpeechServer {
    exchange: Exchange,
    api: Api,
    /// With this server alone: it has the breaker.
    pool: EndpointPool,
    name: String,
    version: String,
    voices: Vec<Voice>,
}

impl SpeechServer {
    pub(super) fn new(exchange: Exchange, api: Api) -> Result<Self, Error> {
        let breaker = BreakerPolicy::default().blocks(BLOCKS.0, BLOCKS.1);
        // Servers with one model mix up what they are asked at the same time, or fail; and one card does it no faster.
        let endpoint = exchange.endpoint().clone().max_in_flight(1);
        let pool = EndpointPool::builder("speech").endpoint(endpoint);
        let pool = pool.breaker(breaker).build(exchange.http().clone())?;
        let server = exchange.server();
        let (id, what, voices) = match &api {
            Api::Piper(piper) => {
                let version = piper.generation.version().to_owned();
                (PIPER_HTTP, version, piper.voices())
            }
            Api::OpenAi(speech) => (OPENAI, speech.model.clone(), speech.voices.clone()),
        };
        Ok(Self {
            name: format!("{id} at {server}"),
            version: format!("{id}: {what} at {server}"),
            exchange,
            api,
            pool,
            voices,
        })
    }

    /// What it is and has, in a few words: `openai: kokoro at http://127.0.0.1:8880, 67 voices`.
    pub fn about(&self) -> String {
        let voices = match (&self.api, self.voices.len()) {
            (Api::OpenAi(speech), _) if !speech.lists_voices => "no list of voices".to_owned(),
            (_, 1) => "1 voice".to_owned(),
            (_, count) => format!("{count} voices"),
        };
        format!("{}, {voices}", self.version)
    }

    /// The voice that speaks: the wished one, one of the language, or one that does not say which language it speaks.
    fn voice_for<'a>(&'a self, request: &'a Request) -> Result<(&'a str, &'a str), Error> {
        if let Some(wished) = request.voice.as_deref() {
            let listed = self.voices.iter().find(|one| one.key == wished);
            return match listed {
                Some(voice) => Ok((&voice.key, &voice.language)),
                None if self.has_voice(wished) => Ok((wished, self.language_of(wished))),
                None => Err(voice::find(self.kind(), &self.voices, wished)
                    .err()
                    .unwrap_or(Error::UnknownVoice {
                        backend: self.kind(),
                        name: wished.to_owned(),
                        nearest: Vec::new(),
                    })),
            };
        }
        self.default_voice(&request.language)
            .map(|voice| (voice.key.as_str(), voice.language.as_str()))
            .ok_or_else(|| Error::UnsupportedLanguage {
                backend: self.kind(),
                language: request.language.clone(),
            })
    }

    /// The language of a voice by its name without a speaker, in any case.
    fn language_of(&self, key: &str) -> &str {
        let is_it = |voice: &&Voice| {
            let own = key.get(..voice.key.len());
            own.is_some_and(|own| own.eq_ignore_ascii_case(&voice.key))
        };
        let found = self.voices.iter().find(is_it);
        found.map_or(ANY_LANGUAGE, |voice| &voice.language)
    }

    fn default_voice(&self, language: &str) -> Option<&Voice> {
        let by = |is_it: &dyn Fn(&Voice) -> bool| self.voices.iter().find(|voice| is_it(voice));
        let tag = language.replace('_', "-");
        by(&|voice| voice.language.eq_ignore_ascii_case(&tag))
            .or_else(|| by(&|voice| voice::same_language(&voice.language, language)))
            .or_else(|| by(&|voice| voice.language == ANY_LANGUAGE))
    }

    fn kind(&self) -> &'static str {
        match &self.api {
            Api::Piper(_) => PIPER_HTTP,
            Api::OpenAi(_) => OPENAI,
        }
    }

    /// One chunk; `None` where the server made no sound of it.
    async fn say(
        &self,
        said: &Utterance<'_>,
        cancel: &CancellationToken,
    ) -> Result<Option<Clip>, Error> {
        // Another scene may be said first, and each may be tried twice.
        let total = said.limit * (2 * TRIES) + PAUSE;
        let budget = Budget::new(total, TRIES);
        let policy = RetryPolicy::once().tries(TRIES).pauses(PAUSE, PAUSE);
        // A server that others found away is not waited for: the next one speaks.
        let policy = policy.longest_retry_after(Duration::ZERO);
        let asking = self.pool.run(&policy, &budget, cancel, |_| async {
            match &self.api {
                Api::Piper(piper) => piper.say(&self.exchange, said).await,
                Api::OpenAi(speech) => speech.say(&self.exchange, said).await,
            }
        });
        let result: Result<_, Error> = asking.await;
        result.map_err(|error| match error {
            Error::Net { source } if source.is_cancelled() => Error::Cancelled,
            other => other,
        })
    }
}

/// How long a server may take to say `text`: 60 s, in which a model may have to be loaded, and half a second for each
/// character, which a large model on a processor needs.
fn limit(text: &str) -> Duration {
    let count = u32::try_from(text.chars().count()).unwrap_or(u32::MAX);
    Duration::from_mins(1) + Duration::from_millis(500) * count
}

impl Synthesizer for SpeechServer {
    fn id(&self) -> &str {
        self.kind()
    }

    fn name(&self) -> String {
        self.name.clone()
    }

    fn version(&self) -> &str {
        &self.version
    }

    fn identity(&self) -> String {
        // A voice that nobody named is chosen by the language from what the server has.
        let mut defaults = BTreeMap::new();
        for voice in &self.voices {
            let language = primary_subtag(&voice.language);
            defaults.entry(language).or_insert(voice.key.as_str());
        }
        let of = match &self.api {
            Api::Piper(_) => "",
            Api::OpenAi(speech) => &speech.version,
        };
        format!("{} wav {of:?} {defaults:?}", self.version)
    }

    fn voices(&self) -> &[Voice] {
        &self.voices
    }

    fn has_voice(&self, key: &str) -> bool {
        let listed = self.voices.iter();
        let mut listed = listed.map(|voice| voice.key.eq_ignore_ascii_case(key));
        match &self.api {
            Api::Piper(piper) => piper.has(key),
            Api::OpenAi(speech) => !speech.lists_voices || listed.any(|is_it| is_it),
        }
    }

    fn speaks(&self, language: &str) -> bool {
        self.default_voice(language).is_some()
    }

    fn speak<'a>(
        &'a self,
        request: &'a Request,
        _: &'a dyn Observer,
        cancel: &'a CancellationToken,
    ) -> BoxFuture<'a, Result<Speech, Error>> {
        Box::pin(async move {
            let (key, language) = self.voice_for(request)?;
            let text = if language == ANY_LANGUAGE {
                prepare(&request.text, &request.language, Repertoire::Unicode)
            } else {
                prepare(&request.text, language, Repertoire::Language)
            };
            let backend = self.kind();
            if !text.is_speakable() {
                return Err(Error::NothingToSay { backend });
            }
            let mut clips = Vec::with_capacity(text.chunks.len());
            for chunk in &text.chunks {
                let said = Utterance {
                    text: &chunk.text,
                    voice: key,
                    rate: request.rate,
                    limit: limit(&chunk.text),
                };
                clips.push(if chunk.text.is_empty() {
                    None
                } else {
                    Box::pin(self.say(&said, cancel)).await?
                });
            }
            let setting = Setting {
                backend,
                rate: request.rate,
                voice: key,
                silent_rate: SILENT_RATE,
                may_be_silent: false,
            };
            assemble(text, &clips, &setting)
        })
    }
}
