//! A composer without anything behind it, for tests of whoever has music composed.

use std::sync::atomic::{AtomicUsize, Ordering};

use tokio_util::sync::CancellationToken;
use videogen_types::Observer;

use crate::builtin::Bed;
use crate::composer::{BoxFuture, Composer, MusicError, MusicRequest};

/// Composes a second of a quiet tone at once, or fails.
#[derive(Debug, Default)]
pub struct FakeComposer {
    calls: AtomicUsize,
    fails: bool,
}

impl FakeComposer {
    /// Makes a composer that composes.
    pub fn new() -> Self {
        Self::default()
    }

    /// Makes a composer that fails with [`MusicError::Failed`].
    pub fn failing() -> Self {
        Self {
            fails: true,
            ..Self::default()
        }
    }

    /// Returns how often it was asked to compose.
    pub fn calls(&self) -> usize {
        self.calls.load(Ordering::Relaxed)
    }
}

impl Composer for FakeComposer {
    fn id(&self) -> &'static str {
        "fake"
    }

    fn describe(&self, _: &MusicRequest) -> String {
        "a tone".to_owned()
    }

    fn compose<'a>(
        &'a self,
        _: &'a MusicRequest,
        observer: &'a dyn Observer,
        cancel: &'a CancellationToken,
    ) -> BoxFuture<'a, Result<Bed, MusicError>> {
        Box::pin(async move {
            self.calls.fetch_add(1, Ordering::Relaxed);
            if cancel.is_cancelled() {
                return Err(MusicError::Cancelled);
            }
            if self.fails {
                return Err(MusicError::Failed {
                    by: self.id().to_owned(),
                    reason: "it was told to fail".to_owned(),
                });
            }
            observer.progress(1.0);
            let sample_rate = 48_000;
            // Whole periods, so that it can be looped.
            let tone = |i: u32| 0.1 * (i as f32 * std::f32::consts::TAU / 240.0).sin();
            let samples: Vec<f32> = (0..sample_rate).map(tone).collect();
            Ok(Bed {
                sample_rate,
                left: samples.clone(),
                right: samples,
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use videogen_types::{Genre, Seed, Unobserved};

    use super::*;

    #[tokio::test]
    async fn it_composes_what_can_be_looped_or_fails() {
        let (cancel, composer) = (CancellationToken::new(), FakeComposer::new());
        let request = MusicRequest {
            genre: Genre::General,
            seed: Seed(1),
        };
        let bed = composer
            .compose(&request, &Unobserved, &cancel)
            .await
            .unwrap();
        assert_eq!(bed.left.len(), 48_000);
        assert!(bed.left[0].abs() < 1e-6 && bed.left.iter().all(|sample| sample.abs() <= 0.1));
        let failed = FakeComposer::failing()
            .compose(&request, &Unobserved, &cancel)
            .await;
        assert!(matches!(failed, Err(MusicError::Failed { .. })));
        cancel.cancel();
        let ended = composer.compose(&request, &Unobserved, &cancel).await;
        assert!(ended.unwrap_err().is_cancelled());
        assert_eq!(composer.calls(), 2);
    }
}
