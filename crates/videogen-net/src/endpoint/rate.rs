//! A limit on requests a minute that several clients of one server share: the effects around the pure limiter.

use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::time::Instant;

use super::limiter::Limiter;

/// At most so many requests a minute to one server, evenly spaced. Clones share the count.
#[derive(Debug, Clone)]
pub struct RateLimit {
    /// Held by the one whose turn is next, while it waits; the lock is fair, so that nobody is overtaken.
    limiter: Arc<tokio::sync::Mutex<Limiter>>,
    epoch: Instant,
}

impl RateLimit {
    /// A limit of `count` requests in any minute.
    pub fn per_minute(count: NonZeroU32) -> Self {
        Self {
            limiter: Arc::new(tokio::sync::Mutex::new(Limiter::new(Some(count.get())))),
            epoch: Instant::now(),
        }
    }

    /// Waits until the next request may be made, and takes it. `waits` is called first when that is not now.
    ///
    /// # Cancellation
    /// Dropping the future takes no request.
    pub async fn turn(&self, waits: impl FnOnce()) {
        let mut waits = Some(waits);
        let mut tell = || {
            if let Some(waits) = waits.take() {
                waits();
            }
        };
        let mut limiter = match self.limiter.try_lock() {
            Ok(limiter) => limiter,
            Err(_) => {
                tell();
                self.limiter.lock().await
            }
        };
        let ready = limiter.ready_at();
        if ready > self.epoch.elapsed() {
            tell();
            tokio::time::sleep_until(self.epoch + ready).await;
        }
        limiter.take(self.epoch.elapsed());
    }
}

/// The same limit for each of several servers, by their names. Clones share the counts, so that every client that is made
/// for a server during a run keeps to one limit.
#[derive(Debug, Clone)]
pub struct RateLimits {
    count: NonZeroU32,
    servers: Arc<Mutex<BTreeMap<String, RateLimit>>>,
}

impl RateLimits {
    /// At most `count` requests a minute to each server.
    pub fn per_minute(count: NonZeroU32) -> Self {
        Self {
            count,
            servers: Arc::default(),
        }
    }

    /// The limit of the server of this name, such as its URL without a password.
    pub fn of(&self, server: &str) -> RateLimit {
        let mut servers = self.servers.lock().unwrap_or_else(PoisonError::into_inner);
        let limit = || RateLimit::per_minute(self.count);
        servers
            .entry(server.to_owned())
            .or_insert_with(limit)
            .clone()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use futures_util::future::join_all;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn clients_of_one_server_share_its_limit_and_are_told_that_they_wait() {
        let limits = RateLimits::per_minute(NonZeroU32::new(10).unwrap());
        let (told, made) = (Mutex::new(0), Mutex::new(Vec::new()));
        let all = (0..35).map(|_| async {
            limits
                .of("http://a")
                .turn(|| *told.lock().unwrap() += 1)
                .await;
            made.lock().unwrap().push(Instant::now());
        });
        join_all(all).await;
        let made = made.into_inner().unwrap();
        for (index, start) in made.iter().enumerate() {
            let end = *start + Duration::from_mins(1);
            let minute = made[index..].iter().take_while(|at| **at <= end).count();
            assert!(minute <= 10, "{minute} in a minute");
        }
        assert!(*made.last().unwrap() - made[0] < Duration::from_mins(4));
        assert_eq!(told.into_inner().unwrap(), 34);
        // Another server has a limit of its own, and after a pause nobody waits.
        limits
            .of("http://b")
            .turn(|| panic!("it need not wait"))
            .await;
        tokio::time::sleep(Duration::from_mins(1)).await;
        limits
            .of("http://a")
            .turn(|| panic!("it need not wait"))
            .await;
    }

    #[tokio::test(start_paused = true)]
    async fn who_gives_up_waiting_takes_nobodys_turn() {
        let limit = RateLimit::per_minute(NonZeroU32::MIN);
        limit.turn(|| {}).await;
        let began = Instant::now();
        let gave_up = tokio::time::timeout(Duration::from_secs(5), limit.turn(|| {})).await;
        assert!(gave_up.is_err());
        limit.turn(|| {}).await;
        assert!(began.elapsed() < Duration::from_secs(61));
    }
}
