//! Several servers that can stand in for each other.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::select_ok;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use videogen_net::{
    BreakerPolicy, Budget, CircuitState, Endpoint, EndpointPool, Health, HealthProbe, HttpClient,
    PoolBuilder, PoolSnapshot, Probing, RetryPolicy,
};

use crate::client::{ClientOptions, LlmClient};
use crate::error::Error;
use crate::model::{ChatModel, ChatRequest, OnProgress};
use crate::shape::Expected;
use crate::structured::{Answered, ask};

/// How often it is looked whether a server is there again.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// A model on each of several servers: a primary and fallbacks. When one fails the next is asked at once; one that fails
/// again and again is left alone for a while, and then tried again.
#[derive(Debug, Clone)]
pub struct ModelPool {
    pool: EndpointPool,
    models: Arc<[LlmClient]>,
    policy: RetryPolicy,
}

impl ModelPool {
    /// Servers in order, each with its options. Nothing is contacted.
    ///
    /// # Errors
    /// [`Error::Net`] when the pool cannot be set up.
    pub fn new(
        http: &HttpClient,
        servers: Vec<(Endpoint, ClientOptions)>,
        breaker: BreakerPolicy,
    ) -> Result<Self, Error> {
        Self::set_up(http, servers, |pool, _| pool.breaker(breaker))
    }

    /// The same, which asks servers in the background whether they are well, every `interval` once they are no longer
    /// left alone: who was away is asked again without a question having to find out. It ends with the pool.
    ///
    /// # Errors
    /// As [`ModelPool::new`]; also when there is no tokio runtime to do it on.
    pub fn watching(
        http: &HttpClient,
        servers: Vec<(Endpoint, ClientOptions)>,
        breaker: BreakerPolicy,
        interval: Duration,
    ) -> Result<Self, Error> {
        Self::set_up(http, servers, |pool, models| {
            let probe = ModelProbe {
                models: Arc::clone(models),
            };
            pool.breaker(breaker).probe(probe).recheck_every(interval)
        })
    }

    fn set_up(
        http: &HttpClient,
        servers: Vec<(Endpoint, ClientOptions)>,
        how: impl FnOnce(PoolBuilder, &Arc<[LlmClient]>) -> PoolBuilder,
    ) -> Result<Self, Error> {
        let pool = EndpointPool::builder("language model")
            .endpoints(servers.iter().map(|(endpoint, _)| endpoint.clone()));
        let models = servers
            .into_iter()
            .map(|(endpoint, options)| LlmClient::new(http.clone(), &endpoint, options));
        let models = models.collect();
        Ok(Self {
            pool: how(pool, &models).build(http.clone())?,
            models,
            policy: RetryPolicy::once(),
        })
    }

    /// Sets when all servers are asked once more after all have failed; without it they are not.
    #[must_use]
    pub fn retries(mut self, policy: RetryPolicy) -> Self {
        self.policy = policy;
        self
    }

    /// The models, in order.
    pub fn models(&self) -> &[LlmClient] {
        &self.models
    }

    /// How the servers are.
    pub fn snapshot(&self) -> PoolSnapshot {
        self.pool.snapshot()
    }

    /// Waits until one of the servers is there and can be asked, or is loading its model, for at most `limit`; `false` when
    /// none is.
    ///
    /// # Cancellation
    /// When `cancel` fires the result is `false`. Dropping the future is safe.
    pub async fn wait_for_one(&self, limit: Duration, cancel: &CancellationToken) -> bool {
        let all: Vec<&LlmClient> = self.models.iter().collect();
        wait_for(&all, limit, cancel).await
    }

    /// The same of those that are left alone now; `false` at once where none is.
    ///
    /// # Cancellation
    /// As [`ModelPool::wait_for_one`].
    pub async fn wait_for_another(&self, limit: Duration, cancel: &CancellationToken) -> bool {
        let snapshot = self.snapshot();
        let states = snapshot.endpoints.iter().zip(self.models.iter());
        let away = states.filter(|(endpoint, _)| endpoint.state == CircuitState::Open);
        let away: Vec<&LlmClient> = away.map(|(_, model)| model).collect();
        wait_for(&away, limit, cancel).await
    }

    /// As [`ask`](crate::ask), on the first server that gives a good answer; also gives which one it was, counted from 0.
    /// `total` is for all of it.
    ///
    /// # Errors
    /// The error of the last server that was asked; [`Error::Net`] when none can be asked now, or the time is over.
    ///
    /// # Cancellation
    /// As [`ChatModel::chat`].
    pub async fn ask<E: Expected>(
        &self,
        request: &ChatRequest,
        expected: &E,
        total: Duration,
        progress: OnProgress<'_>,
        cancel: &CancellationToken,
    ) -> Result<(usize, Answered<E::Value>), Error> {
        let tries = u32::try_from(self.models.len())
            .unwrap_or(u32::MAX)
            .saturating_mul(self.policy.tries.max(1));
        let budget = Budget::new(total, tries.max(1));
        let work = |endpoint: Endpoint| async move {
            let at = self
                .models
                .iter()
                .position(|model| model.endpoint().url() == endpoint.url());
            let at = at.expect("the pool has the endpoints of the models");
            tracing::debug!(server = self.models[at].id(), "asking");
            ask(&self.models[at], request, expected, progress, cancel)
                .await
                .map(|answered| (at, answered))
        };
        let result: Result<_, Error> = self.pool.run(&self.policy, &budget, cancel, work).await;
        result.map_err(|error| match error {
            Error::Net { source } if source.is_cancelled() => Error::Cancelled,
            other => other,
        })
    }
}

/// Finds out whether a server is there and has its model.
#[derive(Debug)]
struct ModelProbe {
    models: Arc<[LlmClient]>,
}

impl HealthProbe for ModelProbe {
    fn probe<'a>(&'a self, _: &'a HttpClient, endpoint: &'a Endpoint) -> Probing<'a> {
        Box::pin(async move {
            let mut models = self.models.iter();
            let model = models
                .find(|model| model.endpoint().url() == endpoint.url())
                .expect("the pool has the endpoints of the models");
            let note = match model.check(&CancellationToken::new()).await {
                Ok(name) => name,
                // A question waits for it.
                Err(Error::Loading { .. }) => "loading its model".to_owned(),
                Err(Error::Net { source }) => return Err(source),
                Err(other) => {
                    return Err(videogen_net::Error::UnexpectedContent {
                        url: endpoint.shown(),
                        expected: "a language model",
                        found: other.to_string(),
                    });
                }
            };
            Ok(Health { load: 0.0, note })
        })
    }
}

/// Waits until one of `models` can be asked or is loading.
async fn wait_for(models: &[&LlmClient], limit: Duration, cancel: &CancellationToken) -> bool {
    let until = Instant::now() + limit;
    if models.is_empty() {
        return false;
    }
    loop {
        let asking = models.iter().map(|model| {
            Box::pin(async move {
                match model.check(cancel).await {
                    Ok(_) | Err(Error::Loading { .. }) => Ok(()),
                    Err(error) => Err(error),
                }
            })
        });
        tokio::select! {
            () = cancel.cancelled() => return false,
            () = tokio::time::sleep_until(until) => return false,
            found = select_ok(asking) => if found.is_ok() {
                return true;
            }
        }
        tokio::select! {
            () = cancel.cancelled() => return false,
            () = tokio::time::sleep_until(until) => return false,
            () = tokio::time::sleep(LOOK_EVERY) => {}
        }
    }
}
