//! One download: has mirrors work side by side until everything is here, and leaves what has come so that it can be gone on
//! with.

mod verdict;

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::Instant;
use videogen_net::Blame;
use videogen_types::FailureKind;

use super::answer::Failure;
use super::blame::Trial;
use super::error::{DownloadError, MirrorFailure};
use super::options::Downloaded;
use super::progress::Progress;
use super::roster::{Candidate, Pick};
use super::shared::Shared;
use super::source::{Source, WorkerEnd, work};
use super::verify::{Found, follow};
use crate::observer::FetchObserver;

/// How often everybody looks around: whether to steal, to hedge, to start another mirror.
const TICK: Duration = Duration::from_millis(100);
/// What has come is brought to the disk so often, so that little is lost with the power.
const SYNC: Duration = Duration::from_secs(5);
/// Mirrors that fail in the same way and are told one by one.
const TOLD: usize = 3;

/// Runs what blocks on the disk.
pub(super) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, DownloadError> + Send + 'static,
) -> Result<T, DownloadError> {
    let done = tokio::task::spawn_blocking(work).await;
    // A runtime that ends takes its work along.
    done.unwrap_or(Err(DownloadError::Cancelled))
}

/// One download under way.
pub(super) struct Fetching {
    shared: Arc<Shared>,
    /// All mirrors, best first, and whether each is left alone.
    sources: Vec<(Source, bool)>,
    trial: Trial,
    tried: BTreeMap<usize, MirrorFailure>,
    /// What was told of which mirrors, without its numbers.
    told: BTreeSet<(String, usize)>,
    /// How many workers there were: each has a number of its own.
    workers: usize,
    is_exclusive: bool,
}

impl Fetching {
    /// A download from these mirrors, best first, each with whether it is left alone. Who is not exclusive uses files that
    /// nobody finds later.
    pub(super) fn new(
        shared: Arc<Shared>,
        sources: Vec<(Source, bool)>,
        is_exclusive: bool,
    ) -> Self {
        Self {
            shared,
            sources,
            trial: Trial::default(),
            tried: BTreeMap::new(),
            told: BTreeSet::new(),
            workers: 0,
            is_exclusive,
        }
    }

    /// Fetches the file, until it has its name.
    pub(super) async fn run(
        &mut self,
        observer: &dyn FetchObserver,
    ) -> Result<Downloaded, DownloadError> {
        loop {
            let found = match self.transfer(observer).await {
                // Nobody else has it, after wrong bytes came.
                Err(DownloadError::Exhausted { .. } | DownloadError::NoProgress { .. })
                    if self.trial.has_begun() =>
                {
                    return Err(self.wrong(None, false));
                }
                other => other?,
            };
            if found.is(&self.shared.want) {
                return self.settle(&found, observer).await;
            }
            self.find_culprit(&found, observer).await?;
        }
    }

    /// Has mirrors work until everything is here, and returns its digests.
    async fn transfer(&mut self, observer: &dyn FetchObserver) -> Result<Found, DownloadError> {
        self.enlist();
        let mut digests = JoinSet::new();
        digests.spawn(follow(Arc::clone(&self.shared)));
        let (mut workers, mut syncing) = (JoinSet::new(), JoinSet::new());
        let mut result = self.attend(&mut workers, &mut syncing, observer).await;
        if result.is_err() {
            self.shared.cancel.cancel();
        }
        self.shared.wake();
        while let Some(end) = workers.join_next().await {
            // What others said while this one ended is not what ended it; but who was silent when everything was, that is.
            match end {
                Ok((_, WorkerEnd::Fatal(error))) if result.is_ok() => return Err(error),
                Ok((index, WorkerEnd::Failed { failure, .. }))
                    if self.shared.silent().is_some() =>
                {
                    self.note(index, &failure, observer);
                }
                _ => {}
            }
        }
        if let Err(DownloadError::NoProgress { tried, .. }) = &mut result {
            *tried = self.tried();
        }
        // Its note would come after whatever is done next.
        while syncing.join_next().await.is_some() {}
        result?;
        let shared = Arc::clone(&self.shared);
        blocking(move || shared.fit()).await?;
        self.shared.wake();
        let path = &self.shared.part.paths.part;
        let found = tokio::select! {
            found = digests.join_next() => found,
            () = self.shared.cancel.cancelled() => return Err(DownloadError::Cancelled),
        };
        let found = found.expect("one was spawned").map_err(io::Error::other);
        found
            .and_then(|found| found)
            .map_err(DownloadError::file("reading", path))
    }

