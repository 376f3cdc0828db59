//! How one finds out whether a server is well.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;

use super::Endpoint;
use crate::client::HttpClient;
use crate::error::Error;
use crate::request::{Deadlines, Request};

/// The future of [`HealthProbe::probe`].
pub type Probing<'a> = Pin<Box<dyn Future<Output = Result<Health, Error>> + Send + 'a>>;

/// How a server is.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Health {
    /// How many requests of others wait or run there. What the pool itself has there is known to it.
    pub load: f64,
    /// What is worth showing, for example a version.
    pub note: String,
}

/// A question that tells whether a server of some kind is well. It has to bring its own deadline.
pub trait HealthProbe: fmt::Debug + Send + Sync {
    /// Asks `endpoint`.
    fn probe<'a>(&'a self, client: &'a HttpClient, endpoint: &'a Endpoint) -> Probing<'a>;
}

type Read = Arc<dyn Fn(&Value) -> Option<Health> + Send + Sync>;

/// A `GET` of a path whose answer is JSON.
#[derive(Clone)]
pub struct PathProbe {
    path: String,
    limit: Duration,
    read: Read,
}

impl fmt::Debug for PathProbe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PathProbe")
            .field("path", &self.path)
            .field("limit", &self.limit)
            .finish_non_exhaustive()
    }
}

impl PathProbe {
    /// Asks for `path`, relative to the endpoint's URL, within 5 s. `read` makes health out of the answer, or nothing
    /// when it is not the answer of such a server.
    pub fn new(
        path: impl Into<String>,
        read: impl Fn(&Value) -> Option<Health> + Send + Sync + 'static,
    ) -> Self {
        Self {
            path: path.into(),
            limit: Duration::from_secs(5),
            read: Arc::new(read),
        }
    }

    /// Sets how long the answer may take.
    #[must_use]
    pub fn within(mut self, limit: Duration) -> Self {
        self.limit = limit;
        self
    }
}

impl HealthProbe for PathProbe {
    fn probe<'a>(&'a self, client: &'a HttpClient, endpoint: &'a Endpoint) -> Probing<'a> {
        Box::pin(async move {
            let request = endpoint.authorize(Request::get(endpoint.join(&self.path)?));
            let response = client
                .send(request.deadlines(Deadlines::within(self.limit)))
                .await?;
            let url = response.shown_url().clone();
            let answer: Value = response.json().await?;
            (self.read)(&answer).ok_or(Error::UnexpectedContent {
                url,
                expected: "the answer of such a server",
                found: "other JSON".to_owned(),
            })
        })
    }
}
