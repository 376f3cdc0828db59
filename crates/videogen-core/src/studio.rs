//! The orchestrator: plans in, finished videos out. It knows every stage and their order, and nothing of how they work.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use camino::Utf8Path;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use videogen_media::FrameRate;
use videogen_media::render::{Job, Rendered};
use videogen_tts::Speech;

use crate::batch::{Batch, Delivered, Named};
use crate::brief::Brief;
use crate::equipment::{Equipment, ToolPaths, chain};
use crate::event::{Degradation, Event, EventSink, SCHEMA_VERSION, Stage};
use crate::guard::{self, Probe};
use crate::plan::{self, Plan};
use crate::reporter::Reporter;
use crate::scratch::{self, Scratch};
use crate::stage::{cards, keys, mix, picture, render, voice};
use crate::store::Store;
use crate::summary::Summary;
use crate::work::{Reach, Work};
use crate::{Error, ErrorKind, memory, pacing, publish, record, seam};

/// Videos in the making at a time: one is checked and published, one is rendered, one has its pictures painted, and the one
/// after it is begun, so that none waits for another. More would only take memory.
const AT_ONCE: usize = 4;

/// The longest a video may take: an hour, and two minutes more for each of its seconds, which is twenty times what a slow
/// machine needs.
fn deadline(plan: &Plan) -> Duration {
    Duration::from_hours(1) + Duration::from_secs_f64(120.0 * plan.estimated_seconds)
}

/// Makes videos with one set of equipment.
#[derive(Debug, Clone)]
pub struct Studio {
    equipment: Equipment,
    cache: Option<Arc<Store>>,
    probe: Option<Arc<dyn Probe>>,
}

/// What one run is made with.
struct Run {
    studio: Studio,
    batch: Option<Arc<Batch>>,
    work: Work,
    events: Arc<dyn EventSink>,
    cancel: CancellationToken,
    /// One video is painted at a time, one is spoken and one is rendered. Who asks first is first.
    painter: Semaphore,
    speaker: Semaphore,
    renderer: Semaphore,
}

/// What became of one video.
struct Outcome {
    made: Result<Delivered, Error>,
    seconds: BTreeMap<Stage, f64>,
    degradations: Vec<Degradation>,
    retries: u32,
}

impl Studio {
    /// A studio with these parts.
    pub fn new(equipment: Equipment) -> Self {
        Self {
            equipment,
            cache: None,
            probe: None,
        }
    }

