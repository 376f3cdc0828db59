//! Posts a prompt, watches it by socket and by asking, and fetches its picture.

use std::time::Duration;

use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, sleep_until, timeout};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::link::{Heard, Link};
use super::state::{Look, MemoryFigures, Step, Track, result_of};
use super::{Again, CAPACITY, Done, Run, RunEvent, Submission};
use crate::client::ComfyClient;
use crate::generator::Fetch;
use crate::wire::history::HistoryEntry;
use crate::workflow::Workflow;
use crate::{Error, OutputImage};

/// For ending a prompt on the server that nobody waits for any more.
const STOP_WAIT: Duration = Duration::from_secs(10);
/// Part of the longest silence between two looks at the server's memory while nothing else tells whether it works.
const MEMORY_EVERY: u32 = 40;

/// Starts a run.
pub(crate) fn start(
    client: ComfyClient,
    mut submission: Submission,
    fetch: Option<Fetch>,
    cancel: CancellationToken,
) -> Run {
    // Two servers that write into one folder count the files of a prefix each for itself, and the later overwrites.
    let workflow = std::mem::replace(&mut submission.workflow, Workflow::empty());
    let own = submission.prompt_id.to_string();
    submission.workflow = workflow.with_prefix_suffix(&own);
    let (sender, events) = mpsc::channel(CAPACITY);
    let (begun, limits) = (Instant::now(), submission.limits);
    let track = Track::new(
        submission.prompt_id.clone(),
        &submission.workflow,
        limits,
        Duration::ZERO,
    );
    let driver = Driver {
        client,
        submission,
        fetch,
        cancel,
        events: sender,
        begun,
        track,
        link: None,
        next_link: None,
        deadline: watch::Sender::new(begun + limits.total),
        memory_at: None,
        down_since: None,
        hurry: 0,
        posts: 0,
        fell_back: false,
    };
    Run {
        events,
        task: tokio::spawn(driver.run()),
    }
}

/// How a watched prompt ended.
enum Watched {
    Entry(HistoryEntry),
    Lost,
}

pub(super) struct Driver {
    pub(super) client: ComfyClient,
    pub(super) submission: Submission,
    pub(super) fetch: Option<Fetch>,
    pub(super) cancel: CancellationToken,
    pub(super) events: mpsc::Sender<RunEvent>,
    pub(super) begun: Instant,
    pub(super) track: Track,
    pub(super) link: Option<Link>,
    pub(super) next_link: Option<Instant>,
    /// When its time is over; later, when it waits in the queue.
    deadline: watch::Sender<Instant>,
    /// When the server's memory is looked at next.
    memory_at: Option<Instant>,
    /// Since when nothing answers.
    pub(super) down_since: Option<Instant>,
    /// How often the history was looked at since the socket said that it is over.
    pub(super) hurry: u32,
    pub(super) posts: u32,
    pub(super) fell_back: bool,
}

impl Driver {
    async fn run(mut self) {
        let cancel = self.cancel.clone();
        let (total, deadline) = (self.submission.limits.total, self.deadline.subscribe());
        let result = tokio::select! {
            biased;
            () = cancel.cancelled() => Err(Error::Cancelled),
            result = Box::pin(self.work()) => result,
            () = passed(deadline) => Err(Error::TimedOut { after: total }),
        };
        self.link = None;
        if let Err(Error::Stalled { .. }) = &result
            && self.track.is_running()
        {
            self.client.has_died_with(&self.submission.prompt_id);
        }
        if let Err(
            Error::Cancelled
            | Error::TimedOut { .. }
            | Error::Stalled { .. }
            | Error::StillQueued { .. },
        ) = &result
            && self.posts > 0
            && timeout(STOP_WAIT, self.client.stop(&self.submission.prompt_id))
                .await
                .is_err()
        {
            tracing::debug!(prompt = %self.submission.prompt_id, "the server did not answer when the prompt was to be stopped");
        }
        // The reader may have gone; then nobody wants to know.
        drop(self.events.send(RunEvent::Finished(result)).await);
    }

    pub(super) fn now(&self) -> Duration {
        self.begun.elapsed()
    }

