//! Asks servers that can stand in for each other: the effects around the machine that chooses.

use std::fmt;
use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::future::join_all;
use tokio::sync::Notify;
use tokio::task::AbortHandle;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::breaker::{Admission, BreakerPolicy, Outcome};
use super::lease::Lease;
use super::machine::{Choice, Machine, Pick};
use super::probe::HealthProbe;
use super::snapshot::{Check, CircuitState, EndpointSnapshot, PoolSnapshot};
use super::{Endpoint, Health};
use crate::client::HttpClient;
use crate::error::{Blamed, Error};
use crate::retry::{Budget, RetryPolicy};

/// The longest message of a failure that is kept.
const MESSAGE: usize = 300;

/// How a pool is set up.
#[derive(Debug)]
#[must_use]
pub struct PoolBuilder {
    service: String,
    endpoints: Vec<Endpoint>,
    probe: Option<Arc<dyn HealthProbe>>,
    policy: BreakerPolicy,
    choice: Choice,
    recheck: Option<Duration>,
}

impl PoolBuilder {
    /// Adds an endpoint; the first one is the primary.
    pub fn endpoint(mut self, endpoint: Endpoint) -> Self {
        self.endpoints.push(endpoint);
        self
    }

    /// Adds endpoints in order.
    pub fn endpoints(mut self, endpoints: impl IntoIterator<Item = Endpoint>) -> Self {
        self.endpoints.extend(endpoints);
        self
    }

    /// Sets how one finds out whether an endpoint is well.
    pub fn probe(mut self, probe: impl HealthProbe + 'static) -> Self {
        self.probe = Some(Arc::new(probe));
        self
    }

    /// Sets when an endpoint is blocked, and for how long.
    pub fn breaker(mut self, policy: BreakerPolicy) -> Self {
        self.policy = policy;
        self
    }

    /// Sets how an endpoint is chosen.
    pub fn choice(mut self, choice: Choice) -> Self {
        self.choice = choice;
        self
    }

    /// Probes in the background: endpoints whose block is over, so that nobody's request has to find out, and the load of the others
    /// every `interval`. Blocked endpoints are left alone. It needs a [probe](PoolBuilder::probe), and ends with the pool.
    pub fn recheck_every(mut self, interval: Duration) -> Self {
        self.recheck = Some(interval);
        self
    }

    /// Makes the pool; its requests for health go through `client`.
    ///
    /// # Errors
    /// [`Error::Setup`] when it is to probe in the background and there is no probe, or no tokio runtime to do it on.
    pub fn build(self, client: HttpClient) -> Result<EndpointPool, Error> {
        let setup = |problem: &str| Error::Setup {
            problem: problem.to_owned(),
        };
        let mut machine = Machine::new(self.policy, self.choice, self.recheck.is_some());
        for endpoint in &self.endpoints {
            machine.add(endpoint.max_in_flight, endpoint.per_minute);
        }
        let notes = self.endpoints.iter().map(|_| Notes::default()).collect();
        let shared = Arc::new(Shared {
            service: self.service,
            endpoints: self.endpoints,
            client,
            probe: self.probe,
            epoch: Instant::now(),
            state: Mutex::new(State { machine, notes }),
            changed: Notify::new(),
        });
        let mut task = None;
        if let Some(interval) = self.recheck {
            if shared.probe.is_none() {
                return Err(setup(
                    "a pool that checks in the background needs a health probe",
                ));
            }
            let runtime = tokio::runtime::Handle::try_current()
                .map_err(|_| setup("a pool that checks in the background needs a tokio runtime"))?;
            let work = recheck(Arc::clone(&shared), interval.max(Duration::from_millis(10)));
            task = Some(runtime.spawn(work).abort_handle());
        }
        Ok(EndpointPool {
            owner: Arc::new(Owner { shared, task }),
        })
    }
}

/// What the handles share; with the last of them the background work ends.
#[derive(Debug)]
struct Owner {
    shared: Arc<Shared>,
    task: Option<AbortHandle>,
}

impl Drop for Owner {
    fn drop(&mut self) {
        if let Some(task) = &self.task {
            task.abort();
        }
    }
}

/// What handles, leases and the background share.
#[derive(Debug)]
pub(super) struct Shared {
    service: String,
    endpoints: Vec<Endpoint>,
    client: HttpClient,
    probe: Option<Arc<dyn HealthProbe>>,
    epoch: Instant,
    state: Mutex<State>,
    changed: Notify,
}

