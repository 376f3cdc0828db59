//! The painter that goes down the ladder: looks, paints, learns, and takes the built-in painter in the end.

mod ladder_run;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use ladder_run::LadderRun;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use videogen_durable::KeyBuilder;
use videogen_net::machine_of;
use videogen_types::{Aspect, Choice, Machine, Quality, Seed};
use videogen_vram::{ChainProbe, PaintHistory, PaintPlan, least_that_paints};

use super::card_reading::CardReading;
use super::fleet::{Fleet, Watch};
use super::ladder::{self, Candidate, PictureWish};
use super::memory_history::MemoryHistory;
use super::negative;
use super::options::ComfyOptions;
use super::server::Server;
use super::submit::prompt_id;
use crate::error::Error;
use crate::local_card::LocalCard;
use crate::painted::Painted;
use crate::painter::{BoxFuture, PaintSession, Painter, PictureOrder, PictureRequest};
use crate::tuning::Tuning;

/// How often a server that is busy is waited for during one picture, as often as the retries of `videogen-net` do.
pub(super) const PAUSES: usize = 3;

/// Paints on ComfyUI servers. Each picture comes as good as they allow; when none can paint it, the built-in painter does.
#[derive(Debug)]
pub struct ComfyPainter {
    fleet: Arc<Fleet>,
    /// The model of the first server that answered.
    model: String,
    options: ComfyOptions,
    history: MemoryHistory,
    /// Reads the card of this machine that it paints on.
    card: OnceLock<CardReading>,
    /// How many pictures without anything to be seen in them each server has made in a row.
    streaks: Mutex<BTreeMap<usize, usize>>,
    /// The built-in painter uses every core.
    alone: Semaphore,
    _watch: Watch,
}

impl ComfyPainter {
    /// A painter on the servers of `fleet`, of which one is there; within a tokio runtime.
    pub(super) fn new(fleet: Arc<Fleet>, options: &ComfyOptions) -> Self {
        let there = fleet.there();
        Self {
            model: there
                .first()
                .map_or_else(String::new, |(_, server)| server.model.name.clone()),
            options: options.clone(),
            history: MemoryHistory::new(options.history.clone().map(PaintHistory::new)),
            card: OnceLock::new(),
            streaks: Mutex::default(),
            alone: Semaphore::new(1),
            _watch: watch(&fleet, options),
            fleet,
        }
    }

    pub(super) fn fleet(&self) -> &Fleet {
        &self.fleet
    }

    pub(super) fn history(&self) -> &MemoryHistory {
        &self.history
    }

    fn lock_streaks(&self) -> MutexGuard<'_, BTreeMap<usize, usize>> {
        // No code that could panic runs in the middle of a change.
        self.streaks.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The server that has this picture from a run that was killed.
    async fn recall(&self, wish: &PictureWish, order: PictureOrder<'_>) -> Option<usize> {
        let knows = |at: usize, server: Arc<Server>| async move {
            let (seen, _) = server.look(&self.history).await.ok()?;
            let candidate = Candidate::new(server.model.clone());
            let plan = ladder::plan(wish, wish.quality, at, &candidate, &seen, &[])?;
            let id = prompt_id(order.name, &self.prompt_of(at, &plan, &[]), 0);
            server.generator.knows(&id).await.ok()
        };
        self.fleet.recall(knows).await
    }

    /// What makes a prompt another one than the others of its picture. `again` is what differs where the same way is tried
    /// once more.
    fn prompt_of<'a>(
        &'a self,
        at: usize,
        plan: &'a PaintPlan,
        again: &'a [(&'static str, String)],
    ) -> Vec<(&'static str, &'a str)> {
        let of = [
            ("server", self.fleet.names()[at].as_str()),
            ("quality", plan.quality.name()),
            ("way", plan.strategy.name()),
        ];
        let again = again.iter().map(|(name, value)| (*name, value.as_str()));
        of.into_iter().chain(again).collect()
    }

    /// Tells which servers went and came.
    fn announce(&self, order: PictureOrder<'_>) {
        for notice in self.fleet.notices() {
            order.observer.warn(notice);
        }
    }
}

impl Painter for ComfyPainter {
    fn id(&self) -> &'static str {
        "comfyui"
    }

    fn add_to_key(&self, request: &PictureRequest, key: KeyBuilder) -> KeyBuilder {
        // What is wished for. How it comes about, and where, may differ.
        let size = request.quality.size(request.aspect);
        let mut key = key
            .text("model", &self.model)
            .text("prompt", &request.prompt)
            .text("negative", &negative(request))
            .text("size", &size.to_string())
            .number("seed", request.seed.0)
            .text("quality", request.quality.name());
        for lora in &self.options.loras {
            key = key.text("lora", &lora.to_string());
        }
        // What is not to be seen is in the words above.
        let tuning = Tuning {
            negative: None,
            ..request.tuning.clone()
        };
        tuning.add_to_key(key)
    }

    fn parallel(&self) -> usize {
        self.fleet.parallel()
    }

    fn local_card(&self, quality: Quality, aspect: Aspect) -> Option<LocalCard> {
        let there = self.fleet.there();
        let is_here = |server: &Server| {
            server.has_card && machine_of(&server.generator.id()) == Some(Machine::Local)
        };
        // Where others could paint as well, no card is the one that counts.
        if !there.iter().all(|(_, server)| is_here(server)) {
            return None;
        }
        let (_, first) = there.first()?;
        let reading = self.card.get_or_init(|| {
            let driver = Box::new(ChainProbe::system());
            CardReading::new(Arc::clone(&first.generator), driver)
        });
        let lower = self.options.lower_quality;
        let least = |(_, server): &(usize, Arc<Server>)| {
            least_that_paints(&server.model, quality, aspect, lower)
        };
        Some(LocalCard {
            least: there.iter().map(least).min()?,
            is_shared: self
                .options
                .card
                .is_shared(machine_of(&first.generator.id()).as_ref()),
            reader: reading.reader(),
        })
    }

    fn session(&self) -> Option<PaintSession> {
        Some(PaintSession::new(self.options.card.session()))
    }

    fn paint<'a>(
        &'a self,
        request: &'a PictureRequest,
        order: PictureOrder<'a>,
    ) -> BoxFuture<'a, Result<Painted, Error>> {
        Box::pin(async move {
            self.announce(order);
            let painted = LadderRun::new(self, request, order).paint().await;
            self.announce(order);
            painted
        })
    }
}

/// Asks servers that are left alone what they are and have.
fn watch(fleet: &Arc<Fleet>, options: &ComfyOptions) -> Watch {
    let options = options.clone();
    Watch::begin(Arc::clone(fleet), move |url| {
        let options = options.clone();
        Box::pin(async move { Server::ask(&url, &options).await })
    })
}

/// The seed of the `n`-th try, from 0: the one that was wished for, then others that are always the same.
pub(super) fn nth_seed(seed: Seed, n: u64) -> Seed {
    match n {
        0 => seed,
        n => seed.derive("another try", n),
    }
}

/// Ends with [`Error::Cancelled`] as soon as `cancel` fires.
pub(super) async fn unless_cancelled<T>(
    cancel: &CancellationToken,
    work: impl Future<Output = T>,
) -> Result<T, Error> {
    tokio::select! {
        biased;
        () = cancel.cancelled() => Err(Error::Cancelled),
        done = work => Ok(done),
    }
}
