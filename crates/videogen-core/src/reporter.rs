//! Events of one video: throttled progress, timed stages, degradations collected as they happen.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use tokio_util::sync::CancellationToken;
use videogen_picture::Painted;
use videogen_text::chain;
use videogen_types::{Degradation, Event, EventSink, FailureKind, Observer, Peaks, Stage, Usage};

use crate::outputs::Outputs;
use crate::{Error, ErrorKind};

/// Progress of a stage is told at most this often.
const PROGRESS_EVERY: Duration = Duration::from_millis(100);
/// What a stage is doing is told by itself at most this often.
const DOING_EVERY: Duration = Duration::from_millis(250);
/// A prediction is made when this much of a stage is done, …
const PREDICT_FROM: f32 = 0.02;
/// … and it has run for this long.
const PREDICT_AFTER: Duration = Duration::from_millis(500);

/// How long it is waited before a stage is tried again.
const RETRY_AFTER: [Duration; 2] = [Duration::from_secs(1), Duration::from_secs(4)];

/// Tells the story of one video, whichever phase of a run works for it: there is one for each.
pub(crate) struct Reporter {
    video: u32,
    sink: Arc<dyn EventSink>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    stages: BTreeMap<Stage, Running>,
    seconds: BTreeMap<Stage, f64>,
    degradations: Vec<Degradation>,
    warnings: Vec<String>,
    retries: u32,
    failures: BTreeMap<FailureKind, u32>,
    peaks: Peaks,
}

struct Running {
    since: Instant,
    told: Option<Instant>,
    fraction: f32,
    detail: Option<String>,
}

