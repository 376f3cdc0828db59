//! An answer whose status is not a success.

use std::fmt;
use std::time::Duration;

use crate::redact::RedactedUrl;

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
