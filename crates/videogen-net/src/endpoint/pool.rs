//! Asks servers that can stand in for each other: the effects around the machine that chooses.

use std::fmt;
use std::future::Future;
use std::sync::Arc;

use futures_util::future::join_all;
use tokio::task::AbortHandle;
use tokio_util::sync::CancellationToken;

use super::Endpoint;
use super::builder::PoolBuilder;
use super::lease::Lease;
use super::machine::Pick;
use super::shared::Shared;
use super::snapshot::{Check, PoolSnapshot};
use crate::client::HttpClient;
use crate::error::{Blamed, Error};
use crate::retry::{Budget, RetryPolicy};
use crate::traffic::{self, Flow};

/// What the handles share; with the last of them the background work ends.
#[derive(Debug)]
pub(super) struct Owner {
    pub(super) shared: Arc<Shared>,
    pub(super) task: Option<AbortHandle>,
}

impl Drop for Owner {
    fn drop(&mut self) {
        if let Some(task) = &self.task {
            task.abort();
        }
    }
}

/// An ordered set of servers that can stand in for each other: a primary and fallbacks, each with a circuit breaker.
/// Clones are handles of the same pool.
#[derive(Debug, Clone)]
pub struct EndpointPool {
    pub(super) owner: Arc<Owner>,
}

impl EndpointPool {
    /// Begins a pool for a kind of service, named as in messages: `ComfyUI`.
    pub fn builder(service: impl Into<String>) -> PoolBuilder {
        PoolBuilder::new(service.into())
    }

    fn shared(&self) -> &Arc<Shared> {
        &self.owner.shared
    }

    /// The endpoints, in order.
    pub fn endpoints(&self) -> &[Endpoint] {
        &self.shared().endpoints
    }

    /// The client that health is asked with.
    pub fn client(&self) -> &HttpClient {
        &self.shared().client
    }

    /// How everything is.
    pub fn snapshot(&self) -> PoolSnapshot {
        self.shared().snapshot()
    }

    /// Asks every endpoint that is not blocked how it is, all at the same time, and learns from it. In order.
    ///
    /// # Cancellation
    /// Dropping the future is safe.
    pub async fn check(&self) -> Vec<Check> {
        let shared = self.shared();
        join_all((0..shared.endpoints.len()).map(|index| shared.check(index))).await
    }

    /// Chooses an endpoint. Waits for a place where all are at their limits, but not for the end of a block.
    ///
    /// # Errors
    /// [`Error::NoEndpoint`] when all are blocked, or there is none; [`Error::Cancelled`].
    ///
    /// # Cancellation
    /// Dropping the future is safe.
    pub async fn lease(&self, cancel: &CancellationToken) -> Result<Lease, Error> {
        self.lease_other(&[], cancel).await
    }

    /// As [`EndpointPool::lease`], among those whose index is not in `tried`.
    ///
    /// # Errors
    /// As [`EndpointPool::lease`].
    pub async fn lease_other(
        &self,
        tried: &[usize],
        cancel: &CancellationToken,
    ) -> Result<Lease, Error> {
        self.lease_among(tried, &[], cancel).await
    }