impl Reporter {
    /// Tells `sink` of the video of this number.
    pub(crate) fn new(video: u32, sink: Arc<dyn EventSink>) -> Self {
        Self {
            video,
            sink,
            state: Mutex::default(),
        }
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        // A panic while the lock is held leaves nothing half done: every change is one statement.
        self.state
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    /// Runs `making` as `stage`, with what is found in `work`; `detail` words what it did.
    pub(crate) async fn stage<T>(
        &self,
        stage: Stage,
        work: &Outputs,
        making: impl Future<Output = Result<T, Error>>,
        detail: impl FnOnce(&T) -> String,
    ) -> Result<T, Error> {
        let since = Instant::now();
        self.state().stages.insert(
            stage,
            Running {
                since,
                told: None,
                fraction: 0.0,
                detail: None,
            },
        );
        self.sink.emit(Event::StageStarted {
            video: self.video,
            stage,
        });
        let result = making.await;
        let running = self.state().stages.remove(&stage);
        let since = running.map_or(since, |running| running.since);
        // Milliseconds are what a person or a program can use.
        let seconds = (since.elapsed().as_secs_f64() * 1000.0).round() / 1000.0;
        *self.state().seconds.entry(stage).or_default() += seconds;
        if let Ok(value) = &result {
            self.sink.emit(Event::StageFinished {
                video: self.video,
                stage,
                detail: detail(value),
                seconds,
                reused: work.has_reused(stage),
            });
        }
        result
    }

    /// Tries `work` again while it fails in a way that may pass: a process that was killed, a program that hung. Twice at
    /// most, after one second and after four.
    pub(crate) async fn retrying<T, F: Future<Output = Result<T, Error>>>(
        &self,
        stage: Stage,
        cancel: &CancellationToken,
        work: impl Fn() -> F,
    ) -> Result<T, Error> {
        for pause in RETRY_AFTER {
            match work().await {
                Err(error) if error.is_retryable() => {
                    let cancelled = || Err(Error::new(stage, ErrorKind::Cancelled));
                    if cancel.is_cancelled() {
                        return cancelled();
                    }
                    self.state().retries += 1;
                    self.attempt_failed(stage, error.failure(), chain(&error));
                    let message = format!("trying again: {}", chain(&error));
                    self.warn_of(stage, message, Some(error.kind().name()));
                    tokio::select! {
                        () = tokio::time::sleep(pause) => {}
                        () = cancel.cancelled() => return cancelled(),
                    }
                }
                ended => return ended,
            }
        }
        work().await
    }

    /// So far `stage` has waited for others: it takes the time from now on. Nothing changes once it has done something.
    pub(crate) fn restart_clock(&self, stage: Stage) {
        let mut state = self.state();
        let running = state.stages.get_mut(&stage);
        if let Some(running) = running.filter(|running| running.fraction <= 0.0) {
            running.since = Instant::now();
        }
    }

    /// A stage that is running.
    pub(crate) fn running(&self) -> Option<Stage> {
        self.state().stages.keys().next_back().copied()
    }

    /// How often something was tried again.
    pub(crate) fn retries(&self) -> u32 {
        self.state().retries
    }

    /// How far `stage` is. Values that fall are ignored; the sink is told at most ten times a second.
    pub(crate) fn progress(&self, stage: Stage, fraction: f32) {
        if !fraction.is_finite() {
            return;
        }
        let fraction = fraction.clamp(0.0, 1.0);
        let now = Instant::now();
        let (eta_s, detail) = {
            let mut state = self.state();
            let Some(running) = state.stages.get_mut(&stage) else {
                return;
            };
            let too_soon = running.told.is_some_and(|told| now - told < PROGRESS_EVERY);
            if fraction < running.fraction || (too_soon && fraction < 1.0) {
                return;
            }
            running.fraction = fraction;
            running.told = Some(now);
            (eta(now - running.since, fraction), running.detail.clone())
        };
        self.sink.emit(Event::Progress {
            video: self.video,
            stage,
            fraction,
            eta_s,
            detail,
        });
    }

    /// What `stage` is doing, for the progress that is told next, and by itself at most four times a second. `None` takes
    /// back what was said.
    pub(crate) fn doing(&self, stage: Stage, what: Option<String>) {
        let now = Instant::now();
        let (fraction, eta_s, detail) = {
            let mut state = self.state();
            let Some(running) = state.stages.get_mut(&stage) else {
                return;
            };
            let known = running.detail == what;
            running.detail.clone_from(&what);
            let too_soon = running.told.is_some_and(|told| now - told < DOING_EVERY);
            let Some(what) = what.filter(|_| !known && !too_soon) else {
                return;
            };
            running.told = Some(now);
            let fraction = running.fraction;
            (fraction, eta(now - running.since, fraction), Some(what))
        };
        self.sink.emit(Event::Progress {
            video: self.video,
            stage,
            fraction,
            eta_s,
            detail,
        });
    }

    /// What was used of the machine.
    pub(crate) fn used(&self, usage: Usage) {
        self.state().peaks.merge(&usage.peaks);
        let video = self.video;
        self.sink.emit(Event::Resources { video, usage });
    }

    /// The highest readings that were taken.
    pub(crate) fn peaks(&self) -> Peaks {
        self.state().peaks
    }

    /// A step down a ladder; told once, however often a stage is made.
    pub(crate) fn degraded(&self, degradation: Degradation) {
        {
            let mut state = self.state();
            if state.degradations.contains(&degradation) {
                return;
            }
            state.degradations.push(degradation.clone());
        }
        self.sink.emit(Event::Degraded {
            video: self.video,
            degradation,
        });
    }

    /// The picture of the scene at `index` is there.
    pub(crate) fn picture(&self, index: usize, painted: &Painted) {
        self.sink.emit(Event::PictureFinished {
            video: self.video,
            scene: u32::try_from(index + 1).unwrap_or(u32::MAX),
            painter: painted.by.clone(),
            painted: painted.painted,
            cropped: painted.cropped,
            enlarged: painted.enlarged.clone(),
            sharpness: painted.sharpness,
        });
    }

    /// Something was tried in vain, and another way is gone.
    pub(crate) fn attempt_failed(&self, stage: Stage, cause: FailureKind, message: String) {
        *self.state().failures.entry(cause).or_default() += 1;
        self.sink.emit(Event::AttemptFailed {
            video: self.video,
            stage,
            cause,
            message,
        });
    }

    /// What was tried in vain, by kind.
    pub(crate) fn failures(&self) -> BTreeMap<FailureKind, u32> {
        self.state().failures.clone()
    }

    /// Who hears what is told of `stage`.
    pub(crate) fn observer(&self, stage: Stage) -> StageObserver<'_> {
        StageObserver {
            reporter: self,
            stage,
        }
    }

    /// Something a person should know.
    pub(crate) fn warning(&self, stage: Stage, message: String) {
        self.warn_of(stage, message, None);
    }

    fn warn_of(&self, stage: Stage, message: String, kind: Option<&'static str>) {
        self.state().warnings.push(message.clone());
        self.sink.emit(Event::Warning {
            video: self.video,
            stage,
            message,
            kind: kind.map(Into::into),
        });
    }

