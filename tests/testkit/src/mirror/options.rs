//! How a mirror is set up.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;
use std::time::Duration;

use super::content::Content;
use super::fault::FaultRule;
use super::server::MockMirror;

/// Which validators a mirror sends.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Validator {
    /// A strong ETag and a Last-Modified.
    #[default]
    Strong,
    /// A weak ETag, the same for all contents, which says nothing about bytes.
    Weak,
    /// A strong ETag that is another one in each answer, as links with a token have.
    Changing,
    /// None.
    None,
}

/// A [`MockMirror`] before it starts: on 127.0.0.1 and a port of its own, as fast as it can, without faults.
#[derive(Debug, Clone)]
pub struct Builder {
    pub(crate) files: BTreeMap<String, Content>,
    pub(crate) speed: Option<u64>,
    pub(crate) latency: Duration,
    pub(crate) rules: Vec<FaultRule>,
    pub(crate) address: Ipv4Addr,
    pub(crate) port: u16,
    pub(crate) validator: Validator,
}

impl Default for Builder {
    fn default() -> Self {
        Self {
            files: BTreeMap::new(),
            speed: None,
            latency: Duration::ZERO,
            rules: Vec::new(),
            address: Ipv4Addr::LOCALHOST,
            port: 0,
            validator: Validator::Strong,
        }
    }
}

impl Builder {
    /// Puts a file onto it. The name may have slashes.
    #[must_use]
    pub fn file(mut self, name: &str, content: impl Into<Content>) -> Self {
        self.files.insert(name.to_owned(), content.into());
        self
    }

    /// Sends so many bytes a second of bodies, for each connection by itself: more connections get more.
    #[must_use]
    pub fn speed(mut self, bytes_per_second: u64) -> Self {
        self.speed = Some(bytes_per_second);
        self
    }

    /// Waits so long before each head, as a far mirror does.
    #[must_use]
    pub fn latency(mut self, latency: Duration) -> Self {
        self.latency = latency;
        self
    }

    /// Adds a fault.
    #[must_use]
    pub fn fault(mut self, rule: impl Into<FaultRule>) -> Self {
        self.rules.push(rule.into());
        self
    }

    /// Listens elsewhere on the loopback. On Linux all of 127.0.0.0/8 is: programs that count connections by host see
    /// 127.0.0.2 as another one.
    #[must_use]
    pub fn address(mut self, address: Ipv4Addr) -> Self {
        self.address = address;
        self
    }

    /// Listens on this port.
    #[must_use]
    pub fn port(mut self, port: u16) -> Self {
        self.port = port;
        self
    }

    /// Sends these validators.
    #[must_use]
    pub fn validator(mut self, validator: Validator) -> Self {
        self.validator = validator;
        self
    }

    /// Starts it, on a thread and a runtime of its own: a paused clock of the test does not reach it.
    ///
    /// # Panics
    /// When the port is taken.
    pub async fn start(self) -> MockMirror {
        let (mirror, ready) = MockMirror::launch(self);
        ready.await.expect("the mirror's thread lives");
        mirror
    }

    /// Starts it where there is no runtime.
    ///
    /// # Panics
    /// When the port is taken.
    pub fn start_blocking(self) -> MockMirror {
        // The port listens already; who connects before the thread runs waits in the system's queue.
        MockMirror::launch(self).0
    }
}
