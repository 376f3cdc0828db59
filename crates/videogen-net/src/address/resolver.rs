//! Resolves names, judges what they resolve to, and remembers it for a minute.

use std::collections::HashMap;
use std::fmt;
use std::future::Future;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use super::{AddressPolicy, Refusal};

/// How long an answer is used. The system does not tell how long it may be.
const KEPT: Duration = Duration::from_mins(1);
/// The most names that are remembered.
const NAMES: usize = 256;

/// The future of [`Resolver::resolve`].
pub type Resolving<'a> = Pin<Box<dyn Future<Output = io::Result<Vec<IpAddr>>> + Send + 'a>>;

/// Something that turns names into addresses; by default the system does.
pub trait Resolver: fmt::Debug + Send + Sync {
    /// The addresses of `host`, best first.
    fn resolve<'a>(&'a self, host: &'a str) -> Resolving<'a>;
}

/// The system's resolver.
#[derive(Debug)]
pub(crate) struct SystemResolver;

impl Resolver for SystemResolver {
    fn resolve<'a>(&'a self, host: &'a str) -> Resolving<'a> {
        Box::pin(async move {
            let found = tokio::net::lookup_host((host, 0)).await?;
            Ok(found.map(|address| address.ip()).collect())
        })
    }
}

/// Why a name led to no connection.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ResolveError {
    #[error("{0}")]
    Refused(#[source] Refusal),
    #[error("the name cannot be resolved")]
    Failed(#[source] io::Error),
}

#[derive(Debug)]
struct Entry {
    addresses: Vec<IpAddr>,
    until: Instant,
}

/// The resolver a client connects through: it hands out only what the policy allows.
#[derive(Debug)]
pub(crate) struct Guard {
    policy: AddressPolicy,
    resolver: Arc<dyn Resolver>,
    /// The proxy's name: whoever configured it wants it contacted, wherever it is.
    exempt: Option<String>,
    known: Mutex<HashMap<String, Entry>>,
}

impl Guard {
    pub(crate) fn new(
        policy: AddressPolicy,
        resolver: Arc<dyn Resolver>,
        exempt: Option<String>,
    ) -> Self {
        Self {
            policy,
            resolver,
            exempt,
            known: Mutex::new(HashMap::new()),
        }
    }

    pub(crate) fn policy(&self) -> &AddressPolicy {
        &self.policy
    }

    /// Forgets a name: a connection to what it resolved to has failed.
    pub(crate) fn forget(&self, host: &str) {
        self.lock().remove(host);
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<String, Entry>> {
        // The map is whole at every moment: what panicked elsewhere does not matter here.
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn addresses(&self, host: &str) -> Result<Vec<IpAddr>, ResolveError> {
        let now = Instant::now();
        if let Some(entry) = self.lock().get(host).filter(|entry| entry.until > now) {
            return Ok(entry.addresses.clone());
        }
        let found = self
            .resolver
            .resolve(host)
            .await
            .map_err(ResolveError::Failed)?;
        if found.is_empty() {
            return Err(ResolveError::Failed(io::Error::new(
                io::ErrorKind::NotFound,
                "it has no address",
            )));
        }
        let addresses = if self.exempt.as_deref() == Some(host) {
            found
        } else {
            self.policy
                .filter(host, found)
                .map_err(ResolveError::Refused)?
        };
        let mut known = self.lock();
        if known.len() >= NAMES {
            known.retain(|_, entry| entry.until > now);
        }
        if known.len() < NAMES {
            known.insert(
                host.to_owned(),
                Entry {
                    addresses: addresses.clone(),
                    until: now + KEPT,
                },
            );
        }
        Ok(addresses)
    }
}

/// The guard as reqwest wants it.
#[derive(Debug, Clone)]
pub(crate) struct GuardedResolve(pub(crate) Arc<Guard>);

impl reqwest::dns::Resolve for GuardedResolve {
    fn resolve(&self, name: reqwest::dns::Name) -> reqwest::dns::Resolving {
        let guard = Arc::clone(&self.0);
        Box::pin(async move {
            let addresses = guard.addresses(name.as_str()).await?;
            let sockets: reqwest::dns::Addrs = Box::new(
                addresses
                    .into_iter()
                    .map(|address| SocketAddr::new(address, 0)),
            );
            Ok(sockets)
        })
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    /// Answers with the n-th list on the n-th question, and with the last one from then on.
    #[derive(Debug)]
    struct Changing(Vec<Vec<IpAddr>>, AtomicUsize);

    impl Resolver for Changing {
        fn resolve<'a>(&'a self, _: &'a str) -> Resolving<'a> {
            let asked = self.1.fetch_add(1, Ordering::Relaxed);
            Box::pin(std::future::ready(Ok(
                self.0[asked.min(self.0.len() - 1)].clone()
            )))
        }
    }

    fn ips(text: &[&str]) -> Vec<IpAddr> {
        text.iter().map(|text| text.parse().unwrap()).collect()
    }

    #[tokio::test(start_paused = true)]
    async fn answers_are_kept_a_minute_and_dropped_when_a_connection_fails() {
        let resolver = Arc::new(Changing(
            vec![ips(&["1.1.1.1"]), ips(&["8.8.8.8"]), ips(&["9.9.9.9"])],
            AtomicUsize::new(0),
        ));
        let guard = Guard::new(AddressPolicy::public(), resolver, None);
        assert_eq!(guard.addresses("a").await.unwrap(), ips(&["1.1.1.1"]));
        assert_eq!(guard.addresses("a").await.unwrap(), ips(&["1.1.1.1"]));
        guard.forget("a");
        assert_eq!(guard.addresses("a").await.unwrap(), ips(&["8.8.8.8"]));
        tokio::time::advance(KEPT + Duration::from_secs(1)).await;
        assert_eq!(guard.addresses("a").await.unwrap(), ips(&["9.9.9.9"]));
    }

    #[tokio::test(start_paused = true)]
    async fn a_name_that_turns_private_is_refused_from_then_on() {
        let resolver = Arc::new(Changing(
            vec![ips(&["1.1.1.1"]), ips(&["127.0.0.1"])],
            AtomicUsize::new(0),
        ));
        let guard = Guard::new(AddressPolicy::public(), resolver, None);
        assert!(guard.addresses("a").await.is_ok());
        tokio::time::advance(KEPT + Duration::from_secs(1)).await;
        assert!(matches!(
            guard.addresses("a").await,
            Err(ResolveError::Refused(_))
        ));
    }

    #[tokio::test]
    async fn what_is_remembered_is_bounded() {
        let guard = Guard::new(
            AddressPolicy::public(),
            Arc::new(Changing(vec![ips(&["1.1.1.1"])], AtomicUsize::new(0))),
            None,
        );
        for n in 0..NAMES * 2 {
            guard.addresses(&format!("h{n}")).await.unwrap();
        }
        assert!(guard.lock().len() <= NAMES);
    }
}
