//! One picture's way down the ladder: what is done next, what came of it, and what that says of the servers.

use std::collections::BTreeMap;
use std::sync::Arc;

use videogen_comfy::{Error as ComfyError, FetchLimits, Memory, Workflow};
use videogen_net::Blame;
use videogen_text::chain;
use videogen_types::{FailureKind, PaintedSize, Quality, Seed};
use videogen_vram::{
    CardLease, GpuReading, PaintPlan, PaintStrategy, PaintVerdict, PhaseFootprint,
};

use super::super::enlarged::enlarged;
use super::super::fleet::Slot;
use super::super::ladder::{self, Attempt, Candidate, End, Next, Outcome, PictureWish};
use super::super::server::{Server, Trouble};
use super::super::submit::{
    AttemptLimits, Failed, Looking, PictureTime, Prompt, Submitted, discard, recover, submit,
};
use super::super::tuned::{for_planner, planned};
use super::super::{negative, not_delivered_after, sharing, spread, workflow};
use super::{ComfyPainter, PAUSES, nth_seed, unless_cancelled};
use crate::builtin::BuiltinPainter;
use crate::error::Error;
use crate::painted::Painted;
use crate::painter::{Painter, PictureOrder, PictureRequest};

/// Pictures without anything to be seen in them, in a row, after which a server is asked once for each picture.
const HOPELESS: usize = 3;

/// One picture on its way down the ladder.
pub(super) struct LadderRun<'a> {
    painter: &'a ComfyPainter,
    request: &'a PictureRequest,
    order: PictureOrder<'a>,
    wish: PictureWish,
    time: PictureTime,
    /// Our turns at cards: ours until the picture is there.
    turns: Vec<CardLease>,
    /// The server that has the picture from a run that was killed.
    home: Option<usize>,
    /// The place that is held at the server which is asked.
    slot: Option<Slot>,
    attempts: Vec<Attempt>,
    candidates: BTreeMap<usize, Candidate>,
    servers: BTreeMap<usize, Arc<Server>>,
    /// How often a server that is busy was waited for.
    pauses: usize,
    /// What failed last.
    last: FailureKind,
}

/// What came of one step.
enum Step {
    /// The picture is there.
    Painted(Box<Painted>),
    /// Something else is done next.
    On,
    /// A server failed.
    Failed(Failure),
}

/// How a server failed.
struct Failure {
    server: usize,
    /// What it was to paint; `None` when it was only looked at.
    tried: Option<(Quality, PaintStrategy)>,
    end: End,
    /// Where memory ran out, when that is known.
    at: Option<PhaseFootprint>,
    trouble: Trouble,
}

impl<'a> LadderRun<'a> {
    /// At the top of the ladder; the picture's time begins.
    pub(super) fn new(
        painter: &'a ComfyPainter,
        request: &'a PictureRequest,
        order: PictureOrder<'a>,
    ) -> Self {
        Self {
            painter,
            request,
            order,
            wish: PictureWish {
                quality: request.quality,
                aspect: request.aspect,
                lower: painter.options.lower_quality,
                size: request.tuning.size.map(planned),
                tuning: for_planner(&request.tuning),
            },
            time: PictureTime::new(painter.fleet.within()),
            turns: Vec::new(),
            home: None,
            slot: None,
            attempts: Vec::new(),
            candidates: BTreeMap::new(),
            servers: BTreeMap::new(),
            pauses: 0,
            // Where nobody can be asked.
            last: FailureKind::Network,
        }
    }

    /// Goes down until the picture is there.
    ///
    /// # Errors
    /// [`Error::Cancelled`]; what keeps the picture from being made whoever paints; and what went wrong last where nobody
    /// painted it and the built-in painter may not.
    pub(super) async fn paint(mut self) -> Result<Painted, Error> {
        let recall = self.painter.recall(&self.wish, self.order);
        self.home = unless_cancelled(self.order.cancel, recall).await?;
        loop {
            let step = match self.next() {
                Next::Look(at) => self.look_at(at).await?,
                Next::Paint(at, plan) => self.paint_at(at, &plan).await?,
                Next::BuiltIn => self.paint_builtin().await?,
            };
            match step {
                Step::Painted(painted) => return Ok(*painted),
                Step::On => {}
                Step::Failed(failure) => self.failed(failure),
            }
        }
    }

    /// Decides among the servers that are there now, and holds a place at the one that is asked.
    fn next(&mut self) -> Next {
        self.painter.fleet.decide(&mut self.slot, |there| {
            for (at, server) in there {
                self.servers
                    .entry(*at)
                    .or_insert_with(|| Arc::clone(server));
                let candidate = || Candidate::new(server.model.clone());
                self.candidates.entry(*at).or_insert_with(candidate);
            }
            let mut best: Vec<usize> = there.iter().map(|(at, _)| *at).collect();
            best.sort_by_key(|at| Some(*at) != self.home);
            let in_time = !self.time.is_over();
            let next = ladder::next(&self.wish, &self.candidates, &best, &self.attempts, in_time);
            (next.server(), next)
        })
    }

