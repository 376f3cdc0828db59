//! Paints with a workflow of the user: one way, on whichever server is done first, and the built-in painter in the end.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

use videogen_comfy::{FetchLimits, ImageGenerator, ModelFile, OutputKind};
use videogen_durable::KeyBuilder;
use videogen_media::{crop_picture, oriented_picture_size};
use videogen_net::{Blame, ServerUrl};
use videogen_text::chain;
use videogen_types::{
    ASPECT_TOLERANCE, Aspect, Degradation, FailureKind, FrameSize, PaintedSize, Quality, Stage,
};
use videogen_vram::CardLease;

use super::super::enlarged::{is_stretched, resampled};
use super::super::fleet::{Fleet, Member, Watch};
use super::super::ladder::{Attempt, End, lost};
use super::super::not_delivered_after;
use super::super::options::ComfyOptions;
use super::super::painter::{PAUSES, nth_seed, unless_cancelled};
use super::super::server::{self, Server, Trouble};
use super::super::sharing::leased;
use super::super::submit::{
    AttemptLimits, Failed, Looking, PictureTime, Prompt, Submitted, discard, prompt_id, recover,
    submit,
};
use super::{UserWorkflow, lacking};
use crate::blocking::blocking;
use crate::builtin::BuiltinPainter;
use crate::error::Error;
use crate::painted::Painted;
use crate::painter::{BoxFuture, PaintSession, Painter, PictureOrder, PictureRequest};
use crate::tuning::Tuning;

/// What part of a picture has to remain when it is cut to the shape of the video: a panorama is no upright picture.
const LEAST_KEPT: f64 = 0.5;

/// Characters of a node's id or class in a sentence.
const LONGEST_NAME: usize = 60;

/// What is to be painted with, as every server is asked for it.
#[derive(Debug)]
pub(in crate::comfyui) struct UserWorkflowOrder {
    pub(in crate::comfyui) workflow: UserWorkflow,
    pub(in crate::comfyui) quality: (Quality, Aspect),
    pub(in crate::comfyui) tuning: Tuning,
    pub(in crate::comfyui) options: ComfyOptions,
}

/// A server that can run the workflow.
#[derive(Debug, Clone)]
pub(in crate::comfyui) struct Runner {
    generator: Arc<dyn ImageGenerator>,
    /// The model that goes where the workflow has a place for one.
    model: Option<ModelFile>,
    has_card: bool,
    /// Which of several pictures is taken, for people.
    pub(in crate::comfyui) note: Option<String>,
}

impl Member for Runner {
    fn generator(&self) -> &Arc<dyn ImageGenerator> {
        &self.generator
    }

    fn has_card(&self) -> bool {
        self.has_card
    }
}

impl Runner {
    /// Asks the server at `url` whether it can run the workflow.
    ///
    /// # Errors
    /// Why it cannot, with its address and everything it lacks.
    pub(in crate::comfyui) async fn ask(
        url: &ServerUrl,
        work: &UserWorkflowOrder,
    ) -> Result<Self, Trouble> {
        let UserWorkflowOrder {
            workflow, options, ..
        } = work;
        let name = &workflow.name;
        let cannot = |why: &str| Trouble::lacking(url, &format!("cannot run {name}: {why}"));
        let model = if workflow.wants_model() {
            Some(Server::ask(url, options).await?.files.file().clone())
        } else {
            None
        };
        let sample = workflow.sample(work.quality, &work.tuning, model.as_ref());
        let sample = sample.map_err(|error| cannot(&chain(&error)))?;
        let client = server::connect(url, options)?;
        let asking = async {
            let nodes = client.object_info_for(&sample).await?;
            Ok((nodes, client.system_stats().await?))
        };
        let (nodes, stats) = server::answered(url, asking).await?;
        let problems = sample.check(&nodes);
        if !problems.is_empty() {
            return Err(cannot(&lacking(&problems)));
        }
        let outputs = sample.outputs(&nodes);
        let pictures = outputs.iter().filter(|it| it.kind == OutputKind::Picture);
        let note = (pictures.count() > 1 || outputs.len() > 1).then(|| {
            let taken = &outputs[0];
            format!(
                "{name} has {} outputs: the picture of node {} ({}) is used; to use another one, title its node videogen",
                outputs.len(),
                videogen_text::shown(&taken.node, LONGEST_NAME),
                videogen_text::shown(&taken.class, LONGEST_NAME),
            )
        });
        let (facts, card) = server::state(&stats, &[]);
        Ok(Self {
            generator: Arc::new(client),
            model,
            has_card: card.is_some() && !facts.flags.cpu,
            note,
        })
    }
}

