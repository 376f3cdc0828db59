//! Everything that is known in this process; pure: times and random numbers are told to it.

use std::collections::BTreeMap;
use std::time::Duration;

use sha2::{Digest, Sha256};
use url::Url;
use videogen_net::{Admission, Breaker, RedactedUrl};

use super::host::{Counts, Ending, Host, origin, policy};
use super::rank::{Candidate, RankedMirror, rank};
use super::records::{
    AddressRecord, HostRecord, MOST_ADDRESSES, MOST_HOSTS, Records, keep_newest, merge_breakers,
};
use super::score::Prior;
use crate::registry::{Mirror, Sha256Digest};

/// Hosts by [`origin`], addresses by [`address`]. Times are milliseconds by the clock of this run.
#[derive(Debug, Default)]
pub(super) struct Known {
    pub(super) hosts: BTreeMap<String, Host>,
    pub(super) addresses: BTreeMap<Sha256Digest, AddressRecord>,
}

/// What was counted by this process when [`Known::for_file`] looked.
pub(super) type Fresh = BTreeMap<String, Counts>;

/// Returns what an address is kept by: it may have a key in it, and is not kept itself.
pub(super) fn address(url: &Url) -> Sha256Digest {
    let mut url = url.clone();
    url.set_fragment(None);
    Sha256Digest::new(Sha256::digest(url.as_str().as_bytes()).into())
}

impl Known {
    /// Returns what the hosts have in common.
    pub(super) fn prior(&self) -> Prior {
        Prior::of(self.hosts.values())
    }

    /// Ranks mirrors, best first. `random` is 0..1.
    pub(super) fn rank(&self, mirrors: &[Mirror], now: u64, random: f64) -> Vec<RankedMirror> {
        let unknown = Host::default();
        let candidates: Vec<Candidate<'_>> = mirrors
            .iter()
            .map(|mirror| Candidate {
                host: self.hosts.get(&origin(&mirror.url)).unwrap_or(&unknown),
                priority: mirror.priority,
                dead_until: self.dead_until(&address(&mirror.url), now),
            })
            .collect();
        rank(&candidates, self.prior(), now, random)
    }

    /// Returns until when an address counts as dead, if it does.
    pub(super) fn dead_until(&self, address: &Sha256Digest, now: u64) -> Option<u64> {
        self.addresses.get(address)?.dead_until(now)
    }

    /// Begins a use of a host: how it was admitted, and whether it is the probe.
    pub(super) fn begin(&mut self, host: &str, now: u64) -> (Admission, bool) {
        match self.hosts.get_mut(host) {
            Some(host) => (host.admission(now), host.begin(now)),
            None => (Admission::Free, false),
        }
    }

    /// Returns how fast one connection to a host is thought to be, in bytes a second, if that is known.
    pub(super) fn speed(&self, host: &str, now: u64) -> Option<f64> {
        let speed = self.hosts.get(host)?.seen.speed;
        speed.value()?;
        Some(speed.toward_by_factor(self.prior().speed, now))
    }

    /// Returns a host to be told something. The oldest one makes room where there are too many.
    pub(super) fn host(&mut self, host: &str, now: u64) -> &mut Host {
        if !self.hosts.contains_key(host) {
            keep_newest(&mut self.hosts, MOST_HOSTS - 1, Host::heard_at);
        }
        let entry = self.hosts.entry(host.to_owned());
        entry.or_insert_with(|| Host {
            breaker_at: now,
            ..Host::default()
        })
    }

    /// Learns how a use of a mirror ended.
    pub(super) fn end(&mut self, url: &Url, probe: bool, ending: Ending, now: u64, random: f64) {
        let is_known = self.hosts.contains_key(&origin(url));
        if is_known || ending != Ending::Abandoned {
            self.host(&origin(url), now).end(probe, ending, now, random);
        }
        let is_dead = match ending {
            Ending::Gone => true,
            Ending::Success => false,
            _ => return,
        };
        let address = address(url);
        // That something is there is worth noting only where it was thought not to be.
        if is_dead || self.addresses.contains_key(&address) {
            let shown = RedactedUrl::new(url).as_str().to_owned();
            let at = now;
            self.addresses
                .insert(address, AddressRecord { at, is_dead, shown });
            keep_newest(&mut self.addresses, MOST_ADDRESSES, |record| record.at);
        }
    }

    /// Returns what is to be in the file that had `found` in it, and what of it was counted by this process since it
    /// wrote last.
    pub(super) fn for_file(&self, found: Records) -> (Records, Fresh) {
        let mut fresh = Fresh::new();
        let mut all = found.merged(self.records());
        for (name, host) in &self.hosts {
            fresh.insert(name.clone(), host.fresh);
            if let Some(record) = all.hosts.get_mut(name) {
                record.seen.counts = record.seen.counts.plus(host.fresh);
            }
        }
        all.bound();
        (all, fresh)
    }

    /// Learns what is in the file now, `fresh` of which was counted by this process. What happened meanwhile stays.
    pub(super) fn learn(&mut self, file: Records, fresh: &Fresh, now: u64) {
        for (name, record) in file.hosts {
            let host = self.hosts.entry(name.clone()).or_default();
            let written = fresh.get(&name).copied().unwrap_or_default();
            host.fresh = host.fresh.minus(written);
            host.learn(record, now);
        }
        keep_newest(&mut self.hosts, MOST_HOSTS, Host::heard_at);
        for (address, theirs) in file.addresses {
            let ours = self.addresses.remove(&address);
            self.addresses
                .insert(address, ours.max(Some(theirs.clone())).unwrap_or(theirs));
        }
        keep_newest(&mut self.addresses, MOST_ADDRESSES, |record| record.at);
    }

