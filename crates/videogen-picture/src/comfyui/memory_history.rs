//! What painting taught about cards: which ways ran out of memory, kept for the next picture and the next run.

use std::sync::{Mutex, PoisonError};
use std::time::SystemTime;

use videogen_vram::{
    GpuReading, MemoryCorrections, PaintHistory, PaintOutcome, PaintPlan, PaintVerdict,
    fold_outcomes,
};

/// Outcomes of this run, and the file of all runs.
#[derive(Debug, Default)]
pub(super) struct MemoryHistory {
    file: Option<PaintHistory>,
    own: Mutex<Vec<PaintOutcome>>,
}

impl MemoryHistory {
    pub(super) fn new(file: Option<PaintHistory>) -> Self {
        Self {
            file,
            own: Mutex::default(),
        }
    }

    /// What is known of the card.
    pub(super) async fn of(&self, card: &GpuReading) -> MemoryCorrections {
        let key = card.key();
        if let Some(file) = self.file.clone() {
            let asked = tokio::task::spawn_blocking(move || {
                let (corrections, warning) = file.corrections(&key, SystemTime::now());
                if let Some(warning) = warning {
                    tracing::warn!(%warning, "what was learnt about cards is not used");
                }
                corrections
            });
            return asked.await.unwrap_or_default();
        }
        let own = self.own.lock().unwrap_or_else(PoisonError::into_inner);
        fold_outcomes(&own, &key, now())
    }

    /// Remembers how a picture ended. That it cannot be kept changes nothing.
    pub(super) async fn record(&self, card: &GpuReading, plan: &PaintPlan, verdict: PaintVerdict) {
        let outcome = PaintOutcome::of(plan, card.key(), SystemTime::now(), verdict);
        let Some(file) = self.file.clone() else {
            let mut own = self.own.lock().unwrap_or_else(PoisonError::into_inner);
            own.push(outcome);
            return;
        };
        let kept = tokio::task::spawn_blocking(move || file.record(&[outcome], SystemTime::now()));
        if let Ok(Err(error)) = kept.await {
            tracing::warn!(error = %videogen_text::chain(&error), "what a picture taught is not kept");
        }
    }
}

fn now() -> u64 {
    SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .map_or(0, |since| since.as_secs())
}
