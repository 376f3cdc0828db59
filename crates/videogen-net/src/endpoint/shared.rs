//! What the handles of a pool, its leases and its background work share.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::future::join_all;
use tokio::sync::Notify;
use tokio::time::Instant;

use super::Endpoint;
use super::breaker::Admission;
use super::lease::Lease;
use super::machine::{Ended, Machine};
use super::probe::{Health, HealthProbe};
use super::snapshot::{Check, CircuitState, EndpointSnapshot, PoolSnapshot};
use crate::client::HttpClient;
use crate::error::Error;

/// The longest message of a failure that is kept.
const MESSAGE: usize = 300;

/// What handles, leases and the background share.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) service: String,
    pub(super) endpoints: Vec<Endpoint>,
    pub(super) client: HttpClient,
    pub(super) probe: Option<Arc<dyn HealthProbe>>,
    pub(super) epoch: Instant,
    pub(super) state: Mutex<State>,
    pub(super) changed: Notify,
}

#[derive(Debug)]
pub(super) struct State {
    pub(super) machine: Machine,
    pub(super) notes: Vec<Notes>,
}

#[derive(Debug, Default, Clone)]
pub(super) struct Notes {
    note: Option<String>,
    last_error: Option<String>,
}

impl Shared {
    pub(super) fn endpoint(&self, index: usize) -> &Endpoint {
        &self.endpoints[index]
    }

    pub(super) fn now(&self) -> Duration {
        self.epoch.elapsed()
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        // No code that could panic runs in the middle of a change.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn end(&self, index: usize, ended: Ended, error: Option<&str>) {
        let random = random();
        let (before, after) = {
            let mut state = self.lock();
            let now = self.now();
            let before = CircuitState::from(state.machine.slots[index].breaker.admission(now));
            state.machine.end(index, ended, now, random);
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
    pub(super) async fn check(self: &Arc<Self>, index: usize) -> Check {
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
    pub(super) fn states(&self) -> String {
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

    pub(super) fn snapshot(&self) -> PoolSnapshot {
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

/// Checks every endpoint again and again.
pub(super) async fn recheck(shared: Arc<Shared>, interval: Duration) {
    let mut ticks = tokio::time::interval(interval);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        join_all((0..shared.endpoints.len()).map(|index| shared.check(index))).await;
    }
}
