//! The painter that goes down the ladder: looks, paints, learns, and takes the built-in painter in the end.

use std::time::{Duration, Instant};

use tokio_util::sync::CancellationToken;
use videogen_comfy::{Error as ComfyError, FetchLimits, PromptId, Workflow};
use videogen_vram::history::{History, Verdict};
use videogen_vram::plan::Plan;

use super::ladder::{self, Attempt, End, Next, Outcome, Rung, Wish};
use super::lessons::Lessons;
use super::options::ComfyOptions;
use super::paint_with::LoraChoice;
use super::server::Server;
use super::submit::{Failed, PICTURE_WITHIN, Patience, Prompt, recover, submit};
use super::{NEGATIVE, Painted, workflow};
use crate::equipment::chain;
use crate::event::Stage;
use crate::outlook::{picture_quality, shape};
use crate::seam::{BoxFuture, BuiltinPainter, Painter, PictureOrder, PictureRequest};
use crate::{Error, ErrorKind};

/// Paints on ComfyUI servers. Each picture comes as good as they allow; when none can paint it, the built-in painter does.
#[derive(Debug)]
pub struct ComfyPainter {
    servers: Vec<Server>,
    names: Vec<String>,
    /// What the servers' models are changed by, as it was asked for.
    loras: Vec<LoraChoice>,
    lower_quality: bool,
    lessons: Lessons,
    within: Duration,
}

impl ComfyPainter {
    /// A painter on these servers; `None` without any.
    pub(super) fn new(servers: Vec<Server>, options: &ComfyOptions) -> Option<Self> {
        (!servers.is_empty()).then(|| Self {
            names: servers.iter().map(|server| server.generator.id()).collect(),
            servers,
            loras: options.loras.clone(),
            lower_quality: options.lower_quality,
            lessons: Lessons::new(options.history.clone().map(History::new)),
            within: PICTURE_WITHIN,
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
            lower: self.lower_quality,
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
        loop {
            match ladder::next(wish, &rungs, &attempts, Instant::now() < until) {
                Next::Look(at) => {
                    let looking = self.servers[at].look(&self.lessons);
                    match unless_cancelled(order.cancel, looking).await? {
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
                                loras: self.loras.clone(),
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
                                let generator = &*self.servers[at].generator;
                                unless_cancelled(order.cancel, recover(generator)).await?;
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
        let job = workflow::job(plan, &server.files, &request.prompt, request.seed.0);
        let mut job = job
            .map_err(cannot)?
            .expect("the ladder paints with plans that have passes");
        job.loras.clone_from(&server.loras);
        let prompt = Prompt {
            graph: Workflow::build(&job),
            accept: FetchLimits {
                size: Some(job.output),
                ..FetchLimits::default()
            },
            of: &[
                ("server", self.names[at].as_str()),
                ("quality", plan.quality.name()),
                ("way", plan.way.name()),
            ],
        };
        let patience = Patience {
            total: left,
            unreachable: None,
        };
        let painted = submit(&*server.generator, prompt, order, patience).await?;
        Ok(painted.id)
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
        let loras: Vec<String> = self.loras.iter().map(ToString::to_string).collect();
        format!("{model:?} {loras:?} {prompt:?} {NEGATIVE:?} {size} {seed:?} {quality:?}")
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