/// Paints with a workflow of the user.
#[derive(Debug)]
pub(in crate::comfyui) struct UserWorkflowPainter {
    work: Arc<UserWorkflowOrder>,
    fleet: Arc<Fleet<Runner>>,
    /// The model of the first server that answered.
    model: Option<ModelFile>,
    /// What pictures of an absurd shape have told: that it will be so again need not be painted.
    misshapen: Mutex<Vec<(FrameSize, String)>>,
    /// What was told of pictures that are cut.
    announced: Mutex<BTreeSet<String>>,
    _watch: Watch,
}

/// One picture on its way.
struct Job<'a> {
    request: &'a PictureRequest,
    order: PictureOrder<'a>,
    frame: FrameSize,
    time: PictureTime,
    attempts: Vec<Attempt>,
    /// What went wrong last.
    last: FailureKind,
    /// Ours until the picture is there.
    turns: Vec<CardLease>,
}

/// What came of one attempt.
enum Tried {
    /// There is a picture.
    Painted(Box<Painted>),
    /// Something went wrong at the server.
    Failed(End, Trouble),
    /// The workflow makes no usable pictures.
    Misshapen(String),
}

impl UserWorkflowPainter {
    /// A painter on the servers of `fleet`, of which one is there; within a tokio runtime.
    pub(in crate::comfyui) fn new(work: Arc<UserWorkflowOrder>, fleet: Arc<Fleet<Runner>>) -> Self {
        let there = fleet.there();
        let asked = Arc::clone(&work);
        let watch = Watch::begin(Arc::clone(&fleet), move |url| {
            let work = Arc::clone(&asked);
            Box::pin(async move { Runner::ask(&url, &work).await })
        });
        Self {
            model: there.first().and_then(|(_, runner)| runner.model.clone()),
            work,
            fleet,
            misshapen: Mutex::default(),
            announced: Mutex::default(),
            _watch: watch,
        }
    }

    fn name(&self) -> &str {
        &self.work.workflow.name
    }

    fn known_misshapen(&self, frame: FrameSize) -> Option<String> {
        let known = self
            .misshapen
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let of = |(size, reason): &(FrameSize, String)| (*size == frame).then(|| reason.clone());
        known.iter().find_map(of)
    }

