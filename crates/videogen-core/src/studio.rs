//! The orchestrator: plans in, finished videos out. It decides how many are in the making at a time and counts what became
//! of them; how one is made stands in `run.rs`.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

use camino::{Utf8Path, Utf8PathBuf};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use videogen_durable::Store;
use videogen_guard::{GpuReader, Probe};
use videogen_text::chain;
use videogen_types::{Event, EventSink, SCHEMA_VERSION, Stage, Summary};

use crate::batch::Batch;
use crate::brief::Brief;
use crate::outputs::Outputs;
use crate::plan::{self, Writing};
use crate::reporter::Reporter;
use crate::run::{Outcome, Run};
use crate::scripts::Phase;
use crate::toolkit::{Toolkit, ToolkitConfig};
use crate::video_plan::VideoPlan;
use crate::{Error, ErrorKind, summary as counting};

/// Videos in the making at a time: one is checked and published, one is rendered, one has its pictures painted, and the one
/// after it is begun, so that none waits for another. More would only take memory.
const AT_ONCE: usize = 4;

/// Makes videos with one toolkit.
#[derive(Debug, Clone)]
pub struct Studio {
    toolkit: Toolkit,
    cache: Option<Arc<Store>>,
    probe: Option<Arc<dyn Probe>>,
    scratch: Vec<Utf8PathBuf>,
}

impl Studio {
    /// A studio with these parts.
    pub fn new(toolkit: Toolkit) -> Self {
        Self {
            toolkit,
            cache: None,
            probe: None,
            scratch: Vec::new(),
        }
    }

    /// A studio with what is installed on this machine.
    ///
    /// # Errors
    /// As [`Toolkit::discover`].
    pub async fn discover(
        paths: &ToolkitConfig,
        temp_dir: &Utf8Path,
        cancel: &CancellationToken,
    ) -> Result<Self, Error> {
        Toolkit::discover(paths, temp_dir, cancel)
            .await
            .map(Self::new)
    }

    /// The same, which keeps speeches and pictures in `cache` for other batches.
    #[must_use]
    pub fn with_cache(self, cache: Arc<Store>) -> Self {
        Self {
            cache: Some(cache),
            ..self
        }
    }

    /// The same, which looks at the machine before each video and waits, or refuses, when it has not what the video needs.
    #[must_use]
    pub fn with_probe(self, probe: Arc<dyn Probe>) -> Self {
        Self {
            probe: Some(probe),
            ..self
        }
    }

    /// The same, which may put what it needs only while it works into one of `directories`, the first that has room, when
    /// the output directory has not: then the output directory needs room for the finished videos only. The room is read
    /// by the [`Probe`], which has to look at them.
    #[must_use]
    pub fn with_scratch(self, directories: impl IntoIterator<Item = Utf8PathBuf>) -> Self {
        Self {
            scratch: directories.into_iter().collect(),
            ..self
        }
    }

    /// The directories of [`Studio::with_scratch`].
    pub fn scratch(&self) -> &[Utf8PathBuf] {
        &self.scratch
    }

    /// The parts.
    pub fn toolkit(&self) -> &Toolkit {
        &self.toolkit
    }

