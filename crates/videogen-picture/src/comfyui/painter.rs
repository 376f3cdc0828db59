//! The painter that goes down the ladder: looks, paints, learns, and takes the built-in painter in the end.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use videogen_comfy::{Error as ComfyError, FetchLimits, Memory, Workflow};
use videogen_durable::KeyBuilder;
use videogen_net::{Blame, machine_of};
use videogen_text::chain;
use videogen_types::{Aspect, Choice, FailureKind, Machine, PaintedSize, Quality, Seed};
use videogen_vram::{
    ChainProbe, PaintHistory, PaintPlan, PaintVerdict, PaintWay, PhaseFootprint, least_that_paints,
};

use super::card_reading::CardReading;
use super::enlarged::enlarged;
use super::fleet::{Fleet, Watch};
use super::ladder::{self, Attempt, End, Next, Outcome, Rung, Wish};
use super::memory_history::MemoryHistory;
use super::options::ComfyOptions;
use super::server::{Server, Trouble};
use super::submit::{
    Failed, Looking, Patience, PictureTime, Prompt, Submitted, discard, prompt_id, recover, submit,
};
use super::tuned::{for_planner, planned};
use super::{negative, not_delivered_after, sharing, spread, workflow};
use crate::builtin::BuiltinPainter;
use crate::error::Error;
use crate::local_card::LocalCard;
use crate::painted::Painted;
use crate::painter::{BoxFuture, PaintSession, Painter, PictureOrder, PictureRequest};
use crate::tuning::Tuning;

/// How often a server that is busy is waited for during one picture, as often as the retries of `videogen-net` do.
pub(super) const PAUSES: usize = 3;

/// Pictures without anything to be seen in them, in a row, after which a server is asked once for each picture.
const HOPELESS: usize = 3;

/// Paints on ComfyUI servers. Each picture comes as good as they allow; when none can paint it, the built-in painter does.
#[derive(Debug)]
pub struct ComfyPainter {
    fleet: Arc<Fleet>,
    /// The model of the first server that answered.
    model: String,
    options: ComfyOptions,
    lessons: MemoryHistory,
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
            lessons: MemoryHistory::new(options.history.clone().map(PaintHistory::new)),
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

    pub(super) fn lessons(&self) -> &MemoryHistory {
        &self.lessons
    }