    /// Asks a server how it is, when its card is ours.
    async fn look_at(&mut self, at: usize) -> Result<Step, Error> {
        let ComfyPainter {
            fleet,
            history,
            options,
            ..
        } = self.painter;
        let (server, order) = (&self.servers[&at], self.order);
        let mut looking = Looking::new(fleet.kept(at), fleet.faltering(at));
        let looked = loop {
            if let Err(trouble) = looking.ready(order).await? {
                break Err(trouble);
            }
            let turns = &mut self.turns;
            let look = sharing::look(server, &self.wish, history, options, &order, turns);
            let seen = look.await?;
            if !looking.again(&seen, order).await? {
                break seen;
            }
        };
        Ok(match looked {
            Ok((seen, remaining)) => {
                fleet.seen(at, remaining);
                if let Some(candidate) = self.candidates.get_mut(&at) {
                    candidate.seen = Some(seen);
                }
                Step::On
            }
            Err(trouble) => Step::Failed(Failure {
                server: at,
                tried: None,
                end: End::Gone,
                at: None,
                trouble,
            }),
        })
    }

    /// Has a server paint as planned, and learns from what came of it.
    async fn paint_at(&mut self, at: usize, plan: &PaintPlan) -> Result<Step, Error> {
        let seen = self
            .candidates
            .get_mut(&at)
            .and_then(|candidate| candidate.seen.take());
        let card = seen.and_then(|seen| seen.reading);
        let tried = (plan.quality, plan.strategy);
        let again = Again {
            seed: nth_seed(self.request.seed, ladder::seeds(at, tried, &self.attempts)),
            fallbacks: ladder::fallbacks(at, tried, &self.attempts),
        };
        let (end, trouble, spot) = match self.attempt(at, plan, again).await {
            Ok(submitted) => {
                let card = card.as_ref();
                return Ok(self.submitted(at, plan, again.seed, card, submitted).await);
            }
            Err((Failed::Ours(error), _)) => return Err(error),
            Err((Failed::Died(why), _)) => (End::Gone, Trouble::died(why), None),
            Err((Failed::Theirs(end, error), spot)) => {
                tracing::info!(error = %chain(&error), strategy = %plan.strategy, "a picture did not come about");
                if end == End::OutOfMemory {
                    self.ran_out(at, plan, card.as_ref(), &error, spot).await?;
                }
                let spot = spot.filter(|_| end == End::OutOfMemory);
                (end, Trouble::of(&error), spot)
            }
        };
        Ok(Step::Failed(Failure {
            server: at,
            tried: Some(tried),
            end,
            at: spot,
            trouble,
        }))
    }

    /// Paints as planned, or collects what an earlier run let the server paint. With an error comes where the card's memory
    /// ran out, when it did.
    async fn attempt(
        &mut self,
        at: usize,
        plan: &PaintPlan,
        again: Again,
    ) -> Result<Submitted, (Failed, Option<PhaseFootprint>)> {
        let cannot = |error| (Failed::Theirs(End::Cannot, error), None);
        let (painter, request, server) = (self.painter, self.request, &self.servers[&at]);
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
            of: &painter.prompt_of(at, plan, &again),
        };
        let patience = AttemptLimits {
            time: &mut self.time,
            unreachable: painter.fleet.unreachable(at),
            process: painter.fleet.kept(at),
            faltering: painter.fleet.faltering(at),
        };
        let submitted = submit(&*server.generator, prompt, self.order, patience).await;
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

    /// Takes a picture that a server has painted, unless nothing is to be seen in it.
    async fn submitted(
        &mut self,
        at: usize,
        plan: &PaintPlan,
        seed: Seed,
        card: Option<&GpuReading>,
        Submitted { id, since, unseen }: Submitted,
    ) -> Step {
        let painter = self.painter;
        let names = painter.fleet.names();
        painter.fleet.painted(at, spread::work(plan), since);
        // Of memory, a picture says the same whatever is seen in it.
        if let Some(card) = card {
            let verdict = PaintVerdict::Ok { peak: None };
            painter.history.record(card, plan, verdict).await;
        }
        if let Some(reason) = unseen {
            tracing::warn!(server = names[at], strategy = %plan.strategy, reason, "a picture is no good");
            discard(self.order).await;
            self.last = FailureKind::BadOutput;
            self.order.observer.attempt_failed(self.last, &reason);
            self.unseen(at, (plan.quality, plan.strategy), &reason);
            return Step::On;
        }
        painter.lock_streaks().remove(&at);
        let outcome = Outcome::By(at, plan);
        Step::Painted(Box::new(Painted {
            model: Some(plan.model.clone()),
            strategy: Some(plan.strategy.name().to_owned()),
            endpoint: Some(names[at].clone()),
            prompt_id: Some(id.to_string()),
            seed: Some(seed.0),
            plan: serde_json::to_value(plan).ok(),
            painted: plan.painted.map(|painted| PaintedSize {
                width: painted.size.width,
                height: painted.size.height,
            }),
            enlarged: enlarged(plan, self.request.quality.size(self.request.aspect)),
            loras: painter.options.loras.clone(),
            steps: ladder::steps(&self.wish, names, &self.attempts, outcome, None),
            // With this seed it is not the picture that was wished for, which a server that is well may paint another time.
            is_fallback: plan.quality < self.wish.quality
                || plan.is_stretched()
                || seed != self.request.seed,
            ..Painted::by(painter.id())
        }))
    }