    async fn picture(
        &self,
        request: &PictureRequest,
        order: PictureOrder<'_>,
    ) -> Result<Painted, Error> {
        let mut job = Job {
            request,
            order,
            frame: request.quality.size(request.aspect),
            time: PictureTime::new(self.fleet.within()),
            attempts: Vec::new(),
            // Where nobody can be asked.
            last: FailureKind::Network,
            turns: Vec::new(),
        };
        let mut why = self.known_misshapen(job.frame);
        let (mut place, mut pauses) = (None, 0);
        let home = match why {
            Some(_) => None,
            None => unless_cancelled(order.cancel, self.recall(order)).await?,
        };
        while why.is_none() && !job.time.is_over() {
            let next = self.fleet.decide(&mut place, |there| {
                let next = next(there, home, &job.attempts);
                (next.as_ref().map(|(at, _)| *at), next)
            });
            let Some((at, runner)) = next else {
                let may = |at: usize| may_try(at, &job.attempts);
                let waiting = self.fleet.pause_is_over(may);
                if unless_cancelled(order.cancel, waiting).await? {
                    continue;
                }
                break;
            };
            let (end, trouble) = match self.attempt(at, &runner, &mut job).await? {
                Tried::Painted(painted) => return Ok(*painted),
                Tried::Failed(end, trouble) => (end, trouble),
                Tried::Misshapen(reason) => {
                    self.fleet.well(at);
                    why = Some(reason);
                    continue;
                }
            };
            match end {
                End::OutOfMemory | End::Unseen => self.fleet.well(at),
                End::Interrupted => {}
                End::Gone | End::Cannot => self.fleet.failed(at, trouble.clone()),
            }
            self.announce(order);
            if trouble.blame == Blame::Busy && pauses < PAUSES {
                // It does not want more for now, which says nothing against it.
                pauses += 1;
                continue;
            }
            job.attempts.push(Attempt {
                server: at,
                tried: None,
                end,
                at: None,
                reason: trouble.reason,
            });
        }
        drop(place);
        self.built_in(job, why).await
    }

    /// The server that has this picture from a run that was killed.
    async fn recall(&self, order: PictureOrder<'_>) -> Option<usize> {
        let knows = |_, runner: Arc<Runner>| async move {
            let id = prompt_id(order.name, &prompt_of(&runner.generator.id(), false), 0);
            runner.generator.knows(&id).await.ok()
        };
        self.fleet.recall(knows).await
    }

    /// The picture by the built-in painter, where that may stand in.
    async fn built_in(&self, job: Job<'_>, why: Option<String>) -> Result<Painted, Error> {
        let Job {
            request,
            order,
            attempts,
            last,
            turns,
            ..
        } = job;
        drop(turns);
        let labels = self.labels(&attempts, None);
        let mut steps: Vec<Degradation> = attempts
            .iter()
            .zip(labels.windows(2))
            .map(|(attempt, pair)| Degradation {
                stage: Stage::Picture,
                from: pair[0].clone(),
                to: pair[1].clone(),
                reason: attempt.reason.clone().into(),
            })
            .collect();
        let over = || {
            let none = self.fleet.why_none();
            none.unwrap_or_else(|| "the time was over".to_owned())
        };
        let why = why.or_else(|| attempts.is_empty().then(over));
        steps.extend(why.map(|reason| Degradation {
            stage: Stage::Picture,
            from: format!("workflow {}", self.name()),
            to: BuiltinPainter.id().to_owned(),
            reason: reason.into(),
        }));
        if !order.may_fall_back {
            return Err(not_delivered_after(self.id(), request, &steps, last));
        }
        let mut painted = BuiltinPainter.paint(request, order).await?;
        (painted.steps, painted.is_fallback) = (steps, true);
        Ok(painted)
    }

