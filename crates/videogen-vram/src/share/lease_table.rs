//! One at a time on a card: the lease, held as long as somebody of this process needs it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, Instant, SystemTime};

use camino::Utf8PathBuf;
use tokio_util::sync::CancellationToken;

use crate::Error;
use crate::holder::LeaseHolder;
use crate::lease::{LeaseDir, LeaseGuard};

/// A card that is ours. It is given back with the last clone, and with the last [`LeaseSession`].
#[derive(Debug, Clone)]
pub struct CardLease {
    _held: Option<Arc<Held>>,
    /// Whether it was only now taken: then nobody has looked who else is on the card.
    pub is_new: bool,
    /// Whether somebody else had it before: then the card is not as it was.
    pub waited: bool,
}

/// Who has it, in this process.
#[derive(Debug)]
struct Held {
    /// `None` where it is gone on without.
    lease: Option<LeaseGuard>,
    given_back: Arc<Mutex<Option<Instant>>>,
}

impl Drop for Held {
    fn drop(&mut self) {
        if self.lease.take().is_some() {
            *lock(&self.given_back) = Some(Instant::now());
        }
    }
}

/// Keeps the leases that are taken meanwhile, so that the pictures of a video are painted under one.
#[derive(Debug)]
#[must_use = "the leases are given back as soon as this is dropped"]
pub struct LeaseSession(Arc<Mutex<TableState>>);

impl Drop for LeaseSession {
    fn drop(&mut self) {
        let mut state = lock(&self.0);
        state.sessions -= 1;
        if state.sessions == 0 {
            state.kept.clear();
        }
    }
}

#[derive(Debug, Default)]
struct TableState {
    sessions: usize,
    /// Those that sessions keep.
    kept: Vec<Arc<Held>>,
    /// All there are, by the name of the card.
    held: BTreeMap<String, Weak<Held>>,
}

/// Gives leases of the cards of this machine.
#[derive(Debug)]
pub(super) struct LeaseTable {
    leases: Option<LeaseDir>,
    lease_timeout: Duration,
    reacquire_delay: Duration,
    state: Arc<Mutex<TableState>>,
    /// Nobody of this process waits for another one of it.
    taking: tokio::sync::Mutex<()>,
    given_back: Arc<Mutex<Option<Instant>>>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // Nothing that could panic happens while one is locked.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl LeaseTable {
    /// LeaseTable by the locks in `leases`; without a directory, everybody's turn is always. One that does not come within
    /// `lease_timeout` is gone on without. Somebody who gave a card back takes it again only after `reacquire_delay`, which is for those
    /// who wait: locks know no order.
    pub(super) fn new(
        leases: Option<Utf8PathBuf>,
        lease_timeout: Duration,
        reacquire_delay: Duration,
    ) -> Self {
        Self {
            leases: leases.map(LeaseDir::new),
            lease_timeout,
            reacquire_delay,
            state: Arc::default(),
            taking: tokio::sync::Mutex::new(()),
            given_back: Arc::default(),
        }
    }

    /// LeaseTable that are taken from now on last until this is dropped.
    pub(super) fn session(&self) -> LeaseSession {
        lock(&self.state).sessions += 1;
        LeaseSession(Arc::clone(&self.state))
    }

    /// The turn at `card`, for `purpose`; with a lock where the card is one of this machine.
    ///
    /// # Errors
    /// [`Error::Cancelled`].
    pub(super) async fn take(
        &self,
        card: &str,
        is_here: bool,
        purpose: &str,
        told: &(dyn Fn(String) + Sync),
        cancel: &CancellationToken,
    ) -> Result<CardLease, Error> {
        let _one = self.taking.lock().await;
        let known = lock(&self.state).held.get(card).and_then(Weak::upgrade);
        if let Some(held) = known {
            return Ok(CardLease {
                _held: Some(held),
                is_new: false,
                waited: false,
            });
        }
        let mut waited = false;
        let lease = match self.leases.as_ref().filter(|_| is_here) {
            None => None,
            Some(leases) => {
                self.wait_for_others(cancel).await?;
                let holder = LeaseHolder::this_process("videogen", purpose);
                let mut waiting = |holder: Option<&LeaseHolder>| {
                    waited = true;
                    told(format!("waiting for the graphics card: {}", words(holder)));
                };
                let taking = leases.take(card, &holder, self.lease_timeout, cancel, &mut waiting);
                match taking.await {
                    Ok(lease) => Some(lease),
                    Err(error @ Error::Cancelled) => return Err(error),
                    Err(Error::CardBusy { holder, .. }) => {
                        told(format!(
                            "the graphics card is used without its turn, after {} s: {}",
                            self.lease_timeout.as_secs(),
                            words(holder.as_deref())
                        ));
                        None
                    }
                    Err(error) => {
                        let why = videogen_text::chain(&error);
                        told(format!("the graphics card is used without its turn: {why}"));
                        None
                    }
                }
            }
        };
        let held = Arc::new(Held {
            lease,
            given_back: Arc::clone(&self.given_back),
        });
        let mut state = lock(&self.state);
        state.held.retain(|_, held| held.strong_count() > 0);
        state.held.insert(card.to_owned(), Arc::downgrade(&held));
        if state.sessions > 0 {
            state.kept.push(Arc::clone(&held));
        }
        Ok(CardLease {
            _held: Some(held),
            is_new: true,
            waited,
        })
    }

    /// Lets those who wait have the card first.
    async fn wait_for_others(&self, cancel: &CancellationToken) -> Result<(), Error> {
        let since = lock(&self.given_back).map(|at| at.elapsed());
        let left = since.map_or(Duration::ZERO, |since| {
            self.reacquire_delay.saturating_sub(since)
        });
        tokio::select! {
            biased;
            () = cancel.cancelled() => Err(Error::Cancelled),
            () = tokio::time::sleep(left) => Ok(()),
        }
    }
}

impl CardLease {
    /// Where nothing is shared.
    pub(super) fn free() -> Self {
        Self {
            _held: None,
            is_new: false,
            waited: false,
        }
    }
}

/// `videogen 1234 has it (painting, for 3 min)`.
fn words(holder: Option<&LeaseHolder>) -> String {
    let Some(holder) = holder else {
        return "somebody has it".to_owned();
    };
    let seconds = holder.held_for(SystemTime::now()).as_secs();
    let since = if seconds < 60 {
        format!("for {seconds} s")
    } else {
        format!("for {} min", seconds / 60)
    };
    let LeaseHolder { program, pid, .. } = holder;
    if holder.purpose.is_empty() {
        format!("{program} {pid} has it ({since})")
    } else {
        format!("{program} {pid} has it ({}, {since})", holder.purpose)
    }
}