    /// Sets up the order of the mirrors that may supply something.
    fn enlist(&self) {
        let admitted = self
            .sources
            .iter()
            .filter(|(source, _)| self.trial.admits(source.id));
        let candidates = admitted.map(|(source, is_blocked)| Candidate {
            mirror: source.index,
            host: source.mirror.url.origin().ascii_serialization(),
            is_blocked: *is_blocked,
        });
        self.shared
            .roster(|roster| roster.enlist(candidates.collect()));
    }

    /// Starts workers, hears how they end, and tells how far it is, until everything is here.
    async fn attend(
        &mut self,
        workers: &mut JoinSet<(usize, WorkerEnd)>,
        syncing: &mut JoinSet<Result<(), DownloadError>>,
        observer: &dyn FetchObserver,
    ) -> Result<(), DownloadError> {
        let timeout = self.shared.engine.options.timeout;
        let mut progress = Progress::new(self.shared.here());
        let (mut synced, mut moved) = (Instant::now(), Instant::now());
        loop {
            if self.shared.pieces(|pieces| pieces.is_complete()) {
                progress.tell(&self.shared, observer, true);
                return Ok(());
            }
            self.start(workers)?;
            tokio::select! {
                biased;
                () = self.shared.cancel.cancelled() => return Err(DownloadError::Cancelled),
                Some(joined) = workers.join_next() => {
                    // A worker that panicked is a defect, which is not to be passed over.
                    let (index, end) = joined.expect("a worker does not panic");
                    self.ended(index, end, observer)?;
                }
                Some(saved) = syncing.join_next() => saved.unwrap_or(Err(DownloadError::Cancelled))?,
                () = tokio::time::sleep(TICK) => {}
            }
            self.shared.tick();
            if progress.tell(&self.shared, observer, false) {
                moved = Instant::now();
            }
            if moved.elapsed() >= timeout {
                self.shared.give_up(timeout);
                return Err(self.no_progress(timeout));
            }
            if synced.elapsed() >= SYNC && syncing.is_empty() {
                synced = Instant::now();
                let shared = Arc::clone(&self.shared);
                syncing.spawn_blocking(move || shared.part.sync(|| shared.kept()));
            }
        }
    }

    /// Starts as many mirrors as may work now. All of them have joined before the first begins: who thinks it is alone takes
    /// the whole file, and what others steal of that costs what is under way behind each cut.
    fn start(&mut self, workers: &mut JoinSet<(usize, WorkerEnd)>) -> Result<(), DownloadError> {
        let mut joined = Vec::new();
        let result = loop {
            let now = self.shared.now();
            match self.shared.roster(|roster| roster.pick(now)) {
                Pick::Start(index) => {
                    let found = self
                        .sources
                        .iter()
                        .find(|(source, _)| source.index == index);
                    let (source, is_blocked) = found.expect("the roster has these mirrors").clone();
                    let has_failed = is_blocked || self.tried.contains_key(&index);
                    let worker = self.workers;
                    self.workers += 1;
                    self.shared
                        .join(worker, source.id, source.speed, has_failed);
                    joined.push((worker, source));
                }
                Pick::Wait(_) => break Ok(()),
                Pick::Exhausted => break Err(self.exhausted()),
            }
        };
        for (worker, source) in joined {
            let shared = Arc::clone(&self.shared);
            workers.spawn(async move { (source.index, work(shared, worker, source).await) });
        }
        result
    }