    pub(super) fn emit(&mut self, event: RunEvent) {
        if matches!(event, RunEvent::DecodeFellBack { .. }) {
            self.fell_back = true;
        }
        let frequent = matches!(
            event,
            RunEvent::Progress { .. } | RunEvent::Preview { .. } | RunEvent::Node { .. }
        );
        // Room is kept for what happens once, so that a slow reader misses progress first.
        if !frequent || self.events.capacity() > CAPACITY / 4 {
            drop(self.events.try_send(event));
        }
    }

    pub(super) fn emit_all(&mut self, events: Vec<RunEvent>) {
        for event in events {
            self.emit(event);
        }
    }

    async fn work(&mut self) -> Result<Done, Error> {
        let mut found = if self.submission.resume {
            self.find().await?
        } else {
            None
        };
        let (mut lost, mut stale) = (false, false);
        loop {
            let watched = match found.take() {
                Some(Look::Gone(Some(entry))) => {
                    self.emit(RunEvent::Found);
                    Watched::Entry(entry)
                }
                Some(look) => {
                    self.found(look).await;
                    self.watch().await?
                }
                None => {
                    if self.submission.check && self.posts == 0 {
                        self.client.check(&self.submission.workflow).await?;
                    }
                    self.post(lost || stale).await?;
                    self.watch().await?
                }
            };
            let entry = match watched {
                Watched::Entry(entry) => entry,
                Watched::Lost if lost => return Err(Error::Lost),
                Watched::Lost => {
                    lost = true;
                    self.emit(RunEvent::Again {
                        reason: Again::Lost,
                    });
                    continue;
                }
            };
            let images = self.submission.workflow.best_first(result_of(entry)?);
            match self.take(&images).await {
                Err(Error::PictureGone) if !stale => {
                    // Under another name the server has to write it anew; what it still knows of the way there it keeps.
                    stale = true;
                    let suffix = Uuid::new_v4().simple().to_string();
                    let workflow =
                        std::mem::replace(&mut self.submission.workflow, Workflow::empty());
                    self.submission.workflow = workflow.with_prefix_suffix(&suffix[..8]);
                    // Its old entry would look like the answer.
                    self.client
                        .delete_history(&[&self.submission.prompt_id])
                        .await?;
                    self.emit(RunEvent::Again {
                        reason: Again::Stale,
                    });
                }
                taken => {
                    let picture = taken?;
                    return Ok(Done {
                        images,
                        took: self.now(),
                        waited: self.track.waited(self.now()),
                        decode_fell_back: self.fell_back,
                        picture,
                    });
                }
            }
        }
    }

    async fn take(&mut self, images: &[OutputImage]) -> Result<Option<crate::Picture>, Error> {
        match (&self.fetch, images.first()) {
            (Some(fetch), Some(image)) => {
                let Submission {
                    workflow,
                    prompt_id,
                    ..
                } = &self.submission;
                let proof = Some(workflow.proof(prompt_id, image));
                let (path, accept, cancel) = (&fetch.path, fetch.accept, &self.cancel);
                let fetched = self.client.fetch_proven(image, path, accept, proof, cancel);
                fetched.await.map(Some)
            }
            _ => Ok(None),
        }
    }

