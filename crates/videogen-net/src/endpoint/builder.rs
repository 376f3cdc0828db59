//! Sets a pool up.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::Instant;

use super::Endpoint;
use super::breaker::BreakerPolicy;
use super::machine::{Choice, Machine};
use super::pool::{EndpointPool, Owner};
use super::probe::HealthProbe;
use super::shared::{Notes, Shared, State, recheck};
use crate::client::HttpClient;
use crate::error::Error;

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
    pub(super) fn new(service: String) -> Self {
        Self {
            service,
            endpoints: Vec::new(),
            probe: None,
            policy: BreakerPolicy::default(),
            choice: Choice::Ordered,
            recheck: None,
        }
    }

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

    /// Probes in the background: endpoints whose block is over, so that nobody's request has to find out, and the load
    /// of the others every `interval`. Blocked endpoints are left alone. It needs a [probe](PoolBuilder::probe), and
    /// ends with the pool.
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
