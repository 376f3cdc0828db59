//! Several servers of one kind, as settings name them, and the client for them.

use videogen_types::Hint;

use crate::address::AddressPolicy;
use crate::client::{ClientOptions, HttpClient};
use crate::endpoint::Endpoint;
use crate::error::Error;
use crate::redact::Secret;
use crate::server_url::ServerUrl;
use crate::traffic::TrafficMeter;

/// Servers of one kind, with a client that reaches them and nobody else: one that is led astray must not lead us to another.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct ServerList {
    /// Each server once, the preferred first.
    pub endpoints: Vec<Endpoint>,
    /// Asks them, on this machine or elsewhere.
    pub http: HttpClient,
}

impl ServerList {
    /// Takes `servers` in their order. `key` goes to each of them as a bearer token, and `traffic` counts what is exchanged with
    /// them. Nothing is contacted.
    ///
    /// # Errors
    /// [`Error::Setup`] when the client cannot be set up.
    pub fn open(
        servers: &[ServerUrl],
        key: Option<&Secret>,
        traffic: &TrafficMeter,
    ) -> Result<Self, Error> {
        let mut endpoints: Vec<Endpoint> = Vec::new();
        for server in servers {
            let endpoint = server.endpoint();
            if endpoints.iter().any(|known| known.url() == endpoint.url()) {
                continue;
            }
            endpoints.push(match key {
                Some(key) => endpoint.key(key.clone()),
                None => endpoint,
            });
        }
        let policy = AddressPolicy::services(endpoints.iter().map(Endpoint::url));
        let http = HttpClient::new(ClientOptions::new(policy).traffic(traffic.clone()))?;
        Ok(Self { endpoints, http })
    }
}

/// A server that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefusedServer {
    /// Why, with its address.
    pub reason: String,
    /// What to do about it.
    pub hint: Option<Hint>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_server_is_in_the_list_once_with_the_key() {
        let servers = ["http://a:1", "http://b:2/v1/", "http://a:1/"];
        let servers = servers.map(|url| url.parse().unwrap());
        let key = Secret::new("sk-0123");
        let list = ServerList::open(&servers, Some(&key), &TrafficMeter::default()).unwrap();
        let urls: Vec<String> = list
            .endpoints
            .iter()
            .map(|one| one.url().to_string())
            .collect();
        assert_eq!(urls, ["http://a:1/", "http://b:2/v1/"]);
        assert!(!format!("{list:?}").contains("0123"));
    }
}
