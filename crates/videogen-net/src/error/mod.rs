//! What can go wrong with a request, and what to do about it.

mod blame;
pub(crate) mod classify;
mod failure;
mod help;
mod status;

use std::fmt;
use std::io;
use std::time::Duration;

pub use self::blame::{Blame, Blamed};
pub use self::status::StatusError;
use crate::address::Refusal;
use crate::redact::RedactedUrl;

/// What lies under an error, kept for its message.
pub type Source = Box<dyn std::error::Error + Send + Sync>;

/// Where a request was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Phase {
    /// Resolving the name, connecting, TLS.
    Connect,
    /// Sending the request and waiting for the first byte of the answer.
    FirstByte,
    /// Reading the answer: nothing came for too long.
    Stall,
    /// The whole request, with redirects and the answer's body.
    Total,
}

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Connect => "no connection",
            Self::FirstByte => "no answer",
            Self::Stall => "nothing more came",
            Self::Total => "not finished",
        })
    }
}

/// How a connection could not be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ConnectFailure {
    /// Nothing listens there.
    Refused,
    /// There is no way to the host.
    Unreachable,
    /// Something else.
    Other,
}

/// Every failure of this crate. Messages read after "failed to …:"; [`Error::help`] has the next action. No message
/// holds a password, a key, or a value of a URL's parameter that looks like one.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The client could not be set up.
    #[error("the HTTP client cannot be set up: {problem}")]
    Setup {
        /// What is wrong.
        problem: String,
    },
    /// The text is no URL.
    #[error("{url:?} is not a URL: {problem}")]
    InvalidUrl {
        /// The text, as far as it may be shown.
        url: RedactedUrl,
        /// What is wrong with it.
        problem: String,
    },
    /// A request that cannot be sent.
    #[error("{url}: the request cannot be made: {problem}")]
    InvalidRequest {
        /// What was to be asked.
        url: RedactedUrl,
        /// What is wrong with it.
        problem: String,
    },
    /// The address guard refused, before or while connecting, or on a redirect.
    #[error("{url}: refused: {reason}")]
    Blocked {
        /// The URL that was refused.
        url: RedactedUrl,
        /// Why.
        reason: Refusal,
    },
    /// The name has no address, or the resolver failed.
    #[error("{url}: the host's name cannot be resolved")]
    Dns {
        /// What was asked.
        url: RedactedUrl,
        /// What the system said.
        source: Source,
    },
    /// No connection.
    #[error("{url}: {}", match kind {
        ConnectFailure::Refused => "the connection was refused",
        ConnectFailure::Unreachable => "the host cannot be reached",
        ConnectFailure::Other => "no connection could be made",
    })]
    Connect {
        /// What was asked.
        url: RedactedUrl,
        /// How it failed.
        kind: ConnectFailure,
        /// What the system said, where that is more than the kind.
        source: Option<Source>,
    },
    /// The TLS handshake failed, or the certificate is not trusted.
    #[error("{url}: no secure connection")]
    Tls {
        /// What was asked.
        url: RedactedUrl,
        /// What is wrong with it.
        source: Source,
    },
    /// A deadline passed.
    #[error("{url}: {phase} within {after:?}{}", if *is_moving { ", though the answer was still coming" } else { "" })]
    Timeout {
        /// What was asked.
        url: RedactedUrl,
        /// Where the request was.
        phase: Phase,
        /// The deadline that passed.
        after: Duration,
        /// Whether the answer was still coming, so that nothing but time was lacking.
        is_moving: bool,
    },
    /// The connection broke.
    #[error("{url}: the connection was lost")]
    Lost {
        /// What was asked.
        url: RedactedUrl,
        /// What the system said.
        source: Source,
    },
    /// The answer ended before it was complete.
    #[error("{url}: the answer ended early, after {received} bytes{}", expected.map(|n| format!(" of {n}")).unwrap_or_default())]
    Truncated {
        /// What was asked.
        url: RedactedUrl,
        /// What came.
        received: u64,
        /// What had been announced.
        expected: Option<u64>,
    },
    /// More came than is accepted.
    #[error("{url}: the {what} is larger than {limit} bytes")]
    TooLarge {
        /// What was asked.
        url: RedactedUrl,
        /// What is too large: `answer`, `head of the answer`, `line`, `message`.
        what: &'static str,
        /// The most that is accepted, in bytes.
        limit: u64,
    },
    /// A status that is not a success.
    #[error(transparent)]
    Status(Box<StatusError>),
    /// A redirect that is not followed.
    #[error("{url}: redirected to {to}: {problem}")]
    Redirect {
        /// The URL that redirected.
        url: RedactedUrl,
        /// Where to.
        to: RedactedUrl,
        /// Why it is not followed.
        problem: &'static str,
    },
    /// The answer is of another kind than it should be, for example a login page instead of JSON.
    #[error("{url}: the answer is {found}, not {expected}")]
    UnexpectedContent {
        /// What was asked.
        url: RedactedUrl,
        /// What it should have been.
        expected: &'static str,
        /// What it is.
        found: String,
    },
    /// The answer is not the JSON it should be.
    #[error("{url}: the answer is not the expected JSON")]
    Json {
        /// What was asked.
        url: RedactedUrl,
        /// Where and why.
        source: serde_json::Error,
    },
    /// The answer is not UTF-8.
    #[error("{url}: the answer is not valid UTF-8")]
    InvalidText {
        /// What was asked.
        url: RedactedUrl,
    },
    /// The server did not send the bytes that were asked for.
    #[error("{url}: {problem}")]
    Range {
        /// What was asked.
        url: RedactedUrl,
        /// What is wrong with the answer.
        problem: String,
    },
    /// What came is not HTTP, or not a WebSocket.
    #[error("{url}: the server does not follow the protocol")]
    Protocol {
        /// What was asked.
        url: RedactedUrl,
        /// What is wrong.
        source: Source,
    },
    /// The place the answer was to be written to failed.
    #[error("the answer of {url} cannot be written")]
    Write {
        /// What was asked.
        url: RedactedUrl,
        /// What the system said.
        source: io::Error,
    },
    /// No endpoint of a pool can be asked now.
    #[error("no {service} server can be asked{}: {states}", retry_after.map(|after| format!(" for another {} s", after.as_secs_f64().ceil())).unwrap_or_default())]
    NoEndpoint {
        /// What the pool is for.
        service: String,
        /// Each endpoint and why it is not asked.
        states: String,
        /// When the first one can be asked again.
        retry_after: Option<Duration>,
    },
    /// The caller cancelled.
    #[error("{what}: cancelled")]
    Cancelled {
        /// What was going on: the URL, or the service.
        what: String,
    },
}