    /// Looks at a server, waits for the turn at its card, and runs the workflow, or collects what an earlier run let it paint.
    async fn attempt(&self, at: usize, runner: &Runner, job: &mut Job<'_>) -> Result<Tried, Error> {
        let order = job.order;
        // One that is down is not posted to: a prompt would wait for it to come back.
        let mut looking = Looking::new(self.fleet.kept(at), self.fleet.faltering(at));
        let state = loop {
            if let Err(trouble) = looking.ready(order).await? {
                return Ok(failed(job, End::Gone, trouble));
            }
            let now = unless_cancelled(order.cancel, server::now(&*runner.generator)).await?;
            if looking.again(&now, order).await? {
                continue;
            }
            match now {
                Ok(state) => break state,
                Err(trouble) => return Ok(failed(job, End::Gone, trouble)),
            }
        };
        self.fleet.seen(at, state.remaining);
        let (_, card) = server::state(&state.stats, &[]);
        let warn = |message: String| order.observer.warn(message);
        let share = &self.work.options.card;
        let index = card.map(|card| card.index);
        let leasing = leased(share, &runner.generator, index, &warn, order.cancel);
        job.turns.push(leasing.await?);

        let before = || job.attempts.iter().filter(|attempt| attempt.server == at);
        // Memory that was given back needs no other seed.
        let unseen = before().filter(|attempt| attempt.end == End::Unseen);
        let seed = nth_seed(job.request.seed, unseen.count() as u64);
        let is_again = before().next().is_some();
        let request = PictureRequest {
            seed,
            ..job.request.clone()
        };
        let running = self.run(at, runner, is_again, &request, order, &mut job.time);
        let done = match running.await {
            Ok(done) => done,
            Err(Failed::Ours(error)) => return Err(error),
            Err(Failed::Died(why)) => return Ok(failed(job, End::Gone, Trouble::died(why))),
            Err(Failed::Theirs(end, error)) => {
                tracing::info!(error = %chain(&error), "a picture did not come about");
                if end == End::OutOfMemory {
                    unless_cancelled(order.cancel, recover(&*runner.generator)).await?;
                }
                return Ok(failed(job, end, Trouble::of(&error)));
            }
        };
        // Each picture of a workflow is as much work as any other.
        self.fleet.painted(at, 1.0, done.since);
        if let Some(reason) = &done.unseen {
            tracing::warn!(reason, "a picture of the workflow is no good");
            discard(order).await;
            // The same again would be the same, without a place for a seed.
            let end = if self.work.workflow.wants_seed() {
                End::Unseen
            } else {
                End::Cannot
            };
            let reason = format!("its picture cannot be used: {reason}");
            return Ok(failed(job, end, Trouble::no_good(reason)));
        }
        self.finish(at, runner, job, &request, done).await
    }

    /// Has the server run the workflow.
    async fn run(
        &self,
        at: usize,
        runner: &Runner,
        is_again: bool,
        request: &PictureRequest,
        order: PictureOrder<'_>,
        time: &mut PictureTime,
    ) -> Result<Submitted, Failed> {
        let graph = self.work.workflow.fill(request, runner.model.as_ref());
        let name = runner.generator.id();
        let prompt = Prompt {
            graph: graph.map_err(|error| Failed::Theirs(End::Cannot, error))?,
            accept: FetchLimits::default(),
            of: &prompt_of(&name, is_again),
        };
        let patience = AttemptLimits {
            time,
            unreachable: self.fleet.unreachable(at),
            process: self.fleet.kept(at),
            faltering: self.fleet.faltering(at),
        };
        submit(&*runner.generator, prompt, order, patience).await
    }

