//! The time of day, as files of ours have it.

use std::time::{SystemTime, UNIX_EPOCH};

/// Returns the time of day in Unix milliseconds; 0 for a clock before that time.
pub fn unix_millis() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |since| {
        u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
    })
}
