//! One way to make a request: an HTTP and WebSocket client that contacts only what it may, waits only as long as it was
//! told, takes only as much as was agreed on, and prints no secrets; and what stands around it: retries on one budget,
//! and pools of servers that can stand in for each other.
//!
//! | to … | use |
//! |---|---|
//! | ask a server | [`HttpClient`], [`Request`], [`Response`] |
//! | read while it is written | [`Response::lines`], [`Response::events`], [`Response::copy_to`] |
//! | go on with a download | [`Request::range`], [`Response::range`] |
//! | talk both ways | [`WebSocketRequest`], [`WebSocket`] |
//! | try again | [`RetryPolicy`], [`Budget`] |
//! | ask the next server | [`EndpointPool`], [`HealthProbe`] |
//! | leave a server alone that failed, also in the next run | [`Breaker`], [`BreakerPolicy`], [`BreakerSnapshot`] |
//! | decide who may be contacted | [`AddressPolicy`], [`NetworkAccess`] |
//! | know what an error means | [`Error`], [`Blame`], [`blame_of`] |
//! | know what went where | [`TrafficMeter`], [`Traffic`] |
//! | keep a key | [`Secret`], [`RedactedUrl`] |
//! | take the servers that settings name | [`ServerUrl`], [`ServerList`] |
//!
//! Design decisions worth knowing:
//! - **There is one way to make a request.** `clippy.toml` and `deny.toml` refuse reqwest in every other crate of videogen.
//! - **The address that was judged is the one connected to.** Names are resolved once, by a resolver that judges all
//!   they resolve to and gives the connection nothing else; literal addresses, which never reach a resolver, are
//!   judged in the URL; redirects are followed by this crate, so every hop is judged the same way.
//! - **Every wait has an end**: connecting, the first byte, each pause in the answer, and the whole. So has everything
//!   that is read: head, body (after decompression), line, event, message.
//! - **A request is a value.** What it carries is in memory and can be sent again, so a retry, or another server,
//!   needs no closure that makes it anew.
//! - **Failures have a [`Blame`]**: retries, breakers and pools go by whose fault it is, not by lists of statuses. An
//!   error of another crate takes part through the trait [`Blamed`].
//! - **Decisions are pure**: breaker, choice, rate limit, retry, redirect and range are functions of values and of the
//!   time they are told; the tests run them through random courses with a clock of their own.
//! - **HTTP/1.1 and rustls on ring.** The services this is made for serve one request a connection well. TLS trusts
//!   what the system trusts, and Mozilla's certificates where the system has none.
//! - **WebSockets begin as requests** of the same client and have its guard, its TLS and its limits.
//! - **Nothing of reqwest, tungstenite, rustls or backoff is in the interface**, so that their next major version is
//!   not one of this crate. `backoff`, which is unmaintained, is used for the arithmetic of its intervals in one
//!   module.
//!
//! # Limits
//!
//! - An answer with neither a length nor chunks ends where the connection ends: that it was cut cannot be told.
//! - Through a [proxy](ClientOptions::proxy) it is the proxy that resolves names, so the guard judges only URLs and
//!   literals.
//! - On Linux the environment variables `SSL_CERT_FILE` and `SSL_CERT_DIR` name the system's certificates, by the
//!   system's convention. Nothing else of the environment is read; no proxy is taken from it.
#![doc = include_str!("../README.md")]
#![deny(missing_docs)]

mod address;
mod body;
mod client;
mod deadlines;
mod endpoint;
mod error;
mod machine;
mod multipart;
mod range;
mod redact;
mod request;
mod response;
mod retry;
mod retry_after;
mod server_list;
mod server_url;
mod traffic;
mod websocket;

pub use address::resolver::{Resolver, Resolving};
pub use address::{AddressKind, AddressPolicy, NetworkAccess, Refusal};
pub use body::lines::Lines;
pub use body::sse::{Event, Events};
pub use client::{ClientOptions, HttpClient};
pub use deadlines::SERVICES_WITHIN;
pub use endpoint::{
    Admission, BlockReason, Breaker, BreakerPolicy, BreakerSnapshot, Check, Choice, CircuitState,
    Endpoint, EndpointPool, EndpointSnapshot, Health, HealthProbe, Lease, Outcome, PathProbe,
    PoolBuilder, PoolSnapshot, Probing, RateLimit, RateLimits,
};
pub use error::classify::blame_of;
pub use error::{Blame, Blamed, ConnectFailure, Error, Phase, Source, StatusError};
pub use machine::machine_of;
pub use multipart::Multipart;
pub use range::RangeAnswer;
pub use redact::{RedactedUrl, Secret};
pub use request::{DEFAULT_MAX_BODY, Deadlines, Method, Redirects, Request};
pub use response::Response;
pub use retry::{Budget, Decision, GiveUp, RetryPolicy};
pub use server_list::{RefusedServer, ServerList};
pub use server_url::ServerUrl;
pub use traffic::{Traffic, TrafficMeter, network_since};
pub use websocket::{Message, WebSocket, WebSocketRequest};
