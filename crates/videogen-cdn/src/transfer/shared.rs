//! What the workers of one download share: the pieces, the order of mirrors, what each does, and the part on the disk.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::{Notify, watch};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use videogen_net::HttpClient;

use super::bandwidth::Bandwidth;
use super::error::DownloadError;
use super::first_bytes::FirstBytes;
use super::hold::Hold;
use super::options::DownloadOptions;
use super::part::{Kept, Part, Validator, Want};
use super::pieces::{Claim, Estimate, Next, Pieces, Worker};
use super::rate::Rate;
use super::roster::{Roster, RosterRules};
use super::verify::Running;
use crate::health::MirrorHealth;

/// A note is saved when a worker has written so much since. With what it has received and not written, less than 4 MiB are
/// lost with the process.
const SAVE_EVERY: u64 = 2 << 20;

/// Everything that does not belong to one download.
#[derive(Debug)]
pub(super) struct Engine {
    pub(super) client: HttpClient,
    pub(super) health: MirrorHealth,
    pub(super) options: DownloadOptions,
    pub(super) bandwidth: Bandwidth,
    pub(super) first_bytes: FirstBytes,
}

/// One download.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) engine: Arc<Engine>,
    pub(super) name: String,
    pub(super) want: Want,
    pub(super) part: Part,
    pub(super) digests: Running,
    /// Whether pages for people are what is wanted.
    pub(super) is_html: bool,
    pub(super) cancel: CancellationToken,
    /// More of the part can be digested.
    pub(super) grown: Notify,
    state: Mutex<State>,
    changed: watch::Sender<u64>,
    begun: Instant,
    /// Until the last of who may still write is gone.
    _hold: Hold,
}

#[derive(Debug)]
struct State {
    pieces: Pieces,
    roster: Roster,
    sources: Vec<String>,
    validator: Option<Validator>,
    workers: BTreeMap<Worker, Working>,
    /// How long nothing came, when that ended the download.
    silent: Option<Duration>,
    /// How often it was begun anew.
    beginnings: u64,
    received: u64,
}

/// What a worker does.
#[derive(Debug)]
struct Working {
    rate: Rate,
    first_byte: Option<f64>,
    is_reading: bool,
    /// Written and in no note yet.
    unsaved: u64,
}

/// What a download begins with.
#[derive(Debug)]
pub(super) struct Beginning {
    pub(super) name: String,
    pub(super) want: Want,
    pub(super) part: Part,
    pub(super) kept: Kept,
    pub(super) hold: Hold,
    pub(super) is_html: bool,
}

