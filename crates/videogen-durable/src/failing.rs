//! Effects that fail on request.

use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::effects::{Effect, Effects};

/// Refuses one effect, counted from 0, or it and all that follow.
#[derive(Debug)]
pub struct FailingEffects {
    seen: AtomicUsize,
    first: usize,
    last: usize,
    kind: io::ErrorKind,
}

impl FailingEffects {
    /// A fault that passes.
    pub fn once(n: usize, kind: io::ErrorKind) -> Self {
        Self::between(n, n, kind)
    }

    /// A process that ended before effect `n`: nothing it does later happens.
    pub fn from(n: usize, kind: io::ErrorKind) -> Self {
        Self::between(n, usize::MAX, kind)
    }

    fn between(first: usize, last: usize, kind: io::ErrorKind) -> Self {
        Self {
            seen: AtomicUsize::new(0),
            first,
            last,
            kind,
        }
    }

    /// How many effects there were.
    pub fn seen(&self) -> usize {
        self.seen.load(Ordering::Relaxed)
    }
}

impl Effects for FailingEffects {
    fn before(&self, _: Effect<'_>) -> io::Result<()> {
        let n = self.seen.fetch_add(1, Ordering::Relaxed);
        if (self.first..=self.last).contains(&n) {
            return Err(self.kind.into());
        }
        Ok(())
    }
}
