//! One mirror at work: asks for ranges, reads them, watches its pace, and gives up what it does not bring.

mod body;

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant;
use videogen_net::{Deadlines, Error, Redirects, Request, Response};

use super::answer::{self, Answer, Ask, Failure, FailureKind};
use super::error::DownloadError;
use super::part::Validator;
use super::pieces::{Next, Worker};
use super::shared::Shared;
use crate::health::MirrorLease;
use crate::registry::Mirror;

/// How often a download is begun anew because what is there has changed.
const BEGINNINGS: u64 = 5;
/// A mirror, and the numbers by which it is known in a download.
#[derive(Debug, Clone)]
pub(super) struct Source {
    /// Its index in the request.
    pub(super) index: usize,
    pub(super) mirror: Mirror,
    /// What spans name it by.
    pub(super) id: u16,
    /// Its address, as it may be shown.
    pub(super) shown: String,
    /// How fast it was, in bytes a second.
    pub(super) speed: Option<f64>,
}

/// How the work of a mirror ended.
#[derive(Debug)]
pub(super) enum WorkerEnd {
    /// Everything is here.
    Done,
    /// The mirror failed.
    Failed {
        failure: Failure,
        /// What it had brought until then, in bytes.
        brought: u64,
    },
    /// The download cannot go on.
    Fatal(DownloadError),
    Cancelled,
}

/// Why reading stopped.
enum Stop {
    Failed(Failure),
    Fatal(DownloadError),
    Cancelled,
}

/// How a request ended that did not fail.
enum Read {
    /// It brought what was asked for.
    Enough,
    /// Somebody else has brought it.
    Unwanted,
}

impl From<DownloadError> for Stop {
    fn from(error: DownloadError) -> Self {
        if error.is_cancelled() {
            Self::Cancelled
        } else {
            Self::Fatal(error)
        }
    }
}

/// Works until everything is here, or the mirror fails. The worker has joined already.
pub(super) async fn work(shared: Arc<Shared>, worker: Worker, source: Source) -> WorkerEnd {
    let changes = shared.changes();
    let mut reader = Reader {
        shared,
        worker,
        source,
        changes,
        brought: 0,
    };
    let end = reader.run().await;
    reader.shared.leave(worker);
    end
}

struct Reader {
    shared: Arc<Shared>,
    worker: Worker,
    source: Source,
    changes: watch::Receiver<u64>,
    brought: u64,
}

impl Reader {
    async fn run(&mut self) -> WorkerEnd {
        let result = self.begin_alone().await;
        if let Err(stop) = result {
            return self.end(stop);
        }
        loop {
            if self.shared.cancel.is_cancelled() {
                return WorkerEnd::Cancelled;
            }
            self.changes.mark_unchanged();
            let ask = match self.shared.next(self.worker) {
                Next::Done => return WorkerEnd::Done,
                Next::Fetch { from, to, .. } => Ask::Range { from, to },
                Next::Whole => Ask::Whole,
                Next::Wait => {
                    let cancel = self.shared.cancel.clone();
                    tokio::select! {
                        () = cancel.cancelled() => return WorkerEnd::Cancelled,
                        _ = self.changes.changed() => continue,
                    }
                }
            };
            if let Err(stop) = Box::pin(self.fetch(ask)).await {
                return self.end(stop);
            }
        }
    }

    fn end(&self, stop: Stop) -> WorkerEnd {
        match stop {
            Stop::Failed(failure) => WorkerEnd::Failed {
                failure,
                brought: self.brought,
            },
            Stop::Fatal(error) => WorkerEnd::Fatal(error),
            Stop::Cancelled => WorkerEnd::Cancelled,
        }
    }

    /// Without a digest nobody could tell that parts of two mirrors belong together, so this one does not go on with
    /// what another one began.
    async fn begin_alone(&self) -> Result<(), Stop> {
        let others = |pieces: &mut super::pieces::Pieces| {
            pieces
                .done()
                .sources()
                .iter()
                .any(|source| *source != self.source.id)
        };
        if self.shared.want.has_digest() || !self.shared.pieces(others) {
            return Ok(());
        }
        self.begin_anew(self.shared.want.size).await
    }

