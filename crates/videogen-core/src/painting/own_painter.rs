//! Paints with a workflow of the user: one way, on one server after the other, and the built-in painter in the end.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use camino::Utf8Path;
use videogen_comfy::{FetchLimits, ImageGenerator, ModelFile, Models, Picture, PromptId};
use videogen_media::picture;
use videogen_process::chain;

use super::ladder::{Attempt, End};
use super::options::{ComfyOptions, ServerUrl};
use super::own_workflow::{OwnWorkflow, lacking};
use super::painter::{discard, nth_seed, unless_cancelled};
use super::prove::proven;
use super::server::{self, Server};
use super::submit::{Failed, PICTURE_WITHIN, Patience, Prompt, recover, submit};
use super::tuning::Tuning;
use super::{Enlarged, Painted, PaintedSize, not_delivered_after};
use crate::event::{Degradation, Stage};
use crate::failure::FailureKind;
use crate::quality::{ASPECT_TOLERANCE, Aspect, Quality};
use crate::seam::{BoxFuture, BuiltinPainter, Painter, PictureOrder, PictureRequest, blocking};
use crate::store::Digest;
use crate::{Error, ErrorKind, FrameSize};

/// A server that can run the workflow.
#[derive(Debug, Clone)]
pub(super) struct Runner {
    generator: Arc<dyn ImageGenerator>,
    /// The model that goes where the workflow has a place for one.
    model: Option<ModelFile>,
}

impl Runner {
    /// Asks the server at `url` whether it can run `workflow`.
    ///
    /// # Errors
    /// Why it cannot, with its address and everything it lacks.
    pub(super) async fn ask(
        url: &ServerUrl,
        workflow: &OwnWorkflow,
        quality: (Quality, Aspect),
        tuning: &Tuning,
        options: &ComfyOptions,
    ) -> Result<Self, String> {
        let cannot = |why: &str| format!("{url} cannot run {}: {why}", workflow.name);
        let model = if workflow.wants_model() {
            Some(match Server::ask(url, options).await?.files {
                Models::Checkpoint { file, .. } => file,
                Models::Split { diffusion, .. } => diffusion,
            })
        } else {
            None
        };
        let sample = workflow
            .sample(quality, tuning, model.as_ref())
            .map_err(|error| cannot(&chain(&error)))?;
        let client = server::connect(url)?;
        let nodes = client.object_info_for(&sample);
        let problems = sample.check(&server::answered(url, nodes).await?);
        if problems.is_empty() {
            let generator = Arc::new(client);
            return Ok(Self { generator, model });
        }
        Err(cannot(&lacking(&problems)))
    }
}

/// Paints with a workflow of the user.
#[derive(Debug)]
pub(super) struct OwnPainter {
    workflow: OwnWorkflow,
    /// At least one, in the order in which they are asked.
    servers: Vec<Runner>,
    /// What pictures of the wrong shape have told: that it will be wrong again need not be painted.
    misshapen: Mutex<Vec<(FrameSize, String)>>,
}

