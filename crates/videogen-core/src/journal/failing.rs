//! Effects that fail on request.

use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::effects::{Effect, Effects};

/// Refuses one effect, counted from 0, or it and all that follow.
#[derive(Debug)]
pub(crate) struct Failing {
    seen: AtomicUsize,
    first: usize,
    last: usize,
    kind: io::ErrorKind,
}

impl Failing {
    /// A fault that passes.
    pub(crate) fn once(n: usize, kind: io::ErrorKind) -> Self {
        Self::between(n, n, kind)
    }

    /// A process that ended before effect `n`: nothing it does later happens.
    pub(crate) fn from(n: usize, kind: io::ErrorKind) -> Self {
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
    pub(crate) fn seen(&self) -> usize {
        self.seen.load(Ordering::Relaxed)
    }
}

impl Effects for Failing {
    fn before(&self, _: Effect<'_>) -> io::Result<()> {
        let n = self.seen.fetch_add(1, Ordering::Relaxed);
        if (self.first..=self.last).contains(&n) {
            return Err(self.kind.into());
        }
        Ok(())
    }
}
