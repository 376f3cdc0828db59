//! At most so many requests a minute; pure. Times are counted from the pool's beginning.

use std::time::Duration;

/// Evenly spaced requests, with a few at once after a pause.
#[derive(Debug, Clone)]
pub(crate) struct Limiter {
    /// `None` without a limit.
    spacing: Option<Duration>,
    /// When all that was taken is made up for.
    full: Duration,
}

/// So many may come at once after a pause.
const BURST: u32 = 2;

impl Limiter {
    pub(crate) fn new(per_minute: Option<u32>) -> Self {
        Self {
            spacing: per_minute.map(|count| Duration::from_mins(1) / count.max(1)),
            full: Duration::ZERO,
        }
    }

    /// When the next request may be made.
    pub(crate) fn ready_at(&self) -> Duration {
        match self.spacing {
            Some(spacing) => self.full.saturating_sub(spacing * (BURST - 1)),
            None => Duration::ZERO,
        }
    }

    /// A request is made.
    pub(crate) fn take(&mut self, now: Duration) {
        if let Some(spacing) = self.spacing {
            self.full = self.full.max(now) + spacing;
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn no_minute_has_more_than_agreed_and_nobody_waits_forever(
            per_minute in 1_u32..600,
            gaps in prop::collection::vec(0_u64..3000, 1..200),
        ) {
            let mut limiter = Limiter::new(Some(per_minute));
            let mut now = Duration::ZERO;
            let mut made = Vec::new();
            for gap in gaps {
                now += Duration::from_millis(gap);
                let ready = limiter.ready_at();
                prop_assert!(ready <= now + Duration::from_mins(1) / per_minute);
                now = now.max(ready);
                limiter.take(now);
                made.push(now);
            }
            for (index, start) in made.iter().enumerate() {
                let minute = made[index..].iter().take_while(|at| **at < *start + Duration::from_mins(1)).count();
                prop_assert!(minute <= (per_minute + BURST) as usize);
            }
        }
    }
}
