//! Takes the turn at a card, asks those to leave who are in the way, and waits until their memory is there.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use camino::Utf8PathBuf;
use tokio::sync::OnceCell;
use tokio_util::sync::CancellationToken;
use videogen_comfy::{ComfyClient, DeviceKind, Free, ImageGenerator, ServerState};
use videogen_llm::{ChatModel, LlmClient, Residents, Unloading, Whose};
use videogen_net::{ServerUrl, TrafficMeter};
use videogen_text::chain;
use videogen_types::Stage;
use videogen_vram::{
    BoxFuture, Bytes, FreeBytes,
    lease::{Asked, End, HandOver, Patience, Room, Tenant, hand_over},
    probe::{ChainProbe, GpuProbe},
};

use super::held::{KEPT, held};
use super::models::{LanguageModels, Occupant};
use super::place::Place;
use super::room::{self, PaintNeed};
use super::turn::{CardLease, LeaseSession, Turns};
use crate::{Error, ErrorKind};

/// For one question to a server about its state, before a language model is loaded.
const ASKED_WITHIN: Duration = Duration::from_secs(5);
/// Between the first two looks at memory that is to come back; doubled with each further one, up to the longest.
const FIRST_PAUSE: Duration = Duration::from_millis(10);
const LONGEST_PAUSE: Duration = Duration::from_millis(160);
/// For a server that is asked to let go at the end of a run.
const AT_THE_END: Duration = Duration::from_secs(2);

/// What can be set of sharing a card.
#[derive(Debug, Clone)]
pub struct CardOptions {
    /// Directory of the locks of this machine's cards, the same for all processes; `None` takes no turns.
    pub leases: Option<Utf8PathBuf>,
    /// Whether models that others have loaded may be unloaded.
    pub evict_others: bool,
    /// Whether the servers that painted are asked for their memory at the end of a run.
    pub free_after: bool,
    /// How long another process is waited for, before it is gone on without a turn.
    pub patience: Duration,
    /// How long memory is waited for that was asked back.
    pub within: Duration,
    /// How long a card that was given back is left to those who wait for it.
    pub courtesy: Duration,
    /// Counts what the servers are asked. Clones count together.
    pub traffic: TrafficMeter,
}

impl Default for CardOptions {
    /// No locks; nobody else's models; 10 minutes for another process, 10 s for memory.
    fn default() -> Self {
        Self {
            leases: None,
            evict_others: false,
            free_after: false,
            patience: Duration::from_mins(10),
            within: Duration::from_secs(10),
            // More than the longest pause between two attempts at a lock.
            courtesy: Duration::from_millis(250),
            traffic: TrafficMeter::default(),
        }
    }
}

/// Who shares which card, and whose turn it is.
#[derive(Debug)]
pub struct CardShare {
    options: CardOptions,
    turns: Turns,
    /// The servers that paint.
    painters: Vec<ServerUrl>,
    models: Mutex<LanguageModels>,
    /// What language models were seen to hold, in bytes, by name.
    sizes: Mutex<BTreeMap<String, Bytes>>,
    /// Servers that have painted, by name.
    painted: Mutex<BTreeMap<String, Arc<dyn ImageGenerator>>>,
    /// Finds the cards of this machine, where no server tells of one.
    probe: Box<dyn GpuProbe>,
    has_card: OnceCell<bool>,
}

impl Default for CardShare {
    /// Nobody shares anything.
    fn default() -> Self {
        Self::new(
            CardOptions::default(),
            Vec::new(),
            LanguageModels::default(),
        )
    }
}

/// The turn of a language model, from before its first question until [`CardShare::has_written`]. Dropping it gives the
/// card back as well.
#[derive(Debug)]
pub struct WritingLease {
    turns: Vec<CardLease>,
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
    /// Shares the cards of `painters` with `models`, and those of this machine with other processes.
    pub fn new(options: CardOptions, painters: Vec<ServerUrl>, models: LanguageModels) -> Self {
        Self {
            turns: Turns::new(options.leases.clone(), options.patience, options.courtesy),
            options,
            painters,
            models: Mutex::new(models),
            sizes: Mutex::default(),
            painted: Mutex::default(),
            probe: Box::new(ChainProbe::system()),
            has_card: OnceCell::new(),
        }
    }

