//! One prompt on one server, from its name to its picture; the same whoever chose what is run.

use std::time::{Duration, Instant};

use videogen_comfy::{
    Error as ComfyError, FetchLimits, Free, ImageGenerator, PaintRequest, Picture, PromptId,
    RunEvent, Submission, Workflow,
};
use videogen_process::chain;

use super::ladder::End;
use super::{server, words};
use crate::event::Stage;
use crate::failure::FailureKind;
use crate::seam::PictureOrder;
use crate::store::{Key, KeyBuilder};
use crate::{Error, ErrorKind};

/// How long one picture may take on servers, all attempts together.
pub(super) const PICTURE_WITHIN: Duration = Duration::from_mins(45);
/// How long memory that was asked back is waited for.
const FREED_WITHIN: Duration = Duration::from_secs(10);
/// Between two looks at it.
const LOOK_EVERY: Duration = Duration::from_millis(250);
/// How often a prompt of an earlier run, which did not end well, is posted anew under a name that can be found again.
const ANEW: u64 = 8;

/// Why an attempt brought no picture.
pub(super) enum Failed {
    /// The picture is not made, whoever paints.
    Ours(Error),
    /// Something else can be tried.
    Theirs(End, ComfyError),
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

/// How long things may take.
#[derive(Debug, Clone, Copy)]
pub(super) struct Patience {
    /// The whole.
    pub(super) total: Duration,
    /// For which the server may be unreachable in the middle; `None` is what `videogen-comfy` thinks usual.
    pub(super) unreachable: Option<Duration>,
}

/// A prompt that went well.
#[derive(Debug)]
pub(super) struct Submitted {
    pub(super) id: PromptId,
    /// Since when the server painted it, as far as that was seen; `None` when it had begun before.
    pub(super) since: Option<Instant>,
    /// What was fetched.
    pub(super) picture: Option<Picture>,
}

/// Runs `prompt`, or collects what an earlier run let the server paint under the same name.
pub(super) async fn submit(
    generator: &dyn ImageGenerator,
    prompt: Prompt<'_>,
    order: PictureOrder<'_>,
    patience: Patience,
) -> Result<Submitted, Failed> {
    let mut damaged = false;
    for anew in 0.. {
        let mut submission = Submission::new(prompt.graph.clone());
        if anew < ANEW {
            submission.prompt_id = prompt_id(order.name, prompt.of, anew);
            submission.resume = true;
        }
        submission.limits.total = patience.total;
        if let Some(unreachable) = patience.unreachable {
            submission.limits.unreachable = unreachable;
        }
        let id = submission.prompt_id.clone();
        let mut painting = PaintRequest::new(submission, order.output);
        painting.accept = prompt.accept;
        let mut run = generator.paint(painting, order.cancel);
        let (mut found, mut since) = (false, Instant::now());
        let ended = loop {
            let event = run.next().await;
            if let Some(what) = event.as_ref().and_then(words::of) {
                (order.doing)(&what);
            }
            match event {
                Some(RunEvent::Finished(ended)) => break ended,
                Some(RunEvent::Found) => found = true,
                Some(RunEvent::Started) => since = Instant::now(),
                Some(RunEvent::Progress { fraction, .. }) => (order.progress)(fraction as f32),
                Some(_) => {}
                // Only a runtime that shuts down ends a run without a word.
                None => break Err(ComfyError::Cancelled),
            }
        };
        let error = match ended {
            Ok(done) => {
                let since = (!found).then_some(since);
                let picture = done.picture;
                return Ok(Submitted { id, since, picture });
            }
            Err(error) => error,
        };
        if error.is_cancelled() || order.cancel.is_cancelled() {
            return Err(Failed::Ours(Error::new(
                Stage::Picture,
                ErrorKind::Cancelled,
            )));
        }
        if let ComfyError::Io {
            action,
            path,
            source,
        } = error
        {
            let kind = ErrorKind::Io {
                action,
                path,
                source,
            };
            return Err(Failed::Ours(Error::new(Stage::Picture, kind)));
        }
        // Damaged on its way, or by another server that writes into the same folder: the same once more, under a name of
        // its own. What was computed is still known there.
        if matches!(error, ComfyError::BadPicture { .. }) && !std::mem::replace(&mut damaged, true)
        {
            (order.failed)(FailureKind::BadOutput, &chain(&error));
            continue;
        }
        let end = end(&error);
        // What an earlier run left there, interrupted or failed, says nothing of this one.
        let is_past = matches!(end, End::Interrupted | End::Cannot | End::OutOfMemory);
        if found && anew < ANEW && is_past {
            continue;
        }
        return Err(Failed::Theirs(end, error));
    }
    unreachable!("the range has no end")
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
                Ok(state) if server::held(&state.stats).get() > server::KEPT => {
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
        | ComfyError::TimedOut { .. }
        | ComfyError::PictureGone
        | ComfyError::BadPicture { .. }
        | ComfyError::BadAnswer { .. } => End::Gone,
        _ => End::Cannot,
    }
}
