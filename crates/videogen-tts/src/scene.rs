//! One scene of a video: said, or shown for as long as it takes to read.

use tokio_util::sync::CancellationToken;
use videogen_types::Observer;

use crate::backend::silent::{SILENT, Silent};
use crate::{Error, Request, Speech, Synthesizer, Word};

/// Speaks one scene. One of symbols alone is not said, but shown for as long as it takes to read.
///
/// # Errors
/// As [`Synthesizer::speak`], but for a text that `speaker` cannot say.
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

    #[tokio::test]
    async fn symbols_alone_are_shown_and_words_are_said() {
        let (speaker, never) = (FakeSynthesizer::new(), CancellationToken::new());
        let of = async |text: &str| {
            let request = Request::new(text, "en");
            speak_or_show(&speaker, &request, &Unobserved, &never)
                .await
                .unwrap()
        };
        let shown = of("🎉").await;
        assert!(shown.voice == SILENT && !shown.leaves_unsaid("🎉"));
        let said = of("Hello there").await;
        assert!(said.voice != SILENT && !said.leaves_unsaid("Hello there"));
        let silence = Silent::new()
            .speak(&Request::new("Hello there", "en"), &Unobserved, &never)
            .await;
        assert!(silence.unwrap().leaves_unsaid("Hello there"));
        let last = said.into_words_within(10.0).pop().unwrap();
        assert!((5.0..=10.0 + 1e-9).contains(&last.end), "{last:?}");
    }
}