impl Error {
    /// Whether the same request may succeed a little later.
    pub fn is_retryable(&self) -> bool {
        self.blame().is_retryable()
    }

    /// Whether the caller wanted it so.
    pub fn is_cancelled(&self) -> bool {
        matches!(self, Self::Cancelled { .. })
    }

    /// The status, if the server answered with one that is not a success.
    pub fn status(&self) -> Option<u16> {
        match self {
            Self::Status(status) => Some(status.status),
            _ => None,
        }
    }

    /// When the server wants to be asked again.
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Status(status) => status.retry_after,
            Self::NoEndpoint { retry_after, .. } => *retry_after,
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use url::Url;

    use super::*;

    fn at(url: &str) -> RedactedUrl {
        RedactedUrl::new(&Url::parse(url).unwrap())
    }

    fn status(status: u16, after: Option<u64>) -> Error {
        Error::Status(Box::new(StatusError {
            url: at("http://127.0.0.1:1/x"),
            status,
            retry_after: after.map(Duration::from_secs),
            content_type: None,
            body: Vec::new(),
            excerpt: "no".to_owned(),
        }))
    }

    #[test]
    fn messages_read_on_and_helps_say_what_to_do() {
        let error = status(503, Some(7));
        assert_eq!(
            error.to_string(),
            "http://127.0.0.1:1/x: the server answered 503 (unavailable): no"
        );
        assert!(
            error
                .help()
                .is_some_and(|help| help.to_string().contains("7 s"))
        );
        let error = Error::Timeout {
            url: at("http://h/"),
            phase: Phase::FirstByte,
            after: Duration::from_secs(3),
            is_moving: false,
        };
        assert_eq!(error.to_string(), "http://h/: no answer within 3s");
    }

    #[test]
    fn blame_decides_what_is_tried_again() {
        for (error, blame) in [
            (status(429, None), Blame::Busy),
            (status(503, Some(1)), Blame::Busy),
            (status(503, None), Blame::Fault),
            (status(500, None), Blame::Fault),
            (status(404, None), Blame::Request),
            (status(400, None), Blame::Request),
        ] {
            assert_eq!(error.blame(), blame, "{error}");
            assert_eq!(error.is_retryable(), !matches!(blame, Blame::Request));
        }
        assert!(Blame::Wrong.is_worth_another() && !Blame::Wrong.is_retryable());
        let answer = Blame::Answer;
        assert!(answer.is_worth_another() && !answer.is_retryable() && !answer.is_servers_fault());
        assert!(!Blame::Cancelled.is_worth_another());
    }
}
