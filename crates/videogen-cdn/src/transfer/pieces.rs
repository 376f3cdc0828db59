//! Who fetches which bytes of a file: ranges, work stealing, and one hedge at the end; pure.
//!
//! A worker is one connection to one mirror. It takes a long range and can be cut short: who has nothing to do takes the
//! second part of the range that takes longest, divided by both speeds. What two workers fetch at once, the hedge, is
//! written by whichever comes first, byte by byte, so that every byte has one supplier.

mod stealing;

use std::collections::BTreeMap;
use std::ops::Range;
use std::time::Duration;

use super::spans::{Span, Spans};

/// A connection to a mirror, by its number.
pub(super) type Worker = usize;

const KIB: u64 = 1024;
const MIB: u64 = 1024 * KIB;

/// Files below this come over one connection: what a second one saves does not pay for its beginning (research 1.2, 4).
pub(super) const SMALL: u64 = 8 * MIB;
/// What is expected of a worker.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Estimate {
    /// Bytes a second.
    pub(super) speed: Option<f64>,
    /// Seconds from a request to its first byte.
    pub(super) first_byte: Option<f64>,
}

/// What a worker does next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Next {
    /// Fetches these bytes; to the end where that is not known.
    Fetch {
        /// The first byte.
        from: u64,
        /// The byte after the last one.
        to: Option<u64>,
        /// Whether somebody else fetches them, too.
        is_hedge: bool,
    },
    /// Reads the file from its beginning, because its server does no ranges, and gives what is missing.
    Whole,
    /// Waits until something changes.
    Wait,
    /// Everything is written.
    Done,
}

/// What becomes of bytes that a worker received.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Claim {
    /// Those that are to be written, as places in the file. The others are here already.
    pub(super) write: Vec<Range<u64>>,
    /// Whether the worker's range ends with them.
    pub(super) is_over: bool,
}

#[derive(Debug, Clone)]
struct Member {
    source: u16,
    estimate: Estimate,
    is_ranged: bool,
    /// It failed lately and has brought nothing since: it is tried with little.
    is_probed: bool,
}

#[derive(Debug, Clone)]
struct Runner {
    worker: Worker,
    at: u64,
    begun: Duration,
    has_moved: bool,
}

/// A range that one worker fetches, or two.
#[derive(Debug, Clone)]
struct Taken {
    /// What lies before is written, or about to be.
    claimed: u64,
    to: u64,
    runners: Vec<Runner>,
}

impl Taken {
    fn left(&self) -> u64 {
        self.to - self.claimed
    }
}

/// The bytes of one file: which are here, which are being fetched, and which are not.
#[derive(Debug, Clone)]
pub(super) struct Pieces {
    size: Option<u64>,
    done: Spans,
    free: Vec<Range<u64>>,
    taken: Vec<Taken>,
    /// Workers that read the whole file, and where they are.
    sweeps: BTreeMap<Worker, u64>,
    crew: BTreeMap<Worker, Member>,
    hedged: u64,
    hedge_after: Duration,
}

impl Pieces {
    /// The pieces of a file of which `done` is here. A first byte that is not there after `hedge_after` is asked for
    /// elsewhere.
    pub(super) fn new(size: Option<u64>, done: Spans, hedge_after: Duration) -> Self {
        let mut pieces = Self {
            size,
            free: done.gaps(size.unwrap_or(u64::MAX)),
            done,
            taken: Vec::new(),
            sweeps: BTreeMap::new(),
            crew: BTreeMap::new(),
            hedged: 0,
            hedge_after,
        };
        if size.is_none() {
            // Nobody can ask for what lies behind an end that is not known.
            pieces.reset(None);
        }
        pieces
    }

    /// Forgets everything that is here, and begins anew with this size. Nobody may be fetching.
    pub(super) fn reset(&mut self, size: Option<u64>) {
        self.size = size;
        self.done = Spans::default();
        self.taken.clear();
        self.sweeps.clear();
        self.hedged = 0;
        self.free = self.done.gaps(size.unwrap_or(u64::MAX));
    }