    /// Reads the graphics card of this machine that one of `plans` paints on, for [`videogen_guard::SystemProbe::with_gpu`];
    /// `None` when none does.
    pub fn gpu_reader<'a>(
        &self,
        plans: impl IntoIterator<Item = &'a VideoPlan>,
    ) -> Option<GpuReader> {
        let card = plans.into_iter().find_map(VideoPlan::local_card);
        card.map(|card| card.reader)
    }

    /// The preflight: checks every brief before anything is made. Writes nothing.
    ///
    /// # Errors
    /// The first thing that would keep a video from being made.
    pub async fn plan(
        &self,
        briefs: Vec<Brief>,
        cancel: &CancellationToken,
    ) -> Result<Vec<VideoPlan>, Error> {
        self.plan_all(briefs, &Writing::Choose(None), cancel).await
    }

    /// The same for videos of a batch that is gone on with. Scripts that a language model has written for it are taken from
    /// there, whether a model can be asked now or not.
    ///
    /// # Errors
    /// As [`Studio::plan`].
    pub async fn plan_rest(
        &self,
        batch: &Batch,
        briefs: Vec<Brief>,
        cancel: &CancellationToken,
    ) -> Result<Vec<VideoPlan>, Error> {
        let work = Outputs::open(Some(batch), None).await;
        self.plan_all(briefs, &Writing::Choose(Some(&work)), cancel)
            .await
    }

    async fn plan_all(
        &self,
        briefs: Vec<Brief>,
        writing: &Writing<'_>,
        cancel: &CancellationToken,
    ) -> Result<Vec<VideoPlan>, Error> {
        self.toolkit.ask_servers(&briefs, cancel).await?;
        let mut plans: Vec<VideoPlan> = Vec::with_capacity(briefs.len());
        for brief in briefs {
            if cancel.is_cancelled() {
                return Err(Error::new(Stage::Preflight, ErrorKind::Cancelled));
            }
            let origin = brief.origin.clone();
            let planning = plan::plan(brief, &self.toolkit, &self.scratch, writing, cancel);
            let planned = Box::pin(planning).await;
            plans.push(planned.map_err(|error| error.of_video(origin.as_deref()))?);
        }
        plan::check_room(&plans, &self.scratch)?;
        plan::name_apart(&mut plans);
        Ok(plans)
    }

    /// Makes the videos. A ComfyUI that the preflight started ends with them. A failed one does not stop the others; cancelling does, after which [`Summary::not_done`] counts
    /// what is missing. No file stands under a final name that is not finished.
    ///
    /// Several are in the making at a time: pictures of the next are painted while one is rendered. They are begun in the
    /// order of `plans`; which is finished first may differ.
    pub async fn run(
        &self,
        plans: Vec<VideoPlan>,
        events: Arc<dyn EventSink>,
        cancel: &CancellationToken,
    ) -> Summary {
        let numbered = (1..).zip(plans).collect();
        self.make_all(None, numbered, events, cancel).await
    }

    /// Makes videos of `batch`, each with its number there, counted from 1. What its stages make is kept until the batch
    /// is finished, and what they have made before is not made again.
    ///
    /// Events number the videos of this run from 1, in the order of `plans`.
    pub async fn run_batch(
        &self,
        batch: &Arc<Batch>,
        plans: Vec<(u32, VideoPlan)>,
        events: Arc<dyn EventSink>,
        cancel: &CancellationToken,
    ) -> Summary {
        self.make_all(Some(Arc::clone(batch)), plans, events, cancel)
            .await
    }

    #[expect(
        clippy::too_many_lines,
        reason = "a run from its first event to its last"
    )]
    async fn make_all(
        &self,
        batch: Option<Arc<Batch>>,
        plans: Vec<(u32, VideoPlan)>,
        events: Arc<dyn EventSink>,
        cancel: &CancellationToken,
    ) -> Summary {
        let (started, traffic_before) = (Instant::now(), self.toolkit.traffic.figures());
        let total = u32::try_from(plans.len()).unwrap_or(u32::MAX);
        events.emit(Event::BatchStarted {
            schema: SCHEMA_VERSION,
            version: env!("CARGO_PKG_VERSION").into(),
            videos: total,
            batch: batch.as_ref().map(|batch| batch.name().to_owned()),
        });
        let mut summary = counting::begun(&plans, batch.as_deref());
        let work = Outputs::open(batch.as_deref(), self.cache.clone()).await;
        let last = batch.as_ref().map_or(0, |batch| batch.jobs().len() as u32);
        let reporter = |video| Arc::new(Reporter::new(video, Arc::clone(&events)));
        let reporters: Vec<Arc<Reporter>> = (1..=total).map(reporter).collect();
        let (scripts, phase) = Phase::new(
            &plans,
            &reporters,
            last,
            self.toolkit.clone(),
            work.clone(),
            cancel.clone(),
        );
        // Dropped with this future, and then aborted.
        let mut writing = JoinSet::new();
        writing.spawn(phase.run());
        let run = Arc::new(Run::new(
            self.toolkit.clone(),
            self.probe.clone(),
            self.scratch.clone(),
            batch,
            work,
            scripts,
            cancel.clone(),
        ));
        let mut waiting = (1..).zip(plans);
        let mut running: JoinSet<(u32, u32, Outcome)> = JoinSet::new();
        let mut delivered = BTreeMap::new();
        let mut undone = 0;
        loop {
            while running.len() < AT_ONCE
                && !cancel.is_cancelled()
                && let Some((video, (number, plan))) = waiting.next()
            {
                let run = Arc::clone(&run);
                let reporter = Arc::clone(&reporters[video as usize - 1]);
                let left = total - (video - 1);
                running.spawn(async move {
                    let mut outcome = run.video(video, number, &plan, left, &reporter).await;
                    let origin = plan.brief.origin.as_deref();
                    outcome.made = outcome.made.map_err(|error| error.of_video(origin));
                    (video, number, outcome)
                });
            }
            let (video, number, outcome) = match running.join_next().await {
                None => break,
                Some(Ok(ended)) => ended,
                Some(Err(failed)) if failed.is_panic() => {
                    std::panic::resume_unwind(failed.into_panic())
                }
                Some(Err(_)) => {
                    undone += 1;
                    continue;
                }
            };
            summary.add_video(
                &outcome.seconds,
                outcome.degradations,
                outcome.retries,
                &outcome.failures,
                &outcome.peaks,
            );
            match outcome.made {
                Ok(made) => {
                    summary.succeeded += 1;
                    delivered.insert(video, made.path.clone());
                    events.emit(Event::VideoFinished {
                        video,
                        path: made.path,
                        manifest: made.manifest,
                        duration_s: made.duration,
                    });
                }
                Err(error) if error.is_cancelled() && cancel.is_cancelled() => undone += 1,
                Err(error) => {
                    summary.failed += 1;
                    *summary.errors.entry(error.failure()).or_default() += 1;
                    let error = run.note_failure(number, error).await;
                    events.emit(Event::VideoFailed {
                        video,
                        stage: error.stage(),
                        kind: error.kind().name().into(),
                        cause: error.failure(),
                        message: chain(&error),
                        hint: error.help(),
                    });
                }
            }
        }
        while let Some(ended) = writing.join_next().await {
            if let Err(failed) = ended
                && failed.is_panic()
            {
                std::panic::resume_unwind(failed.into_panic());
            }
        }
        summary.not_done = undone + u32::try_from(waiting.count()).unwrap_or(u32::MAX);
        summary.videos = delivered.into_values().collect();
        run.finish_batch().await;
        if let Some(comfyui) = &self.toolkit.comfyui {
            comfyui.close().await;
        }
        let (found, made) = run.counts();
        let memory = videogen_guard::peak_rss();
        counting::finish(
            &mut summary,
            found,
            made,
            memory,
            (&traffic_before, self.toolkit.traffic.figures()),
            started.elapsed(),
        );
        events.emit(Event::BatchFinished {
            summary: summary.clone(),
        });
        summary
    }
}
