//! When to try again: a pure decision, a budget that nested tries share, and the loop around both.

mod budget;
mod schedule;

use std::future::Future;
use std::time::Duration;

use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

pub use self::budget::Budget;
use self::schedule::Schedule;
use crate::error::{Blame, Blamed};
use crate::traffic;

/// How often, how soon and how long something is tried.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct RetryPolicy {
    /// The most tries, the first one included; at least one is made.
    pub tries: u32,
    /// The first pause, before jitter.
    pub first_pause: Duration,
    /// What a pause is multiplied with for the next one, 1 or more; what is less counts as 1.
    pub factor: f64,
    /// The longest pause, before jitter.
    pub longest_pause: Duration,
    /// How far a pause may be from its place in the schedule, as a part of it, 0..=1. What lies outside counts as the
    /// nearer end.
    pub jitter: f64,
    /// The longest `Retry-After` that is waited for. A server that wants more ends the tries: another one, or a later
    /// run, does better than waiting.
    pub longest_retry_after: Duration,
}

impl Default for RetryPolicy {
    /// 4 tries; pauses of 0.5 s, 1 s, 2 s … 20 s, ±50 %; a `Retry-After` of up to 60 s.
    fn default() -> Self {
        Self {
            tries: 4,
            first_pause: Duration::from_millis(500),
            factor: 2.0,
            longest_pause: Duration::from_secs(20),
            jitter: 0.5,
            longest_retry_after: Duration::from_mins(1),
        }
    }
}

/// What is done after a failed try.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Decision {
    /// Try again after a pause.
    Pause(Duration),
    /// Give up.
    GiveUp(GiveUp),
}

/// Why it is not tried again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum GiveUp {
    /// The failure is of a kind that stays.
    NotRetryable,
    /// No tries are left.
    Tries,
    /// No time is left for the pause.
    Time,
    /// The server wants to be left alone for longer than is waited.
    RetryAfter,
}

impl RetryPolicy {
    /// One try and no other.
    pub fn once() -> Self {
        Self {
            tries: 1,
            ..Self::default()
        }
    }

    /// Sets the most tries.
    #[must_use]
    pub fn tries(mut self, tries: u32) -> Self {
        self.tries = tries;
        self
    }

    /// Sets the first and the longest pause.
    #[must_use]
    pub fn pauses(mut self, first: Duration, longest: Duration) -> Self {
        self.first_pause = first;
        self.longest_pause = longest;
        self
    }

    /// Sets what a pause is multiplied with for the next one: 1 keeps it, 2 doubles it; at least 1.
    #[must_use]
    pub fn factor(mut self, factor: f64) -> Self {
        self.factor = factor;
        self
    }

    /// Sets how far a pause may be from its place in the schedule, as a part of it: 0 is exact, 0.5 is ±50 %, 1 is the
    /// most.
    #[must_use]
    pub fn jitter(mut self, part: f64) -> Self {
        self.jitter = part;
        self
    }

    /// Sets the longest `Retry-After`, and in an [`EndpointPool`](crate::EndpointPool) the longest block, that is waited
    /// for; zero waits for none.
    #[must_use]
    pub fn longest_retry_after(mut self, limit: Duration) -> Self {
        self.longest_retry_after = limit;
        self
    }

    /// Decides after a failure. `made` tries have been made, `pause` is the schedule's next one, `left` the time until
    /// everything has to be over, `tries_left` what the budget still allows.
    pub fn decide(
        &self,
        made: u32,
        blame: Blame,
        retry_after: Option<Duration>,
        pause: Duration,
        tries_left: u32,
        left: Duration,
    ) -> Decision {
        if !blame.is_retryable() {
            return Decision::GiveUp(GiveUp::NotRetryable);
        }
        if made >= self.tries || tries_left == 0 {
            return Decision::GiveUp(GiveUp::Tries);
        }
        if retry_after.is_some_and(|after| after > self.longest_retry_after) {
            return Decision::GiveUp(GiveUp::RetryAfter);
        }
        let pause = pause.max(retry_after.unwrap_or_default());
        if pause >= left {
            return Decision::GiveUp(GiveUp::Time);
        }
        Decision::Pause(pause)
    }

