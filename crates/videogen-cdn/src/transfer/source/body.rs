//! The body of an answer: read at the pace it comes, passed on to the disk, and given up when it is too slow.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, timeout};
use videogen_net::{Blame, Response};

use super::super::answer::{Failure, FailureKind};
use super::super::sink::{BATCH_AFTER, Sink};
use super::super::stall::{Pace, StallWatch};
use super::{Read, Reader, Stop};
use crate::health::MirrorLease;

/// An answer that ends before its range does is an answer when it brought so much: some servers send no more at once.
const SHORT: u64 = 64 << 10;
/// Speeds are told in samples of this length.
const TOLD: Duration = Duration::from_millis(200);

impl Reader {
    /// Reads the body, which begins at `at` and ends before `end`, where that is known.
    pub(super) async fn read(
        &mut self,
        response: &mut Response,
        at: u64,
        end: Option<u64>,
        lease: &mut MirrorLease,
    ) -> Result<Read, Stop> {
        let mut sink = Sink::new(Arc::clone(&self.shared), self.worker, self.source.id);
        let read = self.read_to(&mut sink, response, at, end, lease).await;
        // What has come stays, however it ended.
        sink.finish().await?;
        read
    }

    async fn read_to(
        &mut self,
        sink: &mut Sink,
        response: &mut Response,
        mut at: u64,
        end: Option<u64>,
        lease: &mut MirrorLease,
    ) -> Result<Read, Stop> {
        let shared = Arc::clone(&self.shared);
        let rules = shared.engine.options.stall_rules();
        let mut watch = StallWatch::new(rules, lease.expected_speed());
        let mut speed = Speed::new(!shared.engine.bandwidth.is_limited());
        let mut received = 0;
        loop {
            let begun = Instant::now();
            let patience = if sink.is_holding() {
                watch.patience().min(BATCH_AFTER)
            } else {
                watch.patience()
            };
            let piece = tokio::select! {
                biased;
                piece = timeout(patience, response.chunk()) => piece,
                () = self.unwanted() => {
                    speed.tell(lease);
                    // It lost, and shows nothing: that is worth knowing.
                    return if watch.silent() >= rules.window { Err(silent(watch.silent())) } else { Ok(Read::Unwanted) };
                }
            };
            let waited = begun.elapsed();
            let pace = match piece {
                Err(_) => watch.observe(0, waited, shared.best_other(self.worker)),
                Ok(Err(error)) => {
                    speed.tell(lease);
                    return Err(self.failed(&error));
                }
                Ok(Ok(None)) => {
                    speed.tell(lease);
                    return self.ended(received, at, end);
                }
                Ok(Ok(Some(bytes))) => {
                    let n = bytes.len() as u64;
                    received += n;
                    speed.add(n, lease);
                    if end.is_some_and(|end| at + n > end) {
                        return Err(Stop::Failed(Failure::unfit(
                            "more bytes came than were asked for",
                        )));
                    }
                    let (claim, best) = shared.claim(self.worker, n);
                    for range in claim.write {
                        self.brought += range.end - range.start;
                        let slice = (range.start - at) as usize..(range.end - at) as usize;
                        sink.push(range.start, bytes.slice(slice));
                    }
                    at += n;
                    if claim.is_over {
                        speed.tell(lease);
                        return Ok(Read::Enough);
                    }
                    self.hold_back(n).await?;
                    watch.observe(n, waited, best)
                }
            };
            sink.pass_on().await?;
            self.judge(pace, &watch)?;
        }
    }

    /// The body has ended.
    fn ended(&self, received: u64, at: u64, end: Option<u64>) -> Result<Read, Stop> {
        if end.is_none() && self.shared.size().is_none() {
            let known = self.shared.pieces(|pieces| pieces.end_here(self.worker));
            self.shared.wake();
            return match known {
                Some(_) => Ok(Read::Enough),
                None => Ok(Read::Unwanted),
            };
        }
        let is_whole = end.is_some_and(|end| at >= end);
        if is_whole || received >= SHORT {
            return Ok(Read::Enough);
        }
        Err(Stop::Failed(Failure::passing(format!(
            "the answer ended after {received} bytes"
        ))))
    }

    fn judge(&self, pace: Pace, watch: &StallWatch) -> Result<(), Stop> {
        match pace {
            Pace::Frozen => Err(silent(watch.silent())),
            // Slow beats failing.
            Pace::Slow if self.shared.has_another(self.worker, self.source.index) => {
                let problem = "it is too slow: others go on with what it had";
                Err(Stop::Failed(Failure::new(
                    FailureKind::Slow,
                    Blame::Slow,
                    problem,
                )))
            }
            Pace::Slow | Pace::Fine => Ok(()),
        }
    }

    /// Waits where the limit of all downloads says so.
    async fn hold_back(&mut self, bytes: u64) -> Result<(), Stop> {
        let pause = self.shared.engine.bandwidth.take(bytes);
        if pause.is_zero() {
            return Ok(());
        }
        let cancel = self.shared.cancel.clone();
        tokio::select! {
            () = cancel.cancelled() => Err(Stop::Cancelled),
            () = tokio::time::sleep(pause) => Ok(()),
            () = self.unwanted() => Ok(()),
        }
    }
}

/// What it is that nothing came.
pub(super) fn silent(silent: Duration) -> Stop {
    Stop::Failed(Failure::passing(format!(
        "nothing more came for {:.1} s",
        silent.as_secs_f64()
    )))
}

/// What a lease is told about the speed, in samples that are long enough to be cheap.
struct Speed {
    is_told: bool,
    since: Instant,
    bytes: u64,
}

impl Speed {
    fn new(is_told: bool) -> Self {
        Self {
            is_told,
            since: Instant::now(),
            bytes: 0,
        }
    }

    fn add(&mut self, bytes: u64, lease: &mut MirrorLease) {
        self.bytes += bytes;
        if self.since.elapsed() >= TOLD {
            self.tell(lease);
        }
    }

    fn tell(&mut self, lease: &mut MirrorLease) {
        // What we hold back ourselves says nothing about the mirror.
        if self.is_told {
            lease.received(self.bytes, self.since.elapsed());
        }
        (self.since, self.bytes) = (Instant::now(), 0);
    }
}