impl OwnPainter {
    /// A painter on these servers; `None` without any.
    pub(super) fn new(workflow: OwnWorkflow, servers: Vec<Runner>) -> Option<Self> {
        (!servers.is_empty()).then(|| Self {
            workflow,
            servers,
            misshapen: Mutex::default(),
        })
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
        let frame = request.quality.size(request.aspect);
        let until = Instant::now() + PICTURE_WITHIN;
        let mut attempts: Vec<Attempt> = Vec::new();
        let mut why = self.known_misshapen(frame);
        let mut last = FailureKind::BadOutput;
        while why.is_none()
            && Instant::now() < until
            && let Some(at) = next(self.servers.len(), &attempts)
        {
            // One that is down is not posted to: a prompt would wait for it to come back.
            let looking = server::now(&*self.servers[at].generator);
            if let Err(trouble) = unless_cancelled(order.cancel, looking).await? {
                last = trouble.kind;
                (order.failed)(last, &trouble.reason);
                attempts.push(Attempt {
                    server: at,
                    tried: None,
                    end: End::Gone,
                    at: None,
                    reason: trouble.reason,
                });
                continue;
            }
            let left = until.saturating_duration_since(Instant::now());
            let before = || attempts.iter().filter(|attempt| attempt.server == at);
            let again = before().next().is_some();
            // Memory that was given back needs no other seed.
            let unseen = before()
                .filter(|attempt| attempt.end == End::Unseen)
                .count();
            let seed = nth_seed(request.seed, unseen as u64);
            let request = &PictureRequest {
                seed,
                ..request.clone()
            };
            match self.attempt(at, again, request, order, left).await {
                Ok((id, painted)) => {
                    if let Err(reason) = proven(order.output).await? {
                        tracing::warn!(reason, "a picture of the workflow is no good");
                        discard(order).await;
                        last = FailureKind::BadOutput;
                        (order.failed)(last, &reason);
                        // The same again would be the same, without a place for a seed.
                        let end = if self.workflow.wants_seed() {
                            End::Unseen
                        } else {
                            End::Cannot
                        };
                        attempts.push(Attempt {
                            server: at,
                            tried: None,
                            end,
                            at: None,
                            reason: format!("its picture cannot be used: {reason}"),
                        });
                        continue;
                    }
                    let size = (painted.width, painted.height);
                    let mut steps = self.steps(&attempts, Some(at));
                    let mut enlarged = None;
                    match Fit::of(frame, size) {
                        Fit::Enough => {}
                        Fit::Small(width, height) => {
                            enlarge(order.output, width, height).await?;
                            let times = f64::from(width) / f64::from(size.0);
                            let how = Enlarged::resampled(times);
                            if how.is_stretched() {
                                steps.push(self.enlarged(frame, size));
                            }
                            enlarged = Some(how);
                        }
                        Fit::Misshapen => {
                            // It must not be taken for the picture where the next painter is interrupted.
                            let _ = tokio::fs::remove_file(order.output).await;
                            let reason = self.wrong_shape(frame, size);
                            let mut known = self
                                .misshapen
                                .lock()
                                .unwrap_or_else(PoisonError::into_inner);
                            known.push((frame, reason.clone()));
                            last = FailureKind::BadOutput;
                            (order.failed)(last, &reason);
                            why = Some(reason);
                            continue;
                        }
                    }
                    let server = &self.servers[at];
                    return Ok(Painted {
                        model: server.model.as_ref().map(|model| model.as_str().to_owned()),
                        way: Some("workflow".to_owned()),
                        endpoint: Some(server.generator.id()),
                        prompt_id: Some(id.to_string()),
                        seed: self.workflow.wants_seed().then_some(seed.0),
                        workflow: Some(self.workflow.digest.to_string()),
                        steps,
                        painted: Some(PaintedSize {
                            width: size.0,
                            height: size.1,
                        }),
                        stand_in: unseen > 0
                            || enlarged.as_ref().is_some_and(Enlarged::is_stretched),
                        enlarged,
                        ..Painted::by(self.id())
                    });
                }
                Err(Failed::Ours(error)) => return Err(error),
                Err(Failed::Theirs(end, error)) => {
                    tracing::info!(error = %chain(&error), "a picture did not come about");
                    last = FailureKind::of_comfyui(&error);
                    (order.failed)(last, &chain(&error));
                    if end == End::OutOfMemory {
                        let generator = &*self.servers[at].generator;
                        unless_cancelled(order.cancel, recover(generator)).await?;
                    }
                    attempts.push(Attempt {
                        server: at,
                        tried: None,
                        end,
                        at: None,
                        reason: chain(&error),
                    });
                }
            }
        }
        let mut steps = self.steps(&attempts, None);
        let over = attempts.is_empty().then(|| "the time was over".to_owned());
        steps.extend(why.or(over).map(|reason| Degradation {
            stage: Stage::Picture,
            from: format!("workflow {}", self.workflow.name),
            to: "builtin".to_owned(),
            reason,
        }));
        if !order.stand_in {
            return Err(not_delivered_after(self.id(), request, &steps, last));
        }
        let mut painted = BuiltinPainter.paint(request, order).await?;
        (painted.steps, painted.stand_in) = (steps, true);
        Ok(painted)
    }

