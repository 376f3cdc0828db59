//! What can go wrong with a request, and what to do about it.

pub(crate) mod classify;

use std::fmt;
use std::io;
use std::time::Duration;

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

/// An answer with a status that is not a success.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct StatusError {
    /// What was asked.
    pub url: RedactedUrl,
    /// The status, 100..=999.
    pub status: u16,
    /// What the server says about when to come again; at most a day.
    pub retry_after: Option<Duration>,
    /// Its media type, in lower case and without parameters.
    pub content_type: Option<String>,
    /// The beginning of the body, at most 64 KiB. It is the server's text: not for a message as it is.
    pub body: Vec<u8>,
    /// The beginning of the body on one line, at most 200 bytes, without secrets that were sent.
    pub excerpt: String,
}

impl fmt::Display for StatusError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: the server answered {}", self.url, self.status)?;
        if let Some(reason) = reason(self.status) {
            write!(f, " ({reason})")?;
        }
        // A page of HTML says nothing in its first 200 bytes.
        if !self.excerpt.is_empty() && !self.excerpt.starts_with('<') {
            write!(f, ": {}", self.excerpt)?;
        }
        Ok(())
    }
}

impl std::error::Error for StatusError {}

/// The words of the statuses one meets.
fn reason(status: u16) -> Option<&'static str> {
    Some(match status {
        400 => "bad request",
        401 => "not authorized",
        403 => "forbidden",
        404 => "not found",
        405 => "method not allowed",
        408 => "request timeout",
        413 => "request too large",
        416 => "range not satisfiable",
        429 => "too many requests",
        500 => "internal error",
        502 => "bad gateway",
        503 => "unavailable",
        504 => "gateway timeout",
        _ => return None,
    })
}

/// Every failure of this crate. Messages read after "failed to …:"; [`Error::help`] has the next action. No message holds
/// a password, a key, or a value of a URL's parameter that looks like one.
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
        /// What the system said.
        source: Source,
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
    #[error("{url}: {phase} within {after:?}")]
    Timeout {
        /// What was asked.
        url: RedactedUrl,
        /// Where the request was.
        phase: Phase,
        /// The deadline that passed.
        after: Duration,
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
    #[error("no {service} server can be asked: {states}")]
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
    /// What the user can do next, where this crate knows.
    pub fn help(&self) -> Option<String> {
        Some(match self {
            Self::InvalidUrl { .. } => "give the whole URL, for example http://127.0.0.1:8188".to_owned(),
            Self::Blocked { reason, .. } => blocked_help(reason)?,
            Self::Dns { .. } => "check the spelling of the host and the network connection".to_owned(),
            Self::Connect {
                kind: ConnectFailure::Refused,
                ..
            } => "start the server, or check host and port".to_owned(),
            Self::Connect { .. } => "check the network connection, host and port".to_owned(),
            Self::Tls { source, .. } => tls_help(&source.to_string()),
            Self::Timeout {
                phase: Phase::Connect,
                ..
            } => "check host and port; a firewall may drop the packets".to_owned(),
            Self::Timeout { .. } | Self::Lost { .. } | Self::Truncated { .. } => {
                "the server may be overloaded, or the network unsteady; look at the server's log, or try again".to_owned()
            }
            Self::Status(status) => status_help(status)?,
            Self::UnexpectedContent { .. } | Self::Json { .. } | Self::Protocol { .. } => {
                "check that the URL leads to the right service, and not to another program, a proxy or a login page".to_owned()
            }
            Self::Redirect { to, .. } => format!("if {to} is the right place, configure that URL"),
            Self::NoEndpoint {
                retry_after: Some(after),
                ..
            } => format!(
                "start one of the servers; the next one is tried again in {} s",
                after.as_secs().max(1)
            ),
            Self::NoEndpoint { service, .. } => format!("configure the URL of a {service} server"),
            Self::Write { source, .. } if source.kind() == io::ErrorKind::StorageFull => {
                "the disk is full; make room".to_owned()
            }
            Self::Setup { .. }
            | Self::InvalidRequest { .. }
            | Self::TooLarge { .. }
            | Self::InvalidText { .. }
            | Self::Range { .. }
            | Self::Write { .. }
            | Self::Cancelled { .. } => return None,
        })
    }

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

    /// Whose fault it is, which is what retries and endpoint pools go by.
    pub fn blame(&self) -> Blame {
        match self {
            Self::Dns { .. }
            | Self::Connect { .. }
            | Self::Timeout {
                phase: Phase::Connect,
                ..
            } => Blame::Down,
            Self::Timeout { .. } | Self::Lost { .. } | Self::Truncated { .. } => Blame::Fault,
            Self::Status(status) => match status.status {
                429 => Blame::Busy,
                503 if status.retry_after.is_some() => Blame::Busy,
                408 | 500..=599 => Blame::Fault,
                _ => Blame::Request,
            },
            // What is not the service does not become it by waiting; the next endpoint may be.
            Self::Tls { .. }
            | Self::Protocol { .. }
            | Self::UnexpectedContent { .. }
            | Self::Json { .. }
            | Self::InvalidText { .. }
            | Self::Range { .. }
            | Self::TooLarge { .. }
            | Self::Redirect { .. }
            | Self::Blocked { .. } => Blame::Wrong,
            Self::NoEndpoint { .. } => Blame::Busy,
            Self::Setup { .. }
            | Self::InvalidUrl { .. }
            | Self::InvalidRequest { .. }
            | Self::Write { .. } => Blame::Request,
            Self::Cancelled { .. } => Blame::Cancelled,
        }
    }
}

