//! The way of one video through all stages, and what the videos of a run share: who is spoken, painted and rendered now.

mod checked;
mod details;
mod in_progress;
mod vanished;
mod watchdog;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use camino::{Utf8Path, Utf8PathBuf};
use checked::Encoding;
use details::{schedule_scenes, voice_detail};
use in_progress::VideosInProgress;
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio_util::sync::CancellationToken;
use vanished::lost;
use videogen_durable::{ScratchWatch, SweepNotice};
use videogen_guard::Probe;
use videogen_media::MediaTags;
use videogen_picture::PaintQueue;
use videogen_text::chain;
use videogen_types::{Degradation, FailureKind, Stage};

use self::watchdog::watched;
use crate::batch::Batch;
use crate::blocking::blocking;
use crate::delivered::Delivered;
use crate::error::journal;
use crate::outputs::Outputs;
use crate::reporter::Reporter;
use crate::scratch::{self, Scratch};
use crate::scripts::Scripts;
use crate::stage::context::StageContext;
use crate::stage::publish::{self, Finished};
use crate::stage::{encode, mix, picture, render, voice};
use crate::toolkit::Toolkit;
use crate::video_plan::VideoPlan;
use crate::{Error, ErrorKind};

/// The longest a video may take until it is published: an hour, and two minutes more for each of its seconds, which is
/// twenty times what a slow machine needs.
fn deadline(plan: &VideoPlan) -> Duration {
    Duration::from_hours(1) + Duration::from_secs_f64(120.0 * plan.estimated_seconds)
}

/// How often a video is made again from what the stores have of it, because somebody removed its scratch files.
const MADE_AGAIN: u32 = 3;

/// What one run is made with.
pub(crate) struct Run {
    toolkit: Toolkit,
    probe: Option<Arc<dyn Probe>>,
    /// Where scratch files may go if the output directory has no room.
    scratch: Vec<Utf8PathBuf>,
    batch: Option<Arc<Batch>>,
    work: Outputs,
    scripts: Scripts,
    cancel: CancellationToken,
    paint_queue: PaintQueue,
    /// One video is spoken at a time, and one is rendered. Who asks first is first.
    speaker: Semaphore,
    renderer: Semaphore,
    /// One video has its music in memory at a time, from its composition until it is mixed: minutes of it are as large as
    /// all else that a video needs.
    composer: Semaphore,
    /// Directories in which this run has looked for what others left.
    swept: Mutex<BTreeSet<Utf8PathBuf>>,
    /// The graphics card was waited for in vain: the next video does not wait again.
    card_in_vain: AtomicBool,
    /// Videos that are being made, or were a moment ago.
    making: VideosInProgress,
}

/// What became of one video.
pub(crate) struct Outcome {
    pub(crate) made: Result<Delivered, Error>,
    pub(crate) seconds: BTreeMap<Stage, f64>,
    pub(crate) degradations: Vec<Degradation>,
    pub(crate) retries: u32,
    /// What was tried in vain meanwhile.
    pub(crate) failures: BTreeMap<FailureKind, u32>,
    /// The highest readings while it was made.
    pub(crate) peaks: videogen_types::Peaks,
}

impl Run {
    pub(crate) fn new(
        toolkit: Toolkit,
        probe: Option<Arc<dyn Probe>>,
        scratch: Vec<Utf8PathBuf>,
        batch: Option<Arc<Batch>>,
        work: Outputs,
        scripts: Scripts,
        cancel: CancellationToken,
    ) -> Self {
        Self {
            toolkit,
            probe,
            scratch,
            batch,
            work,
            scripts,
            cancel,
            paint_queue: PaintQueue::new(),
            speaker: Semaphore::new(1),
            renderer: Semaphore::new(1),
            composer: Semaphore::new(1),
            swept: Mutex::default(),
            card_in_vain: AtomicBool::new(false),
            making: VideosInProgress::default(),
        }
    }

    /// How many outputs were there already, and how many were made.
    pub(crate) fn counts(&self) -> (u32, u32) {
        self.work.counts()
    }

    /// Makes one video within its deadline, which begins when it has its script.
    pub(crate) async fn video(
        &self,
        video: u32,
        number: u32,
        plan: &VideoPlan,
        left: u32,
        reporter: &Reporter,
    ) -> Outcome {
        let work = self.work.scoped();
        let cancel = self.cancel.child_token();
        // Whatever ends it, what still computes for it on threads of its own is told.
        let _stop = cancel.clone().drop_guard();
        let made = match self.scripts.of(video).await {
            Err(error) => Err(error),
            Ok(None) => {
                self.admitted(plan, number, left, &work, reporter, &cancel)
                    .await
            }
            Ok(Some(plan)) => {
                self.admitted(&plan, number, left, &work, reporter, &cancel)
                    .await
            }
        };
        if made.is_ok() {
            work.release().await;
        }
        Outcome {
            made,
            seconds: reporter.seconds(),
            degradations: reporter.degradations(),
            retries: reporter.retries(),
            failures: reporter.failures(),
            peaks: reporter.peaks(),
        }
    }

