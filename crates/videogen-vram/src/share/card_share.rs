//! Takes the lease of a card, asks those to leave who are in the way, and waits until their memory is there.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use camino::Utf8PathBuf;
use tokio::sync::OnceCell;
use tokio_util::sync::CancellationToken;
use videogen_types::Machine;

use super::lease_table::{CardLease, LeaseSession, LeaseTable};
use super::occupant::{CardState, Occupant, PaintServer, Whose};
use super::room::{self, PaintNeed};
use crate::lease::{
    HandOver, HandOverAsked, HandOverEffects, HandOverEnd, HandOverOccupant, HandOverTimeouts,
    hand_over,
};
use crate::probe::{ChainProbe, GpuProbe};
use crate::units::{Bytes, FreeBytes};
use crate::{BoxFuture, Error};

/// For one question to a server about its state, before a language model is loaded.
const ASKED_WITHIN: Duration = Duration::from_secs(5);
/// Between the first two looks at memory that is to come back; doubled with each further one, up to the longest.
const FIRST_PAUSE: Duration = Duration::from_millis(10);
const LONGEST_PAUSE: Duration = Duration::from_millis(160);
/// For a server that is asked for its memory at the end of a run.
const CLOSED_WITHIN: Duration = Duration::from_secs(2);
/// What may stay on a card when a server's memory counts as back: handles and buffers of libraries.
pub const HELD_AFTER_RELEASE: Bytes = Bytes::from_mib(256);

/// What can be set of sharing a card.
#[derive(Debug, Clone)]
pub struct CardOptions {
    /// Directory of the locks of this machine's cards, the same for all processes; `None` takes no leases.
    pub leases: Option<Utf8PathBuf>,
    /// Whether models that others have loaded may be unloaded.
    pub evict_others: bool,
    /// Whether the servers that painted are asked for their memory at the end of a run.
    pub free_after: bool,
    /// How long to wait for another process to release the card before proceeding without a lease.
    pub lease_timeout: Duration,
    /// How long to wait for memory that was asked back.
    pub release_timeout: Duration,
    /// How long a card that was given back is left to those who wait for it.
    pub reacquire_delay: Duration,
}

impl Default for CardOptions {
    /// No locks; nobody else's models; 10 minutes for another process, 10 s for memory.
    fn default() -> Self {
        Self {
            leases: None,
            evict_others: false,
            free_after: false,
            lease_timeout: Duration::from_mins(10),
            release_timeout: Duration::from_secs(10),
            // More than the longest pause between two attempts at a lock.
            reacquire_delay: Duration::from_millis(250),
        }
    }
}

/// Decides who may use which card, and when: one painter or writer at a time.
#[derive(Debug)]
pub struct CardShare {
    options: CardOptions,
    leases: LeaseTable,
    painters: Vec<Arc<dyn PaintServer>>,
    /// The servers of language models.
    occupants: Mutex<Vec<Arc<dyn Occupant>>>,
    /// What language models were seen to hold, by name.
    sizes: Mutex<BTreeMap<String, Bytes>>,
    /// Servers that have painted, by name.
    painted: Mutex<BTreeMap<String, Arc<dyn PaintServer>>>,
    /// Finds the cards of this machine, where no server tells of one.
    probe: Box<dyn GpuProbe>,
    has_card: OnceCell<bool>,
}

impl Default for CardShare {
    /// Nobody shares anything.
    fn default() -> Self {
        Self::new(CardOptions::default(), Vec::new(), Vec::new())
    }
}

/// The cards of a language model, from before its first question until [`CardShare::has_written`]. Dropping it gives them
/// back as well.
#[derive(Debug)]
pub struct WritingLease {
    cards: Vec<CardLease>,
}

/// Those that may be asked to leave: the models of one server.
#[derive(Debug)]
struct Leaving {
    server: Arc<dyn Occupant>,
    /// Their names.
    names: String,
    /// What they hold of the card, where that is known.
    bytes: Option<Bytes>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // Nothing that could panic happens while one is locked.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The name of a card's lock. The number is the server's own, which is all that is known of it.
fn card_name(index: u32) -> String {
    format!("card-{index}")
}

impl CardShare {
    /// Shares the cards of `painters` with the language models of `occupants`, and those of this machine with other
    /// processes.
    pub fn new(
        options: CardOptions,
        painters: Vec<Arc<dyn PaintServer>>,
        occupants: Vec<Arc<dyn Occupant>>,
    ) -> Self {
        Self {
            leases: LeaseTable::new(
                options.leases.clone(),
                options.lease_timeout,
                options.reacquire_delay,
            ),
            options,
            painters,
            occupants: Mutex::new(occupants),
            sizes: Mutex::default(),
            painted: Mutex::default(),
            probe: Box::new(ChainProbe::system()),
            has_card: OnceCell::new(),
        }
    }

    /// Returns the same share with another way to find the cards of this machine.
    #[must_use]
    pub fn with_probe(self, probe: impl GpuProbe + 'static) -> Self {
        Self {
            probe: Box::new(probe),
            ..self
        }
    }

