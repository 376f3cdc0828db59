//! What the user can do about an error.

use std::io;

use videogen_types::Hint;

use crate::error::{ConnectFailure, Error, Phase, StatusError};
use crate::redact::RedactedUrl;

impl Error {
    /// What the user can do next, where this crate knows.
    pub fn help(&self) -> Option<Hint> {
        let words = match self {
            Self::InvalidUrl { .. } => "give the whole URL, for example http://127.0.0.1:8188".to_owned(),
            Self::Blocked { reason, .. } => return reason.help(),
            Self::Dns { .. } => "check the spelling of the host and the network connection".to_owned(),
            Self::Connect {
                kind: ConnectFailure::Refused,
                ..
            } => "start the server, or check host and port".to_owned(),
            Self::Connect { .. } => "check the network connection, host and port".to_owned(),
            Self::Tls { source, .. } => tls_help(&source.to_string()),
            Self::Timeout {
                phase: Phase::Connect,
                url,
                ..
            } if is_https(url) => "check host and port; if the server does not speak TLS, use http://".to_owned(),
            Self::Timeout {
                phase: Phase::Connect,
                ..
            } => "check host and port; a firewall may drop the packets".to_owned(),
            Self::Timeout { url, .. } if is_https(url) => {
                "the server may be overloaded; if it does not speak TLS, use http://".to_owned()
            }
            Self::Lost { url, .. } if !is_https(url) => {
                "the server may be overloaded, or the network unsteady; look at the server's log, or try again; if it speaks TLS on that port, use https://".to_owned()
            }
            Self::Timeout { .. } | Self::Lost { .. } | Self::Truncated { .. } => {
                "the server may be overloaded, or the network unsteady; look at the server's log, or try again".to_owned()
            }
            Self::Status(status) => status_help(status)?,
            Self::Protocol { source, .. } if source.to_string().contains("invalid HTTP version") => {
                "if the server speaks TLS on that port, use https://; otherwise check that the URL leads to the right service".to_owned()
            }
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
        };
        Some(words.into())
    }
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

fn is_https(url: &RedactedUrl) -> bool {
    url.to_string().starts_with("https:")
}

/// Whether a server says that it was asked without TLS on a port for TLS.
fn is_for_tls(said: &str) -> bool {
    let said = said.to_ascii_lowercase();
    [
        "sent to https port",
        "http request to an https server",
        "speaking plain http to an ssl",
    ]
    .iter()
    .any(|words| said.contains(words))
}

fn status_help(status: &StatusError) -> Option<String> {
    Some(match status.status {
        401 | 403 => "check the key or password that is configured for this server".to_owned(),
        // The words of nginx, Go and Apache.
        400 if is_for_tls(&status.excerpt) => {
            "the server speaks TLS on that port: use https://".to_owned()
        }
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
