//! Which endpoint is asked next; pure. What happens to the endpoints is told to it with the time, counted from the
//! pool's beginning.

use std::time::Duration;

use super::breaker::{Admission, Breaker, BreakerPolicy, Outcome};
use super::limiter::Limiter;
use crate::error::Blame;

/// How much a new measurement counts.
const NEW: f64 = 0.3;
/// A measurement that is so old counts half.
const HALF_LIFE: Duration = Duration::from_mins(10);
/// What a request is thought to take before anything is known, in seconds.
const UNKNOWN: f64 = 1.0;
/// What is long unmeasured is thought a little faster than the fastest, so that it is measured again.
const HOPE: f64 = 0.8;

/// How endpoints are chosen among those that can be asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Choice {
    /// The first in order; the others only when those before them cannot be asked.
    #[default]
    Ordered,
    /// The one that will be done first, from the speed that was measured and the work that is waiting.
    Fastest,
}

/// What is known of one endpoint.
#[derive(Debug, Clone)]
pub(crate) struct Slot {
    pub(crate) breaker: Breaker,
    limiter: Limiter,
    max_in_flight: u32,
    pub(crate) in_flight: u32,
    /// Work of others, from the health probe.
    pub(crate) load: f64,
    /// Seconds a request takes, and when that was last measured.
    pub(crate) seconds: Option<(f64, Duration)>,
    last_asked: Option<Duration>,
    pub(crate) successes: u64,
    pub(crate) failures: u64,
}

/// What the machine says.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Pick {
    /// Ask this one.
    Ask(usize),
    /// One can be asked soon: at that time, or when something else ends.
    Soon(Option<Duration>),
    /// None can be asked; the first one at that time, if there is one at all.
    None(Option<Duration>),
}

/// How a request ended.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ended {
    /// Whether it was to find out how the endpoint is.
    pub(crate) probe: bool,
    /// Whether who asked has failed there before.
    pub(crate) again: bool,
    pub(crate) outcome: Outcome,
    /// `None` when that tells nothing of the speed.
    pub(crate) took: Option<Duration>,
}

#[derive(Debug)]
pub(crate) struct Machine {
    pub(crate) slots: Vec<Slot>,
    policy: BreakerPolicy,
    choice: Choice,
    /// Whether somebody else makes the probes of blocks that are over.
    probed: bool,
}

impl Machine {
    pub(crate) fn new(policy: BreakerPolicy, choice: Choice, probed: bool) -> Self {
        Self {
            slots: Vec::new(),
            policy,
            choice,
            probed,
        }
    }

    pub(crate) fn add(&mut self, max_in_flight: Option<u32>, per_minute: Option<u32>) {
        self.slots.push(Slot {
            breaker: Breaker::new(),
            limiter: Limiter::new(per_minute),
            max_in_flight: max_in_flight.unwrap_or(u32::MAX).max(1),
            in_flight: 0,
            load: 0.0,
            seconds: None,
            last_asked: None,
            successes: 0,
            failures: 0,
        });
    }

    /// Chooses among all but `tried`. Those of `own` may be asked inside a block, when nobody else can be asked: whoever
    /// asks has found out by itself what they are blocked for, and goes by its own pauses. What a server itself wants is
    /// respected all the same.
    pub(crate) fn pick(&self, now: Duration, tried: &[usize], own: &[usize]) -> Pick {
        let mut soon: Option<Option<Duration>> = None;
        let mut blocked: Option<Duration> = None;
        let mut free = Vec::new();
        let (mut probes, mut inside) = (Vec::new(), Vec::new());
        for (index, slot) in self
            .slots
            .iter()
            .enumerate()
            .filter(|(index, _)| !tried.contains(index))
        {
            let admission = slot.breaker.admission(now);
            match admission {
                Admission::Blocked(until) if !own.contains(&index) || slot.breaker.is_wanted() => {
                    blocked = Some(blocked.map_or(until, |other| other.min(until)));
                    continue;
                }
                Admission::Probing => {
                    soon = soon.or(Some(None));
                    continue;
                }
                Admission::Free | Admission::Probe | Admission::Blocked(_) => {}
            }
            let ready = slot.limiter.ready_at();
            if slot.in_flight >= slot.max_in_flight {
                soon = soon.or(Some(None));
            } else if ready > now {
                soon = Some(match soon.flatten() {
                    Some(other) => Some(other.min(ready)),
                    None => Some(ready),
                });
            } else {
                match admission {
                    Admission::Blocked(_) => inside.push(index),
                    Admission::Probe if self.probed => probes.push(index),
                    _ => free.push(index),
                }
            }
        }
        let best = self.best(now, &free);
        let best = best.or_else(|| self.best(now, &probes));
        match best.or_else(|| self.best(now, &inside)) {
            Some(index) => Pick::Ask(index),
            None => soon.map_or(Pick::None(blocked), Pick::Soon),
        }
    }