#[derive(Debug)]
struct State {
    machine: Machine,
    notes: Vec<Notes>,
}

#[derive(Debug, Default, Clone)]
struct Notes {
    note: Option<String>,
    last_error: Option<String>,
}

impl Shared {
    pub(super) fn endpoint(&self, index: usize) -> &Endpoint {
        &self.endpoints[index]
    }

    fn now(&self) -> Duration {
        self.epoch.elapsed()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // No code that could panic runs in the middle of a change.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn end(
        &self,
        index: usize,
        probe: bool,
        outcome: Outcome,
        took: Option<Duration>,
        error: Option<&str>,
    ) {
        let random = random();
        let (before, after) = {
            let mut state = self.lock();
            let now = self.now();
            let before = CircuitState::from(state.machine.slots[index].breaker.admission(now));
            state.machine.end(index, probe, outcome, took, now, random);
            if let Some(error) = error {
                state.notes[index].last_error = Some(crate::redact::printable(error, MESSAGE));
            }
            (
                before,
                CircuitState::from(state.machine.slots[index].breaker.admission(now)),
            )
        };
        if before != after && after != CircuitState::HalfOpen {
            let url = self.endpoints[index].shown();
            tracing::info!(service = %self.service, %url, ?after, error, "endpoint");
        }
        self.changed.notify_waiters();
    }

    /// Takes the endpoint with this index if it can be asked, or says until when it is blocked.
    fn take(self: &Arc<Self>, index: usize) -> Result<Lease, Option<Duration>> {
        let mut state = self.lock();
        let now = self.now();
        match state.machine.slots[index].breaker.admission(now) {
            Admission::Free | Admission::Probe => {
                let probe = state.machine.begin(index, now);
                Ok(Lease::new(Arc::clone(self), index, probe))
            }
            Admission::Probing => Err(None),
            Admission::Blocked(until) => Err(Some(until.saturating_sub(now))),
        }
    }

    /// Asks one endpoint how it is, unless it is blocked.
    async fn check(self: &Arc<Self>, index: usize) -> Check {
        let url = self.endpoints[index].shown();
        let began = Instant::now();
        let result = match self.take(index) {
            Err(retry_after) => Err(Error::NoEndpoint {
                service: self.service.clone(),
                states: self.states(),
                retry_after,
            }),
            Ok(lease) => {
                let lease = lease.unmeasured();
                let asked = match &self.probe {
                    Some(probe) => probe.probe(&self.client, &self.endpoints[index]).await,
                    None => Err(Error::Setup {
                        problem: "the pool has no health probe".to_owned(),
                    }),
                };
                self.note(index, asked.as_ref().ok());
                match &asked {
                    Ok(_) => lease.succeed(),
                    Err(error) => lease.fail(error),
                }
                asked
            }
        };
        Check {
            url,
            result,
            took: began.elapsed(),
        }
    }

    fn note(&self, index: usize, health: Option<&Health>) {
        let Some(health) = health else { return };
        let mut state = self.lock();
        state.machine.slots[index].load = if health.load.is_finite() {
            health.load.max(0.0)
        } else {
            0.0
        };
        state.notes[index].note = Some(crate::redact::printable(&health.note, MESSAGE));
    }

    /// Each endpoint and how it is, in one line.
    fn states(&self) -> String {
        let snapshot = self.snapshot();
        if snapshot.endpoints.is_empty() {
            return "none is configured".to_owned();
        }
        let states: Vec<String> = snapshot
            .endpoints
            .iter()
            .map(|endpoint| {
                let state = match (endpoint.state, endpoint.blocked_s) {
                    (CircuitState::Open, Some(seconds)) => {
                        format!("blocked for {} s", seconds.ceil())
                    }
                    (CircuitState::HalfOpen, _) => "being checked".to_owned(),
                    _ => "tried already".to_owned(),
                };
                match &endpoint.last_error {
                    Some(error) => format!("{} ({state}: {error})", endpoint.url),
                    None => format!("{} ({state})", endpoint.url),
                }
            })
            .collect();
        states.join(", ")
    }

