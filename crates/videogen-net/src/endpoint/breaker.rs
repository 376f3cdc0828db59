//! The circuit breaker of one endpoint; pure. Times are counted from the pool's beginning.

pub(super) mod snapshot;

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::error::Blame;

/// How long a busy server that names no time is left alone.
const BUSY: Duration = Duration::from_secs(10);

/// When an endpoint is blocked, and for how long.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct BreakerPolicy {
    /// So many failures in a row block it, 1 or more; 0 counts as 1. One that shows that nothing is there
    /// ([`Blame::Down`]) blocks it at once.
    pub failures: u32,
    /// The first block. Each further one in a row is twice as long.
    pub first_block: Duration,
    /// The longest block, before jitter; a server that wants to be left alone is left alone for no longer either.
    pub longest_block: Duration,
    /// How far a block may be from its length, as a part of it, 0..=1. What lies outside counts as the nearer end.
    pub jitter: f64,
}

impl Default for BreakerPolicy {
    /// 3 failures; 1, 2, 4 … 32 minutes, ±20 %.
    fn default() -> Self {
        Self {
            failures: 3,
            first_block: Duration::from_mins(1),
            longest_block: Duration::from_mins(32),
            jitter: 0.2,
        }
    }
}

impl BreakerPolicy {
    /// Sets how many failures in a row block a server, 1 or more.
    #[must_use]
    pub fn failures(mut self, count: u32) -> Self {
        self.failures = count;
        self
    }

    /// Sets how far a block may be from its length, as a part of it: 0 is exact, 0.2 is ±20 %, 1 is the most.
    #[must_use]
    pub fn jitter(mut self, part: f64) -> Self {
        self.jitter = part;
        self
    }

    /// Sets the first and the longest block.
    #[must_use]
    pub fn blocks(mut self, first: Duration, longest: Duration) -> Self {
        self.first_block = first;
        self.longest_block = longest;
        self
    }

    /// The length of the block after `strikes` earlier ones, before jitter.
    fn doubled(&self, strikes: u32) -> Duration {
        let doubled = self
            .first_block
            .saturating_mul(1_u32.checked_shl(strikes).unwrap_or(u32::MAX));
        doubled.min(self.longest_block)
    }

    /// Strikes after which blocks do not become longer any more, of which the last brought the longest block; 1 or more.
    fn full_strikes(&self) -> u32 {
        let longest = self.doubled(u32::MAX);
        let earlier = (0..u32::BITS).find(|strikes| self.doubled(*strikes) >= longest);
        earlier.unwrap_or(u32::BITS) + 1
    }

    /// The length of the block after `strikes` earlier ones; `random` is 0..1.
    fn block(&self, strikes: u32, random: f64) -> Duration {
        let jitter = if self.jitter.is_finite() {
            self.jitter.clamp(0.0, 1.0)
        } else {
            0.0
        };
        let length = self.doubled(strikes);
        length.mul_f64(1.0 + jitter * (2.0 * random.clamp(0.0, 1.0) - 1.0))
    }
}

/// How something that was asked of a server ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Outcome {
    /// It went well.
    Success,
    /// It failed.
    Failure {
        /// Whose fault it was.
        blame: Blame,
        /// When the server wants to be asked again.
        retry_after: Option<Duration>,
    },
    /// Nobody waited for it: nothing was learnt.
    Abandoned,
}

/// What a breaker says to the next one who wants to ask.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Admission {
    /// Ask.
    Free,
    /// One may ask, to find out.
    Probe,
    /// Somebody is finding out.
    Probing,
    /// Not before this time.
    Blocked(Duration),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Closed {
        failures: u32,
    },
    Open {
        until: Duration,
        reason: BlockReason,
    },
    HalfOpen,
}

/// Why a server is blocked.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum BlockReason {
    /// The server itself asked to be left alone.
    Wanted,
    /// It failed.
    #[default]
    Failures,
    /// It gave something else than it should have, and nothing but a check could tell.
    WrongContent,
}

/// The circuit breaker of one server: whether it is asked now. Pure: times are told to it, counted from any moment that
/// stays the same, and so are random numbers. An [`EndpointPool`](crate::EndpointPool) has one for each endpoint; it is
/// for those who choose among servers themselves.
#[derive(Debug, Clone)]
pub struct Breaker {
    state: State,
    /// Blocks that were not made up for by successes.
    strikes: u32,
}

impl Default for Breaker {
    fn default() -> Self {
        Self {
            state: State::Closed { failures: 0 },
            strikes: 0,
        }
    }
}

impl Breaker {
    /// Of a server of which nothing is known: it is asked.
    pub fn new() -> Self {
        Self::default()
    }

