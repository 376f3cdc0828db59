//! The orchestrator: plans in, finished videos out. It knows every stage and their order, and nothing of how they work.

use std::collections::BTreeMap;
use std::time::Instant;

use camino::{Utf8Path, Utf8PathBuf};
use tokio_util::sync::CancellationToken;
use videogen_media::FrameRate;
use videogen_tts::Speech;

use crate::brief::Brief;
use crate::equipment::{Equipment, ToolPaths, chain};
use crate::event::{Event, EventSink, SCHEMA_VERSION, Stage};
use crate::plan::{self, Plan};
use crate::reporter::Reporter;
use crate::scratch::{self, Scratch};
use crate::stage::{cards, mix, picture, render, voice};
use crate::summary::Summary;
use crate::{Error, ErrorKind, memory, pacing, publish, record};

/// Makes videos with one set of equipment.
#[derive(Debug, Clone)]
pub struct Studio {
    equipment: Equipment,
}

/// Where the files of a finished video are.
#[derive(Debug, Clone, PartialEq)]
pub struct Delivered {
    /// The MP4.
    pub path: Utf8PathBuf,
    /// Its manifest.
    pub manifest: Utf8PathBuf,
    /// Its length in seconds.
    pub duration: f64,
}

impl Studio {
    /// A studio with these parts.
    pub fn new(equipment: Equipment) -> Self {
        Self { equipment }
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
        Ok(plans)
    }

    /// Makes the videos one after another. A failed one does not stop the others; cancelling does, after which
    /// [`Summary::not_done`] counts what is missing. No file stands under a final name that is not finished.
    pub async fn run(
        &self,
        plans: Vec<Plan>,
        events: &dyn EventSink,
        cancel: &CancellationToken,
    ) -> Summary {
        let started = Instant::now();
        let total = u32::try_from(plans.len()).unwrap_or(u32::MAX);
        events.emit(Event::BatchStarted {
            schema: SCHEMA_VERSION,
            version: env!("CARGO_PKG_VERSION"),
            videos: total,
        });
        let mut summary = Summary {
            total,
            succeeded: 0,
            failed: 0,
            not_done: 0,
            success_rate: 0.0,
            output_dir: plans
                .first()
                .map(|plan| plan.brief.output_dir.clone())
                .unwrap_or_default(),
            videos: Vec::new(),
            stage_seconds: BTreeMap::new(),
            degradations: Vec::new(),
            peak_rss_bytes: None,
            elapsed_s: 0.0,
        };
        for (video, plan) in (1..).zip(&plans) {
            if cancel.is_cancelled() {
                summary.not_done = total - (video - 1);
                break;
            }
            let reporter = Reporter::new(video, events);
            let made = Box::pin(self.make(plan, &reporter, cancel)).await;
            for (stage, seconds) in reporter.seconds() {
                *summary
                    .stage_seconds
                    .entry(stage.name().to_owned())
                    .or_default() += seconds;
            }
            for degradation in reporter.degradations() {
                if !summary.degradations.contains(&degradation) {
                    summary.degradations.push(degradation);
                }
            }
            match made {
                Ok(made) => {
                    summary.succeeded += 1;
                    summary.videos.push(made.path.clone());
                    let Delivered {
                        path,
                        manifest,
                        duration,
                    } = made;
                    events.emit(Event::VideoFinished {
                        video,
                        path,
                        manifest,
                        duration_s: duration,
                    });
                }
                Err(error) if error.is_cancelled() && cancel.is_cancelled() => {
                    summary.not_done = total - (video - 1);
                    break;
                }
                Err(error) => {
                    summary.failed += 1;
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
        summary.success_rate = Summary::rate(summary.succeeded, total);
        summary.peak_rss_bytes = memory::peak_rss();
        summary.elapsed_s = started.elapsed().as_secs_f64();
        events.emit(Event::BatchFinished {
            summary: summary.clone(),
        });
        summary
    }

    /// Makes one video.
    async fn make(
        &self,
        plan: &Plan,
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
        let equipment = &self.equipment;
        let spoken = reporter.stage(
            Stage::Voice,
            voice::narrate(plan, equipment, reporter, cancel),
            voice_detail,
        );
        let painted = reporter.stage(
            Stage::Picture,
            picture::pictures(plan, &scratch, reporter, cancel),
            |files| format!("{} pictures by {}", files.len(), painter_name(plan)),
        );
        let (mut narration, pictures, bed) =
            tokio::try_join!(spoken, painted, mix::bed(plan, equipment, cancel))?;

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
        let rendering = render::render(&job, equipment, reporter, cancel);
        let rendered = reporter
            .stage(Stage::Render, rendering, |r| {
                format!("{} frames at {}, {}", r.frames, job.size, r.encoder)
            })
            .await?;
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
                narration: &narration,
                pacing: &pacing,
                rendered: &rendered,
                checked: &checked,
            };
            self.publish(&made, &scratch, reporter, cancel)
        };
        reporter
            .stage(Stage::Publish, publishing, |made| {
                made.path.file_name().unwrap_or_default().to_owned()
            })
            .await
    }

    /// Writes what belongs beside the video, and gives all of it its name.
    fn publish(
        &self,
        made: &record::Made<'_>,
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
            let manifest = record::manifest(made, &name, scratch, reporter, &self.equipment)?;
            render::write(&scratch.path("video.json"), manifest.as_bytes())?;
            // The last moment to stop: from here on the video is there.
            if cancel.is_cancelled() {
                return Err(Error::new(Stage::Publish, ErrorKind::Cancelled));
            }
            let files = publish::EXTENSIONS
                .map(|extension| (extension, scratch.path(&format!("video.{extension}"))));
            if publish::publish(directory, &name, &files)? {
                return Ok(Delivered {
                    path: directory.join(format!("{name}.mp4")),
                    manifest: directory.join(format!("{name}.json")),
                    duration: made.pacing.duration,
                });
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

fn painter_name(plan: &Plan) -> String {
    if plan.brief.images.is_empty() {
        plan.painter.id().to_owned()
    } else {
        "you".to_owned()
    }
}
