//! Every wait of a request: it ends with the work, its own limit, the total deadline, or a cancellation.

use std::future::Future;
use std::time::Duration;

use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;

use crate::error::{Error, Phase};
use crate::redact::RedactedUrl;
use crate::request::Request;

/// What "without a limit" comes to.
const FAR: Duration = Duration::from_hours(262800);

/// The clock and the token of one request.
#[derive(Debug, Clone)]
pub(crate) struct Wait {
    url: RedactedUrl,
    total: Duration,
    until: Instant,
    cancel: Option<CancellationToken>,
}

/// `start + duration`, without an overflow.
pub(crate) fn later(start: Instant, duration: Duration) -> Instant {
    start + duration.min(FAR)
}

impl Wait {
    pub(crate) fn new(request: &Request) -> Self {
        let total = request.deadlines.total;
        Self {
            url: RedactedUrl::new(&request.url),
            total,
            until: later(Instant::now(), total),
            cancel: request.cancel.clone(),
        }
    }

    /// The same token without the total deadline: for what goes on as long as it likes.
    pub(crate) fn unlimited(mut self) -> Self {
        self.total = FAR;
        self.until = later(Instant::now(), FAR);
        self
    }

    /// Waits for `work`, at most `limit`.
    pub(crate) async fn limit<T>(
        &self,
        phase: Phase,
        limit: Duration,
        work: impl Future<Output = T>,
    ) -> Result<T, Error> {
        let now = Instant::now();
        let own = later(now, limit);
        let (at, phase, after) = if self.until <= own {
            (self.until, Phase::Total, self.total)
        } else {
            (own, phase, limit)
        };
        let late = || Error::Timeout {
            url: self.url.clone(),
            phase,
            after,
            is_moving: false,
        };
        // Work that is always ready never lets the timer be looked at.
        if at <= now {
            return Err(late());
        }
        let cancelled = async {
            match &self.cancel {
                Some(cancel) => cancel.cancelled().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            biased;
            () = cancelled => Err(Error::Cancelled { what: self.url.to_string() }),
            done = work => Ok(done),
            () = sleep_until(at) => Err(late()),
        }
    }
}

#[cfg(test)]
mod tests {
    use url::Url;

    use super::*;
    use crate::request::Deadlines;

    fn wait(total: u64) -> Wait {
        let deadlines = Deadlines {
            total: Duration::from_secs(total),
            ..Deadlines::default()
        };
        Wait::new(&Request::get(Url::parse("http://h/").unwrap()).deadlines(deadlines))
    }

    #[tokio::test(start_paused = true)]
    async fn the_nearer_limit_names_the_phase() {
        let never = std::future::pending::<()>;
        let wait = wait(10);
        let error = wait
            .limit(Phase::Stall, Duration::from_secs(4), never())
            .await
            .unwrap_err();
        assert!(matches!(
            error,
            Error::Timeout {
                phase: Phase::Stall,
                ..
            }
        ));
        let error = wait
            .limit(Phase::Stall, Duration::from_secs(40), never())
            .await
            .unwrap_err();
        assert!(
            matches!(error, Error::Timeout { phase: Phase::Total, after, .. } if after == Duration::from_secs(10))
        );
        // It is over for work that is ready, too.
        assert!(
            wait.limit(Phase::Stall, Duration::from_secs(1), std::future::ready(()))
                .await
                .is_err()
        );
    }

    #[tokio::test]
    async fn endless_deadlines_do_not_overflow() {
        let deadlines = Deadlines::within(Duration::MAX);
        let wait = Wait::new(&Request::get(Url::parse("http://h/").unwrap()).deadlines(deadlines));
        assert!(
            wait.limit(Phase::Stall, Duration::MAX, std::future::ready(()))
                .await
                .is_ok()
        );
    }
}
