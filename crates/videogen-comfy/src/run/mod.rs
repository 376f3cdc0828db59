//! One prompt from posting to its pictures, as a stream of events that ends with the result.

mod driver;
mod link;
mod posting;
pub(crate) mod state;
#[cfg(test)]
mod tests;

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use futures_core::Stream;
use tokio::sync::mpsc;

pub(crate) use driver::start;

use crate::picture::Format;
use crate::workflow::{Problem, Workflow};
use crate::{Error, OutputImage, PromptId};

/// A prompt to run.
#[derive(Debug, Clone)]
pub struct Submission {
    /// What to run.
    pub workflow: Workflow,
    /// The id it gets, or has: written down by the caller before, it finds the prompt again after a crash.
    pub prompt_id: PromptId,
    /// Whether the server may know the prompt already. Then it is looked for first, and only posted where it is neither
    /// in the queue nor in the history: running the same submission twice paints once.
    pub resume: bool,
    /// Whether the workflow is compared with the server's nodes and model files before it is posted, which tells better
    /// than the server what is wrong. Usual.
    pub check: bool,
    /// How long things may take.
    pub limits: Limits,
    /// Whether small previews are wanted on the way. They need a socket, and ComfyUI 0.33 or a server that was started
    /// with `--preview-method`.
    pub previews: bool,
}

impl Submission {
    /// A new prompt with a random id and the usual limits.
    pub fn new(workflow: Workflow) -> Self {
        Self {
            workflow,
            prompt_id: PromptId::random(),
            resume: false,
            check: true,
            limits: Limits::default(),
            previews: false,
        }
    }
}

/// How long things may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// For everything but waiting in the queue. Usually 30 min.
    pub total: Duration,
    /// For waiting behind other prompts. Usually 2 h: somebody's film takes its time, and no picture's.
    pub queue: Duration,
    /// Without any sign of life of a prompt that runs, before the server's worker counts as dead. Long enough for
    /// loading a large model from a slow disk: usually 10 min. Three times as long while no socket tells what happens.
    /// While the prompt of somebody else runs, twice as long without any change in the memory of the server's card; where
    /// the server has none, such a prompt never counts as dead.
    pub silence: Duration,
    /// Between two looks into the queue while there is no socket; five times as long with one. Usually 1 s.
    pub poll: Duration,
    /// For which a server may be unreachable in the middle of a prompt, such as while it restarts. Usually 90 s.
    pub unreachable: Duration,
    /// For the history to have a prompt that is over. Usually 30 s.
    pub history_lag: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            total: Duration::from_mins(30),
            queue: Duration::from_hours(2),
            silence: Duration::from_mins(10),
            poll: Duration::from_secs(1),
            unreachable: Duration::from_secs(90),
            history_lag: Duration::from_secs(30),
        }
    }
}

/// What happens to a prompt. [`RunEvent::Finished`] is the last; events on the way are left out when they are not taken
/// fast enough, the last one never.
#[derive(Debug)]
#[non_exhaustive]
pub enum RunEvent {
    /// The [limit of prompts](crate::ComfyClient::with_rate_limit) is used up for now: it is posted later.
    RateLimited,
    /// The server accepted the prompt.
    Posted {
        /// Outputs that the server leaves out, while it runs the others.
        left_out: Vec<Problem>,
    },
    /// The server had the prompt already.
    Found,
    /// It waits.
    Queued {
        /// How many come first.
        ahead: usize,
    },
    /// It runs.
    Started,
    /// The results of some nodes were still there.
    Cached {
        /// How many.
        nodes: usize,
    },
    /// A node begins.
    Node {
        /// Its id.
        node: String,
        /// Its class; empty for a node that the workflow does not have.
        class: String,
        /// How much of the whole is done, 0..=1.
        fraction: f64,
    },
    /// A node is some way through.
    Progress {
        /// Its id.
        node: String,
        /// Its class.
        class: String,
        /// How far.
        value: u32,
        /// Of how much.
        max: u32,
        /// How much of the whole is done, 0..=1, never less than before.
        fraction: f64,
    },
    /// A decode of the whole picture ran out of memory, and the server goes on in tiles by itself.
    DecodeFellBack {
        /// The node.
        node: String,
    },
    /// The picture so far, small.
    Preview {
        /// PNG or JPEG.
        format: Format,
        /// The file, not decoded and not checked beyond its first bytes.
        image: Bytes,
    },
    /// There is no socket (any more): progress is not shown, and the prompt is watched by asking.
    SocketLost {
        /// Why.
        reason: String,
    },
    /// There is a socket again.
    SocketBack,
    /// The server cannot be reached for now.
    Unreachable {
        /// Why.
        reason: String,
    },
    /// It is posted again.
    Again {
        /// Why.
        reason: Again,
    },
    /// It is over. Nothing comes after.
    Finished(Result<Done, Error>),
}

/// Why a prompt is posted again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Again {
    /// The server forgot it: it was restarted.
    Lost,
    /// The server answered from its cache with a picture that someone deleted.
    Stale,
}

/// A prompt that went well.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Done {
    /// What the history names, at least one; the first is the one that is fetched: see [`Workflow::outputs`].
    pub images: Vec<OutputImage>,
    /// From the first post, or from finding it, to the history.
    pub took: Duration,
    /// How much of that it waited in the queue.
    pub waited: Duration,
    /// Whether a decode ran out of memory on the way: see [`RunEvent::DecodeFellBack`].
    pub decode_fell_back: bool,
    /// The file that was fetched, when the run was to fetch one.
    pub picture: Option<crate::Picture>,
}

/// A running prompt: a [`Stream`] of [`RunEvent`]s. Dropping it stops watching, not the server; [`Run::finish`] waits for
/// the result alone.
#[derive(Debug)]
#[must_use = "a run is only watched while it is held"]
pub struct Run {
    events: mpsc::Receiver<RunEvent>,
    task: tokio::task::JoinHandle<()>,
}

impl Run {
    /// The next event; none after [`RunEvent::Finished`].
    pub async fn next(&mut self) -> Option<RunEvent> {
        self.events.recv().await
    }

    /// Waits for the end.
    ///
    /// # Errors
    /// What [`RunEvent::Finished`] has.
    pub async fn finish(mut self) -> Result<Done, Error> {
        while let Some(event) = self.next().await {
            if let RunEvent::Finished(result) = event {
                return result;
            }
        }
        // The task ends without a word only when the runtime is shut down under it.
        Err(Error::Cancelled)
    }

    /// A run of events that are known; for fakes.
    #[cfg(any(test, feature = "test-util"))]
    pub(crate) fn of(future: impl Future<Output = Vec<RunEvent>> + Send + 'static) -> Self {
        let (sender, events) = mpsc::channel(CAPACITY);
        let task = tokio::spawn(async move {
            for event in future.await {
                if sender.send(event).await.is_err() {
                    return;
                }
            }
        });
        Self { events, task }
    }
}

impl Stream for Run {
    type Item = RunEvent;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<RunEvent>> {
        self.events.poll_recv(context)
    }
}

impl Drop for Run {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// How many events wait for a slow reader before progress is left out.
const CAPACITY: usize = 256;