    pub(super) fn size(&self) -> Option<u64> {
        self.size
    }

    /// What is written.
    pub(super) fn done(&self) -> &Spans {
        &self.done
    }

    pub(super) fn is_complete(&self) -> bool {
        self.size == Some(self.done.bytes())
    }

    /// Forgets what a source supplied; it is fetched again. Nobody may be fetching.
    pub(super) fn drop_source(&mut self, source: u16) {
        self.done.remove_source(source);
        self.free = self.done.gaps(self.size.unwrap_or(u64::MAX));
        self.taken.clear();
        self.sweeps.clear();
    }

    /// A worker begins to take part.
    pub(super) fn join(&mut self, worker: Worker, source: u16, estimate: Estimate, ranged: bool) {
        let member = Member {
            source,
            estimate,
            is_ranged: ranged,
            is_probed: false,
        };
        self.crew.insert(worker, member);
    }

    /// A worker's mirror failed lately, so that it may be silent again: until something comes it gets little, which others
    /// need not take from it piece by piece.
    pub(super) fn probe(&mut self, worker: Worker) {
        if let Some(member) = self.crew.get_mut(&worker) {
            member.is_probed = true;
        }
    }

    /// A worker takes part no more; what it had is free.
    pub(super) fn leave(&mut self, worker: Worker) {
        self.release(worker);
        self.crew.remove(&worker);
    }

    /// What is expected of a worker from now on.
    pub(super) fn expect(&mut self, worker: Worker, estimate: Estimate) {
        if let Some(member) = self.crew.get_mut(&worker) {
            member.estimate = estimate;
        }
    }

    /// A worker's server does no ranges.
    pub(super) fn does_no_ranges(&mut self, worker: Worker) {
        if let Some(member) = self.crew.get_mut(&worker) {
            member.is_ranged = false;
        }
    }

    /// Whether somebody else takes part who could go on with what `worker` has.
    pub(super) fn has_another(&self, worker: Worker) -> bool {
        let own = self.crew.get(&worker).map(|member| member.source);
        self.crew.iter().any(|(&other, member)| {
            other != worker && Some(member.source) != own && member.is_ranged
        })
    }

    /// Whether a worker is fetching, and what it fetches is still needed.
    pub(super) fn is_wanted(&self, worker: Worker) -> bool {
        self.find(worker).is_some() || self.sweeps.contains_key(&worker) && !self.free.is_empty()
    }

    /// The size is known now. `false` when more is here than there can be.
    pub(super) fn learn(&mut self, size: u64) -> bool {
        let is_too_small = self.taken.iter().any(|taken| taken.claimed > size)
            || self.done.list().last().is_some_and(|span| span.to > size);
        if is_too_small {
            return false;
        }
        self.size = Some(size);
        for taken in &mut self.taken {
            taken.to = taken.to.min(size);
        }
        self.free.retain(|region| region.start < size);
        for region in &mut self.free {
            region.end = region.end.min(size);
        }
        true
    }

    /// What `worker` fetched to an end that nobody knew has ended: its place is the size.
    pub(super) fn end_here(&mut self, worker: Worker) -> Option<u64> {
        let end = self.taken[self.find(worker)?].claimed;
        self.learn(end);
        self.taken.retain(|taken| taken.claimed < taken.to);
        Some(end)
    }

    fn find(&self, worker: Worker) -> Option<usize> {
        self.taken
            .iter()
            .position(|taken| taken.runners.iter().any(|runner| runner.worker == worker))
    }