    /// Whether the server may be asked at `now`.
    pub fn admission(&self, now: Duration) -> Admission {
        match self.state {
            State::Closed { .. } => Admission::Free,
            State::Open { until, .. } if until <= now => Admission::Probe,
            State::Open { until, .. } => Admission::Blocked(until),
            State::HalfOpen => Admission::Probing,
        }
    }

    /// Somebody asks, having been admitted; `true` when it is the probe.
    pub fn begin(&mut self) -> bool {
        let probe = !matches!(self.state, State::Closed { .. });
        if probe {
            self.state = State::HalfOpen;
        }
        probe
    }

    /// What it gave turned out to be something else than it should have been, such as bytes with another digest: it is
    /// blocked for the longest block at once, with as many strikes as if it had failed its way up to that. Only a probe
    /// after that block closes it again, not what was asked before. `random` is 0..1.
    pub fn block_longest(&mut self, now: Duration, policy: &BreakerPolicy, random: f64) {
        let full = policy.full_strikes();
        let until = now + policy.block(full - 1, random);
        let already = match self.state {
            State::Open { until, .. } => until,
            State::Closed { .. } | State::HalfOpen => Duration::ZERO,
        };
        self.strikes = self.strikes.saturating_add(1).max(full);
        self.state = State::Open {
            until: until.max(already),
            reason: BlockReason::WrongContent,
        };
    }

    /// What was asked has ended: as the `probe` when [`Breaker::begin`] said so. `random` is 0..1.
    pub fn end(
        &mut self,
        probe: bool,
        outcome: Outcome,
        now: Duration,
        policy: &BreakerPolicy,
        random: f64,
    ) {
        let (blame, retry_after) = match outcome {
            // A request that is wrong was answered by a server that is not, and an answer that was still coming, or whose
            // content is no use, came from one that works.
            Outcome::Success
            | Outcome::Failure {
                blame: Blame::Request | Blame::Slow | Blame::Answer,
                ..
            } => {
                // What was asked before says nothing of whether the content can be trusted.
                if self.reason() == Some(BlockReason::WrongContent) {
                    return;
                }
                // One success after a long trouble is not yet a reason to forget all of it.
                self.strikes = self.strikes.saturating_sub(1);
                self.state = State::Closed { failures: 0 };
                return;
            }
            Outcome::Abandoned
            | Outcome::Failure {
                blame: Blame::Cancelled,
                ..
            } => {
                // The place of the probe is free again.
                if probe && self.state == State::HalfOpen {
                    self.state = State::Open {
                        until: now,
                        reason: BlockReason::Failures,
                    };
                }
                return;
            }
            Outcome::Failure { blame, retry_after } => (blame, retry_after),
        };
        if blame == Blame::Busy {
            let until = now + retry_after.unwrap_or(BUSY).min(policy.longest_block);
            match self.state {
                State::Open { until: already, .. } if already >= until => {}
                State::HalfOpen if !probe => {}
                State::Open { reason, .. } => {
                    self.state = State::Open {
                        until,
                        // The graver reason is kept.
                        reason: match reason {
                            BlockReason::WrongContent => reason,
                            _ => BlockReason::Wanted,
                        },
                    };
                }
                State::Closed { .. } | State::HalfOpen => {
                    self.state = State::Open {
                        until,
                        reason: BlockReason::Wanted,
                    };
                }
            }
            return;
        }
        match self.state {
            State::Closed { failures }
                if blame != Blame::Down && failures + 1 < policy.failures =>
            {
                self.state = State::Closed {
                    failures: failures + 1,
                };
            }
            State::HalfOpen if !probe => {}
            // What was asked before the block began tells nothing new.
            State::Open { .. } => {}
            State::Closed { .. } | State::HalfOpen => {
                let length = policy
                    .block(self.strikes, random)
                    .max(retry_after.unwrap_or_default().min(policy.longest_block));
                self.strikes = self.strikes.saturating_add(1);
                self.state = State::Open {
                    until: now + length,
                    reason: BlockReason::Failures,
                };
            }
        }
    }

    /// Whether it is blocked because the server itself asked to be left alone, and not because of its failures.
    pub fn is_wanted(&self) -> bool {
        self.reason() == Some(BlockReason::Wanted)
    }

    /// Why it is blocked, or was until now while nobody has found out how it is; `None` while it is not.
    pub fn reason(&self) -> Option<BlockReason> {
        match self.state {
            State::Open { reason, .. } => Some(reason),
            State::Closed { .. } | State::HalfOpen => None,
        }
    }

    /// Blocks in a row that were not made up for.
    pub fn strikes(&self) -> u32 {
        self.strikes
    }
}

#[cfg(test)]
mod tests;
