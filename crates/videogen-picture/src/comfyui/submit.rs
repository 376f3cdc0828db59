//! One prompt on one server, from its name to its picture; the same whoever chose what is run.

use std::time::{Duration, Instant};

use videogen_comfy::{
    Done, Error as ComfyError, FetchLimits, Free, ImageGenerator, PaintRequest, PromptId, Run,
    RunEvent, Submission, Workflow,
};
use videogen_durable::{Key, KeyBuilder};
use videogen_net::Blame;
use videogen_text::chain;
use videogen_types::FailureKind;
use videogen_vram::HELD_AFTER_RELEASE;

use super::held::held;
use super::ladder::End;
use super::launch::Running;
use super::painter::unless_cancelled;
use super::server::Trouble;
use super::{server, words};
use crate::error::Error;
use crate::painter::PictureOrder;
use crate::prove::{Unusable, proven};

/// How long one picture may take on servers, all attempts together.
pub(super) const PICTURE_WITHIN: Duration = Duration::from_mins(45);
/// How long memory that was asked back is waited for.
const FREED_WITHIN: Duration = Duration::from_secs(10);
/// Between two looks at it.
const LOOK_EVERY: Duration = Duration::from_millis(250);
/// How often a prompt of an earlier run, which did not end well, is posted anew under a name that can be found again.
const ANEW: u64 = 8;

/// How often a server of ours may die with one picture: the picture may be what it dies of.
const DEATHS: usize = 2;
/// Between a connection that breaks and the news that the program at its other end has died.
const NEWS_WITHIN: Duration = Duration::from_secs(2);

/// Why an attempt brought no picture.
pub(super) enum Failed {
    /// The picture is not made, whoever paints.
    Ours(Error),
    /// Something else can be tried.
    Theirs(End, ComfyError),
    /// The server, which is ours, has died; and why.
    Died(String),
}

/// What is run, and as what.
pub(super) struct Prompt<'a> {
    /// What is run.
    pub(super) graph: Workflow,
    /// What is accepted as its picture.
    pub(super) accept: FetchLimits,
    /// What makes it another prompt than the others of this picture: server, quality, way.
    pub(super) of: &'a [(&'static str, &'a str)],
}

/// The time that one picture has on servers, all attempts together. What it waits there behind others does not count.
#[derive(Debug)]
pub(super) struct PictureTime(Instant);

impl PictureTime {
    /// So much, from now on.
    pub(super) fn new(within: Duration) -> Self {
        Self(Instant::now() + within)
    }

    pub(super) fn left(&self) -> Duration {
        self.0.saturating_duration_since(Instant::now())
    }

    pub(super) fn is_over(&self) -> bool {
        self.left().is_zero()
    }

    fn put_off(&mut self, waited: Duration) {
        self.0 += waited;
    }
}

/// How often a server that answers with errors is tried again for one picture where no other could paint it, with pauses that
/// double: half a minute with the usual first one. A tunnel that connects again takes some seconds.
const FALTERS: u32 = 4;

/// How long a server that answers with errors is waited for.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Faltering {
    /// The first pause; `None` where another server can paint, which is asked at once.
    pub(super) pause: Option<Duration>,
    times: u32,
}

impl Faltering {
    /// With this first pause, if any.
    pub(super) fn new(pause: Option<Duration>) -> Self {
        Self { pause, times: 0 }
    }

    /// Waits after `trouble`, if that may pass and it was not waited for too often: then it is tried again.
    ///
    /// # Errors
    /// [`Error::Cancelled`].
    async fn passes(&mut self, trouble: &Trouble, order: PictureOrder<'_>) -> Result<bool, Error> {
        let may_pass = trouble.blame == Blame::Fault
            && trouble.kind == FailureKind::Network
            && !trouble.is_stuck;
        let Some(pause) = self.pause.filter(|_| may_pass && self.times < FALTERS) else {
            return Ok(false);
        };
        order.observer.attempt_failed(trouble.kind, &trouble.reason);
        let pause = pause.saturating_mul(1 << self.times);
        self.times += 1;
        unless_cancelled(order.cancel, tokio::time::sleep(pause)).await?;
        Ok(true)
    }
}

