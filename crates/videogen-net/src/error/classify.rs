//! Finds out what an error of the HTTP stack is, by the types in its whole chain.

use std::error::Error as StdError;
use std::io;

use crate::address::resolver::ResolveError;
use crate::error::{ConnectFailure, Error};
use crate::redact::RedactedUrl;

/// How much of an answer had come when it broke off.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Progress {
    pub(crate) received: u64,
    pub(crate) expected: Option<u64>,
}

/// The links of an error's chain. `io::Error` hides what it wraps from `source`, so that is a link of its own.
fn chain<'a>(
    error: &'a (dyn StdError + 'static),
) -> impl Iterator<Item = &'a (dyn StdError + 'static)> {
    std::iter::successors(Some(error), |&error| {
        match error
            .downcast_ref::<io::Error>()
            .and_then(io::Error::get_ref)
        {
            Some(inner) => Some(inner as &(dyn StdError + 'static)),
            None => error.source(),
        }
    })
    // A chain that leads back to itself must not hold us.
    .take(32)
}

fn find<'a, T: StdError + 'static>(error: &'a (dyn StdError + 'static)) -> Option<&'a T> {
    chain(error).find_map(|error| error.downcast_ref::<T>())
}

/// Turns what reqwest says into what it means. `deadline` is the limit of the connect phase.
pub(crate) fn request_error(
    error: reqwest::Error,
    url: &RedactedUrl,
    connect: std::time::Duration,
    progress: Option<Progress>,
) -> Error {
    // Its message has the URL with all that is in it.
    let error = error.without_url();
    let url = url.clone();
    if let Some(ResolveError::Refused(reason)) = find::<ResolveError>(&error) {
        let reason = reason.clone();
        return Error::Blocked { url, reason };
    }
    if find::<ResolveError>(&error).is_some() {
        return Error::Dns {
            url,
            source: Box::new(error),
        };
    }
    if find::<rustls::Error>(&error).is_some() {
        let source = Box::new(Innermost::of(&error));
        return Error::Tls { url, source };
    }
    if error.is_timeout() {
        return Error::Timeout {
            url,
            phase: crate::error::Phase::Connect,
            after: connect,
            is_moving: false,
        };
    }
    let io = find::<io::Error>(&error).map(io::Error::kind);
    if error.is_connect() {
        let kind = match io {
            Some(io::ErrorKind::ConnectionRefused) => ConnectFailure::Refused,
            Some(io::ErrorKind::HostUnreachable | io::ErrorKind::NetworkUnreachable) => {
                ConnectFailure::Unreachable
            }
            _ => ConnectFailure::Other,
        };
        // The kind says it, and so would each of what lies between it and the system.
        let source = (kind != ConnectFailure::Refused)
            .then(|| Box::new(Innermost::of(&error)) as crate::error::Source);
        return Error::Connect { url, kind, source };
    }
    if let Some(hyper) = find::<hyper::Error>(&error) {
        // The method that tells these apart exists with hyper's server only; a test sends such a head.
        if hyper.is_parse() && hyper.to_string().contains("too large") {
            return Error::TooLarge {
                url,
                what: "head of the answer",
                limit: crate::client::HEAD_LIMIT,
            };
        }
        if hyper.is_parse() {
            return Error::Protocol {
                url,
                source: Box::new(error),
            };
        }
    }
    match (progress, io) {
        (Some(Progress { received, expected }), Some(io::ErrorKind::UnexpectedEof)) => {
            Error::Truncated {
                url,
                received,
                expected,
            }
        }
        // A chunk's length that is no number, a stream that is no gzip.
        (_, Some(io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput)) => Error::Protocol {
            url,
            source: Box::new(error),
        },
        (Some(Progress { received, expected }), None)
            if find::<hyper::Error>(&error).is_some_and(hyper::Error::is_incomplete_message) =>
        {
            Error::Truncated {
                url,
                received,
                expected,
            }
        }
        _ if error.is_builder() => Error::InvalidRequest {
            url,
            problem: Innermost::of(&error).0,
        },
        _ => Error::Lost {
            url,
            source: Box::new(error),
        },
    }
}

/// The last message of a chain: what really happened, without the layers above it.
#[derive(Debug)]
pub(crate) struct Innermost(String);

impl Innermost {
    pub(crate) fn of(error: &(dyn StdError + 'static)) -> Self {
        Self(
            chain(error)
                .last()
                .map(ToString::to_string)
                .unwrap_or_default(),
        )
    }
}

impl std::fmt::Display for Innermost {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl StdError for Innermost {}

/// What an error of any crate tells about trying again, found in its whole chain: an [`Error`] of this crate by its
/// [blame](Error::blame), an I/O error by its kind. `None` when nothing in the chain is known.
pub fn blame_of(error: &(dyn StdError + 'static)) -> Option<crate::Blame> {
    chain(error).find_map(|link| {
        if let Some(error) = link.downcast_ref::<Error>() {
            return Some(error.blame());
        }
        let error = link.downcast_ref::<io::Error>()?;
        match error.kind() {
            io::ErrorKind::ConnectionRefused
            | io::ErrorKind::HostUnreachable
            | io::ErrorKind::NetworkUnreachable => Some(crate::Blame::Down),
            io::ErrorKind::ConnectionReset
            | io::ErrorKind::ConnectionAborted
            | io::ErrorKind::BrokenPipe
            | io::ErrorKind::TimedOut
            | io::ErrorKind::UnexpectedEof => Some(crate::Blame::Fault),
            _ => None,
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Blame;

    #[derive(Debug, thiserror::Error)]
    #[error("outer")]
    struct Outer(#[source] io::Error);

    #[test]
    fn the_whole_chain_is_searched_through_io_errors_too() {
        let reset = io::Error::from(io::ErrorKind::ConnectionReset);
        let wrapped = Outer(io::Error::other(Outer(reset)));
        assert_eq!(blame_of(&wrapped), Some(Blame::Fault));
        let ours = Outer(io::Error::other(Error::Cancelled {
            what: "x".to_owned(),
        }));
        assert_eq!(blame_of(&ours), Some(Blame::Cancelled));
        assert_eq!(blame_of(&Outer(io::Error::other("text"))), None);
    }
}
