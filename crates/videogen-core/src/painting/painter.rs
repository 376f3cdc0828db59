//! The painter that goes down the ladder: looks, paints, learns, and takes the built-in painter in the end.

use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use tokio_util::sync::CancellationToken;
use videogen_comfy::{
    Error as ComfyError, Free, ImageSize, PaintRequest, PromptId, RunEvent, Submission, Workflow,
};
use videogen_vram::history::{History, Verdict};
use videogen_vram::plan::Plan;

use super::ladder::{self, Attempt, End, Next, Outcome, Rung, Wish};
use super::lessons::Lessons;
use super::options::ComfyOptions;
use super::server::{self, Server};
use super::{Painted, negative, sharing, workflow};
use crate::card::{self, CardReading, LocalCard, Place, Visit};
use crate::equipment::chain;
use crate::event::Stage;
use crate::outlook::{ChainProbe, picture_quality, shape};
use crate::quality::{Aspect, Quality};
use crate::seam::{BoxFuture, BuiltinPainter, Painter, PictureOrder, PictureRequest};
use crate::store::{Key, KeyBuilder};
use crate::{Error, ErrorKind};

/// How long one picture may take on servers, all attempts together.
const PICTURE_WITHIN: Duration = Duration::from_mins(45);
/// How long memory that was asked back is waited for.
const FREED_WITHIN: Duration = Duration::from_secs(10);
/// What may stay when the memory counts as back: handles and buffers of libraries.
const KEPT: u64 = 256 << 20;
/// Between two looks at it.
const LOOK_EVERY: Duration = Duration::from_millis(250);
/// How often a prompt of an earlier run, which did not end well, is posted anew under a name that can be found again.
const ANEW: u64 = 8;

/// Paints on ComfyUI servers. Each picture comes as good as they allow; when none can paint it, the built-in painter does.
#[derive(Debug)]
pub struct ComfyPainter {
    servers: Vec<Server>,
    names: Vec<String>,
    options: ComfyOptions,
    lessons: Lessons,
    within: Duration,
    /// Reads the card of this machine that it paints on.
    card: OnceLock<CardReading>,
}

/// Why an attempt brought no picture.
enum Failed {
    /// The picture is not made, whoever paints.
    Ours(Error),
    /// Something else can be tried.
    Theirs(End, ComfyError),
}

impl ComfyPainter {
    /// A painter on these servers; `None` without any.
    pub(super) fn new(servers: Vec<Server>, options: &ComfyOptions) -> Option<Self> {
        (!servers.is_empty()).then(|| Self {
            names: servers.iter().map(|server| server.generator.id()).collect(),
            servers,
            lessons: Lessons::new(options.history.clone().map(History::new)),
            options: options.clone(),
            within: PICTURE_WITHIN,
            card: OnceLock::new(),
        })
    }

