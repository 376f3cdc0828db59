//! What is known of mirrors, as values of a file: cleaned, bounded, and merged with what others know; pure.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use url::Url;
use videogen_net::{BreakerSnapshot, RedactedUrl};

use super::clock::Shift;
use super::host::{FIRST_BYTES, SPEEDS, Seen, origin, policy};
use crate::registry::Sha256Digest;

/// What a file of ours says it is.
const FORMAT: &str = "videogen-cdn-health";
/// The version of the format that is written and read.
const VERSION: u32 = 1;
/// The most hosts that are remembered.
pub(super) const MOST_HOSTS: usize = 512;
/// The most addresses that are remembered.
pub(super) const MOST_ADDRESSES: usize = 2048;
/// How long an address is dead, in milliseconds: 24 h.
const DEAD_FOR: u64 = 24 * 3_600_000;
/// The longest name of a host that is believed: 253 bytes of the name, its scheme and its port.
const LONGEST_HOST: usize = 300;

/// What is known of one host.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct HostRecord {
    pub(super) seen: Seen,
    pub(super) breaker: BreakerSnapshot,
    /// When the breaker learnt something last, in milliseconds.
    pub(super) breaker_at: u64,
}

/// What is known of one address.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) struct AddressRecord {
    /// When that was learnt, in milliseconds.
    pub(super) at: u64,
    /// Whether there was nothing; otherwise there was something after all.
    pub(super) is_dead: bool,
    /// As it may be printed.
    pub(super) shown: String,
}

impl AddressRecord {
    /// Returns until when it counts as dead, if it does, in milliseconds.
    pub(super) fn dead_until(&self, now: u64) -> Option<u64> {
        let until = self.at.min(now).saturating_add(DEAD_FOR);
        (self.is_dead && until > now).then_some(until)
    }
}

/// What is known of all. Addresses are kept by their digests: they may have keys in them.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Records {
    pub(super) hosts: BTreeMap<String, HostRecord>,
    pub(super) addresses: BTreeMap<Sha256Digest, AddressRecord>,
}

#[derive(Serialize)]
struct Written<'a> {
    format: &'static str,
    version: u32,
    hosts: &'a BTreeMap<String, HostRecord>,
    addresses: &'a BTreeMap<Sha256Digest, AddressRecord>,
}

#[derive(Deserialize)]
struct Found {
    format: String,
    version: u32,
    /// One by one, so that one that is not understood costs no other.
    #[serde(default)]
    hosts: BTreeMap<String, Value>,
    #[serde(default)]
    addresses: BTreeMap<String, Value>,
}

impl Records {
    /// Reads the bytes of a file. What stands in it need not be trusted.
    ///
    /// # Errors
    /// A few words that say why it is of no use.
    pub(super) fn parse(bytes: &[u8]) -> Result<Self, String> {
        let found: Found = serde_json::from_slice(bytes)
            .map_err(|error| format!("it is not a memory of mirrors ({error})"))?;
        if found.format != FORMAT || found.version != VERSION {
            return Err("it is of another program or version".to_owned());
        }
        let hosts = found.hosts.into_iter().filter_map(|(name, value)| {
            let record = serde_json::from_value::<HostRecord>(value).ok()?;
            is_host(&name).then(|| (name, record.cleaned()))
        });
        let addresses = found.addresses.into_iter().filter_map(|(digest, value)| {
            let record = serde_json::from_value::<AddressRecord>(value).ok()?;
            let shown = RedactedUrl::of_text(&record.shown).as_str().to_owned();
            Some((digest.parse().ok()?, AddressRecord { shown, ..record }))
        });
        let mut records = Self {
            hosts: hosts.collect(),
            addresses: addresses.collect(),
        };
        records.bound();
        Ok(records)
    }

    /// Returns the bytes of a file.
    ///
    /// # Errors
    /// None in practice: all of it can be written as JSON.
    pub(super) fn to_bytes(&self) -> serde_json::Result<Vec<u8>> {
        let mut bytes = serde_json::to_vec(&Written {
            format: FORMAT,
            version: VERSION,
            hosts: &self.hosts,
            addresses: &self.addresses,
        })?;
        bytes.push(b'\n');
        Ok(bytes)
    }

    /// Returns them with their times read by another clock. Blocks end `longest_block` milliseconds from now at the
    /// latest, and what lies in the future otherwise counts as now.
    pub(super) fn moved(self, shift: Shift, longest_block: u64) -> Self {
        let host =
            |(name, record): (String, HostRecord)| (name, record.moved(shift, longest_block));
        let address = |(digest, record): (Sha256Digest, AddressRecord)| {
            let at = shift.past(record.at);
            (digest, AddressRecord { at, ..record })
        };
        Self {
            hosts: self.hosts.into_iter().map(host).collect(),
            addresses: self.addresses.into_iter().map(address).collect(),
        }
    }