    /// Brings a picture to the shape and the size of the frame, and tells how it came about.
    async fn finish(
        &self,
        at: usize,
        runner: &Runner,
        job: &mut Job<'_>,
        request: &PictureRequest,
        done: Submitted,
    ) -> Result<Tried, Error> {
        let (frame, order) = (job.frame, job.order);
        let file = order.output.to_owned();
        let cover = move || {
            let size = oriented_picture_size(&file)?;
            let fit = Fit::of(frame, size);
            let kept = match fit {
                Fit::Covers { .. } => Some(crop_picture(&file, frame)?),
                _ => None,
            };
            Ok((size, fit, kept))
        };
        let covering = move || cover().map_err(Error::Media);
        let (size, fit, kept) = blocking(covering).await?;
        let mut steps = self.steps(&job.attempts, at);
        let (mut cropped, mut enlarged) = (None, None);
        match fit {
            Fit::Enough => {}
            Fit::Covers { is_cut, times } => {
                if let Some(kept) = kept.filter(|_| is_cut) {
                    cropped = Some(PaintedSize {
                        width: kept.0,
                        height: kept.1,
                    });
                    self.tell_cut(order, size, kept);
                }
                if times > 1.0 {
                    let how = resampled(times);
                    if is_stretched(&how) {
                        steps.push(self.enlarged(frame, size));
                    }
                    enlarged = Some(how);
                }
            }
            Fit::Absurd { kept } => {
                // It must not be taken for the picture where the next painter is interrupted.
                discard(order).await;
                let reason = self.absurd(frame, size, kept);
                let mut known = self
                    .misshapen
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner);
                known.push((frame, reason.clone()));
                job.last = FailureKind::BadOutput;
                order.observer.attempt_failed(job.last, &reason);
                return Ok(Tried::Misshapen(reason));
            }
        }
        Ok(Tried::Painted(Box::new(Painted {
            model: runner.model.as_ref().map(|model| model.as_str().to_owned()),
            strategy: Some("workflow".to_owned()),
            endpoint: Some(runner.generator.id()),
            prompt_id: Some(done.id.to_string()),
            seed: self.work.workflow.wants_seed().then_some(request.seed.0),
            workflow: Some(self.work.workflow.digest.to_string()),
            steps,
            painted: Some(PaintedSize {
                width: size.0,
                height: size.1,
            }),
            cropped,
            is_fallback: request.seed != job.request.seed
                || enlarged.as_ref().is_some_and(is_stretched),
            enlarged,
            ..Painted::by(self.id())
        })))
    }

    /// What is tried at each server of `attempts`, as it is told, and what ended it: a server, or the built-in painter.
    fn labels(&self, attempts: &[Attempt], ended: Option<usize>) -> Vec<String> {
        let label = |server: usize, before: &[Attempt]| {
            let last = before.iter().rev().find(|attempt| attempt.server == server);
            let again = match last.map(|attempt| attempt.end) {
                None => "",
                Some(End::Unseen) => ", with another seed",
                Some(_) => ", with its memory freed",
            };
            let at = &self.fleet.names()[server];
            format!("workflow {} at {at}{again}", self.name())
        };
        let tried = (0..attempts.len()).map(|n| label(attempts[n].server, &attempts[..n]));
        let last = match ended {
            Some(server) => label(server, attempts),
            None => BuiltinPainter.id().to_owned(),
        };
        tried.chain([last]).collect()
    }

    /// The steps down on the way to a picture of `server`. Where another server ran the workflow at its first try there is none.
    fn steps(&self, attempts: &[Attempt], server: usize) -> Vec<Degradation> {
        let rank = |server: usize, before: &[Attempt]| {
            let of = |attempt: &&Attempt| attempt.server == server;
            before
                .iter()
                .filter(of)
                .map(|it| 1 + usize::from(it.end == End::Unseen))
                .sum::<usize>()
        };
        let mut labels = self.labels(attempts, Some(server));
        let last = labels.pop().unwrap_or_default();
        let tried = attempts.iter().zip(labels).enumerate();
        let tried = tried.map(|(n, (attempt, label))| {
            let rank = rank(attempt.server, &attempts[..n]);
            ((rank, label), attempt.reason.clone())
        });
        lost(tried.collect(), &(rank(server, attempts), last))
    }

    fn enlarged(&self, frame: FrameSize, (width, height): (u32, u32)) -> Degradation {
        let name = self.name();
        Degradation {
            stage: Stage::Picture,
            from: format!("pictures of {frame}"),
            to: format!("pictures of {width}x{height}, enlarged"),
            reason: format!(
                "{name} makes them so; give it %width% and %height%, or let it enlarge them itself"
            )
            .into(),
        }
    }

    /// Tells once that pictures are cut, which is no step down.
    fn tell_cut(&self, order: PictureOrder<'_>, (width, height): (u32, u32), kept: (u32, u32)) {
        let message = format!(
            "{} makes pictures of {width}x{height}, which are cut to {}x{}, the shape of the video",
            self.name(),
            kept.0,
            kept.1
        );
        let is_new = {
            let mut announced = self
                .announced
                .lock()
                .unwrap_or_else(PoisonError::into_inner);
            announced.insert(message.clone())
        };
        if is_new {
            order.observer.warn(message);
        }
    }

    fn absurd(&self, frame: FrameSize, (width, height): (u32, u32), kept: f64) -> String {
        let name = self.name();
        format!(
            "{name} makes pictures of {width}x{height}, of which {:.0} % would be left in the shape of {frame}; give it %width% and %height%",
            kept * 100.0
        )
    }

    /// Tells which servers went and came.
    fn announce(&self, order: PictureOrder<'_>) {
        for notice in self.fleet.notices() {
            order.observer.warn(notice);
        }
    }
}