    fn snapshot(&self) -> PoolSnapshot {
        let state = self.lock();
        let now = self.now();
        let endpoints = self
            .endpoints
            .iter()
            .zip(&state.machine.slots)
            .zip(&state.notes);
        let endpoints = endpoints.map(|((endpoint, slot), notes)| {
            let admission = slot.breaker.admission(now);
            EndpointSnapshot {
                url: endpoint.shown(),
                state: admission.into(),
                blocked_s: match admission {
                    Admission::Blocked(until) => Some(until.saturating_sub(now).as_secs_f64()),
                    _ => None,
                },
                strikes: slot.breaker.strikes(),
                in_flight: slot.in_flight,
                load: slot.load,
                mean_s: slot.mean_seconds(),
                successes: slot.successes,
                failures: slot.failures,
                note: notes.note.clone(),
                last_error: notes.last_error.clone(),
            }
        });
        PoolSnapshot {
            service: self.service.clone(),
            endpoints: endpoints.collect(),
        }
    }
}

/// A number of 0..1.
fn random() -> f64 {
    // Without randomness there is no jitter, which is no reason to fail.
    getrandom::u64().map_or(0.5, |bits| (bits >> 11) as f64 / (1_u64 << 53) as f64)
}

async fn recheck(shared: Arc<Shared>, interval: Duration) {
    let mut ticks = tokio::time::interval(interval);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        join_all((0..shared.endpoints.len()).map(|index| shared.check(index))).await;
    }
}

/// An ordered set of servers that can stand in for each other: a primary and fallbacks, each with a circuit breaker. Clones
/// are handles of the same pool.
#[derive(Debug, Clone)]
pub struct EndpointPool {
    owner: Arc<Owner>,
}

impl EndpointPool {
    /// Begins a pool for a kind of service, named as in messages: `ComfyUI`.
    pub fn builder(service: impl Into<String>) -> PoolBuilder {
        PoolBuilder {
            service: service.into(),
            endpoints: Vec::new(),
            probe: None,
            policy: BreakerPolicy::default(),
            choice: Choice::Ordered,
            recheck: None,
        }
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
                let pick = state.machine.pick(now, tried);
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

    /// Has `work` done by some endpoint. When one fails in a way that [another may not](crate::Blame::is_worth_another), the
    /// next one is asked at once; when all have failed, they are asked again after a pause, as long as `policy` and `budget`
    /// allow. No endpoint is asked twice in a round, and none that is blocked.
    ///
    /// # Errors
    /// The last error of `work`; [`Error::NoEndpoint`] when none could be asked; [`Error::Timeout`] when the budget's time is
    /// over; [`Error::Cancelled`].
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
        loop {
            let mut tried = Vec::new();
            loop {
                let lease = tokio::select! {
                    lease = self.lease_other(&tried, cancel) => lease,
                    () = tokio::time::sleep_until(budget.until()) => return Err(last.unwrap_or_else(|| self.late(&tried, budget).into())),
                };
                let lease = match lease {
                    Ok(lease) => lease,
                    Err(error @ Error::Cancelled { .. }) => return Err(error.into()),
                    // Why the last one failed says more than that none is left.
                    Err(error) => {
                        if last.is_none() {
                            last = Some(error.into());
                        }
                        break;
                    }
                };
                if !budget.begin_try() {
                    return Err(last.unwrap_or_else(|| self.late(&tried, budget).into()));
                }
                tried.push(lease.index);
                let endpoint = lease.endpoint().clone();
                tokio::select! {
                    biased;
                    () = cancel.cancelled() => return Err(cancelled(shared).into()),
                    done = work(endpoint) => match done {
                        Ok(value) => {
                            lease.succeed();
                            return Ok(value);
                        }
                        Err(error) => {
                            lease.fail(&error);
                            if !error.blame().is_worth_another() {
                                return Err(error);
                            }
                            last = Some(error);
                        }
                    },
                    () = tokio::time::sleep_until(budget.until()) => {
                        lease.overran();
                        return Err(self.late(&tried, budget).into());
                    }
                }
            }
            course.made += 1;
            let error = last
                .take()
                .unwrap_or_else(|| self.late(&tried, budget).into());
            if tried.is_empty()
                || !course
                    .pause(error.blame(), error.retry_after(), cancel)
                    .await
            {
                return Err(error);
            }
            last = Some(error);
        }
    }

    /// The budget's time, or its tries, are over.
    fn late(&self, tried: &[usize], budget: &Budget) -> Error {
        let shared = self.shared();
        match tried.last() {
            Some(index) => Error::Timeout {
                url: shared.endpoints[*index].shown(),
                phase: crate::error::Phase::Total,
                after: budget.total(),
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
