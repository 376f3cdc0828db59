//! What was used of a machine while a video was made.

use serde::{Deserialize, Serialize};

/// The highest values among several readings; `None` is "never read".
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Peaks {
    /// Memory in use on the machine, in bytes.
    pub ram_used: Option<u64>,
    /// Resident bytes of this process.
    pub rss: Option<u64>,
    /// Open descriptors of this process.
    pub descriptors: Option<u64>,
    /// Children alive.
    pub children: Option<u64>,
    /// Graphics memory in use, in bytes.
    pub vram_used: Option<u64>,
    /// Degrees Celsius of the graphics card.
    pub temperature_c: Option<i32>,
}

/// What was used of the machine while a video was made, by all programs together; `None` is "not known".
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Usage {
    /// Bytes of memory in use when it was begun.
    pub ram_used_before: Option<u64>,
    /// … and when it ended.
    pub ram_used_after: Option<u64>,
    /// Bytes of the graphics card's memory in use when it was begun; only where pictures are painted on one here.
    pub vram_used_before: Option<u64>,
    /// … and when it ended.
    pub vram_used_after: Option<u64>,
    /// The highest readings.
    pub peaks: Peaks,
}

impl Peaks {
    /// Takes the highest values of other readings into account.
    pub fn merge(&mut self, other: &Self) {
        // `None` is less than any value.
        self.ram_used = self.ram_used.max(other.ram_used);
        self.rss = self.rss.max(other.rss);
        self.descriptors = self.descriptors.max(other.descriptors);
        self.children = self.children.max(other.children);
        self.vram_used = self.vram_used.max(other.vram_used);
        self.temperature_c = self.temperature_c.max(other.temperature_c);
    }
}