    /// Watches a posted prompt to its end.
    async fn watch(&mut self) -> Result<Watched, Error> {
        self.hurry = 0;
        self.put_off(self.now());
        let mut look_at = Instant::now() + self.pause();
        loop {
            let mut events = Vec::new();
            let heard = tokio::select! {
                heard = hear(&mut self.link) => Some(heard),
                () = sleep_until(look_at) => None,
            };
            let mut step = match heard {
                Some(Heard::Message(message)) => {
                    let now = self.now();
                    self.track.message(message, now, &mut events)
                }
                Some(Heard::Preview {
                    prompt,
                    format,
                    image,
                }) => {
                    let ours = prompt.map_or(self.track.is_running(), |prompt| {
                        prompt == self.submission.prompt_id.as_str()
                    });
                    if ours {
                        events.push(RunEvent::Preview { format, image });
                    }
                    Step::Wait
                }
                Some(Heard::Nothing) => Step::Wait,
                Some(Heard::Closed(reason)) => {
                    self.no_link(reason);
                    // What ended while the socket broke is not told again.
                    Step::Look
                }
                None => Step::Look,
            };
            if matches!(step, Step::Look) {
                if self.next_link.is_some_and(|at| Instant::now() >= at) {
                    self.open_link().await;
                }
                let look = self.look().await?;
                let now = self.now();
                step = self.track.looked(look, now, &mut events);
                if self.track.has_ended() {
                    self.hurry += 1;
                }
                look_at = Instant::now() + self.pause();
            }
            self.emit_all(events);
            self.look_at_memory().await;
            let now = self.now();
            self.put_off(now);
            if matches!(step, Step::Wait) && self.client.is_dead_with(self.track.waits_behind()) {
                step = Step::Failed(self.track.stalled(now));
            }
            if matches!(step, Step::Wait) {
                step = self.track.tick(now, self.link.is_none());
            }
            match step {
                Step::Wait | Step::Look => {}
                Step::Done(entry) => return Ok(Watched::Entry(entry)),
                Step::Lost => return Ok(Watched::Lost),
                Step::Failed(error) => return Err(error),
            }
        }
    }

    /// What it waits in the queue does not count.
    fn put_off(&self, now: Duration) {
        let deadline = self.begun + self.track.deadline(now);
        self.deadline.send_replace(deadline);
    }

    /// Looks at the server's memory, where nothing else tells whether it works.
    async fn look_at_memory(&mut self) {
        if !self.track.is_still(self.now(), self.link.is_none()) {
            return;
        }
        let now = Instant::now();
        if self.memory_at.is_some_and(|at| now < at) {
            return;
        }
        self.memory_at = Some(now + self.submission.limits.silence / MEMORY_EVERY);
        // One that does not answer is noticed by the looks into its queue.
        if let Ok(stats) = self.client.system_stats().await {
            let now = self.now();
            self.track.memory(MemoryFigures::of(&stats), now);
        }
    }

    /// Until the next look.
    fn pause(&self) -> Duration {
        let limits = self.submission.limits;
        if self.track.has_ended() {
            // The history follows within a second of the message; asking costs little.
            return Duration::from_millis(50 << self.hurry.min(5))
                .min(limits.poll.max(Duration::from_millis(50)));
        }
        if self.link.is_some() {
            limits.poll.saturating_mul(5)
        } else {
            limits.poll
        }
    }

    /// Looks where the prompt is, for as long as the server may be unreachable.
    pub(super) async fn look(&mut self) -> Result<Look, Error> {
        loop {
            let error = match self.look_once().await {
                Ok(look) => {
                    self.down_since = None;
                    return Ok(look);
                }
                Err(error) if error.is_cancelled() => return Err(error),
                Err(error) => error,
            };
            let since = match self.down_since {
                Some(since) => since,
                None => {
                    self.emit(RunEvent::Unreachable {
                        reason: crate::error::chain(&error),
                    });
                    *self.down_since.insert(Instant::now())
                }
            };
            if since.elapsed() >= self.submission.limits.unreachable {
                return Err(error);
            }
            tokio::time::sleep(self.submission.limits.poll).await;
        }
    }

    async fn look_once(&mut self) -> Result<Look, Error> {
        let id = &self.submission.prompt_id;
        if self.track.has_ended()
            && let Some(entry) = self.client.history(id).await?
        {
            return Ok(Look::Gone(Some(entry)));
        }
        // The queue first: what has left it since is in the history.
        match Look::queue(&self.client.queue().await?, id) {
            Some(queued) => Ok(queued),
            None => Ok(Look::Gone(self.client.history(id).await?)),
        }
    }
}

/// Waits until the moment that `deadline` names, also where it names a later one meanwhile.
async fn passed(mut deadline: watch::Receiver<Instant>) {
    loop {
        let at = *deadline.borrow_and_update();
        tokio::select! {
            () = sleep_until(at) => return,
            changed = deadline.changed() => if changed.is_err() {
                sleep_until(at).await;
                return;
            },
        }
    }
}

/// The next thing heard; never, while there is no socket.
async fn hear(link: &mut Option<Link>) -> Heard {
    match link {
        Some(link) => link.hear().await,
        None => std::future::pending().await,
    }
}
