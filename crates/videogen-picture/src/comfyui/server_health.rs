//! How one server stands: whether it can be asked, how fast it is, what waits there. Pure: times are told to it.

use std::sync::Arc;
use std::time::{Duration, Instant};

use videogen_net::{Admission, Blame, Breaker, BreakerPolicy, Outcome};

use super::server::{Server, Trouble};
use super::spread::{Load, Pace};

/// How long it is believed that others' prompts wait at a server.
const BELIEVED: Duration = Duration::from_mins(1);

/// A change of health that people are told of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum HealthChange {
    /// Nothing.
    None,
    /// It is left alone from now on.
    Gone,
    /// It is there again.
    Back,
}

/// One server: whatever is known of it, when it has answered.
#[derive(Debug)]
pub(super) struct ServerHealth<S = Server> {
    /// `None` while it has not answered yet.
    server: Option<Arc<S>>,
    breaker: Breaker,
    /// Pictures it was given.
    pub(super) given: usize,
    /// Prompts of others that were seen there, and when.
    foreign: Option<(usize, Duration)>,
    pace: Option<Pace>,
    /// When a picture of ours was last finished there.
    ended: Option<Instant>,
    /// The last that went wrong since it was well.
    trouble: Option<Trouble>,
    /// Whether its worker was dead when it was last seen.
    pub(super) is_stuck: bool,
    /// Whether it was told that it is not there.
    missed: bool,
}

impl<S> Default for ServerHealth<S> {
    fn default() -> Self {
        Self {
            server: None,
            breaker: Breaker::default(),
            given: 0,
            foreign: None,
            pace: None,
            ended: None,
            trouble: None,
            is_stuck: false,
            missed: false,
        }
    }
}

impl<S> ServerHealth<S> {
    /// Of a server that answered.
    pub(super) fn there(server: S) -> Self {
        Self {
            server: Some(Arc::new(server)),
            ..Self::default()
        }
    }

    /// Of one that did not, which was told.
    pub(super) fn absent(trouble: Trouble, policy: &BreakerPolicy) -> Self {
        let mut standing = Self {
            missed: true,
            ..Self::default()
        };
        let down = Trouble {
            blame: Blame::Down,
            ..trouble
        };
        standing.fail(false, down, Duration::ZERO, policy);
        standing
    }

    /// The server, when it can be asked.
    pub(super) fn server(&self, now: Duration) -> Option<&Arc<S>> {
        let server = self.server.as_ref()?;
        (self.breaker.admission(now) == Admission::Free).then_some(server)
    }

    /// What is known of it for choosing; `own` of its pictures do not count.
    pub(super) fn load(&self, at: usize, own: usize, now: Duration) -> Load {
        let believed = |(count, seen): (usize, Duration)| {
            (now.saturating_sub(seen) < BELIEVED).then_some(count)
        };
        let foreign = self.foreign.and_then(believed).unwrap_or(0);
        Load {
            server: at,
            waiting: self.given.saturating_sub(own) + foreign,
            pace: self.pace,
        }
    }

    /// It said how many prompts run and wait there, when it was about to be given one more.
    pub(super) fn seen(&mut self, remaining: u64, now: Duration) {
        let ours = self.given.saturating_sub(1);
        let remaining = usize::try_from(remaining).unwrap_or(usize::MAX);
        self.foreign = Some((remaining.saturating_sub(ours), now));
    }

    /// A picture of so much work, begun at `since` or later, was finished at `ended`.
    pub(super) fn painted(
        &mut self,
        work: f64,
        since: Option<Instant>,
        ended: Instant,
        now: Duration,
    ) {
        if let Some(since) = since {
            // While one of ours was painted, the next one waited.
            let since = self.ended.map_or(since, |before| before.max(since));
            let seconds = ended.saturating_duration_since(since).as_secs_f64();
            self.pace = Some(Pace::learn(self.pace, seconds / work, now));
        }
        self.ended = Some(ended);
    }

    /// It did what it can.
    pub(super) fn well(&mut self, now: Duration, policy: &BreakerPolicy) -> HealthChange {
        self.breaker
            .end(false, Outcome::Success, now, policy, random());
        self.back()
    }

    /// It did not do what it was asked.
    pub(super) fn failed(
        &mut self,
        trouble: Trouble,
        now: Duration,
        policy: &BreakerPolicy,
    ) -> HealthChange {
        let was_there = self.server(now).is_some();
        self.fail(false, trouble, now, policy);
        let is_gone = was_there && self.server(now).is_none() && !self.wants_a_pause();
        if is_gone && !std::mem::replace(&mut self.missed, true) {
            HealthChange::Gone
        } else {
            HealthChange::None
        }
    }

    /// Whether its block is over, so that the caller is to find out how it is.
    pub(super) fn is_due(&mut self, now: Duration) -> bool {
        let is_due = self.breaker.admission(now) == Admission::Probe;
        if is_due {
            self.breaker.begin();
        }
        is_due
    }

    /// How long it is still left alone.
    pub(super) fn blocked(&self, now: Duration) -> Option<Duration> {
        match self.breaker.admission(now) {
            Admission::Blocked(until) => Some(until.saturating_sub(now)),
            _ => None,
        }
    }

    /// What it answered when it was [due](ServerHealth::is_due).
    pub(super) fn answered(
        &mut self,
        answer: Result<S, Trouble>,
        now: Duration,
        policy: &BreakerPolicy,
    ) -> HealthChange {
        match answer {
            Ok(server) => {
                self.server = Some(Arc::new(server));
                self.foreign = None;
                self.breaker
                    .end(true, Outcome::Success, now, policy, random());
                self.back()
            }
            Err(trouble) => {
                // Whatever else is wrong: it is not there yet.
                let blame = match trouble.blame {
                    Blame::Busy => Blame::Busy,
                    _ => Blame::Down,
                };
                self.fail(true, Trouble { blame, ..trouble }, now, policy);
                HealthChange::None
            }
        }
    }

    /// Whether it asked to be left alone for a while, and nothing is wrong with it.
    pub(super) fn wants_a_pause(&self) -> bool {
        let busy = |trouble: &Trouble| trouble.blame == Blame::Busy;
        self.trouble.as_ref().is_some_and(busy)
    }

    /// The last that went wrong.
    pub(super) fn why(&self) -> &str {
        self.trouble.as_ref().map_or("", |trouble| &trouble.reason)
    }

    fn back(&mut self) -> HealthChange {
        self.trouble = None;
        self.is_stuck = false;
        if std::mem::take(&mut self.missed) {
            HealthChange::Back
        } else {
            HealthChange::None
        }
    }

    fn fail(&mut self, probe: bool, trouble: Trouble, now: Duration, policy: &BreakerPolicy) {
        let outcome = Outcome::Failure {
            blame: trouble.blame,
            retry_after: trouble.retry_after,
        };
        self.breaker.end(probe, outcome, now, policy, random());
        self.is_stuck |= trouble.is_stuck;
        self.trouble = Some(trouble);
    }
}

/// A number of 0..1, for the jitter of blocks.
fn random() -> f64 {
    // Without randomness there is no jitter, which is no reason to fail.
    getrandom::u64().map_or(0.5, |bits| (bits >> 11) as f64 / (1_u64 << 53) as f64)
}
