//! Several servers that can stand in for each other.

use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;
use videogen_net::{
    BreakerPolicy, Budget, Endpoint, EndpointPool, HttpClient, PoolSnapshot, RetryPolicy,
};

use crate::client::{ClientOptions, LlmClient};
use crate::error::Error;
use crate::model::{ChatModel, ChatRequest, OnProgress};
use crate::shape::Expected;
use crate::structured::{Answered, ask};

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
        let pool = EndpointPool::builder("language model")
            .endpoints(servers.iter().map(|(endpoint, _)| endpoint.clone()))
            .breaker(breaker)
            .build(http.clone())?;
        let models = servers
            .into_iter()
            .map(|(endpoint, options)| LlmClient::new(http.clone(), &endpoint, options));
        Ok(Self {
            pool,
            models: models.collect(),
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
