//! Fetches several assets at a time, and tells how it goes.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use tokio::sync::Semaphore;
use tokio::task::{JoinHandle, JoinSet};
use tokio_util::sync::CancellationToken;
use videogen_cdn::{Asset, AssetSource, Installed, SourceError, credit_line};
use videogen_net::TrafficMeter;
use videogen_text::chain;
use videogen_types::FetchEvent;

use super::usable::{Purpose, usable};
use crate::report::fetch::{FetchReport, Watch};

/// Assets that are fetched at the same time. Each may have several mirrors; more would share the same line.
const AT_A_TIME: usize = 4;
/// After an interruption the transfers get so long to keep what has come.
const LAST_WORDS: Duration = Duration::from_millis(700);

/// What is to be fetched.
#[derive(Debug)]
pub(crate) struct FetchJob {
    pub(crate) source: Arc<dyn AssetSource>,
    pub(crate) assets: Vec<Asset>,
    /// How many were here already.
    pub(crate) reused: u32,
    pub(crate) report: Arc<dyn FetchReport>,
    /// What is counted of the requests.
    pub(crate) traffic: TrafficMeter,
    /// When nothing has come by then, nothing will.
    pub(crate) first_byte_within: Option<Duration>,
    pub(crate) cancel: CancellationToken,
}

/// What became of it.
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    /// What was fetched, in the order in which it came.
    pub(crate) installed: Vec<Installed>,
    /// Assets that could not be had.
    pub(crate) failed: u32,
    /// Assets that were not fetched because somebody interrupted.
    pub(crate) not_done: u32,
    /// Whether it was given up because nothing had come in time.
    pub(crate) nothing_came: bool,
}

impl FetchJob {
    /// Fetches all of it. One that fails does not keep the others from coming. After the token has fired it ends within a
    /// second, and what has come stays.
    pub(crate) async fn run(self) -> Outcome {
        let begun = Instant::now();
        let before = received(&self.traffic);
        let stop = self.cancel.child_token();
        let is_busy = Arc::new(AtomicBool::new(false));
        let too_late = self.give_up_after(before, stop.clone(), Arc::clone(&is_busy));
        let all = self.assets.len() as u32;
        let mut running = self.start(&stop, &is_busy);
        let mut outcome = Outcome::default();
        let mut left = all;
        let last_words = async {
            stop.cancelled().await;
            tokio::time::sleep(LAST_WORDS).await;
        };
        tokio::pin!(last_words);
        loop {
            tokio::select! {
                ended = running.join_next() => match ended {
                    None => break,
                    Some(Err(ended)) if ended.is_panic() => std::panic::resume_unwind(ended.into_panic()),
                    Some(Err(_)) => {}
                    Some(Ok(result)) => {
                        left -= 1;
                        outcome.take(result, &*self.report);
                    }
                },
                () = &mut last_words => break,
            }
        }
        running.abort_all();
        stop.cancel();
        outcome.nothing_came = too_late.await.unwrap_or_default() && !self.cancel.is_cancelled();
        outcome.not_done += left;
        if outcome.nothing_came {
            // It was nobody's wish.
            outcome.failed += std::mem::take(&mut outcome.not_done);
        }
        self.report.event(&outcome.finished(
            self.reused,
            received(&self.traffic) - before,
            begun.elapsed(),
        ));
        outcome
    }

    fn start(
        &self,
        stop: &CancellationToken,
        is_busy: &Arc<AtomicBool>,
    ) -> JoinSet<Result<Fetched, Missed>> {
        let (mut running, places) = (JoinSet::new(), Arc::new(Semaphore::new(AT_A_TIME)));
        for asset in self.assets.iter().cloned() {
            let (source, places) = (Arc::clone(&self.source), Arc::clone(&places));
            let (report, stop) = (Arc::clone(&self.report), stop.clone());
            let is_busy = Arc::clone(is_busy);
            running.spawn(async move {
                let _place = places.acquire_owned().await;
                let begun = Instant::now();
                if stop.is_cancelled() {
                    return Err(Missed {
                        asset,
                        error: SourceError::Cancelled,
                    });
                }
                let watch = Watch::new(asset.id.as_str(), report).noting(is_busy);
                let fetched = match source.fetch(&asset.id, &watch, &stop).await {
                    Ok(installed) => usable(installed, Purpose::Keep, &*source).await,
                    Err(error) => Err(error),
                };
                match fetched {
                    Ok(installed) => Ok(Fetched {
                        installed,
                        took: begun.elapsed(),
                    }),
                    Err(error) => Err(Missed { asset, error }),
                }
            });
        }
        running
    }

    /// Stops everything when no byte has come by the time, unless another process is waited for: then it is not the network
    /// that lets nothing come. Returns whether it was so.
    fn give_up_after(
        &self,
        before: u64,
        stop: CancellationToken,
        is_busy: Arc<AtomicBool>,
    ) -> JoinHandle<bool> {
        let (within, traffic) = (self.first_byte_within, self.traffic.clone());
        tokio::spawn(async move {
            let Some(within) = within else { return false };
            tokio::select! {
                () = stop.cancelled() => false,
                () = tokio::time::sleep(within) => {
                    let has_come = received(&traffic) > before || is_busy.load(Ordering::Relaxed);
                    if !has_come {
                        stop.cancel();
                    }
                    !has_come
                }
            }
        })
    }
}

/// Bytes of answers that came.
fn received(traffic: &TrafficMeter) -> u64 {
    let figures = traffic.figures();
    figures.values().map(|source| source.received_bytes).sum()
}