    async fn picture(
        &self,
        request: &PictureRequest,
        order: PictureOrder<'_>,
    ) -> Result<Painted, Error> {
        let wish = Wish {
            quality: picture_quality(request.quality),
            aspect: shape(request.aspect),
            lower: self.options.lower_quality,
        };
        let until = Instant::now() + self.within;
        let mut rungs: Vec<Rung> = self
            .servers
            .iter()
            .map(|server| Rung {
                model: server.model.clone(),
                seen: None,
            })
            .collect();
        let mut attempts = Vec::new();
        // Ours until the picture is there.
        let mut turns = Vec::new();
        loop {
            match ladder::next(wish, &rungs, &attempts, Instant::now() < until) {
                Next::Look(at) => {
                    let (server, options) = (&self.servers[at], &self.options);
                    let looking =
                        sharing::look(server, wish, &self.lessons, options, &order, &mut turns);
                    match looking.await? {
                        Ok(seen) => rungs[at].seen = Some(seen),
                        Err(reason) => attempts.push(Attempt {
                            server: at,
                            tried: None,
                            end: End::Gone,
                            reason,
                        }),
                    }
                }
                Next::Paint(at, plan) => {
                    let card = rungs[at].seen.take().and_then(|seen| seen.reading);
                    let left = until.saturating_duration_since(Instant::now());
                    match self.attempt(at, &plan, request, order, left).await {
                        Ok(id) => {
                            if let Some(card) = &card {
                                let verdict = Verdict::Ok { peak: None };
                                self.lessons.learn(card, &plan, verdict).await;
                            }
                            let outcome = Outcome::By(at, &plan);
                            return Ok(Painted {
                                model: Some(plan.model.clone()),
                                way: Some(plan.way.name().to_owned()),
                                endpoint: Some(self.names[at].clone()),
                                prompt_id: Some(id.to_string()),
                                seed: Some(request.seed.0),
                                plan: serde_json::to_value(&*plan).ok(),
                                steps: ladder::steps(wish, &self.names, &attempts, outcome),
                                stand_in: plan.quality < wish.quality,
                                ..Painted::by(self.id())
                            });
                        }
                        Err(Failed::Ours(error)) => return Err(error),
                        Err(Failed::Theirs(end, error)) => {
                            tracing::info!(error = %chain(&error), way = %plan.way, "a picture did not come about");
                            if end == End::OutOfMemory {
                                if let (Some(card), Some(phase)) = (&card, gpu_phase(&error)) {
                                    let verdict = Verdict::OutOfMemory { phase };
                                    self.lessons.learn(card, &plan, verdict).await;
                                }
                                unless_cancelled(order.cancel, self.recover(at)).await?;
                            }
                            attempts.push(Attempt {
                                server: at,
                                tried: Some((plan.quality, plan.way)),
                                end,
                                reason: chain(&error),
                            });
                        }
                    }
                }
                Next::BuiltIn => {
                    let mut painted = BuiltinPainter.paint(request, order).await?;
                    painted.steps = ladder::steps(wish, &self.names, &attempts, Outcome::BuiltIn);
                    painted.stand_in = true;
                    return Ok(painted);
                }
            }
        }
    }

    /// Paints as planned, or collects what an earlier run let the server paint.
    async fn attempt(
        &self,
        at: usize,
        plan: &Plan,
        request: &PictureRequest,
        order: PictureOrder<'_>,
        left: Duration,
    ) -> Result<PromptId, Failed> {
        let server = &self.servers[at];
        let cannot = |error| Failed::Theirs(End::Cannot, error);
        let (prompt, negative) = (&request.prompt, negative(request));
        let job = workflow::job(plan, &server.files, prompt, &negative, request.seed.0);
        let job = job
            .map_err(cannot)?
            .expect("the ladder paints with plans that have passes");
        let graph = Workflow::build(&job);
        for anew in 0.. {
            let mut submission = Submission::new(graph.clone());
            if anew < ANEW {
                submission.prompt_id = prompt_id(order.name, &self.names[at], plan, anew);
                submission.resume = true;
            }
            submission.limits.total = left;
            let id = submission.prompt_id.clone();
            let mut painting = PaintRequest::new(submission, order.output);
            painting.accept.size =
                Some(ImageSize::new(plan.output.width, plan.output.height).map_err(cannot)?);
            let mut run = server.generator.paint(painting, order.cancel);
            let mut found = false;
            let ended = loop {
                match run.next().await {
                    Some(RunEvent::Finished(ended)) => break ended,
                    Some(RunEvent::Found) => found = true,
                    Some(RunEvent::Progress { fraction, .. }) => (order.progress)(fraction as f32),
                    Some(_) => {}
                    // Only a runtime that shuts down ends a run without a word.
                    None => break Err(ComfyError::Cancelled),
                }
            };
            let Err(error) = ended else {
                return Ok(id);
            };
            if error.is_cancelled() || order.cancel.is_cancelled() {
                return Err(Failed::Ours(Error::new(
                    Stage::Picture,
                    ErrorKind::Cancelled,
                )));
            }
            if let ComfyError::Io {
                action,
                path,
                source,
            } = error
            {
                let kind = ErrorKind::Io {
                    action,
                    path,
                    source,
                };
                return Err(Failed::Ours(Error::new(Stage::Picture, kind)));
            }
            let end = end(&error);
            // What an earlier run left there, interrupted or failed, says nothing of this one.
            if found && anew < ANEW && matches!(end, End::Interrupted | End::Cannot) {
                continue;
            }
            return Err(Failed::Theirs(end, error));
        }
        unreachable!("the range has no end")
    }