/// Whose fault a failure is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Blame {
    /// The server is not there: asking it again soon is pointless, asking another is not.
    Down,
    /// The server, or the way to it, failed this time.
    Fault,
    /// The server wants to be left alone for a while.
    Busy,
    /// What answers is not what was expected. Asking it again is pointless, asking another is not.
    Wrong,
    /// The request: it fails wherever it is sent. The server is fine.
    Request,
    /// Nobody: the caller wanted it so.
    Cancelled,
}

impl Blame {
    /// Whether the same request to the same server may succeed a little later.
    pub fn is_retryable(self) -> bool {
        matches!(self, Self::Down | Self::Fault | Self::Busy)
    }

    /// Whether another server may do better.
    pub fn is_worth_another(self) -> bool {
        self.is_retryable() || self == Self::Wrong
    }
}

/// An error that knows whose fault it is. Crates that wrap [`Error`] implement it on theirs.
pub trait Blamed {
    /// Whose fault it is.
    fn blame(&self) -> Blame;
    /// When the server wants to be asked again.
    fn retry_after(&self) -> Option<Duration> {
        None
    }
}

impl Blamed for Error {
    fn blame(&self) -> Blame {
        Self::blame(self)
    }

    fn retry_after(&self) -> Option<Duration> {
        Self::retry_after(self)
    }
}

fn blocked_help(reason: &Refusal) -> Option<String> {
    use crate::address::AddressKind;
    Some(match reason {
        Refusal::Address {
            kind: AddressKind::Unspecified,
            ..
        } => "0.0.0.0 is an address to listen on; to connect use 127.0.0.1 or the machine's own address".to_owned(),
        Refusal::NotEncrypted => "use an https:// URL".to_owned(),
        Refusal::Scheme(_) => "give an http:// or https:// URL".to_owned(),
        _ => return None,
    })
}

fn tls_help(source: &str) -> String {
    if source.contains("Expired") || source.contains("expired") || source.contains("NotValidYet") {
        "check this machine's clock; if it is right, the server needs a new certificate".to_owned()
    } else if source.contains("InvalidContentType") || source.contains("corrupt message") {
        "the server does not speak TLS on that port: use http://".to_owned()
    } else {
        "check that the system's certificates are installed (package ca-certificates), and the server's certificate".to_owned()
    }
}

fn status_help(status: &StatusError) -> Option<String> {
    Some(match status.status {
        401 | 403 => "check the key or password that is configured for this server".to_owned(),
        404 => "check the URL; the service may be another one, or older than expected".to_owned(),
        429 | 503 => match status.retry_after {
            Some(after) => format!(
                "the server is busy; try again in {} s",
                after.as_secs().max(1)
            ),
            None => "the server is busy; try again later".to_owned(),
        },
        500..=599 => "look at the server's log".to_owned(),
        _ => return None,
    })
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
        assert!(error.help().is_some_and(|help| help.contains("7 s")));
        let error = Error::Timeout {
            url: at("http://h/"),
            phase: Phase::FirstByte,
            after: Duration::from_secs(3),
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
        assert!(!Blame::Cancelled.is_worth_another());
    }
}
