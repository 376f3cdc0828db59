//! What went to and came from each server, counted by whoever is handed to the clients.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use videogen_types::NetworkFigures;

use url::Url;

/// Servers that are told apart; what goes to any further one is counted under [`OTHERS`].
const MOST_SOURCES: usize = 256;
const OTHERS: &str = "others";

/// What went to and came from one server.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Traffic {
    /// Requests that were sent, redirects and retries included.
    pub requests: u64,
    /// Those of them that [`RetryPolicy::run`](crate::RetryPolicy::run) or
    /// [`EndpointPool::run`](crate::EndpointPool::run) had made because an earlier one had failed, here or at another
    /// server.
    pub retries: u64,
    /// Those that ended without an answer, in the middle of one, or with a status of 429 or of 500 and above.
    pub failures: u64,
    /// Bytes of the bodies that were sent, without what multipart puts between them.
    pub sent_bytes: u64,
    /// Bytes of the bodies that came, after decompression. Messages of a WebSocket are not in it.
    pub received_bytes: u64,
    /// How long those bytes were waited for; the wait for the head of an answer is not in it.
    pub receiving: Duration,
}

impl Traffic {
    /// Bytes that came in a second; `None` where too little came to tell.
    pub fn bytes_per_second(&self) -> Option<f64> {
        /// What the first piece of an answer takes, which often is all of it.
        const LEAST: Duration = Duration::from_millis(1);
        (self.receiving >= LEAST).then(|| self.received_bytes as f64 / self.receiving.as_secs_f64())
    }

    /// What has been added since `earlier`.
    #[must_use]
    pub fn since(&self, earlier: &Self) -> Self {
        Self {
            requests: self.requests.saturating_sub(earlier.requests),
            retries: self.retries.saturating_sub(earlier.retries),
            failures: self.failures.saturating_sub(earlier.failures),
            sent_bytes: self.sent_bytes.saturating_sub(earlier.sent_bytes),
            received_bytes: self.received_bytes.saturating_sub(earlier.received_bytes),
            receiving: self.receiving.saturating_sub(earlier.receiving),
        }
    }
}

/// Counts what clients exchange with each server, by origin (`http://127.0.0.1:8188`); at most 256 servers, what goes to more
/// of them under `others`. Every client has one of its own unless [`ClientOptions::traffic`](crate::ClientOptions::traffic)
/// hands it one; clones count together.
#[derive(Debug, Clone, Default)]
pub struct TrafficMeter(Arc<Mutex<BTreeMap<String, Arc<Source>>>>);

impl TrafficMeter {
    /// Returns what was exchanged with each server so far. Take it twice and use [`Traffic::since`] for a part of the time.
    pub fn figures(&self) -> BTreeMap<String, Traffic> {
        let sources = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let figures = |(name, source): (&String, &Arc<Source>)| (name.clone(), source.figures());
        sources.iter().map(figures).collect()
    }

    /// Begins to count a request to `url` and its answer.
    pub(crate) fn tally(&self, url: &Url) -> Tally {
        Tally {
            source: self.source(url),
            has_failed: AtomicBool::new(false),
        }
    }

    fn source(&self, url: &Url) -> Arc<Source> {
        let name = url.origin().ascii_serialization();
        let mut sources = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let is_known = sources.contains_key(&name) || sources.len() < MOST_SOURCES;
        let name = if is_known { name } else { OTHERS.to_owned() };
        Arc::clone(sources.entry(name).or_default())
    }
}

#[derive(Debug, Default)]
struct Source {
    requests: AtomicU64,
    retries: AtomicU64,
    failures: AtomicU64,
    sent_bytes: AtomicU64,
    received_bytes: AtomicU64,
    receiving_nanos: AtomicU64,
}

impl Source {
    fn figures(&self) -> Traffic {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Traffic {
            requests: read(&self.requests),
            retries: read(&self.retries),
            failures: read(&self.failures),
            sent_bytes: read(&self.sent_bytes),
            received_bytes: read(&self.received_bytes),
            receiving: Duration::from_nanos(read(&self.receiving_nanos)),
        }
    }
}

tokio::task_local! {
    /// Whether the next request is made because the last one failed.
    static AGAIN: Cell<bool>;
}

/// `work`, whose first request counts as one that is made again if it `is_again`.
pub(crate) async fn retrying<T>(is_again: bool, work: impl Future<Output = T>) -> T {
    AGAIN.scope(Cell::new(is_again), work).await
}

/// Whether something still comes while a piece of work goes on.
#[derive(Debug)]
pub(crate) struct Flow {
    began: Instant,
    /// Nanoseconds from the beginning to the last piece of an answer; 0 before the first.
    last: AtomicU64,
}

tokio::task_local! {
    static FLOW: Arc<Flow>;
}

