//! At most so many requests a minute; pure. Times are counted from the pool's beginning.

use std::time::Duration;

/// Evenly spaced requests.
#[derive(Debug, Clone)]
pub(crate) struct Limiter {
    /// `None` without a limit.
    spacing: Option<Duration>,
    /// When the next one may be made.
    next: Duration,
}

/// What a minute is stretched by: requests that leave a minute apart may arrive a little closer, since not all of them
/// are equally long under way.
const MARGIN: Duration = Duration::from_millis(500);

impl Limiter {
    pub(crate) fn new(per_minute: Option<u32>) -> Self {
        Self {
            spacing: per_minute.map(|count| (Duration::from_mins(1) + MARGIN) / count.max(1)),
            next: Duration::ZERO,
        }
    }

    /// When the next request may be made.
    pub(crate) fn ready_at(&self) -> Duration {
        self.next
    }

    /// A request is made.
    pub(crate) fn take(&mut self, now: Duration) {
        if let Some(spacing) = self.spacing {
            self.next = self.next.max(now) + spacing;
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
                prop_assert!(ready <= now + (Duration::from_mins(1) + MARGIN) / per_minute);
                now = now.max(ready);
                limiter.take(now);
                made.push(now);
            }
            for (index, start) in made.iter().enumerate() {
                let minute = made[index..].iter().take_while(|at| **at < *start + Duration::from_mins(1)).count();
                prop_assert!(minute <= per_minute as usize);
            }
        }
    }
}