    /// Whether this machine has a graphics card that could be waited for.
    async fn has_card(&self, cancel: &CancellationToken) -> bool {
        let finding = async {
            let readings = self.probe.read(cancel).await;
            readings.is_ok_and(|found| !found.cards.is_empty())
        };
        *self.has_card.get_or_init(|| finding).await
    }

    fn occupants(&self) -> Vec<Arc<dyn Occupant>> {
        lock(&self.occupants).clone()
    }

    /// Begins a session: leases that are taken until it is dropped are kept until then.
    pub fn session(&self) -> LeaseSession {
        self.leases.session()
    }

    /// Returns whether somebody could be asked to leave the cards of `machine`.
    pub fn is_shared(&self, machine: Option<&Machine>) -> bool {
        machine.is_some_and(|machine| {
            let occupants = self.occupants();
            occupants
                .iter()
                .any(|at| at.machine().as_ref() == Some(machine))
        })
    }

    /// Waits for the lease of the card of the number `card` that `server` paints on, if that is one of this machine.
    /// [`CardShare::make_room`] comes after it. `warn` hears who is waited for.
    ///
    /// # Errors
    /// [`Error::Cancelled`].
    pub async fn for_painting(
        &self,
        server: &Arc<dyn PaintServer>,
        card: Option<u32>,
        warn: &(dyn Fn(String) + Sync),
        cancel: &CancellationToken,
    ) -> Result<CardLease, Error> {
        let name = server.id();
        let Some(index) = card else {
            return Ok(CardLease::free());
        };
        lock(&self.painted)
            .entry(name.clone())
            .or_insert_with(|| Arc::clone(server));
        // Who else paints on a card of another machine is not known here; which language models are there may be.
        let (card, is_here) = match server.machine() {
            Some(Machine::Local) => (card_name(index), true),
            _ => (name, false),
        };
        self.leases
            .take(&card, is_here, "painting", warn, cancel)
            .await
    }

    /// The models on the cards of `machine` that may be asked to leave: ours, or all of them. A server that does not answer,
    /// or does not tell what it has, has none.
    async fn leaving(&self, machine: &Machine, cancel: &CancellationToken) -> Vec<Leaving> {
        let everyone = self.options.evict_others;
        let mut all = Vec::new();
        for server in self.occupants() {
            if server.machine().as_ref() != Some(machine) {
                continue;
            }
            let Some(mut models) = server.holdings(cancel).await else {
                continue;
            };
            // One that is in main memory alone is in nobody's way.
            models.retain(|model| (everyone || model.ours) && model.bytes != Some(Bytes::ZERO));
            if models.is_empty() {
                continue;
            }
            let names: Vec<&str> = models.iter().map(|model| model.name.as_str()).collect();
            all.push(Leaving {
                names: names.join(", "),
                bytes: models.iter().map(|model| model.bytes).sum(),
                server,
            });
        }
        all
    }

    /// Asks the language models to leave that are in the way of what is to be painted, and waits until their memory is
    /// there. Returns whether one was asked: then the card has to be looked at again.
    pub async fn make_room(
        &self,
        server: &dyn PaintServer,
        need: &PaintNeed<'_>,
        warn: &(dyn Fn(String) + Sync),
        cancel: &CancellationToken,
    ) -> bool {
        let Some(machine) = server.machine() else {
            return false;
        };
        let everyone = self.options.evict_others;
        let leaving = self.leaving(&machine, cancel).await;
        let held: Vec<Option<Bytes>> = leaving.iter().map(|models| models.bytes).collect();
        let Some(need) = room::needed(need, &held) else {
            return false;
        };
        let tenants = leaving.iter().map(|models| HandOverOccupant {
            name: models.names.clone(),
            bytes: models.bytes,
        });
        let (mut machine, first) =
            HandOver::new(need, tenants.collect(), HandOverTimeouts::default());
        let emptying = Emptying {
            server,
            leaving: &leaving,
            whose: if everyone {
                Whose::Everyones
            } else {
                Whose::Ours
            },
            within: self.options.release_timeout,
            cancel,
        };
        let handing = hand_over(&mut machine, first, &emptying, cancel);
        let end = tokio::time::timeout(self.options.release_timeout, handing).await;
        let fits = matches!(end, Ok(HandOverEnd::Fits { .. }));
        for HandOverAsked { tenant, answer } in machine.asked() {
            let names = &leaving[*tenant].names;
            if *answer == Some(true) && everyone {
                warn(format!("{names} was unloaded to make room for pictures"));
            } else if *answer != Some(true) && !fits {
                warn(format!(
                    "{names} keeps its memory: pictures are planned with what is free"
                ));
            }
        }
        tracing::debug!(?end, asked = ?machine.asked(), "memory was asked for");
        !machine.asked().is_empty()
    }

