//! Hears from whoever fetches one asset, and makes events of it.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use videogen_cdn::FetchObserver;
use videogen_types::{FailureKind, FetchEvent, Observer};

use super::FetchReport;

/// The least time between two events of progress of one asset: ten a second, as in the stream of a run.
const BETWEEN: Duration = Duration::from_millis(100);

/// Tells `report` of one asset.
#[derive(Debug)]
pub(crate) struct Watch {
    asset: String,
    report: Arc<dyn FetchReport>,
    seen: Mutex<Seen>,
    /// Whether something was done for it that brings no bytes, such as waiting for another process.
    is_busy: Arc<AtomicBool>,
}

#[derive(Debug, Default)]
struct Seen {
    /// The most bytes that were told.
    most: u64,
    told: Option<Instant>,
    /// The warnings that were told: what fails once mostly fails again, and is told once.
    warnings: BTreeSet<String>,
}

impl Watch {
    pub(crate) fn new(asset: impl Into<String>, report: Arc<dyn FetchReport>) -> Self {
        Self {
            asset: asset.into(),
            report,
            seen: Mutex::default(),
            is_busy: Arc::default(),
        }
    }

    /// Notes in `is_busy` when something is done that brings no bytes.
    pub(crate) fn noting(self, is_busy: Arc<AtomicBool>) -> Self {
        Self { is_busy, ..self }
    }

    fn warning(&self, message: String) {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if !seen.warnings.insert(message.clone()) {
            return;
        }
        drop(seen);
        let asset = self.asset.clone();
        self.report
            .event(&FetchEvent::AssetWarning { asset, message });
    }
}

impl Observer for Watch {
    fn activity(&self, what: &str) {
        self.is_busy.store(true, Ordering::Relaxed);
        self.report.event(&FetchEvent::AssetActivity {
            asset: self.asset.clone(),
            message: what.to_owned(),
        });
    }

    fn warn(&self, message: String) {
        self.warning(message);
    }

    fn attempt_failed(&self, _: FailureKind, reason: &str) {
        self.warning(reason.to_owned());
    }
}

impl FetchObserver for Watch {
    fn bytes(&self, here: u64, of: Option<u64>, per_second: f64) {
        let now = Instant::now();
        let received = {
            let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
            // Pieces that turned out to be wrong are taken back: a bar does not go backwards for them.
            seen.most = seen.most.max(here);
            let is_soon = seen.told.is_some_and(|told| now - told < BETWEEN);
            let is_whole = of.is_some_and(|of| here >= of);
            if is_soon && !is_whole {
                return;
            }
            seen.told = Some(now);
            seen.most
        };
        let left = of.map(|of| of.saturating_sub(received) as f64);
        let left = left.filter(|_| per_second >= 1.0);
        self.report.event(&FetchEvent::AssetProgress {
            asset: self.asset.clone(),
            received,
            size: of,
            bytes_per_second: per_second.max(0.0),
            eta_s: left.map(|left| left / per_second),
        });
    }
}