    async fn begin_anew(&self, size: Option<u64>) -> Result<(), Stop> {
        if self.shared.beginnings() >= BEGINNINGS {
            let problem = "it never came whole: what is there changes, or the answer ends early and cannot be gone on with";
            return Err(Stop::Failed(Failure::unfit(problem)));
        }
        let shared = Arc::clone(&self.shared);
        let begun = tokio::task::spawn_blocking(move || shared.begin_anew(size));
        Ok(begun.await.unwrap_or(Err(DownloadError::Cancelled))?)
    }

    /// Makes one request and reads its answer.
    async fn fetch(&mut self, ask: Ask) -> Result<(), Stop> {
        let mut lease = self.shared.engine.health.lease(&self.source.mirror);
        let mut result = self.ask(ask, &mut lease).await;
        if let (Err(Stop::Cancelled), Some(silent)) = (&result, self.shared.silent()) {
            result = Err(body::silent(silent));
        }
        self.shared.release(self.worker);
        match result {
            Ok(Read::Enough) => lease.succeed(),
            // Nothing is learnt of who was slower.
            Ok(Read::Unwanted) | Err(Stop::Cancelled | Stop::Fatal(_)) => drop(lease),
            Err(Stop::Failed(ref failure)) => failure.tell(lease),
        }
        result.map(|_| ())
    }

    async fn ask(&mut self, ask: Ask, lease: &mut MirrorLease) -> Result<Read, Stop> {
        let cancel = self.shared.cancel.clone();
        tokio::select! {
            biased;
            () = lease.turn(|| ()) => {}
            () = cancel.cancelled() => return Err(Stop::Cancelled),
            () = self.unwanted() => return Ok(Read::Unwanted),
        }
        let begun = Instant::now();
        let request = self.request(ask);
        let shared = Arc::clone(&self.shared);
        let answer = tokio::select! {
            biased;
            answer = shared.engine.client.send(request) => answer,
            () = self.unwanted() => return Ok(Read::Unwanted),
        };
        let mut response = answer.map_err(|error| self.failed(&error))?;
        lease.first_byte(begun.elapsed());
        shared.answered(self.worker, begun.elapsed());
        // What only an earlier answer told may have changed.
        let is_sure = shared.want.size.is_some() || shared.want.has_digest();
        let size = if is_sure { shared.size() } else { None };
        let judged = answer::judge(&response, ask, size, shared.is_html);
        let answer = match judged {
            Ok(answer) => answer,
            Err(failure) => return self.unanswered(failure).await,
        };
        let has_changed =
            answer.total.is_some() && shared.size().is_some_and(|size| Some(size) != answer.total);
        if !is_sure && has_changed && !answer.is_whole {
            self.begin_anew(answer.total).await?;
            return Ok(Read::Unwanted);
        }
        let (at, end) = match ask {
            Ask::Range { from, to } if !answer.is_whole || from == 0 && !has_changed => (from, to),
            Ask::Range { .. } => {
                if !self.takes_whole(answer).await? {
                    return Ok(Read::Enough);
                }
                (0, None)
            }
            Ask::Whole => (0, None),
        };
        if answer.is_whole {
            shared.pieces(|pieces| pieces.does_no_ranges(self.worker));
        }
        self.learn(answer, &response).await?;
        // A whole answer goes on behind the range, if that is free.
        let end = if answer.is_whole {
            shared.size()
        } else {
            end.or_else(|| shared.size())
        };
        self.read(&mut response, at, end, lease).await
    }