    /// Returns what both know. Where they know the same thing, what was learnt later holds. It does not matter which of
    /// them is the first one, and nothing changes when that is done again.
    pub(super) fn merged(mut self, other: Self) -> Self {
        for (name, theirs) in other.hosts {
            let ours = self.hosts.remove(&name);
            let both = match ours {
                Some(ours) => ours.merged(theirs),
                None => theirs,
            };
            self.hosts.insert(name, both);
        }
        for (digest, theirs) in other.addresses {
            let ours = self.addresses.remove(&digest);
            self.addresses
                .insert(digest, ours.max(Some(theirs.clone())).unwrap_or(theirs));
        }
        self
    }

    /// Forgets the oldest hosts and addresses beyond what is remembered.
    pub(super) fn bound(&mut self) {
        keep_newest(&mut self.hosts, MOST_HOSTS, HostRecord::heard_at);
        keep_newest(&mut self.addresses, MOST_ADDRESSES, |record| record.at);
    }
}

impl HostRecord {
    fn heard_at(&self) -> u64 {
        self.seen.heard_at().max(self.breaker_at)
    }

    fn cleaned(mut self) -> Self {
        self.seen.success = self.seen.success.cleaned(0.0..=1.0);
        self.seen.speed = self.seen.speed.cleaned(SPEEDS);
        self.seen.first_byte = self.seen.first_byte.cleaned(FIRST_BYTES);
        self
    }

    fn moved(mut self, shift: Shift, longest_block: u64) -> Self {
        let past = |at: u64| shift.past(at);
        let seen = &mut self.seen;
        seen.success = seen.success.moved(past);
        seen.speed = seen.speed.moved(past);
        seen.first_byte = seen.first_byte.moved(past);
        seen.last_success = seen.last_success.map(past);
        if let Some(last) = &mut seen.last_failure {
            last.at = past(last.at);
        }
        self.breaker.open_until_ms = self
            .breaker
            .open_until_ms
            .map(|until| shift.end(until, longest_block));
        self.breaker_at = past(self.breaker_at);
        self
    }

    fn merged(self, other: Self) -> Self {
        let (breaker, breaker_at) = merge_breakers(
            (self.breaker, self.breaker_at),
            (other.breaker, other.breaker_at),
        );
        Self {
            seen: self.seen.merged(other.seen),
            breaker,
            breaker_at,
        }
    }
}

impl Seen {
    /// Returns what both saw of one host.
    pub(super) fn merged(self, other: Self) -> Self {
        Self {
            success: self.success.newer(other.success),
            speed: self.speed.newer(other.speed),
            first_byte: self.first_byte.newer(other.first_byte),
            counts: self.counts.most(other.counts),
            last_success: self.last_success.max(other.last_success),
            last_failure: self.last_failure.max(other.last_failure),
        }
    }
}

/// Returns what two breakers of one host know together, each with the time of its last change. While both are blocked:
/// the later end, the more strikes, the graver reason. Otherwise the one that learnt something later is right.
pub(super) fn merge_breakers(
    (ours, ours_at): (BreakerSnapshot, u64),
    (theirs, theirs_at): (BreakerSnapshot, u64),
) -> (BreakerSnapshot, u64) {
    let at = ours_at.max(theirs_at);
    if ours.open_until_ms.is_some() && theirs.open_until_ms.is_some() {
        let both = BreakerSnapshot {
            strikes: ours.strikes.max(theirs.strikes),
            failures: ours.failures.max(theirs.failures),
            open_until_ms: ours.open_until_ms.max(theirs.open_until_ms),
            reason: ours.reason.max(theirs.reason),
        };
        return (both, at);
    }
    let order = |breaker: &BreakerSnapshot, at: u64| {
        (
            at,
            breaker.open_until_ms,
            breaker.strikes,
            breaker.failures,
            breaker.reason,
        )
    };
    if order(&ours, ours_at) >= order(&theirs, theirs_at) {
        (ours, at)
    } else {
        (theirs, at)
    }
}

/// Returns the longest block that is read from a file, in milliseconds.
pub(super) fn longest_block() -> u64 {
    u64::try_from(policy().longest_block.as_millis()).unwrap_or(u64::MAX)
}

/// Removes the oldest entries of a map beyond the `most` that it may have.
pub(super) fn keep_newest<K: Ord + Clone, V>(
    map: &mut BTreeMap<K, V>,
    most: usize,
    time: impl Fn(&V) -> u64,
) {
    let beyond = map.len().saturating_sub(most);
    if beyond == 0 {
        return;
    }
    let mut ages: Vec<(u64, K)> = map.iter().map(|(k, v)| (time(v), k.clone())).collect();
    ages.sort_unstable();
    for (_, key) in ages.into_iter().take(beyond) {
        map.remove(&key);
    }
}

/// Whether `name` is that of a host, as this module writes it.
fn is_host(name: &str) -> bool {
    let is_short = name.len() <= LONGEST_HOST;
    is_short && Url::parse(name).is_ok_and(|url| url.has_host() && origin(&url) == name)
}

#[cfg(test)]
mod tests;