impl Shared {
    pub(super) fn new(
        engine: Arc<Engine>,
        beginning: Beginning,
        cancel: CancellationToken,
    ) -> Arc<Self> {
        let Beginning {
            name,
            want,
            part,
            kept,
            hold,
            is_html,
        } = beginning;
        let options = &engine.options;
        let rules = RosterRules {
            per_host: options.per_host,
            // Parts of several could not be told to belong together.
            at_once: if want.has_digest() {
                options.sources
            } else {
                1
            },
            keeps_to_one: !want.has_digest(),
            rounds: options.rounds,
            longest_retry_after: options.longest_retry_after,
        };
        let hedge_after = engine.first_bytes.patience(options.hedge_after);
        let state = State {
            pieces: Pieces::new(kept.size.or(want.size), kept.spans, hedge_after),
            roster: Roster::new(rules),
            sources: kept.sources,
            validator: kept.validator,
            workers: BTreeMap::new(),
            silent: None,
            beginnings: 0,
            received: 0,
        };
        let shared = Self {
            engine,
            digests: Running::new(want.cross_check.as_ref()),
            name,
            want,
            part,
            is_html,
            cancel,
            grown: Notify::new(),
            state: Mutex::new(state),
            changed: watch::Sender::new(0),
            begun: Instant::now(),
            _hold: hold,
        };
        Arc::new(shared)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // What panics in the middle is a defect of the pure parts, whose state is checked by their own tests.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The time since the download began: what the pure parts count in.
    pub(super) fn now(&self) -> Duration {
        self.begun.elapsed()
    }

    /// Wakes everybody who waits for something to change.
    pub(super) fn wake(&self) {
        self.changed.send_modify(|count| *count += 1);
        self.grown.notify_waiters();
    }

    pub(super) fn changes(&self) -> watch::Receiver<u64> {
        self.changed.subscribe()
    }

    /// Does something with the order of the mirrors.
    pub(super) fn roster<T>(&self, what: impl FnOnce(&mut Roster) -> T) -> T {
        what(&mut self.lock().roster)
    }

    /// Does something with the pieces.
    pub(super) fn pieces<T>(&self, what: impl FnOnce(&mut Pieces) -> T) -> T {
        what(&mut self.lock().pieces)
    }

    /// Returns the number that spans name an address by.
    pub(super) fn source(&self, url: &str) -> u16 {
        let mut state = self.lock();
        let known = state.sources.iter().position(|known| known == url);
        let index = known.unwrap_or_else(|| {
            state.sources.push(url.to_owned());
            state.sources.len() - 1
        });
        // A request has 1000 mirrors at most, and a note no more than that.
        u16::try_from(index).unwrap_or(u16::MAX)
    }

    pub(super) fn sources(&self) -> Vec<String> {
        self.lock().sources.clone()
    }

    /// How often the part was begun anew.
    pub(super) fn beginnings(&self) -> u64 {
        self.lock().beginnings
    }

    /// How much of the part is here without a gap, and whether that is all.
    pub(super) fn prefix(&self) -> (u64, bool) {
        let state = self.lock();
        (state.pieces.done().prefix(), state.pieces.is_complete())
    }

    pub(super) fn size(&self) -> Option<u64> {
        self.lock().pieces.size()
    }

    pub(super) fn here(&self) -> u64 {
        self.lock().pieces.done().bytes()
    }

    /// How many bytes the next call goes on from, if this one ends now: none where nothing tells whether a mirror still has
    /// the same file.
    pub(super) fn lasting(&self) -> u64 {
        let state = self.lock();
        if self.want.has_digest() || state.validator.is_some() {
            state.pieces.done().bytes()
        } else {
            0
        }
    }

    pub(super) fn received(&self) -> u64 {
        self.lock().received
    }

    /// Counts bytes that came for no worker.
    pub(super) fn count(&self, bytes: u64) {
        self.lock().received += bytes;
    }

    /// Sees that the part is as long as the file, once that is known. Blocks on the disk.
    pub(super) fn fit(&self) -> Result<(), DownloadError> {
        match self.size() {
            Some(size) => self.part.fit(size),
            None => Ok(()),
        }
    }

    /// Notes that the download ends because nothing came for so long: that is the fault of who is waited for.
    pub(super) fn give_up(&self, silent: Duration) {
        self.lock().silent = Some(silent);
    }

    /// How long nothing came, when that ended the download.
    pub(super) fn silent(&self) -> Option<Duration> {
        self.lock().silent
    }

    /// What a note says.
    pub(super) fn kept(&self) -> Kept {
        let state = self.lock();
        Kept {
            size: state.pieces.size(),
            spans: state.pieces.done().clone(),
            sources: state.sources.clone(),
            validator: state.validator.clone(),
        }
    }

    /// Begins anew: what is here does not belong to what comes.
    pub(super) fn begin_anew(&self, size: Option<u64>) -> Result<(), DownloadError> {
        {
            let mut state = self.lock();
            state.pieces.reset(size);
            state.beginnings += 1;
            state.validator = None;
        }
        self.digests.reset(self.want.cross_check.as_ref());
        self.part.retract(&self.kept())
    }

    /// Forgets what these sources supplied. Blocks on the disk.
    pub(super) fn forget(&self, sources: &[u16]) -> Result<(), DownloadError> {
        {
            let mut state = self.lock();
            for source in sources {
                state.pieces.drop_source(*source);
            }
            state.beginnings += 1;
            if self.want.size.is_none() && state.pieces.done().bytes() == 0 {
                // It was told by who was wrong.
                state.pieces.reset(None);
            }
        }
        self.digests.reset(self.want.cross_check.as_ref());
        self.part.retract(&self.kept())
    }

    pub(super) fn validator(&self) -> Option<Validator> {
        self.lock().validator.clone()
    }

    pub(super) fn set_validator(&self, validator: Option<Validator>) {
        self.lock().validator = validator;
    }

    /// A worker begins to take part.
    pub(super) fn join(&self, worker: Worker, source: u16, speed: Option<f64>, has_failed: bool) {
        let mut state = self.lock();
        let working = Working {
            rate: Rate::expecting(speed),
            first_byte: None,
            is_reading: false,
            unsaved: 0,
        };
        state.workers.insert(worker, working);
        let estimate = Estimate {
            speed,
            first_byte: None,
        };
        state.pieces.join(worker, source, estimate, true);
        if has_failed {
            state.pieces.probe(worker);
        }
    }

    /// A worker takes part no more.
    pub(super) fn leave(&self, worker: Worker) {
        let mut state = self.lock();
        state.pieces.leave(worker);
        state.workers.remove(&worker);
        drop(state);
        self.wake();
    }

    /// Decides what a worker does next.
    pub(super) fn next(&self, worker: Worker) -> Next {
        let now = self.now();
        let mut state = self.lock();
        state.estimate(now);
        let next = state.pieces.next(worker, now);
        if matches!(next, Next::Fetch { .. } | Next::Whole)
            && let Some(working) = state.workers.get_mut(&worker)
        {
            working.rate.begin(now);
            working.is_reading = true;
        }
        next
    }

    /// A worker reads no more; what is left of its range is free.
    pub(super) fn release(&self, worker: Worker) {
        let now = self.now();
        let mut state = self.lock();
        state.pieces.release(worker);
        if let Some(working) = state.workers.get_mut(&worker) {
            working.rate.pause(now);
            working.is_reading = false;
        }
        drop(state);
        self.wake();
    }

    pub(super) fn answered(&self, worker: Worker, after: Duration) {
        self.engine.first_bytes.add(after);
        let mut state = self.lock();
        if let Some(working) = state.workers.get_mut(&worker) {
            working.first_byte = Some(after.as_secs_f64());
        }
    }

    /// A worker received bytes. Returns what of them to write, and the speed of the best other one.
    pub(super) fn claim(&self, worker: Worker, bytes: u64) -> (Claim, Option<f64>) {
        let now = self.now();
        let mut state = self.lock();
        state.received += bytes;
        if let Some(working) = state.workers.get_mut(&worker) {
            working.rate.add(bytes);
        }
        let claim = state.pieces.claim(worker, bytes);
        let best = state.best_other(worker, now);
        (claim, best)
    }

    pub(super) fn best_other(&self, worker: Worker) -> Option<f64> {
        let now = self.now();
        self.lock().best_other(worker, now)
    }

    /// Whether somebody else can go on with what a worker has.
    pub(super) fn has_another(&self, worker: Worker, mirror: usize) -> bool {
        let state = self.lock();
        state.pieces.has_another(worker)
            || self.want.has_digest() && state.roster.has_another(mirror)
    }

    /// Brings what is expected of each worker up to date.
    pub(super) fn tick(&self) {
        let now = self.now();
        self.lock().estimate(now);
        self.wake();
    }

    /// Writes what a worker claimed, and notes it now and then. Blocks on the disk.
    pub(super) fn write(
        &self,
        worker: Worker,
        source: u16,
        batch: &[(u64, Bytes)],
    ) -> Result<(), DownloadError> {
        for (at, bytes) in batch {
            self.part
                .write_at(bytes, *at)
                .map_err(DownloadError::file("writing", &self.part.paths.part))?;
        }
        let (is_complete, due, here) = {
            let mut state = self.lock();
            let mut written = 0;
            for (at, bytes) in batch {
                let range: Range<u64> = *at..*at + bytes.len() as u64;
                written += bytes.len() as u64;
                state.pieces.wrote(source, range);
            }
            let unsaved = state.workers.get_mut(&worker).map_or(0, |working| {
                working.unsaved += written;
                working.unsaved
            });
            let pieces = &state.pieces;
            (
                pieces.is_complete(),
                unsaved >= SAVE_EVERY,
                pieces.done().bytes(),
            )
        };
        self.digests.absorb(batch);
        self.grown.notify_waiters();
        if is_complete {
            self.wake();
        } else if due {
            self.part.save(here, || self.kept())?;
            if let Some(working) = self.lock().workers.get_mut(&worker) {
                working.unsaved = 0;
            }
        }
        Ok(())
    }
}

impl State {
    fn estimate(&mut self, now: Duration) {
        for (&worker, working) in &mut self.workers {
            let estimate = Estimate {
                speed: working.rate.at(now),
                first_byte: working.first_byte,
            };
            self.pieces.expect(worker, estimate);
        }
    }

    fn best_other(&mut self, worker: Worker, now: Duration) -> Option<f64> {
        let others = self
            .workers
            .iter_mut()
            .filter(|(other, working)| **other != worker && working.is_reading);
        others
            .filter_map(|(_, working)| working.rate.at(now))
            .reduce(f64::max)
    }
}
