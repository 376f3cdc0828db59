//! Fetches one file: has mirrors work side by side until everything is here, verifies it, finds who was wrong, and gives it
//! its name.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use videogen_net::{Admission, Blame, HttpClient, RedactedUrl};
use videogen_types::FailureKind;

use super::answer::Failure;
use super::bandwidth::Bandwidth;
use super::blame::{Remedy, Trial, outvoted};
use super::error::{DownloadError, MirrorFailure};
use super::first_bytes::FirstBytes;
use super::hold::{Hold, hold};
use super::options::{DownloadOptions, DownloadRequest, Downloaded, SourceUse};
use super::part::{Part, PartPaths, Want, make_dir};
use super::probe::probe;
use super::progress::Progress;
use super::roster::{Candidate, Pick, Roster, RosterRules};
use super::shared::{Beginning, Engine, Shared};
use super::source::{Source, WorkerEnd, work};
use super::verify::{Found, digest, follow};
use crate::health::MirrorHealth;
use crate::registry::{CrossCheck, Mirror};
use crate::observer::FetchObserver;

/// How often everybody looks around: whether to steal, to hedge, to start another mirror.
const TICK: Duration = Duration::from_millis(100);
/// What has come is brought to the disk so often, so that little is lost with the power.
const SYNC: Duration = Duration::from_secs(5);
/// Mirrors of one file that are looked at.
const MIRRORS: usize = 1000;

/// Downloads files, each from several mirrors. Clones share connections, what is known of mirrors, and the limit of
/// bandwidth.
#[derive(Debug, Clone)]
pub struct Downloader {
    engine: Arc<Engine>,
}

impl Downloader {
    /// Returns a downloader. The client decides who may be contacted, and how long connecting takes.
    pub fn new(client: HttpClient, health: MirrorHealth, options: DownloadOptions) -> Self {
        let bandwidth = Bandwidth::new(options.bandwidth);
        Self {
            engine: Arc::new(Engine {
                client,
                health,
                options,
                bandwidth,
                first_bytes: FirstBytes::default(),
            }),
        }
    }

    /// Returns what it knows of mirrors.
    pub fn health(&self) -> &MirrorHealth {
        &self.engine.health
    }

    /// Fetches a file: whole, verified, and under its name when this returns. What has the name already and is the file
    /// that is wanted is left, and nothing is fetched. Of several that want the same target, in this process or in others,
    /// one fetches, and the others wait for it.
    ///
    /// # Errors
    /// [`DownloadError`]. What has come stays beside the target, and the next call goes on from there.
    ///
    /// # Cancellation
    /// `cancel` ends it with [`DownloadError::Cancelled`], after what has come was noted. Dropping the future ends it
    /// at once; less than 4 MiB of each connection are fetched again then.
    pub async fn fetch(
        &self,
        request: &DownloadRequest<'_>,
        observer: &dyn FetchObserver,
        cancel: &CancellationToken,
    ) -> Result<Downloaded, DownloadError> {
        if request.mirrors.is_empty() {
            return Err(DownloadError::NoMirrors {
                name: request.name.to_owned(),
            });
        }
        // Dropping this ends the workers, too.
        let cancel = cancel.child_token();
        let guard = cancel.clone().drop_guard();
        let result = Box::pin(self.fetch_held(request, observer, &cancel)).await;
        drop(guard);
        result
    }

    async fn fetch_held(
        &self,
        request: &DownloadRequest<'_>,
        observer: &dyn FetchObserver,
        cancel: &CancellationToken,
    ) -> Result<Downloaded, DownloadError> {
        let want = Want {
            size: request.size,
            sha256: request.sha256,
            cross_check: request.cross_check.cloned(),
        };
        let paths = PartPaths::of(request.target);
        let own = paths.clone();
        blocking(move || make_dir(&own)).await?;
        let patience = self.engine.options.timeout + Duration::from_secs(30);
        let (hold, has_waited) = hold(&paths, patience, cancel).await?;
        if let Some(here) = already(&paths, &want, has_waited).await? {
            return Ok(here);
        }
        let paths = if hold.is_exclusive() {
            paths
        } else {
            PartPaths::of_this_process(request.target)
        };
        let mut fetching = self.begin(request, want, paths, hold, cancel).await?;
        let result = fetching.run(observer).await;
        fetching.end(result).await
    }