    /// Its intervals, with values that make no sense put right.
    fn schedule(&self) -> Schedule {
        let factor = if self.factor >= 1.0 && self.factor.is_finite() {
            self.factor
        } else {
            1.0
        };
        let jitter = if self.jitter.is_finite() {
            self.jitter.clamp(0.0, 1.0)
        } else {
            0.0
        };
        let hour = Duration::from_hours(1);
        let longest = self.longest_pause.min(hour);
        Schedule::new(self.first_pause.min(longest), factor, longest, jitter)
    }

    /// The course of tries of one thing.
    pub(crate) fn course<'a>(&'a self, budget: &'a Budget) -> Course<'a> {
        Course {
            policy: self,
            budget,
            schedule: self.schedule(),
            made: 0,
        }
    }

    /// Tries `work` until it succeeds, fails for good, or tries or time are over. Tries and time come out of `budget`,
    /// which is shared: a retry inside a retry does not multiply. Between tries it waits as long as the schedule or the
    /// server says.
    ///
    /// # Errors
    /// The last error of `work`; `late` of the time the budget had when there was not even time for a try, or when
    /// time ran out in the middle of one.
    ///
    /// # Cancellation
    /// When `cancel` fires during a pause the last error is returned at once; stopping a try is the work's own
    /// business. Dropping the future is safe whenever dropping that of `work` is.
    pub async fn run<T, E, F>(
        &self,
        budget: &Budget,
        cancel: &CancellationToken,
        late: impl Fn(Duration) -> E,
        mut work: impl FnMut(u32) -> F,
    ) -> Result<T, E>
    where
        E: Blamed,
        F: Future<Output = Result<T, E>>,
    {
        let mut course = self.course(budget);
        loop {
            if !budget.begin_try() {
                return Err(late(budget.total()));
            }
            course.made += 1;
            let trying = traffic::retrying(course.made > 1, work(course.made));
            let error = match tokio::time::timeout_at(budget.until(), trying).await {
                Ok(Ok(value)) => return Ok(value),
                Ok(Err(error)) => error,
                Err(_) => return Err(late(budget.total())),
            };
            if !course
                .pause(error.blame(), error.retry_after(), cancel)
                .await
            {
                return Err(error);
            }
        }
    }
}

/// Where a series of tries is.
#[derive(Debug)]
pub(crate) struct Course<'a> {
    policy: &'a RetryPolicy,
    budget: &'a Budget,
    schedule: Schedule,
    pub(crate) made: u32,
}

impl Course<'_> {
    /// Waits `after` for the end of a block, or until something has `changed`; `false` when that is longer than is
    /// waited. No try is taken for it.
    pub(crate) async fn wait(
        &self,
        after: Duration,
        changed: &Notify,
        cancel: &CancellationToken,
    ) -> bool {
        let decision = self.policy.decide(
            // A policy of one try is not for waiting.
            self.made.max(1),
            Blame::Busy,
            Some(after),
            after,
            self.budget.tries_left(),
            self.budget.time_left(),
        );
        match decision {
            Decision::GiveUp(reason) => {
                tracing::debug!(?reason, ?after, "the end of a block is not waited for");
                false
            }
            Decision::Pause(pause) => {
                tracing::debug!(?pause, "waiting for the end of a block");
                tokio::select! {
                    () = cancel.cancelled() => false,
                    () = changed.notified() => true,
                    () = tokio::time::sleep(pause) => true,
                }
            }
        }
    }

    /// Waits before the next try; `false` when there is to be none.
    pub(crate) async fn pause(
        &mut self,
        blame: Blame,
        retry_after: Option<Duration>,
        cancel: &CancellationToken,
    ) -> bool {
        let pause = self.schedule.next().unwrap_or(self.policy.longest_pause);
        let decision = self.policy.decide(
            self.made,
            blame,
            retry_after,
            pause,
            self.budget.tries_left(),
            self.budget.time_left(),
        );
        match decision {
            Decision::GiveUp(reason) => {
                tracing::debug!(?reason, made = self.made, "not tried again");
                false
            }
            Decision::Pause(pause) => {
                tracing::debug!(?pause, made = self.made, "trying again");
                tokio::select! {
                    () = cancel.cancelled() => false,
                    () = tokio::time::sleep(pause) => true,
                }
            }
        }
    }
}

#[cfg(test)]
mod tests;