/// Takes down that an attempt brought nothing.
fn failed(job: &mut Job<'_>, end: End, trouble: Trouble) -> Tried {
    job.last = trouble.kind;
    job.order
        .observer
        .attempt_failed(trouble.kind, &trouble.reason);
    Tried::Failed(end, trouble)
}

/// What makes a prompt another one than the others of its picture.
fn prompt_of(server: &str, is_again: bool) -> [(&'static str, &str); 3] {
    [
        ("server", server),
        ("way", "workflow"),
        ("try", if is_again { "second" } else { "first" }),
    ]
}

impl Painter for UserWorkflowPainter {
    fn id(&self) -> &'static str {
        "comfyui"
    }

    fn add_to_key(&self, request: &PictureRequest, key: KeyBuilder) -> KeyBuilder {
        let frame = request.quality.size(request.aspect);
        let key = key
            .digest("workflow", &self.work.workflow.digest)
            .text("size", &frame.to_string());
        // All that the workflow is filled with, and only that: a place it does not have changes nothing.
        match self.work.workflow.fill(request, self.model.as_ref()) {
            Ok(filled) => key.text("filled", &filled.to_json().to_string()),
            Err(_) => request.add_to_key(key),
        }
    }

    fn parallel(&self) -> usize {
        self.fleet.parallel()
    }

    fn session(&self) -> Option<PaintSession> {
        Some(PaintSession::new(self.work.options.card.session()))
    }

    fn paint<'a>(
        &'a self,
        request: &'a PictureRequest,
        order: PictureOrder<'a>,
    ) -> BoxFuture<'a, Result<Painted, Error>> {
        Box::pin(async move {
            self.announce(order);
            let painted = self.picture(request, order).await;
            self.announce(order);
            painted
        })
    }
}

/// Whether a server may be asked for a picture after these attempts: once, and once more where memory ran out and was given
/// back, or where nothing is to be seen in the picture and another seed may help. It is not asked a third time.
fn may_try(server: usize, attempts: &[Attempt]) -> bool {
    let mut ends = attempts.iter().filter(|attempt| attempt.server == server);
    match (ends.next(), ends.next()) {
        (None, _) => true,
        (Some(first), None) => matches!(first.end, End::OutOfMemory | End::Unseen),
        _ => false,
    }
}

/// The server that is asked next, of those that are there, the best first: the one that was begun with, then the one that has
/// the picture from an earlier run, if one has.
fn next<S>(
    there: &[(usize, Arc<S>)],
    home: Option<usize>,
    attempts: &[Attempt],
) -> Option<(usize, Arc<S>)> {
    let last = attempts.last().map(|attempt| attempt.server);
    let may = there.iter().filter(|(at, _)| may_try(*at, attempts));
    let best = may.min_by_key(|(at, _)| (Some(*at) != last, Some(*at) != home));
    best.map(|(at, server)| (*at, Arc::clone(server)))
}

/// How a picture fits a frame.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Fit {
    /// It covers the frame and has its shape.
    Enough,
    /// It has to be cut to the shape, or made so many times as large, or both.
    Covers { is_cut: bool, times: f64 },
    /// That little of it would be left.
    Absurd { kept: f64 },
}