    /// As [`EndpointPool::lease_other`]; those of `failed` have failed the caller, which may ask them all the same.
    async fn lease_among(
        &self,
        tried: &[usize],
        failed: &[usize],
        cancel: &CancellationToken,
    ) -> Result<Lease, Error> {
        let shared = self.shared();
        loop {
            // Registered before looking, so that a change in between is not missed.
            let changed = shared.changed.notified();
            tokio::pin!(changed);
            changed.as_mut().enable();
            if cancel.is_cancelled() {
                return Err(cancelled(shared));
            }
            let (pick, now) = {
                let mut state = shared.lock();
                let now = shared.now();
                let pick = state.machine.pick(now, tried, failed);
                if let Pick::Ask(index) = pick {
                    let probe = state.machine.begin(index, now);
                    return Ok(Lease::new(Arc::clone(shared), index, probe));
                }
                (pick, now)
            };
            let at = match pick {
                Pick::Ask(_) => continue,
                Pick::Soon(at) => at,
                Pick::None(at) => {
                    return Err(Error::NoEndpoint {
                        service: shared.service.clone(),
                        states: shared.states(),
                        retry_after: at.map(|at| at.saturating_sub(now)),
                    });
                }
            };
            let timer = async {
                match at {
                    Some(at) => tokio::time::sleep_until(shared.epoch + at).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                () = cancel.cancelled() => return Err(cancelled(shared)),
                () = changed => {}
                () = timer => {}
            }
        }
    }

    /// Has `work` done by some endpoint. When one fails in a way that [another may
    /// not](crate::Blame::is_worth_another), the next one is asked at once; when all have failed, they are asked again
    /// after a pause, as long as `policy` and `budget` allow. No endpoint is asked twice in a round.
    ///
    /// An endpoint that others have found blocked is not asked. Where all are, the first block is waited for if it ends
    /// within the budget, and within what `policy` waits for when a server names a time; a policy of one try waits for
    /// none. What the run itself has found out does not stop it: it goes by the pauses of `policy`, its failures at an
    /// endpoint count once, and only the wish of a server to be left alone is kept.
    ///
    /// # Errors
    /// The last error of `work`; [`Error::NoEndpoint`] when all are blocked, with until when and why, or there is none;
    /// [`Error::Timeout`] when the budget's time is over; [`Error::Cancelled`].
    ///
    /// # Cancellation
    /// When `cancel` fires, or the future is dropped, the future of `work` is dropped.
    pub async fn run<T, E, F>(
        &self,
        policy: &RetryPolicy,
        budget: &Budget,
        cancel: &CancellationToken,
        mut work: impl FnMut(Endpoint) -> F,
    ) -> Result<T, E>
    where
        E: Blamed + fmt::Display + From<Error>,
        F: Future<Output = Result<T, E>>,
    {
        let shared = self.shared();
        let mut course = policy.course(budget);
        let mut last: Option<E> = None;
        // Endpoints that have failed this run.
        let mut failed: Vec<usize> = Vec::new();
        loop {
            let mut tried = Vec::new();
            let none_left = loop {
                let lease = tokio::select! {
                    lease = self.lease_among(&tried, &failed, cancel) => lease,
                    () = tokio::time::sleep_until(budget.until()) => return Err(last.unwrap_or_else(|| self.late(&tried, budget, false).into())),
                };
                let lease = match lease {
                    Ok(lease) if failed.contains(&lease.index) => lease.once_more(),
                    Ok(lease) => lease,
                    Err(error @ Error::Cancelled { .. }) => return Err(error.into()),
                    Err(error) => break error,
                };
                if !budget.begin_try() {
                    return Err(last.unwrap_or_else(|| self.late(&tried, budget, false).into()));
                }
                tried.push(lease.index);
                let endpoint = lease.endpoint().clone();
                let flow = Flow::new();
                let trying = flow.watch(traffic::retrying(last.is_some(), work(endpoint)));
                tokio::select! {
                    biased;
                    () = cancel.cancelled() => return Err(cancelled(shared).into()),
                    done = trying => match done {
                        Ok(value) => {
                            lease.succeed();
                            return Ok(value);
                        }
                        Err(error) => {
                            failed.push(lease.index);
                            lease.fail(&error);
                            if !error.blame().is_worth_another() {
                                return Err(error);
                            }
                            last = Some(error);
                        }
                    },
                    () = tokio::time::sleep_until(budget.until()) => {
                        let is_moving = flow.is_moving();
                        lease.overran(is_moving);
                        return Err(self.late(&tried, budget, is_moving).into());
                    }
                }
            };
            let goes_on = match last.as_ref().filter(|_| !tried.is_empty()) {
                Some(error) => {
                    course.made += 1;
                    course
                        .pause(error.blame(), error.retry_after(), cancel)
                        .await
                }
                None => match none_left.retry_after() {
                    Some(after) => course.wait(after, &shared.changed, cancel).await,
                    None => false,
                },
            };
            if !goes_on {
                return Err(match last {
                    _ if cancel.is_cancelled() => cancelled(shared).into(),
                    // Why the last one failed says more than that none is left.
                    Some(error) if !tried.is_empty() => error,
                    // All are blocked, and each with its last error.
                    _ => none_left.into(),
                });
            }
        }
    }

    /// The budget's time, or its tries, are over; `is_moving` says whether an answer was coming when they were.
    fn late(&self, tried: &[usize], budget: &Budget, is_moving: bool) -> Error {
        let shared = self.shared();
        match tried.last() {
            Some(index) => Error::Timeout {
                url: shared.endpoints[*index].shown(),
                phase: crate::error::Phase::Total,
                after: budget.total(),
                is_moving,
            },
            None => Error::NoEndpoint {
                service: shared.service.clone(),
                states: shared.states(),
                retry_after: None,
            },
        }
    }
}

fn cancelled(shared: &Shared) -> Error {
    Error::Cancelled {
        what: shared.service.clone(),
    }
}
