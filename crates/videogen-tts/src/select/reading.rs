//! Who can read what is to be spoken.

use std::sync::Arc;

use videogen_text::{WritingSystem, chain};

use super::{BEST_FIRST, SpeakerRequest};
use crate::Synthesizer;

/// Somebody who is there, but cannot read the text.
pub(super) struct Unable {
    pub(super) speaker: Arc<dyn Synthesizer>,
    pub(super) reason: String,
}

/// How the reason of one begins that cannot read; its name stands before it.
pub(super) const CANNOT_READ: &str = "cannot read ";

/// `cannot read the Chinese characters of a text in ja`.
pub(super) fn cannot_read(unread: &[WritingSystem], language: &str) -> String {
    let letters: Vec<String> = unread.iter().map(|script| script.letters()).collect();
    format!(
        "{CANNOT_READ}the {} of a text in {language}",
        letters.join(" and ")
    )
}

impl SpeakerRequest<'_> {
    /// Those of `scripts` that `speaker` cannot read. Of one that cannot be asked nothing is known: it fails when it speaks, if
    /// it must.
    pub(super) async fn unread(
        &self,
        speaker: &dyn Synthesizer,
        scripts: &[WritingSystem],
    ) -> Vec<WritingSystem> {
        let voice = self.voice.filter(|voice| speaker.has_voice(voice));
        if scripts.is_empty() || voice.is_none() && !self.may_speak(speaker) {
            return Vec::new();
        }
        let asked = speaker.unreadable(voice, self.language, scripts).await;
        asked.unwrap_or_else(|error| {
            let speaker = speaker.id();
            tracing::debug!(
                speaker,
                error = chain(&error),
                "it does not say what it reads"
            );
            Vec::new()
        })
    }

    /// Whether `speaker` may have to speak with a voice of its own: it has the language, or is asked for by name.
    fn may_speak(&self, speaker: &dyn Synthesizer) -> bool {
        let named = BEST_FIRST.iter().find(|(choice, _)| *choice == self.speech);
        speaker.speaks(self.language) || named.is_some_and(|(_, id)| *id == speaker.id())
    }
}

#[cfg(test)]
mod tests {
    use tokio_util::sync::CancellationToken;
    use videogen_types::{Observer, SpeechChoice};

    use super::*;
    use crate::{BoxFuture, Error, Request, Speech, Voice};

    /// Speaks Japanese and reads kana only.
    #[derive(Debug)]
    struct Kana(Vec<Voice>);

    impl Kana {
        fn new() -> Self {
            Self(vec![Voice {
                key: "ja".to_owned(),
                language: "ja".to_owned(),
                description: String::new(),
            }])
        }
    }

    impl Synthesizer for Kana {
        fn id(&self) -> &'static str {
            "espeak-ng"
        }

        fn version(&self) -> &'static str {
            "espeak-ng-1.51"
        }

        fn voices(&self) -> &[Voice] {
            &self.0
        }

        fn unreadable<'a>(
            &'a self,
            _: Option<&'a str>,
            _: &'a str,
            scripts: &'a [WritingSystem],
        ) -> BoxFuture<'a, Result<Vec<WritingSystem>, Error>> {
            let unread = scripts.iter().copied();
            let unread = unread.filter(|script| *script != WritingSystem::Kana);
            Box::pin(async move { Ok(unread.collect()) })
        }

        fn speak<'a>(
            &'a self,
            _: &'a Request,
            _: &'a dyn Observer,
            _: &'a CancellationToken,
        ) -> BoxFuture<'a, Result<Speech, Error>> {
            unreachable!("nobody speaks")
        }
    }

    const KANA: &str = "さくらはとてもきれいです。";
    const KANJI: &str = "深海には、人間がまだ見たことのない秘密がたくさんあります。";

    async fn japanese(
        speech: SpeechChoice,
        voice: Option<&str>,
        text: &str,
        accepted: &str,
    ) -> Result<(String, String), Error> {
        let available: [Arc<dyn Synthesizer>; 1] = [Arc::new(Kana::new())];
        let request = SpeakerRequest {
            available: &available,
            absent: &[("flite".to_owned(), "flite is not installed".to_owned())],
            speech,
            voice,
            language: "ja",
            text,
            may_fall_back: &|id| id == accepted,
        };
        let chosen = request.choose().await?;
        let reasons = chosen.degradations.iter().map(|one| one.reason.to_string());
        Ok((
            chosen.speakers[0].id().to_owned(),
            reasons.collect::<Vec<_>>().join("|"),
        ))
    }

    #[tokio::test]
    async fn who_cannot_read_the_text_is_kept_out() {
        let auto = SpeechChoice::Auto;
        let (first, _) = japanese(auto, None, KANA, "").await.unwrap();
        assert_eq!(first, "espeak-ng");
        // A text that is not written yet has kanji, as all have.
        for text in [KANJI, ""] {
            let (first, why) = japanese(auto, None, text, "").await.unwrap();
            assert_eq!(first, "silent");
            assert_eq!(
                why,
                "piper has no voice for ja; flite is not installed; \
                 espeak-ng cannot read the Chinese characters of a text in ja"
            );
        }
        let named = SpeechChoice::EspeakNg;
        for (speech, voice, asked) in [
            (named, None, "espeak-ng"),
            (named, Some("ja"), "espeak-ng"),
            (auto, Some("JA"), "JA"),
        ] {
            let error = japanese(speech, voice, KANJI, "").await.unwrap_err();
            assert!(matches!(error, Error::CannotRead { .. }) && error.help().is_some());
            assert_eq!(
                error.to_string(),
                format!("{asked} cannot read the Chinese characters of a text in ja")
            );
            let (first, why) = japanese(speech, voice, KANJI, "silent").await.unwrap();
            assert_eq!((&*first, why), ("silent", error.to_string()));
            assert!(japanese(speech, voice, KANA, "").await.is_ok());
        }
    }
}
