//! A synthesiser for tests of other crates: instant, deterministic, and obedient in its failures.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio_util::sync::CancellationToken;
use videogen_types::Observer;

use crate::align::estimated_seconds;
use crate::audio::clip::Clip;
use crate::text::{Repertoire, prepare};
use crate::timeline::{Setting, assemble};
use crate::{BoxFuture, Error, Request, Speech, Synthesizer, Voice};

const ID: &str = "fake";
const SAMPLE_RATE: u32 = 16_000;
const PITCH_HZ: f64 = 220.0;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Behaviour {
    Speak,
    Fail,
    Hang,
}

/// Speaks every chunk as a tone of 220 Hz at 16 kHz that lasts as long as speech would. Clones count together.
#[derive(Debug, Clone)]
pub struct FakeSynthesizer {
    behaviour: Behaviour,
    calls: Arc<AtomicUsize>,
    voices: [Voice; 1],
}

impl FakeSynthesizer {
    /// One that speaks.
    pub fn new() -> Self {
        let voice = Voice {
            key: "tone".into(),
            language: "und".into(),
            description: "a tone".into(),
        };
        Self {
            behaviour: Behaviour::Speak,
            calls: Arc::default(),
            voices: [voice],
        }
    }

    /// One that fails with [`Error::Backend`] on every call.
    #[must_use]
    pub fn failing(mut self) -> Self {
        self.behaviour = Behaviour::Fail;
        self
    }

    /// One that never answers, until it is cancelled.
    #[must_use]
    pub fn hanging(mut self) -> Self {
        self.behaviour = Behaviour::Hang;
        self
    }

    /// How often it was asked to speak.
    pub fn calls(&self) -> usize {
        self.calls.load(Ordering::SeqCst)
    }
}

impl Default for FakeSynthesizer {
    fn default() -> Self {
        Self::new()
    }
}

impl Synthesizer for FakeSynthesizer {
    fn id(&self) -> &str {
        ID
    }

    fn version(&self) -> &'static str {
        "fake-1"
    }

    fn voices(&self) -> &[Voice] {
        &self.voices
    }

    fn speak<'a>(
        &'a self,
        request: &'a Request,
        _: &'a dyn Observer,
        cancel: &'a CancellationToken,
    ) -> BoxFuture<'a, Result<Speech, Error>> {
        Box::pin(async move {
            self.calls.fetch_add(1, Ordering::SeqCst);
            match self.behaviour {
                Behaviour::Fail => {
                    return Err(Error::Backend {
                        backend: ID,
                        detail: "told to fail".into(),
                    });
                }
                Behaviour::Hang => {
                    cancel.cancelled().await;
                    return Err(Error::Cancelled);
                }
                Behaviour::Speak if cancel.is_cancelled() => return Err(Error::Cancelled),
                Behaviour::Speak => {}
            }
            if let Some(name) = &request.voice {
                crate::voice::find(ID, &self.voices, name)?;
            }
            let text = prepare(&request.text, &request.language, Repertoire::Unicode);
            if !text.is_speakable() {
                return Err(Error::NothingToSay { backend: ID });
            }
            let clips: Vec<Option<Clip>> = text
                .chunks
                .iter()
                .map(|chunk| {
                    let seconds =
                        estimated_seconds(&text.words[chunk.words.clone()]) / request.rate.factor();
                    (!chunk.text.is_empty()).then(|| tone(seconds))
                })
                .collect();
            let setting = Setting {
                backend: ID,
                rate: request.rate,
                voice: "tone",
                silent_rate: SAMPLE_RATE,
                may_be_silent: false,
            };
            assemble(text, &clips, &setting)
        })
    }
}

fn tone(seconds: f64) -> Clip {
    let count = (seconds * f64::from(SAMPLE_RATE)) as usize;
    let samples = (0..count)
        .map(|n| {
            ((n as f64 * PITCH_HZ / f64::from(SAMPLE_RATE) * std::f64::consts::TAU).sin() * 0.5)
                as f32
        })
        .collect();
    Clip {
        sample_rate: SAMPLE_RATE,
        samples,
        heard: None,
    }
}

#[cfg(test)]
mod tests {
    use videogen_types::Unobserved;

    use super::*;

    #[tokio::test]
    async fn it_speaks_the_same_every_time_and_counts() {
        let fake = FakeSynthesizer::new();
        let request = Request::new("Hello there. Again!", "en");
        let first = fake
            .speak(&request, &Unobserved, &CancellationToken::new())
            .await
            .unwrap();
        let again = fake
            .speak(&request, &Unobserved, &CancellationToken::new())
            .await
            .unwrap();
        assert_eq!(first, again);
        assert_eq!(fake.calls(), 2);
        assert!(first.samples.iter().any(|sample| sample.abs() > 0.8));
    }

    #[tokio::test]
    async fn it_fails_and_hangs_when_told_to() {
        let request = Request::new("Hello", "en");
        let cancel = CancellationToken::new();
        assert!(matches!(
            FakeSynthesizer::new()
                .failing()
                .speak(&request, &Unobserved, &cancel)
                .await,
            Err(Error::Backend { .. })
        ));
        let hanging = FakeSynthesizer::new().hanging();
        let (outcome, ()) = tokio::join!(hanging.speak(&request, &Unobserved, &cancel), async {
            tokio::task::yield_now().await;
            assert_eq!(hanging.calls(), 1);
            cancel.cancel();
        });
        assert!(outcome.unwrap_err().is_cancelled());
    }
}
