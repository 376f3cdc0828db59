//! Hears from whoever fetches one asset, and makes events of it.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::Notify;
use videogen_cdn::FetchObserver;
use videogen_types::{FailureKind, FetchEvent, Observer};

use super::FetchReport;

/// The least time between two events of progress of one asset: ten a second, as in the stream of a run.
const BETWEEN: Duration = Duration::from_millis(100);

/// Whether anything has come over the network at all.
#[derive(Debug, Default)]
pub(crate) struct Arrival {
    has_come: AtomicBool,
    came: Notify,
    bytes: AtomicU64,
}

impl Arrival {
    /// Notes that something came.
    pub(crate) fn note(&self) {
        if !self.has_come.swap(true, Ordering::SeqCst) {
            self.came.notify_waiters();
        }
    }

    /// Waits until something has come.
    pub(crate) async fn wait(&self) {
        loop {
            let next = self.came.notified();
            tokio::pin!(next);
            // From here on no notice is missed.
            next.as_mut().enable();
            if self.has_come.load(Ordering::SeqCst) {
                return;
            }
            next.await;
        }
    }

    /// Bytes that came.
    pub(crate) fn bytes(&self) -> u64 {
        self.bytes.load(Ordering::SeqCst)
    }
}

/// Tells `report` of one asset.
#[derive(Debug)]
pub(crate) struct Watch {
    asset: String,
    report: Arc<dyn FetchReport>,
    arrival: Arc<Arrival>,
    seen: Mutex<Seen>,
}

#[derive(Debug, Default)]
struct Seen {
    /// Bytes that were here at first, from an earlier try.
    before: Option<u64>,
    /// The most bytes that were told.
    most: u64,
    told: Option<Instant>,
}

impl Watch {
    pub(crate) fn new(
        asset: impl Into<String>,
        report: Arc<dyn FetchReport>,
        arrival: Arc<Arrival>,
    ) -> Self {
        Self {
            asset: asset.into(),
            report,
            arrival,
            seen: Mutex::default(),
        }
    }

    fn warning(&self, message: String) {
        let asset = self.asset.clone();
        self.report
            .event(&FetchEvent::AssetWarning { asset, message });
    }
}

impl Observer for Watch {
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
        {
            let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
            let before = *seen.before.get_or_insert(here);
            // Pieces that turned out to be wrong are taken back: a bar does not go backwards for them.
            let more = here.saturating_sub(seen.most.max(before));
            seen.most = seen.most.max(here);
            if more > 0 || (per_second > 0.0 && here > 0) {
                self.arrival.note();
            }
            self.arrival.bytes.fetch_add(more, Ordering::SeqCst);
            let is_soon = seen.told.is_some_and(|told| now - told < BETWEEN);
            let is_whole = of.is_some_and(|of| here >= of);
            if is_soon && !is_whole {
                return;
            }
            seen.told = Some(now);
        }
        let most = self
            .seen
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .most;
        let left = of.map(|of| of.saturating_sub(most) as f64);
        let eta_s = left
            .filter(|_| per_second >= 1.0)
            .map(|left| left / per_second);
        self.report.event(&FetchEvent::AssetProgress {
            asset: self.asset.clone(),
            received: most,
            size: of,
            bytes_per_second: per_second.max(0.0),
            eta_s,
        });
    }
}
