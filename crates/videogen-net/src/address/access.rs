//! Whether the network may be used: a value that is handed to whoever makes clients.

use super::AddressPolicy;

/// Whether more than this machine and the servers that a person named may be contacted.
///
/// Clients of services get [`AddressPolicy::services`], which is the same either way; what looks for services on this
/// machine gets [`AddressPolicy::offline`] at all times; what fetches things that others publish gets
/// [`NetworkAccess::downloads`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum NetworkAccess {
    /// It may be used.
    #[default]
    Online,
    /// Only loopback and the origins of services that a person named may be contacted.
    Offline,
}

impl NetworkAccess {
    /// Returns [`NetworkAccess::Offline`] where `offline` is wished.
    pub fn of(offline: bool) -> Self {
        if offline { Self::Offline } else { Self::Online }
    }

    /// Returns the policy for what others publish: [`AddressPolicy::public`]; offline each request of its client ends with
    /// [`Refusal::Offline`](crate::Refusal::Offline) before a name is resolved or a connection is made.
    pub fn downloads(self) -> AddressPolicy {
        match self {
            Self::Online => AddressPolicy::public(),
            Self::Offline => AddressPolicy::public().offline(),
        }
    }
}
