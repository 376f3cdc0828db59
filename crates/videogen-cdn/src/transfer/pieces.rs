//! Who fetches which bytes of a file: ranges, work stealing, and one hedge at the end; pure.
//!
//! A worker is one connection to one mirror. It takes a long range and can be cut short: who has nothing to do takes the
//! second part of the range that takes longest, divided by both speeds. What two workers fetch at once, the hedge, is
//! written by whichever comes first, byte by byte, so that every byte has one supplier.

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
/// The least that is asked for where there is more.
const GRAIN: u64 = 4 * MIB;
/// What is left of a range when it is worth dividing in any case.
const STEAL_ABOVE: u64 = 2 * MIB;
/// What the victim of a theft keeps, so that its silence is still noticed as its own.
const KEPT: u64 = 64 * KIB;
/// The least that is stolen.
const LEAST_STOLEN: u64 = 16 * KIB;
/// A range is asked for that lasts at least so many times the wait for its first byte: 2 % are lost by waiting.
const PER_FIRST_BYTE: f64 = 50.0;
/// The wait for the first byte of who has not shown one, in seconds.
const ASSUMED_FIRST_BYTE: f64 = 0.1;
/// The least time that a theft must save, in seconds, where waits for first bytes are shorter.
const LEAST_GAIN: f64 = 0.02;
/// A hedge begins when the range takes so many times what the other one would need.
const HEDGE_FACTOR: f64 = 2.0;

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
        };
        self.crew.insert(worker, member);
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
        self.crew
            .iter()
            .any(|(&other, member)| other != worker && Some(member.source) != own && member.is_ranged)
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

    /// Decides what a worker that does nothing does next; `now` counts from any fixed moment.
    pub(super) fn next(&mut self, worker: Worker, now: Duration) -> Next {
        if self.is_complete() {
            return Next::Done;
        }
        let Some(member) = self.crew.get(&worker) else {
            return Next::Wait;
        };
        debug_assert!(self.find(worker).is_none(), "a worker has one range");
        if !member.is_ranged {
            return self.whole(worker);
        }
        self.take_free(worker, now)
            .or_else(|| self.steal(worker, now))
            .or_else(|| self.hedge(worker, now))
            .unwrap_or(Next::Wait)
    }

    /// A server without ranges is read from the beginning where nobody else can do better.
    fn whole(&mut self, worker: Worker) -> Next {
        let is_needed = !self.free.is_empty()
            && self.sweeps.is_empty()
            && self.taken.is_empty()
            && !self.crew.values().any(|member| member.is_ranged);
        if !is_needed {
            return Next::Wait;
        }
        self.sweeps.insert(worker, 0);
        Next::Whole
    }

    fn take_free(&mut self, worker: Worker, now: Duration) -> Option<Next> {
        let region = self.free.first()?.clone();
        let to = region.start + self.slice(worker, region.end - region.start);
        if to == region.end {
            self.free.remove(0);
        } else {
            self.free[0].start = to;
        }
        Some(self.begin(worker, region.start, to, now))
    }

    fn begin(&mut self, worker: Worker, from: u64, to: u64, now: Duration) -> Next {
        self.taken.push(Taken {
            claimed: from,
            to,
            runners: vec![Runner {
                worker,
                at: from,
                begun: now,
                has_moved: false,
            }],
        });
        Next::Fetch {
            from,
            to: (to != u64::MAX).then_some(to),
            is_hedge: false,
        }
    }

    /// How much of a free region of `len` bytes a worker takes: half of its fair share, or a quarter while its speed is not
    /// known, so that the last ranges are small and the file arrives roughly in order, which lets its digest be computed
    /// meanwhile; but never so little that much of the time is waiting for answers.
    fn slice(&self, worker: Worker, len: u64) -> u64 {
        let workers = self.crew.values().filter(|member| member.is_ranged).count();
        if workers <= 1 || self.size.is_none_or(|size| size < SMALL) {
            return len;
        }
        let free: u64 = self.free.iter().map(|r| r.end - r.start).sum();
        let left = free + self.taken.iter().map(Taken::left).sum::<u64>();
        let speeds: f64 = self.crew.keys().map(|&w| self.speed(w)).sum();
        let speed = self.speed(worker);
        let fair = left as f64 * speed / speeds.max(1.0);
        let estimate = self.crew.get(&worker).map(|m| m.estimate).unwrap_or_default();
        let (part, for_latency) = match (estimate.speed, estimate.first_byte) {
            (None, _) => (0.25, 0.0),
            (Some(speed), wait) => (0.5, speed * wait.unwrap_or(0.0) * PER_FIRST_BYTE),
        };
        let wanted = (fair * part).max(for_latency).max(GRAIN as f64);
        let wanted = wanted.min(fair.max((4 * KEPT) as f64)) as u64;
        let wanted = wanted.next_multiple_of(KEPT);
        // No crumbs.
        if wanted + 4 * KEPT > len { len } else { wanted }
    }

    /// The speed of a worker; of one that has shown none, the mean of the others.
    fn speed(&self, worker: Worker) -> f64 {
        if let Some(speed) = self.crew.get(&worker).and_then(|m| m.estimate.speed) {
            return speed.max(1.0);
        }
        let known: Vec<f64> = self.crew.values().filter_map(|m| m.estimate.speed).collect();
        if known.is_empty() {
            return MIB as f64;
        }
        (known.iter().sum::<f64>() / known.len() as f64).max(1.0)
    }

    fn first_byte(&self, worker: Worker) -> f64 {
        let known = self.crew.get(&worker).and_then(|m| m.estimate.first_byte);
        known.unwrap_or(ASSUMED_FIRST_BYTE)
    }

    /// Takes the second part of the range that takes longest.
    fn steal(&mut self, worker: Worker, now: Duration) -> Option<Next> {
        if self.size.is_none_or(|size| size < SMALL) {
            return None;
        }
        let (own, wait) = (self.speed(worker), self.first_byte(worker));
        let source = self.crew.get(&worker)?.source;
        let mut best: Option<(f64, usize, u64)> = None;
        for (at, taken) in self.taken.iter().enumerate() {
            let [runner] = &taken.runners[..] else {
                continue;
            };
            let is_same = self.crew.get(&runner.worker).is_some_and(|m| m.source == source);
            let left = taken.left();
            if is_same || left < KEPT + LEAST_STOLEN {
                continue;
            }
            let theirs = self.speed(runner.worker);
            let longest = left as f64 / theirs;
            // Both end at the same moment: (left - x) / theirs == wait + x / own.
            let x = (longest - wait) / (1.0 / theirs + 1.0 / own);
            let gain = x / theirs;
            let stolen = (x as u64).min(left - KEPT) & !(4 * KIB - 1);
            let is_worth_it = stolen >= LEAST_STOLEN
                && (left > STEAL_ABOVE || gain > (2.0 * wait).max(LEAST_GAIN));
            if is_worth_it && best.is_none_or(|(most, ..)| longest > most) {
                best = Some((longest, at, stolen));
            }
        }
        let (_, at, stolen) = best?;
        let to = self.taken[at].to;
        self.taken[at].to = to - stolen;
        Some(self.begin(worker, to - stolen, to, now))
    }

    /// Fetches what another one fetches as well, once.
    fn hedge(&mut self, worker: Worker, now: Duration) -> Option<Next> {
        if self.taken.iter().any(|taken| taken.runners.len() > 1) {
            return None;
        }
        let source = self.crew.get(&worker)?.source;
        let (own, wait) = (self.speed(worker), self.first_byte(worker));
        let is_fastest = self.crew.iter().all(|(&other, member)| {
            other == worker || !member.is_ranged || self.find(other).is_some() || self.speed(other) <= own
        });
        let budget = match self.size {
            Some(size) if size < SMALL => size,
            Some(size) => size / 10,
            None => 0,
        };
        let budget = budget.saturating_sub(self.hedged);
        let is_late = |taken: &Taken| {
            let [runner] = &taken.runners[..] else {
                return false;
            };
            let left = taken.left();
            let is_same = self.crew.get(&runner.worker).is_some_and(|m| m.source == source);
            let is_silent = !runner.has_moved && now.saturating_sub(runner.begun) >= self.hedge_after;
            if taken.to == u64::MAX {
                return !is_same && is_silent && taken.claimed == 0;
            }
            let theirs = left as f64 / self.speed(runner.worker);
            let is_slow = runner.has_moved
                && theirs > HEDGE_FACTOR * (wait + left as f64 / own)
                && theirs > wait + LEAST_GAIN;
            !is_same && left <= budget && (is_silent || is_slow)
        };
        if !is_fastest {
            return None;
        }
        let at = self.taken.iter().position(is_late)?;
        let taken = &mut self.taken[at];
        let (from, to) = (taken.claimed, taken.to);
        taken.runners.push(Runner {
            worker,
            at: from,
            begun: now,
            has_moved: false,
        });
        if to != u64::MAX {
            self.hedged += to - from;
        }
        Some(Next::Fetch {
            from,
            to: (to != u64::MAX).then_some(to),
            is_hedge: true,
        })
    }

    fn find(&self, worker: Worker) -> Option<usize> {
        self.taken
            .iter()
            .position(|taken| taken.runners.iter().any(|runner| runner.worker == worker))
    }

    /// A worker received the next `n` bytes of what it fetches. What it is told to write is nobody else's from now on.
    pub(super) fn claim(&mut self, worker: Worker, n: u64) -> Claim {
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
#[path = "pieces_tests.rs"]
mod tests;
