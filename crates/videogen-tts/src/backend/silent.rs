//! No sound at all: time to read the text in, for videos with captions only. The last rung, always there.

use tokio_util::sync::CancellationToken;
use videogen_types::Observer;

use crate::text::{Repertoire, prepare};
use crate::timeline::{Setting, assemble};
use crate::{BoxFuture, Error, Rate, Request, Speech, Synthesizer, Voice};

/// What the synthesiser without sound and its voice are called.
pub const SILENT: &str = "silent";

/// Silence of the length speaking would take: about 2.6 words or 4.5 ideographs a second at natural pace.
#[derive(Debug, Clone)]
pub struct Silent {
    voices: [Voice; 1],
}

impl Silent {
    /// Needs nothing.
    pub fn new() -> Self {
        Self {
            voices: [Voice {
                key: SILENT.into(),
                language: "und".into(),
                description: "no sound, timed captions".into(),
            }],
        }
    }
}

impl Default for Silent {
    fn default() -> Self {
        Self::new()
    }
}

impl Synthesizer for Silent {
    fn id(&self) -> &str {
        SILENT
    }

    fn version(&self) -> &'static str {
        concat!("silent-", env!("CARGO_PKG_VERSION"))
    }

    fn voices(&self) -> &[Voice] {
        &self.voices
    }

    /// Any voice will do: nobody hears it.
    fn speak<'a>(
        &'a self,
        request: &'a Request,
        _: &'a dyn Observer,
        cancel: &'a CancellationToken,
    ) -> BoxFuture<'a, Result<Speech, Error>> {
        Box::pin(async move {
            if cancel.is_cancelled() {
                return Err(Error::Cancelled);
            }
            read(&request.text, &request.language, request.rate)
        })
    }
}

/// The times at which the words of a text would be read.
pub(crate) fn read(text: &str, language: &str, rate: Rate) -> Result<Speech, Error> {
    let text = prepare(text, language, Repertoire::Unicode);
    if !text.is_speakable() {
        return Err(Error::NothingToSay { backend: SILENT });
    }
    let setting = Setting {
        backend: SILENT,
        rate,
        voice: SILENT,
        silent_rate: 22_050,
        may_be_silent: true,
    };
    assemble(text, &[], &setting)
}

#[cfg(test)]
mod tests {
    use videogen_types::Unobserved;

    use proptest::prelude::*;

    use super::*;
    use crate::{Timing, display_text};

    fn speak(text: &str, language: &str, rate: f64) -> Result<Speech, Error> {
        let request = Request {
            rate: Rate::new(rate).unwrap(),
            ..Request::new(text, language)
        };
        let runtime = tokio::runtime::Builder::new_current_thread()
            .build()
            .unwrap();
        runtime.block_on(Silent::new().speak(&request, &Unobserved, &CancellationToken::new()))
    }

    #[test]
    fn the_pace_is_that_of_speech() {
        let text = "The quick brown fox jumps over the lazy dog and runs into the dark green forest where nobody finds it again";
        let speech = speak(text, "en", 1.0).unwrap();
        let pace = text.split(' ').count() as f64 / speech.duration();
        assert!((2.2..3.2).contains(&pace), "{pace} words a second");
        let faster = speak(text, "en", 2.0).unwrap();
        assert!((speech.duration() / faster.duration() - 2.0).abs() < 0.05);
        assert_eq!(speech.timing, Timing::Estimated);
        assert!(speech.samples.iter().all(|sample| *sample == 0.0));
        let chinese = speak("春天来了花儿都开了孩子们在公园里玩耍", "cmn", 1.0).unwrap();
        let pace = 18.0 / chinese.duration();
        assert!((3.5..5.5).contains(&pace), "{pace} characters a second");
    }

    #[test]
    fn nothing_to_say_is_an_error_with_help() {
        for text in ["", "...", "🎉🍕", "\0"] {
            let error = speak(text, "en", 1.0).unwrap_err();
            assert!(matches!(error, Error::NothingToSay { .. }) && error.help().is_some());
        }
    }

    proptest! {
        #[test]
        fn words_cover_the_text_and_times_are_in_order(text in "(\\PC|[ .,!?\n\u{0}🎉你のกا]|[a-z]{1,9} ){0,100}", rate in 0.5_f64..=2.0) {
            let speech = match speak(&text, "en", rate) {
                Ok(speech) => speech,
                Err(Error::NothingToSay { .. }) => return Ok(()),
                Err(error) => return Err(TestCaseError::fail(error.to_string())),
            };
            let mut joined = String::new();
            let mut before = 0.0;
            for word in &speech.words {
                if word.space_before { joined.push(' '); }
                joined.push_str(&word.text);
                prop_assert!(word.start >= before - 1e-9 && word.start < word.end);
                before = word.end;
            }
            prop_assert_eq!(joined, display_text(&text));
            prop_assert!(before <= speech.duration() + 1e-9);
            let mut next = 0;
            for sentence in &speech.sentences {
                prop_assert_eq!(sentence.words.start, next);
                prop_assert!(sentence.start < sentence.end);
                next = sentence.words.end;
            }
            prop_assert_eq!(next, speech.words.len());
        }
    }
}