/// How long things may take, and what becomes of a server that is ours.
#[derive(Debug)]
pub(super) struct AttemptLimits<'a> {
    /// The whole.
    pub(super) time: &'a mut PictureTime,
    /// For which the server may be unreachable in the middle; `None` is what `videogen-comfy` thinks usual.
    pub(super) unreachable: Option<Duration>,
    /// The server, where this program keeps it running.
    pub(super) process: Option<&'a Running>,
    /// What is done where the server answers with errors.
    pub(super) faltering: Faltering,
}

/// A prompt that went well.
#[derive(Debug)]
pub(super) struct Submitted {
    pub(super) id: PromptId,
    /// Since when the server painted it, as far as that was seen; `None` when it had begun before.
    pub(super) since: Option<Instant>,
    /// Why nothing is to be seen in what was fetched, if so.
    pub(super) unseen: Option<String>,
}

/// Waits until a server of ours answers, which may be started again just now. The number of its start.
///
/// # Errors
/// [`Failed::Died`] with the reason, when it is not started any more.
pub(super) async fn ready(process: &Running, order: PictureOrder<'_>) -> Result<u32, Failed> {
    let waiting = async {
        tokio::select! {
            biased;
            ready = process.ready() => ready,
            () = async { order.observer.activity("waiting for ComfyUI, which is started again") } => process.ready().await,
        }
    };
    match unless_cancelled(order.cancel, waiting).await {
        Ok(ready) => ready.map_err(Failed::Died),
        Err(error) => Err(Failed::Ours(error)),
    }
}

/// Why the server, which is ours and did not answer, has died; `None` where it lives.
pub(super) async fn death(process: &Running, start: u32) -> Option<String> {
    tokio::time::timeout(NEWS_WITHIN, process.died(start))
        .await
        .ok()
}

/// Looks at a server that may be ours, and may die and be started again while it is looked at.
#[derive(Debug)]
pub(super) struct Looking<'a> {
    process: Option<&'a Running>,
    start: u32,
    deaths: usize,
    faltering: Faltering,
}

impl<'a> Looking<'a> {
    /// At the server of `process`; `None` is one that this program did not start.
    pub(super) fn new(process: Option<&'a Running>, faltering: Faltering) -> Self {
        Self {
            process,
            start: 0,
            deaths: 0,
            faltering,
        }
    }

    /// Waits until it can be looked at.
    ///
    /// # Errors
    /// [`Error::Cancelled`]. That it has died for good is in the value.
    pub(super) async fn ready(
        &mut self,
        order: PictureOrder<'_>,
    ) -> Result<Result<(), Trouble>, Error> {
        let Some(process) = self.process else {
            return Ok(Ok(()));
        };
        match ready(process, order).await {
            Ok(start) => {
                self.start = start;
                Ok(Ok(()))
            }
            Err(Failed::Ours(error)) => Err(error),
            Err(Failed::Died(why)) => Ok(Err(Trouble::died(why))),
            Err(Failed::Theirs(..)) => unreachable!("nothing was asked of it"),
        }
    }

    /// Whether looking again is worth it after what came of looking: it died, or answered with an error that may pass.
    ///
    /// # Errors
    /// [`Error::Cancelled`].
    pub(super) async fn again<T>(
        &mut self,
        seen: &Result<T, Trouble>,
        order: PictureOrder<'_>,
    ) -> Result<bool, Error> {
        let Err(trouble) = seen else {
            return Ok(false);
        };
        if let Some(process) = self.process {
            self.deaths += 1;
            if self.deaths < DEATHS && death(process, self.start).await.is_some() {
                return Ok(true);
            }
        }
        self.faltering.passes(trouble, order).await
    }
}

/// How a run ended.
enum Ended {
    /// The run told it.
    Told(Result<Done, ComfyError>),
    /// The server died under it.
    Died(String),
}

