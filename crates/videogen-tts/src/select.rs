//! The choice of who speaks, and who stands by.

#[cfg(test)]
mod order;
mod reading;
mod voices;

use std::sync::Arc;

use videogen_text::{chain, scripts_to_read};
use videogen_types::{Degradation, SpeechChoice, Stage, WORDS_PER_SECOND};

use self::reading::{CANNOT_READ, Unable, cannot_read};
use self::voices::{lists_voice, unknown_voice};
use crate::backend::server::{OPENAI, PIPER_HTTP};
use crate::backend::silent::{SILENT, Silent};
use crate::{Error, Synthesizer, Voice};

pub use self::voices::own_voice;

/// The speakers in order of preference, best first, but for silence.
const BEST_FIRST: [(SpeechChoice, &str); 6] = [
    (SpeechChoice::Native, "native"),
    (SpeechChoice::Piper, "piper"),
    (SpeechChoice::PiperHttp, PIPER_HTTP),
    (SpeechChoice::OpenAi, OPENAI),
    (SpeechChoice::Flite, "flite"),
    (SpeechChoice::EspeakNg, "espeak-ng"),
];

/// Who is wished for: one of Piper's voices, whoever speaks with it.
const WISHED: &str = "piper";
/// Those that speak with Piper's voices.
const WITH_ITS_VOICES: [&str; 2] = ["native", WISHED];

/// Those of them that are servers, which somebody has set up.
const SERVERS: [&str; 2] = [PIPER_HTTP, OPENAI];

/// Why there is no server where none is configured.
const NO_SERVER: &str = "no speech server is configured";

/// Returns how many words a second `speaker` says at its natural rate, to write a script of the right length before
/// anything is spoken. Measured with flite 2.2 `slt`: 2.6 to 3.3 over ordinary English, 3.2 to 3.45 over the short words of
/// the built-in writer, so that both keep within what the pauses can take, and nothing is said twice to be slower or
/// faster. espeak-ng 1.51 speaks all languages; English is the fastest of them.
pub fn words_per_second(speaker: &str) -> f64 {
    match speaker {
        "flite" => 3.05,
        "espeak-ng" => 2.7,
        _ => WORDS_PER_SECOND,
    }
}

/// Who is asked for, and who is there.
#[derive(Clone, Copy)]
pub struct SpeakerRequest<'a> {
    /// Who can speak, best first. Silence need not be among them.
    pub available: &'a [Arc<dyn Synthesizer>],
    /// Who cannot, and why: (`piper`, "no voice is configured").
    pub absent: &'a [(String, String)],
    /// Who is asked for.
    pub speech: SpeechChoice,
    /// The key of the voice that is asked for.
    pub voice: Option<&'a str>,
    /// BCP 47 tag of what is spoken.
    pub language: &'a str,
    /// What is spoken; empty where it is not written yet.
    pub text: &'a str,
    /// Whether the speaker of this name may stand in for what was asked for.
    pub may_fall_back: &'a (dyn Fn(&str) -> bool + Sync),
}

impl std::fmt::Debug for SpeakerRequest<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SpeakerRequest")
            .field("available", &self.available)
            .field("absent", &self.absent)
            .field("speech", &self.speech)
            .field("voice", &self.voice)
            .field("language", &self.language)
            .finish_non_exhaustive()
    }
}

/// Who speaks.
#[derive(Debug, Clone)]
pub struct ChosenSpeakers {
    /// The speaker, and those that stand by in their order. There is always one.
    pub speakers: Vec<Arc<dyn Synthesizer>>,
    /// What is less than was asked for.
    pub degradations: Vec<Degradation>,
}

impl ChosenSpeakers {
    fn undegraded(speakers: Vec<Arc<dyn Synthesizer>>) -> Self {
        Self {
            speakers,
            degradations: Vec::new(),
        }
    }

    /// `speakers`, of whom the first takes the place of `from`.
    fn instead(from: &str, speakers: Vec<Arc<dyn Synthesizer>>, reason: String) -> Self {
        let degradation = Degradation {
            stage: Stage::Voice,
            from: from.to_owned(),
            to: speakers[0].name(),
            reason: reason.into(),
        };
        Self {
            speakers,
            degradations: vec![degradation],
        }
    }
}

