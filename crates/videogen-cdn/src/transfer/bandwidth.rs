//! A limit on what all downloads receive together: a token bucket.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// How long the bucket fills while nobody takes, in seconds.
const BURST: f64 = 0.25;

/// The bucket. Without a limit it is bottomless.
#[derive(Debug)]
pub(super) struct Bandwidth {
    per_second: Option<f64>,
    level: Mutex<Level>,
}

#[derive(Debug)]
struct Level {
    /// Bytes that may be taken at once; below 0, what was taken in advance.
    bytes: f64,
    at: Instant,
}

impl Bandwidth {
    pub(super) fn new(per_second: Option<u64>) -> Self {
        let per_second = per_second.map(|limit| limit.max(1) as f64);
        let level = Level {
            bytes: per_second.unwrap_or_default() * BURST,
            at: Instant::now(),
        };
        Self {
            per_second,
            level: Mutex::new(level),
        }
    }

    pub(super) fn is_limited(&self) -> bool {
        self.per_second.is_some()
    }

    /// Takes what was received, and returns how long to wait before more is received.
    pub(super) fn take(&self, bytes: u64) -> Duration {
        let Some(per_second) = self.per_second else {
            return Duration::ZERO;
        };
        let mut level = self.level.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        let filled = now.duration_since(level.at).as_secs_f64() * per_second;
        level.bytes = (level.bytes + filled).min(per_second * BURST) - bytes as f64;
        level.at = now;
        // A day is as long as anything lasts here.
        Duration::from_secs_f64((-level.bytes / per_second).clamp(0.0, 86_400.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn several_takers_share_the_limit() {
        let bandwidth = std::sync::Arc::new(Bandwidth::new(Some(1_000_000)));
        let begun = Instant::now();
        let takers = (0..4).map(|_| {
            let bandwidth = std::sync::Arc::clone(&bandwidth);
            tokio::spawn(async move {
                for _ in 0..100 {
                    tokio::time::sleep(bandwidth.take(10_000)).await;
                }
            })
        });
        for taker in takers.collect::<Vec<_>>() {
            taker.await.expect("joined");
        }
        let took = begun.elapsed().as_secs_f64();
        assert!((3.7..4.1).contains(&took), "{took} s for 4 MB at 1 MB/s");
        assert_eq!(Bandwidth::new(None).take(1 << 40), Duration::ZERO);
    }
}
