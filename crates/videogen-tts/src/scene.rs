//! One scene of a video: said, or shown for as long as it takes to read.

use tokio_util::sync::CancellationToken;
use videogen_types::Observer;

use crate::backend::silent::{SILENT, Silent};
use crate::{Error, Request, Speech, Synthesizer, Word};

/// Speaks one scene. One in letters that `speaker` cannot say is shown for as long as it takes to read.
///
/// # Errors
/// As [`Synthesizer::speak`]; [`Error::NothingToSay`] only where nobody could say anything of it.
///
/// # Cancellation
/// As [`Synthesizer::speak`].
pub async fn speak_or_show(
    speaker: &dyn Synthesizer,
    request: &Request,
    observer: &dyn Observer,
    cancel: &CancellationToken,
) -> Result<Speech, Error> {
    match speaker.speak(request, observer, cancel).await {
        Err(Error::NothingToSay { .. }) if speaker.id() != SILENT => {
            let shown = Request {
                voice: None,
                ..request.clone()
            };
            Silent::new().speak(&shown, observer, cancel).await
        }
        spoken => spoken,
    }
}

impl Speech {
    /// Whether it is silence in the place of a `text` that holds words.
    pub fn leaves_unsaid(&self, text: &str) -> bool {
        self.voice == SILENT && text.chars().any(char::is_alphanumeric)
    }

    /// Returns its words with their times scaled to a length of `seconds`.
    #[must_use]
    pub fn into_words_within(self, seconds: f64) -> Vec<Word> {
        let factor = seconds / self.duration().max(1e-3);
        let scale = |mut word: Word| {
            word.start *= factor;
            word.end *= factor;
            word
        };
        self.words.into_iter().map(scale).collect()
    }
}

#[cfg(test)]
mod tests {
    use videogen_types::Unobserved;

    use super::*;
    use crate::backend::fake::FakeSynthesizer;
    use crate::{BoxFuture, Voice};

    /// Knows no letter.
    #[derive(Debug)]
    struct Mute;

    impl Synthesizer for Mute {
        fn id(&self) -> &'static str {
            "mute"
        }

        fn version(&self) -> &'static str {
            "mute-1"
        }

        fn voices(&self) -> &[Voice] {
            &[]
        }

        fn speak<'a>(
            &'a self,
            _: &'a Request,
            _: &'a dyn Observer,
            _: &'a CancellationToken,
        ) -> BoxFuture<'a, Result<Speech, Error>> {
            Box::pin(async { Err(Error::NothingToSay { backend: "mute" }) })
        }
    }

    #[tokio::test]
    async fn what_cannot_be_said_is_shown() {
        let never = CancellationToken::new();
        let request = Request::new("Hello there", "en");
        let said = speak_or_show(&FakeSynthesizer::new(), &request, &Unobserved, &never).await;
        let said = said.unwrap();
        assert!(!said.leaves_unsaid("Hello there"));
        let shown = speak_or_show(&Mute, &request, &Unobserved, &never)
            .await
            .unwrap();
        assert!(shown.leaves_unsaid("Hello there") && !shown.leaves_unsaid("🎉"));
        assert_eq!(shown.words.len(), 2);
        let symbols = Request::new("🎉", "en");
        let nothing = speak_or_show(&Mute, &symbols, &Unobserved, &never).await;
        assert!(matches!(nothing, Err(Error::NothingToSay { .. })));
        let last = said.into_words_within(10.0).pop().unwrap();
        assert!((5.0..=10.0 + 1e-9).contains(&last.end), "{last:?}");
    }
}
