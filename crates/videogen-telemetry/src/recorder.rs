//! What a run tells, taken down: the state it is in for whoever looks, and at its end a trace, figures and durations.

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

use camino::{Utf8Path, Utf8PathBuf};
use serde::{Deserialize, Serialize};
use videogen_durable::{Effects, unix_millis};
use videogen_types::{Event, Overview, Stage};

use super::{Eta, History, Metrics, StageLeft, Trace, predict_finish};

/// Version of [`Status`]; changes when a field changes its meaning or goes away.
pub const STATUS_VERSION: u32 = 1;

/// The state is written at most this often.
const EVERY: Duration = Duration::from_secs(1);

/// The most bytes of a state that are read.
const MOST_STATUS: u64 = 1 << 20;

/// Names of the files in a batch's directory.
const STATUS: &str = "status.json";
const TRACE: &str = "trace.json";
const METRICS: &str = "metrics.json";
/// What the files about a run are called: its state, trace and figures.
pub const TELEMETRY_FILES: [&str; 3] = [STATUS, TRACE, METRICS];

/// The state of a run at one moment.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Status {
    /// [`STATUS_VERSION`].
    pub version: u32,
    /// When it was written, in Unix milliseconds.
    pub updated_ms: u64,
    /// Seconds since the run began.
    pub elapsed_s: f64,
    /// Videos of this run.
    pub videos: u32,
    /// Those in place.
    pub finished: u32,
    /// Those that were not made.
    pub failed: u32,
    /// Whether the run is over.
    pub over: bool,
    /// Seconds left, give or take as many as the second number says, where that can be told.
    pub left_s: Option<(f64, f64)>,
    /// What is being done.
    pub working: Vec<Working>,
}

/// A stage that is running.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Working {
    /// Number of the video in this run, from 1.
    pub video: u32,
    /// Its title.
    pub title: String,
    /// The stage.
    pub stage: Stage,
    /// How far it is, `0.0..=1.0`.
    pub fraction: f32,
}

impl Status {
    /// The state of the batch in `dir`; nothing if it has none that can be read.
    pub fn of(dir: &Utf8Path) -> Option<Self> {
        let path = dir.join(STATUS);
        let text = videogen_durable::read_own(&path, MOST_STATUS)
            .inspect_err(|error| {
                if error.kind() != io::ErrorKind::NotFound {
                    tracing::warn!("{path} cannot be read: {error}");
                }
            })
            .ok()?;
        serde_json::from_slice(&text)
            .inspect_err(|error| tracing::warn!("{path} is damaged, and not shown: {error}"))
            .ok()
    }
}

/// What is known of a video before it is made.
#[derive(Debug, Clone)]
struct Known {
    title: String,
    class: String,
    seconds: f64,
    scenes: f64,
}

impl Known {
    fn new(overview: &Overview) -> Self {
        Self {
            title: overview.title.clone(),
            class: format!("{}@{} {}", overview.size, overview.fps, overview.encoder),
            seconds: overview.estimated_seconds,
            scenes: overview.scene_count as f64,
        }
    }

    /// What the time of a stage is proportional to.
    fn units(&self, stage: Stage) -> f64 {
        match stage {
            Stage::Picture => self.scenes,
            Stage::Voice | Stage::Render | Stage::Verify => self.seconds,
            _ => 1.0,
        }
    }

    /// The stages that take time to speak of, in their order.
    fn left(&self) -> Vec<StageLeft<'_>> {
        let stage = |resource, order, stage: Stage| StageLeft {
            resource,
            order,
            stage: stage.name(),
            class: &self.class,
            units: self.units(stage),
        };
        vec![
            stage("voice", 0, Stage::Voice),
            stage("painter", 0, Stage::Picture),
            stage("renderer", 1, Stage::Render),
            stage("checker", 2, Stage::Verify),
        ]
    }
}

/// Takes a run down. Blocks for a small file once a second: to be fed where nothing waits for it.
#[derive(Debug)]
pub struct Recorder {
    effects: Arc<dyn Effects>,
    /// Of the batch; nothing is written without one.
    dir: Option<Utf8PathBuf>,
    history_file: Option<Utf8PathBuf>,
    history: History,
    videos: Vec<Known>,
    metrics: Metrics,
    trace: Trace,
    started: Instant,
    running: BTreeMap<(u32, Stage), (Instant, f32)>,
    status: Status,
    written: Option<Instant>,
}