    /// Takes down that nothing is to be seen in a picture of a server. One that has made nothing else for a while is asked
    /// once for each picture, and not with other seeds and ways: it would paint all of them in vain.
    fn unseen(&mut self, server: usize, tried: (Quality, PaintStrategy), reason: &str) {
        let mut streaks = self.painter.lock_streaks();
        let streak = streaks.entry(server).or_default();
        let is_hopeless = *streak >= HOPELESS;
        *streak += 1;
        self.attempts.push(Attempt {
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

    /// Learns where memory ran out, and asks the server for its memory.
    ///
    /// # Errors
    /// [`Error::Cancelled`].
    async fn ran_out(
        &self,
        at: usize,
        plan: &PaintPlan,
        card: Option<&GpuReading>,
        error: &ComfyError,
        spot: Option<PhaseFootprint>,
    ) -> Result<(), Error> {
        if let (Some(card), Some(phase)) = (card, gpu_phase(error)) {
            let verdict = PaintVerdict::OutOfMemory { phase, at: spot };
            self.painter.history.record(card, plan, verdict).await;
        }
        let generator = &*self.servers[&at].generator;
        unless_cancelled(self.order.cancel, recover(generator)).await
    }

    /// Waits for a server that may be back soon; where there is none, the built-in painter paints.
    async fn paint_builtin(&self) -> Result<Step, Error> {
        let (painter, order) = (self.painter, self.order);
        let why_none = painter.fleet.why_none();
        let waiting = painter
            .fleet
            .pause_is_over(|at| !ladder::is_out(at, &self.attempts));
        if !self.time.is_over() && unless_cancelled(order.cancel, waiting).await? {
            return Ok(Step::On);
        }
        let (names, outcome) = (painter.fleet.names(), Outcome::BuiltIn);
        let steps = ladder::steps(&self.wish, names, &self.attempts, outcome, why_none);
        if !order.may_fall_back {
            let id = painter.id();
            return Err(not_delivered_after(id, self.request, &steps, self.last));
        }
        let alone = unless_cancelled(order.cancel, painter.alone.acquire()).await?;
        let mut painted = BuiltinPainter.paint(self.request, order).await?;
        drop(alone);
        painted.steps = steps;
        painted.is_fallback = true;
        Ok(Step::Painted(Box::new(painted)))
    }

    /// Takes down that a server failed, and what that says of it.
    fn failed(&mut self, failure: Failure) {
        let Failure {
            server,
            tried,
            end,
            at,
            trouble,
        } = failure;
        let fleet = &self.painter.fleet;
        self.last = trouble.kind;
        self.order
            .observer
            .attempt_failed(self.last, &trouble.reason);
        match end {
            End::OutOfMemory => fleet.well(server),
            End::Interrupted => {}
            End::Gone | End::Cannot => fleet.failed(server, trouble.clone()),
            End::Unseen => unreachable!("a picture that came was looked at above"),
        }
        self.painter.announce(self.order);
        if trouble.blame == Blame::Busy && self.pauses < PAUSES {
            // It does not want more for now, which says nothing against it.
            self.pauses += 1;
            return;
        }
        self.attempts.push(Attempt {
            server,
            tried,
            end,
            at,
            reason: trouble.reason,
        });
    }
}

/// What differs where the same way is tried once more for a picture.
#[derive(Debug, Clone, Copy)]
struct Again {
    seed: Seed,
    /// How often it ran out of memory before.
    fallbacks: u64,
}

impl Again {
    /// In the names of prompts; nothing the first time, with the seed that was wished for.
    fn of(self, wished: Seed) -> Vec<(&'static str, String)> {
        let seed = (self.seed != wished).then(|| ("seed", self.seed.0.to_string()));
        let fallbacks = (self.fallbacks > 0).then(|| ("rung", self.fallbacks.to_string()));
        seed.into_iter().chain(fallbacks).collect()
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