impl Flow {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self {
            began: Instant::now(),
            last: AtomicU64::new(0),
        })
    }

    /// `work`, whose answers are watched.
    pub(crate) async fn watch<T>(self: &Arc<Self>, work: impl Future<Output = T>) -> T {
        FLOW.scope(Arc::clone(self), work).await
    }

    fn moved(&self) {
        let nanos = u64::try_from(self.began.elapsed().as_nanos()).unwrap_or(u64::MAX);
        self.last.store(nanos.max(1), Ordering::Relaxed);
    }

    /// Whether the last piece came in the later half of the time so far.
    pub(crate) fn is_moving(&self) -> bool {
        let last = self.last.load(Ordering::Relaxed);
        last > 0 && Duration::from_nanos(last) > self.began.elapsed() / 2
    }
}

/// Counts one request and its answer.
#[derive(Debug)]
pub(crate) struct Tally {
    source: Arc<Source>,
    /// A bad status whose body is then cut off is one failure.
    has_failed: AtomicBool,
}

impl Tally {
    /// It is sent, with so many bytes of a body.
    pub(crate) fn sent(&self, bytes: u64) {
        add(&self.source.requests, 1);
        add(&self.source.sent_bytes, bytes);
        // Outside of `retrying` nothing is known of an earlier one.
        if AGAIN.try_with(Cell::take).unwrap_or(false) {
            add(&self.source.retries, 1);
        }
    }

    /// It came to nothing.
    pub(crate) fn failed(&self) {
        if !self.has_failed.swap(true, Ordering::Relaxed) {
            add(&self.source.failures, 1);
        }
    }

    /// The head of an answer has this status.
    pub(crate) fn answered(&self, status: u16) {
        if status == 429 || status >= 500 {
            self.failed();
        }
    }

    /// A piece of the answer was waited for that long.
    pub(crate) fn received(&self, bytes: usize, waited: Duration) {
        add(&self.source.received_bytes, bytes as u64);
        let nanos = u64::try_from(waited.as_nanos()).unwrap_or(u64::MAX);
        add(&self.source.receiving_nanos, nanos);
        // Outside of a pool nobody wants to know.
        let _ = FLOW.try_with(|flow| flow.moved());
    }
}

fn add(counter: &AtomicU64, by: u64) {
    counter.fetch_add(by, Ordering::Relaxed);
}

fn figures(traffic: Traffic) -> NetworkFigures {
    NetworkFigures {
        requests: traffic.requests,
        retries: traffic.retries,
        failures: traffic.failures,
        sent_bytes: traffic.sent_bytes,
        received_bytes: traffic.received_bytes,
        bytes_per_second: traffic.bytes_per_second(),
    }
}

/// Returns what was exchanged with each server between the figures of `before` and those of `now`, both of
/// [`TrafficMeter::figures`], for servers that were asked at all.
pub fn network_since(
    before: &BTreeMap<String, Traffic>,
    now: BTreeMap<String, Traffic>,
) -> BTreeMap<String, NetworkFigures> {
    let added = now.into_iter().map(|(server, traffic)| {
        let before = before.get(&server).copied().unwrap_or_default();
        (server, traffic.since(&before))
    });
    added
        .filter(|(_, traffic)| traffic.requests > 0)
        .map(|(server, traffic)| (server, figures(traffic)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn only_the_first_request_of_a_retry_is_one() {
        let meter = TrafficMeter::default();
        let tally = |url: &str| meter.tally(&Url::parse(url).unwrap());
        let (first, second) = (
            tally("http://user:pw@a.test/x?key=1"),
            tally("http://b.test:81/"),
        );
        retrying(false, async { first.sent(10) }).await;
        first.failed();
        retrying(true, async {
            second.sent(10);
            second.answered(200);
            second.received(4_000, Duration::from_millis(2));
            second.sent(0);
            second.answered(503);
            second.failed();
        })
        .await;
        let figures = meter.figures();
        let (a, b) = (figures["http://a.test"], figures["http://b.test:81"]);
        assert_eq!(
            (a.requests, a.retries, a.failures, a.sent_bytes),
            (1, 0, 1, 10)
        );
        assert_eq!(
            (b.requests, b.retries, b.failures, b.sent_bytes),
            (2, 1, 1, 10)
        );
        assert_eq!(b.bytes_per_second(), Some(2_000_000.0));
        assert_eq!(a.bytes_per_second(), None);
        assert_eq!(b.since(&b), Traffic::default());
    }

    #[test]
    fn more_servers_than_are_told_apart_are_counted_together() {
        let meter = TrafficMeter::default();
        for n in 0..MOST_SOURCES + 10 {
            let url = Url::parse(&format!("http://server-{n}.test/")).unwrap();
            meter.tally(&url).sent(1);
        }
        let figures = meter.figures();
        assert_eq!(figures.len(), MOST_SOURCES + 1);
        assert_eq!(figures[OTHERS].requests, 10);
    }
}
