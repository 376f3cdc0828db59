//! The scripts of a run are written in one phase at its beginning, one after the other: the model is loaded once, and is out
//! of memory again before anything is painted.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{OnceCell, oneshot, watch};
use tokio_util::sync::CancellationToken;
use videogen_script::{LlmServers, LlmWriter, Opening, PatientWriter, ScriptRequest, Written};
use videogen_text::chain;
use videogen_types::{Hint, Observer, Part, Stage};
use videogen_vram::CardShare;

use crate::card_occupant::occupants;
use crate::outputs::{CacheScope, Outputs, json};
use crate::reporter::Reporter;
use crate::toolkit::Toolkit;
use crate::video_plan::{VideoPlan, Wanted};
use crate::{Error, ErrorKind};
use crate::{keys, script_outputs};

/// For each server to let the model go, …
const UNLOADED_WITHIN: Duration = Duration::from_secs(10);
/// … and when the user waits for the end.
const UNLOADED_AT_ONCE: Duration = Duration::from_secs(3);

/// A video with its script.
type Given = Result<VideoPlan, Error>;

/// Where the videos of a run get their scripts.
#[derive(Debug)]
pub(crate) struct Scripts {
    given: Mutex<BTreeMap<u32, oneshot::Receiver<Given>>>,
    over: watch::Receiver<bool>,
}

impl Scripts {
    /// The script of a video, when it is written; `None` for one that has had it from the beginning.
    ///
    /// # Errors
    /// Neither the model nor the built-in writer's script can be used; [`ErrorKind::Cancelled`].
    pub(crate) async fn of(&self, video: u32) -> Result<Option<VideoPlan>, Error> {
        let given = self
            .given
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(&video);
        let Some(given) = given else { return Ok(None) };
        let cancelled = |_| Err(Error::new(Stage::Script, ErrorKind::Cancelled));
        given.await.unwrap_or_else(cancelled).map(Some)
    }

    /// Ends when all scripts are written and the model is out of memory.
    pub(crate) async fn over(&self) {
        // An error says that the phase is gone, and so over.
        let _ = self.over.clone().wait_for(|over| *over).await;
    }
}

/// A video that waits for its script.
struct Waiting {
    reporter: Arc<Reporter>,
    /// Its number in the batch.
    number: u32,
    plan: VideoPlan,
    wanted: Wanted,
    give: oneshot::Sender<Given>,
}

/// The phase, which is not begun yet.
pub(crate) struct Phase {
    waiting: Vec<Waiting>,
    /// How the other videos begin.
    openings: BTreeMap<u32, Opening>,
    /// The last number of the batch.
    last: u32,
    toolkit: Toolkit,
    work: Outputs,
    cancel: CancellationToken,
    over: watch::Sender<bool>,
}

impl Phase {
    /// For `plans` with their numbers in a batch of `last` videos, and who tells of each. What is written is kept in `work`.
    pub(crate) fn new(
        plans: &[(u32, VideoPlan)],
        reporters: &[Arc<Reporter>],
        last: u32,
        toolkit: Toolkit,
        work: Outputs,
        cancel: CancellationToken,
    ) -> (Scripts, Self) {
        let (mut given, mut waiting) = (BTreeMap::new(), Vec::new());
        let mut openings = BTreeMap::new();
        for (video, ((number, plan), reporter)) in (1..).zip(plans.iter().zip(reporters)) {
            if let Some(wanted) = plan.writing.wanted.clone() {
                let (give, receive) = oneshot::channel();
                given.insert(video, receive);
                waiting.push(Waiting {
                    reporter: Arc::clone(reporter),
                    number: *number,
                    plan: plan.clone(),
                    wanted,
                    give,
                });
            } else if plan.writing.by_model.is_some() {
                openings.insert(*number, Opening::of(&plan.script));
            }
        }
        let (over, seen) = watch::channel(waiting.is_empty());
        let scripts = Scripts {
            given: Mutex::new(given),
            over: seen,
        };
        let phase = Self {
            waiting,
            openings,
            last,
            toolkit,
            work,
            cancel,
            over,
        };
        (scripts, phase)
    }