impl SpeakerRequest<'_> {
    /// Chooses who speaks among those whose voices can read the text. Silence is always the last, unless a speaker or a voice
    /// was asked for by name: then only who is accepted stands by.
    ///
    /// # Errors
    /// [`Error::SpeakerAbsent`] and [`Error::VoiceAbsent`] when what was asked for by name is not there, and
    /// [`Error::CannotRead`] when it is, but not able; and nobody is accepted in its place.
    ///
    /// # Cancellation
    /// Dropping the future ends the program that is asked what it can read.
    pub async fn choose(&self) -> Result<ChosenSpeakers, Error> {
        let scripts = match self.speech {
            SpeechChoice::Silent => Vec::new(),
            _ => scripts_to_read(self.text, self.language),
        };
        let mut able: Vec<Arc<dyn Synthesizer>> = Vec::new();
        let mut unable: Vec<Unable> = Vec::new();
        for speaker in self.available {
            match self.unread(&**speaker, &scripts).await {
                unread if unread.is_empty() => able.push(Arc::clone(speaker)),
                unread => unable.push(Unable {
                    speaker: Arc::clone(speaker),
                    reason: cannot_read(&unread, self.language),
                }),
            }
        }
        let told = unable.iter();
        let told = told.map(|one| (one.speaker.id().to_owned(), one.reason.clone()));
        // Of several voices of one program, one that can read makes up for those that cannot.
        let told = told.filter(|(id, _)| !able.iter().any(|speaker| speaker.id() == id));
        let absent: Vec<(String, String)> = self.absent.iter().cloned().chain(told).collect();
        let readers = SpeakerRequest {
            available: &able,
            absent: &absent,
            ..*self
        };
        readers.chosen(&unable)
    }

    /// As [`SpeakerRequest::choose`], with those apart that cannot read.
    fn chosen(&self, unable: &[Unable]) -> Result<ChosenSpeakers, Error> {
        if self.speech == SpeechChoice::Silent {
            return Ok(ChosenSpeakers::undegraded(vec![silence()]));
        }
        let named = BEST_FIRST.iter().find(|(choice, _)| *choice == self.speech);
        if let Some(&(_, id)) = named {
            return self.by_name(id, unable);
        }
        if let Some(voice) = self.voice {
            let has = |speaker: &&Arc<dyn Synthesizer>| lists_voice(&***speaker, voice);
            let speaking = self.available.iter().filter(has);
            if let Some(all) = self.and_accepted(speaking) {
                return Ok(all);
            }
            let mut unable = unable.iter();
            if let Some(one) = unable.find(|one| lists_voice(&*one.speaker, voice)) {
                return self.instead_of(voice, one);
            }
            let all = self.available.iter();
            let all: Vec<Voice> = all.flat_map(|speaker| speaker.voices().to_vec()).collect();
            return self.instead_of_voice(voice, &all);
        }
        Ok(self.best())
    }

    /// The speaker `id`, or who is accepted in its place. Of several that have this id, one for each of their voices, it is
    /// the one with the wished voice, or the first that speaks the language.
    fn by_name(&self, id: &'static str, unable: &[Unable]) -> Result<ChosenSpeakers, Error> {
        let of_id = || self.available.iter().filter(|speaker| speaker.id() == id);
        let unread = || unable.iter().filter(|one| one.speaker.id() == id);
        let wished = |one: &&Unable| match self.voice {
            Some(voice) => one.speaker.has_voice(voice),
            None => of_id().next().is_none(),
        };
        if let Some(one) = unread().find(wished) {
            return self.instead_of(id, one);
        }
        let Some(first) = of_id().next() else {
            let absent = self.absent.iter().find(|(name, _)| name == id);
            let unknown = if SERVERS.contains(&id) {
                NO_SERVER
            } else {
                "it is not there"
            };
            let reason = absent.map_or(unknown, |(_, reason)| reason);
            let accepted = self.accepted(id);
            return if accepted.is_empty() {
                Err(Error::SpeakerAbsent {
                    speaker: id,
                    reason: reason.to_owned(),
                })
            } else {
                Ok(ChosenSpeakers::instead(id, accepted, reason.to_owned()))
            };
        };
        let Some(voice) = self.voice else {
            let speaking = of_id().filter(|speaker| speaker.speaks(self.language));
            let all = self.and_accepted(speaking);
            let first = || self.and_accepted(std::iter::once(first));
            return Ok(all.or_else(first).expect("one speaker is one to choose"));
        };
        let speaking = of_id().filter(|speaker| speaker.has_voice(voice));
        self.and_accepted(speaking).map_or_else(
            || {
                let all: Vec<Voice> = of_id().flat_map(|s| s.voices().to_vec()).collect();
                self.instead_of_voice(voice, &all)
            },
            Ok,
        )
    }

    /// The best that speaks the language, with silence as the last.
    fn best(&self) -> ChosenSpeakers {
        let mut speaking: Vec<&Arc<dyn Synthesizer>> = self.available.iter().collect();
        speaking.retain(|one| one.speaks(self.language));
        let mut speakers = one_of_each(speaking);
        speakers.push(silence());
        let first = speakers[0].id().to_owned();
        // A voice that a program brings itself is what it wants, and so is one of a server that it has set up.
        let is_lesser = BEST_FIRST
            .iter()
            .any(|(_, id)| *id == first && !WITH_ITS_VOICES.contains(id));
        if first != SILENT && (!is_lesser || SERVERS.contains(&&*first)) {
            return self.told(speakers);
        }
        let absent = |id: &str| self.absent.iter().find(|(name, _)| name == id);
        let better = BEST_FIRST.iter().map(|(_, id)| *id);
        let better = better.take_while(|id| *id != first);
        let why_not = |id: &str| match absent(id) {
            Some((_, reason)) if reason.starts_with(CANNOT_READ) => format!("{id} {reason}"),
            Some((_, reason)) => reason.clone(),
            None => format!("{id} has no voice for {}", self.language),
        };
        // A server that nobody has set up is not missing, and that there is no voice of Piper's is told once.
        let is_set_up = |id: &str| {
            let of_id = |speaker: &Arc<dyn Synthesizer>| speaker.id() == id;
            self.available.iter().any(of_id) || absent(id).is_some()
        };
        let is_told = |id: &&str| match *id {
            id if SERVERS.contains(&id) => is_set_up(id),
            "native" => absent("native").is_some(),
            _ => true,
        };
        let better: Vec<&str> = better.filter(is_told).collect();
        let from = better.iter().rev().find(|id| SERVERS.contains(id));
        let mut missing: Vec<String> = better.iter().map(|id| why_not(id)).collect();
        missing.dedup();
        ChosenSpeakers::instead(from.unwrap_or(&WISHED), speakers, missing.join("; "))
    }

    /// `speakers`, and that the first of them is a server that stands in for another, where it does.
    fn told(&self, speakers: Vec<Arc<dyn Synthesizer>>) -> ChosenSpeakers {
        let id = speakers[0].id().to_owned();
        let mut absent = self.absent.iter();
        match absent.find(|(name, _)| *name == id && SERVERS.contains(&&*id)) {
            Some((_, reason)) => ChosenSpeakers::instead(&id, speakers, reason.clone()),
            None => ChosenSpeakers::undegraded(speakers),
        }
    }

    /// The first of `speaking`, the other servers among them, and who else may stand in where they fail; `None` where nobody speaks.
    fn and_accepted<'s>(
        &self,
        speaking: impl Iterator<Item = &'s Arc<dyn Synthesizer>>,
    ) -> Option<ChosenSpeakers> {
        let mut all = one_of_each(speaking.collect());
        let first = all.first()?.id().to_owned();
        // A program that has the voice as well is another voice.
        all.retain(|one| one.id() == first);
        all.extend(self.accepted(&first));
        Some(self.told(all))
    }

    /// Who is accepted where nobody has the wished voice among `voices`.
    fn instead_of_voice(&self, wished: &str, voices: &[Voice]) -> Result<ChosenSpeakers, Error> {
        let error = unknown_voice(wished, voices);
        let accepted = self.accepted("");
        if accepted.is_empty() {
            return Err(error);
        }
        Ok(ChosenSpeakers::instead(wished, accepted, chain(&error)))
    }

    /// Who is accepted in the place of `asked`, a voice or a speaker that cannot read the text.
    fn instead_of(&self, asked: &str, unable: &Unable) -> Result<ChosenSpeakers, Error> {
        let accepted = self.accepted(unable.speaker.id());
        if accepted.is_empty() {
            return Err(Error::CannotRead {
                speaker: asked.to_owned(),
                reason: unable.reason.clone(),
            });
        }
        let reason = format!("{asked} {}", unable.reason);
        Ok(ChosenSpeakers::instead(asked, accepted, reason))
    }

    /// Who may stand in for the speaker `named`: nobody, unless that is accepted.
    fn accepted(&self, named: &str) -> Vec<Arc<dyn Synthesizer>> {
        let is_accepted = |id: &str| id != named && (self.may_fall_back)(id);
        let silence = silence();
        let all = self.available.iter().chain(std::iter::once(&silence));
        all.filter(|speaker| is_accepted(speaker.id()))
            .cloned()
            .collect()
    }
}