    /// Makes a video that has its script, as soon as the machine has what it needs.
    async fn admitted(
        &self,
        plan: &VideoPlan,
        number: u32,
        left: u32,
        work: &Outputs,
        reporter: &Reporter,
        cancel: &CancellationToken,
    ) -> Result<Delivered, Error> {
        let parent = self.scratch_for(plan, reporter).await;
        self.admit(plan, left, &parent, reporter, cancel).await?;
        let _making = self.making.one();
        let output = plan.brief.output_dir.clone();
        let kept = self.batch.iter().map(|batch| batch.dir().to_owned());
        let used = [output, parent.clone()].into_iter().chain(kept).collect();
        let making = self.make(plan, number, &parent, work, reporter, cancel);
        watched(
            self.probe.as_ref(),
            used,
            reporter,
            cancel,
            Box::pin(making),
        )
        .await
    }

    /// A failure is in the journal for the list of batches. That it is not changes nothing.
    pub(crate) async fn note_failure(&self, number: u32, error: Error) -> Error {
        let Some(batch) = self.batch.clone() else {
            return error;
        };
        let (stage, kind, message) = (error.stage(), error.kind().name(), chain(&error));
        let noting = blocking(Stage::Publish, move || {
            batch
                .record_failure(number, stage.name(), kind, message)
                .map_err(journal)
        });
        if let Err(unnoted) = noting.await {
            tracing::warn!(error = %chain(&unnoted), "a failed video is not recorded");
        }
        error
    }

    /// Ends the batch if all of it is delivered.
    pub(crate) async fn finish_batch(&self) {
        let Some(batch) = self.batch.clone() else {
            return;
        };
        let finishing = blocking(Stage::Publish, move || batch.finish().map_err(journal));
        if let Err(error) = finishing.await {
            // Everything is delivered and recorded; only the last line is missing.
            tracing::warn!(error = %chain(&error), "the batch is not closed");
        }
    }

    /// The directory that the scratch files of a video go into: the output directory, from where publishing is a rename,
    /// or another one if that has no room.
    async fn scratch_for(&self, plan: &VideoPlan, reporter: &Reporter) -> Utf8PathBuf {
        let output = &plan.brief.output_dir;
        let probe = self.probe.as_ref().filter(|_| !self.scratch.is_empty());
        let Some(probe) = probe else {
            return output.clone();
        };
        let read = videogen_guard::read(probe, &self.cancel)
            .await
            .unwrap_or_default();
        let candidates: Vec<_> = std::iter::once(output)
            .chain(&self.scratch)
            .filter_map(|directory| Some((directory.clone(), read.disk(directory)?.free)))
            .collect();
        let need = plan.needed_bytes + videogen_guard::AdmissionLimits::default().disk_reserve;
        let chosen = videogen_guard::choose_scratch(&candidates, need).unwrap_or(output);
        if chosen != output {
            let message = format!("{output} has little room: scratch files are in {chosen}");
            reporter.warning(Stage::Preflight, message);
        }
        chosen.to_owned()
    }

    /// Waits until the machine has what the video needs.
    async fn admit(
        &self,
        plan: &VideoPlan,
        left: u32,
        scratch: &Utf8Path,
        reporter: &Reporter,
        cancel: &CancellationToken,
    ) -> Result<(), Error> {
        let Some(probe) = &self.probe else {
            return Ok(());
        };
        let mut demand = plan.demand(left, scratch);
        if let Some(batch) = &self.batch {
            // What its stages make stays there until it is delivered.
            demand.disk.push(videogen_guard::DiskDemand {
                directory: batch.dir().to_owned(),
                bytes: plan.needed_bytes,
                kept_per_video: 0,
            });
        }
        if self.card_in_vain.load(Ordering::Relaxed) {
            demand.vram_bytes = None;
        }
        let deadline = tokio::time::Instant::now() + videogen_guard::LONGEST_WAIT;
        let told = |reason: &str| reporter.warning(Stage::Preflight, format!("waiting: {reason}"));
        let admitted = videogen_guard::admit(
            Arc::clone(probe),
            &demand,
            &videogen_guard::AdmissionLimits::default(),
            deadline,
            cancel,
            &|| self.making.count(),
            &told,
        )
        .await;
        match admitted {
            Ok(admission) => {
                if admission.in_vain.is_some() {
                    self.card_in_vain.store(true, Ordering::Relaxed);
                }
                for warning in admission.warnings {
                    reporter.warning(Stage::Preflight, warning);
                }
                Ok(())
            }
            Err(refused) if refused.is_cancelled() => {
                Err(Error::new(Stage::Preflight, ErrorKind::Cancelled))
            }
            Err(refused) => Err(Error::new(Stage::Preflight, refused)),
        }
    }

