//! One way to make a request.
#![deny(missing_docs)]

mod address;
mod body;
mod client;
mod endpoint;
mod error;
mod multipart;
mod range;
mod redact;
mod request;
mod response;
mod retry;
mod retry_after;
mod websocket;

pub use address::resolver::{Resolver, Resolving};
pub use address::{AddressKind, AddressPolicy, Refusal};
pub use body::lines::Lines;
pub use body::sse::{Event, Events};
pub use client::{ClientOptions, HttpClient};
pub use endpoint::{
    BreakerPolicy, Check, Choice, CircuitState, Endpoint, EndpointPool, EndpointSnapshot, Health,
    HealthProbe, Lease, PathProbe, PoolBuilder, PoolSnapshot, Probing,
};
pub use error::classify::blame_of;
pub use error::{Blame, Blamed, ConnectFailure, Error, Phase, Source, StatusError};
pub use multipart::Multipart;
pub use range::RangeAnswer;
pub use redact::{RedactedUrl, Secret};
pub use request::{DEFAULT_MAX_BODY, Deadlines, Method, Redirects, Request};
pub use response::Response;
pub use retry::{Budget, Decision, GiveUp, RetryPolicy};
pub use websocket::{Message, WebSocket, WebSocketRequest};