    async fn begin(
        &self,
        request: &DownloadRequest<'_>,
        want: Want,
        paths: PartPaths,
        hold: Hold,
        cancel: &CancellationToken,
    ) -> Result<Fetching, DownloadError> {
        let (name, wanted) = (request.name.to_owned(), want.clone());
        let is_exclusive = hold.is_exclusive();
        let (part, kept) = blocking(move || {
            let (part, kept) = Part::open(paths, wanted)?;
            if let Some(size) = kept.size.or(part.want().size) {
                part.reserve(&name, size)?;
            }
            Ok((part, kept))
        })
        .await?;
        let kind = request.target.extension().unwrap_or_default().to_ascii_lowercase();
        let beginning = Beginning {
            name: request.name.to_owned(),
            want,
            part,
            kept,
            roster: Roster::new(Vec::new(), self.rules(true)),
            hold,
            is_html: ["html", "htm", "xhtml"].contains(&&kind[..]),
        };
        let shared = Shared::new(Arc::clone(&self.engine), beginning, cancel.clone());
        let mirrors = &request.mirrors[..request.mirrors.len().min(MIRRORS)];
        Ok(Fetching {
            sources: self.ranked(&shared, mirrors),
            shared,
            trial: Trial::default(),
            tried: BTreeMap::new(),
            workers: 0,
            is_exclusive,
        })
    }

    /// The mirrors, best first, with what tells that one is to be left alone.
    fn ranked(&self, shared: &Shared, mirrors: &[Mirror]) -> Vec<(Source, bool)> {
        let ranked = self.engine.health.rank(mirrors);
        let source = |place: &crate::health::RankedMirror| {
            let mirror = mirrors[place.index].clone();
            let shown = RedactedUrl::new(&mirror.url).to_string();
            let is_blocked = place.is_dead_url || !matches!(place.admission, Admission::Free | Admission::Probe);
            let source = Source {
                index: place.index,
                id: shared.source(&shown),
                shown,
                mirror,
                speed: place.bytes_per_second,
            };
            (source, is_blocked)
        };
        ranked.iter().map(source).collect()
    }

    fn rules(&self, mixes: bool) -> RosterRules {
        let options = &self.engine.options;
        RosterRules {
            per_host: options.per_host,
            at_once: if mixes { options.sources } else { 1 },
            rounds: options.rounds,
            longest_retry_after: options.longest_retry_after,
        }
    }
}

/// Runs what blocks on the disk.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, DownloadError> + Send + 'static,
) -> Result<T, DownloadError> {
    let done = tokio::task::spawn_blocking(work).await;
    // A runtime that ends takes its work along.
    done.unwrap_or(Err(DownloadError::Cancelled))
}

/// What has the target's name, if it is the file that is wanted. What nobody can verify counts only when somebody else has
/// just fetched it.
async fn already(
    paths: &PartPaths,
    want: &Want,
    has_waited: bool,
) -> Result<Option<Downloaded>, DownloadError> {
    if want.sha256.is_none() && !has_waited {
        return Ok(None);
    }
    let (target, want) = (paths.target.clone(), want.clone());
    blocking(move || {
        let Ok(file) = videogen_durable::open_regular(&target) else {
            return Ok(None);
        };
        let len = file.metadata().map_err(DownloadError::file("reading", &target))?.len();
        if want.size.is_some_and(|size| size != len) {
            return Ok(None);
        }
        let (found, size) = digest(&file, want.cross_check.as_ref())
            .map_err(DownloadError::file("reading", &target))?;
        Ok((found.is(&want)).then_some(Downloaded {
            sha256: found.sha256,
            size,
            bytes_received: 0,
            sources: Vec::new(),
        }))
    })
    .await
}

/// One download under way.
struct Fetching {
    shared: Arc<Shared>,
    /// All mirrors, best first, and whether each is left alone.
    sources: Vec<(Source, bool)>,
    trial: Trial,
    tried: BTreeMap<usize, MirrorFailure>,
    /// How many workers there were: each has a number of its own.
    workers: usize,
    is_exclusive: bool,
}