    /// Makes one video and gives it its name.
    async fn make(
        &self,
        plan: &VideoPlan,
        number: u32,
        scratch: &Utf8Path,
        work: &Outputs,
        reporter: &Reporter,
        cancel: &CancellationToken,
    ) -> Result<Delivered, Error> {
        let within = deadline(plan);
        let late = async {
            // The scripts of the others take as long as they take.
            self.wait_for_llm_phase(plan).await;
            tokio::time::sleep(within).await;
        };
        let mut late = std::pin::pin!(late);
        for degradation in &plan.degradations {
            reporter.degraded(degradation.clone());
        }
        for warning in &plan.warnings {
            reporter.warning(Stage::Preflight, warning.clone());
        }
        let cx = StageContext {
            toolkit: &self.toolkit,
            work,
            reporter,
            cancel,
        };
        let mut again = 0..MADE_AGAIN;
        loop {
            let kept = ScratchWatch::default();
            let finishing = Box::pin(self.assemble(plan, scratch, &kept, cx));
            let finished = tokio::select! {
                finished = finishing => finished,
                // What was running is dropped, and its programs are killed with it.
                () = &mut late => {
                    let stage = reporter.running().unwrap_or(Stage::Verify);
                    return Err(Error::new(stage, ErrorKind::Deadline { within }));
                }
            };
            let ended = match finished {
                Ok(finished) => {
                    self.delivered(plan, number, finished, work, reporter, cancel)
                        .await
                }
                Err(error) => Err(error),
            };
            let Err(error) = ended else { return ended };
            if error.is_cancelled() || cancel.is_cancelled() {
                return Err(error);
            }
            let batch = self.batch.as_ref().map(|batch| batch.work().to_owned());
            let output = plan.brief.output_dir.clone();
            let (stage, looked) = (error.stage(), kept);
            let (error, lost) = blocking(stage, move || {
                let places = std::iter::once(&output).chain(&batch);
                let places: Vec<_> = places.map(Utf8PathBuf::as_path).collect();
                let lost = lost(&looked, &error, &places);
                Ok((error, lost))
            })
            .await?;
            let Some(lost) = lost.filter(|_| again.next().is_some()) else {
                return Err(error);
            };
            let message =
                format!("{lost} was removed while it was in use: what is lost is made again");
            reporter.warning(stage, message);
        }
    }

    /// Gives a finished video its name.
    async fn delivered(
        &self,
        plan: &VideoPlan,
        number: u32,
        finished: Finished,
        work: &Outputs,
        reporter: &Reporter,
        cancel: &CancellationToken,
    ) -> Result<Delivered, Error> {
        // It is made: nothing is won by giving it up in the middle of its publication.
        let delivering = publish::deliver(
            plan,
            finished,
            self.batch.as_ref().map(|batch| (Arc::clone(batch), number)),
            &self.toolkit,
            reporter,
            cancel,
        );
        let detail = |made: &Delivered| made.path.file_name().unwrap_or_default().to_owned();
        reporter
            .stage(Stage::Publish, work, delivering, detail)
            .await
    }