struct Fetched {
    installed: Installed,
    took: Duration,
}

struct Missed {
    asset: Asset,
    error: SourceError,
}

impl Outcome {
    /// The last event.
    pub(crate) fn finished(&self, reused: u32, bytes: u64, took: Duration) -> FetchEvent {
        FetchEvent::FetchFinished {
            installed: self.installed.len() as u32,
            reused,
            failed: self.failed,
            not_done: self.not_done,
            bytes,
            seconds: took.as_secs_f64(),
        }
    }

    fn take(&mut self, result: Result<Fetched, Missed>, report: &dyn FetchReport) {
        match result {
            Ok(Fetched { installed, took }) => {
                report.event(&FetchEvent::AssetInstalled {
                    asset: installed.asset.id.to_string(),
                    files: installed.files.clone(),
                    reused: false,
                    credit: credit_line(&installed.asset),
                    seconds: took.as_secs_f64(),
                });
                self.installed.push(installed);
            }
            Err(Missed {
                error: SourceError::Cancelled,
                ..
            }) => self.not_done += 1,
            Err(Missed { asset, error }) => {
                self.failed += 1;
                report.event(&FetchEvent::AssetFailed {
                    asset: asset.id.to_string(),
                    message: chain(&error),
                    hint: hint(&error),
                });
            }
        }
    }
}

/// What to do about it.
fn hint(error: &SourceError) -> Option<String> {
    error.help().as_ref().map(crate::hint::text)
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use camino::Utf8Path;
    use videogen_cdn::{AssetKind, FakeAssetSource};

    use super::*;

    #[derive(Default)]
    struct Kept(Mutex<Vec<FetchEvent>>);

    impl FetchReport for Kept {
        fn event(&self, event: &FetchEvent) {
            self.0.lock().expect("not poisoned").push(event.clone());
        }
    }

    /// A source of six songs.
    fn songs(dir: &Utf8Path) -> FakeAssetSource {
        let names = ["a", "b", "c", "d", "e", "f"];
        names
            .iter()
            .fold(FakeAssetSource::new(dir), |source, name| {
                source.with(
                    name,
                    AssetKind::Music,
                    &["nature"],
                    &[("song.mp3", b"la la")],
                )
            })
    }

    fn job(source: FakeAssetSource, within: Option<Duration>) -> (FetchJob, Arc<Kept>) {
        let (source, report) = (Arc::new(source), Arc::new(Kept::default()));
        let job = FetchJob {
            assets: source.assets(AssetKind::Music),
            source,
            reused: 0,
            report: Arc::clone(&report) as _,
            traffic: TrafficMeter::default(),
            first_byte_within: within,
            cancel: CancellationToken::new(),
        };
        (job, report)
    }

    fn last(report: &Kept) -> FetchEvent {
        let events = report.0.lock().expect("not poisoned");
        events.last().expect("there are some").clone()
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn one_that_fails_does_not_keep_the_others_from_coming() {
        let dir = camino_tempfile::tempdir().expect("a temporary directory");
        let (job, report) = job(songs(dir.path()).failing("c", usize::MAX), None);
        let outcome = job.run().await;
        assert_eq!((outcome.installed.len(), outcome.failed), (5, 1));
        assert_eq!((outcome.not_done, outcome.nothing_came), (0, false));
        assert!(matches!(
            last(&report),
            FetchEvent::FetchFinished {
                installed: 5,
                failed: 1,
                not_done: 0,
                ..
            }
        ));
        let events = report.0.lock().expect("not poisoned");
        let failed = events.iter().filter_map(|event| match event {
            FetchEvent::AssetFailed { asset, .. } => Some(asset.as_str()),
            _ => None,
        });
        assert_eq!(failed.collect::<Vec<_>>(), ["c"]);
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn an_interruption_ends_it_whatever_it_waits_for() {
        let dir = camino_tempfile::tempdir().expect("a temporary directory");
        let (job, report) = job(songs(dir.path()).pausing(Duration::from_hours(1)), None);
        let cancel = job.cancel.clone();
        let running = tokio::spawn(job.run());
        tokio::time::sleep(Duration::from_millis(50)).await;
        cancel.cancel();
        let ended = tokio::time::timeout(Duration::from_secs(20), running).await;
        let outcome = ended.expect("it ends").expect("it does not panic");
        assert_eq!((outcome.not_done, outcome.failed), (6, 0));
        assert!(outcome.installed.is_empty() && !outcome.nothing_came);
        assert!(matches!(
            last(&report),
            FetchEvent::FetchFinished { not_done: 6, .. }
        ));
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn it_is_given_up_when_nothing_has_come_in_time() {
        let dir = camino_tempfile::tempdir().expect("a temporary directory");
        let source = songs(dir.path()).pausing(Duration::from_hours(1));
        let (job, report) = job(source, Some(Duration::from_millis(50)));
        let ended = tokio::time::timeout(Duration::from_secs(20), job.run()).await;
        let outcome = ended.expect("it ends");
        assert!(outcome.nothing_came);
        assert_eq!((outcome.not_done, outcome.failed), (0, 6));
        assert!(matches!(
            last(&report),
            FetchEvent::FetchFinished { failed: 6, .. }
        ));
        // What is quick is not waited for.
        let (job, _) = self::job(songs(dir.path()), Some(Duration::from_hours(1)));
        let ended = tokio::time::timeout(Duration::from_secs(20), job.run()).await;
        assert_eq!(ended.expect("it ends").installed.len(), 6);
    }
}