impl Fit {
    fn of(frame: FrameSize, (width, height): (u32, u32)) -> Self {
        let across = f64::from(frame.width()) / f64::from(width.max(1));
        let down = f64::from(frame.height()) / f64::from(height.max(1));
        let times = across.max(down);
        let kept = across.min(down) / times;
        if kept < LEAST_KEPT {
            return Self::Absurd { kept };
        }
        let is_cut = (across / down - 1.0).abs() > ASPECT_TOLERANCE;
        if !is_cut && times <= 1.0 {
            return Self::Enough;
        }
        Self::Covers {
            is_cut,
            times: times.max(1.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_server_is_asked_again_only_after_its_memory_was_freed() {
        let attempt = |server, end| Attempt {
            server,
            tried: None,
            end,
            at: None,
            reason: String::new(),
        };
        let next = |servers: usize, attempts: &[Attempt]| {
            let there: Vec<(usize, Arc<()>)> = (0..servers).map(|at| (at, Arc::new(()))).collect();
            next(&there, None, attempts).map(|(at, _)| at)
        };
        let full = |server| attempt(server, End::OutOfMemory);
        assert_eq!(next(2, &[]), Some(0));
        assert_eq!(next(2, &[full(0)]), Some(0));
        assert_eq!(next(2, &[full(1)]), Some(1));
        assert_eq!(next(2, &[full(0), full(0)]), Some(1));
        assert_eq!(next(2, &[attempt(0, End::Gone)]), Some(1));
        let black = |server| attempt(server, End::Unseen);
        assert_eq!(next(2, &[black(0)]), Some(0));
        assert_eq!(next(2, &[black(0), black(0)]), Some(1));
        assert_eq!(next(1, &[black(0), black(0)]), None);
        assert_eq!(next(2, &[full(0), full(0), attempt(1, End::Cannot)]), None);
    }

    #[test]
    fn a_picture_of_another_shape_is_cut_unless_little_would_be_left() {
        let frame = Quality::Standard.size(Aspect::Portrait);
        assert_eq!((frame.width(), frame.height()), (720, 1280));
        let cut = |times| Fit::Covers {
            is_cut: true,
            times,
        };
        assert_eq!(Fit::of(frame, (768, 1344)), cut(1.0));
        assert_eq!(Fit::of(frame, (720, 1280)), Fit::Enough);
        assert_eq!(Fit::of(frame, (640, 640)), cut(2.0));
        assert!(matches!(Fit::of(frame, (1280, 720)), Fit::Absurd { .. }));
        assert!(matches!(Fit::of(frame, (0, 0)), Fit::Covers { .. }));
    }

    proptest! {
        /// What is accepted keeps half of itself at least, and covers the frame when it is as large as is said.
        #[test]
        fn a_picture_is_enlarged_to_cover_the_frame(
            width in 8u32..4000,
            height in 8u32..4000,
            quality in 0usize..5,
        ) {
            let frame = Quality::all().nth(quality).unwrap().size(Aspect::Portrait);
            let ratio = |width: u32, height: u32| f64::from(width) / f64::from(height);
            let skew = ratio(width, height) / ratio(frame.width(), frame.height());
            let least = skew.min(1.0 / skew);
            match Fit::of(frame, (width, height)) {
                Fit::Absurd { kept } => prop_assert!(least < LEAST_KEPT && (kept - least).abs() < 1e-9),
                Fit::Enough => prop_assert!(width >= frame.width() && height >= frame.height()),
                Fit::Covers { is_cut, times } => {
                    prop_assert!(least >= LEAST_KEPT && times >= 1.0);
                    prop_assert!(is_cut || least > 1.0 - ASPECT_TOLERANCE * 1.02);
                    prop_assert!(f64::from(width) * times >= f64::from(frame.width()) - 0.5);
                    prop_assert!(f64::from(height) * times >= f64::from(frame.height()) - 0.5);
                }
            }
        }
    }
}