    /// A studio with what is installed on this machine.
    ///
    /// # Errors
    /// As [`Equipment::discover`].
    pub async fn discover(
        paths: &ToolPaths,
        temp_dir: &Utf8Path,
        cancel: &CancellationToken,
    ) -> Result<Self, Error> {
        Equipment::discover(paths, temp_dir, cancel)
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

    /// The parts.
    pub fn equipment(&self) -> &Equipment {
        &self.equipment
    }

    /// The preflight: checks every brief before anything is made. Writes nothing.
    ///
    /// # Errors
    /// The first thing that would keep a video from being made.
    pub async fn plan(
        &self,
        briefs: Vec<Brief>,
        cancel: &CancellationToken,
    ) -> Result<Vec<Plan>, Error> {
        let mut plans: Vec<Plan> = Vec::with_capacity(briefs.len());
        for brief in briefs {
            if cancel.is_cancelled() {
                return Err(Error::new(Stage::Preflight, ErrorKind::Cancelled));
            }
            plans.push(Box::pin(plan::plan(brief, &self.equipment, cancel)).await?);
        }
        plan::check_room(&plans)?;
        plan::name_apart(&mut plans);
        Ok(plans)
    }

    /// Makes the videos. A failed one does not stop the others; cancelling does, after which [`Summary::not_done`] counts
    /// what is missing. No file stands under a final name that is not finished.
    ///
    /// Several are in the making at a time: pictures of the next are painted while one is rendered. They are begun in the
    /// order of `plans`; which is finished first may differ.
    pub async fn run(
        &self,
        plans: Vec<Plan>,
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
        plans: Vec<(u32, Plan)>,
        events: Arc<dyn EventSink>,
        cancel: &CancellationToken,
    ) -> Summary {
        self.make_all(Some(Arc::clone(batch)), plans, events, cancel)
            .await
    }

    async fn make_all(
        &self,
        batch: Option<Arc<Batch>>,
        plans: Vec<(u32, Plan)>,
        events: Arc<dyn EventSink>,
        cancel: &CancellationToken,
    ) -> Summary {
        let started = Instant::now();
        let total = u32::try_from(plans.len()).unwrap_or(u32::MAX);
        events.emit(Event::BatchStarted {
            schema: SCHEMA_VERSION,
            version: env!("CARGO_PKG_VERSION"),
            videos: total,
            batch: batch.as_ref().map(|batch| batch.name().to_owned()),
        });
        let mut summary = Summary::of(&plans, batch.as_deref());
        let run = Arc::new(Run {
            studio: self.clone(),
            work: Work::open(batch.as_deref(), self.cache.clone()).await,
            batch,
            events: Arc::clone(&events),
            cancel: cancel.clone(),
            painter: Semaphore::new(1),
            speaker: Semaphore::new(1),
            renderer: Semaphore::new(1),
        });
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
                let left = total - (video - 1);
                running.spawn(async move {
                    let outcome = run.video(video, number, &plan, left).await;
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
            summary.count(&outcome.seconds, outcome.degradations, outcome.retries);
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
                    run.note_failure(number, &error);
                    events.emit(Event::VideoFailed {
                        video,
                        stage: error.stage(),
                        kind: error.kind().name(),
                        message: chain(&error),
                        hint: error.help(),
                    });
                }
            }
        }
        summary.not_done = undone + u32::try_from(waiting.count()).unwrap_or(u32::MAX);
        summary.videos = delivered.into_values().collect();
        if let Some(batch) = &run.batch
            && let Err(error) = batch.finish()
        {
            // Everything is delivered and recorded; only the last line is missing.
            tracing::warn!(error = %chain(&error), "the batch is not closed");
        }
        let (found, made) = run.work.counts();
        summary.finish(found, made, memory::peak_rss(), started.elapsed());
        events.emit(Event::BatchFinished {
            summary: summary.clone(),
        });
        summary
    }
}

impl Run {
    fn equipment(&self) -> &Equipment {
        &self.studio.equipment
    }

    /// Makes one video within its deadline.
    async fn video(&self, video: u32, number: u32, plan: &Plan, left: u32) -> Outcome {
        let reporter = Reporter::new(video, &*self.events);
        let cancel = self.cancel.child_token();
        // Whatever ends it, what still computes for it on threads of its own is told.
        let _stop = cancel.clone().drop_guard();
        let within = deadline(plan);
        let work = self.work.for_a_video();
        let made = match self.admit(plan, left, &reporter, &cancel).await {
            Err(error) => Err(error),
            Ok(()) => {
                let making = Box::pin(self.make(plan, number, &work, &reporter, &cancel));
                match tokio::time::timeout(within, making).await {
                    Ok(made) => made,
                    // What was running is dropped, and its programs are killed with it.
                    Err(_) => Err(Error::new(
                        reporter.running().unwrap_or(Stage::Publish),
                        ErrorKind::Deadline { within },
                    )),
                }
            }
        };
        if made.is_ok() {
            work.let_go().await;
        }
        Outcome {
            made,
            seconds: reporter.seconds(),
            degradations: reporter.degradations(),
            retries: reporter.retries(),
        }
    }

    /// A failure is in the journal for the list of batches. That it is not changes nothing.
    fn note_failure(&self, number: u32, error: &Error) {
        if let Some(batch) = &self.batch
            && let Err(error) = batch.not_made(number, error)
        {
            tracing::warn!(error = %chain(&error), "a failed video is not recorded");
        }
    }

