//! What happened at the mock server, for tests to count.

use std::collections::BTreeMap;

/// A snapshot of everything that was counted since the start.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Counters {
    /// Requests by method and route, such as `POST /prompt` (both spellings count as one).
    pub requests: BTreeMap<String, u64>,
    /// WebSocket connections accepted.
    pub sockets: u64,
    /// Prompts accepted by `POST /prompt`.
    pub prompts_accepted: u64,
    /// Prompts that ran to the end.
    pub prompts_done: u64,
    /// Prompts that ended in an error.
    pub prompts_failed: u64,
    /// Prompts that were interrupted.
    pub prompts_interrupted: u64,
    /// Nodes executed by class; cached ones do not count.
    pub nodes: BTreeMap<String, u64>,
    /// Model weights brought onto the card from nothing, by file.
    pub model_loads: BTreeMap<String, u64>,
    /// Prompts that ended because memory ran out.
    pub out_of_memory: u64,
    /// VAE decodes and encodes that ran out of memory and were done again in tiles.
    pub silent_tiling: u64,
    /// `/free` requests that were carried out.
    pub frees: u64,
    /// Faults that fired, by name.
    pub faults: BTreeMap<String, u64>,
}

impl Counters {
    /// Requests of one route, such as `GET /view`.
    pub fn requests_of(&self, route: &str) -> u64 {
        self.requests.get(route).copied().unwrap_or(0)
    }

    /// All requests.
    pub fn all_requests(&self) -> u64 {
        self.requests.values().sum()
    }

    /// Nodes executed in all.
    pub fn nodes_executed(&self) -> u64 {
        self.nodes.values().sum()
    }

    /// Model loads in all.
    pub fn loads(&self) -> u64 {
        self.model_loads.values().sum()
    }

    pub(crate) fn add(map: &mut BTreeMap<String, u64>, key: &str) {
        match map.get_mut(key) {
            Some(n) => *n += 1,
            None => {
                map.insert(key.to_owned(), 1);
            }
        }
    }
}
