//! Servers that can stand in for each other.

mod breaker;
mod builder;
mod lease;
mod limiter;
mod machine;
mod pool;
mod probe;
mod rate;
mod shared;
mod snapshot;

use url::Url;

pub use self::breaker::snapshot::BreakerSnapshot;
pub use self::breaker::{Admission, BlockReason, Breaker, BreakerPolicy, Outcome};
pub use self::builder::PoolBuilder;
pub use self::lease::Lease;
pub use self::machine::Choice;
pub use self::pool::EndpointPool;
pub use self::probe::{Health, HealthProbe, PathProbe, Probing};
pub use self::rate::{RateLimit, RateLimits};
pub use self::snapshot::{Check, CircuitState, EndpointSnapshot, PoolSnapshot};
use crate::error::Error;
use crate::redact::{RedactedUrl, Secret};
use crate::request::Request;

/// One server.
#[derive(Debug, Clone)]
pub struct Endpoint {
    url: Url,
    key: Option<Secret>,
    max_in_flight: Option<u32>,
    per_minute: Option<u32>,
    rate: Option<RateLimit>,
}

impl Endpoint {
    /// The server at `url`. What follows the last `/` of the path, the query and the fragment do not count:
    /// `http://h/v1` and `http://h/v1/` are the same.
    pub fn new(mut url: Url) -> Self {
        url.set_query(None);
        url.set_fragment(None);
        if !url.path().ends_with('/') {
            let path = format!("{}/", url.path());
            url.set_path(&path);
        }
        Self {
            url,
            key: None,
            max_in_flight: None,
            per_minute: None,
            rate: None,
        }
    }

    /// Reads a URL as users write it: without a scheme it is http.
    ///
    /// # Errors
    /// [`Error::InvalidUrl`] with what is wrong, and without what must not be printed.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let text = text.trim();
        let invalid = |problem: String| Error::InvalidUrl {
            url: RedactedUrl::of_text(text),
            problem,
        };
        let whole = if text.contains("://") {
            text.to_owned()
        } else {
            format!("http://{text}")
        };
        let url = Url::parse(&whole).map_err(|error| invalid(error.to_string()))?;
        match url.scheme() {
            "http" | "https" => Ok(Self::new(url)),
            _ => Err(invalid("only http and https are spoken".to_owned())),
        }
    }

    /// Sets a key, which is sent as a bearer token by [`Endpoint::authorize`].
    #[must_use]
    pub fn key(mut self, key: Secret) -> Self {
        self.key = Some(key);
        self
    }

    /// Sets how many requests it gets at a time.
    #[must_use]
    pub fn max_in_flight(mut self, count: u32) -> Self {
        self.max_in_flight = Some(count);
        self
    }

    /// Sets how many requests it gets in a minute by way of a pool, evenly spaced.
    #[must_use]
    pub fn per_minute(mut self, count: u32) -> Self {
        self.per_minute = Some(count);
        self
    }

    /// Sets a limit that is shared with whoever else starts work there. Clients keep it with [`Endpoint::turn`], for each
    /// request that starts work; a pool does not, since one lease may make several.
    #[must_use]
    pub fn rate_limit(mut self, limit: RateLimit) -> Self {
        self.rate = Some(limit);
        self
    }

    /// Waits until its [shared limit](Endpoint::rate_limit) allows the next request; see [`RateLimit::turn`].
    pub async fn turn(&self, waits: impl FnOnce()) {
        if let Some(limit) = &self.rate {
            limit.turn(waits).await;
        }
    }

    /// Its URL, whose path ends with `/`.
    pub fn url(&self) -> &Url {
        &self.url
    }

    /// Its URL as it may be printed.
    pub fn shown(&self) -> RedactedUrl {
        RedactedUrl::new(&self.url)
    }

    /// The URL of a path below it: `object_info` or `/object_info` alike.
    ///
    /// # Errors
    /// [`Error::InvalidUrl`] when the result would be on another server.
    pub fn join(&self, path: &str) -> Result<Url, Error> {
        let joined = self.url.join(path.trim_start_matches('/'));
        let problem = match joined {
            Ok(url) if url.origin() == self.url.origin() => return Ok(url),
            Ok(_) => "it leads to another server".to_owned(),
            Err(error) => error.to_string(),
        };
        Err(Error::InvalidUrl {
            url: RedactedUrl::of_text(path),
            problem,
        })
    }

    /// Adds the endpoint's key, if it has one.
    pub fn authorize(&self, request: Request) -> Request {
        match &self.key {
            Some(key) => request.bearer(key),
            None => request,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_as_users_write_them() {
        for (text, url) in [
            ("127.0.0.1:8188", "http://127.0.0.1:8188/"),
            (" http://gpu:11434/v1 ", "http://gpu:11434/v1/"),
            (
                "https://api.example.org/v1/?x=1#y",
                "https://api.example.org/v1/",
            ),
            ("localhost:8188", "http://localhost:8188/"),
        ] {
            assert_eq!(Endpoint::parse(text).unwrap().url().as_str(), url);
        }
        for text in ["", "ftp://h/", "http://", "http://h:99999/"] {
            assert!(
                matches!(Endpoint::parse(text), Err(Error::InvalidUrl { .. })),
                "{text}"
            );
        }
        let error = Endpoint::parse("joe:hunter2@host:x").unwrap_err();
        assert!(!error.to_string().contains("hunter2"), "{error}");
    }

    #[test]
    fn paths_stay_on_the_server() {
        let endpoint = Endpoint::parse("http://h:1/v1").unwrap();
        assert_eq!(
            endpoint.join("/chat/completions").unwrap().as_str(),
            "http://h:1/v1/chat/completions"
        );
        assert_eq!(
            endpoint.join("models").unwrap().as_str(),
            "http://h:1/v1/models"
        );
        assert_eq!(
            endpoint.join("//evil/x").unwrap().as_str(),
            "http://h:1/v1/evil/x"
        );
        assert!(endpoint.join("http://evil/x").is_err());
    }
}