impl Fetching {
    async fn run(&mut self, observer: &dyn FetchObserver) -> Result<Downloaded, DownloadError> {
        loop {
            let found = match self.transfer(observer).await {
                // Nobody else has it, after wrong bytes came.
                Err(DownloadError::Exhausted { .. } | DownloadError::NoProgress { .. }) if self.trial.has_begun() => {
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
        let result = self.attend(&mut workers, &mut syncing, observer).await;
        if result.is_err() {
            self.shared.cancel.cancel();
        }
        self.shared.wake();
        while let Some(end) = workers.join_next().await {
            // What others said while this one ended is not what ended it.
            if let Ok((_, WorkerEnd::Fatal(error))) = end
                && result.is_ok()
            {
                return Err(error);
            }
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
        found.and_then(|found| found).map_err(DownloadError::file("reading", path))
    }

    /// Sets up the order of the mirrors that may supply something.
    fn enlist(&self) {
        let mixes = self.shared.want.has_digest();
        let admitted = self.sources.iter().filter(|(source, _)| self.trial.admits(source.id));
        let candidates = admitted.map(|(source, is_blocked)| Candidate {
            mirror: source.index,
            host: source.mirror.url.origin().ascii_serialization(),
            is_blocked: *is_blocked,
        });
        let downloader = Downloader {
            engine: Arc::clone(&self.shared.engine),
        };
        let roster = Roster::new(candidates.collect(), downloader.rules(mixes));
        self.shared.roster(|own| *own = roster);
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
                return Err(self.no_progress(timeout));
            }
            if synced.elapsed() >= SYNC && syncing.is_empty() {
                synced = Instant::now();
                let shared = Arc::clone(&self.shared);
                syncing.spawn_blocking(move || shared.part.sync(|| shared.kept()));
            }
        }
    }

    /// Starts as many mirrors as may work now.
    fn start(&mut self, workers: &mut JoinSet<(usize, WorkerEnd)>) -> Result<(), DownloadError> {
        loop {
            let now = self.shared.now();
            match self.shared.roster(|roster| roster.pick(now)) {
                Pick::Start(index) => {
                    let found = self.sources.iter().find(|(source, _)| source.index == index);
                    let (source, _) = found.expect("the roster has these mirrors").clone();
                    let worker = self.workers;
                    self.workers += 1;
                    self.shared.join(worker, source.id, source.speed);
                    let shared = Arc::clone(&self.shared);
                    workers.spawn(async move { (index, work(shared, worker, source).await) });
                }
                Pick::Wait(_) => return Ok(()),
                Pick::Exhausted => return Err(self.exhausted()),
            }
        }
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
        let found = self.sources.iter().find(|(source, _)| source.index == index);
        let url = found.map(|(source, _)| source.shown.clone()).unwrap_or_default();
        tracing::debug!(%url, problem = %failure.problem, "a mirror failed");
        let kind = match failure.blame {
            Blame::Slow => FailureKind::Timeout,
            Blame::Wrong => FailureKind::BadOutput,
            _ => FailureKind::Network,
        };
        observer.attempt_failed(kind, &format!("{url}: {}", failure.problem));
        if failure.blame == Blame::Slow {
            observer.warn(format!("{url}: {}", failure.problem));
        }
        let entry = self.tried.entry(index).or_insert_with(|| MirrorFailure {
            url,
            problem: String::new(),
            blame: failure.blame,
            tries: 0,
        });
        entry.tries += 1;
        entry.blame = failure.blame;
        entry.problem.clone_from(&failure.problem);
        if let Some(after) = failure.retry_after {
            entry.problem += &format!(", and wants to be left alone for {} s", after.as_secs());
        }
    }

    fn exhausted(&self) -> DownloadError {
        DownloadError::Exhausted {
            name: self.shared.name.clone(),
            tried: self.tried.values().cloned().collect(),
            here: self.shared.here(),
        }
    }

    fn no_progress(&self, after: Duration) -> DownloadError {
        DownloadError::NoProgress {
            name: self.shared.name.clone(),
            after,
            here: self.shared.here(),
            tried: self.tried.values().cloned().collect(),
        }
    }

    /// The digest is wrong: finds out whose bytes are replaced, and forgets them.
    async fn find_culprit(
        &mut self,
        found: &Found,
        observer: &dyn FetchObserver,
    ) -> Result<(), DownloadError> {
        let spans = self.shared.pieces(|pieces| pieces.done().clone());
        let shares: Vec<(u16, u64)> = spans
            .sources()
            .into_iter()
            .map(|source| (source, spans.bytes_of(source)))
            .collect();
        let mut usable: Vec<u16> = Vec::new();
        let mut others = Vec::new();
        for (source, _) in &self.sources {
            if !usable.contains(&source.id) {
                usable.push(source.id);
                if self.trial.admits(source.id) {
                    others.push(source.clone());
                }
            }
        }
        let samples = if shares.len() > 1 {
            observer.activity("finding out which mirror delivered wrong bytes");
            probe(&self.shared, &spans, &others).await
        } else {
            Vec::new()
        };
        if self.shared.cancel.is_cancelled() {
            return Err(DownloadError::Cancelled);
        }
        let remedy = self.trial.judge(&shares, found.sha256, &outvoted(&samples), &usable);
        tracing::info!(name = %self.shared.name, found = %found.sha256, ?remedy, "the digest is wrong");
        match remedy {
            Remedy::GiveUp { all_agree } => Err(self.wrong(Some(found), all_agree)),
            Remedy::Replace(whose) => {
                let shared = Arc::clone(&self.shared);
                blocking(move || {
                    shared.pieces(|pieces| {
                        for source in whose {
                            pieces.drop_source(source);
                        }
                    });
                    shared.part.retract(&shared.kept())
                })
                .await
            }
        }
    }

    /// Leaves alone who is proved to have been wrong, and says what was found.
    fn wrong(&self, found: Option<&Found>, all_agree: bool) -> DownloadError {
        // Those that agree may well be right.
        let guilty = if all_agree { BTreeSet::new() } else { self.trial.guilty(true) };
        let want = &self.shared.want;
        let weak = match &want.cross_check {
            Some(CrossCheck::Md5(text)) => format!("MD5 {text}"),
            Some(CrossCheck::Sha1(text)) => format!("SHA-1 {text}"),
            None => String::new(),
        };
        DownloadError::WrongDigest {
            name: self.shared.name.clone(),
            wanted: want.sha256.map_or(weak, |digest| digest.to_string()),
            found: found
                .map(|found| found.sha256)
                .or(self.trial.last_found())
                .expect("a wrong digest was found"),
            culprits: self.condemn(&guilty),
            all_agree,
        }
    }

    /// Blocks the hosts of sources that delivered wrong bytes, and returns their addresses.
    fn condemn(&self, guilty: &BTreeSet<u16>) -> Vec<String> {
        for (source, _) in &self.sources {
            if guilty.contains(&source.id) {
                self.shared.engine.health.lease(&source.mirror).wrong_bytes();
            }
        }
        let known = self.shared.sources();
        guilty.iter().filter_map(|id| known.get(usize::from(*id)).cloned()).collect()
    }

    /// The file is right: names who was wrong before, and gives it its name.
    async fn settle(
        &mut self,
        found: &Found,
        observer: &dyn FetchObserver,
    ) -> Result<Downloaded, DownloadError> {
        let want = &self.shared.want;
        if let Some(check) = &want.cross_check
            && !found.agrees_with(Some(check))
        {
            let (kind, wanted) = match check {
                CrossCheck::Md5(text) => ("MD5", text),
                CrossCheck::Sha1(text) => ("SHA-1", text),
            };
            return Err(DownloadError::CrossCheck {
                name: self.shared.name.clone(),
                kind,
                wanted: wanted.clone(),
                found: found.weak.clone().unwrap_or_default(),
            });
        }
        for url in self.condemn(&self.trial.guilty(false)) {
            observer.warn(format!("{url}: it delivered wrong bytes, which were fetched again from elsewhere"));
        }
        let shared = Arc::clone(&self.shared);
        blocking(move || shared.part.publish()).await?;
        let kept = self.shared.kept();
        let mut sources: Vec<SourceUse> = kept
            .spans
            .sources()
            .into_iter()
            .map(|source| SourceUse {
                url: kept.sources.get(usize::from(source)).cloned().unwrap_or_default(),
                bytes: kept.spans.bytes_of(source),
            })
            .collect();
        sources.sort_by_key(|source| std::cmp::Reverse(source.bytes));
        Ok(Downloaded {
            sha256: found.sha256,
            size: kept.spans.bytes(),
            bytes_received: self.shared.received(),
            sources,
        })
    }

    /// Leaves the part so that it can be gone on with, unless it is wrong.
    async fn end(self, result: Result<Downloaded, DownloadError>) -> Result<Downloaded, DownloadError> {
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