    /// The same with another way to find the cards of this machine.
    #[cfg(test)]
    pub(super) fn with_probe(self, probe: impl GpuProbe + 'static) -> Self {
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

    fn models(&self) -> LanguageModels {
        lock(&self.models).clone()
    }

    /// The pictures that are painted until this is dropped belong together: the turn is kept between them.
    pub(crate) fn visit(&self) -> LeaseSession {
        self.turns.visit()
    }

    /// Whether somebody could be asked to leave the card of the server of this name.
    pub(crate) fn is_shared(&self, server: &str) -> bool {
        Place::of(server).is_some_and(|place| self.models().any_at(&place))
    }

    /// The turn at the card that `server` paints on, if that is one of this machine. [`CardShare::make_room`] is for after
    /// that.
    ///
    /// # Errors
    /// [`ErrorKind::Cancelled`].
    pub(crate) async fn for_painting(
        &self,
        server: &Arc<dyn ImageGenerator>,
        card: Option<u32>,
        told: &(dyn Fn(String) + Sync),
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
        let (card, is_here) = match Place::of(&name) {
            Some(Place::Here) => (card_name(index), true),
            _ => (name, false),
        };
        let turn = self.turns.take(&card, is_here, "painting", told, cancel);
        turn.await.ok_or_else(|| cancelled(Stage::Picture))
    }

    /// Asks the language models to leave that are in the way of what is to be painted, and waits until their memory is
    /// there. Whether one was asked: then the card has to be looked at again.
    pub(crate) async fn make_room(
        &self,
        server: &Arc<dyn ImageGenerator>,
        easel: &PaintNeed<'_>,
        told: &(dyn Fn(String) + Sync),
        cancel: &CancellationToken,
    ) -> bool {
        let Some(place) = Place::of(&server.id()) else {
            return false;
        };
        let everyone = self.options.evict_others;
        let models = self.models();
        let lodgers = models.lodgers(&place, everyone, cancel).await;
        let held: Vec<Option<Bytes>> = lodgers.iter().map(|lodger| lodger.bytes).collect();
        let Some(need) = room::needed(easel, &held) else {
            return false;
        };
        let tenants = lodgers.iter().map(|lodger| Tenant {
            name: lodger.name.clone(),
            bytes: lodger.bytes,
        });
        let (mut machine, first) = HandOver::new(need, tenants.collect(), Patience::default());
        let emptying = Emptying {
            server,
            lodgers: &lodgers,
            whose: if everyone {
                Whose::Everyones
            } else {
                Whose::Ours
            },
            within: self.options.within,
            cancel,
        };
        let handing = hand_over(&mut machine, first, &emptying, cancel);
        let end = tokio::time::timeout(self.options.within, handing).await;
        let fits = matches!(end, Ok(End::Fits { .. }));
        for Asked { tenant, answer } in machine.asked() {
            let name = &lodgers[*tenant].name;
            if *answer == Some(true) && everyone {
                told(format!("{name} was unloaded to make room for pictures"));
            } else if *answer != Some(true) && !fits {
                told(format!(
                    "{name} keeps its memory: pictures are planned with what is free"
                ));
            }
        }
        tracing::debug!(?end, asked = ?machine.asked(), "memory was asked for");
        !machine.asked().is_empty()
    }

    /// The turn of the first of `models`, which write from now on, at the card it shares with a server that paints. Where it
    /// is not loaded yet and would not fit beside what that server holds, the server gives its memory back, if it is idle.
    ///
    /// # Errors
    /// [`ErrorKind::Cancelled`].
    pub async fn for_writing(
        &self,
        models: &LanguageModels,
        told: &(dyn Fn(String) + Sync),
        cancel: &CancellationToken,
    ) -> Result<WritingLease, Error> {
        lock(&self.models).clone_from(models);
        let mut turns = Vec::new();
        // The first is who writes; the others only stand in for it.
        let Some((client, Some(place))) = models.clients().next() else {
            return Ok(WritingLease { turns });
        };
        let mut beside = Vec::new();
        for url in &self.painters {
            if Place::of(url.expose()).as_ref() == Some(&place)
                && let Some((server, state)) = ask(url, &self.options.traffic).await
            {
                beside.push((server, state));
            }
        }
        if place == Place::Here {
            // Without a server that paints, other processes may still paint on the first card, where there is one.
            let mut cards: Vec<u32> = beside
                .iter()
                .filter_map(|(_, state)| Some(state.stats.device()?.index.unwrap_or(0)))
                .collect();
            if cards.is_empty() && self.has_card(cancel).await {
                cards.push(0);
            }
            // Always in the same order: two that take two each would wait for each other.
            cards.sort_unstable();
            cards.dedup();
            for index in cards {
                let name = card_name(index);
                let turn = self.turns.take(&name, true, "writing", told, cancel);
                turns.push(turn.await.ok_or_else(|| cancelled(Stage::Script))?);
            }
        }
        if let Some(model) = not_loaded(client, cancel).await {
            let known = lock(&self.sizes).get(&model).copied();
            let need = known.or_else(|| room::guess(&model));
            for (server, _) in &beside {
                self.empty(server, need, cancel).await;
            }
        }
        if cancel.is_cancelled() {
            return Err(cancelled(Stage::Script));
        }
        Ok(WritingLease { turns })
    }

    /// All is written: what was loaded for it leaves, `within` that time for each server, and the card is given back. What was
    /// there before is somebody else's. That a model cannot be unloaded stops nothing: who paints plans for what is free.
    pub async fn has_written(&self, writing: WritingLease, within: Duration) {
        // Also after a cancellation.
        let never = CancellationToken::new();
        let models = self.models();
        for (client, _) in models.clients() {
            let server = client.server();
            let leaving = async {
                if let Ok(Residents::Known(models)) = client.residents(&never).await {
                    let ours = models.into_iter().filter(|model| model.ours);
                    let sized = ours.filter_map(|model| Some((model.model, model.vram?)));
                    let sized = sized.map(|(model, bytes)| (model, Bytes::new(bytes)));
                    lock(&self.sizes).extend(sized);
                }
                client.unload(Whose::Ours, within, &never).await
            };
            match tokio::time::timeout(within, leaving).await {
                Ok(Ok(ended)) => tracing::info!(server, ?ended, "the model was asked to leave"),
                Ok(Err(error)) => {
                    tracing::warn!(server, error = %chain(&error), "the model is not unloaded");
                }
                Err(_) => tracing::warn!(server, "the model is not unloaded in time"),
            }
        }
        drop(writing.turns);
    }

    /// Asks an idle server for its memory when less than `need` is free, and waits for it.
    async fn empty(&self, server: &ComfyClient, need: Option<Bytes>, cancel: &CancellationToken) {
        let until = Instant::now() + self.options.within;
        let (mut asked, mut pause) = (false, FIRST_PAUSE);
        while let Some(state) = state(server).await {
            let Some(device) = state.stats.device() else {
                return;
            };
            let held = held(&state.stats).get();
            let fits = need.is_some_and(|need| Bytes::new(device.vram_free) >= need);
            if fits || held <= KEPT || Instant::now() >= until {
                return;
            }
            if !asked {
                // Somebody paints there: it is not taken away from them.
                if state.remaining > 0 || server.free(Free::Everything).await.is_err() {
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

    /// At the end of a run: servers that painted are asked for their memory, where that is set.
    pub(crate) async fn close(&self) {
        let painted = std::mem::take(&mut *lock(&self.painted));
        if !self.options.free_after {
            return;
        }
        for (name, server) in painted {
            let freeing = server.free(Free::Everything);
            match tokio::time::timeout(AT_THE_END, freeing).await {
                Ok(Ok(())) => {}
                Ok(Err(error)) => {
                    tracing::info!(%name, error = %chain(&error), "memory was not asked back");
                }
                Err(_) => tracing::info!(%name, "memory was not asked back in time"),
            }
        }
    }
}

fn cancelled(stage: Stage) -> Error {
    Error::new(stage, ErrorKind::Cancelled)
}

/// The model of `client`, when it is not in memory. One of which nothing is known counts as there: nothing is gained by
/// making room for what does not come.
async fn not_loaded(client: &LlmClient, cancel: &CancellationToken) -> Option<String> {
    let model = client.model(cancel).await.ok()?;
    match client.residents(cancel).await {
        Ok(Residents::Known(models)) => {
            let there = models.iter().any(|there| there.is(&model));
            (!there).then_some(model)
        }
        _ => None,
    }
}

/// A server with a card, and how it is.
async fn ask(url: &ServerUrl, traffic: &TrafficMeter) -> Option<(ComfyClient, ServerState)> {
    let server = ComfyClient::connect_counted(url.expose(), traffic.clone()).ok()?;
    let state = state(&server).await?;
    let has_card = state
        .stats
        .device()
        .is_some_and(|device| device.kind != DeviceKind::Cpu);
    has_card.then_some((server, state))
}

async fn state(server: &ComfyClient) -> Option<ServerState> {
    let asking = ImageGenerator::state(server);
    tokio::time::timeout(ASKED_WITHIN, asking).await.ok()?.ok()
}

/// The card of a server that paints, from which language models are to leave.
struct Emptying<'a> {
    server: &'a Arc<dyn ImageGenerator>,
    lodgers: &'a [Occupant<'a>],
    whose: Whose,
    within: Duration,
    cancel: &'a CancellationToken,
}

impl Room for Emptying<'_> {
    fn free(&self) -> BoxFuture<'_, Option<FreeBytes>> {
        Box::pin(async {
            let state = self.server.state().await.ok()?;
            let device = state.stats.device()?;
            Some(FreeBytes::new(Bytes::new(device.vram_free)))
        })
    }

    fn unload(&self, tenant: usize) -> BoxFuture<'_, bool> {
        Box::pin(async move {
            let Some(lodger) = self.lodgers.get(tenant) else {
                return false;
            };
            let leaving = lodger.client.unload(self.whose, self.within, self.cancel);
            matches!(
                leaving.await,
                Ok(Unloading::Gone { .. } | Unloading::NothingLoaded)
            )
        })
    }
}