    /// Asks a server for its memory, and waits until it is back.
    async fn recover(&self, at: usize) {
        let server = &self.servers[at];
        let waiting = async {
            if let Err(error) = server.generator.free(Free::Everything).await {
                tracing::info!(error = %chain(&error), "memory was not asked back");
                return;
            }
            loop {
                match server.stats().await {
                    Ok(stats) if server::held(&stats).get() > KEPT => {
                        tokio::time::sleep(LOOK_EVERY).await;
                    }
                    _ => return,
                }
            }
        };
        // Without it the next plan is made with what there is.
        let _ = tokio::time::timeout(FREED_WITHIN, waiting).await;
    }
}

impl Painter for ComfyPainter {
    fn id(&self) -> &'static str {
        "comfyui"
    }

    fn fingerprint(&self, request: &PictureRequest) -> String {
        // What is wished for. How it comes about, and where, may differ.
        let model = &self.servers[0].model.name;
        let size = request.quality.size(request.aspect);
        let PictureRequest {
            prompt,
            seed,
            quality,
            ..
        } = request;
        let negative = negative(request);
        format!("{model:?} {prompt:?} {negative:?} {size} {seed:?} {quality:?}")
    }

    fn local_card(&self, quality: Quality, aspect: Aspect) -> Option<LocalCard> {
        let is_here = |server: &Server| {
            server.has_card && Place::of(&server.generator.id()) == Some(Place::Here)
        };
        // Where others could paint as well, no card is the one that counts.
        if !self.servers.iter().all(is_here) {
            return None;
        }
        let reading = self.card.get_or_init(|| {
            let driver = Box::new(ChainProbe::system());
            CardReading::new(Arc::clone(&self.servers[0].generator), driver)
        });
        let (quality, aspect) = (picture_quality(quality), shape(aspect));
        let lower = self.options.lower_quality;
        let least =
            |server: &Server| card::least_that_paints(&server.model, quality, aspect, lower);
        Some(LocalCard {
            least: self.servers.iter().map(least).min()?,
            is_shared: self.options.card.is_shared(&self.servers[0].generator.id()),
            reader: reading.reader(),
        })
    }

    fn visit(&self) -> Option<Visit> {
        Some(self.options.card.visit())
    }

    fn paint<'a>(
        &'a self,
        request: &'a PictureRequest,
        order: PictureOrder<'a>,
    ) -> BoxFuture<'a, Result<Painted, Error>> {
        Box::pin(self.picture(request, order))
    }
}

/// Ends with [`ErrorKind::Cancelled`] as soon as `cancel` fires.
pub(super) async fn unless_cancelled<T>(
    cancel: &CancellationToken,
    work: impl Future<Output = T>,
) -> Result<T, Error> {
    tokio::select! {
        biased;
        () = cancel.cancelled() => Err(Error::new(Stage::Picture, ErrorKind::Cancelled)),
        done = work => Ok(done),
    }
}

/// The name of a prompt: the same when the same is tried again for the same picture of the same run, and of no other.
fn prompt_id(picture: &Key, server: &str, plan: &Plan, anew: u64) -> PromptId {
    let key = KeyBuilder::new("prompt", 1)
        .key("picture", picture)
        .text("server", server)
        .text("quality", plan.quality.name())
        .text("way", plan.way.name())
        .number("anew", anew)
        .finish();
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&key.as_bytes()[..16]);
    // A UUID of version 4: the only kind that servers take for a name of their own.
    bytes[6] = bytes[6] & 0x0f | 0x40;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let digits = format!("{:032x}", u128::from_be_bytes(bytes));
    digits.parse().expect("32 hexadecimal digits are a UUID")
}

/// Where the card's memory ran out; `None` when it was the machine's, which says nothing about the card.
fn gpu_phase(error: &ComfyError) -> Option<String> {
    match error {
        ComfyError::OutOfMemory {
            memory: videogen_comfy::Memory::Gpu,
            class,
            ..
        } => Some(class.clone()),
        _ => None,
    }
}

fn end(error: &ComfyError) -> End {
    match error {
        ComfyError::OutOfMemory { .. } => End::OutOfMemory,
        ComfyError::Interrupted { .. } => End::Interrupted,
        ComfyError::Net { .. }
        | ComfyError::Lost
        | ComfyError::Stalled { .. }
        | ComfyError::TimedOut { .. }
        | ComfyError::PictureGone
        | ComfyError::BadPicture { .. }
        | ComfyError::BadAnswer { .. } => End::Gone,
        _ => End::Cannot,
    }
}