    async fn picture(
        &self,
        request: &PictureRequest,
        order: PictureOrder<'_>,
    ) -> Result<Painted, Error> {
        let wish = Wish {
            quality: request.quality,
            aspect: request.aspect,
            lower: self.options.lower_quality,
            size: request.tuning.size.map(planned),
            tuning: for_planner(&request.tuning),
        };
        let names = self.fleet.names();
        let mut time = PictureTime::new(self.fleet.within());
        let home = unless_cancelled(order.cancel, self.recall(&wish, order)).await?;
        let mut servers: BTreeMap<usize, Arc<Server>> = BTreeMap::new();
        let mut rungs: BTreeMap<usize, Rung> = BTreeMap::new();
        let mut attempts = Vec::new();
        let (mut place, mut pauses) = (None, 0);
        // Where nobody can be asked.
        let mut last = FailureKind::Network;
        // Ours until the picture is there.
        let mut turns = Vec::new();
        loop {
            let next = self.fleet.decide(&mut place, |there| {
                for (at, server) in there {
                    servers.entry(*at).or_insert_with(|| Arc::clone(server));
                    let model = &server.model;
                    let rung = || Rung::new(model.clone());
                    rungs.entry(*at).or_insert_with(rung);
                }
                let mut best: Vec<usize> = there.iter().map(|(at, _)| *at).collect();
                best.sort_by_key(|at| Some(*at) != home);
                let next = ladder::next(&wish, &rungs, &best, &attempts, !time.is_over());
                (next.server(), next)
            });
            let mut ran_out = None;
            let failed = match next {
                Next::Look(at) => {
                    let (server, options) = (&servers[&at], &self.options);
                    let mut looking = Looking::new(self.fleet.kept(at), self.fleet.faltering(at));
                    let looked = loop {
                        if let Err(trouble) = looking.ready(order).await? {
                            break Err(trouble);
                        }
                        let look = sharing::look(
                            server,
                            &wish,
                            &self.lessons,
                            options,
                            &order,
                            &mut turns,
                        );
                        let seen = look.await?;
                        if !looking.again(&seen, order).await? {
                            break seen;
                        }
                    };
                    match looked {
                        Ok((seen, remaining)) => {
                            self.fleet.seen(at, remaining);
                            if let Some(rung) = rungs.get_mut(&at) {
                                rung.seen = Some(seen);
                            }
                            continue;
                        }
                        Err(trouble) => (at, None, End::Gone, trouble),
                    }
                }
                Next::Paint(at, plan) => {
                    let seen = rungs.get_mut(&at).and_then(|rung| rung.seen.take());
                    let card = seen.and_then(|seen| seen.reading);
                    let tried = (plan.quality, plan.way);
                    let again = Again {
                        seed: nth_seed(request.seed, ladder::seeds(at, tried, &attempts)),
                        rung: ladder::rungs(at, tried, &attempts),
                    };
                    let seed = again.seed;
                    let attempt =
                        self.attempt(at, &servers[&at], &plan, again, request, order, &mut time);
                    match attempt.await {
                        Ok(Submitted { id, since, unseen }) => {
                            self.fleet.painted(at, spread::work(&plan), since);
                            // Of memory, a picture says the same whatever is seen in it.
                            if let Some(card) = &card {
                                let verdict = PaintVerdict::Ok { peak: None };
                                self.lessons.learn(card, &plan, verdict).await;
                            }
                            if let Some(reason) = unseen {
                                tracing::warn!(server = names[at], way = %plan.way, reason, "a picture is no good");
                                discard(order).await;
                                last = FailureKind::BadOutput;
                                order.observer.attempt_failed(last, &reason);
                                self.unseen(at, tried, &reason, &mut attempts);
                                continue;
                            }
                            self.lock_streaks().remove(&at);
                            let outcome = Outcome::By(at, &plan);
                            return Ok(Painted {
                                model: Some(plan.model.clone()),
                                way: Some(plan.way.name().to_owned()),
                                endpoint: Some(names[at].clone()),
                                prompt_id: Some(id.to_string()),
                                seed: Some(seed.0),
                                plan: serde_json::to_value(&*plan).ok(),
                                painted: plan.painted.map(|painted| PaintedSize {
                                    width: painted.size.width,
                                    height: painted.size.height,
                                }),
                                enlarged: enlarged(&plan, request.quality.size(request.aspect)),
                                loras: self.options.loras.clone(),
                                steps: ladder::steps(&wish, names, &attempts, outcome, None),
                                // With this seed it is not the picture that was wished for, which a server that is well
                                // may paint another time.
                                stand_in: plan.quality < wish.quality
                                    || plan.is_stretched()
                                    || seed != request.seed,
                                ..Painted::by(self.id())
                            });
                        }
                        Err((Failed::Ours(error), _)) => return Err(error),
                        Err((Failed::Died(why), _)) => {
                            let tried = Some((plan.quality, plan.way));
                            (at, tried, End::Gone, Trouble::died(why))
                        }
                        Err((Failed::Theirs(end, error), spot)) => {
                            tracing::info!(error = %chain(&error), way = %plan.way, "a picture did not come about");
                            if end == End::OutOfMemory {
                                ran_out = spot;
                                if let (Some(card), Some(phase)) = (&card, gpu_phase(&error)) {
                                    let verdict = PaintVerdict::OutOfMemory { phase, at: spot };
                                    self.lessons.learn(card, &plan, verdict).await;
                                }
                                let generator = &*servers[&at].generator;
                                unless_cancelled(order.cancel, recover(generator)).await?;
                            }
                            (at, Some((plan.quality, plan.way)), end, Trouble::of(&error))
                        }
                    }
                }
                Next::BuiltIn => {
                    let why_none = self.fleet.why_none();
                    let waiting = self
                        .fleet
                        .pause_is_over(|at| !ladder::is_out(at, &attempts));
                    if !time.is_over() && unless_cancelled(order.cancel, waiting).await? {
                        continue;
                    }
                    let outcome = Outcome::BuiltIn;
                    let steps = ladder::steps(&wish, names, &attempts, outcome, why_none);
                    if !order.stand_in {
                        return Err(not_delivered_after(self.id(), request, &steps, last));
                    }
                    let alone = unless_cancelled(order.cancel, self.alone.acquire()).await?;
                    let mut painted = BuiltinPainter.paint(request, order).await?;
                    drop(alone);
                    painted.steps = steps;
                    painted.stand_in = true;
                    return Ok(painted);
                }
            };
            let (server, tried, end, trouble) = failed;
            last = trouble.kind;
            order.observer.attempt_failed(last, &trouble.reason);
            match end {
                End::OutOfMemory => self.fleet.well(server),
                End::Interrupted => {}
                End::Gone | End::Cannot => self.fleet.failed(server, trouble.clone()),
                End::Unseen => unreachable!("a picture that came was looked at above"),
            }
            self.tell(order);
            if trouble.blame == Blame::Busy && pauses < PAUSES {
                // It does not want more for now, which says nothing against it.
                pauses += 1;
                continue;
            }
            attempts.push(Attempt {
                server,
                tried,
                end,
                at: ran_out,
                reason: trouble.reason,
            });
        }
    }

