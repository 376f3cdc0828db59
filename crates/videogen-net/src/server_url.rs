//! The address of a server, as a person names it.

use std::fmt;
use std::str::FromStr;

use url::Url;
use videogen_types::InvalidValue;

use crate::Endpoint;

/// The address of a server. Shown without user and password.
#[derive(Clone, PartialEq, Eq)]
pub struct ServerUrl(Url);

impl ServerUrl {
    /// As an endpoint of a pool.
    pub fn endpoint(&self) -> Endpoint {
        Endpoint::new(self.0.clone())
    }

    /// With everything in it, a password too: for requests, never for people.
    pub fn expose(&self) -> &str {
        self.0.as_str()
    }

    /// Its port, also where it is the usual one.
    pub fn port(&self) -> u16 {
        self.0.port_or_known_default().unwrap_or_default()
    }
}

impl fmt::Display for ServerUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let host = self.0.host_str().unwrap_or_default();
        write!(f, "{}://{host}", self.0.scheme())?;
        if let Some(port) = self.0.port() {
            write!(f, ":{port}")?;
        }
        f.write_str(self.0.path().trim_end_matches('/'))
    }
}

impl fmt::Debug for ServerUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ServerUrl({self})")
    }
}

impl FromStr for ServerUrl {
    type Err = InvalidValue;

    fn from_str(text: &str) -> Result<Self, InvalidValue> {
        let trimmed = text.trim();
        // As Ollama and ComfyUI print them: `127.0.0.1:8188`.
        let is_bare = !trimmed.contains("://") && is_host(trimmed);
        let url = if is_bare {
            Url::parse(&format!("http://{trimmed}"))
        } else {
            Url::parse(trimmed)
        };
        let url = url.ok();
        let url = url.filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
        url.map(Self).ok_or_else(|| {
            // What stands before an @ may be a password, and so may what stands in the place of a port: where addresses
            // are separated by commas, a password with a comma in it is in two of them.
            let port = text.rsplit_once(':').map(|(_, port)| port);
            let is_port = |port: &str| port.starts_with(|c: char| c.is_ascii_digit() || c == '/');
            let shown = match text.rsplit_once('@') {
                Some((_, host)) => format!("…@{host}"),
                None if port.is_some_and(|port| !is_port(port)) => "…".to_owned(),
                None => text.to_owned(),
            };
            InvalidValue::new(
                "address of a server",
                &shown,
                "a URL such as http://127.0.0.1:8188",
            )
        })
    }
}

/// Whether an address without a scheme is a host with a port, or an address of the Internet protocol: a single word may
/// be anything, and what has an `@` has a password that is shown to nobody.
fn is_host(text: &str) -> bool {
    let authority = text.split('/').next().unwrap_or_default();
    let (host, port) = match authority.rsplit_once(':') {
        Some((host, port)) if !host.is_empty() => (host, Some(port)),
        _ => (authority, None),
    };
    let is_name = |host: &str| {
        let known = |c: char| c.is_ascii_alphanumeric() || "-._[]:".contains(c);
        !host.is_empty() && host.chars().all(known)
    };
    match port {
        Some(port) => is_name(host) && port.parse::<u16>().is_ok(),
        None => host == "localhost" || host.parse::<std::net::Ipv4Addr>().is_ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_urls_and_show_no_password() {
        let url: ServerUrl = " http://me:secret@box:8188/comfy/ ".parse().unwrap();
        assert_eq!(url.to_string(), "http://box:8188/comfy");
        assert!(!format!("{url:?}").contains("secret"));
        for (bare, url) in [
            ("127.0.0.1:8188", "http://127.0.0.1:8188"),
            ("box:8188/comfy/", "http://box:8188/comfy"),
            ("[::1]:8188", "http://[::1]:8188"),
            ("localhost", "http://localhost"),
        ] {
            assert_eq!(bare.parse::<ServerUrl>().unwrap().to_string(), url);
        }
        for bad in [
            "",
            "box",
            "box:",
            "box:99999",
            "me:secret@box:8188",
            "me:secret",
            "mailto:me",
            "ftp://box",
            "http://",
            "u:secret@",
            "http://me:secret",
        ] {
            let error = bad.parse::<ServerUrl>().unwrap_err().to_string();
            assert!(!error.contains("secret"), "{error}");
        }
    }
}