    /// A worker received the next `n` bytes of what it fetches. What it is told to write is nobody else's from now on.
    pub(super) fn claim(&mut self, worker: Worker, n: u64) -> Claim {
        if let Some(member) = self.crew.get_mut(&worker) {
            member.is_probed = false;
        }
        if let Some(at) = self.sweeps.get(&worker).copied() {
            return self.claim_of_sweep(worker, at, n);
        }
        let Some(index) = self.find(worker) else {
            return Claim {
                write: Vec::new(),
                is_over: true,
            };
        };
        let is_ranged = self.crew.get(&worker).is_none_or(|member| member.is_ranged);
        let mut wanted = {
            let runner = self.runner(index, worker);
            runner.has_moved = true;
            runner.at.saturating_add(n)
        };
        // A stream that cannot be asked for again goes on into what follows, if nobody has it.
        while !is_ranged && wanted > self.taken[index].to {
            let end = self.taken[index].to;
            let Some(next) = self.free.iter().position(|region| region.start == end) else {
                break;
            };
            self.taken[index].to = self.free.remove(next).end;
        }
        let taken = &mut self.taken[index];
        wanted = wanted.min(taken.to);
        let mut claim = Claim::default();
        if wanted > taken.claimed {
            claim.write.push(taken.claimed..wanted);
            taken.claimed = wanted;
        }
        let is_over = taken.claimed == taken.to;
        self.runner(index, worker).at = wanted;
        if is_over && (is_ranged || !self.extends(index)) {
            self.taken.remove(index);
            claim.is_over = true;
        }
        claim
    }

    /// Whether a stream that has come to the end of its range may go on into the free region behind it.
    fn extends(&mut self, index: usize) -> bool {
        let end = self.taken[index].to;
        let Some(next) = self.free.iter().position(|region| region.start == end) else {
            return false;
        };
        self.taken[index].to = self.free.remove(next).end;
        true
    }

    fn runner(&mut self, index: usize, worker: Worker) -> &mut Runner {
        self.taken[index]
            .runners
            .iter_mut()
            .find(|runner| runner.worker == worker)
            .expect("the index was found by this worker")
    }

    fn claim_of_sweep(&mut self, worker: Worker, at: u64, n: u64) -> Claim {
        let end = at.saturating_add(n);
        let mut claim = Claim::default();
        let mut free = Vec::with_capacity(self.free.len() + 1);
        for region in self.free.drain(..) {
            let (from, to) = (region.start.max(at), region.end.min(end));
            if from >= to {
                free.push(region);
                continue;
            }
            claim.write.push(from..to);
            for rest in [region.start..from, to..region.end] {
                if !rest.is_empty() {
                    free.push(rest);
                }
            }
        }
        self.free = free;
        self.sweeps.insert(worker, end);
        claim.is_over = self.free.iter().all(|region| region.end <= end);
        if claim.is_over {
            self.sweeps.remove(&worker);
        }
        claim
    }

    /// Bytes that were claimed are written.
    pub(super) fn wrote(&mut self, source: u16, bytes: Range<u64>) {
        self.done.add(Span {
            from: bytes.start,
            to: bytes.end,
            source,
        });
    }

    /// A worker fetches no more. What is left of its range is free, unless somebody else fetches it, too.
    pub(super) fn release(&mut self, worker: Worker) {
        self.sweeps.remove(&worker);
        let Some(index) = self.find(worker) else {
            return;
        };
        let taken = &mut self.taken[index];
        taken.runners.retain(|runner| runner.worker != worker);
        if taken.runners.is_empty() {
            let taken = self.taken.remove(index);
            self.set_free(taken.claimed..taken.to);
        }
    }

    fn set_free(&mut self, region: Range<u64>) {
        if region.is_empty() {
            return;
        }
        let at = self.free.partition_point(|r| r.start < region.start);
        self.free.insert(at, region);
        // Neighbours become one, so that one request gets both.
        let mut joined: Vec<Range<u64>> = Vec::with_capacity(self.free.len());
        for region in self.free.drain(..) {
            match joined.last_mut() {
                Some(last) if last.end == region.start => last.end = region.end,
                _ => joined.push(region),
            }
        }
        self.free = joined;
    }
}

#[cfg(test)]
mod tests;