    /// Writes all scripts; those that failed are asked for once more when the others are written. Dropped, it ends with
    /// the question that is being asked.
    pub(crate) async fn run(mut self) {
        let waiting = std::mem::take(&mut self.waiting);
        let Some(first) = waiting.first() else { return };
        let servers = Arc::clone(&first.wanted.servers);
        // One context for all: Ollama loads a model again when it changes.
        let wishes = waiting.iter().map(|waiting| waiting.wanted.wish.context());
        let context = wishes.max().unwrap_or_default();
        let card = Arc::clone(&self.toolkit.card);
        let mut writing = Writing::new(&servers, context, &card);
        self.recall(&waiting).await;
        let mut later = Vec::new();
        for one in waiting {
            if self.cancel.is_cancelled() {
                // Those that wait hear of it.
                break;
            }
            match Box::pin(self.write(&one, &mut writing, Turn::First)).await {
                // Nobody waits for a video that was given up.
                Some(given) => drop(one.give.send(given)),
                None => later.push(one),
            }
        }
        if let Some(one) = later.first() {
            let by_name = !one
                .plan
                .brief
                .may_fall_back(Part::Script, self.toolkit.writer.id());
            writing.wait_for_another(by_name, &self.cancel).await;
        }
        for one in later {
            if self.cancel.is_cancelled() {
                break;
            }
            if let Some(given) = Box::pin(self.write(&one, &mut writing, Turn::Last)).await {
                let _ = one.give.send(given);
            }
        }
        writing.end(&self.cancel).await;
        self.over.send_replace(true);
    }

    /// Learns how those videos of the batch begin that are not of this run.
    async fn recall(&mut self, waiting: &[Waiting]) {
        for number in 1..=self.last {
            if self.openings.contains_key(&number) || waiting.iter().any(|one| one.number == number)
            {
                continue;
            }
            let key = keys::opening(self.work.run(), number);
            let noted = self
                .work
                .note(key, Stage::Script, CacheScope::Batch, json)
                .await;
            if let Some(opening) = noted.ok().flatten() {
                self.openings.insert(number, opening);
            }
        }
    }

    /// Has one script, and what depends on it; `None` when it failed and is to be asked for again later.
    async fn write(
        &mut self,
        one: &Waiting,
        writing: &mut Writing<'_>,
        turn: Turn,
    ) -> Option<Given> {
        // Not let go with the video: what it tells is needed for those that are written later.
        let work = self.work.scoped();
        let reporter = &*one.reporter;
        let seed = match turn {
            Turn::First => one.wanted.wish.seed,
            // What a model could not do it cannot do with the same chance either.
            Turn::Last => one.wanted.wish.seed.derive("again", 0),
        };
        let wish = ScriptRequest {
            avoid: self.openings.values().cloned().collect(),
            seed,
            ..one.wanted.wish.clone()
        };
        let scripted = Box::pin(self.scripted(one, &wish, turn, writing, &work, reporter));
        let scripted = reporter.stage(Stage::Script, &work, scripted, VideoPlan::script_detail);
        let plan = match scripted.await {
            Ok(plan) => plan,
            Err(error) if turn == Turn::First && is_of_the_script(&error) => {
                let message = format!(
                    "there is no script yet, and it is asked for again when the others are written: {}",
                    chain(&error)
                );
                reporter.attempt_failed(Stage::Script, error.failure(), chain(&error));
                reporter.warning(Stage::Script, message);
                return None;
            }
            Err(error) => return Some(Err(error)),
        };
        let opening = Opening::of(&plan.script);
        let bytes = serde_json::to_vec(&opening).expect("all keys are text");
        let key = keys::opening(work.run(), one.number);
        let kept = work.keep_note(key, Stage::Script, CacheScope::Batch, bytes);
        if let Err(error) = kept.await {
            return Some(Err(error));
        }
        self.openings.insert(one.number, opening);
        Some(Ok(plan))
    }

    async fn scripted(
        &self,
        one: &Waiting,
        wish: &ScriptRequest,
        turn: Turn,
        writing: &Writing<'_>,
        work: &Outputs,
        reporter: &Reporter,
    ) -> Result<VideoPlan, Error> {
        let observer = reporter.observer(Stage::Script);
        let by_name = !one
            .plan
            .brief
            .may_fall_back(Part::Script, self.toolkit.writer.id());
        let asking = || async {
            let written = writing.written(wish, by_name, &observer, &self.cancel);
            Box::pin(written).await
        };
        let toolkit = &self.toolkit;
        let ended = match script_outputs::script(work, one.wanted.key, asking).await {
            Ok(written) => {
                let warnings = written.warnings.iter().cloned();
                warnings.for_each(|warning| observer.warn(warning));
                one.plan.clone().with_script(written, toolkit).await
            }
            Err(error) => Err(error),
        };
        match ended {
            Err(error) if turn == Turn::Last || matches!(error.kind(), ErrorKind::Font { .. }) => {
                self.fallen(one, error, reporter).await
            }
            ended => ended,
        }
    }