/// Runs `prompt`, or collects what an earlier run let the server paint under the same name. A server of ours that dies
/// meanwhile is waited for, and gets it again.
pub(super) async fn submit(
    generator: &dyn ImageGenerator,
    prompt: Prompt<'_>,
    order: PictureOrder<'_>,
    patience: AttemptLimits<'_>,
) -> Result<Submitted, Failed> {
    let AttemptLimits {
        time,
        unreachable,
        process,
        mut faltering,
    } = patience;
    let (mut damaged, mut deaths) = (false, 0);
    for anew in 0.. {
        let start = match process {
            Some(process) => ready(process, order).await?,
            None => 0,
        };
        let submission = submission(&prompt, order, anew, time.left(), unreachable);
        let id = submission.prompt_id.clone();
        let mut painting = PaintRequest::new(submission, order.output);
        painting.accept = prompt.accept;
        let run = generator.paint(painting, order.cancel);
        let died = async {
            match process {
                Some(process) => process.died(start).await,
                None => std::future::pending().await,
            }
        };
        let (ended, found, since) = watch(run, died, order, time).await;
        let ended = match process {
            Some(process) => ended_or_died(ended, process, start).await,
            None => ended,
        };
        let error = match ended {
            Ended::Told(Ok(_)) => match proven(order.output).await.map_err(Failed::Ours)? {
                // Its structure was whole: only who decodes it sees this.
                Err(Unusable::Broken(problem)) => {
                    discard(order).await;
                    ComfyError::BadPicture { problem }
                }
                looked => {
                    let since = (!found).then_some(since);
                    let unseen = looked.err().map(|unusable| unusable.to_string());
                    return Ok(Submitted { id, since, unseen });
                }
            },
            Ended::Told(Err(error)) => error,
            Ended::Died(why) => {
                deaths += 1;
                if deaths >= DEATHS {
                    return Err(Failed::Died(why));
                }
                order.observer.attempt_failed(FailureKind::Program, &why);
                continue;
            }
        };
        let error = theirs(error, order)?;
        // Damaged on its way or on the server's disk, or another prompt's that was written over it: the same once more, under
        // a name of its own. What was computed is still known there.
        if matches!(error, ComfyError::BadPicture { .. }) && !std::mem::replace(&mut damaged, true)
        {
            order
                .observer
                .attempt_failed(FailureKind::BadOutput, &chain(&error));
            continue;
        }
        let end = end(&error);
        if end == End::Gone && !time.is_over() {
            let passes = faltering.passes(&Trouble::of(&error), order).await;
            if passes.map_err(Failed::Ours)? {
                continue;
            }
        }
        // What an earlier run left there, interrupted or failed, says nothing of this one.
        let is_past = matches!(end, End::Interrupted | End::Cannot | End::OutOfMemory);
        if found && anew < ANEW && is_past {
            continue;
        }
        return Err(Failed::Theirs(end, error));
    }
    unreachable!("the range has no end")
}

/// What is posted for `prompt`: under a name that an earlier run gave it too, as long as there are such names.
fn submission(
    prompt: &Prompt<'_>,
    order: PictureOrder<'_>,
    anew: u64,
    total: Duration,
    unreachable: Option<Duration>,
) -> Submission {
    let mut submission = Submission::new(prompt.graph.clone());
    if anew < ANEW {
        submission.prompt_id = prompt_id(order.name, prompt.of, anew);
        submission.resume = true;
    }
    submission.limits.total = total;
    if let Some(unreachable) = unreachable {
        submission.limits.unreachable = unreachable;
    }
    submission
}

/// How a run on a server of ours ended: the connection breaks before the end of the program is known.
async fn ended_or_died(ended: Ended, process: &Running, start: u32) -> Ended {
    let error = match ended {
        Ended::Told(Err(error)) if may_have_died(&error) => error,
        ended => return ended,
    };
    if matches!(error, ComfyError::Stalled { .. }) {
        process.is_stuck(start);
    }
    match death(process, start).await {
        Some(why) => Ended::Died(why),
        None => Ended::Told(Err(error)),
    }
}

/// `error`, where the server or what it painted is to blame.
///
/// # Errors
/// [`Failed::Ours`] where it was cancelled, or a file of ours could not be written.
fn theirs(error: ComfyError, order: PictureOrder<'_>) -> Result<ComfyError, Failed> {
    if error.is_cancelled() || order.cancel.is_cancelled() {
        return Err(Failed::Ours(Error::Cancelled));
    }
    match error {
        ComfyError::Io {
            action,
            path,
            source,
        } => Err(Failed::Ours(Error::Io {
            action,
            path,
            source,
        })),
        error => Ok(error),
    }
}