impl Recorder {
    /// For a run of `videos`. Its state, trace and figures go into `dir`, how long stages take into `history`; what is
    /// `None` is not written.
    pub fn new(
        videos: &[Overview],
        dir: Option<Utf8PathBuf>,
        history: Option<Utf8PathBuf>,
        effects: Arc<dyn Effects>,
    ) -> Self {
        for name in TELEMETRY_FILES {
            if let Some(dir) = &dir {
                // This process alone writes there.
                videogen_durable::sweep_temporaries(&*effects, &dir.join(name));
            }
        }
        let loaded = history.as_deref().map(History::load);
        if let Some(warning) = loaded.as_ref().and_then(|loaded| loaded.warning.as_ref()) {
            tracing::warn!("{warning}");
            let aside = history
                .as_deref()
                .map(|path| videogen_durable::set_aside(&*effects, path));
            match aside {
                Some(Ok(aside)) => tracing::warn!("it is kept as {aside}"),
                Some(Err(error)) => tracing::warn!(%error, "it cannot be set aside"),
                None => {}
            }
        }
        Self {
            effects,
            dir,
            history_file: history,
            history: loaded.map(|loaded| loaded.history).unwrap_or_default(),
            videos: videos.iter().map(Known::new).collect(),
            metrics: Metrics::new(),
            trace: Trace::new(),
            started: Instant::now(),
            running: BTreeMap::new(),
            status: Status {
                version: STATUS_VERSION,
                ..Status::default()
            },
            written: None,
        }
    }

    /// How long all of it will take, by what the same took on this machine before; nothing if it has not done the same
    /// often enough.
    pub fn prediction(&self) -> Option<Eta> {
        let left: Vec<_> = self.videos.iter().map(Known::left).collect();
        predict_finish(&left, &self.history)
    }

    /// Takes down what happened.
    pub fn take(&mut self, event: &Event) {
        let now = Instant::now();
        match event {
            Event::BatchStarted { videos, .. } => self.status.videos = *videos,
            Event::StageStarted { video, stage } => {
                self.running.insert((*video, *stage), (now, 0.0));
            }
            Event::Progress {
                video,
                stage,
                fraction,
                ..
            } => {
                if let Some((_, known)) = self.running.get_mut(&(*video, *stage)) {
                    *known = *fraction;
                }
            }
            Event::StageFinished {
                video,
                stage,
                seconds,
                reused,
                ..
            } => self.stage_finished((*video, *stage), *seconds, *reused, now),
            Event::AttemptFailed { cause, .. } => self.metrics.error(cause.name()),
            Event::Resources { usage, .. } => self.metrics.peaks(&usage.peaks),
            Event::VideoFinished { video, path, .. } => {
                self.end(*video);
                let bytes = path.metadata().map_or(0, |metadata| metadata.len());
                self.metrics.bytes(bytes);
                self.metrics.video_finished();
                self.status.finished += 1;
            }
            Event::VideoFailed { video, cause, .. } => {
                self.end(*video);
                self.metrics.video_failed(cause.name());
                self.status.failed += 1;
            }
            Event::BatchFinished { summary } => {
                self.metrics.network(&summary.network);
                self.status.over = true;
                self.running.clear();
            }
            _ => {}
        }
        let due = self
            .written
            .is_none_or(|written| now.duration_since(written) >= EVERY);
        if due || self.status.over {
            self.written = Some(now);
            self.write_status();
        }
        if self.status.over {
            self.write_all();
        }
    }

    fn stage_finished(
        &mut self,
        (video, stage): (u32, Stage),
        seconds: f64,
        reused: bool,
        now: Instant,
    ) {
        if let Some((start, _)) = self.running.remove(&(video, stage)) {
            let lane = self.trace.lane(stage.name());
            self.trace.record(lane, stage.name(), video, start, now);
        }
        self.metrics.stage(stage.name(), seconds, 0);
        // What was found says nothing of how long making it takes.
        if !reused && let Some(known) = self.videos.get((video as usize).wrapping_sub(1)) {
            let units = known.units(stage);
            self.history
                .record(stage.name(), &known.class, units, seconds);
        }
    }

    /// Nothing of a video runs any more.
    fn end(&mut self, video: u32) {
        self.running.retain(|(running, _), _| *running != video);
    }

    /// Seconds left: what is known of earlier runs, or what the videos of this one took.
    fn left(&self) -> Option<(f64, f64)> {
        let done = self.status.finished + self.status.failed;
        let elapsed = self.started.elapsed().as_secs_f64();
        if done > 0 {
            let waiting = f64::from(self.status.videos.saturating_sub(done));
            let each = elapsed / f64::from(done);
            // With one video as the measure it may as well be half or twice as much.
            return Some((
                each * waiting,
                each * waiting / (1.0 + f64::from(done)).sqrt(),
            ));
        }
        let eta = self.prediction()?;
        Some(((eta.seconds - elapsed).max(0.0), eta.spread))
    }

