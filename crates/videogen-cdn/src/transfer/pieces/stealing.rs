//! What a worker does next: a part of what nobody has, of what somebody else has, or the same as somebody else.

use std::time::Duration;

use super::{KIB, MIB, Next, Pieces, Runner, SMALL, Taken, Worker};

/// The least that is asked of who has not shown its speed, where there is more.
const GRAIN: u64 = 4 * MIB;
/// The least that is asked of who has, where waits for first bytes are short, and what is asked of who failed lately. Ranges
/// that end by themselves cost nothing; one that is cut short by a theft costs what was under way behind the cut.
const FINE_GRAIN: u64 = 256 * KIB;
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

impl Pieces {
    /// Decides what a worker that does nothing does next; `now` counts from any fixed moment.
    pub(in crate::transfer) fn next(&mut self, worker: Worker, now: Duration) -> Next {
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
        // What one of them fetches alone, the first of them fetches: workers are numbered by how good their mirrors are.
        if self.size.is_none_or(|size| size < SMALL)
            && let Some((first, _)) = self
                .crew
                .iter()
                .find(|(other, member)| member.is_ranged && self.find(**other).is_none())
            && *first != worker
        {
            return None;
        }
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
        let member = self.crew.get(&worker);
        if member.is_some_and(|member| member.is_probed) {
            return FINE_GRAIN.min(len);
        }
        let estimate = member.map(|member| member.estimate).unwrap_or_default();
        let (part, least) = match (estimate.speed, estimate.first_byte) {
            (Some(speed), Some(wait)) => {
                (0.5, (speed * wait * PER_FIRST_BYTE).max(FINE_GRAIN as f64))
            }
            (Some(_), None) => (0.5, GRAIN as f64),
            (None, _) => (0.25, GRAIN as f64),
        };
        let wanted = (fair * part).max(least);
        let wanted = wanted.min(fair.max(FINE_GRAIN as f64)) as u64;
        let wanted = wanted.next_multiple_of(KEPT);
        // No crumbs.
        if wanted + FINE_GRAIN > len {
            len
        } else {
            wanted
        }
    }

    /// The speed of a worker; of one that has shown none, the mean of the others.
    fn speed(&self, worker: Worker) -> f64 {
        if let Some(speed) = self.crew.get(&worker).and_then(|m| m.estimate.speed) {
            return speed.max(1.0);
        }
        let known: Vec<f64> = self
            .crew
            .values()
            .filter_map(|m| m.estimate.speed)
            .collect();
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
        let member = self.crew.get(&worker)?;
        let source = member.source;
        let most = if member.is_probed {
            FINE_GRAIN
        } else {
            u64::MAX
        };
        let mut best: Option<(f64, usize, u64)> = None;
        for (at, taken) in self.taken.iter().enumerate() {
            let [runner] = &taken.runners[..] else {
                continue;
            };
            let is_same = self
                .crew
                .get(&runner.worker)
                .is_some_and(|m| m.source == source);
            let left = taken.left();
            if is_same || left < KEPT + LEAST_STOLEN {
                continue;
            }
            let theirs = self.speed(runner.worker);
            let longest = left as f64 / theirs;
            // Both end at the same moment: (left - x) / theirs == wait + x / own.
            let x = (longest - wait) / (1.0 / theirs + 1.0 / own);
            let gain = x / theirs;
            let stolen = (x as u64).min(left - KEPT).min(most) & !(4 * KIB - 1);
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
            other == worker
                || !member.is_ranged
                || self.find(other).is_some()
                || self.speed(other) <= own
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
            let is_same = self
                .crew
                .get(&runner.worker)
                .is_some_and(|m| m.source == source);
            let is_silent =
                !runner.has_moved && now.saturating_sub(runner.begun) >= self.hedge_after;
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
}