    fn best(&self, now: Duration, among: &[usize]) -> Option<usize> {
        match self.choice {
            Choice::Ordered => among.first().copied(),
            Choice::Fastest => {
                let fastest = among
                    .iter()
                    .filter_map(|index| self.slots[*index].seconds)
                    .map(|(seconds, _)| seconds);
                let fastest = fastest.fold(f64::INFINITY, f64::min);
                let fastest = if fastest.is_finite() {
                    fastest
                } else {
                    UNKNOWN
                };
                among.iter().copied().min_by(|a, b| {
                    let cost = |index: usize| self.slots[index].cost(now, fastest);
                    cost(*a)
                        .total_cmp(&cost(*b))
                        // Of equals the one that has rested longest.
                        .then_with(|| self.slots[*a].last_asked.cmp(&self.slots[*b].last_asked))
                })
            }
        }
    }

    /// One that was picked is asked; `true` when that finds out whether its block is to end.
    pub(crate) fn begin(&mut self, index: usize, now: Duration) -> bool {
        let slot = &mut self.slots[index];
        slot.in_flight += 1;
        slot.limiter.take(now);
        slot.last_asked = Some(now);
        // Asking inside a block finds nothing out for others.
        let is_inside = matches!(slot.breaker.admission(now), Admission::Blocked(_));
        !is_inside && slot.breaker.begin()
    }

    /// What was asked has ended; `random` is 0..1. The same trouble of one caller counts once.
    pub(crate) fn end(&mut self, index: usize, ended: Ended, now: Duration, random: f64) {
        let Ended {
            probe,
            again,
            outcome,
            took,
        } = ended;
        let slot = &mut self.slots[index];
        slot.in_flight = slot.in_flight.saturating_sub(1);
        match outcome {
            Outcome::Success => {
                slot.successes += 1;
                if let Some(took) = took {
                    let took = took.as_secs_f64().max(0.001);
                    let mean = slot
                        .seconds
                        .map_or(took, |(mean, _)| mean * (1.0 - NEW) + took * NEW);
                    slot.seconds = Some((mean, now));
                }
            }
            Outcome::Failure { blame, .. } if blame.is_servers_fault() => slot.failures += 1,
            Outcome::Failure { .. } | Outcome::Abandoned => {}
        }
        let same_trouble = matches!(
            outcome,
            Outcome::Failure {
                blame: Blame::Fault | Blame::Wrong,
                ..
            }
        );
        if probe || !(again && same_trouble) {
            slot.breaker.end(probe, outcome, now, &self.policy, random);
        }
    }
}

impl Slot {
    /// Seconds until one more request would be done here.
    fn cost(&self, now: Duration, fastest: f64) -> f64 {
        let hope = fastest * HOPE;
        let seconds = self.seconds.map_or(hope, |(seconds, at)| {
            let age = now.saturating_sub(at).as_secs_f64() / HALF_LIFE.as_secs_f64();
            hope + (seconds - hope) * 0.5_f64.powf(age)
        });
        seconds * (self.load.max(0.0) + f64::from(self.in_flight) + 1.0)
    }

    /// Seconds a request takes here, if that was measured.
    pub(crate) fn mean_seconds(&self) -> Option<f64> {
        self.seconds.map(|(seconds, _)| seconds)
    }
}

#[cfg(test)]
mod tests;