    fn records(&self) -> Records {
        let record = |host: &Host| HostRecord {
            seen: host.seen,
            breaker: host.breaker.snapshot(),
            breaker_at: host.breaker_at,
        };
        let hosts = self.hosts.iter();
        Records {
            hosts: hosts
                .map(|(name, host)| (name.clone(), record(host)))
                .collect(),
            addresses: self.addresses.clone(),
        }
    }
}

impl Host {
    /// Learns what a file says of it.
    fn learn(&mut self, record: HostRecord, now: u64) {
        self.seen = self.seen.merged(record.seen);
        let ours = self.breaker.snapshot();
        let (both, at) =
            merge_breakers((ours, self.breaker_at), (record.breaker, record.breaker_at));
        self.breaker_at = at;
        if both == ours {
            return;
        }
        let breaker = Breaker::restore(both, Duration::from_millis(now), &policy());
        // Who is finding out here goes on, unless others have found out that it is blocked again.
        let goes_on = self.admission(now) == Admission::Probing
            && breaker.admission(Duration::from_millis(now)) == Admission::Probe;
        if !goes_on {
            self.breaker = breaker;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::registry::MirrorKind;

    fn mirror(url: &str) -> Mirror {
        Mirror {
            url: Url::parse(url).unwrap(),
            kind: MirrorKind::Origin,
            priority: 50,
        }
    }

    #[test]
    fn a_dead_address_is_asked_last_for_a_day_and_its_host_is_not_blamed() {
        let mut known = Known::default();
        let (gone, other) = (
            mirror("https://a.example/gone"),
            mirror("https://b.example/"),
        );
        known.end(&gone.url, false, Ending::Gone, 1000, 0.5);
        let ranked = known.rank(&[gone.clone(), other.clone()], 1000, 0.9);
        assert_eq!(ranked[1].index, 0);
        assert!(ranked[1].is_dead_url && !ranked[0].is_dead_url);
        assert_eq!(ranked[1].admission, Admission::Free);
        let elsewhere = mirror("https://a.example/there");
        let ranked = known.rank(&[elsewhere, other.clone()], 1000, 0.9);
        assert!(!ranked[0].is_dead_url && ranked[0].index == 0);
        let later = 1000 + 24 * 3_600_000;
        assert!(known.rank(std::slice::from_ref(&gone), later - 1, 0.9)[0].is_dead_url);
        assert!(!known.rank(std::slice::from_ref(&gone), later, 0.9)[0].is_dead_url);
        // Somebody asked all the same, and something was there.
        known.end(&gone.url, false, Ending::Success, 2000, 0.5);
        assert!(!known.rank(&[gone], 2000, 0.9)[0].is_dead_url);
    }

    #[test]
    fn the_fragment_is_no_part_of_an_address_and_the_query_is() {
        let of = |url: &str| address(&Url::parse(url).unwrap());
        assert_eq!(of("https://a.example/x#1"), of("https://a.example/x#2"));
        assert_ne!(of("https://a.example/x?1"), of("https://a.example/x?2"));
    }

    #[test]
    fn what_is_remembered_is_bounded_and_the_oldest_goes_first() {
        let mut known = Known::default();
        for n in 0..3000_u64 {
            let url = Url::parse(&format!("https://h{n}.example/x")).unwrap();
            known.end(&url, false, Ending::Gone, n, 0.5);
        }
        assert_eq!(known.hosts.len(), MOST_HOSTS);
        assert_eq!(known.addresses.len(), MOST_ADDRESSES);
        assert!(known.hosts.contains_key("https://h2999.example"));
        assert!(!known.hosts.contains_key("https://h0.example"));
        // Who only gives up says nothing worth remembering.
        let url = Url::parse("https://new.example/").unwrap();
        known.end(&url, false, Ending::Abandoned, 3001, 0.5);
        assert!(!known.hosts.contains_key("https://new.example"));
    }

    #[test]
    fn a_probe_goes_on_while_the_file_is_read() {
        let url = Url::parse("https://a.example/x").unwrap();
        let mut known = Known::default();
        for _ in 0..3 {
            let ending = Ending::Failure {
                blame: videogen_net::Blame::Fault,
                retry_after: None,
            };
            known.end(&url, false, ending, 0, 0.5);
        }
        let (file, fresh) = known.for_file(Records::default());
        let now = 60_000;
        let (admission, probe) = known.begin("https://a.example", now);
        assert_eq!((admission, probe), (Admission::Probe, true));
        known.learn(file.clone(), &fresh, now);
        let host = &known.hosts["https://a.example"];
        assert_eq!(host.admission(now), Admission::Probing);
        assert_eq!(host.counts().failures, 3);
        // Another process has found out that it is blocked again.
        let mut blocked = file;
        let record = blocked.hosts.get_mut("https://a.example").unwrap();
        record.breaker.open_until_ms = Some(now + 120_000);
        record.breaker.strikes = 2;
        record.breaker_at = now;
        known.learn(blocked, &Fresh::new(), now);
        let host = &known.hosts["https://a.example"];
        let until = Duration::from_millis(now + 120_000);
        assert_eq!(host.admission(now), Admission::Blocked(until));
        assert_eq!(host.breaker.strikes(), 2);
    }
}