    /// What becomes of a video whose script failed for good.
    async fn fallen(
        &self,
        one: &Waiting,
        error: Error,
        reporter: &Reporter,
    ) -> Result<VideoPlan, Error> {
        let may_fall = one
            .plan
            .brief
            .may_fall_back(Part::Script, self.toolkit.writer.id());
        let is_scripts = is_of_the_script(&error) || matches!(error.kind(), ErrorKind::Font { .. });
        if error.is_cancelled() || !is_scripts || !may_fall {
            return Err(error);
        }
        let reason = chain(&error);
        reporter.attempt_failed(Stage::Script, error.failure(), reason.clone());
        if !one.plan.may_be_written_by(&*self.toolkit.writer) {
            let message = format!(
                "the built-in writer writes English only and takes no script in {:?} over",
                one.plan.voice.language
            );
            reporter.warning(Stage::Script, message);
            return Err(error);
        }
        let reason = match error.help() {
            Some(help) => Hint::from(reason).words("; ").then(help),
            None => reason.into(),
        };
        one.plan
            .without_model(reason, &self.toolkit, &self.cancel)
            .await
    }
}

/// How often a script was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Turn {
    First,
    /// Again, when the others were written.
    Last,
}

/// Whether no model wrote anything that can be used.
fn is_of_the_script(error: &Error) -> bool {
    matches!(error.kind(), ErrorKind::Scripting(_)) && !error.is_cancelled()
}

/// Has scripts written. It begins when the first of them is asked for, and not when all are found.
struct Writing<'a> {
    servers: &'a LlmServers,
    context: u32,
    card: &'a CardShare,
    patient: PatientWriter<'a>,
    begun: OnceCell<(LlmWriter, videogen_vram::WritingLease)>,
}

impl<'a> Writing<'a> {
    fn new(servers: &'a LlmServers, context: u32, card: &'a CardShare) -> Self {
        Self {
            servers,
            context,
            card,
            patient: PatientWriter::new(servers),
            begun: OnceCell::new(),
        }
    }

    /// Has a script written. A server that is away, restarting or busy meanwhile is waited for.
    async fn written(
        &self,
        wish: &ScriptRequest,
        by_name: bool,
        observer: &dyn Observer,
        cancel: &CancellationToken,
    ) -> Result<Written, Error> {
        let writer = Box::pin(self.begin(observer, cancel)).await?;
        let patient = &self.patient;
        let writing = patient.write(writer, wish, by_name, observer, cancel);
        writing
            .await
            .map_err(|error| Error::new(Stage::Script, error))
    }

    /// From here on a model may be in memory, and it is our turn at its card.
    async fn begin(
        &self,
        observer: &dyn Observer,
        cancel: &CancellationToken,
    ) -> Result<&LlmWriter, Error> {
        let beginning = async || {
            let writer = self.servers.writer(self.context);
            let models = occupants(writer.models());
            let warn = |message| observer.warn(message);
            // Nothing else than the token keeps it from the card.
            let leasing = self.card.for_writing(&models, &warn, cancel).await;
            let turn = leasing.map_err(|_| Error::new(Stage::Script, ErrorKind::Cancelled))?;
            Ok((writer, turn))
        };
        let begun = self.begun.get_or_try_init(beginning).await;
        begun.map(|(writer, _)| writer)
    }

    /// Before those that failed are asked for again: a server that is left alone may have been the better one.
    async fn wait_for_another(&self, by_name: bool, cancel: &CancellationToken) {
        if let Some((writer, _)) = self.begun.get() {
            let patient = &self.patient;
            patient.wait_for_another(writer, by_name, cancel).await;
        }
    }

    /// What was loaded for it goes out of memory; what was there before is somebody else's.
    async fn end(self, cancel: &CancellationToken) {
        let Some((_, turn)) = self.begun.into_inner() else {
            return;
        };
        let within = if cancel.is_cancelled() {
            UNLOADED_AT_ONCE
        } else {
            UNLOADED_WITHIN
        };
        self.card.has_written(turn, within).await;
    }
}