/// Watches a run to its end: how it ended, whether the server had it already, and since when it was painted.
async fn watch(
    mut run: Run,
    died: impl Future<Output = String>,
    order: PictureOrder<'_>,
    time: &mut PictureTime,
) -> (Ended, bool, Instant) {
    let (mut found, mut since, mut waits) = (false, Instant::now(), None);
    let mut died = std::pin::pin!(died);
    loop {
        let event = tokio::select! {
            biased;
            event = run.next() => event,
            why = &mut died => return (Ended::Died(why), found, since),
        };
        if let Some(what) = event.as_ref().and_then(words::of) {
            order.observer.activity(&what);
        }
        match &event {
            Some(RunEvent::RateLimited | RunEvent::Posted { .. } | RunEvent::Queued { .. }) => {
                waits.get_or_insert_with(Instant::now);
            }
            Some(
                RunEvent::Started
                | RunEvent::Cached { .. }
                | RunEvent::Node { .. }
                | RunEvent::Progress { .. }
                | RunEvent::Finished(_),
            ) => {
                let waits: Option<Instant> = waits.take();
                time.put_off(waits.map(|since| since.elapsed()).unwrap_or_default());
            }
            _ => {}
        }
        match event {
            Some(RunEvent::Finished(ended)) => return (Ended::Told(ended), found, since),
            Some(RunEvent::Found) => found = true,
            Some(RunEvent::Started) => since = Instant::now(),
            Some(RunEvent::Progress { fraction, .. }) => order.observer.progress(fraction as f32),
            Some(_) => {}
            // Only a runtime that shuts down ends a run without a word.
            None => return (Ended::Told(Err(ComfyError::Cancelled)), found, since),
        }
    }
}

/// Whether the end of the server's program would look like this.
fn may_have_died(error: &ComfyError) -> bool {
    match error {
        ComfyError::Net { .. } | ComfyError::Lost | ComfyError::Stalled { .. } => {
            !error.is_cancelled()
        }
        _ => false,
    }
}

/// Removes a picture that must not be taken for one where the next attempt is interrupted.
pub(super) async fn discard(order: PictureOrder<'_>) {
    if let Err(error) = tokio::fs::remove_file(order.output).await {
        tracing::debug!(%error, "a bad picture is not removed");
    }
}

/// Asks a server for its memory, and waits until it is back.
pub(super) async fn recover(generator: &dyn ImageGenerator) {
    let waiting = async {
        if let Err(error) = generator.free(Free::Everything).await {
            tracing::info!(error = %chain(&error), "memory was not asked back");
            return;
        }
        loop {
            match server::now(generator).await {
                Ok(state) if held(&state.stats) > HELD_AFTER_RELEASE => {
                    tokio::time::sleep(LOOK_EVERY).await;
                }
                _ => return,
            }
        }
    };
    // Without it what is tried next has what there is.
    let _ = tokio::time::timeout(FREED_WITHIN, waiting).await;
}

/// The name of a prompt: the same when the same is tried again for the same picture of the same run, and of no other.
pub(super) fn prompt_id(picture: &Key, of: &[(&'static str, &str)], anew: u64) -> PromptId {
    let mut key = KeyBuilder::new("prompt", 1).key("picture", picture);
    for (name, value) in of {
        key = key.text(name, value);
    }
    let key = key.number("anew", anew).finish();
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&key.as_bytes()[..16]);
    // A UUID of version 4: the only kind that servers take for a name of their own.
    bytes[6] = bytes[6] & 0x0f | 0x40;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let digits = format!("{:032x}", u128::from_be_bytes(bytes));
    digits.parse().expect("32 hexadecimal digits are a UUID")
}

fn end(error: &ComfyError) -> End {
    match error {
        ComfyError::OutOfMemory { .. } => End::OutOfMemory,
        ComfyError::Interrupted { .. } => End::Interrupted,
        ComfyError::Net { .. }
        | ComfyError::Lost
        | ComfyError::Stalled { .. }
        | ComfyError::StillQueued { .. }
        | ComfyError::TimedOut { .. }
        | ComfyError::PictureGone
        | ComfyError::BadPicture { .. }
        | ComfyError::BadAnswer { .. } => End::Gone,
        _ => End::Cannot,
    }
}