    fn ended(
        &mut self,
        index: usize,
        end: WorkerEnd,
        observer: &dyn FetchObserver,
    ) -> Result<(), DownloadError> {
        let now = self.shared.now();
        match end {
            WorkerEnd::Done => self.shared.roster(|roster| roster.ended(index)),
            WorkerEnd::Cancelled => return Err(DownloadError::Cancelled),
            WorkerEnd::Fatal(error) => return Err(error),
            WorkerEnd::Failed { failure, brought } => {
                let how = failure.for_roster(brought);
                self.shared.roster(|roster| {
                    if brought > 0 {
                        roster.works(index);
                    }
                    roster.failed(index, how, now, random());
                });
                self.note(index, &failure, observer);
            }
        }
        Ok(())
    }

    fn note(&mut self, index: usize, failure: &Failure, observer: &dyn FetchObserver) {
        let found = self
            .sources
            .iter()
            .find(|(source, _)| source.index == index);
        let url = found
            .map(|(source, _)| source.shown.clone())
            .unwrap_or_default();
        tracing::debug!(%url, problem = %failure.problem, "a mirror failed");
        let kind = match failure.blame {
            Blame::Slow => FailureKind::Timeout,
            Blame::Wrong => FailureKind::BadOutput,
            _ => FailureKind::Network,
        };
        let entry = self.tried.entry(index).or_insert_with(|| MirrorFailure {
            url,
            problem: String::new(),
            blame: failure.blame,
            tries: 0,
        });
        entry.tries += 1;
        entry.blame = failure.blame;
        let reason = format!("{}: {}", entry.place(), failure.problem);
        let wish = failure
            .retry_after
            .map(|after| format!(", and wants to be left alone for {} s", after.as_secs()));
        entry.problem = format!("{}{}", failure.problem, wish.unwrap_or_default());
        // How many bytes had come is another number each time.
        let what: String = failure
            .problem
            .chars()
            .filter(|c| !c.is_ascii_digit())
            .collect();
        let same = self.told.iter().filter(|(other, _)| *other == what).count();
        if self.told.insert((what, index)) {
            match same {
                0..TOLD => observer.attempt_failed(kind, &reason),
                // The error has all of them, if it comes to that.
                TOLD => observer.attempt_failed(kind, &format!("others: {}", failure.problem)),
                _ => {}
            }
        }
        if failure.blame == Blame::Slow {
            observer.warn(reason);
        }
    }

    /// What became of each mirror, in their order.
    fn tried(&self) -> Vec<MirrorFailure> {
        self.tried.values().cloned().collect()
    }

    fn exhausted(&self) -> DownloadError {
        DownloadError::Exhausted {
            name: self.shared.name.clone(),
            tried: self.tried(),
            here: self.shared.lasting(),
        }
    }

    fn no_progress(&self, after: Duration) -> DownloadError {
        DownloadError::NoProgress {
            name: self.shared.name.clone(),
            after,
            here: self.shared.lasting(),
            tried: self.tried(),
        }
    }

    /// Leaves the part so that it can be gone on with, unless it is wrong.
    pub(super) async fn end(
        self,
        result: Result<Downloaded, DownloadError>,
    ) -> Result<Downloaded, DownloadError> {
        if matches!(result, Err(DownloadError::Cancelled)) {
            // The next one need not find out again what is proved.
            self.condemn(&self.trial.guilty(true));
        }
        let is_wrong = match &result {
            Ok(_) => return result,
            Err(DownloadError::WrongDigest { .. } | DownloadError::CrossCheck { .. }) => true,
            // Nothing could find it again.
            Err(_) => !self.is_exclusive,
        };
        let shared = self.shared;
        let kept = blocking(move || {
            if is_wrong {
                shared.part.discard();
                return Ok(());
            }
            shared.part.sync(|| shared.kept())
        });
        if let Err(error) = kept.await {
            tracing::warn!(%error, "what has come cannot be noted");
        }
        result
    }
}

/// A number of 0..1.
fn random() -> f64 {
    // Without randomness there is no jitter, which is no reason to fail.
    getrandom::u32().map_or(0.5, |bits| f64::from(bits) / f64::from(u32::MAX))
}