    /// Takes down that nothing is to be seen in a picture of a server. One that has made nothing else for a while is asked
    /// once for each picture, and not with other seeds and ways: it would paint all of them in vain.
    fn unseen(
        &self,
        server: usize,
        tried: (Quality, PaintWay),
        reason: &str,
        attempts: &mut Vec<Attempt>,
    ) {
        let mut streaks = self.lock_streaks();
        let streak = streaks.entry(server).or_default();
        let is_hopeless = *streak >= HOPELESS;
        *streak += 1;
        attempts.push(Attempt {
            server,
            tried: Some(tried),
            end: if is_hopeless {
                End::Cannot
            } else {
                End::Unseen
            },
            at: None,
            reason: format!("its picture cannot be used: {reason}"),
        });
    }

    fn lock_streaks(&self) -> MutexGuard<'_, BTreeMap<usize, usize>> {
        // No code that could panic runs in the middle of a change.
        self.streaks.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The server that has this picture from a run that was killed.
    async fn recall(&self, wish: &Wish, order: PictureOrder<'_>) -> Option<usize> {
        let knows = |at: usize, server: Arc<Server>| async move {
            let (seen, _) = server.look(&self.lessons).await.ok()?;
            let rung = Rung::new(server.model.clone());
            let plan = ladder::plan(wish, wish.quality, at, &rung, &seen, &[])?;
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
            ("way", plan.way.name()),
        ];
        let again = again.iter().map(|(name, value)| (*name, value.as_str()));
        of.into_iter().chain(again).collect()
    }

    /// Paints as planned, or collects what an earlier run let the server paint. With an error comes where the card's memory
    /// ran out, when it did.
    #[expect(
        clippy::too_many_arguments,
        reason = "each is said once, where it is asked for"
    )]
    async fn attempt(
        &self,
        at: usize,
        server: &Server,
        plan: &PaintPlan,
        again: Again,
        request: &PictureRequest,
        order: PictureOrder<'_>,
        time: &mut PictureTime,
    ) -> Result<Submitted, (Failed, Option<PhaseFootprint>)> {
        let cannot = |error| (Failed::Theirs(End::Cannot, error), None);
        let (prompt, negative) = (&request.prompt, negative(request));
        let seed = again.seed;
        let again = again.of(request.seed);
        let job = workflow::job(plan, &server.files, prompt, &negative, seed.0);
        let mut job = job
            .map_err(cannot)?
            .expect("the ladder paints with plans that have passes");
        job.loras.clone_from(&server.loras);
        let graph = Workflow::build(&job);
        let prompt = Prompt {
            graph: graph.clone(),
            accept: FetchLimits {
                size: Some(job.output),
                ..FetchLimits::default()
            },
            of: &self.prompt_of(at, plan, &again),
        };
        let patience = Patience {
            time,
            unreachable: self.fleet.unreachable(at),
            process: self.fleet.kept(at),
            faltering: self.fleet.faltering(at),
        };
        let submitted = submit(&*server.generator, prompt, order, patience).await;
        submitted.map_err(|failed| {
            let spot = match &failed {
                Failed::Theirs(_, ComfyError::OutOfMemory { memory, node, .. })
                    if *memory == Memory::Gpu =>
                {
                    workflow::phase_of(plan, &graph, node)
                }
                _ => None,
            };
            (failed, spot)
        })
    }

    /// Tells which servers went and came.
    fn tell(&self, order: PictureOrder<'_>) {
        for notice in self.fleet.notices() {
            order.observer.warn(notice);
        }
    }
}

/// What differs where the same way is tried once more for a picture.
#[derive(Debug, Clone, Copy)]
struct Again {
    seed: Seed,
    /// How often it ran out of memory before.
    rung: u64,
}

impl Again {
    /// In the names of prompts; nothing the first time, with the seed that was wished for.
    fn of(self, wished: Seed) -> Vec<(&'static str, String)> {
        let seed = (self.seed != wished).then(|| ("seed", self.seed.0.to_string()));
        let rung = (self.rung > 0).then(|| ("rung", self.rung.to_string()));
        seed.into_iter().chain(rung).collect()
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
            self.tell(order);
            let painted = self.picture(request, order).await;
            self.tell(order);
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

/// Where the card's memory ran out; `None` when it was the machine's, which says nothing about the card.
fn gpu_phase(error: &ComfyError) -> Option<String> {
    match error {
        ComfyError::OutOfMemory {
            memory: Memory::Gpu,
            class,
            ..
        } => Some(class.clone()),
        _ => None,
    }
}