    /// Runs all stages that need no name yet.
    #[expect(clippy::too_many_lines, reason = "the whole pipeline on one page")]
    async fn assemble(
        &self,
        plan: &VideoPlan,
        scratch: &Utf8Path,
        kept: &ScratchWatch,
        cx: StageContext<'_>,
    ) -> Result<Finished, Error> {
        let StageContext {
            toolkit,
            work,
            reporter,
            cancel,
        } = cx;
        let scratch = self.scratch(&plan.brief.output_dir, scratch).await?;
        kept.in_scratch(scratch.shared());

        if !reporter.has_run(Stage::Script) {
            let script = async { Ok(()) };
            reporter
                .stage(Stage::Script, work, script, |()| plan.script_detail())
                .await?;
        }

        // Voice, pictures and music do not need each other.
        let script = &plan.script;
        let spoken = async {
            let _turn = turn(&self.speaker).await;
            let telling = || voice::narrate(&plan.voice, script, cx);
            let spoken = reporter.retrying(Stage::Voice, cancel, telling);
            reporter
                .stage(Stage::Voice, work, spoken, voice_detail)
                .await
        };
        let painted = async {
            self.wait_for_llm_phase(plan).await;
            let first = Mutex::new(Some(self.paint_queue.turn().await));
            let painting = || async {
                let first = first.lock().unwrap_or_else(PoisonError::into_inner).take();
                // It is given up when the last picture is begun: to try again is a turn of its own.
                let turn = match first {
                    Some(turn) => turn,
                    None => self.paint_queue.turn().await,
                };
                picture::pictures(&plan.pictures, script, &scratch, turn, cx).await
            };
            let painted = reporter.retrying(Stage::Picture, cancel, painting);
            let detail = picture::Pictures::detail;
            reporter.stage(Stage::Picture, work, painted, detail).await
        };
        let composed = async {
            let turn = turn(&self.composer).await;
            let observer = reporter.observer(Stage::Music);
            let seconds = plan.estimated_seconds;
            let bed = mix::bed(&plan.music, seconds, toolkit, &observer, cancel).await?;
            Ok((bed, turn))
        };
        let (mut narration, pictures, (bed, composing)) =
            tokio::try_join!(spoken, painted, composed)?;
        let picture::Pictures {
            files: pictures,
            painted,
            tolerances,
            keys: stored,
        } = pictures;
        kept.has(&pictures);

        let pacing = schedule_scenes(plan, &narration.speeches, reporter);
        let words = render::words(&narration.speeches, &pacing);
        // Before the mix takes the samples.
        let scenes = render::scenes(&pacing, &narration.speeches, &tolerances);
        let key = encode::key(plan, toolkit, &pictures, &narration.speeches, &pacing).await?;
        let (speeches, footage) = (&mut narration.speeches, &plan.pictures.footage);
        let seen = (footage, &*pictures, plan.render.rate);
        let mixing = mix::soundtrack(speeches, &pacing, bed, seen, &scratch, cx);
        let (audio, loudness) = reporter
            .stage(Stage::Music, work, mixing, |(_, loudness)| {
                match loudness.integrated_lufs {
                    Some(lufs) => format!("{}, mixed to {lufs:.1} LUFS", plan.music.name()),
                    None => "silence".to_owned(),
                }
            })
            .await?;
        drop(composing);
        kept.has([&audio]);

        let last = pictures
            .last()
            .expect("a script has a scene, and a scene a picture");
        let title = &script.title;
        let cards = render::cards(&plan.render, title, footage, last, &pacing, &scratch).await?;
        let output = scratch.path("video.mp4");
        let mut job = render::job(
            &plan.render,
            footage,
            &pictures,
            &pacing,
            &words,
            cards,
            (audio, output),
        )
        .await?;
        job.parts = encode::parts(&key, pacing.duration, &job.output, work);
        job.tags = MediaTags::new(title, &plan.voice.language);
        let (rendered, checked) = Encoding {
            plan,
            key,
            scenes,
            silent: loudness.is_as_good_as_silent(),
            stored,
            kept,
        }
        .checked(self, job, cx)
        .await?;
        for remark in &checked.remarks {
            reporter.warning(Stage::Verify, remark.clone());
        }
        Ok(Finished {
            scratch,
            narration,
            pacing,
            words,
            picture: pictures[0].clone(),
            painted,
            rendered,
            checked,
        })
    }

    /// Waits until no language model is in the way of who paints the video.
    async fn wait_for_llm_phase(&self, plan: &VideoPlan) {
        if plan.pictures.is_painted_elsewhere() {
            self.scripts.over().await;
        }
    }

    /// A scratch directory in `parent`; `output`, where the video goes, is made as well. What dead runs left in any
    /// directory is removed, once.
    async fn scratch(&self, output: &Utf8Path, parent: &Utf8Path) -> Result<Arc<Scratch>, Error> {
        let unswept: Vec<Utf8PathBuf> = {
            let mut swept = self.swept.lock().unwrap_or_else(PoisonError::into_inner);
            let all = std::iter::once(output).chain(self.scratch.iter().map(Utf8PathBuf::as_path));
            all.filter(|directory| swept.insert((*directory).to_owned()))
                .map(Utf8Path::to_owned)
                .collect()
        };
        let (output, parent) = (output.to_owned(), parent.to_owned());
        blocking(Stage::Publish, move || {
            for directory in [&output, &parent] {
                std::fs::create_dir_all(directory)
                    .map_err(|e| scratch::failed("creating", directory, e))?;
            }
            for directory in &unswept {
                // The others were told when the toolkit was looked for.
                let notice = if *directory == output {
                    SweepNotice::First
                } else {
                    SweepNotice::Again
                };
                scratch::sweep(directory, notice);
            }
            Scratch::new(&parent).map(Arc::new)
        })
        .await
    }
}

/// The turn of one video at something only one can use.
async fn turn(resource: &Semaphore) -> SemaphorePermit<'_> {
    resource
        .acquire()
        .await
        .expect("the semaphores are never closed")
}

#[cfg(test)]
mod tests;
