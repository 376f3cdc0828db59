//! The seam of this crate: something that paints pictures, whatever stands behind it.

use std::fmt;
use std::future::Future;
use std::pin::Pin;

use camino::Utf8PathBuf;
use tokio_util::sync::CancellationToken;

use crate::client::{ComfyClient, FetchLimits, Free};
use crate::wire::queue::QueuePosition;
use crate::wire::stats::SystemStats;
use crate::{Error, PromptId, Run, Submission, Workflow};

/// A boxed future, so that [`ImageGenerator`] can be used as `Arc<dyn ImageGenerator>`.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// A picture to paint into a file.
#[derive(Debug, Clone)]
pub struct PaintRequest {
    /// What is run.
    pub submission: Submission,
    /// Where the first picture goes. The file appears when all of it is there.
    pub path: Utf8PathBuf,
    /// What is accepted as a picture.
    pub accept: FetchLimits,
}

impl PaintRequest {
    /// The first picture of `submission` into `path`.
    pub fn new(submission: Submission, path: impl Into<Utf8PathBuf>) -> Self {
        Self {
            submission,
            path: path.into(),
            accept: FetchLimits::default(),
        }
    }
}

/// Where a run's picture goes.
#[derive(Debug)]
pub(crate) struct Fetch {
    pub(crate) path: Utf8PathBuf,
    pub(crate) accept: FetchLimits,
}

/// The state of a server, for choosing one.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct ServerState {
    /// What runs there, on what, with how much memory.
    pub stats: SystemStats,
    /// How many prompts run and wait.
    pub remaining: u64,
}

impl ServerState {
    /// The state that is made of these.
    pub fn new(stats: SystemStats, remaining: u64) -> Self {
        Self { stats, remaining }
    }
}

/// Something that paints.
pub trait ImageGenerator: fmt::Debug + Send + Sync {
    /// Which one it is, for messages and manifests: the server's address without passwords.
    fn id(&self) -> String;

    /// How it is.
    ///
    /// # Errors
    /// [`Error::Net`] when it does not answer, [`Error::BadAnswer`] when it is something else.
    fn state(&self) -> BoxFuture<'_, Result<ServerState, Error>>;

    /// Whether it can run a workflow, before it is asked to.
    ///
    /// # Errors
    /// [`Error::MissingModel`] or [`Error::Workflow`] when it cannot, [`Error::Net`] or [`Error::BadAnswer`].
    fn check<'a>(&'a self, workflow: &'a Workflow) -> BoxFuture<'a, Result<(), Error>>;

    /// Paints a picture into a file. The run's [`Done::picture`](crate::Done::picture) is there when it went well.
    ///
    /// # Cancellation
    /// When `cancel` fires the prompt is ended on the server as well, and the result is [`Error::Cancelled`]. Dropping
    /// the run leaves the prompt to the server, where a later request with the same id and
    /// [`Submission::resume`](crate::Submission::resume) finds it. Called within a tokio runtime.
    fn paint(&self, request: PaintRequest, cancel: &CancellationToken) -> Run;

    /// Whether it has a prompt: running, waiting, or in its history.
    ///
    /// # Errors
    /// [`Error::Net`] or [`Error::BadAnswer`].
    fn knows<'a>(&'a self, id: &'a PromptId) -> BoxFuture<'a, Result<bool, Error>>;

    /// Ends a prompt that nobody waits for any more.
    ///
    /// # Errors
    /// [`Error::Net`].
    fn stop<'a>(&'a self, id: &'a PromptId) -> BoxFuture<'a, Result<(), Error>>;

    /// Asks it to let go of memory, which it does when it is idle.
    ///
    /// # Errors
    /// [`Error::Net`].
    fn free(&self, what: Free) -> BoxFuture<'_, Result<(), Error>>;
}

impl ImageGenerator for ComfyClient {
    fn id(&self) -> String {
        self.name().to_string()
    }

    fn state(&self) -> BoxFuture<'_, Result<ServerState, Error>> {
        Box::pin(async {
            Ok(ServerState {
                stats: self.system_stats().await?,
                remaining: self.remaining().await?,
            })
        })
    }

    fn check<'a>(&'a self, workflow: &'a Workflow) -> BoxFuture<'a, Result<(), Error>> {
        Box::pin(ComfyClient::check(self, workflow))
    }

    fn paint(&self, request: PaintRequest, cancel: &CancellationToken) -> Run {
        let fetch = Fetch {
            path: request.path,
            accept: request.accept,
        };
        crate::run::start(
            self.clone(),
            request.submission,
            Some(fetch),
            cancel.clone(),
        )
    }

    fn knows<'a>(&'a self, id: &'a PromptId) -> BoxFuture<'a, Result<bool, Error>> {
        Box::pin(async move {
            // The queue first: what has left it since is in the history.
            Ok(self.queue().await?.position_of(id) != QueuePosition::Absent
                || self.history(id).await?.is_some())
        })
    }

    fn stop<'a>(&'a self, id: &'a PromptId) -> BoxFuture<'a, Result<(), Error>> {
        Box::pin(ComfyClient::stop(self, id))
    }

    fn free(&self, what: Free) -> BoxFuture<'_, Result<(), Error>> {
        Box::pin(ComfyClient::free(self, what))
    }
}
