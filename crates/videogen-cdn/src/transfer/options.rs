//! What is asked of a download, what it may do, and what came of it.

use std::time::Duration;

use camino::Utf8Path;

use super::stall::StallRules;
use crate::registry::{CrossCheck, Mirror, Sha256Digest};

/// One file to be fetched.
#[derive(Debug, Clone, Copy)]
pub struct DownloadRequest<'a> {
    /// What it is called in messages.
    pub name: &'a str,
    /// Its size in bytes, where that is known beforehand. A mirror that has another size is not used.
    pub size: Option<u64>,
    /// Its digest. Without one, and without a cross-check, the file comes from one mirror at a time: parts of different
    /// mirrors could not be told to belong together.
    pub sha256: Option<Sha256Digest>,
    /// A weaker digest, checked as well.
    pub cross_check: Option<&'a CrossCheck>,
    /// Where it lies. One that fails is left for the others.
    pub mirrors: &'a [Mirror],
    /// Where it goes. What has that name is replaced at the end, not before. Its directory is made where it is missing, and
    /// holds the parts meanwhile.
    pub target: &'a Utf8Path,
}

/// How downloads are made. The time to connect is the client's, see [`videogen_net::ClientOptions::connect_timeout`].
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
#[must_use]
pub struct DownloadOptions {
    /// Connections of one download to one host at a time; at least 1. More are faster at the cost of others.
    pub per_host: usize,
    /// Mirrors that are used at a time; at least 1.
    pub sources: usize,
    /// How often a mirror is tried that brings nothing; at least 1. Tries that brought something do not count.
    pub rounds: u32,
    /// How long a download lasts during which nothing comes.
    pub timeout: Duration,
    /// How long a mirror may take until the first byte of an answer.
    pub first_byte: Duration,
    /// The longest `Retry-After` that is waited for. Who wants more is left for this download.
    pub longest_retry_after: Duration,
    /// How long the first byte is waited for until the same is asked of another mirror, where less is not known.
    pub hedge_after: Duration,
    /// Bytes a second of all downloads of a [`Downloader`](crate::Downloader) together; no limit without it.
    pub bandwidth: Option<u64>,
    /// The most bytes of a file whose size nobody knows.
    pub largest_unknown: u64,
    /// How long a speed is watched until a mirror is too slow; twice that long in a row ends its turn.
    pub stall_window: Duration,
    /// Bytes a second below which any mirror is too slow.
    pub stall_floor: u64,
}

impl Default for DownloadOptions {
    /// One connection to a host, 8 mirrors, 5 rounds, 120 s without progress, 15 s to the first byte, a `Retry-After` of 60 s,
    /// a hedge after 0.5 s, no limit of bandwidth, 8 GiB of unknown size, two windows of 5 s below 8 KiB/s.
    fn default() -> Self {
        let stall = StallRules::default();
        Self {
            per_host: 1,
            sources: 8,
            rounds: 5,
            timeout: Duration::from_mins(2),
            first_byte: Duration::from_secs(15),
            longest_retry_after: Duration::from_mins(1),
            hedge_after: Duration::from_millis(500),
            bandwidth: None,
            largest_unknown: 8 << 30,
            stall_window: stall.window,
            stall_floor: stall.floor as u64,
        }
    }
}

impl DownloadOptions {
    /// Sets how often a mirror is tried that brings nothing.
    pub fn rounds(mut self, rounds: u32) -> Self {
        self.rounds = rounds;
        self
    }

    /// Sets how long a download lasts during which nothing comes.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Sets the limit of all downloads together, in bytes a second; `None` is no limit.
    pub fn bandwidth(mut self, limit: Option<u64>) -> Self {
        self.bandwidth = limit;
        self
    }

    /// Sets how many connections one host gets at a time.
    pub fn per_host(mut self, connections: usize) -> Self {
        self.per_host = connections;
        self
    }

    /// Sets how many mirrors are used at a time.
    pub fn sources(mut self, sources: usize) -> Self {
        self.sources = sources;
        self
    }

    /// Sets how long the first byte of an answer is waited for.
    pub fn first_byte(mut self, limit: Duration) -> Self {
        self.first_byte = limit;
        self
    }

    /// Sets how long a speed is watched until a mirror is too slow.
    pub fn stall_window(mut self, window: Duration) -> Self {
        self.stall_window = window;
        self
    }

    /// Sets when a first byte is asked of another mirror, too.
    pub fn hedge_after(mut self, wait: Duration) -> Self {
        self.hedge_after = wait;
        self
    }

    pub(super) fn stall_rules(&self) -> StallRules {
        StallRules {
            // A window of nothing would never be over.
            // Who is silent loses what it has long before the whole is given up.
            window: (self.stall_window.min(self.timeout / 4)).max(Duration::from_millis(50)),
            floor: self.stall_floor as f64,
            ..StallRules::default()
        }
    }
}

/// A file that is here, whole and verified.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Downloaded {
    /// Its digest.
    pub sha256: Sha256Digest,
    /// Its size in bytes.
    pub size: u64,
    /// What came over the network for it, in bytes: less than the size when it was gone on with, nothing when somebody
    /// else had fetched it meanwhile.
    pub bytes_received: u64,
    /// Who supplied it, most first. Of what an earlier run fetched, too.
    pub sources: Vec<SourceUse>,
}

/// What one mirror supplied.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct SourceUse {
    /// Its address, as it may be shown.
    pub url: String,
    /// How many bytes of the file are from there.
    pub bytes: u64,
}
