//! Probes that ask nobody: for plans for cards one does not have, and for tests.

use tokio_util::sync::CancellationToken;

use super::{BoxFuture, GpuProbe, GpuReadings};
use crate::{Error, GpuReading};

/// Gives the same cards every time.
#[derive(Debug, Clone, Default)]
pub struct FixedProbe {
    readings: GpuReadings,
}

impl FixedProbe {
    /// These cards; none for a machine without one.
    pub fn new(cards: Vec<GpuReading>) -> Self {
        Self {
            readings: GpuReadings {
                cards,
                notes: Vec::new(),
            },
        }
    }
}

impl GpuProbe for FixedProbe {
    fn name(&self) -> &'static str {
        "fixed"
    }

    fn read<'a>(
        &'a self,
        cancel: &'a CancellationToken,
    ) -> BoxFuture<'a, Result<GpuReadings, Error>> {
        Box::pin(async {
            if cancel.is_cancelled() {
                return Err(Error::Cancelled);
            }
            Ok(self.readings.clone())
        })
    }
}

/// Gives prepared answers one after the other, and the last one again and again. `None` is an answer that never comes.
#[cfg(any(test, feature = "test-util"))]
#[derive(Debug)]
pub struct ScriptedProbe {
    answers: std::sync::Mutex<std::collections::VecDeque<Option<Result<GpuReadings, String>>>>,
}

#[cfg(any(test, feature = "test-util"))]
impl ScriptedProbe {
    /// These answers; an `Err` becomes [`Error::Probe`] with that problem. Without any, a machine without a card.
    pub fn new(answers: impl IntoIterator<Item = Option<Result<GpuReadings, String>>>) -> Self {
        Self {
            answers: std::sync::Mutex::new(answers.into_iter().collect()),
        }
    }

    fn next(&self) -> Option<Result<GpuReadings, String>> {
        let mut answers = self
            .answers
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        if answers.len() > 1 {
            answers.pop_front().expect("it was not empty")
        } else {
            answers
                .front()
                .cloned()
                .unwrap_or_else(|| Some(Ok(GpuReadings::default())))
        }
    }
}

#[cfg(any(test, feature = "test-util"))]
impl GpuProbe for ScriptedProbe {
    fn name(&self) -> &'static str {
        "scripted"
    }

    fn read<'a>(
        &'a self,
        cancel: &'a CancellationToken,
    ) -> BoxFuture<'a, Result<GpuReadings, Error>> {
        Box::pin(async move {
            match self.next() {
                Some(answer) => answer.map_err(|problem| Error::Probe {
                    probe: "scripted",
                    problem,
                }),
                None => {
                    cancel.cancelled().await;
                    Err(Error::Cancelled)
                }
            }
        })
    }
}