    fn request(&self, ask: Ask) -> Request {
        let options = &self.shared.engine.options;
        let most = self.shared.size().unwrap_or(options.largest_unknown);
        let request = Request::get(self.source.mirror.url.clone())
            .redirects(Redirects::AnyHost)
            .any_status()
            .identity()
            .max_body(most)
            .cancel(&self.shared.cancel)
            .deadlines(Deadlines {
                first_byte: options.first_byte,
                // The pace is watched here, more closely.
                stall: 4 * options.stall_window,
                total: Duration::MAX,
            });
        let Ask::Range { from, to } = ask else {
            return request;
        };
        let request = request.range(from, to);
        match self.shared.validator() {
            Some(Validator { source, text }) if source == self.source.id && from > 0 => {
                request.header("if-range", text)
            }
            _ => request,
        }
    }

    /// Whether everything, which came instead of a part, is of use: where nobody else can give parts.
    async fn takes_whole(&self, answer: Answer) -> Result<bool, Stop> {
        let shared = &self.shared;
        shared.pieces(|pieces| pieces.does_no_ranges(self.worker));
        shared.release(self.worker);
        if !shared.want.has_digest() {
            // It may be another file than the one that was begun.
            self.begin_anew(shared.want.size.or(answer.total)).await?;
        }
        Ok(shared.next(self.worker) == Next::Whole)
    }

    /// Takes what an answer says about the whole.
    async fn learn(&self, answer: Answer, response: &Response) -> Result<(), Stop> {
        let shared = &self.shared;
        if !shared.want.has_digest() && shared.validator().is_none() {
            let text = response
                .strong_etag()
                .or_else(|| response.header("last-modified"));
            shared.set_validator(text.map(|text| Validator {
                source: self.source.id,
                text: text.to_owned(),
            }));
        }
        let (None, Some(total)) = (shared.size(), answer.total) else {
            return Ok(());
        };
        if total > shared.engine.options.largest_unknown {
            return Err(Stop::Fatal(self.too_large()));
        }
        if !shared.pieces(|pieces| pieces.learn(total)) {
            return Err(Stop::Failed(Failure::unfit(format!(
                "the server has {total} bytes, and more have come already"
            ))));
        }
        let own = Arc::clone(shared);
        let reserved = tokio::task::spawn_blocking(move || own.part.reserve(&own.name, total));
        reserved.await.unwrap_or(Err(DownloadError::Cancelled))?;
        shared.wake();
        Ok(())
    }

    fn too_large(&self) -> DownloadError {
        DownloadError::TooLarge {
            name: self.shared.name.clone(),
            limit: self.shared.engine.options.largest_unknown,
        }
    }

    /// An answer that brings nothing. A size that only an earlier answer told is learnt anew.
    async fn unanswered(&self, failure: Failure) -> Result<Read, Stop> {
        let shared = &self.shared;
        let FailureKind::BehindEnd(total) = failure.kind else {
            return Err(Stop::Failed(failure));
        };
        let is_known = shared.want.size.is_some();
        match total {
            Some(0) if shared.size().is_none() && shared.pieces(|pieces| pieces.learn(0)) => {
                shared.wake();
                Ok(Read::Enough)
            }
            Some(total)
                if !is_known && !shared.want.has_digest() && shared.size() != Some(total) =>
            {
                self.begin_anew(Some(total)).await?;
                Ok(Read::Unwanted)
            }
            _ => Err(Stop::Failed(failure)),
        }
    }

    fn failed(&self, error: &Error) -> Stop {
        match error {
            Error::Cancelled { .. } => Stop::Cancelled,
            Error::TooLarge { what: "answer", .. } if self.shared.size().is_none() => {
                Stop::Fatal(self.too_large())
            }
            error => Stop::Failed(Failure::of(error, &self.source.shown)),
        }
    }

    /// Returns when what this worker fetches is of no use any more.
    async fn unwanted(&mut self) {
        loop {
            if !self.shared.pieces(|pieces| pieces.is_wanted(self.worker)) {
                return;
            }
            if self.changes.changed().await.is_err() {
                return;
            }
        }
    }
}