    /// Runs the workflow, or collects what an earlier run let the server paint.
    async fn attempt(
        &self,
        at: usize,
        again: bool,
        request: &PictureRequest,
        order: PictureOrder<'_>,
        left: Duration,
    ) -> Result<(PromptId, Picture), Failed> {
        let server = &self.servers[at];
        let name = server.generator.id();
        let graph = self.workflow.fill(request, server.model.as_ref());
        let prompt = Prompt {
            graph: graph.map_err(|error| Failed::Theirs(End::Cannot, error))?,
            accept: FetchLimits::default(),
            of: &[
                ("server", name.as_str()),
                ("way", "workflow"),
                ("try", if again { "second" } else { "first" }),
            ],
        };
        let patience = Patience {
            total: left,
            unreachable: None,
        };
        let done = submit(&*server.generator, prompt, order, patience).await?;
        let took = done.since.map(|since| since.elapsed());
        tracing::debug!(?took, workflow = %self.workflow.name, "a workflow has painted");
        let picture = done.picture;
        let picture = picture.expect("a run that is to fetch a picture ends with one");
        Ok((done.id, picture))
    }

    /// Every step down, as it is told; `None` ends at the built-in painter.
    fn steps(&self, attempts: &[Attempt], ended: Option<usize>) -> Vec<Degradation> {
        let label = |server: usize, before: &[Attempt]| {
            let last = before.iter().rev().find(|attempt| attempt.server == server);
            let again = match last.map(|attempt| attempt.end) {
                None => "",
                Some(End::Unseen) => ", with another seed",
                Some(_) => ", with its memory freed",
            };
            let at = self.servers[server].generator.id();
            format!("workflow {} at {at}{again}", self.workflow.name)
        };
        let last = match ended {
            Some(server) => label(server, attempts),
            None => "builtin".to_owned(),
        };
        let tried = (0..attempts.len()).map(|n| label(attempts[n].server, &attempts[..n]));
        let labels: Vec<String> = tried.chain([last]).collect();
        let step = |(attempt, pair): (&Attempt, &[String])| Degradation {
            stage: Stage::Picture,
            from: pair[0].clone(),
            to: pair[1].clone(),
            reason: attempt.reason.clone(),
        };
        attempts.iter().zip(labels.windows(2)).map(step).collect()
    }

    fn enlarged(&self, frame: FrameSize, (width, height): (u32, u32)) -> Degradation {
        let name = &self.workflow.name;
        Degradation {
            stage: Stage::Picture,
            from: format!("pictures of {frame}"),
            to: format!("pictures of {width}x{height}, enlarged"),
            reason: format!(
                "{name} makes them so; give it %width% and %height%, or let it enlarge them itself"
            ),
        }
    }

    fn wrong_shape(&self, frame: FrameSize, (width, height): (u32, u32)) -> String {
        let name = &self.workflow.name;
        format!(
            "{name} makes pictures of {width}x{height}, which is not the shape of {frame}; give it %width% and %height%"
        )
    }
}

impl Painter for OwnPainter {
    fn id(&self) -> &'static str {
        "comfyui"
    }

    fn fingerprint(&self, request: &PictureRequest) -> String {
        // All that the workflow is filled with, and only that: a place it does not have changes nothing.
        let filled = self.workflow.fill(request, self.servers[0].model.as_ref());
        let filled = filled.map_or_else(|_| format!("{request:?}"), |it| it.to_json().to_string());
        let frame = request.quality.size(request.aspect);
        let (file, filled) = (self.workflow.digest, Digest::of(filled.as_bytes()));
        format!("workflow {file} {filled} {frame}")
    }

    fn paint<'a>(
        &'a self,
        request: &'a PictureRequest,
        order: PictureOrder<'a>,
    ) -> BoxFuture<'a, Result<Painted, Error>> {
        Box::pin(self.picture(request, order))
    }
}