/// Those of `speakers` that do not fail alike: another voice of the same program, or server, would fail as the first did.
fn one_of_each(speakers: Vec<&Arc<dyn Synthesizer>>) -> Vec<Arc<dyn Synthesizer>> {
    let mut each: Vec<Arc<dyn Synthesizer>> = Vec::new();
    for speaker in speakers {
        if !each.iter().any(|other| other.name() == speaker.name()) {
            each.push(Arc::clone(speaker));
        }
    }
    each
}

fn silence() -> Arc<dyn Synthesizer> {
    Arc::new(Silent::new())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backend::fake::FakeSynthesizer;

    async fn chosen(
        speech: SpeechChoice,
        voice: Option<&str>,
        language: &str,
        accepted: &str,
    ) -> Result<(Vec<String>, Vec<Degradation>), Error> {
        let available: [Arc<dyn Synthesizer>; 1] = [Arc::new(FakeSynthesizer::new())];
        let absent = [(
            "piper".to_owned(),
            "no Piper voice is configured".to_owned(),
        )];
        let request = SpeakerRequest {
            available: &available,
            absent: &absent,
            speech,
            voice,
            language,
            text: "",
            may_fall_back: &|id| id == accepted,
        };
        let chosen = request.choose().await?;
        let ids = chosen
            .speakers
            .iter()
            .map(|speaker| speaker.id().to_owned());
        Ok((ids.collect(), chosen.degradations))
    }

    #[tokio::test]
    async fn silence_is_the_last_and_what_is_missing_is_told() {
        // Its only voice is of no language.
        let (ids, degradations) = chosen(SpeechChoice::Auto, None, "en", "").await.unwrap();
        assert_eq!(ids, ["silent"]);
        let [degradation] = &degradations[..] else {
            panic!("{degradations:?}")
        };
        assert_eq!((&*degradation.from, &*degradation.to), ("piper", "silent"));
        assert_eq!(
            degradation.reason.to_string(),
            "no Piper voice is configured; flite has no voice for en; espeak-ng has no voice for en"
        );
        let (ids, degradations) = chosen(SpeechChoice::Auto, None, "und", "").await.unwrap();
        assert_eq!(
            (ids.join(" "), degradations.len()),
            ("fake silent".into(), 0)
        );
        let (ids, degradations) = chosen(SpeechChoice::Silent, Some("x"), "en", "")
            .await
            .unwrap();
        assert_eq!((ids.join(" "), degradations.len()), ("silent".into(), 0));
    }

    #[tokio::test]
    async fn who_was_asked_for_by_name_is_replaced_only_by_who_is_accepted() {
        let error = chosen(SpeechChoice::Piper, None, "en", "")
            .await
            .unwrap_err();
        assert!(
            matches!(
                &error,
                Error::SpeakerAbsent {
                    speaker: "piper",
                    ..
                }
            ),
            "{error}"
        );
        let (ids, degradations) = chosen(SpeechChoice::Piper, None, "en", "silent")
            .await
            .unwrap();
        assert_eq!(ids, ["silent"]);
        assert_eq!(
            degradations[0].reason.to_string(),
            "no Piper voice is configured"
        );
        let error = chosen(SpeechChoice::Auto, Some("tune"), "en", "")
            .await
            .unwrap_err();
        assert!(matches!(error, Error::VoiceAbsent(_)));
        assert!(
            error
                .help()
                .is_some_and(|help| help.to_string().contains("tone"))
        );
        let (ids, degradations) = chosen(SpeechChoice::Auto, Some("tune"), "en", "fake")
            .await
            .unwrap();
        assert_eq!(
            (ids.join(" "), &*degradations[0].from),
            ("fake".into(), "tune")
        );
        let (ids, degradations) = chosen(SpeechChoice::Auto, Some("TONE"), "en", "silent")
            .await
            .unwrap();
        assert_eq!(
            (ids.join(" "), degradations.len()),
            ("fake silent".into(), 0)
        );
    }

    /// A server of English that nobody asks to speak.
    #[derive(Debug)]
    struct Server(&'static str, Voice);

    fn server(name: &'static str, voice: &str) -> Arc<dyn Synthesizer> {
        let voice = Voice {
            key: voice.to_owned(),
            language: "en-US".to_owned(),
            description: String::new(),
        };
        Arc::new(Server(name, voice))
    }

    impl Synthesizer for Server {
        fn id(&self) -> &'static str {
            OPENAI
        }

        fn name(&self) -> String {
            self.0.to_owned()
        }

        fn version(&self) -> &'static str {
            self.0
        }

        fn voices(&self) -> &[Voice] {
            std::slice::from_ref(&self.1)
        }

        fn speak<'a>(
            &'a self,
            _: &'a crate::Request,
            _: &'a dyn videogen_types::Observer,
            _: &'a tokio_util::sync::CancellationToken,
        ) -> crate::BoxFuture<'a, Result<crate::Speech, Error>> {
            unreachable!("nobody speaks")
        }
    }

    async fn among(
        absent: &[(String, String)],
        speech: SpeechChoice,
        voice: Option<&str>,
    ) -> (String, Vec<Degradation>) {
        let available = [
            server("a", "af_heart"),
            server("b", "af_heart"),
            server("c", "x"),
        ];
        let request = SpeakerRequest {
            available: &available,
            absent,
            speech,
            voice,
            language: "en",
            text: "",
            may_fall_back: &|_| false,
        };
        let chosen = request.choose().await.unwrap();
        let names: Vec<String> = chosen.speakers.iter().map(|one| one.name()).collect();
        (names.join(" "), chosen.degradations)
    }

    #[tokio::test]
    async fn servers_stand_in_for_each_other_in_their_order() {
        let absent = [(
            "piper".to_owned(),
            "no Piper voice is configured".to_owned(),
        )];
        let (auto, named) = (SpeechChoice::Auto, SpeechChoice::OpenAi);
        for (speech, voice, names) in [
            (auto, None, "a b c silent"),
            (named, None, "a b c"),
            (named, Some("AF_HEART"), "a b"),
            (auto, Some("x"), "c"),
        ] {
            let (found, degradations) = among(&absent, speech, voice).await;
            assert_eq!((&*found, degradations.len()), (names, 0));
        }
    }

    #[tokio::test]
    async fn a_server_that_stands_in_for_one_that_is_away_is_told() {
        let away = "http://d: the connection was refused".to_owned();
        let absent = [(OPENAI.to_owned(), away.clone())];
        for speech in [SpeechChoice::Auto, SpeechChoice::OpenAi] {
            let (_, degradations) = among(&absent, speech, None).await;
            let [step] = &degradations[..] else {
                panic!("{degradations:?}")
            };
            assert_eq!((&*step.from, &*step.to), (OPENAI, "a"));
            assert_eq!(step.reason.to_string(), away);
        }
        // Where no server speaks, who does takes its place, and each reason is told once.
        let absent = [
            (
                "piper".to_owned(),
                "no Piper voice is configured".to_owned(),
            ),
            (PIPER_HTTP.to_owned(), away.clone()),
            (OPENAI.to_owned(), away.clone()),
        ];
        let request = SpeakerRequest {
            available: &[],
            absent: &absent,
            speech: SpeechChoice::Auto,
            voice: None,
            language: "en",
            text: "",
            may_fall_back: &|_| true,
        };
        let chosen = request.choose().await.unwrap();
        let step = &chosen.degradations[0];
        assert_eq!((&*step.from, &*step.to), (OPENAI, "silent"));
        let told = step.reason.to_string();
        assert!(
            told.starts_with(&format!("no Piper voice is configured; {away}; flite")),
            "{told}"
        );
    }
}