    fn write_status(&mut self) {
        let Some(dir) = &self.dir else { return };
        self.status.updated_ms = unix_millis();
        self.status.elapsed_s = self.started.elapsed().as_secs_f64();
        self.status.left_s = self.left();
        let title = |video: u32| {
            let known = self.videos.get((video as usize).wrapping_sub(1));
            known.map_or_else(String::new, |known| known.title.clone())
        };
        let working = self
            .running
            .iter()
            .map(|(&(video, stage), &(_, fraction))| Working {
                video,
                title: title(video),
                stage,
                fraction,
            });
        self.status.working = working.collect();
        let bytes = serde_json::to_vec(&self.status).expect("all keys are text");
        if let Err(error) =
            videogen_durable::write_unsynced(&*self.effects, &dir.join(STATUS), &bytes)
        {
            tracing::debug!(%error, "the state of the run is not shown");
        }
    }

    fn write_all(&self) {
        let mut written = Vec::new();
        if let Some(dir) = &self.dir {
            written.push(self.trace.write(&*self.effects, &dir.join(TRACE)));
            written.push(self.metrics.export(&*self.effects, &dir.join(METRICS)));
        }
        if let Some(file) = &self.history_file {
            written.push(self.history.save(&*self.effects, file));
        }
        for error in written.into_iter().filter_map(Result::err) {
            tracing::warn!(%error, "a report of the run is not written");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use videogen_durable::RealEffects;
    use videogen_types::FailureKind;
    use videogen_types::{NetworkFigures, Summary};

    fn overview(n: u32) -> Overview {
        Overview {
            title: format!("Video {n}"),
            estimated_seconds: 10.0,
            ..Overview::sample()
        }
    }

    fn run(recorder: &mut Recorder, videos: u32) {
        recorder.take(&Event::BatchStarted {
            schema: 1,
            version: "1".into(),
            videos,
            batch: None,
        });
        for video in 1..=videos {
            for (stage, seconds) in [
                (Stage::Voice, 1.0),
                (Stage::Picture, 5.0),
                (Stage::Music, 0.5),
                (Stage::Render, 8.0),
                (Stage::Verify, 1.0),
            ] {
                recorder.take(&Event::StageStarted { video, stage });
                recorder.take(&Event::StageFinished {
                    video,
                    stage,
                    detail: String::new(),
                    seconds,
                    reused: false,
                });
            }
            recorder.take(&Event::VideoFinished {
                video,
                path: "nowhere.mp4".into(),
                manifest: "nowhere.json".into(),
                duration_s: 10.0,
            });
        }
    }

    #[test]
    fn a_run_leaves_its_state_a_trace_figures_and_durations() {
        let dir = camino_tempfile::tempdir().unwrap();
        let history = dir.path().join("history.json");
        let videos = [overview(1), overview(2)];
        let new = || {
            let batch = Some(dir.path().to_owned());
            Recorder::new(&videos, batch, Some(history.clone()), Arc::new(RealEffects))
        };
        let mut recorder = new();
        assert_eq!(recorder.prediction(), None, "nothing is known yet");
        run(&mut recorder, 2);
        recorder.take(&Event::StageStarted {
            video: 2,
            stage: Stage::Publish,
        });
        recorder.written = None;
        recorder.take(&Event::Progress {
            video: 2,
            stage: Stage::Publish,
            fraction: 0.5,
            eta_s: None,
            detail: None,
        });
        recorder.take(&Event::AttemptFailed {
            video: 2,
            stage: Stage::Render,
            cause: FailureKind::Timeout,
            message: "it hangs".into(),
        });
        recorder.take(&Event::StageFinished {
            video: 2,
            stage: Stage::Picture,
            detail: String::new(),
            seconds: 0.2,
            reused: true,
        });
        let status = Status::of(dir.path()).unwrap();
        assert_eq!((status.videos, status.finished, status.over), (2, 2, false));
        assert_eq!(status.working.len(), 1);
        assert_eq!(status.working[0].title, "Video 2");
        recorder.take(&Event::BatchFinished {
            summary: Summary {
                network: BTreeMap::from([("http://a".to_owned(), NetworkFigures::default())]),
                ..Summary::default()
            },
        });
        let status = Status::of(dir.path()).unwrap();
        assert!(status.over && status.working.is_empty());
        let json = |name: &str| -> serde_json::Value {
            serde_json::from_str(&std::fs::read_to_string(dir.path().join(name)).unwrap()).unwrap()
        };
        assert_eq!(json("metrics.json")["stages"]["render"]["count"], 2);
        assert_eq!(json("metrics.json")["errors"]["timeout"], 1);
        assert_eq!(json("metrics.json")["network"]["http://a"]["requests"], 0);
        assert!(json("trace.json")["traceEvents"].as_array().unwrap().len() >= 10);
        // Two of each are known now, and what was found was not learnt from: the renderer is the busiest, with what comes before and after it.
        let eta = new().prediction().expect("the same was done twice");
        assert!((20.0..30.0).contains(&eta.seconds), "{eta:?}");
    }
}
