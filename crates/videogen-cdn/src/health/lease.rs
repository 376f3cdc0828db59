//! The right to ask a mirror, and the duty to say how that went.

use std::time::Duration;

use videogen_net::{Admission, Blame, Error, RateLimit};

use super::host::Ending;
use super::mirror_health::MirrorHealth;
use crate::registry::Mirror;

/// A sample of the speed is at least so long, so that it does not matter in how small pieces it is told.
const SAMPLE: Duration = Duration::from_millis(500);
/// What is shorter, and the whole of a small file, counts when it has so many bytes.
const SMALL_SAMPLE: u64 = 16 << 10;

/// One use of a mirror: a request, or several that follow each other. What is dropped without an end was abandoned: nothing
/// is learnt but the speed that was told, and a probe's place is free again.
#[must_use = "a lease that is dropped has not been used"]
#[derive(Debug)]
pub struct MirrorLease {
    health: MirrorHealth,
    mirror: Mirror,
    host: String,
    admission: Admission,
    is_probe: bool,
    limit: Option<RateLimit>,
    /// What came and is in no sample yet.
    pending: (u64, Duration),
    has_sample: bool,
    has_ended: bool,
}

impl MirrorLease {
    pub(super) fn new(
        health: MirrorHealth,
        mirror: Mirror,
        host: String,
        (admission, is_probe): (Admission, bool),
        limit: Option<RateLimit>,
    ) -> Self {
        Self {
            health,
            mirror,
            host,
            admission,
            is_probe,
            limit,
            pending: (0, Duration::ZERO),
            has_sample: false,
            has_ended: false,
        }
    }

    /// Returns the mirror.
    pub fn mirror(&self) -> &Mirror {
        &self.mirror
    }

    /// Returns how it was admitted. The time in [`Admission::Blocked`] counts from when the lease began. A mirror may be
    /// used all the same: when all are blocked, one of them is better than none.
    pub fn admission(&self) -> Admission {
        self.admission
    }

    /// Whether this use finds out whether the block of the host is to end. There is one at a time in a process.
    pub fn is_probe(&self) -> bool {
        self.is_probe
    }

    /// Waits until the [limit](MirrorHealth::limited_per_minute) of its host allows the next request, and takes it. `waits`
    /// is called first when that is not now. Without a limit it returns at once.
    ///
    /// # Cancellation
    /// Dropping the future takes no request.
    pub async fn turn(&self, waits: impl FnOnce()) {
        if let Some(limit) = &self.limit {
            limit.turn(waits).await;
        }
    }

    /// Tells how long the first byte of an answer took.
    pub fn first_byte(&mut self, after: Duration) {
        self.health
            .tell(&self.host, |host, now| host.first_byte(after, now));
    }

    /// Tells that `bytes` came in the time `during`, which is a sample of its speed. Pieces of less than half a second are
    /// put together; a time without bytes counts, too.
    pub fn received(&mut self, bytes: u64, during: Duration) {
        let (already, since) = self.pending;
        self.pending = (already.saturating_add(bytes), since.saturating_add(during));
        let is_long = self.pending.1 >= SAMPLE;
        let sample = is_long.then(|| std::mem::take(&mut self.pending));
        self.has_sample |= is_long;
        self.health
            .tell(&self.host, |host, now| host.received(bytes, sample, now));
    }

    /// Returns how fast one connection to its host is thought to be, in bytes a second, by what all of this process and
    /// earlier ones have seen; `None` while nothing is known.
    pub fn expected_speed(&self) -> Option<f64> {
        self.health.speed(&self.host)
    }

    /// Tells that it gave what was asked for.
    pub fn succeed(mut self) {
        self.end(Ending::Success);
    }

    /// Tells that it failed.
    ///
    /// Any fault of the server counts as a failure; 3 in a row block its host. With `retry_after` it is blocked until then,
    /// 32 minutes at most. [`Blame::Slow`] is none: it works, and the samples of its speed tell the rest, so a silent mirror
    /// is to be told as [`Blame::Fault`]. [`Blame::Request`] and [`Blame::Cancelled`] say nothing of a mirror, so one that
    /// refuses what another one gives is to be told as [`Blame::Wrong`]; [`MirrorLease::fail_with`] knows that.
    pub fn fail(mut self, blame: Blame, retry_after: Option<Duration>) {
        self.end(Ending::Failure { blame, retry_after });
    }

    /// Tells that a request failed with `error`: as [`MirrorLease::gone`] for 404, 410 and 451, as [`Blame::Wrong`] for
    /// other refusals, otherwise as [`MirrorLease::fail`].
    pub fn fail_with(mut self, error: &Error) {
        self.end(ending_of(
            error.status(),
            error.blame(),
            error.retry_after(),
        ));
    }

    /// Tells that there is nothing under its address (404, 410, 451): the address is dead for 24 h, and its host is not
    /// blamed.
    pub fn gone(mut self) {
        self.end(Ending::Gone);
    }

    /// Tells that it gave wrong bytes, which a digest proved: its host is blocked for 32 minutes (±20 %) at once.
    pub fn wrong_bytes(mut self) {
        self.end(Ending::WrongBytes);
    }

    fn end(&mut self, ending: Ending) {
        self.has_ended = true;
        let (bytes, during) = self.pending;
        let is_whole = !self.has_sample && ending == Ending::Success;
        if bytes >= SMALL_SAMPLE && (is_whole || during * 2 >= SAMPLE) {
            let sample = Some((bytes, during));
            self.health
                .tell(&self.host, |host, now| host.received(0, sample, now));
        }
        self.health.end(&self.mirror.url, self.is_probe, ending);
    }
}

/// Returns what the failure of a request says of a mirror; `status` is that of its answer, where it had one.
fn ending_of(status: Option<u16>, blame: Blame, retry_after: Option<Duration>) -> Ending {
    let blame = match (status, blame) {
        (Some(404 | 410 | 451), _) => return Ending::Gone,
        // What it refuses, another one gives.
        (Some(_), Blame::Request) => Blame::Wrong,
        (_, blame) => blame,
    };
    Ending::Failure { blame, retry_after }
}

impl Drop for MirrorLease {
    fn drop(&mut self) {
        if !self.has_ended {
            self.end(Ending::Abandoned);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_that_is_gone_is_no_failure_and_a_refusal_is_one() {
        for status in [404, 410, 451] {
            assert_eq!(ending_of(Some(status), Blame::Request, None), Ending::Gone);
        }
        let blamed = |status, blame| match ending_of(status, blame, None) {
            Ending::Failure { blame, .. } => blame,
            other => panic!("{other:?}"),
        };
        assert_eq!(blamed(Some(403), Blame::Request), Blame::Wrong);
        assert_eq!(blamed(Some(503), Blame::Fault), Blame::Fault);
        // The own disk was full.
        assert_eq!(blamed(None, Blame::Request), Blame::Request);
    }
}
