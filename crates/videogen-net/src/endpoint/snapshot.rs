//! The state of a pool, to be shown.

use std::time::Duration;

use serde::Serialize;

use super::breaker::Admission;
use crate::error::Error;
use crate::redact::RedactedUrl;

/// Whether an endpoint is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum CircuitState {
    /// It is asked.
    Closed,
    /// It is not asked.
    Open,
    /// One request may find out, or is finding out, whether it is well again.
    HalfOpen,
}

impl From<Admission> for CircuitState {
    fn from(admission: Admission) -> Self {
        match admission {
            Admission::Free => Self::Closed,
            Admission::Blocked(_) => Self::Open,
            Admission::Probe | Admission::Probing => Self::HalfOpen,
        }
    }
}

/// The state of one endpoint.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct EndpointSnapshot {
    /// Its URL as it may be printed.
    pub url: RedactedUrl,
    /// Whether it is asked.
    pub state: CircuitState,
    /// Seconds until it may be asked again, when it is blocked.
    pub blocked_s: Option<f64>,
    /// Blocks that were not made up for by successes.
    pub strikes: u32,
    /// Requests that are running.
    pub in_flight: u32,
    /// Work of others there, by the last health probe.
    pub load: f64,
    /// Seconds a request takes, as a moving average.
    pub mean_s: Option<f64>,
    /// Requests that succeeded.
    pub successes: u64,
    /// Requests that failed by its fault.
    pub failures: u64,
    /// What the last health probe said of it.
    pub note: Option<String>,
    /// Its last failure.
    pub last_error: Option<String>,
}

/// The state of a pool.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct PoolSnapshot {
    /// What the pool is for.
    pub service: String,
    /// Its endpoints, in order.
    pub endpoints: Vec<EndpointSnapshot>,
}

/// What a health check of one endpoint found.
#[derive(Debug)]
#[non_exhaustive]
pub struct Check {
    /// Its URL as it may be printed.
    pub url: RedactedUrl,
    /// How it is, or why that is not known.
    pub result: Result<super::Health, Error>,
    /// How long the answer took.
    pub took: Duration,
}