    /// Waits until the machine has what the video needs.
    async fn admit(
        &self,
        plan: &Plan,
        left: u32,
        reporter: &Reporter<'_>,
        cancel: &CancellationToken,
    ) -> Result<(), Error> {
        let Some(probe) = &self.studio.probe else {
            return Ok(());
        };
        let mut demand = plan.demand(left);
        if let Some(batch) = &self.batch {
            // What its stages make stays there until it is delivered.
            demand.disk.push(guard::DiskDemand {
                directory: batch.dir().to_owned(),
                bytes: plan.needed_bytes,
                kept_per_video: 0,
            });
        }
        let deadline = tokio::time::Instant::now() + guard::LONGEST_WAIT;
        let told = |reason: &str| reporter.warning(Stage::Preflight, format!("waiting: {reason}"));
        let admitted = guard::admit(
            Arc::clone(probe),
            &demand,
            &guard::Limits::default(),
            deadline,
            cancel,
            &told,
        )
        .await;
        match admitted {
            Ok(admission) => {
                for warning in admission.warnings.into_iter().chain(admission.reason) {
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

    /// Makes one video.
    async fn make(
        &self,
        plan: &Plan,
        number: u32,
        work: &Work,
        reporter: &Reporter<'_>,
        cancel: &CancellationToken,
    ) -> Result<Delivered, Error> {
        for degradation in &plan.degradations {
            reporter.degraded(degradation.clone());
        }
        for warning in &plan.warnings {
            reporter.warning(Stage::Preflight, warning.clone());
        }
        let directory = &plan.brief.output_dir;
        std::fs::create_dir_all(directory)
            .map_err(|e| scratch::failed("creating", directory, e))?;
        scratch::sweep(directory);
        let scratch = Scratch::new(directory)?;

        let script = async { Ok(()) };
        reporter
            .stage(Stage::Script, script, |()| script_detail(plan))
            .await?;

        // Voice, pictures and music do not need each other.
        let equipment = self.equipment();
        let spoken = async {
            let _turn = self.turn(&self.speaker).await;
            let telling = || voice::narrate(plan, equipment, work, reporter, cancel);
            let spoken = reporter.retrying(Stage::Voice, cancel, telling);
            reporter.stage(Stage::Voice, spoken, voice_detail).await
        };
        let painted = async {
            let _turn = self.turn(&self.painter).await;
            let painting = || picture::pictures(plan, &scratch, work, reporter, cancel);
            let painted = reporter.retrying(Stage::Picture, cancel, painting);
            let detail = picture::Pictures::detail;
            reporter.stage(Stage::Picture, painted, detail).await
        };
        let (mut narration, pictures, bed) =
            tokio::try_join!(spoken, painted, mix::bed(plan, equipment, cancel))?;
        let picture::Pictures {
            files: pictures,
            painted,
        } = pictures;

        let seconds: Vec<f64> = narration.speeches.iter().map(Speech::duration).collect();
        let pacing = pacing::pace(&seconds, plan.target, |s| whole_frames(plan.rate, s));
        let outro = plan.outro();
        let pacing = if outro > 0.0 {
            pacing.with_outro(whole_frames(plan.rate, outro))
        } else {
            pacing
        };
        if let Some(target) = plan.target.map(|body| body + outro)
            && (pacing.duration - target).abs() > 0.05 * target + 0.5
        {
            let message = format!(
                "the video is {:.1} s long, not {target:.0} s: the text takes that long to say",
                pacing.duration
            );
            reporter.warning(Stage::Voice, message);
        }
        let words = render::words(&narration.speeches, &pacing);
        let silent = narration.silent && bed.is_none();
        let key = self
            .render_key(plan, &pictures, &narration.speeches, &pacing)
            .await?;
        let mixing = mix::soundtrack(&mut narration.speeches, &pacing, bed, &scratch, cancel);
        let (audio, _) = reporter
            .stage(Stage::Music, mixing, |(_, loudness)| {
                match loudness.integrated_lufs {
                    Some(lufs) => format!("{}, mixed to {lufs:.1} LUFS", record::music_name(plan)),
                    None => "silence".to_owned(),
                }
            })
            .await?;

        let last = pictures
            .last()
            .expect("a script has a scene, and a scene a picture");
        let cards = cards::cards(plan, last, &pacing, &scratch).await?;
        let job = render::job(
            plan,
            &pictures,
            &pacing,
            &words,
            cards,
            audio,
            scratch.path("video.mp4"),
        )?;
        let rendered = {
            let _turn = self.turn(&self.renderer).await;
            let rendering = || self.encode(key, &job, work, reporter, cancel);
            let rendering = reporter.retrying(Stage::Render, cancel, rendering);
            let detail =
                |r: &Rendered| format!("{} frames at {}, {}", r.frames, job.size, r.encoder);
            reporter.stage(Stage::Render, rendering, detail).await?
        };
        let verifying = render::verify(&job, plan, silent, equipment, cancel);
        let checked = reporter
            .stage(Stage::Verify, verifying, |c| {
                match (c.loudness_lufs, c.true_peak_dbtp) {
                    (Some(lufs), Some(peak)) => {
                        format!("decodes, {lufs:.1} LUFS, peak {peak:.1} dBTP")
                    }
                    _ => "decodes".to_owned(),
                }
            })
            .await?;
        for remark in &checked.remarks {
            reporter.warning(Stage::Verify, remark.clone());
        }

        let publishing = async {
            let (subtitles, thumbnail) = (scratch.path("video.srt"), scratch.path("video.jpg"));
            render::companions(plan, words, pictures[0].clone(), subtitles, thumbnail).await?;
            let made = record::Made {
                plan,
                painted: &painted,
                narration: &narration,
                pacing: &pacing,
                rendered: &rendered,
                checked: &checked,
            };
            self.publish(&made, number, &scratch, reporter, cancel)
        };
        reporter
            .stage(Stage::Publish, publishing, |made| {
                made.path.file_name().unwrap_or_default().to_owned()
            })
            .await
    }

    /// The turn of one video at something only one can use.
    async fn turn<'a>(&self, resource: &'a Semaphore) -> tokio::sync::SemaphorePermit<'a> {
        resource
            .acquire()
            .await
            .expect("the semaphores are never closed")
    }

    /// What the encoded video is kept under.
    async fn render_key(
        &self,
        plan: &Plan,
        pictures: &[camino::Utf8PathBuf],
        speeches: &[Speech],
        pacing: &pacing::Pacing,
    ) -> Result<crate::store::Key, Error> {
        let (plan, equipment) = (plan.clone(), self.equipment().clone());
        let (pictures, speeches, pacing) = (pictures.to_vec(), speeches.to_vec(), pacing.clone());
        seam::blocking(Stage::Render, move || {
            let digests: Vec<_> = pictures
                .iter()
                .map(|path| keys::digest(path))
                .collect::<Result<_, _>>()?;
            let render = keys::Render {
                plan: &plan,
                equipment: &equipment,
                pictures: &digests,
                speeches: &speeches,
                pacing: &pacing,
            };
            render.key()
        })
        .await
    }

    /// Encodes the video, or takes the one that was encoded before.
    async fn encode(
        &self,
        key: crate::store::Key,
        job: &Job,
        work: &Work,
        reporter: &Reporter<'_>,
        cancel: &CancellationToken,
    ) -> Result<Rendered, Error> {
        let equipment = self.equipment();
        // Who encoded it is a note of its own, kept before the video: where that is found, so is the note.
        let note = keys::render_note(&key);
        let noted = |rendered: Option<Rendered>| async move {
            let rendered = rendered.unwrap_or_else(|| Rendered {
                frames: job.timeline.frames(),
                encoder: job.encode.encoder.to_string(),
                replaced: None,
            });
            let bytes = serde_json::to_vec(&rendered).expect("all keys are text");
            let making = std::future::ready(Ok(bytes));
            let kept = work
                .bytes(note, Stage::Render, Reach::Batch, "note", making)
                .await;
            kept.map(|(bytes, _)| serde_json::from_slice(&bytes).unwrap_or(rendered))
        };
        let mut made = None;
        let rendering = async {
            let rendered = render::render(job, equipment, reporter, cancel).await?;
            made = Some(noted(Some(rendered)).await?);
            Ok(Reach::Batch)
        };
        work.file(key, Stage::Render, Reach::Batch, &job.output, rendering)
            .await?;
        let rendered = match made {
            Some(rendered) => rendered,
            None => noted(None).await?,
        };
        if let Some(replaced) = &rendered.replaced {
            reporter.degraded(Degradation {
                stage: Stage::Render,
                from: replaced.encoder.clone(),
                to: rendered.encoder.clone(),
                reason: replaced.reason.clone(),
            });
        }
        Ok(rendered)
    }

    /// Writes what belongs beside the video, and gives all of it its name.
    fn publish(
        &self,
        made: &record::Made<'_>,
        number: u32,
        scratch: &Scratch,
        reporter: &Reporter<'_>,
        cancel: &CancellationToken,
    ) -> Result<Delivered, Error> {
        const ATTEMPTS: usize = 20;
        let directory = &made.plan.brief.output_dir;
        render::write(
            &scratch.path("video.credits.txt"),
            record::credits(made).as_bytes(),
        )?;
        let mut name = publish::free_name(directory, &made.plan.name);
        for _ in 0..ATTEMPTS {
            let manifest = record::manifest(made, &name, scratch, reporter, self.equipment())?;
            render::write(&scratch.path("video.json"), manifest.as_bytes())?;
            // The last moment to stop: from here on the video is there.
            if cancel.is_cancelled() {
                return Err(Error::new(Stage::Publish, ErrorKind::Cancelled));
            }
            let files = publish::EXTENSIONS
                .map(|extension| (extension, scratch.path(&format!("video.{extension}"))));
            if let Some(batch) = &self.batch {
                let named = named(&name, &files)?;
                batch
                    .publishing(number, directory, named)
                    .map_err(journal)?;
            }
            if publish::publish(directory, &name, &files)? {
                let delivered = Delivered {
                    path: directory.join(format!("{name}.mp4")),
                    manifest: directory.join(format!("{name}.json")),
                    duration: made.pacing.duration,
                };
                if let Some(batch) = &self.batch {
                    // It is in place whatever the journal takes; a later run finds it there.
                    if let Err(error) = batch.delivered(number, &delivered) {
                        tracing::warn!(error = %chain(&error), "a delivered video is not recorded");
                    }
                }
                return Ok(delivered);
            }
            // Somebody took the name in the meantime.
            name = publish::free_name(directory, &made.plan.name);
        }
        Err(scratch::failed(
            "publishing in",
            directory,
            std::io::ErrorKind::AlreadyExists.into(),
        ))
    }
}

fn journal(error: crate::batch::BatchError) -> Error {
    Error::new(Stage::Publish, error)
}

/// The files of a video by the names they are about to get.
fn named(name: &str, files: &[(&str, camino::Utf8PathBuf)]) -> Result<Vec<Named>, Error> {
    files
        .iter()
        .map(|(extension, path)| {
            let (bytes, sha256) = publish::digest(path)?;
            Ok(Named {
                name: format!("{name}.{extension}"),
                bytes,
                sha256,
            })
        })
        .collect()
}

/// A length rounded to frames, but never shorter.
fn whole_frames(rate: FrameRate, seconds: f64) -> f64 {
    rate.time_of((seconds * rate.per_second() - 1e-6).ceil().max(1.0) as u64)
}

fn script_detail(plan: &Plan) -> String {
    let scenes = plan.script.scenes.len();
    format!(
        "\"{}\", {scenes} scene{}",
        plan.script.title,
        if scenes == 1 { "" } else { "s" }
    )
}

fn voice_detail(narration: &voice::Narration) -> String {
    let seconds: f64 = narration.speeches.iter().map(Speech::duration).sum();
    let voice = narration
        .speeches
        .first()
        .map_or("", |speech| speech.voice.as_str());
    if narration.silent {
        "silent, captions only".to_owned()
    } else {
        format!("{seconds:.1} s by {}, {voice}", narration.speaker)
    }
}