    /// Waits for the lease of the first of `models`, which write from now on, at the card it shares with a server that
    /// paints. Where its model is not loaded yet and would not fit beside what that server holds, the server gives its memory
    /// back, if it is idle.
    ///
    /// # Errors
    /// [`Error::Cancelled`].
    pub async fn for_writing(
        &self,
        models: &[Arc<dyn Occupant>],
        warn: &(dyn Fn(String) + Sync),
        cancel: &CancellationToken,
    ) -> Result<WritingLease, Error> {
        *lock(&self.occupants) = models.to_vec();
        let mut cards = Vec::new();
        // The first is who writes; the others only stand in for it.
        let first = models.first();
        let Some((writer, machine)) = first.and_then(|first| Some((first, first.machine()?)))
        else {
            return Ok(WritingLease { cards });
        };
        let mut beside = Vec::new();
        for server in &self.painters {
            if server.machine().as_ref() == Some(&machine)
                && let Some(card) = look(&**server).await
            {
                beside.push((server, card));
            }
        }
        if machine == Machine::Local {
            // Without a server that paints, other processes may still paint on the first card, where there is one.
            let mut numbers: Vec<u32> = beside
                .iter()
                .map(|(_, card)| card.index.unwrap_or(0))
                .collect();
            if numbers.is_empty() && self.has_card(cancel).await {
                numbers.push(0);
            }
            // Always in the same order: two that take two each would wait for each other.
            numbers.sort_unstable();
            numbers.dedup();
            for number in numbers {
                let name = card_name(number);
                let lease = self.leases.take(&name, true, "writing", warn, cancel);
                cards.push(lease.await?);
            }
        }
        if let Some(model) = writer.to_be_loaded(cancel).await {
            let known = lock(&self.sizes).get(&model).copied();
            let need = known.or_else(|| room::guess(&model));
            for (server, _) in &beside {
                self.empty(&***server, need, cancel).await;
            }
        }
        if cancel.is_cancelled() {
            return Err(Error::Cancelled);
        }
        Ok(WritingLease { cards })
    }

    /// Ends the writing: what was loaded for it leaves, `within` that time for each server, and the card is given back.
    /// What was there before is somebody else's. That a model cannot be unloaded stops nothing: who paints plans for what is
    /// free.
    pub async fn has_written(&self, writing: WritingLease, within: Duration) {
        // Also after a cancellation.
        let never = CancellationToken::new();
        for server in self.occupants() {
            let leaving = async {
                if let Some(models) = server.holdings(&never).await {
                    let ours = models.into_iter().filter(|model| model.ours);
                    let sized = ours.filter_map(|model| Some((model.name, model.bytes?)));
                    lock(&self.sizes).extend(sized);
                }
                server.release(Whose::Ours, within, &never).await
            };
            // Why a model stays, its server knows best.
            if tokio::time::timeout(within, leaving).await.is_err() {
                tracing::warn!(server = server.id(), "the model is not unloaded in time");
            }
        }
        drop(writing.cards);
    }

    /// Asks an idle server for its memory when less than `need` is free, and waits for it.
    async fn empty(
        &self,
        server: &dyn PaintServer,
        need: Option<Bytes>,
        cancel: &CancellationToken,
    ) {
        let until = Instant::now() + self.options.release_timeout;
        let (mut asked, mut pause) = (false, FIRST_PAUSE);
        while let Some(card) = look(server).await {
            let fits = need.is_some_and(|need| card.free.bytes() >= need);
            if fits || card.held <= HELD_AFTER_RELEASE || Instant::now() >= until {
                return;
            }
            if !asked {
                // Somebody paints there: it is not taken away from them.
                if card.is_busy || server.release().await.is_err() {
                    return;
                }
                asked = true;
            }
            tokio::select! {
                () = tokio::time::sleep(pause) => {}
                () = cancel.cancelled() => return,
            }
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    /// Ends a run: servers that painted are asked for their memory, where that is set.
    pub async fn close(&self) {
        let painted = std::mem::take(&mut *lock(&self.painted));
        if !self.options.free_after {
            return;
        }
        for (name, server) in painted {
            match tokio::time::timeout(CLOSED_WITHIN, server.release()).await {
                Ok(Ok(())) => {}
                Ok(Err(error)) => tracing::info!(%name, error, "memory was not asked back"),
                Err(_) => tracing::info!(%name, "memory was not asked back in time"),
            }
        }
    }
}

/// The card of a server that answers in time.
async fn look(server: &dyn PaintServer) -> Option<CardState> {
    tokio::time::timeout(ASKED_WITHIN, server.card())
        .await
        .ok()?
}

/// The card of a server that paints, from which language models are to leave.
struct Emptying<'a> {
    server: &'a dyn PaintServer,
    leaving: &'a [Leaving],
    whose: Whose,
    within: Duration,
    cancel: &'a CancellationToken,
}

impl HandOverEffects for Emptying<'_> {
    fn free(&self) -> BoxFuture<'_, Option<FreeBytes>> {
        Box::pin(async { Some(self.server.card().await?.free) })
    }

    fn unload(&self, tenant: usize) -> BoxFuture<'_, bool> {
        Box::pin(async move {
            match self.leaving.get(tenant) {
                Some(models) => {
                    let leaving = models.server.release(self.whose, self.within, self.cancel);
                    leaving.await
                }
                None => false,
            }
        })
    }
}