    /// Whether `stage` was run already.
    pub(crate) fn has_run(&self, stage: Stage) -> bool {
        self.state().seconds.contains_key(&stage)
    }

    pub(crate) fn degradations(&self) -> Vec<Degradation> {
        self.state().degradations.clone()
    }

    pub(crate) fn warnings(&self) -> Vec<String> {
        self.state().warnings.clone()
    }

    /// Seconds spent in each stage so far.
    pub(crate) fn seconds(&self) -> BTreeMap<Stage, f64> {
        self.state().seconds.clone()
    }
}

/// Hears what is told of a stage, for the reporter of its video.
pub(crate) struct StageObserver<'a> {
    reporter: &'a Reporter,
    stage: Stage,
}

impl Observer for StageObserver<'_> {
    fn progress(&self, fraction: f32) {
        self.reporter.progress(self.stage, fraction);
    }

    fn activity(&self, what: &str) {
        self.reporter.doing(self.stage, Some(what.to_owned()));
    }

    fn warn(&self, message: String) {
        self.reporter.warning(self.stage, message);
    }

    fn attempt_failed(&self, kind: FailureKind, reason: &str) {
        self.reporter
            .attempt_failed(self.stage, kind, reason.to_owned());
    }
}

/// Seconds left, when it is not too early to say: never negative, never NaN.
fn eta(elapsed: Duration, fraction: f32) -> Option<f64> {
    if fraction < PREDICT_FROM || elapsed < PREDICT_AFTER {
        return None;
    }
    let fraction = f64::from(fraction);
    Some((elapsed.as_secs_f64() * (1.0 - fraction) / fraction).max(0.0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[derive(Default)]
    struct Kept(Mutex<Vec<Event>>);

    impl EventSink for Kept {
        fn emit(&self, event: Event) {
            self.0.lock().expect("not poisoned").push(event);
        }
    }

    #[tokio::test]
    async fn progress_never_falls_and_ends_are_never_swallowed() {
        let (kept, work) = (Arc::<Kept>::default(), Outputs::open(None, None).await);
        let reporter = Reporter::new(1, kept.clone());
        let making = async {
            for fraction in [0.1, 0.5, 0.3, f32::NAN, -1.0, 7.0] {
                reporter.progress(Stage::Render, fraction);
            }
            Ok(())
        };
        reporter
            .stage(Stage::Render, &work, making, |()| "done".into())
            .await
            .expect("no error");
        reporter.progress(Stage::Render, 0.9);
        let events = kept.0.lock().expect("not poisoned");
        let told: Vec<f32> = events
            .iter()
            .filter_map(|event| {
                if let Event::Progress { fraction, .. } = event {
                    Some(*fraction)
                } else {
                    None
                }
            })
            .collect();
        assert_eq!(told, [0.1, 1.0]);
        assert!(matches!(events.last(), Some(Event::StageFinished { .. })));
    }

    #[tokio::test]
    async fn what_is_done_is_told_with_the_progress_and_not_too_often() {
        let (kept, work) = (Arc::<Kept>::default(), Outputs::open(None, None).await);
        let reporter = Reporter::new(1, kept.clone());
        let making = async {
            for step in 0..1000 {
                reporter.doing(Stage::Picture, Some(format!("step {step}")));
            }
            reporter.progress(Stage::Picture, 1.0);
            reporter.doing(Stage::Picture, None);
            Ok(())
        };
        let ended = reporter.stage(Stage::Picture, &work, making, |()| "done".into());
        ended.await.expect("no error");
        let events = kept.0.lock().expect("not poisoned");
        let details = events.iter().filter_map(|event| match event {
            Event::Progress { detail, .. } => detail.as_deref(),
            _ => None,
        });
        let details: Vec<&str> = details.collect();
        assert_eq!(
            (details.first(), details.last()),
            (Some(&"step 0"), Some(&"step 999"))
        );
        assert!(details.len() < 500, "{}", details.len());
    }

    proptest! {
        #[test]
        fn predictions_are_sane(milliseconds in 0u64..10_000_000, fraction in 0.0f32..=1.0) {
            if let Some(left) = eta(Duration::from_millis(milliseconds), fraction) {
                prop_assert!(left.is_finite() && left >= 0.0);
            }
        }
    }
}