/// Which server is asked next: each once, in their order, and once more where memory ran out and was given back, or where
/// nothing is to be seen in the picture and another seed may help. It is not asked a third time.
fn next(servers: usize, attempts: &[Attempt]) -> Option<usize> {
    (0..servers).find(|server| {
        let mut ends = attempts.iter().filter(|attempt| attempt.server == *server);
        match (ends.next(), ends.next()) {
            (None, _) => true,
            (Some(first), None) => matches!(first.end, End::OutOfMemory | End::Unseen),
            _ => false,
        }
    })
}

/// How a picture fits a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fit {
    /// It covers the frame.
    Enough,
    /// It has the shape, and has to be this large.
    Small(u32, u32),
    /// It has another shape.
    Misshapen,
}

impl Fit {
    fn of(frame: FrameSize, (width, height): (u32, u32)) -> Self {
        let across = f64::from(frame.width()) / f64::from(width);
        let down = f64::from(frame.height()) / f64::from(height);
        if (across / down - 1.0).abs() > ASPECT_TOLERANCE {
            return Self::Misshapen;
        }
        let scale = across.max(down);
        if scale <= 1.0 {
            return Self::Enough;
        }
        let side = |side: u32| (f64::from(side) * scale).round() as u32;
        Self::Small(
            side(width).max(frame.width()),
            side(height).max(frame.height()),
        )
    }
}

/// Makes the picture of a file larger, in its place.
async fn enlarge(file: &Utf8Path, width: u32, height: u32) -> Result<(), Error> {
    let file = file.to_owned();
    let work = move || {
        let enlarged = picture::enlarge(&file, width, height);
        enlarged.map_err(|error| Error::new(Stage::Picture, ErrorKind::Media(error)))
    };
    blocking(Stage::Picture, work).await
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
        let full = |server| attempt(server, End::OutOfMemory);
        assert_eq!(next(2, &[]), Some(0));
        assert_eq!(next(2, &[full(0)]), Some(0));
        assert_eq!(next(2, &[full(0), full(0)]), Some(1));
        assert_eq!(next(2, &[attempt(0, End::Gone)]), Some(1));
        let black = |server| attempt(server, End::Unseen);
        assert_eq!(next(2, &[black(0)]), Some(0));
        assert_eq!(next(2, &[black(0), black(0)]), Some(1));
        assert_eq!(next(1, &[black(0), black(0)]), None);
        assert_eq!(next(2, &[full(0), full(0), attempt(1, End::Cannot)]), None);
    }

    proptest! {
        /// What is accepted covers the frame in the end and keeps its shape.
        #[test]
        fn a_picture_is_enlarged_to_cover_the_frame(
            width in 8u32..4000,
            height in 8u32..4000,
            quality in 0usize..5,
        ) {
            let frame = Quality::all().nth(quality).unwrap().size(Aspect::Portrait);
            let ratio = |width: u32, height: u32| f64::from(width) / f64::from(height);
            let skew = ratio(width, height) / ratio(frame.width(), frame.height()) - 1.0;
            match Fit::of(frame, (width, height)) {
                Fit::Misshapen => prop_assert!(skew.abs() > ASPECT_TOLERANCE * 0.98),
                Fit::Enough => prop_assert!(width >= frame.width() && height >= frame.height()),
                Fit::Small(w, h) => {
                    prop_assert!(w >= frame.width() && h >= frame.height());
                    prop_assert!(w <= frame.width() * 102 / 100 + 1 && h <= frame.height() * 102 / 100 + 1);
                }
            }
        }
    }
}
